//! What `diff` takes on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::arguments::ColorChoice;
use super::completers;

/// What `diff` takes.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The earlier report, made with --format json; - is standard input
    ///
    /// A directory stands for all reports (*.json) in it, taken together.
    #[arg(value_name = "A.json", add = ArgValueCompleter::new(completers::reports))]
    pub(super) before: PathBuf,

    /// The later report
    #[arg(value_name = "B.json", add = ArgValueCompleter::new(completers::reports))]
    pub(super) after: PathBuf,

    /// Format of what is told
    #[arg(short = 'F', long, value_enum, default_value_t = DiffFormat::Text)]
    pub(super) format: DiffFormat,

    /// End with status 1 when there is such a change
    #[arg(long, value_enum, value_name = "CHANGE", default_value_t = DiffFailOn::NewlyFailing)]
    pub(super) fail_on: DiffFailOn,

    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,

    /// Show what is longer than the screen without a pager
    #[arg(long)]
    pub(super) no_pager: bool,
}

/// Formats of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFormat {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a pull request or a ticket
    Markdown,
    /// One page that loads nothing
    Html,
}

/// What makes `diff` end with status 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFailOn {
    /// A service that is newly failing
    NewlyFailing,
    /// One that is newly failing or worse
    Worse,
    /// One that is newly failing, worse, or fails for another cause
    OtherCause,
}
