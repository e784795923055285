//! The program, while it runs and when it has ended.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Instant, SystemTime};

use serde_json::Value;

use super::LONG;
use crate::support::tools::is_done;

/// What a running program writes: its lines as they come, with the time.
pub(crate) struct Lines(Receiver<(SystemTime, String)>);

impl Lines {
    pub(crate) fn of(input: impl Read + Send + 'static) -> Self {
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(input).lines() {
                let _ = send.send((SystemTime::now(), line.unwrap()));
            }
        });
        Self(lines)
    }

    /// Waits for a line that holds these words.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> (SystemTime, String) {
        let start = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = LONG.checked_sub(start.elapsed()) {
            match self.0.recv_timeout(left) {
                Ok((at, line)) if line.contains(words) => return (at, line),
                Ok((_, line)) => seen.push(line),
                Err(_) => break,
            }
        }
        panic!("no line with '{words}' came, but {seen:#?}");
    }

    /// Those that nobody waited for, until the last.
    fn rest(self) -> Vec<String> {
        self.0.iter().map(|(_, line)| line).collect()
    }
}

/// A running watch.
pub(crate) struct Watched {
    pub(crate) child: Child,
    lines: Lines,
    said: Lines,
}

/// How a watch ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

impl Watched {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let said = Lines::of(child.stderr.take().unwrap());
        let watched = Self { child, lines, said };
        watched.wait_until_said("watching");
        watched
    }

    /// Waits for a line on standard error.
    #[track_caller]
    pub(crate) fn wait_until_said(&self, words: &str) -> String {
        self.said.wait_for(words).1
    }

    /// Waits for a line on standard output.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> (SystemTime, String) {
        self.lines.wait_for(words)
    }

    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(is_done("kill", &[signal, &process]));
    }

    /// Waits for the end; what was written since the last look.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        Ended {
            status: status.code().expect("ended by itself"),
            stdout: self.lines.rest(),
            stderr: self.said.rest().join("\n"),
        }
    }

    pub(crate) fn interrupt(self) -> Ended {
        self.signal("-INT");
        self.end()
    }

    /// It has no time to end in order.
    pub(crate) fn kill(mut self) {
        self.signal("-KILL");
        assert_eq!(self.child.wait().unwrap().code(), None);
    }
}

impl Ended {
    /// What the lines of NDJSON with this type hold.
    pub(crate) fn data(&self, kind: &str) -> Vec<Value> {
        let lines = self.stdout.iter();
        lines
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["type"] == kind)
            .map(|line| line["data"].clone())
            .collect()
    }
}

/// Runs a program to its end: its status, and what it says.
pub(crate) fn ended(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    let status = output.status.code().expect("ended by itself");
    (status, String::from_utf8(output.stderr).unwrap())
}
