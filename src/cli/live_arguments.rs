//! What `live` takes on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use super::arguments::{ColorChoice, parse_max_flows, parse_patience};
use super::completers;
use super::listen_argument::parse_listen_address;
use super::outcome_list::OutcomeList;
use super::report_format::Format;
use super::shared_arguments::EndpointArguments;
use super::size_argument::parse_size;
use crate::decode::TunnelPort;

/// What `live` takes.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "live"),
    allow(dead_code, reason = "without libpcap it is only explained")
)]
pub(super) struct LiveArguments {
    /// Watch this interface; `any` stands for all
    ///
    /// Repeatable. Default: the interface of the default route.
    #[arg(short, long, value_name = "INTERFACE", add = ArgValueCompleter::new(completers::interfaces))]
    pub(super) interface: Vec<String>,

    /// As --interface
    #[arg(value_name = "INTERFACE", add = ArgValueCompleter::new(completers::interfaces))]
    pub(super) interfaces: Vec<String>,

    /// Use only packets that this libpcap expression lets through
    ///
    /// The language is tcpdump's (pcap-filter(7)). It comes on top of what is captured by default.
    /// One that lets no ICMP error pass makes rejections look like silence.
    #[arg(short, long, value_name = "EXPRESSION")]
    pub(super) filter: Option<String>,

    /// Leave out segments that carry nothing: for very busy links and floods
    ///
    /// By default only what verdicts need leaves the kernel: segments with SYN, FIN or RST,
    /// segments without payload, ICMP errors, ARP and neighbour discovery, DNS answers. Without the
    /// second of these, the third step of handshakes is inferred.
    #[arg(long, conflicts_with = "full")]
    pub(super) light: bool,

    /// Capture everything: for traffic in tunnels that end elsewhere
    #[arg(long)]
    pub(super) full: bool,

    /// There is a tunnel on this port of UDP, as in 8473=vxlan
    ///
    /// Repeatable; as for `tcpwhy read`.
    #[arg(long, value_name = "PORT=TUNNEL", requires = "full")]
    pub(super) tunnel: Vec<TunnelPort>,

    /// Also packets that are not for this host
    #[arg(long)]
    pub(super) promiscuous: bool,

    /// Let the kernel hold back so much for each interface, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) buffer_size: u32,

    /// Keep the right to capture, to open interfaces again that were removed and come back
    #[arg(long)]
    pub(super) reopen: bool,

    /// Keep the rights to name processes of other users (Linux)
    ///
    /// When this host is the client or the server, it is asked who tries and who listens; without
    /// this, sockets of other users are told by the number of the user. The capabilities
    /// `cap_dac_read_search` and `cap_sys_ptrace` are kept, the latter of which is as good as root;
    /// all others are given up.
    #[arg(long)]
    pub(super) processes: bool,

    /// Hear from the kernel why it refuses and drops (Linux 6.10, or in part 5.17; as root)
    ///
    /// Its own word, by tracefs: a RST that its TCP sends is joined with the connect by addresses
    /// and ports, a packet that it drops by the time at which it came in, and otherwise counted. It
    /// is of all network namespaces of this host. A trace instance of its own is used, instances/
    /// tcpwhy-PID, and removed at the end; what a killed watch leaves behind, the next one clears.
    /// The buffers take 2 MiB for each processor, 64 MiB at most. What is missing is told, and the
    /// watch goes on without it.
    #[arg(long)]
    pub(super) kernel: bool,

    /// End after so long, as in 90, 90s, 15m or 2h
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) duration: Option<std::time::Duration>,

    /// End after so many attempts, of whatever outcome
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// Make findings over the last so long, as in 15m; totals are of the whole watch
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse_duration)]
    pub(super) window: std::time::Duration,

    /// Keep what verdicts need of the packets in this directory, in files that take turns
    ///
    /// `tcpwhy read DIR` judges them again, to the same verdicts. Only the ring's own files
    /// (tcpwhy-ring-*.pcapng) are ever removed, those of earlier watches among them: rename what is
    /// to stay. When this program is killed, less than a second is lost; when the host loses power,
    /// also what its file system has not written yet, often half a minute.
    #[arg(long, value_name = "DIR")]
    pub(super) ring: Option<PathBuf>,

    /// How large all files of the ring may be together, as in 512M or 2G; at least 1M
    #[arg(long, value_name = "SIZE", default_value = "512M", requires = "ring", value_parser = parse_ring_size)]
    pub(super) ring_size: u64,

    /// Serve metrics for Prometheus at /metrics there
    ///
    /// The format is `OpenMetrics`, or the older one where that is asked for. `ADDR:PORT`, or a
    /// port alone on loopback; repeatable. `[::]` is all addresses of IPv6, and none of IPv4.
    /// Nothing listens without this. Who can connect there sees which servers fail.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_listen_address)]
    pub(super) metrics: Vec<SocketAddr>,

    /// Write lines, one for each failure, and show no dashboard
    ///
    /// As by default where standard input or output is no terminal, and with --format ndjson.
    #[arg(long)]
    pub(super) plain: bool,

    /// Format of the lines and of the report
    #[arg(short = 'F', long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Write the report there, whole or not at all; lines and the dashboard go to standard output
    ///
    /// Default: standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,

    /// Tell and list only these outcomes, as in refused,dropped
    ///
    /// established, reset, refused, rejected, half-open, aborted, dropped, pending, partial;
    /// `failed` stands for all but established, pending and partial. Beside them the troubles of
    /// established connects: slow, hung-up, stuck. The counts cover all outcomes.
    /// Default: failed.
    #[arg(long, value_name = "LIST", add = ArgValueCompleter::new(completers::outcomes))]
    pub(super) outcome: Option<OutcomeList>,

    #[command(flatten)]
    pub(super) endpoints: EndpointArguments,

    /// How long silence must be watched to count, in seconds
    ///
    /// From the first SYN (dropped) or the SYN-ACK (half-open).
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = parse_patience)]
    pub(super) patience: std::time::Duration,

    /// From how many seconds on a handshake is slow
    ///
    /// From the first SYN on. One of which a SYN or SYN-ACK had to be repeated is slow in any case.
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = parse_patience)]
    pub(super) slow: std::time::Duration,

    /// Follow so many undecided attempts at once
    ///
    /// Each takes about 700 bytes of memory. Besides, three times as many of which nothing but one
    /// SYN was seen, each 120 bytes. Of more, the oldest is judged by what was seen of it so far;
    /// the report counts those that were given up undecided.
    #[arg(long, value_name = "N", default_value_t = LIVE_FLOWS, value_parser = parse_max_flows)]
    pub(super) max_flows: usize,

    /// List so many of the latest attempts singly in the report, at most 100000
    ///
    /// The counts always cover all. 0 for as many as possible. Default: 1000 in text, Markdown and
    /// HTML, of which the first two show 20, those that are alike together; 100000 otherwise.
    #[arg(long, value_name = "N")]
    pub(super) max_attempts: Option<usize>,

    /// Show times in UTC
    ///
    /// Default unless the report goes to a terminal. JSON has UTC always.
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

    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,

    /// No warnings on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// More on standard error: what is captured, in the language of tcpdump; what was set aside
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// How many attempts `live` follows at once: some 200 MiB with all that is known of them.
const LIVE_FLOWS: usize = 1 << 18;

/// The smallest ring: files of 64 KiB.
const SMALLEST_RING: u64 = 1 << 20;

fn parse_ring_size(text: &str) -> Result<u64, String> {
    parse_size(text, SMALLEST_RING)
}

/// `90`, `90s`, `15m`, `2h` or `1d`.
fn parse_duration(text: &str) -> Result<std::time::Duration, String> {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0)];
    let (number, unit) = units
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
        .unwrap_or((text, 1.0));
    let seconds: f64 = number
        .parse()
        .map_err(|_| "not a time such as 90s, 15m or 2h".to_owned())?;
    let seconds = seconds * unit;
    if seconds > 0.0 && seconds <= LONGEST_DURATION_SECONDS {
        Ok(std::time::Duration::from_secs_f64(seconds))
    } else {
        Err("not a time above 0 and up to 10 years".to_owned())
    }
}

/// Ten years.
const LONGEST_DURATION_SECONDS: f64 = 3.2e8;
