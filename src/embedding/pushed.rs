//! Packets that come one by one from a program, and what came of them so far.

use std::path::Path;

use crate::analysis::{AnalysisSettings, count, decoder_for};
use crate::capture::{Interface, LinkType, Packet, PacketNumber, PacketPlace, SourceId};
use crate::capture::{SourceFacts, Timestamp};
use crate::decode::{Answerers, Observation, add_verdict, decode_with};
use crate::diagnosis::{CaptureQuality, Diagnosis, Diagnostician};
use crate::handshake::{Decisions, Tracker};
use crate::report::CaptureTotals;

/// What a report calls the format of packets that stand in no file.
const FORMAT: &str = "packets";

/// The packets are one source, which grows.
#[derive(Debug)]
pub(super) struct PushedPackets {
    engine: Engine,
    answerers: Answerers,
    totals: CaptureTotals,
    source: SourceFacts,
    latest_number: u64,
}

impl PushedPackets {
    pub(super) fn new(settings: &AnalysisSettings, name: &Path) -> Self {
        let source = SourceFacts::before_reading(name.to_owned(), FORMAT);
        Self {
            engine: Engine::new(settings),
            answerers: Answerers::default(),
            totals: CaptureTotals::default(),
            source,
            latest_number: 0,
        }
    }

    pub(super) fn take(&mut self, packet: Packet<'_>) {
        let place = PacketPlace {
            at: packet.place.at,
            source: SourceId(0),
            number: self.number_of(&packet),
        };
        let packet = Packet { place, ..packet };
        self.note(&packet);
        let contexts = self.engine.tracker.contexts();
        let mut observation = decode_with(&packet, contexts.tunnels());
        let remarks = add_verdict(&mut observation, &packet, contexts);
        self.totals.verdict_faults.note(remarks, place);
        count(&mut self.totals, &packet, &observation);
        self.answerers.note(&packet, &observation);
        for answering in self.answerers.take_found() {
            self.engine.diagnostician.observe_answering(answering);
        }
        self.engine.take(observation, place);
    }

    pub(super) fn watched_until(&mut self, at: Timestamp) {
        self.source.watched_until = self.source.watched_until.max(Some(at));
        let place = PacketPlace {
            at,
            ..PacketPlace::default()
        };
        self.engine.take(Observation::Unrelated, place);
    }

    pub(super) fn packets_lost(&mut self, count: u64) {
        let lost = self.source.dropped_by_kernel.unwrap_or(0);
        self.source.dropped_by_kernel = Some(lost.saturating_add(count));
    }

    /// What was read, and what it says.
    pub(super) fn finish(self) -> (CaptureTotals, Diagnosis) {
        let Self {
            mut engine,
            mut totals,
            source,
            ..
        } = self;
        engine.finish_tracking();
        totals.first = source.first;
        totals.last = source.last;
        totals.packets = source.packets;
        totals.copies = engine.tracker.duplicates();
        totals.attempts_set_aside = engine.tracker.set_aside_undecided();
        totals.shows_third_step = engine.tracker.shows_third_step();
        totals.sources = vec![source];
        let quality = CaptureQuality {
            attempts_followed: engine.attempts_followed,
            ..totals.quality(totals.dropped_by_kernel().unwrap_or(0))
        };
        (totals, engine.diagnostician.finish(&quality))
    }

    /// The number that the packet has, or else the next one.
    fn number_of(&mut self, packet: &Packet<'_>) -> PacketNumber {
        self.latest_number = match packet.place.number {
            PacketNumber(0) => self.latest_number.saturating_add(1),
            PacketNumber(given) => given,
        };
        PacketNumber(self.latest_number)
    }

    fn note(&mut self, packet: &Packet<'_>) {
        let source = &mut self.source;
        let at = packet.place.at;
        source.packets += 1;
        source.bytes += packet.bytes.len() as u64;
        source.first = Some(source.first.map_or(at, |first| first.min(at)));
        source.last = source.last.max(Some(at));
        if let Some(link_type) = packet.link_type {
            note_link_type(&mut source.interfaces, link_type);
        }
    }
}

/// Each link type is an interface of its own: nothing else is known of where the packets come from.
fn note_link_type(interfaces: &mut Vec<Interface>, link_type: LinkType) {
    let is_known = interfaces.iter().any(|known| known.link_type == link_type);
    if !is_known && interfaces.len() < REMEMBERED_LINK_TYPES {
        let id = u32::try_from(interfaces.len()).unwrap_or(u32::MAX);
        interfaces.push(Interface::undescribed(id, link_type));
    }
}

/// More link types than a program has use for.
const REMEMBERED_LINK_TYPES: usize = 16;

/// Tracking and diagnosis on the calling thread. Of the rooms between decoding and reports nothing
/// else is used here.
#[derive(Debug)]
struct Engine {
    tracker: Tracker,
    diagnostician: Diagnostician,
    waiting: Vec<(Observation, PacketPlace)>,
    decided: Decisions,
    attempts_followed: u64,
}

/// How many packets are tracked and then diagnosed together: enough that changing over costs
/// nothing.
const PACKETS_AT_ONCE: usize = 1024;

impl Engine {
    fn new(settings: &AnalysisSettings) -> Self {
        let mut diagnostician =
            Diagnostician::new(settings.selection.clone(), settings.listed_attempts);
        diagnostician.keep_for_evidence(settings.evidence_attempts);
        Self {
            tracker: Tracker::for_decoder(settings.tracker, &decoder_for(settings)),
            diagnostician,
            waiting: Vec::with_capacity(PACKETS_AT_ONCE),
            decided: Decisions::default(),
            attempts_followed: settings.tracker.open_attempts as u64,
        }
    }

    fn take(&mut self, observation: Observation, place: PacketPlace) {
        self.waiting.push((observation, place));
        if self.waiting.len() == PACKETS_AT_ONCE {
            self.work_off();
        }
    }

    fn work_off(&mut self) {
        self.tracker.observe_all(&self.waiting);
        self.tracker.swap_decided(&mut self.decided);
        for (observation, place) in self.waiting.drain(..) {
            self.diagnostician.observe(&observation);
            let contexts = self.tracker.contexts();
            self.diagnostician
                .observe_record(&observation, place, contexts);
        }
        self.diagnostician.add_all(&mut self.decided);
    }

    fn finish_tracking(&mut self) {
        self.work_off();
        let Self {
            tracker,
            diagnostician,
            ..
        } = self;
        tracker.finish(|decided| diagnostician.add_all(decided));
    }
}
