//! Captures that are made up, each many times with other numbers, of which the cause is known.

mod answered;
mod network;
mod one_fails;
mod queues;
mod some_fail;
mod sound;

use std::thread;

use super::{Tally, report_of};
use crate::calibration::truth::Truth;
use network::Network;

/// How often each world is made up.
const TIMES: u64 = 6;

/// A world: what happens in it, which words are right of it, what a finding must say of it, and how
/// it is made.
struct World {
    name: &'static str,
    right: &'static [&'static str],
    /// A kind of finding and words of its statement; empty where nothing is to be said.
    says: (&'static str, &'static str),
    make: fn(&mut Network),
}

const fn world(
    name: &'static str,
    right: &'static [&'static str],
    make: fn(&mut Network),
) -> World {
    let says = ("", "");
    World {
        name,
        right,
        says,
        make,
    }
}

impl World {
    const fn saying(self, kind: &'static str, words: &'static str) -> Self {
        Self {
            says: (kind, words),
            ..self
        }
    }
}

/// Whether a finding says what one must.
fn is_said((kind, words): (&str, &str), report: &serde_json::Value) -> bool {
    let mut findings = report["findings"].as_array().unwrap().iter();
    let says = |finding: &serde_json::Value| {
        finding["kind"] == kind && finding["statement"].as_str().unwrap().contains(words)
    };
    kind.is_empty() || findings.any(says)
}

fn all() -> Vec<&'static World> {
    [
        answered::WORLDS,
        some_fail::WORLDS,
        one_fails::WORLDS,
        queues::WORLDS,
        sound::WORLDS,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Holds the report on each world against what happens in it; those of which nothing is said that
/// should be.
pub(super) fn judge(tally: &mut Tally) -> Vec<String> {
    let worlds = all();
    let reports = thread::scope(|scope| {
        let half = worlds.len().div_ceil(2);
        let of = |worlds: &[&'static World]| {
            let worlds = worlds.iter().copied();
            let each = worlds.flat_map(|world| (0..TIMES).map(move |seed| (world, seed)));
            each.map(|(world, seed)| (world, seed, report(world, seed)))
                .collect::<Vec<_>>()
        };
        let halves = worlds
            .chunks(half)
            .map(|worlds| scope.spawn(move || of(worlds)));
        let halves: Vec<_> = halves.collect();
        let halves = halves.into_iter().map(|half| half.join().unwrap());
        halves.flatten().collect::<Vec<_>>()
    });
    let mut silent = Vec::new();
    for (world, seed, report) in reports {
        let story = format!("{}-{seed}", world.name);
        if !is_said(world.says, &report) {
            silent.push(format!("{story}: {}", report["findings"]));
        }
        Truth::of_all(world.right.iter().copied()).judge(("world", &story), &report, tally);
    }
    silent
}

fn report(world: &World, seed: u64) -> serde_json::Value {
    let mut network = Network::new(seed);
    (world.make)(&mut network);
    let packets = network.into_packets();
    report_of(1, &packets, std::time::Duration::from_secs(3))
}
