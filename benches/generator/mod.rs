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
mod far_place;
mod flood;
mod frame;
mod ledger;
mod payload;
mod random;
mod script;
mod scripted;

use std::io::{self, Write};

pub(crate) use capture_file::Format;
#[allow(unused_imports, reason = "one of the programs that share this asks")]
pub(crate) use far_place::{FarSettings, Lost};
pub(crate) use ledger::Generated;

use capture_file::{CaptureFile, Written};
use connection::Sender;
use far_place::FarPlace;
use frame::Segment;
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

    /// Whether it can be captured at both ends.
    fn has_two_places(self) -> bool {
        matches!(self, Self::Bulk | Self::Short | Self::Failing)
    }
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
    let (near, _) = generate_world(request, output, None)?;
    Ok(near)
}

/// Writes the capture beside the clients and the one beside the servers, and tells what a reader of
/// the first must find. Only for kinds in which both sides are made up, packet by packet.
#[allow(dead_code, reason = "one of the programs that share this asks")]
pub(crate) fn generate_pair<W: Write>(
    request: Request,
    settings: FarSettings,
    [near, far]: [W; 2],
) -> io::Result<(Generated, Far)> {
    if !request.kind.has_two_places() {
        let kind = request.kind;
        let why = format!("{kind:?} is made for one place only");
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    let file = CaptureFile::begin(far, request.format, request.bytes)?;
    let (near, far) = generate_world(request, near, Some(FarPlace::new(file, settings)))?;
    far.map(|far| (near, far))
        .ok_or_else(|| io::Error::other("the second capture is missing"))
}

/// What was made for the place beside the servers.
#[allow(dead_code, reason = "one of the programs that share this asks")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Far {
    /// How many packets.
    pub(crate) packets: u64,
    /// How many bytes the file has.
    pub(crate) bytes: u64,
    /// What was lost between both.
    pub(crate) lost: Lost,
}

fn generate_world<W: Write>(
    request: Request,
    output: W,
    far: Option<FarPlace<W>>,
) -> io::Result<(Generated, Option<Far>)> {
    let mut world = World {
        file: CaptureFile::begin(output, request.format, request.bytes)?,
        far,
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
    let far = world.far.map(FarPlace::finish).transpose()?;
    let far = far.map(|(Written { packets, bytes, .. }, lost)| Far {
        packets,
        bytes,
        lost,
    });
    Ok((world.ledger.close(written), far))
}

/// What all kinds write with.
struct World<W> {
    /// Where records go.
    file: CaptureFile<W>,
    /// The same load beside the servers, where it is asked for.
    far: Option<FarPlace<W>>,
    /// What becomes of the attempts.
    ledger: Ledger,
    /// Where chance comes from.
    random: Random,
    /// What segments carry.
    payloads: PayloadPool,
}

impl<W: Write> World<W> {
    /// Whether there is room for the largest record, and for so many bytes besides.
    fn has_room(&self, reserve: u64) -> bool {
        let beside_servers = self.far.as_ref().is_none_or(FarPlace::has_room);
        self.file.has_room(reserve) && beside_servers
    }

    /// Captures a client's segment that something on the way stops.
    fn stop(&mut self, at: u64, segment: &Segment) -> io::Result<()> {
        let payloads = &self.payloads;
        self.file.add(at, |frame| segment.append(payloads, frame))
    }

    /// Captures a segment wherever it comes by; false where it is lost on its way.
    fn transmit(&mut self, at: u64, sender: Sender, segment: &Segment) -> io::Result<bool> {
        let payloads = &self.payloads;
        let Some(far) = &mut self.far else {
            self.file.add(at, |frame| segment.append(payloads, frame))?;
            return Ok(true);
        };
        let is_lost = far.loses(sender, &mut self.random);
        if sender == Sender::Client || !is_lost {
            self.file.add(at, |frame| segment.append(payloads, frame))?;
        }
        if sender == Sender::Server || !is_lost {
            far.add(at, sender, segment, payloads)?;
        }
        Ok(!is_lost)
    }
}
