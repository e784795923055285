//! The program, while it runs and when it has ended.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run;

/// A running watch.
pub(crate) struct Watched {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<String>,
    said: Receiver<String>,
}

/// Longer than anything takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(40);

impl Watched {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = each_line(child.stdout.take().unwrap());
        let said = each_line(child.stderr.take().unwrap());
        let watched = Self { child, lines, said };
        watched.wait_until_said("watching");
        watched
    }

    pub(crate) fn wait_until_said(&self, words: &str) -> String {
        wait(&self.said, words)
    }

    /// The port that the metrics are served on.
    pub(crate) fn metrics_port(&self) -> u16 {
        let line = self.wait_until_said("metrics at");
        let address = line.split('/').nth(2).unwrap();
        address.rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(run("kill", &[signal, &process]).status.success());
    }

    /// Status, what was written, and what was said.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>, Vec<String>) {
        let status = self.child.wait().unwrap();
        (
            status.code(),
            self.lines.iter().collect(),
            self.said.iter().collect(),
        )
    }
}

pub(crate) fn each_line(input: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(input).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    lines
}

pub(crate) fn wait(lines: &Receiver<String>, words: &str) -> String {
    let start = Instant::now();
    let mut seen = Vec::new();
    while let Some(left) = LONG.checked_sub(start.elapsed()) {
        match lines.recv_timeout(left) {
            Ok(line) if line.contains(words) => return line,
            Ok(line) => seen.push(line),
            Err(_) => break,
        }
    }
    panic!("no line with '{words}' came, but {seen:#?}");
}

pub(crate) fn read(folder: &Path) -> Value {
    let output = run(
        env!("CARGO_BIN_EXE_tcpwhy"),
        &["read", "-F", "json", folder.to_str().unwrap()],
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of each attempt by its ends and number: how it ended, why, how sure that is, and when it was certain.
pub(crate) fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let attempts = report["attempts"].as_array().unwrap().iter();
    attempts
        .map(|attempt| {
            let of = |fields: &[&str]| {
                let values = fields.iter().map(|field| attempt[field].to_string());
                values.collect::<Vec<_>>().join(" ")
            };
            (
                of(&["client", "server", "isn", "started"]),
                of(&["outcome", "cause", "confidence", "decided", "syn_count"]),
            )
        })
        .collect()
}

pub(crate) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
