//! Verdicts told while the packets pass, against those at the end of a capture.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use tcpwhy::capture::{
    CaptureSet, LinkType, Packet, PacketNumber, PacketPlace, SourceId, Timestamp,
};
use tcpwhy::decode::decode;
use tcpwhy::handshake::{
    DecidedAttempt, Decisions, LiveTracker, Outcome, Tracker, TrackerSettings, Verdict,
};

use crate::support::harness::{Test, tests};
use crate::support::scenario::{Scenario, parse};

pub(crate) const TESTS: &[Test] = tests![
    every_scenario_ends_as_it_does_when_read_from_a_file,
    silence_is_told_when_the_patience_is_over_and_corrected_by_an_answer,
    a_syn_that_stays_alone_is_told_when_time_is_told_on,
    an_answer_without_ack_is_half_open_three_seconds_after_it,
    a_refusal_is_told_with_its_packet_and_once,
    what_is_over_is_let_go_so_that_days_fit_into_memory,
    at_the_end_what_is_open_leaves_in_pieces_and_in_order,
    a_clock_that_is_set_makes_no_silence,
];

/// The packets of a scenario as a capture gives them.
fn each_packet(scenario: &Scenario, mut each: impl FnMut(&Packet<'_>)) {
    let file =
        crate::support::command::file(&crate::support::pcap::pcap_file(1, &scenario.packets));
    let mut opened = CaptureSet::open(std::slice::from_ref(&file.path));
    while let Some(packet) = opened.captures.next_packet() {
        each(&packet);
    }
}

fn settings(scenario: &Scenario) -> TrackerSettings {
    TrackerSettings {
        patience: scenario.patience,
        ..TrackerSettings::default()
    }
}

type Ends = BTreeMap<(String, u64), Outcome>;

fn end(decided: &DecidedAttempt) -> ((String, u64), Outcome) {
    let attempt = &decided.attempt;
    let ends = format!("{} > {}", attempt.client, attempt.server);
    ((ends, attempt.id.0), decided.judgement.outcome)
}

/// What is told when time is told on after each packet, and at the end.
fn watched(scenario: &Scenario) -> (Vec<Verdict>, Ends) {
    let mut tracker = LiveTracker::new(settings(scenario), None);
    let mut told = Vec::new();
    each_packet(scenario, |packet| {
        tracker.watched_until(packet.place.at);
        tracker.observe(&decode(packet), packet.place);
        told.extend(tracker.take_verdicts());
    });
    tracker.finish();
    told.extend(tracker.take_verdicts());
    let closed = told.iter().filter_map(|verdict| match verdict {
        Verdict::Closed { decided, .. } => Some(end(decided)),
        _ => None,
    });
    let ends = closed.collect();
    (told, ends)
}

fn at_the_end(scenario: &Scenario) -> Ends {
    let mut tracker = Tracker::new(settings(scenario));
    let mut decisions = Decisions::default();
    let mut ends = Ends::new();
    each_packet(scenario, |packet| {
        tracker.observe(&decode(packet), packet.place);
        tracker.swap_decided(&mut decisions);
        decisions.drain(|decided| ends.extend([end(&decided)]));
    });
    tracker.finish(|decisions| decisions.drain(|decided| ends.extend([end(&decided)])));
    ends
}

fn every_scenario_ends_as_it_does_when_read_from_a_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_none_or(|extension| extension != "scenario")
        {
            continue;
        }
        let scenario = parse(&std::fs::read_to_string(&path).unwrap());
        let at_the_end = at_the_end(&scenario);
        let mut live = watched(&scenario).1;
        // What a filter kept out of a file is known once all of it was read: silence in it is judged
        // no more. Who watches has a filter of his own.
        let is_left_open = |attempt: &_| at_the_end.get(attempt) == Some(&Outcome::Pending);
        for (attempt, outcome) in &mut live {
            if is_left_open(attempt) && matches!(outcome, Outcome::Dropped | Outcome::HalfOpen) {
                *outcome = Outcome::Pending;
            }
        }
        assert_eq!(live, at_the_end, "{}", path.display());
        count += 1;
    }
    assert!(count > 50, "only {count} scenarios were found");
}

/// What was told of the one attempt, each once: what before, what now, and after how many seconds
/// of the scenario.
fn story(text: &str) -> Vec<(Option<Outcome>, Outcome, f64)> {
    let (told, _) = watched(&parse(text));
    let start = Timestamp::from_nanoseconds(
        i64::try_from(crate::support::scenario::START_SECONDS).unwrap() * 1_000_000_000,
    );
    let entry = |before, decided: &DecidedAttempt| {
        let judgement = decided.judgement;
        let seconds = judgement.at.since(start).as_secs_f64();
        (before, judgement.outcome, (seconds * 10.0).round() / 10.0)
    };
    told.iter()
        .filter_map(|verdict| match verdict {
            Verdict::Decided(decided) => Some(entry(None, decided)),
            Verdict::Corrected { before, decided } => Some(entry(Some(*before), decided)),
            Verdict::Closed { before, decided } => {
                (*before != Some(decided.judgement.outcome)).then(|| entry(*before, decided))
            }
        })
        .collect()
}

fn silence_is_told_when_the_patience_is_over_and_corrected_by_an_answer() {
    let text = "
        0.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        1.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        3.1  other
        7.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        7.1  10.0.1.20:443 > 10.0.0.7:51234  SYN,ACK seq=900 ack=101
        7.2  10.0.0.7:51234 > 10.0.1.20:443  ACK seq=101 ack=901
    ";
    assert_eq!(
        story(text),
        [
            (None, Outcome::Dropped, 3.0),
            (Some(Outcome::Dropped), Outcome::Established, 7.2)
        ]
    );
}

fn a_syn_that_stays_alone_is_told_when_time_is_told_on() {
    let text = "
        0.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        2.9  other
        3.0  other
        9.0  other
    ";
    assert_eq!(story(text), [(None, Outcome::Dropped, 3.0)]);
}

fn an_answer_without_ack_is_half_open_three_seconds_after_it() {
    let text = "
        0.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        2.5  10.0.1.20:443 > 10.0.0.7:51234  SYN,ACK seq=900 ack=101
        4.0  other
        5.6  other
    ";
    assert_eq!(story(text), [(None, Outcome::HalfOpen, 5.5)]);
}

fn a_refusal_is_told_with_its_packet_and_once() {
    let text = "
        0.0  10.0.0.7:51234 > 10.0.1.20:443  SYN seq=100
        0.1  10.0.1.20:443 > 10.0.0.7:51234  RST,ACK seq=0 ack=101
        9.0  other
        40   other
    ";
    assert_eq!(story(text), [(None, Outcome::Refused, 0.1)]);
}

fn syn(number: u32, at: Timestamp) -> (Vec<u8>, PacketPlace) {
    let [_, high, middle, low] = number.to_be_bytes();
    let mut packet = vec![0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0];
    packet.extend([198, high, middle, low, 10, 0, 1, 20]);
    packet.extend([0x9c, 0x40, 0x01, 0xbb]);
    packet.extend(number.to_be_bytes());
    packet.extend([0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0]);
    let place = PacketPlace {
        at,
        source: SourceId(0),
        number: PacketNumber(u64::from(number) + 1),
    };
    (packet, place)
}

fn observe(tracker: &mut LiveTracker, number: u32, at: Timestamp) {
    let (bytes, place) = syn(number, at);
    let packet = Packet {
        place,
        link_type: Some(LinkType::RAW),
        wire_length: 40,
        captured_on: tcpwhy::capture::CapturedOn::default(),
        options: None,
        bytes: &bytes,
    };
    tracker.observe(&decode(&packet), place);
}

fn what_is_over_is_let_go_so_that_days_fit_into_memory() {
    let mut tracker = LiveTracker::new(TrackerSettings::default(), Some(true));
    let start = Timestamp::from_nanoseconds(0);
    let mut most = 0;
    let mut closed = 0;
    for second in 0..2000 {
        let now = start.after(Duration::from_secs(second.into()));
        for number in second * 100..second * 100 + 100 {
            observe(&mut tracker, number, now);
        }
        tracker.watched_until(now);
        most = most.max(tracker.open_count());
        closed += tracker
            .take_verdicts()
            .filter(|verdict| matches!(verdict, Verdict::Closed { .. }))
            .count();
    }
    assert!(most <= 2000, "{most} were followed at once");
    assert!(closed >= 198_000, "only {closed} were let go");
}

/// In a flood all of them together would take as much memory again as everything else.
fn at_the_end_what_is_open_leaves_in_pieces_and_in_order() {
    let mut tracker = LiveTracker::new(TrackerSettings::default(), Some(true));
    let start = Timestamp::from_nanoseconds(0);
    for number in 0..20_000 {
        observe(&mut tracker, number, start);
    }
    let mut ended = Vec::new();
    loop {
        let has_more = tracker.finish_some();
        let before = ended.len();
        ended.extend(tracker.take_verdicts().map(|verdict| match verdict {
            Verdict::Closed { decided, .. } => decided.attempt.id,
            other => panic!("{other:?}"),
        }));
        let piece = ended.len() - before;
        assert!(piece <= 5000, "{piece} at once");
        if !has_more {
            break;
        }
    }
    assert_eq!(ended.len(), 20_000);
    assert!(ended.is_sorted());
}

fn a_clock_that_is_set_makes_no_silence() {
    let hour = Duration::from_secs(3600);
    let start = Timestamp::from_nanoseconds(0).after(hour);
    for other in [start.before(hour), start.after(hour)] {
        let mut tracker = LiveTracker::new(TrackerSettings::default(), Some(true));
        observe(&mut tracker, 1, start);
        tracker.clock_was_set();
        tracker.watched_until(other);
        observe(&mut tracker, 2, other);
        tracker.watched_until(other.after(Duration::from_secs(1)));
        let outcomes: Vec<Verdict> = tracker.take_verdicts().collect();
        let [
            Verdict::Closed {
                decided,
                before: None,
            },
        ] = outcomes.as_slice()
        else {
            panic!("{outcomes:?}");
        };
        assert_eq!(decided.judgement.outcome, Outcome::Pending);
        assert_eq!(tracker.open_count(), 1);
    }
}
