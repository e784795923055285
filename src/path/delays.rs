//! Packets that need longer on one stretch than on all the rest of their way.

use std::collections::BTreeMap;

use super::altered::{Change, Field};
use super::clock::ClockEstimate;
use super::confidence::Confidence;
use super::journey::PacketJourney;
use super::seen::{PacketKind, Way};
use super::verdict::{JudgedConnect, PathVerdict, VerdictKind};

/// What is shorter than this is told of by nobody, in nanoseconds.
const WORTH_A_WORD_NS: i64 = 100_000_000;

/// Of fewer packets on a stretch, the fastest says nothing of how long it takes.
const SEVERAL: usize = 3;

/// A stretch, in the direction in which it is passed.
type Passage = (usize, usize);

/// Tells of the SYNs and SYN-ACKs that were held up. How far clocks are off does not matter: what
/// is compared is how much longer one packet takes than the fastest of its stretch and direction.
pub(super) fn tell(clocks: &[ClockEstimate], connects: &mut [JudgedConnect]) {
    let mut fastest: BTreeMap<Passage, (i64, usize)> = BTreeMap::new();
    let mut round_trip: Option<i64> = None;
    for judged in connects.iter() {
        for (passage, took, _) in judged.journeys.iter().flat_map(|one| passages(one, clocks)) {
            let (least, count) = fastest.entry(passage).or_insert((took, 0));
            *least = took.min(*least);
            *count += 1;
        }
        let took = shortest_round_trip(judged);
        round_trip = round_trip.into_iter().chain(took).min();
    }
    let least_extra = round_trip.unwrap_or(0).max(WORTH_A_WORD_NS);
    for judged in connects.iter_mut() {
        let mut held_up: Vec<(Passage, PacketKind, i64)> = Vec::new();
        for journey in &judged.journeys {
            for (passage, took, off) in passages(journey, clocks) {
                let known = fastest.get(&passage);
                let usual = known.filter(|(_, count)| *count >= SEVERAL);
                let Some((least, _)) = usual else {
                    continue;
                };
                let longer = took.saturating_sub(*least);
                if longer.saturating_sub(off) > least_extra {
                    held_up.push((passage, journey.kind, longer));
                }
            }
        }
        for (passage, kind, longer) in held_up {
            note(judged, passage, kind, longer);
        }
    }
}

/// How long a SYN or SYN-ACK took from each place to the next that saw it, and how much that may be
/// off.
fn passages<'a>(
    journey: &'a PacketJourney,
    clocks: &'a [ClockEstimate],
) -> impl Iterator<Item = (Passage, i64, i64)> + 'a {
    let is_compared = matches!(
        (journey.kind, journey.way),
        (PacketKind::Syn, Way::Forth) | (PacketKind::SynAck, Way::Back)
    );
    let passed = if is_compared {
        journey.passed()
    } else {
        Vec::new()
    };
    let stretches: Vec<Passage> = passed
        .iter()
        .copied()
        .zip(passed.iter().copied().skip(1))
        .collect();
    stretches.into_iter().filter_map(|(before, after)| {
        let at = |place: usize| {
            let packet = journey.at(place)?;
            clocks.get(place)?.to_reference(packet.place.at)
        };
        let ((left, off), (arrived, other_off)) = (at(before)?, at(after)?);
        let took = arrived.saturating_sub(left);
        Some(((before, after), took, off.saturating_add(other_off)))
    })
}

/// From the last SYN before a SYN-ACK to it, at the place nearest to the client, by its own clock.
fn shortest_round_trip(judged: &JudgedConnect) -> Option<i64> {
    let place = judged.journeys.iter().find_map(|one| one.places().next())?;
    let times = |kind: PacketKind, way: Way| {
        let journeys = judged.journeys.iter();
        let of_kind = journeys.filter(move |one| (one.kind, one.way) == (kind, way));
        of_kind.filter_map(move |one| Some(one.at(place)?.place.at.nanoseconds()))
    };
    let answered = times(PacketKind::SynAck, Way::Back).min()?;
    let before = times(PacketKind::Syn, Way::Forth).filter(|sent| *sent <= answered);
    before.max().map(|sent| answered - sent)
}

fn note(judged: &mut JudgedConnect, passage: Passage, kind: PacketKind, longer_ns: i64) {
    let milliseconds = longer_ns / 1_000_000;
    let change = Change {
        field: Field::Delay,
        from: String::new(),
        to: format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000),
    };
    let between = [passage.0, passage.1];
    let known = judged.verdicts.iter_mut().find(|said| {
        said.kind == VerdictKind::Altered && said.packet == Some(kind) && said.between == between
    });
    if let Some(known) = known {
        known.changes.push(change);
        return;
    }
    judged
        .verdicts
        .retain(|known| known.kind != VerdictKind::Same);
    judged.verdicts.push(PathVerdict {
        kind: VerdictKind::Altered,
        packet: Some(kind),
        between: between.to_vec(),
        count: 1,
        confidence: Confidence::Certain,
        changes: vec![change],
        because: None,
        begins: None,
    });
}
