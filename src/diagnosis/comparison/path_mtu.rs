//! Who asked for smaller packets, and whether they were sent again all the same.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::decode::{Endpoint, IcmpKind, SequenceNumber};
use crate::diagnosis::facts::Facts;

/// So many connections are followed.
const MOST_CONNECTIONS: usize = 1024;

/// So often one segment is asked to be smaller at least until it is sent again all the same: what
/// was under way when the first error came is not, and an error may be captured twice.
const FEWEST_OF_ONE_SEGMENT: u32 = 3;

/// The errors "fragmentation needed" and "packet too big" of the capture, bounded.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PathMtu(BTreeMap<Path, Asked>);

/// Who asks, and about the packets of whom to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Path {
    sender: Endpoint,
    receiver: Endpoint,
    asked_by: IpAddr,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Asked {
    mtu: Option<u32>,
    errors: u32,
    segment: Option<SequenceNumber>,
    /// How often in a row about that segment.
    of_segment: u32,
    most_of_segment: u32,
}

/// One connection whose packets stay too large although their sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge {
    /// Who sends them.
    pub(crate) sender: Endpoint,
    /// To whom.
    pub(crate) receiver: Endpoint,
    /// Who asks for smaller ones.
    pub(crate) asked_by: IpAddr,
    /// How large they may be, where that is said.
    pub(crate) mtu: Option<u32>,
    /// How many errors there were.
    pub(crate) errors: u32,
    /// How often one segment met them.
    pub(crate) of_one_segment: u32,
}

impl Facts for PathMtu {
    fn merge(&mut self, other: Self) {
        for (path, others) in other.0 {
            let own = self.0.entry(path).or_default();
            own.mtu = own.mtu.max(others.mtu);
            own.errors = own.errors.saturating_add(others.errors);
            own.most_of_segment = own.most_of_segment.max(others.most_of_segment);
        }
        self.make_room();
    }
}

impl PathMtu {
    /// Takes note of an ICMP error, if it is one of these.
    pub(super) fn note(
        &mut self,
        (kind, mtu): (IcmpKind, Option<u32>),
        asked_by: IpAddr,
        (sender, receiver): (Endpoint, Endpoint),
        segment: SequenceNumber,
    ) {
        if !kind.asks_for_smaller() {
            return;
        }
        let path = Path {
            sender,
            receiver,
            asked_by,
        };
        let asked = self.0.entry(path).or_default();
        asked.mtu = mtu.or(asked.mtu);
        asked.errors = asked.errors.saturating_add(1);
        if asked.segment == Some(segment) {
            asked.of_segment = asked.of_segment.saturating_add(1);
        } else {
            asked.segment = Some(segment);
            asked.of_segment = 1;
        }
        asked.most_of_segment = asked.most_of_segment.max(asked.of_segment);
        self.make_room();
    }

    fn make_room(&mut self) {
        while self.0.len() > MOST_CONNECTIONS {
            self.0.pop_last();
        }
    }

    /// The connections on which a segment was sent again and again.
    pub(crate) fn too_large(&self) -> impl Iterator<Item = TooLarge> + '_ {
        let is_repeated = |asked: &&Asked| asked.most_of_segment >= FEWEST_OF_ONE_SEGMENT;
        let all = self.0.iter().filter(move |(_, asked)| is_repeated(asked));
        all.map(|(path, asked)| TooLarge {
            sender: path.sender,
            receiver: path.receiver,
            asked_by: path.asked_by,
            mtu: asked.mtu,
            errors: asked.errors,
            of_one_segment: asked.most_of_segment,
        })
    }
}
