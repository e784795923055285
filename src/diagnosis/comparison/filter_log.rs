//! What records of packet filters say together, rule by rule: how many packets of how many connects
//! met which, whose, and to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::Comparison;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{CaptureVerdict, Contexts, Endpoint, Observation, Segment, VerdictMark};
use crate::diagnosis::facts::Facts;
use crate::diagnosis::fixed_hash;

/// So many rules are told apart; of more, those that pass packets go first.
const MOST_RULES: usize = 512;

/// So many connects, clients and servers of one rule are told apart: of more, those with the lowest
/// hash.
const MOST_OF_RULE: usize = 1024;

/// What met one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::diagnosis) struct RuleHits {
    /// Records.
    pub(in crate::diagnosis) packets: u64,
    /// Of connects: the hashes of their SYNs.
    connects: BTreeSet<u64>,
    clients: BTreeMap<u64, IpAddr>,
    servers: BTreeMap<u64, (Endpoint, u64)>,
    /// The first record.
    pub(in crate::diagnosis) first: PacketPlace,
    /// When the last one was.
    pub(in crate::diagnosis) last: Timestamp,
}

/// The rules that are met in records, each with what met it; those that block come first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::diagnosis) struct FilterLog(BTreeMap<(bool, CaptureVerdict), RuleHits>);

impl RuleHits {
    fn new(place: PacketPlace) -> Self {
        Self {
            packets: 0,
            connects: BTreeSet::new(),
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            first: place,
            last: place.at,
        }
    }

    /// How many connects met it; of very many, so many at least.
    pub(in crate::diagnosis) fn connects(&self) -> usize {
        self.connects.len()
    }

    /// How many clients; of very many, so many at least.
    pub(in crate::diagnosis) fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Whether there were more than are told apart.
    pub(in crate::diagnosis) fn are_more(&self) -> bool {
        self.connects.len() >= MOST_OF_RULE || self.clients.len() >= MOST_OF_RULE
    }

    /// To whom, those with most packets first.
    pub(in crate::diagnosis) fn servers(&self) -> Vec<(Endpoint, u64)> {
        let mut servers: Vec<(Endpoint, u64)> = self.servers.values().copied().collect();
        servers.sort_unstable_by_key(|(server, packets)| (std::cmp::Reverse(*packets), *server));
        servers
    }

    fn note(&mut self, hit: &Hit, place: PacketPlace) {
        self.packets += 1;
        self.note_time(place, place.at);
        let Hit::Connect {
            client,
            server,
            number,
        } = *hit
        else {
            return;
        };
        let of_client = fixed_hash::of_endpoint(client);
        let of_server = fixed_hash::of_endpoint(server);
        let connect = fixed_hash::mix_two(of_client, of_server ^ u64::from(number));
        self.connects.insert(connect);
        self.clients
            .insert(fixed_hash::of_address(client.address), client.address);
        self.servers.entry(of_server).or_insert((server, 0)).1 += 1;
        self.make_room();
    }

    fn note_time(&mut self, first: PacketPlace, last: Timestamp) {
        let order = |place: &PacketPlace| (place.at, place.source, place.number);
        if order(&first) < order(&self.first) {
            self.first = first;
        }
        self.last = self.last.max(last);
    }

    fn make_room(&mut self) {
        while self.connects.len() > MOST_OF_RULE {
            self.connects.pop_last();
        }
        while self.clients.len() > MOST_OF_RULE {
            self.clients.pop_last();
        }
        while self.servers.len() > MOST_OF_RULE {
            self.servers.pop_last();
        }
    }
}

impl Facts for RuleHits {
    fn merge(&mut self, other: Self) {
        self.packets += other.packets;
        self.connects.extend(other.connects);
        self.clients.extend(other.clients);
        for (hash, (server, packets)) in other.servers {
            self.servers.entry(hash).or_insert((server, 0)).1 += packets;
        }
        self.note_time(other.first, other.last);
        self.make_room();
    }
}

/// What a record is of.
pub(in crate::diagnosis) enum Hit {
    /// A connect, by who tries it and the number of the SYN.
    Connect {
        /// Who tries.
        client: Endpoint,
        /// To whom.
        server: Endpoint,
        /// The number of its SYN.
        number: u32,
    },
    /// Something else.
    Other,
}

impl Hit {
    fn of(segment: &Segment) -> Self {
        let flags = segment.flags;
        let (client, server, number) = if flags.is_syn() {
            (segment.source, segment.destination, segment.sequence.0)
        } else if flags.is_syn_ack() || (flags.is_rst() && flags.has_ack()) {
            let number = segment.acknowledgment.0.wrapping_sub(1);
            (segment.destination, segment.source, number)
        } else {
            return Self::Other;
        };
        Self::Connect {
            client,
            server,
            number,
        }
    }
}

/// What a packet says that is a record of a filter's log: its mark, and what it is of.
fn record_in(observation: &Observation) -> Option<(VerdictMark, Hit)> {
    let (mark, hit) = match observation {
        Observation::Segment(segment) => (segment.ip.capture.verdict?, Hit::of(segment)),
        Observation::IcmpError(error) => (error.ip.capture.verdict?, Hit::Other),
        _ => return None,
    };
    mark.is_log_record().then_some((mark, hit))
}

impl FilterLog {
    /// Whether no record was seen.
    pub(in crate::diagnosis) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a rule among these stops what it meets, by whoever's word.
    pub(in crate::diagnosis) fn has_rule_that_blocks(
        &self,
        counts: impl Fn(&CaptureVerdict) -> bool,
    ) -> bool {
        let mut rules = self.0.keys();
        rules.any(|(passes, verdict)| !passes && counts(verdict))
    }

    /// Takes note of a record.
    pub(in crate::diagnosis) fn note(
        &mut self,
        (mark, hit): &(VerdictMark, Hit),
        place: PacketPlace,
        contexts: &Contexts,
    ) {
        let verdict = contexts.verdict(mark.id);
        let verdict = verdict.unwrap_or_else(|| CaptureVerdict::new(mark.teller, mark.action));
        let key = (!mark.action.is_block(), verdict.of_rule_alone());
        let hits = self.0.entry(key).or_insert_with(|| RuleHits::new(place));
        hits.note(hit, place);
        self.make_room();
    }

    /// The rules and what met them: those that block first, and of these those that most connects
    /// met.
    pub(in crate::diagnosis) fn rules(&self) -> Vec<(&CaptureVerdict, &RuleHits)> {
        let mut rules: Vec<_> = self.0.iter().collect();
        rules.sort_by_key(|((passes, _), hits)| {
            let met = (hits.connects(), hits.packets);
            (*passes, std::cmp::Reverse(met))
        });
        let rules = rules.into_iter();
        rules.map(|((_, verdict), hits)| (verdict, hits)).collect()
    }

    fn make_room(&mut self) {
        while self.0.len() > MOST_RULES {
            self.0.pop_last();
        }
    }
}

impl Facts for FilterLog {
    fn merge(&mut self, other: Self) {
        for (rule, hits) in other.0 {
            match self.0.get_mut(&rule) {
                Some(known) => known.merge(hits),
                None => {
                    self.0.insert(rule, hits);
                }
            }
        }
        self.make_room();
    }
}

impl Comparison {
    /// Takes note of a packet that is a record of a filter's log, if it is one, and `is_meant`.
    pub(in crate::diagnosis) fn note_record(
        &mut self,
        observation: &Observation,
        place: PacketPlace,
        contexts: &Contexts,
        is_meant: impl FnOnce(&Hit) -> bool,
    ) {
        if let Some(record) = record_in(observation)
            && is_meant(&record.1)
        {
            self.filter_log.note(&record, place, contexts);
        }
    }

    /// Whether all that there is are records of filters.
    pub(super) fn is_of_log_alone(&self) -> bool {
        !self.has_wire && !self.filter_log.0.is_empty()
    }

    /// What records of filters say.
    pub(in crate::diagnosis) fn filter_log(&self) -> &FilterLog {
        &self.filter_log
    }
}

/// What met one rule, as a finding tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FilterRuleHits {
    /// Which rule, and what it does.
    pub verdict: CaptureVerdict,
    /// Whether connects that met it were established all the same, though its author says that it
    /// stops them.
    pub is_contradicted: bool,
    /// How many packets met it.
    pub packets: u64,
    /// Of how many connects.
    pub connects: usize,
    /// Of how many clients.
    pub clients: usize,
    /// Whether there were more of these than are told apart.
    pub are_more: bool,
    /// The servers that most of them are for, and how many packets.
    pub servers: Vec<(Endpoint, u64)>,
    /// How many more servers.
    pub more_servers: usize,
    /// The first record.
    pub first: PacketPlace,
    /// When the last one was.
    pub last: Timestamp,
}

/// So many servers of a rule are named.
const NAMED_SERVERS: usize = 3;

impl FilterRuleHits {
    /// Whether it stops what meets it, by whoever's word.
    pub(in crate::diagnosis) fn is_block(&self) -> bool {
        self.verdict.action.is_block() && !self.is_contradicted
    }

    pub(in crate::diagnosis) fn of(verdict: &CaptureVerdict, hits: &RuleHits) -> Self {
        let mut servers = hits.servers();
        let more_servers = servers.len().saturating_sub(NAMED_SERVERS);
        servers.truncate(NAMED_SERVERS);
        Self {
            verdict: verdict.clone(),
            is_contradicted: false,
            packets: hits.packets,
            connects: hits.connects(),
            clients: hits.clients(),
            are_more: hits.are_more(),
            servers,
            more_servers,
            first: hits.first,
            last: hits.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{FilterRule, VerdictAction, VerdictTeller};

    fn rule(number: u32, action: VerdictAction) -> CaptureVerdict {
        CaptureVerdict {
            rule: Some(FilterRule {
                number: Some(number),
                ..FilterRule::default()
            }),
            ..CaptureVerdict::new(VerdictTeller::Pf, action)
        }
    }

    fn noted(log: &mut FilterLog, contexts: &Contexts, turn: u32) {
        let action = if turn.is_multiple_of(3) {
            VerdictAction::Dropped
        } else {
            VerdictAction::Passed
        };
        let verdict = rule(turn % 700, action);
        let mark = VerdictMark {
            id: contexts.intern_verdict(&verdict),
            teller: verdict.teller,
            action,
        };
        let end = |host: u32, port| Endpoint {
            address: std::net::Ipv4Addr::from_bits(host).into(),
            port,
        };
        let hit = Hit::Connect {
            client: end(turn, 40_000),
            server: end(turn % 5_000, 443),
            number: turn,
        };
        let place = PacketPlace {
            at: Timestamp::from_nanoseconds(i64::from(turn) * 1000),
            ..PacketPlace::default()
        };
        log.note(&(mark, hit), place, contexts);
    }

    #[test]
    fn however_records_are_shared_out_they_say_the_same_in_bounded_memory() {
        let contexts = Contexts::default();
        let mut whole = FilterLog::default();
        let mut parts = [FilterLog::default(), FilterLog::default()];
        for turn in 0..40_000 {
            noted(&mut whole, &contexts, turn);
            let part = usize::from(turn % 7 < 3);
            noted(&mut parts[part], &contexts, turn);
        }
        let [mut one, other] = parts;
        one.merge(other);
        assert_eq!(one.rules(), whole.rules());
        assert_eq!(whole.0.len(), MOST_RULES);
        assert!(whole.rules()[0].0.action.is_block());
    }
}
