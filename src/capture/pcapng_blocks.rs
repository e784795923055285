//! What the blocks of a pcapng file that are no packets say: interfaces and their statistics.

use std::sync::Arc;
use std::time::Duration;

use super::byte_order::ByteOrder;
use super::packet_comment;
use super::record_options::{for_each_option, little_endian_of_interface};
use super::time_unit::TimeUnit;
use super::{LinkType, Passage, Timestamp};

/// `if_name`, `if_description`, `if_tsresol`, `if_filter`, `if_tsoffset` of an interface
/// description block.
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_FILTER: u16 = 11;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// `isb_endtime`, `isb_ifdrop`, `isb_osdrop` of an interface statistics block.
const ISB_ENDTIME: u16 = 3;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// `isb_ifrecv`, `isb_filteraccept`, `isb_usrdeliv`: packets that the interface received, that the
/// filter let pass, that were handed to who captured.
const PACKET_COUNTS: [u16; 3] = [4, 6, 8];

/// So many times more packets than the file has are those of a longer capture, of which the file is
/// an excerpt.
const OF_A_LONGER_CAPTURE: u64 = 10;

/// `opt_comment` of any block, `epb_dropcount` of an enhanced packet block.
const COMMENT: u16 = 1;
const EPB_FLAGS: u16 = 2;
const EPB_DROPCOUNT: u16 = 4;
const EPB_VERDICT: u16 = 7;

/// So many characters of an interface's name are kept while packets are read.
const SHORT_NAME: usize = 128;

/// `shb_userappl` of a section header block: what wrote the file.
const SHB_USERAPPL: u16 = 4;

/// What writes traces of Windows.
const WINDOWS_WRITER: &str = "etl2pcapng";

/// Whether a trace of Windows is in this section, by what wrote it; `body` is its header's.
pub(super) fn is_of_windows(order: ByteOrder, body: &[u8]) -> bool {
    const FIXED: usize = 16;
    let mut is_so = false;
    for_each_option(
        order,
        body.get(FIXED..).unwrap_or_default(),
        |code, value| {
            is_so |= code == SHB_USERAPPL && text(value).contains(WINDOWS_WRITER);
        },
    );
    is_so
}

/// So many bytes of an interface's other options are kept.
const ROOM_FOR_OTHERS: usize = 4096;

/// The bits of an enhanced packet block's flags for errors that the interface found: wrong checksum
/// of the frame, too long or too short, gap, alignment, delimiter, preamble, symbol.
const LINK_LAYER_ERRORS: u32 = 0xffff_0000;

/// More of a text is not kept, in bytes.
const LONGEST_TEXT: usize = 4096;

/// For how long after its last packet a capture is believed to have run on, when its statistics say
/// so.
const LONGEST_QUIET_END: Duration = Duration::from_secs(7 * 24 * 3600);

/// An interface as the section that declares it describes it.
#[derive(Clone, Debug)]
pub(super) struct DeclaredInterface {
    pub(super) link_type: LinkType,
    pub(super) snap_length: u32,
    pub(super) time_unit: TimeUnit,
    pub(super) name: Option<String>,
    /// The start of the name, which is kept while packets are read.
    pub(super) short_name: Option<Arc<str>>,
    pub(super) description: Option<String>,
    pub(super) filter: Option<String>,
    /// What else is said of it: code and value, numbers little-endian.
    pub(super) others: Vec<(u16, Vec<u8>)>,
    /// What its statistics said so far.
    pub(super) dropped: Dropped,
}

/// Losses of one interface since the capture began: each of its statistics blocks repeats what
/// those before it said.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Dropped {
    by_interface: u64,
    by_kernel: u64,
}

impl DeclaredInterface {
    /// Reads an interface description block's body; options end where they stop making sense.
    /// `None` if it is too short.
    pub(super) fn parse(order: ByteOrder, body: &[u8]) -> Option<Self> {
        let mut interface = Self {
            link_type: LinkType(u32::from(order.u16(body, 0)?)),
            snap_length: order.u32(body, 4)?,
            time_unit: TimeUnit::MICROSECONDS,
            name: None,
            short_name: None,
            description: None,
            filter: None,
            others: Vec::new(),
            dropped: Dropped::default(),
        };
        let mut offset_seconds = 0;
        let mut room = ROOM_FOR_OTHERS;
        for_each_option(order, body.get(8..)?, |code, value| match code {
            IF_NAME => interface.name = Some(text(value)),
            IF_DESCRIPTION => interface.description = Some(text(value)),
            IF_FILTER if filter(value).is_some() => interface.filter = filter(value),
            IF_TSRESOL => {
                if let Some(&resolution) = value.first() {
                    interface.time_unit = TimeUnit::from_option(resolution);
                }
            }
            IF_TSOFFSET => offset_seconds = order.u64(value, 0).map_or(0, u64::cast_signed),
            _ => {
                if let Some(left) = room.checked_sub(value.len()) {
                    room = left;
                    let value = little_endian_of_interface(order, code, value);
                    interface.others.push((code, value.into_owned()));
                }
            }
        });
        interface.time_unit = interface.time_unit.with_offset(offset_seconds);
        let name = interface.name.as_deref();
        interface.short_name = name.map(|name| {
            let start: String = name.chars().take(SHORT_NAME).collect();
            start.into()
        });
        Some(interface)
    }
}

/// Without the zeros that some writers leave behind it.
fn text(value: &[u8]) -> String {
    let value = value.get(..LONGEST_TEXT).unwrap_or(value);
    String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .to_owned()
}

/// The expression, if it is one: the other kind is a compiled program, which says nothing to
/// people.
fn filter(value: &[u8]) -> Option<String> {
    const EXPRESSION: u8 = 0;
    match value.split_first() {
        Some((&EXPRESSION, expression)) if !expression.is_empty() => Some(text(expression)),
        _ => None,
    }
}

/// What the options of an enhanced packet block say.
#[derive(Debug, Default)]
pub(super) struct PacketOptions {
    /// How many packets were lost before this one on its interface.
    pub(super) lost_before: Option<u64>,
    /// The comments, one behind the other.
    pub(super) comment: Option<String>,
    /// Which way the packet went.
    pub(super) passage: Option<Passage>,
    /// Whether the interface found errors of the link in it.
    pub(super) is_damaged: bool,
    /// Whether a verdict on the packet is among them.
    pub(super) has_verdict: bool,
    /// Whether the last of the options is cut.
    pub(super) is_cut: bool,
}

impl PacketOptions {
    pub(super) fn parse(order: ByteOrder, options: &[u8]) -> Self {
        let mut parsed = Self::default();
        let is_whole = for_each_option(order, options, |code, value| match code {
            EPB_FLAGS => {
                let flags = order.u32(value, 0).unwrap_or_default();
                parsed.passage = passage(flags);
                parsed.is_damaged = flags & LINK_LAYER_ERRORS != 0;
            }
            EPB_VERDICT => parsed.has_verdict = true,
            EPB_DROPCOUNT => parsed.lost_before = order.u64(value, 0),
            COMMENT => packet_comment::add(&mut parsed.comment, value),
            _ => {}
        });
        parsed.is_cut = !is_whole;
        parsed
    }
}

/// What the lowest bits of an enhanced packet block's flags say.
fn passage(flags: u32) -> Option<Passage> {
    match flags & 3 {
        1 => Some(Passage::In),
        2 => Some(Passage::Out),
        _ => None,
    }
}

/// What interface statistics blocks say about the whole source.
#[derive(Clone, Debug, Default)]
pub(super) struct InterfaceStatistics {
    /// Until when the capture ran, where that is said and can be true.
    pub(super) watched_until: Option<Timestamp>,
    /// Packets that the interface dropped.
    pub(super) dropped_by_interface: Option<u64>,
    /// Packets that the operating system dropped.
    pub(super) dropped_by_kernel: Option<u64>,
}

impl InterfaceStatistics {
    /// Adds one block, about this interface; `latest` is the time of the last packet before it, and
    /// so many packets there were.
    pub(super) fn add(
        &mut self,
        order: ByteOrder,
        body: &[u8],
        interface: &mut DeclaredInterface,
        (latest, packets): (Timestamp, u64),
    ) {
        let counts_more = is_of_a_longer_capture(order, body, packets);
        let (unit, dropped) = (interface.time_unit, &mut interface.dropped);
        for_each_option(
            order,
            body.get(12..).unwrap_or_default(),
            |code, value| match code {
                ISB_ENDTIME if !counts_more => {
                    let end = believable_end(order, value, unit, latest);
                    self.watched_until = self.watched_until.max(end);
                }
                ISB_IFDROP => add_count(
                    &mut self.dropped_by_interface,
                    more(&mut dropped.by_interface, order.u64(value, 0)),
                ),
                ISB_OSDROP => add_count(
                    &mut self.dropped_by_kernel,
                    more(&mut dropped.by_kernel, order.u64(value, 0)),
                ),
                _ => {}
            },
        );
    }
}

/// Whether the least that the block counts is far more than there is in the file.
fn is_of_a_longer_capture(order: ByteOrder, body: &[u8], packets: u64) -> bool {
    let mut least: Option<u64> = None;
    for_each_option(order, body.get(12..).unwrap_or_default(), |code, value| {
        let count = order
            .u64(value, 0)
            .filter(|_| PACKET_COUNTS.contains(&code));
        least = least.into_iter().chain(count).min();
    });
    least.is_some_and(|count| count / OF_A_LONGER_CAPTURE > packets)
}

/// How much a count has grown since it was told last.
fn more(told: &mut u64, count: Option<u64>) -> Option<u64> {
    let count = count?;
    let more = count.saturating_sub(*told);
    *told = count.max(*told);
    Some(more)
}

pub(super) fn add_count(total: &mut Option<u64>, count: Option<u64>) {
    if let Some(count) = count {
        *total = Some(total.unwrap_or(0).saturating_add(count));
    }
}

/// The end of the capture, if it can be true: not before the last packet and not absurdly long
/// after it. Some writers (dumpcap 4.0) count it in microseconds whatever the interface's unit is.
fn believable_end(
    order: ByteOrder,
    value: &[u8],
    unit: TimeUnit,
    latest: Timestamp,
) -> Option<Timestamp> {
    let units = u64::from(order.u32(value, 0)?) << 32 | u64::from(order.u32(value, 4)?);
    [unit.time(units), TimeUnit::MICROSECONDS.time(units)]
        .into_iter()
        .find(|end| *end >= latest && end.since(latest) <= LONGEST_QUIET_END)
}
