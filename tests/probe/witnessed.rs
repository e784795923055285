//! Where it may capture, `tcpwhy probe` sees its own packets, which tell more than the kernel does.

use serde_json::Value;

use super::row::{Row, SERVER, SERVER6, asked, only, rules, said, text};
use crate::support::command::{Ran, run};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::on;

pub(crate) const TESTS: &[Test] = tests![
    packets_tell_a_rule_from_a_closed_port,
    evidence_is_read_again_with_the_same_verdicts,
    evidence_needs_a_right,
    each_connect_is_told_as_it_ends,
];

fn probe_as_root(row: &Row, arguments: &[&str]) -> Ran {
    let words = [&["probe"], arguments].concat();
    let mut command = on(&row.client, env!("CARGO_BIN_EXE_tcpwhy"), &words);
    command.output().unwrap().into()
}

fn packets_tell_a_rule_from_a_closed_port() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(
        &row.server,
        "input",
        "tcp dport 81 drop\ntcp dport 84 reject with tcp reset",
    );
    let targets = [80, 81, 84, 85].map(|port| format!("{SERVER6}:{port}"));
    let words: Vec<&str> = targets.iter().map(String::as_str).collect();
    let ran = probe_as_root(&row, &[&["-F", "json"], &*words].concat());
    let seen = asked(&ran);
    let connect = |port: u16| only(&seen[&format!("{SERVER6}:{port}")]).clone();
    for port in [80, 81, 84, 85] {
        assert_eq!(connect(port)["witness"], "packets", "{}", ran.stdout);
    }
    assert_eq!(said(&connect(80)), "established");
    assert_eq!(said(&connect(81)), "dropped port_filtered likely ETIMEDOUT");
    // The kernel knows of a RST; only the packet tells who made it.
    assert_eq!(
        said(&connect(84)),
        "refused firewall_reset likely ECONNREFUSED"
    );
    assert!(said(&connect(85)).starts_with("refused closed_port "));
    assert_ne!(connect(85)["confidence"], "possible", "{:#}", connect(85));
    // As anybody, the same row has the kernel's word alone.
    let blind = row.asked(&words);
    let blind = only(&blind[&format!("{SERVER6}:84")]);
    assert_eq!(said(blind), "refused closed_port possible ECONNREFUSED");
    assert_eq!(blind["witness"], "kernel");
    // What never leaves shows no packet: the kernel's word stands.
    rules(&row.client, "output", "tcp dport 91 drop");
    let target = format!("{SERVER}:91");
    let kept_in = asked(&probe_as_root(&row, &["-F", "json", &target]));
    let kept_in = only(&kept_in[&target]);
    assert_eq!(said(kept_in), "dropped local_firewall likely ETIMEDOUT");
    assert_eq!(kept_in["witness"], "kernel");
}

fn evidence_is_read_again_with_the_same_verdicts() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(
        &row.server,
        "input",
        "tcp dport 81 drop\ntcp dport 83 reject\ntcp dport 84 reject with tcp reset",
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("probe.pcapng");
    let path = file.to_str().unwrap();
    let targets = [80, 81, 83, 84, 85].map(|port| format!("{SERVER6}:{port}"));
    let words: Vec<&str> = targets.iter().map(String::as_str).collect();
    let ran = probe_as_root(
        &row,
        &[&["-F", "json", "--evidence", path], &*words].concat(),
    );
    assert_eq!((ran.status, &*ran.stderr), (1, ""));
    let seen = asked(&ran);
    let read = run(&["read", path, "-F", "json"]);
    let report: Value = serde_json::from_str(&read.stdout).unwrap();
    let attempts = report["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), targets.len(), "{attempts:#?}");
    for target in &targets {
        let probed = only(&seen[target]);
        let again = attempts
            .iter()
            .find(|attempt| attempt["server"] == **target);
        let again = again.unwrap();
        for field in ["outcome", "cause", "confidence"] {
            assert_eq!(
                text(&again[field]),
                text(&probed[field]),
                "{target}: {field}"
            );
        }
    }
    let comments = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
    assert!(comments.contains("tcpwhy probe: rejected"));
}

fn evidence_needs_a_right() {
    let row = Row::new();
    let ran = row.probe(&[
        "10.0.1.20:80",
        "--evidence",
        "/tmp/probe-without-right.pcapng",
    ]);
    assert_eq!((ran.status, &*ran.stdout), (4, ""), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no evidence: cannot capture on any: no permission"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("hint: as root"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 2);
    let nowhere = ["10.0.1.20:80", "--evidence", "/nonexistent/probe.pcapng"];
    let ran = row.probe(&nowhere);
    assert_eq!((ran.status, &*ran.stdout), (3, ""), "{}", ran.stderr);
}

/// Of a name with one address that accepts and one that is silent, the first is told long before the
/// second has ended.
fn each_connect_is_told_as_it_ends() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(&row.router, "forward", "ip daddr 10.0.1.31 drop");
    row.name("two.test", &["10.0.1.20", "10.0.1.31"]);
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let mut child = on(&row.client, program, &["probe", "two.test:80"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut is_under_way = None;
    for line in lines.map_while(Result::ok) {
        if line.contains("10.0.1.20") && line.contains("established") {
            is_under_way = Some(child.try_wait().unwrap().is_none());
            break;
        }
    }
    // The silent one takes three seconds and more.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let goes_on = child.try_wait().unwrap().is_none();
    let _ = child.wait();
    assert_eq!((is_under_way, goes_on), (Some(true), true));
}
