//! Every capture in `samples/` says what `samples/README.md` says, and looks as it looked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tcpwhy::report::text::{self, TextStyle};
use tcpwhy::report::{Report, TimeZoneChoice};

use crate::support::harness::{Test, tests};
use crate::support::{all_samples, in_package, json_of, json_on, report_on};

pub(crate) const TESTS: &[Test] = tests![
    every_sample_ends_as_its_readme_says,
    no_sample_is_large,
    every_sample_looks_as_it_looked,
    lines_fit_into_the_width,
    colour_only_repeats_what_the_words_say,
];

/// The counts that `samples/README.md` promises for each file.
fn promised() -> BTreeMap<String, BTreeMap<String, u64>> {
    let readme = std::fs::read_to_string(in_package("samples/README.md")).unwrap();
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| [")?.split_once(']'));
    rows.map(|(file, row)| {
        let verdict = row.rsplit('|').nth(1).unwrap().split('`').nth(1).unwrap();
        let counts = verdict.split(", ").map(|count| {
            let (outcome, number) = count.split_once(' ').unwrap();
            (outcome.to_owned(), number.parse().unwrap())
        });
        (file.to_owned(), counts.collect())
    })
    .collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn every_sample_ends_as_its_readme_says() {
    let promised = promised();
    let mut seen = Vec::new();
    for path in all_samples() {
        let expected = promised
            .get(&name(&path))
            .unwrap_or_else(|| panic!("{} is not in the README", path.display()));
        let report = json_on(std::slice::from_ref(&path));
        let found: BTreeMap<String, u64> = report["summary"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(outcome, count)| *outcome != "attempts" && **count != 0)
            .map(|(outcome, count)| (outcome.clone(), count.as_u64().unwrap()))
            .collect();
        assert_eq!(&found, expected, "{}", path.display());
        seen.push(name(&path));
    }
    assert_eq!(
        seen,
        promised.into_keys().collect::<Vec<_>>(),
        "files and README rows"
    );
    assert!(seen.len() >= 16);
}

fn no_sample_is_large() {
    for path in all_samples() {
        assert!(
            path.metadata().unwrap().len() < 50_000,
            "{}",
            path.display()
        );
    }
}

/// The report as the command gives it, with a path that is the same everywhere, and the failures
/// first.
fn short_report(path: &Path) -> Report {
    let mut report = report_on(&[path.to_owned()], Duration::from_secs(3));
    for source in &mut report.capture.sources {
        source.path = PathBuf::from(name(&source.path));
    }
    report
        .diagnosis
        .attempts
        .sort_by_key(|diagnosed| !diagnosed.decided.judgement.outcome.is_failure());
    report.diagnosis.attempts.truncate(12);
    report
}

fn text_of(report: &Report, width: usize, color: bool) -> String {
    let style = TextStyle {
        width,
        color,
        zone: TimeZoneChoice::Utc,
        only_failures: true,
    };
    let mut text = Vec::new();
    text::write(report, &style, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn every_sample_looks_as_it_looked() {
    for path in all_samples() {
        let report = short_report(&path);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/samples");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| {
            insta::assert_snapshot!(format!("{}.text", name(&path)), text_of(&report, 80, false));
            insta::assert_snapshot!(
                format!("{}.json", name(&path)),
                format!("{:#}", json_of(&report))
            );
        });
    }
}

fn lines_fit_into_the_width() {
    for path in all_samples() {
        let report = short_report(&path);
        for width in [80, 120, 200] {
            for line in text_of(&report, width, false).lines() {
                assert!(line.chars().count() <= width, "{}: {line}", path.display());
            }
        }
    }
}

fn colour_only_repeats_what_the_words_say() {
    for path in all_samples() {
        let report = short_report(&path);
        let colored = text_of(&report, 80, true);
        let mut plain = String::new();
        let mut rest = colored.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        plain.push_str(rest);
        assert_eq!(plain, text_of(&report, 80, false), "{}", path.display());
    }
}
