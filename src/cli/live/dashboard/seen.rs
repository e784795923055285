//! What was seen so far, as far as it is shown: bounded, and quick to take.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::capture::Timestamp;
use crate::capture::live::{InterfaceChange, Losses};
use crate::diagnosis::{Diagnosis, Finding, OutcomeCounts};
use crate::live::LiveEvent;
use crate::report::{Report, terminal_safe};

use super::failures::{Failure, Failures};
use super::series::Series;
use super::servers::Servers;
use super::shown_names::shown;
use crate::cli::live::news;

/// How many messages and findings are kept.
const KEPT_NEWS: usize = 200;
const KEPT_FINDINGS: usize = 200;

/// For how long losses are shown as going on.
const LOSES_FOR: Duration = Duration::from_secs(5);

/// What is shown.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// How long the watch has lasted.
    pub(super) running: Duration,
    /// What time it is.
    pub(super) now: Timestamp,
    /// The interfaces, safe for a terminal, each with what is wrong with it.
    pub(super) interfaces: BTreeMap<String, Option<&'static str>>,
    /// Packets captured.
    pub(super) packets: u64,
    /// Attempts that are followed.
    pub(super) open: usize,
    /// How the decided attempts ended.
    pub(super) outcomes: OutcomeCounts,
    /// The same over the latest time.
    pub(super) series: Series,
    /// Attempts not told singly: they look like parts of scans or floods.
    pub(super) folded: u64,
    /// Packets lost in all.
    pub(super) lost: Losses,
    lost_at: Option<Duration>,
    /// The servers that connects fail to.
    pub(super) servers: Servers,
    /// The newest failures.
    pub(super) failures: Failures,
    /// What many attempts say together, worst first.
    pub(super) findings: Vec<Finding>,
    /// What happened otherwise, the newest last, each with its time: safe for a terminal.
    pub(super) news: VecDeque<(Timestamp, String)>,
    /// What a ladder or finding is drawn from: the report without what it says.
    pub(super) shell: Report,
}

impl Seen {
    /// Nothing yet.
    pub(super) fn new(shell: Report, interfaces: &[String]) -> Self {
        let interfaces = interfaces.iter();
        Self {
            running: Duration::ZERO,
            now: Timestamp::default(),
            interfaces: interfaces
                .map(|name| (terminal_safe(name).into_owned(), None))
                .collect(),
            packets: 0,
            open: 0,
            outcomes: OutcomeCounts::default(),
            series: Series::default(),
            folded: 0,
            lost: Losses::default(),
            lost_at: None,
            servers: Servers::default(),
            failures: Failures::default(),
            findings: Vec::new(),
            news: VecDeque::new(),
            shell,
        }
    }

    /// Takes note of what became known; whether that changes what is shown.
    pub(super) fn note(&mut self, event: &LiveEvent<'_>) -> bool {
        match event {
            LiveEvent::Attempt {
                diagnosed,
                before,
                is_doubtful,
                names,
            } => {
                let (client, server) = if self.shell.shows_names {
                    *names
                } else {
                    (None, None)
                };
                self.servers.note(diagnosed, *before, server);
                let outcome = diagnosed.decided.judgement.outcome;
                let is_troubled = !diagnosed.decided.judgement.troubles.is_empty();
                if outcome.is_failure() || is_troubled || before.is_some() {
                    self.failures.note(Failure {
                        diagnosed: (*diagnosed).clone(),
                        before: *before,
                        is_doubtful: *is_doubtful,
                        names: (client.map(shown), server.map(shown)),
                    });
                }
            }
            LiveEvent::Closed(_) => return false,
            LiveEvent::Folded(count) => self.folded = self.folded.saturating_add(*count),
            LiveEvent::Interface(changed) => {
                let interface = terminal_safe(&changed.interface).into_owned();
                self.note_trouble(interface, &changed.what);
                self.tell(&news::of_interface(changed));
            }
            LiveEvent::Lost { more, total } => {
                let began = !self.is_losing();
                self.lost = *total;
                self.lost_at = Some(self.running);
                if began {
                    self.tell(&news::of_losses(*more, *total));
                }
            }
            LiveEvent::ClockWasSet(by) => self.tell(&news::of_clock(*by)),
        }
        true
    }

    /// Whether packets are being lost.
    pub(super) fn is_losing(&self) -> bool {
        let since = |at: Duration| self.running.saturating_sub(at);
        self.lost_at.is_some_and(|at| since(at) < LOSES_FOR)
    }

    /// Takes what a look at everything says.
    pub(super) fn take_overview(&mut self, mut overview: Diagnosis) {
        let names = self.shell.shows_names.then_some(&overview.names);
        self.servers.replace(&overview.endpoints, names);
        overview.findings.truncate(KEPT_FINDINGS);
        self.findings = overview.findings;
    }

    /// Something happened.
    pub(super) fn tell(&mut self, news: &str) {
        if self.news.len() >= KEPT_NEWS {
            self.news.pop_front();
        }
        let news = terminal_safe(news).into_owned();
        self.news.push_back((self.now, news));
    }

    /// What is wrong with an interface, or right again.
    fn note_trouble(&mut self, interface: String, change: &InterfaceChange) {
        let trouble = match change {
            InterfaceChange::Down => Some("DOWN"),
            InterfaceChange::Gone(_) | InterfaceChange::CannotReopen(_) => Some("GONE"),
            InterfaceChange::Up | InterfaceChange::Reopened => None,
            InterfaceChange::Addresses(_) => return,
        };
        self.interfaces.insert(interface, trouble);
    }
}
