//! What all parts found out together, and what it means.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::thread;

use super::super::attempt_spool::{AttemptSpool, SpoolError, SpoolSettings};
use super::super::{AnalysisSettings, lock, read_hosts, read_logs, unlocked};
use super::{Beside, Part, SourcesRead, diagnostician};
use crate::capture::SourceFacts;
use crate::diagnosis::{
    AttemptsPutAside, CaptureQuality, Diagnosis, Diagnostician, Facts, ToldBefore, is_on_evidence,
    without_annotations,
};
use crate::handshake::{Ending, Tracking, Unended, finish_all};
use crate::report::CaptureTotals;

/// Puts together what all parts of an analysis found out, and judges every attempt, as
/// [`analyse`](super::super::analyse) does. In which order the parts come does not matter. The logs
/// and the words of hosts that `settings` name are read here.
pub fn judge(
    parts: Vec<Part>,
    beside: Vec<Beside>,
    read: SourcesRead,
    settings: &AnalysisSettings,
) -> (CaptureTotals, Diagnosis) {
    put_together(parts, beside, read, settings, &|_| {}).conclude(settings)
}

/// As [`judge`], for more attempts than memory holds, as
/// [`analyse_spooled`](super::super::analyse_spooled) does it.
///
/// # Errors
///
/// When attempts cannot be put aside.
pub fn judge_spooled(
    parts: Vec<Part>,
    beside: Vec<Beside>,
    read: SourcesRead,
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
) -> Result<(CaptureTotals, Diagnosis), SpoolError> {
    let spool = spool.map(|spool| Mutex::new(AttemptSpool::new(spool.clone())));
    let count = parts.len();
    let relieve = |facts: &mut Diagnostician| {
        if let Some(spool) = &spool {
            lock(spool).relieve(facts, count);
        }
    };
    let read = put_together(parts, beside, read, settings, &relieve);
    read.conclude_spooled(settings, spool.map(unlocked))
}

/// What is known when all packets were read.
pub(in crate::analysis) struct AllRead {
    totals: CaptureTotals,
    diagnostician: Diagnostician,
    quality: CaptureQuality,
}

impl AllRead {
    /// What all attempts say.
    pub(in crate::analysis) fn conclude(
        self,
        settings: &AnalysisSettings,
    ) -> (CaptureTotals, Diagnosis) {
        let Self {
            mut totals,
            mut diagnostician,
            quality,
        } = self;
        let span = totals.first.zip(totals.last);
        // Nothing was put aside that could fail to be given again.
        let logs = read_logs(&settings.logs, span, &mut diagnostician, None);
        totals.logs = logs.unwrap_or_default();
        totals.hosts = read_hosts(&settings.hosts, totals.last, &mut diagnostician);
        (totals, diagnostician.finish(&quality))
    }

    /// As [`Self::conclude`], those included that were put aside.
    pub(in crate::analysis) fn conclude_spooled(
        self,
        settings: &AnalysisSettings,
        spool: Option<AttemptSpool>,
    ) -> Result<(CaptureTotals, Diagnosis), SpoolError> {
        let Self {
            mut totals,
            mut diagnostician,
            quality,
        } = self;
        let put_aside = match spool {
            Some(spool) => spool.finish(&mut diagnostician)?,
            None => None,
        };
        let span = totals.first.zip(totals.last);
        let replayed = put_aside.as_deref();
        let replayed = replayed.map(|attempts| attempts as &dyn AttemptsPutAside);
        let logs = read_logs(&settings.logs, span, &mut diagnostician, replayed);
        if logs.is_ok() {
            totals.hosts = read_hosts(&settings.hosts, totals.last, &mut diagnostician);
        }
        let diagnosis = if let Some(attempts) = put_aside {
            totals.logs = logs.map_err(|error| attempts.failure(error))?;
            let diagnosis = diagnostician.finish_put_aside(attempts.clone(), &quality);
            diagnosis.map_err(|error| attempts.failure(error))?
        } else {
            totals.logs = logs.unwrap_or_default();
            diagnostician.finish(&quality)
        };
        Ok((totals, diagnosis))
    }
}

/// Judges what is left, and joins what all parts found out. Whoever hears of facts through
/// `relieve` may take attempts out of them.
pub(in crate::analysis) fn put_together(
    parts: Vec<Part>,
    beside: Vec<Beside>,
    read: SourcesRead,
    settings: &AnalysisSettings,
    relieve: &(impl Fn(&mut Diagnostician) + Sync),
) -> AllRead {
    let holds_others = read.totals.packets_of_sources() > read.totals.tcp_packets;
    let parts = parts.into_iter().map(|part| (part.left, part.facts));
    let (mut left, mut facts): (Vec<Unended>, Vec<Diagnostician>) = parts.unzip();
    let ending = Ending::of(&left, holds_others);
    if ending.is_separate() {
        finish_side_by_side(&ending, (&mut left, &mut facts), settings.threads, relieve);
    } else {
        finish_all(&mut left, &ending, |part, decided| {
            if let Some(facts) = facts.get_mut(part) {
                facts.add_all(decided);
                relieve(facts);
            }
        });
    }
    let tracking = ending.tracking(&left);
    drop(left);
    let mut beside = beside.into_iter().map(|beside| beside.facts);
    let mut all = beside.next().unwrap_or_else(|| diagnostician(settings));
    for other in beside.chain(facts) {
        all.merge(other);
    }
    settle(all, &tracking, read, settings)
}

/// Ends parts on threads of their own, as many as there may be.
fn finish_side_by_side(
    ending: &Ending,
    (left, facts): (&mut [Unended], &mut [Diagnostician]),
    threads: NonZeroUsize,
    relieve: &(impl Fn(&mut Diagnostician) + Sync),
) {
    let finish = |left: &mut [Unended], facts: &mut [Diagnostician]| {
        for (left, facts) in left.iter_mut().zip(facts) {
            ending.finish(left, |decided| {
                facts.add_all(decided);
                relieve(facts);
            });
        }
    };
    let of_each = left.len().div_ceil(threads.get()).max(1);
    let mut pieces = left.chunks_mut(of_each).zip(facts.chunks_mut(of_each));
    let own = pieces.next();
    thread::scope(|scope| {
        let others: Vec<_> = pieces
            .map(|(left, facts)| scope.spawn(move || finish(left, facts)))
            .collect();
        if let Some((left, facts)) = own {
            finish(left, facts);
        }
        for other in others {
            other.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
}

/// What is known of the capture as a whole.
fn settle(
    mut diagnostician: Diagnostician,
    tracking: &Tracking,
    read: SourcesRead,
    settings: &AnalysisSettings,
) -> AllRead {
    let SourcesRead {
        mut totals,
        comments,
        names,
    } = read;
    if settings.is_anonymous {
        totals
            .sources
            .iter_mut()
            .for_each(SourceFacts::make_anonymous);
    }
    let sources = &totals.sources;
    totals.first = sources.iter().filter_map(|source| source.first).min();
    totals.last = sources.iter().filter_map(|source| source.last).max();
    totals.packets = totals.packets_of_sources();
    totals.copies = tracking.duplicates;
    totals.attempts_set_aside = tracking.set_aside_undecided;
    totals.shows_third_step = tracking.shows_third_step;
    totals.left_out = tracking.left_out;
    let lost_packets = totals
        .dropped_by_kernel()
        .unwrap_or(0)
        .saturating_add(totals.dropped_by_interface().unwrap_or(0));
    totals.hiding_filter = totals
        .sources
        .iter()
        .flat_map(|source| &source.interfaces)
        .find(|interface| interface.hides_icmp_errors())
        .and_then(|interface| interface.filter.clone());
    let told_before = ToldBefore::of(
        comments
            .iter()
            .map(|comment| (comment.source, comment.number, comment.text.as_str())),
    );
    totals.is_evidence = comments.iter().any(|comment| is_on_evidence(&comment.text));
    totals.comments = comments
        .into_iter()
        .filter(|_| !settings.is_anonymous)
        .filter_map(|comment| {
            let text = without_annotations(&comment.text)?;
            Some(((comment.source, comment.number), text))
        })
        .collect();
    for resolved in names.into_iter().filter(|_| !settings.is_anonymous) {
        diagnostician.add_name(resolved.address, resolved.name);
    }
    AllRead {
        quality: CaptureQuality {
            attempts_followed: settings.tracker.open_attempts as u64,
            told_before,
            ..totals.quality(lost_packets)
        },
        totals,
        diagnostician,
    }
}
