//! The places' captures by clocks that do not agree.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::expected::Story;
use super::said::Said;

/// How the clocks of the places are set.
pub(super) struct Clocks {
    pub(super) name: &'static str,
    /// Of each place in turn, how many seconds it runs ahead.
    ahead: [f64; 4],
    /// Of each place in turn, how many millionths faster it runs.
    drift_ppm: [f64; 4],
    /// The last place's clock is set this many seconds forward in the middle of its capture.
    step: f64,
}

/// A place as it stands on the command line.
pub(super) struct PlaceFiles {
    name: String,
    files: Vec<PathBuf>,
}

impl Clocks {
    pub(super) const ALL: &[Self] = &[
        Self {
            name: "clocks as they are",
            ahead: [0.0; 4],
            drift_ppm: [0.0; 4],
            step: 0.0,
        },
        Self {
            name: "clocks hours apart",
            ahead: [0.0, 10_800.0, -25_200.25, 7_201.5],
            drift_ppm: [0.0; 4],
            step: 0.0,
        },
        Self {
            name: "clocks half a second apart",
            ahead: [0.3, -0.4, 0.6, -0.55],
            drift_ppm: [0.0; 4],
            step: 0.0,
        },
        Self {
            name: "clocks that drift",
            ahead: [0.0, 3_600.0, 7.0, -3_600.0],
            drift_ppm: [0.0, 100.0, -60.0, -100.0],
            step: 0.0,
        },
        Self {
            name: "a clock that is set",
            ahead: [0.0, 5.0, -5.0, 0.0],
            drift_ppm: [0.0; 4],
            step: 90.0,
        },
    ];

    /// The story's captures by these clocks.
    pub(super) fn set(&self, story: &Story) -> Vec<PlaceFiles> {
        let places = story.places.iter().zip(&story.files).enumerate();
        places
            .map(|(number, (name, files))| PlaceFiles {
                name: name.clone(),
                files: files
                    .iter()
                    .map(|file| self.reset(number % 4, &story.file(file)))
                    .collect(),
            })
            .collect()
    }

    /// The capture by the place's clock: offsets are editcap's work.
    fn reset(&self, place: usize, capture: &Path) -> PathBuf {
        let folder = capture.with_file_name(self.name.replace(' ', "-"));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(capture.file_name().unwrap());
        let mut drifted = std::fs::read(capture).unwrap();
        let step = if place == 3 { self.step } else { 0.0 };
        drift(&mut drifted, self.drift_ppm[place], step);
        let between = path.with_extension("drifted");
        std::fs::write(&between, drifted).unwrap();
        let status = Command::new("editcap")
            .args(["-F", "pcap", "-t", &self.ahead[place].to_string()])
            .args([&between, &path])
            .stderr(std::process::Stdio::null())
            .status();
        assert!(status.unwrap().success(), "{}", capture.display());
        std::fs::remove_file(&between).unwrap();
        path
    }

    /// Where a clock's estimate does not hold what was set.
    pub(super) fn wrongly_told(&self, said: &Said) -> Vec<String> {
        let clocks = said.clocks.iter().enumerate().skip(1);
        clocks
            .filter_map(|(number, clock)| {
                let (offset, width) = clock.offset_ns.zip(clock.uncertainty_ns)?;
                let set = self.ahead[number % 4] - self.ahead[0];
                #[expect(clippy::cast_precision_loss, reason = "hours in nanoseconds fit")]
                let (offset, width) = (offset as f64 / 1e9, width as f64 / 1e9);
                // What a clock drifts in a story is less than this.
                let drift = 0.01;
                let is_right = (offset - set).abs() <= width + drift;
                let name = &clock.name;
                (!is_right).then(|| {
                    format!("{name} runs {set} s ahead, said are {offset} s (within {width} s)")
                })
            })
            .collect()
    }
}

impl PlaceFiles {
    pub(super) fn new(name: &str, files: Vec<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            files,
        }
    }

    /// `NAME=FILE[,FILE...]`
    pub(super) fn argument(&self) -> String {
        let files: Vec<String> = self
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        format!("{}={}", self.name, files.join(","))
    }
}

/// Makes the times of a pcap file (little-endian, microseconds) those of a clock that runs faster,
/// and is set forward in the middle.
fn drift(file: &mut [u8], ppm: f64, step: f64) {
    const HEADER: usize = 24;
    const RECORD: usize = 16;
    assert_eq!(file[..4], 0xa1b2_c3d4_u32.to_le_bytes(), "microseconds");
    let number = |file: &[u8], at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
    let time = |file: &[u8], at: usize| {
        i64::from(number(file, at)) * 1_000_000 + i64::from(number(file, at + 4))
    };
    let mut records = Vec::new();
    let mut at = HEADER;
    while at + RECORD <= file.len() {
        records.push(at);
        at += RECORD + usize::try_from(number(file, at + 8)).unwrap();
    }
    let Some(began) = records.first().map(|at| time(file, *at)) else {
        return;
    };
    for (index, at) in records.iter().copied().enumerate() {
        let passed = time(file, at) - began;
        let stepped = if 2 * index >= records.len() {
            step
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "seconds in microseconds"
        )]
        let moved = (passed as f64 * ppm / 1e6 + stepped * 1e6).round() as i64;
        let now = began + passed + moved;
        let seconds = u32::try_from(now / 1_000_000).unwrap();
        let fraction = u32::try_from(now % 1_000_000).unwrap();
        file[at..at + 4].copy_from_slice(&seconds.to_le_bytes());
        file[at + 4..at + 8].copy_from_slice(&fraction.to_le_bytes());
    }
}
