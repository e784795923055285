//! A time line of the connects to each failing server: one track for each outcome, and the times
//! when it was down.

use std::collections::BTreeSet;
use std::time::Duration;

use maud::{Markup, html};

use super::axis::Axis;
use super::percent;
use crate::capture::Timestamp;
use crate::diagnosis::{BucketWidth, Count, EndpointSummary, Event, FindingKind};
use crate::handshake::Outcome;
use crate::report::counts::{counted, grouped};
use crate::report::endpoint_words::is_failing;
use crate::report::evidence_words::duration;
use crate::report::html::{View, marks};
use crate::report::outcome_words::shown_name;

/// How many servers are drawn.
const DRAWN: usize = 20;

/// More marks side by side would touch each other.
const COLUMNS: u16 = 64;

/// The height of a track, in pixels; the style's `.lane li` is as high.
const TRACK: usize = 20;

pub(super) fn lanes(view: View<'_>, axis: Axis) -> Markup {
    let failing = || {
        let endpoints = view.report.diagnosis.endpoints.iter();
        endpoints.filter(|endpoint| is_failing(endpoint))
    };
    let drawn: Vec<&EndpointSummary> = failing().take(DRAWN).collect();
    let others = failing().count() - drawn.len();
    html! {
        @if !drawn.is_empty() {
            figure {
                figcaption {
                    strong { "When connects to the failing servers began, and how they ended" }
                    "A mark stands for the connects of " (duration(BucketWidth::for_span(axis.span, COLUMNS).duration()))
                    "."
                    @if drawn.iter().any(|endpoint| !windows(view, endpoint).is_empty()) {
                        " A dashed box holds the marks of a time when a server was down."
                    }
                    @if others > 0 { " " (counted(others as u64, "more server")) " failed too, and less often." }
                }
                @for endpoint in drawn { (lane(view, axis, endpoint)) }
                div.lane {
                    svg.ticks width="100%" height="22" { (axis.ticks(22)) }
                }
            }
        }
    }
}

fn lane(view: View<'_>, axis: Axis, endpoint: &EndpointSummary) -> Markup {
    let width = BucketWidth::for_span(axis.span, COLUMNS).max(endpoint.over_time.width());
    let counts: Vec<(Count, Outcome)> = endpoint
        .over_time
        .counts(width)
        .into_iter()
        .filter_map(|count| match count.event {
            Event::Began(outcome) => Some((count, outcome)),
            Event::SynRepeated => None,
        })
        .collect();
    let outcomes: BTreeSet<Outcome> = counts.iter().map(|(_, outcome)| *outcome).collect();
    let windows = windows(view, endpoint);
    let height = outcomes.len() * TRACK;
    let title = format!(
        "Connects to {} over time",
        view.report.named(endpoint.server)
    );
    html! {
        div.lane {
            h3 {
                (view.report.named(endpoint.server))
                @for (_, long) in &windows { " " span.soft { "down for " (duration(*long)) } }
            }
            ul {
                @for outcome in &outcomes {
                    li { (marks::outcome(*outcome)) " " span.number { (grouped(total(&counts, *outcome))) } }
                }
            }
            svg width="100%" height=(height) role="img" aria-label=(title) {
                @for down in &windows { (window(axis, width, *down, height)) }
                @for (track, outcome) in outcomes.iter().enumerate() {
                    @let middle = track * TRACK + TRACK / 2;
                    line.track x1="0" x2="100%" y1=(middle) y2=(middle) {}
                    g class=(outcome.name()) {
                        @for (count, _) in counts.iter().filter(|(_, of)| of == outcome) {
                            (mark(view, axis, width.duration(), count, *outcome, middle))
                        }
                    }
                }
            }
        }
    }
}

fn total(counts: &[(Count, Outcome)], outcome: Outcome) -> u64 {
    let those = counts.iter().filter(|(_, of)| *of == outcome);
    those.map(|(count, _)| count.count).sum()
}

/// A mark in the middle of its stretch of time, with its numbers for who points at it.
fn mark(
    view: View<'_>,
    axis: Axis,
    long: Duration,
    count: &Count,
    outcome: Outcome,
    middle: usize,
) -> Markup {
    let place = axis.place(count.start.after(long / 2));
    let title = format!(
        "{}: {} {}",
        view.zone.milliseconds_of_day(count.start),
        shown_name(outcome),
        grouped(count.count)
    );
    html! {
        use href={ "#m-" (outcome.name()) } x=(percent(place)) y=(middle - 6) width="12" height="12"
            transform="translate(-6 0)" { title { (title) } }
    }
}

/// When the server was down, as the findings say.
fn windows(view: View<'_>, endpoint: &EndpointSummary) -> Vec<(Timestamp, Duration)> {
    let findings = view.report.diagnosis.findings.iter();
    let windows = findings.filter(|finding| {
        finding.kind == FindingKind::ServiceDownWindow && finding.server == Some(endpoint.server)
    });
    windows
        .filter_map(|finding| Some((finding.from?, finding.until?.since(finding.from?))))
        .collect()
}

/// A box as wide as the marks that stand for its attempts: from the start of the first one's
/// stretch of time to the end of the last one's.
fn window(
    axis: Axis,
    width: BucketWidth,
    (from, long): (Timestamp, Duration),
    height: usize,
) -> Markup {
    let start = width.start_around(from);
    let end = width.start_around(from.after(long)).after(width.duration());
    let (place, wide) = axis.stretch(start, end.since(start));
    html! {
        rect.down x=(percent(place)) width=(percent(wide.max(0.004))) y="0" height=(height) rx="3" {
            title { "down for " (duration(long)) }
        }
    }
}
