//! Verdicts while the packets pass: as soon as they are certain, and again when later evidence
//! overturns them.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Change, Tracker, TrackerSettings, is_over, is_syn_over, regular_over_after, whole};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Addresses, Contexts, FlowHasher, Observation, RowDecoder};
use crate::handshake::attempt::{Attempt, AttemptId};
use crate::handshake::closing::Closing;
use crate::handshake::decided::{DecidedAttempt, Decisions};
use crate::handshake::flow_key::FlowKey;
use crate::handshake::midway::MidwayFailure;
use crate::handshake::open_attempt::OpenAttempt;
use crate::handshake::outcome::{Outcome, Watch, judge};
use crate::handshake::regular::Regular;

/// What became known of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its outcome is certain, as far as can be seen now.
    Decided(DecidedAttempt),
    /// Its outcome is another than the one told before.
    Corrected {
        /// What was told last.
        before: Outcome,
        /// What holds now.
        decided: DecidedAttempt,
    },
    /// It is not followed any more; this is how it ended for good.
    Closed {
        /// What was told last, if anything was.
        before: Option<Outcome>,
        /// What holds.
        decided: DecidedAttempt,
    },
}

/// An established connection is watched for a reset before its first byte for so long: then it has
/// begun.
const WATCHED_WHEN_ESTABLISHED: Duration = Duration::from_secs(60);

/// How many attempts are looked at with each passing of time, at least; of many open ones a
/// two-hundredth.
const LOOKED_AT_AT_ONCE: usize = 64;
const TURNS_TO_LOOK_AT_ALL: usize = 200;

/// A [`Tracker`] that tells verdicts as they become certain, and lets go of what is over, so that
/// it can run for days.
///
/// The patience is the same for all, so that silences end in the order in which they began: a queue
/// knows which attempts have just been met with silence for long enough, and no others are looked
/// at.
#[derive(Debug)]
pub struct LiveTracker {
    tracker: Tracker,
    /// Whether the third step of handshakes is captured, where that is known; else the packets
    /// tell.
    captures_third_step: Option<bool>,
    /// When to look at an attempt again, in the order of time.
    due: VecDeque<(Timestamp, FlowKey)>,
    /// What was told of the attempts that are still followed.
    told: HashMap<AttemptId, Outcome, foldhash::fast::RandomState>,
    verdicts: Vec<Verdict>,
    /// Connections that failed midway.
    midway_failures: Vec<MidwayFailure>,
    closings: Vec<Closing>,
    /// Room for what the tracker lets go of.
    decided: Decisions,
}

impl LiveTracker {
    /// A tracker that has seen nothing.
    pub fn new(settings: TrackerSettings, captures_third_step: Option<bool>) -> Self {
        Self::for_contexts(settings, captures_third_step, Contexts::default())
    }

    /// As [`Self::new`], of packets that are decoded in these surroundings.
    pub fn for_contexts(
        settings: TrackerSettings,
        captures_third_step: Option<bool>,
        contexts: Contexts,
    ) -> Self {
        let decoder = RowDecoder::new(Arc::new(contexts), FlowHasher::default());
        Self {
            tracker: Tracker::for_decoder(settings, &decoder),
            captures_third_step,
            due: VecDeque::new(),
            told: HashMap::default(),
            verdicts: Vec::new(),
            midway_failures: Vec::new(),
            closings: Vec::new(),
            decided: Decisions::default(),
        }
    }

    /// Takes note of a packet: of its time, and of what it says about a connect.
    pub fn observe(&mut self, observation: &Observation, place: PacketPlace) {
        let key = match observation {
            Observation::Segment(segment) => FlowKey::between(segment.source, segment.destination),
            Observation::IcmpError(error) => {
                FlowKey::between(error.quote.source, error.quote.destination)
            }
            _ => {
                self.tracker.watched_until(place.at);
                return;
            }
        };
        let change = self.tracker.observe_change(observation, place);
        if change == Change::Began {
            self.remember_to_look(key, place.at);
        }
        if change != Change::Nothing {
            self.look_at(key, Some(place));
        }
        self.close_decided();
    }

    /// Takes note that all packets up to `at` have been seen: silences that have lasted long enough
    /// are told, and attempts that are over are let go.
    pub fn watched_until(&mut self, at: Timestamp) {
        self.tracker.watched_until(at);
        while let Some((due, key)) = self.due.front().copied()
            && due <= self.tracker.latest
        {
            self.due.pop_front();
            self.look_at(key, None);
        }
        self.release_over();
        self.close_decided();
    }

    /// What became known since the last call.
    pub fn take_verdicts(&mut self) -> std::vec::Drain<'_, Verdict> {
        self.verdicts.drain(..)
    }

    /// Which connections ended since the last call.
    pub fn take_closings(&mut self) -> std::vec::Drain<'_, Closing> {
        self.closings.drain(..)
    }

    /// The connections that failed midway since the last call.
    pub fn take_midway_failures(&mut self) -> Vec<MidwayFailure> {
        std::mem::take(&mut self.midway_failures)
    }

    /// The clock was set, or the host slept: how long the open attempts were watched is not known.
    /// Lets go of them as they stand, and follows what comes from now on.
    pub fn clock_was_set(&mut self) {
        self.close_all();
        self.tracker.latest = Timestamp::EARLIEST;
    }

    /// Ends the watch: lets go of attempts, of some thousands with each call, the last ones in
    /// order; whether there are more.
    pub fn finish_some(&mut self) -> bool {
        let watch = self.watch();
        if self.tracker.flows.open_count() <= CLOSED_AT_ONCE {
            self.close_all();
            return false;
        }
        for _ in 0..CLOSED_AT_ONCE {
            let Some(oldest) = self.tracker.flows.take_oldest_of_all() else {
                self.close_all();
                return false;
            };
            let attempt = whole(oldest, &self.tracker.contexts);
            self.close(attempt, &watch);
        }
        true
    }

    /// Ends the watch: all attempts are let go of.
    pub fn finish(&mut self) {
        self.close_all();
    }

    /// The attempts that are still followed, judged as of now, in no order; and what was told of
    /// each.
    pub fn judge_open(&self, mut give: impl FnMut(DecidedAttempt, Option<Outcome>)) {
        let watch = self.watch();
        self.tracker.flows.for_each_open(|open| {
            if !open.is_held() {
                let before = self.told.get(&open.id()).copied();
                give(decided(&open, &watch), before);
            }
        });
    }

    /// How many attempts are followed.
    pub fn open_count(&self) -> usize {
        self.tracker.flows.open_count()
    }

    /// What its packets were wrapped in, and what the capture says of them.
    pub fn contexts(&self) -> &Arc<Contexts> {
        self.tracker.contexts()
    }

    /// How many packets of handshakes were captured again.
    pub fn duplicates(&self) -> u64 {
        self.tracker.duplicates()
    }

    /// How many attempts were let go undecided because there were too many.
    pub fn set_aside_undecided(&self) -> u64 {
        self.tracker.set_aside_undecided()
    }

    /// Whether the capture shows the third step of a handshake.
    pub fn shows_third_step(&self) -> bool {
        self.captures_third_step
            .unwrap_or_else(|| self.tracker.shows_third_step())
    }

    fn watch(&self) -> Watch {
        Watch {
            shows_third_step: self.shows_third_step(),
            ..self.tracker.watch()
        }
    }

    /// What waits since `since` is to be looked at when the patience is over.
    fn remember_to_look(&mut self, key: FlowKey, since: Timestamp) {
        let settings = self.tracker.settings;
        if self.due.len()
            >= settings
                .open_attempts
                .saturating_mul(REMEMBERED_PER_ATTEMPT)
        {
            self.due.pop_front();
        }
        self.due.push_back((since.after(settings.patience), key));
    }

    /// Tells what has changed for the attempts of this 4-tuple; `place` is where the packet stands
    /// that may have changed it.
    fn look_at(&mut self, key: FlowKey, place: Option<PacketPlace>) {
        let watch = self.watch();
        let sought = self.tracker.flows.sought(key);
        let mut was_just_answered = false;
        self.tracker.flows.for_each_open_of(&sought, |open| {
            let syn_ack_at = open.syn_ack_at();
            was_just_answered |= place.is_some_and(|place| syn_ack_at == Some(place.at));
            tell_change(&open, &watch, &mut self.told, &mut self.verdicts);
        });
        if let Some(place) = place.filter(|_| was_just_answered) {
            self.remember_to_look(key, place.at);
        }
    }

    /// Lets go of attempts of which nothing more is to be expected: a few at a time, all in turn.
    fn release_over(&mut self) {
        let watch = self.watch();
        let over = |syn: &_| is_syn_over(syn, &watch);
        while let Some(syn) = self.tracker.flows.take_syn_if(over) {
            let attempt = whole(syn, &self.tracker.contexts);
            self.close(attempt, &watch);
        }
        let looks = LOOKED_AT_AT_ONCE.max(self.tracker.flows.open_count() / TURNS_TO_LOOK_AT_ALL);
        for _ in 0..looks {
            let is_over =
                |attempt: &Attempt| is_over(attempt, &watch) || has_begun(attempt, &watch);
            // All are looked at in turn: also those that were established meanwhile.
            let at_once = |_: &Attempt| Timestamp::EARLIEST;
            let regular_over_after = |regular: &Regular| match regular.proof() {
                Some(proof) => proof.at().after(WATCHED_WHEN_ESTABLISHED),
                None => regular_over_after(regular, &watch),
            };
            let flows = &mut self.tracker.flows;
            let over = flows.take_if(watch.until, is_over, at_once, regular_over_after);
            if let Some(over) = over {
                let attempt = whole(over, &self.tracker.contexts);
                self.close(attempt, &watch);
            }
        }
    }

    /// What the tracker itself has let go of.
    fn close_decided(&mut self) {
        let failures = self.tracker.decided.take_midway_failures();
        self.midway_failures.extend(failures);
        self.closings.extend(self.tracker.decided.take_closings());
        if self.tracker.decided.is_empty() {
            return;
        }
        let watch = self.watch();
        let mut decided = std::mem::take(&mut self.decided);
        self.tracker.swap_decided(&mut decided);
        decided.drain(|decided| self.close(decided.attempt, &watch));
        self.decided = decided;
    }

    fn close_all(&mut self) {
        let watch = self.watch();
        self.close_decided();
        let mut left = Vec::new();
        self.tracker
            .finish(|decided| decided.drain(|one| left.push(one.attempt)));
        for attempt in left {
            self.close(attempt, &watch);
        }
        self.told.clear();
        self.due.clear();
    }

    fn close(&mut self, attempt: Attempt, watch: &Watch) {
        let before = self.told.remove(&attempt.id);
        if attempt.is_held {
            return;
        }
        let judgement = judge(&attempt, watch);
        let decided = DecidedAttempt { attempt, judgement };
        self.verdicts.push(Verdict::Closed { before, decided });
    }
}

/// So many attempts are let go of at once at the end: each takes more room as it goes than while it
/// is followed.
const CLOSED_AT_ONCE: usize = 4096;

/// Of each attempt it is remembered when to look at it for its SYN and for the answer; lone SYNs
/// are three times as many.
const REMEMBERED_PER_ATTEMPT: usize = 5;

/// A connection that was established long enough ago.
fn has_begun(attempt: &Attempt, watch: &Watch) -> bool {
    attempt
        .established_at
        .is_some_and(|since| watch.until.since(since) > WATCHED_WHEN_ESTABLISHED)
}

/// Tells an outcome that is another than the one told before. What is undecided, or known in part
/// only, may still become clear: it is told when the attempt is let go of.
fn tell_change<A: Addresses>(
    open: &OpenAttempt<'_, A>,
    watch: &Watch,
    told: &mut HashMap<AttemptId, Outcome, foldhash::fast::RandomState>,
    verdicts: &mut Vec<Verdict>,
) {
    if open.is_held() {
        return;
    }
    let outcome = open.judge(watch).outcome;
    let before = told.get(&open.id()).copied();
    let is_undecided = matches!(outcome, Outcome::Pending | Outcome::Partial);
    if is_undecided || before == Some(outcome) {
        return;
    }
    told.insert(open.id(), outcome);
    let decided = decided(open, watch);
    verdicts.push(match before {
        None => Verdict::Decided(decided),
        Some(before) => Verdict::Corrected { before, decided },
    });
}

fn decided<A: Addresses>(open: &OpenAttempt<'_, A>, watch: &Watch) -> DecidedAttempt {
    DecidedAttempt {
        attempt: open.whole().into_owned(),
        judgement: open.judge(watch),
    }
}
