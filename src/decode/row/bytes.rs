//! A row as bytes that go to another process: the fields one after the other, little endian.

use super::bits::{HeaderBits, Shape};
use super::{Low40, Row};
use crate::capture::Timestamp;
use crate::decode::TcpFlags;
use crate::decode::context::ContextId;

/// How many bytes a row takes.
pub const ROW_BYTES: usize = 64;

impl Row {
    /// What [`Self::from_bytes`] makes the same row of. What it was wrapped in and its IPv6
    /// addresses stand elsewhere, and are not in it.
    pub fn to_bytes(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        let mut rest = bytes.as_mut_slice();
        let mut put = |field: &[u8]| {
            let (place, behind) = std::mem::take(&mut rest).split_at_mut(field.len());
            place.copy_from_slice(field);
            rest = behind;
        };
        put(&self.at.nanoseconds().to_le_bytes());
        put(&self.source_address.to_le_bytes());
        put(&self.destination_address.to_le_bytes());
        put(&self.sequence.to_le_bytes());
        put(&self.acknowledgment.to_le_bytes());
        put(&self.timestamp.to_le_bytes());
        put(&self.echo.to_le_bytes());
        put(&self.interface.to_le_bytes());
        put(&self.source_port.to_le_bytes());
        put(&self.destination_port.to_le_bytes());
        put(&self.source.to_le_bytes());
        put(&self.identification.to_le_bytes());
        put(&self.window.to_le_bytes());
        put(&self.maximum_segment_size.to_le_bytes());
        put(&self.payload_length.to_le_bytes());
        put(&self.flags.0.to_le_bytes());
        put(&self.header.0.to_le_bytes());
        put(&self.number.0);
        put(&[
            self.ttl,
            self.traffic_class,
            self.shape.0,
            self.flow_label_high,
        ]);
        bytes
    }

    /// The row that these bytes are, wrapped in nothing: any bytes are one.
    pub fn from_bytes(bytes: &[u8; ROW_BYTES]) -> Self {
        let mut rest = Fields(bytes.as_slice());
        let at = i64::from_le_bytes(rest.take());
        let mut number = || u32::from_le_bytes(rest.take());
        let [source_address, destination_address] = [number(), number()];
        let [sequence, acknowledgment] = [number(), number()];
        let [timestamp, echo] = [number(), number()];
        let mut number = || u16::from_le_bytes(rest.take());
        let [interface, source_port, destination_port] = [number(), number(), number()];
        let [source, identification, window] = [number(), number(), number()];
        let [maximum_segment_size, payload_length] = [number(), number()];
        let [flags, header] = [number(), number()];
        let number = Low40(rest.take());
        let [ttl, traffic_class, shape, flow_label_high] = rest.take();
        Self {
            at: Timestamp::from_nanoseconds(at),
            source_address,
            destination_address,
            sequence,
            acknowledgment,
            timestamp,
            echo,
            context: ContextId::NONE,
            interface,
            source_port,
            destination_port,
            source,
            identification,
            window,
            maximum_segment_size,
            payload_length,
            flags: TcpFlags(flags),
            header: HeaderBits(header),
            number,
            ttl,
            traffic_class,
            shape: Shape(shape),
            flow_label_high,
        }
    }

    /// The same row, with this number for what it was wrapped in.
    #[must_use]
    pub(in crate::decode) fn wrapped_in(self, context: ContextId) -> Self {
        Self { context, ..self }
    }

    /// The same ICMP error about IPv6, whose sender stands at another place now.
    #[must_use]
    pub(in crate::decode) fn sent_from(self, place: u32) -> Self {
        Self {
            acknowledgment: place,
            ..self
        }
    }
}

/// What is left of the bytes of a row.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next field; nothing but zeros where there is none left.
    fn take<const SIZE: usize>(&mut self) -> [u8; SIZE] {
        match self.0.split_first_chunk() {
            Some((field, rest)) => {
                self.0 = rest;
                *field
            }
            None => [0; SIZE],
        }
    }
}
