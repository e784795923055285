//! The lines of a log, one after the other, in bounded memory.

use std::io;
use std::path::Path;

use crate::capture::RecordBuffer;
use crate::capture::{open_text, text_of};

/// What is longer than this is no line of a log; what is behind it is passed over.
const LONGEST_LINE: usize = 64 << 10;

/// As much is looked at to tell text from other files.
const LOOK_LENGTH: usize = 4096;

/// Why a file gives no lines.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoLog {
    /// The operating system would not open or read it, or it cannot be decompressed.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It is something else than text.
    #[error("it is {what}, no text")]
    NoText {
        /// What it is.
        what: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
}

impl NoLog {
    /// What to do about it, where that is known.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreadable(_) => None,
            Self::NoText { hint, .. } => Some(hint),
        }
    }
}

/// Gives the lines of a log.
pub struct LogLines {
    buffer: RecordBuffer,
    number: u64,
    /// Of the line that was given last, with its end.
    given: usize,
    /// Whether the rest of a line that is too long is still to be passed over.
    is_within_long_line: bool,
}

impl LogLines {
    /// Opens a file, compressed or not; `-` is standard input.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is no text.
    pub fn open(path: &Path) -> Result<Self, NoLog> {
        Self::on(open_text(path)?)
    }

    /// As [`Self::open`], from bytes that come from anywhere.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn of_stream(input: Box<dyn io::Read + Send>) -> Result<Self, NoLog> {
        Self::on(text_of(input)?)
    }

    fn on(mut buffer: RecordBuffer) -> Result<Self, NoLog> {
        buffer.ensure(LOOK_LENGTH)?;
        let available = buffer.available();
        let first = available.get(..LOOK_LENGTH).unwrap_or(available);
        if let Some((what, hint)) = something_else(first) {
            return Err(NoLog::NoText { what, hint });
        }
        Ok(Self {
            buffer,
            number: 0,
            given: 0,
            is_within_long_line: false,
        })
    }

    /// The next line, without its end, and its number, from 1; `None` at the end.
    ///
    /// # Errors
    ///
    /// When the file cannot be read further.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        self.buffer.consume(std::mem::take(&mut self.given));
        loop {
            let Some((length, has_end)) = self.find_end()? else {
                return Ok(None);
            };
            let whole = length + usize::from(has_end);
            let was_within = self.is_within_long_line;
            self.is_within_long_line = !has_end && length >= LONGEST_LINE;
            if was_within {
                self.buffer.consume(whole);
                continue;
            }
            self.number += 1;
            self.given = whole;
            let line = self.buffer.available().get(..length).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            return Ok(Some((self.number, line)));
        }
    }

    /// How long what is next is, up to the end of its line, and whether that was found; `None` when
    /// nothing is left.
    fn find_end(&mut self) -> io::Result<Option<(usize, bool)>> {
        let mut looked_at = 0;
        loop {
            let available = self.buffer.available();
            let new = available.get(looked_at..).unwrap_or_default();
            if let Some(end) = memchr::memchr(b'\n', new) {
                let length = looked_at + end;
                let is_short = length <= LONGEST_LINE;
                return Ok(Some((length.min(LONGEST_LINE), is_short)));
            }
            looked_at = available.len();
            if looked_at >= LONGEST_LINE {
                return Ok(Some((LONGEST_LINE, false)));
            }
            if !self.buffer.ensure(looked_at + 1)? {
                return Ok((looked_at > 0).then_some((looked_at, false)));
            }
        }
    }
}

/// What a file is by its first bytes, if it is no text, and what to do about it.
fn something_else(first: &[u8]) -> Option<(&'static str, &'static str)> {
    const CAPTURES: [&[u8]; 6] = [
        &[0xa1, 0xb2, 0xc3, 0xd4],
        &[0xd4, 0xc3, 0xb2, 0xa1],
        &[0xa1, 0xb2, 0x3c, 0x4d],
        &[0x4d, 0x3c, 0xb2, 0xa1],
        &[0x0a, 0x0d, 0x0d, 0x0a],
        b"snoop\0",
    ];
    if first.starts_with(b"LPKSHHRH") {
        return Some((
            "a file of systemd's journal",
            "journalctl --file FILE -o json | tcpwhy read CAPTURE --log -",
        ));
    }
    if CAPTURES.iter().any(|magic| first.starts_with(magic)) {
        return Some(("a capture", "name it without --log"));
    }
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        return Some(("text in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE"));
    }
    let is_binary = |byte: &u8| *byte < 9 || (14..27).contains(byte) || *byte == 28;
    first
        .iter()
        .any(is_binary)
        .then_some(("binary data", "name a log of lines of text"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(u64, usize)> {
        let mut lines = LogLines::of_stream(Box::new(Cursor::new(bytes.to_vec()))).unwrap();
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next_line().unwrap() {
            found.push((number, line.len()));
        }
        found
    }

    #[test]
    fn lines_are_numbered_and_the_last_needs_no_end() {
        assert_eq!(
            lines(b"one\r\n\nthree\nend"),
            [(1, 3), (2, 0), (3, 5), (4, 3)]
        );
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_without_end_takes_no_more_memory() {
        let mut text = vec![b'x'; 3 * LONGEST_LINE + 5];
        text.extend(b"\nnext\n");
        assert_eq!(lines(&text), [(1, LONGEST_LINE), (2, 4)]);
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for (bytes, what) in [
            (&b"LPKSHHRH\0\0"[..], "a file of systemd's journal"),
            (&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0][..], "a capture"),
            (&[0xff, 0xfe, b'a', 0][..], "text in UTF-16"),
            (&b"\x7fELF\x02\x01\x01\0"[..], "binary data"),
        ] {
            let refused = LogLines::of_stream(Box::new(Cursor::new(bytes.to_vec())));
            let Err(NoLog::NoText { what: told, .. }) = refused else {
                panic!("{what} was taken");
            };
            assert_eq!(told, what);
        }
    }
}
