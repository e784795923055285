//! Zstandard (RFC 8878).

use std::io;

use zstd::stream::raw::{DParameter, Decoder as RawDecoder, InBuffer, Operation, OutBuffer};

use super::{Compression, Decoder, DecoderMemory, DecompressionError, Step};
use crate::capture::record_buffer::RecordBuffer;

/// As much of a frame as libzstd wants to see first.
const FRAME_START: usize = 5;

/// Frames one after the other; libzstd passes over skippable ones.
pub(super) struct ZstdDecoder {
    input: RecordBuffer,
    decoder: RawDecoder<'static>,
    memory: DecoderMemory,
    /// How many bytes libzstd wants to see next: up to the end of a block, so that nothing of an
    /// earlier block is lost when one turns out to be damaged. 0 between frames.
    wanted: usize,
}

/// Base-2 logarithm of the largest window that a frame may ask for.
const fn window_log(memory: DecoderMemory) -> u32 {
    match memory {
        DecoderMemory::Ample => 27,
        DecoderMemory::Modest => 23,
    }
}

/// The largest window that a frame may ask for.
pub(super) const fn window_bytes(memory: DecoderMemory) -> u64 {
    1 << window_log(memory)
}

const fn limit(memory: DecoderMemory) -> &'static str {
    match memory {
        DecoderMemory::Ample => "window of more than 128 MiB (2^27 bytes)",
        DecoderMemory::Modest => {
            "window of more than 8 MiB (2^23 bytes), too much beside other captures of the same time"
        }
    }
}

impl ZstdDecoder {
    pub(super) fn new(input: RecordBuffer, memory: DecoderMemory) -> io::Result<Self> {
        let mut decoder = RawDecoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(window_log(memory)))?;
        Ok(Self {
            input,
            decoder,
            memory,
            wanted: 0,
        })
    }

    fn error(&self, error: &io::Error) -> DecompressionError {
        let compression = Compression::Zstd;
        let detail = error.to_string();
        if detail.contains("too much memory") {
            let limit = limit(self.memory);
            DecompressionError::TooMuchMemory { compression, limit }
        } else {
            DecompressionError::Damaged {
                compression,
                detail: detail.to_lowercase(),
            }
        }
    }
}

impl Decoder for ZstdDecoder {
    fn step(&mut self, room: &mut [u8]) -> io::Result<Step> {
        loop {
            let has_input = self.input.ensure(1)?;
            if !has_input && self.wanted == 0 {
                return Ok(Step::END);
            }
            let wanted = self.wanted.max(FRAME_START);
            let available = self.input.available();
            let given = available.get(..wanted).unwrap_or(available);
            let mut source = InBuffer::around(given);
            let mut target = OutBuffer::around(&mut *room);
            let result = self.decoder.run(&mut source, &mut target);
            let (consumed, written) = (source.pos(), target.pos());
            self.input.consume(consumed);
            match result {
                Err(error) => return Ok(Step::failed(written, self.error(&error))),
                Ok(wanted) => self.wanted = wanted,
            }
            if written > 0 {
                return Ok(Step::wrote(written));
            }
            if !has_input && self.wanted > 0 {
                return Ok(Step::failed(
                    0,
                    DecompressionError::CutShort(Compression::Zstd),
                ));
            }
        }
    }

    fn input(&self) -> &RecordBuffer {
        &self.input
    }

    fn input_mut(&mut self) -> &mut RecordBuffer {
        &mut self.input
    }
}
