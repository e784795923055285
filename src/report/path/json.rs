//! What several places say, as JSON, and its schema.

mod wire;

use std::io::{self, Write};

use super::PathReport;
use super::{steps, words};
use crate::capture::Timestamp;
use crate::diagnosis::{EndpointPattern, Selection};
use crate::handshake::{Outcome, Trouble};
use crate::path::{
    ClockEstimate, Comparison, JudgedConnect, Order, PacketKind, PathFinding, PathVerdict, Place,
    PlaceAttempt,
};
use crate::report::times::rfc3339;
use wire::{
    Document, WireChange, WireClock, WireConnect, WireFinding, WirePlace, WireSeen, WireSelection,
    WireStep, WireStepToTake, WireSummary, WireTool, WireVerdict,
};

/// The version of the shape; what is added keeps it.
pub const SCHEMA: &str = "tcpwhy-compare/1";

/// Writes the whole report as one JSON document.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &PathReport, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(report))?;
    writeln!(out)
}

/// The JSON Schema of what [`write()`] writes.
#[cfg(feature = "json-schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document<'static>).to_value()
}

fn document(report: &PathReport) -> Document<'_> {
    let comparison = &report.comparison;
    let listed = report.listed();
    let omitted = report.may_be_listed().count().saturating_sub(listed.len());
    Document {
        schema: SCHEMA,
        tool: WireTool {
            name: "tcpwhy",
            version: report.tool.version,
            arguments: &report.tool.arguments,
        },
        selection: selection(&report.selection),
        places: places(comparison),
        order: match comparison.order {
            Order::Given => "given",
            Order::Inferred => "inferred",
            Order::Corrected(..) => "corrected",
        },
        attempts: listed
            .into_iter()
            .map(|(id, judged)| connect(report, id, judged))
            .collect(),
        attempts_omitted: omitted as u64,
        findings: (1..)
            .zip(&comparison.findings)
            .map(|(id, found)| finding(report, id, found))
            .collect(),
        summary: summary(report),
    }
}

fn selection(selection: &Selection) -> WireSelection {
    let patterns =
        |patterns: &[EndpointPattern]| patterns.iter().map(ToString::to_string).collect();
    let outcomes = selection.listed.as_ref();
    let troubles = selection.listed_troubles.iter();
    WireSelection {
        servers: patterns(&selection.servers),
        clients: patterns(&selection.clients),
        since: selection.since.map(rfc3339),
        until: selection.until.map(rfc3339),
        outcomes: outcomes.map(|outcomes| outcomes.iter().map(|one| one.name()).collect()),
        troubles: troubles.map(|trouble| trouble.name()).collect(),
    }
}

fn places(comparison: &Comparison) -> Vec<WirePlace<'_>> {
    let places = comparison.places.iter().zip(&comparison.clocks);
    let wire = |(place, estimate): (&'_ Place, &ClockEstimate)| (place.packets, clock(estimate));
    places
        .map(|(place, estimate)| {
            let (packets, clock) = wire((place, estimate));
            let path =
                |source: &crate::capture::SourceFacts| source.path.to_string_lossy().into_owned();
            WirePlace {
                name: &place.name,
                files: place.sources.iter().map(path).collect(),
                clock,
                packets,
                lost_packets: place.lost_packets,
                attempts: place.seen_attempts(),
                compares_all: place.kept.is_all(),
                from: place.first().map(rfc3339),
                until: place.last().map(rfc3339),
            }
        })
        .collect()
}

fn clock(estimate: &ClockEstimate) -> WireClock {
    WireClock {
        offset_ns: estimate.offset_ns(),
        uncertainty_ns: estimate.uncertainty_ns(),
        drift_ppm: estimate.drift_ppm(),
        samples: estimate.samples as u64,
        steps: estimate
            .steps()
            .map(|(at, ahead_ns)| WireStep {
                at: rfc3339(at),
                ahead_ns,
            })
            .collect(),
    }
}

fn connect<'a>(report: &'a PathReport, id: u64, judged: &'a JudgedConnect) -> WireConnect<'a> {
    let places = &report.comparison.places;
    let nearest = judged.nearest(places);
    let text = |of: fn(&PlaceAttempt) -> String| nearest.map(of).unwrap_or_default();
    let started = nearest.and_then(|attempt| attempt.packets.first());
    WireConnect {
        id,
        outcome: judged.outcome.name(),
        outcome_at: report.name(judged.outcome_at),
        trouble: judged.troubles.iter().map(Trouble::name).collect(),
        client: text(|attempt| attempt.client.to_string()),
        server: text(|attempt| attempt.server.to_string()),
        isn: nearest.map_or(0, |attempt| attempt.isn.0),
        started: started.map(|packet| rfc3339(packet.place.at)),
        journey: (0..places.len())
            .filter_map(|place| seen(report, judged, place))
            .collect(),
        verdicts: judged
            .verdicts
            .iter()
            .map(|said| verdict(report, said))
            .collect(),
    }
}

fn seen<'a>(report: &'a PathReport, judged: &JudgedConnect, place: usize) -> Option<WireSeen<'a>> {
    let attempt = judged.at(&report.comparison.places, place)?;
    let strength = judged.connect.strengths.get(place).copied().flatten()?;
    let count = |kind: PacketKind| attempt.packets_of(kind).count() as u64;
    Some(WireSeen {
        place: report.name(place),
        attempt: attempt.id.0,
        outcome: attempt.outcome.name(),
        client: attempt.client.to_string(),
        server: attempt.server.to_string(),
        known_by: strength.name(),
        syn: count(PacketKind::Syn),
        syn_ack: count(PacketKind::SynAck),
        reset: count(PacketKind::Reset),
        icmp_error: count(PacketKind::IcmpError),
        ack: count(PacketKind::Ack),
        data: count(PacketKind::Data),
    })
}

fn verdict<'a>(report: &'a PathReport, said: &'a PathVerdict) -> WireVerdict<'a> {
    WireVerdict {
        kind: said.kind.name(),
        packet: said.packet.map(PacketKind::name),
        between: names(report, &said.between),
        count: said.count,
        confidence: said.confidence.name(),
        changes: said
            .changes
            .iter()
            .map(|change| WireChange {
                field: change.field.name(),
                from: &change.from,
                to: &change.to,
            })
            .collect(),
        because: said.because.map(crate::path::Uncovered::name),
        after_ns: said.begins.and_then(|begins| begins.after_ns),
        attempt: said.begins.and_then(|begins| begins.number),
    }
}

fn finding<'a>(report: &'a PathReport, id: u64, found: &PathFinding) -> WireFinding<'a> {
    let at = |nanoseconds: i64| rfc3339(Timestamp::from_nanoseconds(nanoseconds));
    WireFinding {
        id,
        kind: found.kind.name(),
        confidence: found.confidence.name(),
        between: names(report, &found.between),
        packet: found.packet.map(PacketKind::name),
        server: found.server.map(|server| server.to_string()),
        attempts: found.attempts,
        of: found.of,
        from: found.span.map(|(from, _)| at(from)),
        until: found.span.map(|(_, until)| at(until)),
        statement: words::statement(report, found),
        next_steps: steps::next_steps(report, found)
            .into_iter()
            .map(|step| WireStepToTake {
                place: step.place,
                run: step.run,
                why: step.why,
            })
            .collect(),
    }
}

fn names<'a>(report: &'a PathReport, places: &[usize]) -> Vec<&'a str> {
    places.iter().map(|place| report.name(*place)).collect()
}

fn summary(report: &PathReport) -> WireSummary {
    let comparison = &report.comparison;
    let seen_at = |judged: &JudgedConnect| {
        let places = 0..comparison.places.len();
        places
            .filter(|place| judged.connect.is_seen_at(*place))
            .count()
    };
    let count_seen = |at: usize| {
        let connects = comparison.connects.iter();
        connects.filter(|judged| seen_at(judged) == at).count() as u64
    };
    WireSummary {
        attempts: comparison.connects.len() as u64,
        at_all_places: count_seen(comparison.places.len()),
        at_one_place: count_seen(1),
        ambiguous: comparison.ambiguous,
        established: report.count(Outcome::Established),
        reset: report.count(Outcome::Reset),
        refused: report.count(Outcome::Refused),
        rejected: report.count(Outcome::Rejected),
        half_open: report.count(Outcome::HalfOpen),
        aborted: report.count(Outcome::Aborted),
        dropped: report.count(Outcome::Dropped),
        pending: report.count(Outcome::Pending),
        partial: report.count(Outcome::Partial),
    }
}
