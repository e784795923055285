//! What a packet filter's log says: what it blocked and passed, by rule.

use super::link::{attempts, moments, only_server};
use super::{Collected, Finding, FindingEvidence, FindingKind, NextStep, Situation, Statement};
use super::{StepKind, count, over};
use crate::decode::{CaptureVerdict, Endpoint, VerdictAction, VerdictTeller};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{FilterRuleHits, Moment, ServiceHistory};
use crate::diagnosis::sign::Sign;
use crate::handshake::Outcome;

/// So many rules are told.
const TOLD_RULES: usize = 12;

/// At most so many of them are to be looked up.
const MOST_STEPS: usize = 3;

/// One story, however many servers: it is the filter that tells it. As sure as what it says of each
/// connect: its own verdicts are, prefixes are its author's words.
pub(super) fn finding(collected: Collected<'_>) -> Option<Finding> {
    let rules = collected.comparison.filter_log().rules();
    if rules.is_empty() {
        return None;
    }
    let stopped = attempts(collected, |server, moment| {
        is_told(collected, server, moment)
    });
    let server = only_server(&stopped);
    let hits: Vec<FilterRuleHits> = rules
        .iter()
        .map(|(verdict, hits)| FilterRuleHits {
            is_contradicted: collected.comparison.contradicted().has(verdict),
            ..FilterRuleHits::of(verdict, hits)
        })
        .collect();
    let are_own = |hit: &FilterRuleHits| {
        let is_own = hit.verdict.action == VerdictAction::Dropped
            && hit.verdict.teller != VerdictTeller::DropCapture;
        is_own || !hit.is_block()
    };
    let is_block = |hit: &&FilterRuleHits| hit.is_block();
    let is_in_doubt = |hit: &FilterRuleHits| hit.verdict.is_in_doubt;
    let blocks_in_doubt = hits.iter().filter(is_block).any(is_in_doubt);
    let confidence = if blocks_in_doubt && hits.iter().filter(is_block).all(is_in_doubt) {
        Confidence::Possible
    } else if hits.iter().all(are_own) && !blocks_in_doubt {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let sum = |blocks: bool| {
        let those = hits.iter().filter(|hit| is_block(hit) == blocks);
        those.map(|hit| hit.connects as u64).sum()
    };
    let is_open = |moment: &Moment| moment.outcome == Outcome::Pending;
    let without_end: Vec<Moment> = moments(&stopped).into_iter().filter(is_open).collect();
    let statement = Statement::FilterLog {
        rules: hits.len(),
        blocked: sum(true),
        without_end: count(&without_end),
        others: sum(false),
    };
    let mut finding = over(
        FindingKind::FilterLog,
        confidence,
        server,
        &moments(&stopped),
        statement,
    );
    let more = hits.len().saturating_sub(TOLD_RULES);
    finding.next_steps = next_steps(&hits);
    let told = hits.into_iter().take(TOLD_RULES);
    finding.evidence = told
        .map(|hits| FindingEvidence::FilterRule(Box::new(hits)))
        .collect();
    if more > 0 {
        finding
            .evidence
            .push(FindingEvidence::MoreFilterRules(more));
    }
    Some(finding)
}

/// Whether a filter says that it stopped the attempt, or others that were refused like it: not
/// every record need be in the capture.
pub(super) fn is_told(collected: Collected<'_>, server: Endpoint, moment: &Moment) -> bool {
    let service = || collected.comparison.service(server);
    let log = collected.comparison.filter_log();
    let contradicted = collected.comparison.contradicted();
    let counts = |verdict: &CaptureVerdict| !contradicted.has(verdict);
    let blocks = || contradicted.is_empty() || log.has_rule_that_blocks(counts);
    if log.is_empty() || !blocks() {
        return false;
    }
    moment.sign == Some(Sign::FilterVerdict)
        || (moment.outcome == Outcome::Refused
            && moment.sign.is_none()
            && service().is_some_and(ServiceHistory::is_refused_by_filter))
}

/// Which rules to look up: those that block.
fn next_steps(hits: &[FilterRuleHits]) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = Vec::new();
    let blocking = hits.iter().filter(|hit| hit.is_block());
    for (kind, server) in blocking.filter_map(|hit| {
        let (server, _) = hit.servers.first()?;
        Some((step_of(hit)?, *server))
    }) {
        if steps.len() < MOST_STEPS && steps.iter().all(|step| step.kind != kind) {
            let situation = Situation::without_hosts(server);
            steps.push(NextStep { kind, situation });
        }
    }
    steps
}

/// What is to be typed is of plain characters: nothing that a log brings makes a command another.
fn step_of(hit: &FilterRuleHits) -> Option<StepKind> {
    let is_plain = |text: &String| {
        let mut characters = text.chars();
        characters.all(|character| character == ' ' || character.is_ascii_graphic())
    };
    match hit.verdict.teller {
        VerdictTeller::Pf => {
            let rule = hit.verdict.rule.as_ref()?;
            Some(StepKind::ShowPfRule {
                number: rule.number?,
                sub_rule: rule.sub_rule,
                anchor: rule.anchor.clone().filter(is_plain),
            })
        }
        VerdictTeller::Netfilter => Some(StepKind::FindLogPrefix {
            prefix: hit.verdict.prefix.clone().filter(is_plain)?,
        }),
        _ => None,
    }
}
