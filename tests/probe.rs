//! `tcpwhy probe` as an ordinary user, against real kernels in network namespaces: what it says is
//! held against what `connect()` returned and how the network was built.

mod bounded;
mod icmp_codes;
mod learned;
mod names;
mod own_host;
mod policies;
mod repeated;
pub(crate) mod row;
mod traced;
pub(crate) mod typed;
mod witnessed;

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::tools::Needs;
use row::{Row, SERVER, SERVER6, only, rules, run_in, said, text};

pub(crate) const NEEDS: Needs = Needs::networks(&["ip", "nft", "python3", "kill"]);

pub(crate) const TESTS: &[Test] = tests![
    what_answers_is_told_apart,
    every_icmp_error_is_told_with_its_sender,
    a_host_that_is_away_is_told_after_three_seconds,
    what_accepts_and_hangs_up_is_told,
    a_translation_or_proxy_on_the_way_is_met_as_it_is,
    ipv6_that_is_broken_costs_what_an_application_waits,
    what_is_sent_is_what_the_help_promises needs "tcpdump",
];

pub(crate) const LISTS: &[&[Test]] = &[
    TESTS,
    bounded::TESTS,
    icmp_codes::TESTS,
    learned::TESTS,
    names::TESTS,
    own_host::TESTS,
    policies::TESTS,
    repeated::TESTS,
    traced::TESTS,
    witnessed::TESTS,
];

fn at(host: &str, port: u16) -> String {
    format!("{host}:{port}")
}

fn what_answers_is_told_apart() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(
        &row.server,
        "input",
        "tcp dport 81 drop\ntcp dport 84 reject with tcp reset",
    );
    for host in [SERVER, SERVER6] {
        let targets = [80, 81, 84, 85].map(|port| at(host, port));
        let asked = row.asked(&targets.each_ref().map(String::as_str));
        let said_of = |port| said(only(&asked[&at(host, port)]));
        assert_eq!(said_of(80), "established");
        assert_eq!(said_of(81), "dropped port_filtered likely ETIMEDOUT");
        // Without packets nothing tells a rule from a closed port.
        assert_eq!(said_of(84), "refused closed_port possible ECONNREFUSED");
        assert_eq!(said_of(85), "refused closed_port possible ECONNREFUSED");
        let open = only(&asked[&at(host, 80)]);
        assert_eq!(open["witness"], "kernel");
        assert_eq!(open["first_byte"]["came"], "nothing");
        assert!(open["mss"].as_u64() > Some(1000) && open["round_trip_us"].as_u64() > Some(0));
        let silent = only(&asked[&at(host, 81)]);
        assert!(silent["syn_count"].as_u64() >= Some(3), "{silent:#}");
    }
    // Alone, the host has shown nothing.
    let alone = row.asked(&["10.0.1.20:81"]);
    let alone = only(&alone["10.0.1.20:81"]);
    assert_eq!(said(alone), "dropped host_silent possible ETIMEDOUT");
}

fn every_icmp_error_is_told_with_its_sender() {
    const REJECTS: [(u16, &str, u64, &str, &str); 7] = [
        (300, "net-unreachable", 0, "net_unreachable", "ENETUNREACH"),
        (
            301,
            "host-unreachable",
            1,
            "host_unreachable",
            "EHOSTUNREACH",
        ),
        (
            302,
            "prot-unreachable",
            2,
            "protocol_unreachable",
            "ENOPROTOOPT",
        ),
        (
            303,
            "port-unreachable",
            3,
            "port_unreachable",
            "ECONNREFUSED",
        ),
        (309, "net-prohibited", 9, "admin_prohibited", "ENETUNREACH"),
        (
            310,
            "host-prohibited",
            10,
            "admin_prohibited",
            "EHOSTUNREACH",
        ),
        (
            313,
            "admin-prohibited",
            13,
            "admin_prohibited",
            "EHOSTUNREACH",
        ),
    ];
    const REJECTS6: [(u16, &str, u64, &str, &str); 4] = [
        (100, "no-route", 0, "net_unreachable", "ENETUNREACH"),
        (101, "admin-prohibited", 1, "admin_prohibited", "EACCES"),
        (
            103,
            "addr-unreachable",
            3,
            "host_unreachable",
            "EHOSTUNREACH",
        ),
        (
            104,
            "port-unreachable",
            4,
            "port_unreachable",
            "ECONNREFUSED",
        ),
    ];
    let row = Row::new();
    for (namespace, hook) in [(&row.server, "input"), (&row.router, "forward")] {
        // Those of the router are 1000 higher.
        let more = if hook == "input" { 0 } else { 1000 };
        let of = |family: &str, rejects: &[(u16, &str, u64, &str, &str)]| -> String {
            let rules = rejects.iter().map(|(port, kind, ..)| {
                let port = port + more;
                format!("tcp dport {port} reject with {family} type {kind}\n")
            });
            rules.collect()
        };
        rules(
            namespace,
            hook,
            &(of("icmp", &REJECTS) + &of("icmpv6", &REJECTS6)),
        );
    }
    for (host, rejects, senders) in [
        (SERVER, &REJECTS[..], ["10.0.1.20", "10.0.0.1"]),
        (SERVER6, &REJECTS6[..], ["2001:db8:0:1::20", "2001:db8::1"]),
    ] {
        for (more, sender) in [0, 1000].into_iter().zip(senders) {
            let ports = rejects.iter().map(|(port, ..)| at(host, port + more));
            let targets: Vec<String> = ports.collect();
            let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
            let asked = row.asked(&targets);
            for (port, kind, code, cause, error) in rejects {
                let connect = only(&asked[&at(host, port + more)]);
                let expected = format!("rejected {cause} certain {error}");
                assert_eq!(said(connect), expected, "{kind} of {sender}");
                let icmp = &connect["icmp"];
                assert_eq!(icmp["from"], sender, "{kind}");
                assert_eq!(icmp["code"].as_u64(), Some(*code), "{kind}");
                if *cause == "admin_prohibited" {
                    assert_eq!(connect["next_steps"][0]["where"], sender, "{kind}");
                }
                let is_of_six = host == SERVER6;
                assert_eq!(icmp["type"], if is_of_six { 1 } else { 3 });
            }
        }
    }
}

fn a_host_that_is_away_is_told_after_three_seconds() {
    let row = Row::new();
    let asked = row.asked(&[
        "10.0.1.99:80",
        "[2001:db8:0:1::99]:80",
        "10.0.0.99:80",
        "[2001:db8::99]:80",
    ]);
    for (target, sender) in [
        ("10.0.1.99:80", "10.0.0.1"),
        ("[2001:db8:0:1::99]:80", "2001:db8::1"),
    ] {
        let connect = only(&asked[target]);
        assert_eq!(
            said(connect),
            "rejected host_unreachable certain EHOSTUNREACH"
        );
        assert_eq!(connect["icmp"]["from"], sender);
        let notes = connect["notes"].to_string();
        assert!(notes.contains("the host is down (likely)"), "{notes}");
    }
    // On the link the kernel itself has asked, and nobody answered.
    for (target, own) in [
        ("10.0.0.99:80", "10.0.0.7"),
        ("[2001:db8::99]:80", "2001:db8::7"),
    ] {
        let connect = only(&asked[target]);
        assert_eq!(said(connect), "rejected host_down certain EHOSTUNREACH");
        assert_eq!(connect["icmp"]["from"], own);
    }
}

fn what_accepts_and_hangs_up_is_told() {
    let mut row = Row::new();
    row.serve(&[90], "c.close()");
    row.serve(
        &[91],
        "c.setsockopt(socket.SOL_SOCKET,socket.SO_LINGER,struct.pack('ii',1,0)); c.close()",
    );
    row.serve(&[92], "c.sendall(b'220 hello')");
    row.serve(&[93], "pass");
    let asked = row.asked(&[
        "10.0.1.20:90",
        "10.0.1.20:91",
        "10.0.1.20:92",
        "10.0.1.20:93",
    ]);
    let of = |target| only(&asked[target]);
    let closed = of("10.0.1.20:90");
    assert_eq!(said(closed), "established proxy_without_backend possible");
    assert_eq!(closed["trouble"], serde_json::json!(["hung_up"]));
    assert_eq!(closed["first_byte"]["came"], "closed");
    assert_eq!(asked["10.0.1.20:90"]["as_expected"], false);
    let reset = of("10.0.1.20:91");
    assert_eq!(reset["outcome"], "reset");
    assert_eq!(reset["first_byte"]["came"], "reset");
    assert_eq!(of("10.0.1.20:92")["first_byte"]["came"], "bytes");
    assert_eq!(of("10.0.1.20:93")["first_byte"]["came"], "nothing");
    assert_eq!(asked["10.0.1.20:93"]["as_expected"], true);
    let ran = row.probe(&["10.0.1.20:90", "--expect", "hung-up,reset"]);
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let ran = row.probe(&["10.0.1.20:90", "--first-byte", "0"]);
    assert_eq!(ran.status, 0, "nobody waited: {}", ran.stdout);
}

fn a_translation_or_proxy_on_the_way_is_met_as_it_is() {
    let mut row = Row::new();
    row.serve(&[443], "pass");
    run_in(
        &row.router,
        "echo 0 >/proc/sys/net/netfilter/nf_conntrack_tcp_loose || true
         nft -f - <<'END'
table ip proxied {
    chain before {
        type filter hook prerouting priority raw;
        tcp dport { 8443, 8444 } tcp flags syn notrack
    }
    chain forward {
        type filter hook forward priority 0;
        tcp dport { 8443, 8444 } ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
        ct state invalid drop
    }
    chain translated {
        type nat hook prerouting priority dstnat;
        ip daddr 10.0.1.77 tcp dport 80 dnat to 10.0.1.20:443
        ip daddr 10.0.1.77 tcp dport 81 dnat to 10.0.1.20:85
    }
}
END",
    );
    let asked = row.asked(&["10.0.1.77:80", "10.0.1.77:81", "10.0.1.20:8443"]);
    assert_eq!(said(only(&asked["10.0.1.77:80"])), "established");
    let refused = "refused closed_port possible ECONNREFUSED";
    assert_eq!(said(only(&asked["10.0.1.77:81"])), refused);
    // The proxy shakes hands, and passes on that its server refused.
    let proxied = only(&asked["10.0.1.20:8443"]);
    assert_eq!(proxied["outcome"], "reset", "{proxied:#}");
    assert_eq!(proxied["cause"], "proxy_without_backend");
}

fn ipv6_that_is_broken_costs_what_an_application_waits() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(
        &row.router,
        "forward",
        "meta nfproto ipv6 tcp dport 80 drop",
    );
    row.name("both.test", &["2001:db8:0:1::20", "10.0.1.20"]);
    let asked = row.asked(&["both.test:80"]);
    let both = &asked["both.test:80"];
    assert_eq!(both["as_expected"], true);
    assert_eq!(both["would_have_used"], "10.0.1.20");
    let waited = both["would_have_waited_us"].as_u64().unwrap();
    assert!((250_000..700_000).contains(&waited), "{both:#}");
    let outcomes: Vec<&Value> = both["addresses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|connect| &connect["outcome"])
        .collect();
    assert_eq!(outcomes, ["dropped", "established"]);
    // Where IPv6 is rejected, nobody waits.
    run_in(&row.router, "nft flush ruleset");
    rules(
        &row.router,
        "forward",
        "meta nfproto ipv6 tcp dport 80 reject with icmpv6 type admin-prohibited",
    );
    let asked = row.asked(&["both.test:80"]);
    let rejected = &asked["both.test:80"]["addresses"][0];
    assert_eq!(said(rejected), "rejected admin_prohibited certain EACCES");
}

/// No more packets leave than the help says, and none with payload.
fn what_is_sent_is_what_the_help_promises() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(&row.server, "input", "tcp dport 81 drop");
    let captured = row.captured_while(|row| {
        row.probe(&[
            "10.0.1.20:80",
            "10.0.1.20:81",
            "10.0.1.20:85",
            "10.0.1.20:80",
        ]);
    });
    let to = |port: u16, flags: &str| {
        let to = format!("> 10.0.1.20.{port}: Flags [{flags}]");
        let lines = captured.lines().filter(|line| line.contains(&to));
        lines.count()
    };
    assert_eq!((to(80, "S"), to(80, "F.")), (2, 2), "{captured}");
    assert!((3..=8).contains(&to(81, "S")), "{captured}");
    assert_eq!(to(85, "S"), 1, "{captured}");
    let from_client: Vec<&str> = captured
        .lines()
        .filter(|line| line.contains("10.0.0.7.") && line.contains("> 10.0.1.20."))
        .collect();
    assert!(
        from_client.iter().all(|line| line.contains("length 0")),
        "{captured}"
    );
    assert!(
        !from_client.iter().any(|line| line.contains("[R")),
        "{captured}"
    );
    assert!(text(&Value::Null).is_empty() && from_client.len() <= 2 * 4 + 8 + 1);
}
