//! How far the clock of one place runs ahead of another's, by what cannot be otherwise: no packet
//! arrives before it was sent.
//!
//! Packets from the client bound it from above, answers from below. Where both bounds cannot be
//! held over the whole time, the clock drifts; where no drift explains it, it was set.

use super::seen::Way;
use crate::capture::Timestamp;

/// A packet that both places saw, at whichever time each says; the other place is farther from the
/// client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    /// Which way it went.
    pub(super) way: Way,
    /// When, on the clock that is compared with, in nanoseconds.
    pub(super) reference: i64,
    /// When, on the clock that is estimated.
    pub(super) local: i64,
    /// How much `reference` may be off: the bound is looser by so much.
    pub(super) off: i64,
}

impl Sample {
    /// How far the estimated clock was ahead at most when the packet was captured, or at least, by
    /// its way; as a number for reckoning: 53 bits hold the nanoseconds of a hundred days.
    fn ahead(&self, base: i64) -> f64 {
        let ahead = self.local.saturating_sub(self.reference);
        let bound = match self.way {
            Way::Forth => ahead.saturating_add(self.off),
            Way::Back => ahead.saturating_sub(self.off),
        };
        nanoseconds(bound.saturating_sub(base))
    }
}

#[expect(clippy::cast_precision_loss, reason = "differences are far below 2^53")]
fn nanoseconds(number: i64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "held at the ends of the range"
)]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

/// Clocks of one host that are read on two processors, and records that were written late, are off
/// by so much, in nanoseconds.
const TOLERANCE_NS: f64 = 100_000.0;

/// No clock that is set by a quartz drifts by more, in parts of one.
const MOST_DRIFT: f64 = 0.0005;

/// More often than this a clock is not set in a capture: then it is not understood.
const MOST_STEPS: usize = 16;

/// With packets of one direction only, one clock may be off by so much more than is seen: the time
/// that packets travel.
const ONE_WAY_NS: i64 = 1_000_000_000;

/// No packet takes so much longer than another of its way: the clock was set in between.
const LONGEST_DELAY_NS: f64 = 5_000_000_000.0;

/// A clock that is known by packets of one direction only was set when it jumps by more.
const ONE_WAY_STEP_NS: f64 = 500_000_000.0;

/// More samples than these say nothing more.
const MOST_SAMPLES: usize = 4096;

/// What is known of a clock against another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClockEstimate {
    pieces: Vec<Piece>,
    /// How many packets it is made from.
    pub samples: usize,
}

/// A time in which the clock was not set.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    /// On the estimated clock.
    first: i64,
    last: i64,
    /// How far it is ahead at `first`.
    ahead_ns: i64,
    /// How much farther it gets, in parts of one.
    drift: f64,
    /// How much it may be off; `None` where packets of one direction bound it from one side only.
    half_width_ns: Option<i64>,
}

impl Piece {
    fn ahead_at(&self, local: i64) -> i64 {
        let since = nanoseconds(local.saturating_sub(self.first));
        self.ahead_ns.saturating_add(rounded(since * self.drift))
    }
}

impl ClockEstimate {
    /// The clock that others are compared with.
    pub(super) fn reference() -> Self {
        Self {
            pieces: vec![Piece {
                first: 0,
                last: 0,
                ahead_ns: 0,
                drift: 0.0,
                half_width_ns: Some(0),
            }],
            samples: 0,
        }
    }

    /// Estimates a clock; `samples` in any order.
    pub(super) fn of(mut samples: Vec<Sample>) -> Self {
        samples.sort_by_key(|sample| (sample.reference, sample.local));
        let step = samples.len().div_ceil(MOST_SAMPLES).max(1);
        let samples: Vec<Sample> = samples.into_iter().step_by(step).collect();
        let mut pieces = Vec::new();
        let mut rest = samples.as_slice();
        while !rest.is_empty() && pieces.len() < MOST_STEPS {
            let count = longest_steady(rest);
            let (steady, others) = rest.split_at(count);
            // A packet that fits nothing around it was taken for another.
            let is_stray = count < 3 && !others.is_empty();
            if !is_stray || samples.len() < 6 {
                pieces.extend(piece(steady));
            }
            rest = others;
        }
        Self {
            pieces: joined(pieces),
            samples: samples.len(),
        }
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        self.pieces.is_empty()
    }

    /// How far it is ahead at its beginning, in nanoseconds.
    pub fn offset_ns(&self) -> Option<i64> {
        self.pieces.first().map(|piece| piece.ahead_ns)
    }

    /// How much that may be off; `None` where it is bounded from one side only, or unknown.
    pub fn uncertainty_ns(&self) -> Option<u64> {
        let widest = self.pieces.iter().map(|piece| piece.half_width_ns);
        let widest = widest.reduce(|one, other| one.zip(other).map(|(a, b)| a.max(b)));
        widest.flatten().map(i64::unsigned_abs)
    }

    /// By how many parts of a million it gets ahead.
    pub fn drift_ppm(&self) -> f64 {
        self.pieces.first().map_or(0.0, |piece| piece.drift * 1e6)
    }

    /// When it was set, on itself, and by how much it was moved ahead, in nanoseconds.
    pub fn steps(&self) -> impl Iterator<Item = (Timestamp, i64)> + '_ {
        let next = self.pieces.iter().skip(1);
        self.pieces.iter().zip(next).map(|(before, after)| {
            let moved = after.ahead_ns.saturating_sub(before.ahead_at(before.last));
            (Timestamp::from_nanoseconds(after.first), moved)
        })
    }

    /// What the other clock shows when this one shows `local`, and how much that may be off.
    pub(super) fn to_reference(&self, local: Timestamp) -> Option<(i64, i64)> {
        let local = local.nanoseconds();
        let distance = |piece: &&Piece| {
            let before = piece.first.saturating_sub(local).max(0);
            before.max(local.saturating_sub(piece.last))
        };
        let piece = self.pieces.iter().min_by_key(distance)?;
        let off = piece.half_width_ns.unwrap_or(ONE_WAY_NS);
        Some((local.saturating_sub(piece.ahead_at(local)), off))
    }

    /// What the first place's clock shows when this one shows `local`.
    pub(crate) fn to_first_place(&self, local: Timestamp) -> Option<i64> {
        self.to_reference(local).map(|(at, _)| at)
    }

    /// What this clock shows when the other one shows `reference`.
    pub(super) fn to_local(&self, reference: i64) -> Option<i64> {
        let distance = |piece: &&Piece| {
            let first = piece.first.saturating_sub(piece.ahead_ns);
            let last = piece.last.saturating_sub(piece.ahead_at(piece.last));
            let before = first.saturating_sub(reference).max(0);
            before.max(reference.saturating_sub(last))
        };
        let piece = self.pieces.iter().min_by_key(distance)?;
        let near = reference.saturating_add(piece.ahead_ns);
        Some(reference.saturating_add(piece.ahead_at(near)))
    }

    /// The same, where what it was compared with is itself bounded from one side only.
    pub(super) fn bounded_from_one_side(mut self) -> Self {
        for piece in &mut self.pieces {
            piece.half_width_ns = None;
        }
        self
    }
}

/// How many of the first samples one steady clock explains.
fn longest_steady(samples: &[Sample]) -> usize {
    let is_steady = |count: usize| {
        let first = samples.get(..count).unwrap_or_default();
        Bounds::of(first).is_steady()
    };
    if is_steady(samples.len()) {
        return samples.len();
    }
    // It is steady up to some sample, and not beyond.
    let (mut steady, mut unsteady) = (1, samples.len());
    while unsteady - steady > 1 {
        let middle = steady + (unsteady - steady) / 2;
        if is_steady(middle) {
            steady = middle;
        } else {
            unsteady = middle;
        }
    }
    steady
}

/// What samples say: each a bound of how far the clock is ahead, and when.
struct Bounds {
    base: i64,
    first: i64,
    last: i64,
    upper: Vec<(f64, f64)>,
    lower: Vec<(f64, f64)>,
}

impl Bounds {
    fn of(samples: &[Sample]) -> Self {
        let start = samples.first();
        let base = start.map_or(0, |sample| sample.local.saturating_sub(sample.reference));
        let first = start.map_or(0, |sample| sample.local);
        let last = samples.last().map_or(0, |sample| sample.local);
        let of_way = |way: Way| {
            let chosen = samples.iter().filter(move |sample| sample.way == way);
            let bound = |sample: &Sample| {
                let since = nanoseconds(sample.local.saturating_sub(first));
                (since, sample.ahead(base))
            };
            chosen.map(bound).collect()
        };
        Self {
            base,
            first,
            last,
            upper: of_way(Way::Forth),
            lower: of_way(Way::Back),
        }
    }

    /// The highest lower and the lowest upper bound, with this drift.
    fn at(&self, drift: f64) -> (f64, f64) {
        let level = |(since, ahead): &(f64, f64)| ahead - drift * since;
        let lower = self.lower.iter().map(level);
        let upper = self.upper.iter().map(level);
        (
            lower.fold(f64::NEG_INFINITY, f64::max),
            upper.fold(f64::INFINITY, f64::min),
        )
    }

    fn width(&self, drift: f64) -> f64 {
        let (lower, upper) = self.at(drift);
        upper - lower
    }

    /// How much longer than the fastest of its way the slowest packet took, with this drift.
    fn longest_delay(&self, drift: f64) -> f64 {
        let (lower, upper) = self.at(drift);
        let level = |(since, ahead): &(f64, f64)| ahead - drift * since;
        let forth = self.upper.iter().map(|bound| level(bound) - upper);
        let back = self.lower.iter().map(|bound| lower - level(bound));
        forth.chain(back).fold(0.0, f64::max)
    }

    fn is_bounded(&self) -> bool {
        !self.upper.is_empty() && !self.lower.is_empty()
    }

    fn is_steady(&self) -> bool {
        if self.is_bounded() {
            let drift = self.drift();
            return self.width(drift) >= -TOLERANCE_NS
                && self.longest_delay(drift) < LONGEST_DELAY_NS;
        }
        let one_way = if self.upper.is_empty() {
            &self.lower
        } else {
            &self.upper
        };
        let neighbours = one_way.iter().zip(one_way.iter().skip(1));
        let mut jumps = neighbours.map(|((_, one), (_, other))| (one - other).abs());
        jumps.all(|jump| jump < ONE_WAY_STEP_NS)
    }

    /// None, when none is needed; or else the middle of those that are possible.
    fn drift(&self) -> f64 {
        if !self.is_bounded() || self.width(0.0) >= 0.0 {
            return 0.0;
        }
        // The width is concave in the drift: it rises to its widest and falls again.
        let (mut low, mut high) = (-MOST_DRIFT, MOST_DRIFT);
        for _ in 0..60 {
            let third = (high - low) / 3.0;
            if self.width(low + third) < self.width(high - third) {
                low += third;
            } else {
                high -= third;
            }
        }
        let widest = f64::midpoint(low, high);
        if self.width(widest) < 0.0 {
            return widest;
        }
        let edge = |mut outside: f64| {
            let mut inside = widest;
            for _ in 0..50 {
                let middle = f64::midpoint(inside, outside);
                if self.width(middle) >= 0.0 {
                    inside = middle;
                } else {
                    outside = middle;
                }
            }
            inside
        };
        f64::midpoint(edge(-MOST_DRIFT), edge(MOST_DRIFT))
    }
}

/// A steady clock, by these samples.
fn piece(samples: &[Sample]) -> Option<Piece> {
    samples.first()?;
    let bounds = Bounds::of(samples);
    let drift = bounds.drift();
    let (lower, upper) = bounds.at(drift);
    let (ahead, half_width_ns) = if bounds.is_bounded() {
        let half = ((upper - lower) / 2.0).max(0.0);
        (f64::midpoint(lower, upper), Some(rounded(half)))
    } else if bounds.upper.is_empty() {
        (lower, None)
    } else {
        (upper, None)
    };
    Some(Piece {
        first: bounds.first,
        last: bounds.last,
        ahead_ns: bounds.base.saturating_add(rounded(ahead)),
        drift,
        half_width_ns,
    })
}

/// Leaves out steps that the bounds of either side do not prove.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut kept: Vec<Piece> = Vec::new();
    for piece in pieces {
        match kept.last_mut() {
            Some(before) if is_same_clock(before, &piece) => {
                before.last = before.last.max(piece.last);
            }
            _ => kept.push(piece),
        }
    }
    kept
}

fn is_same_clock(before: &Piece, after: &Piece) -> bool {
    let width = |piece: &Piece| piece.half_width_ns.unwrap_or(ONE_WAY_NS);
    let apart = after.ahead_ns.abs_diff(before.ahead_at(after.first));
    apart <= width(before).saturating_add(width(after)).unsigned_abs()
}

#[cfg(test)]
mod tests;
