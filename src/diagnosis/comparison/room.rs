//! Where there is more than is remembered: what is worth least goes.

use super::{
    AT_MOST, ClientFacts, Comparison, REMEMBERED, REMEMBERED_MOMENTS, fixed_hash, services,
};
use crate::diagnosis::worth::{keep_below_rank, keep_worthiest};

/// So many clients stay when there are too many: far fewer, as those of a flood are looked through
/// each time.
pub(super) const CLIENTS_LEFT: usize = REMEMBERED / 2;

impl Comparison {
    /// Whether there is more than is remembered for long.
    pub(in crate::diagnosis) fn has_too_much(&self) -> bool {
        self.clients.len() > AT_MOST
            || self.services.len() > AT_MOST
            || self.remembered_moments > self.most_moments
    }

    /// Lets go what is worth least; whether clients or servers stand elsewhere then.
    pub(in crate::diagnosis) fn make_room(&mut self) -> bool {
        let too_many = [self.clients.len(), self.services.len()].map(|count| count > AT_MOST);
        let [too_many_clients, too_many_servers] = too_many;
        if too_many_clients {
            let in_all = self.clients_in_all.get_or_insert_default();
            for client in self.clients.keys() {
                in_all.insert(client.0);
            }
            let first_to_go = keep_below_rank(&mut self.clients, CLIENTS_LEFT, |host, client| {
                (client.worth(), fixed_hash::of_address(host.0))
            });
            self.let_pass_from(first_to_go);
            self.count_targets();
        }
        if too_many_servers {
            self.left_out.servers +=
                keep_worthiest(&mut self.services, REMEMBERED, |server, history| {
                    (history.worth(), fixed_hash::of_endpoint(*server))
                });
            self.count_moments();
        }
        if self.remembered_moments > self.most_moments {
            self.thin_to(REMEMBERED_MOMENTS);
            self.most_moments =
                self.remembered_moments.max(REMEMBERED_MOMENTS) + REMEMBERED_MOMENTS / 4;
        }
        too_many_clients || too_many_servers
    }

    /// From now on those are not even remembered that would be the next to go.
    fn let_pass_from(&mut self, first_to_go: Option<(u8, u64)>) {
        let sample_below = match first_to_go {
            None => return,
            Some((ClientFacts::WORTH_LEAST, hash)) => hash,
            Some(_) => 0,
        };
        let passers = self.passers.get_or_insert_default();
        passers.limit_sample(sample_below);
        passers.remember_only(self.clients.keys().map(|client| client.0));
    }

    /// Halves the share of each server until so many attempts are remembered at most. It depends on
    /// the attempts alone.
    pub(super) fn thin_to(&mut self, at_most: usize) {
        let claimed = |share| -> usize {
            let claims = self.services.values().map(|service| service.claim(share));
            claims.sum()
        };
        let mut share = self.share;
        while share > services::SMALLEST_SHARE && claimed(share) > at_most {
            share /= 2;
        }
        self.share = share;
        for service in self.services.values_mut() {
            service.thin(share);
        }
        self.count_moments();
    }

    /// As if there were so much already that each server has no larger share.
    #[cfg(test)]
    pub(in crate::diagnosis) fn start_with_share(&mut self, share: usize) {
        self.share = share;
    }

    pub(super) fn count_targets(&mut self) {
        let clients = self.clients.values();
        self.remembered_targets = clients.map(|client| client.targets.count()).sum();
    }

    pub(super) fn count_moments(&mut self) {
        // The latest of each class stand beside these: at most a sixteenth as many more.
        let services = self.services.values();
        self.remembered_moments = services.map(|service| service.moments().len()).sum();
    }
}
