//! Link types and tunnels that are seldom met: switches inside of routers, taps, what other systems
//! number in another way.

use super::{
    RAW, Wrap, assert_paths, capture_of, frame_behind, in_udp, padded_to, refused, refused_ipv6,
    report_on, wireless, wrapped,
};
use crate::support::harness::Test;
use crate::support::harness::tests;

pub(crate) const TESTS: &[Test] = tests![
    frames_with_tags_of_switch_chips_are_read,
    frames_with_tags_of_switch_chips_are_read_as_tcpdump_reads_them needs "tcpdump",
    what_systems_number_in_their_own_way_is_read,
    numbers_for_private_use_are_no_packet_tap,
    logs_of_rules_are_read_from_netlink,
    frames_of_the_air_are_read_in_ethernet_and_from_access_points,
    rare_tunnels_in_udp_are_read,
    rare_formats_are_read_as_tshark_reads_them needs "tshark",
    no_connect_is_never_said_alone_beside_packets_passed_over,
];

const ADDRESSES: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

/// A frame with something between its addresses and its type.
fn tagged(tag: &[u8], packet: &[u8]) -> Vec<u8> {
    [&ADDRESSES, tag, &[8, 0], packet].concat()
}

const SWITCHES: &[(&str, u32, &[&str], Wrap)] = &[
    ("Broadcom", 281, &[], |packet| {
        tagged(&[0x20, 0, 0, 3], packet)
    }),
    ("Broadcom, a VLAN inside", 281, &["vlan 12"], |packet| {
        tagged(&[0x20, 0, 0, 3, 0x81, 0, 0, 12], packet)
    }),
    ("Broadcom, before the frame", 282, &[], |packet| {
        frame_behind(&[0x20, 0, 0, 3], packet)
    }),
    ("DSA", 284, &[], |packet| {
        tagged(&[0xc0, 0x18, 0, 1], packet)
    }),
    (
        "DSA in the place of a VLAN tag",
        284,
        &["vlan 7"],
        |packet| tagged(&[0xe0, 0x18, 0x60, 7], packet),
    ),
    ("DSA with a type", 285, &[], |packet| {
        tagged(&[0xda, 0xda, 0, 0, 0xc0, 0x18, 0, 1], packet)
    }),
    (
        "DSA with a type, in the place of a VLAN tag",
        285,
        &["vlan 7"],
        |packet| tagged(&[0xda, 0xda, 0, 0, 0xe0, 0x18, 0, 7], packet),
    ),
];

fn frames_with_tags_of_switch_chips_are_read() {
    for (what, link_type, path, wrap) in SWITCHES {
        assert_paths(*link_type, &refused(), &[(what, path, *wrap)]);
    }
}

fn frames_with_tags_of_switch_chips_are_read_as_tcpdump_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    for (what, link_type, _, wrap) in SWITCHES {
        let packets = refused().map(|plan| wrap(&plan.ip_packet()));
        std::fs::write(&path, capture_of(*link_type, &packets)).unwrap();
        let mut tcpdump = std::process::Command::new("tcpdump");
        let ran = tcpdump.args(["-nqr"]).arg(&path).output().unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        let shows = text.matches("10.0.0.7.51234").count();
        assert_eq!(shows, 2, "{what}: {text}");
    }
}

const OTHER_SYSTEMS: &[(&str, u32, Wrap)] = &[
    ("OpenBSD's ENC", 13, |packet| {
        [&[2, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0][..], packet].concat()
    }),
    ("OpenBSD's loopback", 12, |packet| {
        [&[0, 0, 0, 2][..], packet].concat()
    }),
    ("OpenBSD's raw IP", 14, <[u8]>::to_vec),
    ("IPNET", 226, |packet| {
        [&padded_to(24, &[1, 2, 0, 0, 0, 0, 0, 40], &[]), packet].concat()
    }),
    ("Apple's packet tap", 149, |packet| {
        let header = padded_to(108, &[108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], &[]);
        frame_behind(&header, packet)
    }),
    ("Cisco HDLC as PPP", 9, |packet| {
        [&[0x0f, 0, 8, 0][..], packet].concat()
    }),
    ("Cisco HDLC as PPP in HDLC, for all", 50, |packet| {
        [&[0x8f, 0, 8, 0][..], packet].concat()
    }),
];

fn what_systems_number_in_their_own_way_is_read() {
    for (what, link_type, wrap) in OTHER_SYSTEMS {
        assert_paths(*link_type, &refused(), &[(what, &[], *wrap)]);
    }
    let ipv6: &[(&str, &[&str], Wrap)] = &[("IPNET", &[], |packet| {
        [&padded_to(24, &[1, 26], &[]), packet].concat()
    })];
    assert_paths(226, &refused_ipv6(), ipv6);
}

fn numbers_for_private_use_are_no_packet_tap() {
    for header in [[0_u8; 12], [40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], [7; 12]] {
        let frame = padded_to(120, &header, &[]);
        let report = report_on(&capture_of(149, &[frame]));
        assert_eq!(report["capture"]["undecodable"]["unsupported_link_type"], 1);
    }
}

/// A datagram of netlink with these messages, in the byte order of either kind of host.
fn netlink(is_big_endian: bool, messages: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut datagram = vec![0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12];
    for (kind, body) in messages {
        let length = u32::try_from(16 + body.len()).unwrap();
        if is_big_endian {
            datagram.extend(length.to_be_bytes());
            datagram.extend(kind.to_be_bytes());
        } else {
            datagram.extend(length.to_le_bytes());
            datagram.extend(kind.to_le_bytes());
        }
        datagram.extend([0; 10]);
        datagram.extend(body);
        datagram.resize(datagram.len().next_multiple_of(4), 0);
    }
    datagram
}

fn logged(is_big_endian: bool, packet: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + packet.len()).unwrap();
    let header = if is_big_endian {
        [length.to_be_bytes(), 9_u16.to_be_bytes()]
    } else {
        [length.to_le_bytes(), 9_u16.to_le_bytes()]
    };
    [&[2, 0, 0, 5][..], &header.concat(), packet].concat()
}

fn logs_of_rules_are_read_from_netlink() {
    let rows: &[(&str, &[&str], Wrap)] = &[
        ("one record", &[], |packet| {
            netlink(false, &[(0x400, logged(false, packet))])
        }),
        ("of a big-endian host", &[], |packet| {
            netlink(true, &[(0x400, logged(true, packet))])
        }),
        ("behind an acknowledgement and a datagram", &[], |packet| {
            let other = in_udp([53, 4000], b"no TCP");
            let messages = [
                (2, vec![0; 20]),
                (0x400, logged(false, &other)),
                (0x400, logged(false, packet)),
            ];
            netlink(false, &messages)
        }),
    ];
    assert_paths(253, &refused(), rows);
    let other = [netlink(false, &[(3, vec![0; 4])]), vec![0; 16], vec![0; 3]];
    let report = report_on(&capture_of(253, &other));
    assert_eq!(report["summary"]["attempts"], 0);
    assert_eq!(report["capture"]["undecodable"]["truncated_header"], 1);
}

/// CAPWAP's header of eight bytes.
fn access_point(is_of_air: bool) -> [u8; 8] {
    [0, 0x10, 0x02 | u8::from(is_of_air), 0, 0, 0, 0, 0]
}

const FROM_THE_AIR: &[(&str, &[&str], Wrap)] = &[
    ("CAPWAP with Ethernet", &["capwap"], |packet| {
        in_udp([40000, 5247], &frame_behind(&access_point(false), packet))
    }),
    (
        "CAPWAP with a frame of the air, swapped",
        &["capwap"],
        |packet| {
            let mut frame = wireless(0x08, 0x01);
            frame.swap(0, 1);
            let payload = [&access_point(true)[..], &frame, packet].concat();
            in_udp([5247, 40000], &payload)
        },
    ),
];

fn frames_of_the_air_are_read_in_ethernet_and_from_access_points() {
    assert_paths(RAW, &refused(), FROM_THE_AIR);
    let straight: &[(&str, &[&str], Wrap)] =
        &[("CAPWAP with a frame of the air", &["capwap"], |packet| {
            let header = [&access_point(true)[..], &wireless(0x08, 0x01)].concat();
            in_udp([5247, 40000], &[&header, packet].concat())
        })];
    assert_paths(RAW, &refused(), straight);
    assert_paths(1, &refused(), &[("Centrino", &[], centrino)]);
    let dtls = in_udp([40000, 5247], &[&[1, 0, 0, 0, 23][..], &[9; 80]].concat());
    let report = report_on(&capture_of(RAW, &[dtls]));
    assert_eq!(report["capture"]["undecodable"]["encrypted"], 1);
    let fragment = [0, 0x10, 0x02, 0x80, 0, 0, 0, 0x40];
    let fragment = in_udp([40000, 5247], &[&fragment[..], &[9; 80]].concat());
    let report = report_on(&capture_of(RAW, &[fragment]));
    assert_eq!(report["capture"]["undecodable"]["later_fragment"], 1);
}

fn centrino(packet: &[u8]) -> Vec<u8> {
    [&ADDRESSES[..], &[0x24, 0x52], &wireless(0x08, 0x01), packet].concat()
}

const IN_UDP: &[(&str, &[&str], Wrap)] = &[
    ("GRE in UDP", &["gre"], |packet| {
        in_udp([40000, 4754], &[&[0, 0, 8, 0][..], packet].concat())
    }),
    ("GRE with a key in UDP", &["gre key 9"], |packet| {
        let header = [0x20, 0, 8, 0, 0, 0, 0, 9];
        in_udp([40000, 4754], &[&header[..], packet].concat())
    }),
];

const SIGNED: &[(&str, &[&str], Wrap)] = &[("AYIYA", &["ayiya"], |packet| {
    let header = padded_to(44, &[0x41, 0x52, 0x11, 41, 0x6a, 0, 0, 0], &[]);
    in_udp([40000, 5072], &[&header, packet].concat())
})];

fn rare_tunnels_in_udp_are_read() {
    assert_paths(RAW, &refused(), IN_UDP);
    assert_paths(RAW, &refused_ipv6(), SIGNED);
}

/// The same packets, of which tshark tells ports and flags.
fn rare_formats_are_read_as_tshark_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    let others = OTHER_SYSTEMS.iter().filter(|(_, link_type, _)| {
        // Wireshark takes OpenBSD's number for raw IP, as other systems do.
        *link_type != 12
    });
    let others = others.map(|(what, link_type, wrap)| (*what, *link_type, *wrap));
    let tunnels = IN_UDP.iter().chain(FROM_THE_AIR);
    let tunnels = tunnels.map(|(what, _, wrap)| (*what, RAW, *wrap));
    for (what, link_type, wrap) in others
        .chain(tunnels)
        .chain([("Centrino", 1, centrino as Wrap)])
    {
        let packets = refused().map(|plan| wrap(&plan.ip_packet()));
        std::fs::write(&path, capture_of(link_type, &packets)).unwrap();
        let mut tshark = std::process::Command::new("tshark");
        tshark.args(["-n", "-T", "fields", "-E", "occurrence=l"]);
        tshark.args(["-e", "tcp.dstport", "-e", "tcp.flags", "-r"]);
        let ran = tshark.arg(&path).output().unwrap();
        let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert_eq!(shown, "5432\t0x0002\n51234\t0x0014\n", "{what}");
        let report = wrapped(link_type, &refused(), wrap);
        assert_eq!(report["summary"]["refused"], 1, "{what}");
    }
}

fn no_connect_is_never_said_alone_beside_packets_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    for (link_type, packets, words) in [
        (
            157,
            vec![vec![0; 60]; 3],
            Some("3 of 3 packets were passed over"),
        ),
        (
            RAW,
            vec![vec![0x45; 10]],
            Some("1 of 1 packet was passed over"),
        ),
        (
            1,
            vec![[&ADDRESSES[..], &[0x88, 0xcc], &[0; 46]].concat()],
            None,
        ),
    ] {
        std::fs::write(&path, capture_of(link_type, &packets)).unwrap();
        let ran = crate::support::command::run(&["read", path.to_str().unwrap()]);
        let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("no TCP connect is in this capture"), "{text}");
        match words {
            Some(words) => assert!(text.contains(words), "{text}"),
            None => assert!(!text.contains("passed over"), "{text}"),
        }
    }
}
