//! The reading of one group of captures.

use datafusion::error::{DataFusionError, Result};
use serde::{Deserialize, Serialize};
use tcpwhy::analysis::fill_rows;
use tcpwhy::analysis::part::{Beside, SourcesRead};
use tcpwhy::capture::{CaptureSet, Timestamp};
use tcpwhy::decode::{RowBatch, RowDecoder};
use tcpwhy::report::CaptureTotals;

use super::question::Question;
use super::wire::PacketColumns;

/// How many packets are read at once.
const PACKETS_AT_ONCE: usize = 1024;

/// Captures on their way through reading and decoding.
pub(super) struct Scan {
    captures: CaptureSet,
    decoder: RowDecoder,
    totals: CaptureTotals,
    beside: Beside,
    rows: [RowBatch; 1],
    has_more: bool,
}

/// What a scan knows at its end, as it is sent.
#[derive(Serialize, Deserialize)]
pub(super) struct Scanned {
    pub(super) beside: Vec<u8>,
    pub(super) read: Vec<u8>,
}

impl Scan {
    pub(super) fn new(captures: CaptureSet, question: &Question) -> Self {
        Self {
            captures,
            decoder: RowDecoder::default(),
            totals: CaptureTotals {
                leaves_out_third_step: question.leaves_out_third_step,
                ..CaptureTotals::default()
            },
            beside: Beside::new(&question.settings()),
            rows: [RowBatch::default()],
            has_more: true,
        }
    }

    /// Reads the next packets, and adds those about connects; false when there was none left.
    pub(super) fn read_into(&mut self, columns: &mut PacketColumns) -> bool {
        if !self.has_more {
            return false;
        }
        let Self {
            captures,
            decoder,
            totals,
            beside,
            rows,
            has_more,
        } = self;
        *has_more = fill_rows(captures, decoder, rows, PACKETS_AT_ONCE, totals, |said| {
            beside.observe(said);
        });
        for answering in decoder.take_answering() {
            beside.observe_answering(answering);
        }
        for batch in rows {
            beside.observe_batch(batch, decoder.contexts());
            let contexts = std::sync::Arc::clone(decoder.contexts());
            batch
                .sent(&contexts)
                .for_each(|packet| columns.push(&packet));
        }
        true
    }

    /// What the clock showed at the end, and all else that is known then.
    pub(super) fn finish(mut self) -> Result<(Timestamp, Vec<u8>)> {
        let external = |error| DataFusionError::External(Box::new(error));
        let read = SourcesRead::of(self.totals, &mut self.captures);
        let scanned = Scanned {
            beside: self.beside.to_bytes().map_err(external)?,
            read: read.to_bytes().map_err(external)?,
        };
        let bytes = postcard::to_allocvec(&scanned);
        let bytes = bytes.map_err(|error| DataFusionError::External(error.into()))?;
        Ok((self.decoder.clock(), bytes))
    }
}
