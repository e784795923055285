//! What leaves the tracker, in whatever form it was kept.

use crate::decode::Contexts;
use crate::handshake::attempt::Attempt;
use crate::handshake::decided::{DecidedAttempt, Decisions};
use crate::handshake::flow_table::Followed;
use crate::handshake::outcome::{Outcome, Watch, judge};
use crate::handshake::regular::Regular;

/// All that is known of an attempt.
pub(super) fn whole(followed: Followed, contexts: &Contexts) -> Attempt {
    let (regular, pair) = match followed {
        Followed::Attempt(attempt) => return attempt,
        Followed::Regular(regular, pair) => (regular, pair),
        Followed::Syn(syn, pair) => (Regular::of_syn(syn), pair),
    };
    regular.attempt_of(contexts, pair)
}

/// Judges an attempt and gives it away; how it ended. What is known by a RST only, whose SYN did
/// not come, is none.
pub(super) fn hand_out(
    followed: Followed,
    watch: &Watch,
    decided: &mut Decisions,
) -> Option<Outcome> {
    Some(match followed {
        Followed::Attempt(attempt) if attempt.is_held => return None,
        Followed::Attempt(attempt) => {
            let judgement = judge(&attempt, watch);
            decided.push(DecidedAttempt { attempt, judgement });
            judgement.outcome
        }
        Followed::Regular(regular, pair) => decided.push_regular(regular, pair, watch),
        Followed::Syn(syn, pair) => decided.push_syn(syn, pair, watch),
    })
}
