//! What an attempt shows besides its outcome, as far as it is counted.

use serde::{Deserialize, Serialize};

use crate::handshake::Outcome;

/// What an attempt shows besides its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Sign {
    /// An ACK of an older connection answered the SYN.
    StaleTuple,
    /// What nobody answered of one direction has wrong checksums, all of it.
    WrongChecksums,
    /// Answers came that the client had to ignore.
    IgnoredAnswer,
    /// The SYN-ACK has window 0: a SYN proxy's.
    ProxyAnswer,
    /// The SYN was answered only without a feature that it offered first.
    FeatureDropped,
    /// The SYN was answered only when it was repeated.
    AnsweredLate,
    /// Its answers come from, or go to, other ends than the SYN's.
    Misdirected,
    /// RSTs answered that the client had to ignore.
    IgnoredReset,
    /// The capture says that a filter stopped it.
    FilterVerdict,
}

/// Half-open, or after a single SYN met with silence, as far as that was watched: a client that
/// waits repeats it after a second; or reset by the client at the SYN-ACK, as a host does that
/// knows of no SYN.
pub(crate) fn is_unfinished(outcome: Outcome, has_one_syn: bool) -> bool {
    match outcome {
        Outcome::HalfOpen => true,
        Outcome::Dropped | Outcome::Pending | Outcome::Aborted => has_one_syn,
        _ => false,
    }
}
