//! An attempt that goes as nearly all go: as rows, without an [`Attempt`] being made of them.
//!
//! The SYN, perhaps repeated; then the one RST or ICMP error that ends it, or the SYN-ACK, perhaps
//! repeated, the client's ACK of it, and what follows until either side is heard. Whatever else
//! happens makes it an [`Attempt`]: by these rows being held against the rules for all packets. So
//! nothing is told here that they would not tell; random stories hold both against each other.

mod progress;
mod replay;
mod seen;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::attempt::Attempt;
use super::decided::AddressPair;
use super::flow::Flow;
use super::outcome::{Judgement, Outcome, Watch, judge_silence, judge_unanswered};
use super::place_index::Tag;
use super::trouble::{Steps, Trouble, Troubles, is_hung_up};
use crate::capture::Timestamp;
use crate::decode::{AddressPairs, Addresses, Contexts, Direction, Row, SequenceNumber, TcpFlags};
use replay::replay;
use seen::Seen;

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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Regular {
    syn: Row,
    /// In the order of their capture.
    further: SmallVec<[Row; INLINE]>,
    phase: Phase,
    /// What was seen of either side since.
    seen: Seen,
    /// Of its 4-tuple, where that is looked for.
    #[serde(skip)]
    pub(super) tag: Tag,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The client has acknowledged a byte of the server, or either side sent a FIN: nothing can
    /// change what is told of it.
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
            seen: Seen::default(),
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
            return self.take_established(row, direction, address_place);
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
        if self.phase == Phase::Established {
            self.note_client(row);
        }
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

    /// Once established, what follows is kept as facts; only a FIN that comes instead of data is
    /// kept itself.
    fn take_established(&mut self, row: &Row, direction: Direction, address_place: u32) -> Taken {
        let flags = row.flags();
        let is_plain = !row.is_icmp_error()
            && flags.has_ack()
            && !flags.is_rst()
            && !flags.contains(TcpFlags::SYN)
            && row.context() == self.syn.context();
        if !is_plain {
            return Taken::Irregular;
        }
        let is_taken = match direction {
            Direction::Same if self.goes_on(row) => self.note_client(row),
            Direction::Opposite if self.counts_on(row) => {
                if self.hangs_up(row) {
                    if self.is_part_missing(row) {
                        return Taken::Irregular;
                    }
                    self.further.push(row.kept_at(address_place, direction));
                }
                self.note_server(row)
            }
            _ => return Taken::Regular,
        };
        if !is_taken {
            return Taken::Irregular;
        }
        self.seen.note(Seen::CLOSED, flags.has_fin());
        let is_received =
            self.seen.has(Seen::SERVER_SENT) && self.seen.has(Seen::SERVER_ACKNOWLEDGED);
        if flags.has_fin() || is_received {
            self.phase = Phase::Settled;
            return Taken::Settled;
        }
        Taken::Regular
    }

    /// Notes what a segment of the client tells; false when it repeats data.
    fn note_client(&mut self, row: &Row) -> bool {
        let first = self.syn.sequence().plus(1);
        let end = row.sequence().plus(row.payload_length());
        let has_payload = row.payload_length() > 0 && end.is_after(first);
        let is_unacknowledged =
            self.seen.has(Seen::CLIENT_SENT) && !self.seen.has(Seen::CLIENT_ACKNOWLEDGED);
        if has_payload && row.sequence() == first && is_unacknowledged {
            return false;
        }
        let is_beyond = |isn: SequenceNumber| row.acknowledgment().is_after(isn.plus(1));
        let acknowledges = self.server_isn().is_some_and(is_beyond);
        self.seen.note(Seen::CLIENT_SENT, has_payload);
        self.seen.note(Seen::SERVER_ACKNOWLEDGED, acknowledges);
        true
    }

    /// Notes what a segment of the server tells; false when it repeats data.
    fn note_server(&mut self, row: &Row) -> bool {
        let has_payload = row.payload_length() > 0 && self.is_beyond_syn_ack(row);
        let is_first = |isn: SequenceNumber| row.sequence() == isn.plus(1);
        let is_unacknowledged =
            self.seen.has(Seen::SERVER_SENT) && !self.seen.has(Seen::SERVER_ACKNOWLEDGED);
        if has_payload && is_unacknowledged && self.server_isn().is_some_and(is_first) {
            return false;
        }
        let first = self.syn.sequence().plus(1);
        let acknowledges = row.acknowledgment().is_after(first);
        self.seen.note(Seen::SERVER_SENT, has_payload);
        self.seen.note(Seen::SERVER_CLOSED, row.flags().has_fin());
        self.seen.note(Seen::CLIENT_ACKNOWLEDGED, acknowledges);
        true
    }

    /// The server closes before it sent a byte.
    fn hangs_up(&self, row: &Row) -> bool {
        let is_next = |isn: SequenceNumber| row.sequence() == isn.plus(1);
        row.flags().has_fin()
            && row.payload_length() == 0
            && !self.seen.has(Seen::SERVER_SENT)
            && self.server_isn().is_some_and(is_next)
    }

    /// Whether it acknowledges what was not captured of the client.
    fn is_part_missing(&self, row: &Row) -> bool {
        let first = self.syn.sequence().plus(1);
        !self.seen.has(Seen::CLIENT_SENT) && row.acknowledgment().is_after(first)
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

    /// Whether the server has sent a byte.
    pub(super) fn is_heard(&self) -> bool {
        self.seen.has(Seen::SERVER_SENT)
    }

    /// Whether nothing that the client could accept has come back.
    pub(super) fn is_unanswered(&self) -> bool {
        self.phase == Phase::Waiting
    }

    /// Whether the server has accepted, and the client not acknowledged that.
    pub(super) fn is_half_open(&self) -> bool {
        self.phase == Phase::Answered
    }

    /// Whether the handshake was completed, the client sent payload, and the server neither a byte
    /// nor a FIN.
    pub(super) fn is_mute(&self) -> bool {
        self.phase == Phase::Established
            && self.seen.has(Seen::CLIENT_SENT)
            && !self.seen.has(Seen::SERVER_SENT)
    }

    /// Whether the server, once connected, sent a byte or closed.
    pub(super) fn server_was_heard(&self) -> bool {
        self.seen.has(Seen::SERVER_SENT) || self.seen.has(Seen::SERVER_CLOSED)
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
        let is_third_step = |row: &&Row| {
            let flags = row.flags();
            let is_plain = !row.is_icmp_error() && !flags.contains(TcpFlags::SYN);
            is_plain && flags.has_ack() && !flags.is_rst()
        };
        let found = self.further.iter().find(is_third_step);
        found.filter(|_| self.is_established())
    }

    /// As [`super::judge`] judges the whole attempt.
    pub(super) fn judge(&self, watch: &Watch) -> Judgement {
        let judgement = self.judge_outcome(watch);
        match judgement.outcome {
            Outcome::Established => Judgement {
                troubles: self.troubles(judgement.at, watch),
                ..judgement
            },
            _ => judgement,
        }
    }

    /// As they are found of the whole attempt. What is repeated after the handshake is not regular.
    fn troubles(&self, established: Timestamp, watch: &Watch) -> Troubles {
        let syns = self.further.iter().filter(|row| row.flags().is_syn());
        let syn_acks = || {
            let mut further = self.further.iter();
            std::iter::from_fn(move || further.find(|row| row.flags().is_syn_ack()))
        };
        let steps = Steps {
            syn: self.syn.at(),
            last_syn: syns.map(Row::at).max().unwrap_or(self.syn.at()),
            syn_ack: syn_acks().next().map(Row::at),
            last_syn_ack: syn_acks().map(Row::at).filter(|at| *at < established).max(),
            proof: established,
            is_proof_late: self.proof().is_none_or(|row| row.payload_length() > 0),
        };
        let is_multipath = self.syn_ack().is_some_and(Row::is_multipath);
        let closed = self.further.last().filter(|row| row.flags().has_fin());
        let closed = closed.filter(|_| !is_multipath);
        let has_client_payload = self.seen.has(Seen::CLIENT_SENT);
        let is_hung_up =
            closed.is_some_and(|row| is_hung_up(has_client_payload, established, row.at()));
        Troubles::NONE
            .with(Trouble::Slow, steps.are_slow(watch.slow))
            .with(Trouble::HungUp, is_hung_up)
    }

    fn judge_outcome(&self, watch: &Watch) -> Judgement {
        let certain =
            |outcome, row: Option<&Row>| Judgement::of(outcome, row.map_or(self.syn.at(), Row::at));
        match self.phase {
            Phase::Waiting => judge_unanswered(self.syn.at(), self.syns(), watch),
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
                if is_answered_once && watch.left_out.has_acknowledgements() {
                    return Judgement::left_out(answered_at);
                }
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
            if row.flags().has_fin() && self.seen.has(Seen::CLIENT_SENT) {
                // What it answers is not among the rows that are kept.
                flow.open
                    .iter_mut()
                    .for_each(|attempt| attempt.client_data.is_sent = true);
            }
            replay(row, contexts, addresses, &mut flow);
        }
        // Regular rows begin no attempt of their own.
        let attempt = flow.open.pop();
        let mut attempt = attempt.unwrap_or_else(|| Attempt::of_syn(&syn, self.syn.place()));
        let seen = self.seen;
        attempt.client_data.is_sent |= seen.has(Seen::CLIENT_SENT);
        attempt.client_data.is_acknowledged |= seen.has(Seen::CLIENT_ACKNOWLEDGED);
        attempt.server_data.is_sent |= seen.has(Seen::SERVER_SENT);
        attempt.server_data.is_acknowledged |= seen.has(Seen::SERVER_ACKNOWLEDGED);
        attempt.watch_ended |= self.phase == Phase::Settled || seen.has(Seen::SERVER_SENT);
        attempt.is_closed |= seen.has(Seen::CLOSED);
        attempt.server_was_heard |= self.server_was_heard();
        attempt
    }
}

#[cfg(test)]
mod tests;
