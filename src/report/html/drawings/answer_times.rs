//! How soon servers answered: a histogram with equal steps of the logarithm, from microseconds to
//! minutes.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};

use super::{measure, percent};
use crate::report::counts::{counted, grouped};
use crate::report::evidence_words::duration;
use crate::report::html::View;

/// Steps of a decade.
const STEPS: u32 = 5;

/// Fewer are no distribution.
const FEWEST: u64 = 3;

const HEIGHT: f64 = 110.0;

pub(super) fn answer_times(view: View<'_>) -> Markup {
    let bars = bars(view);
    let total: u64 = bars.values().sum();
    let most = bars.values().copied().max().unwrap_or(1);
    let ends = bars.keys().next().zip(bars.keys().next_back());
    // Whole decades, so that their names stand at the lines.
    let decades = ends
        .filter(|_| total >= FEWEST)
        .map(|(first, last)| (first / STEPS, last / STEPS + 1));
    html! {
        @if let Some((first, end)) = decades {
            figure {
                figcaption {
                    strong { "From SYN to answer" }
                    (counted(total, "answer")) " of any kind (SYN-ACK, RST or ICMP error); the highest bar stands for " (grouped(most)) "."
                }
                svg width="100%" height=(HEIGHT) role="img" aria-label="Times from SYN to answer" {
                    line.grid x1="0" x2="100%" y1=(HEIGHT - 0.5) y2=(HEIGHT - 0.5) {}
                    @for (step, count) in &bars { (bar(*step, *count, most, (first, end))) }
                }
                svg width="100%" height="22" aria-hidden="true" {
                    g.axis {
                        @for decade in first..=end {
                            @let place = f64::from(decade - first) / f64::from(end - first);
                            line x1=(percent(place)) x2=(percent(place)) y1="0" y2="5" {}
                            text x=(percent(place)) y="18" text-anchor=(anchor(decade, first, end)) { (words(decade * STEPS)) }
                        }
                    }
                }
            }
        }
    }
}

/// How many answers came within each step.
fn bars(view: View<'_>) -> BTreeMap<u32, u64> {
    let mut bars = BTreeMap::new();
    for endpoint in &view.report.diagnosis.endpoints {
        for (microseconds, count) in endpoint.answer_times.counts() {
            *bars.entry(step(microseconds)).or_default() += count;
        }
    }
    bars
}

/// In which step a time lies; the first starts at one microsecond.
fn step(microseconds: u64) -> u32 {
    let mut step = 0;
    while start(step + 1) <= measure(microseconds) {
        step += 1;
    }
    step
}

/// Where a step starts, in microseconds.
fn start(step: u32) -> f64 {
    10_f64.powf(f64::from(step) / f64::from(STEPS))
}

fn words(step: u32) -> String {
    duration(Duration::from_secs_f64(start(step).round() / 1e6))
}

fn bar(step: u32, count: u64, most: u64, (first, end): (u32, u32)) -> Markup {
    let steps = f64::from((end - first) * STEPS);
    let place = f64::from(step - first * STEPS) / steps;
    let high = (measure(count) / measure(most.max(1)) * (HEIGHT - 2.0)).max(1.0);
    let title = format!("{} to {}: {}", words(step), words(step + 1), grouped(count));
    html! {
        rect.times x=(percent(place)) width=(percent(0.9 / steps)) y=(format!("{:.1}", HEIGHT - 1.0 - high))
            height=(format!("{high:.1}")) { title { (title) } }
    }
}

fn anchor(decade: u32, first: u32, end: u32) -> &'static str {
    match decade {
        _ if decade == first => "start",
        _ if decade == end => "end",
        _ => "middle",
    }
}
