//! The words for a bound that was reached: the same in every format.

use crate::diagnosis::LimitKind;

/// What is bounded.
pub(super) fn name(kind: LimitKind) -> String {
    kind.name().replace('_', " ")
}

/// What it may cost that there was more.
pub(super) const fn cost(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::AttemptsFollowed => {
            "these were judged before they were watched for long enough: they are called pending"
        }
        LimitKind::ServersListed => {
            "the attempts to these servers are in the totals only: they were asked once, or are a sample of those that failed least"
        }
        LimitKind::ClientsOfServers => {
            "how many clients these servers have is estimated, and where they were captured is judged by a sample of them"
        }
        LimitKind::Clients => {
            "of clients that tried once in vain, or else of a sample, it is not known how near they are, nor that they scan"
        }
        LimitKind::ServersCompared => {
            "no finding is about servers that were asked once, or else about a sample of those that failed"
        }
        LimitKind::AddressesAskedFor => {
            "a host that nobody answers for may be called silent instead of down"
        }
        LimitKind::TargetsOfClients => "a scan may not be known as one",
        LimitKind::AttemptsFromAHostToItself => {
            "a SYN that came back to its sender may look like one that was lost"
        }
        LimitKind::AnsweredAttempts => {
            "a filtered port may be taken for one behind a translated address"
        }
        LimitKind::FailuresRemembered => {
            "of these no more is known than how many there were, how they ended and from when until when: findings lean on a sample, and clients are told as at least so many"
        }
        LimitKind::SuccessesRemembered => {
            "of these no more is known than how many there were, whose they were and in which step of time they began"
        }
        LimitKind::AcceptedClientsOfAServer => {
            "of these servers it is not known whom they never accept"
        }
        LimitKind::HostsWithASignOfLife => {
            "a silent host may be taken for alive: then its cause is less sure, or another"
        }
        LimitKind::HostsThatAnswer => {
            "how far the answers of these hosts come is not known: who sent a RST is less sure"
        }
    }
}
