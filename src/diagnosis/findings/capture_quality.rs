//! What this capture cannot show.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Collected, Finding, FindingEvidence, FindingKind, Statement, matching, over};
use crate::diagnosis::cause::Confidence;
use crate::handshake::{FilteredOut, Outcome};

/// The findings about the capture itself.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    [
        one_sided_capture(collected),
        capture_filtered(collected),
        capture_lost_packets(collected),
        capture_started_late(collected),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Hosts were reached of which not one packet was captured.
fn one_sided_capture(collected: Collected<'_>) -> Option<Finding> {
    let mut unseen = collected.comparison.reached_unseen();
    // Of a host's loopback both directions are captured: answers that are not there were
    // translated.
    unseen.retain(|host| !host.is_loopback());
    let first = unseen.first()?;
    let statement = Statement::OneSidedCapture {
        host: *first,
        others: unseen.len() - 1,
    };
    Some(over(
        FindingKind::OneSidedCapture,
        Confidence::Certain,
        None,
        &[],
        statement,
    ))
}

/// A filter hid evidence: every TCP segment has SYN, FIN or RST, and then ICMP is missing as well;
/// there is nothing but SYNs, or nothing but these and their answers; or the capture names its
/// filter.
fn capture_filtered(collected: Collected<'_>) -> Option<Finding> {
    let quality = collected.quality;
    if let Some(confidence) = beginnings_alone(quality.left_out) {
        let statement = Statement::FilteredOut(quality.left_out);
        let kind = FindingKind::CaptureFiltered;
        return Some(over(kind, confidence, None, &[], statement));
    }
    let statement = match &quality.hiding_filter {
        None if quality.leaves_out_third_step => Statement::ThirdStepLeftOut,
        _ if quality.hides_third_step => Statement::OnlyControlSegments,
        Some(filter) => Statement::FilterHidesIcmpErrors {
            filter: filter.clone(),
        },
        None => return None,
    };
    let confidence = if quality.hides_third_step && !quality.leaves_out_third_step {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    Some(over(
        FindingKind::CaptureFiltered,
        confidence,
        None,
        &[],
        statement,
    ))
}

/// Clients whose programs wait for less than a second send one SYN as well: of SYNs alone it is not
/// sure that they were filtered.
fn beginnings_alone(left_out: FilteredOut) -> Option<Confidence> {
    match left_out {
        FilteredOut::AllButSyns => Some(Confidence::Possible),
        FilteredOut::AllButBeginnings | FilteredOut::AllButSynsAndSynAcks => {
            Some(Confidence::Likely)
        }
        FilteredOut::Nothing | FilteredOut::Answers | FilteredOut::Syns => None,
    }
}

/// The capturing host says that it lost packets.
fn capture_lost_packets(collected: Collected<'_>) -> Option<Finding> {
    let lost = collected.quality.lost_packets;
    let statement = Statement::LostPackets { packets: lost };
    (lost > 0).then(|| {
        over(
            FindingKind::CaptureLostPackets,
            Confidence::Certain,
            None,
            &[],
            statement,
        )
    })
}

/// SYN-ACKs whose SYNs came before the capture, or were never captured.
fn capture_started_late(collected: Collected<'_>) -> Option<Finding> {
    let moments = matching(collected, |moment| {
        moment.outcome == Outcome::Partial && moment.was_accepted()
    });
    let first = moments.first()?;
    let last = moments.last()?;
    // What was under way when a capture started is over soon.
    let are_spread = last.started.since(first.started) >= UNDER_WAY_AT_MOST;
    let left_out = collected.quality.left_out;
    let (kind, statement) = if left_out == FilteredOut::Syns && are_spread {
        (
            FindingKind::OneSidedCapture,
            Statement::FilteredOut(left_out),
        )
    } else {
        (FindingKind::CaptureStartedLate, Statement::StartedLate)
    };
    Some(over(kind, Confidence::Likely, None, &moments, statement))
}

/// A SYN-ACK that comes later than this after the first one answers a SYN of its own.
const UNDER_WAY_AT_MOST: Duration = Duration::from_secs(3);

/// Fewer packets may all be TCP by chance.
const FEWEST_OF_ONLY_TCP: u64 = 8;

/// What silence may hide in a capture that holds nothing but TCP, where no filter is named: people
/// capture `port 443`, and then no ICMP error is in it.
pub(super) fn only_tcp(collected: Collected<'_>, finding: &Finding) -> Option<FindingEvidence> {
    let is_of_silence = matches!(
        finding.kind,
        FindingKind::HostSilent | FindingKind::ServiceFiltered
    ) && finding
        .members
        .iter()
        .all(|moment| moment.outcome == Outcome::Dropped);
    let quality = collected.quality;
    let is_named = quality.may_miss_icmp_errors();
    let services = collected.comparison.services();
    let syns: u64 = finding
        .members
        .iter()
        .map(|moment| u64::from(moment.syn_count))
        .sum();
    if !is_of_silence || !quality.holds_only_tcp || is_named || syns < FEWEST_OF_ONLY_TCP {
        return None;
    }
    let ports: BTreeSet<u16> = services.iter().map(|(server, _)| server.port).collect();
    let port = ports.first().copied().filter(|_| ports.len() == 1);
    Some(FindingEvidence::OnlyTcpCaptured { port })
}
