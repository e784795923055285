//! What this capture cannot show.

use super::{Collected, Finding, FindingKind, count, matching, over};
use crate::diagnosis::causes::Confidence;
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
    let others = match unseen.len() {
        1 => String::new(),
        count => format!(" and {} other hosts", count - 1),
    };
    let statement = format!(
        "connects to {first}{others} succeeded although none of their packets was captured: one direction is missing, and silence says nothing"
    );
    Some(over(
        FindingKind::OneSidedCapture,
        Confidence::Certain,
        None,
        &[],
        statement,
    ))
}

/// A filter hid evidence: every TCP segment has SYN, FIN or RST, and then ICMP is missing as well; or the capture names
/// its filter.
fn capture_filtered(collected: Collected<'_>) -> Option<Finding> {
    let quality = collected.quality;
    let statement = match &quality.hiding_filter {
        None if quality.leaves_out_third_step => {
            "segments without payload were left out: the third step of handshakes is inferred"
                .to_owned()
        }
        _ if quality.hides_third_step => {
            "only segments with SYN, FIN or RST were captured: the third step of handshakes is inferred, and ICMP errors would not show".to_owned()
        }
        Some(filter) => format!(
            "the capture's filter '{}' lets no ICMP error pass: a rejection would look like silence",
            shortened(filter)
        ),
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

/// The start of what may be a long text.
fn shortened(filter: &str) -> String {
    const LONGEST: usize = 80;
    if filter.chars().count() <= LONGEST {
        return filter.to_owned();
    }
    filter.chars().take(LONGEST - 1).chain(['~']).collect()
}

/// The capturing host says that it lost packets.
fn capture_lost_packets(collected: Collected<'_>) -> Option<Finding> {
    let lost = collected.quality.lost_packets;
    let statement = format!(
        "the capturing host lost {lost} packets: what looks like silence may be among them"
    );
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
    let statement = format!(
        "{} SYN-ACKs answer SYNs that are not in the capture: it started while connects were under way, or misses packets",
        count(&moments)
    );
    (!moments.is_empty()).then(|| {
        over(
            FindingKind::CaptureStartedLate,
            Confidence::Likely,
            None,
            &moments,
            statement,
        )
    })
}
