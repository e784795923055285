//! When attempts began and how they ended: counts over time that stay small however long a capture
//! is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt_facts::AttemptFacts;
use super::facts::Facts;
use crate::capture::Timestamp;
use crate::handshake::Outcome;

/// Counts in buckets of equal width. The width doubles whenever more buckets than allowed lie
/// between the first and the last. Buckets are aligned to the epoch, so that the counts do not
/// depend on the order in which they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimeLine {
    at_most: u16,
    width: BucketWidth,
    /// Those that are not 0, in order.
    cells: Vec<Cell>,
    /// Where among them was counted lately, by bucket and event: mostly the next ones are counted
    /// there, too.
    #[serde(skip)]
    latest: [u16; LATEST_CELLS],
}

/// Attempts of the same time are followed by their repeated SYNs, which are some seconds and so
/// some buckets apart.
const LATEST_CELLS: usize = 32;

impl PartialEq for TimeLine {
    fn eq(&self, other: &Self) -> bool {
        (self.at_most, self.width, &self.cells) == (other.at_most, other.width, &other.cells)
    }
}

impl Eq for TimeLine {}

/// The width of a bucket: one millisecond, doubled so often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct BucketWidth(u32);

/// 2^44 ms are 557 years: a capture's clock knows little more.
const MOST_DOUBLINGS: u32 = 44;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An attempt began that ended so.
    Began(Outcome),
    /// A SYN was sent again.
    SynRepeated,
}

impl Event {
    /// Where among the latest cells that of this event and bucket is remembered.
    fn slot(self, bucket: i64) -> usize {
        let event = match self {
            Self::Began(outcome) => outcome as usize,
            Self::SynRepeated => Outcome::ALL.len(),
        };
        let bucket = usize::try_from(bucket.rem_euclid(1 << 16)).unwrap_or(0);
        (bucket + 5 * event) % LATEST_CELLS
    }
}

/// A count that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cell {
    bucket: i64,
    event: Event,
    count: u32,
}

/// What happened so often in one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// When the bucket starts.
    pub start: Timestamp,
    /// What happened.
    pub event: Event,
    /// How often; never 0.
    pub count: u64,
}

/// In how many steps it is told when all attempts began: as fine as a drawing shows.
const STEPS_OF_ALL: u16 = 512;

impl Default for TimeLine {
    /// In 512 buckets at most.
    fn default() -> Self {
        Self::with_at_most(STEPS_OF_ALL)
    }
}

const NANOSECONDS_OF_NARROWEST: i64 = 1_000_000;

impl From<u32> for BucketWidth {
    /// More doublings than there are become as many as there are.
    fn from(doublings: u32) -> Self {
        Self(doublings.min(MOST_DOUBLINGS))
    }
}

impl From<BucketWidth> for u32 {
    fn from(width: BucketWidth) -> Self {
        width.0
    }
}

impl BucketWidth {
    /// As wide as they get.
    pub(super) const WIDEST: Self = Self(MOST_DOUBLINGS);

    /// Twice as wide.
    pub(super) fn doubled(self) -> Self {
        Self(self.0 + 1)
    }

    /// The narrowest in which so long a time takes no more buckets than that.
    pub fn for_span(span: Duration, buckets: u16) -> Self {
        let mut width = Self::default();
        let is_too_narrow =
            |width: Self| span.as_nanos() > u128::from(buckets) * width.duration().as_nanos();
        while is_too_narrow(width) && width.0 < MOST_DOUBLINGS {
            width.0 += 1;
        }
        width
    }

    /// The time that a bucket takes.
    pub fn duration(self) -> Duration {
        Duration::from_millis(1 << self.0.min(MOST_DOUBLINGS))
    }

    /// When the bucket starts in which this moment lies.
    pub fn start_around(self, at: Timestamp) -> Timestamp {
        self.start_of(self.bucket_of(at))
    }

    /// Which of the buckets that are aligned to the epoch holds this moment.
    pub(super) fn bucket_of(self, at: Timestamp) -> i64 {
        at.nanoseconds().div_euclid(NANOSECONDS_OF_NARROWEST) >> self.0
    }

    fn start_of(self, bucket: i64) -> Timestamp {
        let milliseconds = i128::from(bucket) << self.0;
        Timestamp::from_wide_nanoseconds(milliseconds * i128::from(NANOSECONDS_OF_NARROWEST))
    }
}

impl Facts for TimeLine {
    fn merge(&mut self, mut other: Self) {
        self.at_most = self.at_most.min(other.at_most);
        while self.width < other.width {
            self.widen();
        }
        while other.width < self.width {
            other.widen();
        }
        self.cells.extend(other.cells);
        self.join_cells();
        self.widen_for(None);
    }
}

impl TimeLine {
    /// With no more buckets than that.
    pub(super) fn with_at_most(buckets: u16) -> Self {
        Self {
            at_most: buckets,
            width: BucketWidth::default(),
            cells: Vec::new(),
            latest: [0; LATEST_CELLS],
        }
    }

    /// Counts an attempt where it began, and its repeated SYNs where they were sent: those that
    /// were kept.
    pub(super) fn add(&mut self, facts: &impl AttemptFacts) {
        self.count(facts.started_at(), Event::Began(facts.outcome()));
        for at in facts.repeated_syns_at() {
            self.count(at, Event::SynRepeated);
        }
    }

    /// Takes no more buckets than that from now on.
    pub(super) fn limit_to(&mut self, buckets: u16) {
        self.at_most = buckets;
        self.widen_for(None);
    }

    /// What was counted at the latest time: a look there brings it into the cache.
    pub(super) fn latest_count(&self) -> u32 {
        self.cells.last().map_or(0, |cell| cell.count)
    }

    /// How wide a bucket is.
    pub fn width(&self) -> BucketWidth {
        self.width
    }

    /// The counts in order of time, in buckets of this width, or of the own one where that is
    /// wider.
    pub fn counts(&self, width: BucketWidth) -> Vec<Count> {
        let mut wider = self.clone();
        while wider.width < width {
            wider.widen();
        }
        let count = |cell: &Cell| Count {
            start: wider.width.start_of(cell.bucket),
            event: cell.event,
            count: cell.count.into(),
        };
        wider.cells.iter().map(count).collect()
    }

    fn count(&mut self, at: Timestamp, event: Event) {
        let bucket = self.width.bucket_of(at);
        let slot = event.slot(bucket);
        let latest = self.latest.get(slot).copied().unwrap_or(0);
        if let Some(cell) = self.cells.get_mut(usize::from(latest))
            && (cell.bucket, cell.event) == (bucket, event)
        {
            cell.count = cell.count.saturating_add(1);
            return;
        }
        let index = self.count_anew(at, event);
        if let Some(latest) = self.latest.get_mut(slot) {
            *latest = u16::try_from(index).unwrap_or(u16::MAX);
        }
    }

    /// Counts in whichever cell it belongs to; where that stands.
    fn count_anew(&mut self, at: Timestamp, event: Event) -> usize {
        self.widen_for(Some(at));
        let bucket = self.width.bucket_of(at);
        let place = self
            .cells
            .binary_search_by_key(&(bucket, event), |cell| (cell.bucket, cell.event));
        match place {
            Ok(index) => {
                if let Some(cell) = self.cells.get_mut(index) {
                    cell.count = cell.count.saturating_add(1);
                }
                index
            }
            Err(index) => {
                if self.cells.is_empty() {
                    // Most servers of a scan are asked once.
                    self.cells.reserve_exact(1);
                }
                let count = 1;
                self.cells.insert(
                    index,
                    Cell {
                        bucket,
                        event,
                        count,
                    },
                );
                index
            }
        }
    }

    /// Doubles the width until all that is counted, and this moment, take no more buckets than
    /// allowed.
    fn widen_for(&mut self, at: Option<Timestamp>) {
        // Two are needed where the epoch lies between: no width joins what is before it with what
        // is after it.
        let at_most = i64::from(self.at_most.max(2));
        loop {
            let new = at.map(|at| self.width.bucket_of(at));
            let first = self.cells.first().map(|cell| cell.bucket).or(new);
            let last = self.cells.last().map(|cell| cell.bucket).or(new);
            let (Some(first), Some(last)) = (first, last) else {
                return;
            };
            let (new_first, new_last) = (new.unwrap_or(first), new.unwrap_or(last));
            if last.max(new_last).saturating_sub(first.min(new_first)) < at_most {
                return;
            }
            self.widen();
        }
    }

    fn widen(&mut self) {
        self.width.0 += 1;
        for cell in &mut self.cells {
            cell.bucket >>= 1;
        }
        self.join_cells();
    }

    /// Puts them in order, and those of the same bucket and event together.
    fn join_cells(&mut self) {
        self.cells.sort_by_key(|cell| (cell.bucket, cell.event));
        self.cells.dedup_by(|next, kept| {
            let is_same = (next.bucket, next.event) == (kept.bucket, kept.event);
            if is_same {
                kept.count = kept.count.saturating_add(next.count);
            }
            is_same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_nanoseconds(milliseconds * 1_000_000)
    }

    fn line(milliseconds: &[i64]) -> TimeLine {
        let mut line = TimeLine::with_at_most(4);
        for moment in milliseconds {
            line.count(at(*moment), Event::Began(Outcome::Refused));
        }
        line
    }

    #[test]
    fn buckets_double_until_they_fit() {
        assert_eq!(line(&[100, 101, 103]).width().duration().as_millis(), 1);
        let wide = line(&[100, 101, 109]);
        assert_eq!(wide.width().duration().as_millis(), 4);
        let counts: Vec<(Timestamp, u64)> = wide
            .counts(BucketWidth::default())
            .iter()
            .map(|count| (count.start, count.count))
            .collect();
        assert_eq!(counts, [(at(100), 2), (at(108), 1)]);
    }

    #[test]
    fn the_order_does_not_matter_and_nothing_is_lost() {
        let moments = [-7, 3, 900_000, 12, 13, 450_000];
        let mut reversed = moments;
        reversed.reverse();
        assert_eq!(line(&moments), line(&reversed));
        let total: u64 = line(&moments)
            .counts(BucketWidth::for_span(Duration::from_secs(10_000), 1))
            .iter()
            .map(|count| count.count)
            .sum();
        assert_eq!(total, 6);
    }

    #[test]
    fn the_ends_of_all_time_fit() {
        let mut line = TimeLine::with_at_most(8);
        line.count(Timestamp::from_nanoseconds(i64::MIN), Event::SynRepeated);
        line.count(Timestamp::from_nanoseconds(i64::MAX), Event::SynRepeated);
        assert_eq!(line.counts(BucketWidth::default()).len(), 2);
        line.limit_to(1);
        assert!(line.counts(BucketWidth::default()).len() <= 2);
    }
}
