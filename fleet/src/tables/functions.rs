//! The tables as functions of SQL: `attempts('captures/')`, with any number of places.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::datasource::TableType;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use tcpwhy::diagnosis::ListingOrder;
use tcpwhy::report::FlatAttempt;

use super::answers::{Answers, Told};
use super::columns::{Rows, schema};
use super::packets::Packets;
use super::{attempts, captures, columns_of, findings, views};
use crate::catalogue::Catalogue;
use crate::storage::find;

/// Rows are handed on in so many.
const ROWS_AT_ONCE: usize = 8192;

/// So many tasks read packets side by side.
const PACKET_TASKS: usize = 4;

/// Makes the tables known to SQL. `places` stand for a table without any, where there are some.
///
/// # Errors
///
/// When a view cannot be made.
pub(crate) async fn register(
    session: &SessionContext,
    answers: &Arc<Answers>,
    places: &[String],
) -> Result<()> {
    for kind in [
        Table::Attempts,
        Table::Findings,
        Table::Captures,
        Table::Packets,
    ] {
        let function = Function {
            kind,
            answers: Arc::clone(answers),
            places: places.to_vec(),
        };
        session.register_udtf(kind.name(), Arc::new(function));
        if !places.is_empty() {
            let table = CaptureTable::new(kind, Arc::clone(answers), places.to_vec());
            session.register_table(kind.name(), Arc::new(table))?;
        }
    }
    if !places.is_empty() {
        views::register(session).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Table {
    Attempts,
    Findings,
    Captures,
    Packets,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Findings => "findings",
            Self::Captures => "captures",
            Self::Packets => "packets",
        }
    }

    fn schema(self) -> SchemaRef {
        schema(columns_of(self.name()).unwrap_or_default())
    }
}

#[derive(Debug)]
struct Function {
    kind: Table,
    answers: Arc<Answers>,
    places: Vec<String>,
}

impl TableFunctionImpl for Function {
    fn call_with_args(
        &self,
        arguments: TableFunctionArgs<'_, '_>,
    ) -> Result<Arc<dyn TableProvider>> {
        let name = self.kind.name();
        let usage = || format!("{name} takes places of captures, as in {name}('captures/')");
        let place = |expression: &Expr| match expression {
            Expr::Literal(
                ScalarValue::Utf8(Some(place))
                | ScalarValue::LargeUtf8(Some(place))
                | ScalarValue::Utf8View(Some(place)),
                _,
            ) => Ok(place.clone()),
            _ => Err(DataFusionError::Plan(usage())),
        };
        let places: Result<Vec<String>> = arguments.exprs().iter().map(place).collect();
        let mut places = places?;
        if places.is_empty() {
            places.clone_from(&self.places);
        }
        if places.is_empty() {
            return Err(DataFusionError::Plan(usage()));
        }
        let answers = Arc::clone(&self.answers);
        Ok(Arc::new(CaptureTable::new(self.kind, answers, places)))
    }
}

/// A table of what captures say: they are read when it is.
#[derive(Debug)]
struct CaptureTable {
    kind: Table,
    schema: SchemaRef,
    answers: Arc<Answers>,
    places: Vec<String>,
}

impl CaptureTable {
    fn new(kind: Table, answers: Arc<Answers>, places: Vec<String>) -> Self {
        Self {
            kind,
            schema: kind.schema(),
            answers,
            places,
        }
    }

    async fn partitions(&self) -> Result<Vec<Arc<dyn PartitionStream>>> {
        if self.kind == Table::Packets {
            let (stored, errors) = find(&self.places).await;
            let catalogue = Catalogue::of(stored).await;
            if let (true, Some(error)) = (catalogue.captures.is_empty(), errors.first()) {
                return Err(DataFusionError::Execution(error.to_string()));
            }
            let groups = catalogue.groups(PACKET_TASKS).into_iter();
            return Ok(groups
                .map(|group| Arc::new(Packets::of(group)) as _)
                .collect());
        }
        let told = self.answers.of(&self.places).await?;
        Ok(vec![Arc::new(TableRows {
            kind: self.kind,
            schema: Arc::clone(&self.schema),
            told,
        })])
    }
}

#[async_trait]
impl TableProvider for CaptureTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions = self.partitions().await?;
        let table = StreamingTable::try_new(Arc::clone(&self.schema), partitions)?;
        table.scan(state, projection, filters, limit).await
    }
}

/// The rows of a table, from what was answered.
#[derive(Debug)]
struct TableRows {
    kind: Table,
    schema: SchemaRef,
    told: Arc<Told>,
}

impl PartitionStream for TableRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut stream = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.schema), 2);
        let (out, told, kind) = (stream.tx(), Arc::clone(&self.told), self.kind);
        stream.spawn_blocking(move || {
            give_rows(kind, &told, |rows| {
                Ok(out.blocking_send(rows.take()).is_ok())
            })
        });
        stream.build()
    }
}

fn give_rows(
    kind: Table,
    told: &Told,
    mut give: impl FnMut(&mut Rows) -> Result<bool>,
) -> Result<()> {
    let mut rows = Rows::new(columns_of(kind.name()).unwrap_or_default());
    match kind {
        Table::Attempts => {
            for diagnosed in told.report.diagnosis.listed(ListingOrder::ByStart) {
                attempts::push(&mut rows, FlatAttempt::of(&told.report, &*diagnosed?))?;
                if rows.len() >= ROWS_AT_ONCE && !give(&mut rows)? {
                    return Ok(());
                }
            }
        }
        Table::Findings => findings::push_all(&mut rows, &told.report)?,
        Table::Captures => captures::push_all(&mut rows, told)?,
        // They are read anew: see `Packets`.
        Table::Packets => {}
    }
    give(&mut rows)?;
    Ok(())
}
