//! However many connects succeed beside them, and however many addresses are forged: failures are
//! told as they are without.

use std::net::IpAddr;

use tcpwhy::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use tcpwhy::decode::{
    CaptureFacts, Encapsulation, Endpoint, IpFacts, Observation, Segment, SequenceNumber, TcpFlags,
    TcpOptions,
};
use tcpwhy::diagnosis::{
    CaptureQuality, Cause, Confidence, Diagnosis, Diagnostician, Finding, FindingKind, LimitKind,
    Selection,
};
use tcpwhy::handshake::{AttemptId, DecidedAttempt, Outcome, Tracker, TrackerSettings};
use tcpwhy::report::statement_words::statement;

use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    an_outage_is_told_as_it_is_among_however_many_successes,
    a_bad_backend_is_no_outage_however_dense_the_successes_are,
    a_filtered_client_is_told_among_however_many_that_are_accepted,
    a_silent_host_is_known_behind_very_many_forged_addresses,
    more_failures_than_are_remembered_are_all_counted_and_the_bound_is_named,
];

const MILLISECOND: i64 = 1_000_000;
const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const ACK: u16 = 0x10;
const REFUSAL: u16 = 0x14;

fn endpoint(address: impl Into<IpAddr>, port: u16) -> Endpoint {
    let address = address.into();
    Endpoint { address, port }
}

fn server() -> Endpoint {
    endpoint([10, 0, 1, 20], 443)
}

fn client(number: u32) -> Endpoint {
    let [_, high, middle, low] = number.to_be_bytes();
    endpoint([10, 64 + high, middle, low], 40_000)
}

fn segment((source, destination): (Endpoint, Endpoint), flags: u16, ttl: u8) -> Segment {
    let is_of_client = flags == SYN || flags == ACK;
    Segment {
        source,
        destination,
        ip: IpFacts {
            ttl,
            identification: Some(0),
            dont_fragment: Some(true),
            traffic_class: 0,
            flow_label: None,
            capture: CaptureFacts::default(),
        },
        encapsulation: Encapsulation::default(),
        sequence: SequenceNumber(match flags {
            SYN => 1000,
            ACK => 1001,
            SYN_ACK => 7000,
            _ => 0,
        }),
        acknowledgment: SequenceNumber(match flags {
            SYN => 0,
            ACK => 7001,
            _ => 1001,
        }),
        flags: TcpFlags(flags),
        window: Some(if is_of_client || flags == SYN_ACK {
            64_240
        } else {
            0
        }),
        payload_length: 0,
        options: TcpOptions::default(),
        is_whole: true,
    }
}

/// A connect that the tracker judged, by packets of these flags and times to live, each so many
/// milliseconds after the first.
fn model(packets: &[(i64, u16, u8)]) -> DecidedAttempt {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let ends = (client(0), server());
    let observed: Vec<(Observation, PacketPlace)> = (1..)
        .zip(packets)
        .map(|(number, (milliseconds, flags, ttl))| {
            let is_of_client = *flags == SYN || *flags == ACK;
            let ends = if is_of_client { ends } else { (ends.1, ends.0) };
            let place = PacketPlace {
                at: Timestamp::from_nanoseconds(milliseconds * MILLISECOND),
                source: SourceId(0),
                number: PacketNumber(number),
            };
            (Observation::Segment(segment(ends, *flags, *ttl)), place)
        })
        .collect();
    tracker.observe_all(&observed);
    let later = PacketPlace {
        at: Timestamp::from_nanoseconds(3_600_000 * MILLISECOND),
        ..PacketPlace::default()
    };
    tracker.observe_all(&[(Observation::Unrelated, later)]);
    let mut decided = Vec::new();
    tracker.finish(|left| left.drain(|one| decided.push(one)));
    let mut earlier = tcpwhy::handshake::Decisions::default();
    tracker.swap_decided(&mut earlier);
    earlier.drain(|one| decided.push(one));
    assert_eq!(decided.len(), 1);
    decided.remove(0)
}

/// Connects as others, at other times and of other clients.
struct Models {
    success: DecidedAttempt,
    refusal: DecidedAttempt,
    silence: DecidedAttempt,
    lone_syn: DecidedAttempt,
}

impl Models {
    fn new() -> Self {
        let models = Self {
            success: model(&[(0, SYN, 62), (1, SYN_ACK, 61), (2, ACK, 62)]),
            refusal: model(&[(0, SYN, 62), (1, REFUSAL, 61)]),
            silence: model(&[(0, SYN, 62), (1000, SYN, 62), (3000, SYN, 62)]),
            lone_syn: model(&[(0, SYN, 50)]),
        };
        let outcome = |model: &DecidedAttempt| model.judgement.outcome;
        assert_eq!(outcome(&models.success), Outcome::Established);
        assert_eq!(outcome(&models.refusal), Outcome::Refused);
        assert_eq!(outcome(&models.silence), Outcome::Dropped);
        assert_eq!(outcome(&models.lone_syn), Outcome::Dropped);
        models
    }
}

fn shifted(
    model: &DecidedAttempt,
    id: u64,
    (client, server): (Endpoint, Endpoint),
    start: i64,
) -> DecidedAttempt {
    let mut decided = model.clone();
    let shift = |at: Timestamp| Timestamp::from_nanoseconds(at.nanoseconds() + start);
    let attempt = &mut decided.attempt;
    attempt.id = AttemptId(id);
    (attempt.client, attempt.server) = (client, server);
    attempt.first_seen_at = shift(attempt.first_seen_at);
    attempt.latest_at = shift(attempt.latest_at);
    for at in [
        &mut attempt.first_syn_at,
        &mut attempt.last_syn_at,
        &mut attempt.first_answer_at,
        &mut attempt.answered_at,
        &mut attempt.established_at,
        &mut attempt.refused_at,
    ] {
        *at = at.map(shift);
    }
    decided.judgement.at = shift(decided.judgement.at);
    decided
}

/// What is collected, and how many attempts there were.
struct Story {
    diagnostician: Diagnostician,
    models: Models,
    count: u64,
}

impl Story {
    fn new() -> Self {
        let mut diagnostician = Diagnostician::new(Selection::default(), Some(10));
        let answer = segment((server(), client(0)), SYN_ACK, 61);
        diagnostician.observe(&Observation::Segment(answer));
        Self {
            diagnostician,
            models: Models::new(),
            count: 0,
        }
    }

    /// So many connects like the model, from `start` to `end` in milliseconds, of so many clients
    /// from `first` on.
    fn connects(
        &mut self,
        model: impl Fn(&Models) -> &DecidedAttempt,
        count: u32,
        (start, end): (i64, i64),
        (first, clients): (u32, u32),
    ) {
        let model = model(&self.models);
        for number in 0..count {
            self.count += 1;
            let span = (end - start) * MILLISECOND;
            let at = start * MILLISECOND + span * i64::from(number) / i64::from(count);
            let ends = (client(first + number % clients), server());
            let connect = shifted(model, self.count, ends, at);
            self.diagnostician.add(connect);
        }
    }

    fn told(self) -> Diagnosis {
        self.diagnostician.finish(&CaptureQuality::default())
    }
}

fn the_only(findings: &[Finding], kind: FindingKind) -> &Finding {
    let of_kind: Vec<&Finding> = findings.iter().filter(|one| one.kind == kind).collect();
    assert_eq!(of_kind.len(), 1, "{findings:#?}");
    of_kind[0]
}

/// A second of refusals among successes that come before and after. Failures are mostly decided
/// last: here as well.
fn outage_among(successes: u32) -> Diagnosis {
    let mut story = Story::new();
    story.connects(|models| &models.success, 200, (0, 20_000), (0, 40));
    story.connects(|models| &models.success, 200, (22_000, 42_000), (0, 40));
    story.count += 60;
    story.connects(
        |models| &models.success,
        successes,
        (42_000, 142_000),
        (0, 40),
    );
    story.count = 400;
    story.connects(|models| &models.refusal, 60, (20_500, 21_500), (0, 40));
    story.told()
}

fn an_outage_is_told_as_it_is_among_however_many_successes() {
    let alone = outage_among(0);
    let window = the_only(&alone.findings, FindingKind::ServiceDownWindow);
    assert_eq!(
        (window.attempts, window.confidence),
        (60, Confidence::Likely)
    );
    assert_eq!((window.clients, window.is_of_sample), (40, false));
    for successes in [5_000, 1_000_000] {
        let told = outage_among(successes);
        assert_eq!(told.findings, alone.findings, "{successes}");
        let endpoint = &told.endpoints[0];
        assert_eq!(endpoint.outcomes.of(Outcome::Refused), 60);
        let established = endpoint.outcomes.of(Outcome::Established);
        assert_eq!(established, 400 + u64::from(successes));
        assert!(told.limits.iter().all(|limit| !limit.may_hide_findings()));
        assert_eq!(told.limits.is_empty(), successes < 100_000);
    }
}

/// Refusals every so often, from one of several hosts behind the address.
fn bad_backend_among(successes: u32) -> Diagnosis {
    let mut story = Story::new();
    story.connects(|models| &models.success, 300, (0, 30_000), (0, 10));
    story.count = 500;
    story.connects(|models| &models.success, successes, (0, 30_000), (0, 10));
    story.count = 300;
    story.connects(|models| &models.refusal, 60, (5_050, 5_350), (0, 10));
    story.told()
}

fn a_bad_backend_is_no_outage_however_dense_the_successes_are() {
    for successes in [5_000, 200_000] {
        let told = bad_backend_among(successes);
        let backend = the_only(&told.findings, FindingKind::OneBadBackend);
        assert_eq!((backend.attempts, backend.clients), (60, 10));
        let is_outage = |finding: &Finding| finding.kind == FindingKind::ServiceDownWindow;
        assert!(!told.findings.iter().any(is_outage), "{:#?}", told.findings);
    }
}

/// One client meets silence while all others are accepted.
fn source_filter_among(successes: u32) -> Diagnosis {
    let mut story = Story::new();
    story.connects(|models| &models.success, 600, (0, 60_000), (0, 20));
    story.count = 700;
    story.connects(
        |models| &models.success,
        successes,
        (0, 60_000),
        (0, 20_000),
    );
    story.count = 600;
    story.connects(
        |models| &models.silence,
        12,
        (10_030, 50_030),
        (1_000_000, 1),
    );
    story.told()
}

fn a_filtered_client_is_told_among_however_many_that_are_accepted() {
    for successes in [0, 5_000, 200_000] {
        let told = source_filter_among(successes);
        let filtered = the_only(&told.findings, FindingKind::SourceFiltered);
        assert_eq!((filtered.attempts, filtered.clients), (12, 1));
        let causes = told.attempts.iter().filter_map(|attempt| {
            let is_silent = attempt.decided.judgement.outcome == Outcome::Dropped;
            is_silent.then(|| attempt.cause().map(|judged| judged.cause))
        });
        let causes: Vec<Option<Cause>> = causes.collect();
        assert_eq!(causes, [Some(Cause::SourceFiltered); 10], "{successes}");
    }
}

/// Three connects to a host of which not one packet comes, behind so many SYNs from forged
/// addresses to a server.
fn dead_host_behind(forged: u32) -> Diagnosis {
    let mut story = Story::new();
    let dead = endpoint([10, 0, 1, 99], 5432);
    for number in 0..forged {
        let ends = (client(1_000_000 + number), server());
        let syn = segment(ends, SYN, 50);
        story.diagnostician.observe(&Observation::Segment(syn));
    }
    story.connects(
        |models| &models.lone_syn,
        forged,
        (0, 60_000),
        (1_000_000, forged),
    );
    for number in 0..3 {
        story.count += 1;
        let ends = (client(number), dead);
        let syn = Observation::Segment(segment(ends, SYN, 62));
        story.diagnostician.observe(&syn);
        let start = (61_000 + i64::from(number)) * MILLISECOND;
        let connect = shifted(&story.models.silence, story.count, ends, start);
        story.diagnostician.add(connect);
    }
    story.told()
}

fn a_silent_host_is_known_behind_very_many_forged_addresses() {
    for forged in [5_000, 250_000] {
        let told = dead_host_behind(forged);
        let is_dead = |port: u16| port == 5432;
        let of_dead = told
            .attempts
            .iter()
            .filter(|attempt| is_dead(attempt.decided.attempt.server.port));
        let causes: Vec<Option<Cause>> = of_dead
            .map(|attempt| attempt.cause().map(|judged| judged.cause))
            .collect();
        assert_eq!(causes, [Some(Cause::HostSilent); 3], "{forged}");
        let flood = the_only(&told.findings, FindingKind::SynFlood);
        assert_eq!(flood.attempts, u64::from(forged));
        assert_eq!(told.endpoints.len(), 2);
    }
}

/// No bound stands in a report as a count.
fn more_failures_than_are_remembered_are_all_counted_and_the_bound_is_named() {
    let mut story = Story::new();
    story.connects(|models| &models.refusal, 200_000, (0, 60_000), (0, 30_000));
    let told = story.told();
    let refused = the_only(&told.findings, FindingKind::NeverListening);
    assert_eq!(refused.attempts, 200_000);
    assert!(refused.is_of_sample && refused.clients < 30_000);
    let says = statement(refused);
    assert!(says.contains("200000"), "{says}");
    assert_eq!(refused.from, Some(Timestamp::from_nanoseconds(0)));
    let last = 60_000 * MILLISECOND / 200_000 * 199_999;
    assert_eq!(refused.until, Some(Timestamp::from_nanoseconds(last)));
    let hit = the_only(&told.findings, FindingKind::LimitsHit);
    assert!(statement(hit).contains("failures remembered"), "{hit:?}");
    let of_failures = told
        .limits
        .iter()
        .find(|limit| limit.kind == LimitKind::FailuresRemembered);
    assert!(of_failures.is_some_and(|limit| limit.left_out > 100_000 && limit.may_hide_findings()));
}
