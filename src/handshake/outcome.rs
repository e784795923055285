//! How an attempt ended: decided by rule from what was seen of it, without opinion.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::filter_signs::FilteredOut;
use super::trouble::{Troubles, troubles};
use crate::capture::Timestamp;

/// What the packets show of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// SYN, acceptable SYN-ACK, and what proves that the client acknowledged it.
    Established,
    /// Answered by the server's SYN-ACK, then its RST before a byte of payload from it and before
    /// any FIN.
    Reset,
    /// An acceptable RST before any SYN-ACK.
    Refused,
    /// An ICMP error that quotes the SYN, and nothing acceptable from the server.
    Rejected,
    /// An acceptable SYN-ACK and, for at least the patience, nothing from the client in return.
    HalfOpen,
    /// The client's own RST instead of an ACK, or before any answer.
    Aborted,
    /// Nothing acceptable came back for at least the patience.
    Dropped,
    /// The capture ends too early to say.
    Pending,
    /// Packets of a handshake whose SYN is not in the capture.
    Partial,
}

impl Outcome {
    /// All outcomes, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Established,
        Self::Reset,
        Self::Refused,
        Self::Rejected,
        Self::HalfOpen,
        Self::Aborted,
        Self::Dropped,
        Self::Pending,
        Self::Partial,
    ];

    /// The outcome's name in reports and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Reset => "reset",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::HalfOpen => "half_open",
            Self::Aborted => "aborted",
            Self::Dropped => "dropped",
            Self::Pending => "pending",
            Self::Partial => "partial",
        }
    }

    /// Whether the connect failed: neither established, nor undecided, nor known in part only.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::Established | Self::Pending | Self::Partial)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// What is known of the capture as a whole when an attempt is judged.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Until when the capture went on, at least.
    pub until: Timestamp,
    /// For how long silence must be watched before it means something.
    pub patience: Duration,
    /// False in a capture filtered to SYN, FIN and RST, which cannot show the handshake's third
    /// step.
    pub shows_third_step: bool,
    /// What else a filter left out: silence where it would be broken says nothing.
    pub left_out: FilteredOut,
    /// A handshake that takes as long is slow.
    pub slow: Duration,
}

/// An outcome, and the packet or the moment that settled it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What the packets show.
    pub outcome: Outcome,
    /// When that was certain.
    pub at: Timestamp,
    /// What went wrong all the same, where it was established.
    pub troubles: Troubles,
    /// Whether it is undecided because what would decide it was filtered out.
    pub is_left_out: bool,
}

impl Judgement {
    /// Without trouble.
    pub(super) const fn of(outcome: Outcome, at: Timestamp) -> Self {
        Self {
            outcome,
            at,
            troubles: Troubles::NONE,
            is_left_out: false,
        }
    }

    /// Undecided: how it went on was filtered out.
    pub(super) const fn left_out(at: Timestamp) -> Self {
        Self {
            is_left_out: true,
            ..Self::of(Outcome::Pending, at)
        }
    }
}

/// Judges an attempt by what was seen of it.
pub fn judge(attempt: &Attempt, watch: &Watch) -> Judgement {
    let judgement = judge_outcome(attempt, watch);
    match judgement.outcome {
        Outcome::Established => Judgement {
            troubles: troubles(attempt, watch),
            ..judgement
        },
        _ => judgement,
    }
}

/// What a filter's log leaves out says nothing: of a connect that is known by it alone, silence is
/// not judged.
fn judge_outcome(attempt: &Attempt, watch: &Watch) -> Judgement {
    let judgement = judge_packets(attempt, watch);
    let is_silence = matches!(
        judgement.outcome,
        Outcome::Dropped | Outcome::HalfOpen | Outcome::Pending
    );
    if !is_silence || attempt.verdicts.is_empty() {
        return judgement;
    }
    let is_of_log = attempt.is_known_by_log_alone();
    let dropped = attempt.syn_dropped_at(is_of_log);
    match dropped.or_else(|| attempt.answer_dropped_at()) {
        Some(at) => Judgement::of(Outcome::Dropped, at),
        None if is_of_log => Judgement::of(Outcome::Pending, attempt.latest_at),
        None => judgement,
    }
}

/// Each rule stands once; the first that holds decides.
fn judge_packets(attempt: &Attempt, watch: &Watch) -> Judgement {
    let settled = Judgement::of;
    let Some(first_syn) = attempt.first_syn_at else {
        return settled(Outcome::Partial, attempt.first_seen_at);
    };
    if let Some(established) = attempt.established_at {
        return match attempt.reset_at {
            Some(reset) => settled(Outcome::Reset, reset),
            None => settled(Outcome::Established, established),
        };
    }
    let is_answered_first = |refused| {
        attempt
            .answered_at
            .is_some_and(|answered| answered <= refused)
    };
    if let Some(refused) = attempt
        .refused_at
        .filter(|refused| !is_answered_first(*refused))
    {
        return settled(Outcome::Refused, refused);
    }
    if let Some(answered) = attempt.answered_at {
        return judge_answered(attempt, answered, watch);
    }
    if let Some(rejected) = attempt.rejected_at {
        return settled(Outcome::Rejected, rejected);
    }
    match attempt.client_reset_at {
        Some(reset) if reset.since(first_syn) < watch.patience => settled(Outcome::Aborted, reset),
        _ => judge_unanswered(first_syn, attempt.syn_count, watch),
    }
}

/// An acceptable SYN-ACK was seen, and nothing that proves the third step.
fn judge_answered(attempt: &Attempt, answered: Timestamp, watch: &Watch) -> Judgement {
    let is_third_step_hidden = !watch.shows_third_step && attempt.syn_ack_count == 1;
    if is_third_step_hidden && attempt.client_reset_acknowledges {
        return Judgement::of(Outcome::Established, answered);
    }
    let by_client = attempt
        .client_reset_at
        .map(|at| Judgement::of(Outcome::Aborted, at));
    let by_server = attempt
        .reset_at
        .or(attempt.refused_at)
        .map(|at| Judgement::of(Outcome::Reset, at));
    match (by_client, by_server) {
        (Some(client), Some(server)) => {
            return if client.at <= server.at {
                client
            } else {
                server
            };
        }
        (Some(one), None) | (None, Some(one)) => return one,
        (None, None) => {}
    }
    if is_third_step_hidden {
        return Judgement::of(Outcome::Established, answered);
    }
    if attempt.syn_ack_count == 1 && watch.left_out.has_acknowledgements() {
        return Judgement::left_out(answered);
    }
    judge_silence(answered, Outcome::HalfOpen, watch)
}

/// Nothing came back after so many SYNs.
pub(super) fn judge_unanswered(first_syn: Timestamp, syns: u32, watch: &Watch) -> Judgement {
    if watch.left_out.has_answers_to(syns) {
        return Judgement::left_out(first_syn);
    }
    judge_silence(first_syn, Outcome::Dropped, watch)
}

/// Silence since `since` counts once it was watched for the patience.
pub(super) fn judge_silence(since: Timestamp, outcome: Outcome, watch: &Watch) -> Judgement {
    if watch.until.since(since) >= watch.patience {
        Judgement::of(outcome, since.after(watch.patience))
    } else {
        Judgement::of(Outcome::Pending, watch.until.max(since))
    }
}
