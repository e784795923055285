//! `tcpwhy diff`: what changed between two reports, by the rule that its help tells.

use serde_json::{Value, json};

use crate::support::command::{Ran, file, run, run_with_input};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_service_changes_by_the_rule_of_the_help,
    services_that_come_and_go_are_told_apart,
    real_reports_are_compared_with_their_findings,
    what_is_no_report_of_ours_is_status_3_and_named,
    each_thing_that_is_no_report_has_a_hint_of_its_own,
    hostile_reports_neither_steer_the_terminal_nor_fill_the_memory,
    the_help_tells_the_rule,
    another_cause_is_a_change,
    what_ends_with_status_1_is_chosen,
    directories_stand_for_their_reports,
    markdown_keeps_hostile_text_in_its_cells,
    a_page_of_html_loads_nothing,
];

const SCHEMA: &str = "tcpwhy-report/1";

/// A report on services, each with so many successes and refusals.
fn report(services: &[(&str, u64, u64)]) -> Value {
    let endpoints: Vec<Value> = services
        .iter()
        .map(|(server, established, refused)| {
            json!({ "server": server, "outcomes": { "established": established, "refused": refused }, "findings": [1] })
        })
        .collect();
    let finding = json!({ "id": 1, "kind": "never_listening", "statement": "nothing listens" });
    json!({ "schema": SCHEMA, "endpoints": endpoints, "findings": [finding], "attempts": [{ "id": "ignored" }] })
}

fn diff_of_bytes(before: &[u8], after: &[u8], arguments: &[&str]) -> Ran {
    let (before, after) = (file(before), file(after));
    let paths = [before.path.to_str().unwrap(), after.path.to_str().unwrap()];
    run(&[&["diff"], &paths[..], arguments].concat())
}

fn diff(before: &Value, after: &Value, arguments: &[&str]) -> Ran {
    diff_of_bytes(
        before.to_string().as_bytes(),
        after.to_string().as_bytes(),
        arguments,
    )
}

/// What became of one service.
fn change(before: &[(&str, u64, u64)], after: &[(&str, u64, u64)]) -> (i32, Option<String>) {
    let ran = diff(&report(before), &report(after), &["-F", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let change = told["services"][0]["change"].as_str().map(str::to_owned);
    (ran.status, change)
}

const S: &str = "10.0.1.20:5432";

fn a_service_changes_by_the_rule_of_the_help() {
    let told = |before: (u64, u64), after: (u64, u64)| {
        let (status, change) = change(&[(S, before.0, before.1)], &[(S, after.0, after.1)]);
        assert_eq!(status == 1, change.as_deref() == Some("newly_failing"));
        change.unwrap_or_else(|| "nothing".to_owned())
    };
    assert_eq!(told((10, 0), (0, 10)), "newly_failing");
    assert_eq!(told((0, 10), (10, 0)), "healed");
    assert_eq!(told((0, 10), (0, 99)), "nothing");
    assert_eq!(told((5000, 4), (5000, 9)), "nothing");
    assert_eq!(told((5000, 0), (4950, 50)), "newly_failing");
    assert_eq!(told((991, 9), (989, 11)), "nothing");
    assert_eq!(told((90, 10), (50, 50)), "worse");
    assert_eq!(told((50, 50), (90, 10)), "better");
    assert_eq!(told((50, 50), (45, 55)), "nothing");
    assert_eq!(told((0, 0), (0, 3)), "newly_failing");
    assert_eq!(told((0, 3), (0, 0)), "nothing");
}

fn services_that_come_and_go_are_told_apart() {
    assert_eq!(
        change(&[], &[(S, 0, 1)]),
        (1, Some("newly_failing".to_owned()))
    );
    assert_eq!(change(&[], &[(S, 1, 0)]), (0, None));
    assert_eq!(change(&[(S, 0, 1)], &[]), (0, None));
}

fn real_reports_are_compared_with_their_findings() {
    let json = |sample: &str, arguments: &[&str]| {
        let path = format!("samples/{sample}");
        run(&[&["read", "-F", "json", &path], arguments].concat()).stdout
    };
    let before = json("service-restart.pcap", &["--until", "+1"]);
    let after = json("service-restart.pcap", &[]);
    let ran = diff_of_bytes(before.as_bytes(), after.as_bytes(), &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let shown = [
        "newly failing 1",
        "NEWLY FAILING",
        "10.0.1.20:5432",
        "20 of 60 failed (20 refused)",
        "service down window: ",
    ];
    for text in shown {
        assert!(
            ran.stdout.contains(text),
            "{text} is not in\n{}",
            ran.stdout
        );
    }
    let back = diff_of_bytes(after.as_bytes(), before.as_bytes(), &[]);
    assert_eq!(back.status, 0);
    assert!(back.stdout.contains("healed 1"), "{}", back.stdout);
    let same = diff_of_bytes(after.as_bytes(), after.as_bytes(), &[]);
    assert_eq!(same.status, 0);
    assert!(
        same.stdout
            .starts_with("newly failing 0   worse 0   better 0   healed 0\n1 service")
    );
    let piped = run_with_input(&["diff", "-", "samples/README.md"], after.as_bytes());
    assert_eq!(piped.status, 3);
}

fn what_is_no_report_of_ours_is_status_3_and_named() {
    let good = report(&[(S, 1, 0)]);
    let other = json!({ "schema": "tcpwhy-report/2", "endpoints": [], "findings": [] });
    for (bad, said) in [
        (&b""[..], "is no JSON report of tcpwhy"),
        (b"\x0a\x0d\x0d\x0a", "is no JSON report of tcpwhy"),
        (
            b"{\"schema\": \"tcpwhy-report/1\", \"endpoints\": [",
            "is no JSON report of tcpwhy",
        ),
        (b"{}", "names no schema"),
        (b"[]", "is no JSON report of tcpwhy"),
        (
            b"{\"schema\": \"tcpwhy-report/1\", \"findings\": []}",
            "has no endpoints",
        ),
        (
            other.to_string().as_bytes(),
            "is of schema 'tcpwhy-report/2'",
        ),
    ] {
        let good = good.to_string();
        for (before, after) in [(bad, good.as_bytes()), (good.as_bytes(), bad)] {
            let ran = diff_of_bytes(before, after, &[]);
            assert_eq!(ran.status, 3, "{}", ran.stderr);
            assert!(ran.stderr.contains(said), "{said}: {}", ran.stderr);
            assert!(ran.stderr.contains("no-name-to-go-by"), "{}", ran.stderr);
            assert_eq!(ran.stdout, "");
        }
    }
    assert_eq!(run(&["diff", "no-such.json", "no-such.json"]).status, 3);
    assert_eq!(run(&["diff", "only-one.json"]).status, 2);
    assert_eq!(run(&["diff", "-", "-"]).status, 2);
}

/// What is given instead of a JSON report, and what to do then.
fn each_thing_that_is_no_report_has_a_hint_of_its_own() {
    let made = |format: &str| {
        let ran = run(&["read", "-q", "-F", format, "samples/closed-port.pcap"]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stdout
    };
    let whole = made("json");
    let capture = std::fs::read("samples/closed-port.pcap").unwrap();
    let good = report(&[(S, 1, 0)]).to_string();
    for (bad, said, hint) in [
        (
            made("ndjson").as_bytes(),
            "it is NDJSON",
            "-F json makes what can be compared",
        ),
        (made("csv").as_bytes(), "it is CSV", "only -F json makes"),
        (made("html").as_bytes(), "it is HTML", "only -F json makes"),
        (
            made("markdown").as_bytes(),
            "it is text for people",
            "only -F json makes",
        ),
        (
            made("text").as_bytes(),
            "it is text for people",
            "only -F json makes",
        ),
        (&capture, "it is a capture", "tcpwhy read CAPTURE -F json"),
        (b"", "it is empty", "whole or not at all"),
        (
            &whole.as_bytes()[..whole.len() / 2],
            "it ends in the middle",
            "cut short",
        ),
        (
            b"{\"schema\": \"tcpwhy-report/7\"}",
            "schema 'tcpwhy-report/7'",
            "same version of tcpwhy",
        ),
        (
            b"{\"schema\": \"tcpwhy-diff/1\"}",
            "schema 'tcpwhy-diff/1'",
            "the result of a comparison",
        ),
        (
            b"{\"schema\": \"other/1\"}",
            "schema 'other/1'",
            "tcpwhy read FILE -F json",
        ),
        (
            b"{\"endpoints\": 7}",
            "is no JSON report",
            "tcpwhy read FILE -F json",
        ),
    ] {
        let ran = diff_of_bytes(good.as_bytes(), bad, &[]);
        assert_eq!(ran.status, 3, "{}", ran.stderr);
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{}", ran.stderr);
        assert!(
            lines[0].starts_with("tcpwhy: ") && lines[0].contains(said),
            "{said}: {}",
            ran.stderr
        );
        assert!(
            lines[1].starts_with("hint: ") && lines[1].contains(hint),
            "{hint}: {}",
            ran.stderr
        );
    }
}

fn hostile_reports_neither_steer_the_terminal_nor_fill_the_memory() {
    let mut hostile = report(&[("\u{1b}]0;owned\u{7}\u{202e}10.0.1.20:1", 0, 1)]);
    hostile["endpoints"][0]["server_name"] = json!("<script>\u{1b}[2J");
    hostile["findings"][0]["statement"] = json!("x\u{9b}2J".repeat(1000));
    hostile["endpoints"][0]["outcomes"]["refused"] = json!(u64::MAX);
    hostile["endpoints"][0]["outcomes"]["reset"] = json!(u64::MAX);
    let ran = diff(&report(&[]), &hostile, &[]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        !ran.stdout
            .contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
        "{}",
        ran.stdout
    );
    let long = format!(
        "{{\"schema\": \"tcpwhy-report/1\", \"x\": \"{}\"}}",
        "y".repeat(2 << 20)
    );
    let ran = diff_of_bytes(long.as_bytes(), long.as_bytes(), &[]);
    assert_eq!(ran.status, 3);
    assert!(ran.stderr.contains("more than 1 MiB"), "{}", ran.stderr);
    let deep = format!("{{\"attempts\": {}", "[".repeat(1 << 20));
    assert_eq!(
        diff_of_bytes(deep.as_bytes(), deep.as_bytes(), &[]).status,
        3
    );
}

fn the_help_tells_the_rule() {
    let help = run(&["diff", "--help"]).stdout;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        help.contains("at least 1 % of its decided connects failed"),
        "{help}"
    );
}

/// A report on one service, all of whose connects failed for these causes.
fn failing(causes: &[(&str, u64)]) -> Value {
    let mut whole = report(&[(S, 1, causes.iter().map(|(_, count)| count).sum())]);
    let attempt = |cause: &str| json!({ "server": S, "outcome": "refused", "cause": cause });
    let attempts = causes.iter().flat_map(|(cause, count)| {
        let count = usize::try_from(*count).unwrap();
        std::iter::repeat_n(attempt(cause), count)
    });
    whole["attempts"] = attempts
        .chain([json!({ "server": 5, "cause": [] })])
        .collect();
    whole
}

fn another_cause_is_a_change() {
    let before = failing(&[("closed_port", 5), ("middlebox_reset", 1)]);
    let after = failing(&[("firewall_reset", 6)]);
    let told: Value = serde_json::from_str(&diff(&before, &after, &["-F", "json"]).stdout).unwrap();
    assert_eq!(told["summary"]["other_cause"], 1, "{told}");
    assert_eq!(told["services"][0]["change"], "other_cause");
    let causes = json!({ "before": { "closed_port": 5, "middlebox_reset": 1 }, "after": { "firewall_reset": 6 } });
    assert_eq!(told["services"][0]["causes"], causes);
    let text = diff(&before, &after, &[]).stdout;
    assert!(text.contains("OTHER CAUSE"), "{text}");
    let line = "causes before: closed_port 5, middlebox_reset 1; after: firewall_reset 6";
    assert!(text.contains(line), "{text}");
    // The same most often, others beside it.
    let mixed = failing(&[("closed_port", 4), ("firewall_reset", 2)]);
    let told: Value = serde_json::from_str(&diff(&before, &mixed, &["-F", "json"]).stdout).unwrap();
    assert_eq!(told["services"], json!([]));
}

fn what_ends_with_status_1_is_chosen() {
    let status =
        |before: &Value, after: &Value, fail_on: &[&str]| diff(before, after, fail_on).status;
    let (few, many) = (report(&[(S, 90, 10)]), report(&[(S, 50, 50)]));
    assert_eq!(status(&few, &many, &[]), 0);
    assert_eq!(status(&few, &many, &["--fail-on", "worse"]), 1);
    assert_eq!(status(&many, &few, &["--fail-on", "worse"]), 0);
    let sound = report(&[(S, 10, 0)]);
    assert_eq!(status(&sound, &many, &["--fail-on", "worse"]), 1);
    let (closed, filtered) = (
        failing(&[("closed_port", 5)]),
        failing(&[("firewall_reset", 5)]),
    );
    assert_eq!(status(&closed, &filtered, &["--fail-on", "worse"]), 0);
    assert_eq!(status(&closed, &filtered, &["--fail-on", "other-cause"]), 1);
    assert_eq!(status(&closed, &closed, &["--fail-on", "better"]), 2);
}

fn directories_stand_for_their_reports() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    put("before/a.json", report(&[(S, 9, 1)]).to_string());
    put(
        "before/b.json",
        report(&[("10.0.0.1:80", 5, 0)]).to_string(),
    );
    put("before/notes.txt", "no report".to_owned());
    put("after/monday.json", report(&[(S, 40, 1)]).to_string());
    put(
        "after/tuesday.JSON",
        report(&[(S, 0, 59), ("10.0.0.1:80", 0, 3)]).to_string(),
    );
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let compared = |arguments: &[&str]| {
        let (before, after) = (path("before"), path("after"));
        run(&[&["diff", &before, &after], arguments].concat())
    };
    let ran = compared(&["-F", "json"]);
    let told: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    assert_eq!((ran.status, &told["summary"]["compared"]), (1, &json!(2)));
    let service = |name: &str| {
        let services = told["services"].as_array().unwrap().iter();
        let mut named = services.filter(|service| service["server"] == name);
        named.next().unwrap().clone()
    };
    assert_eq!(service(S)["change"], "worse");
    assert_eq!(service(S)["after"]["failed"], 60);
    assert_eq!(service(S)["after"]["established"], 40);
    // Findings keep to their servers, though each report counts them from 1.
    assert_eq!(service(S)["findings"].as_array().unwrap().len(), 2);
    assert_eq!(service("10.0.0.1:80")["change"], "newly_failing");
    put("after/broken.json", "{".to_owned());
    let ran = compared(&[]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("broken.json is no JSON report"),
        "{}",
        ran.stderr
    );
    put("none/notes.txt", String::new());
    let ran = run(&["diff", &path("none"), &path("before")]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.starts_with("tcpwhy: no report (*.json) is in "),
        "{}",
        ran.stderr
    );
}

/// A service whose every text wants to be something else.
fn hostile() -> Value {
    let text = "x | <script>alert(1)</script> `code` \u{1b}[2J\n# heading";
    json!({
        "schema": SCHEMA,
        "endpoints": [{ "server": text, "server_name": text, "outcomes": { "refused": 3 }, "findings": [1] }],
        "findings": [{ "id": 1, "kind": text, "statement": text }],
        "attempts": [{ "server": text, "outcome": "refused", "cause": text }],
    })
}

fn markdown_keeps_hostile_text_in_its_cells() {
    let ran = diff(&report(&[]), &hostile(), &["-F", "markdown"]);
    assert_eq!(ran.status, 1);
    let mut html = String::new();
    let parser =
        pulldown_cmark::Parser::new_ext(&ran.stdout, pulldown_cmark::Options::ENABLE_TABLES);
    pulldown_cmark::html::push_html(&mut html, parser);
    assert!(!html.contains("<script"), "{html}");
    assert_eq!(html.matches("<h1>").count(), 1, "{html}");
    assert_eq!(html.matches("<td>").count(), 4, "{html}");
    let json = |arguments: &[&str]| {
        let read = ["read", "-F", "json", "samples/service-restart.pcap"];
        run(&[&read[..], arguments].concat()).stdout
    };
    let (before, after) = (json(&["--until", "+1"]), json(&[]));
    let text = diff_of_bytes(before.as_bytes(), after.as_bytes(), &["-F", "markdown"]).stdout;
    assert!(
        text.contains("**newly failing 1**") && text.contains("## Newly failing"),
        "{text}"
    );
    assert!(text.contains("| `10.0.1.20:5432` |"), "{text}");
    assert!(text.contains("after: `closed_port` 20<br>"), "{text}");
}

fn a_page_of_html_loads_nothing() {
    let page = diff(&report(&[]), &hostile(), &["-F", "html"]).stdout;
    assert!(page.starts_with("<!DOCTYPE html>"), "{page}");
    assert!(
        page.contains("default-src 'none'") && !page.contains("<script"),
        "{page}"
    );
    assert!(
        page.contains("id=\"newly_failing\"") && page.contains("3 of 3 failed"),
        "{page}"
    );
    let many: Vec<(String, u64, u64)> = (0..50).map(|n| (format!("10.0.0.{n}:80"), 0, 1)).collect();
    let many: Vec<(&str, u64, u64)> = many
        .iter()
        .map(|(server, ok, no)| (server.as_str(), *ok, *no))
        .collect();
    let folded = diff(&report(&[]), &report(&many), &["-F", "html"]).stdout;
    assert!(folded.contains("<summary>30 more</summary>"), "{folded}");
}
