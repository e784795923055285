//! The log of pf.

use serde_json::Value;

use super::{
    NONE, OLD_PFLOG, PFLOG, PfHeader, Timed, assert_told, blocked_by, capture, finding, notes_of,
    only_attempt, report, syn, syn_from,
};
use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::json_on;

pub(crate) const TESTS: &[Test] = tests![
    pf_says_which_rule_blocked_on_every_system,
    pf_before_openbsd_3_4_is_read,
    a_connect_that_pf_passed_has_not_failed,
    a_default_rule_an_anchor_and_a_reason_are_told,
    a_header_that_lies_about_its_length_is_named_once_and_its_packet_read,
    a_record_in_doubt_takes_nothing_from_those_that_are_not,
    a_rule_of_an_anchor_is_looked_up_there,
];

fn pf_says_which_rule_blocked_on_every_system() {
    // The length that the header tells, its bytes with padding, and IPv6's number there.
    for (length, written, family, system) in [
        (61, 64, 30, "macOS"),
        (61, 64, 24, "NetBSD"),
        (64, 64, 28, "older FreeBSD, padding counted"),
        (69, 72, 28, "FreeBSD 13.1"),
        (72, 72, 28, "FreeBSD, padding counted"),
        (100, 100, 24, "OpenBSD"),
    ] {
        let header = PfHeader {
            length,
            written,
            ..PfHeader::blocking()
        };
        let report = report(PFLOG, &blocked_by(&header));
        let attempt = only_attempt(&report);
        assert_told(
            attempt,
            "dropped",
            "filter_verdict",
            "certain",
            "pf: block, rule 12",
        );
        assert_eq!(attempt["verdicts"][0]["came_in_by"], "em0", "{system}");
        assert_eq!(attempt["verdicts"][0]["packets"], 4, "{system}");
        assert_eq!(attempt["captured_at"], "filter", "{system}");
        let client = "[2001:db8::7]:40001".parse().unwrap();
        let server = "[2001:db8:1::20]:3306".parse().unwrap();
        let of_ipv6 = PfHeader { family, ..header };
        let packets: Vec<Timed> = [(0, 0), (1000, 1)]
            .map(|(at, nth)| (at, of_ipv6.of(&syn_from(client, server, nth))))
            .into();
        let report = self::report(PFLOG, &packets);
        let attempt = only_attempt(&report);
        assert_eq!(attempt["server"], "[2001:db8:1::20]:3306", "{system}");
        assert_eq!(attempt["cause"], "filter_verdict", "{system}");
        assert_eq!(
            report["capture"]["doubtful_records"],
            serde_json::json!({}),
            "{system}"
        );
    }
}

fn pf_before_openbsd_3_4_is_read() {
    let mut header = vec![0, 0, 0, 2];
    header.extend(b"xl0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    for number in [7_u16, 0, 1, 0] {
        header.extend(number.to_be_bytes());
    }
    assert_eq!(header.len(), 28);
    let report = report(OLD_PFLOG, &[(0, [header, syn(0)].concat())]);
    let attempt = only_attempt(&report);
    assert_told(
        attempt,
        "dropped",
        "filter_verdict",
        "certain",
        "pf: block, rule 7, in on xl0",
    );
}

fn a_connect_that_pf_passed_has_not_failed() {
    let https = |port: u16| {
        syn_from(
            ([10, 1, 0, 7], port).into(),
            ([10, 2, 0, 20], 443).into(),
            0,
        )
    };
    let mut packets = blocked_by(&PfHeader::blocking());
    for (at, port) in [(500, 40002), (2500, 40003), (20_000, 40009)] {
        packets.push((at, PfHeader::passing().of(&https(port))));
    }
    let report = report(PFLOG, &packets);
    let summary = &report["summary"];
    assert_eq!(
        (&summary["dropped"], &summary["pending"]),
        (&1.into(), &3.into())
    );
    for attempt in report["attempts"].as_array().unwrap() {
        if attempt["server"] == "10.2.0.20:443" {
            assert_eq!(attempt["cause"], Value::Null, "{attempt:#}");
        }
    }
    let finding = finding(&report, "filter_log").unwrap();
    assert_eq!(finding["confidence"], "certain");
    assert_eq!(finding["attempts"], 1);
    let evidence = finding["evidence"].to_string();
    assert!(
        evidence.contains("pf: block, rule 12, in on em0"),
        "{evidence}"
    );
    assert!(
        evidence.contains("pf: pass, rule 20, in on em0"),
        "{evidence}"
    );
    assert!(
        evidence.contains("3 connects of 1 client to 10.2.0.20:443"),
        "{evidence}"
    );
    let steps = finding["next_steps"].to_string();
    assert!(steps.contains("@12"), "{steps}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
}

fn a_default_rule_an_anchor_and_a_reason_are_told() {
    let by_default = PfHeader {
        rule: NONE,
        ..PfHeader::blocking()
    };
    let in_anchor = PfHeader {
        sub_rule: 3,
        anchor: b"f2b/sshd",
        direction: 2,
        user: 1001,
        ..PfHeader::blocking()
    };
    let out_of_state = PfHeader {
        reason: 10,
        ..PfHeader::blocking()
    };
    for (header, says) in [
        (by_default, "pf: block, the default rule, in on em0"),
        (
            in_anchor,
            "pf: block, rule 12, there rule 3 of anchor \"f2b/sshd\", out on em0, socket of user 1001",
        ),
        (
            out_of_state,
            "for another reason than a rule: state-mismatch",
        ),
    ] {
        let report = report(PFLOG, &blocked_by(&header));
        let attempt = only_attempt(&report);
        let notes = notes_of(attempt);
        assert!(notes.contains(says), "{says} is not in {notes}");
    }
}

fn a_header_that_lies_about_its_length_is_named_once_and_its_packet_read() {
    for length in [0, 12, 255] {
        let header = PfHeader {
            length,
            ..PfHeader::blocking()
        };
        let stored = capture(PFLOG, &blocked_by(&header));
        let report = json_on(std::slice::from_ref(&stored.path));
        // What is read of it is in doubt.
        let attempt = only_attempt(&report);
        assert_told(
            attempt,
            "dropped",
            "filter_verdict",
            "possible",
            "in doubt: its header is not as it should be",
        );
        let finding = finding(&report, "filter_log").unwrap();
        assert_eq!(finding["confidence"], "possible", "{length}");
        let doubtful = &report["capture"]["doubtful_records"];
        assert_eq!(doubtful["log_header_length"], 4, "{length}");
        let text = run(&[stored.path.to_str().unwrap()]).stdout;
        assert_eq!(text.matches("unknown length").count(), 1, "{text}");
    }
}

fn a_record_in_doubt_takes_nothing_from_those_that_are_not() {
    let doubtful = PfHeader {
        length: 1,
        ..PfHeader::blocking()
    };
    let other = syn_from(
        ([10, 1, 0, 8], 40002).into(),
        ([10, 2, 0, 20], 443).into(),
        0,
    );
    let mut packets = blocked_by(&PfHeader::blocking());
    packets.push((8000, doubtful.of(&other)));
    let report = report(PFLOG, &packets);
    let confidences: Vec<&Value> = report["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| &attempt["confidence"])
        .collect();
    assert_eq!(confidences, ["certain", "possible"]);
    let finding = finding(&report, "filter_log").unwrap();
    assert_eq!(finding["confidence"], "likely");
}

fn a_rule_of_an_anchor_is_looked_up_there() {
    for (anchor, run) in [
        (
            &b"f2b/sshd"[..],
            "pfctl -a f2b/sshd -vvsr | grep -A 3 '^@3[( ]'",
        ),
        // Nobody types this one.
        (
            b"f2b/\xff\x07",
            "pfctl -a '*' -vvsr | grep -A 3 '^ *@3[( ]'",
        ),
    ] {
        let header = PfHeader {
            sub_rule: 3,
            anchor,
            ..PfHeader::blocking()
        };
        let report = report(PFLOG, &blocked_by(&header));
        let finding = finding(&report, "filter_log").unwrap();
        assert_eq!(finding["next_steps"][0]["run"], run);
    }
}
