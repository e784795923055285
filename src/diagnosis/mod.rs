//! **Room 4: diagnosis.** Decided attempts come in; what they mean goes out: for each its cause, how sure that is and
//! what the application saw; for each server how its attempts ended.
//!
//! This room never changes a fact, and says no more than the packets prove.

mod answer_times;
mod app_error;
mod attempt_list;
mod cause;
mod endpoints;
mod notes;
mod outcome_counts;
mod selection;

pub use answer_times::AnswerTimes;
pub use app_error::app_error;
pub use cause::{Cause, Confidence, cause};
pub use endpoints::EndpointSummary;
pub use notes::notes;
pub use outcome_counts::OutcomeCounts;
pub use selection::{EndpointPattern, Selection};

use crate::handshake::DecidedAttempt;
use attempt_list::AttemptList;
use endpoints::Endpoints;

/// Collects decided attempts, in bounded memory.
#[derive(Clone, Debug)]
pub struct Diagnostician {
    selection: Selection,
    outcomes: OutcomeCounts,
    endpoints: Endpoints,
    attempts: AttemptList,
    not_selected: u64,
}

/// What all attempts together say.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// How they ended.
    pub outcomes: OutcomeCounts,
    /// The servers, the one with the most failures first.
    pub endpoints: Vec<EndpointSummary>,
    /// The attempts listed singly, in order of time.
    pub attempts: Vec<DecidedAttempt>,
    /// How many more could have been listed.
    pub attempts_omitted: u64,
    /// How many attempts the report is not about.
    pub attempts_not_selected: u64,
}

impl Diagnostician {
    /// For the selected attempts; lists so many of them, or all.
    pub fn new(selection: Selection, listed_attempts: Option<usize>) -> Self {
        Self {
            selection,
            outcomes: OutcomeCounts::default(),
            endpoints: Endpoints::default(),
            attempts: AttemptList::new(listed_attempts),
            not_selected: 0,
        }
    }

    /// Takes an attempt into account, if it is one of the selected ones.
    pub fn add(&mut self, decided: DecidedAttempt) {
        if !self.selection.includes(&decided) {
            self.not_selected += 1;
            return;
        }
        self.outcomes.add(decided.judgement.outcome);
        self.endpoints.add(&decided);
        if self.selection.lists(decided.judgement.outcome) {
            self.attempts.add(decided);
        }
    }

    /// What they say.
    pub fn finish(self) -> Diagnosis {
        let (attempts, attempts_omitted) = self.attempts.into_parts();
        Diagnosis {
            outcomes: self.outcomes,
            endpoints: self.endpoints.worst_first(),
            attempts,
            attempts_omitted,
            attempts_not_selected: self.not_selected,
        }
    }
}
