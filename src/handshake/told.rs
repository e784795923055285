//! What the capture itself says became of an attempt's packets: verdicts of a packet filter's log,
//! which are packets of the attempt themselves or records about them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::flow::Flow;
use super::meaning::Meaning;
use super::outcome::Outcome;
use super::seen_packet::{Role, SeenPacket, Sender};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{CaptureVerdict, Contexts, VerdictId, VerdictMark};

/// A record is read so much later than its packet passed, at most: the kernel hands records out
/// once a second, and readers take one at a time.
pub(super) const LATEST_RECORD: Duration = Duration::from_secs(3);

/// In a file, a record may stand so much before its packet: two readers write it.
pub(super) const EARLIEST_RECORD: Duration = Duration::from_millis(100);

/// So many different verdicts are kept with one attempt.
const KEPT_VERDICTS: usize = 8;

/// Which packet of an attempt is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpokenOf {
    /// The client's SYN, or one of its repetitions.
    Syn,
    /// The server's SYN-ACK.
    SynAck,
    /// The server's RST.
    Reset,
    /// An ICMP error about the SYN.
    IcmpError,
    /// Another packet.
    Other,
}

impl SpokenOf {
    fn by(packet: &SeenPacket) -> Self {
        match packet.role {
            Role::Syn | Role::SynRepeated => Self::Syn,
            Role::SynAck | Role::SynAckRepeated => Self::SynAck,
            Role::Reset => Self::Reset,
            Role::IcmpError => Self::IcmpError,
            _ => Self::Other,
        }
    }
}

/// One verdict about packets of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptVerdict {
    /// All that was said.
    pub verdict: CaptureVerdict,
    /// Which packets it is about.
    pub of: SpokenOf,
    /// Who sent the first of them.
    pub sender: Sender,
    /// The first packet that it is about.
    pub packet: PacketPlace,
    /// The first record that says it: the packet itself, where that stands in a log.
    pub record: PacketPlace,
    /// About how many packets it was said.
    pub packets: u32,
    mark: VerdictMark,
    is_resolved: bool,
}

impl AttemptVerdict {
    /// Whether the packet stands in the capture apart from the record that speaks of it.
    pub fn is_about_another_packet(&self) -> bool {
        self.packet != self.record
    }

    /// Whether it is what this packet's mark stands for.
    pub fn is_of(&self, packet: &SeenPacket) -> bool {
        packet.ip.capture.verdict == Some(self.mark) && SpokenOf::by(packet) == self.of
    }

    fn id(&self) -> VerdictId {
        self.mark.id
    }
}

impl SeenPacket {
    /// Whether it is a record of a filter's log, and was not captured itself.
    pub fn is_log_record(&self) -> bool {
        let mark = self.ip.capture.verdict;
        mark.is_some_and(VerdictMark::is_log_record)
    }
}

impl Attempt {
    /// Whether it is known from a filter's log alone.
    pub fn is_known_by_log_alone(&self) -> bool {
        let packets = self.evidence.packets();
        !packets.is_empty() && packets.iter().all(SeenPacket::is_log_record)
    }

    /// What was said of its SYN or of an answer to it, although that got through: the attempt was
    /// established.
    pub(crate) fn contradicted_verdict(&self, outcome: Outcome) -> Option<&CaptureVerdict> {
        let contradicts = |told: &&AttemptVerdict| self.contradicts(told, outcome);
        self.verdicts
            .iter()
            .find(contradicts)
            .map(|told| &told.verdict)
    }

    /// Whether that packets were stopped does not agree with how the attempt went on: each packet
    /// of that kind was, and it was established.
    pub(crate) fn contradicts(&self, told: &AttemptVerdict, outcome: Outcome) -> bool {
        let sent = match told.of {
            SpokenOf::Syn => self.syn_count,
            SpokenOf::SynAck => self.syn_ack_count,
            _ => return false,
        };
        outcome == Outcome::Established && told.verdict.action.is_block() && told.packets >= sent
    }

    /// Whether a filter stopped its SYN or an answer to it, by whoever's word.
    pub(crate) fn was_stopped_by_filter(&self) -> bool {
        let stops =
            |told: &AttemptVerdict| told.of != SpokenOf::Other && told.verdict.action.is_block();
        self.verdicts.iter().any(stops)
    }

    /// When its SYN was dropped by the first verdict that says so; with `or_said_so`, also by the
    /// word of a rule's author.
    pub(super) fn syn_dropped_at(&self, or_said_so: bool) -> Option<Timestamp> {
        use crate::decode::VerdictAction::{Dropped, SaidToBeDropped};
        let says_so = |told: &&AttemptVerdict| match told.verdict.action {
            Dropped => true,
            SaidToBeDropped => or_said_so,
            _ => false,
        };
        let of_syn = |told: &&AttemptVerdict| told.of == SpokenOf::Syn;
        let drops = self.verdicts.iter().filter(of_syn).filter(says_so);
        drops.map(|told| told.packet.at).min()
    }

    /// When an answer to it was dropped.
    pub(super) fn answer_dropped_at(&self) -> Option<Timestamp> {
        let is_drop = |told: &&AttemptVerdict| {
            let is_of_answer = matches!(
                told.of,
                SpokenOf::SynAck | SpokenOf::Reset | SpokenOf::IcmpError
            );
            is_of_answer && told.verdict.action.is_drop()
        };
        let drops = self.verdicts.iter().filter(is_drop);
        drops.map(|told| told.packet.at).min()
    }

    /// Takes a packet of which something is said. A record about a packet that is kept already is
    /// testimony about that one.
    pub(super) fn take_told(&mut self, packet: SeenPacket, mark: VerdictMark) -> Meaning {
        if mark.is_log_record()
            && let Some(about) = self.spoken_of_by(&packet, mark)
        {
            self.note_verdict(&about, packet.place, mark);
            return Meaning::Testimony;
        }
        self.note_verdict(&packet, packet.place, mark);
        let meaning = self.keep(packet);
        // What was dropped does not reach whom it is for.
        if meaning == Meaning::Known && mark.action.is_drop() && packet.sender != Sender::Client {
            return Meaning::Testimony;
        }
        meaning
    }

    /// The kept packet that this record is about.
    fn spoken_of_by(&self, record: &SeenPacket, mark: VerdictMark) -> Option<SeenPacket> {
        let is_it = |seen: &&SeenPacket| {
            let may_be = seen.says_the_same(record)
                && is_read_in_time(seen.place.at, record.place.at)
                && seen
                    .ip
                    .capture
                    .verdict
                    .is_none_or(VerdictMark::is_log_record);
            // Without an identification, a repetition looks the same: one rule logs a packet once.
            may_be && (record.has_identity() || !self.was_told_of(seen.place, mark))
        };
        self.evidence.packets().iter().rev().find(is_it).copied()
    }

    fn was_told_of(&self, packet: PacketPlace, mark: VerdictMark) -> bool {
        let mut told = self.verdicts.iter();
        told.any(|told| told.id() == mark.id && told.packet == packet)
            || self
                .evidence
                .packets()
                .iter()
                .any(|seen| seen.place == packet && seen.ip.capture.verdict == Some(mark))
    }

    /// A packet whose record stands before it in the file takes its place.
    pub(super) fn takes_over_record(&mut self, packet: &SeenPacket) -> bool {
        if self.verdicts.is_empty() || !packet.has_identity() {
            return false;
        }
        let is_record = |seen: &SeenPacket| {
            seen.is_log_record()
                && seen.says_the_same(packet)
                && is_read_in_time(packet.place.at, seen.place.at)
        };
        let Some(record) = self.evidence.replace(is_record, packet) else {
            return false;
        };
        for told in &mut self.verdicts {
            if told.packet == record {
                told.packet = packet.place;
            }
        }
        for time in [&mut self.first_syn_at, &mut self.last_syn_at] {
            if *time == Some(record.at) {
                *time = Some(packet.place.at);
            }
        }
        true
    }

    fn note_verdict(&mut self, packet: &SeenPacket, record: PacketPlace, mark: VerdictMark) {
        let of = SpokenOf::by(packet);
        let is_known = |told: &&mut AttemptVerdict| told.mark == mark && told.of == of;
        if let Some(told) = self.verdicts.iter_mut().find(is_known) {
            told.packets = told.packets.saturating_add(1);
        } else if self.verdicts.len() < KEPT_VERDICTS {
            self.verdicts.push(AttemptVerdict {
                verdict: CaptureVerdict::new(mark.teller, mark.action),
                of,
                sender: packet.sender,
                packet: packet.place,
                record,
                packets: 1,
                mark,
                is_resolved: false,
            });
        }
    }

    /// From now on what was said stands in the attempt itself.
    fn resolve_verdicts(&mut self, contexts: &Contexts) {
        for told in self.verdicts.iter_mut().filter(|told| !told.is_resolved) {
            if let Some(verdict) = contexts.verdict(told.id()) {
                told.verdict = verdict;
            }
            told.is_resolved = true;
        }
    }
}

/// What was said of the packets of these attempts stands in them from now on.
pub(super) fn resolve_verdicts(flow: &mut Flow, contexts: &Contexts) {
    for attempt in &mut flow.open {
        attempt.resolve_verdicts(contexts);
    }
}

/// Whether a record that was read then can be about a packet of that time.
fn is_read_in_time(packet: Timestamp, record: Timestamp) -> bool {
    if record >= packet {
        record.since(packet) <= LATEST_RECORD
    } else {
        packet.since(record) <= EARLIEST_RECORD
    }
}
