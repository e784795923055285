//! What a story says must be found, and where that differs from what was said.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::said::{Attempt, Said, Verdict};
use super::truth::{Fact, Journey, Truth};
use crate::lab::{self, Expectation, in_range};

/// A story that was told.
pub(super) struct Story {
    folder: PathBuf,
    /// By name, in the order of the path.
    pub(super) places: Vec<String>,
    /// Of each place.
    pub(super) files: Vec<Vec<String>>,
    pub(super) connects: Vec<Connect>,
    expectations: Vec<Expectation>,
    /// Places behind something that moves the numbers of clients.
    pub(super) shifted: Vec<usize>,
    /// The places by which SYNs come, and those by which answers do.
    ways: [Vec<usize>; 2],
}

/// A connect as the client has it.
pub(super) struct Connect {
    pub(super) name: String,
    pub(super) result: String,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
}

impl Story {
    pub(super) fn of(folder: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let lines = text("places");
        let lines: Vec<(&str, &str)> = lines
            .lines()
            .map(|line| line.split_once('\t').unwrap())
            .collect();
        let places: Vec<String> = lines.iter().map(|(name, _)| (*name).to_owned()).collect();
        let files = lines
            .iter()
            .map(|(_, files)| files.split(',').map(str::to_owned).collect())
            .collect();
        let expectations: Vec<Expectation> = text("expectations")
            .lines()
            .map(Expectation::parse)
            .collect();
        let named = |verb: &str| -> Option<Vec<usize>> {
            let expectation = expectations.iter().find(|one| one.verb == verb)?;
            let names = expectation.word(0).split(',');
            Some(names.map(|name| position(&places, name)).collect())
        };
        let all: Vec<usize> = (0..places.len()).collect();
        let ways = [all.clone(), named("answers_pass").unwrap_or(all)];
        let shifted = named("shifted").unwrap_or_default();
        let connects = lab::connects(folder).into_iter().map(Connect::of).collect();
        Self {
            folder: folder.to_owned(),
            places,
            files,
            connects,
            expectations,
            shifted,
            ways,
        }
    }

    pub(super) fn whole_capture(&self, place: &str) -> PathBuf {
        self.folder.join("whole").join(format!("{place}.pcap"))
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The places that a packet comes by, from the client.
    pub(super) fn way_of(&self, is_forward: bool) -> &[usize] {
        &self.ways[usize::from(!is_forward)]
    }

    fn verbs(&self, verb: &str) -> impl Iterator<Item = &Expectation> {
        self.expectations.iter().filter(move |one| one.verb == verb)
    }

    /// Where `connect()` returned something else.
    pub(super) fn unexpected_results(&self) -> Vec<String> {
        let returned: Vec<&Expectation> = self.verbs("returned").collect();
        lab::unexpected_results(&lab::connects(&self.folder), &returned)
    }

    /// Where what was said is not what the story asks for, or not true.
    pub(super) fn differences(&self, truth: &Truth, said: &Said) -> Vec<String> {
        let mut failures = Vec::new();
        let mut left: Vec<&Attempt> = said.attempts.iter().collect();
        for (connect, journey) in self.connects.iter().zip(&truth.connects) {
            let wanted = self
                .verbs("path")
                .find(|wanted| wanted.word(0) == connect.name);
            let wanted = wanted.unwrap_or_else(|| panic!("no path line of {}", connect.name));
            let position = left.iter().position(|one| {
                one.client == connect.client
                    && one.server == connect.server
                    && one.isn == Some(journey.isn)
            });
            let attempt = position.map(|position| left.remove(position));
            failures.extend(
                self.wrong_attempt(connect, journey, wanted, attempt)
                    .into_iter()
                    .map(|what| format!("line {}: {}: {what}", wanted.line, connect.name)),
            );
        }
        failures.extend(self.wrong_others(left));
        for wanted in self.verbs("says") {
            failures.extend(wrong_finding(said, wanted));
        }
        for wanted in self.verbs("says_nothing_of") {
            if said.findings.iter().any(|one| one.kind == wanted.word(0)) {
                failures.push(format!("line {}: said: {}", wanted.line, wanted.word(0)));
            }
        }
        failures
    }

    fn wrong_attempt(
        &self,
        connect: &Connect,
        journey: &Journey,
        wanted: &Expectation,
        attempt: Option<&Attempt>,
    ) -> Vec<String> {
        let outcomes = wanted.word(1);
        let Some(attempt) = attempt else {
            let is_right = outcomes == "absent";
            let what = format!("no attempt, not {outcomes}");
            return if is_right { Vec::new() } else { vec![what] };
        };
        let mut failures = Vec::new();
        if outcomes != "any" && !outcomes.split(',').any(|one| one == attempt.outcome) {
            failures.push(format!("{}, not {outcomes}", attempt.outcome));
        }
        if connect.result == "success" && attempt.outcome == "dropped" {
            failures.push("dropped, but connect() succeeded".to_owned());
        }
        let patterns = wanted.words.get(2..).unwrap_or_default();
        let by_truth = patterns.iter().any(|pattern| pattern == "truth");
        let facts = journey.facts(self);
        for verdict in &attempt.verdicts {
            let is_allowed = by_truth || patterns.iter().any(|one| self.fits(verdict, one));
            if verdict.is_blame() && !is_allowed {
                failures.push(format!("not to be said: {}", verdict.text()));
            }
            failures.extend(self.untrue(journey, verdict));
        }
        for pattern in patterns {
            let is_needed = !pattern.starts_with('?') && pattern != "truth";
            if is_needed && !attempt.verdicts.iter().any(|one| self.fits(one, pattern)) {
                failures.push(format!("not said: {pattern}"));
            }
        }
        if by_truth && connect.result != "success" {
            let unsaid = facts.iter().filter(|fact| !attempt.tells(self, fact));
            failures.extend(unsaid.map(|fact| format!("not said: {}", self.text_of(fact))));
        }
        if !failures.is_empty() {
            failures.push(format!("{attempt:?}"));
        }
        failures
    }

    /// `KIND[:PACKET[:PLACE-PLACE]]`, with `?` before it what may be said.
    fn fits(&self, verdict: &Verdict, pattern: &str) -> bool {
        let mut parts = pattern.trim_start_matches('?').split(':');
        let is_kind = parts.next() == Some(&*verdict.kind);
        let is_packet = parts.next().is_none_or(|packet| packet == verdict.packet);
        let is_where = parts.next().is_none_or(|places| {
            let named: Vec<usize> = places
                .split('-')
                .map(|name| position(&self.places, name))
                .collect();
            self.positions(verdict) == named
        });
        is_kind && is_packet && is_where
    }

    /// The verdict's places from the client.
    fn positions(&self, verdict: &Verdict) -> Vec<usize> {
        let mut places: Vec<usize> = verdict
            .places
            .iter()
            .map(|name| position(&self.places, name))
            .collect();
        places.sort_unstable();
        places
    }

    /// What the packets do not show.
    fn untrue(&self, journey: &Journey, verdict: &Verdict) -> Option<String> {
        let places = self.positions(verdict);
        if verdict.kind == "answered_at" {
            let is_true =
                matches!(places[..], [.., place] if journey.came_from(&verdict.packet, place));
            return (!is_true).then(|| format!("not true: {}", verdict.text()));
        }
        let fact = verdict.fact((*places.first()?, *places.last()?))?;
        let times = journey.times(self, &fact);
        let is_true = verdict.count >= 1 && verdict.count <= times;
        (!is_true).then(|| format!("not true ({times} times): {}", verdict.text()))
    }

    fn text_of(&self, fact: &Fact) -> String {
        let (from, to) = fact.stretch;
        format!(
            "{}:{}:{}-{}",
            fact.kind, fact.packet, self.places[from], self.places[to]
        )
    }

    /// Attempts that no connect stands for.
    fn wrong_others(&self, mut left: Vec<&Attempt>) -> Vec<String> {
        let mut failures = Vec::new();
        for wanted in self.verbs("others") {
            let outcome = wanted.word(0);
            let client = wanted.setting("at").unwrap();
            let is_meant = |one: &&Attempt| {
                one.outcome == outcome && one.client.ip().to_string() == client && one.is_unblamed()
            };
            let found = left.iter().filter(|one| is_meant(one)).count();
            left.retain(|one| !is_meant(one));
            let times = wanted.setting("times").unwrap_or("1");
            if !in_range(found, times) {
                let line = &wanted.line;
                failures.push(format!("line {line}: {found} {outcome}, not {times}"));
            }
        }
        failures.extend(left.iter().map(|one| format!("not expected: {one:?}")));
        failures
    }
}

impl Connect {
    fn of(written: lab::Connect) -> Self {
        Self {
            client: written.client.parse().unwrap(),
            server: written.server.parse().unwrap(),
            name: written.name,
            result: written.result,
        }
    }
}

impl Attempt {
    /// Whether a verdict says this of one packet or more, on this stretch or on one around it.
    fn tells(&self, story: &Story, fact: &Fact) -> bool {
        self.verdicts.iter().any(|verdict| {
            let places = story.positions(verdict);
            let around =
                places.first() <= Some(&fact.stretch.0) && places.last() >= Some(&fact.stretch.1);
            verdict.kind == fact.kind && verdict.packet == fact.packet && around
        })
    }
}

fn position(places: &[String], name: &str) -> usize {
    let found = places.iter().position(|place| place == name);
    found.unwrap_or_else(|| panic!("no place {name}"))
}

/// Where a finding is missing.
fn wrong_finding(said: &Said, wanted: &Expectation) -> Option<String> {
    let kind = wanted.word(0);
    let mut of_kind = said.findings.iter().filter(|one| one.kind == kind);
    let is_there = of_kind.any(|found| {
        wanted.words.get(1).is_none_or(|places| {
            let mut named: Vec<&str> = places.split('-').collect();
            let mut found: Vec<&str> = found.places.iter().map(String::as_str).collect();
            named.sort_unstable();
            found.sort_unstable();
            named == found
        })
    });
    (!is_there).then(|| {
        format!(
            "line {}: no finding {}",
            wanted.line,
            wanted.words.join(" ")
        )
    })
}
