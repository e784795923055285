//! What a probe found out, as data: the words stand in the room of reports.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::errno::Errno;
use super::names::NamesFound;
use super::target::Target;
use super::trace::Trace;
use crate::decode::IcmpKind;
use crate::diagnosis::{AfterAccept, DiagnosedAttempt, Judged, LocalReason, OwnDrops, Testimony};
use crate::handshake::{Outcome, Trouble};
use crate::host::AgreedOptions;

/// What came of one target.
#[derive(Clone, Debug)]
pub struct TargetReport {
    /// What was asked for.
    pub target: Target,
    /// Its addresses.
    pub names: NamesFound,
    /// What came of each.
    pub connects: Vec<ConnectReport>,
}

/// What came of a connect to one address.
#[derive(Clone, Debug)]
pub struct ConnectReport {
    /// To whom.
    pub address: SocketAddr,
    /// From where, once that was decided.
    pub client: Option<SocketAddr>,
    /// How it ended; `None` when this host sent nothing.
    pub outcome: Option<Outcome>,
    /// Why this host sent nothing.
    pub local: Option<LocalReason>,
    /// The causes that hold, the surest first.
    pub causes: Vec<Judged>,
    /// What `connect()` returned, or would in the end.
    pub error: Option<Errno>,
    /// What is wrong with it although it was established.
    pub troubles: Vec<Trouble>,
    /// How long after the first connect to the target it began.
    pub began: Duration,
    /// How long it took to end.
    pub elapsed: Duration,
    /// How often the SYN was sent, as far as is known.
    pub syn_count: u32,
    /// The first ICMP error about the SYN.
    pub icmp: Option<IcmpSeen>,
    /// Who says so.
    pub witness: Witness,
    /// What came after the accept.
    pub after_accept: AfterAccept,
    /// From SYN to SYN-ACK, by the kernel's reckoning.
    pub round_trip: Option<Duration>,
    /// The largest segment that was agreed on.
    pub segment_size: Option<u32>,
    /// The largest packet that passes on the way, as far as this host knows, once it was accepted.
    pub path_mtu: Option<u32>,
    /// The options of TCP that both sides agreed on.
    pub options: AgreedOptions,
    /// What this host testifies.
    pub testimony: Vec<Testimony>,
    /// What else the kernel tells.
    pub notes: Vec<ProbeNote>,
    /// The way of the SYN, where that was asked for.
    pub trace: Option<Trace>,
    /// What the packets say, where they were seen.
    pub diagnosed: Option<Box<DiagnosedAttempt>>,
}

/// An ICMP error about a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpSeen {
    /// Which.
    pub kind: IcmpKind,
    /// Who sent it.
    pub from: Option<IpAddr>,
    /// How long after the SYN.
    pub after: Duration,
    /// The MTU that it names.
    pub mtu: Option<u32>,
}

/// Who says how a connect went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// The kernel of this host.
    Kernel,
    /// The packets themselves.
    Packets,
}

impl Witness {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Packets => "packets",
        }
    }
}

/// What else is worth knowing of a connect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProbeNote {
    /// It was sent from an address of the link, for want of a better one.
    SourceOfLink(IpAddr),
    /// This host did not let its SYNs out.
    KeptIn(OwnDrops),
    /// So many segments came that its TCP had to ignore.
    IgnoredSegments(u32),
    /// These interfaces are down; hostile text.
    InterfacesDown(Vec<String>),
}

impl TargetReport {
    /// The address that an application would have used that tries them as RFC 8305 says: the
    /// first to accept; and how long after the first connect.
    pub fn used(&self) -> Option<(SocketAddr, Duration)> {
        let accepted = self.connects.iter().filter(|connect| connect.is_accepted());
        let times = accepted.map(|connect| (connect.began + connect.elapsed, connect.address));
        times.min().map(|(after, address)| (address, after))
    }
}

impl ConnectReport {
    /// Whether the connect was accepted, whatever came after that.
    pub fn is_accepted(&self) -> bool {
        self.after_accept != AfterAccept::NotWaited || self.outcome == Some(Outcome::Established)
    }

    /// Its surest cause.
    pub fn cause(&self) -> Option<Judged> {
        self.causes.first().copied()
    }
}
