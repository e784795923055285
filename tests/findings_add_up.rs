//! One story, one finding: whatever was captured, an attempt that failed, or is in trouble, stands
//! in one finding at most, and the counts of findings, servers and outcomes agree.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use tcpwhy::diagnosis::{Diagnosis, Finding, FindingKind, Statement};
use tcpwhy::handshake::{AttemptId, DecidedAttempt};

use crate::scenarios::scenario_files;
use crate::shards::generator::{Format, Kind, Request, generate};
use crate::support::frames::{SegmentPlan, icmp_error, unrelated};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::scenario::parse;
use crate::support::{all_samples, report_on};

pub(crate) const TESTS: &[Test] =
    tests![of_samples, of_scenarios, of_large_loads, of_random_stories,];

fn is_a_failure(decided: &DecidedAttempt) -> bool {
    let judgement = decided.judgement;
    judgement.outcome.is_failure() || !judgement.troubles.is_empty()
}

/// Whether its attempts are no failures of a service.
fn is_folded(finding: &Finding) -> bool {
    matches!(
        finding.kind,
        FindingKind::PortScan
            | FindingKind::SynFlood
            | FindingKind::Backscatter
            | FindingKind::Traceroute
            | FindingKind::HealthChecks
    )
}

/// Whether it counts connections that are no attempts.
fn is_of_connections(finding: &Finding) -> bool {
    matches!(
        finding.kind,
        FindingKind::ResetsMidway | FindingKind::PathMtu
    ) || matches!(finding.statement, Statement::StuckMidway(_))
}

/// What does not add up.
fn complaints(diagnosis: &Diagnosis) -> Vec<String> {
    let mut complaints = Vec::new();
    let failures = diagnosis.attempts.iter().map(|one| &one.decided);
    let failures: BTreeSet<AttemptId> = failures
        .filter(|decided| is_a_failure(decided))
        .map(|decided| decided.attempt.id)
        .collect();
    let mut told_by: BTreeMap<AttemptId, &str> = BTreeMap::new();
    for finding in &diagnosis.findings {
        let name = finding.kind.name();
        for id in finding.attempts_told() {
            let other = told_by.insert(*id, name);
            if let (Some(other), true) = (other, failures.contains(id)) {
                complaints.push(format!("attempt {id} is in {other} and in {name}"));
            }
        }
        let told = finding.attempts_told().len() as u64;
        if !finding.is_of_sample && !is_of_connections(finding) && finding.attempts != told {
            complaints.push(format!("{name} of {} counts {told}", finding.attempts));
        }
        if finding.clients as u64 > finding.attempts {
            complaints.push(format!("{name} has more clients than attempts"));
        }
    }
    complaints.extend(wrong_sums(diagnosis, failures.len() as u64));
    complaints
}

fn wrong_sums(diagnosis: &Diagnosis, failures: u64) -> Vec<String> {
    let mut complaints = Vec::new();
    let outcomes = &diagnosis.outcomes;
    let is_all_listed = diagnosis.attempts_omitted == 0;
    let counted = outcomes.failed() + diagnosis.troubles.attempts();
    if is_all_listed && counted != failures {
        complaints.push(format!("{counted} failures counted, {failures} listed"));
    }
    let is_limited = !diagnosis.limits.is_empty();
    for (outcome, count) in outcomes.iter() {
        let of_servers = diagnosis
            .endpoints
            .iter()
            .map(|server| server.outcomes.of(outcome));
        let folded = diagnosis
            .endpoints
            .iter()
            .map(|server| server.folded.of(outcome));
        let of_servers: u64 = of_servers.chain(folded).sum();
        if of_servers != count && !is_limited {
            complaints.push(format!("{count} {outcome:?}, {of_servers} by server"));
        }
    }
    let folded = diagnosis
        .endpoints
        .iter()
        .map(|server| server.folded.total());
    let folded: u64 = folded.sum();
    let findings = diagnosis
        .findings
        .iter()
        .filter(|finding| is_folded(finding));
    let told: u64 = findings.map(|finding| finding.attempts).sum();
    if folded != told && !is_limited {
        complaints.push(format!(
            "{folded} of scans and floods at servers, {told} in findings"
        ));
    }
    complaints
}

fn complaints_about(capture: &Path, patience: Duration) -> Vec<String> {
    complaints(&report_on(&[capture.to_path_buf()], patience).diagnosis)
}

const PATIENCE: Duration = Duration::from_secs(3);

fn of_samples() {
    let samples = all_samples();
    assert!(samples.len() > 40, "only {} samples", samples.len());
    for sample in samples {
        let complaints = complaints_about(&sample, PATIENCE);
        assert!(
            complaints.is_empty(),
            "{}: {complaints:#?}",
            sample.display()
        );
    }
}

fn of_scenarios() {
    let files = scenario_files();
    assert!(files.len() > 100, "only {} scenarios", files.len());
    let mut all = Vec::new();
    for file in files {
        let scenario = parse(&std::fs::read_to_string(&file).unwrap());
        let capture = tempfile::NamedTempFile::new().unwrap();
        let bytes = pcap_file(scenario.link_type, &scenario.packets);
        std::fs::write(capture.path(), bytes).unwrap();
        let found = complaints_about(capture.path(), scenario.patience);
        all.extend(found.iter().map(|one| format!("{}: {one}", file.display())));
    }
    assert!(all.is_empty(), "{all:#?}");
}

/// With more failures than are remembered each: they are counted by class then.
fn of_large_loads() {
    for kind in [
        Kind::Failing,
        Kind::Flood,
        Kind::ManyServers,
        Kind::ReusedTuple,
    ] {
        let file = tempfile::NamedTempFile::new().unwrap();
        let request = Request {
            kind,
            format: Format::Pcap,
            bytes: 2_000_000,
            seed: 11,
        };
        generate(request, file.as_file()).unwrap();
        let complaints = complaints_about(file.path(), PATIENCE);
        assert!(complaints.is_empty(), "{kind:?}: {complaints:#?}");
    }
}

/// One way in which connects end.
#[derive(Clone, Copy, Debug)]
enum Ending {
    Refused,
    Silent,
    SilentOnce,
    Rejected,
    HalfOpen,
    Scanned,
    Checked,
    Served,
    Slow,
    HungUp,
    Reset,
}

const ENDINGS: [Ending; 11] = [
    Ending::Refused,
    Ending::Silent,
    Ending::SilentOnce,
    Ending::Rejected,
    Ending::HalfOpen,
    Ending::Scanned,
    Ending::Checked,
    Ending::Served,
    Ending::Slow,
    Ending::HungUp,
    Ending::Reset,
];

/// Connects that end alike, one after the other.
#[derive(Clone, Debug)]
struct Act {
    ending: Ending,
    clients: u8,
    hosts: u8,
    ports: u8,
    connects: u8,
    starts_at: u64,
    milliseconds_apart: u64,
}

fn act() -> impl Strategy<Value = Act> {
    let ends = (0_usize..ENDINGS.len(), 1_u8..24, 1_u8..5, 1_u8..24);
    let times = (
        1_u8..70,
        0_u64..8000,
        prop_oneof![Just(3_u64), Just(100), Just(1000)],
    );
    (ends, times).prop_map(
        |((ending, clients, hosts, ports), (connects, starts_at, milliseconds_apart))| Act {
            ending: ENDINGS[ending],
            clients,
            hosts,
            ports,
            connects,
            starts_at,
            milliseconds_apart,
        },
    )
}

fn packets_of(number: usize, act: &Act) -> Vec<CapturedPacket> {
    let mut packets = Vec::new();
    for connect in 0..act.connects {
        let port = 40_000 + 100 * u16::try_from(number).unwrap() + u16::from(connect);
        let client = SocketAddr::from(([10, 0, 0, 1 + connect % act.clients], port));
        let server_port = 80 + u16::from(connect % act.ports);
        let server = SocketAddr::from(([10, 0, 1, 1 + connect % act.hosts], server_port));
        let at = act.starts_at + u64::from(connect) * act.milliseconds_apart;
        packets.extend(connect_packets(act.ending, at, client, server));
    }
    packets
}

fn connect_packets(
    ending: Ending,
    at: u64,
    client: SocketAddr,
    server: SocketAddr,
) -> Vec<CapturedPacket> {
    let up = |flags, sequence, acknowledgment, payload_length| SegmentPlan {
        sequence,
        acknowledgment,
        payload_length,
        ..SegmentPlan::new(client, server, flags)
    };
    let down = |flags, sequence, acknowledgment, payload_length| SegmentPlan {
        sequence,
        acknowledgment,
        payload_length,
        ..SegmentPlan::new(server, client, flags)
    };
    let syn = || up(0x02, 1000, 0, 0).frame();
    let syn_ack = || down(0x12, 9000, 1001, 0).frame();
    let ack = || up(0x10, 1001, 9001, 0).frame();
    let frames: Vec<(u64, Vec<u8>)> = match ending {
        Ending::Refused => vec![(0, syn()), (1, down(0x14, 0, 1001, 0).frame())],
        Ending::Silent => vec![(0, syn()), (1000, syn())],
        Ending::SilentOnce => vec![(0, syn())],
        Ending::Rejected => {
            let quote = up(0x02, 1000, 0, 0).ip_packet();
            let error = icmp_error([10, 0, 0, 254].into(), client.ip(), (3, 13), 64, &quote);
            vec![(0, syn()), (1, error)]
        }
        Ending::HalfOpen => vec![(0, syn()), (1, syn_ack()), (1001, syn_ack())],
        Ending::Scanned => vec![
            (0, syn()),
            (1, syn_ack()),
            (2, up(0x04, 1001, 0, 0).frame()),
        ],
        Ending::Checked => vec![
            (0, syn()),
            (1, syn_ack()),
            (2, ack()),
            (2, up(0x14, 1001, 9001, 0).frame()),
        ],
        Ending::Served => vec![
            (0, syn()),
            (1, syn_ack()),
            (2, ack()),
            (3, up(0x18, 1001, 9001, 9).frame()),
            (4, down(0x18, 9001, 1010, 9).frame()),
        ],
        Ending::Slow => vec![(0, syn()), (1000, syn()), (1001, syn_ack()), (1002, ack())],
        Ending::HungUp => vec![
            (0, syn()),
            (1, syn_ack()),
            (2, ack()),
            (3, down(0x11, 9001, 1001, 0).frame()),
        ],
        Ending::Reset => vec![
            (0, syn()),
            (1, syn_ack()),
            (2, ack()),
            (3, down(0x14, 9001, 1001, 0).frame()),
        ],
    };
    frames
        .into_iter()
        .map(|(after, bytes)| CapturedPacket {
            nanoseconds: (at + after) * 1_000_000,
            wire_length: bytes.len(),
            bytes,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    fn of_random_stories(acts in vec(act(), 1..6)) {
        let mut packets: Vec<CapturedPacket> = acts
            .iter()
            .enumerate()
            .flat_map(|(number, act)| packets_of(number, act))
            .collect();
        packets.sort_by_key(|packet| packet.nanoseconds);
        let last = packets.last().map_or(0, |packet| packet.nanoseconds);
        let bytes = unrelated();
        packets.push(CapturedPacket {
            nanoseconds: last + 10_000_000_000,
            wire_length: bytes.len(),
            bytes,
        });
        let capture = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(capture.path(), pcap_file(1, &packets)).unwrap();
        let complaints = complaints_about(capture.path(), PATIENCE);
        prop_assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
