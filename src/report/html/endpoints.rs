//! The servers, the worst first.

use std::time::Duration;

use maud::{Markup, html};

use super::{View, marks};
use crate::capture::Timestamp;
use crate::diagnosis::{EndpointSummary, service_name};
use crate::handshake::Outcome;
use crate::report::counts::{counted, grouped};
use crate::report::endpoint_words::{commonest_failure, other, why};
use crate::report::evidence_words::duration;

/// How many servers are listed.
const LISTED: usize = 1000;

/// The columns: what they are called, whether they hold numbers, and whether a phone can do
/// without.
const COLUMNS: [(&str, bool); 9] = [
    ("Server", false),
    ("Connects", true),
    ("OK", true),
    ("Failed", true),
    ("Other", true),
    ("Clients", true),
    ("First failure", false),
    ("Last failure", false),
    ("Why", false),
];

pub(super) fn endpoints(view: View<'_>) -> Markup {
    let all = &view.report.diagnosis.endpoints;
    let has_own = |endpoint: &&EndpointSummary| endpoint.outcomes.total() > 0;
    let endpoints: Vec<&EndpointSummary> = all.iter().filter(has_own).collect();
    let folded = (all.len() - endpoints.len()) as u64;
    let listed = endpoints.get(..LISTED).unwrap_or(&endpoints);
    html! {
        @if folded > 0 {
            p { (counted(folded, "server")) " left out: only scans, floods or backscatter touched them." }
        }
        @if all.is_empty() { p { "No server was asked for." } }
        @if !endpoints.is_empty() {
            div.list {
                (controls("servers", None))
                table role="table" {
                    caption {
                        "Servers by failed connects, the worst first"
                        @if listed.len() < endpoints.len() {
                            "; " (grouped((endpoints.len() - listed.len()) as u64)) " more are in the JSON report"
                        }
                    }
                    (head(&COLUMNS))
                    tbody role="rowgroup" {
                        @for (rank, endpoint) in listed.iter().enumerate() { (row(view, rank, endpoint)) }
                    }
                }
                (pages("servers"))
            }
        }
    }
}

/// The search field; shown by the script, for which it is.
pub(super) fn controls(of: &str, outcomes: Option<&[Outcome]>) -> Markup {
    html! {
        form.controls hidden role="search" aria-label={ "Filter the " (of) } {
            label { "Filter the " (of) input type="search" placeholder="address, name, port, cause" {} }
            @if let Some(outcomes) = outcomes {
                label {
                    "Outcome"
                    select {
                        option value="" { "all" }
                        option value="failed" { "failed" }
                        @for outcome in outcomes {
                            option value=(outcome.name()) { (crate::report::outcome_words::shown_name(*outcome)) }
                        }
                    }
                }
            }
            span.soft role="status" {}
        }
    }
}

/// From one part of a long list to the next; shown by the script where there are several.
pub(super) fn pages(of: &str) -> Markup {
    html! {
        div.pages hidden role="group" aria-label={ "Parts of the list of " (of) } {
            button type="button" { "Previous" }
            span {}
            button type="button" { "Next" }
        }
    }
}

pub(super) fn head(columns: &[(&str, bool)]) -> Markup {
    html! {
        thead role="rowgroup" {
            tr role="row" {
                @for (name, is_number) in columns {
                    th.n[*is_number] scope="col" role="columnheader" { (name) }
                }
            }
        }
    }
}

fn row(view: View<'_>, rank: usize, endpoint: &EndpointSummary) -> Markup {
    let outcomes = &endpoint.outcomes;
    html! {
        tr role="row" {
            td.wide.plain role="cell" data-label="Server" data-key=(rank) {
                (view.report.named(endpoint.server))
                @if let Some(service) = service_name(endpoint.server.port) { " " span.soft { (service) } }
            }
            (number("Connects", outcomes.total()))
            (number("OK", outcomes.of(Outcome::Established)))
            (number("Failed", outcomes.failed()))
            (number("Other", other(endpoint)))
            (clients(endpoint))
            (time(view, "First failure", endpoint.first_failure))
            (time(view, "Last failure", endpoint.last_failure))
            td.wide.plain role="cell" data-label="Why" data-key=(commonest_failure(endpoint).map_or(99, |outcome| outcome as u64)) {
                @match commonest_failure(endpoint) {
                    Some(outcome) => span class=(outcome.name()) { (marks::mark(outcome)) (why(endpoint)) },
                    None => (answered(endpoint)),
                }
            }
        }
    }
}

/// How soon a server answers that has no failures.
fn answered(endpoint: &EndpointSummary) -> String {
    let median = endpoint.answer_times.median_microseconds();
    median.map_or_else(String::new, |median| {
        format!(
            "answers after {} (median)",
            duration(Duration::from_micros(median))
        )
    })
}

fn number(label: &str, count: u64) -> Markup {
    html! {
        td.n.empty[count == 0] role="cell" data-label=(label) data-key=(count) {
            @if count == 0 { "–" } @else { (grouped(count)) }
        }
    }
}

/// How many clients: about, where they are estimated.
fn clients(endpoint: &EndpointSummary) -> Markup {
    let count = endpoint.clients() as u64;
    if !endpoint.clients_are_estimated() {
        return number("Clients", count);
    }
    html! {
        td.n role="cell" data-label="Clients" data-key=(count) { "about " (grouped(count)) }
    }
}

fn time(view: View<'_>, label: &str, at: Option<Timestamp>) -> Markup {
    html! {
        td.t.empty[at.is_none()] role="cell" data-label=(label)
            data-key=(at.map_or(0, |at| at.nanoseconds() / 1000)) {
            @match at { Some(at) => (view.zone.time_of_day(at)), None => "–" }
        }
    }
}
