//! What several places say, as one page of HTML: everything is in it, and nothing is loaded.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, html};

use super::PathReport;
use super::ladder::{self, End, Row};
use super::overview::{self, PathLine};
use super::{steps, words};
use crate::capture::Timestamp;
use crate::path::{JudgedConnect, PathFinding, VerdictKind, Way};
use crate::report::counts::{counted, grouped};
use crate::report::html::head::Head;
use crate::report::html::marks;
use crate::report::html::page::STYLE;
use crate::report::outcome_words::shown_name;
use crate::report::sanitize::terminal_safe;
use crate::report::times::TimeZoneChoice;

/// What the drawings need beside the style of all pages.
const OWN_STYLE: &str = "
.path { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .5rem; list-style: none; padding: 0; margin: .25rem 0 1rem; }
.path .place { border: 1px solid var(--line); background: var(--card); border-radius: 6px; padding: .25rem .75rem; font-weight: 600; }
.path .way { color: var(--soft); font-variant-numeric: tabular-nums; }
.path .none { color: var(--dropped); font-weight: 650; }
.lanes line.packet { stroke: currentColor; stroke-width: 1.5; } .lanes .seen { fill: currentColor; }
.lanes .missed { fill: var(--page); stroke: currentColor; } .lanes .lost { stroke: var(--dropped); stroke-width: 2.5; }
.lanes .made { fill: var(--refused); } .lanes .unknown { stroke-dasharray: 3 3; }
.lanes text.name { font-weight: 600; fill: var(--ink); } .lanes text.what { fill: var(--ink); }
";

/// Writes the report; times are shown in this zone.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &PathReport, zone: TimeZoneChoice, out: &mut dyn Write) -> io::Result<()> {
    let style = [STYLE, OWN_STYLE].concat();
    let page = page(report, zone, &style);
    out.write_all(page.into_string().as_bytes())
}

fn page(report: &PathReport, zone: TimeZoneChoice, style: &str) -> Markup {
    let title = title(report);
    html! {
        (DOCTYPE)
        html lang="en" {
            (Head { title: &title, style, version: Some(report.tool.version), ..Head::default() }.markup())
            body {
                a.skip href="#findings" { "Skip to the findings" }
                (marks::symbols())
                header { (summary(report, zone, &title)) }
                main {
                    section id="findings" aria-labelledby="findings-title" {
                        h2 id="findings-title" { "Findings" }
                        (findings(report, zone))
                    }
                    section id="attempts" aria-labelledby="attempts-title" {
                        h2 id="attempts-title" { "Connects with which something is wrong" }
                        (attempts(report))
                    }
                    section id="places" aria-labelledby="places-title" {
                        h2 id="places-title" { "Places" }
                        (places(report, zone))
                    }
                }
                footer {
                    "Made by tcpwhy " (report.tool.version)
                    ". This page is complete in itself: it loads nothing, and sends nothing."
                }
            }
        }
    }
}

fn title(report: &PathReport) -> String {
    let connects = report.comparison.connects.len() as u64;
    let places = 0..report.comparison.places.len();
    let names: Vec<String> = places.map(|place| words::name(report, place)).collect();
    format!(
        "{} seen from {}",
        counted(connects, "connect"),
        names.join(", ")
    )
}

fn summary(report: &PathReport, zone: TimeZoneChoice, title: &str) -> Markup {
    html! {
        h1 { (title) }
        @if let Some(span) = overview::span(report, zone) { p.soft { (span) } }
        ul.outcomes {
            @for (outcome, count) in overview::outcomes(report) {
                li class=(outcome.name()) {
                    (marks::mark(outcome)) b { (grouped(count)) } " " (shown_name(outcome))
                }
            }
        }
        @for fact in overview::facts(report) { p { (fact) } }
        @for line in overview::path_lines(report) { (path_line(report, &line)) }
    }
}

/// The places in a row, with how many connects came how far.
fn path_line(report: &PathReport, line: &PathLine) -> Markup {
    html! {
        p { (line.what) }
        ol.path {
            @for place in 0..report.comparison.places.len() {
                @if place > 0 {
                    li.way {
                        @match line.arrived.get(place).copied().flatten() {
                            Some(0) => { span.none { "0 \u{2192}" } },
                            Some(arrived) => { (grouped(arrived)) " \u{2192}" },
                            None => { "? \u{2192}" },
                        }
                    }
                }
                li.place { (words::name(report, place)) }
            }
        }
    }
}

fn findings(report: &PathReport, zone: TimeZoneChoice) -> Markup {
    let findings = &report.comparison.findings;
    html! {
        @if findings.is_empty() { p { "None: all places agree." } }
        @for (number, found) in (1_u64..).zip(findings) { (finding(report, zone, number, found)) }
    }
}

fn finding(report: &PathReport, zone: TimeZoneChoice, number: u64, found: &PathFinding) -> Markup {
    let time = |at: i64| zone.date_and_time(Timestamp::from_nanoseconds(at));
    let steps = steps::next_steps(report, found);
    html! {
        article.finding id={ "f" (number) } {
            header {
                h3 { (number) " " (found.kind.name().replace('_', " ")) }
                span.sure { (found.confidence.name()) }
            }
            p.statement { (words::statement(report, found)) }
            @if let Some((from, until)) = found.span {
                p.soft { (time(from)) @if until != from { " to " (time(until)) } }
            }
            @if !steps.is_empty() {
                ul.steps {
                    @for step in &steps {
                        li {
                            "On " (step.place) ": " (step.why)
                            @if let Some(run) = &step.run { code.run { (run) } }
                        }
                    }
                }
            }
        }
    }
}

fn attempts(report: &PathReport) -> Markup {
    let listed = report.listed();
    let wrong: Vec<_> = listed
        .iter()
        .filter(|(_, judged)| !judged.is_sound())
        .collect();
    let all = report.comparison.connects.iter();
    let all = all.filter(|judged| !judged.is_sound()).count();
    html! {
        @if all == 0 { p { "None." } }
        @for (index, (number, judged)) in wrong.iter().enumerate() {
            (attempt(report, *number, judged, index < UNFOLDED))
        }
        @if all > wrong.len() {
            p { "And " (grouped((all - wrong.len()) as u64)) " more: --max-attempts 0 lists all." }
        }
    }
}

/// So many connects are drawn unfolded.
const UNFOLDED: usize = 5;

fn attempt(report: &PathReport, number: u64, judged: &JudgedConnect, is_open: bool) -> Markup {
    let nearest = judged.nearest(&report.comparison.places);
    let ends = nearest.map(|attempt| format!("{} to {}", attempt.client, attempt.server));
    html! {
        details open[is_open] id={ "a" (number) } {
            summary {
                "#" (number) " " (ends.unwrap_or_default()) " "
                span.outcome.(judged.outcome.name()) {
                    (marks::mark(judged.outcome)) (shown_name(judged.outcome))
                }
                span.soft { ", as " (words::name(report, judged.outcome_at)) " saw it" }
            }
            (drawing(report, judged))
            ul {
                @for said in &judged.verdicts {
                    @if said.kind != VerdictKind::Same || judged.verdicts.len() == 1 {
                        li { (words::verdict(report, said)) }
                    }
                }
            }
        }
    }
}

/// The measures of a drawing.
const LEFT: usize = 170;
const LANE: usize = 150;
const ROW: usize = 24;
const TOP: usize = 30;

/// Lanes for the places, time down, each packet as far as it came.
fn drawing(report: &PathReport, judged: &JudgedConnect) -> Markup {
    let rows = ladder::rows(report, judged);
    let places = report.comparison.places.len();
    let width = LEFT + LANE * places;
    let height = TOP + ROW * (rows.len() + 1);
    let start = rows.iter().filter_map(|row| row.at).min().unwrap_or(0);
    html! {
        div.scroll {
            svg.lanes role="img" aria-label="The packets of this connect, place by place"
                width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
                @for place in 0..places {
                    text.name x=(lane(place)) y="14" text-anchor="middle" { (words::name(report, place)) }
                    line.track x1=(lane(place)) x2=(lane(place)) y1=(TOP - 8) y2=(height) {}
                }
                @for (index, row) in rows.iter().enumerate() {
                    (drawn(row, TOP + ROW * index + ROW / 2, start))
                }
            }
        }
    }
}

const fn lane(place: usize) -> usize {
    LEFT + LANE * place + LANE / 2
}

fn drawn(row: &Row, y: usize, start: i64) -> Markup {
    let seen = || {
        let seen = row.seen.iter().enumerate();
        seen.filter(|(_, seen)| **seen).map(|(place, _)| place)
    };
    let (first, last) = (seen().min().unwrap_or(0), seen().max().unwrap_or(0));
    let stub = LANE / 2 - 16;
    let (begin, end, tip) = match row.way {
        Way::Forth => (lane(first), lane(last), lane(last) + stub),
        Way::Back => (lane(last), lane(first), lane(first).saturating_sub(stub)),
    };
    let source = match row.way {
        Way::Forth => begin.saturating_sub(stub),
        Way::Back => begin + stub,
    };
    let since = row.at.unwrap_or(start).saturating_sub(start).max(0) / 1000;
    let numbers = |place: usize| row.numbers.get(place).copied().flatten();
    html! {
        text x="0" y=(y + 4) { (format!("{}.{:06}", since / 1_000_000, since % 1_000_000)) }
        text.what x="86" y=(y + 4) { (row.label) }
        line.packet x1=(begin) x2=(end) y1=(y) y2=(y) {}
        line.packet.unknown[row.end == End::Unknown] x1=(end) x2=(tip) y1=(y) y2=(y) {}
        @if row.is_made {
            line.packet x1=(begin) x2=(source) y1=(y) y2=(y) {}
            rect.made x=(source.saturating_sub(5)) y=(y.saturating_sub(5)) width="10" height="10" {
                title { "made here: the place behind never saw it" }
            }
        }
        @match row.end {
            End::Lost => {
                path.lost d=(cross(tip, y)) { title { "lost here" } }
            },
            End::Unknown => { text x=(tip) y=(y.saturating_sub(4)) text-anchor="middle" { "?" } },
            End::TakenIn => {
                rect.made x=(tip.saturating_sub(5)) y=(y.saturating_sub(5)) width="10" height="10" {
                    title { "answered here" }
                }
            },
            End::Arrives => { path.seen d=(head(row.way, tip, y)) {} },
        }
        @for place in first..=last {
            circle.seen[row.seen.get(place) == Some(&true)].missed[row.seen.get(place) != Some(&true)]
                cx=(lane(place)) cy=(y) r="4" {
                title {
                    @match numbers(place) {
                        Some(number) => { "packet " (number) },
                        None => { "not seen here" },
                    }
                }
            }
        }
    }
}

fn cross(x: usize, y: usize) -> String {
    let (left, right) = (x.saturating_sub(5), x + 5);
    let (top, bottom) = (y.saturating_sub(5), y + 5);
    format!("M{left} {top}L{right} {bottom}M{right} {top}L{left} {bottom}")
}

fn head(way: Way, x: usize, y: usize) -> String {
    let back = match way {
        Way::Forth => x.saturating_sub(8),
        Way::Back => x + 8,
    };
    format!("M{x} {y}L{back} {}L{back} {}Z", y.saturating_sub(4), y + 4)
}

fn places(report: &PathReport, zone: TimeZoneChoice) -> Markup {
    let comparison = &report.comparison;
    let time = |at: Option<Timestamp>| at.map(|at| zone.date_and_time(at)).unwrap_or_default();
    html! {
        div.list {
            table {
                thead {
                    tr {
                        th { "Place" } th { "Captures" } th.n { "Packets" } th.n { "Connects" }
                        th { "From, on its clock" } th { "Until" } th { "Clock" }
                    }
                }
                tbody {
                    @for (index, place) in comparison.places.iter().enumerate() {
                        tr {
                            td { (words::name(report, index)) }
                            td {
                                @for source in &place.sources {
                                    code { (terminal_safe(&source.path.to_string_lossy())) } " "
                                }
                            }
                            td.n { (grouped(place.packets)) }
                            td.n { (grouped(place.seen_attempts())) }
                            td.t { (time(place.first())) }
                            td.t { (time(place.last())) }
                            td {
                                @if let Some(clock) = comparison.clocks.get(index).filter(|_| index > 0) {
                                    (words::clock_words(&words::name(report, index), clock))
                                } @else { "all times are told by this one" }
                            }
                        }
                    }
                }
            }
        }
    }
}
