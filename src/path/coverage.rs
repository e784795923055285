//! Whether a place was watching: what it did not see then proves something.
//!
//! A place that began later, ended earlier, lost packets or was filtered is no witness. It is
//! judged for each moment and kind of packet by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::clock::ClockEstimate;
use super::confidence::Confidence;
use super::contradictions::came_unseen;
use super::journey::PacketJourney;
use super::matching::Connect;
use super::place::{Place, sample_hash};
use super::seen::{PacketKind, PlaceAttempt, Way};
use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// Why a place is no witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uncovered {
    /// It was not capturing then.
    NotCapturing,
    /// It lost packets while capturing.
    LostPackets,
    /// It shows no packets of this kind: its filter hides them, or they go another way.
    KindNotSeen,
    /// It shows one port only, and not this one.
    PortNotSeen,
    /// It shows one host only, and none of these.
    HostNotSeen,
    /// Connects that must have passed it are missing there as well.
    MissesOthers,
    /// It shows several that fit alike.
    Unclear,
    /// More was captured than is compared singly.
    NotKept,
    /// Nothing tells what its clock says.
    ClockUnknown,
    /// The connection went on there, or was over: its later packets are not taken note of.
    NotFollowed,
}

impl Uncovered {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotCapturing => "not_capturing",
            Self::LostPackets => "lost_packets",
            Self::KindNotSeen => "kind_not_seen",
            Self::PortNotSeen => "port_not_seen",
            Self::HostNotSeen => "host_not_seen",
            Self::MissesOthers => "misses_others",
            Self::Unclear => "unclear",
            Self::NotKept => "not_kept",
            Self::ClockUnknown => "clock_unknown",
            Self::NotFollowed => "not_followed",
        }
    }
}

/// What the absence of a packet at a place proves at most, or why it proves nothing.
pub(super) type Watched = Result<Confidence, Uncovered>;

/// What each place can be a witness of.
pub(super) struct Coverage<'a> {
    places: &'a [Place],
    clocks: &'a [ClockEstimate],
    witnesses: Vec<Witness>,
}

/// What one place shows, and what it misses.
#[derive(Default)]
struct Witness {
    /// When it was capturing, on its own clock.
    spans: Vec<(i64, i64)>,
    kinds: BTreeMap<(PacketKind, Way), u64>,
    shows_other_protocols: bool,
    ports: BTreeSet<u16>,
    /// Addresses that all its connects have.
    shared: Option<BTreeSet<IpAddr>>,
    servers: BTreeSet<IpAddr>,
    /// Packets that passed it and were seen there, and that were not.
    passed: BTreeMap<Way, (u64, u64)>,
    /// The same of connects that succeeded, by the address of their server.
    sound: BTreeMap<IpAddr, (u64, u64)>,
    /// How servers of places before it are called here.
    translated: BTreeMap<Endpoint, Endpoint>,
}

/// Files of one capture that begin so soon after each other are one rotation, in nanoseconds.
const ROTATION_NS: i64 = 2_000_000_000;

/// A place that misses more of what must have passed it, of a hundred, is no witness.
const MISSED_PERCENT: u64 = 5;

/// One that lost more packets while capturing, of a hundred, is none either.
const LOST_PERCENT: u64 = 1;

/// Clocks of which nothing is known agree, if they are set at all, about so well.
const CLOCKS_AGREE_NS: i64 = 2_000_000_000;

impl<'a> Coverage<'a> {
    pub(super) fn of(
        places: &'a [Place],
        clocks: &'a [ClockEstimate],
        connects: &[(Connect, Vec<PacketJourney>)],
    ) -> Self {
        let mut witnesses: Vec<Witness> = places.iter().map(Witness::of).collect();
        for (connect, journeys) in connects {
            for (place, witness) in witnesses.iter_mut().enumerate() {
                witness.note(place, connect, journeys, (places, clocks));
            }
        }
        Self {
            places,
            clocks,
            witnesses,
        }
    }

    /// What it proves that `place` did not see a packet of this kind which another place saw at
    /// `at` (on the clock of the first place, give or take `off`).
    pub(super) fn watched(
        &self,
        place: usize,
        connect: &Connect,
        (kind, way): (PacketKind, Way),
        (at, off): (i64, i64),
    ) -> Watched {
        let (Some(witness), Some(here)) = (self.witnesses.get(place), self.places.get(place))
        else {
            return Err(Uncovered::NotCapturing);
        };
        if connect.is_unclear_at(place) {
            return Err(Uncovered::Unclear);
        }
        if !self.is_followed(place, connect, (at, off)) {
            return Err(Uncovered::NotFollowed);
        }
        let in_time = self.in_time(place, witness, (at, off))?;
        let lost = here.lost_packets.saturating_mul(100);
        if lost > here.packets.saturating_mul(LOST_PERCENT) {
            return Err(Uncovered::LostPackets);
        }
        let by_losses = if here.lost_packets > 0 {
            Confidence::Likely
        } else {
            Confidence::Certain
        };
        witness.shows(kind, way)?;
        witness.misses_little(way)?;
        if connect.is_seen_at(place) {
            return Ok(in_time.min(by_losses));
        }
        let member = self.nearest(place, connect);
        let by_path = member.map_or(Ok(Confidence::Possible), |attempt| {
            if !here.kept.is_all()
                && sample_hash(attempt.isn) > here.kept.failing_up_to.min(here.kept.sound_up_to)
            {
                return Err(Uncovered::NotKept);
            }
            witness.is_on_path_of(attempt)
        })?;
        Ok(in_time.min(by_losses).min(by_path))
    }

    /// What a place's clock shows then, how much that may be off, and how sure both are.
    fn local(
        &self,
        place: usize,
        (at, off): (i64, i64),
    ) -> Result<(i64, i64, Confidence), Uncovered> {
        match self.known_clock(place) {
            Some(clock) => {
                let local = clock.to_local(at).ok_or(Uncovered::ClockUnknown)?;
                let own_off = clock.uncertainty_ns().map_or(0, i64::try_from_or_max);
                Ok((local, off.saturating_add(own_off), Confidence::Certain))
            }
            None => Ok((at, CLOCKS_AGREE_NS, Confidence::Likely)),
        }
    }

    fn known_clock(&self, place: usize) -> Option<&'a ClockEstimate> {
        self.clocks.get(place).filter(|clock| !clock.is_unknown())
    }

    /// Whether the place still took note of packets of this connect then.
    fn is_followed(&self, place: usize, connect: &Connect, time: (i64, i64)) -> bool {
        let attempts = self.places.get(place).map(|here| &here.attempts);
        let members = connect.members.get(place).into_iter().flatten();
        let members = members.filter_map(|member| attempts?.get(*member));
        let untils = members.map(|attempt| attempt.followed_until.map(Timestamp::nanoseconds));
        let until = untils.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other)));
        let Some(until) = until.flatten() else {
            return true;
        };
        self.local(place, time)
            .is_ok_and(|(local, off, _)| local.saturating_add(off) < until)
    }

    fn in_time(&self, place: usize, witness: &Witness, time: (i64, i64)) -> Watched {
        let (local, off, confidence) = self.local(place, time)?;
        let is_within = |(first, last): &(i64, i64)| {
            first.saturating_add(off) <= local && local <= last.saturating_sub(off)
        };
        if witness.spans.iter().any(is_within) {
            return Ok(confidence);
        }
        Err(match self.known_clock(place) {
            Some(_) => Uncovered::NotCapturing,
            None => Uncovered::ClockUnknown,
        })
    }

    /// The attempt of the place nearest to this one, on the client's side first.
    fn nearest(&self, place: usize, connect: &Connect) -> Option<&'a PlaceAttempt> {
        let before = (0..place).rev();
        let mut others = before.chain(place..self.places.len());
        let nearest = others.find(|other| connect.is_seen_at(*other))?;
        let member = connect.members.get(nearest)?.last()?;
        self.places.get(nearest)?.attempts.get(*member)
    }
}

/// Conversions that hold at the ends of the range.
trait HeldAtEnds {
    fn try_from_or_max(number: u64) -> i64;
}

impl HeldAtEnds for i64 {
    fn try_from_or_max(number: u64) -> i64 {
        Self::try_from(number).unwrap_or(Self::MAX)
    }
}

impl Witness {
    fn of(place: &Place) -> Self {
        let mut witness = Self {
            spans: spans(place),
            shows_other_protocols: place.packets
                > place.tcp_packets.saturating_add(place.icmp_errors),
            ..Self::default()
        };
        for attempt in &place.attempts {
            witness.ports.insert(attempt.server.port);
            witness.servers.insert(attempt.server.address);
            let ends = [attempt.client.address, attempt.server.address];
            match &mut witness.shared {
                Some(shared) => shared.retain(|address| ends.contains(address)),
                None => witness.shared = Some(ends.into()),
            }
            for packet in &attempt.packets {
                *witness.kinds.entry((packet.kind, packet.way)).or_default() += 1;
            }
        }
        witness
    }

    /// Takes note of what a connect tells of the place.
    fn note(
        &mut self,
        place: usize,
        connect: &Connect,
        journeys: &[PacketJourney],
        (places, clocks): (&[Place], &[ClockEstimate]),
    ) {
        for journey in journeys {
            // Of these each place may keep another one.
            if matches!(journey.kind, PacketKind::Data | PacketKind::Ack) {
                continue;
            }
            let seen = journey.at(place).is_some();
            let is_between = journey.places().next().is_some_and(|first| first < place)
                && journey
                    .places()
                    .next_back()
                    .is_some_and(|last| last > place);
            if seen || (is_between && !self.is_in_hole(place, journey, clocks)) {
                let (there, missed) = self.passed.entry(journey.way).or_default();
                *if seen { there } else { missed } += 1;
            }
        }
        for what in [
            (PacketKind::Syn, Way::Forth),
            (PacketKind::SynAck, Way::Back),
        ] {
            let mut same = journeys.iter().filter(|one| (one.kind, one.way) == what);
            let is_in_hole = same.any(|one| self.is_in_hole(place, one, clocks));
            if !is_in_hole && came_unseen(journeys, what, place) {
                self.passed.entry(what.1).or_default().1 += 1;
            }
        }
        let of = |other: usize| {
            let member = connect.members.get(other)?.last()?;
            places.get(other)?.attempts.get(*member)
        };
        let mut elsewhere = (0..places.len()).filter(|other| *other != place);
        let Some(other) = elsewhere.find_map(of) else {
            return;
        };
        if let Some(here) = of(place) {
            if here.server != other.server {
                self.translated.insert(other.server, here.server);
            }
            self.sound.entry(other.server.address).or_default().0 += 1;
        } else if other.is_sound()
            && !connect.is_unclear_at(place)
            && !journeys
                .iter()
                .any(|one| self.is_in_hole(place, one, clocks))
        {
            let kept = places.get(place).map(|place| place.kept);
            if kept.is_some_and(|kept| sample_hash(other.isn) <= kept.sound_up_to) {
                self.sound.entry(other.server.address).or_default().1 += 1;
            }
        }
    }

    /// Whether a packet passed in a hole of the place's capture: what it misses then says nothing
    /// of the rest.
    fn is_in_hole(&self, place: usize, journey: &PacketJourney, clocks: &[ClockEstimate]) -> bool {
        let local = journey.places().find_map(|other| {
            let packet = journey.at(other)?;
            let (at, _) = clocks.get(other)?.to_reference(packet.place.at)?;
            clocks.get(place)?.to_local(at)
        });
        local.is_some_and(|local| {
            let mut holes = self.spans.iter().zip(self.spans.iter().skip(1));
            holes.any(|((_, last), (first, _))| *last < local && local < *first)
        })
    }

    /// Whether packets of this kind are shown at all.
    fn shows(&self, kind: PacketKind, way: Way) -> Result<(), Uncovered> {
        let seen = |kind: PacketKind, way: Way| self.kinds.contains_key(&(kind, way));
        let shows_plain = PacketKind::ALL.iter().any(|kind| {
            let is_plain = matches!(kind, PacketKind::Ack | PacketKind::Data);
            is_plain && (seen(*kind, Way::Forth) || seen(*kind, Way::Back))
        });
        let shows_way = PacketKind::ALL.iter().any(|kind| seen(*kind, way));
        let is_shown = match kind {
            _ if seen(kind, way) => true,
            PacketKind::IcmpError => self.shows_other_protocols && shows_way,
            // A place that shows segments without SYN, FIN and RST shows those with one of them,
            // and one that shows other protocols chooses no segments by their flags.
            PacketKind::Reset => (shows_plain || self.shows_other_protocols) && shows_way,
            PacketKind::Syn | PacketKind::SynAck => shows_way,
            PacketKind::Ack | PacketKind::Data => shows_plain || self.shows_other_protocols,
        };
        // One that shows no connect at all may be watching the wrong interface: see
        // `is_on_path_of`.
        let shows_no_connect = self.kinds.is_empty() && self.shows_other_protocols;
        (is_shown || shows_no_connect)
            .then_some(())
            .ok_or(Uncovered::KindNotSeen)
    }

    /// Whether it shows nearly all that must have passed it. What loses packets of one direction
    /// loses those of the other as well, unless it shows one direction only.
    fn misses_little(&self, way: Way) -> Result<(), Uncovered> {
        let misses_much = |way: Way| {
            let (seen, missed) = self.passed.get(&way).copied().unwrap_or_default();
            let of_hundred = missed.saturating_mul(100);
            (
                of_hundred > seen.saturating_add(missed).saturating_mul(MISSED_PERCENT),
                seen > 0,
            )
        };
        let other = match way {
            Way::Forth => Way::Back,
            Way::Back => Way::Forth,
        };
        let is_witness = !misses_much(way).0 && misses_much(other) != (true, true);
        is_witness.then_some(()).ok_or(Uncovered::MissesOthers)
    }

    /// What a server of places before it is called here, as far as any of its ports tells.
    fn called_here(&self, server: Endpoint) -> Endpoint {
        if let Some(translated) = self.translated.get(&server) {
            return *translated;
        }
        let mut others = self.translated.iter();
        let of_host = others.find(|(before, _)| before.address == server.address);
        of_host.map_or(server, |(_, here)| Endpoint {
            address: here.address,
            ..server
        })
    }

    /// Whether a connect that was not seen here had to pass.
    fn is_on_path_of(&self, attempt: &PlaceAttempt) -> Watched {
        let server = self.called_here(attempt.server);
        let (seen, missed) = self
            .sound
            .get(&attempt.server.address)
            .copied()
            .unwrap_or_default();
        if missed.saturating_mul(100) > seen.saturating_add(missed) * MISSED_PERCENT {
            return Err(Uncovered::MissesOthers);
        }
        let shows_one_port = self.ports.len() == 1 && !self.shows_other_protocols;
        if shows_one_port && !self.ports.contains(&server.port) {
            return Err(Uncovered::PortNotSeen);
        }
        let shared = self.shared.as_ref().filter(|shared| !shared.is_empty());
        let is_shared = |address: &IpAddr| shared.is_none_or(|shared| shared.contains(address));
        if !is_shared(&server.address) && !is_shared(&attempt.client.address) {
            return Err(Uncovered::HostNotSeen);
        }
        Ok(if self.servers.contains(&server.address) {
            Confidence::Certain
        } else if self.servers.is_empty() {
            Confidence::Possible
        } else {
            Confidence::Likely
        })
    }
}

/// When a place was capturing, by its files: from the first packet of each to its last, and between
/// two of a rotation.
fn spans(place: &Place) -> Vec<(i64, i64)> {
    let of_source = |source: &crate::capture::SourceFacts| {
        let last = source.last.max(source.watched_until)?;
        Some((source.first?.nanoseconds(), Timestamp::nanoseconds(last)))
    };
    let mut spans: Vec<(i64, i64)> = place.sources.iter().filter_map(of_source).collect();
    spans.sort_unstable();
    let mut merged: Vec<(i64, i64)> = Vec::new();
    for (first, last) in spans {
        match merged.last_mut() {
            Some((_, end)) if first.saturating_sub(*end) <= ROTATION_NS => *end = (*end).max(last),
            _ => merged.push((first, last)),
        }
    }
    merged
}
