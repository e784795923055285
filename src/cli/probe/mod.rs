//! `tcpwhy probe`.

mod seen;
mod tell;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::output::{try_to_write, unwritable_hint, write_whole};
use super::probe_arguments::ProbeArguments;
use super::terminal::{self, Wishes};
use crate::capture::STANDARD_INPUT;
use crate::capture::live::may_capture;
use crate::probe::{
    ConnectSettings, PacketWitness, ProbeSettings, Rounds, Target, Timeout, TraceSettings,
    has_error_queue, probe, target_of_line,
};
use seen::SeenTargets;
use tell::Teller;

/// A connection that is accepted is listened to for so long, unless told otherwise.
const USUAL_FIRST_BYTE: Duration = Duration::from_millis(200);

/// Rounds begin this far apart, unless told otherwise.
const USUAL_EVERY: Duration = Duration::from_secs(1);

/// A resolver that does not answer is given up.
const LONGEST_LOOKUP: Duration = Duration::from_secs(15);

/// A list of targets is a few lines for people to read.
const LARGEST_LIST: u64 = 4 << 20;

/// Probes what was named, and tells what comes of it.
pub(super) fn run(arguments: &ProbeArguments) -> ExitStatus {
    let settings = match settings(arguments) {
        Ok(settings) => settings,
        Err(error) => {
            Messages::error(error, Some("tcpwhy probe --help tells what there is"));
            return ExitStatus::Usage;
        }
    };
    let (targets, mut status) = match targets(arguments) {
        Ok(targets) => targets,
        Err(status) => return status,
    };
    if targets.is_empty() {
        if status == ExitStatus::Success {
            let hint = "tcpwhy probe HOST:PORT, or -f FILE with one on a line";
            Messages::error("nothing to probe: no target is named", Some(hint));
        }
        return ExitStatus::Usage;
    }
    if arguments.trace && !has_error_queue() {
        let hint = "without --trace it is probed all the same; as root: traceroute -T -p PORT HOST";
        let error = "no trace: this kernel does not tell who sent an ICMP error (Linux 5.9 and \
                     later do, by the error queue of TCP)";
        Messages::error(error, Some(hint));
        return ExitStatus::Interface;
    }
    let packets = match witness(arguments) {
        Ok(packets) => packets,
        Err(status) => return status,
    };
    let settings = ProbeSettings {
        packets: packets.clone(),
        ..settings
    };
    status = status.max(probe_all(arguments, &settings, &targets));
    if let Some(packets) = packets {
        if let Some(path) = &arguments.evidence
            && let Err(error) = write_whole(path, |out| packets.write_evidence(out))
        {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            status = status.max(ExitStatus::Input);
        }
        packets.end();
    }
    status
}

/// Who watches the packets, where that may be: with --wait only when evidence is asked for, as what
/// waits shall go on at once.
fn witness(arguments: &ProbeArguments) -> Result<Option<Arc<PacketWitness>>, ExitStatus> {
    if let Some(path) = &arguments.evidence
        && let Err(error) = try_to_write(path)
    {
        Messages::error(format!("{error:#}"), unwritable_hint(&error));
        return Err(ExitStatus::Input);
    }
    let is_asked_for = arguments.evidence.is_some();
    if !is_asked_for && (arguments.wait.is_some() || !may_capture()) {
        return Ok(None);
    }
    match PacketWitness::open() {
        Ok(witness) => Ok(Some(witness)),
        Err(_) if !is_asked_for => Ok(None),
        Err(error) => {
            let hint = "as root, or: sudo setcap cap_net_raw+ep $(command -v tcpwhy)";
            Messages::error(format!("no evidence: {error}"), Some(hint));
            Err(ExitStatus::Interface)
        }
    }
}

fn settings(arguments: &ProbeArguments) -> Result<ProbeSettings, String> {
    let expectation = match &arguments.expect {
        Some(words) => words
            .parse()
            .map_err(|error| format!("cannot expect this: {error}"))?,
        None => crate::probe::Expectation::default(),
    };
    let every = arguments.every.unwrap_or(USUAL_EVERY);
    let rounds = match (arguments.wait, arguments.every) {
        (Some(longest), _) => Rounds::Wait { longest, every },
        (None, Some(every)) => Rounds::Every {
            every,
            longest: arguments.duration,
        },
        (None, None) => Rounds::One,
    };
    let usual_first_byte = if arguments.wait.is_some() {
        Duration::ZERO
    } else {
        USUAL_FIRST_BYTE
    };
    Ok(ProbeSettings {
        connect: ConnectSettings {
            timeout: arguments.timeout.map_or(Timeout::Usual, Timeout::After),
            first_byte: arguments.first_byte.unwrap_or(usual_first_byte),
        },
        longest_lookup: LONGEST_LOOKUP,
        parallel: arguments.parallel.into(),
        expectation,
        trace: arguments.trace.then_some(TraceSettings {
            reference: arguments.reference,
        }),
        rounds,
        packets: None,
    })
}

/// Those that were typed, which must all be right, and those of the list.
fn targets(arguments: &ProbeArguments) -> Result<(Vec<Target>, ExitStatus), ExitStatus> {
    let mut targets = Vec::new();
    for text in &arguments.targets {
        match text.parse() {
            Ok(target) => targets.push(target),
            Err(error) => {
                let hint = "tcpwhy probe --help tells how targets are named";
                Messages::error(format!("cannot probe '{text}': {error}"), Some(hint));
                return Err(ExitStatus::Usage);
            }
        }
    }
    let mut status = ExitStatus::Success;
    if let Some(path) = &arguments.file {
        let text = read_list(path).map_err(|error| {
            let message = format!("cannot read the list {}: {error}", path.display());
            Messages::error(message, None);
            ExitStatus::Input
        })?;
        for (number, line) in (1..).zip(text.lines()) {
            match target_of_line(line) {
                Ok(target) => targets.extend(target),
                Err(error) => {
                    let place = path.display();
                    Messages::error(format!("{place}, line {number}: {error}"), None);
                    status = ExitStatus::Usage;
                }
            }
        }
    }
    Ok((targets, status))
}

fn read_list(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    if path == Path::new(STANDARD_INPUT) {
        io::stdin().take(LARGEST_LIST + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?
            .take(LARGEST_LIST + 1)
            .read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > LARGEST_LIST {
        return Err(io::Error::other("more than 4 MiB are no list of targets"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn probe_all(
    arguments: &ProbeArguments,
    settings: &ProbeSettings,
    targets: &[Target],
) -> ExitStatus {
    let stop = Arc::new(AtomicBool::new(false));
    if let Err(error) = catch_signals(settings.rounds, &stop) {
        Messages::error(format!("cannot catch signals: {error}"), None);
        return ExitStatus::Input;
    }
    let style = terminal::text_style(&Wishes {
        to_terminal: terminal::is_terminal(),
        utc: false,
        local: false,
        color: arguments.color,
        only_failures: false,
    });
    let mut seen = SeenTargets::new(targets, settings);
    let mut teller = Teller::new(arguments, settings.rounds, style);
    let told = thread::scope(|scope| {
        let (tell, news) = channel();
        let stop = &stop;
        scope.spawn(move || probe(targets, settings, stop, &tell));
        let mut told = Ok(());
        for (place, event) in news {
            seen.take(place, event);
            told = told.and_then(|()| teller.tell(&mut seen, place));
        }
        told.and_then(|()| teller.end(&seen))
    });
    match told {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Messages::error(format!("cannot write to standard output: {error}"), None);
            ExitStatus::Input
        }
        // A reader that went away is told nothing, and what was asked is answered by the status.
        _ => seen.status(),
    }
}

/// What goes on for long ends in order: with what was seen until then.
fn catch_signals(rounds: Rounds, stop: &Arc<AtomicBool>) -> io::Result<()> {
    if rounds == Rounds::One {
        return Ok(());
    }
    let at_once = i32::from(ExitStatus::Interrupted as u8);
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the first signal arms what the second one triggers.
        flag::register_conditional_shutdown(signal, at_once, Arc::clone(stop))?;
        flag::register(signal, Arc::clone(stop))?;
    }
    Ok(())
}
