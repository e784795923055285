//! What reports say of logs, and that it agrees with Wireshark.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use super::{
    CLIENT, FORWARD, INPUT, LOG, NFLOG, PFLOG, PfHeader, SERVER, SYN_ACK, Timed, WIRE, answer,
    assert_told, attribute, blocked_by, capture, file_of_wire_and_log, finding, in_ethernet,
    logged, only_attempt, record, report, syn, syn_from,
};
use crate::support::command::{file, run};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::json_on;

pub(crate) const TESTS: &[Test] = tests![
    text_from_a_log_stays_text,
    names_in_a_log_are_left_out_of_anonymous_reports,
    anonymous_evidence_tells_which_rule_it_was needs "tshark",
    anonymous_rules_are_told_apart,
    a_drop_capture_holds_what_was_dropped,
    a_flood_of_passed_connects_is_no_flood,
    every_format_tells_the_rule,
    fields_agree_with_wireshark needs "tshark",
];

fn text_from_a_log_stays_text() {
    let stored = capture(NFLOG, &logged(INPUT, b"\x1b[31m<b>=DROP\xff\xfe\0"));
    let path = stored.path.to_str().unwrap();
    for format in ["text", "markdown", "csv", "html"] {
        let shown = run(&["read", path, "--format", format]).stdout;
        assert!(!shown.contains('\x1b'), "{format}");
        assert!(format != "html" || !shown.contains("<b>=DROP"), "{format}");
    }
}

fn names_in_a_log_are_left_out_of_anonymous_reports() {
    let header = PfHeader {
        anchor: b"customer-acme",
        interface: b"acme0",
        ..PfHeader::blocking()
    };
    let stored = capture(PFLOG, &blocked_by(&header));
    let path = stored.path.to_str().unwrap();
    let shown = run(&["read", path, "--anonymize", "--format", "json"]).stdout;
    assert!(shown.contains("filter_verdict"), "{shown}");
    assert!(!shown.contains("acme"), "{shown}");
}

/// The rules of a log and what they say that they do are in an anonymous report, and in evidence
/// that is anonymous, read again; what they are called is in neither.
fn anonymous_evidence_tells_which_rule_it_was() {
    let of_pf = PfHeader {
        anchor: b"customer-acme",
        interface: b"acme0",
        sub_rule: 3,
        user: 4711,
        ..PfHeader::blocking()
    };
    let mut translating = PfHeader {
        length: 100,
        written: 100,
        ..of_pf.clone()
    }
    .bytes();
    // The ends behind a translation.
    translating[64..68].copy_from_slice(&SERVER.0);
    let both = |log: &dyn Fn(u16) -> Vec<u8>| -> Vec<(u32, u64, Vec<u8>)> {
        let at = [0_u64, 1000, 3000, 7000].into_iter().zip(0..);
        at.flat_map(|(at, nth)| [(WIRE, at, syn(nth)), (LOG, at + 200, log(nth))])
            .collect()
    };
    let attributed = |nth: u16| {
        let mut record = record(FORWARD, b"acme-DROP \0", &syn(nth));
        let cut = record.len() - attribute(9, &syn(nth)).len();
        let packet = record.split_off(cut);
        // Mark, hardware address, user, and time.
        for (number, value) in [
            (2, &b"acme"[..]),
            (8, b"\0\x06\0\0acme00\0\0"),
            (11, b"\0\0\x12g"),
        ] {
            record.extend(attribute(number, value));
        }
        [record, packet].concat()
    };
    let files = [
        file_of_wire_and_log(NFLOG, &both(&attributed)),
        file_of_wire_and_log(
            NFLOG,
            &both(&|nth| record(INPUT, b"acme-REJECT: \0", &syn(nth))),
        ),
        file_of_wire_and_log(PFLOG, &both(&|nth| of_pf.of(&syn(nth)))),
        file_of_wire_and_log(PFLOG, &both(&|nth| [&translating[..], &syn(nth)].concat())),
    ];
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence.pcapng");
    for bytes in files {
        let stored = file(&bytes);
        let original = json_on(std::slice::from_ref(&stored.path));
        let arguments = ["read", "--anonymize", "-F", "json", "--evidence"];
        let paths = [evidence.to_str().unwrap(), stored.path.to_str().unwrap()];
        let ran = run(&[&arguments[..], &paths].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let shown = serde_json::from_str(&ran.stdout).unwrap();
        let again = json_on(std::slice::from_ref(&evidence));
        let verdict = |report: &Value| {
            let attempt = only_attempt(report);
            let told = &attempt["verdicts"][0];
            let of_attempt = ["outcome", "cause", "confidence"].map(|name| attempt[name].clone());
            let names = [
                "by",
                "action",
                "word",
                "rule",
                "sub_rule",
                "reason",
                "hook",
                "direction",
            ];
            (of_attempt, names.map(|name| told[name].clone()))
        };
        assert_eq!(verdict(&shown), verdict(&original));
        assert_eq!(verdict(&again), verdict(&original));
        let told = |report: &Value| only_attempt(report)["verdicts"][0].clone();
        assert_eq!(told(&again)["prefix"], told(&shown)["prefix"]);
        for name in ["anchor", "came_in_by", "leaves_by", "user", "mark"] {
            assert_eq!(told(&again)[name], Value::Null, "{name}");
        }
        let kept = std::fs::read(&evidence).unwrap();
        for secret in [&b"acme"[..], &SERVER.0, &CLIENT.0] {
            let is_there = |bytes: &[u8]| bytes.windows(4).any(|window| window == secret);
            assert!(is_there(&bytes) && !is_there(&kept), "{secret:?}");
        }
        assert!(!ran.stdout.contains("acme"), "{}", ran.stdout);
        let mut tshark = Command::new("tshark");
        tshark
            .args(["-n", "-Y", "_ws.malformed", "-r"])
            .arg(&evidence);
        let malformed = tshark.output().unwrap();
        assert!(malformed.status.success());
        assert_eq!(String::from_utf8_lossy(&malformed.stdout), "");
    }
}

/// Which of two rules lets through what its name says that it stops is told without the names.
fn anonymous_rules_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcapng");
    let other: SocketAddr = ([10, 1, 0, 8], 40002).into();
    let ack = SegmentPlan {
        sequence: 1001,
        acknowledgment: 7001,
        identification: 200,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), 0x10)
    };
    let mut packets = vec![
        (WIRE, 0, syn(0)),
        (WIRE, 1, answer(SYN_ACK).ip_packet()),
        (WIRE, 2, ack.ip_packet()),
        (LOG, 500, record(INPUT, b"acme-DROP-ALL \0", &syn(0))),
    ];
    for (at, nth) in [(2000, 0), (3000, 1), (5000, 2), (9000, 3)] {
        let syn = syn_from(other, SERVER.into(), 50 + nth);
        packets.push((WIRE, at, syn.clone()));
        packets.push((LOG, at + 5, record(INPUT, b"acme-DROP-SOME \0", &syn)));
    }
    std::fs::write(&path, file_of_wire_and_log(NFLOG, &packets)).unwrap();
    let ran = run(&["read", "--anonymize", "-F", "json", path.to_str().unwrap()]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let attempts = report["attempts"].as_array().unwrap();
    let silent = attempts
        .iter()
        .find(|attempt| attempt["outcome"] == "dropped");
    assert_eq!(silent.unwrap()["cause"], "filter_verdict", "{report:#}");
    let rules = finding(&report, "filter_log").unwrap()["evidence"].to_string();
    assert_eq!(
        rules.matches("does not stop what it logs").count(),
        1,
        "{rules}"
    );
    assert!(!rules.contains("acme"), "{rules}");
}

fn a_drop_capture_holds_what_was_dropped() {
    let frames: Vec<Timed> = [(0, 0), (1000, 1)]
        .map(|(at, nth)| (at, in_ethernet(&syn(nth))))
        .into();
    let stored = capture(1, &frames);
    let path = stored.path.to_str().unwrap();
    let shown = run(&["read", path, "--drops-only", "--format", "json"]).stdout;
    let report: Value = serde_json::from_str(&shown).unwrap();
    let attempt = only_attempt(&report);
    assert_told(
        attempt,
        "dropped",
        "filter_verdict",
        "likely",
        "--drops-only",
    );
    assert_eq!(attempt["syn_count"], 2);
    assert!(finding(&report, "filter_log").is_some());
    // Without that word it is two SYNs of which nothing follows.
    let shown = run(&["read", path, "--format", "json"]).stdout;
    let report: Value = serde_json::from_str(&shown).unwrap();
    assert_ne!(only_attempt(&report)["cause"], "filter_verdict");
}

fn a_flood_of_passed_connects_is_no_flood() {
    let server: SocketAddr = ([10, 2, 0, 20], 443).into();
    let packets: Vec<Timed> = (0..3000_u16)
        .map(|nth| {
            let [high, low] = nth.to_be_bytes();
            let client: SocketAddr = ([10, 9, high, low], 50000).into();
            (
                u64::from(nth),
                PfHeader::passing().of(&syn_from(client, server, nth)),
            )
        })
        .collect();
    let report = report(PFLOG, &packets);
    assert_eq!(report["summary"]["pending"], 3000);
    assert!(finding(&report, "syn_flood").is_none());
    let finding = finding(&report, "filter_log").unwrap();
    let evidence = finding["evidence"].to_string();
    assert!(evidence.contains("3,000 packets"), "{evidence}");
}

fn every_format_tells_the_rule() {
    let stored = capture(PFLOG, &blocked_by(&PfHeader::blocking()));
    let path = stored.path.to_str().unwrap();
    for format in ["text", "markdown", "html", "json", "ndjson", "csv"] {
        let shown = run(&["read", path, "--format", format]).stdout;
        let words: Vec<&str> = shown.split_whitespace().collect();
        let shown = words.join(" ");
        assert!(shown.contains("block, rule 12"), "{format}: {shown}");
        let (name, words) = ("filter_verdict", "a filter says it stopped it");
        let is_told = shown.contains(name) || shown.contains(words);
        assert!(is_told, "{format}: {shown}");
    }
}

/// The same fields of the same packets, from Wireshark's dissector.
fn fields_agree_with_wireshark() {
    let fields = |link_type, bytes: Vec<u8>, names: &[&str]| -> Vec<String> {
        let stored = capture(link_type, &[(0, bytes)]);
        let mut tshark = Command::new("tshark");
        tshark.args(["-r", stored.path.to_str().unwrap(), "-T", "fields"]);
        for name in names {
            tshark.args(["-e", name]);
        }
        let output = tshark.output().unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim_end_matches('\n')
            .split('\t')
            .map(str::to_owned)
            .collect()
    };
    let told = |link_type, bytes: Vec<u8>| -> Value {
        let report = report(link_type, &[(0, bytes)]);
        only_attempt(&report)["verdicts"][0].clone()
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let header = PfHeader {
        sub_rule: 3,
        anchor: b"f2b/sshd",
        ..PfHeader::blocking()
    };
    for length in [61, 100] {
        let written = usize::from(length).next_multiple_of(4);
        let header = PfHeader {
            length,
            written,
            ..header.clone()
        };
        let bytes = header.of(&syn(0));
        let shown = fields(
            PFLOG,
            bytes.clone(),
            &[
                "pflog.action",
                "pflog.rulenr",
                "pflog.subrulenr",
                "pflog.ruleset",
                "pflog.ifname",
                "pflog.dir",
            ],
        );
        let told = told(PFLOG, bytes);
        assert_eq!(
            (shown[0].as_str(), told["word"].as_str().unwrap()),
            ("1", "block")
        );
        assert_eq!(shown[1], text(&told["rule"]));
        assert_eq!(shown[2], text(&told["sub_rule"]));
        assert_eq!(shown[3], text(&told["anchor"]));
        assert_eq!(shown[4], text(&told["came_in_by"]));
        assert_eq!(
            (shown[5].as_str(), told["direction"].as_str().unwrap()),
            ("1", "in")
        );
    }
    let bytes = record(INPUT, b"IN-DROP \0", &syn(0));
    let shown = fields(
        NFLOG,
        bytes.clone(),
        &["nflog.prefix", "nflog.hook", "nflog.ifindex_indev"],
    );
    let told = told(NFLOG, bytes);
    assert_eq!(shown[0].trim_end(), text(&told["prefix"]).trim_end());
    assert_eq!(
        (shown[1].as_str(), told["hook"].as_str().unwrap()),
        ("1", "input")
    );
    assert_eq!(format!("interface {}", shown[2]), text(&told["came_in_by"]));
}
