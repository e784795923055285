//! However attempts are shared out, and in whatever order their facts are merged: the diagnosis is
//! that of one place.

use proptest::prelude::*;

use super::Facts;
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{
    CaptureFacts, Encapsulation, Endpoint, IpFacts, Observation, Segment, SequenceNumber, TcpFlags,
    TcpOptions,
};
use crate::diagnosis::{CaptureQuality, Diagnosis, Diagnostician, Selection};
use crate::handshake::{DecidedAttempt, Tracker, TrackerSettings};

const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const ACK: u16 = 0x10;
const REFUSAL: u16 = 0x14;

/// A connect: when in milliseconds, of which client, to which server and port, how it goes on, and
/// how far away the answer is.
type Connect = (u32, u8, u8, u8, Fate, u8);

#[derive(Clone, Copy, Debug)]
enum Fate {
    Success,
    LateSuccess,
    HalfOpen,
    Refusal,
    Silence(u8),
    UnknownSyn,
}

fn connect() -> impl Strategy<Value = Connect> {
    let fate = prop_oneof![
        6 => Just(Fate::Success),
        1 => Just(Fate::LateSuccess),
        1 => Just(Fate::HalfOpen),
        3 => Just(Fate::Refusal),
        3 => (0_u8..3).prop_map(Fate::Silence),
        1 => Just(Fate::UnknownSyn),
    ];
    (0_u32..30_000, 0_u8..24, 0_u8..3, 0_u8..3, fate, 59_u8..62)
}

/// From whom, with which flags, how many milliseconds after the first.
fn packets(fate: Fate) -> Vec<(bool, u16, i64)> {
    let (syn, syn_ack, ack) = ((true, SYN, 0), (false, SYN_ACK, 1), (true, ACK, 2));
    match fate {
        Fate::Success => vec![syn, syn_ack, ack],
        Fate::LateSuccess => vec![
            syn,
            (true, SYN, 1000),
            (false, SYN_ACK, 1001),
            (true, ACK, 1002),
        ],
        Fate::HalfOpen => vec![syn, syn_ack],
        Fate::Refusal => vec![syn, (false, REFUSAL, 1)],
        Fate::Silence(more) => (0..=i64::from(more))
            .map(|number| (true, SYN, ((1 << number) - 1) * 1000))
            .collect(),
        Fate::UnknownSyn => vec![syn_ack],
    }
}

fn segment((source, destination): (Endpoint, Endpoint), flags: u16, ttl: u8) -> Segment {
    let (sequence, acknowledgment) = match flags {
        SYN => (1000, 0),
        SYN_ACK => (7000, 1001),
        ACK => (1001, 7001),
        _ => (0, 1001),
    };
    Segment {
        source,
        destination,
        ip: IpFacts {
            ttl,
            identification: Some(u16::from(ttl % 2)),
            dont_fragment: Some(true),
            traffic_class: 0,
            flow_label: None,
            capture: CaptureFacts::default(),
        },
        encapsulation: Encapsulation::default(),
        sequence: SequenceNumber(sequence),
        acknowledgment: SequenceNumber(acknowledgment),
        flags: TcpFlags(flags),
        window: Some(if flags == REFUSAL { 0 } else { 64_240 }),
        payload_length: 0,
        options: TcpOptions::default(),
        is_whole: true,
    }
}

/// What is seen of all of them, in order of time.
fn observed(connects: &[Connect]) -> Vec<(Observation, PacketPlace)> {
    let mut all: Vec<(i64, Segment)> = Vec::new();
    for (port, (start, client, server, service, fate, ttl)) in (10_000..).zip(connects) {
        let endpoint = |address: [u8; 4], port| Endpoint {
            address: address.into(),
            port,
        };
        let client = endpoint([10, 0, 0, *client], port);
        let server = endpoint([10, 0, 1, *server], 440 + u16::from(*service));
        for (is_of_client, flags, after) in packets(*fate) {
            let (ends, ttl) = if is_of_client {
                ((client, server), 64)
            } else {
                ((server, client), *ttl)
            };
            all.push((i64::from(*start) + after, segment(ends, flags, ttl)));
        }
    }
    all.sort_by_key(|(milliseconds, _)| *milliseconds);
    let place = |number, milliseconds: i64| PacketPlace {
        at: Timestamp::from_nanoseconds(milliseconds * 1_000_000),
        source: SourceId(0),
        number: PacketNumber(number),
    };
    (1..)
        .zip(all)
        .map(|(number, (milliseconds, segment))| {
            (Observation::Segment(segment), place(number, milliseconds))
        })
        .collect()
}

fn decided(packets: &[(Observation, PacketPlace)]) -> Vec<DecidedAttempt> {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut all = Vec::new();
    tracker.observe_all(packets);
    tracker.finish(|left| left.drain(|one| all.push(one)));
    let mut earlier = crate::handshake::Decisions::default();
    tracker.swap_decided(&mut earlier);
    earlier.drain(|one| all.push(one));
    all
}

/// What a report is made of.
fn said(diagnosis: &Diagnosis) -> String {
    let endpoints = diagnosis.endpoints.iter().map(|endpoint| {
        let counts = (endpoint.outcomes, endpoint.folded, endpoint.clients());
        let failures = (endpoint.first_failure, endpoint.last_failure);
        let times: Vec<(u64, u64)> = endpoint.answer_times.counts().collect();
        let more = (
            endpoint.vantage,
            &endpoint.over_time.counts(endpoint.over_time.width()),
        );
        let example = &endpoint.example;
        format!(
            "{} {counts:?} {failures:?} {times:?} {more:?} {example:?}",
            endpoint.server
        )
    });
    format!(
        "{:?} {:?} {:?} {:?} {:?} {} {} {:?} {:?}",
        diagnosis.outcomes,
        diagnosis.over_time.counts(diagnosis.over_time.width()),
        endpoints.collect::<Vec<_>>(),
        diagnosis.findings,
        diagnosis.attempts,
        diagnosis.attempts_omitted,
        diagnosis.highest_id,
        diagnosis.evidence,
        diagnosis.limits,
    )
}

/// A place in which facts are collected, with so small a share of each server that it is soon
/// reached.
fn place(share: usize) -> Diagnostician {
    let mut place = Diagnostician::new(Selection::default(), Some(20));
    place.keep_for_evidence(7);
    place.comparison.start_with_share(share);
    place
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn facts_merge_to_those_of_one_place(
        connects in proptest::collection::vec(connect(), 1..700),
        shares in proptest::collection::vec(0_usize..4, 700),
        merges in proptest::collection::vec((0_usize..8, 0_usize..8), 4),
        is_reversed: bool,
        share in prop_oneof![Just(4_usize), Just(16), Just(8192)],
    ) {
        let packets = observed(&connects);
        let mut attempts = decided(&packets);
        let (mut one, mut packet_facts) = (place(share), place(share));
        for (observation, _) in &packets {
            one.observe(observation);
            packet_facts.observe(observation);
        }
        for attempt in &attempts {
            one.add(attempt.clone());
        }
        if is_reversed {
            attempts.reverse();
        }
        let mut places: Vec<Diagnostician> = (0..4).map(|_| place(share)).collect();
        for attempt in attempts {
            // By the 4-tuple: each connect has a client's port of its own.
            let number = usize::from(attempt.attempt.client.port) - 10_000;
            let index = shares.get(number).copied().unwrap_or(0);
            if let Some(place) = places.get_mut(index) {
                place.add(attempt);
            }
        }
        places.push(packet_facts);
        for (into, from) in merges {
            let from = places.swap_remove(from % places.len());
            let into = into % places.len();
            if let Some(place) = places.get_mut(into) {
                place.merge(from);
            }
        }
        prop_assert_eq!(places.len(), 1);
        let quality = CaptureQuality::default();
        let merged = places.into_iter().map(|place| said(&place.finish(&quality)));
        prop_assert_eq!(merged.collect::<Vec<_>>(), vec![said(&one.finish(&quality))]);
    }
}
