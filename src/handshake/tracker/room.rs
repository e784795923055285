//! What is handed out while packets pass: what is over, and what there is no room for.

use std::time::Duration;

use super::Tracker;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{AddressPairs, Direction, Row, Segment, TcpFlags, VerdictMark};
use crate::handshake::attempt::Attempt;
use crate::handshake::flow_table::{Followed, Place, State};
use crate::handshake::midway::Begun;
use crate::handshake::outcome::{Outcome, Watch};
use crate::handshake::regular::Regular;

impl Tracker {
    /// Follows what no attempt is open for: connections that had begun, or are older than the
    /// capture.
    pub(super) fn note_midway(
        &mut self,
        row: &Row,
        addresses: &AddressPairs,
        found: Option<(Place, Direction)>,
        said: Option<VerdictMark>,
    ) {
        let known = match found {
            Some((place, _)) if place.state() == State::Settled => {
                let syn = self.flows.syn(place);
                Some(syn.map(|syn| Begun {
                    server: self.flows.ends_of(syn).1,
                    at: syn.at(),
                    isn: syn.sequence(),
                }))
            }
            Some(_) => None,
            None => Some(None),
        };
        if let Some(known) = known
            && !row.is_icmp_error()
            && !row.flags().contains(TcpFlags::SYN)
            && let Some(mut failure) = self.midway.note(row, addresses, known)
        {
            let said = said.and_then(|mark| self.contexts.verdict(mark.id));
            failure.said = said.map(Box::new);
            self.decided.push_midway_failure(failure);
        }
    }

    /// Of what is sent in vain on such connections nothing more comes.
    pub(super) fn finish_midway(&mut self) {
        for failure in self.midway.finish() {
            self.decided.push_midway_failure(failure);
        }
    }

    /// As [`Self::note_midway`], of a RST with words: these are no part of a row.
    pub(super) fn note_midway_words(
        &mut self,
        segment: &Segment,
        place: PacketPlace,
        found: Option<(Place, Direction)>,
        mark: VerdictMark,
    ) {
        let mut plain = *segment;
        plain.ip.capture.verdict = None;
        let mut addresses = AddressPairs::default();
        let row = Row::of_segment(&plain, place, &self.contexts, &mut addresses);
        if let Some(row) = row {
            self.note_midway(&row, &addresses, found, Some(mark));
        }
    }

    /// Keeps the number of open attempts within its bounds before one more comes.
    pub(super) fn make_room(&mut self) {
        let bound = self.settings.open_attempts;
        if self.flows.syn_count() >= bound.saturating_mul(LONE_SYNS_PER_ATTEMPT) {
            let oldest = self.flows.take_syn_if(|_| true);
            self.hand_out_early(oldest);
        }
        if self.flows.followed_count() >= bound {
            let oldest = self.flows.take_oldest_of_all();
            self.hand_out_early(oldest);
        }
        if self.flows.syn_count() >= FOLLOWED_TO_THE_END {
            self.hand_out_syns_if_over();
        }
        if self.flows.followed_count() >= FOLLOWED_TO_THE_END {
            for _ in 0..LOOKED_AT_WITH_EACH_NEW {
                self.hand_out_if_over();
            }
        }
    }

    /// Where many are open, hands one out that has failed and of which nothing was heard for so
    /// long that nothing more is to be expected.
    fn hand_out_if_over(&mut self) {
        let watch = self.watch();
        let over = self.flows.take_if(
            watch.until,
            |attempt| is_over(attempt, &watch),
            |attempt| over_after(attempt, &watch),
            |regular| regular_over_after(regular, &watch),
        );
        if let Some(over) = over {
            self.hand_out(over, &watch);
        }
    }

    /// The same for a lone SYN: they are over in the order in which they came. Two at a time, so
    /// that their number falls.
    fn hand_out_syns_if_over(&mut self) {
        if self.latest <= self.no_syn_over_before {
            return;
        }
        let watch = self.watch();
        for _ in 0..LOOKED_AT_WITH_EACH_NEW {
            let Some(syn) = self.flows.take_syn_if(|syn| is_syn_over(syn, &watch)) else {
                let oldest = self.flows.oldest_syn().map(Row::at);
                let wait = SHORTEST_WAIT + watch.patience;
                self.no_syn_over_before = oldest.map_or(watch.until, |oldest| oldest.after(wait));
                return;
            };
            self.hand_out(syn, &watch);
        }
    }

    /// Judges an attempt before its time, to make room.
    fn hand_out_early(&mut self, followed: Option<Followed>) {
        let watch = self.watch();
        let outcome = followed.and_then(|followed| self.hand_out(followed, &watch));
        self.set_aside_undecided += u64::from(outcome == Some(Outcome::Pending));
    }
}

/// So many lone SYNs more than other attempts are followed: in a flood of one each microsecond, all
/// of the last 3 s.
const LONE_SYNS_PER_ATTEMPT: usize = 3;

/// So many open attempts are followed to the end of the capture, whatever becomes of them.
const FOLLOWED_TO_THE_END: usize = 1 << 16;

/// Of more, so many are looked at with every new one: all in turn, sooner than their number
/// doubles.
const LOOKED_AT_WITH_EACH_NEW: usize = 2;

/// So long after the handshake data is repeated often enough to be told from loss.
const FOLLOWED_ONCE_HEARD: Duration = Duration::from_secs(60);

/// After this long without a packet nothing more is to be expected of a failed attempt whose SYN
/// was sent once: Linux, macOS and Windows repeat it after 1 s, older systems after 3 s.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_secs(15);

/// The pauses between SYNs double: the next comes within this many times the time since the first.
const LONGEST_PAUSE: u32 = 3;

/// Whether the attempt has failed, and its client must have given up: so long it has been silent.
pub(super) fn is_over(attempt: &Attempt, watch: &Watch) -> bool {
    let is_waited_for = attempt.established_at.is_some() && !attempt.watch_ended;
    !is_waited_for && watch.until > over_after(attempt, watch)
}

/// Until then its client may go on. Further packets put that off (but for a SYN that stands behind
/// several of its answers, by a few seconds, which does not matter here).
pub(super) fn over_after(attempt: &Attempt, watch: &Watch) -> Timestamp {
    match attempt.established_at.filter(|_| attempt.watch_ended) {
        Some(established) => established.after(FOLLOWED_ONCE_HEARD),
        None => silent_until(attempt.started_at(), attempt.latest_at, watch),
    }
}

/// The same of a regular attempt. One that is established goes on for as long as it likes; once the
/// server was heard, only what it sent first is followed, for a while.
pub(super) fn regular_over_after(regular: &Regular, watch: &Watch) -> Timestamp {
    if let Some(proof) = regular.proof().filter(|_| regular.is_heard()) {
        return proof.at().after(FOLLOWED_ONCE_HEARD);
    }
    if regular.is_established() {
        return watch.until;
    }
    silent_until(regular.syn().at(), regular.latest_at(), watch)
}

/// Whether nothing more is to be expected of a lone SYN.
pub(super) fn is_syn_over(syn: &Row, watch: &Watch) -> bool {
    watch.until.since(syn.at()) > SHORTEST_WAIT + watch.patience
}

/// How long an attempt must have been silent whose packets were captured between `started` and
/// `latest`.
pub(super) fn silent_until(started: Timestamp, latest: Timestamp, watch: &Watch) -> Timestamp {
    let lasted = latest.since(started);
    let wait = SHORTEST_WAIT.max(lasted.saturating_mul(LONGEST_PAUSE)) + watch.patience;
    latest.after(wait)
}
