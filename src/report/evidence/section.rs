//! What the file says about itself.

use std::collections::BTreeSet;

use super::{MOST_ATTEMPTS, MOST_PACKETS, Written};
use crate::anonymize::is_replaceable;
use crate::capture::{LinkType, SourceFacts};
use crate::report::Report;
use crate::report::shell_word::shell_word;
use crate::report::times::rfc3339;

/// How many sources are named.
const NAMED_SOURCES: usize = 100;

/// What writes it; and what wrote the source, where that says whose the verdicts of its packets
/// are.
pub(super) fn application(report: &Report) -> String {
    let own = format!("tcpwhy {}", report.tool.version);
    let mut interfaces = report
        .capture
        .sources
        .iter()
        .flat_map(|source| &source.interfaces);
    if interfaces.any(|interface| interface.is_of_windows) {
        format!("{own}, of a file of etl2pcapng")
    } else {
        own
    }
}

/// The comment of the section of an annotated capture.
pub(super) fn annotated(report: &Report, written: &Written) -> String {
    let arguments = report.tool.arguments.iter().map(|word| shell_word(word));
    let arguments: Vec<String> = arguments.collect();
    let mut lines = vec![
        format!(
            "The whole capture, with what tcpwhy {} says of {} failed or partly seen connects, and of others, as comments on their packets.",
            report.tool.version, written.attempts
        ),
        format!("arguments: {}", arguments.join(" ")),
    ];
    let sources = report
        .capture
        .sources
        .iter()
        .enumerate()
        .take(NAMED_SOURCES);
    lines.extend(sources.map(|(number, source)| source_line(number, source)));
    lines.join("\n")
}

/// The comment of the section: what this is, what made it, and from what.
pub(super) fn comment(report: &Report, written: &Written, is_anonymous: bool) -> String {
    let arguments = report.tool.arguments.iter().map(|word| shell_word(word));
    let arguments: Vec<String> = arguments.collect();
    let mut lines = vec![
        format!(
            "Evidence of tcpwhy {}: the packets of {} failed or partly seen connects, and some that they were compared with, as \
             each packet's comment says.",
            report.tool.version, written.attempts
        ),
        format!("arguments: {}", arguments.join(" ")),
    ];
    if written.attempts_left_out > 0 {
        lines.push(format!(
            "{} more are left out: at most {MOST_ATTEMPTS} connects and {MOST_PACKETS} packets of theirs are kept.",
            written.attempts_left_out
        ));
    }
    lines.extend(is_anonymous.then(|| not_anonymous(report)).flatten());
    let sources = &report.capture.sources;
    for (number, source) in sources.iter().enumerate().take(NAMED_SOURCES) {
        lines.push(source_line(number, source));
    }
    if sources.len() > NAMED_SOURCES {
        lines.push(format!(
            "and {} more sources",
            sources.len() - NAMED_SOURCES
        ));
    }
    lines.join("\n")
}

/// Which packets an anonymous file cannot have.
fn not_anonymous(report: &Report) -> Option<String> {
    let sources = report.capture.sources.iter();
    let link_types: BTreeSet<LinkType> = sources
        .flat_map(|source| &source.interfaces)
        .map(|interface| interface.link_type)
        .filter(|link_type| !is_replaceable(*link_type))
        .collect();
    let names: Vec<String> = link_types.iter().map(ToString::to_string).collect();
    (!names.is_empty()).then(|| {
        format!(
            "packets of link type {} are left out: addresses in them cannot be replaced safely.",
            names.join(", ")
        )
    })
}

/// `source 0: incident.pcap, pcap, 18112003 bytes, 48211 packets, first ..., last ..., sha256 ...`.
fn source_line(number: usize, source: &SourceFacts) -> String {
    let mut parts = vec![
        source.path.display().to_string(),
        source.format.to_owned(),
        format!("{} bytes", source.bytes),
        format!("{} packets", source.packets),
    ];
    parts.extend(
        source
            .first
            .map(|first| format!("first {}", rfc3339(first))),
    );
    parts.extend(source.last.map(|last| format!("last {}", rfc3339(last))));
    parts.extend(source.sha256.as_ref().map(|hash| format!("sha256 {hash}")));
    format!("source {number}: {}", parts.join(", "))
}
