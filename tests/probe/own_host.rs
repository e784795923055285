//! What this host itself forbids, lacks or knows.

use super::row::{Row, only, rules, run_in, said, serving};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{on, python};

pub(crate) const TESTS: &[Test] = tests![
    own_routes_and_addresses_are_told_before_anything_is_sent,
    a_missing_source_address_is_told,
    client_ports_that_are_used_up_are_told,
    own_rules_on_output_are_told_from_silence,
    who_listens_here_is_told,
    a_full_backlog_here_is_proved,
    a_sandbox_that_forbids_it_is_told,
];

fn own_routes_and_addresses_are_told_before_anything_is_sent() {
    let row = Row::new();
    let client = row.client.clone();
    run_in(
        &client,
        "n=0
         for kind in unreachable prohibit blackhole throw; do
             n=$((n+1))
             ip route add $kind 10.9.$n.0/24
             ip -6 route add $kind 2001:db8:9:$n::/64
         done",
    );
    let expected = [
        ("10.9.1.1:80", "unreachable_route EHOSTUNREACH"),
        ("[2001:db8:9:1::1]:80", "unreachable_route EHOSTUNREACH"),
        ("10.9.2.1:80", "prohibited_route EACCES"),
        ("[2001:db8:9:2::1]:80", "prohibited_route EACCES"),
        ("10.9.3.1:80", "blackhole_route EINVAL"),
        ("[2001:db8:9:3::1]:80", "blackhole_route EINVAL"),
        ("10.9.4.1:80", "no_route ENETUNREACH"),
        ("[2001:db8:9:4::1]:80", "no_route ENETUNREACH"),
        ("10.0.0.255:80", "not_unicast EACCES"),
        ("224.0.0.1:80", "not_unicast ENETUNREACH"),
        ("[fe80::1]:80", "needs_interface EINVAL"),
    ];
    let targets = expected.map(|(target, _)| target);
    let asked = row.asked(&targets);
    for (target, words) in expected {
        assert_eq!(said(only(&asked[target])), words, "{target}");
        assert_eq!(only(&asked[target])["syn_count"], 0, "{target}");
    }
    let ran = row.probe(&["10.9.2.1:80", "--expect", "not-sent"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    run_in(&client, "ip route del default; ip -6 route del default");
    let asked = row.asked(&["192.0.2.1:80", "[2001:db8:5::1]:80"]);
    for target in ["192.0.2.1:80", "[2001:db8:5::1]:80"] {
        assert_eq!(said(only(&asked[target])), "no_route ENETUNREACH");
    }
    run_in(&client, "ip link set eth0 down");
    let asked = row.asked(&["10.0.0.1:80"]);
    assert_eq!(said(only(&asked["10.0.0.1:80"])), "no_route ENETUNREACH");
    let notes = only(&asked["10.0.0.1:80"])["notes"].to_string();
    assert!(notes.contains("down here: eth0"), "{notes}");
}

fn a_missing_source_address_is_told() {
    let row = Row::new();
    run_in(
        &row.client,
        "ip address flush dev eth0 scope global
         ip route add 10.0.1.0/24 dev eth0
         ip -6 route replace default via fe80::1 dev eth0",
    );
    let asked = row.asked(&["10.0.1.20:80", "[2001:db8:0:1::20]:80"]);
    let missing = "no_source_address EADDRNOTAVAIL";
    assert_eq!(said(only(&asked["10.0.1.20:80"])), missing);
    // IPv6 takes the address of the link, and goes nowhere with it.
    let notes = only(&asked["[2001:db8:0:1::20]:80"])["notes"].to_string();
    assert!(notes.contains("an address of the link"), "{notes}");
}

fn client_ports_that_are_used_up_are_told() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    let client = row.client.clone();
    run_in(
        &client,
        "echo 50000 50003 >/proc/sys/net/ipv4/ip_local_port_range",
    );
    row.start(
        &client,
        "import socket,time\nkept=[]\n\
         try:\n while True: kept.append(socket.create_connection(('10.0.1.20',80)))\n\
         except OSError as error: assert error.errno==99, error\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let asked = row.asked(&["10.0.1.20:80", "10.0.1.20:85"]);
    let used_up = "ports_used_up EADDRNOTAVAIL";
    assert_eq!(said(only(&asked["10.0.1.20:80"])), used_up);
    // Of that address and port only.
    let other = "refused closed_port possible ECONNREFUSED";
    assert_eq!(said(only(&asked["10.0.1.20:85"])), other);
}

fn own_rules_on_output_are_told_from_silence() {
    let row = Row::new();
    rules(
        &row.client,
        "output",
        "tcp dport 91 drop\ntcp dport 92 reject\ntcp dport 93 reject with icmpx admin-prohibited",
    );
    rules(&row.server, "input", "tcp dport 81 drop");
    for host in ["10.0.1.20", "[2001:db8:0:1::20]"] {
        let kept_in = format!("{host}:91");
        let asked = row.asked(&[&kept_in]);
        let words = "dropped local_firewall likely ETIMEDOUT";
        assert_eq!(said(only(&asked[&kept_in])), words);
        let silent = format!("{host}:81");
        let asked = row.asked(&[&silent]);
        let words = "dropped host_silent possible ETIMEDOUT";
        assert_eq!(said(only(&asked[&silent])), words, "the sound twin");
        let (port, rule) = (format!("{host}:92"), format!("{host}:93"));
        let asked = row.asked(&[&port, &rule]);
        let by_port = "rejected local_firewall certain ECONNREFUSED";
        assert_eq!(said(only(&asked[&port])), by_port);
        assert!(said(only(&asked[&rule])).starts_with("rejected local_firewall certain E"));
    }
}

fn who_listens_here_is_told() {
    let mut row = Row::new();
    let client = row.client.clone();
    row.start(&client, &serving("127.0.0.1", &[8080], "pass"));
    row.start(&client, &serving("2001:db8::7", &[8081], "pass"));
    row.start(&client, &serving("::", &[8082], "pass"));
    row.start(
        &client,
        "import socket,time\n\
         s=socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6,socket.IPV6_V6ONLY,1)\n\
         s.bind(('::',8083)); s.listen(8)\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let asked = row.asked(&[
        "10.0.0.7:8083",
        "[2001:db8::7]:8083",
        "10.0.0.7:8080",
        "10.0.0.7:8081",
        "10.0.0.7:8082",
        "127.0.0.1:8080",
        "[2001:db8::7]:8081",
    ]);
    let closed = "refused closed_port certain ECONNREFUSED";
    for (target, elsewhere) in [
        ("10.0.0.7:8080", "127.0.0.1:8080"),
        ("10.0.0.7:8081", "[2001:db8::7]:8081"),
        ("10.0.0.7:8083", "[::]:8083 for IPv6 only"),
    ] {
        let connect = only(&asked[target]);
        assert_eq!(said(connect), closed, "{target}");
        let notes = connect["notes"].to_string();
        let words = format!("listens on {elsewhere}");
        assert!(notes.contains(&words), "{target}: {notes}");
    }
    for target in [
        "10.0.0.7:8082",
        "127.0.0.1:8080",
        "[2001:db8::7]:8081",
        "[2001:db8::7]:8083",
    ] {
        assert_eq!(said(only(&asked[target])), "established", "{target}");
    }
}

fn a_full_backlog_here_is_proved() {
    let mut row = Row::new();
    let client = row.client.clone();
    row.start(
        &client,
        "import socket,time\n\
         s=socket.socket(); s.bind(('0.0.0.0',8080)); s.listen(0)\n\
         kept=[socket.create_connection(('127.0.0.1',8080))]\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let asked = row.asked(&["10.0.0.7:8080"]);
    let full = "dropped accept_queue_full certain ETIMEDOUT";
    assert_eq!(said(only(&asked["10.0.0.7:8080"])), full);
}

/// Landlock takes connects away from the program itself (since Linux 6.7).
const SANDBOX: &str = r"
import ctypes,os,struct,sys
libc=ctypes.CDLL(None,use_errno=True)
version=libc.syscall(444,None,0,1)
if version<4: sys.exit(77)
# handled_access_fs, handled_access_net: connect
rules=ctypes.create_string_buffer(struct.pack('QQ',0,2))
rules=libc.syscall(444,rules,16,0)
assert rules>=0
libc.prctl(38,1,0,0,0)
assert libc.syscall(446,rules,0)==0, ctypes.get_errno()
os.execv(sys.argv[1],sys.argv[1:])
";

fn a_sandbox_that_forbids_it_is_told() {
    let row = Row::new();
    let words = [
        "-c",
        SANDBOX,
        env!("CARGO_BIN_EXE_tcpwhy"),
        "probe",
        "-F",
        "json",
        "10.0.1.20:80",
    ];
    let output = on(&row.client, python(), &words).output().unwrap();
    // This kernel has no such sandbox.
    if output.status.code() == Some(77) {
        return;
    }
    let asked = super::row::asked(&output.into());
    let forbidden = "forbidden_here EACCES";
    assert_eq!(said(only(&asked["10.0.1.20:80"])), forbidden);
}
