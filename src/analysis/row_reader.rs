//! Captures into batches of rows: what reading and decoding hand to whoever tracks.

use super::{PacketHooks, count};
use crate::capture::{CaptureSet, Packet};
use crate::decode::{Observation, RowBatch, RowDecoder};
use crate::report::CaptureTotals;

/// Reads the next packets of `captures`, `most` of them at most, into `batches`: the one, or the
/// one of its shard. What is not about connects, and yet says something, is given to `observe`; all
/// are counted. False at the end.
pub fn fill_rows(
    captures: &mut CaptureSet,
    decoder: &mut RowDecoder,
    batches: &mut [RowBatch],
    most: usize,
    totals: &mut CaptureTotals,
    mut observe: impl FnMut(&Observation),
) -> bool {
    decoder.begin(batches);
    let mut left = most;
    while left > 0 {
        let given = captures.give_next(left, |packet, _| {
            match decoder.push(packet, batches) {
                // It says nothing about anybody, as most packets that come back.
                None | Some(Observation::Unrelated) => {}
                Some(beside) => note_beside(*packet, &beside, totals, &mut observe),
            }
        });
        if given == 0 {
            break;
        }
        left = left.saturating_sub(usize::try_from(given).unwrap_or(usize::MAX));
    }
    end(captures, decoder, batches, left == 0, totals)
}

/// As [`fill_rows`], where `hooks` hear of every packet.
pub(super) fn fill_rows_noted(
    captures: &mut CaptureSet,
    decoder: &mut RowDecoder,
    batches: &mut [RowBatch],
    most: usize,
    totals: &mut CaptureTotals,
    hooks: &mut dyn PacketHooks,
    mut observe: impl FnMut(&Observation),
) -> bool {
    decoder.begin(batches);
    let mut left = most;
    while left > 0
        && let Some((packet, interface)) = captures.next_with_interface()
    {
        left -= 1;
        if !hooks.passes(&packet) {
            // A packet that is left out shows that the capture went on.
            decoder.note_time(packet.place.at);
            continue;
        }
        let said = decoder.observation(&packet);
        if hooks.shows_hardware_addresses() {
            decoder.note_on_link(&packet, &said);
        }
        let observation = hooks.note(&packet, interface, said);
        if let Some(beside) = decoder.push_observation(observation, packet.place, batches) {
            note_beside(packet, &beside, totals, &mut observe);
        }
    }
    end(captures, decoder, batches, left == 0, totals)
}

/// Takes note of a packet that is not about connects. It takes the packet as a copy, and none is
/// made of the many that do not come here.
#[inline(never)]
fn note_beside(
    packet: Packet<'_>,
    observation: &Observation,
    totals: &mut CaptureTotals,
    observe: &mut impl FnMut(&Observation),
) {
    count(totals, &packet, observation);
    observe(observation);
}

/// Ends the piece. The capture went on for as long as its sources say, although no packet shows it.
fn end(
    captures: &CaptureSet,
    decoder: &mut RowDecoder,
    batches: &mut [RowBatch],
    has_more: bool,
    totals: &mut CaptureTotals,
) -> bool {
    if !has_more {
        totals.sources = captures.facts();
        let sources = totals.sources.iter();
        if let Some(at) = sources.filter_map(|source| source.watched_until).max() {
            decoder.note_time(at);
        }
    }
    decoder.end(batches);
    let counts = decoder.take_counts();
    totals.tcp_packets += counts.segments;
    totals.icmp_errors += counts.icmp_errors;
    totals.verdict_faults.add(&decoder.take_verdict_faults());
    has_more
}
