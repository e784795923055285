//! gzip (RFC 1952).

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Compression, Decoder, DecompressionError, GZIP_MAGIC, Step};
use crate::capture::record_buffer::RecordBuffer;

/// Base-2 logarithm of DEFLATE's window.
const WINDOW_BITS: u8 = 15;

/// Members one after the other, with zeros behind them as tapes leave them.
pub(super) struct GzipDecoder {
    input: RecordBuffer,
    /// The member being read; its checksum is verified at its end.
    member: Option<Decompress>,
    members: u64,
}

impl GzipDecoder {
    pub(super) fn new(input: RecordBuffer) -> Self {
        Self {
            input,
            member: None,
            members: 0,
        }
    }

    /// Goes on to the next member; false at the end.
    fn begin_member(&mut self) -> io::Result<bool> {
        if self.members > 0 {
            self.pass_zeros()?;
        }
        if !self.input.ensure(1)? {
            return Ok(false);
        }
        if self.members > 0
            && self.input.ensure(GZIP_MAGIC.len())?
            && !self.input.available().starts_with(GZIP_MAGIC)
        {
            return Err(damaged("what follows is no gzip member").into());
        }
        self.members += 1;
        self.member = Some(Decompress::new_gzip(WINDOW_BITS));
        Ok(true)
    }

    fn pass_zeros(&mut self) -> io::Result<()> {
        while self.input.ensure(1)? {
            let available = self.input.available();
            let zeros = available.iter().take_while(|byte| **byte == 0).count();
            let is_all = zeros == available.len();
            self.input.consume(zeros);
            if !is_all {
                break;
            }
        }
        Ok(())
    }
}

impl Decoder for GzipDecoder {
    fn step(&mut self, room: &mut [u8]) -> io::Result<Step> {
        loop {
            if self.member.is_none() && !self.begin_member()? {
                return Ok(Step::END);
            }
            let has_input = self.input.ensure(1)?;
            let Some(member) = &mut self.member else {
                return Ok(Step::END);
            };
            let (consumed_before, written_before) = (member.total_in(), member.total_out());
            let result = member.decompress(self.input.available(), room, FlushDecompress::None);
            let consumed = difference(member.total_in(), consumed_before);
            let written = difference(member.total_out(), written_before);
            self.input.consume(consumed);
            match result {
                Err(error) => {
                    let detail = error.message().unwrap_or("no DEFLATE data");
                    return Ok(Step::failed(written, damaged(detail)));
                }
                Ok(Status::StreamEnd) => self.member = None,
                Ok(Status::Ok | Status::BufError) if written == 0 && !has_input => {
                    return Ok(Step::failed(
                        0,
                        DecompressionError::CutShort(Compression::Gzip),
                    ));
                }
                Ok(Status::Ok | Status::BufError) if written == 0 && consumed == 0 => {
                    return Ok(Step::failed(0, damaged("it leads nowhere")));
                }
                Ok(Status::Ok | Status::BufError) => {}
            }
            if written > 0 {
                return Ok(Step::wrote(written));
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

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}

fn damaged(detail: &str) -> DecompressionError {
    DecompressionError::Damaged {
        compression: Compression::Gzip,
        detail: detail.to_owned(),
    }
}
