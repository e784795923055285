//! Diagnosis while the packets pass: each attempt by what was seen so far, findings over a sliding
//! time, totals of all.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use super::all_attempts::Diagnosis;
use super::capture_quality::CaptureQuality;
use super::comparison::{Comparison, Hit};
use super::diagnosed_attempt::DiagnosedAttempt;
use super::diagnostician::Diagnostician;
use super::explainer::explained;
use super::names::Names;
use super::noise::NoiseFilter;
use super::outcome_counts::OutcomeCounts;
use super::selection::Selection;
use super::testimony::Testimony;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Answering, Contexts, Observation};
use crate::handshake::{AttemptId, Closing, DecidedAttempt, MidwayFailure, Outcome};

/// As [`Diagnostician`], for a watch that may last for days, in bounded memory.
///
/// What attempts are compared with is kept in two generations, both fed with everything. When the
/// younger has lasted for the window, it takes the place of the older, and a new one begins: what
/// is used covers the window at least, and twice the window at most. Of that, findings are made
/// from the window alone. Totals and servers are kept from the start on; who was known to scan,
/// flood or be forged is remembered, so that what has left the window stays folded.
#[derive(Clone, Debug)]
pub struct LiveDiagnostician {
    window: Duration,
    /// Totals, and the older generation.
    kept: Diagnostician,
    younger: Comparison,
    younger_since: Option<Timestamp>,
    /// Since when the generations were fed, older and younger; `None` while that is from the start
    /// on.
    fed_since: (Option<Timestamp>, Option<Timestamp>),
    noise: NoiseFilter,
}

impl LiveDiagnostician {
    /// For the selected attempts; lists the latest so many of them, and makes findings over the
    /// last `window`.
    pub fn new(selection: Selection, listed_attempts: usize, window: Duration) -> Self {
        let mut kept = Diagnostician::new(selection, Some(listed_attempts));
        kept.attempts.keep_latest();
        Self {
            window,
            kept,
            younger: Comparison::default(),
            younger_since: None,
            fed_since: (None, None),
            noise: NoiseFilter::default(),
        }
    }

    /// Takes note of a packet: who is there, who is asked for.
    pub fn observe(&mut self, observation: &Observation) {
        self.kept.comparison.observe(observation);
        self.younger.observe(observation);
    }

    /// Takes note of two hosts that answer for one port.
    pub fn observe_answering(&mut self, answering: Answering) {
        self.kept.comparison.observe_answering(answering);
        self.younger.observe_answering(answering);
    }

    /// Takes note of a packet that is a record of a filter's log, if it is one.
    pub fn observe_record(
        &mut self,
        observation: &Observation,
        place: PacketPlace,
        contexts: &Contexts,
    ) {
        let selection = &self.kept.selection;
        for comparison in [&mut self.kept.comparison, &mut self.younger] {
            let is_meant = |hit: &Hit| selection.includes_record(hit, place.at);
            comparison.note_record(observation, place, contexts, is_meant);
        }
    }

    /// The addresses of the host that captures: at which side that is, and that it lives, needs no
    /// guess then.
    pub fn take_addresses(&mut self, addresses: &[IpAddr]) {
        self.kept
            .comparison
            .take_addresses(addresses.iter().copied());
        self.younger.take_addresses(addresses.iter().copied());
    }

    /// An attempt was decided: from now on others are compared with it.
    pub fn note(&mut self, decided: &DecidedAttempt) {
        for comparison in [&mut self.kept.comparison, &mut self.younger] {
            if comparison.has_too_much() {
                comparison.make_room();
            }
            comparison.add_open(decided);
        }
    }

    /// Later evidence changed what was noted of an attempt.
    pub fn revise(&mut self, before: Outcome, decided: &DecidedAttempt) {
        self.kept.comparison.revise(before, decided);
        self.younger.revise(before, decided);
    }

    /// Takes what is known of an attempt from elsewhere than packets, in place of what was before:
    /// to be called before it is explained.
    pub fn testify(&mut self, attempt: AttemptId, testimony: Vec<Testimony>) {
        self.kept.testimonies.take(attempt, testimony);
    }

    /// Takes what is known of the host that captures as a whole, in order of time, in place of what
    /// was before.
    pub fn testify_of_host(&mut self, testimony: Vec<Testimony>) {
        self.kept.testimonies.take_of_host(testimony);
    }

    /// Takes note that a connection ended.
    pub fn note_closing(&mut self, closing: Closing) {
        for comparison in [&mut self.kept.comparison, &mut self.younger] {
            comparison.note_closing(closing);
        }
    }

    /// Counts a connection that failed midway: no attempt.
    pub fn add_midway_failure(&mut self, failure: MidwayFailure) {
        self.kept.add_midway_failure(failure);
    }

    /// An attempt is over: it counts from now on.
    pub fn close(&mut self, decided: DecidedAttempt) {
        if self.kept.endpoints.has_too_much() {
            self.kept.endpoints.make_room();
        }
        count(&mut self.kept, decided, self.fed_since.0, &self.noise);
    }

    /// Whether the report is about this attempt, and lists those that ended so.
    pub fn is_asked_for(&self, decided: &DecidedAttempt) -> bool {
        let selection = &self.kept.selection;
        selection.includes(decided) && selection.lists(decided)
    }

    /// Whether the report is about this attempt.
    pub fn includes(&self, decided: &DecidedAttempt) -> bool {
        self.kept.selection.includes(decided)
    }

    /// Whether the attempt looks like part of a scan or flood, by what is known so far.
    pub fn may_be_noise(&self, decided: &DecidedAttempt) -> bool {
        self.kept.selection.clients.is_empty() && self.kept.comparison.may_be_noise(decided)
    }

    /// Explains an attempt by what was seen so far.
    pub fn explain(
        &mut self,
        decided: DecidedAttempt,
        quality: &CaptureQuality,
    ) -> DiagnosedAttempt {
        let comparison = &mut self.kept.comparison;
        comparison.settle_service(decided.attempt.server, quality);
        let testimony = self.kept.testimonies.of_attempt(decided.attempt.id);
        explained(decided, comparison, &self.noise, testimony)
    }

    /// Looks at everything together, which takes a while: to be called every few seconds. Lets go
    /// of what is older than needed. `open` tells which attempts are still followed; it is seldom
    /// asked.
    pub fn refresh(&mut self, now: Timestamp, open: impl FnOnce() -> HashSet<AttemptId>) {
        let since = *self.younger_since.get_or_insert(now);
        self.kept.comparison.gather();
        self.younger.gather();
        // A clock that was set back starts the time anew.
        if now < since || now.since(since) >= self.window {
            self.fold_what_only_the_older_knows(&open());
            self.fed_since = (self.fed_since.1, Some(now));
            let mut next = Comparison::default();
            next.inherit_names(self.kept.comparison.names(), self.younger.names());
            next.inherit_addresses(&self.younger);
            self.kept.comparison = std::mem::replace(&mut self.younger, next);
            self.younger_since = Some(now);
            self.kept.endpoints.let_go(now.before(self.window));
        }
        self.kept.comparison.compare_failures();
        let noise = NoiseFilter::of(&self.kept.comparison, &self.kept.selection);
        noise.remember_in(&mut self.kept.past_noise, now);
        self.noise = noise.with_past(self.kept.past_noise.clone());
    }

    /// Noise stays out of the counts of servers when the attempts are forgotten by which it is
    /// known. Those that are open are not in the counts yet.
    fn fold_what_only_the_older_knows(&mut self, open: &HashSet<AttemptId>) {
        let kept = &mut self.kept;
        let noise = NoiseFilter::of(&kept.comparison, &kept.selection);
        let services = self.younger.services().into_iter();
        let young: HashSet<AttemptId, foldhash::fast::RandomState> = services
            .flat_map(|(_, history)| history.moments().iter().map(|moment| moment.id))
            .collect();
        kept.endpoints
            .fold_forgotten(&kept.comparison, &noise, |_, moment| {
                !young.contains(&moment.id) && !open.contains(&moment.id)
            });
    }

    /// The names that DNS answers gave to addresses.
    pub fn names(&self) -> &Names {
        self.kept.comparison.names()
    }

    /// How the attempts that are over have ended.
    pub fn outcomes(&self) -> &OutcomeCounts {
        &self.kept.outcomes
    }

    /// As [`Self::diagnosis`], without attempts listed singly: of many these are what takes long.
    /// `open` gives the attempts that are still followed, in no order, and whether each was noted;
    /// those that are undecided say nothing here.
    pub fn overview(
        &self,
        open: impl FnOnce(&mut dyn FnMut(DecidedAttempt, bool)),
        quality: &CaptureQuality,
        now: Timestamp,
    ) -> Diagnosis {
        let mut report = self.kept.without_attempts();
        open(&mut |decided, was_noted| {
            if decided.judgement.outcome != Outcome::Pending {
                self.add_open(&mut report, decided, was_noted);
            }
        });
        self.conclude(report, quality, now)
    }

    /// What everything says up to `now`, with so many of the latest attempts at most; `open` are
    /// the attempts that are still followed, and whether each was noted.
    pub fn diagnosis(
        &self,
        open: impl IntoIterator<Item = (DecidedAttempt, bool)>,
        quality: &CaptureQuality,
        now: Timestamp,
        listed_attempts: usize,
    ) -> Diagnosis {
        let mut kept = self.kept.clone();
        kept.attempts.list_at_most(listed_attempts);
        self.concluded(kept, open, quality, now)
    }

    /// As [`Self::diagnosis`], with what an evidence capture of so many of the latest failures is
    /// made of, and no other list.
    pub fn for_evidence(
        &self,
        open: impl IntoIterator<Item = (DecidedAttempt, bool)>,
        quality: &CaptureQuality,
        now: Timestamp,
        attempts: usize,
    ) -> Diagnosis {
        let mut kept = self.kept.clone();
        kept.attempts.list_at_most(0);
        kept.attempts.keep_for_evidence(attempts);
        self.concluded(kept, open, quality, now)
    }

    fn concluded(
        &self,
        mut report: Diagnostician,
        open: impl IntoIterator<Item = (DecidedAttempt, bool)>,
        quality: &CaptureQuality,
        now: Timestamp,
    ) -> Diagnosis {
        for (decided, was_noted) in open {
            self.add_open(&mut report, decided, was_noted);
        }
        self.conclude(report, quality, now)
    }

    /// Counts an attempt that is still followed.
    fn add_open(&self, report: &mut Diagnostician, decided: DecidedAttempt, was_noted: bool) {
        if !was_noted {
            report.comparison.add(&decided);
        }
        let forgotten_before = self.fed_since.0.filter(|_| was_noted);
        count(report, decided, forgotten_before, &self.noise);
    }

    /// What is older than the window is left out of what others are compared with; noise that is
    /// known by it stays noise.
    fn conclude(
        &self,
        mut report: Diagnostician,
        quality: &CaptureQuality,
        now: Timestamp,
    ) -> Diagnosis {
        let cutoff = now.before(self.window);
        let noise = NoiseFilter::of(&report.comparison, &report.selection);
        noise.remember_in(&mut report.past_noise, now);
        report
            .endpoints
            .fold_forgotten(&report.comparison, &noise, |_, moment| {
                moment.started < cutoff
            });
        report.comparison.forget_before(cutoff);
        report.testimonies.forget_of_host_before(cutoff);
        report.finish(quality)
    }
}

/// Counts an attempt, as noise where that is known by what is forgotten: what others are compared
/// with begins then.
fn count(
    kept: &mut Diagnostician,
    decided: DecidedAttempt,
    forgotten_before: Option<Timestamp>,
    noise: &NoiseFilter,
) {
    let is_forgotten = forgotten_before.is_some_and(|since| decided.judgement.at < since);
    let is_counted = kept.selection.includes(&decided);
    if is_counted && is_forgotten && noise.kind(&decided).is_some() {
        kept.count(decided.clone());
        kept.endpoints.fold_one(&decided);
    } else {
        kept.count(decided);
    }
}

#[cfg(test)]
mod tests;
