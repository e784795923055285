//! Asking: on this machine, or on many.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use ballista_core::config::BallistaConfig;
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::{StreamExt, TryStreamExt};
use tcpwhy::analysis::SpoolSettings;
use tcpwhy::diagnosis::Diagnosis;
use tcpwhy::report::CaptureTotals;
use tokio::net::TcpStream;

use crate::catalogue::Catalogue;
use crate::plan::{FleetCodec, Gathered, Question, ScanSettings, judge, pieces_of, plan_for};
use crate::storage::find;

/// So many attempts are kept in memory; more are put aside in a file.
const KEPT_IN_MEMORY: usize = 65_536;

/// Where the work is done, and with what.
#[derive(Clone, Debug)]
pub struct FleetSettings {
    /// Into how many parts flows are divided.
    pub parts: NonZeroU32,
    /// How many tasks read captures.
    pub scans: usize,
    /// How much memory sorting may take before it spills, in bytes; `None` for as much as it wants.
    pub memory_bytes: Option<usize>,
    /// Where it spills, and where attempts are put aside.
    pub folder: PathBuf,
    /// The scheduler that has the work done on other machines, as `http://host:port`.
    pub scheduler: Option<String>,
}

impl FleetSettings {
    /// All cores of this machine. One task that reads has its packets in order and keeps some three
    /// that track busy.
    pub fn embedded() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            parts: u32::try_from(cores)
                .ok()
                .and_then(NonZeroU32::new)
                .unwrap_or(NonZeroU32::MIN),
            scans: cores.div_ceil(4),
            memory_bytes: None,
            folder: std::env::temp_dir(),
            scheduler: None,
        }
    }
}

/// What captures say.
#[derive(Debug)]
pub struct Answer {
    /// What was read.
    pub capture: CaptureTotals,
    /// What it says.
    pub diagnosis: Diagnosis,
    /// What could not be read, a line each.
    pub problems: Vec<String>,
}

/// Asks questions about captures.
pub struct Fleet {
    settings: FleetSettings,
    session: SessionContext,
}

impl Fleet {
    /// With these settings.
    ///
    /// # Errors
    ///
    /// When there is no room where it may spill.
    pub fn new(settings: FleetSettings) -> Result<Self> {
        let folders = DiskManagerMode::Directories(vec![settings.folder.clone()]);
        let mut runtime = RuntimeEnvBuilder::new()
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(folders));
        let parts = settings.parts.get() as usize;
        let mut config = SessionConfig::new()
            .with_target_partitions(parts)
            .with_information_schema(true);
        if let Some(bytes) = settings.memory_bytes {
            // Each part gets its share: none has to fail because others were first.
            runtime = runtime.with_memory_pool(Arc::new(FairSpillPool::new(bytes)));
            // Each part sets aside what it needs to merge what it spilled: together they must leave
            // something to sort in.
            let for_merging =
                (bytes / parts / 4).min(config.options().execution.sort_spill_reservation_bytes);
            config = config.with_sort_spill_reservation_bytes(for_merging);
        }
        std::fs::read_dir(&settings.folder).map_err(|error| {
            let folder = settings.folder.display();
            DataFusionError::Execution(format!("cannot spill into {folder}: {error}"))
        })?;
        let session = SessionContext::new_with_config_rt(config, runtime.build_arc()?);
        Ok(Self { settings, session })
    }

    /// Where SQL is asked.
    pub fn session(&self) -> &SessionContext {
        &self.session
    }

    /// Reads everything at these places, and judges it.
    ///
    /// # Errors
    ///
    /// When there is no capture, or the work cannot be done; what can be read of the captures is
    /// read whatever the others are.
    pub async fn ask(&self, typed: &[String], question: &Question) -> Result<Answer> {
        let (stored, errors) = find(typed).await;
        let catalogue = Catalogue::of(stored).await;
        let mut problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
        problems.extend(catalogue.problems.iter().cloned());
        if catalogue.captures.is_empty() {
            let none = format!("no capture at {}", typed.join(", "));
            let first = problems.into_iter().next().unwrap_or(none);
            return Err(DataFusionError::Execution(first));
        }
        let question = Question {
            leaves_out_third_step: catalogue.leaves_out_third_step,
            ..question.clone()
        };
        let groups = catalogue.groups(self.settings.scans);
        let scan = ScanSettings {
            question: question.clone(),
            keeps_order: groups.len() == 1 && self.settings.scheduler.is_none(),
        };
        let plan = plan_for(scan, &groups, self.settings.parts)?;
        let gathered = match self.gather(Arc::clone(&plan)).await {
            // A worker that died with facts that nobody had fetched yet: the others do it again.
            Err(_) if self.settings.scheduler.is_some() => self.gather(plan).await,
            gathered => gathered,
        }?;
        let spool = question.listed_attempts.is_none().then(|| SpoolSettings {
            kept_in_memory: KEPT_IN_MEMORY,
            order: question.order.listing(),
            folder: self.settings.folder.clone(),
        });
        let (capture, diagnosis) = judge(gathered, &question, spool.as_ref())?;
        Ok(Answer {
            capture,
            diagnosis,
            problems,
        })
    }

    async fn gather(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Gathered> {
        let mut facts = self.execute(plan).await?;
        let mut gathered = Gathered::default();
        while let Some(batch) = facts.next().await.transpose()? {
            pieces_of(&batch)?
                .into_iter()
                .for_each(|piece| gathered.add(piece));
        }
        Ok(gathered)
    }

    async fn execute(&self, plan: Arc<dyn ExecutionPlan>) -> Result<SendableRecordBatchStream> {
        let Some(scheduler) = &self.settings.scheduler else {
            return execute_stream(plan, self.session.task_ctx());
        };
        // A refusal is told here in one word; what comes wrapped in all layers of the client is not.
        let address = scheduler.trim_start_matches("http://");
        if let Err(error) = TcpStream::connect(address).await {
            let message = format!("the scheduler at {address} cannot be reached: {error}");
            return Err(DataFusionError::Execution(message));
        }
        let config = SessionConfig::new_with_ballista();
        let facts = execute_physical_plan::<PhysicalPlanNode>(
            scheduler.clone(),
            &BallistaConfig::default(),
            plan,
            &FleetCodec::default(),
            uuid::Uuid::new_v4().to_string(),
            config.with_target_partitions(self.settings.parts.get() as usize),
        )
        .await;
        let facts = facts.map_err(|error| of_cluster(scheduler, &error))?;
        let scheduler = scheduler.clone();
        let schema = facts.schema();
        let facts = facts.map_err(move |error| of_cluster(&scheduler, &error));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, facts)))
    }
}

/// What a cluster says: by whom, and the innermost of what was wrapped on the way.
fn of_cluster(scheduler: &str, error: &DataFusionError) -> DataFusionError {
    let mut innermost: &dyn std::error::Error = error.find_root();
    if let DataFusionError::External(external) = error.find_root() {
        innermost = external.as_ref();
    }
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let address = scheduler.trim_start_matches("http://");
    DataFusionError::Execution(format!("the scheduler at {address}: {innermost}"))
}

impl std::fmt::Debug for Fleet {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Fleet")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
