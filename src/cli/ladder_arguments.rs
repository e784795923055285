//! What can be typed behind `ladder`.

use std::ffi::OsString;

use clap::Args;

use super::arguments::{parse_max_flows, parse_patience};
use super::shared_arguments::MessageArguments;
use crate::decode::TunnelPort;
use crate::handshake::TrackerSettings;

/// What `ladder` takes.
#[derive(Debug, Args)]
pub(super) struct LadderArguments {
    /// The captures, as for `tcpwhy read`, and behind them the number of the attempt
    ///
    /// Without a file, standard input is read. Places as for `tcpwhy compare`, and behind them the
    /// number of the connect there, draw that with a lane for each place.
    #[arg(value_name = "FILE... ID", required = true)]
    pub(super) words: Vec<OsString>,

    /// Use only packets that this libpcap expression lets through, as for `tcpwhy read`
    #[arg(short, long, value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,

    /// How long silence must be watched to count, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = parse_patience)]
    pub(super) patience: std::time::Duration,

    /// Follow so many undecided attempts at once, as for `tcpwhy read`
    #[arg(long, value_name = "N", default_value_t = TrackerSettings::default().open_attempts, value_parser = parse_max_flows)]
    pub(super) max_flows: usize,

    /// The captures hold nothing but what was dropped, as for `tcpwhy read`
    #[arg(long)]
    pub(super) drops_only: bool,

    /// There is a tunnel on this port of UDP, as for `tcpwhy read`
    #[arg(long, value_name = "PORT=TUNNEL")]
    pub(super) tunnel: Vec<TunnelPort>,

    /// Draw with ASCII characters only
    ///
    /// Default where the locale (`LC_ALL`, `LC_CTYPE`, `LANG`) is not UTF-8.
    #[arg(long)]
    pub(super) ascii: bool,

    /// Show times in UTC
    ///
    /// Default unless the ladder goes to a terminal.
    #[arg(long, conflicts_with = "local")]
    pub(super) utc: bool,

    /// Show times in this host's time zone
    ///
    /// Default when the ladder goes to a terminal.
    #[arg(long)]
    pub(super) local: bool,

    /// Show names beside addresses, as by default
    ///
    /// They come from the capture's own DNS answers; nothing is ever looked up.
    #[arg(long, overrides_with = "no_names")]
    pub(super) names: bool,

    /// Show addresses only
    #[arg(short = 'n', long)]
    pub(super) no_names: bool,

    #[command(flatten)]
    pub(super) messages: MessageArguments,
}
