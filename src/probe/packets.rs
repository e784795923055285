//! The probe's own packets, where they may be captured: the same engine as everywhere says what
//! they show, and they are evidence.
//!
//! A thread captures on all interfaces while probes run, and keeps what is about the addresses that
//! are probed, with ICMP errors about them and who asks for whom on the links: bounded in number
//! and in bytes, the oldest go first.

use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::one_connect::endpoint;
use super::report::{ConnectReport, Witness};
use crate::Analysis;
use crate::capture::live::{ANY, HostClock, LiveCapture, LiveError, LiveSettings};
use crate::capture::{
    CapturedOn, Interface, LinkType, Packet, PacketPlace, PcapngWriter, Timestamp,
    WrittenStatistics,
};
use crate::decode::{Endpoint, Observation, TunnelPorts, decode_with};
use crate::diagnosis::{Confidence, DiagnosedAttempt, EndpointPattern, Selection};

/// So much is kept: a probe of hundreds of targets has some ten packets of each.
const MOST_PACKETS: usize = 65_536;
const MOST_BYTES: usize = 16 << 20;

/// The kernel's buffer. What a probe sends is little.
const BUFFER_BYTES: u32 = 4 << 20;

/// One look takes so long at most.
const ONE_TURN: Duration = Duration::from_millis(20);

/// Packets of a connect are there so long after its end, or are not waited for.
const SETTLED: Duration = Duration::from_millis(60);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// As long as everywhere.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the file of evidence says of itself.
const APPLICATION: &str = concat!("tcpwhy ", env!("CARGO_PKG_VERSION"));

/// Watches the packets of probes.
#[derive(Debug)]
pub struct PacketWitness {
    kept: Mutex<Kept>,
    wanted: Mutex<BTreeSet<IpAddr>>,
    /// The connects that were made, with what came of each, for evidence.
    connects: Mutex<Vec<((Endpoint, Endpoint), String)>>,
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct Kept {
    packets: VecDeque<KeptPacket>,
    bytes: usize,
    /// All that was captured before this time is there.
    settled: Timestamp,
    lost: u64,
}

#[derive(Debug)]
struct KeptPacket {
    at: Timestamp,
    link_type: LinkType,
    bytes: Box<[u8]>,
    wire_length: u32,
    captured_on: CapturedOn,
}

impl KeptPacket {
    fn packet(&self) -> Packet<'_> {
        Packet {
            place: PacketPlace {
                at: self.at,
                ..PacketPlace::default()
            },
            link_type: Some(self.link_type),
            bytes: &self.bytes,
            wire_length: self.wire_length,
            captured_on: self.captured_on,
            options: None,
        }
    }
}

/// A thread that ended badly leaves what it knew.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PacketWitness {
    /// Begins to capture, until the last one who holds it lets go.
    ///
    /// # Errors
    ///
    /// When that may not be, or cannot be.
    pub fn open() -> Result<Arc<Self>, LiveError> {
        let capture = LiveCapture::open(LiveSettings {
            interfaces: vec![ANY.to_owned()],
            promiscuous: false,
            buffer_bytes: BUFFER_BYTES,
            ..LiveSettings::default()
        })?;
        let witness = Arc::new(Self {
            kept: Mutex::default(),
            wanted: Mutex::default(),
            connects: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let watching = Arc::clone(&witness);
        thread::spawn(move || watching.watch(capture));
        Ok(witness)
    }

    /// Captures no more.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn watch(&self, mut capture: LiveCapture) {
        let mut clock = HostClock::new();
        while !self.is_over.load(Ordering::Relaxed) {
            let now = clock.read().now;
            let turn = capture.read(ONE_TURN, now, |packet| self.take(packet));
            let mut kept = locked(&self.kept);
            if turn.is_drained {
                kept.settled = now;
            }
            kept.lost = capture.count_losses().kernel;
        }
    }

    fn take(&self, packet: &Packet<'_>) {
        let Some(link_type) = packet.link_type.filter(|_| self.is_wanted(packet)) else {
            return;
        };
        let mut kept = locked(&self.kept);
        kept.bytes += packet.bytes.len();
        kept.packets.push_back(KeptPacket {
            at: packet.place.at,
            link_type,
            bytes: packet.bytes.into(),
            wire_length: packet.wire_length,
            captured_on: packet.captured_on,
        });
        while kept.packets.len() > MOST_PACKETS || kept.bytes > MOST_BYTES {
            let oldest = kept.packets.pop_front();
            kept.bytes -= oldest.map_or(kept.bytes, |oldest| oldest.bytes.len());
        }
    }

    fn is_wanted(&self, packet: &Packet<'_>) -> bool {
        let wanted = locked(&self.wanted);
        match decode_with(packet, &TunnelPorts::NONE) {
            Observation::Segment(segment) => {
                wanted.contains(&segment.source.address)
                    || wanted.contains(&segment.destination.address)
            }
            Observation::IcmpError(error) => wanted.contains(&error.quote.destination.address),
            Observation::Neighbour(_) => true,
            _ => false,
        }
    }

    /// From now on packets of this address are kept.
    pub(super) fn want(&self, address: IpAddr) {
        locked(&self.wanted).insert(address.to_canonical());
    }

    /// Adds to the report of a connect that is over what its packets show. Where they show nothing,
    /// or another end than the kernel knows, the kernel's word stands alone.
    pub(super) fn testify(&self, report: &mut ConnectReport) {
        let Some(client) = report.client else {
            return;
        };
        self.wait_for_the_latest();
        let ends = (endpoint(client), endpoint(report.address));
        if let Some(diagnosed) = self.diagnosed(ends)
            && Some(diagnosed.outcome()) == report.outcome
        {
            add(report, diagnosed);
        }
        let outcome = report.outcome.map_or("not sent", |outcome| outcome.name());
        locked(&self.connects).push((ends, format!("tcpwhy probe: {outcome}")));
    }

    fn wait_for_the_latest(&self) {
        let mut clock = HostClock::new();
        let until = clock.read().now.after(SETTLED);
        while locked(&self.kept).settled < until && clock.running() < LONGEST_WAIT {
            thread::sleep(ONE_TURN / 2);
        }
    }

    fn diagnosed(&self, (client, server): (Endpoint, Endpoint)) -> Option<DiagnosedAttempt> {
        let mut analysis = Analysis::new().patience(PATIENCE).selection(Selection {
            servers: vec![pattern(server)],
            clients: vec![pattern(client)],
            ..Selection::default()
        });
        {
            let kept = locked(&self.kept);
            for one in &kept.packets {
                analysis.push(one.packet());
            }
            analysis.packets_lost(kept.lost);
        }
        analysis.watched_until(HostClock::new().read().now);
        let analysed = analysis.finish();
        let mut attempts = analysed.attempts();
        let latest = attempts.next_back();
        latest.cloned()
    }

    /// Writes the packets of all connects that were made, those of the links about them as well:
    /// reading the file gives the same verdicts.
    ///
    /// # Errors
    ///
    /// As `out`.
    pub fn write_evidence(&self, out: &mut dyn Write) -> io::Result<u64> {
        let kept = locked(&self.kept);
        let connects = locked(&self.connects);
        let mut writer = PcapngWriter::new(out, APPLICATION, "packets of tcpwhy probe")?;
        let mut interfaces: Vec<LinkType> = Vec::new();
        let mut told = BTreeSet::new();
        let mut count = 0;
        for one in &kept.packets {
            let packet = one.packet();
            let about = about(&packet);
            let is_of = |(client, server): (Endpoint, Endpoint)| {
                about == Some((client, server)) || about == Some((server, client))
            };
            let known = connects.iter().find(|(ends, _)| is_of(*ends));
            if about.is_some() && known.is_none() {
                continue;
            }
            let place = interfaces.iter().position(|known| *known == one.link_type);
            let place = if let Some(place) = place {
                place
            } else {
                interfaces.push(one.link_type);
                writer.interface(&Interface::undescribed(0, one.link_type))?;
                interfaces.len() - 1
            };
            // The first packet of each says what came of it.
            let comment = known.filter(|(ends, _)| told.insert(*ends));
            let comments: Vec<String> = comment
                .map(|(_, words)| words.clone())
                .into_iter()
                .collect();
            writer.packet(u32::try_from(place).unwrap_or_default(), &packet, &comments)?;
            count += 1;
        }
        for place in 0..interfaces.len() {
            let statistics = WrittenStatistics {
                end: kept.settled,
                dropped_by_interface: None,
                dropped_by_kernel: Some(kept.lost),
            };
            writer.statistics(u32::try_from(place).unwrap_or_default(), &statistics)?;
        }
        writer.finish()?;
        Ok(count)
    }
}

/// Between whom a packet is, or the one that it quotes; `None` for one of the link.
fn about(packet: &Packet<'_>) -> Option<(Endpoint, Endpoint)> {
    match decode_with(packet, &TunnelPorts::NONE) {
        Observation::Segment(segment) => Some((segment.source, segment.destination)),
        Observation::IcmpError(error) => Some((error.quote.source, error.quote.destination)),
        _ => None,
    }
}

fn pattern(endpoint: Endpoint) -> EndpointPattern {
    let bits = if endpoint.address.is_ipv4() { 32 } else { 128 };
    EndpointPattern {
        network: Some((endpoint.address, bits)),
        port: Some(endpoint.port),
    }
}

/// What packets show goes first; what the kernel knows as surely stands beside it.
fn add(report: &mut ConnectReport, diagnosed: DiagnosedAttempt) {
    let known = std::mem::take(&mut report.causes);
    report.causes.clone_from(&diagnosed.causes);
    for judged in known {
        let is_new = report
            .causes
            .iter()
            .all(|shown| shown.cause != judged.cause);
        if is_new && judged.confidence >= Confidence::Likely {
            report.causes.push(judged);
        } else if let Some(shown) = report
            .causes
            .iter_mut()
            .find(|shown| shown.cause == judged.cause)
        {
            shown.confidence = shown.confidence.max(judged.confidence);
        }
    }
    report
        .causes
        .sort_by_key(|judged| std::cmp::Reverse(judged.confidence));
    for trouble in diagnosed.decided.judgement.troubles.iter() {
        if !report.troubles.contains(&trouble) {
            report.troubles.push(trouble);
        }
    }
    report.syn_count = report.syn_count.max(diagnosed.decided.attempt.syn_count);
    report.witness = Witness::Packets;
    report.diagnosed = Some(Box::new(diagnosed));
}

/// Where packets may be captured, those to these addresses are kept.
pub(super) fn want(witness: Option<&Arc<PacketWitness>>, addresses: &[SocketAddr]) {
    if let Some(witness) = witness {
        for address in addresses {
            witness.want(address.ip());
        }
    }
}
