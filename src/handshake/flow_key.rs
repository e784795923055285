//! The 4-tuple of a packet, whichever way it goes.

use super::place_index::Tag;
use crate::decode::{AddressPairs, Addresses, Direction, Endpoint, Row};

/// A 4-tuple without direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FlowKey {
    lower: Endpoint,
    higher: Endpoint,
}

impl FlowKey {
    pub(super) fn between(one: Endpoint, other: Endpoint) -> Self {
        if one <= other {
            Self {
                lower: one,
                higher: other,
            }
        } else {
            Self {
                lower: other,
                higher: one,
            }
        }
    }

    /// Its ends.
    pub(super) fn ends(&self) -> (Endpoint, Endpoint) {
        (self.lower, self.higher)
    }

    /// Whether these are its ends.
    fn is_between(&self, one: Endpoint, other: Endpoint) -> bool {
        (self.lower == one && self.higher == other) || (self.lower == other && self.higher == one)
    }
}

/// A 4-tuple that is looked for: by the row of a packet, or by its ends; and the tag by which it is
/// looked for, hashed once for each packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought<'a> {
    by: By<'a>,
    tag: Tag,
}

#[derive(Clone, Copy, Debug)]
enum By<'a> {
    Row(&'a Row, &'a AddressPairs),
    Key(FlowKey),
}

impl<'a> Sought<'a> {
    pub(super) fn of_row(row: &'a Row, addresses: &'a AddressPairs, tag: Tag) -> Self {
        Self {
            by: By::Row(row, addresses),
            tag,
        }
    }

    pub(super) fn of_key(key: FlowKey, tag: Tag) -> Self {
        Self {
            by: By::Key(key),
            tag,
        }
    }

    /// By which it is looked for.
    pub(super) fn tag(&self) -> Tag {
        self.tag
    }

    /// The 4-tuple.
    pub(super) fn key(&self) -> FlowKey {
        match self.by {
            By::Row(row, addresses) => {
                let (source, destination) = row.ends(addresses);
                FlowKey::between(source, destination)
            }
            By::Key(key) => key,
        }
    }

    /// Which way the packet goes, held against a row that is kept; `None` when that is of another
    /// 4-tuple.
    pub(super) fn against(&self, kept: &Row, addresses: &impl Addresses) -> Option<Direction> {
        match self.by {
            By::Row(row, own) => row.direction_against(own, kept, addresses),
            By::Key(key) => {
                let (source, destination) = kept.ends(addresses);
                key.is_between(source, destination)
                    .then_some(Direction::Same)
            }
        }
    }

    /// Whether it is this 4-tuple.
    pub(super) fn is(&self, key: &FlowKey) -> bool {
        match self.by {
            By::Row(row, addresses) => {
                let (source, destination) = row.ends(addresses);
                key.is_between(source, destination)
            }
            By::Key(sought) => sought == *key,
        }
    }
}
