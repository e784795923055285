//! Several sources as one capture: rotated sets, pipes, files that overlap, files that change.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::command::{Ran, run, tcpwhy};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::{in_package, json_on};

pub(crate) const TESTS: &[Test] = tests![
    a_rotated_set_gives_what_the_one_file_gives,
    packets_of_one_moment_keep_the_order_of_their_files,
    #[cfg(target_os = "linux")]
    more_files_than_may_be_open_are_read_side_by_side,
    #[cfg(target_os = "linux")]
    what_does_not_fit_beside_the_others_is_said,
    a_set_may_mix_formats_and_compressions,
    damage_in_one_file_of_a_set_is_no_damage_to_the_others,
    a_file_is_named_as_tcpdump_has_it,
    #[cfg(unix)]
    named_pipes_are_read_side_by_side,
    a_slow_pipe_is_waited_for,
];

/// Bytes of a pcap file's header, and of a record's.
const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;

/// The records of a pcap file, little-endian, each with its header.
fn records(file: &[u8]) -> Vec<&[u8]> {
    let mut rest = &file[FILE_HEADER..];
    let mut records = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_le_bytes(rest[8..12].try_into().unwrap()) as usize;
        let (record, behind) = rest.split_at(RECORD_HEADER + length);
        records.push(record);
        rest = behind;
    }
    records
}

/// The file cut into files of so many records each, named as `tcpdump -C` names them: x, x1, ...
/// x9, x10.
fn rotated(folder: &Path, file: &[u8], each: usize) -> Vec<PathBuf> {
    let write = |(index, records): (usize, &[&[u8]])| {
        let number = if index == 0 {
            String::new()
        } else {
            index.to_string()
        };
        let path = folder.join(format!("x.pcap{number}"));
        std::fs::write(&path, [&file[..FILE_HEADER], &records.concat()].concat()).unwrap();
        path
    };
    records(file).chunks(each).enumerate().map(write).collect()
}

/// What is the same wherever the packets stood: all but files and the numbers of packets and
/// sources.
fn attempts_without_places(report: &Value) -> Value {
    let mut attempts = report["attempts"].clone();
    for attempt in attempts.as_array_mut().unwrap() {
        attempt["id"] = Value::Null;
        attempt["first_packet"] = Value::Null;
        attempt["file"] = Value::Null;
        for evidence in attempt["evidence"].as_array_mut().unwrap() {
            evidence["packet"] = Value::Null;
            evidence["source"] = Value::Null;
        }
    }
    attempts
}

/// The findings, but for the line that names packets by their numbers, which comes last.
fn findings_without_places(report: &Value) -> Value {
    let mut findings = report["findings"].clone();
    for finding in findings.as_array_mut().unwrap() {
        let proof = finding["evidence"].as_array_mut().unwrap().pop().unwrap();
        assert!(proof.as_str().unwrap().starts_with("attempt "), "{proof}");
        let names_attempts = |line: &Value| {
            let line = line.as_str().unwrap();
            line.starts_with("attempt ") || line.contains(" attempts from ")
        };
        let evidence = finding["evidence"].as_array_mut().unwrap();
        evidence.retain(|line| !names_attempts(line));
    }
    findings
}

fn read_json(arguments: &[&str]) -> Value {
    let ran = run(&[&["read", "-F", "json"], arguments].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn a_rotated_set_gives_what_the_one_file_gives() {
    for sample in [
        "service-restart.pcap",
        "router-any-sll2.pcap",
        "port-scan.pcap",
    ] {
        let path = in_package(&format!("samples/{sample}"));
        let bytes = std::fs::read(&path).unwrap();
        let whole = json_on(&[path]);
        for each in [1, 2, 7] {
            let folder = tempfile::tempdir().unwrap();
            let mut paths = rotated(folder.path(), &bytes, each);
            assert!(paths.len() > 5);
            paths.reverse();
            let set = json_on(&paths);
            assert_eq!(
                attempts_without_places(&set),
                attempts_without_places(&whole),
                "{sample} by {each}"
            );
            assert_eq!(set["summary"], whole["summary"]);
            assert_eq!(
                findings_without_places(&set),
                findings_without_places(&whole)
            );
            assert_eq!(set["endpoints"], whole["endpoints"]);
        }
    }
}

/// Files of the same microsecond stand in the order in which tcpdump wrote them, not in the order
/// of the alphabet.
fn packets_of_one_moment_keep_the_order_of_their_files() {
    let (client, server) = (([10, 0, 0, 7], 51234).into(), ([10, 0, 1, 20], 5432).into());
    let syn = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(client, server, 0x02)
    };
    let reset = SegmentPlan {
        acknowledgment: 1001,
        ..SegmentPlan::new(server, client, 0x14)
    };
    let unrelated = SegmentPlan::new(([10, 0, 0, 1], 1).into(), ([10, 0, 0, 2], 2).into(), 0x10);
    let packets: Vec<CapturedPacket> = std::iter::repeat_n(&unrelated, 9)
        .chain([&syn, &reset])
        .map(|plan| CapturedPacket {
            nanoseconds: 1_000,
            wire_length: plan.frame().len(),
            bytes: plan.frame(),
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let paths = rotated(folder.path(), &pcap_file(1, &packets), 1);
    assert!(paths[9].ends_with("x.pcap9") && paths[10].ends_with("x.pcap10"));
    assert_eq!(json_on(&paths)["attempts"][0]["outcome"], "refused");
}

/// Every file has packets from the first second to the last.
fn overlapping(folder: &Path, count: usize) {
    for index in 0..count {
        let port = u16::try_from(1 + index).unwrap();
        let packets: Vec<CapturedPacket> = [0x02, 0x14]
            .into_iter()
            .zip([0, 60_000_000_000])
            .map(|(flags, seconds)| {
                let (client, server) = (
                    ([10, 0, 0, 7], 40_000).into(),
                    ([10, 0, 1, 20], port).into(),
                );
                let plan = if flags == 0x02 {
                    SegmentPlan {
                        sequence: 1000,
                        ..SegmentPlan::new(client, server, flags)
                    }
                } else {
                    SegmentPlan {
                        acknowledgment: 1001,
                        ..SegmentPlan::new(server, client, flags)
                    }
                };
                CapturedPacket {
                    nanoseconds: seconds + index as u64,
                    wire_length: plan.frame().len(),
                    bytes: plan.frame(),
                }
            })
            .collect();
        std::fs::write(folder.join(format!("{index}.pcap")), pcap_file(1, &packets)).unwrap();
    }
}

/// Runs the program on a folder with limits of open files, and of address space in KiB.
fn read_within(open_files: u32, kibibytes: u32, folder: &Path) -> Ran {
    let script = format!(
        "ulimit -n {open_files} && ulimit -v {kibibytes} && exec \"$0\" read -F json \"$1\""
    );
    Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_tcpwhy")])
        .arg(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
        .into()
}

#[cfg(target_os = "linux")]
fn more_files_than_may_be_open_are_read_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    overlapping(folder.path(), 300);
    let ran = read_within(64, 1 << 20, folder.path());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["capture"]["packets"], 600);
    assert_eq!(report["summary"]["refused"], 300);
}

/// With more compressed files of the same time than there is memory for, each that is left out is
/// named.
#[cfg(target_os = "linux")]
fn what_does_not_fit_beside_the_others_is_said() {
    let folder = tempfile::tempdir().unwrap();
    overlapping(folder.path(), 70);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, zstd::encode_all(bytes.as_slice(), 3).unwrap()).unwrap();
    }
    let ran = read_within(64, 1 << 20, folder.path());
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let sources = report["capture"]["sources"].as_array().unwrap();
    let left_out = sources
        .iter()
        .filter(|source| source["problem"].is_object())
        .count();
    assert!((1..60).contains(&left_out), "{left_out}");
    assert_eq!(ran.stderr.lines().count(), left_out);
    assert!(
        ran.stderr
            .contains("too many other captures have packets of its time"),
        "{}",
        ran.stderr
    );
    assert_eq!(report["summary"]["refused"], 70 - left_out);
}

fn a_set_may_mix_formats_and_compressions() {
    let bytes = std::fs::read("samples/service-restart.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (index, path) in rotated(folder.path(), &bytes, 50).iter().enumerate() {
        let piece = std::fs::read(path).unwrap();
        match index % 3 {
            0 => std::fs::write(path, zstd::encode_all(piece.as_slice(), 3).unwrap()).unwrap(),
            1 => std::fs::write(path, liblzma::encode_all(piece.as_slice(), 0).unwrap()).unwrap(),
            _ => {}
        }
    }
    let set = read_json(&[folder.path().to_str().unwrap()]);
    let whole = read_json(&["samples/service-restart.pcap"]);
    assert_eq!(
        attempts_without_places(&set),
        attempts_without_places(&whole)
    );
}

/// One damaged file costs what is behind its damage, and nothing of the others.
fn damage_in_one_file_of_a_set_is_no_damage_to_the_others() {
    let bytes = std::fs::read("samples/service-restart.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths = rotated(folder.path(), &bytes, 50);
    let mut second = std::fs::read(&paths[1]).unwrap();
    let place = FILE_HEADER + 8;
    second[place..place + 4].copy_from_slice(&[0xff; 4]);
    std::fs::write(&paths[1], second).unwrap();
    let ran = run(&["read", "-F", "json", folder.path().to_str().unwrap()]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["capture"]["packets"], 446 - 50);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

fn a_file_is_named_as_tcpdump_has_it() {
    let usual = run(&["read", "samples/closed-port.pcap"]);
    for arguments in [
        &["read", "-r", "samples/closed-port.pcap"][..],
        &["-r", "samples/closed-port.pcap"],
        &["-rsamples/closed-port.pcap"],
        &["read", "--read", "samples/closed-port.pcap"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.status, &ran.stdout), (0, &usual.stdout));
    }
    let both = read_json(&["-r", "samples/closed-port.pcap", "samples/needle.pcap"]);
    assert_eq!(both["capture"]["sources"].as_array().unwrap().len(), 2);
}

#[cfg(unix)]
fn named_pipes_are_read_side_by_side() {
    let bytes = std::fs::read("samples/service-restart.pcap").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pieces = rotated(folder.path(), &bytes, 250);
    let pipes: Vec<PathBuf> = (0..pieces.len())
        .map(|index| folder.path().join(format!("pipe{index}")))
        .collect();
    for (pipe, piece) in pipes.iter().zip(&pieces) {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let (pipe, bytes) = (pipe.clone(), std::fs::read(piece).unwrap());
        std::thread::spawn(move || std::fs::write(pipe, bytes).unwrap());
    }
    let arguments: Vec<&str> = pipes.iter().map(|pipe| pipe.to_str().unwrap()).collect();
    let whole = read_json(&["samples/service-restart.pcap"]);
    assert_eq!(
        attempts_without_places(&read_json(&arguments)),
        attempts_without_places(&whole)
    );
}

fn a_slow_pipe_is_waited_for() {
    let bytes = std::fs::read("samples/closed-port.pcap").unwrap();
    let mut child = tcpwhy()
        .args(["read", "-F", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for piece in bytes.chunks(97) {
        stdin.write_all(piece).unwrap();
        stdin.flush().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["summary"]["refused"], 1);
}
