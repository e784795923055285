//! Rules whose author's word is that they stop what they log, and that let connects through: one
//! such connect takes the word from all that met the rule.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::decode::CaptureVerdict;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;

/// So many rules are remembered.
const MOST: usize = 512;

/// The rules, each without what differs between packets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::diagnosis) struct ContradictedRules(BTreeSet<CaptureVerdict>);

impl ContradictedRules {
    /// Takes note of an attempt.
    pub(super) fn note(&mut self, facts: &impl AttemptFacts) {
        if let Some(rule) = facts.contradicts_rule() {
            self.0.insert(rule);
            self.make_room();
        }
    }

    /// Whether no rule is one.
    pub(in crate::diagnosis) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the word of this rule counts for nothing.
    pub(in crate::diagnosis) fn has(&self, verdict: &CaptureVerdict) -> bool {
        !self.0.is_empty() && self.0.contains(&verdict.of_rule_alone())
    }

    fn make_room(&mut self) {
        while self.0.len() > MOST {
            self.0.pop_last();
        }
    }
}

impl Facts for ContradictedRules {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.make_room();
    }
}
