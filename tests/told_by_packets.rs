//! What packets and their records say of themselves: the words and codes of resets, the points of a
//! gateway's chains.

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::command::run;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::json_on;
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    a_reset_with_words_of_a_balancer_is_the_balancers,
    words_of_a_reset_are_shown_wherever_it_is,
    words_of_a_reset_on_a_request_are_shown_too,
    words_of_others_are_quoted_and_decide_nothing,
    what_is_no_text_is_not_quoted,
    the_trailer_of_a_balancers_own_capture_says_why needs "tshark",
    older_trailers_say_why_as_well needs "tshark",
    codes_in_windows_are_possible_and_no_more,
    resets_that_count_up_are_made_by_an_injector,
    a_gateways_own_capture_shows_the_chain_that_drops,
];

pub(crate) const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const ACK: u16 = 0x10;
const RST_ACK: u16 = 0x14;

/// 2026-11-20T14:00:00Z.
pub(crate) const START: u64 = 1_795_183_200_000_000_000;

fn client() -> SocketAddr {
    ([10, 1, 0, 7], 51001).into()
}

fn server() -> SocketAddr {
    ([10, 2, 0, 20], 443).into()
}

pub(crate) fn to_server(flags: u16, sequence: u32, acknowledgment: u32) -> SegmentPlan {
    SegmentPlan {
        sequence,
        acknowledgment,
        ..SegmentPlan::new(client(), server(), flags)
    }
}

fn to_client(flags: u16, sequence: u32, acknowledgment: u32) -> SegmentPlan {
    SegmentPlan {
        sequence,
        acknowledgment,
        ..SegmentPlan::new(server(), client(), flags)
    }
}

/// The RST that refuses a SYN with sequence number 1000, with this data.
pub(crate) fn refusal(data: &[u8]) -> Vec<u8> {
    let plan = SegmentPlan {
        window: 0,
        payload_length: data.len(),
        ..to_client(RST_ACK, 0, 1001)
    };
    let mut frame = plan.frame();
    let at = frame.len() - data.len();
    frame[at..].copy_from_slice(data);
    frame
}

fn capture(packets: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let captured: Vec<CapturedPacket> = packets
        .iter()
        .map(|(milliseconds, bytes)| CapturedPacket {
            nanoseconds: START + milliseconds * 1_000_000,
            wire_length: bytes.len(),
            bytes: bytes.clone(),
        })
        .collect();
    pcap_file(1, &captured)
}

pub(crate) fn report_on(bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture");
    std::fs::write(&path, bytes).unwrap();
    json_on(&[path])
}

fn refused_with(data: &[u8]) -> Value {
    report_on(&capture(&[
        (0, to_server(SYN, 1000, 0).frame()),
        (1, refusal(data)),
    ]))
}

/// Outcome, cause and confidence of the nth attempt.
pub(crate) fn verdict(report: &Value, nth: usize) -> [&str; 3] {
    let attempt = &report["attempts"][nth];
    ["outcome", "cause", "confidence"].map(|field| attempt[field].as_str().unwrap_or("none"))
}

pub(crate) fn notes(report: &Value, nth: usize) -> String {
    report["attempts"][nth]["notes"].to_string()
}

fn kinds(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect()
}

const NO_LISTENER: &[u8] = b"BIG-IP: [0x2664c65:2574] No local listener";
const OF_PEER: &[u8] = b"BIG-IP: [0x2664c65:3011] {peer} TCP RST from remote system";

fn a_reset_with_words_of_a_balancer_is_the_balancers() {
    let report = refused_with(NO_LISTENER);
    assert_eq!(
        verdict(&report, 0),
        ["refused", "load_balancer_reset", "certain"]
    );
    assert_eq!(kinds(&report), ["answers_made_by_a_box"]);
    let meaning = "no virtual server is on this address and port";
    assert!(notes(&report, 0).contains(meaning));
    let statement = report["findings"][0]["statement"].as_str().unwrap();
    let said = "; the RST says \"BIG-IP: [0x2664c65:2574] No local listener\"";
    assert!(statement.contains(said), "{statement}");
    assert!(statement.ends_with(meaning), "{statement}");
    assert!(
        !notes(&report, 0).contains("fits as well"),
        "{}",
        notes(&report, 0)
    );
    let mut reset = to_client(RST_ACK, 5001, 1001);
    reset.payload_length = OF_PEER.len();
    let mut frame = reset.frame();
    let at = frame.len() - OF_PEER.len();
    frame[at..].copy_from_slice(OF_PEER);
    let report = report_on(&capture(&[
        (0, to_server(SYN, 1000, 0).frame()),
        (1, to_client(SYN_ACK, 5000, 1001).frame()),
        (2, to_server(ACK, 1001, 5001).frame()),
        (3, frame),
    ]));
    assert_eq!(
        verdict(&report, 0),
        ["reset", "load_balancer_reset", "certain"]
    );
    assert!(
        notes(&report, 0).contains("other side first"),
        "{}",
        notes(&report, 0)
    );
}

fn words_of_a_reset_are_shown_wherever_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    let packets = [
        (0, to_server(SYN, 1000, 0).frame()),
        (1, refusal(NO_LISTENER)),
    ];
    std::fs::write(&path, capture(&packets)).unwrap();
    let path = path.to_str().unwrap();
    for arguments in [&["read", path][..], &["ladder", path, "1"]] {
        let ran = run(arguments);
        let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("No local listener"),
            "{arguments:?}: {}",
            ran.stdout
        );
    }
    let report = refused_with(NO_LISTENER);
    let evidence = report["attempts"][0]["evidence"].to_string();
    assert!(evidence.contains("No local listener"), "{evidence}");
    let anonymous = run(&["read", "-F", "json", "--anonymize", path]);
    let report: Value = serde_json::from_str(&anonymous.stdout).unwrap();
    assert_eq!(
        verdict(&report, 0),
        ["refused", "load_balancer_reset", "certain"]
    );
    assert!(!anonymous.stdout.contains("No local listener"));
}

/// A connection that is older than the capture, and one that lay idle, are reset with words on the
/// next request.
fn words_of_a_reset_on_a_request_are_shown_too() {
    const EXPIRED: &[u8] = b"BIG-IP: [0x2664c65:1178] Flow expired (sweeper)";
    const PSH_ACK: u16 = 0x18;
    let carrying = |mut plan: SegmentPlan, data: &[u8]| {
        plan.payload_length = data.len();
        let mut frame = plan.frame();
        let at = frame.len() - data.len();
        frame[at..].copy_from_slice(data);
        frame
    };
    let older = [
        (0, carrying(to_server(PSH_ACK, 7000, 9000), b"GET /")),
        (1, carrying(to_client(RST_ACK, 9000, 7005), EXPIRED)),
    ];
    let idle = [
        (0, to_server(SYN, 1000, 0).frame()),
        (1, to_client(SYN_ACK, 5000, 1001).frame()),
        (2, to_server(ACK, 1001, 5001).frame()),
        (3, carrying(to_server(PSH_ACK, 1001, 5001), b"GET /")),
        (4, carrying(to_client(PSH_ACK, 5001, 1006), b"200 OK")),
        (5, to_server(ACK, 1006, 5007).frame()),
        (60_000, carrying(to_server(PSH_ACK, 1006, 5007), b"GET /")),
        (60_001, carrying(to_client(RST_ACK, 5007, 1011), EXPIRED)),
    ];
    for packets in [&older[..], &idle[..]] {
        let report = report_on(&capture(packets));
        assert_eq!(kinds(&report), ["resets_midway"], "{report}");
        assert_eq!(report["summary"]["resets_midway"], 1);
        let evidence = report["findings"][0]["evidence"][0].as_str().unwrap();
        let said = "; the RST says \"BIG-IP: [0x2664c65:1178] Flow expired (sweeper)\"";
        assert!(evidence.contains(said), "{evidence}");
    }
}

fn words_of_others_are_quoted_and_decide_nothing() {
    let report = refused_with(b"blocked by proxy 10.9.9.9 \"now\"\r\n");
    let [outcome, cause, confidence] = verdict(&report, 0);
    assert_eq!((outcome, confidence), ("refused", "possible"));
    assert_ne!(cause, "load_balancer_reset");
    assert!(notes(&report, 0).contains("blocked by proxy 10.9.9.9"));
    let late = refused_with(b"not BIG-IP: [0x1:2] No local listener");
    assert_ne!(verdict(&late, 0)[1], "load_balancer_reset");
}

/// Data that no person reads: the client's bytes again, control characters, or hardly any.
fn what_is_no_text_is_not_quoted() {
    for data in [
        &b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"[..],
        b"\x1b]0;BIG-IP: owned\x07",
        b"BIG-IP: \x1b[31mNo local listener",
        "BIG-IP: \u{202e}renetsil".as_bytes(),
        b"\0\0\0\0\0\0\0\0",
        b"ok",
    ] {
        let report = refused_with(data);
        assert_eq!(verdict(&report, 0)[0], "refused");
        assert_ne!(verdict(&report, 0)[1], "load_balancer_reset", "{data:?}");
        assert!(!notes(&report, 0).contains("the RST says"), "{data:?}");
    }
}

/// What a BIG-IP's own tcpdump puts behind a packet: direction and virtual server, then flows and
/// the cause.
fn trailer(server: &[u8], cause: &[u8], is_of_peer: bool) -> Vec<u8> {
    let part = |kind: u16, version: u16, data: &[u8]| {
        let length = u16::try_from(8 + data.len()).unwrap();
        let header = [1, kind, length, version].map(u16::to_be_bytes).concat();
        [header, data.to_vec()].concat()
    };
    let name = u8::try_from(server.len()).unwrap();
    let low = [&[0, 1, 0, name][..], server].concat();
    let length = u8::try_from(9 + cause.len()).unwrap();
    let program = [0, 0, 0x02, 0x66, 0x4c, 0x65, 0x0a, 0x0e];
    let flags = [length, u8::from(is_of_peer)];
    let medium = [&[0; 31][..], &flags, &program, cause].concat();
    let parts = [part(1, 3, &low), part(2, 4, &medium)].concat();
    let whole = u16::try_from(8 + parts.len()).unwrap();
    let header = [&[0xf5, 0xde, 0xb0, 0xf5][..], &whole.to_be_bytes(), &[0, 1]].concat();
    [header, parts].concat()
}

fn the_trailer_of_a_balancers_own_capture_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    for (is_of_peer, text) in [
        (false, "BIG-IP: [0x2664c65:2574] Flow expired"),
        (true, "BIG-IP: [0x2664c65:2574] {peer} Flow expired"),
    ] {
        let trailer = trailer(b"/Common/web", b"Flow expired", is_of_peer);
        let reset = [refusal(b""), trailer.clone()].concat();
        let packets = [(0, to_server(SYN, 1000, 0).frame()), (1, reset)];
        std::fs::write(&path, capture(&packets)).unwrap();
        let report = json_on(std::slice::from_ref(&path));
        assert_eq!(
            verdict(&report, 0),
            ["refused", "load_balancer_reset", "certain"]
        );
        let notes = notes(&report, 0);
        assert!(
            notes.contains(text) && notes.contains("/Common/web"),
            "{notes}"
        );
        let mut tshark = std::process::Command::new("tshark");
        let ran = tshark.args(["-n", "-V", "-r"]).arg(&path).output().unwrap();
        let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(shown.contains("Name: /Common/web"), "{shown}");
        assert!(shown.contains("Cause: Flow expired"), "{shown}");
        assert!(shown.contains("Line: 2574"), "{shown}");
        assert_eq!(shown.contains("{peer}"), is_of_peer, "{shown}");
        // Cut anywhere, or behind another packet, it says nothing.
        for kept in 0..trailer.len() {
            let reset = [refusal(b""), trailer[..kept].to_vec()].concat();
            let report = report_on(&capture(&[packets[0].clone(), (1, reset)]));
            assert_eq!(verdict(&report, 0)[0], "refused", "{kept}");
        }
    }
}

/// What BIG-IP put behind packets before version 15: parts without a name of their own.
fn old_trailer(version: u8, server: &[u8], cause: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u8::try_from(bytes).unwrap();
    let low = [&[0, 0, 1, length(server.len())][..], server].concat();
    let flow_numbers = match version {
        1 => 26,
        2 => 27,
        _ => 31,
    };
    let said = [
        &[0_u8][..],
        &[0, 0, 2, 0x66, 0x4c, 0x65],
        &2574_u16.to_be_bytes(),
        cause,
    ]
    .concat();
    let medium = [&vec![0; flow_numbers][..], &[length(said.len())], &said].concat();
    let part = |kind: u8, version: u8, rest: &[u8]| {
        [&[kind, length(rest.len() + 1), version][..], rest].concat()
    };
    [part(1, 1, &low), part(2, version, &medium)].concat()
}

fn older_trailers_say_why_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pcap");
    for version in [1, 2, 3] {
        let trailer = old_trailer(version, b"/Common/web", b"Flow expired");
        let reset = [refusal(b""), trailer.clone()].concat();
        let packets = [(0, to_server(SYN, 1000, 0).frame()), (1, reset)];
        std::fs::write(&path, capture(&packets)).unwrap();
        let report = json_on(std::slice::from_ref(&path));
        assert_eq!(
            verdict(&report, 0),
            ["refused", "load_balancer_reset", "certain"],
            "{version}"
        );
        let notes = notes(&report, 0);
        let text = "BIG-IP: [0x2664c65:2574] Flow expired";
        assert!(
            notes.contains(text) && notes.contains("/Common/web"),
            "{notes}"
        );
        let mut tshark = std::process::Command::new("tshark");
        let ran = tshark.args(["-n", "-V", "-r"]).arg(&path).output().unwrap();
        let shown = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(shown.contains("Cause: Flow expired"), "{version}: {shown}");
        assert!(shown.contains("Line: 2574"), "{shown}");
        // Cut anywhere, or with more behind it, it is no such trailer.
        for kept in 0..trailer.len() {
            let reset = [refusal(b""), trailer[..kept].to_vec()].concat();
            let report = report_on(&capture(&[packets[0].clone(), (1, reset)]));
            assert_ne!(verdict(&report, 0)[1], "load_balancer_reset", "{kept}");
        }
        let reset = [refusal(b""), trailer, vec![0; 4]].concat();
        let report = report_on(&capture(&[packets[0].clone(), (1, reset)]));
        assert_ne!(verdict(&report, 0)[1], "load_balancer_reset");
    }
}

fn reset_with_window(of_syn_ack: u16, of_reset: u16) -> Value {
    let with_window = |plan, window| SegmentPlan { window, ..plan };
    report_on(&capture(&[
        (0, to_server(SYN, 1000, 0).frame()),
        (
            1,
            with_window(to_client(SYN_ACK, 5000, 1001), of_syn_ack).frame(),
        ),
        (2, to_server(ACK, 1001, 5001).frame()),
        (
            4000,
            with_window(to_client(RST_ACK, 5001, 1001), of_reset).frame(),
        ),
    ]))
}

fn codes_in_windows_are_possible_and_no_more() {
    for (window, meaning) in [
        (8201, "no connection that it knows"),
        (9300, "disabled"),
        (9712, ""),
    ] {
        let report = reset_with_window(65160, window);
        assert_eq!(
            verdict(&report, 0),
            ["reset", "load_balancer_reset", "possible"]
        );
        assert!(notes(&report, 0).contains(&format!("window {window}")));
        assert!(notes(&report, 0).contains(meaning));
    }
    for (own, window) in [
        (9300, 9300),
        (65160, 8192),
        (65160, 0),
        (65160, 65160),
        (65160, 8760),
    ] {
        let report = reset_with_window(own, window);
        assert_ne!(
            verdict(&report, 0)[1],
            "load_balancer_reset",
            "{own} {window}"
        );
    }
}

fn refused_in_a_burst(windows: [u16; 3]) -> Value {
    let mut packets = vec![(0, to_server(SYN, 1000, 0).frame())];
    for (at, window) in (9..).zip(windows) {
        let reset = SegmentPlan {
            window,
            ..to_client(RST_ACK, 0, 1001)
        };
        packets.push((at, reset.frame()));
    }
    report_on(&capture(&packets))
}

fn resets_that_count_up_are_made_by_an_injector() {
    for windows in [[1980, 1981, 1982], [3293, 3294, 3295]] {
        let report = refused_in_a_burst(windows);
        assert_eq!(
            verdict(&report, 0),
            ["refused", "middlebox_reset", "likely"]
        );
        assert!(
            notes(&report, 0).contains("count up"),
            "{}",
            notes(&report, 0)
        );
        assert_eq!(kinds(&report), ["answers_made_by_a_box"]);
        let statement = report["findings"][0]["statement"].as_str().unwrap();
        assert!(!statement.contains("says \""), "{statement}");
    }
    for windows in [[0, 0, 0], [0, 1, 2], [1980, 1980, 1980], [1982, 1981, 1980]] {
        let report = refused_in_a_burst(windows);
        assert!(!notes(&report, 0).contains("count up"), "{windows:?}");
    }
}

/// A frame as `fw monitor` writes it.
fn at_point(point: u8, plan: &SegmentPlan) -> Vec<u8> {
    let mut frame = plan.frame();
    let interface: &[u8; 10] = if b"iI".contains(&point) {
        b"eth0\0\0\0\0\0\0"
    } else {
        b"eth1\0\0\0\0\0\0"
    };
    frame[0] = point;
    frame[1] = b'4';
    frame[2..12].copy_from_slice(interface);
    frame
}

/// SYNs to a port, each seen at these points, and meanwhile a handshake of another that passes all.
fn through_gateway(points: &[u8], is_other_passed: bool) -> Value {
    let mut packets = Vec::new();
    let failing = SegmentPlan {
        source: ([10, 1, 0, 7], 40001).into(),
        destination: ([10, 2, 0, 20], 3306).into(),
        ..to_server(SYN, 77, 0)
    };
    for (number, second) in (1..).zip([0, 1, 3, 7]) {
        let syn = SegmentPlan {
            identification: number,
            ..failing.clone()
        };
        for (after, point) in (0..).zip(points) {
            packets.push((second * 1000 + after, at_point(*point, &syn)));
        }
    }
    let passing = [
        (500, to_server(SYN, 1000, 0)),
        (510, to_client(SYN_ACK, 5000, 1001)),
        (520, to_server(ACK, 1001, 5001)),
    ];
    for (at, plan) in passing.into_iter().filter(|_| is_other_passed) {
        let plan = SegmentPlan {
            identification: 100,
            ..plan
        };
        for (after, point) in (0..).zip(b"iIoO") {
            packets.push((at + after, at_point(*point, &plan)));
        }
    }
    packets.sort_by_key(|(at, _)| *at);
    report_on(&capture(&packets))
}

fn a_gateways_own_capture_shows_the_chain_that_drops() {
    for (points, words) in [
        (&b"i"[..], "seen at i on eth0 and never at I"),
        (b"iIo", "seen at o on eth1 and never at O"),
    ] {
        let report = through_gateway(points, true);
        assert_eq!(verdict(&report, 0), ["dropped", "dropped_here", "likely"]);
        assert!(notes(&report, 0).contains(words), "{}", notes(&report, 0));
        assert!(
            !notes(&report, 0).contains("captured at"),
            "{}",
            notes(&report, 0)
        );
        assert_eq!(verdict(&report, 1)[0], "established");
        assert!(kinds(&report).contains(&"dropped_here"));
        // What to type there is Check Point's, and no other filter's.
        let steps = report["findings"][0]["next_steps"].to_string();
        assert!(
            steps.contains("fw ctl zdebug + drop | grep 10.2.0.20"),
            "{steps}"
        );
        assert!(!steps.contains("nft "), "{steps}");
    }
    // Nobody passes: the gateway may be the end of the way, or see only the first packets.
    let alone = through_gateway(b"i", false);
    assert_ne!(verdict(&alone, 0)[1], "dropped_here");
    // It leaves, and nothing answers.
    let beyond = through_gateway(b"iIoO", true);
    assert_ne!(verdict(&beyond, 0)[1], "dropped_here");
}
