//! Matches every packet to the attempt that it belongs to, and hands out attempts that can change
//! no more.

mod closings;
mod finish;
mod handing_out;
mod late;
mod live;
mod room;
mod settings;
mod unended;

use std::sync::Arc;

use super::attempt::{Attempt, AttemptId};
use super::decided::Decisions;
use super::filter_signs::{FilterSigns, FilteredOut};
use super::flow::Flow;
use super::flow_key::{FlowKey, Sought};
use super::flow_table::{FlowTable, Followed, OPEN_PER_FLOW, Place, State};
use super::meaning::Meaning;
use super::midway::Midway;
use super::on_icmp_error::on_icmp_error;
use super::on_reset::on_reset;
use super::on_segment::on_segment;
use super::on_syn::on_syn;
use super::on_syn_ack::on_syn_ack;
use super::outcome::{Outcome, Watch};
use super::place_index::Tag;
use super::regular::Taken;
use super::told::resolve_verdicts;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{
    AddressPairs, BatchEntry, Contexts, Direction, IcmpError, Observation, Row, RowBatch,
    RowDecoder, Segment, VerdictMark,
};
pub use finish::{Ending, Tracking, finish_all};
use handing_out::{hand_out, whole};
use late::{is_of_nothing, says_nothing_of_settled};
pub use live::{LiveTracker, Verdict};
use room::{SHORTEST_WAIT, is_over, is_syn_over, regular_over_after};
pub use settings::TrackerSettings;
pub use unended::Unended;

/// Follows all attempts of a capture.
///
/// Feed it with [`Self::observe_all`], in the order of the capture; collect with
/// [`Self::swap_decided`] what became certain, and with [`Self::finish`] the rest. Two trackers
/// that see the same packets give the same attempts.
#[derive(Debug)]
pub struct Tracker {
    settings: TrackerSettings,
    /// Whether attempts that go as nearly all do are kept as rows until something else is seen of
    /// them.
    keeps_rows: bool,
    contexts: Arc<Contexts>,
    flows: FlowTable,
    decided: Decisions,
    /// Room for the tags of packets that are observed together.
    upcoming: Vec<Tag>,
    latest: Timestamp,
    /// Until then no lone SYN is so old that it is over.
    no_syn_over_before: Timestamp,
    filter_signs: FilterSigns,
    duplicates: u64,
    set_aside_undecided: u64,
    /// Connections that had begun.
    midway: Midway,
    /// What the packet did that is being observed.
    change: Change,
}

/// What a packet did to the attempts of its 4-tuple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Change {
    /// Nothing, or nothing that could change how one stands.
    Nothing,
    /// One of them may stand otherwise now.
    Touched,
    /// One began with it.
    Began,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(settings: TrackerSettings) -> Self {
        Self::for_decoder(settings, &RowDecoder::default())
    }

    /// A tracker for the rows of this decoder: of all its flows, or of a part of them.
    pub fn for_decoder(settings: TrackerSettings, decoder: &RowDecoder) -> Self {
        let contexts = Arc::clone(decoder.contexts());
        let hasher = decoder.hasher().clone();
        Self {
            settings,
            keeps_rows: true,
            flows: FlowTable::new(Arc::clone(&contexts), hasher),
            decided: Decisions::of_contexts(&contexts),
            contexts,
            upcoming: Vec::new(),
            latest: Timestamp::EARLIEST,
            no_syn_over_before: Timestamp::EARLIEST,
            filter_signs: FilterSigns::default(),
            duplicates: 0,
            set_aside_undecided: 0,
            midway: Midway::default(),
            change: Change::Nothing,
        }
    }

    /// As [`Self::new`], where all attempts are kept in full: what the rows are held against.
    #[cfg(test)]
    pub(super) fn in_full(settings: TrackerSettings) -> Self {
        Self {
            keeps_rows: false,
            ..Self::new(settings)
        }
    }

    /// Takes note of the packets of a piece of the capture, and of its times.
    pub fn observe_batch(&mut self, batch: &RowBatch) {
        let mut upcoming = std::mem::take(&mut self.upcoming);
        let mut hashes = batch.hashes.chunks(EXPECTED_AT_ONCE);
        let mut left = 0;
        for entry in batch.entries() {
            match entry {
                BatchEntry::Row(row, hash, clock) => {
                    if left == 0 {
                        let next = hashes.next().unwrap_or_default();
                        upcoming.clear();
                        upcoming.extend(next.iter().copied().map(Tag::of));
                        self.flows.expect(&upcoming, self.latest);
                        left = next.len();
                    }
                    left = left.saturating_sub(1);
                    self.watched_until(clock);
                    self.observe_row(row, &batch.addresses, Tag::of(hash));
                }
                BatchEntry::Odd(odd) => {
                    self.watched_until(odd.clock);
                    self.observe_odd(&odd.observation, odd.place);
                }
            }
        }
        self.watched_until(batch.clock.end);
        self.upcoming = upcoming;
    }

    /// Takes note of packets, one after the other.
    pub fn observe_all(&mut self, packets: &[(Observation, PacketPlace)]) {
        for (observation, place) in packets {
            self.observe(observation, *place);
        }
    }

    /// Takes note of one packet.
    pub fn observe(&mut self, observation: &Observation, place: PacketPlace) {
        self.observe_change(observation, place);
    }

    /// As [`Self::observe`]; what the packet did.
    pub(super) fn observe_change(
        &mut self,
        observation: &Observation,
        place: PacketPlace,
    ) -> Change {
        self.change = Change::Nothing;
        let mut addresses = AddressPairs::default();
        let row = match observation {
            Observation::Segment(segment) => {
                Row::of_segment(segment, place, &self.contexts, &mut addresses)
            }
            Observation::IcmpError(error) => {
                Row::of_icmp_error(error, place, &self.contexts, &mut addresses)
            }
            _ => None,
        };
        match row.filter(|_| self.keeps_rows) {
            Some(row) => {
                let tag = self.flows.tag_of_row(&row, &addresses);
                self.observe_row(&row, &addresses, tag);
            }
            None => self.observe_odd(observation, place),
        }
        self.change
    }

    /// Takes note of a packet that has a row.
    fn observe_row(&mut self, row: &Row, addresses: &AddressPairs, tag: Tag) {
        self.watched_until(row.at());
        if !row.is_icmp_error() {
            self.filter_signs.note(row.flags());
        }
        let sought = Sought::of_row(row, addresses, tag);
        let found = self.flows.find(&sought);
        if let Some((place, _)) = found
            && row.flags().ends_connection()
            && !row.is_icmp_error()
        {
            self.note_closing(row, addresses, place);
        }
        let is_done = match found {
            Some((place, direction)) => self.goes_on((place, tag), row, direction),
            None if row.is_icmp_error() => false,
            None if row.flags().is_syn() => {
                self.make_room();
                self.flows.add_syn(tag, row, addresses);
                self.change = Change::Began;
                true
            }
            None => is_of_nothing(row),
        };
        if is_done {
            self.note_midway(row, addresses, found, None);
            return;
        }
        let found = found.map(|(place, _)| place);
        if row.is_icmp_error() {
            let error = row.icmp_error(&self.contexts, addresses);
            self.observe_icmp_error(&error, row.place(), &sought, found);
        } else {
            let segment = row.segment(&self.contexts, addresses);
            self.observe_segment(&segment, row.place(), &sought, found);
        }
    }

    /// Takes note of a packet that says what a row has no room for.
    fn observe_odd(&mut self, observation: &Observation, place: PacketPlace) {
        self.watched_until(place.at);
        match observation {
            Observation::Segment(segment) => {
                let mark = segment.ip.capture.verdict;
                if !mark.is_some_and(VerdictMark::is_log_record) {
                    self.filter_signs.note(segment.flags);
                }
                let key = FlowKey::between(segment.source, segment.destination);
                let sought = self.flows.sought(key);
                let found = self.flows.find(&sought);
                if let Some(mark) = mark
                    && segment.flags.is_rst()
                    && !mark.is_log_record()
                {
                    self.note_midway_words(segment, place, found, mark);
                }
                let found = found.map(|(place, _)| place);
                self.observe_segment(segment, place, &sought, found);
            }
            Observation::IcmpError(error) => {
                let key = FlowKey::between(error.quote.source, error.quote.destination);
                let sought = self.flows.sought(key);
                let found = self.flows.find(&sought).map(|(place, _)| place);
                self.observe_icmp_error(error, place, &sought, found);
            }
            _ => {}
        }
    }

    /// Holds a row against what is kept of its 4-tuple as rows; false when the rules for all
    /// packets must decide.
    fn goes_on(&mut self, (place, tag): (Place, Tag), row: &Row, direction: Direction) -> bool {
        match place.state() {
            State::Syn => {
                let until = self.over_at_the_earliest(row.at());
                self.change = Change::Touched;
                self.flows
                    .go_on_from_syn((place, tag), row, direction, until)
            }
            State::Regular => match self.flows.go_on(place, row, direction) {
                Taken::Regular => {
                    self.change = Change::Touched;
                    true
                }
                Taken::Settled => {
                    let watch = self.watch();
                    if let Some(followed) = self.flows.settle_regular(place) {
                        self.hand_out(followed, &watch);
                    }
                    true
                }
                Taken::Irregular => false,
            },
            State::Settled => {
                let syn = self.flows.syn(place);
                syn.is_some_and(|syn| says_nothing_of_settled(syn, row, direction))
            }
            State::Full => false,
        }
    }

    /// Takes note that the capture went on at least until `at`.
    pub fn watched_until(&mut self, at: Timestamp) {
        self.latest = self.latest.max(at);
    }

    /// Puts the attempts that became certain since the last call into `decided`, which gives its
    /// room for the next ones.
    pub fn swap_decided(&mut self, decided: &mut Decisions) {
        debug_assert!(decided.is_empty());
        std::mem::swap(&mut self.decided, decided);
        self.decided.adopt(&self.contexts);
    }

    /// Ends the capture: judges all attempts that are left, the oldest first, and gives them away,
    /// some at a time: whoever gets them leaves none.
    pub fn finish(&mut self, mut give: impl FnMut(&mut Decisions)) {
        let mut left = [Unended::taken_from(self)];
        let ending = Ending::of(&left, true);
        finish_all(&mut left, &ending, |_, decided| give(decided));
        let [left] = left;
        // What is no attempt is still to be taken.
        self.decided = left.decided;
    }

    /// Judges an attempt and gives it away; how it ended.
    fn hand_out(&mut self, followed: Followed, watch: &Watch) -> Option<Outcome> {
        let ended = hand_out(followed, watch, &mut self.decided);
        self.filter_signs.has_established |= ended == Some(Outcome::Established);
        ended
    }

    /// What its packets were wrapped in, and what the capture says of them.
    pub fn contexts(&self) -> &Arc<Contexts> {
        &self.contexts
    }

    /// How many packets of handshakes were captured again.
    pub fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// How many attempts were handed out undecided because there were too many.
    pub fn set_aside_undecided(&self) -> u64 {
        self.set_aside_undecided
    }

    /// The capture leaves out the third step of handshakes, whatever it looks like.
    pub fn leave_out_third_step(&mut self) {
        self.filter_signs.is_left_out = true;
    }

    /// Whether the capture can show the third step of a handshake: false when it was filtered to
    /// SYN, FIN and RST.
    pub fn shows_third_step(&self) -> bool {
        self.filter_signs.shows_third_step()
    }

    fn watch(&self) -> Watch {
        Watch {
            until: self.latest,
            patience: self.settings.patience,
            shows_third_step: self.filter_signs.shows_third_step(),
            left_out: FilteredOut::Nothing,
            slow: self.settings.slow,
        }
    }

    fn observe_segment(
        &mut self,
        segment: &Segment,
        place: PacketPlace,
        sought: &Sought<'_>,
        found: Option<Place>,
    ) {
        let flags = segment.flags;
        let patience = self.settings.patience;
        let rule: &dyn Fn(&mut Flow) -> Meaning = if flags.is_rst() {
            &|flow| on_reset(flow, segment, place, patience)
        } else if flags.is_syn() {
            &|flow| on_syn(flow, segment, place, patience)
        } else if flags.is_syn_ack() {
            &|flow| on_syn_ack(flow, segment, place, patience)
        } else {
            &|flow| on_segment(flow, segment, place)
        };
        self.change = self.change.max(Change::Touched);
        match found.and_then(|found| self.flows.flow_in_full(sought, found)) {
            Some(flow) => {
                let meaning = rule(flow);
                if segment.ip.capture.verdict.is_some() {
                    resolve_verdicts(flow, &self.contexts);
                }
                let settled = flow
                    .open
                    .iter()
                    .find(|attempt| attempt.is_settled())
                    .map(|attempt| attempt.id);
                if meaning == Meaning::New {
                    self.begin(sought, segment, place, rule);
                }
                self.duplicates += u64::from(meaning == Meaning::Duplicate);
                if let Some(id) = settled {
                    self.settle(sought, id);
                }
            }
            None => self.begin(sought, segment, place, rule),
        }
        let is_probe = !flags.has_ack() && !flags.is_rst() && !flags.is_syn();
        if is_probe {
            self.flows.note_probe(sought);
        }
    }

    fn observe_icmp_error(
        &mut self,
        error: &IcmpError,
        place: PacketPlace,
        sought: &Sought<'_>,
        found: Option<Place>,
    ) {
        self.change = self.change.max(Change::Touched);
        let meaning = match found.and_then(|found| self.flows.flow_in_full(sought, found)) {
            Some(flow) => {
                let meaning = on_icmp_error(flow, error, place);
                resolve_verdicts(flow, &self.contexts);
                meaning
            }
            None => Meaning::New,
        };
        self.duplicates += u64::from(meaning == Meaning::Duplicate);
        let sequence = error
            .quote
            .sequence
            .filter(|_| super::on_icmp_error::shows_a_syn(error));
        if let (Meaning::New, Some(sequence)) = (meaning, sequence) {
            let ends = (error.quote.source, error.quote.destination);
            let answered = sequence.plus(1);
            let attempt = Attempt::of_answer(ends, error.encapsulation, answered, place);
            self.follow(sought, attempt);
            if let Some(flow) = self.flows.flow(sought) {
                on_icmp_error(flow, error, place);
                resolve_verdicts(flow, &self.contexts);
            }
        }
    }

    /// Begins an attempt with a segment that belongs to none: with a SYN, or with the answer to one
    /// not captured.
    fn begin(
        &mut self,
        sought: &Sought<'_>,
        segment: &Segment,
        place: PacketPlace,
        rule: &dyn Fn(&mut Flow) -> Meaning,
    ) {
        let flags = segment.flags;
        if flags.is_syn() {
            self.follow(sought, Attempt::of_syn(segment, place));
        } else if flags.is_syn_ack() || (flags.is_rst() && super::on_reset::answers_a_syn(segment))
        {
            let ends = (segment.destination, segment.source);
            let answered = segment.acknowledgment;
            let mut attempt = Attempt::of_answer(ends, segment.encapsulation, answered, place);
            let has_other_packets = self
                .flows
                .flow(sought)
                .is_some_and(|flow| flow.has_known_syn());
            attempt.is_held = flags.is_rst() && has_other_packets;
            self.follow(sought, attempt);
            self.flows.flow(sought).map(rule);
        }
        if segment.ip.capture.verdict.is_some()
            && let Some(flow) = self.flows.flow(sought)
        {
            resolve_verdicts(flow, &self.contexts);
        }
    }

    /// An attempt with a packet at `latest` is not over before.
    fn over_at_the_earliest(&self, latest: Timestamp) -> Timestamp {
        latest.after(SHORTEST_WAIT + self.settings.patience)
    }

    fn follow(&mut self, sought: &Sought<'_>, attempt: Attempt) {
        if self
            .flows
            .flow(sought)
            .is_some_and(|flow| flow.open.len() >= OPEN_PER_FLOW)
        {
            self.flows.park_oldest_of(sought);
        }
        self.make_room();
        self.flows.add(sought, attempt);
        self.change = Change::Began;
    }

    fn settle(&mut self, sought: &Sought<'_>, id: AttemptId) {
        let settled = self.flows.settle(sought, id).map(Followed::Attempt);
        let watch = self.watch();
        settled.and_then(|settled| self.hand_out(settled, &watch));
    }
}

/// For how many packets memory is asked for at once: what they need shall fit the nearest cache.
const EXPECTED_AT_ONCE: usize = 128;
