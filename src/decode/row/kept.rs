//! Rows of one flow held against each other, and kept while its packets pass.

use std::net::Ipv6Addr;

use super::bits::{HeaderBits, Shape};
use super::{Addresses, Row};

/// Which way a packet goes, held against the first one of its flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// As the first one.
    Same,
    /// The other way.
    Opposite,
}

impl Row {
    /// Which way it goes, held against another row; `None` when it is between other ends.
    #[inline]
    pub(crate) fn direction_against(
        &self,
        addresses: &impl Addresses,
        other: &Self,
        others: &impl Addresses,
    ) -> Option<Direction> {
        if self.shape.is(Shape::IPV6) != other.shape.is(Shape::IPV6) {
            return None;
        }
        if self.shape.is(Shape::IPV6) {
            let own = self.ends(addresses);
            let (source, destination) = other.ends(others);
            return match own {
                _ if own == (source, destination) => Some(Direction::Same),
                _ if own == (destination, source) => Some(Direction::Opposite),
                _ => None,
            };
        }
        let own = self.halves();
        let (source, destination) = other.halves();
        if own == (source, destination) {
            Some(Direction::Same)
        } else if own == (destination, source) {
            Some(Direction::Opposite)
        } else {
            None
        }
    }

    /// Source and destination of IPv4, address and port in one number each.
    fn halves(&self) -> (u64, u64) {
        let half = |address: u32, port: u16| u64::from(address) << 16 | u64::from(port);
        (
            half(self.source_address, self.source_port),
            half(self.destination_address, self.destination_port),
        )
    }

    /// Whether it is the same segment as `first`, sent once more: all is equal but for the IP
    /// header and the value of the timestamps option, which change with every packet.
    pub(crate) fn repeats(&self, first: &Self) -> bool {
        let said = |row: &Self| {
            (
                (row.sequence, row.acknowledgment, row.flags, row.window),
                (row.maximum_segment_size, row.payload_length, row.echo),
                row.header.0 & !HeaderBits::OF_IP,
                row.shape.0 & (Shape::ICMP | Shape::WINDOW | Shape::WHOLE),
            )
        };
        said(self) == said(first)
    }

    /// Whether it says nothing but its numbers, flags and window: no payload, no options, all of it
    /// captured.
    pub(crate) fn is_bare(&self) -> bool {
        let has_all = self.shape.is(Shape::WINDOW) && self.shape.is(Shape::WHOLE);
        has_all && self.payload_length == 0 && self.header.0 & !HeaderBits::OF_IP == 0
    }

    /// The same row, kept where IPv6 addresses stand at another place: the pair of the first row of
    /// its flow.
    #[must_use]
    pub(crate) fn kept_at(mut self, place: u32, direction: Direction) -> Self {
        if self.shape.is(Shape::IPV6) {
            self.source_address = place;
            self.shape.0 &= !Shape::REVERSED;
            self.shape = self
                .shape
                .with(Shape::REVERSED, direction == Direction::Opposite);
        }
        self
    }

    /// The same row, whose IPv6 addresses stand at another place now.
    #[must_use]
    pub(crate) fn moved_to(mut self, place: u32) -> Self {
        if self.shape.is(Shape::IPV6) {
            self.source_address = place;
        }
        self
    }

    /// Where its pair of IPv6 addresses stands.
    pub(crate) fn address_place(&self) -> Option<u32> {
        self.shape.is(Shape::IPV6).then_some(self.source_address)
    }

    /// The pair of its IPv6 addresses.
    pub(crate) fn address_pair(&self, addresses: &impl Addresses) -> Option<[Ipv6Addr; 2]> {
        self.address_place().map(|place| addresses.pair(place))
    }
}
