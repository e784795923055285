//! Places that are not what they should be: damaged, empty, named twice, out of order.

use std::path::{Path, PathBuf};

use super::clocks::PlaceFiles;
use super::random::RandomPath;
use super::said::{self, Said};
use crate::support::command::{Ran, run};
use crate::support::harness::{Test, tests};
use crate::support::pcap::pcap_file;

pub(crate) const TESTS: &[Test] = tests![
    a_damaged_place_is_used_up_to_the_damage,
    places_with_any_byte_changed_do_no_harm,
    places_out_of_order_make_nobody_guilty,
    a_place_without_packets_makes_nobody_guilty,
    the_same_file_at_two_places_is_told,
    nine_places_are_too_many,
    two_places_of_one_name_are_told,
];

/// A path whose captures are files.
struct Stored {
    path: RandomPath,
    folder: tempfile::TempDir,
}

impl Stored {
    fn of(seed: u64) -> Self {
        let stored = Self {
            path: RandomPath::new(seed),
            folder: tempfile::tempdir().unwrap(),
        };
        for number in 0..stored.path.captured.len() {
            stored.store(number, &pcap_file(1, &stored.path.captured[number]));
        }
        stored
    }

    fn file(&self, place: usize) -> PathBuf {
        self.folder.path().join(format!("p{place}.pcap"))
    }

    fn store(&self, place: usize, bytes: &[u8]) {
        std::fs::write(self.file(place), bytes).unwrap();
    }

    fn places(&self) -> Vec<PlaceFiles> {
        let numbers = 0..self.path.captured.len();
        numbers
            .map(|place| PlaceFiles::new(&format!("p{place}"), vec![self.file(place)]))
            .collect()
    }

    fn arguments(&self) -> Vec<String> {
        let places = self.places();
        let places = places.iter().map(PlaceFiles::argument);
        std::iter::once("compare".to_owned())
            .chain(places)
            .collect()
    }

    fn assert_true(&self, said: &Said, about: &str) {
        let attempts = said.attempts.iter();
        let untrue: Vec<String> = attempts
            .flat_map(|attempt| self.path.untrue(attempt))
            .collect();
        assert!(untrue.is_empty(), "{about}:\n{}", untrue.join("\n"));
    }
}

/// One line that names the file or the place, and a status of its own.
fn assert_told(ran: &Ran, names: &str) {
    assert!(
        [2, 3].contains(&ran.status),
        "{}: {}",
        ran.status,
        ran.stderr
    );
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let about: Vec<&&str> = lines.iter().filter(|line| line.contains(names)).collect();
    assert!(!about.is_empty(), "{names} is not named: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

fn a_damaged_place_is_used_up_to_the_damage() {
    for seed in 200..212 {
        let stored = Stored::of(seed);
        let last = stored.path.captured.len() - 1;
        let whole = pcap_file(1, &stored.path.captured[last]);
        // In the middle of a record, and with one whose length cannot be.
        let half = whole.len() / 2 + 7;
        let mut wild = whole[..half].to_vec();
        wild.extend([0xff; 64]);
        for bytes in [whole[..half].to_vec(), wild] {
            stored.store(last, &bytes);
            let said = said::of_damaged(&stored.places());
            stored.assert_true(&said, &format!("seed {seed}"));
            assert!(!said.attempts.is_empty(), "seed {seed}: nothing is said");
        }
    }
}

fn places_with_any_byte_changed_do_no_harm() {
    let mut random = fastrand::Rng::with_seed(7);
    for seed in 300..320 {
        let stored = Stored::of(seed);
        for place in 0..stored.path.captured.len() {
            let mut bytes = std::fs::read(stored.file(place)).unwrap();
            for _ in 0..random.usize(1..40) {
                let at = random.usize(0..bytes.len());
                bytes[at] = random.u8(..);
            }
            stored.store(place, &bytes);
        }
        let mut arguments = stored.arguments();
        arguments.extend(["--format".to_owned(), "json".to_owned()]);
        let ran = run(&arguments);
        assert!(
            [0, 2, 3].contains(&ran.status),
            "seed {seed}: {}",
            ran.stderr
        );
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
}

fn places_out_of_order_make_nobody_guilty() {
    for seed in 400..412 {
        let mut stored = Stored::of(seed);
        let mut random = fastrand::Rng::with_seed(seed);
        for place in 0..stored.path.captured.len() {
            let packets = &mut stored.path.captured[place];
            // As several queues of a card do: each packet a few places off.
            for index in 3..packets.len() {
                packets.swap(index, index - random.usize(0..3));
            }
            let bytes = pcap_file(1, &stored.path.captured[place]);
            stored.store(place, &bytes);
        }
        let said = said::by_compare(&stored.places());
        stored.assert_true(&said, &format!("seed {seed}"));
    }
}

fn a_place_without_packets_makes_nobody_guilty() {
    let stored = Stored::of(1);
    let last = stored.path.captured.len() - 1;
    stored.store(last, &pcap_file(1, &[]));
    let ran = run(&stored.arguments());
    assert!(ran.stderr.contains(&format!("p{last}")), "{}", ran.stderr);
    let said = said::of_damaged(&stored.places());
    stored.assert_true(&said, "an empty place");
}

fn the_same_file_at_two_places_is_told() {
    let stored = Stored::of(1);
    let file = stored.file(0).display().to_string();
    let named = [format!("client={file}"), format!("server={file}")];
    let ran = run(&["compare", &named[0], &named[1]]);
    assert_told(&ran, "p0.pcap");
    // By another name of the same file.
    let link = stored.folder.path().join("link.pcap");
    std::os::unix::fs::symlink(stored.file(0), &link).unwrap();
    let ran = run(&["compare", &named[0], &format!("server={}", link.display())]);
    assert_told(&ran, "link.pcap");
}

fn nine_places_are_too_many() {
    let stored = Stored::of(1);
    let mut arguments = vec!["compare".to_owned()];
    for number in 0..9 {
        let copy: &Path = &stored.folder.path().join(format!("copy{number}.pcap"));
        std::fs::copy(stored.file(0), copy).unwrap();
        arguments.push(format!("p{number}={}", copy.display()));
    }
    let ran = run(&arguments);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains('8') || ran.stderr.contains("eight"),
        "{}",
        ran.stderr
    );
}

fn two_places_of_one_name_are_told() {
    let stored = Stored::of(1);
    let places = [0, 1].map(|place| format!("here={}", stored.file(place).display()));
    let ran = run(&["compare", &places[0], &places[1]]);
    assert_told(&ran, "here");
}
