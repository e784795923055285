//! `packets(...)`: the packets of handshakes and what ends them, as they were captured.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use tcpwhy::analysis::fill_rows;
use tcpwhy::capture::{CaptureSet, PacketPlace};
use tcpwhy::decode::{BatchEntry, IcmpError, Observation, RowBatch, RowDecoder, Segment, TcpFlags};
use tcpwhy::report::CaptureTotals;
use tokio::runtime::Handle;

use super::columns::{Cell, Column, Kind, Rows, column, schema};
use crate::plan::NumberedLocation;

pub(super) const COLUMNS: &[Column] = &[
    column("time", Kind::Time, "Capture time"),
    column("file", Kind::Text, "The capture that it is in"),
    column(
        "packet",
        Kind::Number,
        "Its number there, as Wireshark's frame.number",
    ),
    column(
        "what",
        Kind::Text,
        "Its TCP flags, or type and code of the ICMP error",
    ),
    column(
        "source",
        Kind::Text,
        "Who sent it: of an ICMP error, its sender",
    ),
    column(
        "source_port",
        Kind::Number,
        "From which port; null of an ICMP error",
    ),
    column(
        "destination",
        Kind::Text,
        "To whom: of an ICMP error, whoever sent what it quotes",
    ),
    column(
        "destination_port",
        Kind::Number,
        "To which port; null of an ICMP error",
    ),
    column(
        "quoted_server",
        Kind::Text,
        "Of an ICMP error, to whom the quoted segment went",
    ),
    column(
        "sequence",
        Kind::Number,
        "Sequence number; of an ICMP error, the quoted one",
    ),
    column(
        "acknowledgment",
        Kind::Number,
        "Acknowledgement number, with the ACK flag",
    ),
    column("window", Kind::Number, "Window as it stands in the header"),
    column("ttl", Kind::Number, "Time to live, or hop limit"),
    column("payload", Kind::Number, "Bytes of payload"),
];

/// Packets are handed on in so many.
const PACKETS_AT_ONCE: usize = 4096;

/// The packets of some captures.
#[derive(Debug)]
pub(super) struct Packets {
    schema: SchemaRef,
    captures: Vec<NumberedLocation>,
}

impl Packets {
    pub(super) fn of(captures: Vec<NumberedLocation>) -> Self {
        Self {
            schema: schema(COLUMNS),
            captures,
        }
    }
}

impl PartitionStream for Packets {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), 2);
        let out = stream.tx();
        let captures = self.captures.clone();
        let runtime = Handle::current();
        stream.spawn_blocking(move || {
            read(&captures, &runtime, |rows| {
                Ok(out.blocking_send(rows.take()).is_ok())
            })
        });
        stream.build()
    }
}

/// Reads all; `give` says whether there is somebody to give more to.
fn read(
    captures: &[NumberedLocation],
    runtime: &Handle,
    mut give: impl FnMut(&mut Rows) -> Result<bool>,
) -> Result<()> {
    let source = |capture: &NumberedLocation| capture.location.source(runtime);
    let sources: std::result::Result<Vec<_>, _> = captures.iter().map(source).collect();
    let sources = sources.map_err(|error| DataFusionError::External(error.into()))?;
    let first = captures.first().map_or(0, |first| first.number);
    let names: Vec<PathBuf> = sources.iter().map(|source| source.path.clone()).collect();
    let name = |place: PacketPlace| {
        let index = usize::try_from(place.source.0.saturating_sub(first)).unwrap_or(usize::MAX);
        let name = names.get(index).map(|path| path.to_string_lossy());
        name.unwrap_or_default().into_owned()
    };
    let mut opened = CaptureSet::open_sources(sources, false)
        .captures
        .numbered_from(first);
    let (mut decoder, mut totals) = (RowDecoder::default(), CaptureTotals::default());
    let mut batch = [RowBatch::default()];
    let mut rows = Rows::new(COLUMNS);
    let mut has_more = true;
    while has_more {
        let most = PACKETS_AT_ONCE;
        has_more = fill_rows(
            &mut opened,
            &mut decoder,
            &mut batch,
            most,
            &mut totals,
            |_| {},
        );
        for batch in &batch {
            for entry in batch.entries() {
                let (observation, place) = told(entry, batch, &decoder);
                if let Some(row) = row(&observation, place, name) {
                    rows.push(row)?;
                }
            }
        }
        if rows.len() >= PACKETS_AT_ONCE && !give(&mut rows)? {
            return Ok(());
        }
    }
    give(&mut rows)?;
    Ok(())
}

fn told(
    entry: BatchEntry<'_>,
    batch: &RowBatch,
    decoder: &RowDecoder,
) -> (Observation, PacketPlace) {
    let (contexts, addresses) = (decoder.contexts(), &batch.addresses);
    match entry {
        BatchEntry::Row(row, _, _) if row.is_icmp_error() => {
            let error = row.icmp_error(contexts, addresses);
            (Observation::IcmpError(error), row.place())
        }
        BatchEntry::Row(row, _, _) => {
            let segment = row.segment(contexts, addresses);
            (Observation::Segment(segment), row.place())
        }
        BatchEntry::Odd(odd) => (odd.observation.clone(), odd.place),
    }
}

type Row = [Cell; COLUMNS.len()];

/// Of a packet that opens or ends a connection; `None` of others.
fn row(
    observation: &Observation,
    place: PacketPlace,
    name: impl Fn(PacketPlace) -> String,
) -> Option<Row> {
    match observation {
        Observation::Segment(segment) => {
            let tells = [TcpFlags::SYN, TcpFlags::RST, TcpFlags::FIN];
            let tells = tells.iter().any(|flag| segment.flags.contains(*flag));
            tells.then(|| of_segment(segment, place, name(place)))
        }
        Observation::IcmpError(error) => Some(of_error(error, place, name(place))),
        _ => None,
    }
}

fn of_segment(segment: &Segment, place: PacketPlace, file: String) -> Row {
    let acknowledgment = segment.acknowledgment.0;
    [
        Cell::Time(Some(place.at)),
        Cell::Text(Some(file)),
        Cell::number(place.number.0),
        Cell::text(segment.flags.to_string()),
        Cell::text(segment.source.address.to_string()),
        Cell::number(segment.source.port),
        Cell::text(segment.destination.address.to_string()),
        Cell::number(segment.destination.port),
        Cell::Text(None),
        Cell::number(segment.sequence.0),
        Cell::maybe(segment.flags.has_ack().then_some(acknowledgment)),
        Cell::maybe(segment.window),
        Cell::number(segment.ip.ttl),
        Cell::number(segment.payload_length),
    ]
}

fn of_error(error: &IcmpError, place: PacketPlace, file: String) -> Row {
    let quote = &error.quote;
    [
        Cell::Time(Some(place.at)),
        Cell::Text(Some(file)),
        Cell::number(place.number.0),
        Cell::text(error.kind.to_string()),
        Cell::text(error.sender.to_string()),
        Cell::Number(None),
        Cell::text(quote.source.address.to_string()),
        Cell::Number(None),
        Cell::text(quote.destination.to_string()),
        Cell::maybe(quote.sequence.map(|sequence| sequence.0)),
        Cell::Number(None),
        Cell::Number(None),
        Cell::number(error.ip.ttl),
        Cell::Number(None),
    ]
}
