//! Several sources read as one capture, in the order of their capture times.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::expanded_paths::{Origin, expand_directories};
use super::named_source::{NamedSource, SourceInput, open_source};
use super::open_sources::{OpenSources, Share};
use super::packet::{Packet, SourceId};
use super::packet_comment::PacketComment;
use super::problem::OpenError;
use super::resolved_name::ResolvedName;
use super::source::{Means, Source, SourceFacts};
use super::timestamp::Timestamp;
use super::told::Told;
use super::unread_source::{TOO_MANY_AT_ONCE, lost, unread};
use super::window::WindowLimit;

/// The packets of all sources, merged by time.
///
/// Within a source the order of its records stays as it is. A source is open only while the merge
/// is within its time, so that the hundreds of files of a rotated set do not need as many file
/// descriptors. The order in which sources are named does not matter: they are numbered in the
/// order of their paths.
pub struct CaptureSet {
    members: Vec<Member>,
    /// Not yet open, earliest first.
    waiting: VecDeque<(Timestamp, usize)>,
    /// Open, the one with the earliest current record on top.
    open: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Whose record is the current packet.
    current: Option<usize>,
    /// What the open ones take.
    taken: OpenSources,
    told: Told,
    /// Whether the bytes of the sources are hashed while they are read.
    hashes: bool,
    /// The id of the first source.
    first_id: u32,
    /// Where the bytes of each come from, where some are no files.
    inputs: Vec<Option<Arc<dyn SourceInput>>>,
}

fn source_id(first: u32, index: usize) -> SourceId {
    SourceId(first.saturating_add(u32::try_from(index).unwrap_or(u32::MAX)))
}

enum Member {
    /// Known from a first look: how it starts.
    Waiting(Box<SourceFacts>),
    /// With what it takes while it is open.
    Open(Box<Source>, Option<Share>),
    Done(SourceFacts),
}

impl Member {
    fn facts(&self) -> SourceFacts {
        match self {
            Self::Waiting(facts) => SourceFacts::clone(facts),
            Self::Open(source, _) => source.facts(),
            Self::Done(facts) => facts.clone(),
        }
    }

    fn total_bytes(&self) -> Option<u64> {
        match self {
            Self::Waiting(facts) => Some(facts.bytes),
            Self::Open(source, _) => source.file_length(),
            Self::Done(facts) => Some(facts.bytes),
        }
    }

    fn bytes_read(&self) -> u64 {
        match self {
            Self::Waiting(_) => 0,
            Self::Open(source, _) => source.bytes_read(),
            Self::Done(facts) => facts.bytes,
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
        Self::open_with(paths, false)
    }

    /// As [`Self::open`]; with `hashes`, the bytes of every source are hashed as they are stored,
    /// while they are read ([`SourceFacts::sha256`]).
    pub fn open_with(paths: &[PathBuf], hashes: bool) -> Opened {
        let mut errors = Vec::new();
        let named = expand_directories(paths, &mut errors);
        let mut captures = Self {
            hashes,
            ..Self::empty()
        };
        let is_alone = named.len() == 1;
        let means = if is_alone {
            Means::AMPLE
        } else {
            Means::FIRST_LOOK
        };
        for (path, origin) in named {
            match Source::open(&path, Means { hashes, ..means }) {
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

    /// Opens sources in this order, wherever their bytes come from. One that cannot be opened has no
    /// packets and a problem, and is named as an error as well.
    pub fn open_sources(sources: Vec<NamedSource>, hashes: bool) -> Opened {
        let mut captures = Self {
            hashes,
            ..Self::empty()
        };
        let mut errors = Vec::new();
        let is_alone = sources.len() == 1;
        let means = if is_alone {
            Means::AMPLE
        } else {
            Means::FIRST_LOOK
        };
        for NamedSource { path, input } in sources {
            let opened = open_source(&path, input.as_deref(), Means { hashes, ..means });
            captures.inputs.push(input);
            match opened {
                Ok(source) => captures.add(source, is_alone),
                // Its number is taken: it stands there, and says so.
                Err(error) => {
                    captures.members.push(Member::Done(lost(path, &error)));
                    errors.push(error);
                }
            }
        }
        captures.waiting.make_contiguous().sort_unstable();
        Opened { captures, errors }
    }

    /// The paths of the files that [`Self::open`] would open, in the order in which it numbers them,
    /// each with whether it was found in a directory, beside captures of which there may be anything;
    /// and which directories cannot be read.
    pub fn paths_of(paths: &[PathBuf]) -> (Vec<(PathBuf, bool)>, Vec<OpenError>) {
        let mut errors = Vec::new();
        let expanded = expand_directories(paths, &mut errors).into_iter();
        let found = expanded.map(|(path, origin)| (path, origin == Origin::Directory));
        (found.collect(), errors)
    }

    /// A single source from bytes that come from anywhere; `name` stands for it in reports.
    ///
    /// # Errors
    ///
    /// When the bytes are no capture, or cannot be read.
    pub fn of_stream(name: &Path, input: Box<dyn Read + Send>) -> Result<Self, OpenError> {
        let mut captures = Self::empty();
        captures.add(
            Source::from_stream(name, input, None, Means::FIRST_LOOK)?,
            true,
        );
        Ok(captures)
    }

    fn empty() -> Self {
        Self {
            members: Vec::new(),
            waiting: VecDeque::new(),
            open: BinaryHeap::new(),
            current: None,
            taken: OpenSources::default(),
            told: Told::default(),
            hashes: false,
            first_id: 0,
            inputs: Vec::new(),
        }
    }

    /// The same sources, of which the first has this id: where others come before them that are
    /// read elsewhere. To be asked for before the first packet.
    #[must_use]
    pub fn numbered_from(mut self, first: u32) -> Self {
        let moved = first.wrapping_sub(self.first_id);
        for comment in &mut self.told.comments {
            comment.source.0 = comment.source.0.wrapping_add(moved);
        }
        self.first_id = first;
        self
    }

    /// Looks at the first record; a file that can be opened again is closed until its time comes.
    fn add(&mut self, mut source: Source, is_alone: bool) {
        let index = self.members.len();
        self.members.push(match source.advance() {
            None => {
                self.told.keep(source_id(self.first_id, index), &mut source);
                Member::Done(source.facts())
            }
            Some(first) if is_alone || !source.is_reopenable() => {
                self.open.push(Reverse((first, index)));
                Member::Open(Box::new(source), None)
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

    /// The size of all sources in bytes, as they are stored; `None` while the end of one is not
    /// known, as of a pipe.
    pub fn total_bytes(&self) -> Option<u64> {
        self.members.iter().map(Member::total_bytes).sum()
    }

    /// How many of [`Self::total_bytes`] were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.members.iter().map(Member::bytes_read).sum()
    }

    /// Opens sources that were read before once more: they give the same packets, with the same ids
    /// and numbers.
    ///
    /// # Errors
    ///
    /// When one of them cannot be opened any more.
    pub fn open_again(sources: &[SourceFacts]) -> Result<Self, OpenError> {
        let mut captures = Self::empty();
        let is_alone = sources.len() == 1;
        let means = if is_alone {
            Means::AMPLE
        } else {
            Means::FIRST_LOOK
        };
        for facts in sources {
            if facts.packets == 0 {
                captures.members.push(Member::Done(facts.clone()));
            } else {
                captures.add(Source::open(&facts.path, means)?, is_alone);
            }
        }
        captures.waiting.make_contiguous().sort_unstable();
        Ok(captures)
    }

    /// Whether all sources are files, which can be read again; to be asked before the first packet.
    pub fn is_reopenable(&self) -> bool {
        self.members.iter().all(|member| match member {
            Member::Open(source, _) => source.is_reopenable(),
            Member::Waiting(_) | Member::Done(_) => true,
        })
    }

    /// The next packet of all; `None` at the end.
    pub fn next_packet(&mut self) -> Option<Packet<'_>> {
        self.next_with_interface().map(|(packet, _)| packet)
    }

    /// The next packet of all, and the id of the interface of its source on which it was captured;
    /// `None` at the end.
    pub fn next_with_interface(&mut self) -> Option<(Packet<'_>, u32)> {
        let index = self.advance()?;
        let source = source_id(self.first_id, index);
        match self.members.get(index)? {
            Member::Open(open, _) => Some((open.packet(source)?, open.interface())),
            _ => None,
        }
    }

    /// Gives the next packets of all, each with the id of its interface: `most` of them at most, or
    /// fewer as they come; how many. None is given only at the end.
    ///
    /// The same packets as [`Self::next_with_interface`] gives, at a fraction of its cost.
    pub fn give_next(&mut self, most: usize, mut give: impl FnMut(&Packet<'_>, u32)) -> u64 {
        let mut is_current_given = true;
        loop {
            let given = self.give_window(most, is_current_given, &mut give);
            if given > 0 || most == 0 || self.advance().is_none() {
                return given;
            }
            is_current_given = false;
        }
    }

    /// Gives what the current source has at hand, as far as it is not the turn of another: its
    /// current packet too, unless that was given before.
    #[inline]
    fn give_window(
        &mut self,
        most: usize,
        is_current_given: bool,
        give: impl FnMut(&Packet<'_>, u32),
    ) -> u64 {
        let Some(index) = self.current else {
            return 0;
        };
        let open = self.open.peek().map(|Reverse((at, _))| *at);
        let waiting = self.waiting.front().map(|(at, _)| *at);
        let limit = WindowLimit {
            records: most,
            before: open.into_iter().chain(waiting).min(),
        };
        let id = source_id(self.first_id, index);
        match self.members.get_mut(index) {
            Some(Member::Open(source, _)) => source.give_window(id, limit, is_current_given, give),
            _ => 0,
        }
    }

    /// Goes on to the next packet of all: the current one of the source with this index.
    fn advance(&mut self) -> Option<usize> {
        match self.advanced_alone() {
            Some(index) => Some(index),
            None => self.earliest(),
        }
    }

    /// What is known of every source, in the order of their ids. Complete once the last packet was
    /// given.
    pub fn facts(&self) -> Vec<SourceFacts> {
        self.members.iter().map(Member::facts).collect()
    }

    /// The names of addresses that stand in the sources themselves, 100,000 at most. Complete once
    /// the last packet was given; they are not given again.
    pub fn take_resolved_names(&mut self) -> Vec<ResolvedName> {
        std::mem::take(&mut self.told.names)
    }

    /// The comments on packets, 10,000 at most. Complete once the last packet was given; they are
    /// not given again.
    pub fn take_packet_comments(&mut self) -> Vec<PacketComment> {
        std::mem::take(&mut self.told.comments)
    }

    /// The source of the next packet: the one with the earliest record of all.
    fn earliest(&mut self) -> Option<usize> {
        self.advance_current();
        self.open_what_is_due();
        let Reverse((_, index)) = self.open.pop()?;
        self.current = Some(index);
        Some(index)
    }

    /// The usual case: there is no other source to compare with. `None` also when this one ends.
    fn advanced_alone(&mut self) -> Option<usize> {
        let index = self
            .current
            .filter(|_| self.open.is_empty() && self.waiting.is_empty())?;
        match self.members.get_mut(index)? {
            Member::Open(source, _) => source.advance().map(|_| index),
            _ => None,
        }
    }

    /// Moves the source of the packet given last to its next record.
    fn advance_current(&mut self) {
        let Some(index) = self.current.take() else {
            return;
        };
        let Some(member) = self.members.get_mut(index) else {
            return;
        };
        let Member::Open(source, share) = member else {
            return;
        };
        if let Some(next) = source.advance() {
            self.open.push(Reverse((next, index)));
        } else {
            if let Some(share) = share {
                self.taken.give_back(*share);
            }
            self.told.keep(source_id(self.first_id, index), source);
            *member = Member::Done(source.facts());
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
            let Some(share) = self.taken.grant(facts.compression) else {
                *member = Member::Done(unread(facts, TOO_MANY_AT_ONCE.to_owned()));
                continue;
            };
            let means = Means {
                hashes: self.hashes,
                ..share.means
            };
            let input = self.inputs.get(index).and_then(Option::as_deref);
            let mut opened = open_source(&facts.path, input, means);
            let first = opened.as_mut().ok().and_then(Source::advance);
            *member = match (opened, first) {
                (Ok(source), Some(at)) => {
                    self.open.push(Reverse((at, index)));
                    Member::Open(Box::new(source), Some(share))
                }
                (opened, _) => {
                    self.taken.give_back(share);
                    Member::Done(match opened {
                        Ok(mut source) => {
                            self.told.keep(source_id(self.first_id, index), &mut source);
                            source.facts()
                        }
                        Err(error) => unread(facts, format!("is lost: {}", error.reason())),
                    })
                }
            };
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
