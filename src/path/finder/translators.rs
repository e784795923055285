//! What takes connections and makes its own, and what gives two clients one name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finder, Members, NAMED, Stretch, blank};
use crate::decode::Endpoint;
use crate::path::confidence::Confidence;
use crate::path::findings::{Detail, PathFinding, PathFindingKind};
use crate::path::mappings::{UsedTwice, used_twice};

/// What the connections of one proxy have in common: the stretch, the server that clients call, and
/// whether the ends stay.
type Proxy = (Stretch, Option<Endpoint>, bool);

/// The connections of one proxy: those of clients, its own, and how long after each they begin.
#[derive(Default)]
struct Proxied {
    taken: Members,
    made: Members,
    after_ns: Vec<i64>,
    surest: Option<Confidence>,
}

impl Finder<'_> {
    pub(super) fn proxies(&mut self) {
        let mut proxies: BTreeMap<Proxy, Proxied> = BTreeMap::new();
        let by_number: BTreeMap<u64, usize> = self
            .comparison
            .connects
            .iter()
            .enumerate()
            .map(|(index, judged)| (judged.number, index))
            .collect();
        for (index, judged) in self.comparison.connects.iter().enumerate() {
            for said in &judged.verdicts {
                let ([one, other], Some(begins)) = (said.between.as_slice(), said.begins) else {
                    continue;
                };
                let proxy = ((*one, *other), self.server(judged), begins.number.is_none());
                let connections = proxies.entry(proxy).or_default();
                connections.taken.push(index);
                let made = begins.number.and_then(|number| by_number.get(&number));
                connections.made.extend(made);
                connections.after_ns.extend(begins.after_ns);
                connections.surest = connections.surest.max(Some(said.confidence));
            }
        }
        for ((stretch, server, keeps_ends), mut all) in proxies {
            all.after_ns.sort_unstable();
            let median = all.after_ns.get(all.after_ns.len() / 2);
            let own = if keeps_ends { &all.taken } else { &all.made };
            let failed = own.iter().filter_map(|index| self.connect(*index));
            let failed = failed.filter(|judged| !judged.is_sound()).count();
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                server,
                attempts: all.taken.len() as u64,
                of: self.reached(stretch.0),
                detail: Detail::Proxied {
                    to: self.common_server(&all.made),
                    keeps_ends,
                    after_ns: median.copied(),
                    failed: failed as u64,
                },
                ..blank(
                    PathFindingKind::ProxyBetween,
                    all.surest.unwrap_or(Confidence::Possible),
                )
            };
            let members: BTreeSet<usize> = all.taken.into_iter().chain(all.made).collect();
            let is_wrong = |index: &usize| {
                self.connect(*index)
                    .is_some_and(|judged| !judged.is_sound())
            };
            let members: Members = members.into_iter().filter(is_wrong).collect();
            self.tell(finding, &members);
        }
    }

    /// Two clients that have one name at once behind a translator.
    pub(super) fn mappings_used_twice(&mut self) {
        let comparison = self.comparison;
        let all = used_twice(&comparison.places, &comparison.clocks, &comparison.connects);
        let mut stretches: BTreeMap<Stretch, Vec<UsedTwice>> = BTreeMap::new();
        for one in all {
            stretches.entry(one.stretch).or_default().push(one);
        }
        for (stretch, twice) in stretches {
            let members: Members = twice.iter().map(|one| one.second).collect();
            let is_seen = twice.iter().any(|one| one.is_seen);
            let named = twice.iter().take(NAMED);
            let named = named.map(|one| (one.mapping, one.clients.0, one.clients.1));
            let finding = PathFinding {
                between: vec![stretch.0, stretch.1],
                server: self.common_server(&members),
                attempts: members.len() as u64,
                of: self.reached(stretch.0),
                detail: Detail::UsedTwice(named.collect()),
                ..blank(
                    PathFindingKind::Translation,
                    if is_seen {
                        Confidence::Certain
                    } else {
                        Confidence::Likely
                    },
                )
            };
            let is_wrong = |index: &usize| {
                self.connect(*index)
                    .is_some_and(|judged| !judged.is_sound())
            };
            let failed: Members = members.iter().copied().filter(is_wrong).collect();
            self.tell(finding, &failed);
        }
    }
}
