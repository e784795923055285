//! What is written, as JSON has it: types of their own, so that others may change.

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Connects that were seen from several places of one path.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Comparison")
)]
pub(super) struct Document<'a> {
    /// The shape of this document: `tcpwhy-compare/1`.
    pub(super) schema: &'static str,
    /// What made it.
    pub(super) tool: WireTool<'a>,
    /// Which connects were asked for; the counts, findings and attempts are of these.
    pub(super) selection: WireSelection,
    /// The places, the one nearest to the client first.
    pub(super) places: Vec<WirePlace<'a>>,
    /// How the order of the places came about: `given`, `inferred`, or `corrected` where hops and
    /// times contradict what was given.
    pub(super) order: &'static str,
    /// The connects, those with which something is wrong first.
    pub(super) attempts: Vec<WireConnect<'a>>,
    /// How many could have been listed and are not.
    pub(super) attempts_omitted: u64,
    /// What they say together, the worst first.
    pub(super) findings: Vec<WireFinding<'a>>,
    /// Counts over all connects that are compared.
    pub(super) summary: WireSummary,
}

/// What made the report.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Tool"))]
pub(super) struct WireTool<'a> {
    /// `tcpwhy`.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Its arguments.
    pub(super) arguments: &'a [String],
}

/// A place on the path.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Place")
)]
pub(super) struct WirePlace<'a> {
    /// What it is called.
    pub(super) name: &'a str,
    /// Its captures.
    pub(super) files: Vec<String>,
    /// Its clock against that of the first place.
    pub(super) clock: WireClock,
    /// Records read.
    pub(super) packets: u64,
    /// Packets that were lost while capturing, where the captures say so.
    pub(super) lost_packets: u64,
    /// Attempts seen there, all of them.
    pub(super) attempts: u64,
    /// Whether all of them are compared: of very many a sample is, the same at all places.
    pub(super) compares_all: bool,
    /// Time of its first packet, on its own clock (RFC 3339, UTC, nanoseconds).
    pub(super) from: Option<String>,
    /// Time of its last.
    pub(super) until: Option<String>,
}

/// The clock of a place against that of the first.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Clock")
)]
pub(super) struct WireClock {
    /// How far it is ahead, in nanoseconds, at its first packet in common; null where no packet in
    /// common tells.
    pub(super) offset_ns: Option<i64>,
    /// How much that may be off, either way; null where packets of one direction only bound it from
    /// one side, or nothing does.
    pub(super) uncertainty_ns: Option<u64>,
    /// By how many parts of a million it gets ahead.
    pub(super) drift_ppm: f64,
    /// How many packets in common it is known by.
    pub(super) samples: u64,
    /// When it was set while capturing.
    pub(super) steps: Vec<WireStep>,
}

/// A moment at which a clock was set.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "ClockStep")
)]
pub(super) struct WireStep {
    /// When, on this clock: the first packet in common after it.
    pub(super) at: String,
    /// By how much it was moved ahead, in nanoseconds.
    pub(super) ahead_ns: i64,
}

/// A connect.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Attempt")
)]
pub(super) struct WireConnect<'a> {
    /// Its number: they count from 1 in the order of time.
    pub(super) id: u64,
    /// How it ended: the client's truth.
    pub(super) outcome: &'static str,
    /// Which place says so: the nearest to the client that saw how it ended.
    pub(super) outcome_at: &'a str,
    /// What was wrong with it although it was established.
    pub(super) trouble: Vec<&'static str>,
    /// The client, as the place nearest to it calls it.
    pub(super) client: String,
    /// The server, likewise.
    pub(super) server: String,
    /// The client's initial sequence number there.
    pub(super) isn: u32,
    /// When it began, on that place's clock.
    pub(super) started: Option<String>,
    /// Where it was seen, the nearest to the client first.
    pub(super) journey: Vec<WireSeen<'a>>,
    /// What became of its packets, where.
    pub(super) verdicts: Vec<WireVerdict<'a>>,
}

/// Which connects were asked for.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Selection")
)]
pub(super) struct WireSelection {
    /// Only connects to one of these; empty for all.
    pub(super) servers: Vec<String>,
    /// Only connects from one of these; empty for all.
    pub(super) clients: Vec<String>,
    /// Only connects that began then or later, on the first place's clock.
    pub(super) since: Option<String>,
    /// Only connects that began before then.
    pub(super) until: Option<String>,
    /// Which outcomes are listed singly; null for all. The counts cover all outcomes.
    pub(super) outcomes: Option<Vec<&'static str>>,
    /// With these troubles they are listed besides.
    pub(super) troubles: Vec<&'static str>,
}

/// What one place saw of a connect.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Seen"))]
pub(super) struct WireSeen<'a> {
    /// The place.
    pub(super) place: &'a str,
    /// The attempt there, as `tcpwhy read` of its captures numbers it.
    pub(super) attempt: u64,
    /// How it ended, as seen there.
    pub(super) outcome: &'static str,
    /// The client, as it was called there.
    pub(super) client: String,
    /// The server.
    pub(super) server: String,
    /// How it is known to be this connect: `exact`, `translated`, `by_time`.
    #[serde(rename = "match")]
    pub(super) known_by: &'static str,
    /// SYNs of the client that were seen there.
    pub(super) syn: u64,
    /// SYN-ACKs.
    pub(super) syn_ack: u64,
    /// RSTs of either side.
    pub(super) reset: u64,
    /// ICMP errors about its SYNs.
    pub(super) icmp_error: u64,
    /// Acknowledgements without data that complete the handshake, or that an older connection sent.
    pub(super) ack: u64,
    /// Segments with data that complete the handshake, or that were sent again.
    pub(super) data: u64,
}

/// What became of packets of a connect.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Verdict")
)]
pub(super) struct WireVerdict<'a> {
    /// `syn_lost`, `answer_lost`, `ack_lost`, `answered_at`, `made_between`, `new_connection`,
    /// `altered`, `same`, `not_covered`.
    pub(super) kind: &'static str,
    /// Which packets: `syn`, `syn_ack`, `reset`, `icmp_error`, `ack`, `data`; null of all.
    pub(super) packet: Option<&'static str>,
    /// The places. Of what was lost: where it was seen last, and where it was missed. Of what was
    /// made: where it was seen, and where, nearer to whom it names as its sender, it was not. Of
    /// what is altered: before and after. Of `answered_at`: the place. Of `same`: the first and the
    /// last.
    pub(super) between: Vec<&'a str>,
    /// How many packets.
    pub(super) count: u32,
    /// `certain`, `likely`, `possible`.
    pub(super) confidence: &'static str,
    /// What changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<WireChange<'a>>,
    /// Why a place proves nothing: `not_capturing`, `lost_packets`, `kind_not_seen`,
    /// `port_not_seen`, `host_not_seen`, `misses_others`, `unclear`, `not_kept`, `clock_unknown`,
    /// `not_followed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) because: Option<&'static str>,
    /// Of a new connection: how long after the client's acknowledgement it begins, in nanoseconds,
    /// where clocks tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) after_ns: Option<i64>,
    /// Of a new connection with other ends: the `id` of the connect that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<u64>,
}

/// A field that changed.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Change")
)]
pub(super) struct WireChange<'a> {
    /// `mss`, `window_scale`, `sack`, `timestamps`, `fast_open`, `mptcp`, `authentication`, `ecn`,
    /// `dscp`, `ttl`, `numbers`, `client`, `server`, `delay` (in seconds).
    pub(super) field: &'static str,
    /// Before; empty where it was not there.
    pub(super) from: &'a str,
    /// After; empty where it is gone.
    pub(super) to: &'a str,
}

/// What many connects say together.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Finding")
)]
pub(super) struct WireFinding<'a> {
    /// From 1, the worst first.
    pub(super) id: u64,
    /// Its kind.
    pub(super) kind: &'static str,
    /// `certain`, `likely`, `possible`.
    pub(super) confidence: &'static str,
    /// The places: a stretch, or one of them.
    pub(super) between: Vec<&'a str>,
    /// Which packets, where it is about one kind.
    pub(super) packet: Option<&'static str>,
    /// The server, where it is about one.
    pub(super) server: Option<String>,
    /// How many connects it is about.
    pub(super) attempts: u64,
    /// Of how many that could have been.
    pub(super) of: u64,
    /// When the first of them began, on the first place's clock.
    pub(super) from: Option<String>,
    /// And the last.
    pub(super) until: Option<String>,
    /// What it says, in words.
    pub(super) statement: String,
    /// What to do next, and where: mostly on the machine between.
    pub(super) next_steps: Vec<WireStepToTake>,
}

/// A next step.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "NextStep")
)]
pub(super) struct WireStepToTake {
    /// On which machine.
    pub(super) place: String,
    /// The command.
    pub(super) run: Option<String>,
    /// What to look for.
    pub(super) why: String,
}

/// Counts over all connects that are compared.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Summary")
)]
pub(super) struct WireSummary {
    /// All, each counted once.
    pub(super) attempts: u64,
    /// Seen at all places.
    pub(super) at_all_places: u64,
    /// Seen at one place only.
    pub(super) at_one_place: u64,
    /// Attempts of a place that fit several of another alike, and were left alone.
    pub(super) ambiguous: u64,
    /// How many ended so.
    pub(super) established: u64,
    /// How many ended so.
    pub(super) reset: u64,
    /// How many ended so.
    pub(super) refused: u64,
    /// How many ended so.
    pub(super) rejected: u64,
    /// How many ended so.
    pub(super) half_open: u64,
    /// How many ended so.
    pub(super) aborted: u64,
    /// How many ended so.
    pub(super) dropped: u64,
    /// How many ended so.
    pub(super) pending: u64,
    /// How many ended so.
    pub(super) partial: u64,
}
