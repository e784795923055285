//! The words for how a report was made: the same in every format for people.

use super::counts::grouped;
use super::model::Report;
use super::times::{TimeZoneChoice, rfc3339};
use crate::capture::SourceFacts;
use crate::diagnosis::EndpointPattern;

/// In which zone times are shown, and where they come from.
pub(super) fn time_handling(zone: TimeZoneChoice) -> &'static str {
    match zone {
        TimeZoneChoice::Utc => "times are the capture's own clock, in UTC",
        TimeZoneChoice::Local => {
            "times are the capture's own clock, in the time zone of the host that made this report; those of files in UTC"
        }
    }
}

/// Every setting that shapes a verdict or what is listed, by name; hostile text.
pub(super) fn settings(report: &Report) -> Vec<(&'static str, String)> {
    let settings = &report.settings;
    let selection = &settings.selection;
    let patterns = |patterns: &[EndpointPattern]| {
        let words: Vec<String> = patterns.iter().map(ToString::to_string).collect();
        (!words.is_empty()).then(|| words.join(" "))
    };
    let listed = selection.listed.as_ref().map(|outcomes| {
        let troubles = selection.listed_troubles.iter();
        let outcomes = outcomes.iter().map(|outcome| outcome.name());
        let names: Vec<&str> = outcomes.chain(troubles.map(|one| one.name())).collect();
        names.join(",")
    });
    let always = [
        (
            "patience",
            format!("{} s", settings.tracker.patience.as_secs_f64()),
        ),
        (
            "slow from",
            format!("{} s", settings.tracker.slow.as_secs_f64()),
        ),
        (
            "undecided attempts followed at once",
            grouped(settings.tracker.open_attempts as u64),
        ),
    ];
    let attempts = settings.listed_attempts.map(|limit| grouped(limit as u64));
    let asked_for = [
        ("attempts listed", attempts),
        ("capture filter applied", settings.filter.clone()),
        ("only servers", patterns(&selection.servers)),
        ("only clients", patterns(&selection.clients)),
        ("only from", selection.since.map(rfc3339)),
        ("only before", selection.until.map(rfc3339)),
        ("only these outcomes listed", listed),
    ];
    let set = asked_for
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(set).collect()
}

/// The link types of a source, each once, in the order of its interfaces.
pub(super) fn link_types(source: &SourceFacts) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for interface in &source.interfaces {
        let name = interface.link_type.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Packets that were lost while capturing, where the source says so.
pub(super) fn dropped(source: &SourceFacts) -> Option<String> {
    let by = [
        ("kernel", source.dropped_by_kernel),
        ("interface", source.dropped_by_interface),
    ];
    let words: Vec<String> = by
        .into_iter()
        .filter_map(|(whom, count)| Some(format!("{whom} {}", grouped(count?))))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
