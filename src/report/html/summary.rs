//! What was read, and how the connects ended.

use maud::{Markup, html};

use super::drawings::measure;
use super::findings::capitalised;
use super::page::sources;
use super::{View, marks, shown};
use crate::handshake::Outcome;
use crate::report::capture_words::{nothing_to_report, time_span};
use crate::report::counts::{counted, grouped};
use crate::report::trouble_words::beside;

pub(super) fn summary(view: View<'_>) -> Markup {
    let outcomes = &view.report.diagnosis.outcomes;
    let present: Vec<(Outcome, u64)> = outcomes.iter().filter(|(_, count)| *count > 0).collect();
    html! {
        @match &view.report.handover.title {
            Some(title) => { h1 { (shown(title)) } p.soft { (sources(view)) ", " (when(view)) } },
            None => { h1 { (sources(view)) } p.soft { (when(view)) } }
        }
        @for note in &view.report.handover.notes { p.handed { (shown(note)) } }
        @if present.is_empty() {
            p { (capitalised(&nothing_to_report(view.report))) "." }
        } @else {
            p { strong { (grouped(outcomes.failed())) " of " (counted(outcomes.total(), "TCP connect")) " failed" } }
            (bar(&present, outcomes.total()))
            ul.outcomes {
                @for (outcome, count) in present {
                    li { (marks::outcome(outcome)) " " b { (grouped(count)) } (troubles(view, outcome)) }
                }
            }
        }
        @if view.report.diagnosis.attempts_not_selected > 0 {
            p.note { (counted(view.report.diagnosis.attempts_not_selected, "connect"))
                " of this capture left out: the report is about a selection" }
        }
    }
}

fn troubles(view: View<'_>, outcome: Outcome) -> String {
    match outcome {
        Outcome::Established => beside(&view.report.diagnosis.troubles),
        _ => String::new(),
    }
}

/// From when to when, and how much.
fn when(view: View<'_>) -> String {
    let packets = counted(view.report.capture.packets, "packet");
    match time_span(view.report, view.zone) {
        Some(span) => format!("{span}, {packets}"),
        None => packets,
    }
}

/// How the outcomes share the connects; the list beside it says the same.
fn bar(present: &[(Outcome, u64)], total: u64) -> Markup {
    const LEAST: f64 = 0.6;
    let spare = 100.0 - LEAST * measure(present.len() as u64);
    let mut start = 0.0;
    let parts: Vec<(Outcome, f64, f64)> = present
        .iter()
        .map(|(outcome, count)| {
            let width = LEAST + spare * measure(*count) / measure(total.max(1));
            let part = (*outcome, start, width);
            start += width;
            part
        })
        .collect();
    html! {
        svg.bar width="100%" height="14" aria-hidden="true" {
            @for (outcome, start, width) in parts {
                rect class=(outcome.name()) x={ (format!("{start:.2}")) "%" }
                    width={ (format!("{:.2}", (width - 0.2).max(0.3))) "%" } height="14" {}
            }
        }
    }
}
