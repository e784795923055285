//! Questions who has an address, by ARP and neighbour discovery, and whether somebody answered.

use std::net::IpAddr;

use super::claims::Claims;
use super::{AT_MOST, Comparison, REMEMBERED};
use crate::diagnosis::compact_sets::Host;
use crate::diagnosis::fixed_hash;
use crate::diagnosis::worth::keep_worthiest;

/// Questions who has an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::diagnosis) struct AskedFor {
    /// How often it was asked.
    pub(in crate::diagnosis) questions: u32,
    /// How often somebody answered.
    pub(in crate::diagnosis) answers: u32,
    /// Who answered.
    pub(in crate::diagnosis) claims: Claims,
}

impl AskedFor {
    /// Asked at least twice, in vain.
    pub(super) fn is_unanswered(self) -> bool {
        self.questions >= 2 && self.answers == 0
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

    /// Questions who has this address.
    pub(in crate::diagnosis) fn asked_for(&self, address: IpAddr) -> AskedFor {
        self.asked_for
            .get(&Host(address))
            .copied()
            .unwrap_or_default()
    }
}
