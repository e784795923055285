//! What can be typed.
#![expect(
    clippy::doc_markdown,
    reason = "these comments are what --help says, to people"
)]

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Into so many parts flows are divided on a cluster, unless told otherwise: each is a task.
pub(super) const PARTS_OF_CLUSTER: NonZeroU32 = NonZeroU32::MIN.saturating_add(15);

/// So many tasks read captures on a cluster, unless told otherwise.
pub(super) const SCANS_OF_CLUSTER: usize = 16;

/// tcpwhy for many captures and many machines: the same verdicts, on DataFusion and Ballista
#[derive(Debug, Parser)]
#[command(name = "tcpwhy-fleet", version, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Report on captures of any size, as `tcpwhy read` does
    Read(ReadArguments),
    /// Ask captures in SQL: attempts('DIR'), findings('DIR'), captures('DIR'), packets('DIR')
    Sql(SqlArguments),
    /// Write the attempts as Parquet, for DuckDB, Spark and pandas
    Export(ExportArguments),
    /// Have the work done by executors
    Scheduler(SchedulerArguments),
    /// Work for a scheduler
    Executor(ExecutorArguments),
}

impl Command {
    /// Whether it is a process that goes on.
    pub(super) fn is_of_cluster(&self) -> bool {
        matches!(self, Self::Scheduler(_) | Self::Executor(_))
    }
}

/// How and where the work is done.
#[derive(Args, Debug)]
pub(super) struct FleetArguments {
    /// Have it done on a cluster, by the scheduler at HOST:PORT
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) scheduler: Option<String>,
    /// Divide flows into N parts, each a task [default: cores; 16 on a cluster]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) partitions: Option<NonZeroU32>,
    /// Read captures in N tasks [default: a quarter of the cores; 16 on a cluster]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) scans: Option<NonZeroU32>,
    /// Let sorting take so much memory, then spill: 500M, 4G [default: no bound]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory: Option<u64>,
    /// Spill, and put attempts aside, in this folder [default: TMPDIR, else /tmp]
    #[arg(long, value_name = "DIR")]
    pub(super) spill: Option<PathBuf>,
    /// For how long silence must be watched before it means something
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    pub(super) patience: Duration,
}

#[derive(Args, Debug)]
pub(super) struct ReadArguments {
    /// Files, folders, patterns, and s3://, gs:// or az:// addresses
    #[arg(required = true, value_name = "PLACE")]
    pub(super) places: Vec<String>,
    /// How the report is written
    #[arg(short = 'F', long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Write it into this file
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// List so many attempts singly, 0 for all [default: 1000 for people, 100000 for programs]
    #[arg(long, value_name = "N")]
    pub(super) max_attempts: Option<usize>,
    /// Name the SHA-256 of every capture
    #[arg(long)]
    pub(super) hash: bool,
    #[command(flatten)]
    pub(super) fleet: FleetArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: everything, one document
    Json,
    /// To look at and to hand over: one page that loads nothing
    Html,
    /// For a ticket
    Markdown,
    /// For programs: everything, each attempt on a line of its own
    Ndjson,
    /// For spreadsheets: one attempt a row
    Csv,
    /// Elastic Common Schema: each attempt and finding on a line of its own
    Ecs,
}

#[derive(Args, Debug)]
pub(super) struct SqlArguments {
    /// What is asked; without it, questions are typed one after the other
    #[arg(value_name = "QUERY")]
    pub(super) query: Option<String>,
    /// Where the tables come from that are named without a place; the views are over these
    #[arg(long = "from", value_name = "PLACE")]
    pub(super) places: Vec<String>,
    /// How the result is written
    #[arg(short = 'F', long, value_enum, default_value_t = ResultFormat::Table)]
    pub(super) format: ResultFormat,
    /// Write it into this file
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) fleet: FleetArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ResultFormat {
    /// For people
    Table,
    /// One object a line
    Json,
    /// With a header
    Csv,
    /// Needs --output
    Parquet,
    /// Arrow's streaming format
    Arrow,
}

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    /// Files, folders, patterns, and s3://, gs:// or az:// addresses
    #[arg(required = true, value_name = "PLACE")]
    pub(super) places: Vec<String>,
    /// Write into this folder, which must be empty or not exist
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Which attempts' columns name the folders below; day is that of the attempt's start
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(super) partition_by: Vec<String>,
    #[command(flatten)]
    pub(super) fleet: FleetArguments,
}

#[derive(Args, Debug)]
pub(super) struct SchedulerArguments {
    /// Listen there
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    pub(super) bind: SocketAddr,
    /// The name by which executors reach it
    #[arg(long, value_name = "HOST")]
    pub(super) external_host: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct ExecutorArguments {
    /// Work for the scheduler at HOST:PORT
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) scheduler: String,
    /// Let others fetch results there
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50051")]
    pub(super) bind: SocketAddr,
    /// Let the scheduler reach it on this port
    #[arg(long, value_name = "PORT", default_value_t = 50052)]
    pub(super) grpc_port: u16,
    /// The name by which the others reach it
    #[arg(long, value_name = "HOST")]
    pub(super) external_host: Option<String>,
    /// Do N tasks at once [default: cores]
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub(super) tasks: Option<NonZeroU32>,
    /// Let sorting take so much memory, then spill: 500M, 4G [default: 70 % of what there is]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(super) memory: Option<u64>,
    /// Keep results in this folder until they are fetched
    #[arg(long, value_name = "DIR", default_value = "tcpwhy-fleet-work")]
    pub(super) folder: PathBuf,
}

fn at_least_one(typed: &str) -> Result<NonZeroU32, String> {
    let number: u32 = typed
        .parse()
        .map_err(|_| format!("'{typed}' is no number"))?;
    NonZeroU32::new(number)
        .filter(|number| number.get() <= 4096)
        .ok_or_else(|| "from 1 to 4096".to_owned())
}

/// `500M`, `4G`, or bytes.
fn size(typed: &str) -> Result<u64, String> {
    let wrong = || format!("'{typed}' is no size: 500M, 4G");
    let (digits, unit) = match typed.strip_suffix(['K', 'M', 'G', 'T']) {
        Some(digits) => (digits, typed.get(digits.len()..).unwrap_or_default()),
        None => (typed, ""),
    };
    let shift = match unit {
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => 0,
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(1_u64 << shift).ok_or_else(wrong)?;
    if bytes < 1 << 20 {
        return Err("at least 1M".to_owned());
    }
    Ok(bytes)
}

fn seconds(typed: &str) -> Result<Duration, String> {
    let seconds: f64 = typed
        .trim_end_matches('s')
        .parse()
        .map_err(|_| format!("'{typed}' is no number of seconds"))?;
    if (0.001..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("from 0.001 to 3600 seconds".to_owned())
    }
}
