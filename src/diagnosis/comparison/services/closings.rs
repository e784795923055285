//! When the connections to one server ended.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::capture::Timestamp;
use crate::diagnosis::facts::Facts;
use crate::handshake::{AttemptId, ClosedBy, Closing};

/// So many may be of attempts that are not added yet: a connection may end before it is decided how
/// its attempt did.
const OF_UNDECIDED: usize = 1024;

/// Of which attempt, by whom, and when.
type End = (AttemptId, ClosedBy, Timestamp);

/// When each side ended its connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Closings {
    ends: Vec<End>,
    /// How many there were when the last ones were let go.
    after_letting_go: u32,
}

impl Facts for Closings {
    fn merge(&mut self, other: Self) {
        self.ends.extend(other.ends);
    }
}

impl Closings {
    pub(super) fn note(&mut self, closing: &Closing) {
        self.ends.push((closing.attempt, closing.by, closing.at));
    }

    pub(super) fn has_too_many(&self, share: usize) -> bool {
        self.ends.len() > self.after_letting_go as usize + share + OF_UNDECIDED
    }

    /// Lets go what is of none of these attempts, but for the latest.
    pub(super) fn let_go_but_of<'a>(&mut self, moments: impl IntoIterator<Item = &'a Moment>) {
        if self.ends.is_empty() {
            return;
        }
        let known: HashSet<AttemptId, foldhash::fast::RandomState> =
            moments.into_iter().map(|moment| moment.id).collect();
        let before_latest = self.ends.len().saturating_sub(OF_UNDECIDED);
        let latest = self.ends.split_off(before_latest);
        self.ends.retain(|(attempt, ..)| known.contains(attempt));
        self.ends.extend(latest);
        self.after_letting_go = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
    }

    /// When the connection of an attempt was over, for those that look up many.
    pub(super) fn by_attempt(&self) -> impl Fn(AttemptId) -> Option<Timestamp> + use<> {
        let mut ends = self.ends.clone();
        ends.sort_unstable();
        ends.dedup_by_key(|(attempt, by, _)| (*attempt, *by));
        move |attempt| {
            let first = ends.partition_point(|(other, ..)| *other < attempt);
            let own = ends.get(first..)?.iter();
            over_at(own.take_while(|(other, ..)| *other == attempt))
        }
    }
}

/// When both sides had ended it, or one reset it.
fn over_at<'a>(ends: impl Iterator<Item = &'a End>) -> Option<Timestamp> {
    let (mut client, mut server, mut reset) = (None, None, None);
    for (_, by, at) in ends {
        match by {
            ClosedBy::Client => client = Some(*at),
            ClosedBy::Server => server = Some(*at),
            ClosedBy::Reset => reset = Some(*at),
        }
    }
    let in_order = client.zip(server).map(|(one, other)| one.max(other));
    reset.into_iter().chain(in_order).min()
}
