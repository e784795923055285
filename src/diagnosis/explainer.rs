//! What explains an attempt, once everything was seen.

use super::capture_quality::CaptureQuality;
use super::causes;
use super::comparison::{Comparison, Vantage};
use super::diagnosed_attempt::DiagnosedAttempt;
use super::noise::NoiseFilter;
use super::notes;
use super::past_noise::PastNoise;
use super::selection::Selection;
use super::testimony::{self, Testimonies, Testimony};
use crate::handshake::DecidedAttempt;

/// All that an attempt is compared with, which attempts are noise, and what is known from
/// elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Explainer {
    pub(super) comparison: Comparison,
    pub(super) noise: NoiseFilter,
    pub(super) testimonies: Testimonies,
}

impl Explainer {
    /// By what was seen until now.
    pub(super) fn new(
        mut comparison: Comparison,
        selection: &Selection,
        past_noise: PastNoise,
        testimonies: Testimonies,
        quality: &CaptureQuality,
    ) -> Self {
        comparison.settle(quality.clone());
        let noise = NoiseFilter::of(&comparison, selection).with_past(past_noise);
        Self {
            comparison,
            noise,
            testimonies,
        }
    }

    /// Whether the attempt says nothing about a service.
    pub(super) fn is_noise(&self, decided: &DecidedAttempt) -> bool {
        self.noise.kind(decided).is_some()
    }

    /// The attempt with what explains how it ended.
    pub(super) fn explain(&self, decided: DecidedAttempt) -> DiagnosedAttempt {
        let known = self.testimonies.of_attempt(decided.attempt.id);
        let of_hosts = self.testimonies.hosts().about(&decided);
        let testimony = [known, &of_hosts].concat();
        explained(decided, &self.comparison, &self.noise, &testimony)
    }
}

/// An attempt with what explains it: what it is compared with, and what is testified of it.
pub(super) fn explained(
    decided: DecidedAttempt,
    comparison: &Comparison,
    noise: &NoiseFilter,
    testimony: &[Testimony],
) -> DiagnosedAttempt {
    let told = testimony::of_capture(&decided.attempt);
    let testimony: Vec<Testimony> = told.chain(testimony.iter().cloned()).collect();
    let causes = causes::causes(&decided, comparison, &testimony);
    let attempt = &decided.attempt;
    let first = attempt.evidence.packets().first();
    let first = first.map(|packet| packet.place);
    let causes = comparison.told_before().limit(first, causes);
    let vantage = if attempt.is_known_by_log_alone() {
        Some(Vantage::Filter)
    } else {
        comparison.vantage(attempt.client.address, attempt.server.address)
    };
    let mut diagnosed = DiagnosedAttempt {
        noise: noise.kind(&decided),
        decided,
        causes,
        vantage,
        notes: Vec::new(),
        testimony,
    };
    diagnosed.notes = notes::notes(&diagnosed, comparison);
    diagnosed
}
