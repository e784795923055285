//! What is rare about packets, kept once and named by a number: what they were wrapped in, and what
//! the capture itself says became of them.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::verdict::{CaptureVerdict, PrefixNumbers, VerdictId};
use super::{Encapsulation, TunnelPorts};

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

/// How many different verdicts are told apart: a rule set has some hundred rules on some
/// interfaces. Of one more it is kept who spoke and what followed.
const MOST_VERDICTS: usize = 4096;

/// The surroundings that were met, each once. Shared by whoever writes rows and whoever reads them.
#[derive(Debug, Default)]
pub struct Contexts {
    interned: RwLock<Interned>,
    verdicts: RwLock<InternedVerdicts>,
    /// Whether names and words of whoever runs a filter are left out.
    leaves_out_names: bool,
    prefix_numbers: Option<PrefixNumbers>,
    /// Where packets are wrapped in tunnels, besides these tunnels' own ports.
    tunnels: TunnelPorts,
}

impl Serialize for Contexts {
    /// What the numbers of surroundings stand for, the one with number 1 first. What filters said is
    /// no part of it: whatever outlives its packet holds that in full.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let interned = self.interned.read().unwrap_or_else(PoisonError::into_inner);
        interned.encapsulations.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Contexts {
    /// In which each number stands for what it stood for.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let encapsulations = Vec::<Encapsulation>::deserialize(deserializer)?;
        let numbered = (1..=u16::MAX).map(ContextId).zip(&encapsulations);
        let ids = numbered.map(|(id, encapsulation)| (*encapsulation, id));
        let interned = Interned {
            ids: ids.collect(),
            encapsulations,
        };
        Ok(Self {
            interned: RwLock::new(interned),
            ..Self::default()
        })
    }
}

#[derive(Debug, Default)]
struct InternedVerdicts {
    ids: HashMap<CaptureVerdict, VerdictId, foldhash::fast::RandomState>,
    /// The one with number 1 first.
    verdicts: Vec<CaptureVerdict>,
}

#[derive(Debug, Default)]
struct Interned {
    ids: HashMap<Encapsulation, ContextId, foldhash::fast::RandomState>,
    /// The one with number 1 first.
    encapsulations: Vec<Encapsulation>,
}

impl Contexts {
    /// In which names and words of whoever runs a filter are left out.
    /// `numbers` tells prefixes apart.
    pub fn without_names(numbers: Option<PrefixNumbers>) -> Self {
        Self {
            leaves_out_names: true,
            prefix_numbers: numbers,
            ..Self::default()
        }
    }

    /// Of packets that may be wrapped in tunnels on these ports.
    #[must_use]
    pub fn with_tunnels(self, tunnels: TunnelPorts) -> Self {
        Self { tunnels, ..self }
    }

    /// Where tunnels are besides their own ports.
    pub fn tunnels(&self) -> &TunnelPorts {
        &self.tunnels
    }

    /// The number of this verdict, or of what is known of its rule alone where there are too many.
    pub fn intern_verdict(&self, verdict: &CaptureVerdict) -> VerdictId {
        let numbers = self.prefix_numbers.as_ref();
        let shown = self.leaves_out_names.then(|| verdict.anonymous(numbers));
        let verdict = shown.as_ref().unwrap_or(verdict);
        let known = self.verdicts.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(verdict) {
            return *id;
        }
        drop(known);
        let mut interned = self
            .verdicts
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let of_rule = verdict.of_rule_alone();
        let added = interned.add(verdict, MOST_VERDICTS / 2);
        added
            .or_else(|| interned.add(&of_rule, MOST_VERDICTS))
            .unwrap_or_default()
    }

    /// The verdict with this number.
    pub fn verdict(&self, id: VerdictId) -> Option<CaptureVerdict> {
        let index = usize::from(id.0.checked_sub(1)?);
        let interned = self.verdicts.read().unwrap_or_else(PoisonError::into_inner);
        interned.verdicts.get(index).cloned()
    }

    /// The number of these surroundings; `None` when there are too many different ones.
    pub fn intern(&self, encapsulation: &Encapsulation) -> Option<ContextId> {
        if encapsulation.is_empty() {
            return Some(ContextId::NONE);
        }
        let known = self.interned.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = known.ids.get(encapsulation) {
            return Some(*id);
        }
        drop(known);
        let mut interned = self
            .interned
            .write()
            .unwrap_or_else(PoisonError::into_inner);
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
        let interned = self.interned.read().unwrap_or_else(PoisonError::into_inner);
        let found = interned.encapsulations.get(usize::from(index));
        found.copied().unwrap_or_default()
    }
}

impl InternedVerdicts {
    /// The number of this verdict, which is kept from now on while there are fewer than `most`.
    fn add(&mut self, verdict: &CaptureVerdict, most: usize) -> Option<VerdictId> {
        if let Some(id) = self.ids.get(verdict) {
            return Some(*id);
        }
        if self.verdicts.len() >= most {
            return None;
        }
        let id = VerdictId(u16::try_from(self.verdicts.len() + 1).ok()?);
        self.verdicts.push(verdict.clone());
        self.ids.insert(verdict.clone(), id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{EncapsulationLayer, FilterRule, VerdictAction, VerdictTeller};

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
    fn of_too_many_verdicts_the_rules_are_kept_and_then_nothing() {
        let contexts = Contexts::default();
        let of_user = |rule: u32, user| CaptureVerdict {
            user: Some(user),
            rule: Some(FilterRule {
                number: Some(rule),
                ..FilterRule::default()
            }),
            ..CaptureVerdict::new(VerdictTeller::Pf, VerdictAction::Dropped)
        };
        for user in 0..10_000 {
            contexts.intern_verdict(&of_user(7, user));
        }
        let one_more = contexts.intern_verdict(&of_user(7, 20_000));
        let kept = contexts.verdict(one_more).unwrap();
        assert_eq!(kept, of_user(7, 1).of_rule_alone());
        for rule in 0..10_000 {
            contexts.intern_verdict(&of_user(rule, 1));
        }
        let beyond = contexts.intern_verdict(&of_user(20_000, 1));
        assert_eq!(contexts.verdict(beyond), None);
        assert_eq!(contexts.intern_verdict(&of_user(7, 20_000)), one_more);
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
