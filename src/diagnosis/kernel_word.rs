//! What the client's own kernel says of a connect, where no packet was seen: judged by what it can
//! know, and no surer.
//!
//! It knows which answer its TCP accepted, and which ICMP error came from whom. It does not tell a
//! closed port from a rule that resets, or why nobody answers: what is concluded from there is
//! possible only, unless the host itself testifies to more.

use std::time::Duration;

use super::cause::{Cause, Confidence, Judged};
use super::causes::{RESOLUTION_TIME, cause_of_icmp};
use super::testimony::{
    self, Testimony, proves_closed_port, proves_full_accept_queue, shows_a_rule,
    shows_listener_of_refused,
};
use crate::decode::IcmpKind;
use crate::handshake::{Outcome, Trouble};

/// What the client's kernel says of one connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelWord {
    /// How it ended.
    pub end: ConnectEnd,
    /// How long that took.
    pub after: Duration,
    /// How often the SYN was sent, as far as the kernel knows.
    pub syn_count: u32,
    /// The first ICMP error about the SYN, and how long after it.
    pub icmp: Option<(IcmpKind, Duration)>,
    /// Whether that error has an address of this host itself.
    pub is_icmp_own: bool,
    /// Whether segments came that its TCP had to ignore.
    pub ignored_segments: bool,
    /// What the counters of this host say of SYNs that it did not let out.
    pub own_drops: OwnDrops,
    /// Whether the same host answered another connect meanwhile.
    pub answers_elsewhere: bool,
    /// How long silence must be watched to count.
    pub patience: Duration,
    /// From how long on a handshake is slow.
    pub slow: Duration,
}

/// How a connect ended for its own kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectEnd {
    /// It was established, and then that happened.
    Connected(AfterAccept),
    /// It failed with an error that an answer brought about.
    Failed {
        /// Whether that was a RST, by its error; an ICMP error may bring about the same.
        by_reset: bool,
    },
    /// Nothing had come when it was given up.
    Silent,
}

/// What came of an established connection on which nobody sends anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterAccept {
    /// Nobody waited for it.
    NotWaited,
    /// Nothing in the time.
    Quiet,
    /// Bytes, after so long.
    Bytes(Duration),
    /// The other side closed without a byte, after so long.
    Closed(Duration),
    /// The other side reset, after so long.
    Reset(Duration),
}

/// What the counters of this host say of SYNs that it did not let out itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OwnDrops {
    /// Nothing.
    #[default]
    None,
    /// Some repetitions were not sent: as many as this connect's, and others were.
    Some,
    /// No repetition of any SYN of this host was sent, this connect's among them.
    All,
}

/// What the kernel's word comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelVerdict {
    /// How it ended.
    pub outcome: Outcome,
    /// What is wrong with it although it was established.
    pub troubles: Vec<Trouble>,
    /// The causes that hold, the surest first.
    pub causes: Vec<Judged>,
}

/// Why this host sends nothing at all to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LocalReason {
    /// No route leads there.
    NoRoute,
    /// A route says unreachable.
    UnreachableRoute,
    /// A route or a routing rule says prohibit.
    ProhibitedRoute,
    /// A route says blackhole.
    BlackholeRoute,
    /// An address of the link, without the interface that it is on.
    NeedsInterface,
    /// This host has no address of its own to send from.
    NoSourceAddress,
    /// All client ports to this address and port are in use.
    PortsUsedUp,
    /// The interface is down.
    InterfaceDown,
    /// A policy of this host forbids it: cgroup program, sandbox, security module.
    ForbiddenHere,
    /// Broadcast, multicast: TCP has one peer.
    NotUnicast,
    /// This host has no such version of IP.
    NoSuchFamily,
    /// Another reason, which its error names.
    Other,
}

impl LocalReason {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::UnreachableRoute => "unreachable_route",
            Self::ProhibitedRoute => "prohibited_route",
            Self::BlackholeRoute => "blackhole_route",
            Self::NeedsInterface => "needs_interface",
            Self::NoSourceAddress => "no_source_address",
            Self::PortsUsedUp => "ports_used_up",
            Self::InterfaceDown => "interface_down",
            Self::ForbiddenHere => "forbidden_here",
            Self::NotUnicast => "not_unicast",
            Self::NoSuchFamily => "no_such_family",
            Self::Other => "other",
        }
    }
}

/// An error of this host's own within this time waited for nobody: a rule made it.
const AT_ONCE: Duration = Duration::from_millis(100);

/// Judges what the kernel says of a connect, beside what the host testifies.
pub fn judge_kernel_word(word: &KernelWord, testimony: &[Testimony]) -> KernelVerdict {
    let outcome = outcome(word);
    let mut causes = match outcome {
        Outcome::Refused => refused(testimony),
        Outcome::Rejected => rejected(word),
        Outcome::Dropped => dropped(word, testimony),
        Outcome::Reset => vec![
            possible(Cause::ProxyWithoutBackend),
            possible(Cause::ServerAbort),
        ],
        Outcome::Established if hung_up(word) => vec![possible(Cause::ProxyWithoutBackend)],
        _ => Vec::new(),
    };
    causes.sort_by_key(|judged| std::cmp::Reverse(judged.confidence));
    KernelVerdict {
        outcome,
        troubles: troubles(word, outcome),
        causes,
    }
}

fn outcome(word: &KernelWord) -> Outcome {
    match (word.end, word.icmp) {
        (ConnectEnd::Connected(AfterAccept::Reset(_)), _) => Outcome::Reset,
        (ConnectEnd::Connected(_), _) => Outcome::Established,
        (ConnectEnd::Failed { by_reset: true }, None) => Outcome::Refused,
        // The SYN is repeated after an error that comes at once: it was rejected all the same.
        (ConnectEnd::Failed { .. }, _) | (ConnectEnd::Silent, Some(_)) => Outcome::Rejected,
        (ConnectEnd::Silent, None) if word.after >= word.patience => Outcome::Dropped,
        (ConnectEnd::Silent, None) => Outcome::Pending,
    }
}

fn troubles(word: &KernelWord, outcome: Outcome) -> Vec<Trouble> {
    let is_slow = word.after >= word.slow || word.syn_count > 1;
    let mut troubles = Vec::new();
    if outcome == Outcome::Established && is_slow {
        troubles.push(Trouble::Slow);
    }
    if hung_up(word) {
        troubles.push(Trouble::HungUp);
    }
    troubles
}

const fn hung_up(word: &KernelWord) -> bool {
    matches!(word.end, ConnectEnd::Connected(AfterAccept::Closed(_)))
}

/// A RST: whose, only packets tell, or the socket table of the host.
fn refused(testimony: &[Testimony]) -> Vec<Judged> {
    if proves_closed_port(testimony) {
        vec![certain(Cause::ClosedPort)]
    } else if shows_listener_of_refused(testimony) {
        vec![likely(Cause::FirewallReset)]
    } else {
        vec![
            possible(Cause::ClosedPort),
            possible(Cause::FirewallReset),
            possible(Cause::MiddleboxReset),
        ]
    }
}

fn rejected(word: &KernelWord) -> Vec<Judged> {
    let Some((kind, after)) = word.icmp else {
        return Vec::new();
    };
    let by_kind = certain(cause_of_icmp(kind));
    let is_host = by_kind.cause == Cause::HostUnreachable;
    let own = match (word.is_icmp_own, is_host) {
        // The kernel tells itself that nobody answered for the next hop.
        (true, true) if after >= RESOLUTION_TIME => Some(certain(Cause::HostDown)),
        (true, true) if after >= AT_ONCE => Some(likely(Cause::HostDown)),
        (true, true) => Some(likely(Cause::LocalFirewall)),
        // Of itself a kernel sends nothing else to its own connects: that is a rule.
        (true, false) => Some(certain(Cause::LocalFirewall)),
        (false, true) if after >= RESOLUTION_TIME => Some(likely(Cause::HostDown)),
        (false, _) => None,
    };
    own.into_iter().chain([by_kind]).collect()
}

fn dropped(word: &KernelWord, testimony: &[Testimony]) -> Vec<Judged> {
    let own = match word.own_drops {
        OwnDrops::All => vec![likely(Cause::LocalFirewall)],
        OwnDrops::Some => vec![possible(Cause::LocalFirewall)],
        OwnDrops::None => Vec::new(),
    };
    let of_server = if proves_full_accept_queue(testimony) {
        vec![certain(Cause::AcceptQueueFull)]
    } else if word.own_drops == OwnDrops::All {
        // None of its SYNs left: what is behind has nothing to do with it.
        Vec::new()
    } else if shows_a_rule(testimony, Outcome::Dropped) || is_closed_by_table(testimony) {
        vec![likely(Cause::PortFiltered)]
    } else if word.ignored_segments {
        vec![
            possible(Cause::InvalidReset),
            possible(Cause::StaleConnection),
        ]
    } else if word.answers_elsewhere {
        vec![likely(Cause::PortFiltered)]
    } else {
        vec![possible(Cause::HostSilent), possible(Cause::PortFiltered)]
    };
    of_server.into_iter().chain(own).collect()
}

/// Nobody listens, and yet no RST came: a rule took the SYN before TCP.
fn is_closed_by_table(testimony: &[Testimony]) -> bool {
    testimony::listeners(testimony).any(|asked| asked.taking().next().is_none())
}

const fn certain(cause: Cause) -> Judged {
    judged(cause, Confidence::Certain)
}

const fn likely(cause: Cause) -> Judged {
    judged(cause, Confidence::Likely)
}

const fn possible(cause: Cause) -> Judged {
    judged(cause, Confidence::Possible)
}

const fn judged(cause: Cause, confidence: Confidence) -> Judged {
    Judged { cause, confidence }
}

#[cfg(test)]
mod tests;
