//! The attempts singly: when, who, to whom, how it ended, and the packets that show it.

use super::page::Page;
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::SeenPacket;
use crate::report::attempt_words::{after, facts, headline};
use crate::report::counts::{counted, grouped};
use crate::report::evidence_words;
use crate::report::model::Report;
use crate::report::shown_attempts::{Alike, ShownAttempts};

/// How many packets of one attempt are shown: the first ones and the latest.
const SHOWN_PACKETS: usize = 8;

pub(super) fn write(report: &Report, page: &mut Page) {
    let shown = ShownAttempts::of(report, page.style().only_failures);
    for alike in &shown.attempts {
        page.line("");
        write_attempt(alike, report, page);
    }
    if shown.folded > 0 {
        page.line("");
        page.sentence(format!(
            "{} of scans, floods or backscatter not listed singly: --format json lists them",
            counted(shown.folded, "connect")
        ));
    }
    if shown.left_out > 0 {
        page.line("");
        page.sentence(format!(
            "{} more not shown: --max-attempts 0 shows all, --format json holds all packets of each",
            grouped(shown.left_out)
        ));
    }
}

/// One attempt, and which others are like it.
fn write_attempt(alike: &Alike<'_>, report: &Report, page: &mut Page) {
    let diagnosed = alike.first;
    let attempt = &diagnosed.decided.attempt;
    let zone = page.style().zone;
    let outcome = diagnosed.decided.judgement.outcome;
    let title = [
        page.faint(format!(
            "{}  {}",
            attempt.id,
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
    if let Some(others) = alike.others_in_words() {
        page.wrapped(4, 6, "", &[others]);
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
