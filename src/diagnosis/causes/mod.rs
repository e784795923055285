//! Why an attempt ended as it did: a judgement, with the confidence that the packets allow.
//!
//! Each cause is a function of its own, named as the cause, in the file of the outcome that it
//! explains. It says how sure it is, or nothing. In which order they run and which silence which is
//! a table, [`rules`]. The surest is the cause; others that hold as well are named beside it.

mod aborted;
mod balancer;
mod case;
mod checksum;
mod compared;
mod dropped;
mod established;
mod half_open;
mod kernel;
mod listener;
mod of_host;
mod partial;
mod passage;
mod refused;
mod rejected;
mod reset;
mod responder;
mod rules;
mod verdict;

pub(super) use balancer::{counting_windows, is_code_of_netscaler};
pub(super) use half_open::was_answered_once;
pub(super) use rejected::{RESOLUTION_TIME, cause_of_icmp};
pub(super) use responder::{Mark, is_plain, is_sooner, mark_of};

use std::collections::BTreeSet;

use super::cause::{Confidence, Judged};
use super::comparison::Comparison;
use super::testimony::Testimony;
use crate::handshake::DecidedAttempt;
use case::Case;
use rules::{RULES, Rule};

/// All causes that hold for an attempt, the surest first.
pub(super) fn causes(
    decided: &DecidedAttempt,
    comparison: &Comparison,
    testimony: &[Testimony],
) -> Vec<Judged> {
    let mut case = Case::new(decided, comparison, testimony);
    for rule in RULES {
        if let Some(judged) = judge(rule, &case) {
            case.take(judged, rule.is_kernels_word);
        }
    }
    let mut found = case.into_holding();
    found.sort_by_key(|judged| std::cmp::Reverse(judged.confidence));
    let mut told = BTreeSet::new();
    found.retain(|judged| told.insert(judged.cause));
    found
}

/// What the rule says in the light of what already holds.
fn judge(rule: &Rule, case: &Case<'_>) -> Option<Judged> {
    let is_silenced = || {
        rule.unless
            .iter()
            .any(|(cause, confidence)| case.holds(*cause) >= Some(*confidence))
    };
    let is_judged = rule.of.contains(&case.outcome());
    if !is_judged || is_silenced() || is_told_otherwise(rule, case) {
        return None;
    }
    let confidence = (rule.holds)(case)?;
    let is_doubtful = rule.leans_on_silence && case.is_silence_doubtful();
    let is_of_one_syn = rule.needs_repetition && case.attempt().syn_count == 1;
    let confidence = if is_doubtful {
        less_sure(confidence)
    } else {
        confidence
    };
    Some(Judged {
        cause: rule.cause,
        confidence: if is_of_one_syn {
            confidence.min(Confidence::Possible)
        } else {
            confidence
        },
    })
}

/// Whether the capture, the kernel or the packets themselves say in words what the rule would conclude.
fn is_told_otherwise(rule: &Rule, case: &Case<'_>) -> bool {
    verdict::is_silenced(rule, case)
        || kernel::is_silenced(rule, case)
        || balancer::is_silenced(rule, case)
}

/// What is concluded from silence is less sure in a capture that may have missed the answer.
const fn less_sure(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::Certain => Confidence::Likely,
        Confidence::Likely | Confidence::Possible => Confidence::Possible,
    }
}
