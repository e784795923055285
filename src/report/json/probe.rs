//! What a probe found out, as JSON.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;

use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::AfterAccept;
use crate::probe::{ConnectReport, IcmpSeen, NamesFound, TargetReport, Trace};
use crate::report::next_step_words::StepWords;
use crate::report::probe_words;

/// The version of the shape; what is added keeps it.
const SCHEMA: &str = "tcpwhy-probe/1";

/// What came of connects to what was named.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
struct Document {
    /// The shape of this document: `tcpwhy-probe/1`.
    schema: &'static str,
    /// What came of each target, in the order asked for.
    targets: Vec<WireTarget>,
}

/// What came of one target. As NDJSON it stands on a line of its own.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Target")
)]
struct WireTarget {
    /// As it was named.
    target: String,
    /// Whether it is as `--expect` says.
    as_expected: bool,
    /// How often it was probed; what follows is of the last time.
    rounds: u64,
    /// How long after the first time began the last one ended, in microseconds.
    after_us: u64,
    /// Its addresses by the resolver of the system.
    names: WireNames,
    /// What came of a connect to each address, in the order in which they were tried.
    addresses: Vec<WireConnect>,
    /// The address that an application would have used: the first to accept.
    would_have_used: Option<IpAddr>,
    /// How long it would have waited for that, in microseconds, its name not counted.
    would_have_waited_us: Option<u64>,
}

/// What the resolver said.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Names")
)]
struct WireNames {
    /// Why there is no address: `no_such_name`, `no_address`, `server_failed`, `timed_out`,
    /// `other`.
    error: Option<&'static str>,
    /// The same in words.
    message: Option<String>,
    /// How long it took, in microseconds; 0 where an address was named.
    elapsed_us: u64,
}

/// What came of a connect to one address.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Connect")
)]
struct WireConnect {
    /// The address.
    address: IpAddr,
    /// The port.
    port: u16,
    /// From where.
    client: Option<String>,
    /// How it ended, as in reports on captures; null when this host sent nothing.
    outcome: Option<&'static str>,
    /// Why this host sent nothing: `no_route`, `unreachable_route`, `prohibited_route`,
    /// `blackhole_route`, `needs_interface`, `no_source_address`, `ports_used_up`,
    /// `interface_down`, `forbidden_here`, `not_unicast`, `no_such_family`, `other`.
    local: Option<&'static str>,
    /// Why it ended so, as in reports on captures.
    cause: Option<&'static str>,
    /// How sure that is: `possible`, `likely`, `certain`.
    confidence: Option<&'static str>,
    /// What `connect()` returned, or would after the kernel's own patience.
    app_error: Option<String>,
    /// What is wrong although it was established: `slow`, `hung_up`.
    trouble: Vec<&'static str>,
    /// How long after the first connect to this target it began, in microseconds.
    began_us: u64,
    /// How long it took to end, in microseconds.
    elapsed_us: u64,
    /// How often the SYN was sent, as far as is known.
    syn_count: u32,
    /// From SYN to SYN-ACK by the kernel's reckoning, in microseconds.
    round_trip_us: Option<u64>,
    /// The largest segment that was agreed on, in bytes.
    mss: Option<u32>,
    /// The largest packet that passes on the way there, in bytes, as far as this host knows: an
    /// ICMP error may have told it.
    path_mtu: Option<u32>,
    /// The options of TCP that both sides agreed on: `timestamps`, `selective_acknowledgments`,
    /// `window_scaling`, `explicit_congestion_notification`; null when it was not accepted.
    options: Option<Vec<&'static str>>,
    /// The first ICMP error about the SYN.
    icmp: Option<WireIcmp>,
    /// Who says so: `kernel` or `packets`.
    witness: &'static str,
    /// What came on the connection, on which nothing was sent; null when it was not accepted, or
    /// nobody waited.
    first_byte: Option<WireFirstByte>,
    /// The way of the SYN, hop by hop; null when it was not asked for.
    trace: Option<Vec<WireHop>>,
    /// What the trace comes to, in words.
    trace_says: Option<String>,
    /// The way of a SYN to another port of the same host, which answers, where this one met
    /// silence.
    reference_trace: Option<WireReference>,
    /// What else is known, a sentence each.
    notes: Vec<String>,
    /// What to check.
    next_steps: Vec<WireStep>,
}

/// What came back from one hop.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Hop"))]
struct WireHop {
    /// Its number, from 1 on.
    hop: u8,
    /// Who answered; null when nobody did.
    from: Option<IpAddr>,
    /// After how long, in microseconds.
    rtt_us: Option<u64>,
    /// What it said: the name of an ICMP error, `accepted`, `refused`, or `nothing`.
    says: &'static str,
}

/// The way to another port of the same host.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "Reference")
)]
struct WireReference {
    /// The port.
    port: u16,
    /// The hops.
    hops: Vec<WireHop>,
}

/// An ICMP error.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Icmp"))]
struct WireIcmp {
    /// 4 or 6: of which version of IP its type and code are.
    version: u8,
    /// Its type.
    #[serde(rename = "type")]
    kind: u8,
    /// Its code.
    code: u8,
    /// What that says.
    says: &'static str,
    /// Who sent it.
    from: Option<IpAddr>,
    /// How long after the SYN, in microseconds.
    after_us: u64,
    /// The MTU that it names.
    mtu: Option<u32>,
}

/// What came on a connection on which nothing was sent.
#[derive(Serialize)]
#[cfg_attr(
    feature = "json-schema",
    derive(JsonSchema),
    schemars(rename = "FirstByte")
)]
struct WireFirstByte {
    /// `bytes`, `closed`, `reset`, or `nothing` in the time.
    came: &'static str,
    /// How long after the accept, in microseconds.
    after_us: Option<u64>,
}

/// Something to check.
#[derive(Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema), schemars(rename = "Step"))]
struct WireStep {
    /// On which machine.
    #[serde(rename = "where")]
    place: String,
    /// What to type there.
    run: String,
    /// What its result tells.
    why: String,
}

/// What came of one target in the end.
#[derive(Clone, Copy, Debug)]
pub struct Probed<'a> {
    /// What came of it the last time.
    pub report: &'a TargetReport,
    /// Whether it is as expected.
    pub as_expected: bool,
    /// How often it was probed.
    pub rounds: u64,
    /// How long after the first time began the last one ended.
    pub after: Duration,
}

/// Writes one document.
///
/// # Errors
///
/// What `out` says.
pub fn write(probed: &[Probed<'_>], out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        schema: SCHEMA,
        targets: probed.iter().map(wire_target).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

/// Writes one target as a line of NDJSON.
///
/// # Errors
///
/// What `out` says.
pub fn write_line(probed: &Probed<'_>, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Line {
        #[serde(rename = "type")]
        kind: &'static str,
        data: WireTarget,
    }
    let line = Line {
        kind: "target",
        data: wire_target(probed),
    };
    serde_json::to_writer(&mut *out, &line)?;
    writeln!(out)
}

/// The JSON Schema of what [`write()`] writes.
#[cfg(feature = "json-schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Document).to_value()
}

fn wire_target(probed: &Probed<'_>) -> WireTarget {
    let report = probed.report;
    let used = report.used();
    WireTarget {
        target: report.target.text.clone(),
        as_expected: probed.as_expected,
        rounds: probed.rounds,
        after_us: microseconds(probed.after),
        names: wire_names(&report.names),
        addresses: report.connects.iter().map(wire_connect).collect(),
        would_have_used: used.map(|(address, _)| address.ip()),
        would_have_waited_us: used.map(|(_, after)| microseconds(after)),
    }
}

fn wire_names(names: &NamesFound) -> WireNames {
    WireNames {
        error: names.error.as_ref().map(crate::probe::NameError::name),
        message: names.error.as_ref().map(probe_words::name_error),
        elapsed_us: if names.is_name {
            microseconds(names.elapsed)
        } else {
            0
        },
    }
}

fn wire_connect(connect: &ConnectReport) -> WireConnect {
    let cause = connect.cause();
    WireConnect {
        address: connect.address.ip(),
        port: connect.address.port(),
        client: connect.client.map(|client| endpoint(client).to_string()),
        outcome: connect.outcome.map(crate::handshake::Outcome::name),
        local: connect.local.map(crate::diagnosis::LocalReason::name),
        cause: cause.map(|judged| judged.cause.name()),
        confidence: cause.map(|judged| judged.confidence.name()),
        app_error: connect.error.map(crate::probe::Errno::name),
        trouble: connect.troubles.iter().map(|one| one.name()).collect(),
        began_us: microseconds(connect.began),
        elapsed_us: microseconds(connect.elapsed),
        syn_count: connect.syn_count,
        round_trip_us: connect.round_trip.map(microseconds),
        mss: connect.segment_size,
        path_mtu: connect.path_mtu,
        options: connect
            .is_accepted()
            .then(|| connect.options.names().collect()),
        icmp: connect.icmp.map(wire_icmp),
        witness: connect.witness.name(),
        first_byte: first_byte(connect.after_accept),
        trace: connect.trace.as_ref().map(wire_hops),
        trace_says: connect.trace.as_ref().map(probe_words::trace),
        reference_trace: connect.trace.as_ref().and_then(wire_reference),
        notes: probe_words::notes(connect),
        next_steps: probe_words::next_steps(connect)
            .into_iter()
            .map(wire_step)
            .collect(),
    }
}

fn wire_hops(trace: &Trace) -> Vec<WireHop> {
    let hops = trace.hops.iter().map(|hop| WireHop {
        hop: hop.number,
        from: hop.from,
        rtt_us: hop.after.map(microseconds),
        says: probe_words::hop_says(hop.says),
    });
    hops.collect()
}

fn wire_reference(trace: &Trace) -> Option<WireReference> {
    let reference = trace.reference.as_deref()?;
    Some(WireReference {
        port: reference.to.port(),
        hops: wire_hops(reference),
    })
}

fn wire_step(words: StepWords) -> WireStep {
    WireStep {
        place: words.place,
        run: words.run,
        why: words.why,
    }
}

fn wire_icmp(seen: IcmpSeen) -> WireIcmp {
    let (version, kind, code) = match seen.kind {
        IcmpKind::V4(kind, code) => (4, kind, code),
        IcmpKind::V6(kind, code) => (6, kind, code),
    };
    WireIcmp {
        version,
        kind,
        code,
        says: seen.kind.name(),
        from: seen.from,
        after_us: microseconds(seen.after),
        mtu: seen.mtu,
    }
}

fn first_byte(after: AfterAccept) -> Option<WireFirstByte> {
    let (came, after) = match after {
        AfterAccept::NotWaited => return None,
        AfterAccept::Quiet => ("nothing", None),
        AfterAccept::Bytes(after) => ("bytes", Some(after)),
        AfterAccept::Closed(after) => ("closed", Some(after)),
        AfterAccept::Reset(after) => ("reset", Some(after)),
    };
    Some(WireFirstByte {
        came,
        after_us: after.map(microseconds),
    })
}

fn endpoint(address: SocketAddr) -> Endpoint {
    Endpoint {
        address: address.ip().to_canonical(),
        port: address.port(),
    }
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
