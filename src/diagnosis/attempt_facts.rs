//! What counting needs to know of an attempt: not more, so that most need not be made whole.

mod lone_syn;
mod rows;

use std::net::IpAddr;

use super::checked_packet::{self, CheckedPacket, show_wrong_checksums};
use super::comparison::StuckSegment;
use super::fingerprint::Fingerprint;
use super::offered_features::was_feature_dropped;
pub(crate) use super::own_answer::OwnAnswer;
use super::sign::{Sign, is_unfinished};
use super::syn_traits::SynTraits;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{CaptureVerdict, Endpoint, IcmpKind, VerdictAction};
use crate::handshake::{
    Attempt, AttemptId, Content, DecidedAttempt, Outcome, Role, SeenPacket, Sender, Trouble,
    Troubles, Ways,
};

/// A judged attempt, in whatever form it is kept. A clean success is counted by this alone.
pub(crate) trait AttemptFacts: Sized {
    /// Its number.
    fn id(&self) -> AttemptId;
    /// Who tried.
    fn client(&self) -> Endpoint;
    /// To whom.
    fn server(&self) -> Endpoint;
    /// The number of its SYN, where that was captured.
    fn isn(&self) -> Option<u32>;
    /// How it ended.
    fn outcome(&self) -> Outcome;
    /// What went wrong although it was established.
    fn troubles(&self) -> Troubles;
    /// When it began.
    fn started_at(&self) -> Timestamp;
    /// How often its SYN was sent.
    fn syn_count(&self) -> u32;
    /// When it was sent again, as far as that is kept.
    fn repeated_syns_at(&self) -> impl Iterator<Item = Timestamp>;
    /// The time to live of its SYN.
    fn syn_ttl(&self) -> Option<u8>;
    /// The timestamp of its SYN.
    fn syn_timestamp(&self) -> Option<u32>;
    /// What its SYN shows besides.
    fn syn_traits(&self) -> SynTraits;
    /// The identification of its SYN, over IPv4.
    fn syn_identification(&self) -> Option<u16>;
    /// From its first SYN to the first answer of any kind.
    fn answer_time(&self) -> Option<std::time::Duration>;
    /// When it was accepted, if a SYN-ACK shows that.
    fn answered_at(&self) -> Option<Timestamp>;
    /// When the third step was proved.
    fn established_at(&self) -> Option<Timestamp>;
    /// When SYN, SYN-ACK and third step came, where neither of the first two came twice.
    fn plain_steps(&self) -> Option<(Timestamp, Timestamp, Option<Timestamp>)>;
    /// What tells the origin of the first SYN-ACK or RST.
    fn first_answer(&self) -> Option<Fingerprint>;
    /// What the server's own stack sent: SYN-ACKs, and what proves the third step.
    fn own_answers(&self) -> impl Iterator<Item = OwnAnswer>;
    /// The first ICMP error about it.
    fn rejected_by(&self) -> Option<IcmpKind>;
    /// What is worth telling besides the outcome.
    fn sign(&self) -> Option<Sign>;
    /// Whether the client asked something, and never got a byte.
    fn is_mute(&self) -> bool;
    /// Whether the server, once connected, sent a byte or closed.
    fn server_was_heard(&self) -> bool;
    /// Who sent the first ICMP error about it.
    fn rejecter(&self) -> Option<IpAddr>;
    /// How many VLAN tags its first packet had; `None` in a tunnel.
    fn vlan_tags(&self) -> Option<u8>;
    /// Whether its SYN was captured just before with other addresses or ports: it is a later leg of
    /// a connect that is translated where it was captured.
    fn is_later_leg(&self) -> bool;
    /// Which ways its SYNs went through the host that captured them, and its SYN-ACKs.
    fn ways(&self) -> (Ways, Ways);
    /// What one side sent again and again in vain: known of one in such trouble, which is kept in
    /// full.
    fn stuck_segment(&self) -> Option<StuckSegment> {
        None
    }
    /// Its SYNs and SYN-ACKs, as far as their checksums are compared.
    fn checked_packets(&self) -> impl Iterator<Item = CheckedPacket>;
    /// Its first packet, and the one that settled it or came last.
    fn proof(&self) -> Option<(PacketPlace, PacketPlace)>;
    /// Whether it is known without a look at the whole that nobody accepted it, and that it shows
    /// nothing else.
    fn is_plainly_unanswered(&self) -> bool;
    /// All of it.
    fn whole(&self) -> DecidedAttempt;
    /// The same, of one that is not needed any more.
    fn into_whole(self) -> DecidedAttempt {
        self.whole()
    }

    /// Whether the server accepted.
    fn was_accepted(&self) -> bool {
        self.answered_at().is_some() || self.established_at().is_some()
    }

    /// Whether its SYNs met silence, came in and never left; or its SYN-ACKs did, and were not
    /// acknowledged; or what the client sent then.
    fn never_left(&self) -> bool {
        let (syns, syn_acks) = self.ways();
        match self.outcome() {
            Outcome::Dropped => syns.never_left(),
            Outcome::HalfOpen => syn_acks.never_left() && !self.left_translated(),
            Outcome::Established => syns.went_out && self.has_proof_that_never_left(),
            _ => false,
        }
    }

    /// Whether its SYN-ACK left under another address.
    fn left_translated(&self) -> bool {
        false
    }

    /// A rule whose author says that it stopped the one SYN of this attempt, although that was
    /// accepted.
    fn contradicts_rule(&self) -> Option<CaptureVerdict> {
        None
    }

    /// Whether the client's ACK came in and never left, and nobody heard more of the server: known
    /// of one that was captured more than once, and so is kept in full.
    fn has_proof_that_never_left(&self) -> bool {
        false
    }

    /// What its SYN shares with its other legs: a box may give it another number, and leaves its
    /// timestamp and its identification.
    fn connect_key(&self) -> Option<u64> {
        let timestamp = self.syn_timestamp().filter(|timestamp| *timestamp != 0);
        let identification = self.syn_identification().filter(|number| *number != 0);
        let (high, low) = match (timestamp, identification) {
            (Some(timestamp), Some(number)) => (timestamp, u32::from(number)),
            (timestamp, _) => (self.isn()?, timestamp.unwrap_or_default()),
        };
        Some(u64::from(high) << 32 | u64::from(low))
    }

    /// Whether it may be part of a flood.
    fn is_unfinished(&self) -> bool {
        is_unfinished(self.outcome(), self.syn_count() == 1)
    }

    /// Whether its SYN was sent once only, where repetitions would be seen.
    fn shows_one_syn(&self) -> bool {
        self.syn_count() == 1
    }

    /// When it began, and whose it was.
    fn beginning(&self) -> (Timestamp, IpAddr) {
        (self.started_at(), self.client().address)
    }
}

fn first_as<'a>(attempt: &'a Attempt, roles: &'static [Role]) -> Option<&'a SeenPacket> {
    attempt.packets_as(roles).next()
}

/// The parts that answers play which the client's TCP does not take.
const IGNORED_ANSWERS: &[Role] = &[
    Role::UnacceptableReset,
    Role::UnacceptableSynAck,
    Role::SynAckFromElsewhere,
];

impl AttemptFacts for DecidedAttempt {
    fn id(&self) -> AttemptId {
        self.attempt.id
    }

    fn client(&self) -> Endpoint {
        self.attempt.client
    }

    fn server(&self) -> Endpoint {
        self.attempt.server
    }

    fn isn(&self) -> Option<u32> {
        self.attempt.isn.map(|isn| isn.0)
    }

    fn outcome(&self) -> Outcome {
        self.judgement.outcome
    }

    fn troubles(&self) -> Troubles {
        self.judgement.troubles
    }

    fn started_at(&self) -> Timestamp {
        self.attempt.started_at()
    }

    fn syn_count(&self) -> u32 {
        self.attempt.syn_count
    }

    fn repeated_syns_at(&self) -> impl Iterator<Item = Timestamp> {
        let repeated = self.attempt.packets_as(&[Role::SynRepeated]);
        repeated.map(|packet| packet.place.at)
    }

    fn syn_ttl(&self) -> Option<u8> {
        first_as(&self.attempt, &[Role::Syn]).map(|syn| syn.ip.ttl)
    }

    fn syn_timestamp(&self) -> Option<u32> {
        match first_as(&self.attempt, &[Role::Syn])?.content {
            Content::Segment { options, .. } => options.timestamps.map(|(value, _)| value),
            Content::Icmp { .. } => None,
        }
    }

    fn syn_traits(&self) -> SynTraits {
        let Some(syn) = first_as(&self.attempt, &[Role::Syn]) else {
            return SynTraits::default();
        };
        match syn.content {
            Content::Segment { flags, options, .. } => {
                let encapsulation = &self.attempt.encapsulation;
                SynTraits::of(flags, &options, syn.ip.capture, encapsulation)
            }
            Content::Icmp { .. } => SynTraits::default(),
        }
    }

    fn syn_identification(&self) -> Option<u16> {
        first_as(&self.attempt, &[Role::Syn])?.ip.identification
    }

    fn answer_time(&self) -> Option<std::time::Duration> {
        let attempt = &self.attempt;
        let (syn, answer) = attempt.first_syn_at.zip(attempt.first_answer_at)?;
        Some(answer.since(syn))
    }

    fn answered_at(&self) -> Option<Timestamp> {
        self.attempt.answered_at
    }

    fn established_at(&self) -> Option<Timestamp> {
        self.attempt.established_at
    }

    fn plain_steps(&self) -> Option<(Timestamp, Timestamp, Option<Timestamp>)> {
        let attempt = &self.attempt;
        let is_plain = attempt.syn_count == 1 && attempt.syn_ack_count == 1;
        let (syn, answer) = attempt.first_syn_at.zip(attempt.answered_at)?;
        is_plain.then_some((syn, answer, attempt.established_at))
    }

    fn first_answer(&self) -> Option<Fingerprint> {
        let answer = first_as(&self.attempt, &[Role::SynAck, Role::Reset]);
        answer.map(|packet| Fingerprint::of(packet.ip.ttl, packet.ip.identification))
    }

    fn own_answers(&self) -> impl Iterator<Item = OwnAnswer> {
        self.attempt
            .packets_as(&[Role::SynAck, Role::SynAckRepeated, Role::Proof])
            .filter(|packet| packet.sender == Sender::Server)
            .map(OwnAnswer::of)
    }

    fn rejected_by(&self) -> Option<IcmpKind> {
        self.attempt.rejected_by
    }

    fn sign(&self) -> Option<Sign> {
        let attempt = &self.attempt;
        let has_no_window = |packet: &SeenPacket| {
            matches!(
                packet.content,
                Content::Segment {
                    window: Some(0),
                    ..
                }
            )
        };
        if self.judgement.outcome != Outcome::Established && attempt.was_stopped_by_filter() {
            Some(Sign::FilterVerdict)
        } else if attempt.answered_elsewhere.is_some() && attempt.is_unanswered() {
            Some(Sign::Misdirected)
        } else if first_as(attempt, &[Role::BareAck]).is_some() {
            Some(Sign::StaleTuple)
        } else if first_as(attempt, &[Role::UnacceptableReset]).is_some() && attempt.is_unanswered()
        {
            Some(Sign::IgnoredReset)
        } else if self.judgement.outcome == Outcome::Dropped
            && first_as(attempt, IGNORED_ANSWERS).is_some()
        {
            Some(Sign::IgnoredAnswer)
        } else if show_wrong_checksums(self.checked_packets()) {
            Some(Sign::WrongChecksums)
        } else if attempt.packets_as(&[Role::SynAck]).any(has_no_window) {
            Some(Sign::ProxyAnswer)
        } else if was_feature_dropped(attempt) {
            Some(Sign::FeatureDropped)
        } else if attempt.answered_at.is_some() && attempt.last_syn_at > attempt.first_syn_at {
            Some(Sign::AnsweredLate)
        } else {
            None
        }
    }

    fn is_mute(&self) -> bool {
        self.attempt.is_mute()
    }

    fn server_was_heard(&self) -> bool {
        self.attempt.server_was_heard
    }

    fn rejecter(&self) -> Option<IpAddr> {
        let error = first_as(&self.attempt, &[Role::IcmpError])?;
        match error.sender {
            Sender::Client => Some(self.attempt.client.address),
            Sender::Server => Some(self.attempt.server.address),
            Sender::Other(address) => Some(address),
        }
    }

    fn stuck_segment(&self) -> Option<StuckSegment> {
        let is_stuck = self.judgement.troubles.has(Trouble::Stuck);
        StuckSegment::of(&self.attempt).filter(|_| is_stuck)
    }

    fn vlan_tags(&self) -> Option<u8> {
        self.attempt.encapsulation.vlan_tags_alone()
    }

    fn left_translated(&self) -> bool {
        first_as(&self.attempt, &[Role::SynAckFromElsewhere]).is_some()
    }

    fn contradicts_rule(&self) -> Option<CaptureVerdict> {
        let said = self.attempt.contradicted_verdict(self.judgement.outcome)?;
        let is_word = said.action != VerdictAction::Dropped && self.syn_count() == 1;
        is_word.then(|| said.of_rule_alone())
    }

    fn has_proof_that_never_left(&self) -> bool {
        let proof = first_as(&self.attempt, &[Role::Proof]);
        let never_left = proof.is_some_and(|proof| proof.ways().never_left());
        never_left && self.attempt.is_mute()
    }

    fn is_later_leg(&self) -> bool {
        let syn = first_as(&self.attempt, &[Role::Syn]);
        syn.is_some_and(|syn| syn.ip.capture.is_translated)
    }

    fn ways(&self) -> (Ways, Ways) {
        // In a log, that a packet is not seen to leave says nothing.
        if self.attempt.is_known_by_log_alone() {
            return (Ways::default(), Ways::default());
        }
        let of = |roles: &'static [Role]| {
            let packets = self.attempt.packets_as(roles);
            packets.fold(Ways::default(), |ways, packet| ways.and(packet.ways()))
        };
        let syns = of(&[Role::Syn, Role::SynRepeated]);
        (syns, of(&[Role::SynAck, Role::SynAckRepeated]))
    }

    fn checked_packets(&self) -> impl Iterator<Item = CheckedPacket> {
        checked_packet::of_attempt(&self.attempt)
    }

    fn proof(&self) -> Option<(PacketPlace, PacketPlace)> {
        let packets = self.attempt.evidence.packets();
        let started = self.attempt.started_at();
        let is_first = |packet: &&SeenPacket| packet.place.at == started;
        let first = packets.iter().find(is_first).or(packets.first())?;
        let third_step = first_as(&self.attempt, &[Role::Proof]);
        let shown = third_step.filter(|_| self.judgement.troubles.is_only(Trouble::Slow));
        Some((first.place, shown.or(packets.last())?.place))
    }

    fn is_plainly_unanswered(&self) -> bool {
        false
    }

    fn is_unfinished(&self) -> bool {
        // How it went on is not in a log.
        !self.attempt.is_known_by_log_alone()
            && is_unfinished(self.outcome(), self.syn_count() == 1)
    }

    fn shows_one_syn(&self) -> bool {
        self.syn_count() == 1 && !self.attempt.is_known_by_log_alone()
    }

    fn whole(&self) -> DecidedAttempt {
        self.clone()
    }

    fn into_whole(self) -> DecidedAttempt {
        self
    }
}
