//! Ladders: how they look, that they always fit, and how the command finds its attempt.

use std::path::PathBuf;
use std::time::Duration;

use tcpwhy::report::ladder::{Event, Ladder};
use tcpwhy::report::text::TextStyle;
use tcpwhy::report::text::ladder::{Alphabet, write};
use tcpwhy::report::{Report, TimeZoneChoice};
use unicode_width::UnicodeWidthStr;

use crate::support::command::{run, run_with_input, tcpwhy};
use crate::support::harness::{Test, tests};
use crate::support::pcap::{pcap_file, pcapng_block, section_header};
use crate::support::scenario::parse;
use crate::support::{in_package, json_on, report_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    ladders_look_as_they_looked,
    every_attempt_of_every_sample_is_drawn_whole_in_80_columns,
    stories_with_many_packets_fit_as_well,
    hostile_names_neither_steer_the_terminal_nor_break_the_columns,
    the_command_draws_the_attempt_that_read_numbers_so,
    questions_for_the_address_stand_beside_the_packets,
    #[cfg(feature = "live")]
    the_proof_of_a_finding_names_a_command_that_works,
    what_was_read_from_a_pipe_names_no_command,
    an_unknown_number_is_wrong_usage_and_says_which_there_are,
    the_locale_decides_which_characters_are_drawn,
    an_input_that_cannot_be_read_is_status_3,
];

fn drawn(ladder: &Ladder, alphabet: Alphabet) -> String {
    let style = TextStyle {
        width: 80,
        color: false,
        zone: TimeZoneChoice::Utc,
        only_failures: false,
    };
    let mut text = Vec::new();
    write(ladder, &style, alphabet, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// The ladders of all attempts.
fn ladders(report: &Report) -> Vec<Ladder> {
    let attempts = report.diagnosis.attempts.iter();
    attempts.map(|one| Ladder::of(report, one)).collect()
}

fn report(paths: &[PathBuf]) -> Report {
    report_on(paths, Duration::from_secs(3))
}

/// A sample, or a story of `tests/scenarios`, as a capture.
fn capture(name: &str, folder: &tempfile::TempDir) -> PathBuf {
    let Some(story) = name.strip_suffix(".scenario") else {
        return in_package("samples").join(name);
    };
    let text = std::fs::read_to_string(in_package("tests/scenarios").join(name)).unwrap();
    let path = folder.path().join(story);
    std::fs::write(&path, pcap_file(1, &parse(&text).packets)).unwrap();
    path
}

fn ladders_look_as_they_looked() {
    let folder = tempfile::tempdir().unwrap();
    for (name, outcome) in [
        ("closed-port.pcap", "refused"),
        ("dropped-by-server.pcap", "dropped"),
        ("prohibited-by-router-ipv6.pcap", "rejected"),
        ("rejected-by-server.pcap", "rejected"),
        ("half-open.pcap", "half_open"),
        ("late-syn-ack.pcap", "aborted"),
        ("accept-then-reset.pcap", "reset"),
        ("answer-from-another-address.pcap", "dropped"),
        ("vxlan.pcap", "refused"),
        ("router-any-sll2.pcap", "established"),
        ("ended-too-early.pcap", "pending"),
        ("own-firewall.pcap", "partial"),
        ("established-by-simultaneous-open.scenario", "established"),
        ("reset-of-an-answer-from-elsewhere.scenario", "dropped"),
        ("reset-after-the-name-in-the-hello.scenario", "reset"),
        ("copies-of-a-routing-loop.scenario", "rejected"),
    ] {
        let report = report(&[capture(name, &folder)]);
        let ladder = ladders(&report)
            .into_iter()
            .find(|ladder| ladder.verdict.outcome.name() == outcome)
            .unwrap_or_else(|| panic!("{name}: none is {outcome}"));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/ladders");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_snapshot!(format!("{name}.unicode"), drawn(&ladder, Alphabet::Unicode));
            insta::assert_snapshot!(format!("{name}.ascii"), drawn(&ladder, Alphabet::Ascii));
        });
    }
}

fn every_attempt_of_every_sample_is_drawn_whole_in_80_columns() {
    let mut count = 0;
    for path in samples() {
        let report = report(std::slice::from_ref(&path));
        for (ladder, diagnosed) in ladders(&report).iter().zip(&report.diagnosis.attempts) {
            for alphabet in [Alphabet::Unicode, Alphabet::Ascii] {
                let text = drawn(ladder, alphabet);
                let wide = text.lines().find(|line| line.width() > 80);
                assert_eq!(wide, None, "{}", path.display());
                assert!(alphabet == Alphabet::Unicode || text.is_ascii(), "{text}");
                for packet in diagnosed.decided.attempt.evidence.packets() {
                    let number = format!("#{} ", packet.place.number.0);
                    assert!(text.contains(&number), "{number} is not in\n{text}");
                }
            }
            let verdicts = ladder.rows.iter().filter(|row| row.event == Event::Verdict);
            assert_eq!(verdicts.count(), 1);
            assert!(
                ladder.rows.is_sorted_by_key(|row| row.at),
                "in order of time"
            );
            count += 1;
        }
    }
    assert!(count > 300, "{count}");
}

fn stories_with_many_packets_fit_as_well() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(in_package("tests/scenarios")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".scenario") {
            continue;
        }
        for ladder in ladders(&report(&[capture(&name, &folder)])) {
            let text = drawn(&ladder, Alphabet::Unicode);
            let wide = text.lines().find(|line| line.width() > 80);
            assert_eq!(wide, None, "{name}\n{text}");
        }
    }
}

/// A name resolution block (type 4) with one name for an IPv4 address.
fn named(address: [u8; 4], name: &[u8]) -> Vec<u8> {
    let value = [&address, name, b"\0"].concat();
    let mut body = [
        1_u16.to_le_bytes(),
        u16::try_from(value.len()).unwrap().to_le_bytes(),
    ]
    .concat();
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([0; 4]);
    [section_header(false), pcapng_block(false, 4, &body)].concat()
}

fn hostile_names_neither_steer_the_terminal_nor_break_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.pcapng");
    for name in [
        "\u{1b}]0;owned\u{7}\u{202e}gnp",
        "größe.日本語日本語日本語日本語日本語日本語日本語日本語",
        &"x".repeat(250),
    ] {
        std::fs::write(&path, named([10, 0, 1, 20], name.as_bytes())).unwrap();
        let report = report(&[path.clone(), in_package("samples/closed-port.pcap")]);
        for ladder in ladders(&report) {
            assert!(ladder.server.name.is_some(), "the name is known");
            for alphabet in [Alphabet::Unicode, Alphabet::Ascii] {
                let text = drawn(&ladder, alphabet);
                assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
                assert!(text.lines().all(|line| line.width() <= 80), "{text}");
                assert!(alphabet == Alphabet::Unicode || text.is_ascii(), "{text}");
            }
        }
    }
}

fn the_command_draws_the_attempt_that_read_numbers_so() {
    let files = ["samples/closed-port.pcap", "samples/dropped-by-server.pcap"];
    let report = json_on(&files.map(in_package));
    for attempt in report["attempts"].as_array().unwrap() {
        let first = &attempt["first_packet"];
        let name = match first["source"].as_u64().unwrap() {
            0 => first["packet"].to_string(),
            source => format!("{source}:{}", first["packet"]),
        };
        for id in [&name, &attempt["id"].to_string()] {
            let ran = run(&["ladder", files[1], files[0], id]);
            assert_eq!(ran.status, 0, "{}", ran.stderr);
            assert!(
                ran.stdout.starts_with(&format!("attempt {name} ")),
                "{}",
                ran.stdout
            );
            assert!(ran.stdout.contains(attempt["client"].as_str().unwrap()));
        }
    }
}

fn questions_for_the_address_stand_beside_the_packets() {
    let folder = tempfile::tempdir().unwrap();
    let path = capture("cause-host-down-by-arp.scenario", &folder);
    let ran = run(&["ladder", "--ascii", path.to_str().unwrap(), "1"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("ARP request"), "{}", ran.stdout);
    let asks = " asks: who has 10.0.1.20?";
    assert!(ran.stdout.contains(asks), "{}", ran.stdout);
    let story = "C = 10.0.0.7:51234\nS = 10.0.1.20:5432\n\n0 ARP who-has S\n0.001 ARP is-at S\n\
                 0.002 C > S SYN seq=1000\n0.003 S > C RST,ACK seq=0 ack=1001\n9 ARP who-has S\n";
    let path = folder.path().join("answered.pcap");
    std::fs::write(&path, pcap_file(1, &parse(story).packets)).unwrap();
    let ladder = run(&["ladder", "--ascii", path.to_str().unwrap(), "3"]).stdout;
    let position = |words| {
        ladder
            .find(words)
            .unwrap_or_else(|| panic!("no '{words}' in:\n{ladder}"))
    };
    assert!(position("ARP request") < position("the server answers: 10.0.1.20 is here"));
    assert!(position("ARP reply") < position("SYN"));
    assert_eq!(
        ladder.matches("ARP request").count(),
        1,
        "what is asked later explains nothing:\n{ladder}"
    );
}

/// With a filter, which needs libpcap.
#[cfg(feature = "live")]
fn the_proof_of_a_finding_names_a_command_that_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("it's a capture.pcap");
    std::fs::copy("samples/router-any-sll2.pcap", &path).unwrap();
    let read = tcpwhy()
        .args([
            "read",
            "it's a capture.pcap",
            "--filter",
            "tcp and not port 22",
            "--patience",
            "2.5",
        ])
        .env("COLUMNS", "240")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8(read.stdout).unwrap();
    let (_, command) = text.rsplit_once("tcpwhy ladder ").expect("a command");
    let command = command.lines().next().unwrap();
    let drawn = std::process::Command::new("sh")
        .args(["-c", &format!("\"$TCPWHY\" ladder {command}")])
        .env("TCPWHY", env!("CARGO_BIN_EXE_tcpwhy"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let ladder = String::from_utf8(drawn.stdout).unwrap();
    assert!(
        ladder.starts_with("attempt 29   dropped"),
        "{command}\n{ladder}"
    );
    assert!(
        ladder.contains("06:49:34.519020"),
        "patience is 2.5 s:\n{ladder}"
    );
}

fn what_was_read_from_a_pipe_names_no_command() {
    let bytes = std::fs::read("samples/closed-port.pcap").unwrap();
    let read = run_with_input(&["read", "-"], &bytes);
    assert!(read.stdout.contains("proof: attempt"), "{}", read.stdout);
    assert!(!read.stdout.contains("tcpwhy ladder"), "{}", read.stdout);
    let drawn = run_with_input(&["ladder", "13"], &bytes);
    assert!(drawn.stdout.starts_with("attempt 13 "), "{}", drawn.stderr);
}

fn an_unknown_number_is_wrong_usage_and_says_which_there_are() {
    for (arguments, said) in [
        (
            &["samples/service-restart.pcap", "61"][..],
            "no attempt 61: no connect begins with this packet",
        ),
        (
            &["samples/service-restart.pcap", "0"],
            "begins with this packet",
        ),
        (&["samples/service-restart.pcap", "-1"], ""),
        (
            &["samples/service-restart.pcap"],
            "is no number of an attempt",
        ),
        #[cfg(feature = "live")]
        (
            &["samples/service-restart.pcap", "1", "--filter", "udp"],
            "no TCP connect",
        ),
    ] {
        let ran = run(&[&["ladder"], arguments].concat());
        assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
    let one = run(&["ladder", "samples/service-restart.pcap", "61"]);
    let lines: Vec<&str> = one.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", one.stderr);
    assert!(
        lines[1].starts_with("hint: tcpwhy read FILE"),
        "{}",
        one.stderr
    );
}

fn the_locale_decides_which_characters_are_drawn() {
    let with = |locale: &[(&str, &str)], arguments: &[&str]| {
        let mut command = tcpwhy();
        for variable in ["LC_ALL", "LC_CTYPE", "LANG"] {
            command.env_remove(variable);
        }
        command.envs(locale.iter().copied());
        command
            .args(["ladder", "samples/closed-port.pcap", "13"])
            .args(arguments);
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(text.contains("RST,ACK"), "{text}");
        text.is_ascii()
    };
    assert!(with(&[], &[]));
    assert!(with(&[("LANG", "C")], &[]));
    assert!(with(
        &[("LC_ALL", "de_DE.ISO-8859-1"), ("LANG", "de_DE.UTF-8")],
        &[]
    ));
    assert!(with(&[("LANG", "de_DE.UTF-8")], &["--ascii"]));
    assert!(!with(&[("LANG", "de_DE.UTF-8")], &[]));
    assert!(!with(
        &[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")],
        &[]
    ));
}

fn an_input_that_cannot_be_read_is_status_3() {
    assert_eq!(run(&["ladder", "no-such-file.pcap", "1"]).status, 3);
    assert_eq!(run(&["ladder", "README.md", "1"]).status, 3);
}
