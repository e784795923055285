//! What reports say of logs, and that it agrees with Wireshark.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use super::{
    INPUT, NFLOG, PFLOG, PfHeader, Timed, assert_told, blocked_by, capture, finding, in_ethernet,
    logged, only_attempt, record, report, syn, syn_from,
};
use crate::support::command::run;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    text_from_a_log_stays_text,
    names_in_a_log_are_left_out_of_anonymous_reports,
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
