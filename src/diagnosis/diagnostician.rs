//! Collects decided attempts, and says what they mean once there are no more.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::all_attempts::Diagnosis;
use super::attempt_facts::AttemptFacts;
use super::attempt_list::{AttemptList, ChosenAttempts};
use super::capture_quality::CaptureQuality;
use super::comparison::{Comparison, Hit};
use super::endpoints::Endpoints;
use super::evidence_choice::EvidenceChoice;
use super::explainer::Explainer;
use super::facts::Facts;
use super::findings;
use super::host_words::HostWords;
use super::known_ends::{KnownEnds, KnownPairs, LatestPlaces, Place};
use super::limits::{Limit, LimitKind};
use super::listing::{AttemptsPutAside, ListingOrder, UnexplainedAttempts};
use super::log_matching::LogMatcher;
use super::midway_failures::MidwayFailures;
use super::outcome_counts::OutcomeCounts;
use super::past_noise::PastNoise;
use super::selection::Selection;
use super::testimony::Testimonies;
use super::time_line::TimeLine;
use super::trouble_counts::TroubleCounts;
use crate::capture::PacketPlace;
use crate::decode::{Answering, Contexts, Endpoint, Observation, RowBatch};
use crate::handshake::{DecidedAttempt, DecidedSyns, Decisions, Leaving, MidwayFailure};

/// Collects decided attempts, and what they can be compared with, in bounded memory.
///
/// It can be written and read again (serde), to be merged elsewhere. Where things stand is looked up
/// anew then; what is testified, and what a watch had seen before, is for whoever judges.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Diagnostician {
    pub(super) selection: Selection,
    pub(super) comparison: Comparison,
    pub(super) outcomes: OutcomeCounts,
    pub(super) troubles: TroubleCounts,
    pub(super) midway_failures: MidwayFailures,
    pub(super) over_time: TimeLine,
    pub(super) endpoints: Endpoints,
    /// Of these and of the clients of `comparison`.
    #[serde(skip)]
    pub(super) known_pairs: KnownPairs,
    #[serde(skip)]
    pub(super) latest: LatestPlaces,
    pub(super) attempts: AttemptList,
    pub(super) not_selected: u64,
    pub(super) highest_id: u64,
    #[serde(skip)]
    pub(super) past_noise: PastNoise,
    #[serde(skip)]
    pub(super) testimonies: Testimonies,
    /// Names that the sources give to addresses: no DNS answer of the capture says so.
    pub(super) names: Vec<(IpAddr, String)>,
}

impl Facts for Diagnostician {
    /// Both are for the same selection, and list as many.
    fn merge(&mut self, other: Self) {
        self.comparison.merge(other.comparison);
        self.outcomes.merge(other.outcomes);
        self.troubles.merge(other.troubles);
        self.midway_failures.merge(other.midway_failures);
        self.over_time.merge(other.over_time);
        self.endpoints.merge(other.endpoints);
        self.attempts.merge(other.attempts);
        self.not_selected += other.not_selected;
        self.highest_id = self.highest_id.max(other.highest_id);
        self.names.extend(other.names);
        // Who stood where before room was made is not known.
        self.forget_places();
    }
}

impl Diagnostician {
    /// For the selected attempts; lists so many of them, or all.
    pub fn new(selection: Selection, listed_attempts: Option<usize>) -> Self {
        Self {
            selection,
            comparison: Comparison::default(),
            outcomes: OutcomeCounts::default(),
            troubles: TroubleCounts::default(),
            midway_failures: MidwayFailures::default(),
            over_time: TimeLine::default(),
            endpoints: Endpoints::default(),
            known_pairs: KnownPairs::default(),
            latest: LatestPlaces::default(),
            attempts: AttemptList::new(listed_attempts),
            not_selected: 0,
            highest_id: 0,
            past_noise: PastNoise::default(),
            testimonies: Testimonies::default(),
            names: Vec::new(),
        }
    }

    /// Keeps so many failed attempts for an evidence capture, whatever is listed.
    pub fn keep_for_evidence(&mut self, attempts: usize) {
        self.attempts.keep_for_evidence(attempts);
    }

    /// Takes note of a packet: who is there, who is asked for.
    pub fn observe(&mut self, observation: &Observation) {
        self.comparison.observe(observation);
    }

    /// Takes note of two hosts that answer for one port.
    pub fn observe_answering(&mut self, answering: Answering) {
        self.comparison.observe_answering(answering);
    }

    /// Takes note of packets about connects: who sent them.
    pub fn observe_rows(&mut self, batch: &RowBatch) {
        self.comparison.observe_rows(batch);
    }

    /// Takes note of what the capture says of packets of a filter's log: rule by rule.
    pub fn observe_records(&mut self, batch: &RowBatch, contexts: &Contexts) {
        for odd in &batch.odd {
            self.observe_record(&odd.observation, odd.place, contexts);
        }
    }

    /// The same of one packet.
    pub fn observe_record(
        &mut self,
        observation: &Observation,
        place: PacketPlace,
        contexts: &Contexts,
    ) {
        let selection = &self.selection;
        let is_meant = |hit: &Hit| selection.includes_record(hit, place.at);
        self.comparison
            .note_record(observation, place, contexts, is_meant);
    }

    /// Takes a name from outside of the packets, for an address to which no DNS answer gives one.
    pub fn add_name(&mut self, address: IpAddr, name: String) {
        self.names.push((address, name));
    }

    /// Takes attempts into account, and leaves none.
    pub fn add_all(&mut self, decisions: &mut Decisions) {
        for failure in decisions.take_midway_failures() {
            self.add_midway_failure(failure);
        }
        for closing in decisions.take_closings() {
            self.comparison.note_closing(closing);
        }
        // Of lone SYNs the clients are not looked up when hardly any of them is known.
        let lets_pass = self.comparison.lets_pass();
        let ends = if lets_pass {
            self.look_up(decisions.ends_but_of_syns(), decisions.attempts())
        } else {
            self.look_up(decisions.ends(), decisions.attempts())
        };
        let mut upcoming = ends.into_iter();
        decisions.take_each(|decided| match decided {
            Leaving::Attempt(decided) => self.add_looked_up(decided, &mut upcoming),
            Leaving::Rows(rows) => self.add_looked_up(rows, &mut upcoming),
            Leaving::Syns(syns) if lets_pass => self.add_passing(syns),
            Leaving::Syns(syns) => {
                let syns = syns.iter();
                syns.for_each(|syn| self.add_looked_up(syn, &mut upcoming));
            }
        });
    }

    /// Counts a connection that failed midway, if the report is about it.
    pub(crate) fn add_midway_failure(&mut self, failure: MidwayFailure) {
        if self.selection.includes_midway(&failure) {
            self.midway_failures.add(failure);
        }
    }

    fn add_looked_up(
        &mut self,
        facts: impl AttemptFacts,
        upcoming: &mut std::vec::IntoIter<KnownEnds>,
    ) {
        // Where room was made, what was looked up stands elsewhere.
        if self.make_room() {
            *upcoming = Vec::new().into_iter();
        }
        let ends = upcoming.next().unwrap_or_default();
        self.add_facts(facts, &ends);
    }

    /// Takes lone SYNs into account whose clients hardly come again: most of them go to one server.
    fn add_passing(&mut self, syns: DecidedSyns<'_>) {
        for syn in syns.iter() {
            self.make_room();
            let (service, endpoint) = self.places_of(syn.server());
            let ends = KnownEnds {
                service,
                endpoint,
                ..KnownEnds::default()
            };
            self.add_facts(syn, &ends);
        }
    }

    /// Where a server stands among those that attempts are compared with, and among those of the
    /// report.
    fn places_of(&mut self, server: Endpoint) -> (Place, Place) {
        self.latest.of_server(server, || {
            let service = self.comparison.place_of_service(server);
            (service, self.endpoints.place_of(server))
        })
    }

    /// Looks up the ends of attempts that are about to be added, and brings into the cache what
    /// will be needed of them.
    fn look_up(
        &mut self,
        ends: impl Iterator<Item = (Endpoint, Endpoint)>,
        in_full: &[DecidedAttempt],
    ) -> Vec<KnownEnds> {
        let mut addresses = Vec::new();
        let look_up = |(client, server): (Endpoint, Endpoint)| {
            addresses.push(client.address);
            let (service, endpoint) = self.places_of(server);
            KnownEnds {
                client: self.latest.guess_client(client.address),
                service,
                endpoint,
            }
        };
        let mut ends: Vec<KnownEnds> = ends.map(look_up).collect();
        for (ends, client) in ends.iter_mut().zip(addresses) {
            if !self.comparison.is_client_at(ends.client, client) {
                ends.client = self.comparison.place_of_client(client);
                self.latest.remember_client(client, ends.client);
            }
        }
        self.known_pairs.touch(&ends);
        self.comparison.touch(&ends);
        self.comparison.touch_in_full(in_full);
        self.endpoints.touch(&ends);
        ends
    }

    /// Takes an attempt into account: as one of the selected, and for comparison with others in any
    /// case.
    pub fn add(&mut self, decided: DecidedAttempt) {
        self.make_room();
        self.add_facts(decided, &KnownEnds::default());
    }

    /// Lets go what is worth least, where there is too much; whether what was looked up may stand
    /// elsewhere now.
    fn make_room(&mut self) -> bool {
        if !self.comparison.has_too_much() && !self.endpoints.has_too_much() {
            return false;
        }
        let [clients_moved, servers_moved] =
            [self.comparison.make_room(), self.endpoints.make_room()];
        let have_moved = clients_moved || servers_moved;
        if have_moved {
            self.forget_places();
        }
        have_moved
    }

    fn forget_places(&mut self) {
        self.known_pairs = KnownPairs::default();
        self.latest = LatestPlaces::default();
        self.attempts.forget_places();
    }

    /// Takes an attempt into account, in whatever form, with what was looked up of its ends.
    fn add_facts(&mut self, facts: impl AttemptFacts, ends: &KnownEnds) {
        let is_known_pair = self.known_pairs.has(ends);
        self.comparison.add_known(&facts, ends, is_known_pair);
        let (client, server) = (facts.client(), facts.server());
        self.count_known(facts, ends, is_known_pair);
        if !is_known_pair {
            self.introduce(client, server, ends);
        }
    }

    /// Remembers that the client is known at the server, and the server at the client, where that
    /// is so.
    fn introduce(&mut self, client: Endpoint, server: Endpoint, ends: &KnownEnds) {
        let know_each_other = self.comparison.has_target(ends.client, server)
            && self.endpoints.has_client(ends.endpoint, client.address);
        if know_each_other {
            self.known_pairs.add(ends);
        }
    }

    /// Takes an attempt into account that others are compared with already.
    pub(super) fn count(&mut self, decided: DecidedAttempt) {
        self.count_known(decided, &KnownEnds::default(), false);
    }

    fn count_known(&mut self, facts: impl AttemptFacts, ends: &KnownEnds, is_known_pair: bool) {
        self.highest_id = self.highest_id.max(facts.id().0);
        if facts.is_later_leg() && self.selection.is_of_all() {
            return;
        }
        if !self.selection.includes_facts(&facts) {
            self.not_selected += 1;
            return;
        }
        self.outcomes.add(facts.outcome());
        self.troubles.add(facts.troubles());
        self.over_time.add(&facts);
        self.endpoints.add(&facts, ends, is_known_pair);
        if self.selection.lists_facts(&facts) {
            self.attempts.add(facts, ends.client);
        }
    }

    /// When more than `longest` attempts are kept to be listed, and all shall be: all of them, in
    /// this order. They are no longer kept. Who asks puts them aside, and gives them, with all that
    /// come later, to [`Self::finish_put_aside`].
    pub fn take_run(&mut self, longest: usize, order: ListingOrder) -> Option<Vec<DecidedAttempt>> {
        self.attempts.take_run(longest, order)
    }

    /// The attempts that are known with all that matters of their packets.
    pub(super) fn kept_attempts(&self) -> impl Iterator<Item = &DecidedAttempt> {
        self.attempts.iter().chain(self.endpoints.examples())
    }

    /// Takes what was found in logs, in place of what was testified before.
    pub fn testify_by_logs(&mut self, logs: LogMatcher) {
        self.testimonies.take_found(logs.into_found());
    }

    /// Takes what hosts said of themselves.
    pub fn testify_by_hosts(&mut self, hosts: HostWords) {
        self.testimonies.take_hosts(hosts);
    }

    /// The same, but for the attempts listed singly.
    pub(super) fn without_attempts(&self) -> Self {
        Self {
            selection: self.selection.clone(),
            comparison: self.comparison.clone(),
            outcomes: self.outcomes,
            troubles: self.troubles,
            midway_failures: self.midway_failures.clone(),
            over_time: self.over_time.clone(),
            endpoints: self.endpoints.clone(),
            known_pairs: KnownPairs::default(),
            latest: LatestPlaces::default(),
            attempts: AttemptList::new(Some(0)),
            past_noise: self.past_noise.clone(),
            testimonies: self.testimonies.clone(),
            not_selected: self.not_selected,
            highest_id: self.highest_id,
            names: self.names.clone(),
        }
    }

    /// What they say, now that everything was seen.
    pub fn finish(mut self, quality: &CaptureQuality) -> Diagnosis {
        let explainer = self.explainer(quality);
        let kept = std::mem::take(&mut self.attempts);
        let examples = self.endpoints.examples();
        let listed = examples.filter(|decided| self.selection.lists(decided));
        let chosen = kept.into_parts(listed, |decided| explainer.is_noise(decided));
        self.conclude(&explainer, chosen, quality)
    }

    /// As [`Self::finish`], when all attempts to be listed were taken with [`Self::take_run`].
    ///
    /// # Errors
    ///
    /// When they are not given again.
    pub fn finish_put_aside(
        mut self,
        attempts: Arc<dyn AttemptsPutAside>,
        quality: &CaptureQuality,
    ) -> io::Result<Diagnosis> {
        let explainer = self.explainer(quality);
        let is_noise = |decided: &DecidedAttempt| explainer.is_noise(decided);
        let chosen = ChosenAttempts {
            for_evidence: self.attempts.evidence_among(&*attempts, is_noise)?,
            ..ChosenAttempts::default()
        };
        let mut diagnosis = self.conclude(&explainer, chosen, quality);
        diagnosis.put_aside = Some(UnexplainedAttempts {
            attempts,
            explainer,
        });
        Ok(diagnosis)
    }

    fn explainer(&mut self, quality: &CaptureQuality) -> Explainer {
        let comparison = std::mem::take(&mut self.comparison);
        let past_noise = std::mem::take(&mut self.past_noise);
        let testimonies = std::mem::take(&mut self.testimonies);
        Explainer::new(
            comparison,
            &self.selection,
            past_noise,
            testimonies,
            quality,
        )
    }

    fn conclude(
        self,
        explainer: &Explainer,
        chosen: ChosenAttempts,
        quality: &CaptureQuality,
    ) -> Diagnosis {
        let comparison = &explainer.comparison;
        let limits = self.limits(comparison, quality);
        let endpoints = self.endpoints.worst_first(explainer);
        let findings = findings::findings(findings::Collected {
            comparison,
            selection: &self.selection,
            noise: &explainer.noise,
            quality,
            limits: &limits,
            testimonies: &explainer.testimonies,
            first_causes: &findings::first_causes(&endpoints),
            first_verdicts: &findings::first_verdicts(&endpoints),
            midway_failures: &self.midway_failures,
        });
        let mut names = comparison.names().clone();
        for (address, name) in self.names {
            names.add(address, name);
        }
        let diagnosed = |decided| explainer.explain(decided);
        Diagnosis {
            outcomes: self.outcomes,
            troubles: self.troubles,
            resets_midway: self.midway_failures.resets(),
            over_time: self.over_time,
            findings,
            names,
            endpoints,
            evidence: EvidenceChoice {
                compared: comparison.compared_with(&chosen.for_evidence),
                attempts: chosen.for_evidence.into_iter().map(diagnosed).collect(),
            },
            attempts: chosen.listed.into_iter().map(diagnosed).collect(),
            put_aside: None,
            attempts_omitted: chosen.omitted,
            attempts_not_selected: self.not_selected,
            highest_id: self.highest_id,
            limits,
        }
    }

    /// The bounds that were reached, here and before.
    fn limits(&self, comparison: &Comparison, quality: &CaptureQuality) -> Vec<Limit> {
        let set_aside = Limit::reached(
            LimitKind::AttemptsFollowed,
            usize::try_from(quality.attempts_followed).unwrap_or(usize::MAX),
            quality.attempts_set_aside,
        );
        let mut limits: Vec<Limit> = set_aside.into_iter().collect();
        limits.extend(comparison.limits());
        limits.extend(self.endpoints.limits());
        limits
    }
}
