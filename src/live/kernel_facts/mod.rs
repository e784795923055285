//! What this host's kernel says while it handles packets, joined with attempts.
//!
//! A RST that its TCP sends has addresses and ports. A packet that it drops has none: it is known by
//! the time at which it came in, where exactly one packet was captured then that is as long. All
//! others are counted, and nothing is said of whose they were.

mod counted;
mod listener;
mod recent;
mod receptions;
mod resets;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use smallvec::SmallVec;

use crate::capture::live::HostClock;
use crate::capture::{Packet, Timestamp};
use crate::decode::{Endpoint, Observation, SequenceNumber};
use crate::diagnosis::{
    DroppedPacket, KernelDeed, KernelDrops, Remembered, TestifiedFact, Testimony,
};
use crate::handshake::{Attempt, DecidedAttempt, Outcome, Role};
use crate::host::{KernelAct, KernelCounts, KernelEvent, KernelTeller, Reception};
use counted::History;
use listener::Listener;
use recent::{RecentPackets, RecentSegment, Search};
use receptions::Receptions;
use resets::SentResets;

/// The kernel is not heard more often, but when a failure is to be explained.
const BETWEEN_READS: Duration = Duration::from_millis(20);

/// So many pairs of ends are remembered with what was said of their packets, and so much of each.
const REMEMBERED: usize = 1 << 14;
const OF_ONE_PAIR: usize = 16;

/// So many dropped packets wait until they are captured, and for how long.
const WAITING: usize = 1 << 16;
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Whatever was captured at one time has been read when what was captured so much later is.
const READ_BY_THEN: Duration = Duration::from_millis(50);

/// What is said of a RST is of one that was captured so close to it.
const SAME_RESET: Duration = Duration::from_millis(5);

/// The clocks agree to the microsecond; what is said of an attempt may be stamped before it.
const SLACK: Duration = Duration::from_millis(1);

/// Something that was said of a packet from one end to another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Said {
    at: Timestamp,
    of: SaidOf,
    reason: Arc<str>,
}

/// What it was said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SaidOf {
    /// A RST that it sent.
    Reset,
    /// A segment that it dropped, known by its time.
    Segment {
        is_syn: bool,
        sequence: SequenceNumber,
        acknowledgment: Option<SequenceNumber>,
    },
    /// A segment that its TCP threw away, known by its ends.
    AnySegment,
    /// One that has no route.
    NoRoute,
}

/// A packet that was dropped, and is not known yet.
#[derive(Clone, Debug)]
struct Unknown {
    at: Timestamp,
    reason: Arc<str>,
    reception: Reception,
}

/// Which ends of a connect this host has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EndsHere {
    pub(super) client: bool,
    pub(super) server: bool,
}

/// Hears the kernel.
#[derive(Debug)]
pub(super) struct KernelFacts {
    /// `None` where nobody asked for it, or the kernel cannot be heard.
    listener: Option<Listener>,
    /// What was heard, and is not taken note of yet: empty but while that is done.
    events: Vec<KernelEvent>,
    tells_which_packets: bool,
    resets: SentResets,
    clock: HostClock,
    /// Names of the interfaces, by their sources.
    interfaces: Vec<String>,
    heard_at: Option<Duration>,
    heard_until: Timestamp,
    recent: RecentPackets,
    receptions: Receptions,
    waiting: VecDeque<Unknown>,
    said: Remembered<(Endpoint, Endpoint), SmallVec<[Said; 1]>>,
    counts: KernelCounts,
    history: History,
}

impl KernelFacts {
    pub(super) fn of(teller: Option<Box<dyn KernelTeller>>, interfaces: Vec<String>) -> Self {
        Self {
            tells_which_packets: teller.as_ref().is_some_and(|it| it.tells_which_packets()),
            listener: teller.map(Listener::new),
            events: Vec::new(),
            resets: SentResets::default(),
            clock: HostClock::new(),
            interfaces,
            heard_at: None,
            heard_until: Timestamp::EARLIEST,
            recent: RecentPackets::default(),
            receptions: Receptions::default(),
            waiting: VecDeque::new(),
            said: Remembered::of_latest(REMEMBERED),
            counts: KernelCounts::default(),
            history: History::default(),
        }
    }

    /// Takes note of a packet that may be dropped, unless it `leaves` this host by its ends: costs
    /// next to nothing where nobody listens.
    pub(super) fn note(
        &mut self,
        packet: &Packet<'_>,
        observation: &Observation,
        leaves: impl FnOnce((Endpoint, Endpoint)) -> bool,
    ) {
        if let Observation::Segment(segment) = observation
            && self.tells_which_packets
            && !leaves((segment.source, segment.destination))
        {
            self.recent.note(packet, segment);
        }
    }

    /// Hears what was said since the last time, where that is due.
    pub(super) fn hear_now_and_then(&mut self) {
        let running = self.clock.running();
        let is_due = |at: Duration| running.saturating_sub(at) >= BETWEEN_READS;
        if self.listener.is_some() && self.heard_at.is_none_or(is_due) {
            self.hear();
        }
    }

    fn hear(&mut self) {
        let Some(listener) = &self.listener else {
            return;
        };
        self.heard_at = Some(self.clock.running());
        self.heard_until = self.clock.read().now;
        let mut events = std::mem::take(&mut self.events);
        let heard = listener.hear(&mut events);
        let is_complete = heard.tells_resets && heard.lost == self.counts.lost;
        self.resets.heard(self.heard_until, is_complete);
        self.counts.lost = heard.lost;
        self.counts.unheard = heard.unheard;
        self.tells_which_packets = heard.tells_which_packets;
        // Processors tell one after another.
        events.sort_by_key(|event| event.at);
        for event in events.drain(..) {
            self.take(event);
        }
        self.events = events;
        self.settle();
    }

    /// The clock was set: times before and after cannot be compared.
    pub(super) fn clock_was_set(&mut self) {
        self.recent = RecentPackets::default();
        self.receptions = Receptions::default();
        self.waiting.clear();
        self.history = History::default();
        self.resets = SentResets::default();
        self.heard_until = Timestamp::EARLIEST;
    }

    /// What was counted; `None` where nobody listens.
    pub(super) fn counts(&self) -> Option<&KernelCounts> {
        self.listener.as_ref().map(|_| &self.counts)
    }

    fn take(&mut self, event: KernelEvent) {
        let at = event.at;
        match event.what {
            KernelAct::Reset {
                source,
                destination,
                reason,
            } => {
                self.counts.count_reset(&reason);
                self.resets.note(at);
                self.say((source, destination), at, SaidOf::Reset, reason);
            }
            KernelAct::Refused {
                source,
                destination,
                reason,
            } => self.say((source, destination), at, SaidOf::AnySegment, reason.into()),
            KernelAct::NoRoute {
                source,
                destination,
            } => self.say((source, destination), at, SaidOf::NoRoute, "".into()),
            KernelAct::Received(reception) => self.receptions.note(&reception),
            KernelAct::Dropped { reason, received } => {
                self.counts.count_dropped(&reason);
                match received {
                    Some(reception) if self.waiting.len() < WAITING => {
                        self.waiting.push_back(Unknown {
                            at,
                            reason,
                            reception,
                        });
                    }
                    _ => self.history.add(at, &reason),
                }
            }
        }
    }

    fn say(&mut self, ends: (Endpoint, Endpoint), at: Timestamp, of: SaidOf, reason: Arc<str>) {
        let said = Said { at, of, reason };
        if let Some(known) = self.said.get_mut(&ends) {
            if known.len() >= OF_ONE_PAIR {
                known.remove(0);
            }
            known.push(said);
        } else {
            self.said.insert(ends, SmallVec::from_iter([said]));
        }
    }

    /// Finds out which packets were dropped, as far as they were captured meanwhile.
    fn settle(&mut self) {
        let newest = self.recent.newest();
        let mut waiting = std::mem::take(&mut self.waiting);
        // In place: mostly none of those that wait can be found yet.
        waiting.retain(|unknown| {
            let is_late = self.heard_until.since(unknown.at) >= LONGEST_WAIT;
            (newest < Some(unknown.reception.at) && !is_late) || !self.is_settled(unknown, is_late)
        });
        self.waiting = waiting;
        let forgotten = self.heard_until.before(LONGEST_WAIT);
        self.recent.forget_before(forgotten);
        self.receptions.forget_before(forgotten);
    }

    /// Looks for the packet that was dropped; whether nothing more can be found out of it.
    fn is_settled(&mut self, unknown: &Unknown, is_late: bool) -> bool {
        let newest = self.recent.newest();
        let are_all_there = is_late || newest >= Some(unknown.at.after(READ_BY_THEN));
        let reception = &unknown.reception;
        match (self.recent).find(reception, &self.interfaces, &self.receptions, are_all_there) {
            Search::Found(segment) => {
                self.counts.joined = self.counts.joined.saturating_add(1);
                self.say_dropped(unknown, &segment);
            }
            Search::NotThere if !are_all_there => return false,
            Search::NotThere | Search::Unclear => self.history.add(unknown.at, &unknown.reason),
        }
        true
    }

    fn say_dropped(&mut self, unknown: &Unknown, segment: &RecentSegment) {
        let of = SaidOf::Segment {
            is_syn: segment.flags.is_syn() || segment.flags.is_syn_ack(),
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
        };
        let ends = (segment.source, segment.destination);
        self.say(ends, unknown.at, of, Arc::clone(&unknown.reason));
    }

    /// What the kernel said of an attempt that failed, of which this host has these `ends`.
    pub(super) fn testimony_about(
        &mut self,
        decided: &DecidedAttempt,
        ends: EndsHere,
    ) -> Vec<Testimony> {
        if self.listener.is_none() {
            return Vec::new();
        }
        if decided.judgement.at > self.heard_until {
            self.hear();
        }
        let attempt = &decided.attempt;
        let reset = self.reset_of(attempt);
        let is_reset = reset.is_some();
        let mut testimony: Vec<Testimony> = reset.into_iter().collect();
        let begun = attempt.started_at().before(SLACK);
        let ended = decided.judgement.at.max(attempt.latest_at).after(SLACK);
        testimony.extend(self.no_route_of(attempt, begun..=ended));
        let drops = self.drops_of(attempt, begun..=ended).into_iter();
        // What was answered with a RST is thrown away then.
        testimony.extend(drops.filter(|_| !is_reset));
        let outcome = decided.judgement.outcome;
        let is_silence = matches!(outcome, Outcome::Dropped | Outcome::HalfOpen);
        if testimony.is_empty() && outcome == Outcome::Refused && ends.server {
            testimony.extend(self.no_reset_for(attempt));
        }
        if testimony.is_empty() && is_silence && (ends.client || ends.server) {
            testimony.extend(self.history.since(attempt.started_at(), self.heard_until));
        }
        testimony
    }

    fn said_of(&self, source: Endpoint, destination: Endpoint) -> &[Said] {
        self.said
            .get(&(source, destination))
            .map_or(&[], |said| said)
    }

    /// Why the RST was sent that ended it.
    fn reset_of(&self, attempt: &Attempt) -> Option<Testimony> {
        let resets = attempt.packets_as(&[Role::Reset, Role::ClientReset]);
        let mut said = resets.flat_map(|reset| {
            let (source, destination) = if reset.role == Role::Reset {
                (attempt.server, attempt.client)
            } else {
                (attempt.client, attempt.server)
            };
            let is_it = move |said: &&Said| {
                said.of == SaidOf::Reset && said.at.distance(reset.place.at) <= SAME_RESET
            };
            self.said_of(source, destination).iter().filter(is_it)
        });
        said.next().map(|said| {
            kernel(
                said.at,
                KernelDeed::SentReset {
                    reason: said.reason.to_string(),
                },
            )
        })
    }

    /// That its TCP did not send the RST: it sent none at all about then.
    fn no_reset_for(&self, attempt: &Attempt) -> Option<Testimony> {
        let reset = attempt.packets_as(&[Role::Reset]).next()?.place.at;
        let (from, until) = (reset.before(SAME_RESET), reset.after(SAME_RESET));
        let is_sure = self.resets.are_none_between(from, until);
        is_sure.then(|| kernel(reset, KernelDeed::SentNoReset))
    }

    fn no_route_of(
        &self,
        attempt: &Attempt,
        lasted: RangeInclusive<Timestamp>,
    ) -> Option<Testimony> {
        let said = self.said_of(attempt.server, attempt.client);
        let found = said
            .iter()
            .find(|said| said.of == SaidOf::NoRoute && lasted.contains(&said.at));
        found.map(|said| kernel(said.at, KernelDeed::NoRoute))
    }

    /// The packets of the attempt that were dropped, of each kind those of one reason together.
    fn drops_of(&self, attempt: &Attempt, lasted: RangeInclusive<Timestamp>) -> Vec<Testimony> {
        let (client, server) = (attempt.client, attempt.server);
        let mut found: Vec<(Timestamp, KernelDrops)> = Vec::new();
        for (source, destination) in [(client, server), (server, client)] {
            let is_client = source == client;
            let since = self.said_of(source, destination).iter();
            for said in since.filter(|said| lasted.contains(&said.at)) {
                let Some((of, names_ends)) = part(attempt, said.of, is_client) else {
                    continue;
                };
                let same = found.iter_mut().find(|(_, known)| {
                    known.of == of
                        && *known.reason == *said.reason
                        && known.names_ends == names_ends
                });
                match same {
                    Some((_, known)) => known.packets += 1,
                    None => found.push((
                        said.at,
                        KernelDrops {
                            of,
                            reason: said.reason.to_string(),
                            packets: 1,
                            names_ends,
                        },
                    )),
                }
            }
        }
        // What is said with the ends of a packet needs no time to be known by.
        let named: Vec<(DroppedPacket, String)> = found
            .iter()
            .filter(|(_, drops)| drops.names_ends)
            .map(|(_, drops)| (drops.of, drops.reason.clone()))
            .collect();
        found.retain(|(_, drops)| {
            drops.names_ends || !named.contains(&(drops.of, drops.reason.clone()))
        });
        let deeds = found.into_iter();
        deeds
            .map(|(at, drops)| kernel(at, KernelDeed::Dropped(drops)))
            .collect()
    }
}

fn kernel(at: Timestamp, deed: KernelDeed) -> Testimony {
    Testimony {
        at,
        fact: TestifiedFact::Kernel(deed),
    }
}

/// Which packet of the attempt it was said of, and whether its ends were named; `None` for those of
/// another attempt.
fn part(attempt: &Attempt, of: SaidOf, is_client: bool) -> Option<(DroppedPacket, bool)> {
    let isn = attempt.isn?;
    match of {
        SaidOf::Reset | SaidOf::NoRoute => None,
        SaidOf::AnySegment if !is_client => Some((DroppedPacket::SynAck, true)),
        SaidOf::AnySegment if attempt.answered_at.is_none() => Some((DroppedPacket::Syn, true)),
        SaidOf::AnySegment => Some((DroppedPacket::Later, true)),
        SaidOf::Segment {
            is_syn,
            sequence,
            acknowledgment,
        } => match (is_client, is_syn) {
            (true, true) => (sequence == isn).then_some((DroppedPacket::Syn, false)),
            (true, false) => (sequence == isn.plus(1)).then_some((DroppedPacket::Later, false)),
            (false, true) => {
                (acknowledgment == Some(isn.plus(1))).then_some((DroppedPacket::SynAck, false))
            }
            (false, false) => None,
        },
    }
}
