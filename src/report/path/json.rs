//! What several places say, as JSON, and its schema.

use std::io::{self, Write};

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use super::PathReport;
use super::words;
use crate::capture::Timestamp;
use crate::handshake::{Outcome, Trouble};
use crate::path::{
    ClockEstimate, Comparison, JudgedConnect, Order, PacketKind, PathFinding, PathVerdict, Place,
    PlaceAttempt,
};
use crate::report::times::rfc3339;

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

/// Connects that were seen from several places of one path.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Comparison")
)]
struct Document<'a> {
    /// The shape of this document: `tcpwhy-compare/1`.
    schema: &'static str,
    /// What made it.
    tool: WireTool<'a>,
    /// The places, the one nearest to the client first.
    places: Vec<WirePlace<'a>>,
    /// How the order of the places came about: `given`, `inferred`, or `corrected` where hops and
    /// times contradict what was given.
    order: &'static str,
    /// The connects, those with which something is wrong first.
    attempts: Vec<WireConnect<'a>>,
    /// How many could have been listed and are not.
    attempts_omitted: u64,
    /// What they say together, the worst first.
    findings: Vec<WireFinding<'a>>,
    /// Counts over all connects that are compared.
    summary: WireSummary,
}

/// What made the report.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Tool"))]
struct WireTool<'a> {
    /// `tcpwhy`.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Its arguments.
    arguments: &'a [String],
}

/// A place on the path.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Place")
)]
struct WirePlace<'a> {
    /// What it is called.
    name: &'a str,
    /// Its captures.
    files: Vec<String>,
    /// Its clock against that of the first place.
    clock: WireClock,
    /// Records read.
    packets: u64,
    /// Packets that were lost while capturing, where the captures say so.
    lost_packets: u64,
    /// Attempts seen there, all of them.
    attempts: u64,
    /// Whether all of them are compared: of very many a sample is, the same at all places.
    compares_all: bool,
    /// Time of its first packet, on its own clock (RFC 3339, UTC, nanoseconds).
    from: Option<String>,
    /// Time of its last.
    until: Option<String>,
}

/// The clock of a place against that of the first.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Clock")
)]
struct WireClock {
    /// How far it is ahead, in nanoseconds, at its first packet in common; null where no packet in
    /// common tells.
    offset_ns: Option<i64>,
    /// How much that may be off, either way; null where packets of one direction only bound it from
    /// one side, or nothing does.
    uncertainty_ns: Option<u64>,
    /// By how many parts of a million it gets ahead.
    drift_ppm: f64,
    /// How many packets in common it is known by.
    samples: u64,
    /// When it was set while capturing.
    steps: Vec<WireStep>,
}

/// A moment at which a clock was set.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "ClockStep")
)]
struct WireStep {
    /// When, on this clock: the first packet in common after it.
    at: String,
    /// By how much it was moved ahead, in nanoseconds.
    ahead_ns: i64,
}

/// A connect.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Attempt")
)]
struct WireConnect<'a> {
    /// Its number: they count from 1 in the order of time.
    id: u64,
    /// How it ended: the client's truth.
    outcome: &'static str,
    /// Which place says so: the nearest to the client that saw how it ended.
    outcome_at: &'a str,
    /// What was wrong with it although it was established.
    trouble: Vec<&'static str>,
    /// The client, as the place nearest to it calls it.
    client: String,
    /// The server, likewise.
    server: String,
    /// The client's initial sequence number there.
    isn: u32,
    /// When it began, on that place's clock.
    started: Option<String>,
    /// Where it was seen, the nearest to the client first.
    journey: Vec<WireSeen<'a>>,
    /// What became of its packets, where.
    verdicts: Vec<WireVerdict<'a>>,
}

/// What one place saw of a connect.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Seen"))]
struct WireSeen<'a> {
    /// The place.
    place: &'a str,
    /// The attempt there, as `tcpwhy read` of its captures numbers it.
    attempt: u64,
    /// How it ended, as seen there.
    outcome: &'static str,
    /// The client, as it was called there.
    client: String,
    /// The server.
    server: String,
    /// How it is known to be this connect: `exact`, `translated`, `by_time`.
    #[serde(rename = "match")]
    known_by: &'static str,
    /// SYNs of the client that were seen there.
    syn: u64,
    /// SYN-ACKs.
    syn_ack: u64,
    /// RSTs of either side.
    reset: u64,
    /// ICMP errors about its SYNs.
    icmp_error: u64,
    /// Acknowledgements without data that complete the handshake, or that an older connection sent.
    ack: u64,
    /// Segments with data that complete the handshake, or that were sent again.
    data: u64,
}

/// What became of packets of a connect.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Verdict")
)]
struct WireVerdict<'a> {
    /// `syn_lost`, `answer_lost`, `ack_lost`, `answered_at`, `made_between`, `altered`, `same`,
    /// `not_covered`.
    kind: &'static str,
    /// Which packets: `syn`, `syn_ack`, `reset`, `icmp_error`, `ack`, `data`; null of all.
    packet: Option<&'static str>,
    /// The places. Of what was lost: where it was seen last, and where it was missed. Of what was
    /// made: where it was seen, and where, nearer to whom it names as its sender, it was not. Of
    /// what is altered: before and after. Of `answered_at`: the place. Of `same`: the first and the
    /// last.
    between: Vec<&'a str>,
    /// How many packets.
    count: u32,
    /// `certain`, `likely`, `possible`.
    confidence: &'static str,
    /// What changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<WireChange<'a>>,
    /// Why a place proves nothing: `not_capturing`, `lost_packets`, `kind_not_seen`,
    /// `port_not_seen`, `host_not_seen`, `misses_others`, `unclear`, `not_kept`, `clock_unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'static str>,
}

/// A field that changed.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Change")
)]
struct WireChange<'a> {
    /// `mss`, `window_scale`, `sack`, `timestamps`, `fast_open`, `mptcp`, `authentication`, `ecn`,
    /// `dscp`, `ttl`, `numbers`, `client`, `server`.
    field: &'static str,
    /// Before; empty where it was not there.
    from: &'a str,
    /// After; empty where it is gone.
    to: &'a str,
}

/// What many connects say together.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Finding")
)]
struct WireFinding<'a> {
    /// From 1, the worst first.
    id: u64,
    /// Its kind.
    kind: &'static str,
    /// `certain`, `likely`, `possible`.
    confidence: &'static str,
    /// The places: a stretch, or one of them.
    between: Vec<&'a str>,
    /// Which packets, where it is about one kind.
    packet: Option<&'static str>,
    /// The server, where it is about one.
    server: Option<String>,
    /// How many connects it is about.
    attempts: u64,
    /// Of how many that could have been.
    of: u64,
    /// When the first of them began, on the first place's clock.
    from: Option<String>,
    /// And the last.
    until: Option<String>,
    /// What it says, in words.
    statement: String,
    /// What to do next, and where: mostly on the machine between.
    next_steps: Vec<WireStepToTake>,
}

/// A next step.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "NextStep")
)]
struct WireStepToTake {
    /// On which machine.
    place: String,
    /// The command.
    run: Option<String>,
    /// What to look for.
    why: String,
}

/// Counts over all connects that are compared.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Summary")
)]
struct WireSummary {
    /// All, each counted once.
    attempts: u64,
    /// Seen at all places.
    at_all_places: u64,
    /// Seen at one place only.
    at_one_place: u64,
    /// Attempts of a place that fit several of another alike, and were left alone.
    ambiguous: u64,
    /// How many ended so.
    established: u64,
    /// How many ended so.
    reset: u64,
    /// How many ended so.
    refused: u64,
    /// How many ended so.
    rejected: u64,
    /// How many ended so.
    half_open: u64,
    /// How many ended so.
    aborted: u64,
    /// How many ended so.
    dropped: u64,
    /// How many ended so.
    pending: u64,
    /// How many ended so.
    partial: u64,
}

fn document(report: &PathReport) -> Document<'_> {
    let comparison = &report.comparison;
    let listed = report.listed();
    let omitted = comparison.connects.len().saturating_sub(listed.len());
    Document {
        schema: SCHEMA,
        tool: WireTool {
            name: "tcpwhy",
            version: report.tool.version,
            arguments: &report.tool.arguments,
        },
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
        next_steps: words::next_steps(report, found)
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
