//! The attempts singly: when, who, to whom, how it ended, and the packets that show it.

use super::page::Page;
use crate::diagnosis::{DiagnosedAttempt, EndpointSummary};
use crate::handshake::{Outcome, SeenPacket};
use crate::report::attempt_words::{after, facts, headline};
use crate::report::counts::{counted, grouped};
use crate::report::evidence_words;
use crate::report::model::Report;

/// How many packets of one attempt are shown: the first ones and the latest.
const SHOWN_PACKETS: usize = 8;

pub(super) fn write(report: &Report, page: &mut Page) {
    let is_shown = |diagnosed: &&DiagnosedAttempt| {
        let outcome = diagnosed.decided.judgement.outcome;
        let is_asked_for = outcome.is_failure() || outcome == Outcome::Partial;
        !page.style().only_failures || (is_asked_for && diagnosed.noise.is_none())
    };
    let shown: Vec<&DiagnosedAttempt> = report.diagnosis.attempts.iter().filter(is_shown).collect();
    for diagnosed in &shown {
        page.line("");
        write_attempt(diagnosed, report, page);
    }
    let only_failures = page.style().only_failures;
    let folded = if only_failures { folded(report) } else { 0 };
    let left_out = left_out(report, &shown, only_failures).saturating_sub(folded);
    if folded > 0 {
        page.line("");
        page.sentence(format!(
            "{} of scans, floods or backscatter not listed singly: --format json lists them",
            counted(folded, "connect")
        ));
    }
    if left_out > 0 {
        page.line("");
        page.sentence(format!(
            "{} more not shown: --max-attempts 0 shows all, --format json holds all packets of each",
            grouped(left_out)
        ));
    }
}

/// How many failed attempts are told in findings about scans, floods and backscatter only.
fn folded(report: &Report) -> u64 {
    let of_endpoint = |endpoint: &EndpointSummary| {
        endpoint.folded.failed() + endpoint.folded.of(Outcome::Partial)
    };
    report.diagnosis.endpoints.iter().map(of_endpoint).sum()
}

/// How many attempts of the shown kind are not among the shown ones.
fn left_out(report: &Report, shown: &[&DiagnosedAttempt], only_failures: bool) -> u64 {
    let outcomes = &report.diagnosis.outcomes;
    if only_failures {
        (outcomes.failed() + outcomes.of(Outcome::Partial)).saturating_sub(shown.len() as u64)
    } else {
        report.diagnosis.attempts_omitted
    }
}

fn write_attempt(diagnosed: &DiagnosedAttempt, report: &Report, page: &mut Page) {
    let attempt = &diagnosed.decided.attempt;
    let zone = page.style().zone;
    let outcome = diagnosed.decided.judgement.outcome;
    let title = [
        page.faint(format!(
            "{}  {}",
            attempt.id.0,
            zone.precise_time_of_day(attempt.started_at())
        )),
        page.bold(format!(
            "{} > {}",
            report.named(attempt.client),
            report.named(attempt.server)
        )),
        page.in_outcome_color(outcome, headline(&diagnosed.decided)),
    ];
    page.wrapped_titles(&title);
    let packets = packet_words(diagnosed, report);
    page.wrapped(4, 4, "; ", &packets);
    let facts = facts(report, diagnosed);
    if !facts.is_empty() {
        page.wrapped(4, 4, "; ", &facts);
    }
}

/// The packets in the order they were seen, each with its number, from whom and when.
fn packet_words(diagnosed: &DiagnosedAttempt, report: &Report) -> Vec<String> {
    let attempt = &diagnosed.decided.attempt;
    let packets = attempt.evidence.packets();
    let started = attempt.started_at();
    let word = |packet: &SeenPacket| {
        format!(
            "#{} {} {} {} ({})",
            evidence_words::number(report, packet.place),
            after(packet.place.at, started),
            evidence_words::from(packet),
            evidence_words::what(packet),
            evidence_words::detail(attempt, packet)
        )
    };
    if packets.len() <= SHOWN_PACKETS && attempt.evidence.omitted() == 0 {
        return packets.iter().map(word).collect();
    }
    let first = packets.get(..SHOWN_PACKETS / 2).unwrap_or(packets);
    let last = packets
        .get(packets.len().saturating_sub(SHOWN_PACKETS / 2)..)
        .unwrap_or_default();
    let between =
        packets.len() as u64 - first.len() as u64 - last.len() as u64 + attempt.evidence.omitted();
    let mut words: Vec<String> = first.iter().map(word).collect();
    words.push(format!("... {} ...", counted(between, "packet")));
    words.extend(last.iter().map(word));
    words
}
