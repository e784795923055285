//! What was changed before connects failed, by logs: told as what changed, never as the cause.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LogPlace;
use crate::capture::Timestamp;
use crate::logs::{ChangedThing, Saying};

/// What changed longer before is not told.
const BEFORE: Duration = Duration::from_secs(15 * 60);

/// So many changes are told of one time; those of rules first, then the latest.
const MOST_TOLD: usize = 5;

/// So many are kept of all logs.
const MOST_KEPT: usize = 20_000;

/// What was changed in the 15 minutes before connects began to fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesBefore {
    /// What, in order of time.
    pub told: Vec<LoggedChange>,
    /// How many more kinds of lines there are.
    pub more: u64,
}

/// A change that a log tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedChange {
    /// When, the last time.
    pub at: Timestamp,
    /// Where that stands.
    pub place: LogPlace,
    /// What the line says.
    pub saying: Saying,
    /// How many lines say the same.
    pub lines: u64,
    /// How long before the first of the connects that was.
    pub before: Duration,
    /// Whether its time is one in a zone that no line tells.
    pub is_zone_assumed: bool,
}

/// Lines that tell of changes, of all logs.
#[derive(Clone, Debug, Default)]
pub(in crate::diagnosis) struct ChangeLines(Vec<ChangeLine>);

#[derive(Clone, Debug)]
struct ChangeLine {
    at: Timestamp,
    place: LogPlace,
    saying: Saying,
    is_zone_assumed: bool,
}

impl ChangeLines {
    pub(in crate::diagnosis) fn add(
        &mut self,
        at: Timestamp,
        is_zone_assumed: bool,
        place: LogPlace,
        saying: Saying,
    ) {
        if self.0.len() < MOST_KEPT {
            self.0.push(ChangeLine {
                at,
                place,
                saying,
                is_zone_assumed,
            });
        }
    }

    pub(in crate::diagnosis) fn in_order(mut self) -> Self {
        self.0
            .sort_by(|one, other| (one.at, &one.place).cmp(&(other.at, &other.place)));
        self
    }

    /// Those of the 15 minutes before that, each kind once; `is_told` elsewhere are left out.
    pub(in crate::diagnosis) fn before(
        &self,
        first_failure: Timestamp,
        is_told: impl Fn(Timestamp, &Saying) -> bool,
    ) -> Option<ChangesBefore> {
        let earliest = first_failure.before(BEFORE);
        let begin = self.0.partition_point(|line| line.at < earliest);
        let end = self.0.partition_point(|line| line.at <= first_failure);
        let those = self.0.get(begin..end).unwrap_or_default();
        let mut kinds: HashMap<(&str, String), LoggedChange> = HashMap::new();
        for line in those.iter().filter(|line| !is_told(line.at, &line.saying)) {
            // What happened again and again is told once, with its last time.
            let kind = (&*line.place.file, format!("{:?}", line.saying));
            let lines = kinds.get(&kind).map_or(0, |known| known.lines);
            let change = LoggedChange {
                at: line.at,
                place: line.place.clone(),
                saying: line.saying.clone(),
                lines: lines + 1,
                before: first_failure.since(line.at),
                is_zone_assumed: line.is_zone_assumed,
            };
            kinds.insert(kind, change);
        }
        let mut told: Vec<LoggedChange> = kinds.into_values().collect();
        told.sort_by(|one, other| {
            let rank = |change: &LoggedChange| (!change.is_of_rules(), change.before);
            (rank(one), &one.place).cmp(&(rank(other), &other.place))
        });
        let more = told.len().saturating_sub(MOST_TOLD);
        told.truncate(MOST_TOLD);
        told.sort_by(|one, other| (one.at, &one.place).cmp(&(other.at, &other.place)));
        (!told.is_empty()).then_some(ChangesBefore {
            told,
            more: more as u64,
        })
    }
}

impl LoggedChange {
    /// What was changed.
    pub const fn thing(&self) -> ChangedThing {
        match &self.saying {
            Saying::Changed(change) => change.thing,
            Saying::Host(_) => ChangedThing::Network,
            _ => ChangedThing::Service,
        }
    }

    fn is_of_rules(&self) -> bool {
        self.thing() == ChangedThing::Rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::{HostChange, ServiceChange, ServiceState};

    fn second(second: i64) -> Timestamp {
        Timestamp::from_nanoseconds(second * 1_000_000_000)
    }

    fn started(name: &str) -> Saying {
        Saying::Service(ServiceChange {
            name: name.to_owned(),
            state: ServiceState::Started,
        })
    }

    fn place(line: u64) -> LogPlace {
        LogPlace {
            file: "syslog".to_owned(),
            line,
        }
    }

    fn names(changes: &ChangesBefore) -> Vec<(u64, u64)> {
        let told = changes.told.iter();
        told.map(|change| (change.place.line, change.lines))
            .collect()
    }

    #[test]
    fn what_changed_within_a_quarter_of_an_hour_is_told_once() {
        let mut lines = ChangeLines::default();
        for (at, name) in [
            (90, "old"),
            (100, "loop"),
            (900, "loop"),
            (999, "late"),
            (1001, "after"),
        ] {
            lines.add(second(at), false, place(at.unsigned_abs()), started(name));
        }
        let lines = lines.in_order();
        let changes = lines.before(second(1000), |_, _| false).unwrap();
        assert_eq!(names(&changes), [(900, 2), (999, 1)]);
        assert_eq!(changes.told[1].before, Duration::from_secs(1));
        let changes = lines
            .before(second(1000), |at, _| at == second(999))
            .unwrap();
        assert_eq!(names(&changes), [(900, 2)]);
        assert_eq!(lines.before(second(50), |_, _| false), None);
    }

    #[test]
    fn rules_go_before_what_is_later() {
        let mut lines = ChangeLines::default();
        let rules = Saying::Changed(HostChange {
            thing: ChangedThing::Rules,
            by: "alice".to_owned(),
            what: "nft flush ruleset".to_owned(),
            is_command: true,
        });
        lines.add(second(10), false, place(10), rules);
        for at in 20..27_u32 {
            lines.add(
                second(at.into()),
                false,
                place(at.into()),
                started(&at.to_string()),
            );
        }
        let changes = lines.in_order().before(second(30), |_, _| false).unwrap();
        let told: Vec<u64> = changes
            .told
            .iter()
            .map(|change| change.place.line)
            .collect();
        assert_eq!((told, changes.more), (vec![10, 23, 24, 25, 26], 3));
    }
}
