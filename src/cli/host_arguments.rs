//! What `host` takes, and which hosts' words are read beside captures.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::probe_arguments::parse_some_time;
use crate::analysis::HostFile;

pub(super) const EXAMPLES: &str = "\
Examples:
  tcpwhy host > host.json                              on the server, now
  tcpwhy host --every 5s --duration 10m > host.json    one line every 5 s
  tcpwhy read incident.pcap --host db1=host.json       elsewhere, or later";

/// What `host` takes.
#[derive(Debug, Args)]
pub(super) struct HostArguments {
    /// Write it there, whole or not at all
    ///
    /// Default: standard output.
    #[arg(short, long, value_name = "FILE", conflicts_with = "every")]
    pub(super) output: Option<PathBuf>,

    /// Again and again, so long from one beginning to the next, as in 5s or 1m
    ///
    /// Each time one line, until SIGINT, SIGTERM or --duration; at least 100ms. Default: once.
    #[arg(long, value_name = "TIME", value_parser = parse_interval)]
    pub(super) every: Option<Duration>,

    /// End after so long, as in 90s or 10m
    #[arg(long, value_name = "TIME", value_parser = parse_some_time, requires = "every")]
    pub(super) duration: Option<Duration>,

    /// Also write the command lines of processes that listen; passwords may stand there
    #[arg(long)]
    pub(super) command_lines: bool,

    /// No word on standard error about what could not be read; the file names it in any case
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// More often, asking takes longer than the time between.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

fn parse_interval(text: &str) -> Result<Duration, String> {
    let time = parse_some_time(text)?;
    if time < SHORTEST_INTERVAL {
        return Err("less than 100ms".to_owned());
    }
    Ok(time)
}

/// What is typed about hosts.
#[derive(Debug, Args)]
pub(super) struct HostFileArguments {
    /// Also hear what this host said of itself (`tcpwhy host`), as in db1=host.json
    ///
    /// Repeatable. HOST is what reports call it; an address also stands for what is translated to
    /// it. It speaks for the addresses in the file, about connects within 15 minutes, and is no
    /// surer than the time between allows: sockets and rules may have changed. Default: none.
    #[arg(long, value_name = "HOST=FILE", value_parser = parse_host, conflicts_with = "anonymize")]
    pub(super) host: Vec<HostFile>,
}

fn parse_host(text: &str) -> Result<HostFile, String> {
    match text.split_once('=') {
        Some((name, path)) if !name.is_empty() && !path.is_empty() => Ok(HostFile {
            name: name.to_owned(),
            path: path.into(),
        }),
        _ => Err("not of the form HOST=FILE, as in db1=host.json".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_name_and_a_file() {
        let host = parse_host("db1=a=b.json").unwrap();
        assert_eq!((&*host.name, host.path), ("db1", PathBuf::from("a=b.json")));
        for text in ["", "db1", "=host.json", "db1="] {
            assert!(parse_host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nobody_asks_without_a_pause() {
        assert!(parse_interval("50ms").is_err());
        assert_eq!(parse_interval("100ms"), Ok(Duration::from_millis(100)));
    }
}
