//! One attempt, as far as others are compared with it.

use std::cmp::Ordering;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::app_error::error_of;
use crate::diagnosis::attempt_facts::AttemptFacts;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::fixed_hash;
use crate::diagnosis::sign::{Sign, is_unfinished};
use crate::diagnosis::syn_traits::SynTraits;
use crate::handshake::{AttemptId, Outcome, Troubles};

/// One attempt, as far as others are compared with it. 96 bytes, a hundred thousand times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// Its number.
    pub(crate) id: AttemptId,
    /// When it began.
    pub(crate) started: Timestamp,
    /// Who tried.
    pub(crate) client: IpAddr,
    /// From which port.
    pub(crate) client_port: u16,
    /// The time to live of its SYN.
    pub(crate) syn_ttl: Option<u8>,
    /// What its SYN shows besides.
    pub(crate) syn_traits: SynTraits,
    /// How often its SYN was sent; 255 for more.
    pub(crate) syn_count: u8,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// When its last packet that matters was captured.
    last_at: Timestamp,
    proof: ProofPlaces,
    /// What tells the origin of the first answer.
    pub(crate) answer: Option<Fingerprint>,
    /// What the ICMP error was that decided it.
    pub(crate) rejected_by: Option<IcmpKind>,
    /// The timestamp of the SYN, where `flags` says so.
    timestamp: u32,
    flags: Flags,
    /// Whether something of it is worth telling besides its outcome.
    pub(crate) sign: Option<Sign>,
    /// How many VLAN tags stood before its first packet; `None` inside a tunnel or another
    /// wrapping.
    pub(crate) vlan_tags: Option<u8>,
    /// How many attempts it stands for: itself, and those like it that are only counted.
    stands_for: u32,
}

/// What is so or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Flags(u8);

impl Flags {
    const ACCEPTED: u8 = 1;
    const ONE_SYN: u8 = 1 << 1;
    const MUTE: u8 = 1 << 2;
    const TIMESTAMP: u8 = 1 << 3;
    const HEARD: u8 = 1 << 4;
    /// The bits of its troubles from here on.
    const TROUBLES_AT: u32 = 5;
    const TROUBLES: u8 = 0b111 << Self::TROUBLES_AT;

    fn of(bits: impl IntoIterator<Item = (u8, bool)>) -> Self {
        let set = bits.into_iter().filter(|(_, is_so)| *is_so);
        Self(set.fold(0, |all, (bit, _)| all | bit))
    }

    fn with_troubles(self, troubles: Troubles) -> Self {
        Self(self.0 | troubles.bits() << Self::TROUBLES_AT)
    }

    fn has(self, bit: u8) -> bool {
        self.0 & bit != 0
    }
}

/// What attempts to one server have in common that are counted together where there are too many to
/// remember each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Class {
    pub(super) outcome: Outcome,
    flags: Flags,
    sign: Option<Sign>,
}

impl Class {
    /// Whether a filter's own log says that it was the filter who refused.
    pub(super) fn is_refused_by_filter(self) -> bool {
        self.outcome == Outcome::Refused && self.sign == Some(Sign::FilterVerdict)
    }

    /// Of an attempt of which nothing is known but how it ended, unanswered by a SYN-ACK.
    pub(super) fn of_unanswered(outcome: Outcome, has_one_syn: bool) -> Self {
        Self {
            outcome,
            flags: Flags::of([(Flags::ONE_SYN, has_one_syn)]),
            sign: None,
        }
    }

    /// A number for each, in their order: many are sorted by it.
    fn rank(self) -> u32 {
        let sign = self.sign.map_or(0, |sign| sign as u8 + 1);
        u32::from_be_bytes([0, self.outcome as u8, self.flags.0, sign])
    }

    /// Whether nothing is to be told of such an attempt but that it succeeded.
    pub(super) fn is_plain_success(self) -> bool {
        self.outcome == Outcome::Established
            && self.sign.is_none()
            && self.flags == Flags(Flags::ACCEPTED)
    }

    /// Whether such an attempt may be part of a flood.
    pub(super) fn is_unfinished(self) -> bool {
        is_unfinished(self.outcome, self.flags.has(Flags::ONE_SYN))
    }
}

/// Two places, without their times: that of the first packet is when its attempt began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ProofPlaces {
    sources: [SourceId; 2],
    numbers: [Low48; 2],
}

/// A number of which 48 bits are kept: hundreds of million million packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Low48([u8; 6]);

impl Low48 {
    fn of(number: PacketNumber) -> Self {
        let [low @ .., _, _] = number.0.to_le_bytes();
        Self(low)
    }

    fn number(self) -> PacketNumber {
        let [first, second, third, fourth, fifth, sixth] = self.0;
        let bytes = [first, second, third, fourth, fifth, sixth, 0, 0];
        PacketNumber(u64::from_le_bytes(bytes))
    }
}

impl ProofPlaces {
    fn of(first: PacketPlace, last: PacketPlace) -> Self {
        Self {
            sources: [first.source, last.source],
            numbers: [Low48::of(first.number), Low48::of(last.number)],
        }
    }

    fn at(&self, [first_at, last_at]: [Timestamp; 2]) -> (PacketPlace, PacketPlace) {
        let [first_number, last_number] = self.numbers;
        let [first_source, last_source] = self.sources;
        let place = |at, number: Low48, source| PacketPlace {
            at,
            source,
            number: number.number(),
        };
        (
            place(first_at, first_number, first_source),
            place(last_at, last_number, last_source),
        )
    }
}

impl Moment {
    pub(super) fn of(facts: &impl AttemptFacts) -> Option<Self> {
        let (first, last) = facts.proof()?;
        let timestamp = facts.syn_timestamp();
        let outcome = facts.outcome();
        Some(Self {
            id: facts.id(),
            started: facts.started_at(),
            client: facts.client().address,
            client_port: facts.client().port,
            syn_ttl: facts.syn_ttl(),
            syn_traits: facts.syn_traits(),
            syn_count: u8::try_from(facts.syn_count()).unwrap_or(u8::MAX),
            outcome,
            last_at: last.at,
            proof: ProofPlaces::of(first, last),
            answer: facts.first_answer(),
            rejected_by: facts.rejected_by().filter(|_| outcome == Outcome::Rejected),
            timestamp: timestamp.unwrap_or_default(),
            flags: Flags::of([
                (Flags::ACCEPTED, facts.was_accepted()),
                (Flags::ONE_SYN, facts.shows_one_syn()),
                (Flags::MUTE, facts.is_mute()),
                (Flags::TIMESTAMP, timestamp.is_some()),
                (Flags::HEARD, facts.server_was_heard()),
            ])
            .with_troubles(facts.troubles()),
            sign: facts.sign(),
            vlan_tags: facts.vlan_tags(),
            stands_for: 1,
        })
    }

    /// The packets that show it: the first, and the one that settled it or came last.
    pub(crate) fn proof(&self) -> (PacketPlace, PacketPlace) {
        self.proof.at([self.started, self.last_at])
    }

    /// Whether the server answered with a SYN-ACK.
    pub(crate) fn was_accepted(&self) -> bool {
        self.flags.has(Flags::ACCEPTED)
    }

    /// Whether the client sent its SYN once only: no application's way to meet silence.
    pub(crate) fn has_one_syn(&self) -> bool {
        self.flags.has(Flags::ONE_SYN)
    }

    /// Whether its SYN has a timestamp, as those of most systems have, and hardly those of tools
    /// that make packets themselves.
    pub(crate) fn has_timestamp(&self) -> bool {
        self.flags.has(Flags::TIMESTAMP)
    }

    /// Whether the server had accepted and the client had sent payload, and not one byte came back.
    pub(super) fn was_mute(&self) -> bool {
        self.flags.has(Flags::MUTE)
    }

    /// What went wrong although it was established.
    pub(crate) fn troubles(&self) -> Troubles {
        Troubles::of_bits(self.flags.0 >> Flags::TROUBLES_AT)
    }

    /// Whether the server, once connected, sent a byte or closed.
    pub(crate) fn was_heard(&self) -> bool {
        self.flags.has(Flags::HEARD)
    }

    /// From where it was tried.
    pub(crate) fn client_end(&self) -> Endpoint {
        Endpoint {
            address: self.client,
            port: self.client_port,
        }
    }

    /// When its last packet that matters was captured.
    pub(crate) fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// How many attempts it stands for: itself, and those like it of which no more is known than
    /// how many there were.
    pub(crate) fn stands_for(&self) -> u64 {
        self.stands_for.into()
    }

    /// The same, standing for so many.
    pub(super) fn for_so_many(self, stands_for: u64) -> Self {
        Self {
            stands_for: u32::try_from(stands_for).unwrap_or(u32::MAX),
            ..self
        }
    }

    /// When it began, then where its first packet stands: no two attempts share both.
    pub(crate) fn order(&self) -> (Timestamp, SourceId, PacketNumber, AttemptId) {
        let [source, _] = self.proof.sources;
        let [number, _] = self.proof.numbers;
        (self.started, source, number.number(), self.id)
    }

    /// In the order of their classes, and of one class in that of [`Self::order`].
    pub(super) fn compare_in_classes(&self, other: &Self) -> Ordering {
        let by_class = self.class().rank().cmp(&other.class().rank());
        // Hardly two begin at the same time.
        let by_start = by_class.then(self.started.cmp(&other.started));
        by_start.then_with(|| self.order().cmp(&other.order()))
    }

    /// By which a sample is drawn: of no meaning, and always the same.
    pub(super) fn sample_key(&self) -> u64 {
        fixed_hash::of_beginning(self.started, self.client)
    }

    /// With which others it is counted.
    pub(super) fn class(&self) -> Class {
        let outcome = self.outcome;
        let counted = match (outcome, self.sign) {
            // How often a SYN was sent that was answered is not worth telling apart.
            (Outcome::Established, _) => Flags::ACCEPTED | Flags::MUTE | Flags::TROUBLES,
            _ => Flags::ACCEPTED | Flags::MUTE | Flags::ONE_SYN,
        };
        Class {
            outcome,
            flags: Flags(self.flags.0 & counted),
            sign: self.sign,
        }
    }

    /// What `connect()` returned to the application on Linux, if it waited; `None` when it
    /// succeeded or that cannot be told.
    pub(crate) fn app_error(&self) -> Option<&'static str> {
        error_of(self.outcome, self.rejected_by)
    }

    /// Whether its SYN is older than that of the other, by their timestamps; `None` where one has
    /// none.
    pub(super) fn is_older_than(&self, other: &Self) -> Option<bool> {
        let have_both = self.flags.has(Flags::TIMESTAMP) && other.flags.has(Flags::TIMESTAMP);
        have_both.then(|| self.timestamp.wrapping_sub(other.timestamp) > u32::MAX / 2)
    }

    /// Whether it may be part of a flood: nobody completed it, and nobody insisted.
    pub(crate) fn is_unfinished(&self) -> bool {
        is_unfinished(self.outcome, self.has_one_syn())
    }
}

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
        let (first, last) = (place(1, 2), place(0x1234_5678_9abc, 4));
        let places = ProofPlaces::of(first, last);
        assert_eq!(places.at([first.at, last.at]), (first, last));
    }
}
