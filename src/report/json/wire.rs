//! The shape of the JSON report, as its readers see it: `tcpwhy schema` is made from these types.
//!
//! A new field is compatible. A new meaning, name or removal raises [`SCHEMA`]. Absent is `null`,
//! never 0 or `""`.

use std::collections::BTreeMap;

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::attempt_sequence::AttemptSequence;
use super::host::Host;
use super::joining::Leg;
use super::kernel::Kernel;
use super::log::{ChangeBefore, Log, Statement};
use super::verdict::Verdict;

/// The name and version of this shape.
pub(in crate::report) const SCHEMA: &str = "tcpwhy-report/1";

/// A report on the TCP connects of a capture.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Report<'a> {
    /// The shape of this document: `tcpwhy-report/1`.
    pub(super) schema: &'static str,
    /// What made the report.
    pub(super) tool: Tool,
    /// What was read.
    pub(super) capture: Capture,
    /// What was asked for, as far as it shapes the report.
    pub(super) settings: Settings,
    /// How many attempts there were and how they ended.
    pub(super) summary: Summary,
    /// What the attempts say together, worst first.
    pub(super) findings: Vec<Finding>,
    /// The servers, the one with the most failures first.
    pub(super) endpoints: Vec<Endpoint>,
    /// The attempts, in order of time.
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<Attempt>"))]
    pub(super) attempts: AttemptSequence<'a>,
    /// How many attempts could have been listed and are not.
    pub(super) attempts_omitted: u64,
    /// The bounds that were reached, because there was more than is remembered; empty when nothing
    /// was left out.
    pub(super) limits: Vec<Limit>,
}

/// A bound beyond which something was left out.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Limit {
    /// What is bounded: `clients`, `failures_remembered`.
    pub(super) name: &'static str,
    /// How many are kept.
    pub(super) size: u64,
    /// How many were left out.
    pub(super) left_out: u64,
    /// What that may have cost, in words.
    pub(super) cost: &'static str,
    /// Whether a cause or finding may be missing for it, or lean on a sample; then a finding
    /// `limits_hit` says so.
    pub(super) may_hide_findings: bool,
}

/// What made the report.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Tool {
    /// `tcpwhy`.
    pub(super) name: &'static str,
    /// Its version.
    pub(super) version: &'static str,
    /// Its arguments.
    pub(super) arguments: Vec<String>,
}

/// What was asked for, as far as it shapes the report.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Settings {
    /// For how long silence had to be watched to count, in seconds.
    pub(super) patience_s: f64,
    /// From how many seconds on a handshake was slow.
    pub(super) slow_s: f64,
    /// How many undecided attempts were followed at once.
    pub(super) max_flows: u64,
    /// The capture filter applied to every packet, in libpcap's language.
    pub(super) filter: Option<String>,
    /// Only attempts to one of these; empty for all.
    pub(super) servers: Vec<String>,
    /// Only attempts from one of these; empty for all.
    pub(super) clients: Vec<String>,
    /// Only attempts that began then or later (RFC 3339, UTC, nanoseconds).
    pub(super) since: Option<String>,
    /// Only attempts that began before then.
    pub(super) until: Option<String>,
    /// Which outcomes are listed; null for all.
    pub(super) outcomes: Option<Vec<&'static str>>,
    /// With which troubles attempts are listed besides.
    pub(super) troubles: Vec<&'static str>,
    /// How many attempts are listed at most; null for all.
    pub(super) max_attempts: Option<u64>,
}

/// What was read, all sources together.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Capture {
    /// Time of the earliest packet (RFC 3339, UTC, nanoseconds); null when there is none.
    pub(super) first: Option<String>,
    /// Time of the latest packet.
    pub(super) last: Option<String>,
    /// All records read.
    pub(super) packets: u64,
    /// TCP segments among them.
    pub(super) tcp_packets: u64,
    /// ICMP errors that quote a TCP segment.
    pub(super) icmp_errors: u64,
    /// Packets of handshakes that were captured more than once.
    pub(super) copies: u64,
    /// Packets set aside, by reason.
    pub(super) undecodable: BTreeMap<&'static str, u64>,
    /// The first packet set aside for each of these reasons.
    pub(super) undecodable_from: BTreeMap<&'static str, PacketPlace>,
    /// Records of a filter's log whose header is not as it should be, by what is wrong; they were
    /// read all the same.
    pub(super) doubtful_records: BTreeMap<&'static str, u64>,
    /// Packets dropped by the capturing host, where the capture says so.
    pub(super) dropped: Dropped,
    /// Attempts given up undecided because too many were open at once.
    pub(super) attempts_set_aside: u64,
    /// What the capture cannot show, in words; empty when nothing says so.
    pub(super) limits: Vec<String>,
    /// The files and streams, in the order of the `source` numbers.
    pub(super) sources: Vec<Source>,
    /// Logs that were read beside them (`--log`); left out when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) logs: Vec<Log>,
    /// What hosts said of themselves, in files that were read beside them (`--host`); left out when
    /// there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hosts: Vec<Host>,
    /// What the kernel of the host that captured did meanwhile (`live --kernel`); left out when it
    /// was not heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kernel: Option<Kernel>,
}

/// Where a packet stands.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct PacketPlace {
    /// Index into `capture.sources`.
    pub(in crate::report) source: u32,
    /// Its 1-based number in its source.
    pub(in crate::report) packet: u64,
}

/// Packets dropped by the capturing host.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Dropped {
    /// By its operating system.
    pub(super) kernel: Option<u64>,
    /// By its interface.
    pub(super) interface: Option<u64>,
}

/// A file or stream.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Source {
    /// As named on the command line; `-` is standard input.
    pub(super) path: String,
    /// `pcap` or `pcapng`; `live` for an interface, `packets` for what a program handed over.
    pub(super) format: &'static str,
    /// The compression it came in: `gzip`, `zstd`, `lz4` or `xz`; null for none.
    pub(super) compression: Option<&'static str>,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// SHA-256 of its bytes as they are stored, in hexadecimal; null when it was not asked for
    /// (`--sha256`), or its end was not reached.
    pub(super) sha256: Option<String>,
    /// Records read from it.
    pub(super) packets: u64,
    /// Packets dropped by the host that captured them, where it says so.
    pub(super) dropped: Dropped,
    /// Time of its earliest packet.
    pub(super) first: Option<String>,
    /// Time of its latest packet.
    pub(super) last: Option<String>,
    /// The interfaces that it declares: the first 1024.
    pub(super) interfaces: Vec<Interface>,
    /// Why reading it ended before its end, or the first packet of it that had to be left out.
    pub(super) problem: Option<Problem>,
}

/// An interface of a source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Interface {
    /// Its number in the source.
    pub(super) id: u32,
    /// Its name.
    pub(super) name: Option<String>,
    /// Its description.
    pub(super) description: Option<String>,
    /// The capture filter with which it was captured, where the source says so.
    pub(super) filter: Option<String>,
    /// What its packets start with: the link type's name.
    pub(super) link_type: String,
    /// The largest number of bytes kept of a packet.
    pub(super) snaplen: u32,
}

/// Why reading a source ended.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Problem {
    /// Offset in bytes of what could not be read.
    pub(super) at_byte: u64,
    /// The number that its packet has.
    pub(super) at_packet: u64,
    /// `truncated`: the source ends within a record. `damaged`: what is there cannot be read.
    pub(super) kind: &'static str,
    /// In words.
    pub(super) message: String,
}

/// How many attempts ended how.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Summary {
    /// All of them.
    pub(super) attempts: u64,
    /// Completed handshakes.
    pub(super) established: u64,
    /// Answered, then reset by the server before it sent a byte.
    pub(super) reset: u64,
    /// Answered by a RST.
    pub(super) refused: u64,
    /// Answered by an ICMP error.
    pub(super) rejected: u64,
    /// Answered by a SYN-ACK that the client never acknowledged.
    pub(super) half_open: u64,
    /// Reset by the client.
    pub(super) aborted: u64,
    /// Not answered.
    pub(super) dropped: u64,
    /// The capture ends too early to say.
    pub(super) pending: u64,
    /// The SYN is not in the capture.
    pub(super) partial: u64,
    /// Established, but the handshake took long. Counted in `established`, as the next two.
    pub(super) slow: u64,
    /// Established, but the server closed without one byte.
    pub(super) hung_up: u64,
    /// Established, but what one side sends does not arrive.
    pub(super) stuck: u64,
    /// Connections that the server's side reset on a request after idleness; no attempts.
    pub(super) resets_midway: u64,
}

/// What many attempts say together.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Finding {
    /// Its number in this report.
    pub(super) id: u64,
    /// What kind of finding it is.
    pub(super) kind: String,
    /// `certain`, `likely` or `possible`.
    pub(super) confidence: &'static str,
    /// The server that it is about.
    pub(super) server: Option<String>,
    /// That server's name, learned from the capture.
    pub(super) server_name: Option<String>,
    /// How many clients it affects: at least, where `of_sample` is true.
    pub(super) clients: u64,
    /// How many attempts it affects.
    pub(super) attempts: u64,
    /// Whether there were too many of these attempts to remember each: some of them are only
    /// counted.
    pub(super) of_sample: bool,
    /// Since when.
    pub(super) from: Option<String>,
    /// Until when.
    pub(super) until: Option<String>,
    /// In words.
    pub(super) statement: String,
    /// What `connect()` returned to the applications on Linux, where that can be told.
    pub(super) app_errors: Vec<&'static str>,
    /// What proves it.
    pub(super) evidence: Vec<String>,
    /// What logs (`--log`) say was changed in the 15 minutes before the first of its attempts:
    /// told as that, never as the cause. Left out when there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) changes_before: Vec<ChangeBefore>,
    /// What to check next.
    pub(super) next_steps: Vec<NextStep>,
    /// Wireshark's display filter for the handshakes and errors of its server, or of its one
    /// client; null when it is about neither.
    pub(super) display_filter: Option<String>,
    /// A filter in libpcap's language for capturing such packets when it happens again; null as the
    /// display filter, and where all of its attempts came inside tunnels.
    pub(super) capture_filter: Option<String>,
}

/// What to check next.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct NextStep {
    /// On which machine.
    #[serde(rename = "where")]
    pub(super) place: String,
    /// The command.
    pub(super) run: String,
    /// What its result would confirm or refute.
    pub(super) why: String,
}

/// A server's address and port.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct Endpoint {
    /// `10.0.1.20:5432`, `[2001:db8::1]:443`.
    pub(super) server: String,
    /// Its name, learned from the capture.
    pub(super) server_name: Option<String>,
    /// The service usual on the port.
    pub(super) service: Option<String>,
    /// Attempts to connect to it; those of scans, floods and backscatter are left out here and in
    /// all that follows.
    pub(super) attempts: u64,
    /// Attempts that are left out, because they are part of scans, floods or backscatter.
    pub(super) folded: u64,
    /// How they ended; outcomes that did not occur are left out.
    pub(super) outcomes: BTreeMap<&'static str, u64>,
    /// How many were established and yet in trouble; troubles that did not occur are left out.
    pub(super) troubles: BTreeMap<&'static str, u64>,
    /// Client addresses: about, where `clients_estimated` is true.
    pub(super) clients: u64,
    /// Whether there were too many clients to tell each apart: their number is estimated from a
    /// sample.
    pub(super) clients_estimated: bool,
    /// Where the packets were captured: at the `client`, at the `server`, `between` or in the
    /// log of a packet `filter`; null when that cannot be told, or differs among the clients.
    pub(super) captured_at: Option<&'static str>,
    /// When the first failed attempt began.
    pub(super) first_failure: Option<String>,
    /// When the last failed attempt began.
    pub(super) last_failure: Option<String>,
    /// From SYN to first answer, in microseconds; null without answers.
    pub(super) syn_to_answer_us: Option<AnswerTimes>,
    /// The numbers of the findings about it.
    pub(super) findings: Vec<u64>,
}

/// From SYN to first answer, in microseconds.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(super) struct AnswerTimes {
    /// The median, to three digits.
    pub(super) median: u64,
    /// The longest.
    pub(super) max: u64,
}

/// One try of a client to open a connection.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Attempt {
    /// Its name: that of its first packet, the number of which it is in the first source; 2^40 more
    /// for each source before that of the packet. `ladder` takes it, and `source:packet` as well.
    pub(in crate::report) id: u64,
    /// The packet with which it begins.
    pub(in crate::report) first_packet: PacketPlace,
    /// The file or stream that packet is in, as it is called in `capture.sources`.
    pub(in crate::report) file: String,
    /// Who sent the first SYN.
    pub(in crate::report) client: String,
    /// The address of `client`.
    pub(in crate::report) client_address: String,
    /// Its port.
    pub(in crate::report) client_port: u16,
    /// To whom.
    pub(in crate::report) server: String,
    /// The address of `server`.
    pub(in crate::report) server_address: String,
    /// Its port.
    pub(in crate::report) server_port: u16,
    /// Community ID 1.0 of the flow, with seed 0: as Zeek, Suricata and Wireshark call it.
    pub(in crate::report) community_id: String,
    /// The same connect after an address or port of it was translated, where that was captured as
    /// well; mostly left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::report) legs: Vec<Leg>,
    /// The client's name, learned from the capture.
    pub(in crate::report) client_name: Option<String>,
    /// The server's name, learned from the capture.
    pub(in crate::report) server_name: Option<String>,
    /// The service usual on the server's port.
    pub(in crate::report) service: Option<String>,
    /// What the packets were wrapped in, outside in.
    pub(in crate::report) path: Vec<String>,
    /// The outermost VLAN of these; null without one.
    pub(in crate::report) vlan: Option<u16>,
    /// The next VLAN within that.
    pub(in crate::report) inner_vlan: Option<u16>,
    /// The interface on which its first packet was captured: its name, or where it has none its
    /// number among several; null when the capture does not say.
    pub(in crate::report) interface: Option<String>,
    /// Where the packets were captured: at the `client`, at the `server`, `between` or in the
    /// log of a packet `filter`; null when that cannot be told.
    pub(in crate::report) captured_at: Option<&'static str>,
    /// The kind of finding that it is folded into, when it says nothing about the server:
    /// `port_scan`, `syn_flood` or `backscatter`.
    pub(in crate::report) part_of: Option<&'static str>,
    /// The client's initial sequence number; null when no SYN was captured.
    pub(in crate::report) isn: Option<u32>,
    /// What the packets show: established, reset, refused, rejected, `half_open`, aborted, dropped,
    /// pending or partial.
    pub(in crate::report) outcome: &'static str,
    /// What went wrong although it was established: `slow`, `hung_up`, `stuck`; mostly empty.
    pub(in crate::report) trouble: Vec<&'static str>,
    /// Why; null when the packets do not tell.
    pub(in crate::report) cause: Option<&'static str>,
    /// How sure the cause is: `certain`, `likely` or `possible`.
    pub(in crate::report) confidence: Option<&'static str>,
    /// Time of the first SYN; of the first packet when no SYN was captured.
    pub(in crate::report) started: String,
    /// The same in seconds since 1970, with nine digits behind the point.
    #[cfg_attr(feature = "json-schema", schemars(with = "f64"))]
    pub(in crate::report) started_epoch: Box<RawValue>,
    /// Time of the packet, or the moment, that settled the outcome.
    pub(in crate::report) decided: String,
    /// From one to the other, in microseconds.
    pub(in crate::report) duration_us: u64,
    /// SYNs sent; copies are not counted.
    pub(in crate::report) syn_count: u32,
    /// Acceptable SYN-ACKs; copies are not counted.
    pub(in crate::report) syn_ack_count: u32,
    /// From the first SYN to the first answer that the client could accept, in microseconds.
    pub(in crate::report) answer_us: Option<u64>,
    /// What `connect()` returns on Linux; null when it succeeds or the capture cannot tell.
    pub(in crate::report) app_error: Option<&'static str>,
    /// The packets that show it.
    pub(in crate::report) evidence: Vec<Evidence>,
    /// What else is worth knowing.
    pub(in crate::report) notes: Vec<String>,
    /// What is known of it from elsewhere than packets, in words also among `notes`; left out when
    /// there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(in crate::report) testimony: Vec<Statement>,
    /// Wireshark's display filter for its packets and the ICMP errors about them.
    pub(in crate::report) display_filter: String,
    /// A filter in libpcap's language for capturing such an attempt when it happens again; null
    /// inside a tunnel.
    pub(in crate::report) capture_filter: Option<String>,
    /// What the capture itself says became of its packets, in words; null when it says nothing.
    pub(in crate::report) verdict: Option<String>,
    /// The same, field by field.
    pub(in crate::report) verdicts: Vec<Verdict>,
}

/// A packet that shows what became of an attempt.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Evidence {
    /// Its 1-based number in its source, as Wireshark's frame.number.
    pub(in crate::report) packet: u64,
    /// Index into `capture.sources`.
    pub(in crate::report) source: u32,
    /// Capture time.
    pub(super) time: String,
    /// `client`, `server`, or another address.
    pub(super) from: String,
    /// Its flags, or the name of the ICMP error.
    pub(super) what: String,
    /// What part it plays.
    pub(super) role: &'static str,
    /// The fields that matter.
    pub(super) detail: String,
}
