//! Failed attempts to one server, of which the first that is no noise stands for all in the report.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::capture::Timestamp;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::listing::ListingKey;
use crate::handshake::DecidedAttempt;

/// The earliest failure; the earliest one of another client, in case the first one scans; and the
/// earliest one that is surely part of no flood. Three at most, mostly one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::diagnosis) struct Examples(Vec<Example>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Example {
    facts: ExampleFacts,
    decided: Box<DecidedAttempt>,
}

/// What decides whether an attempt is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::diagnosis) struct ExampleFacts {
    key: ListingKey,
    client: IpAddr,
    may_be_of_flood: bool,
}

impl ExampleFacts {
    fn of(facts: &impl AttemptFacts) -> Self {
        Self {
            key: ListingKey::of_facts(facts),
            client: facts.client().address,
            may_be_of_flood: facts.is_unfinished(),
        }
    }
}

impl Facts for Examples {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.keep_best();
    }
}

impl Examples {
    /// Takes a failure, if it is one of those that are kept.
    pub(super) fn add(&mut self, attempt: &impl AttemptFacts) {
        let facts = ExampleFacts::of(attempt);
        if self.leave_out(facts) {
            return;
        }
        self.0.reserve_exact(1);
        self.0.push(Example {
            facts,
            decided: Box::new(attempt.whole()),
        });
        self.keep_best();
    }

    fn keep_best(&mut self) {
        self.0.sort_by_key(|example| example.facts);
        let first_client = self.0.first().map(|first| first.facts.client);
        let (mut is_first, mut has_another, mut has_sure) = (true, false, false);
        self.0.retain(|example| {
            let facts = example.facts;
            let is_another = !has_another && Some(facts.client) != first_client;
            let is_sure = !has_sure && !facts.may_be_of_flood;
            has_another |= is_another;
            has_sure |= is_sure;
            std::mem::take(&mut is_first) || is_another || is_sure
        });
    }

    /// Whether this failure would be left out.
    fn leave_out(&self, facts: ExampleFacts) -> bool {
        let Some(first) = self.0.first() else {
            return false;
        };
        let first_client = first.facts.client;
        let known = || self.0.iter().map(|example| example.facts);
        let mut others = known().filter(|known| known.client != first_client);
        let mut sure = known().filter(|known| !known.may_be_of_flood);
        let is_before = |known: ExampleFacts| known <= facts;
        is_before(first.facts)
            && (facts.client == first_client || others.next().is_some_and(is_before))
            && (facts.may_be_of_flood || sure.next().is_some_and(is_before))
    }

    /// Forgets those that began before then.
    pub(super) fn forget_before(&mut self, since: Timestamp) {
        self.0
            .retain(|example| example.decided.attempt.started_at() >= since);
    }

    /// All of them, in the order they began.
    pub(in crate::diagnosis) fn iter(&self) -> impl Iterator<Item = &DecidedAttempt> {
        self.0.iter().map(|example| &*example.decided)
    }
}
