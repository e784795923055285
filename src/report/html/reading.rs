//! How to read the report: every outcome, cause and finding that occurs in it, as `tcpwhy explain`
//! tells it.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::View;
use super::findings::capitalised;
use crate::diagnosis::DiagnosedAttempt;
use crate::diagnosis::knowledge::{self, Kind, Page};

pub(super) fn reading(view: View<'_>) -> Markup {
    let terms = terms(view);
    let pages: Vec<&Page> = knowledge::pages()
        .filter(|page| terms.contains(page.term))
        .collect();
    let of = |kind: Kind| pages.iter().filter(move |page| first_kind(page) == kind);
    html! {
        div.reading {
            p {
                "An outcome is what the packets of an attempt show. A cause is why it ended so, by comparison with the rest of the "
                "capture: certain, likely or possible. A finding is what many attempts say together."
            }
            @for kind in [Kind::Outcome, Kind::Cause, Kind::Finding] {
                @for page in of(kind) { (term(page)) }
            }
            p.soft { code { "tcpwhy explain TERM" } " tells what to check for each, and what applications print." }
        }
    }
}

/// A term may name several things: it is told with the first of them.
fn first_kind(page: &Page) -> Kind {
    page.kinds.first().copied().unwrap_or(Kind::Error)
}

/// What occurs in the report.
fn terms(view: View<'_>) -> BTreeSet<&'static str> {
    let diagnosis = &view.report.diagnosis;
    let outcomes = diagnosis
        .outcomes
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, _)| outcome.name());
    let examples = diagnosis
        .endpoints
        .iter()
        .filter_map(|endpoint| endpoint.example.as_ref());
    let causes = diagnosis
        .attempts
        .iter()
        .chain(examples)
        .filter_map(DiagnosedAttempt::cause)
        .map(|judged| judged.cause.name());
    let findings = diagnosis.findings.iter().map(|finding| finding.kind.name());
    outcomes.chain(causes).chain(findings).collect()
}

fn term(page: &Page) -> Markup {
    html! {
        article.term id={ "term-" (page.term) } {
            h3 { (page.term.replace('_', " ")) " " small { (first_kind(page).name()) } }
            p { (capitalised(page.title)) "." }
            details.paper {
                summary { "On the wire, what brings it about, what it is told apart from" }
                p { (page.on_the_wire) }
                p { "Brought about by, the commonest first:" }
                ul { @for cause in page.brought_about_by { li { (cause) } } }
                @if !page.told_apart.is_empty() {
                    p { "Told apart from:" }
                    ul { @for other in page.told_apart { li { strong { (other.other.replace('_', " ")) } ": " (other.by) } } }
                }
            }
        }
    }
}
