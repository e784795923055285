//! What the kernel of the host that captures counted as dropped, while connects to it met silence.

use super::kernel_drops;
use super::link::{attempts, moments, only_server};
use super::{Collected, Finding, FindingKind, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::dropped_by_reverse_path_filter;
use crate::handshake::Outcome;

/// Fewer packets may be another's.
const FEWEST: u64 = 2;

/// One story: the host that captures is one.
pub(super) fn counted_drops(collected: Collected<'_>) -> Option<Finding> {
    let those = attempts(collected, |server, moment| {
        is_counted(collected, server, moment)
    });
    let (kind, statement) = (
        FindingKind::DroppedHere,
        Statement::DroppedByReversePathFilter,
    );
    let server = only_server(&those);
    let those = moments(&those);
    (!those.is_empty()).then(|| over(kind, Confidence::Likely, server, &those, statement))
}

/// Whether SYNs arrived and met silence, and the reverse path filter dropped as many packets
/// meanwhile, but for the latest.
pub(super) fn is_counted(collected: Collected<'_>, server: Endpoint, moment: &Moment) -> bool {
    // What the kernel says of the packets themselves is more than a count.
    let is_told = kernel_drops::was_dropped(collected, moment);
    let is_here = collected.comparison.is_here(server.address);
    if moment.outcome != Outcome::Dropped || is_told || !is_here {
        return false;
    }
    let testimony = collected.testimonies.of_attempt(moment.id);
    let dropped = dropped_by_reverse_path_filter(testimony);
    dropped >= FEWEST && dropped.saturating_add(1) >= moment.syn_count.into()
}
