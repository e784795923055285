//! `--sha256` against `sha256sum`.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use crate::support::command::{Ran, file, run, run_with_input};
use crate::support::harness::{Test, tests};
use crate::support::{in_package, samples, sha256sum};

pub(crate) const TESTS: &[Test] = tests![
    every_sample_has_the_hash_that_sha256sum_gives,
    large_compressed_cut_and_damaged_files_are_hashed_to_their_end,
    a_rotated_set_has_a_hash_for_each_file,
    it_is_there_only_where_it_is_asked_for,
];

fn sources(ran: &Ran) -> Vec<Value> {
    let report: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    report["capture"]["sources"].as_array().unwrap().clone()
}

fn hash_of(path: &Path) -> (i32, Value) {
    let ran = run(&["read", "-F", "json", "--sha256", path.to_str().unwrap()]);
    let sources = sources(&ran);
    assert_eq!(sources.len(), 1);
    (ran.status, sources[0]["sha256"].clone())
}

/// More than is read or hashed at once.
fn large_capture() -> Vec<u8> {
    let sample = std::fs::read(in_package("samples/closed-port.pcap")).unwrap();
    let (header, records) = sample.split_at(24);
    [header, &records.repeat(2_000_000 / records.len())].concat()
}

fn every_sample_has_the_hash_that_sha256sum_gives() {
    for path in samples() {
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(hash_of(&path).1, sha256sum(&bytes), "{}", path.display());
    }
    let paths: Vec<String> = samples()
        .iter()
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    let mut arguments = vec!["read", "-F", "json", "--sha256"];
    arguments.extend(paths.iter().map(String::as_str));
    let ran = run(&arguments);
    for source in sources(&ran) {
        let bytes = std::fs::read(source["path"].as_str().unwrap()).unwrap();
        assert_eq!(source["sha256"], sha256sum(&bytes), "as one of a set");
    }
}

fn large_compressed_cut_and_damaged_files_are_hashed_to_their_end() {
    let whole = large_capture();
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    compressed.write_all(&whole).unwrap();
    let compressed = compressed.finish().unwrap();
    let mut damaged = whole.clone();
    damaged[24 + 8..24 + 16].fill(0xff);
    let mut damaged_within = compressed.clone();
    damaged_within[compressed.len() / 4] ^= 0x55;
    let followed = [&compressed[..], &vec![7; 3_000_000][..]].concat();
    let cases = [
        ("whole", &whole, 0),
        ("cut", &whole[..1_234_567].to_vec(), 0),
        ("damaged at the start", &damaged, 3),
        ("compressed", &compressed, 0),
        (
            "cut while compressed",
            &compressed[..compressed.len() / 2].to_vec(),
            0,
        ),
        ("damaged while compressed", &damaged_within, 3),
        ("followed by something else", &followed, 3),
    ];
    for (name, bytes, status) in cases {
        let capture = file(bytes);
        assert_eq!(
            hash_of(&capture.path),
            (status, Value::from(sha256sum(bytes))),
            "{name}"
        );
        let ran = run_with_input(&["read", "-F", "json", "--sha256", "-"], bytes);
        let source = &sources(&ran)[0];
        assert_eq!(
            source["sha256"],
            sha256sum(bytes),
            "{name}, from standard input"
        );
        assert_eq!(source["bytes"], bytes.len(), "{name}, from standard input");
    }
}

fn a_rotated_set_has_a_hash_for_each_file() {
    let folder = tempfile::tempdir().unwrap();
    let whole = large_capture();
    for number in 0..60_usize {
        // Some are cut, and more of them overlap than are kept open.
        let length = whole.len() - number % 3;
        let path = folder.path().join(format!("trace.pcap{number}"));
        std::fs::write(path, &whole[..length.min(200_000 + number)]).unwrap();
    }
    let ran = run(&[
        "read",
        "-F",
        "json",
        "--sha256",
        folder.path().to_str().unwrap(),
    ]);
    let sources = sources(&ran);
    assert_eq!(sources.len(), 60);
    for source in sources {
        let bytes = std::fs::read(source["path"].as_str().unwrap()).unwrap();
        assert_eq!(source["sha256"], sha256sum(&bytes), "{}", source["path"]);
    }
}

fn it_is_there_only_where_it_is_asked_for() {
    let ran = run(&["read", "-F", "json", "samples/closed-port.pcap"]);
    assert_eq!(sources(&ran)[0]["sha256"], Value::Null);
    let text = run(&["read", "--sha256", "samples/closed-port.pcap"]);
    let without = run(&["read", "samples/closed-port.pcap"]);
    assert_eq!(text.stdout, without.stdout, "text stays short");
}
