//! What the kernel of the host that captures says it dropped.

use std::collections::BTreeMap;

use super::link::{attempts, moments, only_server};
use super::{Collected, Finding, FindingKind, Statement, over};
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::{DroppedPacket, KernelDrops, dropped_by_kernel};
use crate::handshake::Outcome;

/// One story for each reason, however many servers: the host is one.
pub(super) fn findings(collected: Collected<'_>) -> Vec<Finding> {
    let those = attempts(collected, |_, moment| decisive(collected, moment).is_some());
    let mut by_reason: BTreeMap<&str, Vec<(Endpoint, Moment)>> = BTreeMap::new();
    for (server, moment) in those {
        if let Some(drops) = decisive(collected, &moment) {
            let told = by_reason.entry(drops.reason.as_str()).or_default();
            told.push((server, moment));
        }
    }
    by_reason
        .into_iter()
        .map(|(reason, those)| of_reason(collected, reason, &those))
        .collect()
}

fn of_reason(collected: Collected<'_>, reason: &str, those: &[(Endpoint, Moment)]) -> Finding {
    let surety =
        |(_, moment): &(Endpoint, Moment)| decisive(collected, moment).map(KernelDrops::surety);
    // As sure as the least sure of them.
    let confidence = those.iter().filter_map(surety).min();
    let is_answer = |(_, moment): &&(Endpoint, Moment)| moment.outcome == Outcome::HalfOpen;
    let statement = Statement::DroppedByKernel {
        reason: reason.to_owned(),
        answers: those.iter().filter(is_answer).count() as u64,
    };
    over(
        FindingKind::DroppedHere,
        confidence.unwrap_or(Confidence::Possible),
        only_server(those),
        &moments(those),
        statement,
    )
}

/// Whether the kernel says that it dropped what nobody answered.
pub(super) fn was_dropped(collected: Collected<'_>, moment: &Moment) -> bool {
    decisive(collected, moment).is_some()
}

/// The drops that explain the attempt, for a reason that has no finding of its own.
fn decisive<'a>(collected: Collected<'a>, moment: &Moment) -> Option<&'a KernelDrops> {
    let testimony = collected.testimonies.of_attempt(moment.id);
    dropped_by_kernel(testimony).find(|drops| {
        let is_of_silence = match moment.outcome {
            Outcome::Dropped => drops.of == DroppedPacket::Syn,
            Outcome::HalfOpen => drops.of != DroppedPacket::Syn,
            _ => false,
        };
        is_of_silence && drops.is_by_the_host_itself()
    })
}
