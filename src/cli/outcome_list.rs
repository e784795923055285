//! A list of outcomes and troubles as typed: `refused,dropped`, `failed`, `failed,slow`.

use std::str::FromStr;

use crate::handshake::{Outcome, Trouble};

/// What is named, each once, in the order of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OutcomeList {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) troubles: Vec<Trouble>,
    /// Connections that are reset midway: no attempts, so that none is listed.
    pub(super) resets_midway: bool,
}

impl FromStr for OutcomeList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut named = Self::default();
        for word in text.split(',').map(str::trim) {
            let word = word.to_lowercase().replace('-', "_");
            let outcome = Outcome::ALL.into_iter().find(|one| one.name() == word);
            let trouble = Trouble::ALL.into_iter().find(|one| one.name() == word);
            match (outcome, trouble) {
                (None, None) if word == "failed" => {
                    let failures = Outcome::ALL.into_iter().filter(|one| one.is_failure());
                    named.outcomes.extend(failures);
                }
                (None, None) if RESET_MIDWAY.contains(&word.as_str()) => named.resets_midway = true,
                (None, None) => return Err(unknown(&word)),
                (outcome, trouble) => {
                    named.outcomes.extend(outcome);
                    named.troubles.extend(trouble);
                }
            }
        }
        named.outcomes.sort_unstable();
        named.outcomes.dedup();
        named.troubles.sort_unstable();
        named.troubles.dedup();
        Ok(named)
    }
}

/// What is counted for each server and is no attempt, as a trouble and as the finding is called.
const RESET_MIDWAY: [&str; 2] = ["reset_midway", "resets_midway"];

fn unknown(word: &str) -> String {
    let outcomes: Vec<&str> = Outcome::ALL.iter().map(|outcome| outcome.name()).collect();
    let troubles: Vec<&str> = Trouble::ALL.iter().map(|trouble| trouble.name()).collect();
    format!(
        "'{word}' is no outcome; they are {} and failed, and the troubles {}, reset_midway",
        outcomes.join(", "),
        troubles.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_stands_for_all_failures() {
        let list: OutcomeList = "failed,pending".parse().unwrap();
        assert_eq!(list.outcomes.len(), 7);
        assert!(!list.outcomes.contains(&Outcome::Established));
        assert!(list.outcomes.contains(&Outcome::Pending));
        let half_open: OutcomeList = "half-open".parse().unwrap();
        assert_eq!(half_open.outcomes, [Outcome::HalfOpen]);
        assert!("refusd".parse::<OutcomeList>().is_err());
    }

    #[test]
    fn troubles_are_named_beside_outcomes() {
        let midway: OutcomeList = "reset-midway".parse().unwrap();
        assert!(midway.resets_midway && midway.outcomes.is_empty() && midway.troubles.is_empty());
        let list: OutcomeList = "hung-up,reset,slow,slow".parse().unwrap();
        assert!(!list.resets_midway);
        assert_eq!(list.outcomes, [Outcome::Reset]);
        assert_eq!(list.troubles, [Trouble::Slow, Trouble::HungUp]);
    }
}
