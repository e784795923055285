//! Tunnels in UDP on ports that are not their own: read where it is said that they are there.

use std::path::Path;

use serde_json::Value;

use super::{RAW, Wrap, assert_refused, capture_of, frame_behind, in_udp, refused};
use crate::support::command::run;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_tunnel_is_read_where_it_is_said_to_be,
    what_is_no_such_tunnel_is_read_as_before,
    a_tunnel_on_its_own_port_is_found_beside_a_wrong_word,
    ladder_and_evidence_look_into_the_same_tunnels,
    live_needs_everything_for_a_tunnel,
];

const PORT: u16 = 8473;

fn vxlan(packet: &[u8]) -> Vec<u8> {
    let frame = frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet);
    in_udp([40000, PORT], &frame)
}

fn geneve(packet: &[u8]) -> Vec<u8> {
    let frame = frame_behind(&[0, 0, 0x65, 0x58, 0, 0, 9, 0], packet);
    in_udp([40000, PORT], &frame)
}

/// Its word, what its path is called, and a packet in it.
const TUNNELS: &[(&str, &str, Wrap)] = &[
    ("vxlan", "vxlan 77", vxlan),
    ("vxlan-gpe", "vxlan 77", |packet| {
        let header = [0x0c, 0, 0, 1, 0, 0, 77, 0];
        in_udp([40000, PORT], &[&header[..], packet].concat())
    }),
    ("geneve", "geneve 9", geneve),
    ("gre-in-udp", "gre", |packet| {
        in_udp([40000, PORT], &[&[0, 0, 8, 0][..], packet].concat())
    }),
    ("mpls-in-udp", "mpls 16", |packet| {
        in_udp([40000, PORT], &[&[0, 1, 1, 64][..], packet].concat())
    }),
    ("gtp", "gtp 0x7", |packet| {
        let length = u8::try_from(packet.len()).unwrap();
        let header = [0x30, 0xff, 0, length, 0, 0, 0, 7];
        in_udp([PORT, 40000], &[&header[..], packet].concat())
    }),
];

fn write(folder: &Path, wrap: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let path = folder.join("tunnel.pcap");
    let packets = refused().map(|plan| wrap(&plan.ip_packet()));
    std::fs::write(&path, capture_of(RAW, &packets)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn read(arguments: &[&str]) -> Value {
    let ran = run(&[&["read", "--format", "json"], arguments].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap();
    // What was typed differs.
    report["tool"] = Value::Null;
    report
}

fn a_tunnel_is_read_where_it_is_said_to_be() {
    let folder = tempfile::tempdir().unwrap();
    for (word, path, wrap) in TUNNELS {
        let file = write(folder.path(), wrap);
        assert_eq!(read(&[&file])["summary"]["attempts"], 0, "{word}");
        let option = format!("{PORT}={word}");
        let others = "9000=geneve";
        let report = read(&["--tunnel", others, "--tunnel", &option, &file]);
        assert_refused(&report, word);
        let said = &report["attempts"][0]["path"];
        assert_eq!(*said, serde_json::json!([path]), "{word}");
    }
}

/// Twins: other words for the same port, and a port on which something else is.
fn what_is_no_such_tunnel_is_read_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let words = TUNNELS.iter().map(|(word, ..)| *word);
    let words: Vec<&str> = words.chain(["teredo", "l2tp", "capwap", "ayiya"]).collect();
    let queries: &[Wrap] = &[
        // A query for a name, on a port to which somebody moved it; a datagram of QUIC; nothing.
        |_| {
            let query = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01";
            in_udp([40000, PORT], query)
        },
        |packet| {
            let quic = [&[0x40, 0x1c, 0x33, 0x9a, 0xf0, 0x5e][..], packet].concat();
            in_udp([PORT, 443], &quic)
        },
        |_| in_udp([40000, PORT], &[]),
    ];
    for wrap in queries {
        let file = write(folder.path(), wrap);
        let before = read(&[&file]);
        for word in &words {
            let option = format!("{PORT}={word}");
            assert_eq!(read(&["--tunnel", &option, &file]), before, "{word}");
        }
    }
    let file = write(folder.path(), vxlan);
    for word in ["geneve", "gtp", "teredo", "mpls-in-udp", "wireguard"] {
        let option = format!("{PORT}={word}");
        let report = read(&["--tunnel", &option, &file]);
        assert_eq!(report["summary"]["attempts"], 0, "{word}");
    }
}

fn a_tunnel_on_its_own_port_is_found_beside_a_wrong_word() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), |packet| {
        let frame = frame_behind(&[8, 0, 0, 0, 0, 0, 77, 0], packet);
        in_udp([40000, 4789], &frame)
    });
    let report = read(&["--tunnel", "4789=geneve", &file]);
    assert_eq!(report, read(&[&file]));
    assert_refused(&report, "VXLAN");
}

fn ladder_and_evidence_look_into_the_same_tunnels() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence.pcapng");
    let evidence = evidence.to_str().unwrap();
    for (word, wrap) in [("vxlan", vxlan as Wrap), ("geneve", geneve)] {
        let file = write(folder.path(), wrap);
        let option = format!("{PORT}={word}");
        let tunnel = ["--tunnel", &option];
        let ladder = run(&[&["ladder"], &tunnel[..], &[&file, "1"]].concat());
        assert!(ladder.stdout.contains("RST"), "{}", ladder.stderr);
        for more in [&[][..], &["--anonymize"]] {
            read(&[&tunnel, more, &["--evidence", evidence, &file]].concat());
            let again = read(&[&tunnel[..], &[evidence]].concat());
            assert_refused(&again, word);
        }
        let text = run(&[&["read"], &tunnel[..], &[&file]].concat()).stdout;
        let command = format!("tcpwhy ladder --tunnel {option}");
        assert!(text.contains(&command), "{text}");
    }
}

fn live_needs_everything_for_a_tunnel() {
    let ran = run(&["live", "--tunnel", "8473=vxlan"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--full"), "{}", ran.stderr);
}
