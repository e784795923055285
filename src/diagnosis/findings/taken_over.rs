//! Connects that fail while one host of the link is asked, and succeed once another one is.

use std::collections::BTreeSet;

use super::{Collected, Finding, FindingEvidence, Statement};
use crate::decode::HardwareAddress;
use crate::diagnosis::comparison::Moment;

/// Who was asked in vain, and who after it with success, where they are two.
pub(super) fn taken_over(collected: Collected<'_>, finding: &Finding) -> Option<FindingEvidence> {
    let is_window = matches!(
        finding.statement,
        Statement::DownWindow {
            is_before_success: true,
            ..
        }
    );
    let server = finding.server.filter(|_| is_window)?;
    let asked = |moment: &Moment| -> Option<HardwareAddress> {
        Some(collected.comparison.dropped(moment).link?.hosts?.1)
    };
    let failing = || finding.members.iter().filter(|one| !one.was_accepted());
    let in_vain: BTreeSet<Option<HardwareAddress>> = failing().map(asked).collect();
    let [Some(in_vain)] = Vec::from_iter(in_vain)[..] else {
        return None;
    };
    let last = failing().map(|moment| moment.started).max()?;
    let history = collected.comparison.service(server)?;
    let later = history
        .moments()
        .iter()
        .filter(|moment| moment.was_accepted() && moment.started > last);
    let after: BTreeSet<Option<HardwareAddress>> = later.map(asked).collect();
    let [Some(after)] = Vec::from_iter(after)[..] else {
        return None;
    };
    (after != in_vain).then_some(FindingEvidence::TakenOver { in_vain, after })
}
