//! What a lone SYN tells: of a flood there are millions.

use std::iter;
use std::net::IpAddr;

use super::{AttemptFacts, OwnAnswer};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::checked_packet::{self, CheckedPacket};
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::sign::Sign;
use crate::diagnosis::syn_traits::SynTraits;
use crate::handshake::{AttemptId, DecidedAttempt, DecidedSyn, Outcome, Troubles, Ways};

impl AttemptFacts for DecidedSyn<'_> {
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
        Troubles::NONE
    }

    fn started_at(&self) -> Timestamp {
        self.syn().at()
    }

    fn syn_count(&self) -> u32 {
        1
    }

    fn repeated_syns_at(&self) -> impl Iterator<Item = Timestamp> {
        iter::empty()
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
        None
    }

    fn answered_at(&self) -> Option<Timestamp> {
        None
    }

    fn established_at(&self) -> Option<Timestamp> {
        None
    }

    fn plain_steps(&self) -> Option<(Timestamp, Timestamp, Option<Timestamp>)> {
        None
    }

    fn first_answer(&self) -> Option<Fingerprint> {
        None
    }

    fn own_answers(&self) -> impl Iterator<Item = OwnAnswer> {
        iter::empty()
    }

    fn rejected_by(&self) -> Option<IcmpKind> {
        None
    }

    fn sign(&self) -> Option<Sign> {
        let are_wrong = self.syn().capture().checksums.are_wrong();
        are_wrong.then_some(Sign::WrongChecksums)
    }

    fn is_mute(&self) -> bool {
        false
    }

    fn server_was_heard(&self) -> bool {
        false
    }

    fn rejecter(&self) -> Option<IpAddr> {
        None
    }

    fn vlan_tags(&self) -> Option<u8> {
        self.encapsulation().vlan_tags_alone()
    }

    fn is_later_leg(&self) -> bool {
        self.syn().capture().is_translated
    }

    fn ways(&self) -> (Ways, Ways) {
        (Ways::of(self.syn().capture().passage), Ways::default())
    }

    fn checked_packets(&self) -> impl Iterator<Item = CheckedPacket> {
        checked_packet::of_rows(
            self.encapsulation(),
            (iter::once(self.syn()), None),
            (iter::empty(), None),
        )
    }

    fn proof(&self) -> Option<(PacketPlace, PacketPlace)> {
        let place = self.syn().place();
        Some((place, place))
    }

    fn is_plainly_unanswered(&self) -> bool {
        self.sign().is_none()
    }

    fn whole(&self) -> DecidedAttempt {
        Self::whole(self)
    }
}
