//! Rows that go from whoever reads to whoever tracks, together.

use super::Observation;
use super::flow_hash::FlowHash;
use super::row::{AddressPairs, Row};
use crate::capture::{PacketPlace, Timestamp};

/// The packets that are about connects, of a piece of a capture, in its order; all of them, or
/// those of one shard.
#[derive(Clone, Debug, Default)]
pub struct RowBatch {
    /// The packets.
    pub rows: Vec<Row>,
    /// The hash of each row's flow; of an ICMP error, of the flow that it is about.
    pub hashes: Vec<FlowHash>,
    /// The IPv6 addresses that the rows speak of.
    pub addresses: AddressPairs,
    /// The packets that say what a row has no room for.
    pub odd: Vec<OddPacket>,
    /// The rows that were captured earlier than a packet before them.
    pub late: Vec<LateRow>,
    /// What the capture's clock showed.
    pub clock: ClockSpan,
}

/// A packet about a connect that has no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddPacket {
    /// How many of the batch's rows stand before it.
    pub rows_before: usize,
    /// A segment or an ICMP error.
    pub observation: Observation,
    /// Where and when it was captured.
    pub place: PacketPlace,
    /// The hash of its flow.
    pub hash: FlowHash,
    /// What the clock showed when it came.
    pub clock: Timestamp,
}

/// A row that was captured earlier than a packet before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateRow {
    /// Its index among the rows.
    pub index: usize,
    /// What the clock showed when it came.
    pub clock: Timestamp,
}

/// What the capture's clock showed before the first packet of a piece of the capture and after its
/// last: the latest time of all packets so far, whatever they are about and whichever shard they
/// belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSpan {
    /// Before the first packet.
    pub start: Timestamp,
    /// After the last packet.
    pub end: Timestamp,
}

impl Default for ClockSpan {
    /// Before all packets.
    fn default() -> Self {
        Self {
            start: Timestamp::EARLIEST,
            end: Timestamp::EARLIEST,
        }
    }
}

/// One packet of a batch.
#[derive(Clone, Copy, Debug)]
pub enum BatchEntry<'a> {
    /// One that has a row, the hash of its flow, and what the clock showed when it came.
    Row(&'a Row, FlowHash, Timestamp),
    /// One that has none.
    Odd(&'a OddPacket),
}

impl RowBatch {
    /// Whether no packet of the piece is about a connect.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.odd.is_empty()
    }

    /// Forgets all packets and keeps the room; the next piece starts where this one ended.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.hashes.clear();
        self.addresses.clear();
        self.odd.clear();
        self.late.clear();
        self.clock.start = self.clock.end;
    }

    /// The packets in the order of the capture.
    pub fn entries(&self) -> impl Iterator<Item = BatchEntry<'_>> {
        let mut rows = self.rows.iter().zip(&self.hashes).enumerate().peekable();
        let mut late = self.late.iter().peekable();
        let mut odd = self.odd.iter().peekable();
        std::iter::from_fn(move || {
            let place = rows.peek().map(|(index, _)| *index);
            let is_before_row = |odd: &&OddPacket| place.is_none_or(|row| odd.rows_before <= row);
            if let Some(odd) = odd.next_if(is_before_row) {
                return Some(BatchEntry::Odd(odd));
            }
            let (index, (row, hash)) = rows.next()?;
            let late = late.next_if(|late| late.index == index);
            let clock = late.map_or(row.at(), |late| late.clock);
            Some(BatchEntry::Row(row, *hash, clock))
        })
    }

    /// Adds a row. `late` is what the clock shows, where the row was captured earlier.
    pub(super) fn add_row(&mut self, row: Row, hash: FlowHash, late: Option<Timestamp>) {
        self.rows.push(row);
        self.note_row(hash, late);
    }

    /// Takes note of the row that was added last.
    #[inline]
    pub(super) fn note_row(&mut self, hash: FlowHash, late: Option<Timestamp>) {
        if let Some(clock) = late {
            let index = self.hashes.len();
            self.late.push(LateRow { index, clock });
        }
        self.hashes.push(hash);
    }
}
