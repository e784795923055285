//! The page around the parts.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::head::Head;
use super::{
    View, attempts, capture, custody, drawings, endpoints, findings, marks, reading, shown, summary,
};
use crate::report::counts::grouped;

pub(in crate::report) const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// The sections: what they are called, and by which name links lead there.
const SECTIONS: [(&str, &str); 7] = [
    ("findings", "Findings"),
    ("servers", "Servers"),
    ("time", "Over time"),
    ("attempts", "Attempts"),
    ("capture", "The capture"),
    ("reading", "How to read this"),
    ("custody", "Chain of custody"),
];

/// The whole page.
pub(super) fn page(view: View<'_>) -> Markup {
    let custody = custody::custody(view);
    let count = SECTIONS.len() - usize::from(custody.is_none());
    html! {
        (DOCTYPE)
        html lang="en" {
            (Head { title: &title(view), style: STYLE, script: SCRIPT, version: Some(view.report.tool.version) }.markup())
            body {
                a.skip href="#findings" { "Skip to the findings" }
                (marks::symbols())
                header {
                    (summary::summary(view))
                    nav aria-label="Sections" {
                        ul {
                            @for (id, name) in SECTIONS.into_iter().take(count) { li { a href={ "#" (id) } { (name) } } }
                        }
                    }
                }
                main {
                    (section(0, &findings::findings(view)))
                    (section(1, &endpoints::endpoints(view)))
                    (section(2, &drawings::drawings(view)))
                    (section(3, &attempts::attempts(view)))
                    (section(4, &capture::capture(view)))
                    (section(5, &reading::reading(view)))
                    @if let Some(custody) = custody { (section(6, &custody)) }
                }
                footer {
                    "Made by tcpwhy " (view.report.tool.version)
                    ". This page is complete in itself: it loads nothing, and sends nothing."
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn section(number: usize, content: &Markup) -> Markup {
    let (id, name) = SECTIONS.get(number).copied().unwrap_or_default();
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (name) }
            (content)
        }
    }
}

/// `incident.pcap: 73 of 1,204 connects failed`.
fn title(view: View<'_>) -> String {
    let outcomes = &view.report.diagnosis.outcomes;
    let handover = &view.report.handover;
    let incident = handover.title.as_deref().map(shown);
    format!(
        "{}: {} of {} connects failed",
        incident.unwrap_or_else(|| sources(view)),
        grouped(outcomes.failed()),
        grouped(outcomes.total())
    )
}

/// What was read, in a few words.
pub(super) fn sources(view: View<'_>) -> String {
    match view.report.capture.sources.as_slice() {
        [] => "nothing".to_owned(),
        [only] => {
            let name = only.path.file_name().unwrap_or(only.path.as_os_str());
            shown(&name.to_string_lossy())
        }
        several => format!("{} files", grouped(several.len() as u64)),
    }
}
