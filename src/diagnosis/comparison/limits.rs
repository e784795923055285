//! What the comparison of attempts left out, because there was more than is remembered.

use serde::{Deserialize, Serialize};

use super::services::OnlyCounted;
use super::{BLOCKS_OF_ANSWERS, Comparison, REMEMBERED, REMEMBERED_MOMENTS, REMEMBERED_TARGETS};
use crate::diagnosis::limits::{Limit, LimitKind};
use crate::diagnosis::told_before::ToldBefore;

/// How much was left out, because there was more than is remembered.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct LeftOut {
    pub(super) servers: u64,
    pub(super) asked_for: u64,
    pub(super) targets: u64,
    pub(super) to_itself: u64,
}

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

    /// What was said of the connects before, where they are evidence.
    pub(in crate::diagnosis) fn told_before(&self) -> &ToldBefore {
        &self.quality.told_before
    }

    /// The bounds that were reached.
    pub(in crate::diagnosis) fn limits(&self) -> Vec<Limit> {
        let mut limits: Vec<Limit> = self.hosts.limits().collect();
        limits.extend(self.limits_of_attempts());
        let left_out = &self.left_out;
        limits.extend(
            [
                Limit::reached(
                    LimitKind::Clients,
                    super::room::CLIENTS_LEFT,
                    self.clients_left_out(),
                ),
                Limit::reached(LimitKind::ServersCompared, REMEMBERED, left_out.servers),
                Limit::reached(LimitKind::AddressesAskedFor, REMEMBERED, left_out.asked_for),
                Limit::reached(
                    LimitKind::TargetsOfClients,
                    REMEMBERED_TARGETS,
                    left_out.targets,
                ),
                Limit::reached(
                    LimitKind::AttemptsFromAHostToItself,
                    REMEMBERED,
                    left_out.to_itself,
                ),
                Limit::reached(
                    LimitKind::AnsweredAttempts,
                    usize::try_from(self.answered.room()).unwrap_or(BLOCKS_OF_ANSWERS),
                    self.answered.beyond_room(),
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
            LimitKind::FailuresRemembered,
            REMEMBERED_MOMENTS,
            all.others,
        );
        let successes = Limit::reached(
            LimitKind::SuccessesRemembered,
            REMEMBERED_MOMENTS,
            all.successes,
        );
        let accepted = Limit::reached(
            LimitKind::AcceptedClientsOfAServer,
            super::services::KNOWN_CLIENTS,
            all.accepting_anybody,
        );
        failures.into_iter().chain(successes).chain(accepted)
    }
}
