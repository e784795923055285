//! A difference as one page of HTML: everything is in it, and nothing is loaded.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, html};

use super::rule::{Change, RULE};
use super::text::{causes, numbers, words};
use super::{ChangedService, Difference};
use crate::report::counts::{counted, grouped};
use crate::report::html::head::Head;
use crate::report::html::page::STYLE;
use crate::report::sanitize::terminal_safe;

/// So many services of each group stand open; the others unfold.
const OPEN_SERVICES: usize = 20;

/// How many services of each group are shown.
const SHOWN_SERVICES: usize = 1000;

/// Writes the difference.
///
/// # Errors
///
/// What `out` says.
pub fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(page(difference).into_string().as_bytes())
}

fn page(difference: &Difference) -> Markup {
    let title = "TCP connects: what changed";
    html! {
        (DOCTYPE)
        html lang="en" {
            (Head { title, style: STYLE, ..Head::default() }.markup())
            body {
                a.skip href="#changes" { "Skip to the changes" }
                header {
                    h1 { (title) }
                    p {
                        @for change in Change::ALL {
                            b { (grouped(difference.count(change) as u64)) } " " (words(change)) ", "
                        }
                        (counted(difference.compared as u64, "service")) " in both reports"
                    }
                }
                main id="changes" {
                    @for change in Change::ALL { (group(difference, change)) }
                    section { h2 { "The rule" } pre { (RULE) } }
                }
                footer { "This page is complete in itself: it loads nothing, and sends nothing." }
            }
        }
    }
}

fn group(difference: &Difference, change: Change) -> Markup {
    let count = difference.count(change);
    let those = || difference.those(change);
    html! {
        @if count > 0 {
            section id=(change.name()) {
                h2 { (words(change)) " (" (grouped(count as u64)) ")" }
                (services(those().take(OPEN_SERVICES)))
                @if count > OPEN_SERVICES {
                    details {
                        summary { (grouped((count - OPEN_SERVICES) as u64)) " more" }
                        (services(those().skip(OPEN_SERVICES).take(SHOWN_SERVICES)))
                    }
                }
            }
        }
    }
}

fn services<'a>(changed: impl Iterator<Item = &'a ChangedService>) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    th scope="col" { "Server" } th scope="col" { "Before" }
                    th scope="col" { "After" } th scope="col" { "Why" }
                } }
                tbody { @for service in changed { (row(service)) } }
            }
        }
    }
}

fn row(changed: &ChangedService) -> Markup {
    html! {
        tr {
            td {
                @if let Some(name) = &changed.server_name { b { (terminal_safe(name)) } " " }
                code { (terminal_safe(&changed.server)) }
            }
            td { (numbers(changed.before)) }
            td { (numbers(changed.after)) }
            td {
                @if let Some(causes) = causes(changed) { p { (causes) } }
                @for finding in &changed.findings {
                    p {
                        b { (terminal_safe(&finding.kind).replace('_', " ")) ": " }
                        (terminal_safe(&finding.statement))
                    }
                }
            }
        }
    }
}
