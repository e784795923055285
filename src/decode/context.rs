//! What is rare about packets, kept once and named by a number: what they were wrapped in.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::Encapsulation;

/// How many different surroundings are told apart. A trunk has at most 4,094 VLANs; a packet in one
/// more is handed on in full, and so costs more room, but says the same.
const MOST_CONTEXTS: usize = u16::MAX as usize;

/// The number of a packet's surroundings in [`Contexts`]. 0 stands for none.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ContextId(u16);

impl ContextId {
    /// Wrapped in nothing.
    pub const NONE: Self = Self(0);
}

/// The surroundings that were met, each once. Shared by whoever writes rows and whoever reads them.
#[derive(Debug, Default)]
pub struct Contexts(RwLock<Interned>);

#[derive(Debug, Default)]
struct Interned {
    ids: HashMap<Encapsulation, ContextId, foldhash::fast::RandomState>,
    /// The one with number 1 first.
    encapsulations: Vec<Encapsulation>,
}

impl Contexts {
    /// The number of these surroundings; `None` when there are too many different ones.
    pub fn intern(&self, encapsulation: &Encapsulation) -> Option<ContextId> {
        if encapsulation.is_empty() {
            return Some(ContextId::NONE);
        }
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(encapsulation) {
            return Some(*id);
        }
        drop(known);
        let mut interned = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = interned.ids.get(encapsulation) {
            return Some(*id);
        }
        if interned.encapsulations.len() >= MOST_CONTEXTS {
            return None;
        }
        interned.encapsulations.push(*encapsulation);
        let id = ContextId(u16::try_from(interned.encapsulations.len()).ok()?);
        interned.ids.insert(*encapsulation, id);
        Some(id)
    }

    /// The surroundings with this number.
    pub fn get(&self, id: ContextId) -> Encapsulation {
        let Some(index) = id.0.checked_sub(1) else {
            return Encapsulation::default();
        };
        let interned = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = interned.encapsulations.get(usize::from(index));
        found.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::EncapsulationLayer;

    #[test]
    fn each_is_kept_once_and_found_again() {
        let contexts = Contexts::default();
        let vlan = |tag| {
            let mut encapsulation = Encapsulation::default();
            encapsulation.push(EncapsulationLayer::Vlan(tag));
            encapsulation
        };
        assert_eq!(
            contexts.intern(&Encapsulation::default()),
            Some(ContextId::NONE)
        );
        let seven = contexts.intern(&vlan(7)).unwrap();
        let eight = contexts.intern(&vlan(8)).unwrap();
        assert_ne!(seven, eight);
        assert_eq!(contexts.intern(&vlan(7)), Some(seven));
        assert_eq!(contexts.get(eight), vlan(8));
        assert_eq!(contexts.get(ContextId::NONE), Encapsulation::default());
    }

    #[test]
    fn there_is_an_end_to_what_a_capture_can_make_us_keep() {
        let contexts = Contexts::default();
        let vxlan = |identifier| {
            let mut encapsulation = Encapsulation::default();
            encapsulation.push(EncapsulationLayer::Vxlan(identifier));
            encapsulation
        };
        let kept = (0..70_000).filter_map(|identifier| contexts.intern(&vxlan(identifier)));
        assert_eq!(kept.count(), MOST_CONTEXTS);
        assert!(contexts.intern(&vxlan(5)).is_some());
    }
}
