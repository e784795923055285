//! `--evidence`: the packets that prove the failures, as they were captured, each with what it
//! proves.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tcpwhy::capture::CaptureSet;

use crate::support::command::{run, run_with_input};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{
    CapturedPacket, block_options, enhanced_packet, pcap_file, pcapng_block, section_header,
};
use crate::support::{in_package, samples};

pub(crate) const TESTS: &[Test] = tests![
    evidence_of_every_sample_gives_the_same_verdicts,
    wireshark_shows_what_each_packet_proves needs "tshark" "capinfos",
    times_lengths_and_link_types_stay_in_rotated_compressed_and_snapped_captures needs "tshark",
    interfaces_losses_and_the_end_of_watching_are_told_as_the_source_tells_them needs "tshark",
    a_pipe_gives_the_evidence_that_the_file_gives,
    an_input_is_never_overwritten,
    what_cannot_be_written_is_told_and_the_report_comes_all_the_same,
    of_too_many_failures_the_file_says_how_many_are_left_out,
];

/// A packet as a reader gives it: time, link type, bytes, length on the wire.
type Given = (i64, Option<u32>, Vec<u8>, u32);

fn packets_of(paths: &[PathBuf]) -> Vec<Given> {
    let opened = CaptureSet::open(paths);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    let mut captures = opened.captures;
    let mut packets = Vec::new();
    while let Some(packet) = captures.next_packet() {
        packets.push((
            packet.place.at.nanoseconds(),
            packet.link_type.map(|link_type| link_type.0),
            packet.bytes.to_vec(),
            packet.wire_length,
        ));
    }
    packets
}

/// Outcome, cause and confidence of each failed attempt and each known in part.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let attempts = report["attempts"].as_array().unwrap().iter();
    attempts
        .filter(|attempt| {
            !["established", "pending"].contains(&attempt["outcome"].as_str().unwrap())
        })
        .map(|attempt| {
            let attempt_is =
                ["started", "client", "server", "isn"].map(|field| attempt[field].to_string());
            let verdict = [
                "outcome",
                "cause",
                "confidence",
                "answer_us",
                "app_error",
                "copies",
            ];
            (
                attempt_is.join(" "),
                verdict.map(|field| attempt[field].to_string()).join(" "),
            )
        })
        .collect()
}

fn json(ran: &crate::support::command::Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
}

/// Reads the captures and writes evidence; the evidence's file, and what the report says.
fn evidence_of(folder: &Path, captures: &[&Path]) -> (PathBuf, Value) {
    let path = folder.join("evidence.pcapng");
    let mut arguments = vec!["read", "-F", "json", "--max-attempts", "0"];
    arguments.extend(captures.iter().map(|path| path.to_str().unwrap()));
    arguments.extend(["--evidence", path.to_str().unwrap()]);
    let ran = run(&arguments);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    (path, json(&ran))
}

fn reread(path: &Path) -> Value {
    let ran = run(&[
        "read",
        "-F",
        "json",
        "--max-attempts",
        "0",
        path.to_str().unwrap(),
    ]);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (0, ""),
        "{}",
        path.display()
    );
    json(&ran)
}

/// Fields of each packet as Wireshark shows them.
fn tshark(path: &Path, fields: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-r"])
        .arg(path)
        .args(["-T", "fields", "-E", "separator=|"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let ran = command
        .output()
        .expect("tshark is installed, as .ci/run does");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let lines = String::from_utf8(ran.stdout).unwrap();
    lines
        .lines()
        .map(|line| line.split('|').map(str::to_owned).collect())
        .collect()
}

/// Checks that `evidence` holds packets of `captures` and nothing else, in their order.
fn assert_copied(evidence: &Path, captures: &[PathBuf]) -> usize {
    let all = packets_of(captures);
    let copied = packets_of(&[evidence.to_owned()]);
    let mut from = all.iter();
    for packet in &copied {
        assert!(
            from.any(|source| source == packet),
            "{}: {packet:?} is none of the capture, or out of order",
            evidence.display()
        );
    }
    copied.len()
}

fn evidence_of_every_sample_gives_the_same_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    for sample in samples() {
        let (evidence, report) = evidence_of(folder.path(), &[&sample]);
        let copied = assert_copied(&evidence, std::slice::from_ref(&sample));
        let again = reread(&evidence);
        assert_eq!(verdicts(&again), verdicts(&report), "{}", sample.display());
        assert!(
            copied > 0 || verdicts(&report).is_empty(),
            "{} has failures without packets",
            sample.display()
        );
    }
}

fn wireshark_shows_what_each_packet_proves() {
    let folder = tempfile::tempdir().unwrap();
    let (evidence, _) = evidence_of(
        folder.path(),
        &[&in_package("samples/router-any-sll2.pcap")],
    );
    let shown = tshark(&evidence, &["frame.time_epoch", "frame.comment"]);
    let comment = |time: &str| {
        let line = shown.iter().find(|line| line[0].starts_with(time));
        line.unwrap_or_else(|| panic!("{time} in {shown:#?}"))[1].clone()
    };
    assert_eq!(
        comment("1795243771.996897"),
        "attempt 25: SYN of 10.0.0.7:57018 to 10.0.1.20:23, refused: nothing listens on this port (likely)"
    );
    assert_eq!(
        comment("1795243771.996938"),
        "attempt 25: RST,ACK 41 us after the SYN, refused"
    );
    assert_eq!(comment("1795243771.996941"), "attempt 25: captured again");
    assert_eq!(
        comment("1795243773.032925"),
        "attempt 29: SYN again, 1.014 s after the SYN"
    );
    assert!(shown.iter().all(|line| !line[1].is_empty()), "{shown:#?}");
    assert!(
        shown
            .iter()
            .any(|line| line[1].starts_with("compared with: attempt 3 to 10.0.1.20:22"))
    );
    let section = Command::new("capinfos").arg(&evidence).output().unwrap();
    let section = String::from_utf8(section.stdout).unwrap();
    for part in [
        "Evidence of tcpwhy",
        "--evidence",
        "source 0: ",
        "router-any-sll2.pcap",
        "40 packets",
    ] {
        assert!(section.contains(part), "{part} in {section}");
    }
}

fn packet(nanoseconds: u64, bytes: Vec<u8>) -> CapturedPacket {
    CapturedPacket {
        nanoseconds,
        wire_length: bytes.len(),
        bytes,
    }
}

const START: u64 = 1_763_700_000_000_000_000;

fn segment(from: u8, to: u8, ports: (u16, u16), flags: u16, numbers: (u32, u32)) -> SegmentPlan {
    SegmentPlan {
        sequence: numbers.0,
        acknowledgment: numbers.1,
        ..SegmentPlan::new(
            ([10, 0, 0, from], ports.0).into(),
            ([10, 0, 0, to], ports.1).into(),
            flags,
        )
    }
}

/// A connect that is refused after 300,007 ns, from this port.
fn refused(at: u64, port: u16) -> [CapturedPacket; 2] {
    let syn = segment(7, 20, (port, 5432), 0x02, (1000, 0));
    let rst = segment(20, 7, (5432, port), 0x14, (0, 1001));
    [packet(at, syn.frame()), packet(at + 300_007, rst.frame())]
}

/// A packet of another connection: time goes on.
fn other(at: u64) -> CapturedPacket {
    packet(at, segment(1, 2, (1, 2), 0x10, (1, 1)).frame())
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn times_lengths_and_link_types_stay_in_rotated_compressed_and_snapped_captures() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = refused(START + 1, 4001).to_vec();
    for snapped in &mut first {
        snapped.bytes.truncate(50);
    }
    let raw: Vec<CapturedPacket> = refused(START + 5_000_000_000, 4002)
        .into_iter()
        .map(|packet| CapturedPacket {
            bytes: packet.bytes[14..].to_vec(),
            wire_length: packet.wire_length - 14,
            ..packet
        })
        .collect();
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    compressed.write_all(&pcap_file(101, &raw)).unwrap();
    let captures = [
        write(folder.path(), "a.pcap", &pcap_file(1, &first)),
        write(folder.path(), "b.pcap.gz", &compressed.finish().unwrap()),
    ];
    let (evidence, report) = evidence_of(folder.path(), &[&captures[1], &captures[0]]);
    assert_eq!(assert_copied(&evidence, &captures), 4);
    assert_eq!(verdicts(&reread(&evidence)), verdicts(&report));
    let shown = tshark(
        &evidence,
        &[
            "frame.time_epoch",
            "frame.cap_len",
            "frame.len",
            "frame.interface_id",
        ],
    );
    let expected = [
        ["1763700000.000000001", "50", "54", "0"],
        ["1763700000.000300008", "50", "54", "0"],
        ["1763700005.000000000", "40", "40", "1"],
        ["1763700005.000300007", "40", "40", "1"],
    ];
    assert_eq!(shown, expected.map(|line| line.map(str::to_owned).to_vec()));
}

fn interfaces_losses_and_the_end_of_watching_are_told_as_the_source_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let interface = |snap_length: u32, with: &[(u16, &[u8])]| {
        let fields = [&[1, 0, 0, 0][..], &snap_length.to_le_bytes()].concat();
        pcapng_block(false, 1, &[fields, block_options(with)].concat())
    };
    let syn = segment(7, 20, (4001, 5432), 0x02, (1000, 0)).frame();
    let milliseconds = START / 1_000_000;
    let end = milliseconds + 4_000;
    let halves = [(end >> 32) as u32, (end & 0xffff_ffff) as u32]
        .map(u32::to_le_bytes)
        .concat();
    let statistics = [
        &1_u32.to_le_bytes()[..],
        &halves,
        &block_options(&[
            (3, &halves),
            (5, &7_u64.to_le_bytes()),
            (7, &9_u64.to_le_bytes()),
        ]),
    ]
    .concat();
    let capture = [
        section_header(false),
        interface(100, &[(2, b"lo")]),
        interface(
            200,
            &[
                (2, b"uplink"),
                (3, b"to the provider"),
                (9, &[3]),
                (11, b"\0tcp"),
            ],
        ),
        enhanced_packet(false, 1, milliseconds, &syn),
        pcapng_block(false, 5, &statistics),
    ]
    .concat();
    let capture = write(folder.path(), "x.pcapng", &capture);
    let (evidence, report) = evidence_of(folder.path(), &[&capture]);
    assert_eq!(assert_copied(&evidence, &[capture]), 1);
    let again = reread(&evidence);
    assert_eq!(verdicts(&again), verdicts(&report));
    assert_eq!(
        verdicts(&again).len(),
        1,
        "the silence was watched for 4 s: {again:#}"
    );
    assert_eq!(again["capture"]["dropped"], report["capture"]["dropped"]);
    let mut declared = report["capture"]["sources"][0]["interfaces"][1].clone();
    declared["id"] = 0.into();
    let interfaces = again["capture"]["sources"][0]["interfaces"]
        .as_array()
        .unwrap();
    assert!(
        interfaces.contains(&declared),
        "{declared} in {interfaces:?}"
    );
    assert_eq!(
        tshark(
            &evidence,
            &[
                "frame.interface_name",
                "frame.interface_description",
                "frame.time_epoch"
            ]
        )[0],
        ["uplink", "to the provider", "1763700000.000000000"]
    );
}

fn a_pipe_gives_the_evidence_that_the_file_gives() {
    let folder = tempfile::tempdir().unwrap();
    for sample in [
        "router-any-sll2.pcap",
        "service-restart.pcap",
        "host-down-behind-router.pcap",
        "needle.pcap",
    ] {
        let sample = in_package("samples").join(sample);
        let (of_file, _) = evidence_of(folder.path(), &[&sample]);
        let of_pipe = folder.path().join("of-pipe.pcapng");
        let arguments = ["read", "-", "--evidence", of_pipe.to_str().unwrap()];
        let ran = run_with_input(&arguments, &std::fs::read(&sample).unwrap());
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        assert_eq!(
            packets_of(&[of_pipe]),
            packets_of(&[of_file]),
            "{}",
            sample.display()
        );
    }
}

fn an_input_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = pcap_file(
        1,
        &[&refused(START, 4001)[..], &[other(START + 9)]].concat(),
    );
    let capture = write(folder.path(), "x.pcap", &bytes);
    std::os::unix::fs::symlink(&capture, folder.path().join("link")).unwrap();
    for name in ["x.pcap", "link", "./x.pcap"] {
        let evidence = folder.path().join(name);
        let ran = run(&[
            capture.as_os_str(),
            "--evidence".as_ref(),
            evidence.as_os_str(),
        ]);
        assert_eq!(ran.status, 2);
        assert!(
            ran.stderr.contains("it is one of the captures to be read"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "");
    }
    assert_eq!(std::fs::read(&capture).unwrap(), bytes);
}

fn what_cannot_be_written_is_told_and_the_report_comes_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let sample = in_package("samples/closed-port.pcap");
    let evidence = folder.path().join("missing/evidence.pcapng");
    let ran = run(&[
        sample.as_os_str(),
        "--evidence".as_ref(),
        evidence.as_os_str(),
    ]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.starts_with("tcpwhy: cannot write "),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("refused"), "{}", ran.stdout);
    let ran = run(&["read", sample.to_str().unwrap(), "--evidence", "-"]);
    assert_eq!(ran.status, 2);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

fn of_too_many_failures_the_file_says_how_many_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let packets: Vec<CapturedPacket> = (0_u16..10_007)
        .flat_map(|index| refused(START + u64::from(index) * 1_000_000, 20_000 + index))
        .collect();
    let capture = write(folder.path(), "many.pcap", &pcap_file(1, &packets));
    let evidence = folder.path().join("evidence.pcapng");
    let ran = run(&[
        capture.as_os_str(),
        "--evidence".as_ref(),
        evidence.as_os_str(),
    ]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr
            .contains("proves 10000 failed connects and leaves out 7"),
        "{}",
        ran.stderr
    );
    assert_eq!(packets_of(std::slice::from_ref(&evidence)).len(), 20_000);
    let bytes = std::fs::read(&evidence).unwrap();
    let told = b"7 more are left out: at most 10000 connects";
    assert!(bytes.windows(told.len()).any(|window| window == told));
}
