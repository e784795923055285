//! Captures into rows: one task for each group of captures, by the same code as `tcpwhy read`.

use std::fmt;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, BinaryArray, UInt32Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::cast::{as_binary_array, as_uint32_array};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tcpwhy::capture::CaptureSet;
use tokio::runtime::Handle;

use super::order::capture_order;
use super::question::{NumberedLocation, Question};
use super::scan::Scan;
use super::wire::{PACKETS, PACKETS_IN_BATCH, PacketColumns};

/// So many batches wait for whoever takes them: reading is held up by whoever is slower.
const WAITING_BATCHES: usize = 2;

/// How captures are read, the same for all tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScanSettings {
    pub(crate) question: Question,
    /// Whether what divides the packets keeps their order, so that nothing has to be sorted.
    pub(crate) keeps_order: bool,
}

/// Reads captures: gives the packets about connects, in the order of the capture, and at the end
/// what else was found out.
///
/// Which captures are read in which task comes as rows of its input ([`captures_of_tasks`]). As
/// something of its own it would be read whole by every task of a cluster: of what a stage begins
/// with, a scheduler gives a task its part only where it knows how.
#[derive(Debug)]
pub(crate) struct PacketScanExec {
    settings: Arc<ScanSettings>,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// The captures of each task, as what a [`PacketScanExec`] reads first.
pub(crate) fn captures_of_tasks(
    groups: &[Vec<NumberedLocation>],
) -> Result<Arc<dyn ExecutionPlan>> {
    let mut partitions = Vec::with_capacity(groups.len());
    for (task, group) in (0_u32..).zip(groups) {
        let captures = postcard::to_allocvec(group);
        let captures = captures.map_err(|error| DataFusionError::External(error.into()))?;
        let columns: Vec<ArrayRef> = vec![
            Arc::new(UInt32Array::from(vec![task])),
            Arc::new(BinaryArray::from_vec(vec![captures.as_slice()])),
        ];
        partitions.push(vec![RecordBatch::try_new(Arc::clone(&TASKS), columns)?]);
    }
    Ok(MemorySourceConfig::try_new_exec(
        &partitions,
        Arc::clone(&TASKS),
        None,
    )?)
}

/// The number of a task, and its captures.
static TASKS: LazyLock<SchemaRef> = LazyLock::new(|| {
    Arc::new(Schema::new(vec![
        Field::new("task", DataType::UInt32, false),
        Field::new("captures", DataType::Binary, false),
    ]))
});

/// What the input says is to be read.
fn tasks_in(batch: &RecordBatch) -> Result<Vec<(u32, Vec<NumberedLocation>)>> {
    let [tasks, captures] = batch.columns() else {
        let message = "tasks came with other columns than this version knows".to_owned();
        return Err(DataFusionError::Execution(message));
    };
    let (tasks, captures) = (as_uint32_array(tasks)?, as_binary_array(captures)?);
    let task = |index| {
        let captures = postcard::from_bytes(captures.value(index));
        let captures = captures.map_err(|error| DataFusionError::External(error.into()))?;
        Ok((tasks.value(index), captures))
    };
    (0..batch.num_rows()).map(task).collect()
}

impl PacketScanExec {
    pub(crate) fn new(settings: ScanSettings, input: Arc<dyn ExecutionPlan>) -> Result<Self> {
        // Each task has its packets in order. Who is told so takes the order of all for given, and
        // puts nothing in order behind a shuffle that has lost it.
        let order = settings
            .keeps_order
            .then(|| capture_order(&PACKETS))
            .transpose()?;
        let orders = EquivalenceProperties::new_with_orderings(Arc::clone(&PACKETS), order);
        let properties = PlanProperties::new(
            orders,
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            settings: Arc::new(settings),
            input,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }

    pub(crate) fn settings(&self) -> &ScanSettings {
        &self.settings
    }

    fn on(&self, children: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = children else {
            let message = "PacketScanExec has one input".to_owned();
            return Err(DataFusionError::Internal(message));
        };
        let settings = ScanSettings::clone(&self.settings);
        Ok(Arc::new(Self::new(settings, Arc::clone(input))?))
    }
}

impl DisplayAs for PacketScanExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = if self.settings.keeps_order {
            "kept"
        } else {
            "lost"
        };
        write!(formatter, "PacketScanExec: order={order}")
    }
}

impl ExecutionPlan for PacketScanExec {
    fn name(&self) -> &'static str {
        "PacketScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.on(&children)
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.on(&children)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let settings = Arc::clone(&self.settings);
        let packets = MetricBuilder::new(&self.metrics).output_rows(partition);
        let schema = Arc::clone(&PACKETS);
        let mut stream = RecordBatchReceiverStreamBuilder::new(schema, WAITING_BATCHES);
        let out = stream.tx();
        let mut input = self.input.execute(partition, context)?;
        let runtime = Handle::current();
        stream.spawn_blocking(move || {
            while let Some(batch) = runtime.block_on(input.next()).transpose()? {
                for (task, captures) in tasks_in(&batch)? {
                    scan(&settings.question, (task, &captures), &runtime, |columns| {
                        packets.add(columns.len());
                        // Nobody is there any more where it cannot be sent: the query has ended.
                        Ok(out.blocking_send(columns.take()).is_ok())
                    })?;
                }
            }
            Ok(())
        });
        Ok(stream.build())
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// Reads the captures of one task; `give` says whether there is somebody to give more to.
fn scan(
    question: &Question,
    (task, locations): (u32, &[NumberedLocation]),
    runtime: &Handle,
    mut give: impl FnMut(&mut PacketColumns) -> Result<bool>,
) -> Result<()> {
    let mut sources = Vec::with_capacity(locations.len());
    for numbered in locations {
        let source = numbered.location.source(runtime);
        sources.push(source.map_err(|error| DataFusionError::External(error.into()))?);
    }
    let first = locations.first().map_or(0, |first| first.number);
    let opened = CaptureSet::open_sources(sources, question.hashes);
    let captures = opened.captures.numbered_from(first);
    let mut scan = Scan::new(captures, question);
    let mut columns = PacketColumns::default();
    while scan.read_into(&mut columns) {
        if columns.len() >= PACKETS_IN_BATCH && !give(&mut columns)? {
            return Ok(());
        }
    }
    let (clock, scanned) = scan.finish()?;
    columns.push_scanned(task, clock, &scanned);
    give(&mut columns)?;
    Ok(())
}
