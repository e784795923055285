//! Whether attempts are kept as rows must not show in what is decided.

use proptest::prelude::*;

use super::super::decided::DecidedAttempt;
use super::super::tracker::{Tracker, TrackerSettings};
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{
    CaptureFacts, Encapsulation, EncapsulationLayer, Endpoint, IcmpError, IcmpKind, IpFacts,
    Observation, QuotedSegment, Segment, SequenceNumber, TcpFlags, TcpOptions,
};

const SYN: u16 = 0x02;
const REFUSAL: u16 = 0x14;

/// What may happen next on one of a few 4-tuples.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Microseconds since the step before.
    pause: u64,
    client: u8,
    kind: Kind,
    /// A few alternatives of what is said: mostly 0.
    oddity: u8,
    identification: u16,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Syn,
    Refusal,
    SynAck,
    Ack,
    ClientData,
    ServerAck,
    ServerData,
    ClientFin,
    ServerFin,
    ServerReset,
    ClientReset,
    IcmpError,
}

fn step() -> impl Strategy<Value = Step> {
    let pause = prop_oneof![
        Just(0),
        Just(40),
        Just(50_000),
        Just(150_000),
        Just(250_000),
        Just(1_000_000),
        Just(3_000_000),
        Just(9_000_000),
    ];
    let kind = prop_oneof![
        8 => Just(Kind::Syn),
        4 => Just(Kind::Refusal),
        2 => Just(Kind::IcmpError),
        5 => Just(Kind::SynAck),
        4 => Just(Kind::Ack),
        2 => Just(Kind::ClientData),
        1 => Just(Kind::ServerAck),
        1 => Just(Kind::ServerData),
        1 => Just(Kind::ClientFin),
        1 => Just(Kind::ServerFin),
        1 => Just(Kind::ServerReset),
        1 => Just(Kind::ClientReset),
    ];
    let oddity = prop_oneof![12 => Just(0_u8), 1 => 1_u8..12];
    (pause, 0_u8..6, kind, oddity, 0_u16..3).prop_map(
        |(pause, client, kind, oddity, identification)| Step {
            pause,
            client,
            kind,
            oddity,
            identification,
        },
    )
}

fn ends(client: u8) -> (Endpoint, Endpoint) {
    // The last two are one address and port that connects to itself, and IPv6.
    let endpoint = |text: &str, port| Endpoint {
        address: text.parse().unwrap(),
        port,
    };
    match client {
        4 => (endpoint("10.0.0.9", 443), endpoint("10.0.0.9", 443)),
        5 => (
            endpoint("2001:db8::7", 40_000),
            endpoint("2001:db8::20", 443),
        ),
        _ => (
            endpoint("10.0.0.7", 40_000 + u16::from(client)),
            endpoint("10.0.1.20", 443),
        ),
    }
}

fn ip(step: Step) -> IpFacts {
    let is_ipv6 = step.client == 5;
    IpFacts {
        ttl: if step.oddity == 1 { 63 } else { 64 },
        identification: (!is_ipv6).then_some(step.identification),
        dont_fragment: (!is_ipv6).then_some(step.oddity != 2),
        traffic_class: if step.oddity == 3 { 0x10 } else { 0 },
        flow_label: is_ipv6.then_some(u32::from(step.identification) * 7),
        capture: CaptureFacts::default(),
    }
}

/// The second and third client are in a VLAN, of which some packets are captured without the tag.
fn encapsulation(step: Step) -> Encapsulation {
    let mut encapsulation = Encapsulation::default();
    if matches!(step.client, 1 | 2) && step.identification > 0 {
        encapsulation.push(EncapsulationLayer::Vlan(step.client.into()));
    }
    encapsulation
}

fn segment(step: Step, at_microseconds: u64) -> Segment {
    let (client, server) = ends(step.client);
    let isn = SequenceNumber(if step.oddity == 4 { 2000 } else { 1000 });
    let (source, destination, flags, sequence, acknowledgment) = match step.kind {
        Kind::Syn => (client, server, SYN, isn, SequenceNumber(0)),
        Kind::Refusal => (server, client, REFUSAL, SequenceNumber(0), isn.plus(1)),
        Kind::SynAck => (server, client, 0x12, SequenceNumber(7000), isn.plus(1)),
        Kind::Ack | Kind::ClientData => (client, server, 0x10, isn.plus(1), SequenceNumber(7001)),
        Kind::ClientFin => (client, server, 0x11, isn.plus(6), SequenceNumber(7001)),
        Kind::ServerAck | Kind::ServerData => {
            (server, client, 0x10, SequenceNumber(7001), isn.plus(1))
        }
        Kind::ServerFin => (server, client, 0x11, SequenceNumber(7001), isn.plus(6)),
        Kind::ServerReset => (
            server,
            client,
            0x04,
            SequenceNumber(7001),
            SequenceNumber(0),
        ),
        _ => (client, server, 0x04, isn.plus(1), SequenceNumber(0)),
    };
    let has_options = matches!(step.kind, Kind::Syn | Kind::SynAck) && step.oddity != 5;
    let has_payload = matches!(step.kind, Kind::ClientData | Kind::ServerData);
    let milliseconds = u32::try_from(at_microseconds / 1000).unwrap();
    Segment {
        source,
        destination,
        ip: ip(step),
        encapsulation: encapsulation(step),
        sequence: sequence.plus(u32::from(step.oddity == 6)),
        acknowledgment: acknowledgment.plus(u32::from(step.oddity == 7)),
        flags: TcpFlags(flags | if step.oddity == 8 { 0xc0 } else { 0 }),
        window: (step.oddity != 9).then_some(if step.oddity == 10 { 1024 } else { 64240 }),
        payload_length: if step.oddity == 11 || has_payload {
            5
        } else {
            0
        },
        options: TcpOptions {
            maximum_segment_size: has_options.then_some(1460),
            // Without them, only time tells a copy from a repetition.
            timestamps: (has_options && step.client.is_multiple_of(2)).then_some((milliseconds, 0)),
            sack_permitted: has_options,
            ..TcpOptions::default()
        },
        is_whole: step.oddity != 9,
    }
}

fn icmp_error(step: Step) -> IcmpError {
    let (source, destination) = ends(step.client);
    let is_ipv6 = step.client == 5;
    IcmpError {
        sender: if is_ipv6 || step.oddity == 1 {
            destination.address
        } else {
            [10, 0, 0, 1].into()
        },
        ip: ip(step),
        kind: match (is_ipv6, step.oddity) {
            (true, _) => IcmpKind::V6(1, 4),
            (false, 2) => IcmpKind::V4(3, 4),
            (false, _) => IcmpKind::V4(3, 1),
        },
        mtu: (!is_ipv6 && step.oddity == 2).then_some(1400),
        encapsulation: encapsulation(step),
        quote: QuotedSegment {
            source,
            destination,
            ttl: 63,
            sequence: (step.oddity != 3).then_some(SequenceNumber(if step.oddity == 4 {
                2000
            } else {
                1000
            })),
            flags: (step.oddity != 5).then_some(TcpFlags(SYN)),
        },
    }
}

fn observed(steps: &[Step]) -> Vec<(Observation, PacketPlace)> {
    let mut at_microseconds = 0;
    let packet = |(number, step): (u64, &Step)| {
        at_microseconds += step.pause;
        let place = PacketPlace {
            at: Timestamp::from_nanoseconds(i64::try_from(at_microseconds * 1000).unwrap()),
            source: SourceId(u32::from(step.oddity == 1)),
            number: PacketNumber(number),
        };
        let observation = match step.kind {
            Kind::IcmpError => Observation::IcmpError(icmp_error(*step)),
            _ => Observation::Segment(segment(*step, at_microseconds)),
        };
        (observation, place)
    };
    (1..).zip(steps).map(packet).collect()
}

/// All that is decided, and how many packets were duplicates.
fn decided_by(
    mut tracker: Tracker,
    packets: &[(Observation, PacketPlace)],
) -> (Vec<DecidedAttempt>, u64) {
    let mut decided = Vec::new();
    for (observation, place) in packets {
        tracker.observe(observation, *place);
    }
    tracker.finish(|decisions| decisions.drain(|one| decided.push(one)));
    decided.sort_by_key(|decided| decided.attempt.id);
    (decided, tracker.duplicates())
}

#[test]
fn it_takes_less_than_half_the_room() {
    assert_eq!(size_of::<super::Regular>(), 216);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_regular_attempt_is_the_whole_attempt(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let packets = observed(&steps);
        let settings = TrackerSettings::default();
        let in_full = decided_by(Tracker::in_full(settings), &packets);
        prop_assert_eq!(&decided_by(Tracker::new(settings), &packets), &in_full);
    }
}
