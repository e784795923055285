//! Connects that die with all their repetitions among others of the same clients that succeed at
//! once: by client, server and ports one of several ways or backends is chosen, and that one is
//! dead.
//!
//! A queue that is full, a limit and loss meet each SYN anew: of those that lost the first, some
//! would be answered when they repeat it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::diagnosis::comparison::services::{Moment, ServiceHistory};
use crate::diagnosis::sign::Sign;

/// Fewer may each have a reason of its own.
const FEWEST_DEAD: usize = 5;

/// A SYN is sent again after a second, and after three: whoever sends it so often insists.
const INSISTING_SYNS: u8 = 3;

/// More than every third of several ways is seldom dead, and a full queue drops so many.
const MOST_DEAD: f64 = 0.4;

/// Nobody spreads connects over so many ways that fewer than every twentieth takes one of them.
const FEWEST_OF_ALL: f64 = 0.05;

/// Were each SYN lost for itself, as many would die with all repetitions so seldom.
const HARDLY_CHANCE: f64 = 1e-4;

/// When a SYN is sent again for the second time: others must get through then as well.
const UNTIL_INSISTING: Duration = Duration::from_secs(3);

/// Whether that is what the failures show.
pub(super) fn are_dead(
    history: &ServiceHistory,
    failures: &[&Moment],
    successes: &[&Moment],
) -> bool {
    let accepted: HashSet<IpAddr, foldhash::fast::RandomState> =
        successes.iter().map(|moment| moment.client).collect();
    // What fails while nobody gets through tells nothing, as at the end of the capture.
    let is_telling = |moment: &&&Moment| {
        is_among(history, moment.started)
            && is_among(history, moment.started.after(UNTIL_INSISTING))
    };
    let is_dead =
        |moment: &&&Moment| moment.syn_count >= INSISTING_SYNS && accepted.contains(&moment.client);
    let telling = || failures.iter().filter(is_telling);
    let dead = telling().filter(is_dead).count();
    let is_late = |moment: &&&Moment| moment.sign == Some(Sign::AnsweredLate);
    let late = successes.iter().filter(is_late).count();
    let are_nearly_all =
        dead * 10 >= telling().count() * 9 && telling().count() * 3 >= failures.len() * 2;
    dead >= FEWEST_DEAD && are_nearly_all && is_hardly_chance(dead, late, successes.len())
}

/// Whether others were accepted before and after then.
fn is_among(history: &ServiceHistory, at: Timestamp) -> bool {
    history.accepted_around(at)
}

fn is_hardly_chance(dead: usize, late: usize, succeeding: usize) -> bool {
    let (dead, late, succeeding) = (number(dead), number(late), number(succeeding));
    let lost = (dead + late) / (dead + succeeding).max(1.0);
    // Each that lost its first SYN loses the second and the third as well.
    let ways = binomial(dead + late, late);
    (FEWEST_OF_ALL..=MOST_DEAD).contains(&lost)
        && late * 4.0 <= dead
        && ways * lost.powf(2.0 * dead) < HARDLY_CHANCE
}

fn binomial(all: f64, some: f64) -> f64 {
    let (mut ways, mut place) = (1.0, 0.0);
    while place < some {
        ways *= (all - place) / (place + 1.0);
        place += 1.0;
    }
    ways
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_each_syn_meets_anew_is_told_from_what_all_of_one_tuple_meet() {
        assert!(is_hardly_chance(10, 0, 40));
        assert!(!is_hardly_chance(3, 0, 10), "too few");
        assert!(!is_hardly_chance(10, 8, 40), "repetitions get through");
        assert!(!is_hardly_chance(30, 0, 30), "half of all are no way");
        assert!(!is_hardly_chance(6, 0, 300), "few of very many neither");
    }
}
