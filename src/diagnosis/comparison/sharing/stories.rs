//! What the connects to one server that meet silence tell, beside those that are accepted.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::outages::{self, Outage};
use super::share::Share;
use super::tuples::Uses;
use super::{Dropped, SAME_HOUR, Verdict, dead_tuples, kinds, period, ports};
use crate::capture::Timestamp;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::services::{BeyondLimit, Moment, ServiceHistory};
use crate::diagnosis::comparison::syn_ways::SynWays;
use crate::diagnosis::sign::Sign;
use crate::handshake::{AttemptId, Outcome};

/// A queue that the last accepted connects have filled is full at once.
const RIGHT_AFTER: Duration = Duration::from_secs(10);

/// A 4-tuple that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EarlierUse {
    pub(crate) attempt: AttemptId,
    pub(crate) started: Timestamp,
    /// The last of its packets that matter.
    pub(crate) last_at: Timestamp,
}

/// Why a connect met silence although others were accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// State is left of an earlier connection of this 4-tuple.
    StaleState,
    /// The failures have something in common that no success has.
    Shared,
    /// Its 4-tuple takes it to one of several ways or backends, and that one is dead.
    DeadTuple,
    /// There was no room for it.
    FullQueue,
}

/// What the connects to one server tell together.
#[derive(Clone, Debug)]
pub(crate) struct DropStory {
    uses: Uses,
    /// How many were dropped whose 4-tuple was used before, of how many; the same of those that
    /// were accepted.
    pub(crate) reused: Counts,
    /// What failures share and no success does; what tells most first.
    shares: Vec<Share>,
    /// Whether those die that insist, each with its 4-tuple.
    are_tuples_dead: bool,
    /// Since when nobody is accepted any more, after connects on which the server never sent a
    /// byte, while its host answers elsewhere.
    shut_since: Option<Timestamp>,
    /// When everybody failed, although the server served before or after.
    outages: Vec<Outage>,
    /// The same however short, where it is no failure right beside success.
    windows: Vec<Outage>,
    /// Whether SYNs were answered when they were repeated.
    repetitions_get_through: bool,
    elsewhere_until: Option<Timestamp>,
    /// Whether other hosts lose connects when this one does.
    are_lost_elsewhere: bool,
}

/// Of failures and of successes, how many have something, and how many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Failures that have it.
    pub failing_with: u64,
    /// All failures.
    pub failing: u64,
    /// Successes that have it.
    pub succeeding_with: u64,
    /// All successes.
    pub succeeding: u64,
}

impl DropStory {
    /// Of a server that dropped some; `elsewhere` is when its host answered last on another port.
    pub(super) fn of(
        history: &ServiceHistory,
        elsewhere: Option<Timestamp>,
        ways: &SynWays,
    ) -> Option<Self> {
        let in_order = history.moments().is_sorted_by_key(Moment::order);
        let mut sorted = Vec::new();
        if !in_order {
            sorted = history.moments().to_vec();
            sorted.sort_by_key(Moment::order);
        }
        let moments = if in_order { history.moments() } else { &sorted };
        let dropped = |moment: &&Moment| moment.outcome == Outcome::Dropped;
        let first = moments.iter().find(dropped)?.started;
        let last = moments.iter().rfind(dropped)?.started;
        if !moments.iter().any(Moment::was_accepted) {
            return None;
        }
        let mut uses = Uses::of(moments);
        let is_near = |moment: &&Moment| {
            moment.started >= first.before(SAME_HOUR) && moment.started <= last.after(SAME_HOUR)
        };
        let is_reused = |moment: &Moment| uses.before(&Dropped::of(moment)).is_some();
        let (failures, successes): (Vec<&Moment>, Vec<&Moment>) = moments
            .iter()
            .filter(is_near)
            .filter(|moment| moment.outcome == Outcome::Dropped || moment.was_accepted())
            .partition(|moment| moment.outcome == Outcome::Dropped);
        let count = |moments: &[&Moment], is_meant: &dyn Fn(&Moment) -> bool| {
            moments.iter().filter(|moment| is_meant(moment)).count() as u64
        };
        let reused = Counts {
            failing_with: count(&failures, &is_reused),
            failing: failures.len() as u64,
            succeeding_with: count(&successes, &is_reused),
            succeeding: successes.len() as u64,
        };
        let shares = shares(&failures, &successes, ways);
        let are_tuples_dead = dead_tuples::are_dead(history, &failures, &successes);
        let repetitions_get_through = successes
            .iter()
            .any(|moment| moment.sign == Some(Sign::AnsweredLate));
        uses.keep_dropped(moments);
        // Who goes on where others end meets a limit, or a queue that moves on.
        let is_limit = history.connection_limit(BeyondLimit::Silent).is_some();
        let outages = if is_limit {
            [Vec::new(), Vec::new()]
        } else {
            [
                outages::of(moments, history),
                outages::windows(moments, history),
            ]
        };
        let [outages, windows] = outages;
        Some(Self {
            uses,
            reused,
            shares,
            are_tuples_dead,
            shut_since: shut_since(moments, elsewhere),
            outages,
            windows,
            repetitions_get_through,
            elsewhere_until: elsewhere,
            are_lost_elsewhere: false,
        })
    }

    /// Takes note of whether other hosts lose connects when this one does.
    pub(super) fn note_losses_elsewhere(&mut self, are_lost_elsewhere: bool) {
        self.are_lost_elsewhere = are_lost_elsewhere;
    }

    pub(super) fn answered_elsewhere_until(&self) -> Option<Timestamp> {
        self.elsewhere_until
    }

    /// What failures have in common, and no success has; what tells most first.
    pub(crate) fn shares(&self) -> &[Share] {
        &self.shares
    }

    /// Whether nobody was accepted any more then, after connects that the server never served.
    pub(crate) fn is_shut(&self, at: Timestamp) -> bool {
        self.shut_since.is_some_and(|since| at >= since)
    }

    /// Whether everybody failed then, one after the other and for longer than a full queue lets
    /// nobody in, although the server served before or after.
    pub(crate) fn is_outage(&self, at: Timestamp) -> bool {
        !self.is_shut(at) && self.outages.iter().any(|outage| outage.holds(at))
    }

    /// Whether several failed one after the other then, and nobody else was accepted about that
    /// time.
    pub(crate) fn is_in_a_window(&self, at: Timestamp) -> bool {
        self.is_outage(at) || self.windows.iter().any(|window| window.holds(at))
    }

    /// How the 4-tuple of a dropped connect was used before.
    pub(crate) fn earlier_use(&self, dropped: &Dropped) -> Option<EarlierUse> {
        self.uses.before(dropped)
    }

    /// Why the connect met silence, where the comparison tells.
    pub(crate) fn verdict(&self, history: &ServiceHistory, dropped: &Dropped) -> Option<Verdict> {
        let verdict = |reason, confidence| Some(Verdict { reason, confidence });
        if self.is_stale(history, dropped) {
            let is_insisted = dropped.syn_count > 1;
            let confidence = if is_insisted {
                Confidence::Likely
            } else {
                Confidence::Possible
            };
            return verdict(Reason::StaleState, confidence);
        }
        if self
            .shares
            .first()
            .is_some_and(|share| share.is_of(dropped))
        {
            return verdict(Reason::Shared, Confidence::Likely);
        }
        if self.are_tuples_dead && Self::is_dead_tuple(history, dropped) {
            return verdict(Reason::DeadTuple, Confidence::Likely);
        }
        if self.is_outage(dropped.started) {
            return None;
        }
        let is_shut = self.is_shut(dropped.started);
        // What several hosts lose at once waits in no queue of one of them.
        if self.are_lost_elsewhere && !is_shut {
            return None;
        }
        let is_one_of_several =
            self.reused.failing > self.reused.failing_with.max(1) && self.repetitions_get_through;
        let is_among = history.accepted_about(dropped.started);
        if is_shut || (is_one_of_several && is_among && self.shares.is_empty()) {
            return verdict(Reason::FullQueue, Confidence::Likely);
        }
        is_among.then_some(Verdict {
            reason: Reason::FullQueue,
            confidence: Confidence::Possible,
        })
    }

    /// Whether it insists in vain while new ports of the same client succeed.
    fn is_dead_tuple(history: &ServiceHistory, dropped: &Dropped) -> bool {
        dropped.syn_count > 1 && new_port_succeeds(history.moments(), dropped)
    }

    /// Whether only used 4-tuples fail, while new ports of the same client succeed about then.
    fn is_stale(&self, history: &ServiceHistory, dropped: &Dropped) -> bool {
        let counts = self.reused;
        let mostly_reused = counts.failing_with * 2 > counts.failing;
        // Where many use their ports again and succeed, that is not what the failures share.
        let seldom_reused = counts.succeeding_with * 4 <= counts.succeeding;
        mostly_reused
            && seldom_reused
            && self.uses.before(dropped).is_some()
            && new_port_succeeds(history.moments(), dropped)
    }
}

/// What these failures share and no success does.
fn shares(failures: &[&Moment], successes: &[&Moment], ways: &SynWays) -> Vec<Share> {
    let mut shares = kinds::shared_kinds(failures, successes, ways);
    let ports = ports::shared_range(failures, successes);
    shares.extend(ports.map(Share::ClientPorts));
    // Whose connects all fail is told by who it is: that it tries at even intervals is its own way.
    let clients: BTreeSet<IpAddr> = successes.iter().map(|moment| moment.client).collect();
    let are_of_others = failures
        .iter()
        .all(|moment| !clients.contains(&moment.client));
    if shares.is_empty() && !are_of_others {
        let period = period::shared_period(failures, successes);
        shares.extend(period.map(Share::Period));
    }
    shares
}

fn new_port_succeeds(moments: &[Moment], dropped: &Dropped) -> bool {
    moments.iter().any(|moment| {
        moment.was_accepted()
            && moment.client == dropped.client.address
            && moment.client_port != dropped.client.port
            && super::super::is_about_the_same_time(moment.started, dropped.started)
    })
}

/// Since when nobody is accepted any more: several connects that insist die one after the other
/// right after some that were accepted and on which the server never sent a byte.
fn shut_since(moments: &[Moment], elsewhere: Option<Timestamp>) -> Option<Timestamp> {
    let accepted = || moments.iter().filter(|moment| moment.was_accepted());
    let last = accepted().map(|moment| moment.started).max()?;
    let later: Vec<&Moment> = moments
        .iter()
        .filter(|moment| moment.started > last)
        .collect();
    let clients: BTreeSet<(IpAddr, u16)> = later
        .iter()
        .map(|moment| (moment.client, moment.client_port))
        .collect();
    let are_all_dropped = later
        .iter()
        .all(|moment| matches!(moment.outcome, Outcome::Dropped | Outcome::Pending));
    let insisting = later
        .iter()
        .filter(|moment| moment.outcome == Outcome::Dropped && moment.syn_count > 1);
    let since = later.first()?.started;
    let is_alive = elsewhere.is_some_and(|at| at >= since);
    let was_served = |moment: &Moment| moment.was_heard() || moment.outcome != Outcome::Established;
    let was_served = accepted().any(|moment| moment.started == last && was_served(moment));
    let is_right_after = since.since(last) <= RIGHT_AFTER;
    let is_shut = insisting.count() > 1 && clients.len() > 1 && are_all_dropped;
    (is_shut && is_alive && is_right_after && !was_served).then_some(since)
}
