//! LZ4 frames.

use std::io::{self, ErrorKind, Read};

use lz4_flex::frame::FrameDecoder;

use super::{Compression, Decoder, DecompressionError, LZ4_LEGACY_MAGIC, LZ4_MAGIC, Step};
use crate::capture::record_buffer::RecordBuffer;

/// Bytes of a magic, and of a skippable frame's magic and length.
const MAGIC_LENGTH: usize = 4;
const SKIPPABLE_HEADER_LENGTH: usize = 8;

/// Frames one after the other, skippable ones among them.
pub(super) struct Lz4Decoder {
    decoder: FrameDecoder<FrameInput>,
    frame: Frame,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// Between frames.
    None,
    Usual,
    /// It has no mark at its end: it ends with the file.
    Legacy,
}

impl Lz4Decoder {
    pub(super) fn new(input: RecordBuffer) -> Self {
        Self {
            decoder: FrameDecoder::new(FrameInput {
                compressed: input,
                appended: None,
            }),
            frame: Frame::None,
        }
    }

    /// Goes on to the next frame that has content; none is left at the end.
    fn begin_frame(&mut self) -> io::Result<()> {
        let input = &mut self.decoder.get_mut().compressed;
        loop {
            if !input.ensure(MAGIC_LENGTH)? {
                return if input.available().is_empty() {
                    Ok(())
                } else {
                    Err(DecompressionError::CutShort(Compression::Lz4).into())
                };
            }
            let first = input.available();
            if first.starts_with(LZ4_MAGIC) {
                self.frame = Frame::Usual;
                return Ok(());
            }
            if first.starts_with(LZ4_LEGACY_MAGIC) {
                self.frame = Frame::Legacy;
                return Ok(());
            }
            if !matches!(first, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]) {
                return Err(damaged("what follows is no lz4 frame").into());
            }
            pass_skippable_frame(input)?;
        }
    }

    /// Whether the frame ends where the compressed bytes do. `lz4_flex` takes the end of its input
    /// between two blocks for an end of the frame. With zeros appended, the mark of an end, it
    /// reads four of them (and four as checksum) if it still is within the frame, and seven, as
    /// much as a header has at least, if it is not.
    fn is_frame_complete(&mut self) -> bool {
        const SHORTEST_HEADER: usize = 7;
        if self.frame == Frame::Legacy {
            return true;
        }
        self.decoder.get_mut().appended = Some(0);
        let _ = self.decoder.read(&mut [0]);
        self.decoder.get_ref().appended == Some(SHORTEST_HEADER)
    }
}

fn pass_skippable_frame(input: &mut RecordBuffer) -> io::Result<()> {
    let cut_short = || DecompressionError::CutShort(Compression::Lz4);
    if !input.ensure(SKIPPABLE_HEADER_LENGTH)? {
        return Err(cut_short().into());
    }
    let length = input
        .available()
        .get(MAGIC_LENGTH..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |length| u32::from_le_bytes(*length));
    input.consume(SKIPPABLE_HEADER_LENGTH);
    let mut left = usize::try_from(length).unwrap_or(usize::MAX);
    while left > 0 {
        if !input.ensure(1)? {
            return Err(cut_short().into());
        }
        let step = left.min(input.available().len());
        input.consume(step);
        left -= step;
    }
    Ok(())
}

impl Decoder for Lz4Decoder {
    fn step(&mut self, room: &mut [u8]) -> io::Result<Step> {
        loop {
            if self.frame == Frame::None {
                self.begin_frame()?;
            }
            if self.frame == Frame::None {
                return Ok(Step::END);
            }
            match self.decoder.read(room) {
                Ok(0) => {
                    let is_at_end = !self.decoder.get_mut().compressed.ensure(1)?;
                    if is_at_end && !self.is_frame_complete() {
                        let error = DecompressionError::CutShort(Compression::Lz4);
                        return Ok(Step::failed(0, error));
                    }
                    self.frame = Frame::None;
                    if is_at_end {
                        return Ok(Step::END);
                    }
                }
                Ok(written) => return Ok(Step::wrote(written)),
                Err(error) if error.raw_os_error().is_some() => return Err(error),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    let error = DecompressionError::CutShort(Compression::Lz4);
                    return Ok(Step::failed(0, error));
                }
                Err(error) => {
                    return Ok(Step::failed(0, damaged(&error.to_string())));
                }
            }
        }
    }

    fn input(&self) -> &RecordBuffer {
        &self.decoder.get_ref().compressed
    }

    fn input_mut(&mut self) -> &mut RecordBuffer {
        &mut self.decoder.get_mut().compressed
    }
}

/// The compressed bytes, as [`FrameDecoder`] reads them.
struct FrameInput {
    compressed: RecordBuffer,
    /// How many zeros were read behind the end, if that is asked for.
    appended: Option<usize>,
}

impl Read for FrameInput {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        /// More than the decoder reads in one go.
        const ZEROS: usize = 64;
        if let Some(count) = &mut self.appended {
            let step = room.len().min(ZEROS.saturating_sub(*count));
            room.iter_mut().take(step).for_each(|byte| *byte = 0);
            *count += step;
            return Ok(step);
        }
        if !self.compressed.ensure(1)? {
            return Ok(0);
        }
        let mut available = self.compressed.available();
        let count = available.read(room)?;
        self.compressed.consume(count);
        Ok(count)
    }
}

fn damaged(detail: &str) -> DecompressionError {
    DecompressionError::Damaged {
        compression: Compression::Lz4,
        detail: detail.to_owned(),
    }
}
