//! What a pcapng file says of each packet and interface, in evidence captures again, and how
//! Wireshark's programs number and time the same packets.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::command::run;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{pcapng_block, section_header};

pub(crate) const TESTS: &[Test] = tests![
    evidence_keeps_every_option_of_packets_and_interfaces needs "tshark",
    evidence_of_a_pipe_and_of_a_big_endian_file_keeps_them_too needs "tshark",
    packets_have_the_numbers_of_wireshark_beside_blocks_that_are_none needs "tshark",
    nanoseconds_said_to_be_microseconds_are_read_and_told,
    times_of_no_year_keep_their_distances_and_are_told,
    frames_with_errors_of_the_link_answer_nothing,
    a_damaged_syn_is_told_with_the_connect_that_repeats_it,
    damaged_frames_are_kept_as_evidence,
    options_that_are_cut_are_told_once_and_their_packets_read,
];

fn ends() -> [std::net::SocketAddr; 2] {
    [([10, 0, 0, 7], 51234).into(), ([10, 0, 1, 20], 5432).into()]
}

fn syn() -> Vec<u8> {
    let [client, server] = ends();
    SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    }
    .frame()
}

fn reset() -> Vec<u8> {
    let [client, server] = ends();
    SegmentPlan {
        acknowledgment: 1001,
        ..SegmentPlan::new(server, client, 0x14)
    }
    .frame()
}

/// Numbers in the byte order of a file.
#[derive(Clone, Copy)]
pub(crate) struct Order {
    is_big_endian: bool,
}

impl Order {
    fn long(self, value: u32) -> [u8; 4] {
        if self.is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn short(self, value: u16) -> [u8; 2] {
        if self.is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    fn wide(self, value: u64) -> [u8; 8] {
        if self.is_big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        }
    }

    pub(crate) fn options(self, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.short(*code));
            bytes.extend(self.short(u16::try_from(value.len()).unwrap()));
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes.extend([0; 4]);
        bytes
    }

    pub(crate) fn packet(self, units: u64, frame: &[u8], options: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let length = u32::try_from(frame.len()).unwrap();
        let (high, low) = (units >> 32, units & 0xffff_ffff);
        let [high, low] = [high, low].map(|half| u32::try_from(half).unwrap());
        let fields = [0, high, low, length, length].map(|field| self.long(field));
        let mut body = [&fields.concat()[..], frame].concat();
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(self.options(options));
        pcapng_block(self.is_big_endian, 6, &body)
    }

    pub(crate) fn interface(self, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let fields = [&self.short(1)[..], &[0; 2], &self.long(0)].concat();
        let body = [fields, self.options(options)].concat();
        pcapng_block(self.is_big_endian, 1, &body)
    }

    /// A refused connect of which everything is said that can be said.
    fn well_described(self) -> Vec<u8> {
        let verdict = [&[2_u8][..], &self.wide(1)].concat();
        let custom = [&self.long(32473)[..], b"of a maker"].concat();
        let options = [
            (1, b"the first comment".to_vec()),
            (1, b"and the second".to_vec()),
            (2, self.long(0x0001).to_vec()),
            (3, vec![2, 1, 2, 3, 4]),
            (4, self.wide(7).to_vec()),
            (5, self.wide(0x0102_0304_0506_0708).to_vec()),
            (6, self.long(3).to_vec()),
            (7, verdict),
            (2988, custom.clone()),
            (2989, custom),
        ];
        [
            section_header(self.is_big_endian),
            self.interface(&[
                (2, b"eth0:drop_all()@fexit".to_vec()),
                (3, b"behind the program".to_vec()),
                (6, vec![2, 0, 0, 0, 0, 9]),
                (8, self.wide(10_000_000_000).to_vec()),
                (11, b"\0tcp or icmp".to_vec()),
                (12, b"Linux 6.18".to_vec()),
                (15, b"a card".to_vec()),
            ]),
            self.packet(1_795_183_200_000_000, &syn(), &options),
            self.packet(1_795_183_200_000_312, &reset(), &options),
        ]
        .concat()
    }
}

pub(crate) const LITTLE: Order = Order {
    is_big_endian: false,
};

/// All that tshark shows of packets and interfaces beside their bytes.
fn shown(path: &Path) -> Vec<String> {
    let fields = [
        "frame.time_epoch",
        "frame.interface_name",
        "frame.interface_description",
        "frame.packet_flags",
        "frame.packet_id",
        "frame.verdict",
        "frame.verdict.xdp",
        "frame.drop_count",
        "frame.interface_queue",
        "frame.hash",
        "frame.comment",
    ];
    let mut command = Command::new("tshark");
    command.args(["-n", "-r"]).arg(path);
    command.args(["-T", "fields", "-E", "separator=|"]);
    let known = Command::new("tshark").args(["-G", "fields"]).output();
    let known = String::from_utf8_lossy(&known.unwrap().stdout).into_owned();
    let mut asked = 0;
    for field in fields {
        // Versions know different fields.
        if known.contains(&format!("\t{field}\t")) {
            command.args(["-e", field]);
            asked += 1;
        }
    }
    assert!(asked >= 5, "{asked}");
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{:?}", ran.stderr);
    let text = String::from_utf8(ran.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn write(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("source.pcapng");
    std::fs::write(&path, bytes).unwrap();
    path
}

fn evidence_of(folder: &Path, source: &Path) -> PathBuf {
    let evidence = folder.join("evidence.pcapng");
    let arguments = ["read", "--evidence"].map(str::to_owned);
    let paths = [&evidence, source].map(|path| path.to_str().unwrap().to_owned());
    let ran = run(&[arguments, paths].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    evidence
}

/// The comments of the evidence, which says first what each packet proves.
fn without_own_comments(lines: &[String]) -> Vec<String> {
    let own = |line: &str| {
        let (before, comments) = line.rsplit_once('|').unwrap();
        let of_source = comments.find("the first comment").unwrap_or(0);
        format!("{before}|{}", comments.get(of_source..).unwrap())
    };
    lines.iter().map(|line| own(line)).collect()
}

/// Every option of the packet blocks and the interface description, as they stand in the file.
fn options_of(path: &Path) -> Vec<(u32, u16, Vec<u8>)> {
    let file = std::fs::read(path).unwrap();
    let long = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    let short = |bytes: &[u8]| u16::from_le_bytes(bytes[..2].try_into().unwrap());
    let mut found = Vec::new();
    let mut rest = file.as_slice();
    while !rest.is_empty() {
        let (kind, length) = (long(rest), long(&rest[4..]) as usize);
        let options_at = match kind {
            1 => 16,
            6 => 28 + (long(&rest[20..]) as usize).next_multiple_of(4),
            _ => length - 4,
        };
        let mut options = &rest[options_at..length - 4];
        while options.len() >= 4 && short(options) != 0 {
            let size = usize::from(short(&options[2..]));
            found.push((kind, short(options), options[4..4 + size].to_vec()));
            options = &options[4 + size.next_multiple_of(4)..];
        }
        rest = &rest[length..];
    }
    found
}

fn assert_keeps_all(evidence: &Path, source: &Path) {
    let kept = options_of(evidence);
    for option in options_of(source) {
        assert!(kept.contains(&option), "{option:?} is not in {kept:?}");
    }
    assert_eq!(
        without_own_comments(&shown(evidence)),
        without_own_comments(&shown(source))
    );
}

fn evidence_keeps_every_option_of_packets_and_interfaces() {
    let folder = tempfile::tempdir().unwrap();
    let source = write(folder.path(), &LITTLE.well_described());
    let evidence = evidence_of(folder.path(), &source);
    assert_keeps_all(&evidence, &source);
}

fn evidence_of_a_pipe_and_of_a_big_endian_file_keeps_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let little = write(folder.path(), &LITTLE.well_described());
    let big = Order {
        is_big_endian: true,
    };
    let other = folder.path().join("big.pcapng");
    std::fs::write(&other, big.well_described()).unwrap();
    let evidence = evidence_of(folder.path(), &other);
    assert_keeps_all(&evidence, &little);
    std::fs::remove_file(&evidence).unwrap();
    let bytes = big.well_described();
    let arguments = ["read", "--evidence", evidence.to_str().unwrap(), "-"];
    let ran = crate::support::command::run_with_input(&arguments, &bytes);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_keeps_all(&evidence, &little);
}

fn report_on(bytes: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    crate::support::json_on(&[write(folder.path(), bytes)])
}

fn packets_have_the_numbers_of_wireshark_beside_blocks_that_are_none() {
    let sysdig = |kind| {
        let event = [
            &[0; 2][..],
            &[1; 16],
            &30_u32.to_le_bytes(),
            &[1, 0],
            &[0; 24],
        ]
        .concat();
        pcapng_block(false, kind, &event)
    };
    let custom = |kind| pcapng_block(false, kind, b"\xd9\x7e\0\0hello, you");
    let journal = pcapng_block(false, 9, b"__REALTIME_TIMESTAMP=1\nMESSAGE=hello\n\0\0\0");
    let beside = [
        journal,
        custom(0xbad),
        custom(0x4000_0bad),
        sysdig(0x204),
        sysdig(0x216),
        sysdig(0x221),
        // Wireshark gives these no numbers.
        pcapng_block(false, 10, &[0; 32]),
        pcapng_block(false, 0x201, &[0; 32]),
        pcapng_block(false, 0x9_9999, &[0; 32]),
        pcapng_block(false, 4, &[0; 32]),
    ];
    let file = [
        vec![section_header(false), LITTLE.interface(&[])],
        beside.to_vec(),
        vec![LITTLE.packet(1_795_183_200_000_000, &syn(), &[])],
        beside.to_vec(),
        vec![LITTLE.packet(1_795_183_200_000_312, &reset(), &[])],
    ]
    .concat()
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), &file);
    let ran = Command::new("tshark")
        .args([
            "-n",
            "-Y",
            "tcp",
            "-T",
            "fields",
            "-e",
            "frame.number",
            "-r",
        ])
        .arg(&path)
        .output()
        .unwrap();
    let numbers: Vec<u64> = String::from_utf8(ran.stdout)
        .unwrap()
        .lines()
        .map(|number| number.parse().unwrap())
        .collect();
    let report = report_on(&file);
    let evidence = report["attempts"][0]["evidence"].as_array().unwrap();
    let told: Vec<u64> = evidence
        .iter()
        .map(|packet| packet["packet"].as_u64().unwrap())
        .collect();
    assert_eq!(told, numbers);
    assert_eq!(told, [7, 14]);
}

fn assert_told(report: &Value, words: &str) {
    let problem = &report["capture"]["sources"][0]["problem"];
    assert_eq!(problem["kind"], "odd", "{problem}");
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
}

/// SYNs 1 s apart in nanoseconds would be 1000 s apart in the microseconds that the file promises.
fn nanoseconds_said_to_be_microseconds_are_read_and_told() {
    let first = 1_795_183_200_000_000_000;
    let [ng, classic] = [true, false].map(|is_ng| {
        let times = [100_000_000, 1_100_312_000, 3_100_500_000].map(|later| first + later);
        let mut file = if is_ng {
            [section_header(false), LITTLE.interface(&[])].concat()
        } else {
            let fields = [0xa1b2_c3d4, 2 | 4 << 16, 0, 0, 262_144, 1].map(u32::to_le_bytes);
            fields.concat()
        };
        for at in times {
            let frame = syn();
            if is_ng {
                file.extend(LITTLE.packet(at, &frame, &[]));
            } else {
                let length = u32::try_from(frame.len()).unwrap();
                let [seconds, rest] = [at / 1_000_000_000, at % 1_000_000_000]
                    .map(|part| u32::try_from(part).unwrap());
                let fields = [seconds, rest, length, length].map(u32::to_le_bytes);
                file.extend(fields.concat());
                file.extend(frame);
            }
        }
        report_on(&file)
    });
    for report in [&ng, &classic] {
        assert_eq!(
            report["attempts"][0]["started"],
            "2026-11-20T14:00:00.100000000Z"
        );
        assert_eq!(report["attempts"][0]["outcome"], "dropped");
        assert_eq!(report["capture"]["last"], "2026-11-20T14:00:03.100500000Z");
        assert_told(report, "nanoseconds are meant");
    }
    let usual = LITTLE.packet(first / 1000, &syn(), &[]);
    let usual = report_on(&[section_header(false), LITTLE.interface(&[]), usual].concat());
    assert_eq!(usual["capture"]["sources"][0]["problem"], Value::Null);
}

fn times_of_no_year_keep_their_distances_and_are_told() {
    let seconds = [(9, vec![0])];
    let report = report_on(
        &[
            section_header(false),
            LITTLE.interface(&seconds),
            LITTLE.packet(1 << 40, &syn(), &[]),
            LITTLE.packet((1 << 40) + 3, &syn(), &[]),
            LITTLE.packet((1 << 40) + 7, &reset(), &[]),
        ]
        .concat(),
    );
    assert_eq!(
        report["attempts"][0]["started"],
        "1970-01-01T00:00:00.000000000Z"
    );
    assert_eq!(report["attempts"][0]["answer_us"], 7_000_000);
    assert_told(&report, "by their distances");
}

/// A RST whose frame has a wrong checksum never reached the client's stack.
fn frames_with_errors_of_the_link_answer_nothing() {
    let at = |microseconds: u64| 1_795_183_200_000_000 + microseconds;
    let flags = |flags: u32| vec![(2, LITTLE.long(flags).to_vec())];
    let file = |flags_of_reset: u32| {
        [
            section_header(false),
            LITTLE.interface(&[]),
            LITTLE.packet(at(0), &syn(), &flags(2)),
            LITTLE.packet(at(312), &reset(), &flags(flags_of_reset)),
            LITTLE.packet(at(4_000_000), &syn(), &flags(2)),
        ]
        .concat()
    };
    let crc_error = report_on(&file(1 | 1 << 24));
    assert_eq!(crc_error["attempts"][0]["outcome"], "dropped");
    assert_eq!(crc_error["attempts"][0]["syn_count"], 2);
    assert_eq!(crc_error["capture"]["undecodable"]["damaged_frame"], 1);
    let notes = crc_error["attempts"][0]["notes"].to_string();
    let words = "a frame with the server's RST arrived damaged";
    assert!(notes.contains(words), "{notes}");
    assert!(
        notes.contains("never reached the stack: packet 2"),
        "{notes}"
    );
    // Somebody sent it.
    assert_ne!(crc_error["attempts"][0]["cause"], "host_silent");
    assert_ne!(crc_error["attempts"][0]["cause"], "port_filtered");
    let sound = report_on(&file(1));
    assert_eq!(sound["attempts"][0]["outcome"], "refused");
    assert_eq!(sound["capture"]["undecodable"]["damaged_frame"], 0);
    assert!(
        !sound["attempts"][0]["notes"]
            .to_string()
            .contains("damaged")
    );
}

/// The first SYN arrived damaged, and its repetition was answered: slow, and the reason is told,
/// in evidence and in anonymous reports as well. A damaged frame makes no connect of its own.
fn a_damaged_syn_is_told_with_the_connect_that_repeats_it() {
    let at = |microseconds: u64| 1_795_183_200_000_000 + microseconds;
    let flags = |flags: u32| vec![(2, LITTLE.long(flags).to_vec())];
    let damaged = flags(1 | 1 << 24);
    let [client, server] = ends();
    let other = SegmentPlan {
        sequence: 77,
        ..SegmentPlan::new(([10, 0, 0, 8], 40000).into(), server, 0x02)
    };
    let syn_ack = SegmentPlan {
        sequence: 5000,
        acknowledgment: 1001,
        ..SegmentPlan::new(server, client, 0x12)
    };
    let ack = SegmentPlan {
        sequence: 1001,
        acknowledgment: 5001,
        ..SegmentPlan::new(client, server, 0x10)
    };
    let file = [
        section_header(false),
        LITTLE.interface(&[]),
        LITTLE.packet(at(0), &syn(), &damaged),
        LITTLE.packet(at(500_000), &other.frame(), &damaged),
        LITTLE.packet(at(1_020_000), &syn(), &flags(1)),
        LITTLE.packet(at(1_020_300), &syn_ack.frame(), &flags(2)),
        LITTLE.packet(at(1_040_000), &ack.frame(), &flags(1)),
        LITTLE.packet(at(2_000_000), &other.frame(), &damaged),
    ]
    .concat();
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), &file);
    let report = report_on(&file);
    assert_eq!(report["summary"]["attempts"], 1, "{:#}", report["attempts"]);
    assert_eq!(report["summary"]["established"], 1);
    let notes = report["attempts"][0]["notes"].to_string();
    let words = "a frame with this SYN arrived damaged";
    assert!(notes.contains(words), "{notes}");
    let path = path.to_str().unwrap();
    let anonymous = crate::support::command::run(&["read", "-F", "json", "--anonymize", path]);
    assert!(anonymous.stdout.contains(words), "{}", anonymous.stdout);
}

/// What is damaged and named by a failure is in its evidence.
fn damaged_frames_are_kept_as_evidence() {
    let at = |microseconds: u64| 1_795_183_200_000_000 + microseconds;
    let flags = |flags: u32| vec![(2, LITTLE.long(flags).to_vec())];
    let mut file = [section_header(false), LITTLE.interface(&[])].concat();
    for second in [0, 1, 3, 7] {
        file.extend(LITTLE.packet(at(second * 1_000_000), &syn(), &flags(2)));
        let answered = at(second * 1_000_000 + 300);
        file.extend(LITTLE.packet(answered, &reset(), &flags(1 | 1 << 24)));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), &file);
    let evidence = evidence_of(folder.path(), &path);
    for path in [path, evidence] {
        let report = crate::support::json_on(std::slice::from_ref(&path));
        let attempt = &report["attempts"][0];
        let notes = attempt["notes"].to_string();
        assert_eq!(attempt["cause"], Value::Null, "{attempt:#}");
        assert!(notes.contains("4 frames with the server's RST"), "{notes}");
    }
}

fn options_that_are_cut_are_told_once_and_their_packets_read() {
    let cut = |units, frame: &[u8]| {
        let whole = LITTLE.packet(units, frame, &[(1, b"cut".to_vec())]);
        let mut body = whole[8..whole.len() - 4].to_vec();
        let at = body.len() - 10;
        body[at] = 200;
        pcapng_block(false, 6, &body)
    };
    let file = [
        section_header(false),
        LITTLE.interface(&[]),
        cut(1_795_183_200_000_000, &syn()),
        cut(1_795_183_200_000_312, &reset()),
    ]
    .concat();
    let report = report_on(&file);
    assert_eq!(report["attempts"][0]["outcome"], "refused");
    assert_told(&report, "packet 1 at byte");
    assert_told(&report, "cut short");
}
