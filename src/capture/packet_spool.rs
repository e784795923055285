//! Packets put aside while reading, to be given again: of a stream nothing else is left.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Seek, SeekFrom, Write};

use super::byte_order::ByteOrder;
use super::capture_set::CaptureSet;
use super::packet::{CapturedOn, Packet, PacketNumber, PacketPlace, SourceId};
use super::{LinkType, RecordOptions, Timestamp};

/// Time, number, source, link type, interface, length on the wire, captured length, length of the
/// options and whether they are big-endian.
const HEADER: usize = 40;

/// In the length of the options: they are big-endian.
const BIG_ENDIAN: u32 = 1 << 31;

/// Stands for the link type of an interface that was never declared.
const UNDECLARED: u32 = u32::MAX;

/// A file without a name, in the folder for temporary files.
pub struct PacketSpool {
    out: BufWriter<File>,
}

impl PacketSpool {
    /// An empty one.
    ///
    /// # Errors
    ///
    /// When no temporary file can be made.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::new(tempfile::tempfile()?),
        })
    }

    /// Puts a packet aside, with the id of its interface.
    ///
    /// # Errors
    ///
    /// When there is no room for it.
    pub fn push(&mut self, packet: &Packet<'_>, interface: u32) -> io::Result<()> {
        let length = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        let link_type = packet.link_type.map_or(UNDECLARED, |link_type| link_type.0);
        let place = packet.place;
        let (order, options) = packet
            .options
            .map_or((ByteOrder::Little, &[][..]), RecordOptions::raw);
        let order = u32::from(order == ByteOrder::Big) * BIG_ENDIAN;
        let options_length = u32::try_from(options.len()).unwrap_or(0);
        self.out.write_all(&place.at.nanoseconds().to_le_bytes())?;
        self.out.write_all(&place.number.0.to_le_bytes())?;
        for field in [
            place.source.0,
            link_type,
            interface,
            packet.wire_length,
            length,
            options_length | order,
        ] {
            self.out.write_all(&field.to_le_bytes())?;
        }
        self.out.write_all(packet.bytes)?;
        self.out
            .write_all(options.get(..options_length as usize).unwrap_or_default())
    }

    /// The packets in the order in which they were put aside.
    ///
    /// # Errors
    ///
    /// When they cannot be written or read.
    pub fn into_packets(self) -> io::Result<RecordedPackets> {
        let mut file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(RecordedPackets(Recorded::Spool {
            input: BufReader::new(file),
            bytes: Vec::new(),
            options: RecordOptions::default(),
        }))
    }
}

/// Packets that were read before, given once more.
pub struct RecordedPackets(Recorded);

enum Recorded {
    Files(Box<CaptureSet>),
    Spool {
        input: BufReader<File>,
        bytes: Vec<u8>,
        options: RecordOptions,
    },
}

impl From<CaptureSet> for RecordedPackets {
    fn from(captures: CaptureSet) -> Self {
        Self(Recorded::Files(Box::new(captures)))
    }
}

impl RecordedPackets {
    /// Whether they are those put aside, not those of files.
    pub fn is_spooled(&self) -> bool {
        matches!(self.0, Recorded::Spool { .. })
    }

    /// The next packet, and the id of its interface; `None` at the end.
    ///
    /// # Errors
    ///
    /// When what was put aside cannot be read.
    pub fn next_packet(&mut self) -> io::Result<Option<(Packet<'_>, u32)>> {
        match &mut self.0 {
            Recorded::Files(captures) => Ok(captures.next_with_interface()),
            Recorded::Spool {
                input,
                bytes,
                options,
            } => next_spooled(input, bytes, options),
        }
    }
}

fn next_spooled<'a>(
    input: &mut BufReader<File>,
    bytes: &'a mut Vec<u8>,
    options: &'a mut RecordOptions,
) -> io::Result<Option<(Packet<'a>, u32)>> {
    let mut header = [0; HEADER];
    match input.read_exact(&mut header) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        done => done?,
    }
    let wide = |offset: usize| {
        let field = header.get(offset..).and_then(|rest| rest.first_chunk());
        u64::from_le_bytes(field.copied().unwrap_or_default())
    };
    let number = |offset: usize| {
        let field = header.get(offset..).and_then(|rest| rest.first_chunk());
        u32::from_le_bytes(field.copied().unwrap_or_default())
    };
    let order = match number(36) & BIG_ENDIAN {
        0 => ByteOrder::Little,
        _ => ByteOrder::Big,
    };
    // Behind the packet stand its options.
    let [length, options_length] = [number(32), number(36) & !BIG_ENDIAN].map(u64::from);
    bytes.clear();
    input.by_ref().take(length).read_to_end(bytes)?;
    options.clear();
    options.read_from(order, &mut input.by_ref().take(options_length))?;
    let packet = Packet {
        place: PacketPlace {
            at: Timestamp::from_nanoseconds(wide(0).cast_signed()),
            source: SourceId(number(16)),
            number: PacketNumber(wide(8)),
        },
        link_type: Some(number(20))
            .filter(|link_type| *link_type != UNDECLARED)
            .map(LinkType),
        bytes,
        wire_length: number(28),
        captured_on: CapturedOn::default(),
        options: options.if_any(),
    };
    Ok(Some((packet, number(24))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_aside_comes_back_the_same() {
        let mut spool = PacketSpool::new().unwrap();
        let place = |at, number| PacketPlace {
            at: Timestamp::from_nanoseconds(at),
            source: SourceId(3),
            number: PacketNumber(number),
        };
        let packet = |place, link_type, bytes| Packet {
            place,
            link_type,
            bytes,
            wire_length: 1500,
            captured_on: CapturedOn::default(),
            options: None,
        };
        let mut options = RecordOptions::default();
        options.replace(ByteOrder::Big, &[0, 2, 0, 4, 0, 0, 0, 1]);
        let packets = [
            Packet {
                options: Some(&options),
                ..packet(place(-7, 1 << 40), Some(LinkType::RAW), &b"abc"[..])
            },
            packet(place(i64::MAX, 2), None, &b""[..]),
        ];
        for (interface, packet) in (7..).zip(&packets) {
            spool.push(packet, interface).unwrap();
        }
        let mut given = spool.into_packets().unwrap();
        for (interface, packet) in (7..).zip(&packets) {
            let (again, again_on) = given.next_packet().unwrap().unwrap();
            assert_eq!(
                (again.place, again.link_type),
                (packet.place, packet.link_type)
            );
            assert_eq!(
                (again.bytes, again.wire_length),
                (packet.bytes, packet.wire_length)
            );
            assert_eq!(again_on, interface);
            assert_eq!(again.options, packet.options);
        }
        assert!(given.next_packet().unwrap().is_none());
    }
}
