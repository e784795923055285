//! The page of all terms that a report may say, made from what `tcpwhy explain` says of each.

use std::fmt::Write;

use serde_json::Value;

use crate::support::command::run;

/// Headings of the list that `tcpwhy explain` prints, of which the page has the terms.
const TOLD: [&str; 4] = ["OUTCOMES", "TROUBLES", "CAUSES", "FINDINGS"];

/// The whole page.
pub(super) fn page() -> String {
    let mut page = String::from(
        "# Reference\n\nEvery outcome, trouble, cause and finding of a report, as `tcpwhy explain TERM` tells it, \
         which also knows errno, log lines and more. SERVER, CLIENT, PORT and the like stand for yours.\n",
    );
    let list = run(&["explain"]).stdout;
    for group in list.split("\n\n") {
        let mut lines = group.lines();
        let heading = lines.next().unwrap_or_default();
        if !TOLD.iter().any(|told| heading.starts_with(told)) {
            continue;
        }
        let _ = writeln!(page, "\n## {}", sentence(heading));
        for term in lines.filter_map(|line| line.split_whitespace().next()) {
            page.push_str(&of_term(term));
        }
    }
    page
}

/// A heading in capitals as one of a page.
fn sentence(heading: &str) -> String {
    let (first, rest) = heading.split_once(' ').unwrap_or((heading, ""));
    let (initial, small) = first.split_at(1);
    format!("{initial}{} {rest}", small.to_lowercase())
        .trim()
        .to_owned()
}

fn of_term(term: &str) -> String {
    let answer = run(&["explain", "--format", "json", term]);
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    let page = &answer["pages"][0];
    assert_eq!(page["term"], term);
    let mut text = format!("\n### {term}\n\n{}.\n", escaped(&page["title"]));
    if let Some(wire) = page["on_the_wire"].as_str() {
        let _ = writeln!(text, "\n{}", escape(wire));
    }
    let told_apart =
        |other: &Value| format!("`{}`: {}", text_of(&other["other"]), escaped(&other["by"]));
    text.push_str(&list(
        "Brought about by",
        &page["brought_about_by"],
        escaped,
    ));
    text.push_str(&list("Told apart from", &page["told_apart"], told_apart));
    text.push_str(&list("Check", &page["check"], check));
    text
}

fn check(check: &Value) -> String {
    let run = check["run"].as_array().unwrap();
    let lines: Vec<String> = run.iter().map(|line| code(text_of(line))).collect();
    let on = escaped(&check["on"]);
    let typed = lines.join(", ");
    let comma = if typed.is_empty() { "" } else { ", " };
    format!("on {on}{comma}{typed}: {}", escaped(&check["tells"]))
}

/// A command within a line.
fn code(command: &str) -> String {
    let marks = if command.contains('`') { "``" } else { "`" };
    format!("{marks}{command}{marks}")
}

fn list(title: &str, items: &Value, item: impl Fn(&Value) -> String) -> String {
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    if items.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = items
        .iter()
        .map(|one| format!("- {}\n", item(one)))
        .collect();
    format!("\n{title}:\n\n{}", lines.concat())
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escaped(value: &Value) -> String {
    escape(text_of(value))
}

/// What would be markup, as text.
fn escape(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let mark =
                matches!(letter, '*' | '_' | '<' | '>' | '[' | ']' | '`' | '|').then_some('\\');
            mark.into_iter().chain(Some(letter))
        })
        .collect()
}
