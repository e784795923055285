//! One SYN before and after its addresses or ports were translated: two flows, one connect.
//!
//! A translation keeps what the client's TCP chose: the timestamp, the options, the identification
//! of the IP packet, and mostly the initial sequence number. So the second is known for what it is
//! as long as the first was captured just before. The number alone names nothing: a scanner uses
//! one for hundreds of ports.

use std::time::Duration;

use super::row::{AddressPairs, Row};
use super::{Endpoint, TcpOptions};
use crate::capture::Passage;

/// How many of the latest SYNs are remembered, by their number.
const REMEMBERED: usize = 256;

/// How long a host takes to pass a packet on.
const PASSED_ON_WITHIN: Duration = Duration::from_millis(50);

/// How long one takes that gives a SYN a number of its own.
const RENUMBERED_WITHIN: Duration = Duration::from_millis(5);

/// The latest SYNs: by their number, and those with a timestamp by that as well, because some boxes
/// translate the number.
#[derive(Clone, Debug)]
pub(super) struct LatestSyns {
    by_number: Slots,
    by_timestamp: Slots,
}

type Slots = Box<[Option<LatestSyn>]>;

/// A SYN as it was captured. Most are compared with none: so a row is kept as it is, and looked
/// into where number or timestamp are another one's.
#[derive(Clone, Copy, Debug)]
struct LatestSyn {
    row: Row,
    ends: (Endpoint, Endpoint),
}

impl Default for LatestSyns {
    fn default() -> Self {
        let slots = || vec![None; REMEMBERED].into_boxed_slice();
        Self {
            by_number: slots(),
            by_timestamp: slots(),
        }
    }
}

impl LatestSyns {
    /// Looks at the next SYN of the capture: marks it when it is one of these translated.
    pub(super) fn look_at(&mut self, row: &mut Row, addresses: &AddressPairs) {
        let syn = LatestSyn {
            row: *row,
            ends: row.ends(addresses),
        };
        let number = slot(&mut self.by_number, row.sequence().0);
        let timestamp = syn
            .timestamp()
            .and_then(|value| slot(&mut self.by_timestamp, value));
        let is_later_leg = match (&number, &timestamp) {
            (Some(Some(first)), _) if first.is_translated_by(&syn) => true,
            (_, Some(Some(first))) => first.is_renumbered_by(&syn),
            _ => false,
        };
        if is_later_leg {
            row.mark_translated();
            return;
        }
        for latest in [number, timestamp].into_iter().flatten() {
            *latest = Some(syn);
        }
    }
}

fn slot(slots: &mut Slots, number: u32) -> Option<&mut Option<LatestSyn>> {
    slots.get_mut(number as usize % REMEMBERED)
}

impl LatestSyn {
    fn is_translated_by(&self, other: &Self) -> bool {
        if self.row.sequence() != other.row.sequence() {
            return false;
        }
        // One that comes back to its sender as if from itself is told as such.
        let (source, destination) = other.ends;
        let is_translated = self.ends != other.ends && source.address != destination.address;
        is_translated
            && self.was_passed_on_as(other, PASSED_ON_WITHIN)
            && other.row.ttl() <= self.row.ttl()
            && self.is_identified_with(other)
    }

    /// Another client has the same timestamp in the same milliseconds once in a long time, and one
    /// client that connects to several servers at once gives each SYN its own identification and as
    /// many hops to live.
    fn is_renumbered_by(&self, other: &Self) -> bool {
        if self.timestamp() != other.timestamp() || self.row.sequence() == other.row.sequence() {
            return false;
        }
        let ((client, server), (other_client, other_server)) = (self.ends, other.ends);
        let is_translated =
            client.address != other_client.address || server.address != other_server.address;
        is_translated
            && other_client.address != other_server.address
            && self.was_passed_on_as(other, RENUMBERED_WITHIN)
            && other.row.ttl() < self.row.ttl()
            && self.is_identified()
    }

    /// Whether the other came within this time, from the same source, and shows what no translation
    /// changes. A router may clamp the maximum segment size.
    fn was_passed_on_as(&self, other: &Self, within: Duration) -> bool {
        let (first, later) = (&self.row, &other.row);
        let without_size = |row: &Row| TcpOptions {
            maximum_segment_size: None,
            ..row.options()
        };
        first.source() == later.source()
            && first.at() <= later.at()
            && later.at().since(first.at()) <= within
            && first.window() == later.window()
            && first.identification() == later.identification()
            && without_size(first) == without_size(later)
    }

    /// The timestamp, where it says something.
    fn timestamp(&self) -> Option<u32> {
        self.row.timestamp().filter(|value| *value != 0)
    }

    /// Whether its identification says something.
    fn is_identified(&self) -> bool {
        self.row.identification().is_some_and(|number| number != 0)
    }

    /// Whether it is told by more than numbers that a scanner never changes: by a timestamp, or by
    /// its way through the host that captures, or by one hop less.
    fn is_identified_with(&self, other: &Self) -> bool {
        let has_timestamp = self.timestamp().is_some();
        let is_identified = self.is_identified();
        let ways = (self.row.capture().passage, other.row.capture().passage);
        let is_passed_through = ways == (Some(Passage::In), Some(Passage::Out)) && is_identified;
        // Scanners give all their SYNs one number, one identification, and as many hops to live.
        let is_a_hop_on = is_identified && other.row.ttl().checked_add(1) == Some(self.row.ttl());
        let goes_back = ways == (Some(Passage::Out), Some(Passage::In));
        (has_timestamp || is_passed_through || is_a_hop_on) && !goes_back
    }
}
