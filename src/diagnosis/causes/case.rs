//! An attempt to be explained, and what is known beside it.

use crate::diagnosis::cause::{Cause, Confidence, Judged};
use crate::diagnosis::comparison::{Comparison, Vantage};
use crate::diagnosis::testimony::Testimony;
use crate::handshake::{Attempt, DecidedAttempt, Outcome, Role, SeenPacket};

/// What a rule may look at.
#[derive(Clone, Debug)]
pub(super) struct Case<'a> {
    decided: &'a DecidedAttempt,
    comparison: &'a Comparison,
    testimony: &'a [Testimony],
    holding: Vec<Judged>,
    kernels_word: Option<Judged>,
}

impl<'a> Case<'a> {
    pub(super) fn new(
        decided: &'a DecidedAttempt,
        comparison: &'a Comparison,
        testimony: &'a [Testimony],
    ) -> Self {
        Self {
            decided,
            comparison,
            testimony,
            holding: Vec::new(),
            kernels_word: None,
        }
    }

    pub(super) fn decided(&self) -> &'a DecidedAttempt {
        self.decided
    }

    pub(super) fn attempt(&self) -> &'a Attempt {
        &self.decided.attempt
    }

    pub(super) fn outcome(&self) -> Outcome {
        self.decided.judgement.outcome
    }

    /// What the rest of the capture tells.
    pub(super) fn comparison(&self) -> &'a Comparison {
        self.comparison
    }

    /// What is known from elsewhere than packets.
    pub(super) fn testimony(&self) -> &'a [Testimony] {
        self.testimony
    }

    /// How surely this cause already holds.
    pub(super) fn holds(&self, cause: Cause) -> Option<Confidence> {
        let those = self.holding.iter().filter(|judged| judged.cause == cause);
        those.map(|judged| judged.confidence).max()
    }

    /// What the kernel itself said.
    pub(super) fn kernels_word(&self) -> Option<Judged> {
        self.kernels_word
    }

    /// From now on this holds, by the kernel's own word or by another rule.
    pub(super) fn take(&mut self, judged: Judged, is_kernels_word: bool) {
        if is_kernels_word && self.kernels_word.is_none() {
            self.kernels_word = Some(judged);
        }
        self.holding.push(judged);
    }

    /// All that holds, in the order of the rules.
    pub(super) fn into_holding(self) -> Vec<Judged> {
        self.holding
    }

    /// Whether an answer may have come that the capture does not show.
    pub(super) fn is_silence_doubtful(&self) -> bool {
        let server = self.attempt().server.address;
        self.comparison.is_silence_doubtful(server)
    }

    /// Whether packets are known to be missing from the capture.
    pub(super) fn has_lost_packets(&self) -> bool {
        self.comparison.has_lost_packets()
    }

    /// Where it was captured.
    pub(super) fn vantage(&self) -> Option<Vantage> {
        let (client, server) = (self.attempt().client, self.attempt().server);
        self.comparison.vantage(client.address, server.address)
    }

    /// The first packet of the attempt that plays this part.
    pub(super) fn first(&self, role: Role) -> Option<&'a SeenPacket> {
        self.attempt()
            .evidence
            .packets()
            .iter()
            .find(|packet| packet.role == role)
    }
}
