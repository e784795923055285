//! The end of a capture: what is left is judged, with what the capture as a whole shows.

use std::sync::Arc;

use super::{Unended, Watch, hand_out, whole};
use crate::capture::Timestamp;
use crate::decode::Contexts;
use crate::handshake::answer_from_elsewhere::{OrphanedAnswers, Waiting};
use crate::handshake::decided::Decisions;
use crate::handshake::filter_signs::{FilterSigns, FilteredOut, OpenTally};
use crate::handshake::flow_table::Followed;

/// What was found out on the way, by all trackers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// How many packets of handshakes were captured again.
    pub duplicates: u64,
    /// How many attempts were handed out undecided because there were too many.
    pub set_aside_undecided: u64,
    /// Whether the capture can show the third step of a handshake: false when it was filtered to
    /// SYN, FIN and RST.
    pub shows_third_step: bool,
    /// What else a filter left out.
    pub left_out: FilteredOut,
}

/// So many attempts are given away at once.
const GIVEN_AT_ONCE: usize = 1024;

/// How a capture ends whose flows were divided among trackers.
///
/// What depends on the capture as a whole is settled here, once: until when it went on, whether it
/// was filtered, and which answers came from another address than the SYN went to, and so are on
/// another flow.
#[derive(Debug)]
pub struct Ending {
    watch: Watch,
    orphans: OrphanedAnswers,
}

impl Ending {
    /// Of a capture of which all packets were observed; `holds_others` when some were no TCP
    /// segments. It does not matter where the trackers were that observed them.
    pub fn of(trackers: &[Unended], holds_others: bool) -> Self {
        Self {
            watch: watch_of_all(trackers, holds_others),
            orphans: orphans_among(trackers),
        }
    }

    /// Whether each tracker can be ended by itself: no attempt of one is to be held against those
    /// of others.
    pub fn is_separate(&self) -> bool {
        !self.orphans.has_some()
    }

    /// Judges all attempts that are left of one tracker, the oldest first, and gives them away,
    /// some at a time: whoever gets them leaves none. For an ending that is separate.
    pub fn finish(&self, tracker: &mut Unended, mut give: impl FnMut(&mut Decisions)) {
        let (flows, decided) = (&mut tracker.flows, &mut tracker.decided);
        flows.take_all(|followed| {
            give_some(decided, &tracker.contexts, &mut give);
            hand_out(followed, &self.watch, decided);
        });
        give(decided);
    }

    /// What was found out on the way.
    pub fn tracking(&self, trackers: &[Unended]) -> Tracking {
        let count = |counted: fn(&Unended) -> u64| trackers.iter().map(counted).sum();
        Tracking {
            duplicates: count(|tracker| tracker.duplicates),
            set_aside_undecided: count(|tracker| tracker.set_aside_undecided),
            shows_third_step: self.watch.shows_third_step,
            left_out: self.watch.left_out,
        }
    }
}

fn give_some(decided: &mut Decisions, contexts: &Arc<Contexts>, give: impl FnOnce(&mut Decisions)) {
    if decided.len() >= GIVEN_AT_ONCE {
        give(decided);
        decided.adopt(contexts);
    }
}

/// Ends all trackers of a capture one after the other: gives away what is left of each, with its
/// index, as [`Ending::finish`] does.
pub fn finish_all(
    trackers: &mut [Unended],
    ending: &Ending,
    mut give: impl FnMut(usize, &mut Decisions),
) {
    if ending.is_separate() {
        for (index, tracker) in trackers.iter_mut().enumerate() {
            ending.finish(tracker, |decided| give(index, decided));
        }
        return;
    }
    let watch = &ending.watch;
    let mut orphans = ending.orphans.clone();
    let mut perhaps_linked = Vec::new();
    for (index, tracker) in trackers.iter_mut().enumerate() {
        let (flows, decided) = (&mut tracker.flows, &mut tracker.decided);
        flows.take_all(|followed| {
            give_some(decided, &tracker.contexts, |decided| give(index, decided));
            let mut attempt = whole(followed, &tracker.contexts);
            orphans.link_to(&mut attempt);
            if orphans.may_be_linked(&attempt) {
                perhaps_linked.push((index, attempt));
            } else {
                hand_out(Followed::Attempt(attempt), watch, decided);
            }
        });
    }
    for (index, attempt) in perhaps_linked {
        if let Some(tracker) = trackers.get_mut(index)
            && !orphans.is_linked(&attempt)
        {
            hand_out(Followed::Attempt(attempt), watch, &mut tracker.decided);
        }
    }
    for (index, tracker) in trackers.iter_mut().enumerate() {
        give(index, &mut tracker.decided);
    }
}

fn watch_of_all(trackers: &[Unended], holds_others: bool) -> Watch {
    let signs = trackers.iter().map(|tracker| tracker.filter_signs);
    let signs = signs.fold(FilterSigns::default(), FilterSigns::and);
    let latest = trackers.iter().map(|tracker| tracker.latest).max();
    let settings = trackers.first().map(|tracker| tracker.settings);
    let settings = settings.unwrap_or_default();
    let until = latest.unwrap_or(Timestamp::EARLIEST);
    let mut open = OpenTally::default();
    for tracker in trackers.iter().filter(|_| signs.asks_for_open_attempts()) {
        let watched = (until, settings.patience);
        tracker
            .flows
            .for_each_open(|attempt| open.count(&attempt, watched));
    }
    Watch {
        until,
        left_out: signs.left_out(&open, holds_others),
        patience: settings.patience,
        shows_third_step: signs.shows_third_step(),
        slow: settings.slow,
    }
}

fn orphans_among(trackers: &[Unended]) -> OrphanedAnswers {
    let in_full = || {
        trackers
            .iter()
            .flat_map(|tracker| tracker.flows.open_in_full())
    };
    let waiting = trackers.iter().flat_map(|tracker| {
        let flows = &tracker.flows;
        flows.unestablished_syns().map(|syn| -> Waiting {
            let (client, server) = flows.ends_of(syn);
            (client, server, syn.sequence().0)
        })
    });
    OrphanedAnswers::among(in_full, waiting)
}
