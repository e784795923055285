//! What explains an attempt, once everything was seen.

use super::DiagnosedAttempt;
use super::comparison::Comparison;
use super::findings::CaptureQuality;
use super::noise::NoiseFilter;
use super::past_noise::PastNoise;
use super::selection::Selection;
use crate::handshake::DecidedAttempt;

/// All that an attempt is compared with, and which attempts are noise.
#[derive(Clone, Debug)]
pub(super) struct Explainer {
    pub(super) comparison: Comparison,
    pub(super) noise: NoiseFilter,
}

impl Explainer {
    /// By what was seen until now.
    pub(super) fn new(
        mut comparison: Comparison,
        selection: &Selection,
        past_noise: PastNoise,
        quality: &CaptureQuality,
    ) -> Self {
        comparison.settle(quality.clone());
        let noise = NoiseFilter::of(&comparison, selection).with_past(past_noise);
        Self { comparison, noise }
    }

    /// Whether the attempt says nothing about a service.
    pub(super) fn is_noise(&self, decided: &DecidedAttempt) -> bool {
        self.noise.kind(decided).is_some()
    }

    /// The attempt with what explains how it ended.
    pub(super) fn explain(&self, decided: DecidedAttempt) -> DiagnosedAttempt {
        DiagnosedAttempt::new(decided, &self.comparison, &self.noise)
    }
}
