//! **The law**: however captures are shared out, the report is that of one reader, to the byte.

use std::path::{Path, PathBuf};

use crate::support::{
    captures, difference, many_samples, run, said_by_fleet, said_by_one, samples, stderr, stdout,
};

/// In how many parts, read by how many.
const SHARINGS: [(usize, usize); 3] = [(1, 1), (2, 2), (7, 3)];

fn holds(places: &[PathBuf]) {
    let one = said_by_one(places);
    for (parts, scans) in SHARINGS {
        let fleet = said_by_fleet(places, parts, scans);
        let difference = difference(&one, &fleet);
        assert_eq!(
            difference, None,
            "{places:?} in {parts} parts, {scans} scans"
        );
    }
}

#[test]
fn each_sample_says_the_same() {
    let samples = captures(&samples());
    assert!(samples.len() > 50, "{}", samples.len());
    for sample in samples {
        holds(&[sample]);
    }
}

#[test]
fn all_samples_at_once_say_the_same() {
    holds(&captures(&samples()));
}

/// The records of a capture in the plainest format, and what stands before them.
fn records(capture: &Path) -> Option<(Vec<u8>, Vec<Vec<u8>>)> {
    let bytes = std::fs::read(capture).unwrap();
    let (header, mut rest) = bytes.split_at_checked(24)?;
    let is_plain = header.starts_with(&[0xd4, 0xc3, 0xb2, 0xa1]);
    let mut records = Vec::new();
    while let (true, Some(length)) = (is_plain, rest.get(8..12)) {
        let length = u32::from_le_bytes(length.try_into().unwrap());
        let (record, behind) = rest.split_at_checked(16 + length as usize)?;
        records.push(record.to_vec());
        rest = behind;
    }
    (records.len() > 3).then(|| (header.to_vec(), records))
}

/// A capture in several files: each record goes to the one that `file_of` says of its number.
fn split(capture: &Path, folder: &Path, file_of: impl Fn(usize, usize) -> usize) -> Option<()> {
    let (header, records) = records(capture)?;
    let count = records.len();
    let mut files = vec![header; 5];
    for (number, record) in records.into_iter().enumerate() {
        files[file_of(number, count)].extend(record);
    }
    for (number, file) in files.into_iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.pcap")), file).unwrap();
    }
    Some(())
}

#[test]
fn a_ring_of_files_says_the_same() {
    let samples = captures(&samples());
    let split = samples.iter().filter(|sample| {
        let folder = tempfile::tempdir().unwrap();
        let in_ring = split(sample, folder.path(), |number, count| number * 5 / count);
        in_ring
            .inspect(|()| holds(&captures(folder.path())))
            .is_some()
    });
    assert!(split.count() > 30);
}

#[test]
fn files_of_the_same_time_say_the_same() {
    let samples = captures(&samples());
    let split = samples.iter().filter(|sample| {
        let folder = tempfile::tempdir().unwrap();
        let by_turns = split(sample, folder.path(), |number, _| number % 5);
        by_turns
            .inspect(|()| holds(&captures(folder.path())))
            .is_some()
    });
    assert!(split.count() > 30);
}

#[test]
fn a_sort_that_spills_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let place = many_samples(folder.path(), 160);
    let place = place.to_str().unwrap();
    let read = |more: &[&str]| {
        let output = run(&[&["read", place, "-F", "csv"], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let in_memory = read(&["--partitions", "1", "--scans", "1"]);
    let spilled = read(&["--memory", "32M", "--partitions", "2", "--scans", "3"]);
    assert!(in_memory.lines().count() > 300);
    assert_eq!(difference(&in_memory, &spilled), None);
}
