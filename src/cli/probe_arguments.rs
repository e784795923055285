//! What `probe` takes on the command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::arguments::ColorChoice;

/// What is said below its help.
pub(super) const POLITENESS: &str = "\
What is sent: for each address one connect by the kernel's own TCP (a SYN, repeated by the kernel
about once a second while nothing answers: at most 8), and an orderly close. No payload, ever. The
same address and port are connected to once a second at most, unless --every says otherwise; --trace
adds at most 64 SYNs, those to a port that it compares with among them, and no hop gets ten a second.
Of a name at most 16 addresses are tried. Ranges of ports and networks are refused.

How long it takes: a name 15 s at most, silence 3.5 s (7.5 s where the kernel repeats its SYN more
slowly) or --timeout, a trace a second for every four hops, twice where one is silent.

Exit status:
  0  all targets are as expected
  1  one is not
  2  wrong usage, or a line of --file that names no target
  3  a name could not be resolved, or a list not be read
  4  this build or system cannot probe, or not do what --trace or --evidence needs";

/// What is said below its short help.
pub(super) const EXAMPLES: &str = "\
Examples:
  tcpwhy probe db.example:5432                      can it be reached now, and if not, why
  tcpwhy probe db:5432 --wait 60s && ./migrate      go on as soon as it accepts
  tcpwhy probe 10.0.1.20:5432 --trace               where on the path does it stop
  tcpwhy probe -f ports.txt --expect refused        are they all closed
  tcpwhy probe db:5432 --every 1s --duration 10m    one line for each change";

/// What `probe` takes.
#[derive(Debug, Args)]
#[cfg_attr(
    not(all(feature = "probe", target_os = "linux")),
    allow(dead_code, reason = "without sockets it is only explained")
)]
pub(super) struct ProbeArguments {
    /// Whom to connect to: `HOST:PORT`, IPv6 as in `[2001:db8::7]:443`
    ///
    /// Of a name all addresses are tried, IPv6 and IPv4 in turn, 250 ms apart or as soon as one has
    /// failed, as RFC 8305 has it.
    #[arg(value_name = "HOST:PORT")]
    pub(super) targets: Vec<String>,

    /// Also those that this file names, one on a line; - is standard input
    ///
    /// What follows a # is a comment. A line that names no target is told by its number, the others
    /// are probed.
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,

    /// Give up silence after so long, as in 5s or 800ms
    ///
    /// Less than 3s of silence is `pending`, not `dropped`. Default: 3.5 s, in which a router tells
    /// of a host that is away, and until the SYN was sent three times.
    #[arg(long, value_name = "TIME", value_parser = parse_some_time)]
    pub(super) timeout: Option<Duration>,

    /// Once it is accepted, wait so long for bytes, a close or a reset; 0 for not at all
    ///
    /// A forwarder, proxy or load balancer that accepts first and has nobody behind it closes at
    /// once. Nothing is sent meanwhile. Default: 200ms; with --wait 0.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) first_byte: Option<Duration>,

    /// Tell where on the path the SYN stops
    ///
    /// SYNs that live for one hop more each, one to a hop, four at once, again where nothing came:
    /// at most 64, and less than ten a second to any one hop. Routers tell by ICMP, which needs
    /// Linux 5.9 and no right. Where the way ends in silence, it is compared with that to a port of
    /// the same host that answers (--reference, else 80, 443 or 22): a filter is told from a host
    /// that is away.
    #[arg(long, conflicts_with_all = ["wait", "every"])]
    pub(super) trace: bool,

    /// Compare a trace that ends in silence with one to this port
    #[arg(long, value_name = "PORT", requires = "trace", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) reference: Option<u16>,

    /// Also write the probe's own packets there, as pcapng
    ///
    /// Whole or not at all; needs the right to capture (root, or `CAP_NET_RAW`). With that right,
    /// and unless --wait is given, packets are the witness in any case, and the verdict comes from
    /// them. `tcpwhy read` on the file gives it again. At most 65,536 packets and 16 MiB, the latest.
    /// Default: none.
    #[arg(long, value_name = "FILE")]
    pub(super) evidence: Option<PathBuf>,

    /// How connects should end, as in refused or refused,dropped
    ///
    /// established, reset, refused, rejected, half-open, dropped, slow, hung-up, or not-sent, which
    /// this host does not even try. For established, one address of a target that accepts is
    /// enough; an accepted connect on which the other side closes at once is hung-up and not
    /// established. Otherwise all addresses must end so. Default: established.
    #[arg(long, value_name = "LIST")]
    pub(super) expect: Option<String>,

    /// Probe again, until it is as expected, for so long at most
    ///
    /// Names are looked up anew each time.
    #[arg(long, value_name = "TIME", value_parser = parse_some_time, conflicts_with = "duration")]
    pub(super) wait: Option<Duration>,

    /// Begin a connect so often, as in 1s or 100ms
    ///
    /// Without --wait it goes on until --duration or SIGINT, with a line for each change. With
    /// --wait the default is 1s.
    #[arg(long, value_name = "TIME", value_parser = parse_some_time)]
    pub(super) every: Option<Duration>,

    /// End after so long, as in 90s or 10m
    #[arg(long, value_name = "TIME", value_parser = parse_some_time, requires = "every")]
    pub(super) duration: Option<Duration>,

    /// Probe so many targets at once
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) parallel: u16,

    /// Format of what is told
    #[arg(short = 'F', long, value_enum, default_value_t = ProbeFormat::Text)]
    pub(super) format: ProbeFormat,

    /// When to use colour
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(super) color: ColorChoice,

    /// Say nothing but what is wrong with what was typed; the exit status tells
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// In which format `probe` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProbeFormat {
    /// For people, as soon as it is known
    Text,
    /// For programs: one document at the end
    Json,
    /// For programs: each target on a line of its own, in the order asked for
    Ndjson,
}

const LONGEST_SECONDS: f64 = 3.2e8;

/// A time that may be 0.
fn parse_time(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, unit) = units
        .iter()
        .find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))
        .unwrap_or((text, 1.0));
    let seconds: f64 = number
        .parse()
        .map_err(|_| "not a time such as 200ms, 90s or 2m".to_owned())?;
    let seconds = seconds * unit;
    if (0.0..=LONGEST_SECONDS).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("not a time from 0 to 10 years".to_owned())
    }
}

/// No shorter time means anything.
const SHORTEST: Duration = Duration::from_millis(10);

pub(super) fn parse_some_time(text: &str) -> Result<Duration, String> {
    let time = parse_time(text)?;
    if time < SHORTEST {
        return Err("less than 10ms".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse_time("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(parse_time("0"), Ok(Duration::ZERO));
        assert_eq!(parse_time("1.5"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_time("2m"), Ok(Duration::from_secs(120)));
        assert!(parse_time("-1s").is_err() && parse_time("soon").is_err());
        assert!(parse_time("NaN").is_err() && parse_time("inf").is_err());
        assert!(parse_some_time("9ms").is_err());
    }
}
