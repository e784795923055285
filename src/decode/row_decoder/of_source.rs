//! What a decoder remembers of the packets before: of each source by itself. What one source says
//! is held against no other's, so that it does not matter which others are read with it.

use std::collections::HashMap;
use std::time::Duration;

use crate::capture::{SourceId, Timestamp};
use crate::decode::answering_hosts::{Answerers, Answering};
use crate::decode::legs::LatestSyns;

/// So many sources are followed at once, of 200 KB each. More than that overlap in time only where
/// hundreds of hosts captured at once; what is seen of the others is not held against each other.
const MOST: usize = 256;

/// Nothing that is remembered is asked for so much later.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// How long it is not looked again for what may be forgotten.
const LOOKED_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is remembered of one source.
#[derive(Clone, Debug, Default)]
pub(super) struct OfSource {
    pub(super) latest_syns: LatestSyns,
    pub(super) answerers: Answerers,
}

/// What is remembered of all sources. One is at hand: that of the current packet.
#[derive(Clone, Debug)]
pub(super) struct OfSources {
    current: SourceId,
    at_hand: Option<Box<OfSource>>,
    /// With the time of their latest packet.
    others: HashMap<SourceId, (Timestamp, Box<OfSource>), foldhash::fast::RandomState>,
    looked_at: Timestamp,
    /// Of those that are no longer at hand.
    found: Vec<Answering>,
}

impl Default for OfSources {
    fn default() -> Self {
        Self {
            current: SourceId::default(),
            at_hand: Some(Box::default()),
            others: HashMap::default(),
            looked_at: Timestamp::EARLIEST,
            found: Vec::new(),
        }
    }
}

impl OfSources {
    /// What is remembered of the source of this packet, unless there are too many.
    #[inline]
    pub(super) fn of(&mut self, source: SourceId, clock: Timestamp) -> Option<&mut OfSource> {
        if source != self.current {
            self.turn_to(source, clock);
        }
        self.at_hand.as_deref_mut()
    }

    /// What became known since the last call.
    pub(super) fn take_found(&mut self) -> Vec<Answering> {
        let mut found = std::mem::take(&mut self.found);
        if let Some(at_hand) = &mut self.at_hand {
            found.append(&mut at_hand.answerers.take_found());
        }
        found
    }

    #[cold]
    fn turn_to(&mut self, source: SourceId, clock: Timestamp) {
        if let Some(mut before) = self.at_hand.take() {
            self.found.append(&mut before.answerers.take_found());
            self.others.insert(self.current, (clock, before));
        }
        self.current = source;
        self.at_hand = match self.others.remove(&source) {
            Some((_, known)) => Some(known),
            None => self.has_room(clock).then(Box::default),
        };
    }

    /// Whether one more may be followed. Those that said nothing for long are forgotten then.
    fn has_room(&mut self, clock: Timestamp) -> bool {
        if self.others.len() >= MOST && clock.since(self.looked_at) >= LOOKED_AGAIN_AFTER {
            self.looked_at = clock;
            self.others
                .retain(|_, (latest, _)| clock.since(*latest) < FORGOTTEN_AFTER);
        }
        self.others.len() < MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::HardwareAddress;

    #[test]
    fn each_source_is_remembered_by_itself() {
        let mut sources = OfSources::default();
        let clock = Timestamp::EARLIEST;
        assert!(sources.of(SourceId(0), clock).is_some());
        for number in 1..=u32::try_from(MOST).unwrap() + 10 {
            let is_followed = sources.of(SourceId(number), clock).is_some();
            assert_eq!(is_followed, (number as usize) < MOST);
        }
        // One of them again, and a new one when the others have been silent.
        assert!(sources.of(SourceId(7), clock).is_some());
        let later = clock.after(FORGOTTEN_AFTER * 2);
        assert!(sources.of(SourceId(9_999), later).is_some());
        assert!(sources.others.len() < 3);
    }

    #[test]
    fn what_was_found_is_told_whichever_source_comes_next() {
        use crate::decode::syn_links::{SynLink, SynsOnLink};
        let mut sources = OfSources::default();
        let found = Answering::AskedOn(SynsOnLink {
            first: crate::capture::PacketPlace::default(),
            link: SynLink {
                hosts: Some((HardwareAddress([1; 6]), HardwareAddress([2; 6]))),
                service_class: 0,
            },
        });
        sources.found.push(found);
        sources.of(SourceId(1), Timestamp::EARLIEST);
        assert_eq!(sources.take_found().len(), 1);
        assert!(sources.take_found().is_empty());
    }
}
