//! Matches every packet to the attempt that it belongs to, and hands out attempts that can change no more.

mod live;

use std::time::Duration;

use super::answer_from_elsewhere::OrphanedAnswers;
use super::attempt::{Attempt, AttemptId};
use super::brief::Brief;
use super::decided::{Decided, DecidedAttempt, DecidedBrief, DecidedLoneSyn, Decisions};
use super::flow::Flow;
use super::flow_key::{FlowKey, TaggedKey};
use super::flow_table::{FlowTable, Followed, OPEN_PER_FLOW};
use super::lone_syn::LoneSyn;
use super::meaning::Meaning;
use super::on_icmp_error::on_icmp_error;
use super::on_reset::on_reset;
use super::on_segment::on_segment;
use super::on_syn::on_syn;
use super::on_syn_ack::on_syn_ack;
use super::outcome::{Watch, judge};
use super::place_index::Tag;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{IcmpError, Observation, Segment, TcpFlags};
pub use live::{LiveTracker, Verdict};

/// What bounds the tracker, and what shapes its verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackerSettings {
    /// For how long silence must be watched before it means something.
    pub patience: Duration,
    /// How many undecided attempts are followed at once; of more, the oldest is handed out as it stands. Of attempts known by
    /// nothing but one SYN, which take little room, three times as many.
    pub open_attempts: usize,
}

impl Default for TrackerSettings {
    /// 3 s; a million attempts.
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(3),
            open_attempts: 1_000_000,
        }
    }
}

/// Follows all attempts of a capture.
///
/// Feed it with [`Self::observe_all`], in the order of the capture; collect with [`Self::swap_decided`] what became
/// certain, and with [`Self::finish`] the rest. Two trackers that see the same packets give the same attempts.
#[derive(Debug)]
pub struct Tracker {
    settings: TrackerSettings,
    /// Whether attempts that fail as most do are kept in brief until something else is seen of them.
    keeps_brief: bool,
    /// When so many attempts are followed, those with a SYN-ACK are among them.
    accepted_in_brief_from: usize,
    flows: FlowTable,
    decided: Decisions,
    /// Room for what is known beforehand of packets that are observed together.
    upcoming: Upcoming,
    next_id: u64,
    latest: Timestamp,
    filter_signs: FilterSigns,
    copies: u64,
    set_aside_undecided: u64,
}

impl Tracker {
    /// A tracker that has seen nothing.
    pub fn new(settings: TrackerSettings) -> Self {
        Self {
            settings,
            keeps_brief: true,
            accepted_in_brief_from: ACCEPTED_IN_FULL,
            flows: FlowTable::new(),
            decided: Decisions::default(),
            upcoming: Upcoming::default(),
            next_id: 1,
            latest: Timestamp::EARLIEST,
            filter_signs: FilterSigns::default(),
            copies: 0,
            set_aside_undecided: 0,
        }
    }

    /// As [`Self::new`], for what asks for attempts while they are followed: all are kept in full, but for lone SYNs.
    pub(super) fn in_full(settings: TrackerSettings) -> Self {
        Self {
            keeps_brief: false,
            ..Self::new(settings)
        }
    }

    /// As [`Self::new`], where all that may be kept in brief is, however few attempts are followed.
    #[cfg(test)]
    pub(super) fn in_brief(settings: TrackerSettings) -> Self {
        Self {
            accepted_in_brief_from: 0,
            ..Self::new(settings)
        }
    }

    /// Takes note of packets: of their times, whatever they are, and of what they say about connects.
    ///
    /// A hundred at once is a good measure: what is known of their 4-tuples is then brought into the cache for all together,
    /// before it is needed.
    pub fn observe_all(&mut self, packets: &[(Observation, PacketPlace)]) {
        let mut upcoming = std::mem::take(&mut self.upcoming);
        let keys = packets.iter().map(|(observation, _)| key_of(observation));
        let keys = keys.map(|key| key.map(|key| self.flows.tagged(key)));
        upcoming.keys.clear();
        upcoming.keys.extend(keys);
        upcoming.tags.clear();
        let tags = upcoming.keys.iter().flatten().map(TaggedKey::tag);
        upcoming.tags.extend(tags);
        self.flows.expect(&upcoming.tags, self.latest);
        for ((observation, place), at) in packets.iter().zip(&upcoming.keys) {
            self.observe_at(observation, *place, *at);
        }
        self.upcoming = upcoming;
    }

    /// Takes note of one packet.
    pub fn observe(&mut self, observation: &Observation, place: PacketPlace) {
        let at = key_of(observation).map(|key| self.flows.tagged(key));
        self.observe_at(observation, place, at);
    }

    fn observe_at(&mut self, observation: &Observation, place: PacketPlace, at: Option<TaggedKey>) {
        self.latest = self.latest.max(place.at);
        match (observation, at) {
            (Observation::Segment(segment), Some(at)) => self.observe_segment(segment, place, at),
            (Observation::IcmpError(error), Some(at)) => {
                self.observe_icmp_error(error, place, at);
            }
            _ => {}
        }
    }

    /// Takes note that the capture went on at least until `at`.
    pub fn watched_until(&mut self, at: Timestamp) {
        self.latest = self.latest.max(at);
    }

    /// Puts the attempts that became certain since the last call into `decided`, which gives its room for the next ones.
    pub fn swap_decided(&mut self, decided: &mut Decisions) {
        debug_assert!(decided.is_empty());
        std::mem::swap(&mut self.decided, decided);
    }

    /// Ends the capture: judges all attempts that are left, and gives them away one by one.
    pub fn finish(&mut self, mut give: impl FnMut(Decided)) {
        let watch = self.watch();
        let briefs = self.flows.briefs().filter(|brief| brief.is_unanswered());
        let syns = self.flows.lone().chain(briefs.map(|brief| &brief.syn));
        let mut orphans = OrphanedAnswers::among(|| self.flows.open_attempts(), syns);
        self.flows.find_nothing_more();
        let mut perhaps_linked = Vec::new();
        let decided_lone = |syn: LoneSyn, orphans: &mut OrphanedAnswers| {
            if orphans.has_some() {
                let mut attempt = syn.attempt();
                orphans.link_to(&mut attempt);
                judged(attempt, &watch)
            } else {
                Decided::LoneSyn(DecidedLoneSyn::of(syn, &watch))
            }
        };
        loop {
            let next = self.flows.oldest_followed();
            let is_before = |syn: &LoneSyn| next.is_none_or(|next| syn.id() < next);
            while let Some(syn) = self.flows.take_lone_if(is_before) {
                give(decided_lone(syn, &mut orphans));
            }
            let mut attempt = match self.flows.take_oldest() {
                None => break,
                Some(Followed::Brief(brief)) if !orphans.has_some() => {
                    give(Decided::Brief(DecidedBrief::of(brief, &watch)));
                    continue;
                }
                Some(followed) => followed.whole(),
            };
            orphans.link_to(&mut attempt);
            if orphans.may_be_linked(&attempt) {
                perhaps_linked.push(attempt);
            } else if !attempt.is_held {
                give(judged(attempt, &watch));
            }
        }
        perhaps_linked
            .into_iter()
            .filter(|attempt| !orphans.is_linked(attempt))
            .for_each(|attempt| give(judged(attempt, &watch)));
    }

    /// How many packets of handshakes were captured again.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// How many attempts were handed out undecided because there were too many.
    pub fn set_aside_undecided(&self) -> u64 {
        self.set_aside_undecided
    }

    /// The capture leaves out the third step of handshakes, whatever it looks like.
    pub fn leave_out_third_step(&mut self) {
        self.filter_signs.is_left_out = true;
    }

    /// Whether the capture can show the third step of a handshake: false when it was filtered to SYN, FIN and RST.
    pub fn shows_third_step(&self) -> bool {
        self.filter_signs.shows_third_step()
    }

    fn watch(&self) -> Watch {
        Watch {
            until: self.latest,
            patience: self.settings.patience,
            shows_third_step: self.filter_signs.shows_third_step(),
        }
    }

    fn observe_segment(&mut self, segment: &Segment, place: PacketPlace, at: TaggedKey) {
        let flags = segment.flags;
        self.filter_signs.note(flags);
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
        let found = self.flows.place(at);
        if let Some(found) = found.filter(|_| self.keeps_brief) {
            let until = self.over_at_the_earliest(place.at);
            let keeps_accepted = self.flows.followed_count() >= self.accepted_in_brief_from;
            if self
                .flows
                .goes_on_in_brief(at, found, (segment, place), until, keeps_accepted)
            {
                return;
            }
        }
        match found.and_then(|found| self.flows.flow(at, found)) {
            Some(flow) => {
                let meaning = rule(flow);
                let settled = flow
                    .open
                    .iter()
                    .find(|attempt| attempt.is_settled())
                    .map(|attempt| attempt.id);
                if meaning == Meaning::New {
                    self.begin(at, segment, place, rule);
                }
                self.copies += u64::from(meaning == Meaning::Copy);
                if let Some(id) = settled {
                    self.settle(at, id);
                }
            }
            None if flags.is_syn() => self.begin_lone(at, segment, place),
            None => self.begin(at, segment, place, rule),
        }
        let is_probe = !flags.has_ack() && !flags.is_rst() && !flags.is_syn();
        if is_probe {
            self.flows.note_probe(at);
        }
    }

    fn observe_icmp_error(&mut self, error: &IcmpError, place: PacketPlace, at: TaggedKey) {
        let found = self.flows.place(at);
        if let Some(found) = found.filter(|_| self.keeps_brief) {
            let until = self.over_at_the_earliest(place.at);
            if self
                .flows
                .is_rejected_in_brief(at, found, (error, place), until)
            {
                return;
            }
        }
        let meaning = match found.and_then(|found| self.flows.flow(at, found)) {
            Some(flow) => on_icmp_error(flow, error, place),
            None => Meaning::New,
        };
        self.copies += u64::from(meaning == Meaning::Copy);
        let sequence = error
            .quote
            .sequence
            .filter(|_| super::on_icmp_error::shows_a_syn(error));
        if let (Meaning::New, Some(sequence)) = (meaning, sequence) {
            let ends = (error.quote.source, error.quote.destination);
            let attempt = Attempt::of_answer(
                self.new_id(),
                ends,
                error.encapsulation,
                sequence.plus(1),
                place,
            );
            self.follow(at, attempt);
            if let Some(flow) = self.flows.get_mut(at) {
                on_icmp_error(flow, error, place);
            }
        }
    }

    /// Begins an attempt with a segment that belongs to none: with a SYN, or with the answer to one not captured.
    fn begin(
        &mut self,
        at: TaggedKey,
        segment: &Segment,
        place: PacketPlace,
        rule: &dyn Fn(&mut Flow) -> Meaning,
    ) {
        let flags = segment.flags;
        if flags.is_syn() {
            let attempt = Attempt::of_syn(self.new_id(), segment, place);
            self.follow(at, attempt);
        } else if flags.is_syn_ack() || (flags.is_rst() && super::on_reset::answers_a_syn(segment))
        {
            let ends = (segment.destination, segment.source);
            let id = self.new_id();
            let answered = segment.acknowledgment;
            let mut attempt = Attempt::of_answer(id, ends, segment.encapsulation, answered, place);
            let has_other_packets = self
                .flows
                .get_mut(at)
                .is_some_and(|flow| flow.has_known_syn());
            attempt.is_held = flags.is_rst() && has_other_packets;
            self.follow(at, attempt);
            self.flows.get_mut(at).map(rule);
        }
    }

    /// Begins an attempt on a 4-tuple of which nothing is known: most of a flood are never heard of again.
    fn begin_lone(&mut self, at: TaggedKey, segment: &Segment, place: PacketPlace) {
        let id = self.new_id();
        match LoneSyn::of(id, segment, place) {
            Some(syn) => {
                self.make_room();
                self.flows.add_lone(at.tag(), syn);
            }
            None => self.follow(at, Attempt::of_syn(id, segment, place)),
        }
    }

    /// An attempt with a packet at `latest` is not over before.
    fn over_at_the_earliest(&self, latest: Timestamp) -> Timestamp {
        latest.after(SHORTEST_WAIT + self.settings.patience)
    }

    fn new_id(&mut self) -> AttemptId {
        let id = AttemptId(self.next_id);
        self.next_id += 1;
        id
    }

    fn follow(&mut self, at: TaggedKey, attempt: Attempt) {
        if self
            .flows
            .get_mut(at)
            .is_some_and(|flow| flow.open.len() >= OPEN_PER_FLOW)
        {
            self.flows.park_oldest_of(at);
        }
        self.make_room();
        self.flows.add(at, attempt);
    }

    /// Keeps the number of open attempts within its bounds before one more comes.
    fn make_room(&mut self) {
        let bound = self.settings.open_attempts;
        if self.flows.lone_count() >= bound.saturating_mul(LONE_SYNS_PER_ATTEMPT) {
            self.hand_out_lone_early();
        }
        if self.flows.followed_count() >= bound {
            if self.flows.is_oldest_lone() {
                self.hand_out_lone_early();
            } else {
                let oldest = self.flows.take_oldest();
                self.hand_out_early(oldest);
            }
        }
        if self.flows.lone_count() >= FOLLOWED_TO_THE_END {
            self.hand_out_lone_if_over();
        }
        if self.flows.followed_count() >= FOLLOWED_TO_THE_END {
            for _ in 0..LOOKED_AT_WITH_EACH_NEW {
                self.hand_out_if_over();
            }
        }
    }

    /// Where many are open, hands one out that has failed and of which nothing was heard for so long that nothing more is
    /// to be expected.
    fn hand_out_if_over(&mut self) {
        let watch = self.watch();
        let is_over = |attempt: &Attempt| is_over(attempt, &watch);
        let over_after = |attempt: &Attempt| over_after(attempt, &watch);
        let brief_over_after =
            |brief: &Brief| silent_until(brief.syn.at(), brief.latest_at(), &watch);
        let flows = &mut self.flows;
        let over = flows.take_if(watch.until, is_over, over_after, brief_over_after);
        match over {
            Some(Followed::Attempt(attempt)) if !attempt.is_held => {
                self.decided.push(judged(attempt, &watch));
            }
            Some(Followed::Brief(brief)) => {
                self.decided.push_brief(DecidedBrief::of(brief, &watch));
            }
            _ => {}
        }
    }

    /// The same for a lone SYN: they are over in the order in which they came. Two at a time, so that their number falls.
    fn hand_out_lone_if_over(&mut self) {
        let watch = self.watch();
        let is_over = |syn: &LoneSyn| watch.until.since(syn.at()) > SHORTEST_WAIT + watch.patience;
        for _ in 0..LOOKED_AT_WITH_EACH_NEW {
            let Some(syn) = self.flows.take_lone_if(is_over) else {
                return;
            };
            self.decided.push_lone(DecidedLoneSyn::of(syn, &watch));
        }
    }

    fn settle(&mut self, at: TaggedKey, id: AttemptId) {
        let Some(attempt) = self.flows.settle(at, id) else {
            return;
        };
        self.decided.push(judged(attempt, &self.watch()));
    }

    /// Judges an attempt before its time, to make room.
    fn hand_out_early(&mut self, followed: Option<Followed>) {
        let attempt = match followed {
            Some(Followed::Attempt(attempt)) if !attempt.is_held => attempt,
            Some(Followed::Brief(brief)) => {
                let brief = DecidedBrief::of(brief, &self.watch());
                self.set_aside_undecided += u64::from(brief.outcome() == super::Outcome::Pending);
                self.decided.push_brief(brief);
                return;
            }
            _ => return,
        };
        let judgement = judge(&attempt, &self.watch());
        self.set_aside_undecided += u64::from(judgement.outcome == super::Outcome::Pending);
        let decided = DecidedAttempt { attempt, judgement };
        self.decided.push(Decided::Attempt(decided));
    }

    /// The same for the oldest lone SYN.
    fn hand_out_lone_early(&mut self) {
        if let Some(syn) = self.flows.take_lone_if(|_| true) {
            let lone = DecidedLoneSyn::of(syn, &self.watch());
            self.set_aside_undecided += u64::from(lone.outcome() == super::Outcome::Pending);
            self.decided.push_lone(lone);
        }
    }
}

/// What is known beforehand of packets that are observed together.
#[derive(Debug, Default)]
struct Upcoming {
    keys: Vec<Option<TaggedKey>>,
    tags: Vec<Tag>,
}

fn judged(attempt: Attempt, watch: &Watch) -> Decided {
    let judgement = judge(&attempt, watch);
    Decided::Attempt(DecidedAttempt { attempt, judgement })
}

/// The 4-tuple that a packet is about.
fn key_of(observation: &Observation) -> Option<FlowKey> {
    match observation {
        Observation::Segment(segment) => {
            Some(FlowKey::between(segment.source, segment.destination))
        }
        Observation::IcmpError(error) => Some(FlowKey::between(
            error.quote.source,
            error.quote.destination,
        )),
        _ => None,
    }
}

/// So many lone SYNs more than other attempts are followed: in a flood of one each microsecond, all of the last 3 s.
const LONE_SYNS_PER_ATTEMPT: usize = 3;

/// While fewer attempts are followed, those with a SYN-ACK are kept in full: nearly all go on at once. In a flood of which a part
/// is answered there are soon more.
const ACCEPTED_IN_FULL: usize = 1 << 14;

/// So many open attempts are followed to the end of the capture, whatever becomes of them.
const FOLLOWED_TO_THE_END: usize = 1 << 16;

/// Of more, so many are looked at with every new one: all in turn, sooner than their number doubles.
const LOOKED_AT_WITH_EACH_NEW: usize = 2;

/// After this long without a packet nothing more is to be expected of a failed attempt whose SYN was sent once: Linux, macOS
/// and Windows repeat it after 1 s, older systems after 3 s.
const SHORTEST_WAIT: Duration = Duration::from_secs(15);

/// The pauses between SYNs double: the next comes within this many times the time since the first.
const LONGEST_PAUSE: u32 = 3;

/// Whether the attempt has failed, and its client must have given up: so long it has been silent.
fn is_over(attempt: &Attempt, watch: &Watch) -> bool {
    attempt.established_at.is_none() && watch.until > over_after(attempt, watch)
}

/// Until then its client may go on. Further packets put that off (but for a SYN that stands behind several of its answers, by a
/// few seconds, which does not matter here).
fn over_after(attempt: &Attempt, watch: &Watch) -> Timestamp {
    silent_until(attempt.started_at(), attempt.latest_at, watch)
}

/// How long an attempt must have been silent whose packets were captured between `started` and `latest`.
fn silent_until(started: Timestamp, latest: Timestamp, watch: &Watch) -> Timestamp {
    let lasted = latest.since(started);
    let wait = SHORTEST_WAIT.max(lasted.saturating_mul(LONGEST_PAUSE)) + watch.patience;
    latest.after(wait)
}

/// What tells a capture that was filtered to SYN, FIN and RST, as people do: all segments have one of these, and FINs
/// are among them.
#[derive(Clone, Copy, Debug, Default)]
struct FilterSigns {
    has_other_segments: bool,
    has_fin: bool,
    is_left_out: bool,
}

impl FilterSigns {
    fn note(&mut self, flags: TcpFlags) {
        let is_control = flags.is_rst() || flags.has_fin() || flags.contains(TcpFlags::SYN);
        self.has_other_segments |= !is_control;
        // A FIN without ACK is a scanner's, not the end of a connection.
        self.has_fin |= flags.has_fin() && flags.has_ack();
    }

    fn shows_third_step(self) -> bool {
        !self.is_left_out && (self.has_other_segments || !self.has_fin)
    }
}
