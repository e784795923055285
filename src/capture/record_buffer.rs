//! A window on a stream of bytes that can be looked at before it is consumed.

use std::io::{self, ErrorKind, Read};

use super::compression::{Compression, DecoderMemory, Decompressor};
use super::source_hash::{HashedInput, SourceHash};

/// How much is read first: a set may have thousands of small files.
const FIRST_CHUNK: usize = 16 << 10;

/// How much is decompressed at once: little enough to stay in a processor's cache.
const DECOMPRESSED_CHUNK: usize = 256 << 10;

/// Bytes of a source, from the next unconsumed one on. Grows only as bytes arrive: a length that a
/// file merely claims costs nothing.
pub(crate) struct RecordBuffer {
    input: Input,
    /// How much is read at once, once the source has shown that it has as much.
    chunk: usize,
    /// Whether the last read gave as much as there was room for.
    was_filled: bool,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
}

enum Input {
    Plain(Box<dyn Read + Send>),
    Hashed(Box<HashedInput>),
    Compressed(Box<Decompressor>),
}

impl RecordBuffer {
    /// On bytes as they are, read in pieces of `chunk`.
    pub(crate) fn new(input: Box<dyn Read + Send>, chunk: usize) -> Self {
        Self::on(Input::Plain(input), chunk)
    }

    /// As [`Self::new`], hashing what is read.
    pub(super) fn hashing(input: HashedInput, chunk: usize) -> Self {
        Self::on(Input::Hashed(Box::new(input)), chunk)
    }

    /// Ends reading. The hash of the source's bytes, compressed ones where it is compressed;
    /// nothing when it was not hashed, or when there is more than `longest_rest` behind what was
    /// read.
    pub(super) fn take_hash(&mut self, longest_rest: u64) -> Option<SourceHash> {
        if let Input::Compressed(decompressor) = &mut self.input {
            return decompressor.input_mut().take_hash(longest_rest);
        }
        match std::mem::replace(&mut self.input, Input::Plain(Box::new(io::empty()))) {
            Input::Hashed(input) => input.finish(longest_rest),
            _ => None,
        }
    }

    /// On what decompresses from another buffer's bytes.
    pub(super) fn decompressing(
        compression: Compression,
        compressed: Self,
        memory: DecoderMemory,
    ) -> io::Result<Self> {
        let chunk = compressed.chunk.min(DECOMPRESSED_CHUNK);
        let decompressor = Decompressor::new(compression, compressed, memory)?;
        Ok(Self::on(Input::Compressed(Box::new(decompressor)), chunk))
    }

    fn on(input: Input, chunk: usize) -> Self {
        Self {
            input,
            chunk,
            was_filled: false,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Offset in the source of the first unconsumed byte.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// How many bytes were read from the source: of a compressed one, compressed bytes.
    pub(crate) fn bytes_read(&self) -> u64 {
        match &self.input {
            Input::Plain(_) | Input::Hashed(_) => self.offset + (self.end - self.start) as u64,
            Input::Compressed(decompressor) => decompressor.input().bytes_read(),
        }
    }

    /// What is there without reading more.
    pub(crate) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Reads until `wanted` bytes are available; false when the source ends before that.
    #[inline]
    pub(crate) fn ensure(&mut self, wanted: usize) -> io::Result<bool> {
        // Asked twice for each packet, and true but for once in thousands of them.
        if self.end - self.start >= wanted {
            return Ok(true);
        }
        self.read_until(wanted)
    }

    #[cold]
    fn read_until(&mut self, wanted: usize) -> io::Result<bool> {
        while self.end - self.start < wanted {
            if self.fill(wanted)? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Drops up to `count` available bytes.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Reads once. Makes room first: by moving what is left to the front, else by growing.
    fn fill(&mut self, wanted: usize) -> io::Result<usize> {
        if self.buffer.len() - self.start < wanted || self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let length = self.buffer.len();
        if self.end == length {
            self.buffer
                .resize((length * 2).max(FIRST_CHUNK.min(self.chunk)), 0);
        } else if self.was_filled && length < self.chunk {
            self.buffer.resize((length * 2).min(self.chunk), 0);
        }
        loop {
            let Some(room) = self.buffer.get_mut(self.end..) else {
                return Ok(0);
            };
            let read = match &mut self.input {
                Input::Plain(input) => input.read(room),
                Input::Hashed(input) => input.read(room),
                Input::Compressed(decompressor) => decompressor.read(room),
            };
            match read {
                Ok(count) => {
                    self.was_filled = count == room.len();
                    self.end += count;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Drip(Vec<u8>);

    impl Read for Drip {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() || room.is_empty() {
                return Ok(0);
            }
            room[0] = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn a_slow_pipe_gives_the_same_bytes() {
        let mut buffer = RecordBuffer::new(Box::new(Drip((0..10).collect())), 4);
        assert!(buffer.ensure(4).unwrap());
        buffer.consume(3);
        assert!(buffer.ensure(7).unwrap());
        assert_eq!(buffer.available(), [3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(buffer.offset(), 3);
        assert!(!buffer.ensure(8).unwrap());
    }

    #[test]
    fn a_claimed_length_does_not_reserve_memory() {
        let mut buffer = RecordBuffer::new(Box::new(Drip(vec![1; 100])), 64);
        assert!(!buffer.ensure(usize::MAX / 2).unwrap());
        assert!(buffer.buffer.len() <= 256);
    }
}
