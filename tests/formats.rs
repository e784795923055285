//! Every capture format and link type that is read, with the same packets in each.

use crate::support::frames::{IpPlan, SegmentPlan, icmp_error};
use crate::support::harness::{Test, tests};
use crate::support::json_on;
use crate::support::pcap::{
    CapturedPacket, enhanced_packet, interface_description, pcap_file, pcapng_block, section_header,
};
use etherparse::IpNumber;
use serde_json::Value;
use tcpwhy::capture::LinkType;

pub(crate) const TESTS: &[Test] = tests![
    link_types_are_read,
    raw_ipv6_is_read,
    what_a_packet_was_wrapped_in_is_said,
    tags_beyond_the_depth_are_set_aside,
    variants_of_pcap_are_read,
    captures_of_aix_are_read,
    captures_of_ixia_are_read,
    sections_interfaces_and_blocks_of_pcapng_are_read,
    simple_and_old_packet_blocks_are_read,
    a_capture_that_ran_on_after_its_last_packet_shows_silence,
    gre_is_read,
    tunnels_in_ip_are_read,
    virtual_networks_in_udp_are_read,
    tunnels_of_access_networks_are_read,
    tunnels_of_ipv6_are_read,
    tags_of_switches_are_read,
    local_networks_are_read,
    wide_area_links_are_read,
    what_hosts_put_before_packets_is_read,
    captures_of_juniper_routers_are_read,
    linux_cooked_says_what_its_protocol_means,
    wireless_frames_are_read,
    the_first_segment_of_an_aggregate_is_read,
    wireless_frames_that_say_nothing_are_counted,
    what_is_encrypted_is_counted_as_that,
    whoever_sends_what_cannot_be_read_lives,
    dns_answers_to_the_port_of_a_tunnel_are_read,
    tunnels_that_are_cut_short_are_counted,
    a_connect_seen_inside_and_outside_of_a_tunnel_is_one,
    link_types_that_are_not_read_are_named,
    lengths_that_the_ip_header_does_not_tell_are_found,
    chains_of_extension_headers_are_followed_to_a_limit,
    wrong_checksums_are_no_reason,
    tunnels_beyond_the_depth_are_set_aside,
    tunnels_over_ipv6_are_read,
    an_icmp_error_inside_a_tunnel_is_read,
    the_first_fragment_decides,
];

fn report_on(bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    std::fs::write(&path, bytes).unwrap();
    json_on(&[path])
}

fn plan(from_client: bool, flags: u16, sequence: u32, acknowledgment: u32) -> SegmentPlan {
    let (client, server) = (([10, 0, 0, 7], 51234).into(), ([10, 0, 1, 20], 5432).into());
    let (source, destination) = if from_client {
        (client, server)
    } else {
        (server, client)
    };
    SegmentPlan {
        sequence,
        acknowledgment,
        ..SegmentPlan::new(source, destination, flags)
    }
}

/// A refused connect: SYN and RST, 312 us apart.
fn refused() -> [SegmentPlan; 2] {
    [plan(true, 0x02, 1000, 0), plan(false, 0x14, 0, 1001)]
}

const TIMES: [u64; 2] = [1_795_183_200_000_000_000, 1_795_183_200_000_312_000];

fn assert_refused(report: &Value, what: &str) {
    assert_eq!(report["summary"]["attempts"], 1, "{what}: {report:#}");
    assert_eq!(report["attempts"][0]["outcome"], "refused", "{what}");
    assert_eq!(report["attempts"][0]["answer_us"], 312, "{what}");
    assert_eq!(
        report["attempts"][0]["started"], "2026-11-20T14:00:00.000000000Z",
        "{what}"
    );
}

/// The packets in a file of a link type, with what stands before each IP packet there.
fn of_link_type(link_type: u32, header: &[u8]) -> Vec<u8> {
    let packets = refused().map(|plan| [header, &plan.ip_packet()].concat());
    let captured = |(bytes, nanoseconds): (Vec<u8>, u64)| CapturedPacket {
        nanoseconds,
        wire_length: bytes.len(),
        bytes,
    };
    pcap_file(
        link_type,
        &packets
            .into_iter()
            .zip(TIMES)
            .map(captured)
            .collect::<Vec<_>>(),
    )
}

fn link_types_are_read() {
    let ethernet = |behind: &[u8]| [&[0; 12][..], behind].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0][..], &[0; 18]].concat();
    for (link_type, header, what) in [
        (1, ethernet(&[8, 0]), "Ethernet"),
        (1, ethernet(&[0x81, 0, 0, 12, 8, 0]), "802.1Q"),
        (
            1,
            ethernet(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 12, 8, 0]),
            "QinQ",
        ),
        (
            1,
            ethernet(&[0x91, 0, 0, 7, 0x81, 0, 0, 12, 8, 0]),
            "QinQ before 802.1ad",
        ),
        (
            1,
            ethernet(&[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]),
            "PPPoE",
        ),
        (
            1,
            ethernet(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]),
            "two MPLS labels",
        ),
        (
            1,
            ethernet(&[0, 48, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
            "802.3 with SNAP",
        ),
        (113, cooked, "Linux cooked"),
        (276, cooked2, "Linux cooked, version 2"),
        (0, vec![2, 0, 0, 0], "BSD loopback, little-endian host"),
        (0, vec![0, 0, 0, 2], "BSD loopback, big-endian host"),
        (108, vec![0, 0, 0, 2], "OpenBSD loopback"),
        (108, vec![2, 0, 0, 0], "OpenBSD loopback in the other order"),
        (12, vec![], "raw IP 12"),
        (14, vec![], "raw IP 14"),
        (101, vec![], "raw IP 101"),
        (228, vec![], "raw IPv4"),
        (9, vec![0xff, 3, 0, 0x21], "PPP"),
        (9, vec![0x21], "PPP with a short protocol"),
        (104, vec![0x0f, 0, 8, 0], "Cisco HDLC"),
    ] {
        let report = report_on(&of_link_type(link_type, &header));
        assert_refused(&report, what);
    }
}

fn raw_ipv6_is_read() {
    let (client, server) = (
        "[2001:db8::7]:51234".parse().unwrap(),
        "[2001:db8::20]:5432".parse().unwrap(),
    );
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let rst = SegmentPlan {
        acknowledgment: 1001,
        ..SegmentPlan::new(server, client, 0x14)
    };
    for (link_type, header) in [
        (229, &[][..]),
        (0, &[0, 0, 0, 30]),
        (0, &[28, 0, 0, 0]),
        (0, &[24, 0, 0, 0]),
    ] {
        let packets = [&syn, &rst].map(|plan| {
            let bytes = [header, &plan.ip_packet()].concat();
            CapturedPacket {
                nanoseconds: 0,
                wire_length: bytes.len(),
                bytes,
            }
        });
        assert_eq!(
            report_on(&pcap_file(link_type, &packets))["summary"]["refused"],
            1,
            "{link_type} {header:?}"
        );
    }
}

fn what_a_packet_was_wrapped_in_is_said() {
    let path = |header: &[u8]| {
        let header = [&[0; 12][..], header].concat();
        report_on(&of_link_type(1, &header))["attempts"][0]["path"].clone()
    };
    assert_eq!(path(&[8, 0]), serde_json::json!([]));
    assert_eq!(
        path(&[0x88, 0xa8, 0, 7, 0x81, 0, 0, 12, 8, 0]),
        serde_json::json!(["vlan 7", "vlan 12"])
    );
    assert_eq!(
        path(&[0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]),
        serde_json::json!(["mpls 16", "mpls 32"])
    );
    assert_eq!(
        path(&[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]),
        serde_json::json!(["pppoe 9"])
    );
}

fn tags_beyond_the_depth_are_set_aside() {
    let mut header = vec![0; 12];
    header.extend([0x81, 0, 0, 1].repeat(7));
    header.extend([8, 0]);
    let report = report_on(&of_link_type(1, &header));
    assert_eq!(report["capture"]["undecodable"]["too_deeply_wrapped"], 2);
}

/// A pcap file with its magic, version, byte order, time unit and record header as told.
fn pcap_variant(
    big_endian: bool,
    magic: u32,
    version: (u16, u16),
    per_second: u64,
    extra: usize,
    swapped: bool,
) -> Vec<u8> {
    let long = |value: u32| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let short = |value: u16| {
        if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    };
    let mut file = [
        &long(magic)[..],
        &short(version.0),
        &short(version.1),
        &[0; 8],
        &long(96),
        &long(1),
    ]
    .concat();
    for (plan, time) in refused().iter().zip(TIMES) {
        let frame = plan.frame();
        let captured = u32::try_from(frame.len()).unwrap();
        let lengths = if swapped {
            [captured + 6, captured]
        } else {
            [captured, captured + 6]
        };
        let fraction = time % 1_000_000_000 * per_second / 1_000_000_000;
        for field in [
            u32::try_from(time / 1_000_000_000).unwrap(),
            u32::try_from(fraction).unwrap(),
            lengths[0],
            lengths[1],
        ] {
            file.extend(long(field));
        }
        file.extend(vec![0; extra]);
        file.extend(frame);
    }
    file
}

fn variants_of_pcap_are_read() {
    for big_endian in [false, true] {
        for (magic, version, per_second, extra, swapped, what) in [
            (0xa1b2_c3d4, (2, 4), 1_000_000, 0, false, "microseconds"),
            (0xa1b2_3c4d, (2, 4), 1_000_000_000, 0, false, "nanoseconds"),
            (0xa1b2_cd34, (2, 4), 1_000_000, 8, false, "modified header"),
            (0xa1b2_cd34, (2, 4), 1_000_000, 12, false, "SuSE 6.3"),
            (0xa1b2_c3d4, (2, 4), 1_000_000, 8, false, "Red Hat 6.1"),
            (0xa1b2_c3d4, (2, 4), 1_000_000, 4, false, "Nokia"),
            (0xa1b2_c3d4, (543, 0), 1_000_000, 0, true, "DG/UX"),
            (
                0xa1b2_c3d4,
                (2, 2),
                1_000_000,
                0,
                true,
                "version 2.2: swapped lengths",
            ),
            (
                0xa1b2_c3d4,
                (2, 1),
                1_000_000,
                0,
                true,
                "version 2.1: swapped lengths",
            ),
            (
                0xa1b2_c3d4,
                (2, 3),
                1_000_000,
                0,
                true,
                "version 2.3, swapped",
            ),
            (
                0xa1b2_c3d4,
                (2, 3),
                1_000_000,
                0,
                false,
                "version 2.3, not swapped",
            ),
        ] {
            let report = report_on(&pcap_variant(
                big_endian, magic, version, per_second, extra, swapped,
            ));
            assert_refused(&report, what);
        }
    }
}

/// AIX has the interface's type where others have the link type, and counts nanoseconds.
fn captures_of_aix_are_read() {
    for big_endian in [false, true] {
        let mut file = pcap_variant(big_endian, 0xa1b2_c3d4, (2, 2), 1_000_000_000, 0, true);
        let ethernet = 6_u32;
        file[20..24].copy_from_slice(&if big_endian {
            ethernet.to_be_bytes()
        } else {
            ethernet.to_le_bytes()
        });
        assert_refused(&report_on(&file), "AIX");
    }
}

/// Ixia has the length of all records behind the file header.
fn captures_of_ixia_are_read() {
    for big_endian in [false, true] {
        for (magic, per_second) in [(0x1c00_01ac, 1_000_000_000), (0x1c00_01ab, 1_000_000)] {
            let mut file = pcap_variant(big_endian, magic, (2, 4), per_second, 0, false);
            file.splice(24..24, [0; 4]);
            assert_refused(&report_on(&file), "Ixia");
        }
    }
}

fn sections_interfaces_and_blocks_of_pcapng_are_read() {
    let [syn, rst] = refused();
    for first_big in [false, true] {
        let second_big = !first_big;
        let file = [
            section_header(first_big),
            interface_description(first_big, 276, 9),
            interface_description(first_big, 1, 6),
            pcapng_block(first_big, 0x0bad, &[1, 2, 3, 4]),
            enhanced_packet(first_big, 1, TIMES[0] / 1000, &syn.frame()),
            section_header(second_big),
            interface_description(second_big, 101, 9),
            enhanced_packet(second_big, 0, TIMES[1], &rst.ip_packet()),
        ]
        .concat();
        let report = report_on(&file);
        assert_refused(&report, "two sections");
        let interfaces = report["capture"]["sources"][0]["interfaces"]
            .as_array()
            .unwrap()
            .clone();
        let brief: Vec<_> = interfaces
            .iter()
            .map(|interface| (interface["id"].clone(), interface["link_type"].clone()))
            .collect();
        assert_eq!(
            brief,
            [(0, "LINUX_SLL2"), (1, "EN10MB"), (2, "RAW")]
                .map(|(id, name)| (id.into(), name.into()))
        );
    }
}

fn simple_and_old_packet_blocks_are_read() {
    let [syn, rst] = refused();
    let (syn, rst) = (syn.frame(), rst.frame());
    let long = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    let units = TIMES[0] / 1000;
    let old = [
        &0_u16.to_le_bytes()[..],
        &0xffff_u16.to_le_bytes(),
        &u32::try_from(units >> 32).unwrap().to_le_bytes(),
        &u32::try_from(units & 0xffff_ffff).unwrap().to_le_bytes(),
        &long(syn.len()),
        &long(syn.len()),
        &syn,
    ]
    .concat();
    let simple = [&long(rst.len())[..], &rst].concat();
    let file = [
        section_header(false),
        interface_description(false, 1, 6),
        pcapng_block(false, 2, &old),
        pcapng_block(false, 3, &simple),
    ]
    .concat();
    let report = report_on(&file);
    assert_eq!(report["attempts"][0]["outcome"], "refused");
    assert_eq!(
        report["attempts"][0]["answer_us"], 0,
        "a simple packet block has no time of its own"
    );
}

/// The interface statistics say that the capture went on: in the interface's unit, or in microseconds as dumpcap
/// writes them.
fn a_capture_that_ran_on_after_its_last_packet_shows_silence() {
    let [syn, _] = refused();
    let with_end = |end: u64, resolution: u8, units: u64| {
        let high_low = [
            u32::try_from(end >> 32).unwrap(),
            u32::try_from(end & 0xffff_ffff).unwrap(),
        ];
        let time: Vec<u8> = high_low.into_iter().flat_map(u32::to_le_bytes).collect();
        let dropped = [
            &7_u16.to_le_bytes()[..],
            &8_u16.to_le_bytes(),
            &5_u64.to_le_bytes(),
        ]
        .concat();
        let option = [
            &3_u16.to_le_bytes()[..],
            &8_u16.to_le_bytes(),
            &time,
            &dropped,
            &[0; 4],
        ]
        .concat();
        let statistics = pcapng_block(false, 5, &[&[0; 12][..], &option].concat());
        let file = [
            section_header(false),
            interface_description(false, 1, resolution),
            enhanced_packet(false, 0, units, &syn.frame()),
            statistics,
        ]
        .concat();
        report_on(&file)
    };
    let nanoseconds = TIMES[0];
    let four_seconds_on = nanoseconds + 4_000_000_000;
    let outcome = |report: &Value| {
        report["attempts"][0]["outcome"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        outcome(&with_end(four_seconds_on, 9, nanoseconds)),
        "dropped"
    );
    assert_eq!(
        outcome(&with_end(four_seconds_on / 1000, 9, nanoseconds)),
        "dropped"
    );
    assert_eq!(outcome(&with_end(nanoseconds, 9, nanoseconds)), "pending");
    assert_eq!(
        outcome(&with_end(four_seconds_on * 2, 9, nanoseconds)),
        "pending",
        "in another century"
    );
    assert_eq!(outcome(&with_end(0, 9, nanoseconds)), "pending");
    assert_eq!(
        with_end(0, 9, nanoseconds)["capture"]["dropped"]["kernel"],
        5
    );
}

/// A SYN and the RST that answers it over IPv6.
fn refused_ipv6() -> [SegmentPlan; 2] {
    let [client, server] =
        ["[2001:db8::7]:51234", "[2001:db8::20]:5432"].map(|text| text.parse().unwrap());
    [
        SegmentPlan {
            sequence: 1000,
            ..SegmentPlan::new(client, server, 0x02)
        },
        SegmentPlan {
            acknowledgment: 1001,
            ..SegmentPlan::new(server, client, 0x14)
        },
    ]
}

/// Packets of a link type, at the times of a refused connect, repeated if there are more.
fn capture_of(link_type: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let captured: Vec<CapturedPacket> = packets
        .iter()
        .enumerate()
        .map(|(index, bytes)| CapturedPacket {
            nanoseconds: TIMES[0] + 312_000 * index as u64,
            wire_length: bytes.len(),
            bytes: bytes.clone(),
        })
        .collect();
    pcap_file(link_type, &captured)
}

/// A refused connect with each IP packet wrapped so.
fn wrapped(link_type: u32, segments: &[SegmentPlan; 2], wrap: impl Fn(&[u8]) -> Vec<u8>) -> Value {
    let packets: Vec<Vec<u8>> = segments
        .iter()
        .map(|plan| wrap(&plan.ip_packet()))
        .collect();
    report_on(&capture_of(link_type, &packets))
}

const RAW: u32 = 101;

/// An IP packet between the ends of a tunnel.
fn in_ip(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let outer = IpPlan {
        source: [192, 0, 2, 1].into(),
        destination: [192, 0, 2, 2].into(),
        protocol: IpNumber(protocol),
        ttl: 64,
        identification: 99,
        traffic_class: 0,
        flow_label: 0,
    };
    outer.around(payload)
}

/// A UDP datagram between the ends of a tunnel.
fn in_udp([source, destination]: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let header = [source, destination, length, 0]
        .map(u16::to_be_bytes)
        .concat();
    in_ip(17, &[&header, payload].concat())
}

/// A header before an Ethernet frame with the packet.
fn frame_behind(header: &[u8], packet: &[u8]) -> Vec<u8> {
    let ether_type = if packet[0] >> 4 == 4 {
        [8, 0]
    } else {
        [0x86, 0xdd]
    };
    let addresses = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    [header, &addresses, &ether_type, packet].concat()
}

/// How a packet is wrapped.
type Wrap = fn(&[u8]) -> Vec<u8>;

/// A refused connect is found in each of them, and what it was wrapped in is said.
fn assert_paths(link_type: u32, segments: &[SegmentPlan; 2], rows: &[(&str, &[&str], Wrap)]) {
    for (what, path, wrap) in rows {
        let report = wrapped(link_type, segments, wrap);
        assert_refused(&report, what);
        let said = &report["attempts"][0]["path"];
        assert_eq!(*said, serde_json::json!(path), "{what}");
    }
}

fn gre_is_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("GRE", &["gre"], |packet| {
            in_ip(47, &[&[0, 0, 8, 0][..], packet].concat())
        }),
        (
            "GRE with checksum, key and sequence number",
            &["gre key 7"],
            |packet| {
                let header = [0xb0, 0, 8, 0, 0xab, 0xcd, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1];
                in_ip(47, &[&header[..], packet].concat())
            },
        ),
        ("Ethernet in GRE", &["gre"], |packet| {
            in_ip(47, &frame_behind(&[0, 0, 0x65, 0x58], packet))
        }),
        (
            "NVGRE, whose network is the key's upper part",
            &["gre key 1280256"],
            |packet| {
                in_ip(
                    47,
                    &frame_behind(&[0x20, 0, 0x65, 0x58, 0, 0x13, 0x89, 0], packet),
                )
            },
        ),
        ("MPLS in GRE", &["gre", "mpls 16"], |packet| {
            in_ip(47, &[&[0, 0, 0x88, 0x47, 0, 1, 1, 64][..], packet].concat())
        }),
        ("a web cache's GRE", &["gre"], |packet| {
            in_ip(47, &[&[0, 0, 0x88, 0x3e, 0, 0, 0, 0][..], packet].concat())
        }),
        ("ERSPAN I", &["erspan"], |packet| {
            in_ip(47, &frame_behind(&[0, 0, 0x88, 0xbe], packet))
        }),
        ("ERSPAN II", &["erspan 3"], |packet| {
            let header = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 12, 0, 3, 0, 0, 0, 0];
            in_ip(47, &frame_behind(&header, packet))
        }),
        ("ERSPAN III", &["erspan 3"], |packet| {
            let header = [
                0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 12, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0,
            ];
            in_ip(47, &frame_behind(&header, packet))
        }),
        (
            "ERSPAN III with a platform's header",
            &["erspan 3"],
            |packet| {
                let header = [
                    0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 12, 0, 3, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0,
                    0, 0, 0, 0, 0, 0,
                ];
                in_ip(47, &frame_behind(&header, packet))
            },
        ),
        ("PPTP", &["pptp 9"], |packet| {
            let length = u8::try_from(packet.len() + 4).unwrap();
            let header = [
                0x30, 1, 0x88, 0x0b, 0, length, 0, 9, 0, 0, 0, 1, 0xff, 3, 0, 0x21,
            ];
            in_ip(47, &[&header[..], packet].concat())
        }),
        ("PPTP with an acknowledgement", &["pptp 9"], |packet| {
            let length = u8::try_from(packet.len() + 1).unwrap();
            let header = [
                0x30, 0x81, 0x88, 0x0b, 0, length, 0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0x21,
            ];
            in_ip(47, &[&header[..], packet].concat())
        }),
        ("MikroTik's Ethernet over IP", &["eoip 5"], |packet| {
            let length = u8::try_from(packet.len() + 14).unwrap();
            in_ip(
                47,
                &frame_behind(&[0x20, 1, 0x64, 0, 0, length, 5, 0], packet),
            )
        }),
    ];
    assert_paths(RAW, &refused(), rows);
}

fn tunnels_in_ip_are_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("IPv4 in IP", &["ipip"], |packet| in_ip(4, packet)),
        ("EtherIP", &["etherip"], |packet| {
            in_ip(97, &frame_behind(&[0x30, 0], packet))
        }),
        ("MPLS in IP", &["mpls 16"], |packet| {
            in_ip(137, &[&[0, 1, 1, 64][..], packet].concat())
        }),
        ("L2TPv3 over IP", &["l2tp 8"], |packet| {
            in_ip(115, &frame_behind(&[0, 0, 0, 8], packet))
        }),
        (
            "L2TPv3 over IP with a sublayer and a cookie",
            &["l2tp 8"],
            |packet| {
                let header = [0, 0, 0, 8, 0xaa, 0xbb, 0xcc, 0xdd, 0x40, 0, 0, 1];
                in_ip(115, &frame_behind(&header, packet))
            },
        ),
        ("GRE in IP in IP", &["ipip", "gre"], |packet| {
            in_ip(4, &in_ip(47, &[&[0, 0, 8, 0][..], packet].concat()))
        }),
    ];
    assert_paths(RAW, &refused(), rows);
}

fn virtual_networks_in_udp_are_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("VXLAN", &["vxlan 77"], |packet| {
            in_udp(
                [40000, 4789],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        ("VXLAN on Linux's port", &["vxlan 77"], |packet| {
            in_udp(
                [40000, 8472],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        (
            "VXLAN with a group policy on Linux's port",
            &["vxlan 77"],
            |packet| {
                in_udp(
                    [40000, 8472],
                    &frame_behind(&[0x88, 0x40, 1, 2, 0, 0, 77, 0], packet),
                )
            },
        ),
        ("VXLAN-GPE with IPv4", &["vxlan 77"], |packet| {
            in_udp(
                [40000, 4790],
                &[&[0x0c, 0, 0, 1, 0, 0, 77, 0][..], packet].concat(),
            )
        }),
        ("VXLAN-GPE with Ethernet", &["vxlan 77"], |packet| {
            in_udp(
                [40000, 4790],
                &frame_behind(&[0x0c, 0, 0, 3, 0, 0, 77, 0], packet),
            )
        }),
        ("VXLAN-GPE with MPLS", &["vxlan 77", "mpls 16"], |packet| {
            in_udp(
                [40000, 4790],
                &[&[0x0c, 0, 0, 5, 0, 0, 77, 0, 0, 1, 1, 64][..], packet].concat(),
            )
        }),
        ("Geneve", &["geneve 12"], |packet| {
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], packet),
            )
        }),
        (
            "Geneve with options and an IP packet",
            &["geneve 12"],
            |packet| {
                let header = [2, 0, 8, 0, 0, 0, 12, 0, 1, 2, 3, 1, 9, 9, 9, 9];
                in_udp([40000, 6081], &[&header[..], packet].concat())
            },
        ),
    ];
    assert_paths(RAW, &refused(), rows);
}

fn tunnels_of_access_networks_are_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("GTP", &["gtp 0x1234"], |packet| {
            let length = u8::try_from(packet.len()).unwrap();
            in_udp(
                [2152, 2152],
                &[&[0x30, 0xff, 0, length, 0, 0, 0x12, 0x34][..], packet].concat(),
            )
        }),
        ("GTP with a sequence number", &["gtp 0x1234"], |packet| {
            let length = u8::try_from(packet.len() + 4).unwrap();
            let header = [0x32, 0xff, 0, length, 0, 0, 0x12, 0x34, 0, 1, 0, 0];
            in_udp([2152, 2152], &[&header[..], packet].concat())
        }),
        (
            "GTP with two extension headers",
            &["gtp 0x1234"],
            |packet| {
                let length = u8::try_from(packet.len() + 16).unwrap();
                let header = [
                    0x34, 0xff, 0, length, 0, 0, 0x12, 0x34, 0, 0, 0, 0x85, 1, 0, 9, 0x40, 2, 0, 0,
                    0, 0, 0, 0, 0,
                ];
                in_udp([2152, 2152], &[&header[..], packet].concat())
            },
        ),
        ("L2TP", &["l2tp 9"], |packet| {
            in_udp(
                [1701, 1701],
                &[&[0, 2, 0, 5, 0, 9, 0xff, 3, 0, 0x21][..], packet].concat(),
            )
        }),
        (
            "L2TP with length, sequence numbers and offset",
            &["l2tp 9"],
            |packet| {
                let length = u8::try_from(packet.len() + 18).unwrap();
                let header = [
                    0x4a, 2, 0, length, 0, 5, 0, 9, 0, 1, 0, 1, 0, 2, 0, 0, 0, 0x21,
                ];
                in_udp([40000, 1701], &[&header[..], packet].concat())
            },
        ),
        ("L2TPv3 over UDP", &["l2tp 9"], |packet| {
            in_udp(
                [1701, 1701],
                &frame_behind(&[0, 3, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0], packet),
            )
        }),
        ("MPLS in UDP", &["mpls 16"], |packet| {
            in_udp([40000, 6635], &[&[0, 1, 1, 64][..], packet].concat())
        }),
        (
            "a mirrored Geneve",
            &["erspan 3", "vlan 12", "geneve 12"],
            |packet| {
                let inner = in_udp(
                    [40000, 6081],
                    &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], packet),
                );
                let header = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 12, 0, 3, 0, 0, 0, 0];
                let tagged = [&header[..], &[0; 12], &[0x81, 0, 0, 12, 8, 0], &inner].concat();
                in_ip(47, &tagged)
            },
        ),
    ];
    assert_paths(RAW, &refused(), rows);
}

fn tunnels_of_ipv6_are_read() {
    const ORIGIN: [u8; 8] = [0, 0, 0x12, 0x34, 1, 2, 3, 4];
    const AUTHENTICATION: [u8; 13] = [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("6in4", &["ip6ip"], |packet| in_ip(41, packet)),
        ("IPv6 in GRE", &["gre"], |packet| {
            in_ip(47, &[&[0, 0, 0x86, 0xdd][..], packet].concat())
        }),
        ("VXLAN-GPE with IPv6", &["vxlan 77"], |packet| {
            in_udp(
                [40000, 4790],
                &[&[0x0c, 0, 0, 2, 0, 0, 77, 0][..], packet].concat(),
            )
        }),
        ("GTP", &["gtp 0x1234"], |packet| {
            let length = u8::try_from(packet.len()).unwrap();
            in_udp(
                [40000, 2152],
                &[&[0x30, 0xff, 0, length, 0, 0, 0x12, 0x34][..], packet].concat(),
            )
        }),
        ("PPTP", &["pptp 9"], |packet| {
            let length = u8::try_from(packet.len() + 2).unwrap();
            in_ip(
                47,
                &[
                    &[0x30, 1, 0x88, 0x0b, 0, length, 0, 9, 0, 0, 0, 1, 0, 0x57][..],
                    packet,
                ]
                .concat(),
            )
        }),
        ("Teredo", &["teredo"], |packet| {
            in_udp([3544, 40000], packet)
        }),
        ("Teredo with origin", &["teredo"], |packet| {
            in_udp([3544, 40000], &[&ORIGIN, packet].concat())
        }),
        ("Teredo with authentication", &["teredo"], |packet| {
            in_udp([40000, 3544], &[&AUTHENTICATION, packet].concat())
        }),
        ("Teredo with both", &["teredo"], |packet| {
            in_udp(
                [3544, 40000],
                &[&AUTHENTICATION[..], &ORIGIN, packet].concat(),
            )
        }),
    ];
    assert_paths(RAW, &refused_ipv6(), rows);
}

fn tags_of_switches_are_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("MACsec that authenticates", &["macsec"], |packet| {
            let tag = [0x88, 0xe5, 0x00, 0, 0, 0, 0, 1, 8, 0];
            [&[0; 12][..], &tag, packet, &[0xcc; 16]].concat()
        }),
        ("MACsec with a channel identifier", &["macsec"], |packet| {
            let tag = [
                0x88, 0xe5, 0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 1, 8, 0,
            ];
            [&[0; 12][..], &tag, packet, &[0xcc; 16]].concat()
        }),
        ("a VLAN inside MACsec", &["macsec", "vlan 12"], |packet| {
            let tag = [0x88, 0xe5, 0x00, 0, 0, 0, 0, 1, 0x81, 0, 0, 12, 8, 0];
            [&[0; 12][..], &tag, packet, &[0xcc; 16]].concat()
        }),
        ("provider backbone bridge", &["vlan 7", "pbb 5"], |packet| {
            let tags = [0x88, 0xa8, 0, 7, 0x88, 0xe7, 0, 0, 0, 5];
            frame_behind(&[&[0; 12][..], &tags].concat(), packet)
        }),
        ("VN tag", &[], |packet| {
            [&[0; 12][..], &[0x89, 0x26, 0, 1, 0, 2, 8, 0], packet].concat()
        }),
        ("Cisco's metadata", &[], |packet| {
            [&[0; 12][..], &[0x89, 0x09, 1, 1, 0, 1, 0, 9, 8, 0], packet].concat()
        }),
        ("MPLS pseudowire", &["mpls 16"], |packet| {
            frame_behind(&[&[0; 12][..], &[0x88, 0x47, 0, 1, 1, 64]].concat(), packet)
        }),
        (
            "MPLS pseudowire with a control word",
            &["mpls 16"],
            |packet| {
                frame_behind(
                    &[&[0; 12][..], &[0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 1]].concat(),
                    packet,
                )
            },
        ),
        (
            "MPLS pseudowire to an address that looks like IPv4",
            &["mpls 16"],
            |packet| {
                let address = [0x40, 0x16, 0x7e, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
                [&[0; 12][..], &[0x88, 0x47, 0, 1, 1, 64], &address, packet].concat()
            },
        ),
        ("802.2 without a sub-network header", &[], |packet| {
            [&[0; 12][..], &[0, 43, 6, 6, 3], packet].concat()
        }),
        ("a bridge's sub-network header", &[], |packet| {
            [
                &[0; 12][..],
                &[0, 48, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0],
                packet,
            ]
            .concat()
        }),
    ];
    assert_paths(1, &refused(), rows);
}

/// So many bytes that start so, and others behind them.
fn padded_to(length: usize, start: &[u8], end: &[u8]) -> Vec<u8> {
    let mut header = start.to_vec();
    header.resize(length, 0);
    [header, end.to_vec()].concat()
}

/// A refused connect is found in each link type, with what stands before each IP packet there.
fn assert_each_refused(rows: &[(u32, Vec<u8>, &str)]) {
    for (link_type, header, what) in rows {
        assert_refused(&report_on(&of_link_type(*link_type, header)), what);
    }
}

/// IEEE 802.2 with the Ethernet type of IPv4.
const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

/// An Ethernet header.
const ETHERNET: [u8; 14] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0];

fn local_networks_are_read() {
    let fddi = padded_to(13, &[0x50], &SNAP);
    let token_ring = padded_to(14, &[0x10, 0x40], &SNAP);
    let mut source_routed = padded_to(14, &[0x10, 0x40], &[6, 0, 1, 2, 3, 4]);
    source_routed[8] = 0x80;
    source_routed.extend(SNAP);
    assert_each_refused(&[
        (6, token_ring, "Token Ring"),
        (6, source_routed, "Token Ring with a route"),
        (7, vec![1, 2, 0xd4, 0, 0, 1], "ARCNET"),
        (
            7,
            vec![1, 2, 0xd4, 0xff, 0xff, 0xff, 0xff, 0, 0, 1],
            "ARCNET, exception frame",
        ),
        (7, vec![1, 2, 0xf0], "ARCNET before RFC 1201"),
        (129, vec![1, 2, 0, 9, 0xd4, 0, 0, 1], "ARCNET on Linux"),
        (
            129,
            vec![1, 2, 0, 9, 0xf0],
            "ARCNET before RFC 1201 on Linux",
        ),
        (10, fddi, "FDDI"),
        (138, padded_to(16, &[], &[8, 0]), "IP over FireWire"),
        (242, padded_to(40, &[], &[8, 0, 0, 0]), "IP over InfiniBand"),
    ]);
}

fn wide_area_links_are_read() {
    let bridged = [
        &[0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7][..],
        &ETHERNET,
    ]
    .concat();
    let bridged_atm = [&[0xaa, 0xaa, 3, 0, 0x80, 0xc2, 0, 7, 0, 0][..], &ETHERNET].concat();
    assert_each_refused(&[
        (8, vec![0; 16], "SLIP"),
        (
            51,
            vec![0x11, 0, 0, 9, 0, 42, 0, 0x21],
            "PPPoE without Ethernet",
        ),
        (100, SNAP.to_vec(), "ATM"),
        (100, bridged_atm, "ATM with a bridged frame"),
        (
            100,
            vec![0xfe, 0xfe, 3, 0xcc],
            "ATM with a protocol identifier",
        ),
        (100, vec![], "ATM with one protocol in its circuit"),
        (107, vec![0x18, 0x41, 3, 0xcc], "Frame Relay"),
        (
            107,
            vec![0x18, 0x40, 0, 1, 3, 0xcc],
            "Frame Relay, long address",
        ),
        (
            107,
            vec![0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0],
            "Frame Relay with SNAP",
        ),
        (107, bridged, "Frame Relay with a bridged frame"),
        (107, vec![0x18, 0x41, 8, 0], "Frame Relay, Cisco's way"),
        (166, vec![1, 3, 0, 0x21], "PPP with direction for address"),
        (166, vec![1, 0xff, 3, 0, 0x21], "PPP of pppd with direction"),
        (204, vec![1, 0xff, 3, 0, 0x21], "PPP with direction"),
        (
            204,
            vec![0, 0x21],
            "PPP with direction and a short protocol",
        ),
        (205, vec![1, 0x0f, 0, 8, 0], "Cisco HDLC with direction"),
        (
            206,
            vec![1, 0x18, 0x41, 3, 0xcc],
            "Frame Relay with direction",
        ),
    ]);
}

fn what_hosts_put_before_packets_is_read() {
    let attribute = |big_endian: bool| {
        let fields = [8_u16, 1, 0, 0, 44, 9];
        let bytes = fields.map(|field| {
            if big_endian {
                field.to_be_bytes()
            } else {
                field.to_le_bytes()
            }
        });
        [&[2, 0, 0, 0][..], &bytes.concat()].concat()
    };
    let tap = [&[108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0][..], &[0; 96]].concat();
    assert_each_refused(&[
        (
            109,
            vec![2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            "decrypted IPsec",
        ),
        (117, padded_to(64, &[61, 2], &[]), "packet filter's log"),
        (
            117,
            padded_to(64, &[64, 2], &[]),
            "packet filter's log, padding counted",
        ),
        (239, attribute(false), "NFLOG, little-endian host"),
        (239, attribute(true), "NFLOG, big-endian host"),
        (258, [tap, ETHERNET.to_vec()].concat(), "Apple's packet tap"),
    ]);
}

fn captures_of_juniper_routers_are_read() {
    let extended = [0x4d, 0x47, 0x43, 0x80, 0, 6, 4, 4, 0, 0, 0, 1];
    let juniper = |rest: &[u8]| [&extended[..], rest].concat();
    assert_each_refused(&[
        (
            178,
            [&[0x4d, 0x47, 0x43, 1][..], &ETHERNET].concat(),
            "Juniper, Ethernet",
        ),
        (178, juniper(&ETHERNET), "Juniper, Ethernet with extensions"),
        (
            178,
            vec![0x4d, 0x47, 0x43, 2, 0, 0, 0, 2],
            "Juniper, link layer removed",
        ),
        (
            167,
            juniper(&[&[0; 12][..], &[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]].concat()),
            "Juniper, PPPoE",
        ),
        (
            168,
            juniper(&[0x88, 0x64, 0x11, 0, 0, 9, 0, 42, 0, 0x21]),
            "Juniper, PPPoE over ATM",
        ),
        (179, juniper(&[0xff, 3, 0, 0x21]), "Juniper, PPP"),
        (180, juniper(&[0x18, 0x41, 3, 0xcc]), "Juniper, Frame Relay"),
        (181, juniper(&[0x0f, 0, 8, 0]), "Juniper, Cisco HDLC"),
        (
            137,
            juniper(&[&[0, 0, 0, 1][..], &SNAP].concat()),
            "Juniper, ATM 1",
        ),
        (
            135,
            juniper(&[&[0; 8][..], &SNAP].concat()),
            "Juniper, ATM 2",
        ),
    ]);
}

fn linux_cooked_says_what_its_protocol_means() {
    let cooked = |hardware: u16, protocol: [u8; 2], rest: &[u8]| {
        let header = [&[0, 0][..], &hardware.to_be_bytes(), &[0; 10], &protocol];
        [&header.concat(), rest].concat()
    };
    let cooked2 = |hardware: u16, protocol: [u8; 2], rest: &[u8]| {
        let header = [&protocol[..], &[0; 6], &hardware.to_be_bytes(), &[0; 10]];
        [&header.concat(), rest].concat()
    };
    let ethernet = [&[0; 12][..], &[8, 0]].concat();
    let radiotap = [&[0, 0, 8, 0, 0, 0, 0, 0][..], &wireless(0x08, 0)].concat();
    for (hardware, protocol, rest, what) in [
        (772, [8, 0], &[][..], "loopback"),
        (768, [8, 0], &[], "IP in IP"),
        (776, [8, 0], &[], "6in4"),
        (65534, [0, 0], &[], "a tunnel without protocol"),
        (778, [8, 0], &[], "GRE with IP"),
        (778, [0x65, 0x58], &ethernet, "GRE with Ethernet"),
        (823, [0x65, 0x58], &ethernet, "GRE over IPv6 with Ethernet"),
        (770, [0, 0], &[0x18, 0x41, 3, 0xcc], "Frame Relay"),
        (801, [0, 0], &wireless(0x08, 0), "802.11"),
        (803, [0, 0], &radiotap, "802.11 with radiotap"),
        (1, [0, 4], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], "802.2"),
    ] {
        assert_refused(
            &report_on(&of_link_type(113, &cooked(hardware, protocol, rest))),
            what,
        );
        assert_refused(
            &report_on(&of_link_type(276, &cooked2(hardware, protocol, rest))),
            what,
        );
    }
    let report = report_on(&of_link_type(113, &cooked(824, [8, 0], &[])));
    assert_eq!(
        report["summary"]["attempts"], 0,
        "a netlink family is no protocol"
    );
}

/// The header of an 802.11 data frame of three addresses, and SNAP.
fn wireless(control: u8, flags: u8) -> Vec<u8> {
    wireless_with(control, flags, &[])
}

/// The same, with what its control and flags say that stands between.
fn wireless_with(control: u8, flags: u8, more: &[u8]) -> Vec<u8> {
    let mut header = vec![control, flags];
    header.resize(24, 0);
    [&header, more, &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat()
}

fn wireless_frames_are_read() {
    let data = wireless(0x08, 0x01);
    let avs = padded_to(64, &[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &data);
    // Present: time, flags and one more bitmap; the flags say that there is padding behind the frame's header.
    let radiotap_padded = [
        &[
            0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20,
        ][..],
        &wireless_with(0x88, 1, &[0, 0, 0, 0]),
    ]
    .concat();
    for (link_type, header, what) in [
        (105, data.clone(), "802.11"),
        (105, wireless(0x08, 0x02), "802.11 from the access point"),
        (105, wireless_with(0x88, 1, &[0, 0]), "QoS"),
        (105, wireless_with(0x08, 3, &[0; 6]), "four addresses"),
        (
            105,
            wireless_with(0x88, 3, &[0; 8]),
            "QoS and four addresses",
        ),
        (
            105,
            wireless_with(0x88, 0x81, &[0, 0, 0, 0, 0, 0]),
            "QoS and HT control",
        ),
        (105, wireless(0x08, 0x41), "decrypted by the radio"),
        (
            105,
            wireless_with(0x88, 0x41, &[0, 0, 1, 0, 0, 0x20, 0, 0, 0, 0]),
            "decrypted, cipher's header kept",
        ),
        (127, padded_to(8, &[0, 0, 8, 0], &data), "radiotap"),
        (127, radiotap_padded, "radiotap, padded"),
        (
            119,
            padded_to(144, &[0x44, 0, 0, 0, 144, 0, 0, 0], &data),
            "Prism",
        ),
        (
            119,
            padded_to(144, &[0, 0, 0, 0x44, 0, 0, 0, 144], &data),
            "Prism, big-endian",
        ),
        (119, avs.clone(), "AVS as Prism"),
        (163, avs, "AVS"),
        (
            192,
            padded_to(32, &[0, 0, 32, 0, 105, 0, 0, 0], &data),
            "PPI with 802.11",
        ),
        (
            192,
            padded_to(20, &[0, 0, 8, 0, 1, 0, 0, 0], &[8, 0]),
            "PPI with Ethernet",
        ),
    ] {
        assert_refused(&report_on(&of_link_type(link_type, &header)), what);
    }
    let with_check_sequence = wrapped(105, &refused(), |packet| {
        [&wireless(0x08, 1), packet, &[1, 2, 3, 4]].concat()
    });
    assert_refused(&with_check_sequence, "frame check sequence");
    assert_eq!(
        with_check_sequence["attempts"][0]["path"],
        serde_json::json!([])
    );
}

/// An aggregate gives one observation: its first TCP segment.
fn the_first_segment_of_an_aggregate_is_read() {
    let subframe = |packet: &[u8]| {
        let payload = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], packet].concat();
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = [&[0; 12][..], &length, &payload].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let report = wrapped(105, &refused(), |packet| {
        let mut header = vec![0x88, 1];
        header.resize(24, 0);
        header.extend([0x80, 0]);
        [
            header,
            subframe(&in_udp([5000, 5001], b"hello")),
            subframe(packet),
        ]
        .concat()
    });
    assert_refused(&report, "aggregate");
}

/// Damaged in the air, the rest of a fragment, and no data at all.
fn wireless_frames_that_say_nothing_are_counted() {
    let counts = |link_type, header: &[u8]| {
        let report = report_on(&of_link_type(link_type, header));
        assert_eq!(report["summary"]["attempts"], 0);
        report["capture"]["undecodable"].clone()
    };
    let damaged = [&[0, 0, 9, 0, 2, 0, 0, 0, 0x40][..], &wireless(0x08, 1)].concat();
    assert_eq!(counts(127, &damaged)["malformed_header"], 2);
    let mut fragment = wireless(0x08, 1);
    fragment[22] = 1;
    assert_eq!(counts(105, &fragment)["later_fragment"], 2);
    let total = |counts: Value| {
        counts
            .as_object()
            .unwrap()
            .values()
            .map(|count| count.as_u64().unwrap())
            .sum::<u64>()
    };
    assert_eq!(total(counts(105, &wireless(0x80, 0))), 0, "a beacon");
    assert_eq!(
        total(counts(105, &wireless(0x48, 1))),
        0,
        "a data frame without data"
    );
}

fn what_is_encrypted_is_counted_as_that() {
    let rows: &[(&str, u32, Wrap)] = &[
        ("ESP", RAW, |packet| {
            in_ip(50, &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat())
        }),
        ("ESP behind AH", RAW, |packet| {
            let authentication = [
                50, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2,
            ];
            in_ip(51, &[&authentication[..], packet].concat())
        }),
        ("ESP in UDP", RAW, |packet| {
            in_udp(
                [4500, 4500],
                &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat(),
            )
        }),
        ("WireGuard", RAW, |_| {
            in_udp([51820, 51820], &[&[4, 0, 0, 0][..], &[7; 92]].concat())
        }),
        ("PPTP with MPPE", RAW, |packet| {
            let header = [
                0x30, 1, 0x88, 0x0b, 0, 40, 0, 9, 0, 0, 0, 1, 0, 0xfd, 0x90, 0,
            ];
            in_ip(47, &[&header[..], packet].concat())
        }),
        ("MACsec", 1, |packet| {
            [&[0; 12][..], &[0x88, 0xe5, 0x0c, 0, 0, 0, 0, 1], packet].concat()
        }),
        ("802.11", 105, |packet| {
            let mut header = vec![0x08, 0x41];
            header.resize(24, 0);
            [
                &header,
                &[1, 2, 3, 0x20, 0, 0, 0, 0, 9, 9, 9, 9][..],
                packet,
            ]
            .concat()
        }),
        ("ESP in Geneve", RAW, |packet| {
            let inner = in_ip(50, &[&[0, 0, 0, 9, 0, 0, 0, 1][..], packet].concat());
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], &inner),
            )
        }),
    ];
    for (what, link_type, wrap) in rows {
        let report = wrapped(*link_type, &refused(), wrap);
        assert_eq!(report["summary"]["attempts"], 0, "{what}");
        assert_eq!(report["capture"]["undecodable"]["encrypted"], 2, "{what}");
    }
}

/// SYNs to 192.0.2.1 for four seconds without an answer, and one other packet of that host: the cause.
fn cause_of_silence(with: Option<Vec<u8>>) -> (Value, Value) {
    let server = ([192, 0, 2, 1], 5432).into();
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(([10, 0, 0, 7], 51234).into(), server, 0x02)
    };
    let mut packets: Vec<CapturedPacket> = [0, 1, 3, 4]
        .map(|second| CapturedPacket {
            nanoseconds: TIMES[0] + second * 1_000_000_000,
            wire_length: 40,
            bytes: syn.ip_packet(),
        })
        .to_vec();
    packets.extend(with.map(|bytes| CapturedPacket {
        nanoseconds: TIMES[0] + 4_500_000_000,
        wire_length: bytes.len(),
        bytes,
    }));
    let report = report_on(&pcap_file(RAW, &packets));
    (
        report["attempts"][0]["cause"].clone(),
        report["capture"]["undecodable"].clone(),
    )
}

/// A tunnel's end that encrypts lives, and so does a host that uses a tunnel's port for something else.
fn whoever_sends_what_cannot_be_read_lives() {
    assert_eq!(cause_of_silence(None).0, "host_silent");
    let esp = in_ip(50, &[7; 64]);
    assert_eq!(cause_of_silence(Some(esp)).0, "port_filtered", "ESP");
    for port in [1701, 2152, 3544, 4500, 4789, 4790, 6081, 6635, 8472, 51820] {
        for (payload, what) in [
            (
                &b"a text that is no tunnel's, and longer than the header of any"[..],
                "text",
            ),
            (&[0; 60], "zeros"),
            (&[0xff; 60], "ones"),
            (b"x", "a byte"),
            (b"", "nothing"),
        ] {
            // Where nothing but an index stands in front, any long datagram looks encrypted.
            if port == 4500
                && (payload.starts_with(b"a text") || payload.len() == 60 && payload[0] == 0xff)
            {
                continue;
            }
            let (cause, undecodable) = cause_of_silence(Some(in_udp([40000, port], payload)));
            assert_eq!(cause, "port_filtered", "{what} to port {port}");
            let counts = undecodable.as_object().unwrap();
            assert!(
                counts.values().all(|count| count == 0),
                "{what} to port {port}: {undecodable}"
            );
        }
    }
}

/// A resolver's answer may go to any port.
fn dns_answers_to_the_port_of_a_tunnel_are_read() {
    for port in [1701_u16, 2152, 3544, 4500, 4789, 6081, 51820] {
        let answer = [
            &[8, 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0][..],
            b"\x02db\x07example\0\0\x01\0\x01",
            &[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 1, 20],
        ]
        .concat();
        let mut packets = vec![in_udp([53, port], &answer)];
        packets.extend(refused().map(|plan| plan.ip_packet()));
        let report = report_on(&capture_of(RAW, &packets));
        assert_eq!(report["attempts"][0]["server_name"], "db.example", "{port}");
    }
}

fn tunnels_that_are_cut_short_are_counted() {
    let rows: &[(&str, usize, Wrap)] = &[
        ("GRE", 24 + 6, |packet| {
            in_ip(47, &[&[0, 0, 8, 0][..], packet].concat())
        }),
        ("VXLAN", 28 + 4, |packet| {
            in_udp(
                [40000, 4789],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        ("VXLAN's frame", 28 + 8 + 9, |packet| {
            in_udp(
                [40000, 4789],
                &frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet),
            )
        }),
        ("Geneve", 28 + 8 + 20, |packet| {
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], packet),
            )
        }),
        ("GTP", 28 + 8 + 12, |packet| {
            in_udp(
                [2152, 2152],
                &[&[0x30, 0xff, 0, 40, 0, 0, 0x12, 0x34][..], packet].concat(),
            )
        }),
        ("L2TP", 28 + 7, |packet| {
            in_udp(
                [1701, 1701],
                &[&[0, 2, 0, 5, 0, 9, 0, 0x21][..], packet].concat(),
            )
        }),
    ];
    for (what, length, wrap) in rows {
        let packets: Vec<CapturedPacket> = refused()
            .iter()
            .map(|plan| {
                let whole = wrap(&plan.ip_packet());
                CapturedPacket {
                    nanoseconds: TIMES[0],
                    wire_length: whole.len(),
                    bytes: whole[..*length].to_vec(),
                }
            })
            .collect();
        let report = report_on(&pcap_file(RAW, &packets));
        assert_eq!(
            report["capture"]["undecodable"]["truncated_header"], 2,
            "{what}: {}",
            report["capture"]
        );
    }
}

/// On a tunnel's end each packet is captured inside and outside: one connect, and its copies.
fn a_connect_seen_inside_and_outside_of_a_tunnel_is_one() {
    let rows: &[(&str, Wrap)] = &[
        ("GRE", |packet| {
            in_ip(47, &[&[0, 0, 8, 0][..], packet].concat())
        }),
        ("Geneve", |packet| {
            in_udp(
                [40000, 6081],
                &frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 12, 0], packet),
            )
        }),
        ("GTP", |packet| {
            in_udp(
                [2152, 2152],
                &[&[0x30, 0xff, 0, 40, 0, 0, 0x12, 0x34][..], packet].concat(),
            )
        }),
    ];
    for (what, wrap) in rows {
        let [syn, rst] = refused().map(|plan| plan.ip_packet());
        let report = report_on(&capture_of(
            RAW,
            &[syn.clone(), wrap(&syn), wrap(&rst), rst],
        ));
        assert_eq!(report["summary"]["attempts"], 1, "{what}");
        assert_eq!(report["summary"]["refused"], 1, "{what}");
        assert_eq!(report["capture"]["copies"], 2, "{what}");
        assert_eq!(report["attempts"][0]["syn_count"], 1, "{what}");
    }
}

fn link_types_that_are_not_read_are_named() {
    for (link_type, name) in [
        (147_u32, "USER0"),
        (149, "USER2"),
        (162, "USER15"),
        (165, "BACNET_MS_TP"),
    ] {
        let report = report_on(&of_link_type(link_type, &[]));
        assert_eq!(
            report["capture"]["undecodable"]["unsupported_link_type"], 2,
            "{name}"
        );
        assert_eq!(LinkType(link_type).to_string(), name);
    }
    let nested = [
        [0, 0, 8, 0, 192, 0, 0, 0].repeat(30),
        vec![0, 0, 8, 0, 101, 0, 0, 0],
    ]
    .concat();
    let report = report_on(&of_link_type(192, &nested));
    assert_eq!(
        report["capture"]["undecodable"]["unsupported_link_type"], 2,
        "PPI in PPI"
    );
}

/// An IPv6 packet with headers between it and its segment.
fn with_extensions(packet: &[u8], first: u8, headers: &[u8], length: Option<u16>) -> Vec<u8> {
    let mut bytes = [&packet[..40], headers, &packet[40..]].concat();
    let carried = u16::try_from(bytes.len() - 40).unwrap();
    bytes[4..6].copy_from_slice(&length.unwrap_or(carried).to_be_bytes());
    bytes[6] = first;
    bytes
}

fn lengths_that_the_ip_header_does_not_tell_are_found() {
    let jumbo = |packet: &[u8]| {
        let option = [6, 0, 0xc2, 4, 0, 0, 0, 28];
        with_extensions(packet, 0, &option, Some(0))
    };
    assert_refused(&wrapped(RAW, &refused_ipv6(), jumbo), "jumbogram");
    assert_refused(
        &wrapped(RAW, &refused_ipv6(), |packet| {
            with_extensions(packet, 6, &[], Some(0))
        }),
        "IPv6, segmentation offload",
    );
    let no_total_length = |packet: &[u8]| [&packet[..2], &[0, 0], &packet[4..]].concat();
    assert_refused(
        &wrapped(RAW, &refused(), no_total_length),
        "IPv4, segmentation offload",
    );
    let padded = wrapped(1, &refused(), |packet| {
        [&[0; 12][..], &[8, 0], packet, &[0xaa; 6], &[1, 2, 3, 4]].concat()
    });
    assert_refused(&padded, "padding and a frame check sequence");
    assert_eq!(
        padded["attempts"][0]["packets"][0]["payload"],
        padded["attempts"][0]["packets"][1]["payload"]
    );
}

fn chains_of_extension_headers_are_followed_to_a_limit() {
    let chain = |count: usize| {
        // Destination options, each naming the next, and TCP at the end.
        let mut headers = [60, 0, 1, 4, 0, 0, 0, 0].repeat(count - 1);
        headers.extend([6, 0, 1, 4, 0, 0, 0, 0]);
        wrapped(RAW, &refused_ipv6(), move |packet| {
            with_extensions(packet, 60, &headers, None)
        })
    };
    assert_refused(&chain(1), "one header");
    assert_refused(&chain(16), "as many as are followed");
    assert_eq!(chain(17)["capture"]["undecodable"]["too_deeply_wrapped"], 2);
    assert_eq!(
        chain(150)["capture"]["undecodable"]["too_deeply_wrapped"],
        2
    );
}

fn wrong_checksums_are_no_reason() {
    let wrong = |packet: &[u8]| {
        let mut bytes = packet.to_vec();
        bytes[10] ^= 0xff;
        bytes[36] ^= 0xff;
        bytes
    };
    assert_refused(&wrapped(RAW, &refused(), wrong), "wrong checksums");
}

fn tunnels_beyond_the_depth_are_set_aside() {
    let nest = |depth: usize| {
        move |packet: &[u8]| (0..depth).fold(packet.to_vec(), |inner, _| in_ip(4, &inner))
    };
    assert_refused(&wrapped(RAW, &refused(), nest(6)), "as deep as is followed");
    let report = wrapped(RAW, &refused(), nest(7));
    assert_eq!(report["capture"]["undecodable"]["too_deeply_wrapped"], 2);
}

/// An IPv6 packet between the ends of a tunnel, with the option by which Linux limits how often it is wrapped again.
fn in_ipv6(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let outer = IpPlan {
        source: "2001:db8:ffff::1".parse().unwrap(),
        destination: "2001:db8:ffff::2".parse().unwrap(),
        protocol: IpNumber(protocol),
        ttl: 64,
        identification: 0,
        traffic_class: 0,
        flow_label: 0,
    };
    with_extensions(
        &outer.around(payload),
        60,
        &[protocol, 0, 4, 1, 4, 1, 1, 0],
        None,
    )
}

fn tunnels_over_ipv6_are_read() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("IPv4 in IPv6", &["ipip"], |packet| in_ipv6(4, packet)),
        ("GRE", &["gre"], |packet| {
            in_ipv6(47, &[&[0, 0, 8, 0][..], packet].concat())
        }),
        ("Ethernet in GRE", &["gre key 7"], |packet| {
            in_ipv6(
                47,
                &frame_behind(&[0x20, 0, 0x65, 0x58, 0, 0, 0, 7], packet),
            )
        }),
        ("VXLAN", &["vxlan 77"], |packet| {
            let frame = frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet);
            let length = u16::try_from(8 + frame.len()).unwrap();
            let header = [40000, 4789, length, 0].map(u16::to_be_bytes).concat();
            in_ipv6(17, &[header, frame].concat())
        }),
    ];
    assert_paths(RAW, &refused(), rows);
}

/// The error is about the inner SYN, and comes from inside.
fn an_icmp_error_inside_a_tunnel_is_read() {
    let [syn, _] = refused().map(|plan| plan.ip_packet());
    let router = [10, 0, 0, 1].into();
    let error = icmp_error(router, [10, 0, 0, 7].into(), (3, 13), 64, &syn);
    let in_gre = |packet: &[u8]| in_ip(47, &[&[0, 0, 8, 0][..], packet].concat());
    let report = report_on(&capture_of(RAW, &[in_gre(&syn), in_gre(&error[14..])]));
    assert_eq!(report["attempts"][0]["outcome"], "rejected");
    assert_eq!(report["attempts"][0]["path"], serde_json::json!(["gre"]));
}

/// The first fragment has the header that decides; the others have none, and are counted.
fn the_first_fragment_decides() {
    let fragment = |packet: &[u8], flags_and_offset: u16| {
        let mut bytes = packet.to_vec();
        bytes[6..8].copy_from_slice(&flags_and_offset.to_be_bytes());
        bytes
    };
    let [syn, rst] = refused().map(|plan| plan.ip_packet());
    let packets = [
        fragment(&syn, 0x2000),
        fragment(&rst, 0x2000),
        fragment(&rst, 3),
    ];
    let report = report_on(&capture_of(RAW, &packets));
    assert_refused(&report, "fragments of IPv4");
    assert_eq!(report["capture"]["undecodable"]["later_fragment"], 1);
    let fragment_ipv6 = |packet: &[u8], offset: u16| {
        let [high, low] = offset.to_be_bytes();
        with_extensions(packet, 44, &[6, 0, high, low, 0, 0, 0, 9], None)
    };
    let [syn, rst] = refused_ipv6().map(|plan| plan.ip_packet());
    let packets = [
        fragment_ipv6(&syn, 1),
        fragment_ipv6(&rst, 1),
        fragment_ipv6(&rst, 3 << 3),
    ];
    let report = report_on(&capture_of(RAW, &packets));
    assert_refused(&report, "fragments of IPv6");
    assert_eq!(report["capture"]["undecodable"]["later_fragment"], 1);
}
