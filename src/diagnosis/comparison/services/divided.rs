//! Clients that never get in, where each of the others always does: a rule tells them apart, and
//! neither a queue nor loss does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::moment::Moment;
use crate::capture::Timestamp;
use crate::handshake::Outcome;

/// One alone is told by its own attempts.
const FEWEST_CLIENTS: usize = 2;

/// Fewer in vain may be chance.
const FEWEST_OF_A_CLIENT: usize = 2;

/// Were it chance which of the SYNs fail, they would be all of some clients and none of the others
/// so seldom.
const HARDLY_CHANCE: f64 = 1e-3;

/// How the connects of one client ended.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    accepted: usize,
    silent: usize,
    /// How many SYNs met silence, each connect's twice at most: a queue may be full for as long.
    silent_syns: usize,
    /// Whether one of those met silence while others were accepted before and after.
    is_among: bool,
    /// Whether it always sent its SYN again.
    is_insisting: bool,
}

/// The clients that are shut out, of these attempts in the order they began.
pub(super) fn shut_out(moments: &[Moment]) -> BTreeSet<IpAddr> {
    let clients = ends_of_clients(moments);
    let silent = || clients.iter().filter(|(_, ends)| ends.silent > 0);
    let is_divided = silent().all(|(_, ends)| {
        let is_telling = ends.silent >= FEWEST_OF_A_CLIENT && ends.is_among && ends.is_insisting;
        ends.accepted == 0 && is_telling
    });
    let failing: usize = silent().map(|(_, ends)| ends.silent_syns).sum();
    let all = failing + clients.values().map(|ends| ends.accepted).sum::<usize>();
    if silent().count() < FEWEST_CLIENTS || !is_divided || failing == all {
        return BTreeSet::new();
    }
    let ways_to_choose = number(clients.len()).exp2();
    if ways_to_choose * chance(failing, all) > HARDLY_CHANCE {
        return BTreeSet::new();
    }
    silent().map(|(client, _)| *client).collect()
}

fn ends_of_clients(moments: &[Moment]) -> BTreeMap<IpAddr, Ends> {
    let accepted = || moments.iter().filter(|moment| moment.was_accepted());
    let between: Option<(Timestamp, Timestamp)> = accepted()
        .next()
        .zip(accepted().next_back())
        .map(|(first, last)| (first.started, last.started));
    let is_among = |moment: &Moment| {
        between.is_some_and(|(first, last)| first < moment.started && moment.started < last)
    };
    let mut clients: BTreeMap<IpAddr, Ends> = BTreeMap::new();
    for moment in moments {
        let is_silent = moment.outcome == Outcome::Dropped;
        if !is_silent && !moment.was_accepted() {
            continue;
        }
        let new = Ends {
            is_insisting: true,
            ..Ends::default()
        };
        let ends = clients.entry(moment.client).or_insert(new);
        ends.accepted += usize::from(!is_silent);
        ends.silent += usize::from(is_silent);
        if is_silent {
            ends.silent_syns += usize::from(moment.syn_count.min(2));
        }
        ends.is_among |= is_silent && is_among(moment);
        ends.is_insisting &= !is_silent || moment.syn_count > 1;
    }
    clients
}

/// How probable it is that just these, so many of all, fail.
fn chance(failing: usize, all: usize) -> f64 {
    let of_place = |place: usize| (number(place) + 1.0) / (number(all - failing + place) + 1.0);
    (0..failing).map(of_place).product()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_that_of_choosing_just_these() {
        assert!((chance(2, 4) - 1.0 / 6.0).abs() < 1e-9);
        assert!((chance(0, 4) - 1.0).abs() < 1e-9);
        assert!(chance(8, 24) < HARDLY_CHANCE / 16.0);
    }
}
