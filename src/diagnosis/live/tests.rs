//! What is known from elsewhere than packets, in verdicts and findings.

use super::*;
use crate::analysis::{AnalysisSettings, analyse};
use crate::capture::CaptureSet;
use crate::decode::Endpoint;
use crate::diagnosis::{
    Cause, Confidence, FindingEvidence, FindingKind, Judged, ListenersAtEnd, ListeningSocket,
    Statement, StepKind, TestifiedFact,
};
use crate::host::{Counter, Listener, OpenSocket, SocketInode};

/// The attempts of a sample, as a watch on the server's host would decide them.
struct Watched {
    live: LiveDiagnostician,
    decided: Vec<DecidedAttempt>,
}

impl Watched {
    fn of(sample: &str) -> Self {
        let path = format!("{}/samples/{sample}.pcap", env!("CARGO_MANIFEST_DIR"));
        let mut captures = CaptureSet::open(&[path.into()]).captures;
        let (_, diagnosis) = analyse(&mut captures, &AnalysisSettings::default());
        let decided = diagnosis.attempts.into_iter();
        let decided: Vec<DecidedAttempt> = decided.map(|attempt| attempt.decided).collect();
        let hour = Duration::from_secs(3600);
        let mut live = LiveDiagnostician::new(Selection::default(), 100, hour);
        live.take_addresses(
            &decided
                .iter()
                .map(|one| one.attempt.server.address)
                .collect::<Vec<_>>(),
        );
        for decided in &decided {
            live.note(decided);
        }
        Self { live, decided }
    }

    fn first(&self, outcome: Outcome) -> DecidedAttempt {
        let mut those = self.decided.iter();
        those
            .find(|decided| decided.judgement.outcome == outcome)
            .unwrap()
            .clone()
    }

    fn testify(
        &mut self,
        decided: &DecidedAttempt,
        facts: impl IntoIterator<Item = TestifiedFact>,
    ) {
        let at = decided.judgement.at;
        let testimony = facts.into_iter().map(|fact| Testimony { at, fact });
        self.live.testify(decided.attempt.id, testimony.collect());
    }

    fn causes(&mut self, decided: &DecidedAttempt) -> Vec<Judged> {
        let quality = CaptureQuality::default();
        self.live.explain(decided.clone(), &quality).causes
    }

    fn report(mut self) -> Diagnosis {
        let now = self
            .decided
            .iter()
            .map(|one| one.judgement.at)
            .max()
            .unwrap();
        for decided in self.decided {
            self.live.close(decided);
        }
        let quality = CaptureQuality::default();
        self.live.diagnosis([], &quality, now, 100)
    }
}

fn listeners(decided: &DecidedAttempt, sockets: &[(&str, u32)]) -> TestifiedFact {
    let socket = |(address, waiting): &(&str, u32)| ListeningSocket {
        listener: Listener {
            socket: OpenSocket {
                inode: SocketInode(1),
                user: 0,
            },
            address: address.parse().unwrap(),
            is_only_ipv6: false,
            interface: None,
            waiting: *waiting,
            most_waiting: 1,
        },
        process: None,
        interface: None,
    };
    TestifiedFact::Listeners(ListenersAtEnd {
        server: decided.attempt.server,
        outcome: decided.judgement.outcome,
        later: Duration::from_millis(2),
        sockets: sockets.iter().map(socket).collect(),
    })
}

fn overflow(decided: &DecidedAttempt) -> TestifiedFact {
    TestifiedFact::CountersRose {
        since: decided.attempt.started_at(),
        rises: vec![(Counter::ListenOverflows, 1)],
    }
}

fn judged(cause: Cause, confidence: Confidence) -> Judged {
    Judged { cause, confidence }
}

fn of_server(diagnosis: &Diagnosis, server: Endpoint) -> &crate::diagnosis::Finding {
    let mut findings = diagnosis.findings.iter();
    findings
        .find(|finding| finding.server == Some(server))
        .unwrap()
}

#[test]
fn a_port_on_which_only_another_address_listens_is_closed_for_certain() {
    let mut watched = Watched::of("loopback");
    let refused = watched.first(Outcome::Refused);
    let closed = |watched: &mut Watched| watched.causes(&refused)[0];
    assert_eq!(
        closed(&mut watched),
        judged(Cause::ClosedPort, Confidence::Likely)
    );
    watched.testify(&refused, [listeners(&refused, &[("10.0.0.20", 0)])]);
    assert_eq!(
        closed(&mut watched),
        judged(Cause::ClosedPort, Confidence::Certain)
    );
    let report = watched.report();
    let finding = of_server(&report, refused.attempt.server);
    assert_eq!(finding.kind, FindingKind::NeverListening);
    assert_eq!(finding.confidence, Confidence::Certain);
    assert_eq!(
        finding.statement,
        Statement::NeverListening { is_proved: true }
    );
    assert!(matches!(
        finding.evidence[..],
        [FindingEvidence::Testimony(_)]
    ));
}

#[test]
fn a_port_that_refused_although_somebody_listens_is_a_filter_s() {
    let mut watched = Watched::of("loopback");
    let refused = watched.first(Outcome::Refused);
    watched.testify(&refused, [listeners(&refused, &[("0.0.0.0", 0)])]);
    let expected = [
        judged(Cause::FirewallReset, Confidence::Likely),
        judged(Cause::ClosedPort, Confidence::Possible),
    ];
    assert_eq!(watched.causes(&refused), expected);
}

#[test]
fn what_came_from_behind_the_host_is_not_explained_by_its_own_sockets() {
    let mut watched = Watched::of("closed-port");
    let refused = watched.first(Outcome::Refused);
    let before = watched.causes(&refused);
    watched.testify(&refused, [listeners(&refused, &[])]);
    assert_eq!(watched.causes(&refused), before);
}

#[test]
fn a_queue_that_was_full_by_the_host_s_own_word_leaves_no_other_cause() {
    let mut watched = Watched::of("accept-queue-full");
    let dropped = watched.first(Outcome::Dropped);
    let full = listeners(&dropped, &[("0.0.0.0", 2)]);
    watched.testify(&dropped, [full, overflow(&dropped)]);
    let expected = [judged(Cause::AcceptQueueFull, Confidence::Certain)];
    assert_eq!(watched.causes(&dropped), expected);
    let report = watched.report();
    let finding = of_server(&report, dropped.attempt.server);
    assert_eq!(finding.kind, FindingKind::Overload);
    assert_eq!(finding.confidence, Confidence::Certain);
    let is_capture = |step: &crate::diagnosis::NextStep| {
        let (at_client, at_server) = (StepKind::CaptureAtClient, StepKind::CaptureAtServer);
        [at_client, at_server].contains(&step.kind)
    };
    assert!(!finding.next_steps.iter().any(is_capture), "{finding:?}");
    let listed = report.attempts.iter();
    assert_eq!(
        listed
            .filter(|attempt| !attempt.testimony.is_empty())
            .count(),
        1
    );
}

#[test]
fn a_full_queue_without_an_overflow_proves_nothing() {
    let mut watched = Watched::of("accept-queue-full");
    let dropped = watched.first(Outcome::Dropped);
    let before = watched.causes(&dropped);
    watched.testify(&dropped, [listeners(&dropped, &[("0.0.0.0", 2)])]);
    assert_eq!(watched.causes(&dropped), before);
}
