//! One place of a path: its captures, tracked as any capture is.

use super::row_reader::{fill_rows, fill_rows_noted};
use super::{AnalysisSettings, PACKETS_AT_ONCE, PacketHooks, decoder_for};
use crate::capture::{CaptureSet, Interface, SourceFacts};
use crate::decode::RowBatch;
use crate::handshake::{Decisions, Tracker};
use crate::path::{Place, PlaceRecorder, PlaceSettings};
use crate::report::CaptureTotals;

/// Reads the first packets of a place, this many or a few more: enough to see whether it stands
/// where another one does.
pub fn read_beginning(
    name: String,
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    packets: u64,
) -> Place {
    let kept = PlaceSettings::default();
    let (place, _) = read_up_to(packets, name, captures, settings, (kept, None), |_| {});
    place
}

/// Reads all packets of a place: what is compared with other places, and what was read.
///
/// The rules are those of [`analyse`](super::analyse): attempts and outcomes are the same.
pub fn read_place(
    name: String,
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    kept: PlaceSettings,
    hooks: Option<&mut dyn PacketHooks>,
    tell_read: impl FnMut(u64),
) -> (Place, CaptureTotals) {
    let all = u64::MAX;
    read_up_to(all, name, captures, settings, (kept, hooks), tell_read)
}

fn read_up_to(
    most_packets: u64,
    name: String,
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    (kept, mut hooks): (PlaceSettings, Option<&mut dyn PacketHooks>),
    mut tell_read: impl FnMut(u64),
) -> (Place, CaptureTotals) {
    let mut left = most_packets;
    let mut totals = CaptureTotals::default();
    let mut decoder = decoder_for(settings);
    let mut tracker = Tracker::for_decoder(settings.tracker, &decoder);
    let sources = captures.facts();
    let mut interfaces = sources.iter().flat_map(|source| &source.interfaces);
    if interfaces.any(Interface::leaves_out_third_step) {
        tracker.leave_out_third_step();
    }
    let mut recorder = PlaceRecorder::new(kept);
    let mut decided = Decisions::default();
    let mut batch = [RowBatch::default()];
    loop {
        tell_read(captures.bytes_read());
        let (rows, most) = (&mut batch, PACKETS_AT_ONCE);
        let has_more = match hooks.as_deref_mut() {
            None => fill_rows(captures, &mut decoder, rows, most, &mut totals, |_| {}),
            Some(hooks) => {
                let totals = &mut totals;
                fill_rows_noted(captures, &mut decoder, rows, most, totals, hooks, |_| {})
            }
        };
        // What is not compared is not kept either.
        decoder.take_answering();
        for rows in &batch {
            tracker.observe_batch(rows);
        }
        tracker.swap_decided(&mut decided);
        recorder.take(&mut decided);
        left = left.saturating_sub(PACKETS_AT_ONCE as u64);
        if !has_more || left == 0 {
            break;
        }
    }
    tracker.finish(|decided| recorder.take(decided));
    let mut place = recorder.finish(name);
    if settings.is_anonymous {
        let sources = totals.sources.iter_mut();
        sources.for_each(SourceFacts::make_anonymous);
    }
    place.packets = totals.sources.iter().map(|source| source.packets).sum();
    place.tcp_packets = totals.tcp_packets;
    place.icmp_errors = totals.icmp_errors;
    place.lost_packets = totals
        .dropped_by_kernel()
        .unwrap_or(0)
        .saturating_add(totals.dropped_by_interface().unwrap_or(0));
    place.sources.clone_from(&totals.sources);
    (place, totals)
}
