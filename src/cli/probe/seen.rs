//! What became known of each target so far.

use std::collections::VecDeque;
use std::time::Duration;

use crate::cli::exit_status::ExitStatus;
use crate::probe::{Expectation, ProbeEvent, ProbeSettings, Target, TargetReport};
use crate::report::json::probe::Probed;

/// All targets.
pub(super) struct SeenTargets<'a> {
    expectation: &'a Expectation,
    targets: Vec<SeenTarget<'a>>,
}

/// One of them.
pub(super) struct SeenTarget<'a> {
    pub(super) target: &'a Target,
    /// What was not told yet.
    pub(super) untold: VecDeque<ProbeEvent>,
    /// What came of it the last time, and how long after the first time began.
    pub(super) last: Option<(TargetReport, Duration)>,
    /// How often it was probed, and how often it was as expected.
    pub(super) rounds: u64,
    pub(super) rounds_as_expected: u64,
    pub(super) as_expected: bool,
}

impl<'a> SeenTargets<'a> {
    pub(super) fn new(targets: &'a [Target], settings: &'a ProbeSettings) -> Self {
        let seen = |target| SeenTarget {
            target,
            untold: VecDeque::new(),
            last: None,
            rounds: 0,
            rounds_as_expected: 0,
            as_expected: false,
        };
        Self {
            expectation: &settings.expectation,
            targets: targets.iter().map(seen).collect(),
        }
    }

    /// Takes what became known; it is told when its turn comes.
    pub(super) fn take(&mut self, place: usize, event: ProbeEvent) {
        let Some(seen) = self.targets.get_mut(place) else {
            return;
        };
        if let ProbeEvent::Round(report, after) = &event {
            seen.as_expected = self.expectation.is_met(report);
            seen.rounds += 1;
            seen.rounds_as_expected += u64::from(seen.as_expected);
            seen.last = Some(((**report).clone(), *after));
        }
        seen.untold.push_back(event);
    }

    pub(super) fn target(&mut self, place: usize) -> Option<&mut SeenTarget<'a>> {
        self.targets.get_mut(place)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &SeenTarget<'a>> {
        self.targets.iter()
    }

    /// How it went in all.
    pub(super) fn status(&self) -> ExitStatus {
        let of_one = |seen: &SeenTarget<'_>| match &seen.last {
            Some((report, _)) if report.names.error.is_some() => ExitStatus::Input,
            _ if seen.as_expected => ExitStatus::Success,
            _ => ExitStatus::Matched,
        };
        let all = self.targets.iter().map(of_one);
        all.max().unwrap_or(ExitStatus::Success)
    }
}

impl SeenTarget<'_> {
    /// What came of it in the end.
    pub(super) fn probed(&self) -> Option<Probed<'_>> {
        let (report, after) = self.last.as_ref()?;
        Some(Probed {
            report,
            as_expected: self.as_expected,
            rounds: self.rounds,
            after: *after,
        })
    }
}
