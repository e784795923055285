//! Records of a pcapng file: any number of sections of either byte order, each with interfaces of
//! their own link type and time resolution; enhanced, simple and old packet blocks; what is unknown
//! is passed over.

use super::byte_order::ByteOrder;
use super::interface::{Interface, REMEMBERED_INTERFACES};
use super::pcapng_blocks::{
    DeclaredInterface, InterfaceStatistics, PacketOptions, add_count, is_of_windows,
};
use super::pcapng_framing::{pass_over, section_byte_order, whole_block};
use super::problem::RecordError;
use super::record::{Record, record_limit};
use super::record_buffer::RecordBuffer;
use super::record_options::RecordOptions;
use super::resolved_name::{self, ResolvedName};
use super::window::WholeRecord;
use super::{CapturedOn, LinkType, Timestamp};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
/// Blocks that hold no packet, but that Wireshark and tshark (4.0 to 4.4) number as frames: entries
/// of systemd's journal, custom blocks that may be copied and that may not, and events of sysdig.
const FRAMES_BESIDE: [u32; 6] = [9, 0xbad, 0x4000_0bad, 0x204, 0x216, 0x221];

/// Block type, block length, and the length again at the end.
const SMALLEST_BLOCK: usize = 12;

/// An enhanced packet block's type, lengths and fields, before the packet.
const ENHANCED_PACKET_HEADER: usize = 28;

/// The largest block that is read whole because it is no packet: larger ones are passed over.
const METADATA_LIMIT: usize = 1 << 20;

/// What one section's blocks have declared so far.
#[derive(Debug)]
pub(super) struct PcapngFile {
    order: ByteOrder,
    /// Of the current section; looked up by interface id.
    declared: Vec<DeclaredInterface>,
    /// How many interfaces earlier sections declared.
    declared_before: u32,
    /// Interfaces of all sections, for the report.
    interfaces: Vec<Interface>,
    /// Blocks so far that are no packets, and have numbers as these do.
    frames_beside: u64,
    latest: Timestamp,
    /// How many packets were read.
    packets: u64,
    statistics: InterfaceStatistics,
    /// Packets lost before others, as these say: what there is without interface statistics.
    lost_between: Option<u64>,
    names: Vec<ResolvedName>,
    /// On the packet read last.
    comment: Option<String>,
    /// Of the packet read last.
    options: RecordOptions,
    /// Whether the options of the packet read last are cut short.
    has_cut_options: bool,
    /// What is odd about the times from the packet read last on.
    odd_time: Option<&'static str>,
    /// Whether `etl2pcapng` wrote the section.
    is_of_windows: bool,
}

impl PcapngFile {
    /// Whether a file that starts so is a pcapng file.
    pub(super) fn is_recognised(first: &[u8]) -> bool {
        first.get(..4) == Some(&SECTION_HEADER.to_be_bytes()) && section_byte_order(first).is_some()
    }

    pub(super) fn new() -> Self {
        Self {
            order: ByteOrder::Little,
            declared: Vec::new(),
            declared_before: 0,
            interfaces: Vec::new(),
            frames_beside: 0,
            latest: Timestamp::default(),
            packets: 0,
            statistics: InterfaceStatistics::default(),
            lost_between: None,
            names: Vec::new(),
            comment: None,
            options: RecordOptions::default(),
            has_cut_options: false,
            odd_time: None,
            is_of_windows: false,
        }
    }

    /// The interfaces declared so far: the first [`REMEMBERED_INTERFACES`].
    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// What the interface statistics blocks said so far.
    pub(super) fn statistics(&self) -> &InterfaceStatistics {
        &self.statistics
    }

    /// Packets lost by the host, where only the packets after them say so.
    pub(super) fn lost_between(&self) -> Option<u64> {
        self.lost_between
    }

    /// The names in name resolution blocks so far, up to [`resolved_name::KEPT`]; they are not
    /// given again.
    pub(super) fn take_names(&mut self) -> Vec<ResolvedName> {
        std::mem::take(&mut self.names)
    }

    /// How many frames before the packet read last are none.
    pub(super) fn frames_beside(&self) -> u64 {
        self.frames_beside
    }

    /// The comment on the packet read last; it is not given again.
    pub(super) fn take_comment(&mut self) -> Option<String> {
        self.comment.take()
    }

    /// Gives the options of the packet read last in exchange for room for those of the next one.
    pub(super) fn swap_options(&mut self, options: &mut RecordOptions) {
        std::mem::swap(&mut self.options, options);
        self.options.clear();
    }

    /// What is odd about the packet read last, though it is read; it is not told again.
    pub(super) fn take_oddity(&mut self) -> Option<&'static str> {
        let has_cut_options = std::mem::take(&mut self.has_cut_options);
        let cut = "has options of which the last is cut short: it is read without that";
        self.odd_time.take().or(has_cut_options.then_some(cut))
    }

    /// The packet block at the front of `buffer`, past all other blocks; `None` at the end of the
    /// file.
    pub(super) fn next(
        &mut self,
        buffer: &mut RecordBuffer,
    ) -> Result<Option<Record>, RecordError> {
        loop {
            let Some((block_type, length)) = self.block_header(buffer)? else {
                return Ok(None);
            };
            match block_type {
                ENHANCED_PACKET | SIMPLE_PACKET | OLD_PACKET => {
                    return self.packet_block(block_type, length, buffer).map(Some);
                }
                SECTION_HEADER | INTERFACE_DESCRIPTION | INTERFACE_STATISTICS | NAME_RESOLUTION
                    if length <= METADATA_LIMIT =>
                {
                    whole_block(buffer, length, self.order)?;
                    self.metadata_block(
                        block_type,
                        buffer.available().get(8..length - 4).unwrap_or_default(),
                    )?;
                    buffer.consume(length);
                }
                _ => {
                    self.frames_beside += u64::from(FRAMES_BESIDE.contains(&block_type));
                    pass_over(buffer, length)?;
                }
            }
        }
    }

    /// Type and length of the block at the front; a section header sets the byte order first.
    fn block_header(
        &mut self,
        buffer: &mut RecordBuffer,
    ) -> Result<Option<(u32, usize)>, RecordError> {
        if !buffer.ensure(SMALLEST_BLOCK)? {
            return match buffer.available().len() {
                0 => Ok(None),
                present => Err(RecordError::Truncated {
                    present,
                    wanted: SMALLEST_BLOCK,
                }),
            };
        }
        let header = buffer.available();
        if header.get(..4) == Some(&SECTION_HEADER.to_be_bytes()) {
            self.order = section_byte_order(header).ok_or_else(|| {
                RecordError::Damaged("is a section header without a byte-order magic".to_owned())
            })?;
        }
        let (Some(block_type), Some(length)) =
            (self.order.u32(header, 0), self.order.u32(header, 4))
        else {
            return Ok(None);
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length < SMALLEST_BLOCK || !length.is_multiple_of(4) {
            return Err(RecordError::Damaged(format!(
                "is in a block that claims {length} bytes"
            )));
        }
        Ok(Some((block_type, length)))
    }

    fn metadata_block(&mut self, block_type: u32, body: &[u8]) -> Result<(), RecordError> {
        match block_type {
            SECTION_HEADER => {
                let major = self.order.u16(body, 4);
                if major.is_some_and(|major| major != 1) {
                    let message = format!(
                        "is in a section of pcapng version {}",
                        major.unwrap_or_default()
                    );
                    return Err(RecordError::Damaged(message));
                }
                self.is_of_windows = is_of_windows(self.order, body);
                let count = u32::try_from(self.declared.len()).unwrap_or(u32::MAX);
                self.declared_before = self.declared_before.saturating_add(count);
                self.declared.clear();
            }
            INTERFACE_DESCRIPTION => self.declare_interface(body)?,
            NAME_RESOLUTION => {
                let names = &mut self.names;
                resolved_name::for_each(self.order, body, |name| {
                    if names.len() < resolved_name::KEPT {
                        names.push(name);
                    }
                });
            }
            _ => {
                let declared = self
                    .order
                    .u32(body, 0)
                    .and_then(|id| self.declared.get_mut(usize::try_from(id).ok()?));
                if let Some(interface) = declared {
                    self.statistics
                        .add(self.order, body, interface, (self.latest, self.packets));
                }
            }
        }
        Ok(())
    }

    fn declare_interface(&mut self, body: &[u8]) -> Result<(), RecordError> {
        let interface = DeclaredInterface::parse(self.order, body).ok_or_else(|| {
            RecordError::Damaged("follows an interface description that is too short".to_owned())
        })?;
        if self.interfaces.len() < REMEMBERED_INTERFACES {
            let in_section = u32::try_from(self.declared.len()).unwrap_or(u32::MAX);
            self.interfaces.push(Interface {
                id: self.declared_before.saturating_add(in_section),
                name: interface.name.clone(),
                description: interface.description.clone(),
                filter: interface.filter.clone(),
                others: interface.others.clone(),
                is_of_windows: self.is_of_windows,
                link_type: interface.link_type,
                snap_length: interface.snap_length,
                time_unit: interface.time_unit,
            });
        }
        let has_room = self.declared.len() < REMEMBERED_INTERFACES;
        self.declared.push(DeclaredInterface {
            short_name: interface.short_name.filter(|_| has_room),
            name: None,
            description: None,
            filter: None,
            others: Vec::new(),
            ..interface
        });
        Ok(())
    }

    fn packet_block(
        &mut self,
        block_type: u32,
        length: usize,
        buffer: &mut RecordBuffer,
    ) -> Result<Record, RecordError> {
        let snap_length = self
            .declared
            .iter()
            .map(|interface| interface.snap_length)
            .max()
            .unwrap_or(0);
        // Room for the fields before the packet and for options after it.
        if length > record_limit(snap_length) as usize + METADATA_LIMIT {
            return Err(RecordError::Damaged(format!(
                "is in a block that claims {length} bytes"
            )));
        }
        whole_block(buffer, length, self.order)?;
        // Both lengths of the block agree: the next one is where they say.
        let damaged = |message| RecordError::DamagedWithin {
            message,
            whole_length: length,
        };
        let too_short = || {
            damaged(format!(
                "is in a block of {length} bytes, too short for a packet"
            ))
        };
        let body = buffer
            .available()
            .get(8..length - 4)
            .ok_or_else(too_short)?;
        let (fields, units) = self.packet_fields(block_type, body).ok_or_else(too_short)?;
        let room = body.len().saturating_sub(fields.header_length);
        let captured_length = usize::try_from(fields.captured_length).unwrap_or(usize::MAX);
        if captured_length > room {
            let message = format!("claims {captured_length} bytes in a block with room for {room}");
            return Err(damaged(message));
        }
        let options = body
            .get(fields.header_length + captured_length.next_multiple_of(4)..)
            .unwrap_or_default();
        let mut said = PacketOptions::default();
        if block_type != SIMPLE_PACKET && !options.is_empty() {
            said = PacketOptions::parse(self.order, options);
            self.options.replace(self.order, options);
            let declared = self.declared.get(fields.interface as usize);
            let name = declared.and_then(|declared| declared.short_name.as_ref());
            self.options
                .set_origin(name, self.is_of_windows, said.has_verdict);
            // It says of all packets that they came in.
            said.passage = said.passage.filter(|_| !self.is_of_windows);
            self.has_cut_options = said.is_cut;
        }
        if block_type == ENHANCED_PACKET {
            add_count(&mut self.lost_between, said.lost_before);
        }
        self.comment = said.comment.take();
        self.latest = match units {
            Some(units) => self.time_of(fields.interface, units),
            None => self.latest,
        };
        self.packets += 1;
        let interface = self.declared_before.saturating_add(fields.interface);
        Ok(Record {
            at: self.latest,
            link_type: fields.link_type,
            interface,
            header_length: 8 + fields.header_length,
            captured_length,
            whole_length: length,
            wire_length: fields.wire_length,
            captured_on: CapturedOn {
                passage: said.passage,
                is_damaged: said.is_damaged,
                ..captured_on(interface)
            },
        })
    }

    /// The enhanced packet block at the front of `window`, and what is behind it. `None` for one
    /// with options, any other block, and whatever is not whole or cannot be true: [`Self::next`]
    /// tells.
    #[inline]
    pub(super) fn whole_record<'a>(
        &mut self,
        window: &'a [u8],
    ) -> Option<(WholeRecord<'a>, &'a [u8])> {
        let (header, behind) = window.split_first_chunk::<ENHANCED_PACKET_HEADER>()?;
        let [block_type, length, interface, units_high] =
            self.order.four_u32(header.first_chunk()?);
        let [_, units_low, captured_length, wire_length] =
            self.order.four_u32(header.last_chunk()?);
        // Of these lengths any file may have blocks, and nothing overflows.
        if block_type != ENHANCED_PACKET || captured_length > record_limit(0) {
            return None;
        }
        let captured_length = captured_length as usize;
        let (padded, rest) = behind.split_at_checked(captured_length.next_multiple_of(4))?;
        let (trailing, rest) = rest.split_first_chunk::<4>()?;
        let whole_length = ENHANCED_PACKET_HEADER + padded.len() + trailing.len();
        if length as usize != whole_length || self.order.u32(trailing, 0)? != length {
            return None;
        }
        let declared = self.declared.get(interface as usize)?;
        let units = u64::from(units_high) << 32 | u64::from(units_low);
        self.latest = declared.time_unit.exact_time(units)?;
        self.packets += 1;
        let interface = self.declared_before.saturating_add(interface);
        let record = WholeRecord {
            at: self.latest,
            link_type: Some(declared.link_type),
            interface,
            bytes: padded.get(..captured_length)?,
            wire_length,
            captured_on: captured_on(interface),
            options: None,
        };
        Some((record, rest))
    }

    /// The time that these units of an interface say; an interface whose times cannot be is read in
    /// another unit from then on.
    fn time_of(&mut self, interface: u32, units: u64) -> Timestamp {
        let Some(declared) = self.declared.get_mut(interface as usize) else {
            return self.latest;
        };
        if declared.time_unit.exact_time(units).is_none() {
            let (unit, message) = declared.time_unit.reinterpreted(units);
            declared.time_unit = unit;
            self.odd_time.get_or_insert(message);
            let id = self.declared_before.saturating_add(interface);
            let mut told = self.interfaces.iter_mut();
            if let Some(told) = told.find(|told| told.id == id) {
                told.time_unit = unit;
            }
        }
        declared.time_unit.time(units)
    }

    /// What the fields say, and when the packet was captured, in units of its interface.
    fn packet_fields(&self, block_type: u32, body: &[u8]) -> Option<(PacketFields, Option<u64>)> {
        let order = self.order;
        if block_type == SIMPLE_PACKET {
            // It has no time of its own: it came no earlier than the packet before it.
            let interface = self.declared.first();
            let wire_length = order.u32(body, 0)?;
            let room = u32::try_from(body.len().saturating_sub(4)).ok()?;
            let limit = interface.map_or(room, |interface| match interface.snap_length {
                0 => room,
                limit => room.min(limit),
            });
            let fields = PacketFields {
                interface: 0,
                link_type: interface.map(|interface| interface.link_type),
                header_length: 4,
                captured_length: wire_length.min(limit),
                wire_length,
            };
            return Some((fields, None));
        }
        let id = if block_type == OLD_PACKET {
            u32::from(order.u16(body, 0)?)
        } else {
            order.u32(body, 0)?
        };
        let interface = self.declared.get(usize::try_from(id).ok()?);
        let units = u64::from(order.u32(body, 4)?) << 32 | u64::from(order.u32(body, 8)?);
        let fields = PacketFields {
            interface: id,
            link_type: interface.map(|interface| interface.link_type),
            header_length: 20,
            captured_length: order.u32(body, 12)?,
            wire_length: order.u32(body, 16)?,
        };
        Some((fields, Some(units)))
    }
}

/// What the fields before a packet say.
struct PacketFields {
    /// Its id in the section.
    interface: u32,
    link_type: Option<LinkType>,
    header_length: usize,
    captured_length: u32,
    wire_length: u32,
}

/// Where a packet was captured: of an interface with this id.
fn captured_on(interface: u32) -> CapturedOn {
    let counted = u16::try_from(interface).ok();
    CapturedOn {
        interface: counted.map_or(u16::MAX, |interface| interface.saturating_add(1)),
        ..CapturedOn::default()
    }
}
