//! What was odd about records that say what became of packets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::VerdictFault;
use crate::capture::PacketPlace;

/// What is to be told of records that say what became of packets, besides what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordRemarks {
    /// What is wrong with the header.
    pub fault: Option<VerdictFault>,
    /// By how much it was read later than its packet passed.
    pub late_by: Option<Duration>,
}

/// How many headers had a fault, and the first packet with each; and how late records were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictFaults {
    faults: BTreeMap<VerdictFault, (u64, PacketPlace)>,
    latest: Option<(Duration, PacketPlace)>,
}

impl VerdictFaults {
    /// Takes note of what is to be told of a record.
    pub fn note(&mut self, remarks: RecordRemarks, place: PacketPlace) {
        if let Some(fault) = remarks.fault {
            self.faults.entry(fault).or_insert((0, place)).0 += 1;
        }
        if let Some(late_by) = remarks.late_by {
            self.note_late((late_by, place));
        }
    }

    fn note_late(&mut self, late: (Duration, PacketPlace)) {
        if self.latest.is_none_or(|(known, _)| known < late.0) {
            self.latest = Some(late);
        }
    }

    /// By how much the latest record was read after its packet, and which it is.
    pub fn latest(&self) -> Option<(Duration, PacketPlace)> {
        self.latest
    }

    /// Takes note of those that were found later.
    pub fn add(&mut self, later: &Self) {
        for (fault, (count, place)) in &later.faults {
            self.faults.entry(*fault).or_insert((0, *place)).0 += count;
        }
        if let Some(late) = later.latest {
            self.note_late(late);
        }
    }

    /// Takes note of those of other sources.
    pub fn merge(&mut self, other: &Self) {
        self.add(other);
        for (fault, (_, place)) in &other.faults {
            if let Some(known) = self.faults.get_mut(fault) {
                known.1 = known.1.min(*place);
            }
        }
    }

    /// Each fault, how often it was, and where first.
    pub fn iter(&self) -> impl Iterator<Item = (VerdictFault, u64, PacketPlace)> {
        self.faults
            .iter()
            .map(|(fault, (count, place))| (*fault, *count, *place))
    }
}
