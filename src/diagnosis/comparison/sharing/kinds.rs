//! Kinds of connects that fail, and all others do not: by what their SYNs carry, where they come
//! from, and how they were captured.
//!
//! A client that fails for a reason of its own has options, a subnet and a distance like no other.
//! So what is counted are not connects but runs: the connects of one client, one after the other,
//! that ended alike. Were it chance which of the runs fail, then those that fail would be just
//! those of one kind once in as many ways as there are to choose so many of all; and because many
//! kinds are tried, it must be so much more seldom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::share::{Share, subnet, subnet_bits};
use crate::diagnosis::comparison::services::Moment;
use crate::diagnosis::comparison::syn_ways::SynWays;
use crate::diagnosis::syn_traits::SynOption;
use crate::handshake::Outcome;

/// Fewer failures have something in common by chance.
const FEWEST_FAILURES: usize = 4;

/// Fewer runs that fail are a client's own matter, or two's.
const FEWEST_RUNS: usize = 3;

/// By chance, some kind would hold all failures and no success once among a thousand servers; so
/// many kinds are tried.
const HARDLY_CHANCE: f64 = 1e-3 / 27.0;

/// So much of what fails must be of the kind: the rest may be lost.
const MOST: f64 = 0.8;

/// What the failures share and no success does; what tells most first.
pub(super) fn shared_kinds(
    failures: &[&Moment],
    successes: &[&Moment],
    ways: &SynWays,
) -> Vec<Share> {
    if failures.len() < FEWEST_FAILURES || successes.len() < FEWEST_RUNS {
        return Vec::new();
    }
    let runs = Runs::of(failures, successes);
    let candidates = candidates(failures, ways);
    let is_of = |share: Share, moment: &Moment| share.is_of(&ways.of_dropped(moment));
    let telling = candidates.into_iter().filter(|share| {
        let of_kind = failures.iter().filter(|moment| is_of(*share, moment));
        !successes.iter().any(|moment| is_of(*share, moment))
            && of_kind.count() >= FEWEST_FAILURES
            && runs.tell_of(|moment| is_of(*share, moment))
    });
    telling.collect()
}

/// What one feature of a connect is.
type Feature<'a> = dyn Fn(&Moment) -> Option<Share> + 'a;

/// What is worth looking at: of each feature the values that failures have.
fn candidates(failures: &[&Moment], ways: &SynWays) -> Vec<Share> {
    let mut candidates = Vec::new();
    for option in SynOption::ALL {
        candidates.extend([Share::With(option), Share::Without(option)]);
    }
    let features: [&Feature<'_>; 7] = [
        &|moment| Some(Share::ServiceClass(ways.of(moment.id)?.service_class)),
        &|moment| moment.syn_traits.layer().map(Share::Layer),
        &|moment| Some(Share::Interface(moment.syn_traits.interface())),
        &|moment| {
            let bits = subnet_bits(moment.client);
            Some(Share::Subnet(subnet(moment.client, bits), bits))
        },
        &|moment| Some(Share::SentTo(ways.of(moment.id)?.hosts?.1)),
        &|moment| Some(Share::SentBy(ways.of(moment.id)?.hosts?.0)),
        &|moment| moment.syn_ttl.map(Share::TimeToLive),
    ];
    let most = features
        .iter()
        .filter_map(|feature| most_frequent(failures, feature));
    candidates.extend(most);
    candidates
}

/// The value that most failures have: only that can be what they share.
fn most_frequent(failures: &[&Moment], value: impl Fn(&Moment) -> Option<Share>) -> Option<Share> {
    let mut values: Vec<(Share, usize)> = Vec::new();
    for share in failures.iter().filter_map(|moment| value(moment)) {
        let is_room = values.len() < MOST_VALUES;
        match values.iter_mut().find(|(known, _)| *known == share) {
            Some((_, count)) => *count += 1,
            None if is_room => values.push((share, 1)),
            None => return None,
        }
    }
    let most = values.iter().map(|(_, count)| *count).max()?;
    let of_most = values.iter().find(|(_, count)| *count == most);
    of_most.map(|(share, _)| *share)
}

/// Failures that have more values than that have none in common.
const MOST_VALUES: usize = 32;

/// The connects of each client, one after the other, that ended alike: the first of each run.
struct Runs<'a> {
    failing: Vec<&'a Moment>,
    succeeding: usize,
}

impl<'a> Runs<'a> {
    fn of(failures: &[&'a Moment], successes: &[&'a Moment]) -> Self {
        let mut of_clients: BTreeMap<IpAddr, Vec<&Moment>> = BTreeMap::new();
        for moment in failures.iter().chain(successes) {
            of_clients.entry(moment.client).or_default().push(moment);
        }
        let mut runs = Self {
            failing: Vec::new(),
            succeeding: 0,
        };
        for moments in of_clients.values_mut() {
            moments.sort_by_key(|moment| moment.order());
            let is_failure = |moment: &Moment| moment.outcome == Outcome::Dropped;
            for run in moments.chunk_by(|one, next| is_failure(one) == is_failure(next)) {
                match run.first() {
                    Some(first) if is_failure(first) => runs.failing.push(first),
                    _ => runs.succeeding += 1,
                }
            }
        }
        runs
    }

    /// Whether it is hardly chance that this holds so many of the runs that fail, and none of the
    /// others.
    fn tell_of(&self, is_of_kind: impl Fn(&Moment) -> bool) -> bool {
        let of_kind = self.failing.iter().filter(|moment| is_of_kind(moment));
        let (of_kind, failing) = (of_kind.count(), self.failing.len());
        let clients = self.failing.iter().map(|moment| moment.client);
        let clients: BTreeSet<IpAddr> = clients.collect();
        // What is the same for all connects of one client is that client.
        let is_of_several = clients.len() > 1 || self.failing.len() > FEWEST_RUNS;
        of_kind >= FEWEST_RUNS
            && is_of_several
            && number(of_kind) >= MOST * number(failing)
            && chance(of_kind, failing, failing + self.succeeding) < HARDLY_CHANCE
    }
}

/// How probable it is that so many, drawn from all, are all among those that fail.
fn chance(drawn: usize, failing: usize, all: usize) -> f64 {
    let of_place = |place: usize| {
        let left = number(failing) - number(place);
        left.max(0.0) / (number(all) - number(place)).max(1.0)
    };
    (0..drawn).map(of_place).product()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_that_of_drawing_only_failures() {
        // Of 6 ways to choose 2 of 4, 1 is both failures.
        assert!((chance(2, 2, 4) - 1.0 / 6.0).abs() < 1e-9);
        assert!(chance(3, 3, 40) > HARDLY_CHANCE);
        assert!(chance(4, 4, 60) < HARDLY_CHANCE);
        assert!(chance(3, 2, 9) < 1e-9);
    }
}
