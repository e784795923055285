//! Compressed captures: the same report as from the capture itself, in memory that does not grow
//! with what is inside.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::command::{Ran, read, run_with_input};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    compressed_captures_are_known_by_content_and_read,
    several_members_are_one_capture,
    compressed_bytes_come_from_a_pipe_as_well,
    #[cfg(feature = "live")]
    a_filter_works_on_what_is_inside,
    what_comes_before_the_end_of_a_cut_stream_is_read,
    what_comes_before_damage_in_a_stream_is_read,
    changed_bytes_do_not_go_unnoticed,
    no_change_of_a_compressed_capture_is_too_much,
    #[cfg(target_os = "linux")]
    a_decompression_bomb_does_not_fill_the_memory,
    a_window_that_needs_too_much_memory_is_refused_with_its_limit,
    what_is_inside_and_no_capture_is_named,
    compressed_twice_is_said_and_not_followed,
];

const CAPTURE: &str = "samples/service-restart.pcap";
const PCAPNG: &str = "samples/two-link-types.pcapng";

type Compress = fn(&[u8]) -> Vec<u8>;

/// Every compression with its name in reports.
const COMPRESSIONS: [(&str, Compress); 4] =
    [("gzip", gzip), ("zstd", zstd), ("lz4", lz4), ("xz", xz)];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let shape = lz4_flex::frame::FrameInfo::new()
        .block_size(lz4_flex::frame::BlockSize::Max64KB)
        .content_checksum(true);
    let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(shape, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    liblzma::encode_all(bytes, 1).unwrap()
}

/// What both formats of frames allow between them.
fn skippable_frame() -> Vec<u8> {
    [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat()
}

/// The attempts, whatever the file that they are in is called.
fn attempts_of(report: &Value) -> Value {
    let mut attempts = report["attempts"].clone();
    for attempt in attempts.as_array_mut().unwrap() {
        attempt["file"] = Value::Null;
    }
    attempts
}

/// The attempts, which the capture itself gives as well.
fn assert_same_attempts(capture: &str, compressed: &[u8], compression: &str, what: &str) {
    let (_, plain) = read(&std::fs::read(capture).unwrap());
    let (ran, report) = read(compressed);
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (0, ""),
        "{compression}: {what}"
    );
    let (plain, report) = (plain.unwrap(), report.unwrap());
    assert_eq!(
        attempts_of(&report),
        attempts_of(&plain),
        "{compression}: {what}"
    );
    let source = &report["capture"]["sources"][0];
    assert_eq!(source["compression"], compression, "{what}");
    assert_eq!(source["bytes"], compressed.len(), "{compression}: {what}");
}

fn compressed_captures_are_known_by_content_and_read() {
    for capture in [CAPTURE, PCAPNG] {
        let bytes = std::fs::read(capture).unwrap();
        for (name, compress) in COMPRESSIONS {
            assert_same_attempts(capture, &compress(&bytes), name, capture);
        }
    }
}

/// What `cat` makes of several files, pigz, pzstd and bgzip: members, frames and streams one after
/// the other.
fn several_members_are_one_capture() {
    let bytes = std::fs::read(CAPTURE).unwrap();
    for (name, compress) in COMPRESSIONS {
        let between = match name {
            "xz" => vec![0; 8],
            "zstd" | "lz4" => skippable_frame(),
            _ => vec![],
        };
        // Records are cut anywhere.
        let members: Vec<u8> = bytes
            .chunks(1501)
            .flat_map(|piece| [compress(piece), between.clone()].concat())
            .collect();
        assert_same_attempts(CAPTURE, &members, name, "members");
        let with_empty = [compress(&[]), compress(&bytes), compress(&[])].concat();
        assert_same_attempts(CAPTURE, &with_empty, name, "empty members");
    }
    let padded = [gzip(&bytes), vec![0; 2000]].concat();
    assert_same_attempts(CAPTURE, &padded, "gzip", "zeros behind it");
    for (name, compress) in [("zstd", zstd as Compress), ("lz4", lz4)] {
        let first = [skippable_frame(), compress(&bytes)].concat();
        assert_same_attempts(CAPTURE, &first, name, "a skippable frame first");
    }
    let block = lz4_flex::block::compress(&bytes);
    let length = u32::try_from(block.len()).unwrap().to_le_bytes();
    let legacy = [&[0x02, 0x21, 0x4c, 0x18][..], &length, &block].concat();
    assert_same_attempts(CAPTURE, &legacy, "lz4", "the legacy format");
}

fn compressed_bytes_come_from_a_pipe_as_well() {
    let bytes = std::fs::read(CAPTURE).unwrap();
    for (name, compress) in COMPRESSIONS {
        let compressed = compress(&bytes);
        let ran = run_with_input(&["read", "-F", "json"], &compressed);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let source = &report["capture"]["sources"][0];
        assert_eq!(
            (&source["compression"], &source["bytes"]),
            (&name.into(), &compressed.len().into())
        );
        assert_eq!(report["summary"]["refused"], 20, "{name}");
    }
}

#[cfg(feature = "live")]
fn a_filter_works_on_what_is_inside() {
    let bytes = gzip(&std::fs::read(PCAPNG).unwrap());
    let compressed = crate::support::command::file(&bytes);
    let filtered = |path: &str| {
        let ran = crate::support::command::run(&[
            "read",
            "-F",
            "json",
            "--filter",
            "tcp port 5432",
            path,
        ]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        attempts_of(&report)
    };
    assert_eq!(
        filtered(compressed.path.to_str().unwrap()),
        filtered(PCAPNG)
    );
}

/// A capture of `count` packets of 64 KiB that do not compress, so that every compression has many
/// blocks.
fn large_capture(count: u32) -> Vec<u8> {
    const LENGTH: u32 = 1 << 16;
    let mut state = 1_u64;
    let mut capture = Vec::new();
    for field in [0xa1b2_c3d4, 2 | 4 << 16, 0, 0, 262_144, 1] {
        capture.extend(u32::to_le_bytes(field));
    }
    for second in 0..count {
        for field in [second, 0, LENGTH, LENGTH] {
            capture.extend(field.to_le_bytes());
        }
        capture.extend((0..LENGTH).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        }));
    }
    capture
}

fn what_comes_before_the_end_of_a_cut_stream_is_read() {
    let capture = large_capture(40);
    for (name, compress) in COMPRESSIONS {
        let compressed = compress(&capture);
        let (ran, report) = read(&compressed[..compressed.len() * 3 / 4]);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains(&format!("is cut short: the {name} data end too early")),
            "{}",
            ran.stderr
        );
        let source = report.unwrap()["capture"]["sources"][0].clone();
        assert_eq!(source["problem"]["kind"], "truncated", "{name}");
        let packets = source["packets"].as_u64().unwrap();
        assert!((20..=30).contains(&packets), "{name}: {packets}");
        let (ran, report) = read(&compressed[..compressed.len() - 1]);
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        assert_eq!(report.unwrap()["capture"]["packets"], 40, "{name}");
    }
}

fn what_comes_before_damage_in_a_stream_is_read() {
    let capture = large_capture(40);
    for (name, compress) in COMPRESSIONS {
        // Damage that the decoder cannot but notice: where a member, frame or stream should begin.
        let half = capture.len() / 2;
        let noise = vec![0xee; 64];
        let damaged = [
            compress(&capture[..half]),
            noise,
            compress(&capture[half..]),
        ]
        .concat();
        let (ran, report) = read(&damaged);
        assert_eq!(ran.status, 3, "{name}: {}", ran.stderr);
        assert!(
            ran.stderr
                .contains(&format!("cannot be read: the {name} data are damaged: ")),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        let source = report.unwrap()["capture"]["sources"][0].clone();
        assert_eq!(source["problem"]["kind"], "damaged", "{name}");
        assert_eq!(source["packets"], 19, "{name}");
    }
}

fn changed_bytes_do_not_go_unnoticed() {
    let capture = large_capture(4);
    for (name, compress) in COMPRESSIONS {
        let mut compressed = compress(&capture);
        let middle = compressed.len() / 2;
        compressed[middle] ^= 0x10;
        let (ran, report) = read(&compressed);
        assert_eq!(ran.status, 3, "{name}: {}", ran.stderr);
        let report = report.unwrap();
        assert_eq!(
            report["capture"]["sources"][0]["problem"]["kind"],
            "damaged"
        );
    }
}

/// Whatever bytes are changed or missing, reading ends in order: a problem with words, or a report.
fn no_change_of_a_compressed_capture_is_too_much() {
    let capture = std::fs::read("samples/closed-port.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for (name, compress) in COMPRESSIONS {
        let compressed = [compress(&capture[..600]), compress(&capture[600..])].concat();
        for _ in 0..400 {
            let mut bytes = compressed.clone();
            for _ in 0..=random(3) {
                let place = random(bytes.len());
                match random(3) {
                    0 => bytes[place] ^= 1 << random(8),
                    1 => bytes.truncate(place.max(8)),
                    _ => drop(bytes.splice(place..place, vec![0xff; random(9)])),
                }
            }
            std::fs::write(&path, &bytes).unwrap();
            let opened = tcpwhy::capture::CaptureSet::open(std::slice::from_ref(&path));
            let mut captures = opened.captures;
            let mut packets = 0_u64;
            while captures.next_packet().is_some() {
                packets += 1;
            }
            let facts = captures.facts();
            let told: u64 = facts.iter().map(|facts| facts.packets).sum();
            assert_eq!(packets, told, "{name}");
            assert_eq!(facts.len() + opened.errors.len(), 1, "{name}");
        }
    }
}

/// Runs the program with that much address space and the bytes on standard input, which may be more
/// than memory holds.
fn run_within(kibibytes: u32, input: impl FnOnce(&mut dyn Write)) -> Ran {
    let script = format!("ulimit -v {kibibytes} && exec \"$0\" read -F json -");
    let mut child = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_tcpwhy")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    input(&mut stdin);
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

/// A capture of so many packets of 256 KiB of zeros.
fn write_zeros(out: &mut dyn Write, count: u32) {
    const LENGTH: u32 = 262_144;
    for field in [0xa1b2_c3d4, 2 | 4 << 16, 0, 0, LENGTH, 1] {
        out.write_all(&u32::to_le_bytes(field)).unwrap();
    }
    for second in 0..count {
        for field in [second, 0, LENGTH, LENGTH] {
            out.write_all(&field.to_le_bytes()).unwrap();
        }
        out.write_all(&vec![0; LENGTH as usize]).unwrap();
    }
}

#[cfg(target_os = "linux")]
fn a_decompression_bomb_does_not_fill_the_memory() {
    type Bomb = fn(u32) -> Vec<u8>;
    const COUNT: u32 = 1200;
    const KIBIBYTES: u32 = 160 << 10;
    let bombs: [(&str, Bomb); 4] = [
        ("gzip", |count| {
            let level = flate2::Compression::best();
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
            write_zeros(&mut encoder, count);
            encoder.finish().unwrap()
        }),
        ("zstd", |count| {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            write_zeros(&mut encoder, count);
            encoder.finish().unwrap()
        }),
        ("lz4", |count| {
            let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
            write_zeros(&mut encoder, count);
            encoder.finish().unwrap()
        }),
        ("xz", |count| {
            let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
            write_zeros(&mut encoder, count);
            encoder.finish().unwrap()
        }),
    ];
    for (name, bomb) in bombs {
        let compressed = bomb(COUNT);
        let ran = run_within(KIBIBYTES, |stdin| stdin.write_all(&compressed).unwrap());
        assert_eq!(ran.status, 0, "{name}: {}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["capture"]["packets"], COUNT, "{name}");
    }
}

fn a_window_that_needs_too_much_memory_is_refused_with_its_limit() {
    let capture = std::fs::read(CAPTURE).unwrap();
    let with_window = |log: u32| {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
        encoder.window_log(log).unwrap();
        encoder.write_all(&capture).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(read(&with_window(27)).0.status, 0);
    let (ran, report) = read(&with_window(28));
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .ends_with(": the zstd data ask for a window of more than 128 MiB (2^27 bytes)\n"),
        "{}",
        ran.stderr
    );
    assert!(report.is_none());
    let with_dictionary = |mebibytes: u32| {
        let mut options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
        options.dict_size(mebibytes << 20);
        let mut filters = liblzma::stream::Filters::new();
        filters.lzma2(&options);
        let check = liblzma::stream::Check::Crc32;
        let stream = liblzma::stream::Stream::new_stream_encoder(&filters, check).unwrap();
        let mut encoder = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
        encoder.write_all(&capture).unwrap();
        encoder.finish().unwrap()
    };
    assert_eq!(read(&with_dictionary(64)).0.status, 0);
    let (ran, _) = read(&with_dictionary(96));
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .ends_with(": the xz data ask for a dictionary of more than 64 MiB\n"),
        "{}",
        ran.stderr
    );
}

fn what_is_inside_and_no_capture_is_named() {
    for (name, compress) in COMPRESSIONS {
        for (inside, statement, hint) in [
            (&b""[..], "with nothing inside", None),
            (
                b"\x01\x02\x03\x04\x05\x06\x07\x08",
                "data, but no capture inside",
                None,
            ),
            (
                b"BZh91AY&SY",
                "data with bzip2 data inside",
                Some("-dc no-name-to-go-by | bzip2 -dc | tcpwhy read -"),
            ),
            (
                b"RTSS\x01\x01\0\0",
                "data with a capture of Network Monitor 1 inside",
                Some("-dc no-name-to-go-by | editcap - converted.pcapng && tcpwhy read"),
            ),
        ] {
            let (ran, _) = read(&compress(inside));
            assert_eq!(ran.status, 3);
            assert!(ran.stderr.contains(name), "{}", ran.stderr);
            assert!(ran.stderr.contains(statement), "{}", ran.stderr);
            let said = ran.stderr.replace(
                std::path::Path::new(ran.stderr.split_whitespace().nth(3).unwrap())
                    .parent()
                    .unwrap()
                    .to_str()
                    .unwrap(),
                "",
            );
            assert!(
                hint.is_none_or(|hint| said.replace("/no-name", "no-name").contains(hint)),
                "{said}"
            );
        }
    }
}

fn compressed_twice_is_said_and_not_followed() {
    let capture = std::fs::read(CAPTURE).unwrap();
    for (outer, compress) in COMPRESSIONS {
        for (inner, compress_first) in COMPRESSIONS {
            let (ran, report) = read(&compress(&compress_first(&capture)));
            assert_eq!(ran.status, 3);
            let statement = format!("{outer} data with {inner} data inside");
            assert!(ran.stderr.contains(&statement), "{}", ran.stderr);
            let hint = format!("| {inner} -dc | tcpwhy read -");
            assert!(ran.stderr.contains(&hint), "{}", ran.stderr);
            assert!(report.is_none());
        }
    }
}
