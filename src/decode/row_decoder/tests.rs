//! What is decoded into rows is what the layers tell.

use std::sync::Arc;

use etherparse::PacketBuilder;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::tests::{in_ipv4, read_link_types, speaking_bytes};
use super::super::{BatchEntry, Contexts, FlowHasher, Observation, RowBatch, decode_by_layers};
use super::{RowCounts, RowDecoder};
use crate::capture::{
    CaptureSet, CapturedOn, LinkType, Packet, PacketNumber, PacketPlace, SourceId, Timestamp,
};

fn decoder() -> RowDecoder {
    RowDecoder::new(Arc::new(Contexts::default()), FlowHasher::default())
}

fn packet(link_type: LinkType, bytes: &[u8]) -> Packet<'_> {
    Packet {
        place: PacketPlace {
            at: Timestamp::from_nanoseconds(1_700_000_000_123_456_789),
            source: SourceId(3),
            number: PacketNumber(17),
        },
        link_type: Some(link_type),
        bytes,
        wire_length: u32::try_from(bytes.len()).unwrap(),
        captured_on: CapturedOn::default(),
        options: None,
    }
}

/// What a batch says of one of its packets, and where it was captured.
fn told(
    entry: BatchEntry<'_>,
    batch: &RowBatch,
    decoder: &RowDecoder,
) -> (Observation, PacketPlace, Timestamp) {
    let (observation, place, hash, clock) = match entry {
        BatchEntry::Row(row, hash, clock) => {
            let contexts = decoder.contexts();
            let observation = if row.is_icmp_error() {
                Observation::IcmpError(row.icmp_error(contexts, &batch.addresses))
            } else {
                Observation::Segment(row.segment(contexts, &batch.addresses))
            };
            let sender = row.sender(&batch.addresses);
            let as_number = row
                .ipv4_sender()
                .map(|bits| std::net::Ipv4Addr::from_bits(bits).into());
            assert_eq!(as_number, Some(sender).filter(std::net::IpAddr::is_ipv4));
            (observation, row.place(), hash, clock)
        }
        BatchEntry::Odd(odd) => (odd.observation.clone(), odd.place, odd.hash, odd.clock),
    };
    let (one, other) = match &observation {
        Observation::Segment(segment) => (segment.source, segment.destination),
        Observation::IcmpError(error) => (error.quote.source, error.quote.destination),
        other => panic!("not about a connect: {other:?}"),
    };
    assert_eq!(hash, decoder.hasher().hash(one, other), "{observation:?}");
    (observation, place, clock)
}

/// Decodes one packet into a batch, and tells what came out, wherever it went.
fn through_rows(packet: &Packet<'_>) -> Observation {
    let mut decoder = decoder();
    let mut batches = [RowBatch::default()];
    let beside = decoder.push(packet, &mut batches);
    let [batch] = &batches;
    let in_batch: Vec<Observation> = batch
        .entries()
        .map(|entry| {
            let (observation, place, clock) = told(entry, batch, &decoder);
            assert_eq!((place, clock), (packet.place, packet.place.at));
            observation
        })
        .collect();
    let counts = decoder.take_counts();
    match (beside, in_batch.as_slice()) {
        (None, [one]) => {
            let expected = match one {
                Observation::Segment(_) => (1, 0),
                _ => (0, 1),
            };
            assert_eq!((counts.segments, counts.icmp_errors), expected);
            one.clone()
        }
        (Some(beside), []) => {
            assert_eq!(counts, RowCounts::default());
            beside
        }
        other => panic!("said twice, or not at all: {other:?}"),
    }
}

/// The packet of a frame of these layers, cut and changed.
#[derive(Clone, Debug)]
struct Almost {
    is_ipv6: bool,
    is_udp: bool,
    options: Vec<u8>,
    payload_length: usize,
    changes: Vec<(usize, u8)>,
    cut: usize,
}

impl Almost {
    fn ip_packet(&self) -> Vec<u8> {
        let builder = if self.is_ipv6 {
            PacketBuilder::ipv6([0x20; 16], [0x21; 16], 64)
        } else {
            PacketBuilder::ipv4([10, 0, 0, 7], [10, 0, 1, 20], 64)
        };
        let payload = vec![7; self.payload_length];
        let mut bytes = Vec::new();
        if self.is_udp {
            let builder = builder.udp(40_000, 443);
            builder.write(&mut bytes, &payload).unwrap();
        } else {
            let builder = builder.tcp(40_000, 443, 0x0102_0304, 5_000).psh().ack(9);
            let builder = builder.options_raw(&self.options).unwrap();
            builder.write(&mut bytes, &payload).unwrap();
        }
        bytes
    }

    /// Behind this.
    fn behind(&self, link: &[u8]) -> Vec<u8> {
        let mut bytes = [link, &self.ip_packet()].concat();
        for (offset, value) in &self.changes {
            if let Some(byte) = bytes.get_mut(*offset) {
                *byte = *value;
            }
        }
        bytes.truncate(self.cut);
        bytes
    }
}

fn options() -> impl Strategy<Value = Vec<u8>> {
    let usual: &[&[u8]] = &[
        &[],
        &[1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8],
        &[
            2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
        ],
        &[2, 4, 5, 180, 1, 3, 3, 8, 1, 1, 4, 2],
        &[
            2, 4, 5, 180, 1, 3, 3, 6, 1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 4, 2, 0, 0,
        ],
        &[2, 4, 5, 180, 1, 3, 3, 40, 1, 1, 4, 2],
        &[3, 3, 31, 0],
        &[3, 3, 32, 0],
        &[34, 2, 30, 4, 0, 0, 19, 18],
    ];
    prop_oneof![
        3 => prop::sample::select(usual).prop_map(<[u8]>::to_vec),
        1 => (prop::sample::select(usual), 0_usize..24, any::<u8>()).prop_map(|(usual, at, value)| {
            let mut changed = usual.to_vec();
            if let Some(byte) = changed.get_mut(at) {
                *byte = value;
            }
            changed
        }),
        1 => vec(prop_oneof![0_u8..12, any::<u8>()], 0..40),
    ]
}

fn almost() -> impl Strategy<Value = Almost> {
    let value = prop_oneof![
        Just(0_u8),
        Just(0x45),
        Just(0x60),
        Just(0x06),
        Just(0x40),
        Just(0x20),
        Just(1),
        Just(53),
        any::<u8>()
    ];
    let changes = vec((0_usize..110, value), 0..4);
    let cut = prop_oneof![Just(2_000_usize), 0_usize..130];
    (
        any::<bool>(),
        any::<bool>(),
        options(),
        0_usize..40,
        changes,
        cut,
    )
        .prop_map(
            |(is_ipv6, is_udp, options, payload_length, changes, cut)| Almost {
                is_ipv6,
                is_udp,
                options,
                payload_length,
                changes,
                cut,
            },
        )
}

/// Link layers in front of an IP packet: those with a short way, and others.
fn link(which: usize, is_ipv6: bool) -> (LinkType, Vec<u8>) {
    let protocol: [u8; 2] = if is_ipv6 { [0x86, 0xdd] } else { [8, 0] };
    let family = if is_ipv6 { 30 } else { 2 };
    let ethernet = |kind: &[u8]| [&[2; 12][..], kind, &protocol].concat();
    let cooked = |hardware: u16| {
        [
            &[0, 4][..],
            &hardware.to_be_bytes(),
            &[0, 6],
            &[9; 8],
            &protocol,
        ]
        .concat()
    };
    let cooked_2 = |hardware: u16| {
        let hardware = hardware.to_be_bytes();
        [
            &protocol[..],
            &[0, 0, 0, 0, 0, 3],
            &hardware,
            &[4, 6],
            &[9; 8],
        ]
        .concat()
    };
    match which {
        0 => (LinkType::ETHERNET, ethernet(&[])),
        1 => (LinkType::ETHERNET, ethernet(&[0x81, 0, 0x60, 12])),
        2 => (
            LinkType::ETHERNET,
            ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 12]),
        ),
        3 => (LinkType::LINUX_SLL, cooked(1)),
        4 => (LinkType::LINUX_SLL, cooked(772)),
        5 => (LinkType::LINUX_SLL, cooked(803)),
        6 => (LinkType::LINUX_SLL2, cooked_2(1)),
        7 => (LinkType::LINUX_SLL2, cooked_2(0xfffe)),
        8 => (LinkType::LINUX_SLL2, cooked_2(824)),
        9 => (LinkType::NULL, vec![family, 0, 0, 0]),
        10 => (LinkType::LOOP, vec![0, 0, 0, family]),
        11 => (LinkType::RAW, Vec::new()),
        12 => (LinkType::IPV6, Vec::new()),
        _ => (
            LinkType::PPP,
            vec![0xff, 3, 0, if is_ipv6 { 0x57 } else { 0x21 }],
        ),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn almost_usual_packets_say_in_rows_what_the_layers_tell(which in 0_usize..14, almost in almost(), not_captured in 0_u32..100_000) {
        let (link_type, link) = link(which, almost.is_ipv6);
        let bytes = almost.behind(&link);
        let mut packet = packet(link_type, &bytes);
        packet.wire_length += not_captured;
        prop_assert_eq!(through_rows(&packet), decode_by_layers(&packet));
    }

    #[test]
    fn any_bytes_say_in_rows_what_the_layers_tell(
        link_type in prop::sample::select(read_link_types()),
        protocol in prop::sample::select(vec![None, Some(4_u8), Some(17), Some(41), Some(47), Some(1)]),
        bytes in speaking_bytes(),
    ) {
        let (link_type, bytes) = match protocol {
            None => (link_type, bytes),
            Some(protocol) => (LinkType::RAW, in_ipv4(protocol, &bytes)),
        };
        let packet = packet(link_type, &bytes);
        prop_assert_eq!(through_rows(&packet), decode_by_layers(&packet));
    }
}

#[test]
fn every_ethernet_type_is_what_the_layers_tell() {
    for ether_type in 0..=u16::MAX {
        let [high, low] = ether_type.to_be_bytes();
        let frame = [&[2; 12][..], &[high, low], &[0x45; 60]].concat();
        let packet = packet(LinkType::ETHERNET, &frame);
        assert_eq!(
            through_rows(&packet),
            decode_by_layers(&packet),
            "{ether_type:#06x}"
        );
    }
}

#[test]
fn every_datagram_port_is_what_the_layers_tell() {
    for port in 0..=u16::MAX {
        for ports in [[port, 9], [9, port]] {
            let header = [ports[0], ports[1], 24, 0].map(u16::to_be_bytes).concat();
            let bytes = in_ipv4(17, &[header, vec![8; 16]].concat());
            let packet = packet(LinkType::RAW, &bytes);
            assert_eq!(
                through_rows(&packet),
                decode_by_layers(&packet),
                "{ports:?}"
            );
        }
    }
}

/// The captures in a folder of the package.
fn captures_below(folder: &str) -> Vec<std::path::PathBuf> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|end| end == "pcap" || end == "pcapng")
        })
        .collect();
    paths.sort();
    paths
}

/// Reads all packets of a capture into as many shards, a few at once; everything that comes out, in
/// the order of the capture.
fn all_through_shards(path: &std::path::Path, shards: usize) -> Vec<(PacketPlace, Observation)> {
    let mut captures = CaptureSet::open(&[path.to_owned()]).captures;
    let mut decoder = decoder();
    let mut batches = vec![RowBatch::default(); shards];
    let mut all = Vec::new();
    let mut clock = Timestamp::EARLIEST;
    let mut is_at_end = false;
    while !is_at_end {
        decoder.begin(&mut batches);
        assert!(
            batches
                .iter()
                .all(|batch| batch.is_empty() && batch.clock.start == clock)
        );
        let given = captures.give_next(50, |packet, _| {
            clock = clock.max(packet.place.at);
            if let Some(beside) = decoder.push(packet, &mut batches) {
                all.push((packet.place, beside, clock));
            }
        });
        decoder.end(&mut batches);
        is_at_end = given == 0;
        for batch in &batches {
            assert_eq!(batch.clock.end, clock);
            let in_batch = batch.entries().map(|entry| told(entry, batch, &decoder));
            let in_batch: Vec<_> = in_batch.collect();
            assert!(in_batch.is_sorted_by_key(|(_, place, _)| place.number));
            all.extend(
                in_batch
                    .into_iter()
                    .map(|(told, place, clock)| (place, told, clock)),
            );
        }
    }
    all.sort_by_key(|(place, ..)| place.number);
    let mut clock = Timestamp::EARLIEST;
    for (place, _, told) in &all {
        clock = clock.max(place.at);
        assert_eq!(*told, clock, "packet {}", place.number.0);
    }
    all.into_iter()
        .map(|(place, told, _)| (place, told))
        .collect()
}

#[test]
fn samples_say_in_rows_what_the_layers_tell() {
    let captures = captures_below("samples");
    assert!(captures.len() > 30);
    // The layers alone do not say what the capture tells of its packets, as a filter's log does.
    let is_log = |path: &std::path::Path| path.to_string_lossy().contains("flog");
    for path in captures.into_iter().filter(|path| !is_log(path.as_path())) {
        let mut one_by_one = Vec::new();
        let mut captures = CaptureSet::open(std::slice::from_ref(&path)).captures;
        while let Some(packet) = captures.next_packet() {
            one_by_one.push((packet.place, decode_by_layers(&packet)));
        }
        for shards in [1, 3] {
            let through_shards = all_through_shards(&path, shards);
            assert_eq!(through_shards, one_by_one, "{} in {shards}", path.display());
        }
    }
}

#[test]
fn what_no_row_has_room_for_stands_between_the_rows_where_it_came() {
    let usual = Almost {
        is_ipv6: false,
        is_udp: false,
        options: Vec::new(),
        payload_length: 0,
        changes: Vec::new(),
        cut: usize::MAX,
    };
    let odd = Almost {
        options: vec![3, 3, 200, 0],
        ..usual.clone()
    };
    let mut decoder = decoder();
    let mut batches = [RowBatch::default()];
    let order = [&odd, &usual, &odd, &odd, &usual, &odd];
    for (number, almost) in (1_u64..).zip(order) {
        let bytes = almost.ip_packet();
        let mut packet = packet(LinkType::RAW, &bytes);
        packet.place.number = PacketNumber(number);
        assert_eq!(decoder.push(&packet, &mut batches), None);
    }
    let [batch] = &batches;
    assert_eq!((batch.rows.len(), batch.odd.len()), (2, 4));
    let numbers: Vec<u64> = batch
        .entries()
        .map(|entry| told(entry, batch, &decoder).1.number.0)
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_clock_never_goes_back() {
    let usual = Almost {
        is_ipv6: false,
        is_udp: false,
        options: Vec::new(),
        payload_length: 0,
        changes: Vec::new(),
        cut: usize::MAX,
    };
    let bytes = usual.ip_packet();
    let mut decoder = decoder();
    let mut batches = [RowBatch::default()];
    for at in [5, 9, 3, 9, 12, 1] {
        let mut packet = packet(LinkType::RAW, &bytes);
        packet.place.at = Timestamp::from_nanoseconds(at);
        assert_eq!(decoder.push(&packet, &mut batches), None);
    }
    decoder.end(&mut batches);
    let [batch] = &batches;
    let clocks: Vec<i64> = batch
        .entries()
        .map(|entry| told(entry, batch, &decoder).2.nanoseconds())
        .collect();
    assert_eq!(clocks, [5, 9, 9, 9, 12, 12]);
    assert_eq!(batch.late.len(), 2);
    assert_eq!(batch.clock.end.nanoseconds(), 12);
}
