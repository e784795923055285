//! Frames of 802.11.

use serde_json::Value;

use super::{
    assert_refused, in_udp, of_link_type, padded_to, refused, report_on, wireless, wireless_with,
    wrapped,
};
use crate::support::harness::Test;
use crate::support::harness::tests;

pub(crate) const TESTS: &[Test] = tests![
    wireless_frames_are_read,
    the_first_segment_of_an_aggregate_is_read,
    wireless_frames_that_say_nothing_are_counted,
];

fn wireless_frames_are_read() {
    let data = wireless(0x08, 0x01);
    let avs = padded_to(64, &[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &data);
    // Present: time, flags and one more bitmap; the flags say that there is padding behind the
    // frame's header.
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
