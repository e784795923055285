//! Which attempts an evidence capture is made of.

use super::compared_attempt::ComparedAttempt;
use super::diagnosed_attempt::DiagnosedAttempt;

/// What an evidence capture is made of.
#[derive(Clone, Debug, Default)]
pub struct EvidenceChoice {
    /// The failed attempts and those known in part, in order of time.
    pub attempts: Vec<DiagnosedAttempt>,
    /// Attempts that succeeded, with which these were compared.
    pub compared: Vec<ComparedAttempt>,
}
