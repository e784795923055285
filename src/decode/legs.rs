//! One SYN before and after its addresses or ports were translated: two flows, one connect.
//!
//! A translation keeps what the client's TCP chose: the timestamp, the options, the identification
//! of the IP packet, and mostly the initial sequence number. So the second is known for what it is
//! as long as the first was captured just before. The number alone names nothing: a scanner uses
//! one for hundreds of ports.

use std::time::Duration;

use super::row::{AddressPairs, Addresses, Row};
use super::{Endpoint, IpFacts, SequenceNumber, TcpOptions};
use crate::capture::{Passage, SourceId, Timestamp};

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

#[derive(Clone, Copy, Debug)]
struct LatestSyn {
    at: Timestamp,
    source: SourceId,
    ends: (Endpoint, Endpoint),
    sequence: SequenceNumber,
    ip: IpFacts,
    window: Option<u16>,
    options: TcpOptions,
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
        let syn = LatestSyn::of(row, addresses);
        let number = slot(&mut self.by_number, syn.sequence.0);
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
    fn of(row: &Row, addresses: &impl Addresses) -> Self {
        let place = row.place();
        Self {
            at: place.at,
            source: place.source,
            ends: row.ends(addresses),
            sequence: row.sequence(),
            ip: row.ip(),
            window: row.window(),
            options: row.options(),
        }
    }

    fn is_translated_by(&self, other: &Self) -> bool {
        let is_same_syn = self.source == other.source
            && self.sequence == other.sequence
            && self.window == other.window
            && self.ip.identification == other.ip.identification
            && self.has_options_of(other);
        let is_passed_on = self.at <= other.at
            && other.at.since(self.at) <= PASSED_ON_WITHIN
            && other.ip.ttl <= self.ip.ttl;
        // One that comes back to its sender as if from itself is told as such.
        let (source, destination) = other.ends;
        let is_translated = self.ends != other.ends && source.address != destination.address;
        is_translated && is_same_syn && is_passed_on && self.is_identified_with(other)
    }

    /// Another client has the same timestamp in the same milliseconds once in a long time, and one
    /// client that connects to several servers at once gives each SYN its own identification and as
    /// many hops to live.
    fn is_renumbered_by(&self, other: &Self) -> bool {
        let is_same_syn = self.source == other.source
            && self.sequence != other.sequence
            && self.window == other.window
            && self.ip.identification == other.ip.identification
            && self.ip.identification.is_some_and(|number| number != 0)
            && self.timestamp() == other.timestamp()
            && self.has_options_of(other);
        let is_passed_on = self.at <= other.at
            && other.at.since(self.at) <= RENUMBERED_WITHIN
            && other.ip.ttl < self.ip.ttl;
        let ((client, server), (other_client, other_server)) = (self.ends, other.ends);
        let is_translated =
            client.address != other_client.address || server.address != other_server.address;
        is_same_syn && is_passed_on && is_translated && other_client.address != other_server.address
    }

    /// The timestamp, where it says something.
    fn timestamp(&self) -> Option<u32> {
        let timestamps = self.options.timestamps;
        timestamps
            .map(|(value, _)| value)
            .filter(|value| *value != 0)
    }

    /// A router may clamp the maximum segment size.
    fn has_options_of(&self, other: &Self) -> bool {
        let without_size = |options: TcpOptions| TcpOptions {
            maximum_segment_size: None,
            ..options
        };
        without_size(self.options) == without_size(other.options)
    }

    /// Whether it is told by more than numbers that a scanner never changes: by a timestamp, or by
    /// its way through the host that captures, or by one hop less.
    fn is_identified_with(&self, other: &Self) -> bool {
        let has_timestamp = self.timestamp().is_some();
        let is_identified = self.ip.identification.is_some_and(|number| number != 0);
        let ways = (self.ip.capture.passage, other.ip.capture.passage);
        let is_passed_through = ways == (Some(Passage::In), Some(Passage::Out)) && is_identified;
        // Scanners give all their SYNs one number, one identification, and as many hops to live.
        let is_a_hop_on = is_identified && other.ip.ttl.checked_add(1) == Some(self.ip.ttl);
        let goes_back = ways == (Some(Passage::Out), Some(Passage::In));
        (has_timestamp || is_passed_through || is_a_hop_on) && !goes_back
    }
}
