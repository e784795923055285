//! What the kernel says where it remembers more than packets: `TIME_WAIT` and connection tracking.

use super::{
    AFTER_SILENCE, attempt, attempts, by_hand, hear, is_said, kernels_word, network,
    nothing_is_said_of_port_84,
};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::run_script;

pub(crate) const TESTS: &[Test] = tests![
    a_syn_older_than_the_connection_in_time_wait_is_told,
    an_answer_that_connection_tracking_finds_invalid_is_told_at_the_client,
];

/// The server closes first; the same ports again, by a clock that is behind.
fn a_syn_older_than_the_connection_in_time_wait_is_told() {
    let mut network = network();
    network.serve(
        "import socket\ns=socket.create_server(('10.0.0.20',85))\nprint('listens',flush=True)\n\
         while True: s.accept()[0].close()",
    );
    let watched = hear(&network.server);
    network.connect_and_hear("10.0.0.20", 84, 5);
    by_hand(
        &network,
        "
stamped=lambda time: struct.pack('!BBBBII',1,1,8,10,time,0)
send(41000,85,2,7000,options=stamped(1000000))
seq=next(seq for sport,_,seq,_,flags in answers() if sport==85 and flags&18==18)
send(41000,85,16,7001,seq+1,options=stamped(1000001))
next(1 for sport,_,_,_,flags in answers() if sport==85 and flags&1)
send(41000,85,17,7001,seq+2,options=stamped(1000002))
time.sleep(0.5)
for wait in (1,2,0): send(41000,85,2,900000,options=stamped(500000)); time.sleep(wait)
",
    );
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let attempts = attempts(&ended);
    let mut late = attempts.iter().filter(|attempt| attempt["isn"] == 900_000);
    let attempt = late.next_back().unwrap_or_else(|| panic!("{ended:#?}"));
    assert_eq!(attempt["outcome"], "dropped", "{attempt:#}");
    let words = ["of its SYNs", "TIME_WAIT", "(TCP_RFC7323_TW_PAWS)"];
    is_said(attempt, "stale_connection", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

/// The client's host does not track what it sends to that port: the answer belongs to nothing.
fn an_answer_that_connection_tracking_finds_invalid_is_told_at_the_client() {
    let mut network = network();
    network.listen("10.0.0.20", 85);
    run_script(&format!(
        "ip netns exec {} nft -f - <<'END'\ntable inet t {{\n\
         chain raw {{\ntype filter hook output priority raw;\ntcp dport 85 notrack\n}}\n\
         chain input {{\ntype filter hook input priority 0;\nct state invalid drop\n}}\n}}\nEND",
        network.client
    ));
    let watched = hear(&network.client);
    network.connect("10.0.0.20", 85, 20);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(AFTER_SILENCE + std::time::Duration::from_secs(2));
    let ended = watched.interrupt();
    let words = [
        "of the SYN-ACKs to it",
        "connection tracking",
        "(NETFILTER_DROP)",
    ];
    let attempt = attempt(&ended, 85);
    is_said(&attempt, "dropped_here", "certain", &words);
    assert_eq!(kernels_word(&attempt).len(), 1);
    nothing_is_said_of_port_84(&ended);
}
