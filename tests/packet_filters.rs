//! The filters that a report names do what they promise: tshark shows the attempt's packets with
//! one, libpcap captures such an attempt with the other.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[cfg(feature = "live")]
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
#[cfg(feature = "live")]
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::{in_package, json_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    display_filters_show_the_packets_of_the_attempt_and_of_no_other needs "tshark",
    display_filters_of_findings_show_what_proves_them needs "tshark",
    both_versions_of_ip_are_named_as_wireshark_and_libpcap_name_them,
    #[cfg(feature = "live")]
    the_capture_filter_of_a_finding_looks_behind_as_many_tags_as_there_were,
    #[cfg(feature = "live")]
    capture_filters_compile_and_catch_the_failure,
];

/// The numbers of the frames that tshark shows.
fn shown_by_tshark(path: &Path, filter: &str) -> BTreeSet<u64> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(path)
        .args(["-Y", filter, "-T", "fields", "-e", "frame.number"])
        .output()
        .expect("tshark, of Debian's package of that name");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{filter}: {said}");
    let numbers = String::from_utf8(output.stdout).unwrap();
    numbers.lines().map(|line| line.parse().unwrap()).collect()
}

fn frames(attempt: &Value) -> BTreeSet<u64> {
    let evidence = attempt["evidence"].as_array().unwrap().iter();
    evidence
        .map(|packet| packet["packet"].as_u64().unwrap())
        .collect()
}

fn attempts(report: &Value) -> &[Value] {
    report["attempts"].as_array().unwrap()
}

/// The first attempt of each outcome but the ordinary one.
fn examples(report: &Value) -> Vec<&Value> {
    let mut seen = BTreeSet::new();
    attempts(report)
        .iter()
        .filter(|attempt| attempt["outcome"] != "established")
        .filter(|attempt| seen.insert(attempt["outcome"].as_str().unwrap()))
        .collect()
}

fn display_filters_show_the_packets_of_the_attempt_and_of_no_other() {
    let mut count = 0;
    for path in samples() {
        let report = json_on(std::slice::from_ref(&path));
        for attempt in examples(&report) {
            let filter = attempt["display_filter"].as_str().unwrap();
            let shown = shown_by_tshark(&path, filter);
            let name = path.display();
            let missing: Vec<u64> = frames(attempt).difference(&shown).copied().collect();
            assert!(missing.is_empty(), "{name}: {filter} hides {missing:?}");
            let ends = |attempt: &Value| (attempt["client"].clone(), attempt["server"].clone());
            for other in attempts(&report) {
                if ends(other) != ends(attempt) {
                    let both: Vec<u64> = frames(other).intersection(&shown).copied().collect();
                    assert!(
                        both.is_empty(),
                        "{name}: {filter} shows {both:?} of {other}"
                    );
                }
            }
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
}

fn display_filters_of_findings_show_what_proves_them() {
    let mut count = 0;
    for path in samples() {
        let report = json_on(std::slice::from_ref(&path));
        for finding in report["findings"].as_array().unwrap() {
            let Some(filter) = finding["display_filter"].as_str() else {
                assert_eq!(finding["server"], Value::Null);
                continue;
            };
            assert!(filter.len() < 200, "{filter}");
            let shown = shown_by_tshark(&path, filter);
            let of_server = attempts(&report).iter().filter(|attempt| {
                attempt["server"] == finding["server"] && attempt["outcome"] != "established"
            });
            for attempt in of_server {
                let first = frames(attempt).first().copied().unwrap();
                assert!(
                    shown.contains(&first),
                    "{}: {filter} hides {first}",
                    path.display()
                );
            }
            count += 1;
        }
    }
    assert!(count >= 20, "{count}");
}

fn both_versions_of_ip_are_named_as_wireshark_and_libpcap_name_them() {
    let report = json_on(&[in_package("samples/reset-by-server-firewall-ipv6.pcap")]);
    let refused = examples(&report)[0];
    assert_eq!(
        refused["capture_filter"],
        "(host 2001:db8::7 and host 2001:db8:0:1::20 and tcp port 5432) or (icmp6 and (ip6[40] < 128 or ip6[40] = 135 or ip6[40] = 136))"
    );
    let filter = refused["display_filter"].as_str().unwrap();
    assert!(
        filter.starts_with("ipv6.addr==2001:db8::7 && ipv6.addr==2001:db8:0:1::20 && tcp.port=="),
        "{filter}"
    );
    let wrapped = json_on(&[in_package("samples/vxlan.pcap")]);
    assert_eq!(examples(&wrapped)[0]["capture_filter"], Value::Null);
    let finding = &wrapped["findings"][0];
    assert_eq!(finding["kind"], "never_listening");
    assert_eq!(finding["capture_filter"], Value::Null);
    assert!(finding["display_filter"].is_string());
}

/// The report on what libpcap lets through.
#[cfg(feature = "live")]
fn read_again(path: &Path, filter: &str) -> Value {
    let path = path.to_str().unwrap();
    let arguments = ["read", "-q", "-F", "json", "--filter", filter, path];
    let ran = crate::support::command::run(&arguments);
    serde_json::from_str(&ran.stdout).expect(&ran.stderr)
}

/// The failures of the finding's server that are not there when it was captured again.
#[cfg(feature = "live")]
fn missing(report: &Value, finding: &Value, again: &Value) -> Vec<String> {
    let of_server = |report: &Value| -> Vec<String> {
        let failed = attempts(report).iter().filter(|attempt| {
            attempt["server"] == finding["server"]
                && attempt["path"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|layer| layer.as_str().unwrap().starts_with("vlan"))
                && !["established", "pending", "partial"]
                    .contains(&attempt["outcome"].as_str().unwrap())
        });
        failed
            .map(|attempt| {
                format!(
                    "{} {} {}",
                    attempt["client"], attempt["isn"], attempt["outcome"]
                )
            })
            .collect()
    };
    let seen = of_server(again);
    let mut all = of_server(report);
    all.retain(|attempt| !seen.contains(attempt));
    all
}

/// A refused connect, behind these VLAN tags.
#[cfg(feature = "live")]
fn refused_behind(tags: &[u16], client: [u8; 4], at_milliseconds: u64) -> [CapturedPacket; 2] {
    let client = std::net::SocketAddr::from((client, 40_000));
    let server = std::net::SocketAddr::from(([10, 0, 1, 20], 5432));
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let reset = SegmentPlan {
        acknowledgment: 1001,
        window: 0,
        ..SegmentPlan::new(server, client, 0x14)
    };
    [(syn, 0), (reset, 100_000)].map(|(plan, delay)| {
        let mut bytes = plan.frame();
        for tag in tags.iter().rev() {
            let tag = [&[0x81, 0x00][..], &tag.to_be_bytes()].concat();
            bytes.splice(12..12, tag);
        }
        CapturedPacket {
            nanoseconds: at_milliseconds * 1_000_000 + delay,
            wire_length: bytes.len(),
            bytes,
        }
    })
}

/// A trunk: the same server behind two tags, without any, and behind one.
#[cfg(feature = "live")]
fn the_capture_filter_of_a_finding_looks_behind_as_many_tags_as_there_were() {
    let story = |depths: &[&[u16]]| {
        let packets: Vec<CapturedPacket> = (1_u8..)
            .zip(depths)
            .flat_map(|(client, tags)| {
                refused_behind(tags, [10, 0, 0, client], u64::from(client) * 10)
            })
            .collect();
        let capture = crate::support::command::file(&pcap_file(1, &packets));
        let report = json_on(std::slice::from_ref(&capture.path));
        let finding = report["findings"][0].clone();
        assert_eq!(finding["kind"], "never_listening");
        assert_eq!(finding["attempts"], depths.len());
        let filter = finding["capture_filter"].as_str().unwrap().to_owned();
        let again = read_again(&capture.path, &filter);
        assert_eq!(missing(&report, &finding, &again), [""; 0], "{filter}");
        filter
    };
    assert!(!story(&[&[]]).contains("vlan"));
    assert!(story(&[&[12]]).starts_with("vlan and ("));
    assert!(story(&[&[7, 12]]).starts_with("vlan and (vlan and ("));
    story(&[&[7, 12], &[], &[12]]);
    story(&[&[7, 12], &[]]);
    story(&[&[12], &[13], &[7, 12]]);
}

/// Captured again with its own filter, the attempt ends the same way.
#[cfg(feature = "live")]
fn capture_filters_compile_and_catch_the_failure() {
    let mut count = 0;
    for path in samples() {
        let report = json_on(std::slice::from_ref(&path));
        for finding in report["findings"].as_array().unwrap() {
            if let Some(filter) = finding["capture_filter"].as_str() {
                let again = read_again(&path, filter);
                let missing = missing(&report, finding, &again);
                assert!(
                    missing.is_empty(),
                    "{}: {filter}: {missing:?}",
                    path.display()
                );
            }
        }
        for attempt in examples(&report) {
            let Some(filter) = attempt["capture_filter"].as_str() else {
                continue;
            };
            let again = read_again(&path, filter);
            let found = attempts(&again).iter().find(|other| {
                (&other["client"], &other["isn"]) == (&attempt["client"], &attempt["isn"])
            });
            let outcome = found.map(|found| &found["outcome"]);
            // One attempt alone does not show that its capture holds one direction only.
            if attempt["outcome"] == "pending" && found.is_some() {
                continue;
            }
            assert_eq!(
                outcome,
                Some(&attempt["outcome"]),
                "{}: {filter}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count >= 40, "{count}");
}
