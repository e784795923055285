//! Which way the SYNs of a capture went on its link: by runs of those that went the same way.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::Comparison;
use super::services::Moment;
use super::sharing::Dropped;
use crate::capture::SourceId;
use crate::decode::{SynLink, SynsOnLink};
use crate::diagnosis::facts::Facts;
use crate::handshake::{AttemptId, DecidedAttempt};

/// So many runs are remembered, the last ones.
const REMEMBERED: usize = 1 << 16;

/// The ways, of each source in its order, by the SYN with which each run begins.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct SynWays {
    of_sources: BTreeMap<SourceId, VecDeque<Run>>,
    runs: usize,
}

/// A run begins with this SYN, and went this way.
type Run = (AttemptId, SynLink);

impl SynWays {
    pub(super) fn note(&mut self, syns: SynsOnLink) {
        self.add(syns.first.source, (AttemptId::of(syns.first), syns.link));
        self.let_first_go();
    }

    fn add(&mut self, source: SourceId, run: Run) {
        let runs = self.of_sources.entry(source).or_default();
        // A source is read in its order.
        if runs.back().is_none_or(|last| last.0 < run.0) {
            runs.push_back(run);
            self.runs += 1;
            return;
        }
        match runs.binary_search_by_key(&run.0, |known| known.0) {
            Ok(index) => {
                if let Some(known) = runs.get_mut(index) {
                    *known = run;
                }
            }
            Err(index) => {
                runs.insert(index, run);
                self.runs += 1;
            }
        }
    }

    fn let_first_go(&mut self) {
        while self.runs > REMEMBERED
            && let Some(mut first) = self.of_sources.first_entry()
        {
            if first.get_mut().pop_front().is_some() {
                self.runs -= 1;
            }
            if first.get().is_empty() {
                first.remove();
            }
        }
    }

    /// The way of the SYN with which an attempt begins.
    pub(super) fn of(&self, attempt: AttemptId) -> Option<SynLink> {
        let runs = self.of_sources.get(&attempt.first_packet().0)?;
        let index = runs
            .partition_point(|run| run.0 <= attempt)
            .checked_sub(1)?;
        runs.get(index).map(|run| run.1)
    }

    /// A connect that met silence, with its way.
    pub(super) fn of_dropped(&self, moment: &Moment) -> Dropped {
        Dropped {
            link: self.of(moment.id),
            ..Dropped::of(moment)
        }
    }
}

impl Facts for SynWays {
    fn merge(&mut self, other: Self) {
        for (source, runs) in other.of_sources {
            for run in runs {
                self.add(source, run);
            }
        }
        self.let_first_go();
    }
}

impl Comparison {
    /// A connect that met silence, as it is compared.
    pub(in crate::diagnosis) fn dropped(&self, moment: &Moment) -> Dropped {
        self.on_link.ways.of_dropped(moment)
    }

    /// The same of an attempt; `None` where its SYN was not captured.
    pub(in crate::diagnosis) fn dropped_attempt(
        &self,
        decided: &DecidedAttempt,
    ) -> Option<Dropped> {
        Some(Dropped {
            link: self.on_link.ways.of(decided.attempt.id),
            ..Dropped::of_attempt(decided)?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{PacketNumber, PacketPlace, Timestamp};

    fn place(source: u32, number: u64) -> PacketPlace {
        PacketPlace {
            at: Timestamp::EARLIEST,
            source: SourceId(source),
            number: PacketNumber(number),
        }
    }

    fn marked(service_class: u8) -> SynLink {
        SynLink {
            hosts: None,
            service_class,
        }
    }

    #[test]
    fn a_syn_went_the_way_of_its_run() {
        let mut ways = SynWays::default();
        for (source, number, class) in [(0, 5, 1), (0, 9, 2), (1, 3, 3)] {
            let first = place(source, number);
            let link = marked(class);
            ways.note(SynsOnLink { first, link });
        }
        let of = |source, number| ways.of(AttemptId::of(place(source, number)));
        assert_eq!(of(0, 4), None);
        assert_eq!(of(0, 8), Some(marked(1)));
        assert_eq!(of(0, 900), Some(marked(2)));
        assert_eq!(of(1, 2), None, "those of another place tell nothing");
        assert_eq!(of(1, 3), Some(marked(3)));
    }

    #[test]
    fn of_too_many_runs_the_last_ones_are_known() {
        let mut ways = SynWays::default();
        for number in 0..100_000 {
            let first = place(0, number);
            let link = marked(u8::from(number % 2 == 0));
            ways.note(SynsOnLink { first, link });
        }
        assert_eq!(ways.runs, REMEMBERED);
        assert_eq!(ways.of(AttemptId::of(place(0, 10))), None);
        assert_eq!(ways.of(AttemptId::of(place(0, 99_998))), Some(marked(1)));
    }
}
