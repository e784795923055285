//! Where something was left out, because there was more than is kept: each bound that was reached.
//! What that may cost is said in `report`.

use serde::Serialize;

/// A bound that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Limit {
    /// What is bounded.
    pub kind: LimitKind,
    /// How many are kept.
    pub size: u64,
    /// About how many were left out.
    pub left_out: u64,
}

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitKind {
    /// Attempts that are followed at once.
    AttemptsFollowed,
    /// Servers that are listed.
    ServersListed,
    /// Clients of each server.
    ClientsOfServers,
    /// Clients.
    Clients,
    /// Servers with which others are compared.
    ServersCompared,
    /// Addresses that somebody asked for on their link.
    AddressesAskedFor,
    /// Servers that clients tried.
    TargetsOfClients,
    /// Attempts from a host to itself.
    AttemptsFromAHostToItself,
    /// Attempts that were answered, by whomever.
    AnsweredAttempts,
    /// Attempts that failed.
    FailuresRemembered,
    /// Attempts that succeeded.
    SuccessesRemembered,
    /// Clients that a server accepted.
    AcceptedClientsOfAServer,
    /// Hosts of which something was heard.
    HostsWithASignOfLife,
    /// Hosts of which it is known how far their answers come.
    HostsThatAnswer,
}

impl LimitKind {
    /// The kind's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AttemptsFollowed => "attempts_followed",
            Self::ServersListed => "servers_listed",
            Self::ClientsOfServers => "clients_of_servers",
            Self::Clients => "clients",
            Self::ServersCompared => "servers_compared",
            Self::AddressesAskedFor => "addresses_asked_for",
            Self::TargetsOfClients => "targets_of_clients",
            Self::AttemptsFromAHostToItself => "attempts_from_a_host_to_itself",
            Self::AnsweredAttempts => "answered_attempts",
            Self::FailuresRemembered => "failures_remembered",
            Self::SuccessesRemembered => "successes_remembered",
            Self::AcceptedClientsOfAServer => "accepted_clients_of_a_server",
            Self::HostsWithASignOfLife => "hosts_with_a_sign_of_life",
            Self::HostsThatAnswer => "hosts_that_answer",
        }
    }
}

impl Limit {
    /// A bound beyond which something was left out; `None` when nothing was.
    pub(super) fn reached(kind: LimitKind, size: usize, left_out: u64) -> Option<Self> {
        (left_out > 0).then_some(Self {
            kind,
            size: size as u64,
            left_out,
        })
    }

    /// Whether a cause or finding may be missing, or count too few, for it: not where only more
    /// exact times or numbers are lost.
    pub const fn may_hide_findings(&self) -> bool {
        !matches!(
            self.kind,
            LimitKind::ClientsOfServers | LimitKind::SuccessesRemembered
        )
    }
}
