//! Why the attempts that a stored report lists failed, for each server.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

/// Of so many servers they are counted.
const MOST_SERVERS: usize = 200_000;

/// Of one server so many are told apart: there are fewer.
const MOST_CAUSES: usize = 64;

/// No name of a cause is longer.
const LONGEST_NAME: usize = 60;

/// How often each cause was said.
pub(super) type Counts = BTreeMap<String, u64>;

/// Causes of failed attempts, by server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Causes(pub(super) BTreeMap<String, Counts>);

impl Causes {
    /// Those of one server.
    pub(super) fn of(&self, server: &str) -> Counts {
        self.0.get(server).cloned().unwrap_or_default()
    }

    /// Adds those of another report.
    pub(super) fn add(&mut self, other: Self) {
        for (server, counts) in other.0 {
            for (cause, count) in counts {
                self.count(server.clone(), cause, count);
            }
        }
    }

    fn count(&mut self, server: String, cause: String, count: u64) {
        if self.0.len() >= MOST_SERVERS && !self.0.contains_key(&server) {
            return;
        }
        let counts = self.0.entry(server).or_default();
        if counts.len() < MOST_CAUSES || counts.contains_key(&cause) {
            let known = counts.entry(cause).or_default();
            *known = known.saturating_add(count);
        }
    }
}

/// The cause that was said most often; of several the first by name.
pub(super) fn commonest(counts: &Counts) -> Option<&str> {
    let most = counts.values().max()?;
    let mut commonest = counts.iter().filter(|(_, count)| *count == most);
    commonest.next().map(|(cause, _)| cause.as_str())
}

/// Of an attempt what is counted; whatever else it has is passed over.
#[derive(serde::Deserialize)]
struct StoredAttempt {
    #[serde(default)]
    server: Word,
    #[serde(default)]
    outcome: Word,
    #[serde(default)]
    cause: Word,
}

impl<'de> Deserialize<'de> for Causes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Attempts;
        impl<'de> Visitor<'de> for Attempts {
            type Value = Causes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of attempts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut attempts: A) -> Result<Causes, A::Error> {
                let mut causes = Causes::default();
                while let Some(attempt) = attempts.next_element::<StoredAttempt>()? {
                    let StoredAttempt {
                        server: Word(Some(server)),
                        outcome: Word(Some(outcome)),
                        cause: Word(Some(cause)),
                    } = attempt
                    else {
                        continue;
                    };
                    if !["established", "pending", "partial"].contains(&outcome.as_str()) {
                        causes.count(server, cause, 1);
                    }
                }
                Ok(causes)
            }
        }
        deserializer.deserialize_seq(Attempts)
    }
}

/// A short text; nothing where something else stands.
#[derive(Default)]
struct Word(Option<String>);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Anything {
            Text(String),
            Other(IgnoredAny),
        }
        Ok(match Anything::deserialize(deserializer)? {
            Anything::Text(text) => Self(Some(text.chars().take(LONGEST_NAME).collect())),
            Anything::Other(_) => Self(None),
        })
    }
}
