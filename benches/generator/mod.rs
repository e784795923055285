//! Makes captures of any size whose outcomes are known, for benchmarks.
//!
//! The same request always gives the same bytes. Frames are Ethernet and IPv4 with right checksums,
//! times are whole microseconds, start at 2026-01-01T00:00:00Z and never go back, so that both
//! formats hold the same moments.

mod addresses;
mod bulk;
mod bystanders;
mod capture_file;
mod connection;
mod corners;
mod flood;
mod frame;
mod ledger;
mod payload;
mod random;
mod script;
mod scripted;

use std::io::{self, Write};

pub(crate) use capture_file::Format;
pub(crate) use ledger::Generated;

use capture_file::CaptureFile;
use ledger::Ledger;
use payload::PayloadPool;
use random::Random;
use script::Mix;

/// What a capture is full of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Long downloads: about one connect in a thousand packets
    Bulk,
    /// Short connections of 10 to 12 packets, thousands at the same time
    Short,
    /// Connects that are refused (45 %), dropped (45 %) or rejected by ICMP (10 %)
    Failing,
    /// SYNs from random addresses to one port, one in a hundred answered
    Flood,
    /// Frames that hold no IP
    NotIp,
    /// ACKs of connections that began before the capture
    UnknownAcks,
    /// SYNs of one 4-tuple, each with another initial sequence number
    ReusedTuple,
    /// Refused connects of one 4-tuple
    RefusedTuple,
    /// Refused connects of ever more clients to one server
    OneServer,
    /// Refused and unanswered connects of one client to ever more servers
    ManyServers,
    /// SYNs of ever more clients with one initial sequence number
    OneIsn,
    /// One initial sequence number everywhere, answers from another host
    EqualIsns,
    /// The same with one client
    OneClientEqualIsns,
    /// Refused connects of which every packet is captured 32 times
    Copies,
    /// One SYN, captured over and over
    OneCopied,
    /// ICMP errors about one SYN, and about ever more that were not captured
    IcmpStorm,
}

impl Kind {
    /// What captures usually are full of, in the order of reports. The other kinds look for corners
    /// in which work grows faster than the capture.
    #[allow(dead_code, reason = "one of the two programs that share this asks")]
    pub(crate) const USUAL: [Self; 4] = [Self::Bulk, Self::Short, Self::Failing, Self::Flood];
}

/// Which capture to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// What it is full of.
    pub(crate) kind: Kind,
    /// The format of the file.
    pub(crate) format: Format,
    /// The size of the file: it ends with the last record that surely fits.
    pub(crate) bytes: u64,
    /// Another seed gives other addresses, numbers and times.
    pub(crate) seed: u64,
}

/// Writes the capture and tells what a reader of it must find.
pub(crate) fn generate(request: Request, output: impl Write) -> io::Result<Generated> {
    let mut world = World {
        file: CaptureFile::begin(output, request.format, request.bytes)?,
        ledger: Ledger::default(),
        random: Random::new(request.seed),
        payloads: PayloadPool::new(),
    };
    match request.kind {
        Kind::Bulk => bulk::write(&mut world, request.bytes)?,
        Kind::Short => scripted::write(&mut world, &Mix::SHORT)?,
        Kind::Failing => scripted::write(&mut world, &Mix::FAILING)?,
        Kind::Flood => flood::write(&mut world)?,
        Kind::NotIp => bystanders::not_ip(&mut world)?,
        Kind::UnknownAcks => bystanders::unknown_acks(&mut world)?,
        Kind::ReusedTuple => corners::write(&mut world, corners::reused_tuple)?,
        Kind::RefusedTuple => corners::write(&mut world, corners::refused_tuple)?,
        Kind::OneServer => corners::write(&mut world, corners::one_server)?,
        Kind::ManyServers => corners::write(&mut world, corners::many_servers)?,
        Kind::OneIsn => corners::write(&mut world, corners::one_isn)?,
        Kind::EqualIsns => corners::write(&mut world, corners::equal_isns)?,
        Kind::OneClientEqualIsns => corners::write(&mut world, corners::one_client_equal_isns)?,
        Kind::Copies => corners::write(&mut world, corners::copies)?,
        Kind::OneCopied => corners::write(&mut world, corners::one_copied)?,
        Kind::IcmpStorm => corners::write(&mut world, corners::icmp_storm)?,
    }
    let written = world.file.finish()?;
    Ok(world.ledger.close(written))
}

/// What all kinds write with.
struct World<W> {
    /// Where records go.
    file: CaptureFile<W>,
    /// What becomes of the attempts.
    ledger: Ledger,
    /// Where chance comes from.
    random: Random,
    /// What segments carry.
    payloads: PayloadPool,
}
