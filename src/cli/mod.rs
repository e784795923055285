//! **The outside.** What was typed comes in; it puts the rooms together, writes what they give, and
//! says by its exit status how it went. It knows nothing about packets.

mod annotated;
mod anonymous;
mod arguments;
mod compare;
mod compare_arguments;
mod compared_places;
mod completers;
mod diff;
mod diff_arguments;
mod endpoint_pattern;
mod evidence;
mod examples;
mod exit_status;
mod explain;
mod handover_arguments;
#[cfg(all(feature = "live", target_os = "linux"))]
mod host;
mod host_arguments;
mod ladder;
mod ladder_arguments;
mod ladder_command;
mod listen_argument;
#[cfg(feature = "live")]
mod live;
mod live_arguments;
mod log_arguments;
mod manual;
#[cfg(feature = "mcp")]
mod mcp;
mod mcp_arguments;
mod messages;
#[cfg(feature = "dashboard")]
mod new_file;
mod outcome_list;
mod output;
mod packet_filter;
mod pager;
#[cfg(all(feature = "probe", target_os = "linux"))]
mod probe;
mod probe_arguments;
mod progress;
mod read;
mod report_format;
mod shared_arguments;
mod size_argument;
mod spool;
mod terminal;
mod time_argument;
mod usage_error;
mod vantage_points;
mod wanted_ends;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::capture::STANDARD_INPUT;
use crate::report::json;
use arguments::{Arguments, Command, SchemaOf};
use messages::Messages;
use output::write_report;

pub use exit_status::ExitStatus;

/// Runs the program with the arguments that stand behind its name.
pub fn run(typed: &[OsString]) -> ExitStatus {
    match completers::complete(typed) {
        Ok(false) => {}
        Ok(true) => return ExitStatus::Success,
        // A shell that asks has no use for a message in the middle of a line.
        Err(_) => return ExitStatus::Usage,
    }
    let words = with_command(typed);
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, &words),
    };
    match arguments.command {
        Command::Read(read_arguments) => {
            let typed = typed
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            read::run(&read_arguments, typed)
        }
        Command::Ladder(ladder_arguments) => ladder::run(&ladder_arguments),
        Command::Compare(compare_arguments) => {
            let typed = typed
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            compare::run(&compare_arguments, typed)
        }
        Command::Live(live_arguments) => {
            let typed = typed
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            live(&live_arguments, typed)
        }
        Command::Probe(probe_arguments) => probe(&probe_arguments),
        Command::Host(host_arguments) => host(&host_arguments),
        Command::Explain(explain_arguments) => explain::run(explain_arguments),
        Command::Diff(diff_arguments) => diff::run(&diff_arguments),
        Command::Interfaces => interfaces(),
        Command::Schema { of } => print(|out| {
            let schema = match of {
                SchemaOf::Read => json::schema(),
                SchemaOf::Explain => json::explain::schema(),
                SchemaOf::Compare => crate::report::path::schema(),
                SchemaOf::Host => crate::host::snapshot::schema(),
                #[cfg(all(feature = "probe", target_os = "linux"))]
                SchemaOf::Probe => json::probe::schema(),
            };
            writeln!(out, "{schema:#}")
        }),
        Command::Mcp(mcp_arguments) => serve_assistants(&mcp_arguments),
        Command::Completions { shell } => print(|out| completers::write_script(shell, out)),
        Command::Man {
            command,
            output_dir,
        } => man(command.as_deref(), output_dir.as_deref()),
    }
}

/// What clap has to say: help and version are no mistake, and help is what somebody needs who typed
/// nothing.
fn usage(error: &clap::Error, words: &[OsString]) -> ExitStatus {
    if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        usage_error::tell(error, words);
        return ExitStatus::Usage;
    }
    if let Err(error) = error.print()
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        Messages::error(format!("cannot write to standard output: {error}"), None);
        return ExitStatus::Input;
    }
    if error.use_stderr() {
        ExitStatus::Usage
    } else {
        ExitStatus::Success
    }
}

/// `tcpwhy FILE` means `tcpwhy read FILE`: when the first word is no command, and is `-`, names a
/// file, or looks like the name of one; or is `-r`, as for tcpdump.
fn with_command(typed: &[OsString]) -> Vec<OsString> {
    let mut words = vec![OsString::from("tcpwhy")];
    if let Some(first) = typed.first() {
        let is_command = Arguments::command()
            .get_subcommands()
            .any(|command| first == command.get_name() || first == "help");
        if !is_command && names_a_file(first) {
            words.push("read".into());
        }
    }
    words.extend_from_slice(typed);
    words
}

fn names_a_file(word: &OsStr) -> bool {
    let text = word.to_string_lossy();
    let looks_like_one = !text.starts_with('-') && text.contains(['.', '/']);
    word == STANDARD_INPUT || text.starts_with("-r") || looks_like_one || Path::new(word).exists()
}

/// Prints a page of the manual, or writes all into a folder.
fn man(command: Option<&str>, output_dir: Option<&Path>) -> ExitStatus {
    if let Some(folder) = output_dir {
        let Err(error) = manual::write_all(folder) else {
            return ExitStatus::Success;
        };
        let folder = folder.display();
        Messages::error(
            format!("cannot write the manual into {folder}: {error}"),
            None,
        );
        return ExitStatus::Input;
    }
    if let Some(page) = manual::page(command) {
        return print(|out| out.write_all(&page?));
    }
    let message = format!("no command '{}'", command.unwrap_or_default());
    let hint = format!("one of {}", manual::names().join(", "));
    Messages::error(message, Some(&hint));
    ExitStatus::Usage
}

fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> ExitStatus {
    match write_report(None, write) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), None);
            ExitStatus::Input
        }
    }
}

#[cfg(feature = "live")]
fn live(arguments: &live_arguments::LiveArguments, typed: Vec<String>) -> ExitStatus {
    live::run(arguments, typed)
}

#[cfg(not(feature = "live"))]
fn live(_: &live_arguments::LiveArguments, _: Vec<String>) -> ExitStatus {
    let message = "cannot capture: this build is without libpcap (feature 'live')";
    let hint = "tcpdump -w - -i INTERFACE | tcpwhy read -";
    Messages::error(message, Some(hint));
    ExitStatus::Interface
}

#[cfg(feature = "mcp")]
fn serve_assistants(arguments: &mcp_arguments::McpArguments) -> ExitStatus {
    mcp::run(arguments)
}

#[cfg(not(feature = "mcp"))]
fn serve_assistants(_: &mcp_arguments::McpArguments) -> ExitStatus {
    let message = "cannot serve assistants: this build is without it (feature 'mcp')";
    Messages::error(message, Some("cargo install --path . has it"));
    ExitStatus::Usage
}

#[cfg(all(feature = "probe", target_os = "linux"))]
fn probe(arguments: &probe_arguments::ProbeArguments) -> ExitStatus {
    probe::run(arguments)
}

#[cfg(not(all(feature = "probe", target_os = "linux")))]
fn probe(_: &probe_arguments::ProbeArguments) -> ExitStatus {
    let message = "cannot probe: this build is without it (feature 'probe', Linux)";
    let hint = "tcpdump -w - -i INTERFACE | tcpwhy read -, and connect meanwhile";
    Messages::error(message, Some(hint));
    ExitStatus::Interface
}

#[cfg(all(feature = "live", target_os = "linux"))]
fn host(arguments: &host_arguments::HostArguments) -> ExitStatus {
    host::run(arguments)
}

#[cfg(not(all(feature = "live", target_os = "linux")))]
fn host(_: &host_arguments::HostArguments) -> ExitStatus {
    let message = "cannot ask this host: this build is without it (feature 'live', Linux)";
    Messages::error(message, None);
    ExitStatus::Interface
}

#[cfg(feature = "live")]
fn interfaces() -> ExitStatus {
    use crate::report::terminal_safe;
    match crate::capture::list_interfaces() {
        Ok(interfaces) => print(|out| {
            for interface in interfaces {
                let addresses: Vec<String> = interface
                    .addresses
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let state = if interface.is_up { "up" } else { "down" };
                let line = format!(
                    "{:<16} {state:<5} {:<40} {}",
                    interface.name,
                    addresses.join(" "),
                    interface.description
                );
                writeln!(out, "{}", terminal_safe(line.trim_end()))?;
            }
            Ok(())
        }),
        Err(message) => {
            Messages::error(format!("cannot list interfaces: {message}"), None);
            ExitStatus::Interface
        }
    }
}

#[cfg(not(feature = "live"))]
fn interfaces() -> ExitStatus {
    let message = "cannot list interfaces: this build is without libpcap (feature 'live')";
    Messages::error(message, None);
    ExitStatus::Interface
}
