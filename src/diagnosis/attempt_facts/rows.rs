//! A regular attempt, known by its rows, as far as counting needs it.

use std::iter;
use std::net::IpAddr;

use super::{AttemptFacts, OwnAnswer};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Endpoint, IcmpKind, Row};
use crate::diagnosis::checked_packet::{self, CheckedPacket, show_wrong_checksums};
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::sign::Sign;
use crate::diagnosis::syn_traits::SynTraits;
use crate::handshake::{AttemptId, DecidedAttempt, DecidedRows, Outcome, Trouble, Troubles, Ways};

impl AttemptFacts for DecidedRows<'_> {
    fn id(&self) -> AttemptId {
        AttemptId::of(self.syn().place())
    }

    fn client(&self) -> Endpoint {
        self.ends().0
    }

    fn server(&self) -> Endpoint {
        self.ends().1
    }

    fn isn(&self) -> Option<u32> {
        Some(self.syn().sequence().0)
    }

    fn outcome(&self) -> Outcome {
        self.judgement().outcome
    }

    fn troubles(&self) -> Troubles {
        self.judgement().troubles
    }

    fn started_at(&self) -> Timestamp {
        self.syn().at()
    }

    fn syn_count(&self) -> u32 {
        let repeated = u32::try_from(self.repeated_syns().count());
        repeated.unwrap_or(u32::MAX).saturating_add(1)
    }

    fn repeated_syns_at(&self) -> impl Iterator<Item = Timestamp> {
        self.repeated_syns().map(Row::at)
    }

    fn syn_ttl(&self) -> Option<u8> {
        Some(self.syn().ttl())
    }

    fn syn_timestamp(&self) -> Option<u32> {
        self.syn().timestamp()
    }

    fn syn_traits(&self) -> SynTraits {
        let syn = self.syn();
        let encapsulation = self.encapsulation();
        SynTraits::of(syn.flags(), &syn.options(), syn.capture(), &encapsulation)
    }

    fn syn_identification(&self) -> Option<u16> {
        self.syn().identification()
    }

    fn answer_time(&self) -> Option<std::time::Duration> {
        let answer = self.answers().next()?;
        Some(answer.at().since(self.syn().at()))
    }

    fn answered_at(&self) -> Option<Timestamp> {
        self.syn_acks().next().map(Row::at)
    }

    fn established_at(&self) -> Option<Timestamp> {
        self.proof_of_third_step().map(Row::at)
    }

    fn plain_steps(&self) -> Option<(Timestamp, Timestamp, Option<Timestamp>)> {
        let mut syn_acks = self.syn_acks();
        let (first, second) = (syn_acks.next()?, syn_acks.next());
        let is_plain = second.is_none() && self.repeated_syns().next().is_none();
        is_plain.then_some((self.syn().at(), first.at(), self.established_at()))
    }

    fn first_answer(&self) -> Option<Fingerprint> {
        let answer = self.answers().find(|row| !row.is_icmp_error())?;
        Some(Fingerprint::of(answer.ttl(), answer.identification()))
    }

    fn own_answers(&self) -> impl Iterator<Item = OwnAnswer> {
        let is_first = iter::once(true).chain(iter::repeat(false));
        let answers = self.syn_acks().zip(is_first);
        answers.map(|(row, is_syn_ack)| OwnAnswer {
            is_syn_ack,
            ..OwnAnswer::of_row(row)
        })
    }

    fn rejected_by(&self) -> Option<IcmpKind> {
        let mut answers = self.answers();
        let (kind, ..) = answers.find_map(Row::icmp_v4_quote)?;
        Some(kind)
    }

    fn sign(&self) -> Option<Sign> {
        // Hardly any packet has wrong ones, and this is asked of every attempt.
        let mut rows = iter::once(self.syn()).chain(self.further());
        if rows.any(Row::has_wrong_checksums) && show_wrong_checksums(self.checked_packets()) {
            return Some(Sign::WrongChecksums);
        }
        let syn_ack = self.syn_acks().next()?;
        if syn_ack.window() == Some(0) {
            Some(Sign::ProxyAnswer)
        } else if self.repeated_syns().next().is_some() {
            // All its SYNs are alike: no feature was given up.
            Some(Sign::AnsweredLate)
        } else {
            None
        }
    }

    fn is_mute(&self) -> bool {
        self.is_mute()
    }

    fn server_was_heard(&self) -> bool {
        Self::server_was_heard(self)
    }

    fn rejecter(&self) -> Option<IpAddr> {
        Self::rejecter(self)
    }

    fn vlan_tags(&self) -> Option<u8> {
        self.encapsulation().vlan_tags_alone()
    }

    fn is_later_leg(&self) -> bool {
        self.syn().capture().is_translated
    }

    fn ways(&self) -> (Ways, Ways) {
        // Few captures tell, and this is asked of every attempt.
        if !self.syn().has_passage() && !self.further().iter().any(Row::has_passage) {
            return (Ways::default(), Ways::default());
        }
        let and = |ways: Ways, row: &Row| ways.and(Ways::of(row.capture().passage));
        let syns = iter::once(self.syn()).chain(self.repeated_syns());
        let syn_acks = self.syn_acks();
        (
            syns.fold(Ways::default(), and),
            syn_acks.fold(Ways::default(), and),
        )
    }

    fn checked_packets(&self) -> impl Iterator<Item = CheckedPacket> {
        let syns = iter::once(self.syn()).chain(self.repeated_syns());
        let answered_at = self.answers().next().map(Row::at).or(self.established_at());
        checked_packet::of_rows(
            self.encapsulation(),
            (syns, answered_at),
            (self.syn_acks(), self.established_at()),
        )
    }

    fn proof(&self) -> Option<(PacketPlace, PacketPlace)> {
        let is_slow = self.judgement().troubles.is_only(Trouble::Slow);
        let third_step = self.proof_of_third_step().filter(|_| is_slow);
        let last = third_step.or(self.further().last()).unwrap_or(self.syn());
        Some((self.syn().place(), last.place()))
    }

    fn is_plainly_unanswered(&self) -> bool {
        self.syn_acks().next().is_none() && self.sign().is_none()
    }

    fn whole(&self) -> DecidedAttempt {
        Self::whole(self)
    }
}
