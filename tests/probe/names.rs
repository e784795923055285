//! Names: every address, and errors told apart.

use super::row::{Row, rules, run_in, said, text};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    of_five_addresses_one_works,
    errors_of_the_resolver_are_told_apart,
];

fn of_five_addresses_one_works() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(
        &row.router,
        "forward",
        "ip daddr 10.0.1.31 drop\nip daddr 10.0.1.32 reject with icmp type admin-prohibited\n\
         ip daddr 10.0.1.33 tcp dport 80 reject with tcp reset",
    );
    run_in(&row.client, "ip route add prohibit 10.9.0.0/16");
    let addresses = [
        "10.0.1.31",
        "10.0.1.32",
        "10.0.1.33",
        "10.9.0.1",
        "10.0.1.20",
    ];
    row.name("five.test", &addresses);
    let asked = row.asked(&["five.test:80"]);
    let five = &asked["five.test:80"];
    assert_eq!(five["as_expected"], true);
    assert_eq!(five["would_have_used"], "10.0.1.20");
    let mut all: Vec<(String, String)> = five["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|connect| (text(&connect["address"]), said(connect)))
        .collect();
    all.sort();
    let expected = [
        ("10.0.1.20", "established"),
        ("10.0.1.31", "dropped host_silent possible ETIMEDOUT"),
        (
            "10.0.1.32",
            "rejected admin_prohibited certain EHOSTUNREACH",
        ),
        ("10.0.1.33", "refused closed_port possible ECONNREFUSED"),
        ("10.9.0.1", "prohibited_route EACCES"),
    ];
    let expected = expected.map(|(address, said)| (address.to_owned(), said.to_owned()));
    assert_eq!(all, expected);
    let ran = row.probe(&["five.test:80"]);
    assert_eq!(ran.status, 0);
    let words = "an application would have used 10.0.1.20";
    assert!(ran.stdout.contains(words), "{}", ran.stdout);
}

/// A name server that answers by what the name begins with.
const NAME_SERVER: &str = r"
import socket,struct
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('10.0.1.20',53))
print('ready',flush=True)
while True:
    q,a=s.recvfrom(512)
    first=q[13:13+q[12]]
    if first==b'silent': continue
    code={b'nosuch':3,b'fails':2}.get(first,0)
    s.sendto(q[:2]+struct.pack('>HHHHH',0x8180|code,1,0,0,0)+q[12:],a)
";

fn errors_of_the_resolver_are_told_apart() {
    let mut row = Row::new();
    let server = row.server.clone();
    row.start(&server, NAME_SERVER);
    row.serve(&[80], "pass");
    row.etc("hosts", "10.0.1.20 known.test\n");
    row.etc("nsswitch.conf", "hosts: files dns\n");
    row.etc(
        "resolv.conf",
        "nameserver 10.0.1.20\noptions timeout:5 attempts:1\n",
    );
    let targets = [
        "nosuch.test:80",
        "empty.test:80",
        "fails.test:80",
        "silent.test:80",
        "known.test:80",
    ];
    let ran = row.probe(&[&["-F", "json"][..], &targets].concat());
    assert_eq!(ran.status, 3, "a name was not resolved");
    let asked = super::row::asked(&ran);
    let error = |target: &str| text(&asked[target]["names"]["error"]);
    assert_eq!(error("nosuch.test:80"), "no_such_name");
    assert_eq!(error("empty.test:80"), "no_address");
    assert_eq!(error("fails.test:80"), "server_failed");
    assert_eq!(error("silent.test:80"), "timed_out");
    // Only the hosts file has this one, and the others do not hold it up.
    assert_eq!(error("known.test:80"), "");
    assert_eq!(asked["known.test:80"]["as_expected"], true);
}
