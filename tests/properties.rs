//! What must hold for any input.

use std::net::SocketAddr;
use std::path::PathBuf;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tcpwhy::capture::{CapturedOn, LinkType, Packet, PacketPlace};
use tcpwhy::decode::{decode, decode_by_layers};

use crate::support::frames::{SegmentPlan, icmp_error};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::{json_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    decoding_never_panics,
    the_short_way_agrees_with_the_long_one,
    reading_names_never_panics_or_hangs,
    decoding_damaged_packets_never_panics,
    reading_never_panics,
    reading_damaged_samples_never_panics,
    a_cut_changes_only_what_came_after_it,
    the_order_of_files_changes_nothing,
    flows_do_not_disturb_each_other,
];

/// Reads the bytes as a capture file, if they are one.
fn read(bytes: &[u8]) -> Option<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("any");
    std::fs::write(&path, bytes).unwrap();
    let opened = tcpwhy::capture::CaptureSet::open(std::slice::from_ref(&path));
    if opened.errors.is_empty() {
        Some(json_on(&[path]))
    } else {
        None
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    fn decoding_never_panics(link_type in prop_oneof![0_u32..300, Just(1_u32)], bytes in vec(any::<u8>(), 0..200), wire_length: u32) {
        let packet = Packet {
            place: PacketPlace::default(),
            link_type: Some(LinkType(link_type)),
            bytes: &bytes,
            wire_length,
            captured_on: CapturedOn::default(),
            options: None,
        };
        prop_assert_eq!(decode(&packet), decode_by_layers(&packet));
    }

    /// The common packet has a short way through the decoder: frames that almost are such a packet,
    /// cut anywhere.
    fn the_short_way_agrees_with_the_long_one(
        is_ipv6: bool,
        changes in vec((0_usize..80, prop_oneof![Just(0_u8), Just(0x45), Just(0x06), Just(0x40), any::<u8>()]), 0..5),
        cut in 0_usize..120,
        extra in 0_u32..1500,
    ) {
        let client = if is_ipv6 { "[2001:db8::7]:40000" } else { "10.0.0.7:40000" };
        let server = if is_ipv6 { "[2001:db8::20]:443" } else { "10.0.1.20:443" };
        let plan = SegmentPlan {
            options: vec![2, 4, 5, 180],
            payload_length: 30,
            traffic_class: 0xb9,
            flow_label: 0x12345,
            identification: 77,
            ..SegmentPlan::new(client.parse().unwrap(), server.parse().unwrap(), 0x18)
        };
        let mut bytes = plan.frame();
        for (offset, value) in changes {
            if let Some(byte) = bytes.get_mut(offset) {
                *byte = value;
            }
        }
        bytes.truncate(cut);
        let packet = Packet {
            place: PacketPlace::default(),
            link_type: Some(LinkType::ETHERNET),
            bytes: &bytes,
            wire_length: u32::try_from(bytes.len()).unwrap() + extra,
            captured_on: CapturedOn::default(),
            options: None,
        };
        prop_assert_eq!(decode(&packet), decode_by_layers(&packet));
    }

    /// DNS answers: pointers that go in circles, counts that lie, names without end.
    fn reading_names_never_panics_or_hangs(start in 0_usize..3, bytes in vec(prop_oneof![Just(0xc0_u8), Just(0x0c), Just(1), any::<u8>()], 0..300)) {
        let header: &[u8] = [&[0, 1, 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0][..], &[0, 1, 0x81, 0x80, 255, 255, 255, 255, 0, 0, 0, 0], &[]][start];
        let message = [header, &bytes].concat();
        let length = u16::try_from(8 + message.len()).unwrap();
        let udp = [&[0, 53, 0xc0, 0][..], &length.to_be_bytes(), &[0, 0], &message].concat();
        let ip = crate::support::frames::IpPlan {
            source: [10, 0, 0, 1].into(),
            destination: [10, 0, 0, 7].into(),
            protocol: etherparse::IpNumber::UDP,
            ttl: 64,
            identification: 0,
            traffic_class: 0,
            flow_label: 0,
        };
        let packet = ip.around(&udp);
        let packet = Packet {
            place: PacketPlace::default(),
            link_type: Some(LinkType::RAW),
            bytes: &packet,
            wire_length: 0,
            captured_on: CapturedOn::default(),
            options: None,
        };
        prop_assert_eq!(decode(&packet), decode_by_layers(&packet));
    }

    /// Bytes that start like something: the decoder gets further before they stop making sense.
    fn decoding_damaged_packets_never_panics(
        sample in 0_usize..4096,
        cut in 0_usize..400,
        changes in vec((0_usize..120, any::<u8>()), 0..8),
    ) {
        let packets = packets_of_samples();
        let (link_type, bytes) = &packets[sample % packets.len()];
        let mut bytes = bytes.clone();
        for (offset, value) in changes {
            let length = bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(offset % length) {
                *byte = value;
            }
        }
        bytes.truncate(cut);
        let packet = Packet {
            place: PacketPlace::default(),
            link_type: Some(*link_type),
            bytes: &bytes,
            wire_length: 0,
            captured_on: CapturedOn::default(),
            options: None,
        };
        prop_assert_eq!(decode(&packet), decode_by_layers(&packet));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    fn reading_never_panics(magic in 0_usize..8, bytes in vec(any::<u8>(), 0..600)) {
        let magics: [&[u8]; 8] = [
            &[0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4],
            &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0],
            &[0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 1, 0],
            &[0x34, 0xcd, 0xb2, 0xa1, 2, 0, 4, 0],
            &[0x0a, 0x0d, 0x0d, 0x0a, 0x1c, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0x1c, 0, 0, 0],
            &[0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0x1c, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0x1c],
            &[0x0a, 0x0d, 0x0d, 0x0a],
            &[],
        ];
        let _ = read(&[magics[magic], &bytes].concat());
    }

    fn reading_damaged_samples_never_panics(
        sample in 0_usize..4096,
        changes in vec((0_usize..2000, any::<u8>()), 1..12),
        cut in 0_usize..8000,
    ) {
        let samples = samples();
        let mut bytes = std::fs::read(&samples[sample % samples.len()]).unwrap();
        for (offset, value) in changes {
            let length = bytes.len();
            bytes[offset % length] = value;
        }
        bytes.truncate(cut.max(1));
        let _ = read(&bytes);
    }

    /// Cutting a capture changes only what came after the cut, or was undecided.
    fn a_cut_changes_only_what_came_after_it(sample in 0_usize..4096, share in 0.0_f64..1.0) {
        let samples = samples();
        let path = &samples[sample % samples.len()];
        let bytes = std::fs::read(path).unwrap();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a share of a small file")]
        let cut = 24 + ((bytes.len() - 24) as f64 * share) as usize;
        let whole = json_on(std::slice::from_ref(path));
        let Some(part) = read(&bytes[..cut]) else { return Ok(()) };
        let read_packets = part["capture"]["packets"].as_u64().unwrap();
        for attempt in whole["attempts"].as_array().unwrap() {
            let is_before_the_cut = attempt["evidence"].as_array().unwrap().iter()
                .all(|packet| packet["packet"].as_u64().unwrap() <= read_packets);
            // Two things are known of a capture at its end only: its filter, and answers from
            // elsewhere.
            let is_known_at_the_end = attempt["notes"].to_string().contains("filtered")
                || attempt["cause"] == "answer_from_other_address";
            if !is_before_the_cut || is_known_at_the_end {
                continue;
            }
            let id = &attempt["id"];
            let same = part["attempts"].as_array().unwrap().iter().find(|other| other["id"] == *id);
            let same = same.unwrap_or_else(|| panic!("{} lost attempt {id} at {cut}", path.display()));
            prop_assert!(
                same["outcome"] == attempt["outcome"] || same["outcome"] == "pending",
                "{} cut at {cut}: {} became {}", path.display(), attempt["outcome"], same["outcome"]
            );
        }
    }

    /// One capture in several files, named in any order, is the one capture. (Cut where time moves
    /// on: what two sources show of one moment are copies, not repetitions.)
    fn the_order_of_files_changes_nothing(
        conversations in conversations(),
        cuts in vec(any::<prop::sample::Index>(), 0..4),
        reversed: bool,
    ) {
        let packets = in_time_order(&conversations, &[]);
        let whole = attempts_of_files(&[pcap_file(1, &packets)], false);
        let moments: Vec<usize> = (1..packets.len())
            .filter(|index| packets[index - 1].nanoseconds < packets[*index].nanoseconds)
            .chain([0])
            .collect();
        let mut ends: Vec<usize> = cuts.iter().map(|cut| *cut.get(&moments)).collect();
        ends.push(packets.len());
        ends.sort_unstable();
        let mut files = Vec::new();
        let mut start = 0;
        for end in ends {
            files.push(pcap_file(1, &packets[start..end]));
            start = end;
        }
        prop_assert_eq!(attempts_of_files(&files, reversed), whole);
    }

    /// Packets of different flows with equal times may stand in any order.
    fn flows_do_not_disturb_each_other(conversations in conversations(), order in vec(any::<u16>(), 0..60)) {
        let one = in_time_order(&conversations, &[]);
        let other = in_time_order(&conversations, &order);
        prop_assert_eq!(
            attempts_of_files(&[pcap_file(1, &one)], false),
            attempts_of_files(&[pcap_file(1, &other)], false)
        );
    }
}

fn packets_of_samples() -> &'static [(LinkType, Vec<u8>)] {
    static PACKETS: std::sync::OnceLock<Vec<(LinkType, Vec<u8>)>> = std::sync::OnceLock::new();
    PACKETS.get_or_init(|| {
        let mut captures = tcpwhy::capture::CaptureSet::open(&samples()).captures;
        let mut packets = Vec::new();
        while let Some(packet) = captures.next_packet() {
            packets.push((packet.link_type.unwrap(), packet.bytes.to_vec()));
        }
        packets
    })
}

/// What one of a flow's packets is: the second it comes in, its kind, and numbers to vary it.
type Step = (u8, u8, u8);

/// A few flows, each with packets of its own.
fn conversations() -> impl Strategy<Value = Vec<Vec<Step>>> {
    vec(vec((0_u8..6, 0_u8..10, 0_u8..4), 1..12), 1..6)
}

/// All packets in order of time. Those of one second are ordered by flow, or mixed as `order` says;
/// the order within a flow is always the same.
fn in_time_order(conversations: &[Vec<Step>], order: &[u16]) -> Vec<CapturedPacket> {
    let mut waiting: Vec<std::collections::VecDeque<CapturedPacket>> = conversations
        .iter()
        .enumerate()
        .map(|(flow, steps)| {
            let mut steps = steps.clone();
            steps.sort_by_key(|(second, _, _)| *second);
            steps
                .iter()
                .map(|step| packet(u8::try_from(flow).unwrap(), *step))
                .collect()
        })
        .collect();
    let mut packets = Vec::new();
    let mut choices = order.iter().copied().chain(std::iter::repeat(0));
    while let Some(time) = waiting
        .iter()
        .filter_map(|flow| flow.front().map(|packet| packet.nanoseconds))
        .min()
    {
        let due: Vec<usize> = (0..waiting.len())
            .filter(|flow| {
                waiting[*flow]
                    .front()
                    .is_some_and(|packet| packet.nanoseconds == time)
            })
            .collect();
        let chosen = due[usize::from(choices.next().unwrap()) % due.len()];
        packets.extend(waiting[chosen].pop_front());
    }
    packets
}

fn packet(flow: u8, (second, kind, variant): Step) -> CapturedPacket {
    let client = SocketAddr::from(([10, 0, 0, flow], 40000));
    let server = SocketAddr::from(([10, 0, 1, flow % 2], 80));
    let isn = 1000 + 100_000 * u32::from(variant % 2);
    let from_client = |flags, sequence, acknowledgment| SegmentPlan {
        sequence,
        acknowledgment,
        identification: u16::from(variant),
        ..SegmentPlan::new(client, server, flags)
    };
    let from_server = |flags, sequence, acknowledgment| SegmentPlan {
        sequence,
        acknowledgment,
        ..SegmentPlan::new(server, client, flags)
    };
    let bytes = match kind {
        0..=2 => from_client(0x02, isn, 0).frame(),
        3 => from_server(0x12, 9000, isn + 1).frame(),
        4 => from_client(0x10, isn + 1, 9001).frame(),
        5 => from_server(0x14, 0, isn + 1).frame(),
        6 => from_server(0x04, 9001, 0).frame(),
        7 => SegmentPlan {
            payload_length: 5,
            ..from_server(0x18, 9001, isn + 1)
        }
        .frame(),
        8 => from_client(0x04, isn + 1, 0).frame(),
        _ => icmp_error(
            [10, 0, 0, 254].into(),
            client.ip(),
            (3, variant),
            64,
            &from_client(0x02, isn, 0).ip_packet(),
        ),
    };
    let wire_length = bytes.len();
    CapturedPacket {
        nanoseconds: u64::from(second) * 1_000_000_000,
        bytes,
        wire_length,
    }
}

/// What is said about the attempts, without numbers that depend on the place in a file.
fn attempts_of_files(files: &[Vec<u8>], reversed: bool) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = (0..files.len())
        .map(|index| folder.path().join(format!("{index}.pcap")))
        .collect();
    for (path, bytes) in paths.iter().zip(files) {
        std::fs::write(path, bytes).unwrap();
    }
    if reversed {
        paths.reverse();
    }
    let report = json_on(&paths);
    let mut attempts = report["attempts"].as_array().unwrap().clone();
    for attempt in &mut attempts {
        attempt["id"] = json!(0);
        attempt["first_packet"] = json!(0);
        attempt["file"] = json!(0);
        for packet in attempt["evidence"].as_array_mut().unwrap() {
            packet["packet"] = json!(0);
            packet["source"] = json!(0);
        }
    }
    attempts
}
