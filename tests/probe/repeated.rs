//! Probing again and again: until it is as expected, and for a line with each change.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::row::{Row, asked, rules, serving};
use crate::support::harness::{Test, tests};
use crate::support::tools::is_done;
use crate::support::watching::network::{on, python};

pub(crate) const TESTS: &[Test] = tests![
    a_start_script_goes_on_as_soon_as_the_service_accepts,
    waiting_in_vain_ends_in_time,
    each_change_is_a_line_and_a_signal_ends_in_order,
];

#[allow(
    clippy::disallowed_methods,
    reason = "how long it waits is what this is about"
)]
fn now() -> Instant {
    Instant::now()
}

/// Serves on port 80 of the server, but only after so long.
fn serve_after(row: &Row, seconds: u32) -> std::process::Child {
    let script = format!("sleep {seconds}; exec {} -c \"$0\"", python());
    on(
        &row.server,
        "bash",
        &["-c", &script, &serving("0.0.0.0", &[80], "pass")],
    )
    .stdout(Stdio::null())
    .spawn()
    .unwrap()
}

fn a_start_script_goes_on_as_soon_as_the_service_accepts() {
    let row = Row::new();
    let mut service = serve_after(&row, 2);
    let ran = row.probe(&["10.0.1.20:80", "--wait", "20s", "--every", "100ms"]);
    let _ = service.kill();
    let _ = service.wait();
    assert_eq!(ran.status, 0, "{}", ran.stdout);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("refused"), "{}", ran.stdout);
    assert!(ran.stdout.contains("established"), "{}", ran.stdout);
    // The first line says that it goes on, the last one when it ended; each names the target once.
    let again = "; asked again every 0.1 s, for 20 s at most";
    assert!(
        ran.stdout.replace("\n    ", " ").contains(again),
        "{}",
        ran.stdout
    );
    let last = lines.last().unwrap();
    assert!(last.contains("as expected in round "), "{}", ran.stdout);
    let named = |line: &&str| line.matches("10.0.1.20:80").count() > 1;
    assert!(!lines.iter().any(named), "{}", ran.stdout);
}

fn waiting_in_vain_ends_in_time() {
    let row = Row::new();
    rules(&row.server, "input", "tcp dport 81 drop");
    for (target, outcome) in [("10.0.1.20:85", "refused"), ("10.0.1.20:81", "pending")] {
        let started = now();
        let ran = row.probe(&[target, "--wait", "2s", "-F", "json"]);
        let took = started.elapsed();
        assert!(
            took >= Duration::from_secs(1) && took < Duration::from_secs(5),
            "{took:?}"
        );
        assert_eq!(ran.status, 1, "{}", ran.stdout);
        let asked = asked(&ran);
        assert_eq!(asked[target]["addresses"][0]["outcome"], outcome);
    }
}

fn each_change_is_a_line_and_a_signal_ends_in_order() {
    let row = Row::new();
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let words = [
        "probe",
        "10.0.1.20:80",
        "--every",
        "200ms",
        "--first-byte",
        "0",
    ];
    let mut child = on(&row.client, program, &words)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut service = serve_after(&row, 1);
    std::thread::sleep(Duration::from_millis(3500));
    let _ = service.kill();
    let _ = service.wait();
    std::thread::sleep(Duration::from_millis(1500));
    is_done("kill", &["-INT", &child.id().to_string()]);
    let mut said = String::new();
    let mut output = child.stdout.take().unwrap();
    std::io::Read::read_to_string(&mut output, &mut said).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "refused in the end: {said}");
    let lines: Vec<&str> = said.lines().collect();
    let has = |at: usize, words: &str| lines.get(at).is_some_and(|line| line.contains(words));
    assert!(
        has(0, "refused") && has(1, "established") && has(2, "refused"),
        "{said}"
    );
    assert!(has(3, "not as expected in the end; so in "), "{said}");
    assert_eq!(lines.len(), 4, "a line for each change alone: {said}");
}
