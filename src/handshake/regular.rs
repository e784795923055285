//! An attempt that goes as nearly all go: as rows, without an [`Attempt`] being made of them.
//!
//! The SYN, perhaps repeated; then the one RST or ICMP error that ends it, or the SYN-ACK, perhaps
//! repeated, the client's ACK of it, and what follows until either side is heard. Whatever else
//! happens makes it an [`Attempt`]: by these rows being held against the rules for all packets. So
//! nothing is told here that they would not tell; random stories hold both against each other.

use std::time::Duration;

use smallvec::SmallVec;

use super::attempt::Attempt;
use super::decided::AddressPair;
use super::flow::Flow;
use super::on_icmp_error::on_icmp_error;
use super::on_reset::on_reset;
use super::on_segment::on_segment;
use super::on_syn::on_syn;
use super::on_syn_ack::on_syn_ack;
use super::outcome::{Judgement, Outcome, Watch, judge_silence};
use super::place_index::Tag;
use crate::capture::Timestamp;
use crate::decode::{AddressPairs, Addresses, Contexts, Direction, Row, SequenceNumber, TcpFlags};

/// So many rows after the SYN stand in the attempt itself: a SYN that is sent three times, or a
/// handshake.
const INLINE: usize = 2;

/// With more rows, an attempt is no longer regular.
const MOST_ROWS: usize = 16;

/// After so long no packet of one source is taken for a duplicate of one before: more than the
/// longest delay of a duplicate.
const NO_DUPLICATE_AFTER: Duration = Duration::from_millis(200);

const REFUSAL: TcpFlags = TcpFlags(TcpFlags::RST.0 | TcpFlags::ACK.0);

/// The rows of a regular attempt.
#[derive(Clone, Debug)]
pub(super) struct Regular {
    syn: Row,
    /// In the order of their capture.
    further: SmallVec<[Row; INLINE]>,
    phase: Phase,
    /// Whether the client sent payload of its own after its SYN.
    has_client_payload: bool,
    /// Whether the server closed before it sent a byte, and before the client closed.
    server_closed_unheard: bool,
    /// Whether the server, once connected, sent a byte or closed.
    server_was_heard: bool,
    /// Of its 4-tuple, where that is looked for.
    pub(super) tag: Tag,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The SYN is unanswered.
    Waiting,
    /// By one RST.
    Refused,
    /// By one ICMP error.
    Rejected,
    /// By a SYN-ACK.
    Answered,
    /// The client has acknowledged it.
    Established,
    /// The server has sent a byte, or either side a FIN: nothing can change how it ended.
    Settled,
}

/// What became of a row that was held against a regular attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It goes on as expected.
    Regular,
    /// The same, and nothing can change any more how the attempt ended.
    Settled,
    /// The attempt is not regular: the rules for all packets decide.
    Irregular,
}

impl Regular {
    /// An attempt that begins with this SYN.
    pub(super) fn of_syn(syn: Row) -> Self {
        Self {
            syn,
            further: SmallVec::new(),
            phase: Phase::Waiting,
            has_client_payload: false,
            server_closed_unheard: false,
            server_was_heard: false,
            tag: Tag::default(),
        }
    }

    /// Whether a second packet of this kind can go on from a lone SYN; asked before one is made
    /// [`Regular`].
    pub(super) fn may_follow(syn: &Row, row: &Row, direction: Direction) -> bool {
        Self::of_syn(*syn).expects(row, direction)
    }

    /// Holds the next row of its 4-tuple against it, and keeps what tells something.
    pub(super) fn take(&mut self, row: &Row, direction: Direction, address_place: u32) -> Taken {
        if self.phase == Phase::Established {
            return self.take_established(row, direction);
        }
        if !self.expects(row, direction) {
            return Taken::Irregular;
        }
        self.phase = if row.is_icmp_error() {
            Phase::Rejected
        } else if row.flags() == REFUSAL {
            Phase::Refused
        } else if row.flags().is_syn_ack() {
            Phase::Answered
        } else if row.flags().is_syn() {
            Phase::Waiting
        } else {
            Phase::Established
        };
        self.has_client_payload |= self.phase == Phase::Established && row.payload_length() > 0;
        self.further.push(row.kept_at(address_place, direction));
        Taken::Regular
    }

    /// Whether the row is what may come next.
    fn expects(&self, row: &Row, direction: Direction) -> bool {
        if row.context() != self.syn.context()
            || row.source() != self.syn.source()
            || self.further.len() >= MOST_ROWS
        {
            return false;
        }
        match self.phase {
            Phase::Waiting if row.is_icmp_error() => {
                direction == Direction::Same && self.is_rejected_by(row)
            }
            Phase::Waiting if direction == Direction::Same => {
                row.repeats(&self.syn) && self.is_no_duplicate(row)
            }
            Phase::Waiting => {
                self.acknowledges_the_syn(row)
                    && ((row.flags() == REFUSAL && row.is_bare())
                        || (row.flags().is_syn_ack() && row.payload_length() == 0))
            }
            Phase::Answered if row.is_icmp_error() => false,
            Phase::Answered if direction == Direction::Same => {
                let flags = row.flags();
                flags.has_ack()
                    && !flags.is_rst()
                    && !flags.contains(TcpFlags::SYN)
                    && !flags.has_fin()
                    && self.goes_on(row)
            }
            Phase::Answered => {
                let answer = self.further.last();
                answer.is_some_and(|answer| row.repeats(answer)) && self.is_no_duplicate(row)
            }
            Phase::Refused | Phase::Rejected | Phase::Established | Phase::Settled => false,
        }
    }

    /// Once established, only what ends the watch is kept, as a fact.
    fn take_established(&mut self, row: &Row, direction: Direction) -> Taken {
        let flags = row.flags();
        let is_plain = !row.is_icmp_error()
            && flags.has_ack()
            && !flags.is_rst()
            && !flags.contains(TcpFlags::SYN)
            && row.context() == self.syn.context();
        if !is_plain {
            return Taken::Irregular;
        }
        let has_payload = row.payload_length() > 0;
        let has_ended = match direction {
            Direction::Same if self.goes_on(row) => {
                self.has_client_payload |= has_payload;
                flags.has_fin()
            }
            Direction::Opposite if self.counts_on(row) => {
                self.server_closed_unheard |= flags.has_fin() && !has_payload;
                let is_heard = flags.has_fin() || (has_payload && self.is_beyond_syn_ack(row));
                self.server_was_heard |= is_heard;
                is_heard
            }
            _ => false,
        };
        if has_ended {
            self.phase = Phase::Settled;
            return Taken::Settled;
        }
        Taken::Regular
    }

    fn is_rejected_by(&self, row: &Row) -> bool {
        row.icmp_v4_quote().is_some_and(|(kind, sequence, flags)| {
            !kind.only_adjusts()
                && sequence.is_none_or(|sequence| sequence == self.syn.sequence())
                && flags.is_none_or(TcpFlags::is_syn)
        })
    }

    /// The server's answer to a SYN without data: nothing more than the SYN is acknowledged.
    fn acknowledges_the_syn(&self, row: &Row) -> bool {
        self.is_syn_without_data() && row.acknowledgment() == self.syn.sequence().plus(1)
    }

    fn is_syn_without_data(&self) -> bool {
        self.syn.payload_length() == 0 && !self.syn.flags().has_fin()
    }

    /// A repetition, and not the same packet captured again.
    fn is_no_duplicate(&self, row: &Row) -> bool {
        row.at().since(self.latest_at()) > NO_DUPLICATE_AFTER
    }

    fn server_isn(&self) -> Option<SequenceNumber> {
        self.syn_ack().map(Row::sequence)
    }

    /// The client goes on after the SYN-ACK. A keep-alive stands at the number of the SYN itself.
    fn goes_on(&self, row: &Row) -> bool {
        let isn = self.syn.sequence();
        let is_behind = |server| row.acknowledgment().is_after(server);
        self.server_isn().is_some_and(is_behind)
            && (row.sequence() == isn || row.sequence().is_after(isn))
    }

    /// The server goes on after its SYN-ACK.
    fn counts_on(&self, row: &Row) -> bool {
        let acknowledged = self.syn.sequence().plus(1);
        let number = row.acknowledgment();
        let counts_on = |isn| row.sequence() == isn || row.sequence().is_after(isn);
        (number == acknowledged || number.is_after(acknowledged))
            && self.server_isn().is_some_and(counts_on)
    }

    fn is_beyond_syn_ack(&self, row: &Row) -> bool {
        let end = row.sequence().plus(row.payload_length());
        self.server_isn()
            .is_some_and(|isn| end.is_after(isn.plus(1)))
    }

    /// Its IPv6 addresses stand at another place from now on.
    pub(super) fn move_addresses(&mut self, place: u32) {
        let move_row = |row: &mut Row| *row = row.moved_to(place);
        move_row(&mut self.syn);
        self.further.iter_mut().for_each(move_row);
    }

    /// The SYN.
    pub(super) fn syn(&self) -> &Row {
        &self.syn
    }

    /// What came after the SYN.
    pub(super) fn further(&self) -> &[Row] {
        &self.further
    }

    /// The first SYN-ACK.
    pub(super) fn syn_ack(&self) -> Option<&Row> {
        let mut further = self.further.iter();
        further.find(|row| row.flags().is_syn_ack() && !row.is_icmp_error())
    }

    /// Whether the client has acknowledged the SYN-ACK.
    pub(super) fn is_established(&self) -> bool {
        matches!(self.phase, Phase::Established | Phase::Settled)
    }

    /// Whether nothing that the client could accept has come back.
    pub(super) fn is_unanswered(&self) -> bool {
        self.phase == Phase::Waiting
    }

    /// Whether the handshake was completed, the client sent payload, and the server neither a byte
    /// nor a FIN.
    pub(super) fn is_mute(&self) -> bool {
        self.phase == Phase::Established && self.has_client_payload
    }

    /// Whether the server, once connected, sent a byte or closed.
    pub(super) fn server_was_heard(&self) -> bool {
        self.server_was_heard
    }

    /// The capture time of the latest row.
    pub(super) fn latest_at(&self) -> Timestamp {
        let all = self.further.iter().map(Row::at);
        all.fold(self.syn.at(), Timestamp::max)
    }

    /// The rows of answers: SYN-ACKs, or the one RST or ICMP error.
    pub(super) fn answers(&self) -> impl Iterator<Item = &Row> {
        let is_answer =
            |row: &&Row| row.is_icmp_error() || row.flags().is_syn_ack() || row.flags().is_rst();
        self.further.iter().filter(is_answer)
    }

    /// The row that proves that the client acknowledged the SYN-ACK.
    pub(super) fn proof(&self) -> Option<&Row> {
        self.further.last().filter(|_| self.is_established())
    }

    /// As [`super::judge`] judges the whole attempt.
    pub(super) fn judge(&self, watch: &Watch) -> Judgement {
        let certain = |outcome, row: Option<&Row>| Judgement {
            outcome,
            at: row.map_or(self.syn.at(), Row::at),
        };
        match self.phase {
            Phase::Waiting => judge_silence(self.syn.at(), Outcome::Dropped, watch),
            Phase::Refused => certain(Outcome::Refused, self.further.last()),
            Phase::Rejected => certain(Outcome::Rejected, self.further.last()),
            Phase::Established | Phase::Settled => certain(Outcome::Established, self.proof()),
            Phase::Answered => {
                let first = self.answers().next();
                let is_answered_once = self.answers().nth(1).is_none();
                if !watch.shows_third_step && is_answered_once {
                    return certain(Outcome::Established, first);
                }
                let answered_at = first.map_or(self.syn.at(), Row::at);
                judge_silence(answered_at, Outcome::HalfOpen, watch)
            }
        }
    }

    /// As [`Self::attempt`], with its IPv6 addresses.
    pub(super) fn attempt_of(&self, contexts: &Contexts, pair: Option<AddressPair>) -> Attempt {
        let mut addresses = AddressPairs::default();
        match pair.and_then(|pair| addresses.add(pair)) {
            Some(place) => {
                let mut moved = self.clone();
                moved.move_addresses(place);
                moved.attempt(contexts, &addresses)
            }
            None => self.attempt(contexts, &addresses),
        }
    }

    /// The whole attempt, made by the rules for all packets.
    pub(super) fn attempt(&self, contexts: &Contexts, addresses: &impl Addresses) -> Attempt {
        let syn = self.syn.segment(contexts, addresses);
        let mut flow = Flow::default();
        flow.open.push(Attempt::of_syn(&syn, self.syn.place()));
        for row in &self.further {
            replay(row, contexts, addresses, &mut flow);
        }
        // Regular rows begin no attempt of their own.
        let attempt = flow.open.pop();
        let mut attempt = attempt.unwrap_or_else(|| Attempt::of_syn(&syn, self.syn.place()));
        attempt.has_client_payload |= self.has_client_payload;
        attempt.server_closed_unheard |= self.server_closed_unheard;
        attempt.server_was_heard |= self.server_was_heard;
        attempt.watch_ended |= self.phase == Phase::Settled;
        attempt
    }
}

/// Holds a row against the attempts of its 4-tuple.
fn replay(row: &Row, contexts: &Contexts, addresses: &impl Addresses, flow: &mut Flow) {
    // How long an answer is waited for matters to packets that fit less well than these.
    let patience = Duration::ZERO;
    let place = row.place();
    if row.is_icmp_error() {
        on_icmp_error(flow, &row.icmp_error(contexts, addresses), place);
        return;
    }
    let segment = row.segment(contexts, addresses);
    let flags = segment.flags;
    if flags.is_rst() {
        on_reset(flow, &segment, place, patience);
    } else if flags.is_syn() {
        on_syn(flow, &segment, place, patience);
    } else if flags.is_syn_ack() {
        on_syn_ack(flow, &segment, place, patience);
    } else {
        on_segment(flow, &segment, place);
    }
}

#[cfg(test)]
mod tests;
