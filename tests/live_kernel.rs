//! What the kernel itself says of connects (`tcpwhy live --kernel`), in network namespaces: of each
//! reason a connect that meets it, by how the network was built, and others beside it that do not.

pub(crate) mod ipv6;
pub(crate) mod own_instance;
pub(crate) mod states;

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::tools::Needs;
use crate::support::watching;
use crate::support::watching::network::{self, Network, filter, on, python, run_script};
use crate::support::watching::running::{Ended, Watched};

const TESTS: &[Test] = tests![
    a_closed_port_is_told_by_its_socketless_reset,
    a_reset_that_a_rule_makes_is_the_rule_s,
    a_dropped_syn_is_told_with_the_kernel_s_reason,
    the_reverse_path_filter_is_told,
    a_socket_filter_is_told,
    a_wrong_checksum_is_told_with_its_ends,
    a_missing_signature_is_told_with_its_ends,
    a_full_accept_queue_is_told_by_the_dropped_ack,
    a_missing_route_back_is_told_with_its_ends,
    an_answer_that_the_client_s_host_drops_is_told_there,
    an_answer_that_no_socket_of_the_client_waits_for_is_told_there,
    an_application_that_hangs_up_with_data_unread_is_told,
];

pub(crate) const LISTS: &[&[Test]] = &[TESTS, ipv6::TESTS, states::TESTS, own_instance::TESTS];

pub(crate) const NEEDS: Needs = Needs {
    tracefs: true,
    ..watching::NEEDS
};

/// A silence is decided when its patience is over, and until then the SYN was repeated.
const AFTER_SILENCE: Duration = Duration::from_millis(5500);
/// All else is told within a moment, also on a busy machine.
const AFTER_ANSWER: Duration = Duration::from_millis(2500);

/// `ip netns exec` mounts another /sys, without tracefs.
const MOUNTED: &str = "mount -t tracefs nodev /sys/kernel/tracing && exec \"$@\"";

fn with_tracefs(namespace: &str, words: &[&str]) -> Command {
    let start = [
        "-c",
        MOUNTED,
        "sh",
        env!("CARGO_BIN_EXE_tcpwhy"),
        "live",
        "--utc",
    ];
    on(namespace, "sh", &[&start[..], words].concat())
}

/// A watch with the kernel's word on the server's or client's way to the other.
fn hear(namespace: &str) -> Watched {
    let interface = interface_of(namespace);
    let words = ["-i", &interface, "--kernel", "--processes", "-F", "ndjson"];
    Watched::start(&mut with_tracefs(namespace, &words))
}

/// The name of the interface that has an address of the first network.
fn interface_of(namespace: &str) -> String {
    let words = [
        "-n",
        namespace,
        "-o",
        "address",
        "show",
        "to",
        "10.0.0.0/24",
    ];
    let shown = Command::new("ip").args(words).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    shown.split_whitespace().nth(1).unwrap().to_owned()
}

/// What a watch at the server says of a connect to this port, by a client that waits so many
/// seconds, and of a sound one to port 84; it ends so long after them.
fn heard_of(network: &mut Network, (port, seconds): (u16, u32), after: Duration) -> Ended {
    let watched = hear(&network.server);
    network.connect("10.0.0.20", port, seconds);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(after);
    watched.interrupt()
}

/// A network without names that others have for their interfaces: the kernel's events are of all
/// namespaces, and whose a packet was is known by the name.
fn quiet_network() -> Network {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let network = Network::new();
    for (side, namespace) in [("c", &network.client), ("s", &network.server)] {
        let name = format!("{side}{number}-{process}");
        run_script(&format!(
            "ip -n {namespace} link set eth0 down && ip -n {namespace} link set eth0 name {name} &&
             ip -n {namespace} link set {name} up"
        ));
    }
    for namespace in [&network.client, &network.server] {
        let interface = interface_of(namespace);
        network::wait_until_up(namespace, &interface);
    }
    network
}

/// The same, whose server accepts on port 84, and sends a greeting.
fn network() -> Network {
    let mut network = quiet_network();
    network.greet("10.0.0.20", &[84]);
    network
}

/// What was told of attempts, what was told anew among it.
fn attempts(ended: &Ended) -> Vec<Value> {
    [ended.data("attempt"), ended.data("correction")].concat()
}

/// The last verdict on the connect to this port of the server.
#[track_caller]
fn attempt(ended: &Ended, port: u16) -> Value {
    latest_to(ended, &format!("10.0.0.20:{port}"))
}

/// The last verdict on the connect to this server.
#[track_caller]
fn latest_to(ended: &Ended, server: &str) -> Value {
    let attempts = attempts(ended);
    let found = attempts.iter().rfind(|attempt| attempt["server"] == server);
    found
        .unwrap_or_else(|| panic!("no attempt to {server}: {ended:#?}"))
        .clone()
}

/// What the kernel is heard to say of it.
fn kernels_word(attempt: &Value) -> Vec<String> {
    let testimony = attempt["testimony"].as_array().unwrap().iter();
    testimony
        .filter(|statement| statement["source"] == "kernel_events")
        .map(|statement| statement["says"].as_str().unwrap().to_owned())
        .collect()
}

/// The sound twin: it succeeded, and nothing is said of it.
#[track_caller]
fn nothing_is_said_of_port_84(ended: &Ended) {
    nothing_is_said_of(ended, "10.0.0.20:84");
}

#[track_caller]
fn nothing_is_said_of(ended: &Ended, server: &str) {
    for attempt in attempts(ended) {
        assert_ne!(attempt["server"], server, "{attempt}");
    }
    for finding in ended.data("finding") {
        assert_ne!(finding["server"], server, "{finding}");
    }
    let established = ended.data("summary")[0]["established"].as_u64();
    assert!(established >= Some(1), "{ended:#?}");
}

#[track_caller]
fn is_said(attempt: &Value, cause: &str, confidence: &str, words: &[&str]) {
    assert_eq!(attempt["cause"], cause, "{attempt:#}");
    assert_eq!(attempt["confidence"], confidence, "{attempt:#}");
    let said = kernels_word(attempt);
    assert_eq!(said.len(), 1, "{said:?}");
    for word in words {
        assert!(said[0].contains(word), "{said:?} has no {word}");
    }
}

fn a_closed_port_is_told_by_its_socketless_reset() {
    let mut network = network();
    let ended = heard_of(&mut network, (80, 5), AFTER_ANSWER);
    let words = ["sent the RST", "no socket listens there (NO_SOCKET)"];
    is_said(&attempt(&ended, 80), "closed_port", "certain", &words);
    nothing_is_said_of_port_84(&ended);
    let finding = &ended.data("finding")[0];
    assert_eq!(finding["kind"], "never_listening", "{finding}");
    assert_eq!(finding["confidence"], "certain", "{finding}");
}

/// Nobody listens there either: whoever looks for listeners alone takes it for a closed port.
fn a_reset_that_a_rule_makes_is_the_rule_s() {
    let mut network = network();
    filter(&network.server, "tcp dport 82 reject with tcp reset");
    let ended = heard_of(&mut network, (82, 5), AFTER_ANSWER);
    let attempt = attempt(&ended, 82);
    is_said(
        &attempt,
        "firewall_reset",
        "likely",
        &["its SYN", "(NETFILTER_DROP)"],
    );
    let others = attempt["notes"].to_string();
    assert!(!others.contains("closed_port"), "{others}");
    nothing_is_said_of_port_84(&ended);
    let kinds: Vec<Value> = ended
        .data("finding")
        .iter()
        .map(|finding| finding["kind"].clone())
        .collect();
    assert_eq!(kinds, ["service_filtered"]);
}

fn a_dropped_syn_is_told_with_the_kernel_s_reason() {
    let mut network = network();
    filter(&network.server, "tcp dport 81 drop");
    let watched = hear(&network.server);
    network.connect("10.0.0.20", 81, 20);
    for _ in 0..3 {
        network.connect_and_hear("10.0.0.20", 84, 5);
    }
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let words = ["of its SYNs", "(NETFILTER_DROP)"];
    is_said(&attempt(&ended, 81), "dropped_here", "certain", &words);
    nothing_is_said_of_port_84(&ended);
    let findings = ended.data("finding");
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["kind"], "dropped_here", "{findings:#?}");
    assert_eq!(findings[0]["confidence"], "certain", "{findings:#?}");
    let statement = findings[0]["statement"].as_str().unwrap();
    assert!(
        statement.contains("this host's kernel says that it dropped the SYNs of 1 connect"),
        "{statement}"
    );
    let kernel = &ended.data("capture")[0]["kernel"];
    assert!(
        kernel["dropped"]["NETFILTER_DROP"].as_u64() >= Some(2),
        "{kernel}"
    );
    assert!(kernel["joined"].as_u64() >= Some(2), "{kernel}");
    assert_eq!(kernel["lost"], 0, "{kernel}");
}

/// The SYN comes in by the first interface, and the way back to its source leads out of eth1.
fn the_reverse_path_filter_is_told() {
    let mut network = network();
    let (client, server) = (network.client.clone(), network.server.clone());
    run_script(&format!(
        "ip netns exec {server} sh -c 'echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter' &&
         ip netns exec {client} sh -c 'echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce' &&
         ip -n {client} address add 10.1.0.99/32 dev lo"
    ));
    network.listen("10.0.0.20", 85);
    let watched = hear(&server);
    connect_from(&mut network, "10.1.0.99", 85);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let words = ["of its SYNs", "(IP_RPFILTER)"];
    is_said(&attempt(&ended, 85), "dropped_here", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

fn connect_from(network: &mut Network, source: &str, port: u16) {
    let script =
        format!("import socket\nsocket.create_connection(('10.0.0.20',{port}),20,('{source}',0))");
    let child = on(&network.client, python(), &["-c", &script])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    network.children.push(child);
}

/// A listener whose own filter lets nothing pass.
fn a_socket_filter_is_told() {
    let mut network = network();
    network.serve(
        "import socket,ctypes,struct,time\n\
         s=socket.create_server(('10.0.0.20',85))\n\
         code=ctypes.create_string_buffer(struct.pack('HBBI',6,0,0,0))\n\
         s.setsockopt(socket.SOL_SOCKET,26,struct.pack('HL',1,ctypes.addressof(code)))\n\
         print('listens',flush=True)\ntime.sleep(60)",
    );
    let ended = heard_of(&mut network, (85, 20), AFTER_SILENCE);
    let words = ["of its SYNs", "(SOCKET_FILTER)"];
    is_said(&attempt(&ended, 85), "dropped_here", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

/// In Python: segments by hand, whose answers the client's own kernel must not reset.
const BY_HAND: &str = "
import socket,struct,sys,time
S,D='10.0.0.7','10.0.0.20'
raw=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_TCP)
raw.settimeout(0.2)
def total(b):
 s=sum(struct.unpack('!%dH'%(len(b)//2),b))
 while s>>16: s=(s>>16)+(s&65535)
 return s
def send(sport,dport,flags,seq,ack=0,wrong=0,options=b'\\2\\4\\5\\264'):
 length=20+len(options)
 def header(check): return struct.pack('!HHIIBBHHH',sport,dport,seq,ack,length<<2,flags,64240,check,0)+options
 fixed=socket.inet_aton(S)+socket.inet_aton(D)+struct.pack('!HH',6,length)
 check=(~total(fixed+header(0)))&65535
 raw.sendto(header(check^wrong),(D,0))
def answers():
 try:
  while True:
   p=raw.recv(2000); t=p[(p[0]&15)*4:]
   sport,dport,seq,ack=struct.unpack('!HHII',t[:12])
   yield sport,dport,seq,ack,t[13]
 except TimeoutError: return
";

/// Runs a script of segments by hand on the client to its end.
fn by_hand(network: &Network, script: &str) {
    let client = &network.client;
    run_script(&format!(
        "ip netns exec {client} nft -f - <<'END'\ntable inet hand {{\nchain output {{\n\
         type filter hook output priority 0\ntcp flags rst drop\n}}\n}}\nEND"
    ));
    let script = format!("{BY_HAND}{script}");
    let words = ["-c", script.as_str()];
    let output = on(client, python(), &words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

fn a_wrong_checksum_is_told_with_its_ends() {
    let mut network = network();
    network.listen("10.0.0.20", 85);
    let watched = hear(&network.server);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(Duration::from_millis(200));
    by_hand(
        &network,
        "for wait in (1,2,0): send(41000,85,2,7000,wrong=1); time.sleep(wait)",
    );
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let words = ["of its SYNs", "(TCP_CSUM)"];
    let attempt = attempt(&ended, 85);
    is_said(&attempt, "wrong_checksum", "certain", &words);
    assert!(
        !kernels_word(&attempt)[0].contains("by the time"),
        "it has its ends"
    );
    nothing_is_said_of_port_84(&ended);
}

fn a_missing_signature_is_told_with_its_ends() {
    let mut network = network();
    network.serve(
        "import socket,struct,time\n\
         s=socket.create_server(('10.0.0.20',85))\n\
         peer=struct.pack('!2sH4s120x',struct.pack('H',socket.AF_INET),0,socket.inet_aton('10.0.0.7'))\n\
         s.setsockopt(6,14,peer+struct.pack('BBHi80s',0,0,3,0,b'key'))\n\
         print('listens',flush=True)\ntime.sleep(60)",
    );
    let ended = heard_of(&mut network, (85, 20), AFTER_SILENCE);
    let words = ["of its SYNs", "(TCP_MD5NOTFOUND)"];
    is_said(&attempt(&ended, 85), "dropped_here", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

/// Of three that may wait two do; two handshakes at once, whose ACKs find room for one. With SYN
/// cookies, the second would have none in the queue.
fn a_full_accept_queue_is_told_by_the_dropped_ack() {
    let mut network = network();
    network.serve(
        "import socket,time\ns=socket.socket()\ns.bind(('10.0.0.20',85))\ns.listen(2)\n\
         print('listens',flush=True)\ntime.sleep(60)",
    );
    run_script(&format!(
        "ip netns exec {} sh -c 'echo 0 > /proc/sys/net/ipv4/tcp_syncookies'",
        network.server
    ));
    for _ in 0..2 {
        network.connect_and_stay("10.0.0.20", 85);
    }
    let watched = hear(&network.server);
    network.connect_and_hear("10.0.0.20", 84, 5);
    by_hand(
        &network,
        "
for port in (41001,41003): send(port,85,2,7000)
end=time.time()+8
while time.time()<end:
 for sport,dport,seq,ack,flags in list(answers()):
  if sport==85 and flags&18==18: send(dport,85,16,7001,seq+1)
",
    );
    let ended = watched.interrupt();
    let attempts = attempts(&ended);
    let stuck: Vec<&Value> = attempts
        .iter()
        .filter(|attempt| attempt["client"] == "10.0.0.7:41003")
        .collect();
    let last = stuck.last().unwrap_or_else(|| panic!("{ended:#?}"));
    assert_eq!(last["outcome"], "established", "{last:#}");
    let words = ["sent after its SYN", "(TCP_LISTEN_OVERFLOW)"];
    is_said(last, "accept_queue_full", "certain", &words);
    let others = attempts
        .iter()
        .filter(|attempt| attempt["client"] == "10.0.0.7:41001");
    assert_eq!(others.count(), 0, "who found room is no failure");
    nothing_is_said_of_port_84(&ended);
}

fn a_missing_route_back_is_told_with_its_ends() {
    let mut network = network();
    run_script(&format!(
        "ip -n {} address add 10.7.0.99/32 dev lo",
        network.client
    ));
    network.listen("10.0.0.20", 85);
    let watched = hear(&network.server);
    connect_from(&mut network, "10.7.0.99", 85);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let words = ["has no route to its client"];
    is_said(&attempt(&ended, 85), "no_way_back", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

fn an_answer_that_the_client_s_host_drops_is_told_there() {
    let mut network = network();
    network.listen("10.0.0.20", 85);
    filter(&network.client, "tcp sport 85 drop");
    let watched = hear(&network.client);
    network.connect("10.0.0.20", 85, 20);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(AFTER_SILENCE + Duration::from_secs(2));
    let ended = watched.interrupt();
    let words = ["of the SYN-ACKs to it", "(NETFILTER_DROP)"];
    is_said(&attempt(&ended, 85), "dropped_here", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}

/// A SYN by hand: the client's kernel knows nothing of it.
fn an_answer_that_no_socket_of_the_client_waits_for_is_told_there() {
    let mut network = network();
    network.listen("10.0.0.20", 85);
    let watched = hear(&network.client);
    network.connect_and_hear("10.0.0.20", 84, 5);
    let script = format!("{BY_HAND}send(41000,85,2,7000)");
    let child = on(&network.client, python(), &["-c", &script])
        .spawn()
        .unwrap();
    network.children.push(child);
    std::thread::sleep(AFTER_ANSWER);
    let ended = watched.interrupt();
    is_said(
        &attempt(&ended, 85),
        "unknown_to_client",
        "certain",
        &["sent the RST", "(NO_SOCKET)"],
    );
    nothing_is_said_of_port_84(&ended);
}

fn an_application_that_hangs_up_with_data_unread_is_told() {
    let mut network = network();
    network.serve(
        "import socket,time\ns=socket.create_server(('10.0.0.20',85))\nprint('listens',flush=True)\n\
         while True:\n c,_=s.accept(); time.sleep(0.3); c.close()",
    );
    let watched = hear(&network.server);
    let script = "import socket,time\ns=socket.create_connection(('10.0.0.20',85))\ns.sendall(b'request')\ntime.sleep(2)";
    let child = on(&network.client, python(), &["-c", script])
        .spawn()
        .unwrap();
    network.children.push(child);
    network.connect_and_hear("10.0.0.20", 84, 5);
    std::thread::sleep(AFTER_ANSWER);
    let ended = watched.interrupt();
    let words = ["sent the RST", "(TCP_ABORT_ON_CLOSE)"];
    is_said(&attempt(&ended, 85), "server_abort", "certain", &words);
    nothing_is_said_of_port_84(&ended);
}
