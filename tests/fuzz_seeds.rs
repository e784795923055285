//! What the fuzzer starts from, and every input that once made it stop, through the same functions:
//! on a stable compiler, without the fuzzer.

#[path = "../fuzz/subjects.rs"]
mod subjects;

use std::panic::catch_unwind;
use std::path::Path;

use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    seeds_of_the_decoder_pass,
    seeds_of_the_tracker_pass,
    samples_and_regressions_of_the_reader_pass,
    seeds_of_explain_pass,
    seeds_of_logs_pass,
];

/// Runs every file of the folder, if there is one; how many there were.
fn run_all(folder: &Path, subject: fn(&[u8])) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let files = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file());
    files
        .map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let ended = catch_unwind(|| subject(&bytes));
            assert!(ended.is_ok(), "stopped by {}", path.display());
        })
        .count()
}

fn run_seeds(target: &str, subject: fn(&[u8])) -> usize {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    run_all(&fuzz.join("seeds").join(target), subject)
        + run_all(&fuzz.join("regressions").join(target), subject)
}

fn seeds_of_the_decoder_pass() {
    assert!(run_seeds("decode", subjects::decode) > 50);
}

fn seeds_of_the_tracker_pass() {
    assert!(run_seeds("track", subjects::track) > 40);
}

fn samples_and_regressions_of_the_reader_pass() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    assert!(run_all(&samples, subjects::read) > 50);
    run_seeds("read", subjects::read);
}

fn seeds_of_logs_pass() {
    assert!(run_seeds("logs", subjects::logs) >= 10);
}

fn seeds_of_explain_pass() {
    assert!(run_seeds("explain", subjects::explain) >= 10);
}
