//! Capturing on one interface.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use pcap::{Active, Capture, Linktype, Precision};

use super::{Detail, LiveError, LiveSettings};
use crate::capture::interface::LEAVES_OUT_THIRD_STEP;
use crate::capture::{
    CapturedOn, Interface, LinkType, Packet, PacketNumber, PacketPlace, SourceFacts, SourceId,
    Timestamp,
};

/// After so many milliseconds the kernel gives away a piece of its buffer that is not full yet. A
/// refusal must show within 100. Shorter would wake this program more often, and leave less time
/// before packets are lost when something holds it up: libpcap cuts the buffer into pieces of 256
/// KiB, and each is taken for so long even by a single packet.
const BUFFER_TIME: i32 = 20;

/// So many packets of one interface are read before the others have their turn.
const PACKETS_AT_ONCE: u64 = 2048;

/// Linux cooked capture, version 2: names the interface of each packet.
const LINUX_SLL2: Linktype = Linktype(276);

/// An interface that packets are read from, or were until it went away.
pub(super) struct InterfaceCapture {
    name: String,
    source: SourceId,
    handle: Option<Capture<Active>>,
    link_type: LinkType,
    facts: Facts,
}

/// What was seen on it.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    packets: u64,
    bytes: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    lost: Losses,
    /// libpcap's counts when they were last read: 32 bits that start anew with every opening.
    latest_counts: (u32, u32),
}

/// Packets that should have come, and did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The kernel had no room for them: this program was too slow.
    pub kernel: u64,
    /// The interface or its driver dropped them.
    pub interface: u64,
}

/// What reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Everything that was there.
    Drained,
    /// Packets, and there are more.
    MoreToCome,
}

impl InterfaceCapture {
    pub(super) fn open(
        name: &str,
        source: SourceId,
        settings: &LiveSettings,
    ) -> Result<Self, LiveError> {
        let mut capture = Self {
            name: name.to_owned(),
            source,
            handle: None,
            link_type: LinkType::ETHERNET,
            facts: Facts::default(),
        };
        capture.reopen(settings)?;
        Ok(capture)
    }

    /// Opens it, for the first time or again; what was counted before stays.
    pub(super) fn reopen(&mut self, settings: &LiveSettings) -> Result<(), LiveError> {
        let handle = open_handle(&self.name, settings)?;
        let number = u32::try_from(handle.get_datalink().0).unwrap_or(u32::MAX);
        self.link_type = LinkType(number);
        self.facts.latest_counts = (0, 0);
        self.handle = Some(handle);
        Ok(())
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_open(&self) -> bool {
        self.handle.is_some()
    }

    /// What to wait for.
    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.handle.as_ref().map(AsFd::as_fd)
    }

    /// Hands over what was captured since the last call.
    ///
    /// # Errors
    ///
    /// When the interface went away: libpcap's message. It is closed then.
    pub(super) fn read(&mut self, mut each: impl FnMut(&Packet<'_>)) -> Result<Read, String> {
        let Some(handle) = &mut self.handle else {
            return Ok(Read::Drained);
        };
        for _ in 0..PACKETS_AT_ONCE {
            let captured = match handle.next_packet() {
                Ok(captured) => captured,
                Err(pcap::Error::TimeoutExpired | pcap::Error::NoMorePackets) => {
                    return Ok(Read::Drained);
                }
                Err(error) => {
                    let message = message_of(error);
                    self.count_losses();
                    self.handle = None;
                    return Err(message);
                }
            };
            let at = time_of(captured.header);
            self.facts.packets = self.facts.packets.saturating_add(1);
            let length = captured.data.len() as u64;
            self.facts.bytes = self.facts.bytes.saturating_add(length);
            self.facts.first = Some(self.facts.first.map_or(at, |first| first.min(at)));
            self.facts.last = self.facts.last.max(Some(at));
            each(&Packet {
                place: PacketPlace {
                    at,
                    source: self.source,
                    number: PacketNumber(self.facts.packets),
                },
                link_type: Some(self.link_type),
                bytes: captured.data,
                wire_length: captured.header.len,
                captured_on: CapturedOn::default(),
                options: None,
            });
        }
        Ok(Read::MoreToCome)
    }

    /// Asks libpcap how many packets were lost, all in all.
    pub(super) fn count_losses(&mut self) -> Losses {
        if let Some(counts) = self.handle.as_mut().and_then(|handle| handle.stats().ok()) {
            let (kernel, interface) = self.facts.latest_counts;
            let lost = &mut self.facts.lost;
            let more = |now: u32, before: u32| u64::from(now.wrapping_sub(before));
            lost.kernel = lost.kernel.saturating_add(more(counts.dropped, kernel));
            lost.interface = lost
                .interface
                .saturating_add(more(counts.if_dropped, interface));
            self.facts.latest_counts = (counts.dropped, counts.if_dropped);
        }
        self.facts.lost
    }

    pub(super) fn facts(&self, settings: &LiveSettings) -> SourceFacts {
        let facts = &self.facts;
        SourceFacts {
            bytes: facts.bytes,
            packets: facts.packets,
            first: facts.first,
            last: facts.last,
            dropped_by_interface: Some(facts.lost.interface),
            dropped_by_kernel: Some(facts.lost.kernel),
            interfaces: vec![Interface {
                name: Some(self.name.clone()),
                description: (settings.detail == Detail::Light)
                    .then(|| LEAVES_OUT_THIRD_STEP.to_owned()),
                filter: settings.filter.clone(),
                snap_length: settings.detail.snap_length(),
                ..Interface::undescribed(0, self.link_type)
            }],
            ..SourceFacts::before_reading(PathBuf::from(&self.name), "live")
        }
    }
}

fn open_handle(name: &str, settings: &LiveSettings) -> Result<Capture<Active>, LiveError> {
    let failed = |error: pcap::Error| LiveError::of_libpcap(name, message_of(error));
    let snap_length = i32::try_from(settings.detail.snap_length()).unwrap_or(i32::MAX);
    let mut handle = Capture::from_device(name)
        .map_err(failed)?
        .promisc(settings.promiscuous)
        .snaplen(snap_length)
        .buffer_size(i32::try_from(settings.buffer_bytes).unwrap_or(i32::MAX))
        .timeout(BUFFER_TIME)
        .precision(Precision::Nano)
        .open()
        .map_err(failed)?;
    // Of all interfaces at once; others have no such link type, and older libraries do not know it.
    if name == super::ANY {
        let _ = handle.set_datalink(LINUX_SLL2);
    }
    set_program(&mut handle, settings)?;
    handle.setnonblock().map_err(failed)
}

/// Compiles the user's part alone first: a mistake in it is the user's, and libpcap's message is
/// about that text.
fn set_program(handle: &mut Capture<Active>, settings: &LiveSettings) -> Result<(), LiveError> {
    let wrong = |expression: &str, error: pcap::Error| LiveError::Filter {
        expression: expression.to_owned(),
        message: message_of(error),
    };
    if let Some(filter) = &settings.filter {
        handle
            .compile(filter, true)
            .map_err(|error| wrong(filter, error))?;
    }
    let Some(programs) = settings.detail.programs(settings.filter.as_deref()) else {
        return Ok(());
    };
    if handle.filter(&programs.tagged, true).is_ok() {
        return Ok(());
    }
    handle
        .filter(&programs.plain, true)
        .map_err(|error| wrong(&programs.plain, error))
}

fn message_of(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

/// With the precision that was asked for, the field for microseconds holds nanoseconds.
fn time_of(header: &pcap::PacketHeader) -> Timestamp {
    let (seconds, nanoseconds) = (header.ts.tv_sec, header.ts.tv_usec);
    Timestamp::from_wide_nanoseconds(i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds))
}
