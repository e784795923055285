//! From which host to which SYNs went on the link of the capture, and with which traffic class.
//!
//! A row has no room for it, and mostly all SYNs of a capture have it in common. So it is told by
//! runs: of the first SYN, and of each that goes another way than the one before.

use serde::{Deserialize, Serialize};

use super::observation::HardwareAddress;
use crate::capture::{PacketPlace, SourceId};

/// On which link a SYN was captured, and how it was marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SynLink {
    /// Who sent the frame, and to whom, where the capture says so.
    pub(crate) hosts: Option<(HardwareAddress, HardwareAddress)>,
    /// The upper six bits of its traffic class: how it is to be treated on its way (DSCP).
    pub(crate) service_class: u8,
}

/// The first of SYNs one after the other that went the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SynsOnLink {
    /// Where it stands.
    pub first: PacketPlace,
    /// The way.
    pub link: SynLink,
}

impl SynLink {
    /// Of a frame between these hosts.
    pub(super) fn of(hosts: Option<(HardwareAddress, HardwareAddress)>, traffic_class: u8) -> Self {
        Self {
            hosts,
            service_class: traffic_class >> 2,
        }
    }
}

/// The way of the latest SYN.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatestLink(Option<(SourceId, SynLink)>);

impl LatestLink {
    /// Takes note of a SYN; what is to be told where it goes another way than the one before.
    pub(super) fn note(&mut self, place: PacketPlace, link: SynLink) -> Option<SynsOnLink> {
        let is_known = self.0.replace((place.source, link)) == Some((place.source, link));
        (!is_known).then_some(SynsOnLink { first: place, link })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{PacketNumber, Timestamp};

    #[test]
    fn only_another_way_is_told() {
        let place = |source, number| PacketPlace {
            at: Timestamp::EARLIEST,
            source: SourceId(source),
            number: PacketNumber(number),
        };
        let mut latest = LatestLink::default();
        let (plain, marked) = (SynLink::of(None, 0), SynLink::of(None, 0xb8));
        assert_eq!(marked.service_class, 46);
        assert!(latest.note(place(0, 1), plain).is_some());
        assert!(latest.note(place(0, 2), plain).is_none());
        // The two bits of ECN are another matter.
        assert!(latest.note(place(0, 3), SynLink::of(None, 3)).is_none());
        let told = latest.note(place(0, 4), marked).unwrap();
        assert_eq!((told.first.number, told.link), (PacketNumber(4), marked));
        assert!(latest.note(place(1, 5), marked).is_some(), "another place");
    }
}
