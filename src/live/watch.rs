//! What was seen since the watch began, and what it says.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::host_facts::HostFacts;
use super::kernel_facts::{EndsHere, KernelFacts};
use super::losses::RecentLosses;
use super::{LiveEvent, LiveObserver, LiveWatchSettings};
use crate::analysis::count;
use crate::capture::live::{Detail, LiveSettings, Losses};
use crate::capture::{Packet, SourceFacts, Timestamp};
use crate::decode::{Answerers, Contexts, add_verdict, decode_with};
use crate::diagnosis::{
    CaptureQuality, DiagnosedAttempt, Diagnosis, LiveDiagnostician, Names, OutcomeCounts,
};
use crate::handshake::{DecidedAttempt, LiveTracker, Outcome, Trouble, Verdict};
use crate::host::{HostTables, KernelCounts, KernelTeller};
use crate::report::CaptureTotals;

/// The state of a watch: a report can be made at any time.
#[derive(Debug)]
pub struct LiveWatch {
    tracker: LiveTracker,
    /// How many it follows at once.
    attempts_followed: u64,
    diagnostician: LiveDiagnostician,
    answerers: Answerers,
    totals: CaptureTotals,
    losses: RecentLosses,
    now: Timestamp,
    folded: u64,
    told: OutcomeCounts,
    host: HostFacts,
    kernel: KernelFacts,
}

impl LiveWatch {
    pub(super) fn new(
        settings: LiveWatchSettings,
        capture: &LiveSettings,
        host: Option<Box<dyn HostTables>>,
        kernel: Option<Box<dyn KernelTeller>>,
    ) -> Self {
        let captures_third_step = match capture.detail {
            Detail::Light => Some(false),
            // What the user's filter leaves out is not known: the packets tell.
            Detail::Needed | Detail::Full => capture.filter.is_none().then_some(true),
        };
        let totals = CaptureTotals {
            leaves_out_third_step: capture.detail == Detail::Light,
            ..CaptureTotals::default()
        };
        Self {
            tracker: LiveTracker::for_contexts(
                settings.tracker,
                captures_third_step,
                Contexts::default().with_tunnels(settings.tunnels),
            ),
            attempts_followed: settings.tracker.open_attempts as u64,
            diagnostician: LiveDiagnostician::new(
                settings.selection,
                settings.listed_attempts,
                settings.window,
            ),
            answerers: Answerers::default(),
            totals,
            losses: RecentLosses::new(settings.tracker.patience),
            now: Timestamp::EARLIEST,
            folded: 0,
            told: OutcomeCounts::default(),
            host: HostFacts::of(host),
            kernel: KernelFacts::of(kernel, capture.interfaces.clone()),
        }
    }

    pub(super) fn take(&mut self, packet: &Packet<'_>, observer: &mut dyn LiveObserver) {
        let mut observation = decode_with(packet, self.tracker.contexts().tunnels());
        let remarks = add_verdict(&mut observation, packet, self.tracker.contexts());
        self.totals.verdict_faults.note(remarks, packet.place);
        observer.packet(packet, &observation);
        count(&mut self.totals, packet, &observation);
        self.host.note(&observation);
        let host = &self.host;
        self.kernel
            .note(packet, &observation, |ends| host.sends(ends));
        self.diagnostician.observe(&observation);
        self.answerers.note(packet, &observation);
        for answering in self.answerers.take_found() {
            self.diagnostician.observe_answering(answering);
        }
        let contexts = self.tracker.contexts();
        self.diagnostician
            .observe_record(&observation, packet.place, contexts);
        self.tracker.observe(&observation, packet.place);
    }

    pub(super) fn watched_until(&mut self, at: Timestamp) {
        self.now = at;
        self.tracker.watched_until(at);
    }

    pub(super) fn clock_was_set(&mut self) {
        self.tracker.clock_was_set();
        self.host.clock_was_set();
        self.kernel.clock_was_set();
    }

    /// The addresses that this host has now.
    pub(super) fn take_addresses(&mut self, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses: Vec<IpAddr> = addresses.into_iter().collect();
        self.diagnostician.take_addresses(&addresses);
        self.host.take_addresses(addresses);
    }

    /// Asks this host what is to be asked at once: to be called after packets were taken.
    pub(super) fn ask_host(&mut self) {
        self.kernel.hear_now_and_then();
        if self.host.look_up() {
            self.diagnostician
                .testify_of_host(self.host.counters_risen());
        }
    }

    pub(super) fn refresh(&mut self, now: Timestamp) {
        let tracker = &self.tracker;
        self.diagnostician.refresh(now, || {
            let mut open = HashSet::new();
            tracker.judge_open(|decided, _| {
                open.insert(decided.attempt.id);
            });
            open
        });
    }

    pub(super) fn take_losses(&mut self, now: Timestamp, total: Losses) -> Option<Losses> {
        self.losses.take(now, total)
    }

    pub(super) fn take_facts(&mut self, sources: Vec<SourceFacts>) {
        self.totals.sources = sources;
    }

    /// Tells what became known.
    pub(super) fn tell(&mut self, observer: &mut dyn LiveObserver) {
        let quality = self.quality(self.losses.recent());
        for failure in self.tracker.take_midway_failures() {
            self.diagnostician.add_midway_failure(failure);
        }
        for closing in self.tracker.take_closings() {
            self.diagnostician.note_closing(closing);
        }
        let verdicts: Vec<Verdict> = self.tracker.take_verdicts().collect();
        for verdict in verdicts {
            self.count_told(&verdict);
            match verdict {
                Verdict::Decided(decided) => {
                    self.diagnostician.note(&decided);
                    self.tell_attempt(decided, None, &quality, observer);
                }
                Verdict::Corrected { before, decided } => {
                    self.diagnostician.revise(before, &decided);
                    self.tell_attempt(decided, Some(before), &quality, observer);
                }
                Verdict::Closed { before, decided } => {
                    self.close(before, decided, &quality, observer);
                }
            }
        }
    }

    /// Counts at once what is told, and anew what is corrected.
    fn count_told(&mut self, verdict: &Verdict) {
        let (before, decided) = match verdict {
            Verdict::Decided(decided) => (None, decided),
            Verdict::Corrected { before, decided } => (Some(*before), decided),
            Verdict::Closed { before, decided } => (*before, decided),
        };
        let outcome = decided.judgement.outcome;
        if before != Some(outcome) && self.diagnostician.includes(decided) {
            if let Some(before) = before {
                self.told.take_away(before, 1);
            }
            self.told.add(outcome);
        }
    }

    fn close(
        &mut self,
        before: Option<Outcome>,
        decided: DecidedAttempt,
        quality: &CaptureQuality,
        observer: &mut dyn LiveObserver,
    ) {
        let outcome = decided.judgement.outcome;
        let troubles = decided.judgement.troubles;
        // That it was slow was known when it was established.
        let is_troubled = troubles.has(Trouble::HungUp) || troubles.has(Trouble::Stuck);
        match before {
            None => self.diagnostician.note(&decided),
            // Of an established one nothing else is compared with others.
            Some(before) if before == outcome && !outcome.is_failure() && !is_troubled => {}
            Some(before) => self.diagnostician.revise(before, &decided),
        }
        if before != Some(outcome) || is_troubled {
            self.tell_attempt(decided.clone(), before, quality, observer);
        }
        observer.event(&LiveEvent::Closed(&decided));
        self.diagnostician.close(decided);
    }

    fn tell_attempt(
        &mut self,
        decided: DecidedAttempt,
        before: Option<Outcome>,
        quality: &CaptureQuality,
        observer: &mut dyn LiveObserver,
    ) {
        let outcome = decided.judgement.outcome;
        // Of a flood there are more than can be explained, also of those that are still open at the
        // end.
        let may_be_noise =
            outcome != Outcome::Established && self.diagnostician.may_be_noise(&decided);
        observer.decided(&decided, before, may_be_noise && outcome.is_failure());
        if !self.diagnostician.is_asked_for(&decided) {
            return;
        }
        if may_be_noise {
            self.folded = self.folded.saturating_add(1);
            return;
        }
        let is_silence = matches!(outcome, Outcome::Dropped | Outcome::HalfOpen);
        let is_troubled = !decided.judgement.troubles.is_empty();
        let mut is_told = false;
        if outcome.is_failure() || is_troubled {
            let ends = EndsHere {
                client: self.host.is_here(decided.attempt.client.address),
                server: self.host.is_here(decided.attempt.server.address),
            };
            let mut testimony = self.kernel.testimony_about(&decided, ends);
            is_told = !testimony.is_empty();
            if outcome.is_failure() {
                testimony.extend(self.host.testimony_about(&decided));
            }
            self.diagnostician.testify(decided.attempt.id, testimony);
        }
        let diagnosed = self.explained(decided, quality, is_told);
        let ends = &diagnosed.decided.attempt;
        let names = self.diagnostician.names();
        observer.event(&LiveEvent::Attempt {
            before,
            is_doubtful: is_silence && quality.lost_packets > 0,
            names: (names.of(ends.client.address), names.of(ends.server.address)),
            diagnosed: &diagnosed,
        });
    }

    /// Success needs no explanation, and is too frequent for one, unless the kernel has one for its
    /// trouble.
    fn explained(
        &mut self,
        decided: DecidedAttempt,
        quality: &CaptureQuality,
        is_told: bool,
    ) -> DiagnosedAttempt {
        if decided.judgement.outcome == Outcome::Established && !is_told {
            return DiagnosedAttempt::unexplained(decided);
        }
        self.diagnostician.explain(decided, quality)
    }

    pub(super) fn tell_folded(&mut self, observer: &mut dyn LiveObserver) {
        let folded = std::mem::take(&mut self.folded);
        if folded > 0 {
            observer.event(&LiveEvent::Folded(folded));
        }
    }

    pub(super) fn finish(&mut self, observer: &mut dyn LiveObserver) {
        while self.tracker.finish_some() {
            self.tell(observer);
        }
        self.tell(observer);
        self.tell_folded(observer);
    }

    /// What the kernel did, where it is heard.
    pub fn kernel_counts(&self) -> Option<&KernelCounts> {
        self.kernel.counts()
    }

    /// How the attempts that are over have ended.
    pub fn outcomes(&self) -> &OutcomeCounts {
        self.diagnostician.outcomes()
    }

    /// What was seen on each interface.
    pub fn sources(&self) -> &[SourceFacts] {
        &self.totals.sources
    }

    /// Until when everything has been seen.
    pub fn seen_until(&self) -> Timestamp {
        self.now
    }

    /// How the attempts have ended that were decided so far, those among them that may still be
    /// corrected.
    pub fn told(&self) -> &OutcomeCounts {
        &self.told
    }

    /// The names that DNS answers gave to addresses.
    pub fn names(&self) -> &Names {
        self.diagnostician.names()
    }

    /// How many attempts are followed.
    pub fn open_count(&self) -> usize {
        self.tracker.open_count()
    }

    /// How many attempts were given up undecided because too many were under way.
    pub fn given_up_undecided(&self) -> u64 {
        self.tracker.set_aside_undecided()
    }

    /// How many packets were lost since the start.
    pub fn lost_packets(&self) -> u64 {
        self.losses.in_all()
    }

    /// What a report holds, as of now.
    pub fn report(&self) -> (CaptureTotals, Diagnosis) {
        self.report_of(usize::MAX)
    }

    /// What a report holds that lists so many of the latest attempts.
    pub fn report_of(&self, listed_attempts: usize) -> (CaptureTotals, Diagnosis) {
        let quality = self.quality(self.losses.in_all());
        let (open, now) = (self.open_attempts(), self.now);
        let diagnosis = self
            .diagnostician
            .diagnosis(open, &quality, now, listed_attempts);
        (self.totals(), diagnosis)
    }

    /// What an evidence capture of so many of the latest failures is made from.
    pub fn for_evidence(&self, attempts: usize) -> (CaptureTotals, Diagnosis) {
        let quality = self.quality(self.losses.in_all());
        let (open, now) = (self.open_attempts(), self.now);
        let diagnosis = self
            .diagnostician
            .for_evidence(open, &quality, now, attempts);
        (self.totals(), diagnosis)
    }

    /// What a report holds without attempts listed singly.
    pub fn overview(&self) -> Diagnosis {
        let quality = self.quality(self.losses.in_all());
        let open = |give: &mut dyn FnMut(DecidedAttempt, bool)| {
            self.tracker
                .judge_open(|decided, before| give(decided, before.is_some()));
        };
        self.diagnostician.overview(open, &quality, self.now)
    }

    /// The attempts that are still followed, in order, and whether something was told of each.
    fn open_attempts(&self) -> impl Iterator<Item = (DecidedAttempt, bool)> + use<> {
        let mut open: BTreeMap<u64, (DecidedAttempt, bool)> = BTreeMap::new();
        self.tracker.judge_open(|decided, before| {
            open.insert(decided.attempt.id.0, (decided, before.is_some()));
        });
        open.into_values()
    }

    /// What was captured so far.
    pub fn totals(&self) -> CaptureTotals {
        let mut totals = self.totals.clone();
        let sources = || totals.sources.iter();
        totals.first = sources().filter_map(|source| source.first).min();
        totals.last = sources().filter_map(|source| source.last).max();
        totals.packets = sources().map(|source| source.packets).sum();
        totals.hiding_filter = hiding_filter(&totals.sources);
        totals.copies = self.tracker.duplicates();
        totals.attempts_set_aside = self.tracker.set_aside_undecided();
        totals.kernel = self.kernel.counts().cloned();
        totals.shows_third_step = self.tracker.shows_third_step();
        totals
    }

    fn quality(&self, lost_packets: u64) -> CaptureQuality {
        CaptureQuality {
            hides_third_step: !self.tracker.shows_third_step(),
            hiding_filter: hiding_filter(&self.totals.sources),
            attempts_set_aside: self.tracker.set_aside_undecided(),
            attempts_followed: self.attempts_followed,
            ..self.totals.quality(lost_packets)
        }
    }
}

fn hiding_filter(sources: &[SourceFacts]) -> Option<String> {
    let mut interfaces = sources.iter().flat_map(|source| &source.interfaces);
    interfaces
        .find(|interface| interface.hides_icmp_errors())
        .and_then(|interface| interface.filter.clone())
}
