//! Places into what is compared of them, several at once.

use std::sync::{Mutex, PoisonError};

use super::tracker_settings;
use crate::analysis::{AnalysisSettings, PacketHooks, read_place};
use crate::anonymize::AddressMap;
use crate::capture::{CaptureSet, Packet, SourceFacts};
use crate::cli::compare_arguments::CompareArguments;
use crate::cli::compared_places::NamedPlace;
use crate::cli::messages::Messages;
use crate::cli::packet_filter::PacketFilter;
use crate::cli::progress::Progress;
use crate::cli::read;
use crate::decode::Observation;
use crate::path::{Place, PlaceSettings};
use crate::report::CaptureTotals;

/// Reads all places, several at once; they come in the order in which they were named.
pub(super) fn read_all(
    arguments: &CompareArguments,
    opened: Vec<(NamedPlace, CaptureSet)>,
    map: Option<AddressMap>,
    messages: Messages,
) -> (Vec<ReadPlace>, Option<AddressMap>) {
    let sizes = opened.iter().map(|(_, captures)| captures.total_bytes());
    let total = sizes.sum::<Option<u64>>();
    let progress = Progress::of(total, messages);
    let reading = Reading {
        settings: AnalysisSettings {
            tracker: tracker_settings(arguments),
            tunnels: arguments.tunnel.iter().copied().collect(),
            is_anonymous: map.is_some(),
            prefix_numbers: map.as_ref().map(AddressMap::prefix_numbers),
            ..AnalysisSettings::default()
        },
        filter: arguments.filter.as_deref(),
        messages,
        map: Mutex::new(map),
        progress: Mutex::new((progress, vec![0; opened.len()])),
    };
    let threads = arguments.threads.unwrap_or_else(read::usual_threads).get();
    let mut waiting = opened.into_iter().enumerate();
    let mut read = Vec::new();
    loop {
        let next: Vec<_> = waiting.by_ref().take(threads).collect();
        if next.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            let reading = &reading;
            let started: Vec<_> = next
                .into_iter()
                .map(|(index, (named, captures))| {
                    scope.spawn(move || reading.place(index, named, captures))
                })
                .collect();
            for thread in started {
                match thread.join() {
                    Ok(place) => read.push(place),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
    let progress = reading.progress.into_inner();
    let (progress, _) = progress.unwrap_or_else(PoisonError::into_inner);
    progress.remove();
    let map = reading.map.into_inner();
    (read, map.unwrap_or_else(PoisonError::into_inner))
}

/// A place that was read.
pub(super) struct ReadPlace {
    pub(super) place: Place,
    pub(super) totals: CaptureTotals,
    /// Its files, as they can be opened again.
    pub(super) facts: Vec<SourceFacts>,
}

/// What all places are read by.
struct Reading<'a> {
    settings: AnalysisSettings,
    filter: Option<&'a str>,
    messages: Messages,
    /// That of an anonymous report: one place after the other uses it.
    map: Mutex<Option<AddressMap>>,
    /// With how much was read of each place.
    progress: Mutex<(Progress, Vec<u64>)>,
}

impl Reading<'_> {
    fn place(&self, index: usize, named: NamedPlace, mut captures: CaptureSet) -> ReadPlace {
        let tell = |bytes: u64| {
            let progress = self.progress.lock();
            let mut progress = progress.unwrap_or_else(PoisonError::into_inner);
            let (progress, read) = &mut *progress;
            if let Some(own) = read.get_mut(index) {
                *own = bytes;
            }
            progress.have_read(read.iter().sum());
        };
        // That it can be made was seen before.
        let mut filter = PacketFilter::new(self.filter).ok();
        let mut map = self.settings.is_anonymous.then(|| {
            let map = self.map.lock();
            map.unwrap_or_else(PoisonError::into_inner)
        });
        let mut hooks = Hooks {
            filter: filter.as_mut(),
            map: map.as_mut().and_then(|map| map.as_mut()),
        };
        let hooks = hooks.if_needed();
        let kept = PlaceSettings::default();
        let (place, totals) =
            read_place(named.name, &mut captures, &self.settings, kept, hooks, tell);
        for refusal in filter.iter().flat_map(PacketFilter::refusals) {
            self.messages.warning(refusal);
        }
        ReadPlace {
            place,
            totals,
            facts: captures.facts(),
        }
    }
}

/// What hears of every packet.
struct Hooks<'a> {
    filter: Option<&'a mut PacketFilter>,
    map: Option<&'a mut AddressMap>,
}

impl Hooks<'_> {
    fn if_needed(&mut self) -> Option<&mut dyn PacketHooks> {
        let filters = self
            .filter
            .as_ref()
            .is_some_and(|filter| filter.is_in_use());
        (filters || self.map.is_some()).then_some(self as &mut dyn PacketHooks)
    }
}

impl PacketHooks for Hooks<'_> {
    fn passes(&mut self, packet: &Packet<'_>) -> bool {
        let filter = self.filter.as_mut();
        filter.is_none_or(|filter| filter.passes(packet))
    }

    fn shows_hardware_addresses(&self) -> bool {
        self.map.is_none()
    }

    fn note(&mut self, _: &Packet<'_>, _: u32, observation: Observation) -> Observation {
        match &mut self.map {
            Some(map) => crate::anonymize::anonymous(observation, map),
            None => observation,
        }
    }
}
