//! The rooms put together: from sources of packets to a diagnosis.

mod attempt_spool;
mod pipeline;
mod sorted_runs;

use std::num::NonZeroUsize;

use crate::capture::{CaptureSet, Interface, Packet, PacketPlace, SourceFacts};
use crate::decode::{Observation, SetAside, decode};
use crate::diagnosis::{CaptureQuality, Diagnosis, Selection};
use crate::handshake::TrackerSettings;
use crate::report::CaptureTotals;
pub use attempt_spool::{SpoolError, SpoolSettings};
use pipeline::{Batch, Diagnosing, PACKETS_AT_ONCE};

/// What shapes an analysis.
#[derive(Clone, Debug)]
pub struct AnalysisSettings {
    /// How long silence must be watched, and how much is followed at once.
    pub tracker: TrackerSettings,
    /// Which attempts it is about.
    pub selection: Selection,
    /// How many attempts are listed singly; `None` for all.
    pub listed_attempts: Option<usize>,
    /// For how many failed attempts the diagnosis says what an evidence capture is made of.
    pub evidence_attempts: usize,
    /// Whether what the sources say beside their packets is left out: names, comments, folders, what interfaces are called.
    pub is_anonymous: bool,
    /// On how many threads: reading, decoding and diagnosing on one and tracking on another when there are two, diagnosing on a
    /// third when there are more. The result is the same.
    pub threads: NonZeroUsize,
}

impl Default for AnalysisSettings {
    /// About all attempts, which are all listed, on one thread.
    fn default() -> Self {
        Self {
            tracker: TrackerSettings::default(),
            selection: Selection::default(),
            listed_attempts: None,
            evidence_attempts: 0,
            is_anonymous: false,
            threads: NonZeroUsize::MIN,
        }
    }
}

/// Reads all packets of `captures` that `passes` lets through, and judges every attempt.
pub fn analyse(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    passes: impl FnMut(&Packet<'_>) -> bool,
) -> (CaptureTotals, Diagnosis) {
    analyse_watched(captures, settings, passes, |_| {})
}

/// After so many packets it is told how far reading has come: some milliseconds of work, so that it costs nothing.
const PACKETS_BETWEEN_TELLING: u32 = 4096;

/// As [`analyse`]; `tell_read` hears now and then how many bytes of `captures` were read.
pub fn analyse_watched(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    passes: impl FnMut(&Packet<'_>) -> bool,
    tell_read: impl FnMut(u64),
) -> (CaptureTotals, Diagnosis) {
    analyse_noted(
        captures,
        settings,
        passes,
        tell_read,
        |_, _, observation| observation,
    )
}

/// As [`analyse_watched`]; `note` hears of every packet that passed, with the id of its interface, and what it says, and
/// gives what is to be judged in its place.
pub fn analyse_noted(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    passes: impl FnMut(&Packet<'_>) -> bool,
    tell_read: impl FnMut(u64),
    note: impl FnMut(&Packet<'_>, u32, Observation) -> Observation,
) -> (CaptureTotals, Diagnosis) {
    let read = read_all(captures, settings, None, passes, tell_read, note);
    (
        read.totals,
        read.diagnosing.diagnostician.finish(&read.quality),
    )
}

/// As [`analyse_noted`], for more attempts than memory holds: when all shall be listed, they are put aside in the meantime, as
/// `spool` says, and [`Diagnosis::listed`] gives them in that order.
///
/// # Errors
///
/// When they cannot be put aside. What is left to be read then is not read.
pub fn analyse_spooled(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    passes: impl FnMut(&Packet<'_>) -> bool,
    tell_read: impl FnMut(u64),
    note: impl FnMut(&Packet<'_>, u32, Observation) -> Observation,
) -> Result<(CaptureTotals, Diagnosis), SpoolError> {
    let read = read_all(captures, settings, spool, passes, tell_read, note);
    Ok((read.totals, read.diagnosing.finish(&read.quality)?))
}

/// What is known when all packets were read.
struct AllRead {
    totals: CaptureTotals,
    diagnosing: Diagnosing,
    quality: CaptureQuality,
}

fn read_all(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    mut passes: impl FnMut(&Packet<'_>) -> bool,
    mut tell_read: impl FnMut(u64),
    mut note: impl FnMut(&Packet<'_>, u32, Observation) -> Observation,
) -> AllRead {
    let mut until_telling = PACKETS_BETWEEN_TELLING;
    let mut totals = CaptureTotals::default();
    let sources = captures.facts();
    let mut interfaces = sources.iter().flat_map(|source| &source.interfaces);
    totals.leaves_out_third_step = interfaces.any(Interface::leaves_out_third_step);
    let (tracker, mut diagnosing) = pipeline::run(settings, spool, |batch| {
        batch.leaves_out_third_step = totals.leaves_out_third_step;
        while batch.observations.len() < PACKETS_AT_ONCE {
            until_telling -= 1;
            if until_telling == 0 {
                until_telling = PACKETS_BETWEEN_TELLING;
                tell_read(captures.bytes_read());
            }
            let Some((packet, interface)) = captures.next_with_interface() else {
                totals.sources = captures.facts();
                note_end(batch, &totals);
                return false;
            };
            // A packet that is left out shows that the capture went on.
            let observation = if passes(&packet) {
                let observation = note(&packet, interface, decode(&packet));
                count(&mut totals, &packet, &observation);
                observation
            } else {
                Observation::Unrelated
            };
            batch.observations.push((observation, packet.place));
        }
        true
    });
    if settings.is_anonymous {
        totals
            .sources
            .iter_mut()
            .for_each(SourceFacts::make_anonymous);
    }
    totals.first = totals
        .sources
        .iter()
        .filter_map(|source| source.first)
        .min();
    totals.last = totals.sources.iter().filter_map(|source| source.last).max();
    totals.packets = totals.sources.iter().map(|source| source.packets).sum();
    totals.copies = tracker.copies();
    totals.attempts_set_aside = tracker.set_aside_undecided();
    totals.shows_third_step = tracker.shows_third_step();
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
    totals.comments = captures
        .take_packet_comments()
        .into_iter()
        .filter(|_| !settings.is_anonymous)
        .map(|comment| ((comment.source, comment.number), comment.text))
        .collect();
    let names = captures.take_resolved_names();
    for resolved in names.into_iter().filter(|_| !settings.is_anonymous) {
        let diagnostician = &mut diagnosing.diagnostician;
        diagnostician.add_name(resolved.address, resolved.name);
    }
    AllRead {
        quality: totals.quality(lost_packets),
        totals,
        diagnosing,
    }
}

/// The capture went on for as long as its sources say, although no packet shows it.
fn note_end(batch: &mut Batch, totals: &CaptureTotals) {
    let sources = totals.sources.iter();
    if let Some(at) = sources.filter_map(|source| source.watched_until).max() {
        let place = PacketPlace {
            at,
            ..PacketPlace::default()
        };
        batch.observations.push((Observation::Unrelated, place));
    }
}

/// Counts a packet by what it is.
pub(crate) fn count(totals: &mut CaptureTotals, packet: &Packet<'_>, observation: &Observation) {
    match observation {
        Observation::Segment(_) => totals.tcp_packets += 1,
        Observation::IcmpError(_) => totals.icmp_errors += 1,
        Observation::Neighbour(_)
        | Observation::Names(_)
        | Observation::Alive(_)
        | Observation::Unrelated => {}
        Observation::Encrypted(_) => {
            totals.set_aside(SetAside::Encrypted, packet.place);
        }
        Observation::SetAside(reason) => {
            totals.set_aside(*reason, packet.place);
            if let (SetAside::UnsupportedLinkType, Some(link_type)) = (reason, packet.link_type) {
                *totals.unsupported_link_types.entry(link_type).or_default() += 1;
            }
        }
    }
}
