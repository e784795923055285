//! What `tcpwhy compare` says, as far as the stories ask.

use std::net::SocketAddr;

use serde_json::Value;

use super::clocks::PlaceFiles;
use super::truth::Fact;
use crate::support::command::tcpwhy;

/// Kinds that lay blame on a stretch.
const BLAME: [&str; 4] = ["syn_lost", "answer_lost", "ack_lost", "made_between"];

pub(super) struct Said {
    pub(super) attempts: Vec<Attempt>,
    pub(super) findings: Vec<Finding>,
    /// Of each place.
    pub(super) clocks: Vec<Clock>,
}

#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) outcome: String,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) isn: Option<u32>,
    pub(super) verdicts: Vec<Verdict>,
}

#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) kind: String,
    pub(super) packet: String,
    pub(super) places: Vec<String>,
    pub(super) count: usize,
    confidence: String,
}

pub(super) struct Finding {
    pub(super) kind: String,
    pub(super) places: Vec<String>,
}

pub(super) struct Clock {
    pub(super) name: String,
    /// How far it runs ahead of the first, where that is known.
    pub(super) offset_ns: Option<i64>,
    pub(super) uncertainty_ns: Option<i64>,
}

/// Runs the program.
pub(super) fn by_compare(places: &[PlaceFiles]) -> Said {
    said(places, &[0])
}

/// Runs it where a capture is damaged, or was cut short.
pub(super) fn of_damaged(places: &[PlaceFiles]) -> Said {
    said(places, &[0, 3])
}

fn said(places: &[PlaceFiles], statuses: &[i32]) -> Said {
    let mut command = tcpwhy();
    command.arg("compare");
    for place in places {
        command.arg(place.argument());
    }
    command.args(["--format", "json", "--max-attempts", "0"]);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let status = output.status.code().unwrap();
    assert!(statuses.contains(&status), "{status}: {errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "tcpwhy-compare/1");
    Said {
        attempts: list(&report["attempts"]).map(attempt).collect(),
        findings: list(&report["findings"]).map(finding).collect(),
        clocks: list(&report["places"]).map(clock).collect(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn attempt(value: &Value) -> Attempt {
    Attempt {
        outcome: text(&value["outcome"]),
        client: text(&value["client"]).parse().unwrap(),
        server: text(&value["server"]).parse().unwrap(),
        isn: value["isn"].as_u64().map(|isn| u32::try_from(isn).unwrap()),
        verdicts: list(&value["verdicts"]).map(verdict).collect(),
    }
}

fn verdict(value: &Value) -> Verdict {
    Verdict {
        kind: text(&value["kind"]),
        packet: text(&value["packet"]),
        places: names(value),
        count: usize::try_from(value["count"].as_u64().unwrap()).unwrap(),
        confidence: text(&value["confidence"]),
    }
}

fn names(value: &Value) -> Vec<String> {
    let between = value["between"].as_array();
    let between: Vec<String> = between.into_iter().flatten().map(text).collect();
    let at = value["at"].as_str().map(str::to_owned);
    between.into_iter().chain(at).collect()
}

fn finding(value: &Value) -> Finding {
    Finding {
        kind: text(&value["kind"]),
        places: names(value),
    }
}

fn clock(value: &Value) -> Clock {
    Clock {
        name: text(&value["name"]),
        offset_ns: value["clock"]["offset_ns"].as_i64(),
        uncertainty_ns: value["clock"]["uncertainty_ns"].as_i64(),
    }
}

impl Attempt {
    pub(super) fn is_unblamed(&self) -> bool {
        !self.verdicts.iter().any(Verdict::is_blame)
    }
}

impl Verdict {
    pub(super) fn is_blame(&self) -> bool {
        BLAME.contains(&&*self.kind)
    }

    /// As a fact of the truth on the stretch, if it lays blame.
    pub(super) fn fact(&self, stretch: (usize, usize)) -> Option<Fact> {
        const PACKETS: [&str; 5] = ["syn", "syn_ack", "reset", "icmp_error", "ack"];
        let kind = BLAME.into_iter().find(|kind| *kind == self.kind)?;
        let packet = PACKETS.into_iter().find(|packet| *packet == self.packet)?;
        Some(Fact {
            kind,
            packet,
            stretch,
        })
    }

    pub(super) fn text(&self) -> String {
        let Self {
            kind,
            packet,
            places,
            count,
            confidence,
        } = self;
        format!(
            "{kind}:{packet}:{} {count} times ({confidence})",
            places.join("-")
        )
    }
}
