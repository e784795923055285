//! Packets inside of packets.

use etherparse::IpNumber;

use super::{
    RAW, Wrap, assert_paths, assert_refused, capture_of, frame_behind, in_ip, in_udp, refused,
    refused_ipv6, report_on, with_extensions, wrapped,
};
use crate::support::frames::IpPlan;
use crate::support::frames::icmp_error;
use crate::support::harness::Test;
use crate::support::harness::tests;

pub(crate) const TESTS: &[Test] = tests![
    gre_is_read,
    tunnels_in_ip_are_read,
    virtual_networks_in_udp_are_read,
    tunnels_of_access_networks_are_read,
    tunnels_of_ipv6_are_read,
    a_connect_seen_inside_and_outside_of_a_tunnel_is_one,
    tunnels_beyond_the_depth_are_set_aside,
    tunnels_over_ipv6_are_read,
    an_icmp_error_inside_a_tunnel_is_read,
];

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

fn tunnels_beyond_the_depth_are_set_aside() {
    let nest = |depth: usize| {
        move |packet: &[u8]| (0..depth).fold(packet.to_vec(), |inner, _| in_ip(4, &inner))
    };
    assert_refused(&wrapped(RAW, &refused(), nest(6)), "as deep as is followed");
    let report = wrapped(RAW, &refused(), nest(7));
    assert_eq!(report["capture"]["undecodable"]["too_deeply_wrapped"], 2);
}

/// An IPv6 packet between the ends of a tunnel, with the option by which Linux limits how often it
/// is wrapped again.
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
