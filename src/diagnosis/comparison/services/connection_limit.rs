//! Whether a server refuses those that have too many connections open already.
//!
//! A rule that counts connections, and a small stack that has room for few, refuse in the same
//! seconds in which they accept: it looks like a service that goes down and comes back. What tells
//! it apart is how many connections were open when each connect began: as many or more each time
//! one failed, fewer each time one was accepted. Where silence is met the same is seen of a server
//! that serves one after the other and whose queue is full.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::Moment;
use super::closings::Closings;
use crate::capture::Timestamp;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::sign::Sign;
use crate::handshake::{AttemptId, Outcome};

/// Fewer failures, or fewer connects that were accepted, show no limit.
const FEWEST: usize = 3;

/// How connects beyond the limit are met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BeyondLimit {
    /// By a RST or an ICMP error.
    Refused,
    /// By silence, until others are over.
    Silent,
}

/// Who is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    EachClient,
    All,
}

/// So many connections open, and no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLimit {
    /// How many it takes at the same time.
    pub(crate) limit: u64,
    /// Whether those of each client are counted for themselves.
    pub(crate) is_of_each_client: bool,
    /// How many were accepted, each with fewer open.
    pub(crate) accepted: u64,
    pub(crate) confidence: Confidence,
    pub(crate) beyond: BeyondLimit,
    failed: BTreeSet<AttemptId>,
}

impl ConnectionLimit {
    /// Of all attempts to one server, in order: likely when the limit was reached, left and reached
    /// again.
    pub(super) fn of(moments: &[Moment], closings: &Closings) -> Option<Self> {
        let accepted = moments.iter().filter(|moment| moment.was_accepted());
        if accepted.count() < FEWEST {
            return None;
        }
        let ways = [BeyondLimit::Refused, BeyondLimit::Silent];
        let is_tried = |beyond: &BeyondLimit| {
            let failed = moments.iter().filter(|moment| beyond.is_met_by(moment));
            failed.count() >= FEWEST
        };
        let mut ways = ways.into_iter().filter(is_tried);
        ways.find_map(|beyond| Self::met_by(beyond, moments, closings))
    }

    fn met_by(beyond: BeyondLimit, moments: &[Moment], closings: &Closings) -> Option<Self> {
        let clients: BTreeSet<IpAddr> = moments.iter().map(|moment| moment.client).collect();
        let ended_at = closings.by_attempt();
        let of = |counted| Watched::of(moments, &ended_at, (counted, beyond)).limit();
        if clients.len() == 1 {
            return of(Counted::EachClient);
        }
        of(Counted::EachClient).or_else(|| of(Counted::All))
    }

    /// Whether this attempt was refused for it.
    pub(crate) fn refused(&self, attempt: AttemptId) -> bool {
        self.failed.contains(&attempt)
    }
}

impl BeyondLimit {
    fn is_met_by(self, moment: &Moment) -> bool {
        match self {
            Self::Refused => matches!(moment.outcome, Outcome::Refused | Outcome::Rejected),
            Self::Silent => moment.outcome == Outcome::Dropped || is_late(moment),
        }
    }

    /// What is met otherwise has another reason, or none of them has this one.
    fn is_contradicted_by(self, moment: &Moment) -> bool {
        let is_failure = moment.outcome.is_failure() && !moment.was_accepted();
        is_failure && !self.is_met_by(moment)
    }
}

/// It was answered when its SYN was repeated.
fn is_late(moment: &Moment) -> bool {
    moment.was_accepted() && moment.sign == Some(Sign::AnsweredLate)
}

/// How many connections were open when an attempt began.
struct Begun<'a> {
    moment: &'a Moment,
    open: u64,
}

/// The attempts that are counted together, in order.
struct Watched<'a> {
    groups: Vec<Vec<Begun<'a>>>,
    counted: Counted,
    beyond: BeyondLimit,
}

impl<'a> Watched<'a> {
    fn of(
        moments: &'a [Moment],
        ended_at: &impl Fn(AttemptId) -> Option<Timestamp>,
        (counted, beyond): (Counted, BeyondLimit),
    ) -> Self {
        let mut groups: BTreeMap<Option<IpAddr>, Vec<&Moment>> = BTreeMap::new();
        for moment in moments {
            let key = (counted == Counted::EachClient).then_some(moment.client);
            groups.entry(key).or_default().push(moment);
        }
        let groups = groups.into_values();
        Self {
            groups: groups.map(|group| with_open(&group, ended_at)).collect(),
            counted,
            beyond,
        }
    }

    fn begun(&self) -> impl Iterator<Item = &Begun<'a>> {
        self.groups.iter().flatten()
    }

    fn has_failed(&self, begun: &Begun<'_>) -> bool {
        self.beyond.is_met_by(begun.moment)
    }

    fn was_let_in(&self, begun: &Begun<'_>) -> bool {
        begun.moment.was_accepted() && !self.has_failed(begun)
    }

    fn limit(&self) -> Option<ConnectionLimit> {
        let failed = || self.begun().filter(|begun| self.has_failed(begun));
        let accepted = || self.begun().filter(|begun| self.was_let_in(begun));
        let limit = failed().map(|begun| begun.open).min()?;
        let most_beside = accepted().map(|begun| begun.open).max()?;
        let is_exact = limit > 0 && most_beside + 1 == limit;
        let is_much = failed().count() >= FEWEST && accepted().count() >= FEWEST;
        let is_unmixed = !self
            .begun()
            .any(|begun| self.beyond.is_contradicted_by(begun.moment));
        if !is_exact || !is_much || !is_unmixed {
            return None;
        }
        Some(ConnectionLimit {
            limit,
            is_of_each_client: self.counted == Counted::EachClient,
            accepted: accepted().count() as u64,
            confidence: self.confidence()?,
            beyond: self.beyond,
            failed: failed().map(|begun| begun.moment.id).collect(),
        })
    }

    /// That everything before one moment was accepted and nothing after it is what any outage looks
    /// like to somebody who keeps connections open.
    fn confidence(&self) -> Option<Confidence> {
        let mut reached = 0;
        let mut left = 0;
        for group in &self.groups {
            let decisive: Vec<&Begun<'_>> = group
                .iter()
                .filter(|begun| self.has_failed(begun) || self.was_let_in(begun))
                .collect();
            for pair in decisive.windows(2) {
                if let [one, next] = pair {
                    let fail = (self.has_failed(one), self.has_failed(next));
                    reached += u32::from(fail == (false, true));
                    left += u32::from(fail == (true, false));
                }
            }
        }
        match (reached, left) {
            (_, 0) => None,
            (2.., _) => Some(Confidence::Likely),
            _ => Some(Confidence::Possible),
        }
    }
}

/// How many of these connections were open when each attempt began.
fn with_open<'a>(
    moments: &[&'a Moment],
    ended_at: &impl Fn(AttemptId) -> Option<Timestamp>,
) -> Vec<Begun<'a>> {
    let accepted = moments.iter().filter(|moment| moment.was_accepted());
    let mut opened: Vec<Timestamp> = accepted.clone().map(|moment| opened_at(moment)).collect();
    opened.sort_unstable();
    let mut ended: Vec<Timestamp> = accepted.filter_map(|moment| ended_at(moment.id)).collect();
    ended.sort_unstable();
    let begun = moments.iter().map(|moment| {
        let before = opened.partition_point(|at| *at < moment.started);
        let over = ended.partition_point(|at| *at <= moment.started);
        Begun {
            moment,
            open: before.saturating_sub(over) as u64,
        }
    });
    begun.collect()
}

fn opened_at(moment: &Moment) -> Timestamp {
    if is_late(moment) {
        moment.last_at()
    } else {
        moment.started
    }
}
