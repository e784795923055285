//! A watch in numbers, for Prometheus and what understands its formats.
//!
//! Counts are kept here, between the watch's other work, without locks; twice a second what there
//! is to tell is put where the server that answers requests ([`http`]) finds it. However many ports
//! and servers there are, the number of series is bounded.

mod answer_times;
mod exposition;
mod failing;
mod families;
pub mod http;
mod ports;
mod process;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::ring::RingTotals;
use super::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::capture::Timestamp;
use crate::capture::live::{InterfaceChange, InterfaceNews};
use crate::diagnosis::Selection;
use crate::handshake::{DecidedAttempt, Outcome, Trouble};
use answer_times::AnswerTimes;
use exposition::Family;
pub use exposition::{TextFormat, text};
use failing::FailingServers;
use ports::Ports;

/// What metrics are about.
pub struct MetricsSettings {
    /// About which attempts; outcomes are counted whether or not they are listed.
    pub selection: Selection,
    /// Over how long a time failing servers are told.
    pub window: Duration,
    /// The interfaces that are watched.
    pub interfaces: Vec<String>,
    /// When the watch began.
    pub started: Timestamp,
    /// What tells how much the ring has kept, if there is one.
    pub ring: Option<Arc<dyn Fn() -> RingTotals + Send + Sync>>,
}

/// What is told at the moment, for whoever asks.
#[derive(Debug)]
pub struct Told {
    families: Mutex<Arc<Vec<Family>>>,
    started: Timestamp,
}

impl Told {
    /// As text.
    pub fn text(&self, format: TextFormat) -> String {
        let families = Arc::clone(&*self.families.lock().unwrap_or_else(PoisonError::into_inner));
        let mut families: Vec<Family> = families.to_vec();
        families.extend(process::families(self.started));
        text(&families, format)
    }
}

/// New numbers are told this often.
const BETWEEN_TELLING: Duration = Duration::from_millis(500);

/// Counts what a watch sees.
pub struct Metrics {
    settings: MetricsSettings,
    told: Arc<Told>,
    told_at: Option<Duration>,
    ports: Ports,
    attempts: BTreeMap<(Outcome, Option<u16>), u64>,
    noise: BTreeMap<Outcome, u64>,
    corrections: BTreeMap<(Outcome, Outcome), u64>,
    troubles: BTreeMap<(Trouble, Option<u16>), u64>,
    answer_times: AnswerTimes,
    failing: FailingServers,
    /// Which interfaces are up, in the order of the watch.
    up: Vec<(String, bool)>,
    clock_steps: u64,
}

impl Metrics {
    /// Nothing was seen yet, and that is told.
    pub fn new(settings: MetricsSettings) -> Self {
        let told = Told {
            families: Mutex::default(),
            started: settings.started,
        };
        let interfaces = settings.interfaces.iter();
        let mut metrics = Self {
            told: Arc::new(told),
            told_at: None,
            ports: Ports::default(),
            attempts: BTreeMap::new(),
            noise: BTreeMap::new(),
            corrections: BTreeMap::new(),
            troubles: BTreeMap::new(),
            answer_times: AnswerTimes::default(),
            failing: FailingServers::over(settings.window),
            up: interfaces.map(|name| (name.clone(), true)).collect(),
            clock_steps: 0,
            settings,
        };
        metrics.tell(None);
        metrics
    }

    /// Where the latest numbers are found.
    pub fn told(&self) -> Arc<Told> {
        Arc::clone(&self.told)
    }

    fn interface_changed(&mut self, news: &InterfaceNews) {
        let is_up = match news.what {
            InterfaceChange::Up | InterfaceChange::Reopened => true,
            InterfaceChange::Down | InterfaceChange::Gone(_) => false,
            InterfaceChange::Addresses(_) | InterfaceChange::CannotReopen(_) => return,
        };
        for (name, up) in &mut self.up {
            if *name == news.interface {
                *up = is_up;
            }
        }
    }

    fn tell(&mut self, watch: Option<&LiveWatch>) {
        let families = self.families(watch);
        let told = Arc::new(families);
        *self
            .told
            .families
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = told;
    }
}

impl Metrics {
    /// That it was slow is known when it is established, all else at its end.
    fn count_troubles(&mut self, decided: &DecidedAttempt, before: Option<Outcome>) {
        let is_told_again = before == Some(decided.judgement.outcome);
        let port = decided.attempt.server.port;
        for trouble in decided.judgement.troubles.iter() {
            if !(is_told_again && trouble == Trouble::Slow) {
                let port = self.ports.own(port, true);
                *self.troubles.entry((trouble, port)).or_default() += 1;
            }
        }
    }
}

impl LiveObserver for Metrics {
    fn event(&mut self, event: &LiveEvent<'_>) {
        match event {
            LiveEvent::Interface(news) => self.interface_changed(news),
            LiveEvent::ClockWasSet(_) => self.clock_steps = self.clock_steps.saturating_add(1),
            _ => {}
        }
    }

    fn decided(&mut self, decided: &DecidedAttempt, before: Option<Outcome>, is_noise: bool) {
        if !self.settings.selection.includes(decided) {
            return;
        }
        let (server, outcome) = (decided.attempt.server, decided.judgement.outcome);
        self.count_troubles(decided, before);
        if before == Some(outcome) {
            // Told again for its troubles.
        } else if let Some(before) = before {
            *self.corrections.entry((before, outcome)).or_default() += 1;
            if before.is_failure() {
                self.failing.take_back(server, before);
            }
        } else if is_noise {
            *self.noise.entry(outcome).or_default() += 1;
            return;
        } else {
            let port = self.ports.own(server.port, outcome == Outcome::Established);
            *self.attempts.entry((outcome, port)).or_default() += 1;
        }
        // What was told as silence had no answer yet.
        if matches!(before, None | Some(Outcome::Dropped)) {
            self.answer_times.add(&decided.attempt);
        }
        if outcome.is_failure() {
            self.failing.add(server, outcome);
        }
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        self.failing.slide(running);
        let is_due = |told: Duration| running.saturating_sub(told) >= BETWEEN_TELLING;
        if self.told_at.is_none_or(is_due) {
            self.told_at = Some(running);
            self.tell(Some(watch));
        }
        GoOn::Yes
    }
}
