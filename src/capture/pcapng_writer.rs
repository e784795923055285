//! A pcapng file being written: one section, little-endian.

use std::io::{self, Write};

use super::interface::Interface;
use super::packet::Packet;
use super::time_unit::TimeUnit;
use super::{LinkType, Timestamp};

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_DESCRIPTION: u16 = 3;
const IF_TSRESOL: u16 = 9;
const IF_FILTER: u16 = 11;
const IF_TSOFFSET: u16 = 14;
const ISB_ENDTIME: u16 = 3;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;

/// In an `if_filter`, what follows is an expression.
const FILTER_EXPRESSION: u8 = 0;

/// The longest text that is written, in bytes: an option holds no more than 65,535.
const LONGEST_TEXT: usize = 65_000;

/// Writes blocks one after the other. Interfaces may be declared at any time before their first
/// packet.
pub struct PcapngWriter<W> {
    out: W,
    /// Of the interfaces declared so far.
    time_units: Vec<TimeUnit>,
    block: Vec<u8>,
}

/// What an interface statistics block says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrittenStatistics {
    /// Time of the block, and until when the capture ran.
    pub end: Timestamp,
    /// Packets dropped by the interface, if that is known.
    pub dropped_by_interface: Option<u64>,
    /// Packets dropped by the operating system, if that is known.
    pub dropped_by_kernel: Option<u64>,
}

impl PcapngWriter<Vec<u8>> {
    /// As [`Self::new`], in memory, which takes everything.
    pub fn of_memory(application: &str, comment: &str) -> Self {
        Self::new(Vec::new(), application, comment).unwrap_or_else(|_| Self::with(Vec::new()))
    }
}

impl<W: Write> PcapngWriter<W> {
    fn with(out: W) -> Self {
        Self {
            out,
            time_units: Vec::new(),
            block: Vec::new(),
        }
    }

    /// Begins the section with its comment.
    ///
    /// # Errors
    ///
    /// As `out`, here and below.
    pub fn new(out: W, application: &str, comment: &str) -> io::Result<Self> {
        let mut writer = Self::with(out);
        writer.put(&BYTE_ORDER_MAGIC.to_le_bytes());
        writer.put(&1_u16.to_le_bytes());
        writer.put(&0_u16.to_le_bytes());
        // The length of the section is not given.
        writer.put(&u64::MAX.to_le_bytes());
        writer.text(COMMENT, comment);
        writer.text(SHB_USERAPPL, application);
        writer.end_of_options();
        writer.finish_block(SECTION_HEADER)?;
        Ok(writer)
    }

    /// Declares an interface as its source describes it; the id that it has in this file.
    ///
    /// # Errors
    ///
    /// As `out`.
    pub fn interface(&mut self, interface: &Interface) -> io::Result<u32> {
        let id = u32::try_from(self.time_units.len()).unwrap_or(u32::MAX);
        self.put(&link_type_field(interface.link_type).to_le_bytes());
        self.put(&0_u16.to_le_bytes());
        self.put(&interface.snap_length.to_le_bytes());
        for (code, text) in [
            (IF_NAME, &interface.name),
            (IF_DESCRIPTION, &interface.description),
        ] {
            if let Some(text) = text {
                self.text(code, text);
            }
        }
        let (resolution, offset_seconds) = interface.time_unit.options();
        self.option(IF_TSRESOL, &[resolution]);
        for (code, value) in &interface.others {
            self.option(*code, value);
        }
        if let Some(filter) = &interface.filter {
            let value = [&[FILTER_EXPRESSION], cut(filter).as_bytes()].concat();
            self.option(IF_FILTER, &value);
        }
        if offset_seconds != 0 {
            self.option(IF_TSOFFSET, &offset_seconds.to_le_bytes());
        }
        self.end_of_options();
        self.finish_block(INTERFACE_DESCRIPTION)?;
        self.time_units.push(interface.time_unit);
        Ok(id)
    }

    /// Writes a packet, bytes, time and what its record says of it as they are, with comments
    /// before those that it has.
    ///
    /// # Errors
    ///
    /// As `out`.
    pub fn packet(
        &mut self,
        interface: u32,
        packet: &Packet<'_>,
        comments: &[String],
    ) -> io::Result<()> {
        let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        self.put(&interface.to_le_bytes());
        self.time(interface, packet.place.at);
        self.put(&captured.to_le_bytes());
        self.put(&packet.wire_length.to_le_bytes());
        self.put(packet.bytes);
        self.pad();
        for comment in comments {
            self.text(COMMENT, comment);
        }
        if let Some(options) = packet.options {
            options.for_each_little_endian(|code, value| self.option(code, value));
        }
        self.end_of_options();
        self.finish_block(ENHANCED_PACKET)
    }

    /// Writes what an interface lost, and until when it captured.
    ///
    /// # Errors
    ///
    /// As `out`.
    pub fn statistics(&mut self, interface: u32, statistics: &WrittenStatistics) -> io::Result<()> {
        self.put(&interface.to_le_bytes());
        self.time(interface, statistics.end);
        self.put(&ISB_ENDTIME.to_le_bytes());
        self.put(&8_u16.to_le_bytes());
        self.time(interface, statistics.end);
        for (code, count) in [
            (ISB_IFDROP, statistics.dropped_by_interface),
            (ISB_OSDROP, statistics.dropped_by_kernel),
        ] {
            if let Some(count) = count {
                self.option(code, &count.to_le_bytes());
            }
        }
        self.end_of_options();
        self.finish_block(INTERFACE_STATISTICS)
    }

    /// Where it writes to.
    pub fn out(&self) -> &W {
        &self.out
    }

    /// Where it writes to: what is taken from there is written no more by this.
    pub fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Flushes.
    ///
    /// # Errors
    ///
    /// As `out`.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    /// The upper half first, in the unit of the interface.
    fn time(&mut self, interface: u32, at: Timestamp) {
        let unit = usize::try_from(interface)
            .ok()
            .and_then(|index| self.time_units.get(index))
            .copied()
            .unwrap_or(TimeUnit::MICROSECONDS);
        let units = unit.units(at).to_le_bytes();
        let (low, high) = units.split_at(4);
        self.put(high);
        self.put(low);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.put(&code.to_le_bytes());
        self.put(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.put(value);
        self.pad();
    }

    fn text(&mut self, code: u16, text: &str) {
        self.option(code, cut(text).as_bytes());
    }

    fn end_of_options(&mut self) {
        self.option(END_OF_OPTIONS, &[]);
    }

    fn finish_block(&mut self, block_type: u32) -> io::Result<()> {
        let length = u32::try_from(self.block.len() + 12).unwrap_or(u32::MAX);
        self.out.write_all(&block_type.to_le_bytes())?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(&self.block)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.block.clear();
        Ok(())
    }
}

/// The field has 16 bits; the registry uses no more.
fn link_type_field(link_type: LinkType) -> u16 {
    u16::try_from(link_type.0).unwrap_or(u16::MAX)
}

fn cut(text: &str) -> &str {
    let end = (0..=LONGEST_TEXT.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
