//! The columns of tables, each with a sentence on what stands in it, and rows put into them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, RecordBatch, StringBuilder, TimestampNanosecondBuilder, UInt64Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::error::{DataFusionError, Result};
use tcpwhy::capture::Timestamp;

use super::{attempts, captures, findings, packets};

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What kind of values it has.
    pub kind: Kind,
    /// What stands in it.
    pub comment: &'static str,
}

pub(super) const fn column(name: &'static str, kind: Kind, comment: &'static str) -> Column {
    Column {
        name,
        kind,
        comment,
    }
}

/// What kind of values a column has. Absent is null, never 0 or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// UTF-8.
    Text,
    /// A whole number from 0 on.
    Number,
    /// Nanoseconds, UTC.
    Time,
    /// 4 or 16 bytes of an address, in network order.
    Address,
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Number => DataType::UInt64,
            Self::Time => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
            Self::Address => DataType::Binary,
        }
    }

    /// What SQL calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "unsigned bigint",
            Self::Time => "timestamp (UTC, ns)",
            Self::Address => "binary",
        }
    }
}

/// The names of all tables, in the order in which they are told of.
pub fn tables() -> [&'static str; 4] {
    ["attempts", "findings", "captures", "packets"]
}

/// The columns of a table; `None` of one that there is not.
pub fn columns_of(table: &str) -> Option<&'static [Column]> {
    match table {
        "attempts" => Some(attempts::COLUMNS),
        "findings" => Some(findings::COLUMNS),
        "captures" => Some(captures::COLUMNS),
        "packets" => Some(packets::COLUMNS),
        _ => None,
    }
}

/// The columns as a schema, with their comments.
pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| {
        let comment = HashMap::from([("comment".to_owned(), column.comment.to_owned())]);
        Field::new(column.name, column.kind.data_type(), true).with_metadata(comment)
    };
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

/// What stands in a row under a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Text(Option<String>),
    Number(Option<u64>),
    Time(Option<Timestamp>),
    Address(Option<IpAddr>),
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }

    /// Nothing where it is empty.
    pub(super) fn words(text: String) -> Self {
        Self::Text((!text.is_empty()).then_some(text))
    }

    pub(super) fn name(name: Option<&'static str>) -> Self {
        Self::Text(name.map(str::to_owned))
    }

    pub(super) fn number(number: impl Into<u64>) -> Self {
        Self::Number(Some(number.into()))
    }

    pub(super) fn maybe<N: Into<u64>>(number: Option<N>) -> Self {
        Self::Number(number.map(Into::into))
    }
}

enum Builder {
    Text(StringBuilder),
    Number(UInt64Builder),
    Time(TimestampNanosecondBuilder),
    Address(BinaryBuilder),
}

impl Builder {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Number => Self::Number(UInt64Builder::new()),
            Kind::Time => Self::Time(TimestampNanosecondBuilder::new().with_timezone("UTC")),
            Kind::Address => Self::Address(BinaryBuilder::new()),
        }
    }

    fn push(&mut self, cell: Cell) -> Result<()> {
        match (self, cell) {
            (Self::Text(builder), Cell::Text(text)) => builder.append_option(text),
            (Self::Number(builder), Cell::Number(number)) => builder.append_option(number),
            (Self::Time(builder), Cell::Time(at)) => {
                builder.append_option(at.map(Timestamp::nanoseconds));
            }
            (Self::Address(builder), Cell::Address(address)) => match address {
                Some(IpAddr::V4(address)) => builder.append_value(address.octets()),
                Some(IpAddr::V6(address)) => builder.append_value(address.octets()),
                None => builder.append_null(),
            },
            _ => {
                let message = "a value of another kind than its column".to_owned();
                return Err(DataFusionError::Internal(message));
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(builder) => Arc::new(builder.finish()),
            Self::Number(builder) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
            Self::Address(builder) => Arc::new(builder.finish()),
        }
    }
}

/// Rows on their way to a batch.
pub(super) struct Rows {
    schema: SchemaRef,
    builders: Vec<Builder>,
    count: usize,
}

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Self {
        Self {
            schema: schema(columns),
            builders: columns
                .iter()
                .map(|column| Builder::of(column.kind))
                .collect(),
            count: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Adds a row: a cell for each column, in their order.
    pub(super) fn push<const COLUMNS: usize>(&mut self, row: [Cell; COLUMNS]) -> Result<()> {
        if COLUMNS != self.builders.len() {
            let message = "a row with other columns than its table".to_owned();
            return Err(DataFusionError::Internal(message));
        }
        for (builder, cell) in self.builders.iter_mut().zip(row) {
            builder.push(cell)?;
        }
        self.count += 1;
        Ok(())
    }

    /// All of them, and leaves none.
    pub(super) fn take(&mut self) -> Result<RecordBatch> {
        self.count = 0;
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}
