//! How the attempts to one server ended, one after the other.

mod live;

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::IcmpKind;
use crate::diagnosis::app_error::error_of;
use crate::diagnosis::compact_sets::AddressSet;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::offered_features::was_feature_dropped;
use crate::handshake::{Attempt, AttemptId, Content, DecidedAttempt, Outcome, Role, SeenPacket};

/// How many attempts to one server are remembered singly.
const REMEMBERED: usize = 4096;

/// So many attempts that nobody completes may be a flood.
const FEWEST_OF_A_FLOOD: u64 = 50;

/// One attempt, as far as others are compared with it. 96 bytes, half a million times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Its number.
    pub(crate) id: AttemptId,
    /// When it began.
    pub(crate) started: Timestamp,
    /// Who tried.
    pub(crate) client: IpAddr,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// Whether the server answered with a SYN-ACK.
    pub(crate) was_accepted: bool,
    proof: ProofPlaces,
    /// What tells the origin of the first answer.
    pub(crate) answer: Option<Fingerprint>,
    /// What the ICMP error was that decided it.
    pub(crate) rejected_by: Option<IcmpKind>,
    /// The timestamp of the SYN.
    pub(crate) timestamp: Option<u32>,
    /// Whether the client sent its SYN once only: no application's way to meet silence.
    pub(crate) has_one_syn: bool,
    /// Whether the server had accepted and the client had sent payload, and not one byte came back.
    pub(crate) was_mute: bool,
    /// Whether something of it is worth telling besides its outcome.
    pub(crate) sign: Option<Sign>,
    /// How many VLAN tags stood before its first packet; `None` inside a tunnel or another wrapping.
    pub(crate) vlan_tags: Option<u8>,
}

/// What an attempt shows besides its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// An ACK of an older connection answered the SYN.
    StaleTuple,
    /// The SYN-ACK has window 0: a SYN proxy's.
    ProxyAnswer,
    /// The SYN was answered only without a feature that it offered first.
    FeatureDropped,
    /// The SYN was answered only when it was repeated.
    AnsweredLate,
}

impl Sign {
    fn of(attempt: &Attempt) -> Option<Self> {
        let has_no_window = |packet: &SeenPacket| {
            matches!(
                packet.content,
                Content::Segment {
                    window: Some(0),
                    ..
                }
            )
        };
        if attempt.packets_as(&[Role::BareAck]).next().is_some() {
            Some(Self::StaleTuple)
        } else if attempt.packets_as(&[Role::SynAck]).any(has_no_window) {
            Some(Self::ProxyAnswer)
        } else if was_feature_dropped(attempt) {
            Some(Self::FeatureDropped)
        } else if attempt.answered_at.is_some() && attempt.last_syn_at > attempt.first_syn_at {
            Some(Self::AnsweredLate)
        } else {
            None
        }
    }
}

/// Two places, without the gaps that they have one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ProofPlaces {
    at: [Timestamp; 2],
    numbers: [PacketNumber; 2],
    sources: [SourceId; 2],
}

impl ProofPlaces {
    fn of(first: PacketPlace, last: PacketPlace) -> Self {
        Self {
            at: [first.at, last.at],
            numbers: [first.number, last.number],
            sources: [first.source, last.source],
        }
    }

    fn both(&self) -> (PacketPlace, PacketPlace) {
        let [first_at, last_at] = self.at;
        let [first_number, last_number] = self.numbers;
        let [first_source, last_source] = self.sources;
        let place = |at, number, source| PacketPlace { at, source, number };
        (
            place(first_at, first_number, first_source),
            place(last_at, last_number, last_source),
        )
    }
}

impl Moment {
    fn of(decided: &DecidedAttempt) -> Option<Self> {
        let attempt = &decided.attempt;
        let packets = attempt.evidence.packets();
        Some(Self {
            id: attempt.id,
            started: attempt.started_at(),
            client: attempt.client.address,
            outcome: decided.judgement.outcome,
            was_accepted: attempt.answered_at.is_some() || attempt.established_at.is_some(),
            proof: ProofPlaces::of(packets.first()?.place, packets.last()?.place),
            answer: attempt
                .packets_as(&[Role::SynAck, Role::Reset])
                .next()
                .map(Fingerprint::of),
            rejected_by: attempt
                .rejected_by
                .filter(|_| decided.judgement.outcome == Outcome::Rejected),
            timestamp: attempt.packets_as(&[Role::Syn]).next().and_then(timestamp),
            has_one_syn: attempt.syn_count == 1,
            was_mute: attempt.is_mute(),
            sign: Sign::of(attempt),
            vlan_tags: attempt.encapsulation.vlan_tags_alone(),
        })
    }

    /// The packets that show it: the first, and the one that settled it or came last.
    pub(crate) fn proof(&self) -> (PacketPlace, PacketPlace) {
        self.proof.both()
    }

    /// What `connect()` returned to the application on Linux, if it waited; `None` when it succeeded or that cannot be told.
    pub(crate) fn app_error(&self) -> Option<&'static str> {
        error_of(self.outcome, self.rejected_by)
    }

    /// Whether its SYN is older than that of the other, by their timestamps; `None` where one has none.
    fn is_older_than(&self, other: &Self) -> Option<bool> {
        let (own, others) = self.timestamp.zip(other.timestamp)?;
        Some(own.wrapping_sub(others) > u32::MAX / 2)
    }

    /// Whether it may be part of a flood: nobody completed it, and nobody insisted.
    pub(crate) fn is_unfinished(&self) -> bool {
        is_unfinished(self.outcome, self.has_one_syn)
    }
}

fn timestamp(syn: &SeenPacket) -> Option<u32> {
    match syn.content {
        Content::Segment { options, .. } => options.timestamps.map(|(value, _)| value),
        Content::Icmp { .. } => None,
    }
}

/// Half-open, or met with silence after a single SYN, as far as that was watched: a client that waits repeats it after a
/// second.
pub(crate) fn is_unfinished(outcome: Outcome, has_one_syn: bool) -> bool {
    match outcome {
        Outcome::HalfOpen => true,
        Outcome::Dropped | Outcome::Pending => has_one_syn,
        _ => false,
    }
}

/// The attempts to one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServiceHistory {
    moments: Vec<Moment>,
    attempts: u64,
    unfinished: u64,
    overview: Overview,
    /// How many moments are not as they were when `overview` was made.
    changes: usize,
}

/// What all remembered attempts to one server say, looked up once.
#[derive(Clone, Debug, Default)]
struct Overview {
    /// When those that were accepted began, in order of time.
    accepted_at: Vec<Timestamp>,
    accepted_clients: AddressSet,
    dropped_clients: AddressSet,
    shut_out: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Clients of whom it drops just those SYNs that are older by their timestamps.
    ordered_by_timestamps: HashSet<IpAddr, foldhash::fast::RandomState>,
}

impl Overview {
    fn of(moments: &[Moment]) -> Self {
        let accepted = || moments.iter().filter(|moment| moment.was_accepted);
        let dropped = moments
            .iter()
            .filter(|moment| moment.outcome == Outcome::Dropped);
        let mut accepted_at: Vec<Timestamp> = accepted().map(|moment| moment.started).collect();
        accepted_at.sort_unstable();
        let mut overview = Self {
            accepted_at,
            accepted_clients: accepted().map(|moment| moment.client).collect(),
            dropped_clients: dropped.map(|moment| moment.client).collect(),
            shut_out: HashSet::default(),
            ordered_by_timestamps: HashSet::default(),
        };
        overview.shut_out = overview.shut_out_of(moments);
        overview.ordered_by_timestamps = overview.ordered_of(moments);
        overview
    }

    /// Clients that are never accepted, while others are before and after each of their attempts.
    fn shut_out_of(&self, moments: &[Moment]) -> HashSet<IpAddr, foldhash::fast::RandomState> {
        let mut shut_out: HashSet<IpAddr, foldhash::fast::RandomState> = moments
            .iter()
            .map(|moment| moment.client)
            .filter(|client| !self.accepted_clients.contains(*client))
            .collect();
        for moment in moments {
            let is_undecided = matches!(moment.outcome, Outcome::Pending | Outcome::Partial);
            if is_undecided || !self.is_between_acceptances(moment.started) {
                shut_out.remove(&moment.client);
            }
        }
        shut_out
    }

    /// Clients of whom every dropped SYN is older than the last accepted one, and every accepted one newer than that before:
    /// at least two of each, so that it is hardly chance.
    fn ordered_of(&self, moments: &[Moment]) -> HashSet<IpAddr, foldhash::fast::RandomState> {
        let is_both = |client: &IpAddr| self.accepted_clients.contains(*client);
        let clients: AddressSet = self.dropped_clients.iter().filter(is_both).collect();
        let mut in_order: HashMap<IpAddr, Vec<&Moment>, foldhash::fast::RandomState> =
            HashMap::default();
        for moment in moments
            .iter()
            .filter(|moment| clients.contains(moment.client))
        {
            in_order.entry(moment.client).or_default().push(moment);
        }
        in_order
            .into_iter()
            .filter_map(|(client, mut moments)| {
                moments.sort_by_key(|moment| (moment.started, moment.id));
                is_ordered(&moments).then_some(client)
            })
            .collect()
    }

    /// The last acceptance that began before, and the first after, if they are of the same seconds.
    fn acceptances_around(&self, at: Timestamp) -> (bool, bool) {
        let later = self.accepted_at.partition_point(|accepted| *accepted < at);
        let not_later = self.accepted_at.partition_point(|accepted| *accepted <= at);
        let is_close = |index: Option<usize>| {
            index
                .and_then(|index| self.accepted_at.get(index))
                .is_some_and(|accepted| super::is_about_the_same_time(*accepted, at))
        };
        (is_close(not_later.checked_sub(1)), is_close(Some(later)))
    }

    fn is_between_acceptances(&self, at: Timestamp) -> bool {
        self.acceptances_around(at) == (true, true)
    }
}

/// How often dropped and accepted SYNs must be in order.
const FEWEST_IN_ORDER: usize = 2;

fn is_ordered(moments: &[&Moment]) -> bool {
    let mut newest: Option<&Moment> = None;
    let (mut dropped, mut accepted) = (0, 0);
    for moment in moments {
        let is_older = newest.and_then(|newest| moment.is_older_than(newest));
        match (moment.was_accepted, moment.outcome, is_older) {
            (true, _, Some(false)) => accepted += 1,
            (true, _, None) if newest.is_none() => {}
            (false, Outcome::Dropped, Some(true)) => dropped += 1,
            (false, Outcome::Pending, _) => {}
            _ => return false,
        }
        if moment.was_accepted {
            newest = Some(moment);
        }
    }
    dropped >= FEWEST_IN_ORDER && accepted >= FEWEST_IN_ORDER
}

impl ServiceHistory {
    /// Takes note of an attempt; whether it is one of those that are remembered singly.
    pub(super) fn add(&mut self, decided: &DecidedAttempt, has_room: bool) -> bool {
        self.count(decided.judgement.outcome, decided.attempt.syn_count == 1);
        let is_remembered = has_room && self.has_room();
        if is_remembered {
            self.moments.extend(Moment::of(decided));
            self.changes += 1;
        }
        is_remembered
    }

    /// Counts an attempt.
    pub(super) fn count(&mut self, outcome: Outcome, has_one_syn: bool) {
        self.attempts += 1;
        self.unfinished += u64::from(is_unfinished(outcome, has_one_syn));
    }

    /// Whether more attempts may be remembered singly.
    pub(super) fn has_room(&self) -> bool {
        self.moments.len() < REMEMBERED
    }

    /// Looks at all attempts together, once there are no more.
    pub(super) fn settle(&mut self) {
        self.overview = Overview::of(&self.moments);
        self.changes = 0;
    }

    /// The remembered attempts, in the order in which they were decided.
    pub(crate) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// Whether most attempts so far are such as nobody completes.
    pub(crate) fn is_mostly_unfinished(&self) -> bool {
        self.unfinished >= FEWEST_OF_A_FLOOD && self.unfinished * 2 > self.attempts
    }

    /// Whether the port ever answered, with whatever.
    pub(crate) fn has_answered(&self) -> bool {
        self.has_accepted()
            || self
                .moments
                .iter()
                .any(|moment| moment.outcome == Outcome::Refused)
    }

    /// Whether the port ever accepted.
    pub(crate) fn has_accepted(&self) -> bool {
        !self.overview.accepted_at.is_empty()
    }

    /// Whether it ever accepted this client.
    pub(crate) fn has_accepted_from(&self, client: IpAddr) -> bool {
        self.overview.accepted_clients.contains(client)
    }

    /// Whether it met another client with silence.
    pub(crate) fn drops_others_than(&self, client: IpAddr) -> bool {
        let own = usize::from(self.overview.dropped_clients.contains(client));
        self.overview.dropped_clients.len() > own
    }

    /// Whether it accepted somebody within the same seconds.
    pub(crate) fn accepted_about(&self, at: Timestamp) -> bool {
        let (before, after) = self.overview.acceptances_around(at);
        before || after
    }

    /// Whether it accepted somebody before and after then, within the same seconds.
    pub(crate) fn accepted_around(&self, at: Timestamp) -> bool {
        self.overview.is_between_acceptances(at)
    }

    /// Whether it never accepts this client, and accepts others before and after each of this client's attempts, within
    /// the same seconds.
    pub(crate) fn shuts_out(&self, client: IpAddr) -> bool {
        self.overview.shut_out.contains(&client)
    }

    /// Whether it drops just those SYNs of this client that are older by their timestamps than the last accepted one: as
    /// servers did that recycle `TIME_WAIT`, to hosts behind one NAT.
    pub(crate) fn is_ordered_by_timestamps(&self, client: IpAddr) -> bool {
        self.overview.ordered_by_timestamps.contains(&client)
    }

    /// How many connections were accepted about then on which the client sent payload and the server never a byte.
    pub(crate) fn mute_about(&self, at: Timestamp) -> usize {
        let is_mute = |moment: &&Moment| {
            moment.was_mute && moment.started.distance(at) <= MUTE_SIBLINGS_WITHIN
        };
        self.moments.iter().filter(is_mute).count()
    }
}

/// Connections that an overloaded application does not serve were accepted in the same minute.
const MUTE_SIBLINGS_WITHIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_small() {
        assert_eq!(size_of::<Moment>(), 96);
    }

    #[test]
    fn no_place_of_a_proof_is_lost() {
        let place = |number, source| PacketPlace {
            at: Timestamp::from_nanoseconds(7 * i64::from(source)),
            source: SourceId(source),
            number: PacketNumber(number),
        };
        let (first, last) = (place(1, 2), place(3, 4));
        assert_eq!(ProofPlaces::of(first, last).both(), (first, last));
    }
}
