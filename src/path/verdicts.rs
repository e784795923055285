//! What became of the packets of one connect, and on which stretch of the path.

use super::altered::Passing;
use super::clock::ClockEstimate;
use super::confidence::Confidence;
use super::contradictions::{came_unseen, overlap};
use super::coverage::{Coverage, Uncovered};
use super::journey::PacketJourney;
use super::matching::Connect;
use super::place::Place;
use super::seen::{PacketKind, Way};
use super::verdict::{JudgedConnect, PathVerdict, VerdictKind};
use crate::decode::Endpoint;
use crate::handshake::{Outcome, Trouble, Troubles};

/// Judges connects.
pub(super) struct Judge<'a> {
    pub(super) places: &'a [Place],
    pub(super) clocks: &'a [ClockEstimate],
    pub(super) coverage: Coverage<'a>,
}

impl Judge<'_> {
    /// Judges one.
    pub(super) fn judged(&self, connect: Connect, journeys: Vec<PacketJourney>) -> JudgedConnect {
        let (outcome_at, outcome, troubles) = self.outcome(&connect);
        let mut judged = JudgedConnect {
            number: 0,
            connect,
            journeys,
            outcome,
            troubles,
            outcome_at,
            verdicts: Vec::new(),
        };
        let mut verdicts = Vec::new();
        if !judged.is_sound() {
            verdicts = self.blame(&judged);
        }
        verdicts.extend(self.alterations(&judged));
        let mut verdicts = merged(verdicts);
        let is_blamed = verdicts.iter().any(|verdict| verdict.kind.is_blame());
        let seen: Vec<usize> = self.seen_at(&judged.connect).collect();
        if verdicts.is_empty() && seen.len() > 1 && !is_blamed {
            verdicts.push(PathVerdict {
                kind: VerdictKind::Same,
                packet: None,
                between: seen
                    .first()
                    .into_iter()
                    .chain(seen.last())
                    .copied()
                    .collect(),
                count: 1,
                confidence: Confidence::Certain,
                changes: Vec::new(),
                because: None,
                begins: None,
            });
        }
        judged.verdicts = verdicts;
        judged
    }

    fn seen_at(&self, connect: &Connect) -> impl Iterator<Item = usize> {
        (0..self.places.len()).filter(|place| connect.is_seen_at(*place))
    }

    /// What the place nearest to the client that saw how it ended shows.
    fn outcome(&self, connect: &Connect) -> (usize, Outcome, Troubles) {
        let of = |place: usize| {
            let member = connect.members.get(place)?.first()?;
            let attempt = self.places.get(place)?.attempts.get(*member)?;
            Some((place, attempt.outcome, attempt.troubles))
        };
        let mut shown = self.seen_at(connect).filter_map(of);
        let first = shown.next();
        let tells = |(_, outcome, _): &(usize, Outcome, Troubles)| {
            !matches!(outcome, Outcome::Pending | Outcome::Partial)
        };
        let told = first.into_iter().chain(shown).find(tells);
        told.or(first)
            .unwrap_or((0, Outcome::Pending, Troubles::default()))
    }

    fn blame(&self, judged: &JudgedConnect) -> Vec<PathVerdict> {
        let mut verdicts = Vec::new();
        for journey in &judged.journeys {
            verdicts.extend(self.made(judged, journey));
        }
        let made: Vec<PathVerdict> = verdicts
            .iter()
            .filter(|verdict| verdict.kind == VerdictKind::MadeBetween)
            .cloned()
            .collect();
        for journey in &judged.journeys {
            let Some(lost) = self.lost(judged, journey) else {
                continue;
            };
            // What answers in between took the SYN in, and the server's own answer.
            let is_taken_in = made.iter().any(|made| {
                let is_handshake = matches!(
                    (journey.kind, made.packet),
                    (PacketKind::Syn, _) | (PacketKind::SynAck, Some(PacketKind::SynAck))
                );
                is_handshake && overlap(&made.between, &lost.between)
            });
            if !is_taken_in {
                verdicts.push(lost);
            }
        }
        let known = merged(verdicts);
        let is_known = |packet: Option<PacketKind>| {
            let mut verdicts = known.iter();
            verdicts.any(|verdict| verdict.packet == packet && verdict.kind.is_blame())
        };
        known
            .iter()
            .filter(|verdict| verdict.kind.is_blame() || !is_known(verdict.packet))
            .cloned()
            .collect()
    }

    /// Where the packet was seen last, and what that says of the stretch behind.
    fn lost(&self, judged: &JudgedConnect, journey: &PacketJourney) -> Option<PathVerdict> {
        let kind = loss_of(judged, journey)?;
        let last = *journey.passed().last()?;
        let ahead: Vec<usize> = match journey.way {
            Way::Forth => (last + 1..self.places.len()).collect(),
            Way::Back => (0..last).rev().collect(),
        };
        let next = *ahead.first()?;
        let mut because = None;
        for place in ahead {
            let is_told_by_data = matches!(
                (journey.kind, journey.way),
                (PacketKind::Data, _) | (PacketKind::Ack, Way::Forth)
            );
            if is_told_by_data && self.has_data(judged, journey.way, place) {
                return None;
            }
            let journeys = &judged.journeys;
            let came_by = came_unseen(journeys, (journey.kind, journey.way), place);
            let watched = match self.watched(judged, journey, last, place) {
                Ok(_) if came_by => Err(Uncovered::LostPackets),
                watched => watched,
            };
            match watched {
                Ok(confidence) => {
                    return Some(PathVerdict {
                        kind,
                        packet: Some(journey.kind),
                        between: vec![last, place],
                        count: 1,
                        confidence,
                        changes: Vec::new(),
                        because: None,
                        begins: None,
                    });
                }
                // The handshake is done there, and nothing hangs on what comes later.
                Err(Uncovered::NotFollowed) => return None,
                Err(reason) => _ = because.get_or_insert(reason),
            }
        }
        Some(PathVerdict {
            kind: VerdictKind::NotCovered,
            packet: Some(journey.kind),
            between: vec![last, next],
            count: 1,
            confidence: Confidence::Certain,
            changes: Vec::new(),
            because,
            begins: None,
        })
    }

    /// Whether a place saw data of this side at all: which of it is not kept there.
    fn has_data(&self, judged: &JudgedConnect, way: Way, place: usize) -> bool {
        let seen = judged.at(self.places, place);
        seen.is_some_and(|attempt| match way {
            Way::Forth => attempt.client_sent,
            Way::Back => attempt.server_sent,
        })
    }

    /// Who made an answer: the place that saw it first did not get it from the one before it.
    fn made(&self, judged: &JudgedConnect, journey: &PacketJourney) -> Option<PathVerdict> {
        let can_be_made = match journey.way {
            Way::Back => matches!(
                journey.kind,
                PacketKind::SynAck | PacketKind::Reset | PacketKind::IcmpError
            ),
            Way::Forth => journey.kind == PacketKind::Reset,
        };
        if !can_be_made {
            return None;
        }
        let first = *journey.passed().first()?;
        let behind: Vec<usize> = match journey.way {
            Way::Forth => (0..first).rev().collect(),
            Way::Back => (first + 1..self.places.len()).collect(),
        };
        let verdict = |kind, between, confidence, because| PathVerdict {
            kind,
            packet: Some(journey.kind),
            between,
            count: 1,
            confidence,
            changes: Vec::new(),
            because,
            begins: None,
        };
        let Some(next) = behind.first().copied() else {
            let is_answer = journey.way == Way::Back && journey.kind != PacketKind::SynAck;
            return is_answer.then(|| {
                verdict(
                    VerdictKind::AnsweredAt,
                    vec![first],
                    Confidence::Certain,
                    None,
                )
            });
        };
        let mut because = None;
        for place in behind {
            match self.watched(judged, journey, first, place) {
                Ok(watched) => {
                    let confidence = watched.min(self.certainty_of_making(judged, journey, place));
                    let between = vec![first, place];
                    return Some(verdict(VerdictKind::MadeBetween, between, confidence, None));
                }
                // Whatever it would show: who never saw the SYN has nothing to answer.
                Err(Uncovered::KindNotSeen)
                    if !judged.connect.is_seen_at(place)
                        && self.certainty_of_making(judged, journey, place)
                            == Confidence::Certain =>
                {
                    let between = vec![first, place];
                    let kind = VerdictKind::MadeBetween;
                    return Some(verdict(kind, between, Confidence::Certain, None));
                }
                Err(reason) => _ = because.get_or_insert(reason),
            }
        }
        let is_answer = journey.kind != PacketKind::SynAck;
        is_answer.then(|| {
            let between = vec![first, next];
            verdict(
                VerdictKind::NotCovered,
                between,
                Confidence::Certain,
                because,
            )
        })
    }

    /// How sure it is that the sender's side never sent it: it saw other packets of the connect, or
    /// not even the SYN.
    fn certainty_of_making(
        &self,
        judged: &JudgedConnect,
        journey: &PacketJourney,
        place: usize,
    ) -> Confidence {
        if judged.connect.is_seen_at(place) {
            return Confidence::Certain;
        }
        let mut syns = judged
            .journeys
            .iter()
            .filter(|other| other.kind == PacketKind::Syn && other.way == Way::Forth);
        let is_watched = syns.any(|syn| {
            let last = syn.passed().last().copied();
            last.is_some_and(|last| self.watched(judged, syn, last, place).is_ok())
        });
        if is_watched && journey.way == Way::Back {
            Confidence::Certain
        } else {
            Confidence::Likely
        }
    }

    fn watched(
        &self,
        judged: &JudgedConnect,
        journey: &PacketJourney,
        seen_at: usize,
        place: usize,
    ) -> Result<Confidence, Uncovered> {
        let packet = journey.at(seen_at).ok_or(Uncovered::ClockUnknown)?;
        let clock = self.clocks.get(seen_at).ok_or(Uncovered::ClockUnknown)?;
        let time = if clock.is_unknown() {
            (packet.place.at.nanoseconds(), 0)
        } else {
            let time = clock.to_reference(packet.place.at);
            time.ok_or(Uncovered::ClockUnknown)?
        };
        let what = (journey.kind, journey.way);
        self.coverage.watched(place, &judged.connect, what, time)
    }

    fn alterations(&self, judged: &JudgedConnect) -> Vec<PathVerdict> {
        let mut verdicts = Vec::new();
        let ends = |place: usize| -> Option<(Endpoint, Endpoint)> {
            let attempt = judged.at(self.places, place)?;
            Some((attempt.client, attempt.server))
        };
        for journey in &judged.journeys {
            let is_compared = matches!(
                (journey.kind, journey.way),
                (PacketKind::Syn, Way::Forth) | (PacketKind::SynAck, Way::Back)
            );
            if !is_compared {
                continue;
            }
            let passed = journey.passed();
            for (before, after) in passed.iter().zip(passed.iter().skip(1)) {
                let changes = (|| {
                    let passing = Passing {
                        before: journey.at(*before)?,
                        after: journey.at(*after)?,
                        ends_before: ends(*before)?,
                        ends_after: ends(*after)?,
                    };
                    Some(passing.changes())
                })();
                let changes = changes.unwrap_or_default();
                if !changes.is_empty() {
                    verdicts.push(PathVerdict {
                        kind: VerdictKind::Altered,
                        packet: Some(journey.kind),
                        between: vec![*before, *after],
                        count: 1,
                        confidence: Confidence::Certain,
                        changes,
                        because: None,
                        begins: None,
                    });
                }
            }
        }
        verdicts
    }
}

/// What it is called that a packet does not arrive; `None` of those whose loss says nothing.
fn loss_of(judged: &JudgedConnect, journey: &PacketJourney) -> Option<VerdictKind> {
    match (journey.kind, journey.way) {
        (PacketKind::Syn, Way::Forth) => Some(VerdictKind::SynLost),
        (PacketKind::SynAck | PacketKind::Reset | PacketKind::IcmpError, Way::Back) => {
            Some(VerdictKind::AnswerLost)
        }
        // An older connection's, which comes instead of a SYN-ACK.
        (PacketKind::Ack, Way::Back) if judged.outcome != Outcome::Established => {
            let mut others = judged.journeys.iter();
            let is_instead = !others.any(|other| other.kind == PacketKind::SynAck);
            is_instead.then_some(VerdictKind::AnswerLost)
        }
        (PacketKind::Ack, Way::Forth) => {
            let mut answers = judged.journeys.iter();
            let answers = answers
                .by_ref()
                .filter(|journey| journey.kind == PacketKind::SynAck);
            let arrives = judged.journeys.iter().any(|other| {
                let is_later = other.kind == PacketKind::Data && other.way == Way::Forth;
                is_later && other.passed().last() > journey.passed().last()
            });
            (answers.count() > 1 && !arrives).then_some(VerdictKind::AckLost)
        }
        (PacketKind::Data, way) if judged.troubles.has(Trouble::Stuck) => Some(match way {
            Way::Forth => VerdictKind::AckLost,
            Way::Back => VerdictKind::AnswerLost,
        }),
        _ => None,
    }
}

/// One verdict for each kind, packet and stretch. One packet alone is chance.
fn merged(verdicts: Vec<PathVerdict>) -> Vec<PathVerdict> {
    let mut merged: Vec<PathVerdict> = Vec::new();
    for verdict in verdicts {
        let is_same = |known: &&mut PathVerdict| {
            known.kind == verdict.kind
                && known.packet == verdict.packet
                && known.between == verdict.between
        };
        match merged.iter_mut().find(is_same) {
            Some(known) => {
                known.count = known.count.saturating_add(verdict.count);
                known.confidence = known.confidence.min(verdict.confidence);
                for change in verdict.changes {
                    if !known.changes.contains(&change) {
                        known.changes.push(change);
                    }
                }
            }
            None => merged.push(verdict),
        }
    }
    merged
}
