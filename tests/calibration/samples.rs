//! The samples, whose README tells what an analyst should conclude.

use super::{Tally, in_package, json_on};
use crate::calibration::truth::Truth;
use crate::support::samples;

/// Each sample that says something of itself, and the words that are right of it.
fn truths() -> String {
    std::fs::read_to_string(in_package("tests/calibration/samples.txt")).unwrap()
}

/// Holds the report on each against what is right.
pub(super) fn judge(tally: &mut Tally) {
    let truths = truths();
    let right = |name: &str| {
        let lines = truths.lines().filter(|line| !line.starts_with('#'));
        let mut lines = lines.filter_map(|line| line.split_once(": "));
        lines.find(|(sample, _)| *sample == name)
    };
    for path in samples() {
        let name = path.file_name().unwrap().to_string_lossy();
        let truth = right(&name).map(|(_, words)| Truth::of_all(words.split_whitespace()));
        let report = json_on(std::slice::from_ref(&path));
        truth
            .unwrap_or_default()
            .judge(("sample", &name), &report, tally);
    }
}
