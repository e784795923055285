//! Packets into facts: the very tracker of `tcpwhy read`, on a part of the flows.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, OrderingRequirements, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricBuilder, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::{StreamExt, TryStreamExt};
use tcpwhy::analysis::part::Shard;
use tcpwhy::decode::{RowBatch, RowDecoder, RowReceiver};
use uuid::Uuid;

use super::order::capture_order;
use super::question::Question;
use super::wire::{
    FACTS, PACKETS, PacketRows, Piece, SCANNED, TRACKED, clock_of_scanned, facts_batch,
};

/// Tracks the flows of each of its partitions, and gives what it found out at their end.
#[derive(Debug)]
pub(crate) struct HandshakeExec {
    question: Arc<Question>,
    /// Into how many parts all flows are divided: a task of a cluster sees some of them.
    parts: NonZeroU32,
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl HandshakeExec {
    pub(crate) fn new(
        question: Question,
        parts: NonZeroU32,
        input: Arc<dyn ExecutionPlan>,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&FACTS)),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Self {
            question: Arc::new(question),
            parts,
            input,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    pub(crate) fn question(&self) -> (&Question, NonZeroU32) {
        (&self.question, self.parts)
    }

    fn on(&self, children: &[Arc<dyn ExecutionPlan>]) -> Result<Arc<dyn ExecutionPlan>> {
        let [input] = children else {
            let message = "HandshakeExec has one input".to_owned();
            return Err(DataFusionError::Internal(message));
        };
        let question = Question::clone(&self.question);
        Ok(Arc::new(Self::new(question, self.parts, Arc::clone(input))))
    }
}

impl DisplayAs for HandshakeExec {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "HandshakeExec: patience={:?}",
            self.question.patience
        )
    }
}

impl ExecutionPlan for HandshakeExec {
    fn name(&self) -> &'static str {
        "HandshakeExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![capture_order(&PACKETS).ok().map(OrderingRequirements::from)]
    }

    /// The packets are divided by flow already. That is not asked for as a requirement: a planner of
    /// stages sees no division behind a shuffle, and would divide them once more within each task.
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
        let part = Part::new(&self.question, self.parts);
        let packets = MetricBuilder::new(&self.metrics).counter("packets_tracked", partition);
        let input = self.input.execute(partition, context)?;
        let facts = futures::stream::try_unfold(Some((input, part)), move |state| {
            let packets = packets.clone();
            async move {
                let Some((mut input, mut part)) = state else {
                    return Ok(None);
                };
                while let Some(batch) = input.next().await.transpose()? {
                    packets.add(batch.num_rows());
                    let passed_on = part.take(&batch)?;
                    if !passed_on.is_empty() {
                        return Ok(Some((facts_batch(&passed_on)?, Some((input, part)))));
                    }
                }
                let found = part.finish()?;
                Ok(Some((facts_batch(&found)?, None)))
            }
        });
        let facts = facts.into_stream();
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&FACTS),
            facts,
        )))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// One part of the flows.
struct Part {
    /// A task of a cluster counts its partitions from 0: no number of its own tells parts apart.
    name: u64,
    shard: Shard,
    receiver: RowReceiver,
    batch: RowBatch,
}

impl Part {
    /// One of so many.
    fn new(question: &Question, of: NonZeroU32) -> Self {
        let decoder = RowDecoder::default();
        let receiver = RowReceiver::new(Arc::clone(decoder.contexts()), decoder.hasher().clone());
        let shard = Shard::new(
            &question.settings(),
            &decoder,
            of,
            question.leaves_out_third_step,
        );
        let (name, _) = Uuid::new_v4().as_u64_pair();
        Self {
            name,
            shard,
            receiver,
            batch: RowBatch::default(),
        }
    }

    /// Tracks packets; what came from scans for whoever comes after is passed on.
    fn take(&mut self, batch: &RecordBatch) -> Result<Vec<Piece>> {
        let rows = PacketRows::of(batch)?;
        let (mut passed_on, mut ended) = (Vec::new(), None);
        self.receiver.begin(&mut self.batch);
        for index in 0..batch.num_rows() {
            let (row, beside) = (rows.row(index)?, rows.beside.value(index));
            if rows.kinds.value(index) == SCANNED {
                ended = ended.max(Some(clock_of_scanned(row)));
                passed_on.push(Piece {
                    kind: SCANNED,
                    task: rows.sources.value(index).into(),
                    number: rows.numbers.value(index),
                    bytes: beside.to_vec(),
                });
                continue;
            }
            let added = self
                .receiver
                .add(rows.clock(index), row, beside, &mut self.batch);
            added.map_err(|error| DataFusionError::External(error.into()))?;
        }
        self.shard.take(&self.batch);
        if let Some(at) = ended {
            self.shard.watched_until(at);
        }
        Ok(passed_on)
    }

    fn finish(self) -> Result<Vec<Piece>> {
        let bytes = self.shard.end().to_bytes();
        let bytes = bytes.map_err(|error| DataFusionError::External(error.into()))?;
        Ok(Piece::pieces(TRACKED, self.name, &bytes))
    }
}
