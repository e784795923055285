//! The 4-tuple of a packet, whichever way it goes.

use super::place_index::{Tag, Tagger};
use crate::decode::Endpoint;

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

    /// Whether these are its ends.
    pub(super) fn is_between(&self, one: Endpoint, other: Endpoint) -> bool {
        (self.lower == one && self.higher == other) || (self.lower == other && self.higher == one)
    }
}

/// A 4-tuple and the tag by which it is looked for: hashed once for each packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct TaggedKey {
    key: FlowKey,
    tag: Tag,
}

impl TaggedKey {
    pub(super) fn of(key: FlowKey, tagger: &Tagger) -> Self {
        let tag = tagger.tag(key);
        Self { key, tag }
    }

    /// The 4-tuple.
    pub(super) fn key(&self) -> FlowKey {
        self.key
    }

    /// By which it is looked for.
    pub(super) fn tag(&self) -> Tag {
        self.tag
    }
}
