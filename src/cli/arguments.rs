//! What can be typed.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use super::compare_arguments::CompareArguments;
use super::completers;
use super::diff_arguments::DiffArguments;
use super::examples;
use super::handover_arguments::HandoverArguments;
use super::host_arguments::{self, HostArguments, HostFileArguments};
use super::ladder_arguments::LadderArguments;
use super::live_arguments::LiveArguments;
use super::log_arguments::LogArguments;
use super::mcp_arguments::{self, McpArguments};
use super::outcome_list::OutcomeList;
use super::probe_arguments::{self, ProbeArguments};
use super::report_format::Format;
use super::shared_arguments::{EndpointArguments, MessageArguments};
use super::time_argument::TimeArgument;
use crate::decode::TunnelPort;
use crate::handshake::TrackerSettings;
use crate::report::difference::RULE;

const EXAMPLES: &str = "\
Examples:
  tcpwhy incident.pcap                             which connects failed, and how
  tcpwhy read a.pcap b.pcap --server 10.0.1.20     two files as one capture, one server
  tcpdump -w - -i eth0 | tcpwhy read - -F json     from a pipe, for a program
  tcpwhy explain connection refused                what it means, what to check";

const EXIT_STATUSES: &str = "\
Exit status:
  0  the captures were read, whatever they held
  1  as 0, and --fail-on matched; of diff: something is newly failing
  2  wrong usage, or an attempt that is not there
  3  an input could not be opened, is no capture, or is damaged in the middle
  4  no permission, or no such interface";

/// Tells which TCP connects in a packet capture failed, and why
#[derive(Debug, Parser)]
#[command(name = "tcpwhy", version, after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{EXIT_STATUSES}"))]
#[command(
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Arguments {
    /// What to do; a file alone is read
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell which connects in captures failed, and how
    #[command(after_help = EXAMPLES)]
    Read(Box<ReadArguments>),
    /// Tell which connects fail while they fail
    ///
    /// On a terminal the dashboard; into a pipe, or with --plain, one line for each failure, as
    /// soon as it is certain. The report at the end, on SIGINT, SIGTERM, --duration or --count.
    /// SIGUSR1 writes a report in between: of the dashboard into a new file, unless --output names
    /// one. Needs the right to capture (`CAP_NET_RAW`), and gives it up once the interfaces are
    /// open.
    #[command(after_help = examples::LIVE)]
    Live(Box<LiveArguments>),

    /// Tell where on a path connects fail, by captures from several places on it
    ///
    /// Each connect is judged once, over all places: through translated addresses and ports, and
    /// with clocks that do not agree. A place that was not watching is no witness.
    #[command(after_help = examples::COMPARE, override_usage = "tcpwhy compare [OPTIONS] NAME=FILE[,FILE...]...")]
    Compare(Box<CompareArguments>),

    /// Connect now, and tell what comes of it, and why
    ///
    /// By the kernel's own TCP, as an ordinary user. What telnet, nc and ping are used for after
    /// "connection refused": every address of the name, who refused, which ICMP error came from
    /// whom, what this host itself forbids, and whether what accepts has anybody behind it.
    #[command(after_help = probe_arguments::EXAMPLES, after_long_help = format!("{}\n\n{}", probe_arguments::EXAMPLES, probe_arguments::POLITENESS))]
    Probe(Box<ProbeArguments>),
    /// Write what this host knows of itself, for reading a capture elsewhere or later
    ///
    /// Who listens and how full the backlogs are, connections, counters, routes, neighbours, fill
    /// of the table of tracked connections, settings, interfaces, rules of packet filters, and the
    /// clock, as JSON (`tcpwhy schema host`). As an ordinary user as far as that goes: what could
    /// not be read is named in it, with why. Of processes only number, name and age. Nothing is
    /// sent, and nothing changed.
    #[command(after_help = host_arguments::EXAMPLES)]
    Host(HostArguments),
    /// Draw one attempt, packet by packet
    ///
    /// Who sent what when, with relative and absolute numbers, retransmissions, copies and silence,
    /// and where the verdict fell. The numbers of attempts are those that `tcpwhy read` shows for
    /// the same files, read with the same --filter, --patience and --max-flows.
    #[command(after_help = examples::LADDER, override_usage = "tcpwhy ladder [OPTIONS] [FILE]... ID")]
    Ladder(Box<LadderArguments>),
    /// Tell what an outcome, a cause, an errno or an application's error means, and what to check
    ///
    /// Without a term: the list of all terms. A line of a log works as it is, of applications in
    /// any of sixteen languages, kernels and firewalls; the hosts that it names are filled into
    /// the commands. With - each line of standard input, and how many are about what:
    /// `journalctl -k | tcpwhy explain -`.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArguments),
    /// Tell what fails newly, and what healed, between two JSON reports
    ///
    /// For before and after a change, and for CI: exit status 1 when a service is newly failing.
    /// Services are told apart by address and port.
    #[command(after_help = examples::DIFF, after_long_help = format!("{}\n\n{RULE}", examples::DIFF))]
    Diff(DiffArguments),
    /// List the interfaces that can be sniffed
    #[command(after_help = examples::INTERFACES)]
    Interfaces,
    /// Print the JSON Schema of the JSON report, or of what another command writes
    #[command(after_help = examples::SCHEMA)]
    Schema {
        /// Of which command's JSON
        #[arg(value_enum, default_value_t = SchemaOf::Read)]
        of: SchemaOf,
    },
    /// Serve assistants by the Model Context Protocol, on standard input and output
    ///
    /// Tools: read, attempt, ladder, explain and compare; probe where it is allowed. Read-only:
    /// captures below the named folders are read, and nothing else. Answers come in pages, each
    /// marked as data that strangers may have written. For the settings of the assistant's program;
    /// it ends with the conversation.
    #[command(after_help = mcp_arguments::EXAMPLES)]
    Mcp(McpArguments),
    /// Print shell completions
    ///
    /// They ask this program: for interfaces, outcomes, terms and captures as well.
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program, or of a command
    #[command(after_help = examples::MAN)]
    Man {
        /// Of this command
        #[arg(value_name = "COMMAND", add = ArgValueCompleter::new(completers::commands))]
        command: Option<String>,

        /// Write all pages into this folder, for a package
        #[arg(long, value_name = "DIR", conflicts_with = "command")]
        output_dir: Option<PathBuf>,
    },
}

impl ReadArguments {
    /// The files, in whichever of the two ways they were named.
    pub(super) fn named_files(&self) -> Vec<PathBuf> {
        [self.files.as_slice(), &self.read_files].concat()
    }

    /// The file that the report goes to; `None` for standard output, which `-` stands for as well.
    pub(super) fn report_file(&self) -> Option<&Path> {
        let file = self.output.as_deref();
        file.filter(|path| *path != Path::new("-"))
    }

    /// Whether the report names the SHA-256 of every source.
    pub(super) fn hashes_sources(&self) -> bool {
        self.sha256
            || self.evidence.is_some()
            || self.annotate.is_some()
            || self.format.is_handed_over()
    }
}

/// What `explain` takes.
#[derive(Debug, Args)]
pub(super) struct ExplainArguments {
    /// Format of the answer
    #[arg(short = 'F', long, value_enum, default_value_t = ExplainFormat::Text)]
    pub(super) format: ExplainFormat,

    /// Show what is longer than the screen without a pager; stands before TERM
    #[arg(long)]
    pub(super) no_pager: bool,

    /// An outcome, cause, finding, errno, number, or a line of a log; - for lines of standard input
    #[arg(value_name = "TERM", allow_hyphen_values = true, add = ArgValueCompleter::new(completers::terms))]
    pub(super) term: Vec<String>,
}

/// In which format `explain` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ExplainFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// What `read` takes.
#[derive(Debug, Args)]
pub(super) struct ReadArguments {
    /// Captures to read as one; - is standard input
    ///
    /// pcap, pcapng or snoop, plain or compressed (gzip, zstd, lz4, xz), known by content. A
    /// directory stands for every capture in it. Several files are read as one capture in order of
    /// time, whatever the order in which they are named. Without a file, standard input is read
    /// when something is piped into it.
    #[arg(value_name = "FILE", add = ArgValueCompleter::new(completers::captures))]
    pub(super) files: Vec<PathBuf>,

    /// As naming the file, for those who are used to it from tcpdump
    #[arg(short, long = "read", value_name = "FILE", add = ArgValueCompleter::new(completers::captures))]
    pub(super) read_files: Vec<PathBuf>,

    /// Use only packets that this libpcap expression lets through
    ///
    /// The language is tcpdump's (pcap-filter(7)). `greater`, `less` and `len` see the captured
    /// length. What is left out still shows that the capture went on.
    #[arg(short, long, value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,

    /// The captures hold nothing but what was dropped: drop captures of Palo Alto, ASA, pktmon
    #[arg(long)]
    pub(super) drops_only: bool,

    /// There is a tunnel on this port of UDP, as in 8473=vxlan
    ///
    /// Repeatable. vxlan, vxlan-gpe, geneve, gtp, gre-in-udp, mpls-in-udp, teredo, l2tp, capwap,
    /// ayiya, ipsec, wireguard. What is not of that form is read as without this. Tunnels on their
    /// own ports are found in any case.
    #[arg(long, value_name = "PORT=TUNNEL")]
    pub(super) tunnel: Vec<TunnelPort>,

    /// Format of the report
    #[arg(short = 'F', long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// In text and Markdown, only the summary and the findings
    ///
    /// As much of each finding as fits on a screen of 24 lines: with what to do next, its sentence,
    /// or one line.
    #[arg(long)]
    pub(super) brief: bool,

    /// Write the report there, whole or not at all
    ///
    /// Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Also write the packets that prove the failures, and those they were compared with
    ///
    /// A pcapng file, whole or not at all: packets, times and interfaces as they were captured,
    /// each packet with a comment that says what it proves, for Wireshark. `tcpwhy read` on it
    /// gives the same verdicts. At most 10,000 failed connects and 100,000 packets of theirs, those
    /// that a report lists first. From a pipe, what may be needed is put into an unnamed file in
    /// the folder for temporary files (TMPDIR) meanwhile. Default: none.
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Option<PathBuf>,

    /// Also write the whole capture, with the verdicts as comments on its packets
    ///
    /// A pcapng file, whole or not at all: every packet as it was captured, those of failed
    /// connects with a comment each, the first of every other listed one with how it ended; in
    /// Wireshark the field `frame.comment`. Not from a pipe. Comments are on at most 10,000 failed
    /// connects and 100,000 packets of theirs. Default: none.
    #[arg(long, value_name = "FILE", conflicts_with = "anonymize")]
    pub(super) annotate: Option<PathBuf>,

    /// Replace addresses and drop payload, in the report and in --evidence alike
    ///
    /// IP addresses keep what prefixes they share (Crypto-PAn); loopback, multicast and broadcast
    /// stay, private and link-local ones stay within their range. MAC addresses are replaced.
    /// Names, comments, capture filters, folders, what interfaces are called and the arguments are
    /// left out; names of files, ports and times stay. The key is of --anonymize-key, or else of
    /// the variable `TCPWHY_ANONYMIZE_KEY` (64 hexadecimal digits), or else made at random and
    /// thrown away.
    #[arg(long)]
    pub(super) anonymize: bool,

    /// The key for --anonymize: a file with 64 hexadecimal digits
    ///
    /// The same key gives the same addresses. Whoever has it can test guesses: keep it. `openssl
    /// rand -hex 32` makes one.
    #[arg(long, value_name = "FILE", requires = "anonymize")]
    pub(super) anonymize_key: Option<PathBuf>,

    /// List only these outcomes, as in refused,dropped
    ///
    /// established, reset, refused, rejected, half-open, aborted, dropped, pending, partial;
    /// `failed` stands for all but established, pending and partial. Beside them the troubles of
    /// established connects: slow, hung-up, stuck. The counts cover all outcomes.
    /// Default: failed, partial and troubled in text and Markdown, all otherwise.
    #[arg(long, value_name = "LIST", add = ArgValueCompleter::new(completers::outcomes))]
    pub(super) outcome: Option<OutcomeList>,

    #[command(flatten)]
    pub(super) endpoints: EndpointArguments,

    /// Only attempts that began then or later
    ///
    /// RFC 3339 (2026-11-20T14:02:11Z), `HH:MM[:SS]` on the day on which the capture starts, or
    /// +SECONDS (also +2m, +1h) from its start. Packets before that time are still read.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) since: Option<TimeArgument>,

    /// Only attempts that began before then
    ///
    /// As --since. Packets after that time still answer attempts that began before it.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) until: Option<TimeArgument>,

    /// How long silence must be watched to count, in seconds
    ///
    /// Measured on the capture's clock, from the first SYN (dropped) or the SYN-ACK (half-open) to
    /// the capture's end.
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = parse_patience)]
    pub(super) patience: std::time::Duration,

    /// From how many seconds on a handshake is slow
    ///
    /// From the first SYN on. One of which a SYN or SYN-ACK had to be repeated is slow in any case.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_patience)]
    pub(super) slow: std::time::Duration,

    #[command(flatten)]
    pub(super) logs: LogArguments,

    #[command(flatten)]
    pub(super) hosts: HostFileArguments,

    #[command(flatten)]
    pub(super) handover: HandoverArguments,

    /// Follow so many undecided attempts at once
    ///
    /// One that fails as most do takes about 250 bytes of memory, any other about 700. Besides,
    /// three times as many of which nothing but one SYN was seen, each 85 bytes. Of more, the
    /// oldest is judged by what was seen of it so far; the report counts those that were given up
    /// undecided.
    #[arg(long, value_name = "N", default_value_t = TrackerSettings::default().open_attempts, value_parser = parse_max_flows)]
    pub(super) max_flows: usize,

    /// Work on so many threads at most
    ///
    /// With 1 all is done in turn; with 2, one reads, the other tracks, and whichever has time
    /// diagnoses; with more, that has a thread, too. The report is the same. Default: as many as
    /// there are cores.
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<std::num::NonZeroUsize>,

    /// List so many attempts singly, 0 for all
    ///
    /// Failures first, then by time. The counts always cover all. Text and Markdown tell failures
    /// of one finding that are alike together. Default: 1000 in text, Markdown and HTML, of which
    /// the first two show 20, those that are alike together; 100000 in JSON and CSV, all in NDJSON
    /// and ECS. When one of these four lists all, and there are more than 65536, they are put into an
    /// unnamed file in the folder for temporary files (TMPDIR) meanwhile.
    #[arg(long, value_name = "N")]
    pub(super) max_attempts: Option<usize>,

    /// Compute the SHA-256 of each file as it lies on disk
    ///
    /// While it is read, on another core; what follows damage is read for it as well. Of standard
    /// input to its end. HTML, Markdown and --evidence have it always; JSON and NDJSON have it
    /// then.
    #[arg(long)]
    pub(super) sha256: bool,

    /// Show times in UTC
    ///
    /// Default unless the report goes to a terminal. Formats for programs have UTC always.
    #[arg(long, conflicts_with = "local")]
    pub(super) utc: bool,

    /// Show times in this host's time zone
    ///
    /// Default when the report goes to a terminal.
    #[arg(long)]
    pub(super) local: bool,

    /// End with status 1 when an attempt ended so or is in such trouble, as in failed,hung-up
    ///
    /// A list as for --outcome; only selected attempts count.
    #[arg(long, value_name = "LIST", add = ArgValueCompleter::new(completers::outcomes))]
    pub(super) fail_on: Option<OutcomeList>,

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

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set; `CLICOLOR_FORCE` forces it
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// No capture lasts so long that more would mean anything.
const LONGEST_PATIENCE_SECONDS: f64 = 1e6;

pub(super) fn parse_patience(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if !(0.0..=LONGEST_PATIENCE_SECONDS).contains(&seconds) {
        return Err(format!(
            "not between 0 and {LONGEST_PATIENCE_SECONDS} seconds"
        ));
    }
    Ok(std::time::Duration::from_secs_f64(seconds))
}

pub(super) fn parse_max_flows(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1 must be followed".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("not a number of attempts".to_owned()),
    }
}

/// Whose JSON a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SchemaOf {
    /// Reports, as `read` and `live` write them
    Read,
    /// What is known of terms and lines
    Explain,
    /// Comparisons of places
    Compare,
    /// What a host says of itself, as `host` writes it
    Host,
    /// What came of connects, as `probe` writes it
    #[cfg(all(feature = "probe", target_os = "linux"))]
    Probe,
}
