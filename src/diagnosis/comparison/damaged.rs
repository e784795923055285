//! Packets of handshakes whose frames arrived damaged, by the SYN that they name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Comparison;
use crate::capture::PacketPlace;
use crate::decode::{DamagedPart, DamagedSegment, Endpoint};
use crate::diagnosis::facts::Facts;
use crate::handshake::Attempt;

/// So many are told apart, about 100 bytes each.
const MOST: usize = 4096;

/// A connect, and a part of its handshake.
type Key = (Endpoint, Endpoint, u32, DamagedPart);

/// How often a packet came damaged, and where first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct DamagedSegments(BTreeMap<Key, (u64, PacketPlace)>);

impl DamagedSegments {
    pub(super) fn note(&mut self, segment: &DamagedSegment) {
        let DamagedSegment {
            client,
            server,
            isn,
            part,
            place,
        } = *segment;
        self.add((client, server, isn, part), (1, place));
        self.make_room();
    }

    fn add(&mut self, key: Key, (count, place): (u64, PacketPlace)) {
        let order = |place: &PacketPlace| (place.at, place.source, place.number);
        let known = self.0.entry(key).or_insert((0, place));
        known.0 += count;
        if order(&place) < order(&known.1) {
            known.1 = place;
        }
    }

    fn make_room(&mut self) {
        while self.0.len() > MOST {
            self.0.pop_last();
        }
    }
}

impl Facts for DamagedSegments {
    fn merge(&mut self, other: Self) {
        for (key, found) in other.0 {
            self.add(key, found);
        }
        self.make_room();
    }
}

impl Comparison {
    /// Which packets of the attempt came damaged, how often, and where first.
    pub(in crate::diagnosis) fn damaged(
        &self,
        attempt: &Attempt,
    ) -> impl Iterator<Item = (DamagedPart, u64, PacketPlace)> {
        let (client, server) = (attempt.client, attempt.server);
        let parts = [DamagedPart::Syn, DamagedPart::SynAck, DamagedPart::Reset];
        parts.into_iter().filter_map(move |part| {
            let key = (client, server, attempt.isn?.0, part);
            let (count, place) = self.damaged.0.get(&key)?;
            Some((part, *count, *place))
        })
    }

    /// Whether it was answered by a frame that came damaged: there was no silence.
    pub(in crate::diagnosis) fn has_damaged_answer(&self, attempt: &Attempt) -> bool {
        self.damaged(attempt)
            .any(|(part, ..)| part != DamagedPart::Syn)
    }
}
