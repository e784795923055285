//! What can be typed behind `compare`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::arguments::{parse_max_flows, parse_patience};
use super::ladder_arguments::LadderArguments;
use super::outcome_list::OutcomeList;
use super::shared_arguments::{EndpointArguments, MessageArguments};
use super::time_argument::TimeArgument;
use crate::decode::TunnelPort;
use crate::handshake::TrackerSettings;

/// What `compare` takes.
#[derive(Debug, Args)]
pub(super) struct CompareArguments {
    /// Two to eight places on one path, from the client to the server, and the captures of each
    ///
    /// The files of one place are read as one capture, as `tcpwhy read` does it; - is standard
    /// input. Without names, as in `tcpwhy compare client.pcap server.pcap`, each file is a place,
    /// named as the file, and the order is inferred.
    #[arg(value_name = "NAME=FILE[,FILE...]", required = true)]
    pub(super) places: Vec<String>,

    /// Infer the order of the places from hops and times, whatever order they are named in
    #[arg(long)]
    pub(super) infer_order: bool,

    /// Use only packets that this libpcap expression lets through, as for `tcpwhy read`
    #[arg(short, long, value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,

    /// Format of the report
    #[arg(short = 'F', long, value_enum, default_value_t = CompareFormat::Text)]
    pub(super) format: CompareFormat,

    /// Write the report there, whole or not at all
    ///
    /// Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Also write the packets that prove what is said, one interface for each place
    ///
    /// A pcapng file, whole or not at all: of the connects that are listed and with which something
    /// is wrong, each packet at each place, with a comment that says what it proves.
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Option<PathBuf>,

    /// Replace addresses in the report and in --evidence, at all places alike, as for `tcpwhy read`
    #[arg(long)]
    pub(super) anonymize: bool,

    /// The key for --anonymize: a file with 64 hexadecimal digits
    #[arg(long, value_name = "FILE", requires = "anonymize")]
    pub(super) anonymize_key: Option<PathBuf>,

    /// List so many connects singly, 0 for all
    ///
    /// Those with which something is wrong first. The counts always cover all. Default: 20 for
    /// people, 100000 in JSON.
    #[arg(long, value_name = "N")]
    pub(super) max_attempts: Option<usize>,

    /// List only these outcomes, as in refused,dropped; a list as for `tcpwhy read`
    ///
    /// The outcome is that of the connect, over all places. The counts cover all outcomes.
    #[arg(long, value_name = "LIST")]
    pub(super) outcome: Option<OutcomeList>,

    #[command(flatten)]
    pub(super) endpoints: EndpointArguments,

    /// Only attempts that began then or later, by the clock of the first place
    ///
    /// RFC 3339 (2026-11-20T14:02:11Z), `HH:MM[:SS]` on the day on which the first place's capture
    /// starts, or +SECONDS (also +2m, +1h) from its start.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) since: Option<TimeArgument>,

    /// Only attempts that began before then
    ///
    /// As --since.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) until: Option<TimeArgument>,

    /// How long silence must be watched to count, in seconds, as for `tcpwhy read`
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = parse_patience)]
    pub(super) patience: std::time::Duration,

    /// From how many seconds on a handshake is slow, as for `tcpwhy read`
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_patience)]
    pub(super) slow: std::time::Duration,

    /// Follow so many undecided attempts of each place at once, as for `tcpwhy read`
    #[arg(long, value_name = "N", default_value_t = TrackerSettings::default().open_attempts, value_parser = parse_max_flows)]
    pub(super) max_flows: usize,

    /// There is a tunnel on this port of UDP, as for `tcpwhy read`
    #[arg(long, value_name = "PORT=TUNNEL")]
    pub(super) tunnel: Vec<TunnelPort>,

    /// Read so many places at once at most
    ///
    /// Default: as many as there are cores.
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<std::num::NonZeroUsize>,

    /// End with status 1 when a connect ended so or is in such trouble, as in failed,hung-up
    #[arg(long, value_name = "LIST")]
    pub(super) fail_on: Option<OutcomeList>,

    /// Show times in UTC
    ///
    /// Default unless the report goes to a terminal.
    #[arg(long, conflicts_with = "local")]
    pub(super) utc: bool,

    /// Show times in this host's time zone
    ///
    /// Default when the report goes to a terminal.
    #[arg(long)]
    pub(super) local: bool,

    /// Draw with ASCII characters only
    ///
    /// Default where the locale (`LC_ALL`, `LC_CTYPE`, `LANG`) is not UTF-8.
    #[arg(long)]
    pub(super) ascii: bool,

    #[command(flatten)]
    pub(super) messages: MessageArguments,
}

impl CompareArguments {
    /// For drawing one connect of these places, with what else was typed behind `ladder`.
    pub(super) fn for_ladder(places: Vec<String>, ladder: &LadderArguments) -> Self {
        Self {
            places,
            infer_order: false,
            filter: ladder.filter.clone(),
            format: CompareFormat::Text,
            output: None,
            evidence: None,
            anonymize: false,
            anonymize_key: None,
            max_attempts: None,
            outcome: None,
            endpoints: EndpointArguments::default(),
            since: None,
            until: None,
            patience: ladder.patience,
            slow: TrackerSettings::default().slow,
            max_flows: ladder.max_flows,
            tunnel: ladder.tunnel.clone(),
            threads: None,
            fail_on: None,
            utc: ladder.utc,
            local: ladder.local,
            ascii: ladder.ascii,
            messages: ladder.messages,
        }
    }

    /// The file that the report goes to; `None` for standard output, which `-` stands for as well.
    pub(super) fn report_file(&self) -> Option<&Path> {
        let file = self.output.as_deref();
        file.filter(|path| *path != Path::new("-"))
    }
}

/// Formats of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompareFormat {
    /// For people
    Text,
    /// For programs: everything, one document
    Json,
    /// To look at and to hand over: one page that loads nothing
    Html,
    /// For a ticket: short
    Markdown,
}

impl CompareFormat {
    /// How many connects it lists, unless told otherwise.
    pub(super) fn usual_attempts(self) -> usize {
        match self {
            Self::Text | Self::Html | Self::Markdown => 20,
            Self::Json => 100_000,
        }
    }
}
