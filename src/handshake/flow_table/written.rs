//! Open attempts where they are written down, to be ended elsewhere: in the order in which they are
//! taken out, without what it takes to find them.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::{FlowTable, INDEX, KeptAddresses, Place, Slot, State};
use crate::capture::Timestamp;
use crate::decode::{Contexts, FlowHasher, Row};
use crate::handshake::attempt::{Attempt, AttemptId};
use crate::handshake::decided::AddressPair;
use crate::handshake::flow::Flow;
use crate::handshake::flow_key::FlowKey;
use crate::handshake::place_index::Tag;
use crate::handshake::regular::Regular;

/// The open attempts of a table, as they are read.
#[derive(Debug, Deserialize)]
pub(in crate::handshake) struct OpenAttempts {
    parked: VecDeque<Attempt>,
    followed: Vec<Open>,
    syns: Vec<(Row, Option<AddressPair>)>,
}

/// As they are written.
#[derive(Serialize)]
struct Written<'a> {
    parked: &'a VecDeque<Attempt>,
    followed: FollowedOf<'a>,
    syns: SynsOf<'a>,
}

/// One that is more than a lone SYN.
#[derive(Debug, Deserialize)]
enum Open {
    Full(Box<Attempt>),
    Regular(Box<Regular>, Option<AddressPair>),
}

#[derive(Serialize)]
enum OpenOf<'a> {
    Full(&'a Attempt),
    Regular(&'a Regular, Option<AddressPair>),
}

struct FollowedOf<'a>(&'a FlowTable);

struct SynsOf<'a>(&'a FlowTable);

impl Serialize for FlowTable {
    /// As [`OpenAttempts`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            parked: &self.parked,
            followed: FollowedOf(self),
            syns: SynsOf(self),
        };
        written.serialize(serializer)
    }
}

impl Serialize for FollowedOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut written = serializer.serialize_seq(Some(self.0.in_order().count()))?;
        for open in self.0.in_order() {
            written.serialize_element(&open)?;
        }
        written.end()
    }
}

impl Serialize for SynsOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(table) = self;
        let mut written = serializer.serialize_seq(Some(table.syns.iter().count()))?;
        for syn in table.syns.iter() {
            written.serialize_element(&(syn, syn.address_pair(&table.addresses)))?;
        }
        written.end()
    }
}

impl FlowTable {
    /// All open attempts that are more than lone SYNs, in the order in which they are taken out, but
    /// for those that are parked.
    fn in_order(&self) -> impl Iterator<Item = OpenOf<'_>> {
        self.open_order.iter().filter_map(|waiting| {
            if let Some(regular) = self.regular_with(waiting) {
                let pair = regular.syn().address_pair(&self.addresses);
                return Some(OpenOf::Regular(regular, pair));
            }
            let full = Some(waiting.place).filter(|place| place.state() == State::Full);
            let mut open = self.slots.get(full?.index())?.flow.open.iter();
            open.find(|attempt| attempt.id == waiting.id)
                .map(OpenOf::Full)
        })
    }

    /// A table of these, in which nothing is to be looked for.
    pub(in crate::handshake) fn of_written(open: OpenAttempts, contexts: Arc<Contexts>) -> Self {
        let mut table = Self::new(contexts, FlowHasher::default());
        table.open_count = open.parked.len();
        table.parked = open.parked;
        for followed in open.followed {
            match followed {
                Open::Full(attempt) => table.put_back(*attempt),
                Open::Regular(regular, pair) => table.put_back_regular(*regular, pair),
            }
        }
        for (syn, pair) in open.syns {
            if table.syns.count() >= INDEX as usize {
                break;
            }
            let syn = match pair {
                Some(pair) => syn.moved_to(table.addresses.put_back(pair)),
                None => syn,
            };
            table.syns.push(syn);
        }
        table
    }

    fn put_back(&mut self, attempt: Attempt) {
        let slot = Slot {
            key: FlowKey::between(attempt.client, attempt.server),
            tag: Tag::default(),
            flow: Flow::default(),
        };
        let place = Place::new(State::Full, self.slots.insert(slot));
        self.open(place, attempt);
    }

    fn put_back_regular(&mut self, mut regular: Regular, pair: Option<AddressPair>) {
        if let Some(pair) = pair {
            regular.move_addresses(self.addresses.put_back(pair));
        }
        let id = AttemptId::of(regular.syn().place());
        let place = Place::new(State::Regular, self.regular.insert(regular));
        self.wait(place, id, Timestamp::EARLIEST);
    }
}

impl KeptAddresses {
    fn put_back(&mut self, pair: AddressPair) -> u32 {
        u32::try_from(self.0.insert(pair)).unwrap_or_default()
    }
}
