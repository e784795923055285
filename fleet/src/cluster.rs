//! The processes of a cluster: Ballista's scheduler and executor, which know our operators.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use ballista_core::extension::SessionConfigExt;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use datafusion::prelude::SessionConfig;

use crate::plan::FleetCodec;

/// After so many seconds without a sign of life an executor is given up, and its work done anew.
const EXECUTOR_TIMEOUT_SECONDS: u64 = 20;

/// How often an executor says that it is there.
const HEARTBEAT_SECONDS: u64 = 5;

/// Runs a scheduler until it is ended.
///
/// # Errors
///
/// When it cannot listen there.
pub(crate) async fn schedule(
    bind: SocketAddr,
    external_host: Option<String>,
) -> anyhow::Result<()> {
    let host = external_host.unwrap_or_else(|| match bind.ip() {
        ip if ip.is_unspecified() => "localhost".to_owned(),
        ip => ip.to_string(),
    });
    let config = SchedulerConfig {
        bind_host: bind.ip().to_string(),
        bind_port: bind.port(),
        external_host: host,
        executor_timeout_seconds: EXECUTOR_TIMEOUT_SECONDS,
        expire_dead_executor_interval_seconds: HEARTBEAT_SECONDS,
        override_config_producer: Some(Arc::new(config)),
        override_physical_codec: Some(Arc::new(FleetCodec::default())),
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await?;
    let served = start_server(cluster, bind, Arc::new(config)).await;
    served.with_context(|| format!("cannot be a scheduler on {bind}"))
}

/// What an executor is told.
#[derive(Clone, Debug)]
pub(crate) struct ExecutorSettings {
    /// `host:port`.
    pub(crate) scheduler: (String, u16),
    /// Where other executors fetch its results, and where the scheduler reaches it.
    pub(crate) bind: SocketAddr,
    pub(crate) grpc_port: u16,
    pub(crate) external_host: Option<String>,
    /// How many tasks at once.
    pub(crate) tasks: usize,
    /// How much memory sorting may take, in bytes; `None` for 70 % of what there is.
    pub(crate) memory_bytes: Option<u64>,
    /// Where results wait for whoever fetches them.
    pub(crate) folder: PathBuf,
}

/// Works for a scheduler until it is ended.
///
/// # Errors
///
/// When it cannot listen, or does not reach the scheduler.
pub(crate) async fn execute(settings: ExecutorSettings) -> anyhow::Result<()> {
    std::fs::create_dir_all(&settings.folder)
        .with_context(|| format!("cannot work in {}", settings.folder.display()))?;
    // It would say so in its log only, and end as if all were well.
    for port in [settings.bind.port(), settings.grpc_port] {
        let address = SocketAddr::new(settings.bind.ip(), port);
        std::net::TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {address}"))?;
    }
    let (scheduler_host, scheduler_port) = settings.scheduler;
    let of_scheduler = format!("{scheduler_host}:{scheduler_port}");
    let config = ExecutorProcessConfig {
        bind_host: settings.bind.ip().to_string(),
        external_host: settings.external_host,
        port: settings.bind.port(),
        grpc_port: settings.grpc_port,
        scheduler_host,
        scheduler_port,
        vcores: settings.tasks,
        memory_pool_size: settings.memory_bytes,
        work_dir: Some(settings.folder.to_string_lossy().into_owned()),
        executor_heartbeat_interval_seconds: HEARTBEAT_SECONDS,
        override_config_producer: Some(Arc::new(config)),
        override_physical_codec: Some(Arc::new(FleetCodec::default())),
        ..ExecutorProcessConfig::default()
    };
    let worked = start_executor_process(Arc::new(config)).await;
    worked.with_context(|| format!("cannot work for the scheduler at {of_scheduler}"))
}

fn config() -> SessionConfig {
    SessionConfig::new_with_ballista()
        .with_ballista_physical_extension_codec(Arc::new(FleetCodec::default()))
}
