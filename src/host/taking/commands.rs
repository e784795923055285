//! What other programs of the host say: bounded in time and in size.

use std::io::{self, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// No program is waited for longer.
const LONGEST: Duration = Duration::from_secs(5);

/// Where programs of the administrator are, for users whose path lacks them.
const PATH: &str = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";

/// What a program wrote.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) is_cut: bool,
}

/// Runs it without input, and gives at most so many bytes of what it writes.
pub(super) fn said(program: &str, arguments: &[&str], most: usize) -> Result<Said, String> {
    let started = Command::new(program)
        .args(arguments)
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("{program} is not installed"),
        _ => format!("{program}: {error}"),
    })?;
    let outcome = read_bounded(child.stdout.take(), most).and_then(|said| {
        let complaint = read_bounded(child.stderr.take(), 4096)?;
        Ok((said, complaint))
    });
    if outcome.is_err() || outcome.as_ref().is_ok_and(|(said, _)| said.is_cut) {
        // It may have more to say, or nothing ever: its end is ours to bring about.
        let _ = child.kill();
    }
    let ended = child.wait().map_err(|error| error.to_string())?;
    let (said, complaint) = outcome?;
    if ended.success() || said.is_cut {
        return Ok(said);
    }
    let line = complaint.text.lines().find(|line| !line.trim().is_empty());
    Err(match line {
        Some(line) => format!("{program}: {}", line.trim()),
        None => format!("{program} ended with {ended}"),
    })
}

fn read_bounded(from: Option<impl Read + Send + 'static>, most: usize) -> Result<Said, String> {
    let mut from = from.ok_or("no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let read = from.by_ref().take(limit).read_to_end(&mut bytes);
        // Nobody waits any more when it took too long.
        let _ = sender.send(read.map(|_| bytes));
    });
    let bytes = receiver
        .recv_timeout(LONGEST)
        .map_err(|_| format!("no answer within {} s", LONGEST.as_secs()))?;
    let mut bytes = bytes.map_err(|error| error.to_string())?;
    let is_cut = bytes.len() > most;
    bytes.truncate(most);
    Ok(Said {
        text: String::from_utf8_lossy(&bytes).into_owned(),
        is_cut,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_writes_is_read_as_far_as_there_is_room() {
        let all = said("echo", &["one", "two"], 100).unwrap();
        assert_eq!((&*all.text, all.is_cut), ("one two\n", false));
        let cut = said("sh", &["-c", "while :; do echo more; done"], 7).unwrap();
        assert_eq!((&*cut.text, cut.is_cut), ("more\nmo", true));
    }

    #[test]
    fn why_there_is_nothing_is_told() {
        let missing = said("no-such-program", &[], 100).unwrap_err();
        assert_eq!(missing, "no-such-program is not installed");
        let failed = said("sh", &["-c", "echo 'not permitted' >&2; exit 1"], 100);
        assert_eq!(failed.unwrap_err(), "sh: not permitted");
    }
}
