//! What the capture itself says became of a packet: a packet filter's log says which rule blocked
//! or passed it, and some captures hold nothing but what was dropped.
//!
//! A packet carries a [`VerdictMark`]: who speaks, and what follows. All that was said stands once
//! in [`Contexts`], under the number of the mark. Another format whose records carry verdicts is a
//! [`VerdictTeller`] and a file here, which makes a [`CaptureVerdict`] of a packet.

mod anonymous;
mod faults;
mod fw_monitor;
mod nflog;
mod packet_verdict;
mod pf;
mod reset_words;
mod text;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::link::netlink_record_in;
use super::observation::Observation;
use super::{Contexts, TunnelPorts, innermost_segment, inspection};
use crate::capture::{LinkType, Packet, Passage, RecordOptions, SaidOfPacket, Timestamp};
pub use anonymous::PrefixNumbers;
#[cfg(feature = "evidence")]
pub(crate) use anonymous::anonymous_prefix;
use faults::RecordRemarks;
pub use faults::VerdictFaults;
pub use nflog::NetfilterHook;
pub(crate) use nflog::said_by;
#[cfg(feature = "evidence")]
pub(crate) use text::until_zero as prefix_in;

/// Who says what became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerdictTeller {
    /// The log of the BSDs' packet filter: its own verdict.
    Pf,
    /// The log of a Linux firewall: a rule was hit, and has a prefix at best.
    Netfilter,
    /// Who reads the capture: it holds nothing but what an appliance dropped.
    DropCapture,
    /// A program that Linux runs before its network stack.
    Xdp,
    /// Traffic control of Linux.
    TrafficControl,
    /// A component of Windows.
    Windows,
    /// A network card.
    Hardware,
    /// Check Point's `fw monitor`: where a packet was seen in the gateway.
    FwMonitor,
    /// The words of a RST of a load balancer of F5.
    LoadBalancer,
    /// The words of another RST.
    ResetText,
}

impl VerdictTeller {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pf => "pf",
            Self::Netfilter => "netfilter",
            Self::DropCapture => "drop_capture",
            Self::Xdp => "xdp",
            Self::TrafficControl => "traffic_control",
            Self::Windows => "windows",
            Self::Hardware => "hardware",
            Self::FwMonitor => "fw_monitor",
            Self::LoadBalancer => "load_balancer",
            Self::ResetText => "reset_text",
        }
    }

    /// Whether what it says are words of others, in which anything may stand.
    pub const fn quotes_strangers(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::ResetText)
    }

    /// Whether its records are a filter's log: they stand for packets that matched a rule, and
    /// nothing follows from the packets that are missing.
    pub const fn is_log(self) -> bool {
        match self {
            // Where a program decides before the stack, no answer is seen.
            Self::Pf | Self::Netfilter | Self::DropCapture | Self::Xdp => true,
            Self::TrafficControl
            | Self::Windows
            | Self::Hardware
            | Self::FwMonitor
            | Self::LoadBalancer
            | Self::ResetText => false,
        }
    }
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerdictAction {
    /// It was dropped: so says who dropped it.
    Dropped,
    /// A rule was hit whose author calls it one that drops.
    SaidToBeDropped,
    /// A rule was hit whose author calls it one that rejects: it answers in the host's place.
    SaidToBeRejected,
    /// It went on.
    Passed,
    /// A rule saw it; nothing follows.
    Seen,
}

impl VerdictAction {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::SaidToBeDropped => "said_to_be_dropped",
            Self::SaidToBeRejected => "said_to_be_rejected",
            Self::Passed => "passed",
            Self::Seen => "seen",
        }
    }

    /// Whether the packet went no further, by whoever's word.
    pub const fn is_drop(self) -> bool {
        matches!(self, Self::Dropped | Self::SaidToBeDropped)
    }

    /// Whether the packet did not get where it was to go, by whoever's word.
    pub const fn is_block(self) -> bool {
        self.is_drop() || matches!(self, Self::SaidToBeRejected)
    }
}

/// The rule that decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FilterRule {
    /// Its number; `None` for the default rule, or none at all.
    pub number: Option<u32>,
    /// In the anchor, when it stands in one.
    pub sub_rule: Option<u32>,
    /// The anchor; hostile text.
    pub anchor: Option<String>,
}

/// All that is said of a packet. What cannot be known is `None`; texts are hostile, and bounded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CaptureVerdict {
    /// Who says it.
    pub teller: VerdictTeller,
    /// What became of the packet.
    pub action: VerdictAction,
    /// The teller's own word for that: `block`, `rdr`.
    pub word: Option<String>,
    /// The rule.
    pub rule: Option<FilterRule>,
    /// What the administrator wrote for the log.
    pub prefix: Option<String>,
    /// Why, beyond that a rule matched.
    pub reason: Option<String>,
    /// The part of the system that decided: a program, a component.
    pub component: Option<String>,
    /// Where in the kernel.
    pub hook: Option<NetfilterHook>,
    /// Which way the packet went.
    pub passage: Option<Passage>,
    /// The interface that it came in by.
    pub came_in_by: Option<String>,
    /// The interface that it was to leave by.
    pub leaves_by: Option<String>,
    /// The user whose socket it is.
    pub user: Option<u32>,
    /// The mark that rules gave it.
    pub packet_mark: Option<u32>,
    /// Whether something is wrong with the header that says it.
    pub is_in_doubt: bool,
}

impl CaptureVerdict {
    /// Of which nothing else is known.
    pub const fn new(teller: VerdictTeller, action: VerdictAction) -> Self {
        Self {
            teller,
            action,
            word: None,
            rule: None,
            prefix: None,
            reason: None,
            component: None,
            hook: None,
            passage: None,
            came_in_by: None,
            leaves_by: None,
            user: None,
            packet_mark: None,
            is_in_doubt: false,
        }
    }

    /// The same without what differs between packets of one rule.
    #[must_use]
    pub fn of_rule_alone(&self) -> Self {
        Self {
            user: None,
            packet_mark: None,
            ..self.clone()
        }
    }

    /// The same without names and words of whoever runs the filter.
    #[must_use]
    pub fn anonymous(&self, numbers: Option<&PrefixNumbers>) -> Self {
        let rule = self.rule.clone();
        let prefix = self.prefix.as_deref();
        Self {
            prefix: prefix.map(|prefix| {
                let number = numbers.map(|numbers| numbers.of(prefix));
                anonymous::anonymous_prefix(prefix, number)
            }),
            component: None,
            came_in_by: None,
            leaves_by: None,
            user: None,
            packet_mark: None,
            reason: self
                .reason
                .clone()
                .filter(|_| !self.teller.quotes_strangers()),
            rule: rule.map(|rule| FilterRule {
                anchor: None,
                ..rule
            }),
            ..self.clone()
        }
    }
}

/// The number of a [`CaptureVerdict`] in [`Contexts`]. 0 stands for one that is not kept, because
/// there are too many.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct VerdictId(pub(super) u16);

/// What a packet carries of what is said of it: who speaks and what follows, and where the rest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VerdictMark {
    /// Where all of it is.
    pub id: VerdictId,
    /// Who says it.
    pub teller: VerdictTeller,
    /// What became of the packet.
    pub action: VerdictAction,
}

impl VerdictMark {
    /// Whether the packet is a record of a filter's log.
    pub const fn is_log_record(self) -> bool {
        self.teller.is_log()
    }
}

/// What is said of a packet, and whether its header is as it should be: what can be read of one
/// that is not is read all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldVerdict {
    /// What is said.
    pub verdict: CaptureVerdict,
    /// What is wrong with the header that says it.
    pub fault: Option<VerdictFault>,
    /// When the kernel met the packet, where the record says so: it is read later.
    pub met_at: Option<Timestamp>,
}

impl ToldVerdict {
    /// Of which only that is known.
    pub(super) const fn new(verdict: CaptureVerdict, fault: Option<VerdictFault>) -> Self {
        Self {
            verdict,
            fault,
            met_at: None,
        }
    }

    /// The same, with the doubt that a fault of the header casts on all that it says.
    fn doubted(mut self) -> Self {
        self.verdict.is_in_doubt = self.fault.is_some();
        self
    }
}

/// What is wrong with a header that says what became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerdictFault {
    /// It is shorter or longer than any that is known, or than it says.
    Length,
    /// A text in it does not end.
    Text,
    /// A field of it is cut short.
    Field,
    /// It says what nobody is known to say.
    Value,
}

impl VerdictFault {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Length, Self::Text, Self::Field, Self::Value];

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Length => "log_header_length",
            Self::Text => "log_text_without_end",
            Self::Field => "log_field_cut_short",
            Self::Value => "log_value_unknown",
        }
    }
}

/// A record that would be later than that has a wrong clock.
const LATEST: Duration = Duration::from_secs(60);

/// What the capture says became of `packet`.
pub fn told_of(packet: &Packet<'_>) -> Option<ToldVerdict> {
    match packet.captured_on.said {
        Some(SaidOfPacket::Dropped) => {
            let (teller, action) = (VerdictTeller::DropCapture, VerdictAction::Dropped);
            Some(ToldVerdict::new(CaptureVerdict::new(teller, action), None))
        }
        None => match packet.link_type? {
            LinkType::PFLOG => pf::told(packet.bytes),
            LinkType::OLD_PFLOG => pf::told_by_old(packet.bytes),
            LinkType::NFLOG => nflog::told(packet.bytes),
            LinkType::NETLINK => nflog::told(netlink_record_in(packet.bytes)?),
            _ if tells_verdict(packet) => packet.options.and_then(packet_verdict::told),
            LinkType::ETHERNET => fw_monitor::told(packet.bytes),
            _ => None,
        },
    }
}

/// Whether the capture may say what became of packets like this one.
#[inline]
pub(super) fn may_be_told_of(packet: &Packet<'_>) -> bool {
    packet.captured_on.said.is_some()
        || tells_verdict(packet)
        || is_of_fw_monitor(packet)
        || matches!(
            packet.link_type,
            Some(LinkType::PFLOG | LinkType::OLD_PFLOG | LinkType::NFLOG | LinkType::NETLINK)
        )
}

fn tells_verdict(packet: &Packet<'_>) -> bool {
    packet.options.is_some_and(RecordOptions::tells_verdict)
}

/// Whether its addresses tell where in a gateway it was seen.
fn is_of_fw_monitor(packet: &Packet<'_>) -> bool {
    packet.link_type == Some(LinkType::ETHERNET) && inspection::point(packet.bytes).is_some()
}

/// Whether it is a RST that may say something in words.
pub(super) fn may_have_words(observation: &Observation) -> bool {
    matches!(observation, Observation::Segment(segment) if segment.flags.is_rst())
}

/// Adds to what a packet says about a connect what the capture says of the packet. What is to be
/// told of the record besides.
pub fn add_verdict(
    observation: &mut Observation,
    packet: &Packet<'_>,
    contexts: &Contexts,
) -> RecordRemarks {
    let told = told_of(packet).or_else(|| words_of(observation, packet, contexts.tunnels()));
    told.and_then(|told| add_told(told, observation, packet, contexts))
        .unwrap_or_default()
}

fn add_told(
    told: ToldVerdict,
    observation: &mut Observation,
    packet: &Packet<'_>,
    contexts: &Contexts,
) -> Option<RecordRemarks> {
    let told = told.doubted();
    let facts = match observation {
        Observation::Segment(segment) => &mut segment.ip.capture,
        Observation::IcmpError(error) => &mut error.ip.capture,
        _ => return None,
    };
    let verdict = &told.verdict;
    facts.verdict = Some(VerdictMark {
        id: contexts.intern_verdict(verdict),
        teller: verdict.teller,
        action: verdict.action,
    });
    facts.passage = verdict.passage.or(facts.passage);
    let at = packet.place.at;
    let late_by = told.met_at.filter(|met_at| *met_at <= at);
    let late_by = late_by.map(|met_at| at.since(met_at));
    Some(RecordRemarks {
        fault: told.fault,
        late_by: late_by.filter(|late_by| *late_by <= LATEST),
    })
}

/// What a RST says in words.
fn words_of(
    observation: &Observation,
    packet: &Packet<'_>,
    tunnels: &TunnelPorts,
) -> Option<ToldVerdict> {
    /// In words of four bytes, above flags that are left out.
    const HEADER_LENGTH: usize = 12;
    let Observation::Segment(segment) = observation else {
        return None;
    };
    if !segment.flags.is_rst() {
        return None;
    }
    let bytes = innermost_segment(packet, tunnels)?;
    let header = usize::from(bytes.get(HEADER_LENGTH)? >> 4) * 4;
    // The segment is a part of the frame, and ends where its IP packet does.
    let begin = bytes
        .as_ptr()
        .addr()
        .checked_sub(packet.bytes.as_ptr().addr());
    let behind = begin.and_then(|begin| packet.bytes.get(begin + bytes.len()..));
    let data = bytes.get(header..).unwrap_or_default();
    reset_words::told(packet, segment, (data, behind.unwrap_or_default()))
}
