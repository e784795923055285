//! This program runs what stands in its lists: nothing that looks like a test may stand beside
//! them. (A function that is in no list is unused, which the compiler tells.)

use std::path::{Path, PathBuf};

use crate::support::harness::{Test, tests};
use crate::support::in_package;

pub(crate) const TESTS: &[Test] =
    tests![every_file_is_a_module, no_test_is_left_to_the_usual_harness,];

/// The files of Rust below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.extension() {
            _ if path.is_dir() => sources(&path),
            Some(extension) if extension == "rs" => vec![path],
            _ => Vec::new(),
        })
        .collect()
}

/// Cargo does not look for tests here: what `main.rs` does not name is not even compiled.
fn every_file_is_a_module() {
    let main = std::fs::read_to_string(in_package("tests/main.rs")).unwrap();
    let mut count = 0;
    for entry in std::fs::read_dir(in_package("tests")).unwrap() {
        let path = entry.unwrap().path();
        let is_module = if path.is_dir() {
            path.join("mod.rs").exists()
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
        };
        let name = path.file_stem().unwrap().to_str().unwrap();
        if is_module && name != "main" {
            let line = format!("\nmod {name};\n");
            assert!(main.contains(&line), "{} is not compiled", path.display());
            count += 1;
        }
    }
    assert!(count > 30, "only {count} modules were found");
}

/// The attribute would take the function away from this program, without a word.
fn no_test_is_left_to_the_usual_harness() {
    let attribute = ["#[", "test]"].concat();
    for path in sources(&in_package("tests")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let has_it = text.lines().any(|line| line.trim() == attribute);
        assert!(!has_it, "{}: {attribute}; name it in TESTS", path.display());
    }
}
