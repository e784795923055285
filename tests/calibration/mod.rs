//! What `certain` and `likely` cost: of what is said so, none may be wrong, and one in twenty. And
//! silence costs as well: what a world holds must be found in it.
//!
//! Scenarios and samples say themselves what happened in them, the connects of the laboratory are
//! judged by its stories, and `worlds` makes up many captures of which the cause is known, each
//! with other numbers: what is chance in one is not in all.

pub(crate) mod samples;
pub(crate) mod tally;
pub(crate) mod truth;
mod worlds;

use std::time::Duration;

use serde_json::Value;

use crate::scenarios::scenario_files;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::scenario::parse;
use crate::support::{in_package, json_of, json_on, report_on};
use tally::{Sureness, Tally};

pub(crate) const TESTS: &[Test] =
    tests![what_is_certain_is_right_and_what_is_likely_nearly_always,];

/// Fewer would say nothing: what is judged has gone missing then.
const FEWEST: [(Sureness, usize); 2] = [(Sureness::Certain, 90), (Sureness::Likely, 250)];

#[expect(clippy::print_stdout, reason = "the counts are what it is for")]
fn what_is_certain_is_right_and_what_is_likely_nearly_always() {
    let mut tally = Tally::of_laboratory();
    judge_scenarios(&mut tally);
    samples::judge(&mut tally);
    let silent = worlds::judge(&mut tally);
    println!("{}", tally.table());
    let [certain, likely] = FEWEST.map(|(sureness, fewest)| {
        let share = tally.share(sureness);
        assert!(share.all >= fewest, "only {} {sureness:?}", share.all);
        share
    });
    let wrong = tally.wrong().join("\n");
    assert_eq!(certain.right, certain.all, "certain and wrong:\n{wrong}");
    assert!(
        likely.right * 100 >= likely.all * 95,
        "of {} likely only {} are right:\n{wrong}",
        likely.all,
        likely.right
    );
    assert!(silent.is_empty(), "not said:\n{}", silent.join("\n"));
}

fn judge_scenarios(tally: &mut Tally) {
    for path in scenario_files() {
        let scenario = parse(&std::fs::read_to_string(&path).unwrap());
        let report = report_of(scenario.link_type, &scenario.packets, scenario.patience);
        let name = path.file_stem().unwrap().to_string_lossy();
        scenario.truth.judge(("scenario", &name), &report, tally);
    }
}

/// The report on these packets.
fn report_of(link_type: u32, packets: &[CapturedPacket], patience: Duration) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("story.pcap");
    std::fs::write(&path, pcap_file(link_type, packets)).unwrap();
    json_of(&report_on(&[path], patience))
}
