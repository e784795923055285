//! What stands above the findings: how many connects, how far they come, and what the places are.

use super::PathReport;
use super::words;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::Outcome;
use crate::path::{JudgedConnect, Order, PacketKind, VerdictKind, Way};
use crate::report::counts::counted;
use crate::report::times::TimeZoneChoice;

/// So many servers have a line of their own.
const MOST_LINES: usize = 6;

/// How many SYNs' connects came how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathLine {
    /// Of which connects.
    pub(super) what: String,
    /// For each place how many were seen there; `None` where it was not watching.
    pub(super) arrived: Vec<Option<u64>>,
}

/// When it was, on the clock of the first place.
pub(super) fn span(report: &PathReport, zone: TimeZoneChoice) -> Option<String> {
    let first = report.comparison.places.first()?;
    let (from, until) = first.first().zip(first.last())?;
    let place = words::name(report, 0);
    Some(format!(
        "{} to {} {} (clock of {place})",
        zone.date_and_time(from),
        zone.time_of_day(until),
        zone.name(Timestamp::from_nanoseconds(from.nanoseconds()))
    ))
}

/// How many ended how.
pub(super) fn outcomes(report: &PathReport) -> Vec<(Outcome, u64)> {
    let counted = Outcome::ALL.map(|outcome| (outcome, report.count(outcome)));
    counted
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// What is to be known of the places.
pub(super) fn facts(report: &PathReport) -> Vec<String> {
    let comparison = &report.comparison;
    let mut facts = Vec::new();
    let clocks = comparison.clocks.iter().enumerate().skip(1);
    let known: Vec<String> = clocks
        .map(|(place, clock)| words::clock_words(&words::name(report, place), clock))
        .collect();
    facts.push(known.join("; "));
    if comparison.order == Order::Inferred {
        let names = 0..comparison.places.len();
        let names: Vec<String> = names.map(|place| words::name(report, place)).collect();
        facts.push(format!("order by hops and times: {}", names.join(", ")));
    }
    for (index, place) in comparison.places.iter().enumerate() {
        let name = words::name(report, index);
        if place.packets == 0 {
            facts.push(format!("{name} has no packets"));
        } else if place.lost_packets > 0 {
            let lost = counted(place.lost_packets, "packet");
            facts.push(format!("{name} lost {lost} while capturing"));
        }
        if !place.kept.is_all() {
            let seen = counted(place.seen_attempts(), "connect");
            let kept = counted(place.attempts.len() as u64, "connect");
            facts.push(format!(
                "{name} saw {seen}; a sample of them, the same at all places, is compared: {kept}"
            ));
        }
    }
    if comparison.ambiguous > 0 {
        facts.push(format!(
            "{} fit several others alike, and were left alone",
            counted(comparison.ambiguous, "connect")
        ));
    }
    facts
}

/// How far connects come: those of each server with which something is wrong, or else all.
pub(super) fn path_lines(report: &PathReport) -> Vec<PathLine> {
    let comparison = &report.comparison;
    let server = |judged: &JudgedConnect| {
        let nearest = judged.nearest(&comparison.places);
        nearest.map(|attempt| attempt.server)
    };
    let wrong = comparison
        .connects
        .iter()
        .filter(|judged| !judged.is_sound());
    let mut servers: Vec<(Endpoint, u64)> = Vec::new();
    for failing in wrong.filter_map(server) {
        match servers.iter_mut().find(|(known, _)| *known == failing) {
            Some((_, count)) => *count += 1,
            None => servers.push((failing, 1)),
        }
    }
    servers.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let many = servers.len() > MOST_LINES;
    servers.truncate(MOST_LINES);
    let mut lines: Vec<PathLine> = servers
        .iter()
        .map(|(endpoint, _)| {
            let of_server = |judged: &&JudgedConnect| server(judged) == Some(*endpoint);
            let connects = comparison.connects.iter().filter(of_server);
            path_line(report, format!("connects to {endpoint}"), connects)
        })
        .collect();
    if lines.len() != 1 || many {
        let all = comparison.connects.iter();
        let line = path_line(report, "all connects".to_owned(), all);
        lines.push(line);
    }
    lines
}

fn path_line<'a>(
    report: &PathReport,
    what: String,
    connects: impl Iterator<Item = &'a JudgedConnect>,
) -> PathLine {
    let places = report.comparison.places.len();
    let mut arrived = vec![Some(0); places];
    for judged in connects {
        for (place, count) in arrived.iter_mut().enumerate() {
            let is_seen = judged.journeys.iter().any(|journey| {
                let is_syn = journey.kind == PacketKind::Syn && journey.way == Way::Forth;
                is_syn && journey.at(place).is_some()
            });
            let is_uncovered = judged.verdicts.iter().any(|said| {
                said.kind == VerdictKind::NotCovered
                    && said.packet == Some(PacketKind::Syn)
                    && said.between.last() == Some(&place)
            });
            if is_seen {
                *count = count.map(|count| count + 1);
            } else if is_uncovered && *count == Some(0) {
                *count = None;
            }
        }
    }
    PathLine { what, arrived }
}
