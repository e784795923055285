//! Where on the path a SYN stops.

use serde_json::Value;

use super::row::{Row, only, rules, run_in, text};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_trace_names_the_last_hop_that_the_syn_passed,
    a_rule_on_the_way_is_named_with_its_hop,
    a_first_hop_that_says_nothing_is_passed_over,
];

/// `1 10.0.0.1 time exceeded`: a line for each hop.
fn hops(trace: &Value) -> Vec<String> {
    let hops = trace.as_array().unwrap().iter();
    hops.map(|hop| {
        format!(
            "{} {} {}",
            hop["hop"],
            text(&hop["from"]),
            text(&hop["says"])
        )
    })
    .collect()
}

fn traced(row: &Row, target: &str, more: &[&str]) -> Value {
    let ran = row.probe(&[&["-F", "json", "--trace", target], more].concat());
    only(&super::row::asked(&ran)[target]).clone()
}

fn a_trace_names_the_last_hop_that_the_syn_passed() {
    let mut row = Row::new();
    row.serve(&[80, 8080], "pass");
    rules(&row.server, "input", "tcp dport { 81, 443, 22 } drop");
    let open = traced(&row, "10.0.1.20:80", &[]);
    let router = "1 10.0.0.1 time exceeded";
    assert_eq!(hops(&open["trace"]), [router, "2 10.0.1.20 accepted"]);
    let closed = traced(&row, "[2001:db8:0:1::20]:85", &[]);
    let router6 = "1 2001:db8::1 time exceeded";
    assert_eq!(
        hops(&closed["trace"]),
        [router6, "2 2001:db8:0:1::20 refused"]
    );
    // The host lives, by its port 80.
    let dropped = traced(&row, "10.0.1.20:81", &[]);
    assert_eq!(hops(&dropped["trace"]), [router, "2  nothing"]);
    let says = text(&dropped["trace_says"]);
    let words = "it passes hop 1 (10.0.0.1), and nothing behind it answers; a SYN to port 80 of the same host is answered at hop 2 (10.0.1.20)";
    assert!(says.starts_with(words), "{says}");
    assert_eq!(dropped["reference_trace"]["port"], 80);
    let named = traced(&row, "10.0.1.20:81", &["--reference", "8080"]);
    assert_eq!(named["reference_trace"]["port"], 8080);
    let in_vain = traced(&row, "10.0.1.20:81", &["--reference", "443"]);
    let says = text(&in_vain["trace_says"]);
    assert!(
        says.contains("no other port of the host answers either"),
        "{says}"
    );
    let ran = row.probe(&["10.0.1.20:80", "--trace"]);
    assert!(
        ran.stdout
            .contains("it arrives: hop 2 (10.0.1.20) accepted"),
        "{}",
        ran.stdout
    );
}

fn a_rule_on_the_way_is_named_with_its_hop() {
    let row = Row::new();
    rules(
        &row.router,
        "forward",
        "tcp dport 90 reject with icmpx admin-prohibited",
    );
    let rejected = traced(&row, "10.0.1.20:90", &[]);
    // A SYN that dies at the router is told of its time before a rule sees it.
    let router = "1 10.0.0.1 time exceeded";
    let rule = "2 10.0.0.1 administratively prohibited";
    assert_eq!(hops(&rejected["trace"]), [router, rule]);
    let says = text(&rejected["trace_says"]);
    assert!(says.starts_with("hop 2 (10.0.0.1) rejects it"), "{says}");
}

fn a_first_hop_that_says_nothing_is_passed_over() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(&row.router, "output", "icmp type time-exceeded drop");
    let open = traced(&row, "10.0.1.20:80", &[]);
    assert_eq!(hops(&open["trace"]), ["1  nothing", "2 10.0.1.20 accepted"]);
    run_in(&row.router, "echo 0 >/proc/sys/net/ipv4/ip_forward");
    let nowhere = traced(&row, "10.0.1.20:80", &["--timeout", "500ms"]);
    let says = text(&nowhere["trace_says"]);
    assert!(says.starts_with("no hop at all tells anything"), "{says}");
}
