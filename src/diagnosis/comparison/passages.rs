//! Which hosts are the one that captures, by the way that their packets went.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::REMEMBERED;
use crate::capture::Passage;
use crate::decode::{Endpoint, Observation, RowBatch};
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::known_ends::Table;

/// Which ways the packets from and to hosts went, as far as the capture says so. Only handshake
/// packets are looked at, and hosts beyond so many as are remembered are not told apart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Passages(Table<Host, Ways>);

/// Which ways were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ways(u8);

impl Ways {
    const FROM_IT_OUT: u8 = 1;
    const FROM_IT_IN: u8 = 1 << 1;
    const TO_IT_OUT: u8 = 1 << 2;
    const TO_IT_IN: u8 = 1 << 3;
}

impl Passages {
    /// Takes note of the handshake packets of which it is known which way they went.
    pub(super) fn note(&mut self, batch: &RowBatch) {
        for row in batch.rows.iter().filter(|row| row.flags().has_syn()) {
            if let Some(passage) = row.capture().passage {
                self.note_one(passage, row.ends(&batch.addresses));
            }
        }
        for odd in &batch.odd {
            if let Observation::Segment(segment) = &odd.observation
                && segment.flags.has_syn()
                && let Some(passage) = segment.ip.capture.passage
            {
                self.note_one(passage, (segment.source, segment.destination));
            }
        }
    }

    fn note_one(&mut self, passage: Passage, (source, destination): (Endpoint, Endpoint)) {
        let (from, to) = match passage {
            Passage::In => (Ways::FROM_IT_IN, Ways::TO_IT_IN),
            Passage::Out => (Ways::FROM_IT_OUT, Ways::TO_IT_OUT),
        };
        self.add(Host(source.address), from);
        self.add(Host(destination.address), to);
    }

    fn add(&mut self, host: Host, ways: u8) {
        if let Some(known) = self.0.get_mut(&host) {
            known.0 |= ways;
        } else if self.0.len() < REMEMBERED {
            self.0.insert(host, Ways(ways));
        }
    }

    /// Whether this is an address of the host that captures: what it sends goes out and what is
    /// sent to it comes in, never the other way round, as what is only passed on.
    pub(super) fn is_here(&self, address: IpAddr) -> bool {
        let ways = self.0.get(&Host(address)).copied().unwrap_or_default();
        ways == Ways(Ways::FROM_IT_OUT | Ways::TO_IT_IN)
    }
}

impl Passages {
    /// Whether what is sent to this address goes out where it is captured: it is passed on, or made
    /// there.
    pub(super) fn leads_through(&self, address: IpAddr) -> bool {
        let ways = self.0.get(&Host(address)).copied().unwrap_or_default();
        ways.0 & Ways::TO_IT_OUT != 0
    }
}

impl Facts for Passages {
    fn merge(&mut self, other: Self) {
        for (host, ways) in other.0 {
            self.add(host, ways.0);
        }
    }
}
