//! What goes from operator to operator, as columns.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BinaryBuilder, FixedSizeBinaryArray, Int64Array, RecordBatch,
    UInt8Array, UInt32Array, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::cast::{
    as_binary_array, as_fixed_size_binary_array, as_int64_array, as_uint8_array, as_uint32_array,
    as_uint64_array,
};
use datafusion::error::{DataFusionError, Result};
use tcpwhy::capture::Timestamp;
use tcpwhy::decode::{ROW_BYTES, SentPacket};

/// A packet about a connect.
pub(crate) const PACKET: u8 = 0;
/// A piece of what a scan knows at its end.
pub(crate) const SCANNED: u8 = 1;
/// A piece of what was found out about a part of the flows.
pub(crate) const TRACKED: u8 = 2;

/// The columns by which packets are divided and put in order, by their place.
pub(crate) mod column {
    /// To which part of the flows a packet belongs.
    pub(crate) const FLOW: (&str, usize) = ("flow", 1);
    /// What the capture's clock showed, in nanoseconds since 1970.
    pub(crate) const CLOCK: (&str, usize) = ("clock", 2);
    /// The number of its source.
    pub(crate) const SOURCE: (&str, usize) = ("source", 3);
    /// Its number there.
    pub(crate) const NUMBER: (&str, usize) = ("number", 4);
}

/// Packets on their way from the scan to whoever tracks their flows.
pub(crate) static PACKETS: LazyLock<SchemaRef> = LazyLock::new(|| {
    let row_bytes = i32::try_from(ROW_BYTES).unwrap_or(i32::MAX);
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::UInt8, false),
        Field::new(column::FLOW.0, DataType::UInt32, false),
        Field::new(column::CLOCK.0, DataType::Int64, false),
        Field::new(column::SOURCE.0, DataType::UInt32, false),
        Field::new(column::NUMBER.0, DataType::UInt64, false),
        Field::new("row", DataType::FixedSizeBinary(row_bytes), false),
        Field::new("beside", DataType::Binary, false),
    ]))
});

/// What scans and trackers found out, in pieces.
pub(crate) static FACTS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("kind", DataType::UInt8, false),
        Field::new("task", DataType::UInt64, false),
        Field::new("piece", DataType::UInt64, false),
        Field::new("bytes", DataType::Binary, false),
    ]))
});

/// No message between machines is longer than this by much.
const LONGEST_PIECE: usize = 1 << 20;

/// Packets are handed on in so many.
pub(crate) const PACKETS_IN_BATCH: usize = 8192;

/// Packets that are put together to a batch.
#[derive(Debug, Default)]
pub(crate) struct PacketColumns {
    kinds: Vec<u8>,
    flows: Vec<u32>,
    clocks: Vec<i64>,
    sources: Vec<u32>,
    numbers: Vec<u64>,
    rows: Vec<u8>,
    beside: BinaryBuilder,
}

impl PacketColumns {
    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(crate) fn push(&mut self, packet: &SentPacket) {
        self.kinds.push(PACKET);
        self.flows.push(packet.flow.number());
        self.clocks.push(packet.clock.nanoseconds());
        self.sources.push(packet.place.source.0);
        self.numbers.push(packet.place.number.0);
        self.rows.extend_from_slice(&packet.row);
        self.beside.append_value(&packet.beside);
    }

    /// Adds what the scan with this number knows at its end, when its clock showed this: in the order
    /// of packets, it comes last.
    pub(crate) fn push_scanned(&mut self, scan: u32, clock: Timestamp, bytes: &[u8]) {
        let mut row = [0; ROW_BYTES];
        for (place, byte) in row.iter_mut().zip(clock.nanoseconds().to_le_bytes()) {
            *place = byte;
        }
        for (piece, bytes) in (0_u64..).zip(bytes.chunks(LONGEST_PIECE)) {
            self.kinds.push(SCANNED);
            self.flows.push(scan);
            self.clocks.push(i64::MAX);
            self.sources.push(scan);
            self.numbers.push(piece);
            self.rows.extend_from_slice(&row);
            self.beside.append_value(bytes);
        }
    }

    /// All of them, and leaves none.
    pub(crate) fn take(&mut self) -> Result<RecordBatch> {
        let Self {
            kinds,
            flows,
            clocks,
            sources,
            numbers,
            rows,
            mut beside,
        } = std::mem::take(self);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt8Array::from(kinds)),
            Arc::new(UInt32Array::from(flows)),
            Arc::new(Int64Array::from(clocks)),
            Arc::new(UInt32Array::from(sources)),
            Arc::new(UInt64Array::from(numbers)),
            Arc::new(fixed_size(rows)?),
            Arc::new(beside.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&PACKETS), columns)?)
    }
}

fn fixed_size(rows: Vec<u8>) -> Result<FixedSizeBinaryArray> {
    let row_bytes = i32::try_from(ROW_BYTES).unwrap_or(i32::MAX);
    Ok(FixedSizeBinaryArray::try_new(row_bytes, rows.into(), None)?)
}

/// The columns of a batch of packets.
pub(crate) struct PacketRows<'a> {
    pub(crate) kinds: &'a UInt8Array,
    pub(crate) clocks: &'a Int64Array,
    pub(crate) sources: &'a UInt32Array,
    pub(crate) numbers: &'a UInt64Array,
    rows: &'a FixedSizeBinaryArray,
    pub(crate) beside: &'a BinaryArray,
}

impl<'a> PacketRows<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let [kinds, _, clocks, sources, numbers, rows, beside] = batch.columns() else {
            return Err(other_columns());
        };
        Ok(Self {
            kinds: as_uint8_array(kinds)?,
            clocks: as_int64_array(clocks)?,
            sources: as_uint32_array(sources)?,
            numbers: as_uint64_array(numbers)?,
            rows: as_fixed_size_binary_array(rows)?,
            beside: as_binary_array(beside)?,
        })
    }

    pub(crate) fn clock(&self, index: usize) -> Timestamp {
        Timestamp::from_nanoseconds(self.clocks.value(index))
    }

    pub(crate) fn row(&self, index: usize) -> Result<&[u8; ROW_BYTES]> {
        let row = self.rows.value(index).first_chunk();
        row.ok_or_else(other_columns)
    }
}

/// What the clock of a scan showed at its end, as the row of such a piece says.
pub(crate) fn clock_of_scanned(row: &[u8; ROW_BYTES]) -> Timestamp {
    let nanoseconds = row
        .first_chunk()
        .map_or(i64::MIN, |first| i64::from_le_bytes(*first));
    Timestamp::from_nanoseconds(nanoseconds)
}

fn other_columns() -> DataFusionError {
    DataFusionError::Execution("packets came with other columns than this version knows".into())
}

/// What was found out, in pieces, as a batch.
pub(crate) fn facts_batch(pieces: &[Piece]) -> Result<RecordBatch> {
    let mut bytes = BinaryBuilder::new();
    for piece in pieces {
        bytes.append_value(&piece.bytes);
    }
    let kinds = pieces.iter().map(|piece| piece.kind);
    let tasks = pieces.iter().map(|piece| piece.task);
    let numbers = pieces.iter().map(|piece| piece.number);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt8Array::from_iter_values(kinds)),
        Arc::new(UInt64Array::from_iter_values(tasks)),
        Arc::new(UInt64Array::from_iter_values(numbers)),
        Arc::new(bytes.finish()),
    ];
    Ok(RecordBatch::try_new(Arc::clone(&FACTS), columns)?)
}

/// A piece of what a task found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: u8,
    pub(crate) task: u64,
    pub(crate) number: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Piece {
    /// The pieces of what a task found out.
    pub(crate) fn pieces(kind: u8, task: u64, bytes: &[u8]) -> Vec<Self> {
        (0_u64..)
            .zip(bytes.chunks(LONGEST_PIECE))
            .map(|(number, bytes)| Self {
                kind,
                task,
                number,
                bytes: bytes.to_vec(),
            })
            .collect()
    }
}

/// The pieces in a batch.
pub(crate) fn pieces_of(batch: &RecordBatch) -> Result<Vec<Piece>> {
    let [kinds, tasks, numbers, bytes] = batch.columns() else {
        return Err(other_columns());
    };
    let (kinds, tasks) = (as_uint8_array(kinds)?, as_uint64_array(tasks)?);
    let (numbers, bytes) = (as_uint64_array(numbers)?, as_binary_array(bytes)?);
    let piece = |index| Piece {
        kind: kinds.value(index),
        task: tasks.value(index),
        number: numbers.value(index),
        bytes: bytes.value(index).to_vec(),
    };
    Ok((0..batch.num_rows()).map(piece).collect())
}
