//! A page of the kernel's ring buffer, as `trace_pipe_raw` gives it.
//!
//! It begins with the time of its first record and with how much of it is written. Each record has
//! a word of five bits of kind or length and 27 of time since the one before. Where the fields of
//! the page's head lie, `events/header_page` says.

use super::format::EventFormat;

/// Where the parts of a page lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PageLayout {
    /// How much is written, and in how many bytes that stands.
    commit_at: usize,
    commit_size: usize,
    data_at: usize,
    /// How long a page is.
    pub(super) size: usize,
}

/// The largest page that is believed.
const LARGEST: usize = 1 << 20;

/// Kinds of records that carry nothing; a kind up to the last below them is a length in words.
const PADDING: u32 = 29;
const TIME_EXTENSION: u32 = 30;
const TIME_STAMP: u32 = 31;

/// Set in the word that says how much is written: before this page, records were lost; and how many
/// stands behind what is written.
const MISSED: u64 = 1 << 31;
const MISSED_STORED: u64 = 1 << 30;

impl PageLayout {
    /// Reads `events/header_page`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // It has the form of an event's, without a number.
        let format = EventFormat::parse(&format!("ID: 0\n{text}"))?;
        let (commit, data) = (format.field("commit")?, format.field("data")?);
        let size = data.offset.checked_add(data.size)?;
        let is_as_known = format.field("timestamp")?.offset == 0
            && matches!(commit.size, 4 | 8)
            && commit.offset >= 8
            && data.offset >= commit.offset.checked_add(commit.size)?
            && size <= LARGEST;
        is_as_known.then_some(Self {
            commit_at: commit.offset,
            commit_size: commit.size,
            data_at: data.offset,
            size,
        })
    }

    /// How many records were lost before a page: at least.
    pub(super) fn lost_before(self, page: &[u8]) -> u64 {
        let Some((_, commit)) = self.head(page) else {
            return 0;
        };
        let written = usize::try_from(commit & (MISSED_STORED - 1)).unwrap_or(usize::MAX);
        let stored = || {
            let at = self.data_at.checked_add(written)?;
            number(page, at, self.commit_size)
        };
        match (commit & MISSED != 0, commit & MISSED_STORED != 0) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => stored().unwrap_or(1).max(1),
        }
    }

    /// Gives each record of a page with its time. What is not as a page has to be ends it.
    pub(super) fn walk(self, page: &[u8], mut each: impl FnMut(u64, &[u8])) {
        let Some((time, commit)) = self.head(page) else {
            return;
        };
        let data = page.get(self.data_at..).unwrap_or_default();
        let written = usize::try_from(commit & (MISSED_STORED - 1)).unwrap_or(usize::MAX);
        let mut records = Records {
            data: data.get(..written).unwrap_or(data),
            time,
        };
        while let Some(payload) = records.next() {
            each(records.time, payload);
        }
    }

    fn head(self, page: &[u8]) -> Option<(u64, u64)> {
        Some((
            number(page, 0, 8)?,
            number(page, self.commit_at, self.commit_size)?,
        ))
    }
}

/// What is left of a page, and the time of what was read last.
struct Records<'a> {
    data: &'a [u8],
    time: u64,
}

impl<'a> Records<'a> {
    /// The payload of the next record that has one; `None` at the end.
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let (kind, delta) = split(self.take_word()?);
            let delta = u64::from(delta);
            match kind {
                PADDING if delta == 0 => return None,
                PADDING => {
                    self.time = self.time.wrapping_add(delta);
                    // What was thrown away counts its own length.
                    let length = self.take_word()?;
                    self.take(usize::try_from(length).ok()?.checked_sub(4)?)?;
                }
                TIME_EXTENSION => {
                    let more = u64::from(self.take_word()?) << 27;
                    self.time = self.time.wrapping_add(more | delta);
                }
                TIME_STAMP => {
                    let stamp = u64::from(self.take_word()?) << 27 | delta;
                    // Five bits at the top do not fit, and are as they were.
                    self.time = self.time & !((1 << 59) - 1) | stamp;
                }
                _ => {
                    self.time = self.time.wrapping_add(delta);
                    return self.take_payload(kind);
                }
            }
        }
    }

    fn take_payload(&mut self, kind: u32) -> Option<&'a [u8]> {
        let length = match kind {
            // The length counts the word that it stands in.
            0 => usize::try_from(self.take_word()?).ok()?.checked_sub(4)?,
            words => usize::try_from(words).ok()?.checked_mul(4)?,
        };
        self.take(length.checked_next_multiple_of(4)?)
    }

    fn take_word(&mut self) -> Option<u32> {
        let (word, rest) = self.data.split_first_chunk::<4>()?;
        self.data = rest;
        Some(u32::from_ne_bytes(*word))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.data.split_at_checked(length)?;
        self.data = rest;
        Some(taken)
    }
}

/// The kind and the time of a record: bit fields lie the other way round on big endian machines.
const fn split(word: u32) -> (u32, u32) {
    if cfg!(target_endian = "little") {
        (word & 31, word >> 5)
    } else {
        (word >> 27, word & ((1 << 27) - 1))
    }
}

/// A number of 1, 2, 4 or 8 bytes, as this machine stores it.
pub(super) fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    match size {
        1 => bytes.first().copied().map(u64::from),
        2 => Some(u16::from_ne_bytes(bytes.try_into().ok()?).into()),
        4 => Some(u32::from_ne_bytes(bytes.try_into().ok()?).into()),
        8 => Some(u64::from_ne_bytes(bytes.try_into().ok()?)),
        _ => None,
    }
}
