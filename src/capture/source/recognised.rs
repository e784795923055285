//! A source by its first bytes: of which compression and format it is.

use std::io;
use std::path::Path;

use super::{Format, Means};
use crate::capture::compression::{Compression, DecompressionError};
use crate::capture::foreign_format;
use crate::capture::pcap_file::PcapFile;
use crate::capture::pcapng_file::PcapngFile;
use crate::capture::problem::{OpenError, RecordError};
use crate::capture::record_buffer::RecordBuffer;
use crate::capture::snoop_file::SnoopFile;

/// A source of which the first bytes were understood.
pub(super) struct Recognised {
    /// From the first record on, decompressed.
    pub(super) buffer: RecordBuffer,
    pub(super) compression: Option<Compression>,
    pub(super) format: Format,
}

/// Tells compression and format by the first bytes, and reads a pcap's file header.
pub(super) fn recognise(
    path: &Path,
    mut buffer: RecordBuffer,
    means: Means,
) -> Result<Recognised, OpenError> {
    let unreadable = |source| unreadable(path, source);
    buffer.ensure(SIGNATURE_LENGTH).map_err(unreadable)?;
    let compression = Compression::recognise(buffer.available());
    if let Some(compression) = compression {
        buffer = RecordBuffer::decompressing(compression, buffer, means.decoder_memory)
            .map_err(unreadable)?;
        buffer.ensure(SIGNATURE_LENGTH).map_err(unreadable)?;
    }
    let first = buffer.available();
    if first.is_empty() {
        return Err(OpenError::Empty {
            path: path.to_owned(),
            compression,
        });
    }
    let format = if PcapngFile::is_recognised(first) {
        Format::Pcapng(PcapngFile::new())
    } else if PcapFile::is_recognised(first) {
        Format::Pcap(PcapFile::open(&mut buffer).map_err(|error| no_header(path, error))?)
    } else if SnoopFile::is_recognised(first) {
        Format::Snoop(SnoopFile::open(&mut buffer).map_err(|error| no_header(path, error))?)
    } else {
        // What was decompressed so far will do: it only makes the message better.
        let _ = buffer.ensure(foreign_format::LOOK_LENGTH);
        let (what, hint) = foreign_format::describe(buffer.available(), path, compression);
        return Err(OpenError::NoCapture {
            path: path.to_owned(),
            what,
            hint,
        });
    };
    Ok(Recognised {
        buffer,
        compression,
        format,
    })
}

/// As much as the signatures of captures and compressions need; a file may well be shorter.
const SIGNATURE_LENGTH: usize = 16;

pub(super) fn unreadable(path: &Path, error: io::Error) -> OpenError {
    match DecompressionError::inside(&error) {
        Some(inside) => OpenError::NoCapture {
            path: path.to_owned(),
            what: inside.to_string(),
            hint: None,
        },
        None => OpenError::Unreadable {
            path: path.to_owned(),
            source: error,
        },
    }
}

pub(super) fn no_header(path: &Path, error: RecordError) -> OpenError {
    let what = match error {
        RecordError::Io(source) => return unreadable(path, source),
        RecordError::Damaged(what) | RecordError::DamagedWithin { message: what, .. } => what,
        RecordError::Odd(what) => what.to_owned(),
        RecordError::Truncated { present, wanted } => {
            format!("the file ends after {present} of the {wanted} bytes of its header")
        }
    };
    OpenError::NoCapture {
        path: path.to_owned(),
        what,
        hint: None,
    }
}
