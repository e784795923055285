//! The findings, made of what was judged connect by connect.
//!
//! One story, one finding: a connect that goes wrong is told of in the first finding that explains
//! it, in the order in which they are made here.

mod changes;
mod losses;
mod translators;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::confidence::Confidence;
use super::findings::{Detail, PathFinding, PathFindingKind};
use super::place::Place;
use super::seen::PacketKind;
use super::verdict::{JudgedConnect, PathVerdict, VerdictKind};
use super::{Comparison, Order};
use crate::decode::Endpoint;
use crate::handshake::Outcome;

/// So many connects that go wrong alike are no chance.
const SEVERAL: usize = 3;

/// How many mappings and changes are named.
const NAMED: usize = 16;

/// All findings, the worst first.
pub(super) fn findings(comparison: &Comparison) -> Vec<PathFinding> {
    let mut findings = Finder {
        comparison,
        told: BTreeSet::new(),
        found: Vec::new(),
    };
    findings.wrong_order();
    findings.nothing_in_common();
    findings.proxies();
    findings.answers_made_between();
    findings.mappings_used_twice();
    findings.filters();
    findings.one_way();
    findings.after_the_syn();
    findings.lossy();
    findings.everything_arrived();
    findings.altered();
    findings.translation();
    findings.clocks_apart();
    findings.found
}

/// A stretch and a direction on it: where a packet was seen last, and where it was missed.
type Stretch = (usize, usize);

struct Finder<'a> {
    comparison: &'a Comparison,
    /// The connects that a finding tells of.
    told: BTreeSet<usize>,
    found: Vec<PathFinding>,
}

/// Connects by their indices.
type Members = Vec<usize>;

impl Finder<'_> {
    fn places(&self) -> &[Place] {
        &self.comparison.places
    }

    fn connect(&self, index: usize) -> Option<&JudgedConnect> {
        self.comparison.connects.get(index)
    }

    fn server(&self, judged: &JudgedConnect) -> Option<Endpoint> {
        judged.nearest(self.places()).map(|attempt| attempt.server)
    }

    fn client(&self, judged: &JudgedConnect) -> Option<IpAddr> {
        let nearest = judged.nearest(self.places());
        nearest.map(|attempt| attempt.client.address)
    }

    /// Connects that no finding tells of yet, with a verdict of this kind, by stretch and packet.
    fn untold(&self, kind: VerdictKind) -> BTreeMap<(Stretch, PacketKind), Members> {
        let mut found: BTreeMap<(Stretch, PacketKind), Members> = BTreeMap::new();
        let connects = self.comparison.connects.iter().enumerate();
        for (index, judged) in connects.filter(|(index, _)| !self.told.contains(index)) {
            for said in judged.verdicts.iter().filter(|said| said.kind == kind) {
                if let ([one, other], Some(packet)) = (said.between.as_slice(), said.packet) {
                    let members = found.entry(((*one, *other), packet)).or_default();
                    members.push(index);
                }
            }
        }
        found
    }

    fn tell(&mut self, mut finding: PathFinding, members: &[usize]) {
        self.told.extend(members);
        let started = members.iter().filter_map(|index| {
            let judged = self.connect(*index)?;
            super::started(judged, self.places(), &self.comparison.clocks)
        });
        let span = started.fold(None, |span: Option<(i64, i64)>, at| {
            let (first, last) = span.unwrap_or((at, at));
            Some((first.min(at), last.max(at)))
        });
        finding.span = span;
        self.found.push(finding);
    }

    fn verdicts<'a>(
        &'a self,
        members: &'a [usize],
        kind: VerdictKind,
        stretch: Stretch,
    ) -> impl Iterator<Item = &'a PathVerdict> {
        let connects = members.iter().filter_map(|index| self.connect(*index));
        let verdicts = connects.flat_map(|judged| &judged.verdicts);
        verdicts.filter(move |said| said.kind == kind && said.between == [stretch.0, stretch.1])
    }

    /// How sure the surest of them is.
    fn surest(&self, members: &[usize], kind: VerdictKind, stretch: Stretch) -> Confidence {
        let verdicts = self.verdicts(members, kind, stretch);
        let surest = verdicts.map(|said| said.confidence).max();
        surest.unwrap_or(Confidence::Possible)
    }

    /// The connects of which a packet of this kind passed both ends of the stretch, whether they
    /// were asked for or not: what a filter lets pass is known by all.
    fn passed(&self, packet: PacketKind, stretch: Stretch) -> Vec<&JudgedConnect> {
        let comparison = self.comparison;
        let connects = comparison.connects.iter().chain(&comparison.others);
        connects
            .filter(|judged| passes(judged, packet, stretch))
            .collect()
    }

    /// How many of those that were asked for.
    fn count_passed(&self, packet: PacketKind, stretch: Stretch) -> u64 {
        let connects = self.comparison.connects.iter();
        let passing = connects.filter(|judged| passes(judged, packet, stretch));
        passing.count() as u64
    }

    fn wrong_order(&mut self) {
        if let Order::Corrected(one, other) = &self.comparison.order {
            let detail = Detail::Order(one.clone(), other.clone());
            let index = |name: &String| {
                let mut places = self.places().iter();
                places.position(|place| place.name == *name)
            };
            let between = index(other).into_iter().chain(index(one)).collect();
            self.found.push(PathFinding {
                between,
                detail,
                ..blank(PathFindingKind::WrongOrder, Confidence::Certain)
            });
        }
    }

    /// A place that has no connect in common with any other.
    fn nothing_in_common(&mut self) {
        let alone = self.comparison.alone.clone();
        if alone.is_empty() {
            return;
        }
        let seen = |place: &usize| {
            let place = self.places().get(*place);
            place.map_or(0, Place::seen_attempts)
        };
        self.found.push(PathFinding {
            attempts: alone.iter().map(seen).sum(),
            of: self.comparison.connects.len() as u64,
            between: alone,
            ..blank(PathFindingKind::NothingInCommon, Confidence::Certain)
        });
    }

    fn answers_made_between(&mut self) {
        for ((stretch, packet), members) in self.untold(VerdictKind::MadeBetween) {
            let members = self.still_untold(members);
            if members.is_empty() {
                continue;
            }
            let kind = VerdictKind::MadeBetween;
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                packet: Some(packet),
                server: self.common_server(&members),
                attempts: members.len() as u64,
                of: self.reached(stretch.0.min(stretch.1)),
                ..blank(
                    PathFindingKind::AnswersMadeBetween,
                    self.surest(&members, kind, stretch),
                )
            };
            self.tell(finding, &members);
        }
    }

    /// SYNs to one server, or of one client, none of which passes.
    fn filters(&mut self) {
        for ((stretch, packet), members) in self.untold(VerdictKind::SynLost) {
            let passed = self.passed(packet, stretch);
            let count_passed = passed.len();
            let groups: [&GroupOf<'_>; 3] = [
                &|judged| Some(Group::Server(self.server(judged)?)),
                &|judged| Some(Group::Host(self.server(judged)?.address)),
                &|judged| Some(Group::Client(self.client(judged)?)),
            ];
            let mut chosen: Vec<(Group, Members)> = Vec::new();
            let mut left: BTreeSet<usize> = members.into_iter().collect();
            for group_of in groups {
                let of = |index: &usize| self.connect(*index).and_then(group_of);
                let through: BTreeSet<Group> = passed
                    .iter()
                    .filter_map(|judged| group_of(judged))
                    .collect();
                let mut grouped: BTreeMap<Group, Members> = BTreeMap::new();
                for index in &left {
                    let group = of(index).filter(|group| !through.contains(group));
                    if let Some(group) = group {
                        grouped.entry(group).or_default().push(*index);
                    }
                }
                for (group, members) in grouped {
                    // One SYN that is lost once is chance.
                    let lost = self.verdicts(&members, VerdictKind::SynLost, stretch);
                    if lost.map(|said| u64::from(said.count)).sum::<u64>() < 2 {
                        continue;
                    }
                    left.retain(|index| !members.contains(index));
                    chosen.push((group, members));
                }
            }
            if count_passed == 0 && chosen.len() > 1 && left.is_empty() {
                let members: Members = chosen
                    .into_iter()
                    .flat_map(|(_, members)| members)
                    .collect();
                chosen = vec![(Group::All, members)];
            }
            let of = self.reached(stretch.0);
            for (group, members) in chosen {
                self.tell_filter(stretch, group, &members, (of, count_passed));
            }
        }
    }

    fn tell_filter(
        &mut self,
        stretch: Stretch,
        group: Group,
        members: &[usize],
        (of, passed): (u64, usize),
    ) {
        let surest = self.surest(members, VerdictKind::SynLost, stretch);
        // That they do not pass is seen; that something is to blame for it is inferred.
        let lost = self.verdicts(members, VerdictKind::SynLost, stretch);
        let lost: u64 = lost.map(|said| u64::from(said.count)).sum();
        let confidence = if passed > 0 && lost >= SEVERAL as u64 {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        let finding = PathFinding {
            between: vec![stretch.0, stretch.1],
            packet: Some(PacketKind::Syn),
            server: match group {
                Group::Server(server) => Some(server),
                _ => None,
            },
            attempts: members.len() as u64,
            of,
            detail: match group {
                Group::Server(_) | Group::All => Detail::None,
                Group::Host(address) => Detail::Host(address),
                Group::Client(address) => Detail::Client(address),
            },
            ..blank(PathFindingKind::FilterBetween, confidence.min(surest))
        };
        self.tell(finding, members);
    }

    /// Answers none of which passes, although what they answer does.
    fn one_way(&mut self) {
        for ((stretch, packet), members) in self.untold(VerdictKind::AnswerLost) {
            let members = self.still_untold(members);
            let passed = self.passed(packet, stretch);
            let of = |index: &usize| self.connect(*index).and_then(|judged| self.server(judged));
            let through = passed.iter().filter_map(|judged| self.server(judged));
            let through: BTreeSet<Endpoint> = through.collect();
            let stays = |index: &&usize| of(index).is_none_or(|server| !through.contains(&server));
            let members: Members = members.iter().filter(stays).copied().collect();
            let lost = self.verdicts(&members, VerdictKind::AnswerLost, stretch);
            if lost.map(|said| u64::from(said.count)).sum::<u64>() < 2 {
                continue;
            }
            let surest = self.surest(&members, VerdictKind::AnswerLost, stretch);
            let confidence = if members.len() < 2 {
                Confidence::Possible
            } else {
                Confidence::Likely
            };
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                packet: Some(packet),
                server: self.common_server(&members),
                attempts: members.len() as u64,
                of: self.reached(stretch.1.min(stretch.0)),
                ..blank(PathFindingKind::OneWayStretch, confidence.min(surest))
            };
            self.tell(finding, &members);
        }
    }

    /// What goes wrong is at the last place, or behind it.
    fn everything_arrived(&mut self) {
        let Some(last) = self.places().len().checked_sub(1) else {
            return;
        };
        let is_it = |judged: &JudgedConnect| {
            let is_cleared = judged
                .verdicts
                .iter()
                .all(|said| !said.kind.is_blame() || said.kind == VerdictKind::AnsweredAt)
                && !judged
                    .verdicts
                    .iter()
                    .any(|said| said.kind == VerdictKind::NotCovered);
            let arrives = judged.journeys.iter().any(|journey| {
                journey.kind == PacketKind::Syn
                    && journey.at(last).is_some()
                    && journey.at(0).is_some()
            });
            let has_failed = !judged.is_sound()
                && !matches!(judged.outcome, Outcome::Pending | Outcome::Partial);
            has_failed && is_cleared && arrives
        };
        let connects = self.comparison.connects.iter().enumerate();
        let members: Members = connects
            .filter(|(index, judged)| !self.told.contains(index) && is_it(judged))
            .map(|(index, _)| index)
            .collect();
        if members.is_empty() {
            return;
        }
        let finding = PathFinding {
            between: vec![0, last],
            server: self.common_server(&members),
            attempts: members.len() as u64,
            of: self.reached(0),
            ..blank(PathFindingKind::EverythingArrived, Confidence::Certain)
        };
        self.tell(finding, &members);
    }

    fn still_untold(&self, members: Members) -> Members {
        let mut members = members;
        members.retain(|index| !self.told.contains(index));
        members
    }

    /// The server of all of them, if they have one.
    fn common_server(&self, members: &[usize]) -> Option<Endpoint> {
        let of = |index: &usize| self.connect(*index).and_then(|judged| self.server(judged));
        let mut servers = members.iter().map(of);
        let first = servers.next()??;
        servers.all(|server| server == Some(first)).then_some(first)
    }

    /// How many connects were seen at a place.
    fn reached(&self, place: usize) -> u64 {
        let connects = self.comparison.connects.iter();
        let seen = connects.filter(|judged| judged.connect.is_seen_at(place));
        seen.count() as u64
    }
}

/// Whether a packet of this kind passed both ends of the stretch.
fn passes(judged: &JudgedConnect, packet: PacketKind, (from, to): Stretch) -> bool {
    judged.journeys.iter().any(|journey| {
        let is_of_kind = journey.kind == packet;
        is_of_kind && journey.at(from).is_some() && journey.at(to).is_some()
    })
}

/// What connects may have in common that do not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    All,
    Server(Endpoint),
    Host(IpAddr),
    Client(IpAddr),
}

/// What a connect belongs to.
type GroupOf<'a> = dyn Fn(&JudgedConnect) -> Option<Group> + 'a;

fn blank(kind: PathFindingKind, confidence: Confidence) -> PathFinding {
    PathFinding {
        kind,
        confidence,
        between: Vec::new(),
        packet: None,
        server: None,
        attempts: 0,
        of: 0,
        span: None,
        detail: Detail::None,
    }
}
