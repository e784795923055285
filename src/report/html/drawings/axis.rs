//! The axis of time: the whole capture, the same for all drawings.

use std::time::Duration;

use chrono::Offset;
use maud::{Markup, html};

use super::percent;
use crate::capture::Timestamp;
use crate::report::html::View;
use crate::report::times::TimeZoneChoice;

/// From the first packet to the last.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub(super) first: Timestamp,
    pub(super) span: Duration,
    zone: TimeZoneChoice,
}

/// More labels would touch each other on a phone.
const MOST_TICKS: i64 = 4;

/// What people count time in, in milliseconds; longer steps are whole days.
const STEPS: [i64; 27] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000,
    120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000,
    43_200_000, DAY,
];

const DAY: i64 = 86_400_000;

impl Axis {
    /// `None` where no packet was read, or no connect is there.
    pub(super) fn of(view: View<'_>) -> Option<Self> {
        let capture = &view.report.capture;
        let (first, last) = (capture.first?, capture.last?);
        (view.report.diagnosis.outcomes.total() > 0).then(|| Self {
            first,
            span: last.since(first).max(Duration::from_millis(1)),
            zone: view.zone,
        })
    }

    /// Where a moment lies, from 0 to 1.
    pub(super) fn place(self, at: Timestamp) -> f64 {
        (at.since(self.first).as_secs_f64() / self.span.as_secs_f64()).clamp(0.0, 1.0)
    }

    /// The part that a stretch of time from `from` takes, as place and width.
    pub(super) fn stretch(self, from: Timestamp, long: Duration) -> (f64, f64) {
        let (start, end) = (self.place(from), self.place(from.after(long)));
        (start, end - start)
    }

    /// Lines and labels at round times.
    pub(super) fn ticks(self, height: u32) -> Markup {
        let ticks = self.round_times();
        html! {
            g.axis aria-hidden="true" {
                line x1="0" x2="100%" y1="0.5" y2="0.5" {}
                @for (index, (place, label)) in ticks.into_iter().enumerate() {
                    line x1=(percent(place)) x2=(percent(place)) y1="0" y2="5" {}
                    text.alt[index % 2 == 1] x=(percent(place)) y=(height - 4) text-anchor=(anchor(place)) { (label) }
                }
            }
        }
    }

    fn round_times(self) -> Vec<(f64, String)> {
        let span = i64::try_from(self.span.as_millis()).unwrap_or(i64::MAX);
        let fits = |step: &i64| span / step < MOST_TICKS;
        let whole_days = DAY * (span / DAY / MOST_TICKS + 1);
        let step = STEPS.into_iter().find(fits).unwrap_or(whole_days);
        // Round times are round in the zone that is shown.
        let offset = i64::from(self.zone.at(self.first).offset().fix().local_minus_utc()) * 1000;
        let first = self.first.nanoseconds().div_euclid(1_000_000);
        let start = first.saturating_add(offset).div_euclid(step);
        (start..=start + MOST_TICKS + 1)
            .map(|count| count.saturating_mul(step).saturating_sub(offset))
            .filter(|at| (first..=first.saturating_add(span)).contains(at))
            .map(|at| Timestamp::from_wide_nanoseconds(i128::from(at) * 1_000_000))
            .map(|at| (self.place(at), self.label(at, step)))
            .collect()
    }

    fn label(self, at: Timestamp, step: i64) -> String {
        match step {
            ..1_000 => self.zone.milliseconds_of_day(at),
            1_000..DAY => self.zone.time_of_day(at),
            _ => self.zone.date(at),
        }
    }
}

/// A label at an end stays within the drawing.
fn anchor(place: f64) -> &'static str {
    if place < 0.08 {
        "start"
    } else if place > 0.92 {
        "end"
    } else {
        "middle"
    }
}
