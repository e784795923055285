//! `tcpwhy host`.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit_status::ExitStatus;
use super::host_arguments::HostArguments;
use super::messages::Messages;
use super::output::{unwritable_hint, write_report};
use crate::capture::live::HostClock;
use crate::host::snapshot::HostSnapshot;
use crate::host::{SnapshotSettings, take_snapshot};

/// While nothing is to be done, it is looked so often whether to stop.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// Asks this host, once or again and again.
pub(super) fn run(arguments: &HostArguments) -> ExitStatus {
    let settings = SnapshotSettings {
        command_lines: arguments.command_lines,
    };
    let done = match arguments.every {
        None => {
            let snapshot = take_snapshot(settings);
            tell_unread(&snapshot, arguments);
            write_report(arguments.output.as_deref(), |out| {
                serde_json::to_writer_pretty(&mut *out, &snapshot)?;
                writeln!(out)
            })
        }
        Some(every) => write_report(None, |out| lines(arguments, settings, every, out)),
    };
    match done {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            ExitStatus::Input
        }
    }
}

fn lines(
    arguments: &HostArguments,
    settings: SnapshotSettings,
    every: Duration,
    out: &mut dyn Write,
) -> io::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the first signal arms what the second one triggers.
        let at_once = ExitStatus::Interrupted as i32;
        flag::register_conditional_shutdown(signal, at_once, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    let clock = HostClock::new();
    let mut is_first = true;
    loop {
        let began = clock.running();
        let snapshot = take_snapshot(settings);
        if is_first {
            tell_unread(&snapshot, arguments);
            is_first = false;
        }
        serde_json::to_writer(&mut *out, &snapshot)?;
        writeln!(out)?;
        out.flush()?;
        let next = began + every;
        if arguments.duration.is_some_and(|duration| next > duration) {
            return Ok(());
        }
        while clock.running() < next {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            thread::sleep(next.saturating_sub(clock.running()).min(LONGEST_SLEEP));
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
}

/// What only root may read is worth a word at once.
fn tell_unread(snapshot: &HostSnapshot, arguments: &HostArguments) {
    let messages = Messages {
        is_quiet: arguments.quiet,
        verbosity: 0,
    };
    for unread in &snapshot.unread {
        messages.warning(format!("{} not read: {}", unread.what, unread.why));
    }
}
