//! Which packets evidence needs, while it is not known yet what fails: those that a verdict or its
//! cause may need. All who keep packets of what passes choose by this: the spool of a stream, what
//! the dashboard keeps in memory, the ring of files.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::mem;
use std::net::IpAddr;

use crate::decode::{
    Endpoint, NamedAddresses, Neighbour, Observation, Segment, SetAside, TcpFlags,
};

/// So many packets after each SYN and SYN-ACK of a connection are kept, and the first with payload
/// of each side.
const AFTER_EACH_SYN: u8 = 16;

/// Of one address so many questions and answers are kept in one file.
pub(super) const QUESTIONS: u8 = 16;
pub(super) const ANSWERS: u8 = 4;

type Ends = (Endpoint, Endpoint);
type Seeded = foldhash::fast::RandomState;

/// Chooses packets, in bounded memory.
pub(crate) struct NeededPackets {
    /// How many connections are remembered that began a short while ago, twice; and how many hosts,
    /// addresses that are asked for, and names.
    remembered: usize,
    young: HashMap<Ends, Young, Seeded>,
    /// Those before them.
    older: HashMap<Ends, Young, Seeded>,
    of_file: OfFile,
}

/// A connection that began a short while ago.
#[derive(Clone, Copy, Default)]
struct Young {
    left: u8,
    /// Whether payload was seen from the lower and from the higher of its ends.
    has_payload: [bool; 2],
}

/// What the current file has: the files before it may be gone when it is read.
#[derive(Default)]
struct OfFile {
    remembered: usize,
    alive: HashSet<IpAddr, Seeded>,
    asked_for: HashMap<IpAddr, (u8, u8), Seeded>,
    names: HashSet<u64, Seeded>,
    hasher: Seeded,
    /// Whether it has a segment without SYN, FIN and RST: else the capture looks as if it had been
    /// filtered to these.
    has_plain_segment: bool,
    has_truncated_header: bool,
}

impl NeededPackets {
    /// Remembers so many connections that began a short while ago, and hosts, addresses and names.
    pub(crate) fn remembering(remembered: usize) -> Self {
        Self {
            remembered,
            young: HashMap::default(),
            older: HashMap::default(),
            of_file: OfFile::remembering(remembered),
        }
    }

    /// From now on packets go to a new file, which has to make sense without those before it.
    #[cfg(feature = "live")]
    pub(crate) fn begin_file(&mut self) {
        self.of_file = OfFile::remembering(self.remembered);
    }

    /// Whether a packet is one of them.
    pub(crate) fn takes(&mut self, observation: &Observation) -> bool {
        match observation {
            Observation::Segment(segment) => self.takes_segment(segment),
            Observation::IcmpError(_) | Observation::Damaged(_) => true,
            Observation::Neighbour(neighbour) => self.of_file.takes_neighbour(*neighbour),
            Observation::Names(named) => self.of_file.is_new_name(named),
            Observation::Alive(address) | Observation::Encrypted(Some(address)) => {
                self.of_file.is_first_of(*address)
            }
            Observation::SetAside(SetAside::TruncatedHeader) => {
                !mem::replace(&mut self.of_file.has_truncated_header, true)
            }
            Observation::SetAside(_) | Observation::Unrelated | Observation::Encrypted(None) => {
                false
            }
        }
    }

    fn takes_segment(&mut self, segment: &Segment) -> bool {
        let flags = segment.flags;
        let (source, destination) = (segment.source, segment.destination);
        let ends = (source.min(destination), source.max(destination));
        if flags.contains(TcpFlags::SYN) {
            self.begin(ends);
            return true;
        }
        let is_control = flags.is_rst() || flags.has_fin();
        // That a host lives is shown by a packet that means nothing else.
        let is_first = !is_control && self.of_file.is_first_of(segment.source.address);
        let is_of_young = self.is_of_young(ends, segment);
        let is_sign = !is_control && !mem::replace(&mut self.of_file.has_plain_segment, true);
        is_control || is_of_young || is_first || is_sign
    }

    fn begin(&mut self, ends: Ends) {
        if self.young.len() >= self.remembered {
            self.older = mem::take(&mut self.young);
        }
        let young = Young {
            left: AFTER_EACH_SYN,
            ..Young::default()
        };
        self.young.insert(ends, young);
    }

    fn is_of_young(&mut self, ends: Ends, segment: &Segment) -> bool {
        let young = self.young.get_mut(&ends);
        let Some(young) = young.or_else(|| self.older.get_mut(&ends)) else {
            return false;
        };
        let is_left = young.left > 0;
        young.left = young.left.saturating_sub(1);
        let [lower, higher] = &mut young.has_payload;
        let has_payload = if segment.source == ends.0 {
            lower
        } else {
            higher
        };
        let is_first_payload = segment.payload_length > 0 && !mem::replace(has_payload, true);
        is_left || is_first_payload
    }
}

impl OfFile {
    fn remembering(remembered: usize) -> Self {
        Self {
            remembered,
            ..Self::default()
        }
    }

    fn is_first_of(&mut self, address: IpAddr) -> bool {
        self.alive.len() < self.remembered && self.alive.insert(address)
    }

    fn takes_neighbour(&mut self, neighbour: Neighbour) -> bool {
        let (Neighbour::Question {
            target: address, ..
        }
        | Neighbour::Answer { address, .. }) = neighbour;
        if self.asked_for.len() >= self.remembered && !self.asked_for.contains_key(&address) {
            return false;
        }
        let (questions, answers) = self.asked_for.entry(address).or_default();
        let (seen, most) = match neighbour {
            Neighbour::Question { .. } => (questions, QUESTIONS),
            Neighbour::Answer { .. } => (answers, ANSWERS),
        };
        let is_kept = *seen < most;
        *seen = seen.saturating_add(1);
        is_kept
    }

    fn is_new_name(&mut self, named: &NamedAddresses) -> bool {
        let hash = self.hasher.hash_one((&named.name, &named.addresses));
        self.names.len() < self.remembered && self.names.insert(hash)
    }
}
