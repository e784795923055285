//! Servers to which connects fail, over a sliding time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use crate::decode::Endpoint;
use crate::handshake::Outcome;

/// The time slides in so many steps.
const STEPS: u32 = 15;

/// Of so many servers and outcomes at once the failures are counted singly.
const COUNTED: usize = 8192;

/// So many servers are told singly, those with the most failures.
const TOLD: usize = 50;

/// A server, unless it is one of too many, and how connects to it ended.
type Key = (Option<Endpoint>, Outcome);
type Counts = HashMap<Key, u64, foldhash::fast::RandomState>;

/// Counts failures by server.
#[derive(Debug)]
pub(super) struct FailingServers {
    step: Duration,
    /// Of each step when it began; the latest last.
    steps: VecDeque<(Duration, Counts)>,
    sums: Counts,
}

impl FailingServers {
    /// Over the last `window`.
    pub(super) fn over(window: Duration) -> Self {
        Self {
            step: (window / STEPS).max(Duration::from_millis(1)),
            steps: VecDeque::new(),
            sums: Counts::default(),
        }
    }

    /// A connect failed.
    pub(super) fn add(&mut self, server: Endpoint, outcome: Outcome) {
        let is_counted =
            self.sums.len() < COUNTED || self.sums.contains_key(&(Some(server), outcome));
        let key = (is_counted.then_some(server), outcome);
        if self.steps.is_empty() {
            self.steps.push_back((Duration::ZERO, Counts::default()));
        }
        if let Some((_, counts)) = self.steps.back_mut() {
            *counts.entry(key).or_default() += 1;
            *self.sums.entry(key).or_default() += 1;
        }
    }

    /// One that was told as failed has not, or otherwise.
    pub(super) fn take_back(&mut self, server: Endpoint, outcome: Outcome) {
        for key in [(Some(server), outcome), (None, outcome)] {
            for (_, counts) in self.steps.iter_mut().rev() {
                if let Some(count) = counts.get_mut(&key).filter(|count| **count > 0) {
                    *count -= 1;
                    take_away(&mut self.sums, key, 1);
                    return;
                }
            }
        }
    }

    /// Time goes on: what is older than the window is let go.
    pub(super) fn slide(&mut self, running: Duration) {
        let latest = self.steps.back().map(|(began, _)| *began);
        if latest.is_none_or(|began| running.saturating_sub(began) >= self.step) {
            self.steps.push_back((running, Counts::default()));
        }
        let window = self.step * STEPS;
        while let Some((began, _)) = self.steps.front()
            && running.saturating_sub(*began) >= window + self.step
        {
            let gone = self.steps.pop_front();
            for (key, count) in gone.into_iter().flat_map(|(_, counts)| counts) {
                take_away(&mut self.sums, key, count);
            }
        }
    }

    /// The servers with the most failures, how connects to each ended, in the order of their
    /// addresses; those beyond the first fifty as `None`. And how many servers fail.
    pub(super) fn worst(&self) -> (Vec<(Option<Endpoint>, Outcome, u64)>, usize) {
        let mut servers: HashMap<Endpoint, u64, foldhash::fast::RandomState> = HashMap::default();
        for ((server, _), count) in &self.sums {
            if let Some(server) = server {
                *servers.entry(*server).or_default() += count;
            }
        }
        servers.retain(|_, count| *count > 0);
        let mut worst: Vec<(Reverse<u64>, Endpoint)> = servers
            .into_iter()
            .map(|(server, count)| (Reverse(count), server))
            .collect();
        worst.sort_unstable();
        let failing = worst.len();
        let told: std::collections::BTreeSet<Endpoint> = worst
            .into_iter()
            .take(TOLD)
            .map(|(_, server)| server)
            .collect();
        let mut sums: BTreeMap<Key, u64> = BTreeMap::new();
        for ((server, outcome), count) in &self.sums {
            let server = server.filter(|server| told.contains(server));
            *sums.entry((server, *outcome)).or_default() += count;
        }
        let sums = sums.into_iter().filter(|(_, count)| *count > 0);
        let worst = sums.map(|((server, outcome), count)| (server, outcome, count));
        (worst.collect(), failing)
    }
}

fn take_away(sums: &mut Counts, key: Key, count: u64) {
    if let Some(sum) = sums.get_mut(&key) {
        *sum = sum.saturating_sub(count);
        if *sum == 0 {
            sums.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(number: u16) -> Endpoint {
        Endpoint {
            address: [10, 0, 0, 20].into(),
            port: number,
        }
    }

    #[test]
    fn failures_are_forgotten_when_the_time_has_slid_on() {
        let mut failing = FailingServers::over(Duration::from_secs(15));
        let second = Duration::from_secs;
        failing.slide(second(0));
        failing.add(server(1), Outcome::Dropped);
        failing.add(server(1), Outcome::Refused);
        failing.slide(second(10));
        failing.add(server(2), Outcome::Refused);
        assert_eq!(failing.worst().1, 2);
        failing.take_back(server(1), Outcome::Dropped);
        let left = vec![
            (Some(server(1)), Outcome::Refused, 1),
            (Some(server(2)), Outcome::Refused, 1),
        ];
        assert_eq!(failing.worst(), (left, 2));
        failing.slide(second(16));
        failing.slide(second(20));
        assert_eq!(
            failing.worst(),
            (vec![(Some(server(2)), Outcome::Refused, 1)], 1)
        );
        failing.slide(second(60));
        assert_eq!(failing.worst(), (Vec::new(), 0));
    }

    #[test]
    fn beyond_the_worst_all_are_one() {
        let mut failing = FailingServers::over(Duration::from_secs(15));
        for port in 1..=60_000 {
            failing.add(server(port), Outcome::Refused);
        }
        for _ in 0..5 {
            failing.add(server(7), Outcome::Refused);
        }
        let (worst, servers) = failing.worst();
        assert_eq!(worst.len(), TOLD + 1);
        assert_eq!(servers, COUNTED);
        assert_eq!(worst.iter().map(|(_, _, count)| count).sum::<u64>(), 60_005);
        assert!(worst.contains(&(Some(server(7)), Outcome::Refused, 6)));
    }
}
