//! What Linux firewalls log, alone and beside the wire.

use serde_json::Value;

use super::{
    CLIENT, INPUT, LOG, NFLOG, OUTPUT, PUSH, RST_ACK, SERVER, SYN, SYN_ACK, WIRE, answer,
    assert_told, attribute, finding, logged, only_attempt, record, report, syn, syn_from,
    wire_and_log,
};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_prefix_is_its_author_s_word,
    a_rule_that_only_logs_decides_nothing,
    several_rules_log_one_packet_once_each,
    repetitions_are_told_from_records_of_another_rule,
    a_record_is_testimony_about_the_packet_on_the_wire,
    a_record_may_stand_before_its_packet,
    what_the_wire_shows_outweighs_a_prefix,
    a_prefix_whose_connects_get_through_is_nobodys_word,
    how_late_records_are_read_is_told,
    data_that_is_logged_again_is_no_retransmission,
    a_reset_logged_on_output_is_the_host_s_own,
    an_answer_that_was_dropped_never_arrived,
    malformed_records_are_counted_and_read_all_the_same,
];

fn a_prefix_is_its_author_s_word() {
    let report = report(NFLOG, &logged(INPUT, b"IN-DROP \0"));
    let attempt = only_attempt(&report);
    assert_told(
        attempt,
        "dropped",
        "filter_verdict",
        "likely",
        "logs \"IN-DROP\"",
    );
    assert_eq!(attempt["verdicts"][0]["hook"], "input");
    let finding = finding(&report, "filter_log").unwrap();
    assert_eq!(finding["confidence"], "likely");
    let steps = finding["next_steps"].to_string();
    assert!(
        steps.contains("nft -a list ruleset | grep -n -F IN-DROP"),
        "{steps}"
    );
    // Who rejects answers, and the answer is not in the log.
    for prefix in [&b"IN-REJECT \0"[..], b"REJ: \0"] {
        let report = self::report(NFLOG, &logged(INPUT, prefix));
        let attempt = only_attempt(&report);
        assert_told(
            attempt,
            "pending",
            "filter_verdict",
            "likely",
            "says that it rejects",
        );
        assert_eq!(report["summary"]["dropped"], 0);
        let finding = super::finding(&report, "filter_log").unwrap();
        let statement = finding["statement"].as_str().unwrap();
        let says = "it stopped 1 connect, of which the capture shows no end, by 1 rule";
        assert!(statement.contains(says), "{statement}");
    }
}

fn a_rule_that_only_logs_decides_nothing() {
    for prefix in [
        &b"ACCEPT-NEW \0"[..],
        b"\0",
        b"not dropped \0",
        b"block? \0",
    ] {
        let report = report(NFLOG, &logged(INPUT, prefix));
        let attempt = only_attempt(&report);
        assert_eq!(attempt["outcome"], "pending", "{attempt:#}");
        assert_eq!(attempt["cause"], Value::Null, "{attempt:#}");
        let kinds: Vec<&Value> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| &finding["kind"])
            .collect();
        assert_eq!(kinds, ["filter_log"]);
    }
}

fn several_rules_log_one_packet_once_each() {
    let mut packets = Vec::new();
    for (at, nth) in [(0, 0), (1000, 1), (3000, 2)] {
        packets.push((at, record(INPUT, b"seen \0", &syn(nth))));
        packets.push((at + 200, record(INPUT, b"IN-DROP \0", &syn(nth))));
    }
    let report = report(NFLOG, &packets);
    let attempt = only_attempt(&report);
    assert_eq!(attempt["syn_count"], 3);
    assert_eq!(report["capture"]["copies"], 0);
    assert_told(attempt, "dropped", "filter_verdict", "likely", "IN-DROP");
    let verdicts = attempt["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.len(), 2);
    assert!(
        verdicts.iter().all(|verdict| verdict["packets"] == 3),
        "{attempt:#}"
    );
}

/// Without identification and timestamps a repetition has the same bytes.
fn repetitions_are_told_from_records_of_another_rule() {
    let same = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), SYN)
    }
    .ip_packet();
    let mut packets = Vec::new();
    for at in [0, 1000, 3000] {
        packets.push((at, record(INPUT, b"seen \0", &same)));
        packets.push((at + 1, record(INPUT, b"IN-DROP \0", &same)));
    }
    let report = report(NFLOG, &packets);
    assert_eq!(only_attempt(&report)["syn_count"], 3);
}

fn a_record_is_testimony_about_the_packet_on_the_wire() {
    let mut packets = Vec::new();
    for (at, nth) in [(0, 0), (1000, 1), (3000, 2), (7000, 3)] {
        packets.push((WIRE, at, syn(nth)));
        packets.push((LOG, at + 900, record(INPUT, b"IN-DROP \0", &syn(nth))));
    }
    let report = wire_and_log(&packets);
    let attempt = only_attempt(&report);
    assert_eq!(attempt["syn_count"], 4);
    assert_eq!(attempt["evidence"].as_array().unwrap().len(), 4);
    assert_eq!(report["capture"]["copies"], 0);
    assert_told(
        attempt,
        "dropped",
        "filter_verdict",
        "likely",
        "from record 2 on",
    );
    assert_eq!(attempt["verdicts"][0]["packet"]["packet"], 1);
    assert_eq!(attempt["verdicts"][0]["record"]["packet"], 2);
    assert!(finding(&report, "service_filtered").is_none());
}

fn a_record_may_stand_before_its_packet() {
    let report = wire_and_log(&[
        (LOG, 50, record(INPUT, b"IN-DROP \0", &syn(0))),
        (WIRE, 0, syn(0)),
        (WIRE, 1000, syn(1)),
        (LOG, 1001, record(INPUT, b"IN-DROP \0", &syn(1))),
        (
            WIRE,
            9000,
            syn_from(([10, 1, 0, 9], 1).into(), ([10, 2, 0, 99], 2).into(), 0),
        ),
    ]);
    let attempt = &report["attempts"][0];
    assert_eq!(attempt["syn_count"], 2, "{attempt:#}");
    assert_eq!(attempt["evidence"][0]["packet"], 2);
    assert_eq!(attempt["started"], attempt["evidence"][0]["time"]);
}

fn what_the_wire_shows_outweighs_a_prefix() {
    let ack = SegmentPlan {
        sequence: 1001,
        acknowledgment: 7001,
        identification: 200,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), 0x10)
    };
    let report = wire_and_log(&[
        (WIRE, 0, syn(0)),
        (WIRE, 1, answer(SYN_ACK).ip_packet()),
        (WIRE, 2, ack.ip_packet()),
        (LOG, 900, record(INPUT, b"IN-DROP \0", &syn(0))),
    ]);
    let attempt = only_attempt(&report);
    assert_eq!(attempt["outcome"], "established", "{attempt:#}");
    assert_eq!(attempt["cause"], Value::Null);
    assert_eq!(attempt["trouble"], serde_json::json!([]));
    assert_eq!(attempt["verdicts"][0]["in_doubt"], true, "{attempt:#}");
}

/// A connect that is established, with its record, and another one that meets silence.
fn established_and_silent(records: &[(u64, &'static [u8], u16)], silent: &'static [u8]) -> Value {
    let other: std::net::SocketAddr = ([10, 1, 0, 8], 40002).into();
    let ack = SegmentPlan {
        sequence: 1001,
        acknowledgment: 7001,
        identification: 200,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), 0x10)
    };
    let mut packets = vec![(WIRE, 0, syn(0))];
    if records.iter().any(|(.., nth)| *nth > 0) {
        packets.push((WIRE, 1000, syn(1)));
    }
    packets.push((WIRE, 1001, answer(SYN_ACK).ip_packet()));
    packets.push((WIRE, 1002, ack.ip_packet()));
    for (at, prefix, nth) in records {
        packets.push((LOG, *at, record(INPUT, prefix, &syn(*nth))));
    }
    for (at, nth) in [(2000, 0), (3000, 1), (5000, 2), (9000, 3)] {
        let syn = syn_from(other, SERVER.into(), 50 + nth);
        packets.push((WIRE, at, syn.clone()));
        packets.push((LOG, at + 5, record(INPUT, silent, &syn)));
    }
    packets.sort_by_key(|(_, at, _)| *at);
    wire_and_log(&packets)
}

/// One connect that is established though its only SYN was logged so takes the word from the rule;
/// a repetition that gets through, or another rule, does not.
fn a_prefix_whose_connects_get_through_is_nobodys_word() {
    let told = |report: &Value| {
        let attempts = report["attempts"].as_array().unwrap();
        let silent = attempts
            .iter()
            .find(|attempt| attempt["outcome"] == "dropped");
        let rules = finding(report, "filter_log").unwrap();
        (
            silent.unwrap()["cause"].clone(),
            rules["evidence"].to_string(),
        )
    };
    let words = "it does not stop what it logs, as connects that met it were established";
    let (cause, evidence) = told(&established_and_silent(
        &[(500, b"IN-DROP \0", 0)],
        b"IN-DROP \0",
    ));
    assert_ne!(cause, "filter_verdict");
    assert!(evidence.contains(words), "{evidence}");
    for records in [
        // Of two SYNs the first one only.
        &[(500, &b"IN-DROP \0"[..], 0), (1500, b"IN-NEW \0", 1)][..],
        // By another rule.
        &[(500, b"OTHER-DROP \0", 0)],
        &[(500, b"IN-NEW \0", 0)],
    ] {
        let (cause, evidence) = told(&established_and_silent(records, b"IN-DROP \0"));
        assert_eq!(cause, "filter_verdict", "{records:?}");
        let is_of_others = records[0].1.starts_with(b"OTHER");
        assert_eq!(evidence.contains(words), is_of_others, "{evidence}");
    }
}

/// The kernel's own time stands in a record that is read later.
fn how_late_records_are_read_is_told() {
    let limits = |lateness: u64| {
        let packets = [0_u64, 1000, 3000, 7000].iter().zip(0..).map(|(at, nth)| {
            let met_at = super::START + at - lateness;
            let time = [
                (met_at / 1000).to_be_bytes(),
                (met_at % 1000 * 1000).to_be_bytes(),
            ];
            let record = record(INPUT, b"IN-DROP \0", &syn(nth));
            let record = [&record[..], &attribute(3, &time.concat())].concat();
            (*at, record)
        });
        let report = report(NFLOG, &packets.collect::<Vec<_>>());
        report["capture"]["limits"].to_string()
    };
    let told = limits(900);
    let words = "records of the filter's log were read up to 900 ms after the kernel met";
    assert!(told.contains(words), "{told}");
    for unsaid in [0, 20, 3_600_000] {
        assert!(!limits(unsaid).contains("were read up to"), "{unsaid}");
    }
}

fn data_that_is_logged_again_is_no_retransmission() {
    let data = SegmentPlan {
        sequence: 1001,
        acknowledgment: 7001,
        identification: 200,
        payload_length: 40,
        ..SegmentPlan::new(CLIENT.into(), SERVER.into(), PUSH)
    }
    .ip_packet();
    let mut packets = vec![
        (WIRE, 0, syn(0)),
        (WIRE, 1, answer(SYN_ACK).ip_packet()),
        (WIRE, 2, data.clone()),
    ];
    for (nth, prefix) in [&b"one \0"[..], b"two \0", b"three \0", b"four \0"]
        .iter()
        .enumerate()
    {
        let at = 900 + u64::try_from(nth).unwrap();
        packets.push((LOG, at, record(INPUT, prefix, &data)));
    }
    packets.push((
        WIRE,
        9000,
        syn_from(([10, 1, 0, 9], 1).into(), ([10, 2, 0, 99], 2).into(), 0),
    ));
    let report = wire_and_log(&packets);
    let attempt = &report["attempts"][0];
    assert_eq!(attempt["outcome"], "established", "{attempt:#}");
    assert_eq!(attempt["trouble"], serde_json::json!([]), "{attempt:#}");
}

fn a_reset_logged_on_output_is_the_host_s_own() {
    let report = wire_and_log(&[
        (WIRE, 0, syn(0)),
        (WIRE, 1, answer(RST_ACK).ip_packet()),
        (
            LOG,
            600,
            record(OUTPUT, b"out \0", &answer(RST_ACK).ip_packet()),
        ),
    ]);
    let attempt = only_attempt(&report);
    assert_eq!(attempt["outcome"], "refused", "{attempt:#}");
    assert_ne!(attempt["cause"], "middlebox_reset");
    let notes = attempt["notes"].to_string();
    assert!(notes.contains("the host that logged it sent it"), "{notes}");
}

fn an_answer_that_was_dropped_never_arrived() {
    let reset = answer(RST_ACK).ip_packet();
    let report = report(
        NFLOG,
        &[
            (0, record(INPUT, b"in \0", &syn(0))),
            (1, record(OUTPUT, b"OUT-DROP \0", &reset)),
        ],
    );
    let attempt = only_attempt(&report);
    assert_told(attempt, "dropped", "filter_verdict", "likely", "OUT-DROP");
}

fn malformed_records_are_counted_and_read_all_the_same() {
    let cut_mark = [
        vec![2, 0, 0, 6],
        attribute(1, &[8, 0, INPUT, 0]),
        attribute(2, &[1, 2]),
        attribute(10, b"IN-DROP \0"),
        attribute(9, &syn(0)),
    ]
    .concat();
    let mut too_long = [
        vec![2, 0, 0, 6],
        attribute(9, &syn(0)),
        attribute(10, b"IN-DROP \0"),
    ]
    .concat();
    too_long.truncate(too_long.len() - 8);
    for (bytes, fault) in [
        (record(INPUT, b"IN-DROP", &syn(0)), "log_text_without_end"),
        (record(9, b"IN-DROP \0", &syn(0)), "log_value_unknown"),
        (cut_mark, "log_field_cut_short"),
        (too_long, "log_header_length"),
    ] {
        let report = report(NFLOG, &[(0, bytes)]);
        assert_eq!(only_attempt(&report)["server"], "10.2.0.20:3306", "{fault}");
        assert_eq!(report["capture"]["doubtful_records"][fault], 1, "{fault}");
    }
}
