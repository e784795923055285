//! Noise that was known once: its attempts stand in the totals for as long as the watch lasts, what
//! they were compared with does not.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// So many scanners, flooded servers and forged addresses are remembered each; of more, those that
/// were noise longest ago go.
const REMEMBERED: usize = 10_000;

/// Who made noise, and until when.
#[derive(Clone, Debug, Default)]
pub(super) struct PastNoise {
    scanners: BTreeMap<IpAddr, Timestamp>,
    forged: BTreeMap<IpAddr, Timestamp>,
    /// With the clients that completed a connect there.
    flooded: BTreeMap<Endpoint, (Timestamp, BTreeSet<IpAddr>)>,
}

impl PastNoise {
    /// Takes note of what is noise now.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        scanners: &BTreeSet<IpAddr>,
        forged: &BTreeSet<IpAddr>,
        flooded: &BTreeMap<Endpoint, BTreeSet<IpAddr>>,
    ) {
        let at_now = |address: &IpAddr| (*address, now);
        self.scanners.extend(scanners.iter().map(at_now));
        self.forged.extend(forged.iter().map(at_now));
        for (server, completed) in flooded {
            let known = self.flooded.entry(*server).or_default();
            known.0 = now;
            known.1.extend(completed);
        }
        let_oldest_go(&mut self.scanners, |until| *until);
        let_oldest_go(&mut self.forged, |until| *until);
        let_oldest_go(&mut self.flooded, |(until, _)| *until);
    }

    /// Whether this client scanned, then or later.
    pub(super) fn is_scan(&self, client: IpAddr, started: Timestamp) -> bool {
        self.scanners
            .get(&client)
            .is_some_and(|until| started <= *until)
    }

    /// Whether somebody forged this address, then or later.
    pub(super) fn is_forged(&self, client: IpAddr, started: Timestamp) -> bool {
        self.forged
            .get(&client)
            .is_some_and(|until| started <= *until)
    }

    /// Whether this server was flooded, then or later, and the client never completed a connect
    /// there.
    pub(super) fn is_flood(&self, server: Endpoint, client: IpAddr, started: Timestamp) -> bool {
        self.flooded
            .get(&server)
            .is_some_and(|(until, completed)| started <= *until && !completed.contains(&client))
    }
}

fn let_oldest_go<K: Ord + Copy, V>(known: &mut BTreeMap<K, V>, until: impl Fn(&V) -> Timestamp) {
    if known.len() <= REMEMBERED {
        return;
    }
    let mut ends: Vec<Timestamp> = known.values().map(&until).collect();
    ends.sort_unstable();
    let cutoff = ends.get(known.len() - REMEMBERED).copied();
    known.retain(|_, value| Some(until(value)) >= cutoff);
    // Of those that ended at the same time as the last one to stay, any may go.
    while known.len() > REMEMBERED {
        known.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_nanoseconds(second * 1_000_000_000)
    }

    #[test]
    fn what_a_scanner_does_later_is_no_noise() {
        let scanner: IpAddr = "10.0.0.66".parse().unwrap();
        let mut past = PastNoise::default();
        let take = |past: &mut PastNoise, at| {
            past.take(
                second(at),
                &BTreeSet::from([scanner]),
                &BTreeSet::new(),
                &BTreeMap::new(),
            );
        };
        take(&mut past, 10);
        take(&mut past, 20);
        assert!(past.is_scan(scanner, second(5)) && past.is_scan(scanner, second(20)));
        assert!(!past.is_scan(scanner, second(21)));
        assert!(!past.is_scan("10.0.0.7".parse().unwrap(), second(5)));
    }

    #[test]
    fn the_oldest_go() {
        let mut known: BTreeMap<usize, Timestamp> = (0..REMEMBERED + 5)
            .map(|number| (number, second(i64::try_from(number / 2).unwrap())))
            .collect();
        let_oldest_go(&mut known, |until| *until);
        assert_eq!(known.len(), REMEMBERED);
        assert_eq!(known.keys().next(), Some(&5));
    }
}
