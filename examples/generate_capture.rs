//! Makes a capture file of any size whose outcomes are known, for benchmarks.
//!
//! The file goes to standard output or to `-o FILE`; what a reader of it must find goes to standard
//! error. With `--places 2` the same load is captured at both ends of its way:
//!
//! ```text
//! generate_capture failing --bytes 1G --places 2 --loss 1% --clock-offset 3h -o client.pcap -o server.pcap
//! ```
//!
//! Then each packet is lost by chance, wherever it goes, and sent again as TCP does; of the connects
//! that nothing answers, every second one is stopped between the places; and the clock beside the
//! servers runs ahead. The numbers are those of the place beside the clients; of the other one there
//! is how many packets and bytes it has, and how many were lost on the way to it and from it.

#[path = "../benches/generator/mod.rs"]
mod generator;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Parser;

use generator::{
    Far, FarSettings, Format, Generated, Kind, Lost, Request, generate, generate_pair,
};

/// Make a capture file of any size whose outcomes are known
#[derive(Debug, Parser)]
struct Arguments {
    /// What the capture is full of
    kind: Kind,

    /// Size of the file: a number of bytes, or of thousands (K), millions (M) or billions (G) of
    /// them
    #[arg(long, default_value = "1G", value_parser = parse_size)]
    bytes: u64,

    /// Format of the file
    #[arg(long, value_enum, default_value_t = Format::Pcap)]
    format: Format,

    /// Another number gives other addresses and times
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// At how many places it is captured: beside the clients, or beside the servers as well (for
    /// bulk, short and failing)
    #[arg(long, value_name = "NUMBER", default_value_t = 1,
          value_parser = clap::value_parser!(u8).range(1..=2))]
    places: u8,

    /// How many of the packets are lost between two places, each way: per cent
    #[arg(long, value_name = "PERCENT", default_value = "0%", value_parser = parse_loss)]
    loss: u32,

    /// How far the clock beside the servers runs ahead: seconds (s), minutes (m) or hours (h)
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = parse_time)]
    clock_offset: u64,

    /// Where to write the capture, once for each place [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let request = Request {
        kind: arguments.kind,
        format: arguments.format,
        bytes: arguments.bytes,
        seed: arguments.seed,
    };
    let settings = FarSettings {
        lost_of_a_million: arguments.loss,
        clock_ahead: arguments.clock_offset,
    };
    let is_for_two = arguments.loss > 0 || arguments.clock_offset > 0;
    ensure!(
        arguments.places == 2 || !is_for_two,
        "--loss and --clock-offset are for --places 2"
    );
    let failed = "the capture cannot be written";
    match (arguments.places, &arguments.output[..]) {
        (1, []) => tell(&generate(request, io::stdout().lock()).context(failed)?)?,
        (1, [path]) => tell(&generate(request, create(path)?).context(failed)?)?,
        (2, [near, far]) => {
            let files = [create(near)?, create(far)?];
            let (near, far) = generate_pair(request, settings, files).context(failed)?;
            tell(&near)?;
            tell_of_far(far)?;
        }
        (1, _) => anyhow::bail!("one place needs one --output"),
        _ => {
            anyhow::bail!("two places need --output twice: beside the clients, beside the servers")
        }
    }
    Ok(())
}

fn create(path: &Path) -> anyhow::Result<File> {
    File::create(path).with_context(|| format!("{} cannot be created", path.display()))
}

/// Says what was made: one number on each line.
fn tell(generated: &Generated) -> io::Result<()> {
    let mut errors = io::stderr().lock();
    writeln!(errors, "packets {}", generated.packets)?;
    writeln!(errors, "bytes {}", generated.bytes)?;
    for (outcome, count) in &generated.outcomes {
        writeln!(errors, "{outcome} {count}")?;
    }
    Ok(())
}

/// The same of the place beside the servers.
fn tell_of_far(far: Far) -> io::Result<()> {
    let Far {
        packets,
        bytes,
        lost: Lost {
            to_server,
            to_client,
        },
    } = far;
    let mut errors = io::stderr().lock();
    writeln!(errors, "far-packets {packets}")?;
    writeln!(errors, "far-bytes {bytes}")?;
    writeln!(errors, "lost-to-server {to_server}")?;
    writeln!(errors, "lost-to-client {to_client}")
}

/// A number of bytes with one of the suffixes K, M and G, which count in thousands.
fn parse_size(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((end, 'K' | 'k')) => (text.get(..end), 1_000),
        Some((end, 'M' | 'm')) => (text.get(..end), 1_000_000),
        Some((end, 'G' | 'g')) => (text.get(..end), 1_000_000_000),
        _ => (Some(text), 1),
    };
    let number: u64 = digits
        .unwrap_or_default()
        .parse()
        .map_err(|_| "not a number of bytes".to_owned())?;
    number
        .checked_mul(unit)
        .ok_or_else(|| "too many bytes".to_owned())
}

/// Per cent, as a share of a million.
fn parse_loss(text: &str) -> Result<u32, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "not a number of per cent".to_owned())?;
    // With more than that, hardly a connection comes through.
    if !(0.0..=50.0).contains(&number) {
        return Err("not between 0% and 50%".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 500,000"
    )]
    let share = (number * 10_000.0).round() as u32;
    Ok(share)
}

/// A number of seconds, minutes or hours, as microseconds.
fn parse_time(text: &str) -> Result<u64, String> {
    let (digits, seconds) = match text.char_indices().next_back() {
        Some((end, 's')) => (text.get(..end), 1),
        Some((end, 'm')) => (text.get(..end), 60),
        Some((end, 'h')) => (text.get(..end), 3600),
        _ => (None, 1),
    };
    let number: u64 = digits
        .unwrap_or_default()
        .parse()
        .map_err(|_| "not a time like 90s, 5m or 3h".to_owned())?;
    // Times of a pcap file end in the year 2106.
    number
        .checked_mul(seconds)
        .filter(|seconds| *seconds <= 1_000_000_000)
        .map(|seconds| seconds * 1_000_000)
        .ok_or_else(|| "too long".to_owned())
}
