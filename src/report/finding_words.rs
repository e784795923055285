//! The words for a finding: the same in every format for people.

use super::counts::counted;
use super::times::TimeZoneChoice;
use crate::diagnosis::{Finding, error_text};

/// What kind of finding it is: `service down window`.
pub(crate) fn title(finding: &Finding) -> String {
    finding.kind.name().replace('_', " ")
}

/// `applications saw ECONNREFUSED, "Connection refused"`: as on Linux; the page of the term has the
/// others.
pub(super) fn what_applications_saw(finding: &Finding) -> Option<String> {
    if finding.app_errors.is_empty() {
        return None;
    }
    let words: Vec<String> = finding
        .app_errors
        .iter()
        .map(|error| match error_text(error) {
            Some(text) => format!("{error}, \"{text}\""),
            None => (*error).to_owned(),
        })
        .collect();
    let unless = if finding.app_errors.contains(&"ETIMEDOUT") {
        ", or their own time-out"
    } else {
        ""
    };
    Some(format!("applications saw {}{unless}", words.join(" or ")))
}

/// How many connects of how many clients, from when until when.
pub(super) fn affected(finding: &Finding, zone: TimeZoneChoice) -> Option<String> {
    if finding.attempts == 0 {
        return None;
    }
    let at_least = if finding.is_of_sample {
        "at least "
    } else {
        ""
    };
    let count = format!(
        "{} of {at_least}{}",
        counted(finding.attempts, "connect"),
        counted(finding.clients as u64, "client")
    );
    Some(match (finding.from, finding.until) {
        (Some(from), Some(until)) if from == until => {
            format!("{count}, {}", zone.milliseconds_of_day(from))
        }
        (Some(from), Some(until)) => {
            format!(
                "{count}, {} to {}",
                zone.milliseconds_of_day(from),
                zone.milliseconds_of_day(until)
            )
        }
        _ => count,
    })
}
