//! The words for what logs say was changed before connects failed. Whatever stands in a log is
//! hostile text.

use super::logged::{happened, place, quoted, state, time};
use crate::diagnosis::{ChangesBefore, LoggedChange};
use crate::logs::{ChangedThing, HostChange, Saying};
use crate::report::evidence_words::duration;

/// `what changed before the first of these, and need not be the cause: 3.200 s before,
/// nginx.service was reloaded (at 14:00:58 UTC, syslog line 5)`
pub(super) fn before(changes: &ChangesBefore) -> String {
    let told = changes.told.iter();
    let told: Vec<String> = told
        .map(|one| {
            let zone = if one.is_zone_assumed {
                ", if its zone is that"
            } else {
                ""
            };
            let often = match one.lines {
                0 | 1 => String::new(),
                lines => format!(", the last of {lines} times"),
            };
            format!(
                "{} before, {} (at {} UTC{zone}, {}{often})",
                duration(one.before),
                change(one),
                time(one.at),
                place(&one.place)
            )
        })
        .collect();
    let more = match changes.more {
        0 => String::new(),
        1 => "; and 1 more change in the 15 minutes before".to_owned(),
        more => format!("; and {more} more changes in the 15 minutes before"),
    };
    format!(
        "what changed before the first of these, and need not be the cause: {}{more}",
        told.join("; ")
    )
}

/// What was changed, by whom, without its time.
pub(in crate::report) fn change(change: &LoggedChange) -> String {
    match &change.saying {
        Saying::Service(service) => {
            format!("{} was {}", quoted(&service.name), state(service.state))
        }
        Saying::Announced(service) => {
            let says = format!("{} said that it was", quoted(&service.name));
            format!("{says} {}", state(service.state))
        }
        Saying::Host(event) => format!("a kernel logged {}", happened(event)),
        Saying::Changed(changed) => of_host(changed),
        _ => "a log names it".to_owned(),
    }
}

fn of_host(change: &HostChange) -> String {
    let (by, what) = (quoted(&change.by), quoted(&change.what));
    let command = &change.what;
    let is_of_rules = change.thing == ChangedThing::Rules;
    if change.is_command {
        format!("{by} ran {command:?}")
    } else if is_of_rules && change.by.is_empty() {
        format!("rules of a packet filter were changed: {what}")
    } else if is_of_rules {
        format!("{by} changed rules of a packet filter: {what}")
    } else if change.by.is_empty() {
        what
    } else {
        format!("{by}: {what}")
    }
}
