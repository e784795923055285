//! What is shown while reading takes long: on a terminal, and nowhere else.

use std::io::Write;
use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use crate::support::command::tcpwhy;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    in_a_pipe_nothing_is_shown_however_long_it_takes,
    #[cfg(target_os = "linux")]
    on_a_terminal_it_is_shown_and_removed,
    #[cfg(target_os = "linux")]
    who_wants_quiet_sees_nothing,
];

/// Longer than reading goes on without showing anything.
const LONG: Duration = Duration::from_millis(800);

/// A capture of so many packets that reading it is looked at several times.
fn long_capture() -> Vec<u8> {
    let ends = (([10, 0, 0, 7], 50_000).into(), ([10, 0, 1, 20], 443).into());
    let bytes = SegmentPlan {
        sequence: 1000,
        ..SegmentPlan::new(ends.0, ends.1, 0x02)
    }
    .frame();
    let packets: Vec<CapturedPacket> = (0..20_000_u64)
        .map(|index| CapturedPacket {
            nanoseconds: index * 1_000_000,
            wire_length: bytes.len(),
            bytes: bytes.clone(),
        })
        .collect();
    pcap_file(1, &packets)
}

fn in_a_pipe_nothing_is_shown_however_long_it_takes() {
    let capture = long_capture();
    let mut child = tcpwhy()
        .args(["read", "-"])
        .env("TERM", "xterm")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let (first, rest) = capture.split_at(capture.len() / 2);
    input.write_all(first).unwrap();
    sleep(LONG);
    input.write_all(rest).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

/// What a terminal gets on standard error while a capture arrives slowly.
#[cfg(target_os = "linux")]
fn on_a_terminal(options: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let capture = long_capture();
    let (first, rest) = capture.split_at(capture.len() / 2);
    std::fs::write(folder.path().join("first"), first).unwrap();
    std::fs::write(folder.path().join("rest"), rest).unwrap();
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let pause = LONG.as_secs_f64();
    let command = format!(
        "(cat first; sleep {pause}; cat rest) | {program} read - -o report {options}; echo done"
    );
    let output = std::process::Command::new("script")
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .env("TERM", "xterm")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("script of util-linux");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.trim_end().ends_with("done"), "{shown:?}");
    shown
}

#[cfg(target_os = "linux")]
fn on_a_terminal_it_is_shown_and_removed() {
    let shown = on_a_terminal("");
    assert!(shown.contains("B/s"), "{shown:?}");
    let erase_line = "\u{1b}[2K";
    let (_, after_last_erasure) = shown.rsplit_once(erase_line).expect("it is removed");
    assert!(!after_last_erasure.contains("B/s"), "{shown:?}");
}

#[cfg(target_os = "linux")]
fn who_wants_quiet_sees_nothing() {
    assert_eq!(on_a_terminal("-q").trim_end(), "done");
}
