//! `--anonymize`: the same verdicts, and nothing by which a stranger could tell whose packets these
//! were.

pub(crate) mod links;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::command::{run, tcpwhy};
use crate::support::frames::{IpPlan, SegmentPlan, icmp_error};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{enhanced_packet, pcapng_block, section_header};
use crate::support::samples;

pub(crate) const TESTS: &[Test] = tests![
    every_sample_has_the_same_verdicts_in_report_and_evidence,
    nothing_that_tells_whose_packets_they_were_is_left needs "tshark",
    wireshark_finds_no_malformed_packet_and_no_new_wrong_checksum needs "tshark",
    the_same_key_gives_the_same_and_another_key_gives_others,
    a_random_key_is_told_and_a_bad_one_refused,
    a_selection_is_of_original_addresses,
];

const KEY: &str = "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef";

/// A report and an evidence capture, anonymous by this key.
struct Anonymous {
    text: String,
    report: Value,
    evidence: PathBuf,
}

fn anonymous(folder: &Path, capture: &Path, key: &str) -> Anonymous {
    let evidence = folder.join("evidence.pcapng");
    let report = |format: &str| {
        let ran = tcpwhy()
            .args([
                "read",
                "--anonymize",
                "--max-attempts",
                "0",
                "-F",
                format,
                "--evidence",
            ])
            .arg(&evidence)
            .arg(capture)
            .env("TCPWHY_ANONYMIZE_KEY", key)
            .output()
            .unwrap();
        assert!(
            ran.status.success(),
            "{}",
            String::from_utf8_lossy(&ran.stderr)
        );
        String::from_utf8(ran.stdout).unwrap()
    };
    let json = report("json");
    Anonymous {
        text: report("text") + &json,
        report: serde_json::from_str(&json).unwrap(),
        evidence,
    }
}

fn report_on(path: &Path) -> Value {
    let ran = run(&[
        "read",
        "-F",
        "json",
        "--max-attempts",
        "0",
        path.to_str().unwrap(),
    ]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

fn fields(report: &Value, fields: &[&str], is_kept: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let attempts = report["attempts"].as_array().unwrap().iter();
    attempts
        .filter(|attempt| is_kept(attempt["outcome"].as_str().unwrap()))
        .map(|attempt| {
            let values: Vec<String> = fields
                .iter()
                .map(|field| attempt[*field].to_string())
                .collect();
            values.join(" ")
        })
        .collect()
}

const VERDICT: [&str; 7] = [
    "started",
    "isn",
    "outcome",
    "cause",
    "confidence",
    "answer_us",
    "path",
];

fn every_sample_has_the_same_verdicts_in_report_and_evidence() {
    let folder = tempfile::tempdir().unwrap();
    for sample in samples() {
        let anonymous = anonymous(folder.path(), &sample, KEY);
        let original = report_on(&sample);
        assert_eq!(
            fields(&anonymous.report, &VERDICT, |_| true),
            fields(&original, &VERDICT, |_| true),
            "{}",
            sample.display()
        );
        let failed = |outcome: &str| !["established", "pending"].contains(&outcome);
        let who_and_what = [&VERDICT[..], &["client", "server"]].concat();
        assert_eq!(
            fields(&report_on(&anonymous.evidence), &who_and_what, failed),
            fields(&anonymous.report, &who_and_what, failed),
            "{}",
            sample.display()
        );
    }
}

const SECRET: &str = "SECRET-PAYLOAD";

fn v4(last: u8) -> IpAddr {
    IpAddr::from([203, 99, 77, last])
}

fn v6(last: u16) -> IpAddr {
    IpAddr::from([0x2a0b, 0x77aa, 0x91cc, 0x5e5e, 0x1b2c, 0x3d4e, 0x5f60, last])
}

fn syn(client: IpAddr, server: IpAddr, port: u16) -> SegmentPlan {
    SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new((client, 40_000).into(), (server, port).into(), 0x02)
    }
}

/// With MAC addresses that can be found again.
fn with_macs(mut frame: Vec<u8>) -> Vec<u8> {
    frame[..12].copy_from_slice(&[
        0x54, 0xaf, 0x97, 0x31, 0x42, 0x53, 0x54, 0xaf, 0x97, 0x31, 0x42, 0x64,
    ]);
    frame
}

/// Inside of a tunnel from host to host.
fn in_tunnel(protocol: u8, head: &[u8], inside: &[u8]) -> Vec<u8> {
    let outer = IpPlan {
        source: v4(201),
        destination: v4(202),
        protocol: protocol.into(),
        ttl: 64,
        identification: 1,
        traffic_class: 0,
        flow_label: 0,
    };
    let packet = outer.around(&[head, inside].concat());
    with_macs([&[0; 12][..], &[8, 0], &packet].concat())
}

/// One of each that holds addresses, names or payload.
fn revealing_frames() -> Vec<Vec<u8>> {
    let toa = |plan: SegmentPlan| SegmentPlan {
        // An option by which load balancers tell the client's address.
        options: vec![254, 8, 0x9c, 0x40, 203, 99, 77, 1],
        ..plan
    };
    let mut with_data = syn(v4(1), v4(2), 80).frame();
    with_data.extend(SECRET.as_bytes());
    let quoted = syn(v4(1), v4(3), 443).ip_packet();
    let quoted_v6 = syn(v6(1), v6(2), 443).ip_packet();
    let vlan = SegmentPlan {
        vlan: Some(12),
        ..syn(v4(1), v4(4), 22)
    };
    let solicitation = |kind: u8| {
        let target = match v6(2) {
            IpAddr::V6(target) => target.octets(),
            IpAddr::V4(_) => unreachable!(),
        };
        let body = [&target[..], &[1, 1, 0x54, 0xaf, 0x97, 0x31, 0x42, 0x53]].concat();
        with_macs(icmp_error(v6(1), v6(2), (kind, 0), 255, &body))
    };
    let arp = |operation: u8| {
        let head = [
            8, 6, 0, 1, 8, 0, 6, 4, 0, operation, 0x54, 0xaf, 0x97, 0x31, 0x42, 0x53,
        ];
        with_macs(
            [
                &[0; 12][..],
                &head,
                &[203, 99, 77, 1],
                &[0; 6],
                &[203, 99, 77, 2],
            ]
            .concat(),
        )
    };
    let dns = {
        let mut message = vec![
            0, 53, 0x99, 0x99, 0, 0, 0, 0, 0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
        ];
        message.extend(b"\x06hidden\x07example\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04");
        message.extend([203, 99, 77, 2]);
        in_tunnel(17, &[], &message)
    };
    let inner = with_macs(syn(v4(5), v4(6), 25).frame());
    let tunnel_head = [0x12, 0x34, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 77, 0];
    vec![
        with_macs(toa(syn(v4(1), v4(2), 5432)).frame()),
        with_macs(with_data),
        with_macs(vlan.frame()),
        with_macs(syn(v6(1), v6(3), 443).frame()),
        with_macs(syn(v4(1), v4(3), 443).frame()),
        with_macs(icmp_error(v4(200), v4(1), (3, 13), 60, &quoted)),
        with_macs(syn(v6(1), v6(2), 443).frame()),
        with_macs(icmp_error(v6(9), v6(1), (1, 1), 60, &quoted_v6)),
        solicitation(135),
        solicitation(136),
        arp(1),
        arp(2),
        dns,
        in_tunnel(17, &tunnel_head, &inner),
        in_tunnel(47, &[0, 0, 8, 0], &syn(v4(7), v4(8), 110).ip_packet()),
    ]
}

fn revealing_capture() -> Vec<u8> {
    let option = |code: u16, value: &[u8]| {
        let mut bytes = [
            code.to_le_bytes(),
            u16::try_from(value.len()).unwrap().to_le_bytes(),
        ]
        .concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    };
    let interface = [
        vec![1, 0, 0, 0, 0, 0, 4, 0],
        option(2, b"hidden-uplink"),
        option(3, b"to hidden.example"),
        option(11, b"\0host 203.99.77.1 and tcp"),
        vec![0; 4],
    ]
    .concat();
    let names = [
        option(1, &[&[203, 99, 77, 3][..], b"hidden.example\0"].concat()),
        vec![0; 4],
    ]
    .concat();
    let mut blocks = vec![
        section_header(false),
        pcapng_block(false, 1, &interface),
        pcapng_block(false, 4, &names),
    ];
    let start = 1_763_700_000_000_000;
    for (at, frame) in (start..).step_by(1_000).zip(revealing_frames()) {
        blocks.push(enhanced_packet(false, 0, at, &frame));
    }
    let last = SegmentPlan::new((v4(1), 1).into(), (v4(2), 2).into(), 0x10).frame();
    blocks.push(enhanced_packet(
        false,
        0,
        start + 9_000_000,
        &with_macs(last),
    ));
    blocks.concat()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn nothing_that_tells_whose_packets_they_were_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let hidden_folder = folder.path().join("hidden-folder");
    std::fs::create_dir(&hidden_folder).unwrap();
    let capture = hidden_folder.join("x.pcapng");
    std::fs::write(&capture, revealing_capture()).unwrap();
    let original = std::fs::read(&capture).unwrap();
    let anonymous = anonymous(folder.path(), &capture, KEY);
    let evidence = std::fs::read(&anonymous.evidence).unwrap();
    let bytes: [&[u8]; 7] = [
        &[203, 99, 77],
        &[0x2a, 0x0b, 0x77, 0xaa],
        &[0x5f, 0x60],
        &[0x54, 0xaf, 0x97],
        &[0x31, 0x42],
        SECRET.as_bytes(),
        b"hidden",
    ];
    for secret in bytes {
        assert!(holds(&original, secret), "the capture holds {secret:x?}");
        assert!(!holds(&evidence, secret), "{secret:x?} is in the evidence");
    }
    for secret in ["203.99.77", "2a0b:77aa", "5f60", "hidden", SECRET] {
        assert!(
            !anonymous.text.contains(secret),
            "{secret} in {}",
            anonymous.text
        );
        assert!(
            !holds(&evidence, secret.as_bytes()),
            "{secret} is in the evidence"
        );
    }
    let copied = tshark(&anonymous.evidence, "frame");
    assert!(copied.lines().count() >= 13, "{copied}");
}

/// What Wireshark shows of the packets that it is asked for.
fn tshark(path: &Path, display_filter: &str) -> String {
    let ran = Command::new("tshark")
        .args([
            "-n",
            "-o",
            "ip.check_checksum:TRUE",
            "-o",
            "tcp.check_checksum:TRUE",
            "-r",
        ])
        .arg(path)
        .args(["-Y", display_filter])
        .output()
        .expect("tshark is installed, as .ci/run does");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap()
}

fn wireshark_finds_no_malformed_packet_and_no_new_wrong_checksum() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0";
    for sample in [
        "rejected-by-server",
        "rejected-by-server-ipv6",
        "routing-loop",
        "vxlan",
    ] {
        let sample = crate::support::in_package("samples").join(format!("{sample}.pcap"));
        let anonymous = anonymous(folder.path(), &sample, KEY);
        if tshark(&sample, wrong).is_empty() {
            assert_eq!(
                tshark(&anonymous.evidence, wrong),
                "",
                "{}",
                sample.display()
            );
        }
        if tshark(&sample, "tcp.checksum.status == 0").is_empty() {
            let shown = tshark(&anonymous.evidence, "tcp.checksum.status == 0");
            assert_eq!(shown, "", "{}", sample.display());
        }
    }
}

fn the_same_key_gives_the_same_and_another_key_gives_others() {
    let folder = tempfile::tempdir().unwrap();
    let sample = crate::support::in_package("samples/closed-port.pcap");
    let clients = |key: &str| {
        fields(
            &anonymous(folder.path(), &sample, key).report,
            &["client", "server"],
            |_| true,
        )
    };
    assert_eq!(clients(KEY), clients(KEY));
    assert_ne!(clients(KEY), clients(&KEY.replace('0', "7")));
}

const KEY_HINT: &str = "hint: openssl rand -hex 32 > KEY makes one";

fn a_random_key_is_told_and_a_bad_one_refused() {
    let sample = crate::support::in_package("samples/closed-port.pcap");
    let ran = run(&["read", "--anonymize", sample.to_str().unwrap()]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr.contains("a random key, which is thrown away"),
        "{}",
        ran.stderr
    );
    let refused = |ran: crate::support::command::Ran, said: &str| {
        assert_eq!(ran.status, 2);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].contains(said), "{said}: {}", ran.stderr);
        assert!(
            lines[1].starts_with(KEY_HINT) && lines.len() == 2,
            "{}",
            ran.stderr
        );
    };
    let long = "0".repeat(66);
    for (bytes, said) in [
        (
            &b"not a key"[..],
            "does not hold a key of 64 hexadecimal digits",
        ),
        (b"", "does not hold a key"),
        (b"0123456789abcdef", "does not hold a key"),
        (long.as_bytes(), "does not hold a key"),
        (&[0xff; 64], "does not hold a key"),
    ] {
        let key = crate::support::command::file(bytes);
        let key = key.path.to_str().unwrap();
        let arguments = ["read", "--anonymize", "--anonymize-key", key];
        refused(
            run(&[&arguments[..], &[sample.to_str().unwrap()]].concat()),
            said,
        );
    }
    let missing = ["read", "--anonymize", "--anonymize-key", "no-such-key"];
    let ran = run(&[&missing[..], &[sample.to_str().unwrap()]].concat());
    refused(
        ran,
        "cannot read the key no-such-key: No such file or directory",
    );
    for (value, said) in [
        ("", "TCPWHY_ANONYMIZE_KEY is empty"),
        (
            "abc",
            "TCPWHY_ANONYMIZE_KEY is not a key of 64 hexadecimal digits",
        ),
    ] {
        let ran = tcpwhy()
            .args(["read", "--anonymize"])
            .arg(&sample)
            .env("TCPWHY_ANONYMIZE_KEY", value)
            .output()
            .unwrap();
        refused(ran.into(), said);
    }
}

fn a_selection_is_of_original_addresses() {
    let sample = crate::support::in_package("samples/service-restart.pcap");
    let original = report_on(&sample);
    let server = original["endpoints"][0]["server"].as_str().unwrap();
    let network = server.split(':').next().unwrap().to_owned() + "/24";
    let ran = run(&[
        "read",
        "-q",
        "-F",
        "json",
        "--anonymize",
        "--server",
        &network,
        sample.to_str().unwrap(),
    ]);
    let selected: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(selected["summary"], original["summary"]);
}
