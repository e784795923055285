//! All attempts of which nothing but one SYN was seen, in the order in which they came.

use std::collections::VecDeque;

use crate::decode::Row;

/// How many SYNs are kept in one piece of memory: so that the queue can grow and shrink without
/// being copied.
const PIECE: usize = 4096;

/// Places count up to here, and start anew: so many never stand in the queue at once.
const PLACES: u32 = 1 << 30;

/// SYNs in the order in which they came; those taken out leave a gap until all before them are
/// gone.
#[derive(Debug, Default)]
pub(super) struct SynQueue {
    pieces: VecDeque<Vec<Option<Row>>>,
    /// The place of the first of the first piece.
    start: u32,
    /// How many at the front of the first piece are known to be gone.
    gone: usize,
    count: usize,
}

impl SynQueue {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// For how many it takes room, gaps among them.
    pub(super) fn room(&self) -> usize {
        self.pieces.len() * PIECE
    }

    /// Adds one; its place, which is less than 2³⁰.
    pub(super) fn push(&mut self, syn: Row) -> u32 {
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push_back(Vec::with_capacity(PIECE));
        }
        let before = self.pieces.len().saturating_sub(1) * PIECE;
        let Some(piece) = self.pieces.back_mut() else {
            return self.start;
        };
        let offset = before + piece.len();
        piece.push(Some(syn));
        self.count += 1;
        self.place_of(offset)
    }

    /// Whether most of its room is gaps, so much that it is worth moving what is left.
    pub(super) fn is_full_of_gaps(&self) -> bool {
        self.room() > 4 * self.count + 16 * PIECE
    }

    /// Moves what is left together, where one that nobody takes keeps the room of all that stood
    /// behind it; `moved` hears of each from where it went to where. No place is free to be moved
    /// to before what stood there was moved.
    pub(super) fn close_gaps(&mut self, mut moved: impl FnMut(&Row, u32, u32)) {
        let old = std::mem::take(&mut self.pieces);
        (self.gone, self.count) = (0, 0);
        for (offset, syn) in old.into_iter().flatten().enumerate() {
            if let Some(syn) = syn {
                let from = self.place_of(offset);
                let to = self.push(syn);
                if let Some(syn) = self.get(to) {
                    moved(syn, from, to);
                }
            }
        }
    }

    /// The one at this place.
    pub(super) fn get(&self, place: u32) -> Option<&Row> {
        let offset = self.offset_of(place);
        self.pieces
            .get(offset / PIECE)?
            .get(offset % PIECE)?
            .as_ref()
    }

    /// Whether the queue does not reach to this place: all that stood there is gone. No look at
    /// what stands there is needed to tell.
    pub(super) fn is_outside(&self, place: u32) -> bool {
        let before_last = self.pieces.len().saturating_sub(1) * PIECE;
        let end = before_last + self.pieces.back().map_or(0, Vec::len);
        !(self.gone..end).contains(&self.offset_of(place))
    }

    /// Takes the one at this place out.
    pub(super) fn take(&mut self, place: u32) -> Option<Row> {
        let offset = self.offset_of(place);
        let syn = self
            .pieces
            .get_mut(offset / PIECE)?
            .get_mut(offset % PIECE)?
            .take()?;
        self.count -= 1;
        Some(syn)
    }

    /// The oldest.
    pub(super) fn oldest(&mut self) -> Option<&Row> {
        self.pass_gaps();
        self.pieces.front()?.get(self.gone)?.as_ref()
    }

    /// Takes the oldest out when it `is_over`.
    pub(super) fn take_oldest_if(&mut self, is_over: impl FnOnce(&Row) -> bool) -> Option<Row> {
        self.pass_gaps();
        let syn = self
            .pieces
            .front_mut()?
            .get_mut(self.gone)?
            .take_if(|syn| is_over(syn))?;
        self.gone += 1;
        self.count -= 1;
        Some(syn)
    }

    /// All of them, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Row> {
        let first = self.pieces.front().and_then(|piece| piece.get(self.gone..));
        let others = self.pieces.iter().skip(1).flatten();
        first.unwrap_or_default().iter().chain(others).flatten()
    }

    fn place_of(&self, offset: usize) -> u32 {
        self.start.wrapping_add(u32::try_from(offset).unwrap_or(0)) % PLACES
    }

    fn offset_of(&self, place: u32) -> usize {
        (place.wrapping_sub(self.start) % PLACES) as usize
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
                    self.start = self.place_of(PIECE);
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
        AddressPairs, CaptureFacts, Contexts, Encapsulation, Endpoint, IpFacts, Segment,
        SequenceNumber, TcpFlags, TcpOptions,
    };

    fn syn(number: u32) -> Row {
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
                capture: CaptureFacts::default(),
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
        let place = PacketPlace::default();
        let contexts = Contexts::default();
        Row::of_segment(&segment, place, &contexts, &mut AddressPairs::default()).unwrap()
    }

    fn take_oldest(lone: &mut SynQueue) -> Option<Row> {
        lone.take_oldest_if(|_| true)
    }

    #[test]
    fn each_is_at_its_place_whatever_comes_and_goes() {
        let mut lone = SynQueue {
            // Where places start anew.
            start: PLACES - 5000,
            ..SynQueue::default()
        };
        let places: Vec<u32> = (0..30_000).map(|number| lone.push(syn(number))).collect();
        for (number, place) in (0..).zip(&places).step_by(3) {
            let taken = lone.take(*place).unwrap();
            assert_eq!(taken.sequence(), SequenceNumber(number));
            assert!(lone.take(*place).is_none(), "it was taken already");
        }
        assert_eq!(lone.count(), 20_000);
        assert_eq!(lone.iter().count(), 20_000);
        let mut oldest_first = Vec::new();
        while let Some(syn) = take_oldest(&mut lone) {
            oldest_first.push(syn.sequence().0);
            let first_left = lone.oldest().map_or(u32::MAX, |syn| syn.sequence().0);
            for (number, place) in (0..).zip(&places).step_by(997) {
                assert_eq!(lone.is_outside(*place), number < first_left, "{number}");
            }
        }
        let expected: Vec<u32> = (0..30_000).filter(|number| number % 3 != 0).collect();
        assert_eq!(oldest_first, expected);
        assert_eq!(lone.count(), 0);
    }

    #[test]
    fn one_that_stays_does_not_keep_the_room_of_all_others() {
        let mut lone = SynQueue::default();
        let mut place_of_first = lone.push(syn(0));
        for number in 1..300_000 {
            let place = lone.push(syn(number));
            lone.take(place);
            if lone.is_full_of_gaps() {
                lone.close_gaps(|_, from, to| {
                    assert_eq!(from, place_of_first);
                    place_of_first = to;
                });
            }
        }
        assert_eq!(lone.count(), 1);
        assert!(lone.pieces.len() <= 17);
        assert_eq!(
            lone.get(place_of_first).unwrap().sequence(),
            SequenceNumber(0)
        );
        assert_eq!(
            take_oldest(&mut lone).unwrap().sequence(),
            SequenceNumber(0)
        );
    }

    #[test]
    fn memory_behind_the_oldest_is_given_back() {
        let mut lone = SynQueue::default();
        for number in 0..100_000 {
            lone.push(syn(number));
            if number >= 1000 {
                take_oldest(&mut lone);
            }
        }
        assert_eq!(lone.count(), 1000);
        assert!(lone.pieces.len() <= 2);
    }
}
