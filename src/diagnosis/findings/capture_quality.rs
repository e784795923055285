//! What this capture cannot show.

use super::{Collected, Finding, FindingKind, Statement, matching, over};
use crate::diagnosis::cause::Confidence;
use crate::handshake::Outcome;

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
    let unseen = collected.comparison.reached_unseen();
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
/// or the capture names its filter.
fn capture_filtered(collected: Collected<'_>) -> Option<Finding> {
    let quality = collected.quality;
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

/// SYN-ACKs whose SYNs came before the capture.
fn capture_started_late(collected: Collected<'_>) -> Option<Finding> {
    let moments = matching(collected, |moment| {
        moment.outcome == Outcome::Partial && moment.was_accepted()
    });
    (!moments.is_empty()).then(|| {
        over(
            FindingKind::CaptureStartedLate,
            Confidence::Likely,
            None,
            &moments,
            Statement::StartedLate,
        )
    })
}
