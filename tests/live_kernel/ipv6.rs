//! The same over IPv6, whose events and fields are others.

use super::{
    AFTER_ANSWER, AFTER_SILENCE, hear, interface_of, is_said, latest_to, nothing_is_said_of,
    quiet_network,
};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{Network, filter, on, python, run_script};

pub(crate) const TESTS: &[Test] = tests![
    a_closed_port_of_ipv6_is_told_by_its_socketless_reset,
    a_dropped_syn_of_ipv6_is_told_with_the_kernel_s_reason,
    a_missing_signature_of_ipv6_is_told_with_its_ends,
    a_missing_route_back_of_ipv6_is_told_with_its_ends,
];

const SERVER: &str = "fd00::20";
const SOUND: &str = "[fd00::20]:84";

/// A network whose server accepts on port 84 over IPv6, and sends a greeting.
fn network() -> Network {
    let mut network = quiet_network();
    for (namespace, address) in [(&network.client, "fd00::7"), (&network.server, SERVER)] {
        let interface = interface_of(namespace);
        run_script(&format!(
            "ip -n {namespace} address add {address}/64 dev {interface} nodad"
        ));
    }
    network.serve(&format!(
        "import socket,threading\n\
         def serve(s):\n while True:\n  c,_=s.accept(); c.sendall(b'hello')\n\
         s=socket.create_server(('{SERVER}',84),family=socket.AF_INET6)\n\
         threading.Thread(target=serve,args=(s,),daemon=True).start()\n\
         print('listens',flush=True)\nthreading.Event().wait(60)"
    ));
    network
}

fn a_closed_port_of_ipv6_is_told_by_its_socketless_reset() {
    let mut network = network();
    let watched = hear(&network.server);
    network.connect(SERVER, 80, 5);
    network.connect_and_hear(SERVER, 84, 5);
    std::thread::sleep(AFTER_ANSWER);
    let ended = watched.interrupt();
    let words = ["sent the RST", "no socket listens there (NO_SOCKET)"];
    let attempt = latest_to(&ended, "[fd00::20]:80");
    is_said(&attempt, "closed_port", "certain", &words);
    nothing_is_said_of(&ended, SOUND);
}

fn a_dropped_syn_of_ipv6_is_told_with_the_kernel_s_reason() {
    let mut network = network();
    filter(&network.server, "tcp dport 81 drop");
    let watched = hear(&network.server);
    network.connect(SERVER, 81, 20);
    network.connect_and_hear(SERVER, 84, 5);
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let attempt = latest_to(&ended, "[fd00::20]:81");
    let words = ["of its SYNs", "(NETFILTER_DROP)"];
    is_said(&attempt, "dropped_here", "certain", &words);
    nothing_is_said_of(&ended, SOUND);
}

fn a_missing_signature_of_ipv6_is_told_with_its_ends() {
    let mut network = network();
    network.serve(&format!(
        "import socket,struct,time\n\
         s=socket.create_server(('{SERVER}',85),family=socket.AF_INET6)\n\
         peer=struct.pack('!2sHI16sI',struct.pack('H',socket.AF_INET6),0,0,socket.inet_pton(socket.AF_INET6,'fd00::7'),0)\n\
         s.setsockopt(6,14,peer.ljust(128,b'\\0')+struct.pack('BBHi80s',0,0,3,0,b'key'))\n\
         print('listens',flush=True)\ntime.sleep(60)"
    ));
    let watched = hear(&network.server);
    network.connect(SERVER, 85, 20);
    network.connect_and_hear(SERVER, 84, 5);
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let attempt = latest_to(&ended, "[fd00::20]:85");
    let words = ["of its SYNs", "(TCP_MD5NOTFOUND)"];
    is_said(&attempt, "dropped_here", "certain", &words);
    nothing_is_said_of(&ended, SOUND);
}

fn a_missing_route_back_of_ipv6_is_told_with_its_ends() {
    let mut network = network();
    run_script(&format!(
        "ip -n {} address add fd07::99/128 dev lo nodad",
        network.client
    ));
    network.serve(&format!(
        "import socket,time\ns=socket.create_server(('{SERVER}',85),family=socket.AF_INET6)\n\
         print('listens',flush=True)\ntime.sleep(60)"
    ));
    let watched = hear(&network.server);
    let script =
        format!("import socket\nsocket.create_connection(('{SERVER}',85),20,('fd07::99',0))");
    let child = on(&network.client, python(), &["-c", &script])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    network.children.push(child);
    network.connect_and_hear(SERVER, 84, 5);
    std::thread::sleep(AFTER_SILENCE);
    let ended = watched.interrupt();
    let attempt = latest_to(&ended, "[fd00::20]:85");
    let words = ["has no route to its client"];
    is_said(&attempt, "no_way_back", "certain", &words);
    nothing_is_said_of(&ended, SOUND);
}
