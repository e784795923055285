//! What is lost though others pass.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finder, Members, SEVERAL, Stretch, blank};
use crate::path::confidence::Confidence;
use crate::path::findings::{Detail, PathFinding, PathFindingKind};
use crate::path::seen::{PacketKind, Way};
use crate::path::verdict::VerdictKind;

/// How many packets of each kind.
type OfKind = BTreeMap<PacketKind, u64>;

impl Finder<'_> {
    /// SYNs that pass, and nothing that the client sends after them.
    pub(super) fn after_the_syn(&mut self) {
        let mut stretches: BTreeMap<Stretch, BTreeSet<usize>> = BTreeMap::new();
        for ((stretch, _), members) in self.untold(VerdictKind::AckLost) {
            stretches.entry(stretch).or_default().extend(members);
        }
        for (stretch, members) in stretches {
            let ends = |index: &usize| {
                let passes = |kinds: &[PacketKind]| {
                    let journeys = self.connect(*index).map(|judged| &judged.journeys);
                    journeys.into_iter().flatten().any(|one| {
                        let is_of_kind = kinds.contains(&one.kind) && one.way == Way::Forth;
                        is_of_kind && one.at(stretch.0).is_some() && one.at(stretch.1).is_some()
                    })
                };
                passes(&[PacketKind::Syn]) && !passes(&[PacketKind::Ack, PacketKind::Data])
            };
            let members: Members = members.into_iter().filter(ends).collect();
            let lost = self.verdicts(&members, VerdictKind::AckLost, stretch);
            let lost: u64 = lost.map(|said| u64::from(said.count)).sum();
            if lost < SEVERAL as u64 {
                continue;
            }
            let surest = self.surest(&members, VerdictKind::AckLost, stretch);
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                packet: Some(PacketKind::Ack),
                server: self.common_server(&members),
                attempts: members.len() as u64,
                of: self.reached(stretch.0),
                ..blank(
                    PathFindingKind::FilterBetween,
                    surest.min(Confidence::Likely),
                )
            };
            self.tell(finding, &members);
        }
    }

    /// What is left of losses: some packets pass, some do not.
    pub(super) fn lossy(&mut self) {
        let kinds = [
            VerdictKind::SynLost,
            VerdictKind::AnswerLost,
            VerdictKind::AckLost,
        ];
        let mut stretches: BTreeMap<Stretch, (BTreeSet<usize>, OfKind)> = BTreeMap::new();
        for kind in kinds {
            for ((stretch, packet), members) in self.untold(kind) {
                let lost = self.verdicts(&members, kind, stretch);
                let lost = lost.filter(|said| said.packet == Some(packet));
                let lost: u64 = lost.map(|said| u64::from(said.count)).sum();
                let (all, of_kind) = stretches.entry(stretch).or_default();
                all.extend(members);
                *of_kind.entry(packet).or_default() += lost;
            }
        }
        for (stretch, (members, mut of_kind)) in stretches {
            let members: Members = members.into_iter().collect();
            // Of data a place keeps little: it counts only where nothing else was lost.
            let is_data = of_kind.keys().all(|kind| *kind == PacketKind::Data);
            of_kind.retain(|kind, _| is_data || *kind != PacketKind::Data);
            let packets = of_kind.values().sum();
            let mut kinds: Vec<(PacketKind, u64)> = of_kind.into_iter().collect();
            kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            let sent = self.sent(stretch, is_data).max(packets);
            let confidence = if members.len() >= SEVERAL {
                Confidence::Likely
            } else {
                Confidence::Possible
            };
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                packet: is_data.then_some(PacketKind::Data),
                server: self.common_server(&members),
                attempts: members.len() as u64,
                of: self.reached(stretch.0.min(stretch.1)),
                detail: Detail::Lost {
                    packets,
                    sent,
                    kinds,
                },
                ..blank(PathFindingKind::LossyStretch, confidence)
            };
            self.tell(finding, &members);
        }
    }

    /// Packets of handshakes, or else segments of data, that were seen at the beginning of a
    /// stretch and went on over it.
    fn sent(&self, (from, to): Stretch, are_data: bool) -> u64 {
        let way = if from < to { Way::Forth } else { Way::Back };
        let journeys = self.comparison.connects.iter();
        let journeys = journeys.flat_map(|judged| &judged.journeys);
        let sent = journeys.filter(|journey| {
            let is_counted = (journey.kind == PacketKind::Data) == are_data;
            is_counted && journey.way == way && journey.at(from).is_some()
        });
        sent.count() as u64
    }
}
