//! What the fuzzer starts from, and every input that once made it stop, through the same functions: on a stable compiler,
//! without the fuzzer.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot be set up fails, and says where"
)]

#[path = "../fuzz/subjects.rs"]
mod subjects;

use std::path::Path;

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
            // Shown when the test fails: the file that was read last.
            eprintln!("{}", path.display());
            subject(&std::fs::read(&path).unwrap());
        })
        .count()
}

fn run_seeds(target: &str, subject: fn(&[u8])) -> usize {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    run_all(&fuzz.join("seeds").join(target), subject)
        + run_all(&fuzz.join("regressions").join(target), subject)
}

#[test]
fn seeds_of_the_decoder_pass() {
    assert!(run_seeds("decode", subjects::decode) > 50);
}

#[test]
fn seeds_of_the_tracker_pass() {
    assert!(run_seeds("track", subjects::track) > 40);
}

#[test]
fn samples_and_regressions_of_the_reader_pass() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    assert!(run_all(&samples, subjects::read) > 50);
    run_seeds("read", subjects::read);
}

#[test]
fn seeds_of_explain_pass() {
    assert!(run_seeds("explain", subjects::explain) >= 10);
}
