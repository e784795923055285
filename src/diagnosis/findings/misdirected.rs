//! Answers that the client never gets, because they come from, or go to, other ends than its SYN.

use super::{Collected, Finding, FindingKind, Service, Statement, over};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::sign::Sign;

/// One for each server: one attempt proves that a translation is wrong.
pub(super) fn findings(_: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    services.iter().filter_map(answers_misdirected).collect()
}

fn answers_misdirected(service: &Service) -> Option<Finding> {
    let misdirected = service.those(|moment| moment.sign == Some(Sign::Misdirected));
    (!misdirected.is_empty()).then(|| {
        over(
            FindingKind::AnswersMisdirected,
            Confidence::Certain,
            Some(service.server),
            &misdirected,
            Statement::AnswersMisdirected,
        )
    })
}

/// Whether the attempt met silence: not answers that went astray, or that the client had to ignore.
pub(super) fn is_silent(moment: &Moment) -> bool {
    !matches!(
        moment.sign,
        Some(Sign::Misdirected | Sign::IgnoredReset | Sign::StaleTuple)
    )
}
