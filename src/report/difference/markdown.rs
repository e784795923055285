//! A difference for a pull request: rendered alike by GitHub and GitLab.

use std::io::{self, Write};

use super::rule::Change;
use super::text::{causes, numbers, words};
use super::{ChangedService, Difference};
use crate::report::counts::{counted, grouped};
use crate::report::markdown::escape::{Place, code, prose};
use crate::report::markdown::table::Table;

/// How many services of each group are shown.
const SHOWN_SERVICES: usize = 20;

/// Writes the difference.
///
/// # Errors
///
/// What `out` says.
pub fn write(difference: &Difference, out: &mut dyn Write) -> io::Result<()> {
    let mut parts = vec!["# TCP connects: what changed".to_owned()];
    let counts = Change::ALL.into_iter().map(|change| {
        let count = difference.count(change);
        let words = format!("{} {}", words(change), grouped(count as u64));
        if change == Change::NewlyFailing && count > 0 {
            format!("**{words}**")
        } else {
            words
        }
    });
    let compared = counted(difference.compared as u64, "service");
    parts.push(format!(
        "{}; {compared} in both reports",
        counts.collect::<Vec<_>>().join(", ")
    ));
    for change in Change::ALL {
        parts.extend(group(difference, change));
    }
    writeln!(out, "{}", parts.join("\n\n"))
}

fn group(difference: &Difference, change: Change) -> Vec<String> {
    let count = difference.count(change);
    if count == 0 {
        return Vec::new();
    }
    let words = words(change);
    let (first, rest) = words.split_at(1);
    let mut parts = vec![format!("## {}{rest}", first.to_uppercase())];
    let mut table = Table::new(&["Server", "Before", "After", "Why"], &[]);
    for changed in difference.those(change).take(SHOWN_SERVICES) {
        table.row(&row(changed));
    }
    parts.push(table.text());
    if count > SHOWN_SERVICES {
        let more = grouped((count - SHOWN_SERVICES) as u64);
        parts.push(format!("and {more} more: `--format json` has all"));
    }
    parts
}

fn row(changed: &ChangedService) -> [String; 4] {
    let name = changed.server_name.as_deref();
    let name = name.map_or_else(String::new, |name| format!("{} ", code(name, Place::Cell)));
    let findings = changed.findings.iter().map(|finding| {
        let kind = finding.kind.replace('_', " ");
        prose(&format!("{kind}: {}", finding.statement), Place::Cell)
    });
    let causes = causes(changed).map(|causes| prose(&causes, Place::Cell));
    let why: Vec<String> = causes.into_iter().chain(findings).collect();
    [
        format!("{name}{}", code(&changed.server, Place::Cell)),
        numbers(changed.before),
        numbers(changed.after),
        if why.is_empty() {
            "-".to_owned()
        } else {
            why.join("<br>")
        },
    ]
}
