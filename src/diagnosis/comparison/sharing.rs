//! What the connects that meet silence share, and those that are accepted do not: before anybody is
//! said to be overloaded, both sets are compared.

mod dead_tuples;
mod elsewhere;
mod kinds;
mod outages;
mod pairs;
mod period;
mod ports;
mod share;
mod stories;
mod tuples;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::Comparison;
use super::services::{Moment, ServiceHistory};
use super::syn_ways::SynWays;
use crate::capture::Timestamp;
use crate::decode::{Endpoint, SynLink};
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::syn_traits::SynTraits;
use crate::handshake::DecidedAttempt;
pub use period::Period;
pub use ports::PortRange;
pub use share::Share;
pub(in crate::diagnosis) use share::subnet as network;
pub use stories::Counts;
pub(crate) use stories::{DropStory, Reason};

/// What was found of all servers.
#[derive(Clone, Debug, Default)]
pub(super) struct Sharing {
    stories: HashMap<Endpoint, DropStory, foldhash::fast::RandomState>,
    dead_pairs: HashSet<(IpAddr, IpAddr), foldhash::fast::RandomState>,
    /// Servers that lose connects when other hosts do.
    losing_at_once: BTreeSet<Endpoint>,
}

/// A connect that met silence, as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropped {
    pub(crate) client: Endpoint,
    pub(crate) started: Timestamp,
    pub(crate) syn_count: u32,
    pub(crate) syn_ttl: Option<u8>,
    pub(crate) syn_traits: SynTraits,
    /// Which way its SYN went on the link, where that is known.
    pub(crate) link: Option<SynLink>,
}

impl Dropped {
    /// Of an attempt, but for its way; `None` where its SYN was not captured.
    pub(super) fn of_attempt(decided: &DecidedAttempt) -> Option<Self> {
        let attempt = &decided.attempt;
        Some(Self {
            client: attempt.client,
            started: attempt.first_syn_at?,
            syn_count: attempt.syn_count,
            syn_ttl: decided.syn_ttl(),
            syn_traits: decided.syn_traits(),
            link: None,
        })
    }

    /// Of what is remembered of it, but for its way.
    pub(super) fn of(moment: &Moment) -> Self {
        Self {
            client: moment.client_end(),
            started: moment.started,
            syn_count: moment.syn_count.into(),
            syn_ttl: moment.syn_ttl,
            syn_traits: moment.syn_traits,
            link: None,
        }
    }
}

/// What is compared is of the same hour at most: further apart, much has changed besides.
const SAME_HOUR: Duration = Duration::from_secs(3600);

impl Sharing {
    /// Compares those that failed with those that succeeded, of all servers.
    pub(super) fn of(
        services: &[(Endpoint, &ServiceHistory)],
        ways: &SynWays,
        is_scanner: impl Fn(IpAddr) -> bool,
    ) -> Self {
        let answered_until = last_answers(services);
        let losing_at_once = elsewhere::losing_at_once(services);
        let stories = services.iter().filter_map(|(server, history)| {
            let elsewhere = answered_until.get(&server.address);
            let elsewhere = elsewhere.and_then(|answers| answers.of_others_than(server.port));
            let mut story = DropStory::of(history, elsewhere, ways)?;
            story.note_losses_elsewhere(losing_at_once.contains(server));
            Some((*server, story))
        });
        Self {
            stories: stories.collect(),
            dead_pairs: pairs::dead_pairs(services, is_scanner),
            losing_at_once,
        }
    }

    /// Looks at one server anew.
    pub(super) fn settle_service(
        &mut self,
        server: Endpoint,
        history: &ServiceHistory,
        ways: &SynWays,
    ) {
        let elsewhere = self
            .stories
            .get(&server)
            .and_then(DropStory::answered_elsewhere_until);
        match DropStory::of(history, elsewhere, ways) {
            Some(mut story) => {
                story.note_losses_elsewhere(self.losing_at_once.contains(&server));
                self.stories.insert(server, story)
            }
            None => self.stories.remove(&server),
        };
    }

    pub(super) fn story(&self, server: Endpoint) -> Option<&DropStory> {
        self.stories.get(&server)
    }

    /// Whether all connects between these addresses die, among those of each that succeed.
    pub(super) fn is_dead_pair(&self, client: IpAddr, server: IpAddr) -> bool {
        self.dead_pairs.contains(&(client, server))
    }

    pub(super) fn dead_pairs(&self) -> Vec<(IpAddr, IpAddr)> {
        let mut pairs: Vec<_> = self.dead_pairs.iter().copied().collect();
        pairs.sort_unstable();
        pairs
    }
}

impl Comparison {
    /// Whether this server loses connects when other hosts do.
    pub(in crate::diagnosis) fn loses_at_once_with_others(&self, server: Endpoint) -> bool {
        self.sharing.losing_at_once.contains(&server)
    }
}

/// When a host answered last, on which port, and when on any other.
#[derive(Clone, Copy, Debug, Default)]
struct LastAnswers {
    last: Option<(Timestamp, u16)>,
    on_another_port: Option<Timestamp>,
}

impl LastAnswers {
    fn note(&mut self, at: Timestamp, port: u16) {
        match self.last {
            Some((last, own)) if own == port => self.last = Some((last.max(at), port)),
            Some((last, _)) if last >= at => {
                self.on_another_port = self.on_another_port.max(Some(at));
            }
            Some((last, _)) => {
                self.on_another_port = self.on_another_port.max(Some(last));
                self.last = Some((at, port));
            }
            None => self.last = Some((at, port)),
        }
    }

    fn of_others_than(self, port: u16) -> Option<Timestamp> {
        match self.last {
            Some((at, other)) if other != port => Some(at),
            _ => self.on_another_port,
        }
    }
}

/// When each host answered last, to whatever.
fn last_answers(services: &[(Endpoint, &ServiceHistory)]) -> BTreeMap<IpAddr, LastAnswers> {
    let mut last: BTreeMap<IpAddr, LastAnswers> = BTreeMap::new();
    for (server, history) in services {
        let answered = history
            .moments()
            .iter()
            .filter(|moment| moment.answer.is_some());
        if let Some(at) = answered.map(|moment| moment.started).max() {
            last.entry(server.address)
                .or_default()
                .note(at, server.port);
        }
    }
    last
}

/// A verdict on one connect that met silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) reason: Reason,
    pub(crate) confidence: Confidence,
}
