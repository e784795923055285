//! `--anonymize`: the same verdicts, and nothing by which a stranger could tell whose packets these were.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::{run, tcpwhy};
use crate::support::frames::{IpPlan, SegmentPlan, icmp_error};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{
    CapturedPacket, enhanced_packet, pcap_file, pcapng_block, section_header,
};
use crate::support::samples;
use serde_json::Value;

pub(crate) const TESTS: &[Test] = tests![
    every_sample_has_the_same_verdicts_in_report_and_evidence,
    nothing_that_tells_whose_packets_they_were_is_left needs "tshark",
    wireshark_finds_no_malformed_packet_and_no_new_wrong_checksum needs "tshark",
    the_same_key_gives_the_same_and_another_key_gives_others,
    a_random_key_is_told_and_a_bad_one_refused,
    other_links_keep_their_verdicts_and_no_address,
    links_whose_addresses_cannot_be_replaced_are_left_out_and_told,
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

/// A refused connect as IP packets, from `client`.
fn refused_packets(client: IpAddr) -> [Vec<u8>; 2] {
    let server = v4(20);
    let plan = |from: IpAddr, to: IpAddr, ports: (u16, u16), flags| {
        SegmentPlan::new((from, ports.0).into(), (to, ports.1).into(), flags)
    };
    let syn = SegmentPlan {
        sequence: 1000,
        ..plan(client, server, (40_000, 5432), 0x02)
    };
    let reset = SegmentPlan {
        acknowledgment: 1001,
        window: 0,
        ..plan(server, client, (5432, 40_000), 0x14)
    };
    [syn.ip_packet(), reset.ip_packet()]
}

/// The station and its access point in a data frame to the distribution system, with quality of service.
const STATION: [u8; 6] = [0x00, 0x16, 0x3e, 0x11, 0x22, 0x33];

/// Link headers of packets that carry IPv4: the link type, and what stands before the packet.
fn link_headers() -> Vec<(u32, &'static str, Vec<u8>)> {
    let ppp = vec![0xff, 0x03, 0x00, 0x21];
    let llc = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x00];
    let access_point = [0x00, 0x16, 0x3e, 0x44, 0x55, 0x66];
    let frame = |control: u8| {
        let head = [control, 0x01, 0, 0];
        [
            &head[..],
            &access_point,
            &STATION,
            &access_point,
            &[0x10, 0x00],
        ]
        .concat()
    };
    let plain = [frame(0x08), llc.to_vec()].concat();
    let with_qos = [frame(0x88), vec![0, 0], llc.to_vec()].concat();
    // Time, flags (the header is padded to four bytes), rate; two bitmaps.
    let radiotap = [
        &[0, 0, 26, 0, 0x07, 0, 0, 0x80, 0, 0, 0, 0][..],
        &[0; 4],
        &[9; 8],
        &[0x20, 2],
    ]
    .concat();
    vec![
        (9, "PPP", ppp.clone()),
        (9, "PPP, short", vec![0x21]),
        (50, "PPP in HDLC", ppp.clone()),
        (204, "PPP with direction", [vec![1], ppp].concat()),
        (104, "Cisco HDLC", vec![0x0f, 0, 0x08, 0x00]),
        (105, "802.11", plain),
        (105, "802.11 with quality of service", with_qos.clone()),
        (
            127,
            "802.11 behind radiotap",
            [radiotap, frame(0x88), vec![0, 0, 0, 0], llc.to_vec()].concat(),
        ),
    ]
}

fn capture_on(link_type: u32, header: &[u8]) -> crate::support::command::TestFile {
    let client: IpAddr = [203, 0, 113, 77].into();
    let packets: Vec<CapturedPacket> = (0_u64..)
        .zip(refused_packets(client))
        .map(|(index, packet)| {
            let bytes = [header, &packet].concat();
            CapturedPacket {
                nanoseconds: 1_000_000_000 + index * 100_000,
                wire_length: bytes.len(),
                bytes,
            }
        })
        .collect();
    crate::support::command::file(&pcap_file(link_type, &packets))
}

fn other_links_keep_their_verdicts_and_no_address() {
    let folder = tempfile::tempdir().unwrap();
    for (link_type, name, header) in link_headers() {
        let capture = capture_on(link_type, &header);
        let anonymous = anonymous(folder.path(), &capture.path, KEY);
        assert_eq!(anonymous.report["summary"]["refused"], 1, "{name}");
        let evidence = report_on(&anonymous.evidence);
        let who_and_what = [&VERDICT[..], &["client", "server"]].concat();
        assert_eq!(
            fields(&evidence, &who_and_what, |_| true),
            fields(&anonymous.report, &who_and_what, |_| true),
            "{name}"
        );
        let bytes = std::fs::read(&anonymous.evidence).unwrap();
        assert!(!holds(&bytes, &[203, 0, 113, 77]), "{name}: the client");
        assert!(!holds(&bytes, &STATION), "{name}: the station");
    }
}

/// What is not known well enough to replace addresses in it is left out, and that is said twice.
fn links_whose_addresses_cannot_be_replaced_are_left_out_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence.pcapng");
    // Frame Relay: an address of two bytes, unnumbered information, IP.
    let capture = capture_on(107, &[0x18, 0x41, 0x03, 0xcc]);
    let ran = tcpwhy()
        .args(["read", "-F", "json", "--anonymize", "--evidence"])
        .args([&evidence, &capture.path])
        .env("TCPWHY_ANONYMIZE_KEY", KEY)
        .output()
        .unwrap();
    let ran = crate::support::command::Ran::from(ran);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["summary"]["refused"], 1);
    assert!(
        ran.stderr.contains(
            "lacks 2 packets of link type FRELAY: addresses in them cannot be replaced safely"
        ),
        "{}",
        ran.stderr
    );
    let bytes = std::fs::read(&evidence).unwrap();
    assert!(holds(&bytes, b"packets of link type FRELAY are left out"));
    assert_eq!(report_on(&evidence)["capture"]["packets"], 0);
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
