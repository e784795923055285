//! A file of text that stands beside a capture, such as a log: opened and decompressed as captures
//! are.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::compression::Compression;
use super::record_buffer::RecordBuffer;
use super::source::{Means, STANDARD_INPUT};

/// As much as the signatures of compressions need.
const SIGNATURE_LENGTH: usize = 16;

/// Opens a file, or standard input for `-`, and decompresses it where its first bytes say so.
pub(crate) fn open_text(path: &Path) -> io::Result<RecordBuffer> {
    let input: Box<dyn Read + Send> = if path == Path::new(STANDARD_INPUT) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path)?)
    };
    text_of(input)
}

/// As [`open_text`], from bytes that come from anywhere.
pub(crate) fn text_of(input: Box<dyn Read + Send>) -> io::Result<RecordBuffer> {
    let means = Means::AMPLE;
    let mut buffer = RecordBuffer::new(input, means.chunk);
    buffer.ensure(SIGNATURE_LENGTH)?;
    match Compression::recognise(buffer.available()) {
        Some(compression) => RecordBuffer::decompressing(compression, buffer, means.decoder_memory),
        None => Ok(buffer),
    }
}
