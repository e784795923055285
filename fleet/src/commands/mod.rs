//! The program's commands.

mod arguments;
mod export;
mod read;
mod sql;

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use arguments::{Arguments, Command, ExecutorArguments, FleetArguments, SchedulerArguments};
use clap::Parser as _;
use datafusion::sql::sqlparser::parser::ParserError;

use crate::cluster::{self, ExecutorSettings};
use crate::fleet::Fleet;

/// How the program ended, as `tcpwhy` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Status {
    Success = 0,
    /// Wrong usage: a command, an option, SQL.
    Usage = 2,
    /// An input could not be read, the output not be written, or the work not be done.
    Input = 3,
}

/// What went wrong, in one line, and how the program ends.
struct Failure {
    message: String,
    hint: Option<String>,
    status: Status,
}

impl Failure {
    fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            status: Status::Usage,
        }
    }

    fn input(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
            status: Status::Input,
        }
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl From<datafusion::error::DataFusionError> for Failure {
    fn from(error: datafusion::error::DataFusionError) -> Self {
        use datafusion::error::DataFusionError;
        let root = error.find_root();
        let is_of_query = matches!(
            root,
            DataFusionError::SQL(..)
                | DataFusionError::Plan(_)
                | DataFusionError::SchemaError(..)
                | DataFusionError::NotImplemented(_)
        );
        let message = match root {
            DataFusionError::Execution(message) | DataFusionError::Plan(message) => message.clone(),
            DataFusionError::External(error) => chain(error.as_ref()),
            DataFusionError::SQL(error, _) => match error.as_ref() {
                ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
                    format!("this is no SQL: {message}")
                }
                ParserError::RecursionLimitExceeded => error.to_string(),
            },
            other => other.strip_backtrace(),
        };
        let message = one_line(&message);
        if is_of_query {
            Self::usage(message)
        } else {
            Self::input(message)
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::input(one_line(&format!("{error:#}")))
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::input(one_line(&error.to_string()))
    }
}

/// An error and what is behind it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        message = format!("{message}: {error}");
        source = error.source();
    }
    message
}

/// Text on one line, however many it came in.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// Does what was typed.
pub fn run() -> ExitCode {
    let typed: Vec<String> = std::env::args().skip(1).collect();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let is_wrong = error.use_stderr();
            return ExitCode::from(if is_wrong {
                Status::Usage
            } else {
                Status::Success
            } as u8);
        }
    };
    // RUST_LOG says what else is told on standard error: of a cluster's processes, what they do.
    let told = if arguments.command.is_of_cluster() {
        "warn"
    } else {
        "off"
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(told)).init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Plans are walked in depth.
        .thread_stack_size(8 << 20)
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return end(Err(error.into())),
    };
    let done = runtime.block_on(runtime.spawn(do_it(arguments, typed)));
    // Reading that nobody waits for any more is not waited for either.
    runtime.shutdown_background();
    end(done.unwrap_or_else(|error| Err(Failure::input(error.to_string()))))
}

fn end(done: Result<Status, Failure>) -> ExitCode {
    let status = match done {
        Ok(status) => status,
        Err(failure) => {
            tell_error(&failure);
            failure.status
        }
    };
    ExitCode::from(status as u8)
}

fn tell_error(failure: &Failure) {
    tell(&format!("tcpwhy-fleet: {}", failure.message));
    if let Some(hint) = &failure.hint {
        tell(&format!("  {hint}"));
    }
}

/// A line on standard error. Where nobody reads it, there is nobody to tell.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Says something beside the answer.
fn warn(message: &str) {
    tell(&format!("tcpwhy-fleet: warning: {message}"));
}

/// Says that something could not be read, while all else is.
fn tell_problem(message: &str) {
    tell(&format!("tcpwhy-fleet: {message}"));
}

async fn do_it(arguments: Arguments, typed: Vec<String>) -> Result<Status, Failure> {
    match arguments.command {
        Command::Read(arguments) => read::run(arguments, typed).await,
        Command::Sql(arguments) => sql::run(arguments).await,
        Command::Export(arguments) => export::run(arguments).await,
        Command::Scheduler(SchedulerArguments {
            bind,
            external_host,
        }) => {
            cluster::schedule(bind, external_host).await?;
            Ok(Status::Success)
        }
        Command::Executor(arguments) => {
            cluster::execute(executor(arguments)?).await?;
            Ok(Status::Success)
        }
    }
}

fn executor(arguments: ExecutorArguments) -> Result<ExecutorSettings, Failure> {
    let scheduler = host_and_port(&arguments.scheduler)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(ExecutorSettings {
        scheduler,
        bind: arguments.bind,
        grpc_port: arguments.grpc_port,
        external_host: arguments.external_host,
        tasks: arguments.tasks.map_or(cores, |tasks| tasks.get() as usize),
        memory_bytes: arguments.memory,
        folder: arguments.folder,
    })
}

fn host_and_port(typed: &str) -> Result<(String, u16), Failure> {
    let parsed = typed.rsplit_once(':').and_then(|(host, port)| {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        Some((host.to_owned(), port.parse().ok()?)).filter(|(host, _)| !host.is_empty())
    });
    parsed.ok_or_else(|| {
        Failure::usage(format!("'{typed}' is no scheduler"))
            .with_hint("say host and port, as in --scheduler s1:50050")
    })
}

/// What a part needs to sort some batches of packets and to merge what it spilled, in bytes.
const LEAST_MEMORY: u64 = 16 << 20;

fn fleet(arguments: &FleetArguments) -> Result<Arc<Fleet>, Failure> {
    let mut settings = crate::FleetSettings::embedded();
    if let Some(scheduler) = &arguments.scheduler {
        let (host, port) = host_and_port(scheduler)?;
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host
        };
        settings.scheduler = Some(format!("http://{host}:{port}"));
        settings.parts = arguments::PARTS_OF_CLUSTER;
        settings.scans = arguments::SCANS_OF_CLUSTER;
    }
    if let Some(parts) = arguments.partitions {
        settings.parts = parts;
    }
    if let Some(scans) = arguments.scans {
        settings.scans = scans.get() as usize;
    }
    settings.memory_bytes = arguments
        .memory
        .map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    let least = u64::from(settings.parts.get()) * LEAST_MEMORY;
    if arguments.memory.is_some_and(|memory| memory < least) {
        let failure = Failure::usage("--memory: too little to sort in, for so many parts");
        let hint = format!("at least {}M, or fewer --partitions", least >> 20);
        return Err(failure.with_hint(hint));
    }
    if let Some(folder) = &arguments.spill {
        settings.folder.clone_from(folder);
    }
    Ok(Arc::new(Fleet::new(settings)?))
}
