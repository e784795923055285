//! What the comparison of attempts left out, because there was more than is remembered.

use super::services::OnlyCounted;
use super::{BLOCKS_OF_ANSWERS, Comparison, REMEMBERED, REMEMBERED_MOMENTS, REMEMBERED_TARGETS};
use crate::diagnosis::limits::Limit;

impl Comparison {
    /// About how many clients are not remembered.
    fn clients_left_out(&self) -> u64 {
        let Some(before) = &self.clients_in_all else {
            return 0;
        };
        let mut in_all = before.clone();
        for client in self.clients.keys() {
            in_all.insert(client.0);
        }
        in_all.count().saturating_sub(super::room::CLIENTS_LEFT) as u64
    }

    /// The bounds that were reached.
    pub(in crate::diagnosis) fn limits(&self) -> Vec<Limit> {
        let mut limits: Vec<Limit> = self.hosts.limits().collect();
        limits.extend(self.limits_of_attempts());
        let left_out = &self.left_out;
        limits.extend(
            [
                Limit::reached(
                    "clients",
                    super::room::CLIENTS_LEFT,
                    self.clients_left_out(),
                    "of clients that tried once in vain, or else of a sample, it is not known how near they are, nor that they scan",
                ),
                Limit::reached(
                    "servers_compared",
                    REMEMBERED,
                    left_out.servers,
                    "no finding is about servers that were asked once, or else about a sample of those that failed",
                ),
                Limit::reached(
                    "addresses_asked_for",
                    REMEMBERED,
                    left_out.asked_for,
                    "a host that nobody answers for may be called silent instead of down",
                ),
                Limit::reached(
                    "targets_of_clients",
                    REMEMBERED_TARGETS,
                    left_out.targets,
                    "a scan may not be known as one",
                ),
                Limit::reached(
                    "attempts_from_a_host_to_itself",
                    REMEMBERED,
                    left_out.to_itself,
                    "a SYN that came back to its sender may look like one that was lost",
                ),
                Limit::reached(
                    "answered_attempts",
                    usize::try_from(self.answered.room()).unwrap_or(BLOCKS_OF_ANSWERS),
                    self.answered.beyond_room(),
                    "a filtered port may be taken for one behind a translated address",
                ),
            ]
            .into_iter()
            .flatten(),
        );
        limits
    }

    fn limits_of_attempts(&self) -> impl Iterator<Item = Limit> {
        let mut all = OnlyCounted::default();
        for service in self.services.values() {
            let of_service = service.only_counted();
            all.successes += of_service.successes;
            all.others += of_service.others;
            all.accepting_anybody += of_service.accepting_anybody;
        }
        let failures = Limit::reached(
            "failures_remembered",
            REMEMBERED_MOMENTS,
            all.others,
            "of these no more is known than how many there were, how they ended and from when until when: findings lean on a sample, and clients are told as at least so many",
        );
        let successes = Limit::reached(
            "successes_remembered",
            REMEMBERED_MOMENTS,
            all.successes,
            "of these no more is known than how many there were, whose they were and in which step of time they began",
        );
        let accepted = Limit::reached(
            "accepted_clients_of_a_server",
            super::services::KNOWN_CLIENTS,
            all.accepting_anybody,
            "of these servers it is not known whom they never accept",
        );
        let successes = successes.map(Limit::harmless);
        failures.into_iter().chain(successes).chain(accepted)
    }
}
