//! The .xz format.

use std::io;

use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream};

use super::{Compression, Decoder, DecoderMemory, DecompressionError, Step};
use crate::capture::record_buffer::RecordBuffer;

/// Streams one after the other, with the padding between them that the format allows.
pub(super) struct XzDecoder {
    input: RecordBuffer,
    stream: Stream,
    memory: DecoderMemory,
}

/// What a decoder may take, in bytes: the dictionary and less than 2 MiB beside it. The
/// dictionaries in use are powers of two, and these and a half: the next larger one never fits.
pub(super) const fn memory_limit(memory: DecoderMemory) -> u64 {
    match memory {
        DecoderMemory::Ample => 66 << 20,
        DecoderMemory::Modest => 10 << 20,
    }
}

const fn limit(memory: DecoderMemory) -> &'static str {
    match memory {
        DecoderMemory::Ample => "dictionary of more than 64 MiB",
        DecoderMemory::Modest => {
            "dictionary of more than 8 MiB, too much beside other captures of the same time"
        }
    }
}

impl XzDecoder {
    pub(super) fn new(input: RecordBuffer, memory: DecoderMemory) -> io::Result<Self> {
        let stream = Stream::new_stream_decoder(memory_limit(memory), CONCATENATED)
            .map_err(io::Error::other)?;
        Ok(Self {
            input,
            stream,
            memory,
        })
    }

    fn error(&self, error: Error) -> DecompressionError {
        let compression = Compression::Xz;
        let detail = match error {
            Error::MemLimit => {
                let limit = limit(self.memory);
                return DecompressionError::TooMuchMemory { compression, limit };
            }
            Error::Format => "what follows is no xz stream".to_owned(),
            Error::Options => "it uses what this version of xz does not know".to_owned(),
            Error::Data => "its contents or its checksum are wrong".to_owned(),
            other => other.to_string(),
        };
        DecompressionError::Damaged {
            compression,
            detail,
        }
    }
}

impl Decoder for XzDecoder {
    fn step(&mut self, room: &mut [u8]) -> io::Result<Step> {
        loop {
            let has_input = self.input.ensure(1)?;
            // The end must be told: only then it is known that no other stream follows.
            let action = if has_input {
                Action::Run
            } else {
                Action::Finish
            };
            let (consumed_before, written_before) =
                (self.stream.total_in(), self.stream.total_out());
            let result = self.stream.process(self.input.available(), room, action);
            let consumed = self.stream.total_in().saturating_sub(consumed_before);
            let written = self.stream.total_out().saturating_sub(written_before);
            self.input
                .consume(usize::try_from(consumed).unwrap_or(usize::MAX));
            let written = usize::try_from(written).unwrap_or(usize::MAX);
            match result {
                Err(error) => return Ok(Step::failed(written, self.error(error))),
                Ok(_) if written > 0 => return Ok(Step::wrote(written)),
                Ok(Status::StreamEnd) => return Ok(Step::END),
                Ok(_) if !has_input => {
                    return Ok(Step::failed(
                        0,
                        DecompressionError::CutShort(Compression::Xz),
                    ));
                }
                Ok(_) => {}
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
