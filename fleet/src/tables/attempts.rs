//! `attempts(...)`: each try of a client to open a connection.

use std::net::IpAddr;

use datafusion::error::Result;
use tcpwhy::report::FlatAttempt;

use super::columns::{Cell, Column, Kind, Rows, column};

pub(super) const COLUMNS: &[Column] = &[
    column(
        "started",
        Kind::Time,
        "Time of the first SYN; of the first packet when no SYN was captured",
    ),
    column("client", Kind::Text, "Address of who sent the first SYN"),
    column("client_port", Kind::Number, "Its port"),
    column("server", Kind::Text, "Address and port that it went to"),
    column("server_address", Kind::Text, "The address alone"),
    column("server_port", Kind::Number, "The port alone"),
    column(
        "client_bytes",
        Kind::Address,
        "The client's address, 4 or 16 bytes",
    ),
    column(
        "server_bytes",
        Kind::Address,
        "The server's address, 4 or 16 bytes",
    ),
    column(
        "outcome",
        Kind::Text,
        "What the packets show: established, reset, refused, rejected, half_open, aborted, dropped, pending, partial",
    ),
    column(
        "trouble",
        Kind::Text,
        "What went wrong although it was established: slow, hung_up, stuck",
    ),
    column(
        "cause",
        Kind::Text,
        "Why; null when the packets do not tell",
    ),
    column(
        "confidence",
        Kind::Text,
        "How sure the cause is: certain, likely, possible",
    ),
    column("app_error", Kind::Text, "What connect() returns on Linux"),
    column(
        "duration_us",
        Kind::Number,
        "From the first packet to what settled the outcome, in microseconds",
    ),
    column(
        "answer_us",
        Kind::Number,
        "From the first SYN to the first acceptable answer, in microseconds",
    ),
    column("syn_count", Kind::Number, "SYNs sent"),
    column("syn_ack_count", Kind::Number, "Acceptable SYN-ACKs"),
    column(
        "decided",
        Kind::Time,
        "Time of the packet, or the moment, that settled the outcome",
    ),
    column(
        "client_name",
        Kind::Text,
        "The client's name, learned from the capture",
    ),
    column(
        "server_name",
        Kind::Text,
        "The server's name, learned from the capture",
    ),
    column(
        "service",
        Kind::Text,
        "The service usual on the server's port",
    ),
    column(
        "part_of",
        Kind::Text,
        "The finding that it is folded into: port_scan, syn_flood, backscatter",
    ),
    column(
        "captured_at",
        Kind::Text,
        "Where the packets were captured: client, server, between, filter",
    ),
    column(
        "file",
        Kind::Text,
        "The capture that its first packet is in",
    ),
    column(
        "packet",
        Kind::Number,
        "The number of that packet there, as Wireshark's frame.number",
    ),
    column(
        "packets",
        Kind::Text,
        "The numbers of the packets that show it",
    ),
    column("interface", Kind::Text, "The interface of its first packet"),
    column(
        "path",
        Kind::Text,
        "What the packets were wrapped in, outside in",
    ),
    column("vlan", Kind::Number, "The outermost VLAN"),
    column("inner_vlan", Kind::Number, "The next VLAN within that"),
    column("isn", Kind::Number, "The client's initial sequence number"),
    column(
        "community_id",
        Kind::Text,
        "Community ID 1.0 of the flow, with seed 0",
    ),
    column(
        "verdict",
        Kind::Text,
        "What the capture itself says became of its packets",
    ),
    column(
        "notes",
        Kind::Text,
        "What else is worth knowing, a line each",
    ),
    column("id", Kind::Number, "Its name: what tcpwhy ladder takes"),
];

/// Adds an attempt.
pub(super) fn push(rows: &mut Rows, attempt: FlatAttempt) -> Result<()> {
    let address = |text: &str| Cell::Address(text.parse::<IpAddr>().ok());
    rows.push([
        Cell::Time(Some(attempt.started)),
        Cell::text(attempt.client_address.clone()),
        Cell::number(attempt.client_port),
        Cell::Text(Some(attempt.server)),
        Cell::text(attempt.server_address.clone()),
        Cell::number(attempt.server_port),
        address(&attempt.client_address),
        address(&attempt.server_address),
        Cell::text(attempt.outcome),
        Cell::words(attempt.trouble),
        Cell::name(attempt.cause),
        Cell::name(attempt.confidence),
        Cell::name(attempt.app_error),
        Cell::number(attempt.duration_us),
        Cell::maybe(attempt.answer_us),
        Cell::number(attempt.syn_count),
        Cell::number(attempt.syn_ack_count),
        Cell::Time(Some(attempt.decided)),
        Cell::Text(attempt.client_name),
        Cell::Text(attempt.server_name),
        Cell::Text(attempt.service),
        Cell::name(attempt.part_of),
        Cell::name(attempt.captured_at),
        Cell::Text(Some(attempt.file)),
        Cell::number(attempt.packet),
        Cell::words(attempt.packets),
        Cell::Text(attempt.interface),
        Cell::words(attempt.path),
        Cell::maybe(attempt.vlan),
        Cell::maybe(attempt.inner_vlan),
        Cell::maybe(attempt.isn),
        Cell::Text(Some(attempt.community_id)),
        Cell::Text(attempt.verdict),
        Cell::words(attempt.notes),
        Cell::number(attempt.id),
    ])
}
