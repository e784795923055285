//! Logs beside a capture, as a user names them: how they are read, what is said of each, and that
//! every format shows what they say. What lines mean is in `tests/scenarios/log-*`.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::command::{Ran, run, run_with_input};
use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    every_format_shows_what_a_log_says,
    every_format_tells_what_was_changed_before_and_blames_nothing_for_it,
    a_compressed_log_is_read_as_a_plain_one,
    a_log_comes_from_standard_input,
    what_is_no_log_is_one_clear_line,
    a_log_that_is_cut_short_is_read_up_to_there,
    of_a_log_of_any_size_little_is_kept,
    a_log_of_another_time_is_said_to_be_one,
    lines_that_are_not_understood_are_counted_and_shown,
    a_line_that_names_no_connect_is_left_to_explain,
    hostile_lines_do_not_reach_the_terminal,
    a_zone_that_is_none_is_refused,
    a_zone_by_name_has_its_daylight_saving_time,
    logs_and_anonymous_addresses_do_not_go_together,
    threads_and_listed_attempts_change_nothing,
];

/// A service that refuses from 06:49:27.839 to 06:49:29.743 on 2026-11-21.
const CAPTURE: &str = "samples/service-restart.pcap";

const NGINX: &str = "connect() failed (111: Connection refused) while connecting to upstream, \
    client: 192.0.2.7, server: _, upstream: \"10.0.1.20:5432\", bytes from/to client:0/0";

/// Two lines of nginx for each second of the outage, an hour ahead of UTC.
fn error_log() -> String {
    let line = |second: &u32| format!("2026/11/21 07:49:{second} [error] 31#31: *7 {NGINX}\n");
    [27, 28, 28, 29, 29].iter().map(line).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    }
}

fn read_with(log: &str, more: &[&str]) -> Ran {
    let capture = in_package(CAPTURE);
    let capture = capture.to_string_lossy();
    run(&[&["read", &capture, "--utc", "--log", log], more].concat())
}

fn json_with(log: &str) -> Value {
    let ran = read_with(log, &["--format", "json"]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    serde_json::from_str(&ran.stdout).unwrap()
}

fn every_format_shows_what_a_log_says() {
    let folder = Folder::new();
    let log = folder.put("error.log", error_log().as_bytes());
    for format in ["text", "markdown", "html", "json", "ndjson"] {
        let ran = read_with(&log, &["--format", format]);
        assert_eq!(ran.status, 0, "{format}: {}", ran.stderr);
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        let text = words.join(" ").replace('`', "");
        assert!(text.contains("error.log"), "{format}: the log is not named");
        let told = "failed (111: Connection refused)";
        assert!(text.contains(told), "{format}: {text}");
        let zone = "UTC+01:00";
        let is_told = text.contains(zone) || text.contains("UTC&#43;01:00");
        assert!(is_told, "{format}: no zone");
    }
    let report = json_with(&log);
    assert_eq!(report["capture"]["logs"][0]["matched"], 5);
    let evidence = report["findings"][0]["evidence"].to_string();
    assert!(
        evidence.contains("5 times, first at 06:49:27 UTC"),
        "{evidence}"
    );
}

fn every_format_tells_what_was_changed_before_and_blames_nothing_for_it() {
    let folder = Folder::new();
    let log = folder.put(
        "syslog",
        "Nov 21 06:20:00 db systemd[1]: Reloaded old.service - Longer ago.\n\
         Nov 21 06:45:00 db systemd[1]: Reloaded web.service - A web server.\n\
         Nov 21 06:49:00 db sudo[78]: alice : TTY=pts/0 ; PWD=/ ; USER=root ; \
         COMMAND=/usr/sbin/nft add rule ip a b tcp dport 5432 drop # <b>\u{1b}[2J\n"
            .as_bytes(),
    );
    for format in ["text", "markdown", "html", "json", "ndjson"] {
        let ran = read_with(&log, &["--format", format, "--log-zone", "utc"]);
        assert_eq!(ran.status, 0, "{format}: {}", ran.stderr);
        let words: Vec<&str> = ran.stdout.split_whitespace().collect();
        let text = words.join(" ").replace(['`', '\\'], "");
        assert!(text.contains("need not be the cause"), "{format}: {text}");
        assert!(
            text.contains("web.service was reloaded"),
            "{format}: {text}"
        );
        assert!(text.contains("alice ran"), "{format}: {text}");
        assert!(!text.contains("old.service was"), "{format}: {text}");
        assert!(!ran.stdout.contains('\u{1b}'), "{format}");
        assert!(
            format != "html" || !ran.stdout.contains("drop # <b>"),
            "{format}"
        );
        // It ends before the capture begins, as it may.
        assert!(!text.contains("a wrong time zone?"), "{format}: {text}");
    }
    let with = json_with(&log);
    let capture = in_package(CAPTURE).to_string_lossy().into_owned();
    let ran = run(&["read", &capture, "--utc", "--format", "json"]);
    let without: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(with["attempts"], without["attempts"]);
    let verdict = |report: &Value| {
        let finding = &report["findings"][0];
        ["kind", "confidence", "statement"].map(|field| finding[field].clone())
    };
    assert_eq!(verdict(&with), verdict(&without));
    // Where no line tells the zone, that is said.
    let says = with["findings"][0]["evidence"].to_string();
    assert!(says.contains("UTC, if its zone is that"), "{says}");
}

fn a_compressed_log_is_read_as_a_plain_one() {
    let folder = Folder::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(error_log().as_bytes()).unwrap();
    let log = folder.put("error.log.1.gz", &encoder.finish().unwrap());
    assert_eq!(json_with(&log)["capture"]["logs"][0]["matched"], 5);
}

fn a_log_comes_from_standard_input() {
    let capture: PathBuf = in_package(CAPTURE);
    let capture = capture.to_string_lossy();
    let arguments = ["read", &capture, "--log", "-", "--format", "json"];
    let ran = run_with_input(&arguments, error_log().as_bytes());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["capture"]["logs"][0]["matched"], 5);
}

fn what_is_no_log_is_one_clear_line() {
    let folder = Folder::new();
    let journal = folder.put("system.journal", b"LPKSHHRH\0\0\0\0");
    let binary = folder.put("core", b"\x7fELF\x02\x01\x01\0\0");
    let utf_16 = folder.put("utf16.log", b"\xff\xfeN\0o\0v\0");
    let capture = in_package(CAPTURE).to_string_lossy().into_owned();
    for (log, told) in [
        (
            &*journal,
            "it is a file of systemd's journal, no text (journalctl --file",
        ),
        (&binary, "it is binary data, no text"),
        (&utf_16, "it is text in UTF-16, no text (iconv"),
        (&capture, "it is a capture, no text (name it without --log)"),
        ("/nonexistent/ufw.log", "No such file or directory"),
    ] {
        let ran = read_with(log, &[]);
        assert_eq!(ran.status, 3, "{log}");
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert!(
            ran.stderr
                .contains(&format!("cannot read log {log}: {told}")),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stdout.contains("service down window"),
            "the report is there all the same"
        );
    }
}

fn a_log_that_is_cut_short_is_read_up_to_there() {
    let folder = Folder::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder
        .write_all(error_log().repeat(100).as_bytes())
        .unwrap();
    let whole = encoder.finish().unwrap();
    let log = folder.put("error.log.gz", &whole[..whole.len() / 2]);
    let ran = read_with(&log, &["--format", "json"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("the gzip data end too early"),
        "{}",
        ran.stderr
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report["capture"]["logs"][0]["matched"].as_u64().unwrap() > 100);
}

/// More lines that name connects of the capture than are kept: what is left out is counted and
/// named, and the rest is told as before. A line without end is one line.
fn of_a_log_of_any_size_little_is_kept() {
    const LINES: usize = 120_000;
    let folder = Folder::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&vec![b'x'; 4 << 20]).unwrap();
    encoder.write_all(b"\n").unwrap();
    let ours = error_log();
    for _ in 0..LINES / ours.lines().count() {
        encoder.write_all(ours.as_bytes()).unwrap();
    }
    let log = folder.put("error.log.gz", &encoder.finish().unwrap());
    let ran = read_with(&log, &["--format", "json"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = &report["capture"]["logs"][0];
    assert_eq!(said["lines"], LINES + 1, "{said}");
    assert_eq!(said["matched"], 100_000);
    let says = said["says"].as_str().unwrap();
    assert!(says.contains("20,000 lines"), "{says}");
    let evidence = report["findings"][0]["evidence"].to_string();
    assert!(evidence.contains("100000 times"), "{evidence}");
}

fn a_log_of_another_time_is_said_to_be_one() {
    let folder = Folder::new();
    let text = error_log().replace("2026/11/21 07", "2026/11/21 03");
    let log = folder.put("error.log", text.as_bytes());
    let ran = read_with(&log, &["--log-zone", "utc"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let text = words.join(" ");
    assert!(
        text.contains("it ends 3 h before the capture begins: a wrong time zone? --log-zone"),
        "{text}"
    );
    assert!(!text.contains("the proxy logged"));
}

fn lines_that_are_not_understood_are_counted_and_shown() {
    let folder = Folder::new();
    let text = format!("what is this?\n{}and this?\n", error_log());
    let log = folder.put("error.log", text.as_bytes());
    let report = json_with(&log);
    let log = &report["capture"]["logs"][0];
    assert_eq!(
        (&log["lines"], &log["not_understood"]),
        (&7.into(), &2.into())
    );
    let says = log["says"].as_str().unwrap();
    assert!(
        says.contains("2 lines of no kind that is read here, the first is line 1: what is this?"),
        "{says}"
    );
}

fn a_line_that_names_no_connect_is_left_to_explain() {
    let folder = Folder::new();
    let full = "kernel: nf_conntrack: nf_conntrack: table full, dropping packet";
    let says_of = |text: &str| {
        let log = folder.put("kern.log", text.as_bytes());
        let report = json_with(&log);
        report["capture"]["logs"][0]["says"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let says = says_of(&format!("what is this?\n{full}\n"));
    let expected = "line 2 names no connect, tcpwhy explain says what its words mean: kernel: nf_";
    assert!(says.contains(expected), "{says}");
    // Of what nobody knows it says nothing.
    let says = says_of("what is this?\n");
    assert!(!says.contains("tcpwhy explain"), "{says}");
}

fn hostile_lines_do_not_reach_the_terminal() {
    let folder = Folder::new();
    let log = folder.put(
        "error\u{1b}[2J.log",
        "\u{1b}[31mred\u{202e}\u{7}\n".as_bytes(),
    );
    let ran = read_with(&log, &[]);
    let is_harmless = |byte: u8| byte >= b' ' || byte == b'\n';
    assert!(ran.stdout.bytes().all(is_harmless), "{:?}", ran.stdout);
    assert!(!ran.stdout.contains('\u{202e}'));
}

fn a_zone_that_is_none_is_refused() {
    let folder = Folder::new();
    let log = folder.put("error.log", error_log().as_bytes());
    let ran = read_with(&log, &["--log-zone", "Europe/Atlantis"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("Europe/Berlin"), "{}", ran.stderr);
}

fn a_zone_by_name_has_its_daylight_saving_time() {
    let folder = Folder::new();
    let log = folder.put("error.log", error_log().as_bytes());
    // In November Berlin is an hour ahead, as the log is.
    let ran = read_with(&log, &["--log-zone", "Europe/Berlin", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let said = &report["capture"]["logs"][0];
    assert_eq!(said["matched"], 5, "{said}");
    let says = said["says"].as_str().unwrap();
    assert!(
        says.contains("times in Europe/Berlin (--log-zone)"),
        "{says}"
    );
    // At that hour clocks were put forward: there is no such time.
    let text = error_log().replace("2026/11/21 07:49", "2026/03/29 02:30");
    let log = folder.put("spring.log", text.as_bytes());
    let ran = read_with(&log, &["--log-zone", "Europe/Berlin"]);
    let words: Vec<&str> = ran.stdout.split_whitespace().collect();
    let told = "5 lines of a time that the zone does not have";
    assert!(words.join(" ").contains(told), "{}", ran.stdout);
}

fn logs_and_anonymous_addresses_do_not_go_together() {
    let folder = Folder::new();
    let log = folder.put("error.log", error_log().as_bytes());
    let ran = read_with(&log, &["--anonymize"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--log"), "{}", ran.stderr);
}

/// What a log says is said of the same attempts, whoever has worked on them and wherever they wait.
fn threads_and_listed_attempts_change_nothing() {
    let folder = Folder::new();
    let log = folder.put("error.log", error_log().as_bytes());
    let of = |more: &[&str]| {
        let ran = read_with(&log, &[&["--format", "json"], more].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        (report["attempts"].clone(), report["findings"].clone())
    };
    let one = of(&["--threads", "1", "--max-attempts", "0"]);
    assert!(
        one.0.to_string().contains("\"source\":\"log\"") || one.1.to_string().contains("error.log")
    );
    for threads in ["2", "3"] {
        assert_eq!(of(&["--threads", threads, "--max-attempts", "0"]), one);
    }
    assert_eq!(of(&["--max-attempts", "1"]).1, one.1);
}
