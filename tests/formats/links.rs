//! Link types, and the tags behind their headers.

use tcpwhy::capture::LinkType;

use super::{
    Wrap, assert_paths, assert_refused, frame_behind, of_link_type, padded_to, refused, report_on,
    wireless,
};
use crate::support::frames::SegmentPlan;
use crate::support::harness::Test;
use crate::support::harness::tests;
use crate::support::pcap::CapturedPacket;
use crate::support::pcap::pcap_file;

pub(crate) const TESTS: &[Test] = tests![
    link_types_are_read,
    raw_ipv6_is_read,
    what_a_packet_was_wrapped_in_is_said,
    tags_beyond_the_depth_are_set_aside,
    tags_of_switches_are_read,
    local_networks_are_read,
    wide_area_links_are_read,
    what_hosts_put_before_packets_is_read,
    captures_of_juniper_routers_are_read,
    linux_cooked_says_what_its_protocol_means,
    link_types_that_are_not_read_are_named,
];

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
