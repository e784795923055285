//! Connects that end at what stands between two places, and begin anew behind it: at a SYN proxy
//! with the same ends, at a TCP proxy with others.

use std::collections::BTreeMap;

use super::clock::ClockEstimate;
use super::confidence::Confidence;
use super::place::Place;
use super::seen::{PacketKind, PathPacket, Way};
use super::verdict::{Beginning, JudgedConnect, PathVerdict, VerdictKind};
use crate::decode::Endpoint;

/// A proxy connects so soon after it was connected to, in nanoseconds.
const BEGINS_WITHIN_NS: i64 = 50_000_000;

/// That two connects follow one another once is chance.
const SEVERAL: usize = 2;

/// Of so many of a hundred connects to a proxy the own connection must be found.
const MOST_PERCENT: usize = 80;

/// A moment on the first place's clock, and how much it may be off.
type Moment = (i64, i64);

/// Tells of the connects, sorted and numbered, which of them begin anew, and where.
pub(super) fn tell(places: &[Place], clocks: &[ClockEstimate], connects: &mut [JudgedConnect]) {
    let looking = Looking { places, clocks };
    let mut found: Vec<(usize, PathVerdict)> = Vec::new();
    for (index, judged) in connects.iter().enumerate() {
        found.extend(looking.with_same_ends(judged).map(|said| (index, said)));
    }
    found.extend(looking.with_other_ends(connects));
    for (index, said) in found {
        if let Some(judged) = connects.get_mut(index) {
            // What does not go on behind a proxy is no riddle any more, and what is sent there is
            // another packet, not the same one altered.
            judged.verdicts.retain(|known| {
                let hangs_together = [VerdictKind::NotCovered, VerdictKind::Altered];
                let is_of_stretch = known.between.iter().all(|one| said.between.contains(one));
                known.kind != VerdictKind::Same
                    && !(hangs_together.contains(&known.kind) && is_of_stretch)
            });
            judged.verdicts.push(said);
        }
    }
}

struct Looking<'a> {
    places: &'a [Place],
    clocks: &'a [ClockEstimate],
}

/// What ends on a stretch: at which place it was seen last, and to which server.
type Ended = (usize, Endpoint);

impl Looking<'_> {
    /// A SYN proxy lets the SYN pass once the client has acknowledged its own SYN-ACK: by the time,
    /// or by the number of that SYN-ACK, which Linux writes into the SYN.
    fn with_same_ends(&self, judged: &JudgedConnect) -> Option<PathVerdict> {
        let seen: Vec<usize> = (0..self.places.len())
            .filter(|place| judged.connect.is_seen_at(*place))
            .collect();
        let mut stretches = seen.iter().zip(seen.iter().skip(1));
        stretches.find_map(|(here, there)| {
            let after_ns = self.after_acknowledgement(judged, (*here, *there));
            let is_begun = after_ns.is_some() || self.knows_answer(judged, (*here, *there));
            is_begun.then(|| PathVerdict {
                begins: Some(Beginning {
                    after_ns,
                    number: None,
                }),
                ..begun((*here, *there), Confidence::Certain)
            })
        })
    }

    /// How long after the client's acknowledgement at one place the SYN came to the next, where it
    /// surely did.
    fn after_acknowledgement(
        &self,
        judged: &JudgedConnect,
        (here, there): (usize, usize),
    ) -> Option<i64> {
        let (acknowledged, off) = self.acknowledged(judged, here)?;
        let (begins, other_off) = self.begins(judged, there)?;
        let after_ns = begins.saturating_sub(acknowledged);
        (after_ns > off.saturating_add(other_off)).then_some(after_ns)
    }

    /// Whether the SYN at one place has the number with which the client was answered before.
    fn knows_answer(&self, judged: &JudgedConnect, (here, there): (usize, usize)) -> bool {
        let attempt = judged.at(self.places, here);
        let answer = attempt.and_then(|attempt| attempt.server_isn);
        let mut syns = judged.journeys.iter();
        syns.any(|one| {
            let is_syn = one.kind == PacketKind::Syn && one.way == Way::Forth;
            let syn = one.at(there).filter(|_| is_syn);
            let number = syn.map(|syn| syn.acknowledgment);
            number.is_some_and(|number| number.0 != 0 && Some(number) == answer)
        })
    }

    /// A TCP proxy makes a connection of its own for each that it takes. Nothing but time says that
    /// they belong together, so that all must, or nearly all.
    fn with_other_ends(&self, connects: &[JudgedConnect]) -> Vec<(usize, PathVerdict)> {
        let mut ended: BTreeMap<Ended, Vec<(usize, Moment)>> = BTreeMap::new();
        let mut begun_at: BTreeMap<usize, Vec<(i64, usize)>> = BTreeMap::new();
        for (index, judged) in connects.iter().enumerate() {
            let seen = || (0..self.places.len()).filter(|place| judged.connect.is_seen_at(*place));
            if let (Some(first), Some(syn)) = (seen().next(), judged.first_syn(self.places))
                && first > 0
            {
                let at = self.moment(first, syn).0;
                begun_at.entry(first).or_default().push((at, index));
            }
            let last = seen()
                .next_back()
                .filter(|last| last + 1 < self.places.len());
            let ends = last.and_then(|last| {
                let server = judged.at(self.places, last)?.server;
                Some(((last, server), self.acknowledged_as_shown(judged, last)?))
            });
            if let Some((ending, acknowledged)) = ends {
                ended.entry(ending).or_default().push((index, acknowledged));
            }
        }
        for begun in begun_at.values_mut() {
            begun.sort_unstable();
        }
        let mut found = Vec::new();
        for ((last, _), group) in ended {
            if let Some(begun) = begun_at.get(&(last + 1)) {
                found.extend(self.of_proxy(last, &group, begun, connects));
            }
        }
        found
    }

    /// The connects that a proxy behind place `last` makes for those that end there, if it is one.
    fn of_proxy(
        &self,
        last: usize,
        group: &[(usize, Moment)],
        begun_there: &[(i64, usize)],
        connects: &[JudgedConnect],
    ) -> Vec<(usize, PathVerdict)> {
        let mut pairs: Vec<(usize, usize, i64)> = Vec::new();
        let mut takers: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, (at, off)) in group {
            let earliest = at.saturating_sub(*off);
            let latest = at.saturating_add(BEGINS_WITHIN_NS).saturating_add(*off);
            let first = begun_there.partition_point(|(begins, _)| *begins < earliest);
            let within = begun_there.iter().skip(first);
            let mut within = within.take_while(|(begins, _)| *begins <= latest);
            if let (Some((begins, other)), None) = (within.next(), within.next()) {
                pairs.push((*index, *other, begins.saturating_sub(*at)));
                *takers.entry(*other).or_default() += 1;
            }
        }
        pairs.retain(|(_, other, _)| takers.get(other) == Some(&1));
        let is_one = pairs.len() >= SEVERAL && pairs.len() * 100 >= group.len() * MOST_PERCENT;
        if !is_one {
            return Vec::new();
        }
        let has_clock = |place: usize| self.clocks.get(place).is_some_and(|one| !one.is_unknown());
        let confidence = if has_clock(last) && has_clock(last + 1) && pairs.len() > SEVERAL {
            Confidence::Likely
        } else {
            Confidence::Possible
        };
        let said = |(index, other, after_ns): (usize, usize, i64)| {
            let number = connects.get(other).map(|judged| judged.number);
            let begins = Some(Beginning {
                after_ns: Some(after_ns),
                number,
            });
            let said = begun((last, last + 1), confidence);
            (index, PathVerdict { begins, ..said })
        };
        pairs.into_iter().map(said).collect()
    }

    /// When the client's acknowledgement came by a place.
    fn acknowledged(&self, judged: &JudgedConnect, place: usize) -> Option<Moment> {
        let packet = acknowledgement(judged, place)?;
        self.clocks.get(place)?.to_reference(packet.place.at)
    }

    /// The same; where nothing is known of the clock, as it shows it.
    fn acknowledged_as_shown(&self, judged: &JudgedConnect, place: usize) -> Option<Moment> {
        Some(self.moment(place, acknowledgement(judged, place)?))
    }

    fn moment(&self, place: usize, packet: &PathPacket) -> Moment {
        let clock = self.clocks.get(place);
        let known = clock.and_then(|clock| clock.to_reference(packet.place.at));
        known.unwrap_or((packet.place.at.nanoseconds(), 0))
    }

    /// When the first SYN came by a place.
    fn begins(&self, judged: &JudgedConnect, place: usize) -> Option<Moment> {
        let syns = judged.journeys.iter();
        let syns = syns.filter(|one| one.kind == PacketKind::Syn && one.way == Way::Forth);
        let clock = self.clocks.get(place)?;
        let times = syns.filter_map(|syn| clock.to_reference(syn.at(place)?.place.at));
        times.min()
    }
}

/// The client's first packet after its SYN, at a place that saw the SYN-ACK as well.
fn acknowledgement(judged: &JudgedConnect, place: usize) -> Option<&PathPacket> {
    let at_place = |kinds: &'static [PacketKind], way: Way| {
        let journeys = judged.journeys.iter();
        let of_kind = journeys.filter(move |one| one.way == way && kinds.contains(&one.kind));
        of_kind.filter_map(move |one| one.at(place))
    };
    at_place(&[PacketKind::SynAck], Way::Back).next()?;
    at_place(&[PacketKind::Ack, PacketKind::Data], Way::Forth).min_by_key(|packet| packet.place.at)
}

fn begun((here, there): (usize, usize), confidence: Confidence) -> PathVerdict {
    PathVerdict {
        kind: VerdictKind::NewConnection,
        packet: Some(PacketKind::Syn),
        between: vec![here, there],
        count: 1,
        confidence,
        changes: Vec::new(),
        because: None,
        begins: None,
    }
}
