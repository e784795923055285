//! Questions who has an address, by ARP and neighbour discovery, and whether somebody answered.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::claims::Claims;
use super::{AT_MOST, Comparison, REMEMBERED};
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::fixed_hash;
use crate::diagnosis::worth::keep_worthiest;

/// Questions who has an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct AskedFor {
    /// How often it was asked.
    pub(in crate::diagnosis) questions: u32,
    /// How often somebody answered.
    pub(in crate::diagnosis) answers: u32,
    /// Who answered.
    pub(in crate::diagnosis) claims: Claims,
    /// Who asked: the two lowest addresses.
    askers: [Option<IpAddr>; 2],
}

impl AskedFor {
    /// Asked at least twice, in vain.
    pub(in crate::diagnosis) fn is_unanswered(self) -> bool {
        self.questions >= 2 && self.answers == 0
    }

    /// Whether this one asked, as far as is known: of more than two the lowest addresses are.
    pub(in crate::diagnosis) fn is_by(self, asker: IpAddr) -> bool {
        self.askers.contains(&Some(asker))
    }

    /// Those asked as well.
    pub(super) fn merge_askers(&mut self, other: &Self) {
        for asker in other.askers.into_iter().flatten() {
            self.note_asker(asker);
        }
    }

    /// This one asked.
    pub(super) fn note_asker(&mut self, asker: IpAddr) {
        self.askers = match self.askers {
            [Some(one), _] | [_, Some(one)] if one == asker => self.askers,
            [None, _] => [Some(asker), None],
            [Some(one), None] => [Some(one.min(asker)), Some(one.max(asker))],
            [Some(one), Some(_)] if asker < one => [Some(asker), Some(one)],
            [Some(one), Some(other)] => [Some(one), Some(other.min(asker))],
        };
    }
}

impl Comparison {
    pub(super) fn note_neighbour(&mut self, address: IpAddr, note: impl Fn(&mut AskedFor)) {
        note(self.asked_for.entry(Host(address)).or_default());
        if self.asked_for.len() > AT_MOST {
            let rank = |host: &Host, asked: &AskedFor| {
                (!asked.is_unanswered(), fixed_hash::of_address(host.0))
            };
            self.left_out.asked_for += keep_worthiest(&mut self.asked_for, REMEMBERED, rank);
        }
    }

    /// Addresses that were asked for at least twice, and nobody answered, in their order.
    pub(in crate::diagnosis) fn unanswered_hosts(&self) -> Vec<(IpAddr, AskedFor)> {
        let mut hosts: Vec<(IpAddr, AskedFor)> = self
            .asked_for
            .iter()
            .map(|(host, asked)| (host.0, *asked))
            .filter(|(address, asked)| asked.is_unanswered() && self.hosts.is_silent(*address))
            .collect();
        hosts.sort_by_key(|(address, _)| *address);
        hosts
    }

    /// Whether somebody asked for the address whose own packets are captured, as far as any are:
    /// the answers go to him alone, and of a bystander's questions the capture has no answers.
    pub(in crate::diagnosis) fn is_asked_for_by_captured(&self, address: IpAddr) -> bool {
        let is_captured = |asker: &IpAddr| {
            self.clients.contains_key(&Host(*asker))
                || self
                    .host(*asker)
                    .is_some_and(|host| !host.own_ttls.is_empty())
        };
        let mut askers = self
            .asked_for(address)
            .askers
            .into_iter()
            .flatten()
            .peekable();
        self.clients.is_empty()
            || askers.peek().is_none()
            || askers.any(|asker| is_captured(&asker))
    }

    /// Whether the one looks for the other on its own link, again and again, and nobody answers.
    pub(in crate::diagnosis) fn looks_in_vain(&self, asker: IpAddr, target: IpAddr) -> bool {
        let questions = self.asked_for(target);
        questions.is_unanswered() && questions.is_by(asker)
    }

    /// Who asks for this IPv4 address as for a neighbour, although the first three bytes of its own
    /// address are others: as most netmasks are, it is none.
    pub(in crate::diagnosis) fn asker_of_another_network(&self, address: IpAddr) -> Option<IpAddr> {
        const MOST_NETMASKS: u8 = 24;
        let network_of = |address| super::network(address, MOST_NETMASKS);
        let is_elsewhere = |asker: &IpAddr| {
            asker.is_ipv4() && address.is_ipv4() && network_of(*asker) != network_of(address)
        };
        let askers = self.asked_for(address).askers.into_iter().flatten();
        askers.into_iter().find(is_elsewhere)
    }

    /// Questions who has this address.
    pub(in crate::diagnosis) fn asked_for(&self, address: IpAddr) -> AskedFor {
        self.asked_for
            .get(&Host(address))
            .copied()
            .unwrap_or_default()
    }
}
