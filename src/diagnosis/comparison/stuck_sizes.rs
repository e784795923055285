//! How large the segments are that never arrive: where they are full-size, something on the way
//! takes only smaller ones.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decode::Endpoint;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;
use crate::handshake::{Attempt, Content, FirstData, SeenPacket, Sender};

/// So many servers are told apart.
const TOLD_APART: usize = 10_000;

/// What a segment carries besides its payload, of what the other side allows: options.
const MOST_OPTIONS: u32 = 40;

/// The payload of one segment that was sent again and again in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct StuckSegment {
    /// Its bytes.
    pub(in crate::diagnosis) payload: u32,
    /// Whether a segment of this connection carries no more.
    pub(in crate::diagnosis) is_full_size: bool,
}

impl StuckSegment {
    /// The largest of what one side sent in vain.
    pub(in crate::diagnosis) fn of(attempt: &Attempt) -> Option<Self> {
        let is_in_vain = |data: FirstData| data.repetitions > 1 && !data.is_acknowledged;
        let sender = match (
            is_in_vain(attempt.client_data),
            is_in_vain(attempt.server_data),
        ) {
            (true, _) => Sender::Client,
            (false, true) => Sender::Server,
            (false, false) => return None,
        };
        let packets = || attempt.evidence.packets().iter();
        let payload = packets()
            .filter(|packet| packet.sender == sender)
            .filter_map(payload_of)
            .max()?;
        let allowed = packets().filter_map(segment_size_of).min();
        Some(Self {
            payload,
            is_full_size: allowed.is_some_and(|most| payload + MOST_OPTIONS >= most),
        })
    }
}

fn payload_of(packet: &SeenPacket) -> Option<u32> {
    match packet.content {
        Content::Segment { payload_length, .. } => {
            Some(payload_length).filter(|length| *length > 0)
        }
        Content::Icmp { .. } => None,
    }
}

/// How large the segments may be that its sender takes.
fn segment_size_of(packet: &SeenPacket) -> Option<u32> {
    match packet.content {
        Content::Segment { flags, options, .. } if flags.has_syn() => {
            options.maximum_segment_size.map(u32::from)
        }
        _ => None,
    }
}

/// The smallest stuck segment of each server, and whether all are full-size.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct StuckSizes(BTreeMap<Endpoint, StuckSegment>);

impl StuckSizes {
    pub(super) fn note(&mut self, facts: &impl AttemptFacts) {
        if let Some(stuck) = facts.stuck_segment() {
            self.add(facts.server(), stuck);
        }
    }

    fn add(&mut self, server: Endpoint, stuck: StuckSegment) {
        let known = self.0.entry(server).or_insert(stuck);
        *known = StuckSegment {
            payload: known.payload.min(stuck.payload),
            is_full_size: known.is_full_size && stuck.is_full_size,
        };
        if self.0.len() > TOLD_APART {
            self.0.pop_last();
        }
    }

    pub(super) fn of(&self, server: Endpoint) -> Option<StuckSegment> {
        self.0.get(&server).copied()
    }
}

impl Facts for StuckSizes {
    fn merge(&mut self, other: Self) {
        for (server, stuck) in other.0 {
            self.add(server, stuck);
        }
    }
}
