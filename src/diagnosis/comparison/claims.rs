//! Who answers for an address on its link: two hosts that have one address both do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Comparison;
use super::syn_ways::SynWays;
use crate::decode::{AckFromElsewhere, Answering, AnsweringHosts, Endpoint, HardwareAddress};
use crate::diagnosis::facts::Facts;

/// What frames show of the hosts on the link of the capture.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OnLink {
    /// Ports for which two hosts answer.
    answering: BTreeMap<Endpoint, AnsweringHosts>,
    /// Connects whose SYNs were met by ACKs of another address, by client and server.
    acks_from_elsewhere: BTreeMap<(Endpoint, Endpoint), AckFromElsewhere>,
    /// Which way SYNs went.
    pub(super) ways: SynWays,
}

/// The MAC addresses that answered for one IP address: the first two are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct Claims {
    hosts: [Option<(HardwareAddress, u32)>; 2],
    /// Who answered since the latest question.
    latest: Option<HardwareAddress>,
    /// How often one answered a question that another had answered already.
    conflicts: u32,
}

impl Claims {
    /// Somebody asks once more.
    pub(super) fn note_question(&mut self) {
        self.latest = None;
    }

    /// Somebody says that the address is his.
    pub(super) fn note_answer(&mut self, hardware: HardwareAddress, is_reply: bool) {
        self.count(hardware, 1);
        if !is_reply {
            return;
        }
        let is_conflict = self.latest.is_some_and(|latest| latest != hardware);
        self.conflicts = self.conflicts.saturating_add(u32::from(is_conflict));
        self.latest = Some(hardware);
    }

    fn count(&mut self, hardware: HardwareAddress, answers: u32) {
        let is_it = |slot: &&mut Option<(HardwareAddress, u32)>| {
            slot.is_none_or(|(known, _)| known == hardware)
        };
        if let Some(slot) = self.hosts.iter_mut().find(is_it) {
            let before = slot.map_or(0, |(_, answers)| answers);
            *slot = Some((hardware, before.saturating_add(answers)));
        }
    }

    /// Two that answered the same question, in their order, and how often they did so. Routers that
    /// stand in for each other answer one at a time, or with an address that they share.
    pub(in crate::diagnosis) fn conflict(&self) -> Option<([HardwareAddress; 2], u32)> {
        let [Some((one, _)), Some((other, _))] = self.hosts else {
            return None;
        };
        let are_redundant = one.is_of_redundant_routers() || other.is_of_redundant_routers();
        let pair = [one.min(other), one.max(other)];
        (self.conflicts > 0 && !are_redundant).then_some((pair, self.conflicts))
    }
}

impl Facts for Claims {
    fn merge(&mut self, other: Self) {
        for (hardware, answers) in other.hosts.into_iter().flatten() {
            self.count(hardware, answers);
        }
        self.conflicts = self.conflicts.saturating_add(other.conflicts);
        self.latest = self.latest.or(other.latest);
    }
}

impl Comparison {
    /// Takes note of what answers show of who stands behind addresses.
    pub(in crate::diagnosis) fn observe_answering(&mut self, answering: Answering) {
        match answering {
            Answering::TwoHosts(hosts) => self.on_link.note_answering_hosts(hosts),
            Answering::OneHost(ack) => self.on_link.note_ack_from_elsewhere(ack),
            Answering::AskedOn(syns) => self.on_link.ways.note(syns),
        }
    }

    /// The address whose ACKs came instead of answers to the SYNs of this connect.
    pub(in crate::diagnosis) fn ack_from_elsewhere(
        &self,
        client: Endpoint,
        server: Endpoint,
    ) -> Option<AckFromElsewhere> {
        self.on_link
            .acks_from_elsewhere
            .get(&(client, server))
            .copied()
    }

    /// Ports for which two hosts answer by turns, in their order.
    pub(in crate::diagnosis) fn answering_hosts(&self) -> Vec<AnsweringHosts> {
        let hosts = self.on_link.answering.values().copied();
        hosts.filter(|hosts| hosts.turns > 0).collect()
    }
}

impl OnLink {
    /// Of several that are told of one connect, the one after the most SYNs holds.
    fn note_ack_from_elsewhere(&mut self, ack: AckFromElsewhere) {
        let ends = (ack.client, ack.server);
        if self.acks_from_elsewhere.len() < MOST_ANSWERING
            || self.acks_from_elsewhere.contains_key(&ends)
        {
            let known = self.acks_from_elsewhere.entry(ends).or_insert(ack);
            if (known.count, known.from) < (ack.count, ack.from) {
                *known = ack;
            }
        }
    }

    /// Takes note of two hosts that answer for one port, or of a reason why they do: what is told
    /// of more turns is the later.
    fn note_answering_hosts(&mut self, hosts: AnsweringHosts) {
        if self.answering.len() < MOST_ANSWERING || self.answering.contains_key(&hosts.server) {
            let known = self.answering.entry(hosts.server).or_insert(hosts);
            let are_the_same =
                known.accepting == hosts.accepting && known.refusing == hosts.refusing;
            let is_sound = known.turns == 0 || hosts.turns == 0 || !are_the_same;
            known.turns = if is_sound {
                0
            } else {
                known.turns.max(hosts.turns)
            };
        }
    }
}

impl Facts for OnLink {
    fn merge(&mut self, other: Self) {
        for hosts in other.answering.into_values() {
            self.note_answering_hosts(hosts);
        }
        for ack in other.acks_from_elsewhere.into_values() {
            self.note_ack_from_elsewhere(ack);
        }
        self.ways.merge(other.ways);
    }
}

/// More of one link have another reason than an address that was given twice.
const MOST_ANSWERING: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: HardwareAddress = HardwareAddress([2, 0, 0, 0, 0, 1]);
    const OTHER: HardwareAddress = HardwareAddress([2, 0, 0, 0, 0, 2]);

    #[test]
    fn two_that_answer_one_question_are_two_hosts() {
        let mut claims = Claims::default();
        claims.note_question();
        claims.note_answer(OTHER, true);
        assert_eq!(claims.conflict(), None);
        claims.note_answer(ONE, true);
        assert_eq!(claims.conflict(), Some(([ONE, OTHER], 1)));
    }

    #[test]
    fn one_after_the_other_may_be_a_failover() {
        let mut claims = Claims::default();
        for host in [ONE, OTHER, ONE] {
            claims.note_answer(host, false);
            claims.note_question();
            claims.note_answer(host, true);
        }
        assert_eq!(claims.conflict(), None);
        let shared = HardwareAddress([0, 0, 0x5e, 0, 1, 7]);
        let mut claims = Claims::default();
        claims.note_answer(shared, true);
        claims.note_answer(ONE, true);
        assert_eq!(claims.conflict(), None, "a router answers with both");
    }
}
