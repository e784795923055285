//! More attempts than are followed to the end of a capture.

use std::net::SocketAddr;
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use tcpwhy::capture::{LinkType, Packet, PacketNumber, PacketPlace, SourceId, Timestamp};
use tcpwhy::decode::{Observation, decode};
use tcpwhy::diagnosis::{CaptureQuality, Diagnosis, Diagnostician, Selection};
use tcpwhy::handshake::{Decisions, Tracker, TrackerSettings};

use crate::support::frames::{SegmentPlan, icmp_error};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    a_patient_client_is_followed_among_very_many_that_gave_up,
    of_more_attempts_than_are_followed_the_oldest_are_judged_early_and_counted,
    at_least_one_attempt_is_followed,
    what_is_only_counted_counts_as_the_attempt_that_it_is,
];

const SERVER: ([u8; 4], u16) = ([10, 0, 1, 20], 443);

fn packet(at_microseconds: u64, plan: &SegmentPlan) -> CapturedPacket {
    let bytes = plan.frame();
    CapturedPacket {
        nanoseconds: at_microseconds * 1000,
        wire_length: bytes.len(),
        bytes,
    }
}

fn stranger(number: u32) -> SocketAddr {
    let [_, high, middle, low] = number.to_be_bytes();
    SocketAddr::from(([198, high, middle, low], 40000))
}

fn syn(at_microseconds: u64, client: SocketAddr) -> CapturedPacket {
    let plan = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, SERVER.into(), 0x02)
    };
    packet(at_microseconds, &plan)
}

/// A client whose pauses double, among eighty thousand connects that fail: it stays one attempt,
/// and its answer after a minute is still its answer.
fn a_patient_client_is_followed_among_very_many_that_gave_up() {
    let patient = SocketAddr::from(([10, 0, 0, 7], 50000));
    let mut packets: Vec<CapturedPacket> = [0_u64, 1, 3, 7, 15, 31]
        .map(|seconds| syn(seconds * 1_000_000, patient))
        .into();
    packets
        .extend((0..80_000_u32).map(|number| syn(u64::from(number) * 750 + 1, stranger(number))));
    packets.push(syn(63_000_000, patient));
    let answer = SegmentPlan {
        sequence: 7000,
        acknowledgment: 1001,
        ..SegmentPlan::new(SERVER.into(), patient, 0x12)
    };
    packets.push(packet(63_001_000, &answer));
    let proof = SegmentPlan {
        sequence: 1001,
        acknowledgment: 7001,
        ..SegmentPlan::new(patient, SERVER.into(), 0x10)
    };
    packets.push(packet(63_001_100, &proof));
    packets.sort_by_key(|packet| packet.nanoseconds);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap_file(1, &packets)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["read", "-F", "json", "--outcome", "established"])
        .arg(&path)
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let summary = &report["summary"];
    assert_eq!(summary["attempts"], 80_001);
    assert_eq!(summary["established"], 1);
    assert_eq!(report["capture"]["attempts_set_aside"], 0);
    let of_patient = |attempt: &&Value| attempt["client"] == patient.to_string();
    let attempts = report["attempts"].as_array().unwrap();
    let followed: Vec<&Value> = attempts.iter().filter(of_patient).collect();
    assert_eq!(followed.len(), 1);
    assert_eq!(followed[0]["syn_count"], 7);
}

/// Five clients, a second apart, of which the first two repeat their SYN in vain and the last three
/// are answered; two are followed at once.
fn of_more_attempts_than_are_followed_the_oldest_are_judged_early_and_counted() {
    let clients: Vec<SocketAddr> = (0..5).map(stranger).collect();
    let mut packets: Vec<CapturedPacket> = (0..)
        .zip(&clients)
        .map(|(second, client)| syn(second * 1_000_000, *client))
        .collect();
    for (second, client) in (0..).zip(&clients).take(2) {
        packets.push(syn(second * 1_000_000 + 300_000, *client));
    }
    for (second, client) in (0..).zip(&clients).skip(2) {
        let refusal = SegmentPlan {
            acknowledgment: 1001,
            ..SegmentPlan::new(SERVER.into(), *client, 0x14)
        };
        packets.push(packet(second * 1_000_000 + 300, &refusal));
    }
    packets.push(syn(9_000_000, clients[4]));
    packets.sort_by_key(|packet| packet.nanoseconds);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, pcap_file(1, &packets)).unwrap();
    let read = |options: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
            .arg("read")
            .args(options)
            .arg(&path)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let summary = |options: &[&str]| -> Value {
        let report: Value = serde_json::from_str(&read(options)).unwrap();
        serde_json::json!([
            report["summary"]["attempts"],
            report["summary"]["refused"],
            report["summary"]["dropped"],
            report["summary"]["pending"],
            report["capture"]["attempts_set_aside"],
        ])
    };
    // Attempts, refused, dropped, pending, given up.
    assert_eq!(summary(&["-F", "json"]), serde_json::json!([5, 3, 2, 0, 0]));
    assert_eq!(
        summary(&["-F", "json", "--max-flows", "2"]),
        serde_json::json!([5, 3, 0, 2, 2]),
        "silent for 2 s only when they were given up"
    );
    let text = read(&["--max-flows", "2"]);
    assert!(
        text.contains("2 connects given up undecided: too many at once"),
        "{text}"
    );
}

fn at_least_one_attempt_is_followed() {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["read", "--max-flows", "0", "samples/closed-port.pcap"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("at least 1 must be followed"), "{said}");
}

/// A connect: when in milliseconds, of which client, to which server and port, and what comes of
/// it. A few of each, so that all meet.
type Attack = (u32, u16, u8, u8, Fate);

#[derive(Clone, Copy, Debug)]
enum Fate {
    Silence,
    /// And the SYN so many times more.
    Insistence(u32),
    Refusal,
    Rejection,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        4 => Just(Fate::Silence),
        2 => (1_u32..6).prop_map(Fate::Insistence),
        2 => Just(Fate::Refusal),
        1 => Just(Fate::Rejection),
    ]
}

const ROUTER: [u8; 4] = [10, 0, 0, 1];

/// The packets of a connect, each with when it was captured in microseconds.
fn packets_of((milliseconds, client, server, port, fate): Attack, isn: u32) -> Vec<(u64, Vec<u8>)> {
    let [high, low] = client.to_be_bytes();
    let client = SocketAddr::from(([198, 51, high, low], 40_000));
    let server = SocketAddr::from(([10, 0, 1, server], 440 + u16::from(port)));
    let plan = SegmentPlan {
        sequence: isn,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let start = u64::from(milliseconds) * 1000;
    let mut packets = vec![(start, plan.frame())];
    match fate {
        Fate::Silence => {}
        Fate::Insistence(times) => packets
            .extend((1..=times).map(|time| (start + ((1 << time) - 1) * 1_000_000, plan.frame()))),
        Fate::Refusal => {
            let refusal = SegmentPlan {
                acknowledgment: isn + 1,
                ..SegmentPlan::new(server, client, 0x14)
            };
            packets.push((start + 300, refusal.frame()));
        }
        Fate::Rejection => {
            let rejection = icmp_error(ROUTER.into(), client.ip(), (3, 1), 63, &plan.ip_packet());
            packets.push((start + 200, rejection));
        }
    }
    packets
}

/// What is seen of all of them, in order of time.
fn observed(attacks: &[Attack]) -> Vec<(Observation, PacketPlace)> {
    let packets = (1..)
        .zip(attacks)
        .map(|(isn, attack)| packets_of(*attack, isn));
    let mut packets: Vec<(u64, Vec<u8>)> = packets.flatten().collect();
    packets.sort_by_key(|(microseconds, _)| *microseconds);
    let observe = |(number, (microseconds, bytes)): (u64, (u64, Vec<u8>))| {
        let place = PacketPlace {
            at: Timestamp::from_nanoseconds(i64::try_from(microseconds * 1000).unwrap()),
            source: SourceId(0),
            number: PacketNumber(number),
        };
        let packet = Packet {
            place,
            link_type: Some(LinkType::ETHERNET),
            wire_length: u32::try_from(bytes.len()).unwrap(),
            captured_on: tcpwhy::capture::CapturedOn::default(),
            options: None,
            bytes: &bytes,
        };
        (decode(&packet), place)
    };
    (1..).zip(packets).map(observe).collect()
}

/// What a report is made of. Whether SYNs were added as such or as whole attempts must not show.
fn said(diagnosis: &Diagnosis) -> String {
    let endpoints = diagnosis.endpoints.iter().map(|endpoint| {
        let counts = (endpoint.outcomes, endpoint.folded, endpoint.clients());
        let failures = (endpoint.first_failure, endpoint.last_failure);
        let more = (endpoint.vantage, &endpoint.over_time, &endpoint.example);
        format!("{} {counts:?} {failures:?} {more:?}", endpoint.server)
    });
    format!(
        "{:?} {:?} {:?} {:?} {:?} {} {}",
        diagnosis.outcomes,
        diagnosis.over_time.counts(diagnosis.over_time.width()),
        endpoints.collect::<Vec<_>>(),
        diagnosis.findings,
        diagnosis.attempts,
        diagnosis.attempts_omitted,
        diagnosis.highest_id,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Floods and scans around the numbers from which on attempts are only counted.
    fn what_is_only_counted_counts_as_the_attempt_that_it_is(
        mut attacks in proptest::collection::vec((0_u32..40_000, any::<u16>(), 0_u8..2, 0_u8..24, fate()), 4000..14_000),
        is_flood: bool,
        open_attempts in 100_usize..2000,
    ) {
        attacks.sort_by_key(|attack| attack.0);
        if is_flood {
            for attack in &mut attacks {
                attack.3 = 0;
            }
        }
        let mut tracker = Tracker::new(TrackerSettings { open_attempts, ..TrackerSettings::default() });
        let settings = || Diagnostician::new(Selection::default(), Some(20));
        let (mut counted, mut whole) = (settings(), settings());
        let packets = observed(&attacks);
        let (mut lone, mut briefs) = (0, 0);
        let mut both = |decisions: &mut Decisions| {
            let in_brief = decisions.count_in_brief();
            (lone, briefs) = (lone + in_brief.0, briefs + in_brief.1);
            let mut again = decisions.clone();
            decisions.drain(|decided| whole.add(decided));
            counted.add_all(&mut again);
        };
        let mut decisions = Decisions::default();
        for packets in packets.chunks(100) {
            tracker.observe_all(packets);
            tracker.swap_decided(&mut decisions);
            both(&mut decisions);
        }
        tracker.finish(&mut both);
        prop_assert!(lone > 1000 && briefs > 1000, "{lone} {briefs}");
        let quality = CaptureQuality::default();
        prop_assert_eq!(said(&counted.finish(&quality)), said(&whole.finish(&quality)));
    }
}
