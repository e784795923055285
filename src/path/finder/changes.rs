//! What the way changes, and clocks that do not agree.

use std::collections::BTreeMap;

use super::{Finder, NAMED, Stretch, blank};
use crate::path::altered::{Change, Field};
use crate::path::clock::ClockEstimate;
use crate::path::confidence::Confidence;
use crate::path::findings::{Detail, PathFinding, PathFindingKind};
use crate::path::seen::PacketKind;
use crate::path::verdict::{PathVerdict, VerdictKind};

/// Clocks that are closer together than this agree for all that people compare, in nanoseconds.
const APART_NS: u64 = 100_000_000;

/// A clock that gets ahead by more parts of a million is worth a word.
const DRIFTS_PPM: f64 = 20.0;

impl Finder<'_> {
    pub(super) fn altered(&mut self) {
        let mut stretches: BTreeMap<(Stretch, PacketKind), BTreeMap<Change, u64>> = BTreeMap::new();
        for said in self.alterations() {
            let ([one, other], Some(packet)) = (said.between.as_slice(), said.packet) else {
                continue;
            };
            let fields = said
                .changes
                .iter()
                .filter(|change| !is_address(change.field));
            for change in fields {
                let changes = stretches.entry(((*one, *other), packet)).or_default();
                *changes.entry(without_numbers(change)).or_default() += 1;
            }
        }
        for ((stretch, packet), changes) in stretches {
            let attempts = changes.values().copied().max().unwrap_or(0);
            let mut changes: Vec<(Change, u64)> = changes.into_iter().collect();
            changes.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
            changes.truncate(NAMED);
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                packet: Some(packet),
                attempts,
                of: self.count_passed(packet, stretch),
                detail: Detail::Changes(changes),
                ..blank(PathFindingKind::AlteredOptions, Confidence::Certain)
            };
            self.found.push(finding);
        }
    }

    pub(super) fn translation(&mut self) {
        type Mappings = BTreeMap<(Field, String, String), u64>;
        let mut stretches: BTreeMap<Stretch, (Mappings, u64)> = BTreeMap::new();
        for said in self.alterations() {
            let ([one, other], Some(PacketKind::Syn)) = (said.between.as_slice(), said.packet)
            else {
                continue;
            };
            let changes: Vec<&Change> = said
                .changes
                .iter()
                .filter(|change| is_address(change.field))
                .collect();
            if changes.is_empty() {
                continue;
            }
            let (mappings, connects) = stretches.entry((*one, *other)).or_default();
            *connects += 1;
            for change in changes {
                let (from, to) = match change.field {
                    // Each connect of a client has a port of its own.
                    Field::Client => (without_port(&change.from), without_port(&change.to)),
                    _ => (change.from.clone(), change.to.clone()),
                };
                *mappings.entry((change.field, from, to)).or_default() += 1;
            }
        }
        for (stretch, (mappings, connects)) in stretches {
            let mut mappings: Vec<((Field, String, String), u64)> = mappings.into_iter().collect();
            mappings.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
            mappings.truncate(NAMED);
            let named = mappings.into_iter().map(|((_, from, to), _)| (from, to));
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                attempts: connects,
                of: self.count_passed(PacketKind::Syn, stretch),
                detail: Detail::Mappings(named.collect()),
                ..blank(PathFindingKind::Translation, Confidence::Certain)
            };
            self.found.push(finding);
        }
    }

    pub(super) fn clocks_apart(&mut self) {
        let clocks = self.comparison.clocks.iter().enumerate().skip(1);
        let apart: Vec<PathFinding> = clocks
            .filter_map(|(place, clock)| {
                let ahead_ns = clock.offset_ns()?;
                let steps = clock.steps().count();
                let is_apart = ahead_ns.unsigned_abs() > APART_NS
                    || steps > 0
                    || clock.drift_ppm().abs() > DRIFTS_PPM;
                is_apart.then(|| PathFinding {
                    between: vec![place],
                    detail: Detail::Clock { ahead_ns, steps },
                    ..blank(PathFindingKind::ClocksApart, sureness(clock))
                })
            })
            .collect();
        self.found.extend(apart);
    }

    fn alterations(&self) -> impl Iterator<Item = &PathVerdict> {
        let connects = self.comparison.connects.iter();
        let verdicts = connects.flat_map(|judged| &judged.verdicts);
        verdicts.filter(|said| said.kind == VerdictKind::Altered)
    }
}

fn sureness(clock: &ClockEstimate) -> Confidence {
    match clock.uncertainty_ns() {
        Some(_) => Confidence::Certain,
        None => Confidence::Likely,
    }
}

fn is_address(field: Field) -> bool {
    matches!(field, Field::Client | Field::Server)
}

/// Sequence numbers and delays are other ones each time.
fn without_numbers(change: &Change) -> Change {
    match change.field {
        Field::Numbers | Field::Delay => Change {
            field: change.field,
            from: String::new(),
            to: String::new(),
        },
        _ => change.clone(),
    }
}

fn without_port(endpoint: &str) -> String {
    let address = endpoint
        .rsplit_once(':')
        .map_or(endpoint, |(address, _)| address);
    address.trim_matches(['[', ']']).to_owned()
}
