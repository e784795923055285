//! Diagnosis while the packets pass: each attempt by what was seen so far, findings over a sliding time, totals of all.

use std::net::IpAddr;
use std::time::Duration;

use super::comparison::Comparison;
use super::findings::CaptureQuality;
use super::noise::NoiseFilter;
use super::selection::Selection;
use super::{DiagnosedAttempt, Diagnosis, Diagnostician, Names, OutcomeCounts};
use crate::capture::Timestamp;
use crate::decode::Observation;
use crate::handshake::{DecidedAttempt, Outcome};

/// As [`Diagnostician`], for a watch that may last for days, in bounded memory.
///
/// What attempts are compared with is kept in two generations, both fed with everything. When the younger has lasted
/// for the window, it takes the place of the older, and a new one begins: what is used covers the window at least, and
/// twice the window at most. Of that, findings are made from the window alone. Totals and servers are kept from the
/// start on.
#[derive(Clone, Debug)]
pub struct LiveDiagnostician {
    window: Duration,
    /// Totals, and the older generation.
    kept: Diagnostician,
    younger: Comparison,
    younger_since: Option<Timestamp>,
    noise: NoiseFilter,
}

impl LiveDiagnostician {
    /// For the selected attempts; lists the latest so many of them, and makes findings over the last `window`.
    pub fn new(selection: Selection, listed_attempts: usize, window: Duration) -> Self {
        let mut kept = Diagnostician::new(selection, Some(listed_attempts));
        kept.comparison = Comparison::of_latest();
        kept.attempts.keep_latest();
        Self {
            window,
            kept,
            younger: Comparison::of_latest(),
            younger_since: None,
            noise: NoiseFilter::default(),
        }
    }

    /// Takes note of a packet: who is there, who is asked for.
    pub fn observe(&mut self, observation: &Observation) {
        self.kept.comparison.observe(observation);
        self.younger.observe(observation);
    }

    /// The addresses of the host that captures: at which side that is, and that it lives, needs no guess then.
    pub fn take_addresses(&mut self, addresses: &[IpAddr]) {
        self.kept
            .comparison
            .take_addresses(addresses.iter().copied());
        self.younger.take_addresses(addresses.iter().copied());
    }

    /// An attempt was decided: from now on others are compared with it.
    pub fn note(&mut self, decided: &DecidedAttempt) {
        self.kept.comparison.add(decided);
        self.younger.add(decided);
    }

    /// Later evidence changed what was noted of an attempt.
    pub fn revise(&mut self, before: Outcome, decided: &DecidedAttempt) {
        self.kept.comparison.revise(before, decided);
        self.younger.revise(before, decided);
    }

    /// An attempt is over: it counts from now on.
    pub fn close(&mut self, decided: DecidedAttempt) {
        self.kept.count(decided);
    }

    /// Whether the report is about this attempt, and lists those that ended so.
    pub fn is_asked_for(&self, decided: &DecidedAttempt) -> bool {
        let selection = &self.kept.selection;
        selection.includes(decided) && selection.lists(decided)
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
        DiagnosedAttempt::new(decided, comparison, &self.noise)
    }

    /// Looks at everything together, which takes a while: to be called every few seconds. Lets go of what is older than
    /// needed.
    pub fn refresh(&mut self, now: Timestamp) {
        let since = *self.younger_since.get_or_insert(now);
        // A clock that was set back starts the time anew.
        if now < since || now.since(since) >= self.window {
            let mut next = Comparison::of_latest();
            next.inherit_names(self.kept.comparison.names(), self.younger.names());
            next.inherit_addresses(&self.younger);
            self.kept.comparison = std::mem::replace(&mut self.younger, next);
            self.younger_since = Some(now);
            self.kept.endpoints.let_go(now.before(self.window));
        }
        self.noise = NoiseFilter::of(&self.kept.comparison, &self.kept.selection);
    }

    /// The names that DNS answers gave to addresses.
    pub fn names(&self) -> &Names {
        self.kept.comparison.names()
    }

    /// How the attempts that are over have ended.
    pub fn outcomes(&self) -> &OutcomeCounts {
        &self.kept.outcomes
    }

    /// What everything says up to `now`; `open` are the attempts that are still followed, and whether each was noted.
    pub fn diagnosis(
        &self,
        open: impl IntoIterator<Item = (DecidedAttempt, bool)>,
        quality: &CaptureQuality,
        now: Timestamp,
    ) -> Diagnosis {
        let mut report = self.kept.clone();
        for (decided, was_noted) in open {
            if !was_noted {
                report.comparison.add(&decided);
            }
            report.count(decided);
        }
        report.comparison.forget_before(now.before(self.window));
        report.finish(quality)
    }
}
