//! Makes a capture file of any size whose outcomes are known, for benchmarks.
//!
//! The file goes to standard output or to `-o FILE`; what a reader of it must find goes to standard
//! error.

#[path = "../benches/generator/mod.rs"]
mod generator;

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

use generator::{Format, Generated, Kind, Request, generate};

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

    /// Where to write the capture [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let request = Request {
        kind: arguments.kind,
        format: arguments.format,
        bytes: arguments.bytes,
        seed: arguments.seed,
    };
    let generated = match &arguments.output {
        Some(path) => {
            let file = File::create(path)
                .with_context(|| format!("{} cannot be created", path.display()))?;
            generate(request, file)
        }
        None => generate(request, io::stdout().lock()),
    };
    tell(&generated.context("the capture cannot be written")?)?;
    Ok(())
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
