//! A difference for people.

use std::io::{self, Write};

use super::causes::Counts;
use super::rule::Change;
use super::stored::OutcomeNumbers;
use super::{ChangedService, Difference};
use crate::handshake::Outcome;
use crate::report::counts::{counted, grouped};
use crate::report::model::shortened;
use crate::report::sanitize::terminal_safe;
use crate::report::text::TextStyle;
use crate::report::text::page::Page;

/// How many services of each group are shown.
const SHOWN_SERVICES: usize = 20;

/// Writes the difference.
///
/// # Errors
///
/// What `out` says.
pub fn write(difference: &Difference, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(*style);
    let counts: Vec<String> = Change::ALL
        .into_iter()
        // Said where there is some: it is told by attempts that are listed, which are not all.
        .filter(|change| *change != Change::OtherCause || difference.count(*change) > 0)
        .map(|change| {
            format!(
                "{} {}",
                words(change),
                grouped(difference.count(change) as u64)
            )
        })
        .collect();
    page.wrapped(0, 2, "   ", &counts);
    page.sentence(format!(
        "{} in both reports",
        counted(difference.compared as u64, "service")
    ));
    for change in Change::ALL {
        group(difference, change, &mut page);
    }
    out.write_all(page.text().as_bytes())
}

pub(super) const fn words(change: Change) -> &'static str {
    match change {
        Change::NewlyFailing => "newly failing",
        Change::Worse => "worse",
        Change::OtherCause => "other cause",
        Change::Better => "better",
        Change::Healed => "healed",
    }
}

fn group(difference: &Difference, change: Change, page: &mut Page) {
    let count = difference.count(change);
    if count == 0 {
        return;
    }
    let color_of = match change {
        Change::NewlyFailing => Outcome::Refused,
        Change::Worse | Change::OtherCause => Outcome::Dropped,
        Change::Better | Change::Healed => Outcome::Established,
    };
    page.line("");
    let title = page.in_outcome_color(color_of, words(change).to_uppercase());
    page.line(title);
    for changed in difference.those(change).take(SHOWN_SERVICES) {
        service(changed, page);
    }
    if count > SHOWN_SERVICES {
        page.line(format!(
            "  and {} more: --format json has all",
            grouped((count - SHOWN_SERVICES) as u64)
        ));
    }
}

fn service(changed: &ChangedService, page: &mut Page) {
    let name = changed.server_name.as_deref().map(terminal_safe);
    let name = name.map_or_else(String::new, |name| format!("{} ", shortened(&name)));
    let server = terminal_safe(&changed.server);
    let title = page.bold(format!("{name}{}", shortened_address(&server)));
    page.wrapped(
        2,
        4,
        "   ",
        &[
            title,
            format!("before: {}", numbers(changed.before)),
            format!("after: {}", numbers(changed.after)),
        ],
    );
    page_causes(changed, page);
    for finding in &changed.findings {
        let text = format!(
            "{}: {}",
            terminal_safe(&finding.kind).replace('_', " "),
            terminal_safe(&finding.statement)
        );
        page.wrapped(4, 6, "", &[text]);
    }
}

fn page_causes(changed: &ChangedService, page: &mut Page) {
    if let Some(causes) = causes(changed) {
        page.wrapped(4, 6, "", &[causes]);
    }
}

/// `causes before: closed_port 3; after: port_filtered 5`; nothing where none was said, or the same
/// ones as often. Safe for a terminal.
pub(super) fn causes(changed: &ChangedService) -> Option<String> {
    /// How many are named.
    const NAMED: usize = 4;
    let (before, after) = &changed.causes;
    if before == after {
        return None;
    }
    let list = |counts: &Counts| {
        let mut sorted: Vec<(&String, &u64)> = counts.iter().collect();
        sorted.sort_by_key(|(cause, count)| (std::cmp::Reverse(**count), *cause));
        let named = sorted.into_iter().take(NAMED);
        let named: Vec<String> = named
            .map(|(cause, count)| format!("{} {}", terminal_safe(cause), grouped(*count)))
            .collect();
        if named.is_empty() {
            "none".to_owned()
        } else {
            named.join(", ")
        }
    };
    let (before, after) = (list(before), list(after));
    Some(format!("causes before: {before}; after: {after}"))
}

/// What stands for an address may be anything in a file that is none of ours.
fn shortened_address(server: &str) -> String {
    const LONGEST: usize = 48;
    if server.chars().count() <= LONGEST {
        server.to_owned()
    } else {
        server.chars().take(LONGEST).chain(['~']).collect()
    }
}

/// `52 of 60 failed (52 refused)`, `none`.
pub(super) fn numbers(outcomes: OutcomeNumbers) -> String {
    let failed = outcomes.failed();
    let decided = failed.saturating_add(outcomes.succeeded());
    if decided == 0 {
        return "no connects".to_owned();
    }
    let ways: Vec<String> = outcomes
        .failures()
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| format!("{} {}", grouped(count), outcome.name().replace('_', "-")))
        .collect();
    let ways = if ways.is_empty() {
        String::new()
    } else {
        format!(" ({})", ways.join(", "))
    };
    format!("{} of {} failed{ways}", grouped(failed), grouped(decided))
}
