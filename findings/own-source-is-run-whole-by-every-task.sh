#!/bin/bash
# A source of rows that is written as an ExecutionPlan of its own has four partitions, each of which gives
# its number once. DataFusion gives four rows. One would expect Ballista, which runs the same plan in tasks
# of one partition or several, to give the same four: each task asks its plan for its partitions only.
# Ballista 55.0.0 cuts a task's share out of the sources that it knows (files, memory, a shuffle). Any other
# is left whole, every task runs all of it: four tasks give sixteen rows, and which of them come how often
# differs from run to run. No error is told, and nothing is logged. The same operator above a source in
# memory, whose rows say what to do, is shared out as expected.
#
# It builds Ballista from the registry in a temporary folder: some 10 minutes on two cores, 3 GB.
set -euo pipefail
command -v cargo >/dev/null || { echo "needs cargo"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/src"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "own-source"
version = "0.1.0"
edition = "2024"

[dependencies]
async-trait = "0.1"
ballista-core = { version = "=55.0.0", default-features = false }
ballista-executor = { version = "=55.0.0", default-features = false, features = ["arrow-ipc-optimizations"] }
ballista-scheduler = { version = "=55.0.0", default-features = false }
datafusion = { version = "=55.2.0", default-features = false, features = ["sql"] }
datafusion-proto = { version = "=55.2.0", default-features = false }
futures = "0.3"
tokio = { version = "1", features = ["macros", "rt-multi-thread", "time"] }

[profile.dev]
debug = false
TOML
cat >"$work/src/main.rs" <<'RUST'
use std::fmt;
use std::sync::Arc;

use ballista_core::config::BallistaConfig;
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use ballista_core::serde::BallistaPhysicalExtensionCodec;
use ballista_core::serde::protobuf::scheduler_grpc_client::SchedulerGrpcClient;
use datafusion::arrow::array::UInt32Array;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{
    Boundedness, EmissionType, ReplaceChildrenOptions,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, collect, common,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use datafusion_proto::protobuf::PhysicalPlanNode;

/// Four partitions, each of one row: its number.
#[derive(Debug)]
struct Numbers(Arc<PlanProperties>);

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new("partition", DataType::UInt32, false)]))
}

impl Numbers {
    fn new() -> Self {
        Self(Arc::new(PlanProperties::new(
            EquivalenceProperties::new(schema()),
            Partitioning::UnknownPartitioning(4),
            EmissionType::Incremental,
            Boundedness::Bounded,
        )))
    }
}

impl DisplayAs for Numbers {
    fn fmt_as(&self, _: DisplayFormatType, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Numbers")
    }
}

impl ExecutionPlan for Numbers {
    fn name(&self) -> &'static str {
        "Numbers"
    }
    fn properties(&self) -> &Arc<PlanProperties> {
        &self.0
    }
    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }
    fn replace_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }
    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }
    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }
    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let number = UInt32Array::from(vec![u32::try_from(partition).unwrap()]);
        let batch = RecordBatch::try_new(schema(), vec![Arc::new(number)])?;
        let rows = futures::stream::iter([Ok(batch)]);
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema(), rows)))
    }
}

/// Carries it to scheduler and executor.
#[derive(Debug, Default)]
struct Codec(BallistaPhysicalExtensionCodec);

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if bytes == b"numbers" {
            return Ok(Arc::new(Numbers::new()));
        }
        self.0.try_decode(bytes, inputs, context, converter)
    }
    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if node.is::<Numbers>() {
            bytes.extend_from_slice(b"numbers");
            return Ok(());
        }
        self.0.try_encode(node, bytes, converter)
    }
}

fn told(batches: &[RecordBatch]) -> String {
    let mut numbers: Vec<u32> = Vec::new();
    for batch in batches {
        let column = batch.column(0).as_any().downcast_ref::<UInt32Array>();
        numbers.extend(column.unwrap().values().iter());
    }
    numbers.sort_unstable();
    format!("{} rows: {numbers:?}", numbers.len())
}

#[tokio::main]
async fn main() -> Result<()> {
    let plan = || Arc::new(CoalescePartitionsExec::new(Arc::new(Numbers::new()))) as Arc<dyn ExecutionPlan>;
    let here = collect(plan(), SessionContext::new().task_ctx()).await?;
    println!("DataFusion: {}", told(&here));
    let config = SessionConfig::new_with_ballista()
        .with_ballista_physical_extension_codec(Arc::new(Codec::default()));
    let state = SessionStateBuilder::new().with_default_features().with_config(config.clone()).build();
    let failed = |error: &dyn fmt::Display| DataFusionError::Execution(error.to_string());
    let at = ballista_scheduler::standalone::new_standalone_scheduler_from_state(&state).await;
    let url = format!("http://localhost:{}", at.map_err(|error| failed(&error))?.port());
    let scheduler = loop {
        match SchedulerGrpcClient::connect(url.clone()).await {
            Ok(scheduler) => break scheduler,
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    let executor = ballista_executor::new_standalone_executor_from_state(scheduler, 1, &state).await;
    executor.map_err(|error| failed(&error))?;
    let rows = execute_physical_plan::<PhysicalPlanNode>(
        url,
        &BallistaConfig::default(),
        plan(),
        &Codec::default(),
        "own-source".to_owned(),
        config,
    )
    .await?;
    println!("Ballista:   {}", told(&common::collect(rows).await?));
    Ok(())
}
RUST
cd "$work"
cargo run --quiet >out 2>err || { tail -n 20 err; exit 2; }
cat out
grep -qx 'DataFusion: 4 rows: .0, 1, 2, 3.' out && grep -q '^Ballista:   16 rows: ' out || { echo "it is another now"; exit 1; }
echo "as described"
