//! Compressed sources: recognised by their first bytes, decompressed while they are read.
//!
//! However small the compressed bytes and large what is in them, a decoder never holds more than
//! its [`DecoderMemory`] allows. What was decompressed before the bytes turn out to be cut short or
//! damaged is given out first.

#[cfg(feature = "compression")]
mod gzip;
#[cfg(feature = "compression")]
mod lz4;
#[cfg(feature = "compression")]
mod xz;
#[cfg(feature = "compression")]
mod zstd;

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::record_buffer::RecordBuffer;

/// How a source is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compression {
    /// RFC 1952: any number of members.
    Gzip,
    /// RFC 8878: any number of frames, skippable ones among them.
    Zstd,
    /// LZ4 frames, also of the legacy format.
    Lz4,
    /// The .xz format: any number of streams, padded or not.
    Xz,
}

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const LZ4_MAGIC: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const LZ4_LEGACY_MAGIC: &[u8] = &[0x02, 0x21, 0x4c, 0x18];
const XZ_MAGIC: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];

impl Compression {
    /// What a source is compressed with that starts so.
    pub(super) fn recognise(first: &[u8]) -> Option<Self> {
        let starts_with = |magic: &&[u8]| first.starts_with(magic);
        if starts_with(&GZIP_MAGIC) {
            Some(Self::Gzip)
        } else if starts_with(&ZSTD_MAGIC) {
            Some(Self::Zstd)
        } else if [LZ4_MAGIC, LZ4_LEGACY_MAGIC].iter().any(starts_with) {
            Some(Self::Lz4)
        } else if starts_with(&XZ_MAGIC) {
            Some(Self::Xz)
        } else {
            behind_skippable_frame(first)
        }
    }

    /// Its name in reports, and of the program that makes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Xz => "xz",
        }
    }

    /// What a decoder of it needs at most, in bytes.
    #[cfg(feature = "compression")]
    pub(super) const fn decoder_bytes(self, memory: DecoderMemory) -> u64 {
        match self {
            Self::Gzip => 128 << 10,
            Self::Lz4 => 13 << 20,
            Self::Xz => xz::memory_limit(memory),
            Self::Zstd => zstd::window_bytes(memory) + (1 << 20),
        }
    }

    /// What a decoder of it needs at most, in bytes: there is none.
    #[cfg(not(feature = "compression"))]
    #[expect(clippy::unused_self, reason = "the same call in every build")]
    pub(super) const fn decoder_bytes(self, _: DecoderMemory) -> u64 {
        0
    }
}

/// zstd and lz4 both may begin with a frame of something else (its magic has 16 values, then its
/// length); which of the two it is, the next frame shows. Only zstd's tools (pzstd) are known to
/// write one at the start.
fn behind_skippable_frame(first: &[u8]) -> Option<Compression> {
    let [low, 0x2a, 0x4d, 0x18, length @ ..] = first else {
        return None;
    };
    if low & 0xf0 != 0x50 {
        return None;
    }
    let length = u32::from_le_bytes(*length.first_chunk()?);
    let next = usize::try_from(length)
        .ok()
        .and_then(|length| first.get(8_usize.checked_add(length)?..));
    let is_lz4 = next.is_some_and(|next| next.starts_with(LZ4_MAGIC));
    Some(if is_lz4 {
        Compression::Lz4
    } else {
        Compression::Zstd
    })
}

/// How much memory a decoder may take, where the format leaves that to who compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecoderMemory {
    /// What the programs `xz -9` and `zstd --long` need.
    Ample,
    /// What every decoder must be ready for by RFC 8878, 8 MiB, and `xz` uses by default: for many
    /// sources at once.
    Modest,
}

/// Why decompressing ended before the end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    not(feature = "compression"),
    expect(dead_code, reason = "without a decoder there is one reason only")
)]
pub(super) enum DecompressionError {
    /// This build cannot decompress.
    #[cfg(not(feature = "compression"))]
    #[error(
        "{} data, which this build cannot decompress (feature 'compression')",
        .0.name()
    )]
    LeftOut(Compression),
    /// The compressed bytes end early.
    #[error("the {} data end too early", .0.name())]
    CutShort(Compression),
    /// The compressed bytes cannot be what the format demands.
    #[error("the {} data are damaged: {detail}", compression.name())]
    Damaged {
        compression: Compression,
        detail: String,
    },
    /// Who compressed it asks for more memory than is given.
    #[error("the {} data ask for a {limit}", compression.name())]
    TooMuchMemory {
        compression: Compression,
        limit: &'static str,
    },
}

impl DecompressionError {
    /// The one inside of an I/O error, if that is what it is.
    pub(super) fn inside(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<DecompressionError> for io::Error {
    fn from(error: DecompressionError) -> Self {
        Self::other(error)
    }
}

/// What decompresses the format.
#[cfg(feature = "compression")]
fn decoder(
    compression: Compression,
    input: RecordBuffer,
    memory: DecoderMemory,
) -> io::Result<Box<dyn Decoder + Send>> {
    Ok(match compression {
        Compression::Gzip => Box::new(gzip::GzipDecoder::new(input)),
        Compression::Zstd => Box::new(zstd::ZstdDecoder::new(input, memory)?),
        Compression::Lz4 => Box::new(lz4::Lz4Decoder::new(input)),
        Compression::Xz => Box::new(xz::XzDecoder::new(input, memory)?),
    })
}

/// Nothing decompresses here.
#[cfg(not(feature = "compression"))]
fn decoder(
    compression: Compression,
    _: RecordBuffer,
    _: DecoderMemory,
) -> io::Result<Box<dyn Decoder + Send>> {
    Err(DecompressionError::LeftOut(compression).into())
}

/// What one step of a decoder gave: bytes, and perhaps what ends it behind them. No bytes and no
/// error is the end.
struct Step {
    written: usize,
    error: Option<io::Error>,
}

#[cfg(feature = "compression")]
impl Step {
    const END: Self = Self {
        written: 0,
        error: None,
    };

    fn wrote(written: usize) -> Self {
        Self {
            written,
            error: None,
        }
    }

    fn failed(written: usize, error: impl Into<io::Error>) -> Self {
        Self {
            written,
            error: Some(error.into()),
        }
    }
}

/// Decompresses one format; has the compressed bytes.
trait Decoder {
    /// Writes into `room`, which is not empty. An `Err` is what reading the compressed bytes met.
    fn step(&mut self, room: &mut [u8]) -> io::Result<Step>;

    /// The compressed bytes.
    fn input(&self) -> &RecordBuffer;

    /// The compressed bytes, when no more of them are to be decompressed.
    fn input_mut(&mut self) -> &mut RecordBuffer;
}

/// What decompresses from a source.
pub(super) struct Decompressor {
    decoder: Box<dyn Decoder + Send>,
    /// Met behind bytes that had to be given out first.
    error: Option<io::Error>,
}

impl Decompressor {
    pub(super) fn new(
        compression: Compression,
        input: RecordBuffer,
        memory: DecoderMemory,
    ) -> io::Result<Self> {
        Ok(Self {
            decoder: decoder(compression, input, memory)?,
            error: None,
        })
    }

    /// The compressed bytes.
    pub(super) fn input(&self) -> &RecordBuffer {
        self.decoder.input()
    }

    /// The compressed bytes, when no more of them are to be decompressed.
    pub(super) fn input_mut(&mut self) -> &mut RecordBuffer {
        self.decoder.input_mut()
    }
}

impl Read for Decompressor {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        if room.is_empty() {
            return Ok(0);
        }
        let Step { written, error } = self.decoder.step(room)?;
        match error {
            Some(error) if written == 0 => Err(error),
            error => {
                self.error = error;
                Ok(written)
            }
        }
    }
}
