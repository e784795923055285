//! What every format shows: one model, filled once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::handover::Handover;
use super::sanitize::terminal_safe;
use super::settings::Settings;
use crate::capture::{LinkType, PacketNumber, PacketPlace, SourceFacts, SourceId, Timestamp};
use crate::decode::{Endpoint, SetAside, VerdictFaults};
use crate::diagnosis::{CaptureQuality, DiagnosedAttempt, Diagnosis, HostFacts, LogFacts};
use crate::handshake::FilteredOut;
use crate::host::KernelCounts;

/// A finished report.
#[derive(Clone, Debug)]
pub struct Report {
    /// What made it.
    pub tool: Tool,
    /// What was read.
    pub capture: CaptureTotals,
    /// What it says.
    pub diagnosis: Diagnosis,
    /// What was asked for.
    pub settings: Settings,
    /// Whether names are shown beside addresses.
    pub shows_names: bool,
    /// What it says beside the capture, where it is handed over.
    pub handover: Handover,
}

impl Report {
    /// The name that the capture's own DNS answers give to an address, if names are shown; hostile
    /// text.
    pub fn name_of(&self, address: IpAddr) -> Option<String> {
        self.diagnosis
            .names
            .of(address)
            .filter(|_| self.shows_names)
            .map(str::to_owned)
    }

    /// Name, if there is one and it is shown, and address and port: what people read, safe for a
    /// terminal.
    pub(super) fn named(&self, endpoint: Endpoint) -> String {
        match self.short_name_of(endpoint.address) {
            Some(name) => format!("{name} {endpoint}"),
            None => endpoint.to_string(),
        }
    }

    /// The start of the name, if there is one and it is shown: what people read, safe for a
    /// terminal.
    pub(super) fn short_name_of(&self, address: IpAddr) -> Option<String> {
        let name = self.name_of(address)?;
        Some(start_of(&terminal_safe(&name), LONGEST_NAME))
    }
}

/// Running text has room for whatever name a cloud gives to a load balancer or a database.
const LONGEST_NAME: usize = 72;

/// Of a long name the start, which differs, is worth more than the end.
const LONGEST_NAME_IN_A_COLUMN: usize = 32;

/// The start of the name, with a mark where it goes on: where there is no room for more.
pub(crate) fn shortened(name: &str) -> String {
    start_of(name, LONGEST_NAME_IN_A_COLUMN)
}

fn start_of(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    name.chars().take(longest - 1).chain(['~']).collect()
}

/// The program that made a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// Its version.
    pub version: &'static str,
    /// Its arguments, without the program's own name.
    pub arguments: Vec<String>,
    /// The command that draws one of the attempts, but for the attempt's number at its end, quoted
    /// for a shell; `None` where the input cannot be read again.
    pub ladder_command: Option<String>,
}

/// Packets that were set aside for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PacketsSetAside {
    /// How many.
    pub count: u64,
    /// The first of them, in the order of the capture.
    pub first: PacketPlace,
}

/// What was read, all sources together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureTotals {
    /// Time of the earliest packet.
    pub first: Option<Timestamp>,
    /// Time of the latest packet.
    pub last: Option<Timestamp>,
    /// Records read.
    pub packets: u64,
    /// TCP segments among them.
    pub tcp_packets: u64,
    /// ICMP errors about TCP segments among them.
    pub icmp_errors: u64,
    /// Packets of handshakes that were captured again.
    pub copies: u64,
    /// Packets that may have mattered and could not be read, by reason.
    pub set_aside: BTreeMap<SetAside, PacketsSetAside>,
    /// What was wrong with headers that say what became of packets, which were read all the same.
    pub verdict_faults: VerdictFaults,
    /// Packets of link types that are not read.
    pub unsupported_link_types: BTreeMap<LinkType, u64>,
    /// Attempts handed out undecided, because more were open than are followed.
    pub attempts_set_aside: u64,
    /// False when the capture was filtered so that it cannot show the third step of a handshake.
    pub shows_third_step: bool,
    /// What else a filter left out of it.
    pub left_out: FilteredOut,
    /// Whether it left the third step out on purpose, and nothing else of what a verdict needs.
    pub leaves_out_third_step: bool,
    /// Whether it is evidence that was written before: chosen packets of a capture that had more.
    pub is_evidence: bool,
    /// A capture filter that let no ICMP error pass, as a source tells it; hostile text.
    pub hiding_filter: Option<String>,
    /// Comments on packets; hostile text.
    pub comments: BTreeMap<(SourceId, PacketNumber), String>,
    /// The sources, in the order of their ids.
    pub sources: Vec<SourceFacts>,
    /// Logs that were read beside them, in the order in which they were named.
    #[serde(skip)]
    pub logs: Vec<LogFacts>,
    /// What hosts said of themselves, in files that were read beside them.
    #[serde(skip)]
    pub hosts: Vec<HostFacts>,
    /// What the kernel of the host that captured did meanwhile, where it was heard.
    #[serde(skip)]
    pub kernel: Option<KernelCounts>,
}

impl CaptureTotals {
    /// Counts a packet that was set aside.
    pub fn set_aside(&mut self, reason: SetAside, place: PacketPlace) {
        let first = PacketsSetAside {
            count: 0,
            first: place,
        };
        self.set_aside.entry(reason).or_insert(first).count += 1;
    }

    /// Adds what was read of the sources with the next ids.
    pub fn merge(&mut self, later: Self) {
        self.sources.extend(later.sources);
        self.tcp_packets += later.tcp_packets;
        self.icmp_errors += later.icmp_errors;
        for (reason, later) in later.set_aside {
            let known = self.set_aside.entry(reason).or_insert(PacketsSetAside {
                count: 0,
                first: later.first,
            });
            known.count += later.count;
            known.first = known.first.min(later.first);
        }
        self.verdict_faults.merge(&later.verdict_faults);
        for (link_type, count) in later.unsupported_link_types {
            *self.unsupported_link_types.entry(link_type).or_default() += count;
        }
        self.leaves_out_third_step |= later.leaves_out_third_step;
        // What is told of all together is added as well, where it was told of each already.
        self.first = self.first.into_iter().chain(later.first).min();
        self.last = self.last.max(later.last);
        self.packets += later.packets;
        self.copies += later.copies;
        self.attempts_set_aside += later.attempts_set_aside;
        self.is_evidence |= later.is_evidence;
        self.hiding_filter = self.hiding_filter.take().or(later.hiding_filter);
        self.comments.extend(later.comments);
        self.logs.extend(later.logs);
        self.hosts.extend(later.hosts);
    }

    /// How many records were read of all sources.
    pub fn packets_of_sources(&self) -> u64 {
        self.sources.iter().map(|source| source.packets).sum()
    }

    /// What the capture can show, and what it may have missed; so many packets were lost.
    pub fn quality(&self, lost_packets: u64) -> CaptureQuality {
        CaptureQuality {
            hides_third_step: !self.shows_third_step,
            left_out: self.left_out,
            leaves_out_third_step: self.leaves_out_third_step,
            has_truncated_headers: self.set_aside.contains_key(&SetAside::TruncatedHeader),
            hiding_filter: self.hiding_filter.clone(),
            holds_only_tcp: self.tcp_packets == self.packets_of_sources(),
            lost_packets,
            attempts_set_aside: self.attempts_set_aside,
            ..CaptureQuality::default()
        }
    }

    /// Whether ICMP errors may have been on the wire that the capture does not show.
    pub fn may_miss_icmp_errors(&self) -> bool {
        self.quality(0).may_miss_icmp_errors()
    }

    /// What people wrote about packets of the attempt: the first of their comments; hostile text.
    pub(super) fn comments_on(&self, diagnosed: &DiagnosedAttempt) -> Vec<String> {
        const SHOWN: usize = 3;
        const LONGEST: usize = 200;
        let packets = diagnosed.decided.attempt.evidence.packets().iter();
        packets
            .filter_map(|packet| {
                let PacketPlace { source, number, .. } = packet.place;
                let text = self.comments.get(&(source, number))?;
                let text: String = text.chars().take(LONGEST).collect();
                Some(format!("comment on #{}: {text}", number.0))
            })
            .take(SHOWN)
            .collect()
    }

    /// Packets dropped by the operating system, where a source says so.
    pub fn dropped_by_kernel(&self) -> Option<u64> {
        sum(self.sources.iter().map(|source| source.dropped_by_kernel))
    }

    /// Packets dropped by an interface, where a source says so.
    pub fn dropped_by_interface(&self) -> Option<u64> {
        sum(self
            .sources
            .iter()
            .map(|source| source.dropped_by_interface))
    }
}

fn sum(counts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    counts.flatten().fold(None, |total, count| {
        Some(total.unwrap_or(0_u64).saturating_add(count))
    })
}
