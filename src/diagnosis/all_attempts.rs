//! What all attempts together say.

use std::borrow::Cow;
use std::io::{self, ErrorKind};

use super::diagnosed_attempt::DiagnosedAttempt;
use super::endpoints::EndpointSummary;
use super::evidence_choice::EvidenceChoice;
use super::findings::Finding;
use super::limits::Limit;
use super::listing::{ListedAttempts, ListingOrder, UnexplainedAttempts};
use super::names::Names;
use super::outcome_counts::OutcomeCounts;
use super::time_line::TimeLine;
use super::trouble_counts::TroubleCounts;

/// What all attempts together say.
#[derive(Clone, Debug, Default)]
pub struct Diagnosis {
    /// How they ended.
    pub outcomes: OutcomeCounts,
    /// How many were established and yet in trouble.
    pub troubles: TroubleCounts,
    /// Connections that the server's side reset on a request after idleness: no attempts.
    pub resets_midway: u64,
    /// When they began.
    pub over_time: TimeLine,
    /// The names that DNS answers in the capture, or else its files, give to addresses.
    pub names: Names,
    /// What many attempts say together, worst first.
    pub findings: Vec<Finding>,
    /// The servers, the one with the most failures first.
    pub endpoints: Vec<EndpointSummary>,
    /// The attempts listed singly, in order of time; none when they were put aside.
    /// [`Diagnosis::listed`] gives them in either case.
    pub attempts: Vec<DiagnosedAttempt>,
    pub(super) put_aside: Option<UnexplainedAttempts>,
    /// How many more could have been listed.
    pub attempts_omitted: u64,
    /// How many attempts the report is not about.
    pub attempts_not_selected: u64,
    /// The highest number that an attempt has, selected or not; 0 without attempts.
    pub highest_id: u64,
    /// What an evidence capture is made of, as far as that was asked for.
    pub evidence: EvidenceChoice,
    /// The bounds that were reached, because there was more than is remembered.
    pub limits: Vec<Limit>,
}

impl Diagnosis {
    /// The attempts listed singly, in this order. Those that were put aside are explained when
    /// their turn comes; it is an error when they were put aside in another order, or cannot be
    /// read.
    pub fn listed(&self, order: ListingOrder) -> ListedAttempts<'_> {
        let Some(put_aside) = &self.put_aside else {
            return self.listed_from_memory(order);
        };
        if put_aside.attempts.order() != order {
            let other_order = "the attempts were put aside in another order";
            let error = io::Error::new(ErrorKind::InvalidInput, other_order);
            return Box::new(std::iter::once(Err(error)));
        }
        let explained = |decided| Cow::Owned(put_aside.explainer.explain(decided));
        let replay = put_aside.attempts.replay();
        Box::new(replay.map(move |decided| decided.map(explained)))
    }

    fn listed_from_memory(&self, order: ListingOrder) -> ListedAttempts<'_> {
        let mut attempts: Vec<&DiagnosedAttempt> = self.attempts.iter().collect();
        if order != ListingOrder::ByStart {
            attempts.sort_by_cached_key(|diagnosed| order.key(&diagnosed.decided));
        }
        Box::new(attempts.into_iter().map(|one| Ok(Cow::Borrowed(one))))
    }
}
