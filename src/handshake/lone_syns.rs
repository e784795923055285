//! All attempts of which nothing but the SYN was seen: a queue in the order in which they came, and an index into it.

use std::collections::VecDeque;
use std::hint::black_box;

use super::flow_table::FlowKey;
use super::lone_syn::LoneSyn;
use super::place_index::{PlaceIndex, Tag, Tagger};

/// How many SYNs are kept in one piece of memory: so that the queue can grow and shrink without being copied.
const PIECE: usize = 4096;

/// The queue and its index.
#[derive(Debug, Default)]
pub(super) struct LoneSyns {
    /// Places in the queue, by the key of what stands there.
    index: PlaceIndex,
    queue: Queue,
}

impl LoneSyns {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.index.count()
    }

    /// Adds one; of its 4-tuple there is none yet.
    pub(super) fn add(&mut self, tagger: &Tagger, tag: Tag, syn: LoneSyn) {
        if self.queue.is_full_of_gaps(self.index.count()) {
            self.close_gaps(tagger);
        }
        let place = self.queue.push(syn);
        self.index.insert(tag, place);
    }

    /// Moves what is left together, where one that nobody takes keeps the room of all that stood behind it.
    fn close_gaps(&mut self, tagger: &Tagger) {
        let left: Vec<LoneSyn> = self.iter().copied().collect();
        self.index.clear();
        self.queue = Queue::default();
        for syn in left {
            let place = self.queue.push(syn);
            self.index.insert(tagger.tag(syn.key()), place);
        }
    }

    /// Takes the one of this 4-tuple out.
    pub(super) fn take(&mut self, tag: Tag, key: FlowKey) -> Option<LoneSyn> {
        let queue = &mut self.queue;
        let place = self
            .index
            .remove(tag, |place| queue.key(place) == Some(key))?;
        queue.take(place)
    }

    /// The one of this 4-tuple; it stays.
    pub(super) fn get(&self, tag: Tag, key: FlowKey) -> Option<LoneSyn> {
        let place = self
            .index
            .find(tag, |place| self.queue.key(place) == Some(key))?;
        *self.queue.slot(place)?
    }

    /// The oldest.
    pub(super) fn oldest(&mut self) -> Option<&LoneSyn> {
        self.queue.oldest()
    }

    /// Takes the oldest out.
    pub(super) fn take_oldest(&mut self, tagger: &Tagger) -> Option<LoneSyn> {
        let key = self.queue.oldest()?.key();
        self.take(tagger.tag(key), key)
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &LoneSyn> {
        self.queue.pieces.iter().flatten().flatten()
    }

    /// Brings into the cache what looking for these tags needs.
    pub(super) fn expect(&self, tags: &[Tag]) {
        self.index.touch(tags);
        let places = tags.iter().filter_map(|tag| self.index.guess(*tag));
        let is_there = |place: &u32| self.queue.slot(*place).is_some_and(Option::is_some);
        black_box(places.filter(is_there).count());
    }

    /// Brings into the cache where the index knows the `count` oldest ones.
    pub(super) fn expect_oldest(&self, tagger: &Tagger, count: usize, tags: &mut Vec<Tag>) {
        let next = self.queue.oldest_first().take(count).flatten();
        tags.clear();
        tags.extend(next.map(|syn| tagger.tag(syn.key())));
        self.index.touch(tags);
    }
}

/// SYNs in the order in which they came; those taken out leave a gap until all before them are gone.
#[derive(Debug, Default)]
struct Queue {
    pieces: VecDeque<Vec<Option<LoneSyn>>>,
    /// The place of the first of the first piece. Places count up, and start anew after 2³² of them: so many never stand
    /// in the queue at once.
    start: u32,
    /// How many at the front of the first piece are known to be gone.
    gone: usize,
}

impl Queue {
    /// Adds one; its place.
    fn push(&mut self, syn: LoneSyn) -> u32 {
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push_back(Vec::with_capacity(PIECE));
        }
        let before = self.pieces.len().saturating_sub(1) * PIECE;
        let Some(piece) = self.pieces.back_mut() else {
            return self.start;
        };
        let offset = before + piece.len();
        piece.push(Some(syn));
        self.start.wrapping_add(u32::try_from(offset).unwrap_or(0))
    }

    /// Whether most of its room is gaps, so much that it is worth moving the `count` that are left.
    fn is_full_of_gaps(&self, count: usize) -> bool {
        self.pieces.len() * PIECE > 4 * count + 16 * PIECE
    }

    fn slot(&self, place: u32) -> Option<&Option<LoneSyn>> {
        let offset = place.wrapping_sub(self.start) as usize;
        self.pieces.get(offset / PIECE)?.get(offset % PIECE)
    }

    fn key(&self, place: u32) -> Option<FlowKey> {
        Some(self.slot(place)?.as_ref()?.key())
    }

    /// Those that came first, gaps among them.
    fn oldest_first(&self) -> impl Iterator<Item = &Option<LoneSyn>> {
        let first = self.pieces.front().and_then(|piece| piece.get(self.gone..));
        let others = self.pieces.iter().skip(1).flatten();
        first.unwrap_or_default().iter().chain(others)
    }

    fn take(&mut self, place: u32) -> Option<LoneSyn> {
        let offset = place.wrapping_sub(self.start) as usize;
        self.pieces
            .get_mut(offset / PIECE)?
            .get_mut(offset % PIECE)?
            .take()
    }

    fn oldest(&mut self) -> Option<&LoneSyn> {
        self.pass_gaps();
        self.pieces.front()?.get(self.gone)?.as_ref()
    }

    /// Gives back the memory of what is gone at the front.
    fn pass_gaps(&mut self) {
        while let Some(piece) = self.pieces.front() {
            match piece.get(self.gone) {
                Some(Some(_)) => return,
                Some(None) => self.gone += 1,
                // The last piece is not full yet: there is room for more at its end.
                None if piece.len() < PIECE => return,
                None => {
                    self.pieces.pop_front();
                    self.start = self.start.wrapping_add(u32::try_from(PIECE).unwrap_or(0));
                    self.gone = 0;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::PacketPlace;
    use crate::decode::{
        Encapsulation, Endpoint, IpFacts, Segment, SequenceNumber, TcpFlags, TcpOptions,
    };
    use crate::handshake::AttemptId;

    fn syn(number: u32) -> (FlowKey, LoneSyn) {
        let [_, high, middle, low] = number.to_be_bytes();
        let client = Endpoint {
            address: [198, high, middle, low].into(),
            port: 40000,
        };
        let server = Endpoint {
            address: [10, 0, 1, 20].into(),
            port: 443,
        };
        let segment = Segment {
            source: client,
            destination: server,
            ip: IpFacts {
                ttl: 64,
                identification: Some(1),
                dont_fragment: Some(true),
                traffic_class: 0,
                flow_label: None,
            },
            encapsulation: Encapsulation::default(),
            sequence: SequenceNumber(number),
            acknowledgment: SequenceNumber(0),
            flags: TcpFlags::SYN,
            window: Some(1024),
            payload_length: 0,
            options: TcpOptions::default(),
            is_whole: true,
        };
        let id = AttemptId(u64::from(number) + 1);
        let lone = LoneSyn::of(id, &segment, PacketPlace::default()).unwrap();
        (FlowKey::between(client, server), lone)
    }

    #[test]
    fn each_is_found_whatever_comes_and_goes() {
        let (mut lone, tagger) = (LoneSyns::default(), Tagger::default());
        for number in 0..30_000 {
            let (key, syn) = syn(number);
            lone.add(&tagger, tagger.tag(key), syn);
        }
        for number in (0..30_000).step_by(3) {
            let taken = lone.take(tagger.tag(syn(number).0), syn(number).0).unwrap();
            assert_eq!(taken.sequence, SequenceNumber(number));
            assert!(
                lone.take(tagger.tag(syn(number).0), syn(number).0)
                    .is_none(),
                "it was taken already"
            );
        }
        assert_eq!(lone.count(), 20_000);
        assert_eq!(lone.iter().count(), 20_000);
        let mut oldest_first = Vec::new();
        while let Some(syn) = lone.take_oldest(&tagger) {
            oldest_first.push(syn.sequence.0);
        }
        let expected: Vec<u32> = (0..30_000).filter(|number| number % 3 != 0).collect();
        assert_eq!(oldest_first, expected);
        assert_eq!(lone.count(), 0);
    }

    #[test]
    fn one_that_stays_does_not_keep_the_room_of_all_others() {
        let (mut lone, tagger) = (LoneSyns::default(), Tagger::default());
        for number in 0..300_000 {
            let (key, syn) = syn(number);
            lone.add(&tagger, tagger.tag(key), syn);
            if number > 0 {
                lone.take(tagger.tag(key), key);
            }
        }
        assert_eq!(lone.count(), 1);
        assert!(lone.queue.pieces.len() <= 17);
        assert_eq!(
            lone.take_oldest(&tagger).unwrap().sequence,
            SequenceNumber(0)
        );
    }

    #[test]
    fn memory_behind_the_oldest_is_given_back() {
        let (mut lone, tagger) = (LoneSyns::default(), Tagger::default());
        for number in 0..100_000 {
            let (key, syn) = syn(number);
            lone.add(&tagger, tagger.tag(key), syn);
            if number >= 1000 {
                lone.take_oldest(&tagger);
            }
        }
        assert_eq!(lone.count(), 1000);
        assert!(lone.queue.pieces.len() <= 2);
    }
}
