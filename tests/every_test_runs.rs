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

/// Cargo does not look for tests here: a file that no other names is not even compiled.
fn every_file_is_a_module() {
    let files = sources(&in_package("tests"));
    let texts: String = files
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for path in &files {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let module = match stem {
            "main" => continue,
            "mod" => path.parent().unwrap().file_name().unwrap(),
            _ => path.file_stem().unwrap(),
        };
        let line = format!("mod {};\n", module.to_str().unwrap());
        assert!(texts.contains(&line), "{} is not compiled", path.display());
    }
    assert!(files.len() > 50, "only {} files were found", files.len());
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
