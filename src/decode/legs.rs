//! One SYN before and after its addresses or ports were translated: two flows, one connect.
//!
//! A translation keeps what the client's TCP chose: the initial sequence number, the timestamp, the
//! options, and the identification of the IP packet. So the second is known for what it is as long
//! as the first was captured just before. The number alone names nothing: a scanner uses one for
//! hundreds of ports.

use std::time::Duration;

use super::row::{AddressPairs, Addresses, Row};
use super::{Endpoint, IpFacts, SequenceNumber, TcpOptions};
use crate::capture::{Passage, SourceId, Timestamp};

/// How many of the latest SYNs are remembered, by their number.
const REMEMBERED: usize = 256;

/// How long a host takes to pass a packet on.
const PASSED_ON_WITHIN: Duration = Duration::from_millis(50);

/// The latest SYNs.
#[derive(Clone, Debug)]
pub(super) struct LatestSyns(Box<[Option<LatestSyn>]>);

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
        Self(vec![None; REMEMBERED].into_boxed_slice())
    }
}

impl LatestSyns {
    /// Looks at the next SYN of the capture: marks it when it is one of these translated.
    pub(super) fn look_at(&mut self, row: &mut Row, addresses: &AddressPairs) {
        let syn = LatestSyn::of(row, addresses);
        let slot = self.0.get_mut(syn.sequence.0 as usize % REMEMBERED);
        let Some(slot) = slot else {
            return;
        };
        match slot {
            Some(first) if first.is_translated_by(&syn) => row.mark_translated(),
            _ => *slot = Some(syn),
        }
    }
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

    /// A router may clamp the maximum segment size.
    fn has_options_of(&self, other: &Self) -> bool {
        let without_size = |options: TcpOptions| TcpOptions {
            maximum_segment_size: None,
            ..options
        };
        without_size(self.options) == without_size(other.options)
    }

    /// Whether it is told by more than numbers that a scanner never changes: by a timestamp, or by
    /// its way through the host that captures.
    fn is_identified_with(&self, other: &Self) -> bool {
        let has_timestamp = self.options.timestamps.is_some_and(|(value, _)| value != 0);
        let ways = (self.ip.capture.passage, other.ip.capture.passage);
        let is_passed_through = ways == (Some(Passage::In), Some(Passage::Out))
            && self.ip.identification.is_some_and(|number| number != 0);
        let goes_back = ways == (Some(Passage::Out), Some(Passage::In));
        (has_timestamp || is_passed_through) && !goes_back
    }
}
