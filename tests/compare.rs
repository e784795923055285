//! `tcpwhy compare` from outside: what it takes, what it writes, and what bad input gets.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::paths::captures_of;
use crate::support::command::{Ran, run};
use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] = tests![
    what_cannot_be_compared_gets_one_line,
    a_damaged_place_is_used_up_to_the_damage,
    every_report_is_valid_against_the_schema,
    a_page_of_html_draws_each_connect,
    a_ticket_holds_the_drawings,
    evidence_has_an_interface_for_each_place,
    an_anonymous_comparison_says_the_same_of_other_addresses,
    one_connect_is_drawn_with_a_lane_for_each_place,
    two_points_read_as_one_capture_are_told,
    connects_are_chosen_by_their_ends_and_times,
];

/// Both ends of one path: eight connects, of which the last one began after nine seconds; the
/// server's clock is an hour ahead, and clients have another address there.
fn two_ends() -> Vec<String> {
    ["client", "server"]
        .map(|place| format!("{place}=samples/two-ends-{place}.pcap"))
        .to_vec()
}

fn connects_are_chosen_by_their_ends_and_times() {
    let chosen = |options: &[&str]| -> Value {
        let ran = compare(&[&["-F", "json"], options].concat(), &two_ends());
        assert_eq!(ran.stderr, "", "{options:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let ids = |report: &Value| -> Vec<u64> {
        let attempts = report["attempts"].as_array().unwrap();
        let mut ids: Vec<u64> = attempts
            .iter()
            .map(|one| one["id"].as_u64().unwrap())
            .collect();
        ids.sort_unstable();
        ids
    };
    let kinds = |report: &Value| -> Vec<String> {
        let findings = report["findings"].as_array().unwrap();
        let kinds = findings.iter().map(|one| one["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect()
    };
    let all = chosen(&[]);
    assert_eq!(ids(&all), [1, 2, 3, 4, 5, 6, 7, 8]);
    // They keep their numbers; findings and counts are of them, what is said of clocks is of all.
    let filtered = chosen(&["--server", ":5432"]);
    assert_eq!(ids(&filtered), [4]);
    assert_eq!(filtered["summary"]["attempts"], 1);
    assert_eq!(filtered["summary"]["dropped"], 1);
    assert_eq!(filtered["selection"]["servers"][0], ":5432");
    assert_eq!(kinds(&filtered), ["filter_between", "clocks_apart"]);
    assert_eq!(filtered["attempts"][0], all["attempts"][0]);
    // By the name of either place.
    for client in ["10.0.0.7", "10.0.1.1"] {
        let report = chosen(&["--client", client, "--server", "10.0.1.20:22"]);
        assert_eq!(ids(&report), [1, 2, 3, 8], "{client}");
        assert_eq!(kinds(&report), ["translation", "clocks_apart"]);
    }
    assert_eq!(ids(&chosen(&["--client", "10.0.0.8"])), [0; 0]);
    // By the first place's clock.
    assert_eq!(ids(&chosen(&["--until", "+9"])), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(ids(&chosen(&["--since", "+9"])), [8]);
    assert_eq!(ids(&chosen(&["--since", "2026-11-30T23:00:00Z"])), [0; 0]);
    // Listed are some, counted all.
    let listed = chosen(&["--outcome", "refused"]);
    assert_eq!(ids(&listed), [5, 6]);
    assert_eq!(listed["summary"]["attempts"], 8);
    assert_eq!(listed["attempts_omitted"], 0);
    // Only chosen ones count for the status, and a drawing has the same number.
    let status = |options: &[&str]| compare(options, &two_ends()).status;
    assert_eq!(status(&["--fail-on", "dropped", "--server", ":22"]), 0);
    assert_eq!(status(&["--fail-on", "dropped", "--server", ":5432"]), 1);
    let mut ladder = vec!["ladder".to_owned()];
    ladder.extend(two_ends());
    ladder.push("4".to_owned());
    assert!(run(&ladder).stdout.contains("> 10.0.1.20:5432  dropped"));
}

/// The captures of a story, as they are typed.
fn typed(folder: &Path, story: &str) -> Vec<String> {
    let story = in_package(&format!("tests/paths/{story}.story"));
    let places = captures_of(&story, folder);
    places
        .iter()
        .map(|(name, path)| format!("{name}={}", path.display()))
        .collect()
}

fn compare(options: &[&str], places: &[String]) -> Ran {
    let mut arguments = vec!["compare".to_owned()];
    arguments.extend(options.iter().map(|option| (*option).to_owned()));
    arguments.extend_from_slice(places);
    run(&arguments)
}

fn what_cannot_be_compared_gets_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let (client, server) = (&places[0], &places[3]);
    let file = client.split_once('=').unwrap().1;
    let nine: Vec<String> = (1..10)
        .map(|number| format!("p{number}=x{number}.pcap"))
        .collect();
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "no capture").unwrap();
    let empty = folder.path().join("empty.pcap");
    std::fs::write(&empty, &std::fs::read(file).unwrap()[..24]).unwrap();
    for (words, status, told) in [
        (nine, 2, "9 places"),
        (
            vec![client.clone(), format!("again={file}")],
            2,
            "the same capture",
        ),
        (
            vec![client.clone(), format!("client={}", text.display())],
            2,
            "two places are called",
        ),
        (
            vec![client.clone(), "server.pcap".to_owned()],
            2,
            "has no name",
        ),
        (
            vec![
                client.clone(),
                format!("server={}", folder.path().display()),
            ],
            2,
            "is a directory",
        ),
        (vec![client.clone()], 2, "one place"),
        (
            vec![client.clone(), "server=nowhere.pcap".to_owned()],
            3,
            "cannot read nowhere.pcap",
        ),
        (
            vec![client.clone(), format!("server={}", text.display())],
            3,
            "notes.txt",
        ),
        (
            vec![client.clone(), format!("server={}", empty.display())],
            3,
            "'server' has no packets",
        ),
        (
            vec![
                client.clone(),
                server.clone(),
                "-o".to_owned(),
                file.to_owned(),
            ],
            2,
            "one of the captures",
        ),
    ] {
        let ran = compare(&["-q"], &words);
        assert_eq!(ran.status, status, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{words:?}: {}", ran.stderr);
        let lines = ran.stderr.lines().filter(|line| !line.starts_with("hint:"));
        assert_eq!(lines.count(), 1, "{}", ran.stderr);
    }
}

fn json(options: &[&str], places: &[String]) -> Value {
    let ran = compare(&[&["-q", "-F", "json"], options].concat(), places);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

/// Nothing is blamed on the stretch to a place whose capture is damaged before the connect.
fn a_damaged_place_is_used_up_to_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let path = PathBuf::from(places[2].split_once('=').unwrap().1);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..900]).unwrap();
    let ran = compare(&["-F", "json"], &places);
    assert!(ran.stderr.contains("fw-out-0.pcap"), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdict = &report["attempts"][0]["verdicts"][0];
    // What the server, behind it, did not see is still proof: for the longer stretch.
    assert_eq!(verdict["kind"], "syn_lost", "{verdict}");
    assert_eq!(verdict["between"], serde_json::json!(["fw-in", "server"]));
}

fn every_report_is_valid_against_the_schema() {
    let schema = tcpwhy::report::path::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for story in [
        "syn-lost",
        "altered",
        "not-watching",
        "scanner-behind-nat",
        "wrong-order",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let report = json(&[], &typed(folder.path(), story));
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{story}: {errors:?}");
    }
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "tcpwhy-compare/1" })));
}

fn a_page_of_html_draws_each_connect() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let page = compare(&["-F", "html"], &places).stdout;
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert_eq!(page.matches("<svg class=\"lanes\"").count(), 1);
    assert_eq!(
        page.matches("class=\"lost\"").count(),
        4,
        "each lost SYN has its cross"
    );
    assert!(page.contains("every SYN to 10.0.1.20:5432 ends between fw-in and fw-out"));
    assert!(!page.contains("http://") && !page.contains("https://"));
    let hostile = places
        .iter()
        .map(|place| place.replacen("fw-in", "<script>x", 1));
    let page = compare(&["-F", "html"], &hostile.collect::<Vec<_>>()).stdout;
    assert!(page.contains("&lt;script&gt;x") && !page.contains("<script>x"));
}

fn a_ticket_holds_the_drawings() {
    let folder = tempfile::tempdir().unwrap();
    let ticket = compare(&["-F", "markdown"], &typed(folder.path(), "syn-lost")).stdout;
    assert!(
        ticket.starts_with("# 30 connects seen from 4 places"),
        "{ticket}"
    );
    assert_eq!(ticket.matches('✗').count(), 4, "{ticket}");
    assert!(ticket.contains("### 1. filter between"));
}

fn evidence_has_an_interface_for_each_place() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let evidence = folder.path().join("proof.pcapng");
    let path = evidence.to_string_lossy().into_owned();
    let ran = compare(&["-q", "--evidence", &path], &places);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let bytes = std::fs::read(&evidence).unwrap();
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds("client") && holds("fw-in") && !holds("server\0"));
    assert!(holds(
        "connect 3 (dropped), syn: 4 SYNs seen at fw-in, not at fw-out"
    ));
    let report: Value =
        serde_json::from_str(&run(&["read", "-q", "-F", "json", path.as_str()]).stdout).unwrap();
    assert_eq!(report["capture"]["packets"], 8, "four SYNs at two places");
    assert_eq!(
        report["capture"]["sources"][0]["interfaces"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let streamed = compare(
        &["--evidence", &path],
        &["client=-".to_owned(), places[3].clone()],
    );
    assert_ne!(streamed.status, 0, "a stream is read once");
}

fn an_anonymous_comparison_says_the_same_of_other_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "nat-of-the-client");
    let key = folder.path().join("key");
    std::fs::write(&key, "7".repeat(64)).unwrap();
    let key = key.to_string_lossy().into_owned();
    let (plain, anonymous) = (
        json(&[], &places),
        json(&["--anonymize", "--anonymize-key", &key], &places),
    );
    let text = anonymous.to_string();
    for address in ["10.0.0.7", "203.0.113.20", "198.51.100.1"] {
        assert!(plain.to_string().contains(address));
        assert!(!text.contains(address), "{address}");
    }
    assert!(!text.contains(&folder.path().to_string_lossy().into_owned()));
    let kinds = |report: &Value| -> Vec<String> {
        let attempts = report["attempts"].as_array().unwrap().iter();
        let verdicts = attempts.flat_map(|attempt| attempt["verdicts"].as_array().unwrap());
        verdicts
            .map(|verdict| format!("{} {}", verdict["kind"], verdict["between"]))
            .collect()
    };
    assert_eq!(kinds(&plain), kinds(&anonymous));
}

fn one_connect_is_drawn_with_a_lane_for_each_place() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let draw = |number: &str| {
        let mut arguments = vec!["ladder".to_owned(), "--ascii".to_owned()];
        arguments.extend_from_slice(&places);
        arguments.push(number.to_owned());
        run(&arguments)
    };
    let drawn = draw("3");
    assert_eq!(drawn.status, 0, "{}", drawn.stderr);
    assert_eq!(drawn.stdout.matches(" SYN ").count(), 4, "{}", drawn.stdout);
    assert!(drawn.stdout.contains('X') && drawn.stdout.contains("fw-out"));
    let none = draw("31");
    assert_eq!(none.status, 2);
    assert!(
        none.stderr.contains("no connect 31: there are 30"),
        "{}",
        none.stderr
    );
}

fn two_points_read_as_one_capture_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let places = typed(folder.path(), "syn-lost");
    let file = |index: usize| places[index].split_once('=').unwrap().1;
    let ran = run(&["read", file(0), file(3)]);
    assert_eq!(ran.status, 0);
    assert!(
        ran.stderr.contains("two points of a path"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("tcpwhy compare a="), "{}", ran.stderr);
    // One capture in two parts, and one beside a copy of itself, are one point.
    let bytes = std::fs::read(file(0)).unwrap();
    let copy = folder.path().join("copy.pcap");
    std::fs::write(&copy, bytes).unwrap();
    let ran = run(&["read", file(0), &copy.to_string_lossy()]);
    assert!(!ran.stderr.contains("two points"), "{}", ran.stderr);
}
