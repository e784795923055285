//! Several sources read as one capture, in the order of their capture times.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::path::{Path, PathBuf};

use super::packet::{Packet, SourceId};
use super::problem::{OpenError, ProblemKind, SourceProblem};
use super::source::{STANDARD_INPUT, Source, SourceFacts};
use super::timestamp::Timestamp;

/// The packets of all sources, merged by time.
///
/// Within a source the order of its records stays as it is. A source is open only while the merge is within its time,
/// so that the hundreds of files of a rotated set do not need as many file descriptors. The order in which sources are
/// named does not matter: they are numbered in the order of their paths.
pub struct CaptureSet {
    members: Vec<Member>,
    /// Not yet open, earliest first.
    waiting: VecDeque<(Timestamp, usize)>,
    /// Open, the one with the earliest current record on top.
    open: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Whose record is the current packet.
    current: Option<usize>,
}

enum Member {
    /// Known from a first look: how it starts.
    Waiting(Box<SourceFacts>),
    Open(Box<Source>),
    Done(SourceFacts),
}

impl Member {
    fn facts(&self) -> SourceFacts {
        match self {
            Self::Waiting(facts) => SourceFacts::clone(facts),
            Self::Open(source) => source.facts(),
            Self::Done(facts) => facts.clone(),
        }
    }
}

/// What could be opened, and what could not.
pub struct Opened {
    /// The sources that could be opened.
    pub captures: CaptureSet,
    /// Why the others could not.
    pub errors: Vec<OpenError>,
}

impl CaptureSet {
    /// Opens files, directories (every capture in them) and, for `-`, standard input.
    pub fn open(paths: &[PathBuf]) -> Opened {
        let mut errors = Vec::new();
        let named = expand_directories(paths, &mut errors);
        let mut captures = Self {
            members: Vec::new(),
            waiting: VecDeque::new(),
            open: BinaryHeap::new(),
            current: None,
        };
        let is_alone = named.len() == 1;
        for (path, origin) in named {
            match Source::open(&path) {
                Ok(source) => captures.add(source, is_alone),
                // Beside captures, a directory may hold anything.
                Err(OpenError::NoCapture { .. } | OpenError::Empty { .. })
                    if origin == Origin::Directory => {}
                Err(error) => errors.push(error),
            }
        }
        captures.waiting.make_contiguous().sort_unstable();
        captures.add_captureless_directories(paths, &mut errors);
        Opened { captures, errors }
    }

    /// Looks at the first record; a file that can be opened again is closed until its time comes.
    fn add(&mut self, mut source: Source, is_alone: bool) {
        let index = self.members.len();
        self.members.push(match source.advance() {
            None => Member::Done(source.facts()),
            Some(first) if is_alone || !source.is_reopenable() => {
                self.open.push(Reverse((first, index)));
                Member::Open(Box::new(source))
            }
            Some(first) => {
                self.waiting.push_back((first, index));
                Member::Waiting(Box::new(source.facts()))
            }
        });
    }

    /// The time of the earliest first packet of all sources; `None` when there is no packet.
    pub fn first_time(&self) -> Option<Timestamp> {
        self.members
            .iter()
            .filter_map(|member| member.facts().first)
            .min()
    }

    /// Whether there is no source at all.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The next packet of all; `None` at the end.
    pub fn next_packet(&mut self) -> Option<Packet<'_>> {
        self.advance_current();
        self.open_what_is_due();
        let Reverse((_, index)) = self.open.pop()?;
        self.current = Some(index);
        let source = SourceId(u32::try_from(index).unwrap_or(u32::MAX));
        match self.members.get(index)? {
            Member::Open(open) => open.packet(source),
            _ => None,
        }
    }

    /// What is known of every source, in the order of their ids. Complete once the last packet was given.
    pub fn facts(&self) -> Vec<SourceFacts> {
        self.members.iter().map(Member::facts).collect()
    }

    /// Moves the source of the packet given last to its next record.
    fn advance_current(&mut self) {
        let Some(index) = self.current.take() else {
            return;
        };
        let Some(member) = self.members.get_mut(index) else {
            return;
        };
        let Member::Open(source) = member else { return };
        match source.advance() {
            Some(next) => self.open.push(Reverse((next, index))),
            None => *member = Member::Done(source.facts()),
        }
    }

    /// Opens every waiting source whose first packet is not later than the earliest open one's.
    fn open_what_is_due(&mut self) {
        while let Some(&(first, index)) = self.waiting.front() {
            if self
                .open
                .peek()
                .is_some_and(|Reverse((earliest, _))| *earliest < first)
            {
                return;
            }
            self.waiting.pop_front();
            let Some(member) = self.members.get_mut(index) else {
                continue;
            };
            let Member::Waiting(facts) = member else {
                continue;
            };
            match Source::open(&facts.path) {
                Ok(mut source) => {
                    if let Some(at) = source.advance() {
                        self.open.push(Reverse((at, index)));
                        *member = Member::Open(Box::new(source));
                    } else {
                        *member = Member::Done(source.facts());
                    }
                }
                Err(error) => *member = Member::Done(gone(facts, &error)),
            }
        }
    }

    fn add_captureless_directories(&self, paths: &[PathBuf], errors: &mut Vec<OpenError>) {
        let holds_one = |directory: &Path| {
            self.facts()
                .iter()
                .any(|facts| facts.path.parent() == Some(directory))
        };
        let is_reported = |errors: &[OpenError], directory: &Path| {
            errors.iter().any(
                |error| matches!(error, OpenError::Unreadable { path, .. } if path == directory),
            )
        };
        for path in paths {
            if path.is_dir() && !is_reported(errors, path) && !holds_one(path) {
                errors.push(OpenError::NoCaptureInDirectory { path: path.clone() });
            }
        }
    }
}

/// What is left to say of a file that could be read a moment ago and cannot be now.
fn gone(facts: &SourceFacts, error: &OpenError) -> SourceFacts {
    let problem = SourceProblem {
        at_byte: 0,
        at_packet: 1,
        kind: ProblemKind::Damaged,
        message: error.to_string(),
    };
    SourceFacts {
        packets: 0,
        problem: Some(problem),
        ..facts.clone()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Named,
    Directory,
}

/// Every path once; the files of directories in their place.
fn expand_directories(paths: &[PathBuf], errors: &mut Vec<OpenError>) -> Vec<(PathBuf, Origin)> {
    let mut expanded: Vec<(PathBuf, Origin)> = Vec::new();
    for path in paths {
        if path.as_path() != Path::new(STANDARD_INPUT) && path.is_dir() {
            match std::fs::read_dir(path) {
                Ok(entries) => expanded.extend(
                    entries
                        .flatten()
                        .filter(|entry| entry.path().is_file())
                        .map(|entry| (entry.path(), Origin::Directory)),
                ),
                Err(source) => errors.push(OpenError::Unreadable {
                    path: path.clone(),
                    source,
                }),
            }
        } else {
            expanded.push((path.clone(), Origin::Named));
        }
    }
    expanded.sort_by(|left, right| {
        (&left.0, left.1 == Origin::Directory).cmp(&(&right.0, right.1 == Origin::Directory))
    });
    expanded.dedup_by(|left, right| left.0 == right.0);
    expanded
}
