//! What many connects together say about a stretch, a clock, or the order of the places.

use std::net::IpAddr;

use super::altered::Change;
use super::confidence::Confidence;
use super::seen::PacketKind;
use crate::decode::Endpoint;

/// What a finding says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PathFindingKind {
    /// The places as named contradict hops and times.
    WrongOrder,
    /// Two places have no packet in common.
    NothingInCommon,
    /// What stands between two places ends connections, and makes its own behind it.
    ProxyBetween,
    /// What stands between two places answers in another's name.
    AnswersMadeBetween,
    /// Everything of a kind ends between two places.
    FilterBetween,
    /// What goes one way arrives, and nothing that comes back.
    OneWayStretch,
    /// Some packets are lost between two places.
    LossyStretch,
    /// What goes wrong is not between the places: all that was sent arrived.
    EverythingArrived,
    /// Options or other fields change between two places.
    AlteredOptions,
    /// Addresses or ports are translated between two places.
    Translation,
    /// The clocks of two places do not agree.
    ClocksApart,
}

impl PathFindingKind {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongOrder => "wrong_order",
            Self::NothingInCommon => "nothing_in_common",
            Self::ProxyBetween => "proxy_between",
            Self::AnswersMadeBetween => "answers_made_between",
            Self::FilterBetween => "filter_between",
            Self::OneWayStretch => "one_way_stretch",
            Self::LossyStretch => "lossy_stretch",
            Self::EverythingArrived => "everything_arrived",
            Self::AlteredOptions => "altered_options",
            Self::Translation => "translation",
            Self::ClocksApart => "clocks_apart",
        }
    }
}

/// What many connects say together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathFinding {
    /// What it says.
    pub kind: PathFindingKind,
    /// How sure.
    pub confidence: Confidence,
    /// The places: a stretch, or one of them.
    pub between: Vec<usize>,
    /// Which packets it is about, where it is about one kind.
    pub packet: Option<PacketKind>,
    /// The server, where it is about one; as the place nearest to the client calls it.
    pub server: Option<Endpoint>,
    /// How many connects it is about.
    pub attempts: u64,
    /// Of how many that could have been.
    pub of: u64,
    /// When the first of them began and the last, on the first place's clock.
    pub span: Option<(i64, i64)>,
    /// What more it says.
    pub detail: Detail,
}

/// What more a finding says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    None,
    /// So many packets of so many were lost.
    Lost {
        /// That did not arrive.
        packets: u64,
        /// That were sent.
        sent: u64,
        /// Of which kinds those are that did not arrive, the most first.
        kinds: Vec<(PacketKind, u64)>,
    },
    /// All SYNs of this client.
    Client(IpAddr),
    /// All SYNs to this host.
    Host(IpAddr),
    /// The names of two places that stand the other way round.
    Order(String, String),
    /// The servers and clients are called otherwise behind a place: before and after.
    Mappings(Vec<(String, String)>),
    /// Ends that two connects have at once behind a place, and what both clients are called before
    /// it.
    UsedTwice(Vec<(Endpoint, Endpoint, Endpoint)>),
    /// Connects that a proxy makes.
    Proxied {
        /// To whom; `None` where the ends stay, or there are several.
        to: Option<Endpoint>,
        /// Whether the ends stay: a SYN proxy.
        keeps_ends: bool,
        /// How long after the client's acknowledgement they begin, in nanoseconds: the median;
        /// `None` where clocks do not tell.
        after_ns: Option<i64>,
        /// How many of its own connects failed.
        failed: u64,
    },
    /// Fields that change, and how often.
    Changes(Vec<(Change, u64)>),
    /// How far a clock is ahead, in nanoseconds; how often it was set.
    Clock {
        /// How far ahead.
        ahead_ns: i64,
        /// How often it was set while capturing.
        steps: usize,
    },
}
