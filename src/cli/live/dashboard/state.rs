//! What the dashboard shows, and how one looks at it: plain data, drawn without changing it.

use std::net::IpAddr;
use std::rc::Rc;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::{Finding, FindingKind};
use crate::handshake::AttemptId;
use crate::report::TimeZoneChoice;
use crate::report::words::{statement, title};

use super::cursor::Cursor;
use super::failures::Failure;
use super::look::Look;
use super::seen::Seen;
use super::servers::{ServerOrder, ServerRow};

/// What was seen, and the view on it.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// What was seen up to now.
    pub(super) seen: Seen,
    /// What was seen when the view was frozen.
    pub(super) frozen: Option<Box<Seen>>,
    /// How one looks at it.
    pub(super) view: View,
    /// What the terminal can show.
    pub(super) look: Look,
    /// Columns and lines of the terminal.
    pub(super) size: (u16, u16),
}

/// How one looks at it.
#[derive(Clone, Debug)]
pub(super) struct View {
    /// Which list keys move in.
    pub(super) focus: Pane,
    pub(super) servers: Cursor<Endpoint>,
    pub(super) failures: Cursor<AttemptId>,
    pub(super) findings: Cursor<FindingKey>,
    /// Only what holds this text is listed.
    pub(super) filter: String,
    /// Whether keys are letters of the filter.
    pub(super) is_typing: bool,
    pub(super) order: ServerOrder,
    pub(super) zone: TimeZoneChoice,
    /// What covers the lists.
    pub(super) opened: Option<Opened>,
    /// How many lines of that are above the screen.
    pub(super) scroll: usize,
    /// What became of the latest wish; until the next key.
    pub(super) notice: Option<String>,
}

/// One of the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Servers,
    Failures,
    Findings,
}

impl Pane {
    /// All, from top to bottom.
    pub(super) const ALL: [Self; 3] = [Self::Servers, Self::Failures, Self::Findings];

    /// The one below.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Servers => Self::Failures,
            Self::Failures => Self::Findings,
            Self::Findings => Self::Servers,
        }
    }
}

/// What covers the lists.
#[derive(Clone, Debug)]
pub(super) enum Opened {
    /// What the keys do.
    Help,
    /// What happened beside attempts.
    News,
    /// A server.
    Server(Endpoint),
    /// An attempt, as it was when it was opened.
    Attempt(Rc<Failure>),
    /// A finding, as it was when it was opened.
    Finding(Box<Finding>),
}

/// What tells findings apart.
pub(super) type FindingKey = (
    FindingKind,
    Option<Endpoint>,
    Option<IpAddr>,
    Option<Timestamp>,
);

/// The key of a finding.
pub(super) fn finding_key(finding: &Finding) -> FindingKey {
    (
        finding.kind,
        finding.server,
        finding.only_client(),
        finding.from,
    )
}

/// The lists as they are shown: filtered and in order.
pub(super) struct Lists<'a> {
    pub(super) servers: Vec<&'a ServerRow>,
    pub(super) failures: Vec<&'a Rc<Failure>>,
    pub(super) findings: Vec<&'a Finding>,
}

impl State {
    /// As a watch begins.
    pub(super) fn new(seen: Seen, look: Look, zone: TimeZoneChoice) -> Self {
        Self {
            seen,
            frozen: None,
            view: View {
                focus: Pane::Servers,
                servers: Cursor::default(),
                failures: Cursor::default(),
                findings: Cursor::default(),
                filter: String::new(),
                is_typing: false,
                order: ServerOrder::default(),
                zone,
                opened: None,
                scroll: 0,
                notice: None,
            },
            look,
            size: (80, 24),
        }
    }

    /// What is shown: what was seen, or what had been when the view was frozen.
    pub(super) fn shown(&self) -> &Seen {
        self.frozen.as_deref().unwrap_or(&self.seen)
    }

    /// The lists as they are shown.
    pub(super) fn lists(&self) -> Lists<'_> {
        let seen = self.shown();
        let wanted = self.view.filter.to_lowercase();
        let holds = |texts: &[String]| {
            let has = |text: &String| text.to_lowercase().contains(&wanted);
            wanted.is_empty() || texts.iter().any(has)
        };
        let mut servers = seen.servers.in_order(self.view.order);
        let failures = seen.failures.newest_first();
        let findings = seen.findings.iter();
        if wanted.is_empty() {
            return Lists {
                servers,
                failures: failures.collect(),
                findings: findings.collect(),
            };
        }
        servers.retain(|row| holds(&[row.title(), row.why()]));
        Lists {
            servers,
            failures: failures
                .filter(|failure| {
                    holds(&[
                        failure.client_title(),
                        failure.server_title(),
                        failure.what(),
                    ])
                })
                .collect(),
            findings: findings
                .filter(|finding| holds(&[title(finding), statement(finding)]))
                .collect(),
        }
    }
}

impl Lists<'_> {
    pub(super) fn server_keys(&self) -> Vec<Endpoint> {
        self.servers.iter().map(|row| row.server).collect()
    }

    pub(super) fn failure_keys(&self) -> Vec<AttemptId> {
        self.failures.iter().map(|failure| failure.id()).collect()
    }

    pub(super) fn finding_keys(&self) -> Vec<FindingKey> {
        self.findings
            .iter()
            .map(|finding| finding_key(finding))
            .collect()
    }
}
