//! Rows that go to another process, and there into a batch again.
//!
//! A row names what stands beside it by numbers and places that mean something in its own process
//! only: what it was wrapped in, its IPv6 addresses, what the capture says of it. Where there is
//! any of that, it goes along in the form that postcard gives it; a plain IPv4 packet is its row.

use std::net::Ipv6Addr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::context::{ContextId, Contexts};
use super::flow_hash::{FlowHasher, FlowShard};
use super::row::{ROW_BYTES, Row};
use super::row_batch::{BatchEntry, ClockSpan, OddPacket, RowBatch};
use super::verdict::CaptureVerdict;
use super::{Encapsulation, Endpoint, IcmpError, Observation, Segment};
use crate::capture::{PacketPlace, Timestamp};

/// A packet about a connect on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentPacket {
    /// To which part of the flows it belongs.
    pub flow: FlowShard,
    /// What the capture's clock showed when it came.
    pub clock: Timestamp,
    /// Where and when it was captured.
    pub place: PacketPlace,
    /// Its row; zeros where it has none.
    pub row: [u8; ROW_BYTES],
    /// What stands beside the row, or is in its place; empty for most.
    pub beside: Vec<u8>,
}

/// Why what came cannot be taken for a packet.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("a packet that came from another process cannot be read: {0}")]
#[non_exhaustive]
pub struct SentPacketError(#[from] postcard::Error);

/// What does not stand in the bytes of a row.
#[derive(Serialize, Deserialize)]
enum Beside {
    Row(RowBeside),
    Segment(Box<Segment>, Sent),
    IcmpError(Box<IcmpError>, Sent),
}

/// Beside a row.
#[derive(Default, PartialEq, Eq, Serialize, Deserialize)]
struct RowBeside {
    wrapped_in: Encapsulation,
    addresses: Option<[Ipv6Addr; 2]>,
    /// Of an ICMP error.
    sender: Option<Ipv6Addr>,
}

/// Beside a packet that has no row.
#[derive(Serialize, Deserialize)]
struct Sent {
    place: PacketPlace,
    verdict: Option<CaptureVerdict>,
}

impl RowBatch {
    /// The packets in the order of the capture, as they are sent. The batch was filled with these
    /// surroundings.
    pub fn sent(&self, contexts: &Contexts) -> impl Iterator<Item = SentPacket> {
        self.entries().map(|entry| match entry {
            BatchEntry::Row(row, _, clock) => self.sent_row(row, clock, contexts),
            BatchEntry::Odd(odd) => sent_in_full(odd, contexts),
        })
    }

    fn sent_row(&self, row: &Row, clock: Timestamp, contexts: &Contexts) -> SentPacket {
        let (source, destination) = row.ends(&self.addresses);
        let addresses = row.address_pair(&self.addresses);
        let is_plain = addresses.is_none() && row.context() == ContextId::NONE;
        let beside = || {
            let sender =
                (row.is_ipv6() && row.is_icmp_error()).then(|| row.sender(&self.addresses));
            Beside::Row(RowBeside {
                wrapped_in: contexts.get(row.context()),
                addresses,
                sender: sender.and_then(|sender| match sender {
                    std::net::IpAddr::V6(sender) => Some(sender),
                    std::net::IpAddr::V4(_) => None,
                }),
            })
        };
        SentPacket {
            flow: FlowShard::between(source, destination),
            clock,
            place: row.place(),
            row: row.to_bytes(),
            beside: if is_plain {
                Vec::new()
            } else {
                bytes_of(&beside())
            },
        }
    }
}

fn sent_in_full(odd: &OddPacket, contexts: &Contexts) -> SentPacket {
    let sent = |verdict: Option<super::VerdictMark>| Sent {
        place: odd.place,
        verdict: verdict.and_then(|mark| contexts.verdict(mark.id)),
    };
    let (ends, beside) = match &odd.observation {
        Observation::Segment(segment) => {
            let sent = sent(segment.ip.capture.verdict);
            let ends = Some((segment.source, segment.destination));
            (ends, Some(Beside::Segment(Box::new(*segment), sent)))
        }
        Observation::IcmpError(error) => {
            let sent = sent(error.ip.capture.verdict);
            let ends = Some((error.quote.source, error.quote.destination));
            (ends, Some(Beside::IcmpError(Box::new(*error), sent)))
        }
        // Nothing else is about a connect.
        _ => (None, None),
    };
    SentPacket {
        flow: ends.map_or_else(FlowShard::default, |(one, other)| {
            FlowShard::between(one, other)
        }),
        clock: odd.clock,
        place: odd.place,
        row: [0; ROW_BYTES],
        beside: beside.as_ref().map(bytes_of).unwrap_or_default(),
    }
}

fn bytes_of(beside: &Beside) -> Vec<u8> {
    // Nothing in it can fail to be written.
    postcard::to_allocvec(beside).unwrap_or_default()
}

/// Takes packets that were sent, in the order of the capture, into batches again.
#[derive(Clone, Debug, Default)]
pub struct RowReceiver {
    contexts: Arc<Contexts>,
    hasher: FlowHasher,
    clock: Option<Timestamp>,
}

impl RowReceiver {
    /// One that has received nothing, with these surroundings and hashes.
    pub fn new(contexts: Arc<Contexts>, hasher: FlowHasher) -> Self {
        Self {
            contexts,
            hasher,
            clock: None,
        }
    }

    /// Starts the next piece: the batch is empty then.
    pub fn begin(&self, batch: &mut RowBatch) {
        let clock = self.clock.unwrap_or(Timestamp::EARLIEST);
        batch.clear();
        batch.clock = ClockSpan {
            start: clock,
            end: clock,
        };
    }

    /// Adds the next packet, by its clock, its row and what stands beside it.
    ///
    /// # Errors
    ///
    /// When that is damaged.
    pub fn add(
        &mut self,
        clock: Timestamp,
        row: &[u8; ROW_BYTES],
        beside: &[u8],
        batch: &mut RowBatch,
    ) -> Result<(), SentPacketError> {
        let clock = self.clock.map_or(clock, |latest| latest.max(clock));
        self.clock = Some(clock);
        batch.clock.end = clock;
        if beside.is_empty() {
            self.add_row(Row::from_bytes(row), clock, batch);
            return Ok(());
        }
        match postcard::from_bytes(beside)? {
            Beside::Row(beside) => self.add_with(row, &beside, clock, batch),
            Beside::Segment(mut segment, sent) => {
                self.restore(&mut segment.ip.capture, sent.verdict.as_ref());
                let ends = (segment.source, segment.destination);
                let observation = Observation::Segment(*segment);
                self.add_odd(observation, ends, sent.place, clock, batch);
            }
            Beside::IcmpError(mut error, sent) => {
                self.restore(&mut error.ip.capture, sent.verdict.as_ref());
                let ends = (error.quote.source, error.quote.destination);
                let observation = Observation::IcmpError(*error);
                self.add_odd(observation, ends, sent.place, clock, batch);
            }
        }
        Ok(())
    }

    fn add_row(&self, row: Row, clock: Timestamp, batch: &mut RowBatch) {
        let (one, other) = row.ends(&batch.addresses);
        let hash = self.hasher.hash(one, other);
        batch.add_row(row, hash, (clock > row.at()).then_some(clock));
    }

    /// One that has something beside it. Where there are too many surroundings to have a number, it
    /// goes on in full, as where it was read.
    fn add_with(
        &self,
        row: &[u8; ROW_BYTES],
        beside: &RowBeside,
        clock: Timestamp,
        batch: &mut RowBatch,
    ) {
        let mut row = Row::from_bytes(row);
        if let Some(pair) = beside.addresses
            && let Some(place) = batch.addresses.add(pair)
        {
            row = row.moved_to(place);
        }
        if let Some(sender) = beside.sender
            && let Some(place) = batch.addresses.add([sender; 2])
        {
            row = row.sent_from(place);
        }
        if let Some(context) = self.contexts.intern(&beside.wrapped_in) {
            self.add_row(row.wrapped_in(context), clock, batch);
            return;
        }
        let ends = row.ends(&batch.addresses);
        let observation = if row.is_icmp_error() {
            let mut error = row.icmp_error(&self.contexts, &batch.addresses);
            error.encapsulation = beside.wrapped_in;
            Observation::IcmpError(error)
        } else {
            let mut segment = row.segment(&self.contexts, &batch.addresses);
            segment.encapsulation = beside.wrapped_in;
            Observation::Segment(segment)
        };
        self.add_odd(observation, ends, row.place(), clock, batch);
    }

    fn add_odd(
        &self,
        observation: Observation,
        (one, other): (Endpoint, Endpoint),
        place: PacketPlace,
        clock: Timestamp,
        batch: &mut RowBatch,
    ) {
        batch.odd.push(OddPacket {
            rows_before: batch.rows.len(),
            observation,
            place,
            hash: self.hasher.hash(one, other),
            clock,
        });
    }

    /// Verdicts have numbers of their own here.
    fn restore(&self, facts: &mut super::CaptureFacts, verdict: Option<&CaptureVerdict>) {
        if let (Some(mark), Some(verdict)) = (&mut facts.verdict, verdict) {
            mark.id = self.contexts.intern_verdict(verdict);
        }
    }
}

#[cfg(test)]
mod tests;
