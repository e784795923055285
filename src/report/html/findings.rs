//! What the attempts say together: what happened, how sure that is, and what to check next.

use maud::{Markup, html};

use super::{View, shown};
use crate::diagnosis::{Finding, NextStep};
use crate::report::counts::counted;
use crate::report::evidence_words::{ladder_command, proof};
use crate::report::finding_words::{affected, title, what_applications_saw};
use crate::report::next_step_words;
use crate::report::packet_filters::{
    NONE_IN_TUNNELS, capture_filter_of_finding, display_filter_of_finding,
};
use crate::report::statement_words;

/// How many findings are shown.
const SHOWN: usize = 2000;

/// How many of these are open: of the others there is a line each, until it is unfolded.
const OPEN: usize = 12;

pub(super) fn findings(view: View<'_>) -> Markup {
    let all = &view.report.diagnosis.findings;
    html! {
        @if all.is_empty() { p { (none(view)) } }
        @for (number, finding) in (1..).zip(all.iter().take(SHOWN)) {
            @if number <= OPEN { (open(view, number, finding)) } @else { (folded(view, number, finding)) }
        }
        @if all.len() > SHOWN {
            p { (counted((all.len() - SHOWN) as u64, "more finding")) " not shown: the JSON report has all." }
        }
    }
}

fn none(view: View<'_>) -> &'static str {
    if view.report.diagnosis.outcomes.failed() == 0 {
        "No connect failed."
    } else {
        "The failures have nothing in common that could be told: each stands for itself, under Attempts."
    }
}

fn open(view: View<'_>, number: usize, finding: &Finding) -> Markup {
    let term = finding.kind.name();
    html! {
        article.finding id={ "finding-" (number) } {
            header {
                h3 { (link_to_itself(number)) " " a href={ "#term-" (term) } { (capitalised(&title(finding))) } }
                span.sure { (finding.confidence.name()) }
                @if let Some(affected) = affected(finding, view.zone) { span.soft { (affected) } }
            }
            (body(view, finding))
        }
    }
}

/// As a line, until it is unfolded; on paper nothing more.
fn folded(view: View<'_>, number: usize, finding: &Finding) -> Markup {
    html! {
        details.finding id={ "finding-" (number) } {
            summary {
                (link_to_itself(number)) " " b { (capitalised(&title(finding))) } " "
                (shown(&statement_words::statement(finding))) " " span.sure { (finding.confidence.name()) }
            }
            @if let Some(affected) = affected(finding, view.zone) { p.soft { (affected) } }
            (body(view, finding))
        }
    }
}

/// Its number: what somebody copies who wants to show it to somebody else.
fn link_to_itself(number: usize) -> Markup {
    html! { a.self href={ "#finding-" (number) } title="Link to this finding" { (number) "." } }
}

fn body(view: View<'_>, finding: &Finding) -> Markup {
    html! {
        p.statement { (capitalised(&shown(&statement_words::statement(finding)))) @if let Some(name) = name(view, finding) { " (" (name) ")" } }
        @if let Some(saw) = what_applications_saw(finding) { p { (capitalised(&saw)) "." } }
        @if !finding.evidence.is_empty() || finding.proof.is_some() {
            ul {
                @for words in statement_words::evidence(finding) { li { (shown(&words)) } }
                @if let Some(proved) = &finding.proof {
                    li {
                        "proof: " a href={ "#attempt-" (proved.attempt) } { (proof(view.report, proved)) }
                        @if let Some(command) = ladder_command(view.report, proved.attempt) { code.run { (command) } }
                    }
                }
            }
        }
        @if let Some(filter) = display_filter_of_finding(finding) {
            details.paper {
                summary { "Look at the packets again" }
                "In Wireshark:" code.run { (filter) }
                @match capture_filter_of_finding(finding) {
                    Some(filter) => { "With tcpdump, when it happens again:" code.run { "'" (filter) "'" } },
                    None => { "With tcpdump, when it happens again: " (NONE_IN_TUNNELS) }
                }
            }
        }
        @if !finding.next_steps.is_empty() {
            p { strong { "Check next" } }
            ul.steps { @for step in &finding.next_steps { li { (next_step(step)) } } }
        }
    }
}

fn name(view: View<'_>, finding: &Finding) -> Option<String> {
    let name = view.report.name_of(finding.server?.address)?;
    (!statement_words::statement(finding).contains(&name)).then(|| shown(&name))
}

fn next_step(step: &NextStep) -> Markup {
    let step = next_step_words::step(step);
    html! {
        "On " (shown(&step.place)) ":"
        code.run { (shown(&step.run)) }
        @if !step.why.is_empty() { span.soft { (shown(&step.why)) } }
    }
}

/// The sentence with a capital letter.
pub(super) fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}
