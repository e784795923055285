//! Comparison with attempts of which facts were collected in several places.

use std::net::IpAddr;

use super::passers::Passers;
use super::{AskedFor, ClientFacts, Comparison, LeftOut, REMEMBERED, fixed_hash};
use crate::diagnosis::facts::Facts;

impl Facts for Comparison {
    fn merge(&mut self, other: Self) {
        self.hosts.merge(other.hosts);
        self.names.merge(other.names);
        self.path_mtu.merge(other.path_mtu);
        self.rejecters.merge(other.rejecters);
        self.contradicted.merge(other.contradicted);
        self.damaged.merge(other.damaged);
        for (server, history) in other.services {
            self.services.entry(server).or_default().merge(history);
        }
        for (host, asked) in other.asked_for {
            self.asked_for.entry(host).or_default().merge(asked);
        }
        for (host, client) in other.clients {
            self.clients.entry(host).or_default().merge(client);
        }
        for server in other.reached.iter() {
            self.note_reached(server);
        }
        self.also_reached.merge(other.also_reached);
        self.answered.merge(other.answered);
        self.left_out.merge(other.left_out);
        match (&mut self.clients_in_all, other.clients_in_all) {
            (Some(own), Some(others)) => own.merge(*others),
            (own @ None, others) => *own = others,
            (Some(_), None) => {}
        }
        self.merge_passers(other.passers);
        if let Some(passers) = &mut self.passers {
            passers.remember_only(self.clients.keys().map(|client| client.0));
        }
        for key in other.to_itself {
            if self.to_itself.len() < REMEMBERED {
                self.to_itself.insert(key);
            }
        }
        self.share = self.share.min(other.share);
        self.most_moments = self.most_moments.max(other.most_moments);
        self.checksums.merge(other.checksums);
        self.passages.merge(other.passages);
        self.forwarding.merge(other.forwarding);
        self.stuck_sizes.merge(other.stuck_sizes);
        self.on_link.merge(other.on_link);
        self.filter_log.merge(other.filter_log);
        self.has_wire |= other.has_wire;
        self.here.extend(other.here);
        self.count_moments();
        self.count_targets();
        self.make_room();
    }
}

impl Comparison {
    /// Who tried once elsewhere, and was not remembered there, is not known again.
    fn merge_passers(&mut self, other: Option<Passers>) {
        match (&mut self.passers, other) {
            (Some(own), Some(others)) => own.limit_sample(others.sample_below()),
            (own @ None, others) => *own = others,
            (Some(_), None) => {}
        }
    }

    /// A connect to this host succeeded.
    pub(super) fn note_reached(&mut self, server: IpAddr) {
        if self.reached.len() < REMEMBERED {
            self.reached.insert(server);
        } else if !self.reached.contains(server) {
            self.also_reached.insert(fixed_hash::of_address(server));
        }
    }
}

impl Facts for ClientFacts {
    fn merge(&mut self, other: Self) {
        // Where one of its SYNs was near, it is near.
        self.is_near = self.is_near.max(other.is_near);
        if let Some(ttls) = other.ttls {
            self.note_ttls(ttls);
        }
        self.targets.merge(other.targets);
    }
}

impl Facts for AskedFor {
    fn merge(&mut self, other: Self) {
        self.questions = self.questions.saturating_add(other.questions);
        self.answers = self.answers.saturating_add(other.answers);
        self.claims.merge(other.claims);
        self.merge_askers(&other);
    }
}

impl Facts for LeftOut {
    fn merge(&mut self, other: Self) {
        self.servers += other.servers;
        self.asked_for += other.asked_for;
        self.targets += other.targets;
        self.to_itself += other.to_itself;
    }
}
