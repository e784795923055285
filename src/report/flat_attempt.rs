//! An attempt as a row of a table: each field by itself, as in the JSON report.

use super::json::{self, WireAttempt};
use super::model::Report;
use crate::capture::Timestamp;
use crate::diagnosis::DiagnosedAttempt;

/// One attempt, for tables. Names and texts are as they came from the capture: hostile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlatAttempt {
    /// Its name: `ladder` takes it.
    pub id: u64,
    /// The source of its first packet, as it was named.
    pub file: String,
    /// The number of that packet in its source.
    pub packet: u64,
    /// The client's address.
    pub client_address: String,
    /// The client's port.
    pub client_port: u16,
    /// The server's address.
    pub server_address: String,
    /// The server's port.
    pub server_port: u16,
    /// Address and port of the server.
    pub server: String,
    /// Community ID 1.0 of the flow, with seed 0.
    pub community_id: String,
    /// The client's name, learned from the capture.
    pub client_name: Option<String>,
    /// The server's name, learned from the capture.
    pub server_name: Option<String>,
    /// The service usual on the server's port.
    pub service: Option<String>,
    /// What the packets were wrapped in, outside in, with commas.
    pub path: String,
    /// The outermost VLAN.
    pub vlan: Option<u16>,
    /// The next VLAN within that.
    pub inner_vlan: Option<u16>,
    /// The interface of its first packet.
    pub interface: Option<String>,
    /// Where the packets were captured: `client`, `server`, `between`, `filter`.
    pub captured_at: Option<&'static str>,
    /// The kind of finding that it is folded into.
    pub part_of: Option<&'static str>,
    /// The client's initial sequence number.
    pub isn: Option<u32>,
    /// How it ended.
    pub outcome: &'static str,
    /// What went wrong although it was established, separated by spaces.
    pub trouble: String,
    /// Why.
    pub cause: Option<&'static str>,
    /// How sure the cause is.
    pub confidence: Option<&'static str>,
    /// When its first packet was captured.
    pub started: Timestamp,
    /// When it was settled how it ended.
    pub decided: Timestamp,
    /// From one to the other, in microseconds.
    pub duration_us: u64,
    /// SYNs sent.
    pub syn_count: u32,
    /// Acceptable SYN-ACKs.
    pub syn_ack_count: u32,
    /// From the first SYN to the first acceptable answer, in microseconds.
    pub answer_us: Option<u64>,
    /// What `connect()` returns on Linux.
    pub app_error: Option<&'static str>,
    /// What the capture itself says became of its packets, in words.
    pub verdict: Option<String>,
    /// What else is worth knowing, a line each.
    pub notes: String,
    /// The numbers of the packets that show it, in the source of the first, separated by spaces.
    pub packets: String,
}

impl FlatAttempt {
    /// That of an attempt of this report.
    pub fn of(report: &Report, diagnosed: &DiagnosedAttempt) -> Self {
        let decided = &diagnosed.decided;
        let times = (decided.attempt.started_at(), decided.judgement.at);
        Self::from_wire(json::wire_attempt(report, diagnosed), times)
    }

    fn from_wire(attempt: WireAttempt, (started, decided): (Timestamp, Timestamp)) -> Self {
        let of_file = |source: u32| source == attempt.first_packet.source;
        let packets = attempt.evidence.iter();
        let packets = packets.filter(|packet| of_file(packet.source));
        let packets: Vec<String> = packets.map(|packet| packet.packet.to_string()).collect();
        Self {
            packets: packets.join(" "),
            id: attempt.id,
            file: attempt.file,
            packet: attempt.first_packet.packet,
            client_address: attempt.client_address,
            client_port: attempt.client_port,
            server_address: attempt.server_address,
            server_port: attempt.server_port,
            server: attempt.server,
            community_id: attempt.community_id,
            client_name: attempt.client_name,
            server_name: attempt.server_name,
            service: attempt.service,
            path: attempt.path.join(", "),
            vlan: attempt.vlan,
            inner_vlan: attempt.inner_vlan,
            interface: attempt.interface,
            captured_at: attempt.captured_at,
            part_of: attempt.part_of,
            isn: attempt.isn,
            outcome: attempt.outcome,
            trouble: attempt.trouble.join(" "),
            cause: attempt.cause,
            confidence: attempt.confidence,
            started,
            decided,
            duration_us: attempt.duration_us,
            syn_count: attempt.syn_count,
            syn_ack_count: attempt.syn_ack_count,
            answer_us: attempt.answer_us,
            app_error: attempt.app_error,
            verdict: attempt.verdict,
            notes: attempt.notes.join("\n"),
        }
    }
}
