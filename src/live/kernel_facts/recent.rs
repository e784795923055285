//! Segments that were captured a moment ago: which of them the kernel dropped is known by when they
//! came in.

use std::collections::VecDeque;
use std::time::Duration;

use super::receptions::Receptions;
use crate::capture::{LinkType, Packet, Passage, SourceId, Timestamp};
use crate::decode::{Endpoint, Segment, SequenceNumber, TcpFlags};
use crate::host::Reception;

/// So many are remembered.
const REMEMBERED: usize = 1 << 16;

/// A packet is stamped after the kernel says that it came in, and before the next thing that the
/// same processor does with one; some interfaces stamp it before, while it waits for a processor.
const COARSENESS: Duration = Duration::from_micros(1);
const WAIT: Duration = Duration::from_micros(50);

/// A segment that was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecentSegment {
    at: Timestamp,
    on: SourceId,
    /// From its IP header on.
    length: u32,
    pub(super) source: Endpoint,
    pub(super) destination: Endpoint,
    pub(super) sequence: SequenceNumber,
    pub(super) acknowledgment: Option<SequenceNumber>,
    pub(super) flags: TcpFlags,
    /// Whether it is known to have been dropped: it is not so twice.
    is_dropped: bool,
}

/// What a look for a packet gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// It is this one.
    Found(RecentSegment),
    /// It may be one of several, or none of them.
    Unclear,
    /// It was not captured, or not yet read.
    NotThere,
}

/// The segments that fit: the place and time of the only one.
enum Fitting {
    None,
    One(usize, Timestamp),
    Several,
}

/// The latest segments, in the order of their times.
#[derive(Debug, Default)]
pub(super) struct RecentPackets(VecDeque<RecentSegment>);

impl RecentPackets {
    /// Takes one that came in, or may have.
    pub(super) fn note(&mut self, packet: &Packet<'_>, segment: &Segment) {
        let length = packet.link_type.and_then(head_length);
        let length = length.and_then(|head| packet.wire_length.checked_sub(head));
        let (Some(length), false) = (length, packet.captured_on.passage == Some(Passage::Out))
        else {
            return;
        };
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(RecentSegment {
            at: packet.place.at,
            on: packet.place.source,
            length,
            source: segment.source,
            destination: segment.destination,
            sequence: segment.sequence,
            acknowledgment: segment.flags.has_ack().then_some(segment.acknowledgment),
            flags: segment.flags,
            is_dropped: false,
        });
    }

    /// When the latest was captured.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.0.back().map(|segment| segment.at)
    }

    /// The one that came in so, if it cannot be another one.
    /// `are_all_there` when whatever was captured about then has been read.
    pub(super) fn find(
        &mut self,
        reception: &Reception,
        interfaces: &[String],
        receptions: &Receptions,
        are_all_there: bool,
    ) -> Search {
        let from = reception.at.before(COARSENESS);
        let handed_on = (from, reception.until.after(COARSENESS));
        let waited = (reception.at.before(WAIT), from);
        let (place, is_clear) = match self.fitting(reception, interfaces, handed_on) {
            Fitting::One(place, at) => (place, !receptions.has_another(reception, at)),
            Fitting::Several => return Search::Unclear,
            Fitting::None if !are_all_there => return Search::NotThere,
            Fitting::None => match self.fitting(reception, interfaces, waited) {
                Fitting::One(place, at) => (place, !receptions.has_another_near(reception, at)),
                Fitting::Several => return Search::Unclear,
                Fitting::None => return Search::NotThere,
            },
        };
        match self.0.get_mut(place).filter(|_| is_clear) {
            Some(segment) => {
                segment.is_dropped = true;
                Search::Found(*segment)
            }
            None => Search::Unclear,
        }
    }

    /// Those that fit in that time.
    fn fitting(
        &self,
        reception: &Reception,
        interfaces: &[String],
        (from, until): (Timestamp, Timestamp),
    ) -> Fitting {
        let fits = |segment: &RecentSegment| {
            let name = usize::try_from(segment.on.0)
                .ok()
                .and_then(|source| interfaces.get(source));
            segment.length == reception.length
                && !segment.is_dropped
                && name.is_some_and(|name| name == "any" || **name == *reception.interface)
        };
        let first = self.0.partition_point(|segment| segment.at < from);
        let mut fitting = self
            .0
            .iter()
            .enumerate()
            .skip(first)
            .take_while(|(_, segment)| segment.at <= until)
            .filter(|(_, segment)| fits(segment));
        match (fitting.next(), fitting.next()) {
            (None, _) => Fitting::None,
            (Some((place, segment)), None) => Fitting::One(place, segment.at),
            (Some(_), Some(_)) => Fitting::Several,
        }
    }

    pub(super) fn forget_before(&mut self, at: Timestamp) {
        while self.0.front().is_some_and(|segment| segment.at < at) {
            self.0.pop_front();
        }
    }
}

/// What stands before the IP header; `None` where that differs from packet to packet.
fn head_length(link_type: LinkType) -> Option<u32> {
    match link_type {
        LinkType::ETHERNET => Some(14),
        LinkType::LINUX_SLL => Some(16),
        LinkType::LINUX_SLL2 => Some(20),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Some(0),
        _ => None,
    }
}
