//! Floods of few clients, which are known by their rate: no application opens connections so fast
//! and completes none of them.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::comparison::{Moment, ServiceHistory};
use crate::capture::Timestamp;
use crate::handshake::Outcome;

/// Within this time there are as many as below.
const BURST: Duration = Duration::from_secs(5);

/// So many that were answered and not completed.
const FEWEST_ANSWERED: u64 = 100;

/// So many that met silence: clients with short time-outs ask again and again, too.
const FEWEST_SILENT: u64 = 500;

/// Whether clients that complete nothing send SYNs to the server faster than any application.
pub(super) fn is_rapidly_flooded(history: &ServiceHistory, completed: &BTreeSet<IpAddr>) -> bool {
    let is_of_stranger = |moment: &&Moment| {
        moment.has_one_syn() && !moment.has_timestamp() && !completed.contains(&moment.client)
    };
    let strangers = || history.moments().iter().filter(is_of_stranger);
    let answered =
        strangers().filter(|moment| matches!(moment.outcome, Outcome::HalfOpen | Outcome::Aborted));
    let silent = strangers().filter(|moment| moment.outcome == Outcome::Dropped);
    is_burst(answered, FEWEST_ANSWERED) || is_burst(silent, FEWEST_SILENT)
}

/// Whether so many of them began within a short time.
fn is_burst<'a>(moments: impl Iterator<Item = &'a Moment>, fewest: u64) -> bool {
    let starts = moments.map(|moment| (moment.started, moment.stands_for()));
    are_in_a_burst(starts.collect(), fewest)
}

fn are_in_a_burst(mut starts: Vec<(Timestamp, u64)>, fewest: u64) -> bool {
    if starts.iter().map(|(_, count)| count).sum::<u64>() < fewest {
        return false;
    }
    starts.sort_unstable();
    let mut oldest = starts.iter();
    let mut within = 0;
    let mut first = oldest.next();
    for (at, count) in &starts {
        within += count;
        while let Some((_, of_first)) = first.filter(|(begun, _)| at.since(*begun) > BURST) {
            within -= of_first;
            first = oldest.next();
        }
        if within >= fewest {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(milliseconds: i64, count: i64) -> Vec<(Timestamp, u64)> {
        let at = |number| Timestamp::from_nanoseconds(number * milliseconds * 1_000_000);
        (0..count).map(|number| (at(number), 1)).collect()
    }

    #[test]
    fn a_rate_makes_a_burst_not_a_number() {
        assert!(are_in_a_burst(every(40, 200), 100));
        assert!(!are_in_a_burst(every(60, 2000), 100));
        assert!(!are_in_a_burst(every(1, 99), 100));
        assert!(are_in_a_burst(
            vec![(Timestamp::from_nanoseconds(0), 100)],
            100
        ));
    }
}
