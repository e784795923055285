//! Where the attempts of a place are found.

use std::collections::HashMap;

use crate::decode::{Endpoint, SequenceNumber};
use crate::path::place::Place;
use crate::path::seen::{PacketKind, PathPacket, PlaceAttempt};

pub(super) type Ends = (Endpoint, Endpoint, SequenceNumber);

/// The attempts of a place by what they are looked up by.
pub(super) struct Indices {
    pub(super) ends: HashMap<Ends, Vec<usize>>,
    pub(super) number: HashMap<SequenceNumber, Vec<usize>>,
    pub(super) timestamp: HashMap<u32, Vec<usize>>,
}

impl Indices {
    pub(super) fn of(place: &Place) -> Self {
        let mut indices = Self {
            ends: HashMap::new(),
            number: HashMap::new(),
            timestamp: HashMap::new(),
        };
        for (index, attempt) in place.attempts.iter().enumerate() {
            let number = attempt.isn;
            indices.ends.entry(ends(attempt)).or_default().push(index);
            indices.number.entry(number).or_default().push(index);
            let syns = attempt.packets_of(PacketKind::Syn);
            for value in syns.filter_map(PathPacket::timestamp) {
                indices.timestamp.entry(value).or_default().push(index);
            }
        }
        indices
    }
}

/// By whom, to whom, with which number.
pub(super) fn ends(attempt: &PlaceAttempt) -> Ends {
    (attempt.client, attempt.server, attempt.isn)
}
