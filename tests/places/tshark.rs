//! The packets of a capture as tshark reads them. Nothing of the program's own reading is used.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

/// What a packet is to a connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Syn,
    SynAck,
    Reset,
    IcmpError,
    /// Neither data nor the end of anything.
    Ack,
    Other,
}

/// A TCP segment, or one that an ICMP error quotes.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// Of the story's places.
    pub(super) place: usize,
    pub(super) nanoseconds: i64,
    pub(super) kind: Kind,
    pub(super) source: SocketAddr,
    pub(super) target: SocketAddr,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
}

const FIELDS: [&str; 14] = [
    "frame.time_epoch",
    "ip.src",
    "ip.dst",
    "ipv6.src",
    "ipv6.dst",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.seq",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.len",
    "icmp.type",
    "icmpv6.type",
];

/// All of TCP in the capture, in its order.
pub(super) fn read(place: usize, capture: &Path) -> Vec<Seen> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(capture);
    for preference in [
        "tcp.relative_sequence_numbers:FALSE",
        "tcp.desegment_tcp_streams:FALSE",
        "ip.defragment:FALSE",
    ] {
        command.args(["-o", preference]);
    }
    command.args(["-Y", "tcp", "-T", "fields", "-E", "occurrence=a"]);
    for field in FIELDS {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", capture.display());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| packet(place, line)).collect()
}

fn packet(place: usize, line: &str) -> Seen {
    let fields: Vec<&str> = line.split('\t').collect();
    let [
        time,
        v4,
        v4_to,
        v6,
        v6_to,
        port,
        target_port,
        number,
        quoted_number,
        acknowledged,
        flags,
        length,
        icmp,
        new_icmp,
    ] = fields[..]
    else {
        panic!("{} fields: {line}", fields.len());
    };
    let is_error = !icmp.is_empty() || !new_icmp.is_empty();
    // Of a tunnel the inner header is the last, and of an ICMP error that of its quote.
    let inner = |old: &str, new: &str| -> IpAddr {
        let address = if new.is_empty() { old } else { new };
        last(address).parse().unwrap()
    };
    // In quotes, tshark 4.0 gives the number by its other name only.
    let number = if number.is_empty() {
        quoted_number
    } else {
        number
    };
    let flags = u16::from_str_radix(last(flags).trim_start_matches("0x"), 16).unwrap_or(0);
    Seen {
        place,
        nanoseconds: nanoseconds(time),
        kind: kind(flags, last(length), is_error),
        source: SocketAddr::new(inner(v4, v6), last(port).parse().unwrap()),
        target: SocketAddr::new(inner(v4_to, v6_to), last(target_port).parse().unwrap()),
        sequence: last(number).parse().unwrap(),
        acknowledgment: last(acknowledged).parse().unwrap_or(0),
    }
}

fn last(occurrences: &str) -> &str {
    occurrences.rsplit(',').next().unwrap()
}

/// `1700000000.123456789`
fn nanoseconds(time: &str) -> i64 {
    let (seconds, fraction) = time.split_once('.').unwrap();
    let whole: i64 = seconds.parse().unwrap();
    let part: i64 = format!("{fraction:0<9}")[..9].parse().unwrap();
    whole * 1_000_000_000 + part
}

fn kind(flags: u16, length: &str, is_error: bool) -> Kind {
    match flags & 0x17 {
        _ if is_error => Kind::IcmpError,
        0x02 => Kind::Syn,
        0x12 => Kind::SynAck,
        bits if bits & 0x04 != 0 => Kind::Reset,
        0x10 if length == "0" => Kind::Ack,
        _ => Kind::Other,
    }
}
