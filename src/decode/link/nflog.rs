//! Packets that a Linux firewall rule logged to user space.

#[cfg(feature = "evidence")]
use std::ops::Range;

use super::{Found, ip_by_version};
use crate::decode::fields::after;
use crate::decode::observation::SetAside;

/// Address family, version, resource; then attributes, one of them the packet.
const HEADER_LENGTH: usize = 4;
const ATTRIBUTE_HEADER_LENGTH: usize = 4;
const PAYLOAD: u16 = 9;

/// How many attributes are looked through.
const MOST_ATTRIBUTES: usize = 64;

/// Finds the packet among the attributes, which are in the byte order of the capturing host.
pub(super) fn payload(bytes: &[u8]) -> Found<'_> {
    after(bytes, HEADER_LENGTH)?;
    let attributes = NflogAttributes::of(bytes).ok_or(SetAside::TruncatedHeader)?;
    let payload = attributes.payload();
    payload.map(ip_by_version).ok_or(SetAside::TruncatedHeader)
}

/// The attributes of a record: the number of each and its value, of the last one perhaps not all.
#[derive(Clone, Debug)]
pub(in crate::decode) struct NflogAttributes<'a> {
    rest: &'a [u8],
    is_big_endian: bool,
    left: usize,
    /// Whether one that is not the packet ended beyond the record.
    is_cut_short: bool,
}

impl<'a> NflogAttributes<'a> {
    /// Those of a record; `None` where none is there. The byte order is the one in which the packet
    /// is found.
    pub(in crate::decode) fn of(record: &'a [u8]) -> Option<Self> {
        let rest = record.get(HEADER_LENGTH..)?;
        let of = |is_big_endian| Self {
            rest,
            is_big_endian,
            left: MOST_ATTRIBUTES,
            is_cut_short: false,
        };
        let both = [of(false), of(true)];
        both.into_iter().find(|order| order.payload().is_some())
    }

    /// The packet.
    fn payload(&self) -> Option<&'a [u8]> {
        let mut each = self.clone();
        each.find(|(number, _)| *number == PAYLOAD)
            .map(|(_, value)| value)
    }

    /// Whether they end within one: but for the packet, which may be cut short.
    pub(in crate::decode) fn are_cut_short(&self) -> bool {
        let mut each = self.clone();
        each.by_ref().for_each(drop);
        each.is_cut_short || (!each.rest.is_empty() && each.left > 0)
    }

    fn number(&self, bytes: [u8; 2]) -> u16 {
        if self.is_big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }
}

/// The attributes of a record: their numbers, and where their values stand in it.
#[cfg(feature = "evidence")]
pub(crate) fn nflog_attributes(record: &[u8]) -> Option<impl Iterator<Item = (u16, Range<usize>)>> {
    let start = record.as_ptr().addr();
    let place = move |(number, value): (u16, &[u8])| {
        let at = value.as_ptr().addr().wrapping_sub(start);
        (number, at..at + value.len())
    };
    Some(NflogAttributes::of(record)?.map(place))
}

impl<'a> Iterator for NflogAttributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let [l0, l1, k0, k1] = *self.rest.first_chunk::<ATTRIBUTE_HEADER_LENGTH>()?;
        let length = usize::from(self.number([l0, l1]));
        if length < ATTRIBUTE_HEADER_LENGTH || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let end = length.min(self.rest.len());
        let value = self.rest.get(ATTRIBUTE_HEADER_LENGTH..end)?;
        let number = self.number([k0, k1]);
        self.is_cut_short |= length > self.rest.len() && number != PAYLOAD;
        let next = length.next_multiple_of(4);
        self.rest = self.rest.get(next..).unwrap_or_default();
        Some((number, value))
    }
}
