//! How many connects began over time, how many of them failed, and how many SYNs were sent again.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::axis::Axis;
use super::{measure, percent};
use crate::capture::Timestamp;
use crate::diagnosis::{BucketWidth, Event};
use crate::handshake::Outcome;
use crate::report::counts::grouped;
use crate::report::evidence_words::duration;
use crate::report::html::View;

/// More bars would be thinner than a line on a phone; where there is little to count, fewer say
/// more.
const MOST_BARS: u16 = 128;
const FEWEST_BARS: u16 = 24;
const CONNECTS_OF_A_BAR: u64 = 4;

const HEIGHT: f64 = 140.0;

/// What began within one stretch of time.
#[derive(Clone, Copy, Default)]
struct Bar {
    failed: u64,
    established: u64,
    open: u64,
    repeated: u64,
}

impl Bar {
    fn total(&self) -> u64 {
        self.failed + self.established + self.open + self.repeated
    }

    fn words(&self) -> String {
        let parts = [
            (self.failed, "failed"),
            (self.established, "established"),
            (self.open, "not decided"),
            (self.repeated, "SYNs repeated"),
        ];
        let said = parts.iter().filter(|(count, _)| *count > 0);
        let said: Vec<String> = said
            .map(|(count, what)| format!("{} {what}", grouped(*count)))
            .collect();
        said.join(", ")
    }
}

pub(super) fn rate(view: View<'_>, axis: Axis) -> Markup {
    let over_time = &view.report.diagnosis.over_time;
    let connects = view.report.diagnosis.outcomes.total();
    let wanted = u16::try_from(connects / CONNECTS_OF_A_BAR).unwrap_or(MOST_BARS);
    let bars_at_most = wanted.clamp(FEWEST_BARS, MOST_BARS);
    let width = BucketWidth::for_span(axis.span, bars_at_most).max(over_time.width());
    let mut bars: BTreeMap<Timestamp, Bar> = BTreeMap::new();
    for count in over_time.counts(width) {
        let bar = bars.entry(count.start).or_default();
        match count.event {
            Event::SynRepeated => bar.repeated += count.count,
            Event::Began(Outcome::Established) => bar.established += count.count,
            Event::Began(Outcome::Pending | Outcome::Partial) => bar.open += count.count,
            Event::Began(_) => bar.failed += count.count,
        }
    }
    let most = bars.values().map(Bar::total).max().unwrap_or(1).max(1);
    let long = duration(width.duration());
    html! {
        figure {
            figcaption {
                strong { "SYNs and failures over time" }
                "Each bar counts " (long) "; the highest stands for " (grouped(most)) "."
                (key(&bars))
            }
            svg width="100%" height=(HEIGHT) role="img" aria-label={ "SYNs over time, in steps of " (long) } {
                line.grid x1="0" x2="100%" y1=(HEIGHT - 0.5) y2=(HEIGHT - 0.5) {}
                @for (start, bar) in &bars { (drawn(view, axis, width, *start, bar, most)) }
            }
            svg width="100%" height="22" aria-hidden="true" { (axis.ticks(22)) }
        }
    }
}

/// What the parts of a bar stand for: those that occur.
fn key(bars: &BTreeMap<Timestamp, Bar>) -> Markup {
    let occurs = |of: fn(&Bar) -> u64| bars.values().any(|bar| of(bar) > 0);
    let parts = [
        ("bad", "failed", occurs(|bar| bar.failed)),
        ("open", "not decided", occurs(|bar| bar.open)),
        ("ok", "established", occurs(|bar| bar.established)),
        (
            "again",
            "SYNs sent again (outlined)",
            occurs(|bar| bar.repeated),
        ),
    ];
    html! {
        ul.key {
            @for (class, words, _) in parts.iter().filter(|(_, _, occurs)| *occurs) {
                li {
                    svg width="12" height="12" aria-hidden="true" { rect class=(class) x="1" y="1" width="10" height="10" {} }
                    (words)
                }
            }
        }
    }
}

/// From the bottom: what failed, so that failures can be compared; then the others.
fn drawn(
    view: View<'_>,
    axis: Axis,
    width: BucketWidth,
    start: Timestamp,
    bar: &Bar,
    most: u64,
) -> Markup {
    let (place, wide) = axis.stretch(start, width.duration());
    let wide = (wide * 0.84).max(0.002);
    let title = format!("{}: {}", view.zone.milliseconds_of_day(start), bar.words());
    let scale = |count: u64| measure(count) / measure(most) * (HEIGHT - 2.0);
    let parts = [
        ("bad", bar.failed),
        ("open", bar.open),
        ("ok", bar.established),
        ("again", bar.repeated),
    ];
    let mut bottom = HEIGHT - 1.0;
    let parts: Vec<(&str, f64, f64)> = parts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(class, count)| {
            let high = scale(count).max(1.0);
            bottom -= high;
            (class, bottom, high)
        })
        .collect();
    html! {
        g {
            title { (title) }
            @for (class, top, high) in parts {
                rect class=(class) x=(percent(place)) width=(percent(wide)) y=(format!("{top:.1}")) height=(format!("{high:.1}")) {}
            }
        }
    }
}
