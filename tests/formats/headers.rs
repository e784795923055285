//! IP headers that ask for a second look.

use super::{
    RAW, assert_refused, capture_of, refused, refused_ipv6, report_on, with_extensions, wrapped,
};
use crate::support::harness::Test;
use crate::support::harness::tests;

pub(crate) const TESTS: &[Test] = tests![
    lengths_that_the_ip_header_does_not_tell_are_found,
    chains_of_extension_headers_are_followed_to_a_limit,
    wrong_checksums_are_no_reason,
    the_first_fragment_decides,
];

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
