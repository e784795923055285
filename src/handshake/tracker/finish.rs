//! The end of a capture: what is left is judged, with what the capture as a whole shows.

use super::{Tracker, Watch};
use crate::capture::Timestamp;
use crate::handshake::answer_from_elsewhere::{Answered, OrphanedAnswers};
use crate::handshake::decided::Decisions;
use crate::handshake::filter_signs::FilterSigns;
use crate::handshake::flow_table::Followed;

/// What was found out on the way, by all trackers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// How many packets of handshakes were captured again.
    pub duplicates: u64,
    /// How many attempts were handed out undecided because there were too many.
    pub set_aside_undecided: u64,
    /// Whether the capture can show the third step of a handshake: false when it was filtered to SYN, FIN and RST.
    pub shows_third_step: bool,
}

/// So many attempts are given away at once.
const GIVEN_AT_ONCE: usize = 1024;

/// Ends a capture whose flows were divided among `trackers`: judges all attempts that are left, and gives them away, some at a
/// time, each with the index of its tracker: whoever gets them leaves none.
///
/// What depends on the capture as a whole is settled here, once: until when it went on, whether it was filtered, and which
/// answers came from another address than the SYN went to, and so are on another flow.
pub fn finish_all(
    trackers: &mut [Tracker],
    mut give: impl FnMut(usize, &mut Decisions),
) -> Tracking {
    let watch = watch_of_all(trackers);
    let mut orphans = orphans_among(trackers);
    let mut perhaps_linked = Vec::new();
    for (index, tracker) in trackers.iter_mut().enumerate() {
        tracker.flows.find_nothing_more();
        while let Some(followed) = tracker.flows.take_oldest_of_all() {
            if tracker.decided.len() >= GIVEN_AT_ONCE {
                give(index, &mut tracker.decided);
                tracker.decided.adopt(&tracker.contexts);
            }
            if !orphans.has_some() {
                tracker.hand_out(followed, &watch);
                continue;
            }
            let mut attempt = tracker.whole(followed);
            orphans.link_to(&mut attempt);
            if orphans.may_be_linked(&attempt) {
                perhaps_linked.push((index, attempt));
            } else {
                tracker.hand_out(Followed::Attempt(attempt), &watch);
            }
        }
    }
    for (index, attempt) in perhaps_linked {
        if let Some(tracker) = trackers.get_mut(index)
            && !orphans.is_linked(&attempt)
        {
            tracker.hand_out(Followed::Attempt(attempt), &watch);
        }
    }
    for (index, tracker) in trackers.iter_mut().enumerate() {
        give(index, &mut tracker.decided);
    }
    let count = |counted: fn(&Tracker) -> u64| trackers.iter().map(counted).sum();
    Tracking {
        duplicates: count(|tracker| tracker.duplicates),
        set_aside_undecided: count(|tracker| tracker.set_aside_undecided),
        shows_third_step: watch.shows_third_step,
    }
}

fn watch_of_all(trackers: &[Tracker]) -> Watch {
    let signs = trackers.iter().map(|tracker| tracker.filter_signs);
    let signs = signs.fold(FilterSigns::default(), FilterSigns::and);
    let latest = trackers.iter().map(|tracker| tracker.latest).max();
    let patience = trackers.first().map(|tracker| tracker.settings.patience);
    Watch {
        until: latest.unwrap_or(Timestamp::EARLIEST),
        patience: patience.unwrap_or_default(),
        shows_third_step: signs.shows_third_step(),
    }
}

fn orphans_among(trackers: &[Tracker]) -> OrphanedAnswers {
    let in_full = || {
        trackers
            .iter()
            .flat_map(|tracker| tracker.flows.open_in_full())
    };
    let waiting = trackers.iter().flat_map(|tracker| {
        let flows = &tracker.flows;
        flows.unanswered_syns().map(|syn| -> Answered {
            let (client, server) = flows.ends_of(syn);
            (client, server.port, syn.sequence().0)
        })
    });
    OrphanedAnswers::among(in_full, waiting)
}
