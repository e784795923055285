//! All targets, several at once, each in its own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::clock::now;
use super::connect::connect_all;
use super::expectation::Expectation;
use super::names::{Names, NamesFound};
use super::packets::{self, PacketWitness};
use super::report::{ConnectReport, TargetReport};
use super::settings::{ConnectSettings, Timeout};
use super::shared::Shared;
use super::target::Target;
use super::trace::{Trace, trace};

/// How targets are probed.
#[derive(Clone, Debug)]
pub struct ProbeSettings {
    /// How each connect is made.
    pub connect: ConnectSettings,
    /// No question to the resolver takes longer.
    pub longest_lookup: Duration,
    /// So many targets at once.
    pub parallel: usize,
    /// How connects should end.
    pub expectation: Expectation,
    /// Whether the way of the SYN is traced, and with which port of the same host compared.
    pub trace: Option<TraceSettings>,
    /// How often each is probed.
    pub rounds: Rounds,
    /// Who watches the packets, where that may be.
    pub packets: Option<Arc<PacketWitness>>,
}

/// How the way of a SYN is traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraceSettings {
    /// The port to compare with, where the way ends in silence; `None` for a usual one that
    /// answers.
    pub reference: Option<u16>,
}

/// How often a target is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounds {
    /// Once.
    One,
    /// Until it is as expected, or for so long.
    Wait {
        /// For how long.
        longest: Duration,
        /// How long after one round began the next one begins at the earliest.
        every: Duration,
    },
    /// Again and again.
    Every {
        /// How long after one round began the next one begins at the earliest.
        every: Duration,
        /// For how long; `None` until it is told to stop.
        longest: Option<Duration>,
    },
}

impl Rounds {
    /// Connects to the same address and port are this far apart.
    const fn pace(self) -> Duration {
        match self {
            Self::One => BETWEEN_CONNECTS,
            Self::Wait { every, .. } | Self::Every { every, .. } => every,
        }
    }
}

/// Unless told otherwise, the same address and port are not connected to more often.
const BETWEEN_CONNECTS: Duration = Duration::from_secs(1);

/// While nothing is to be done, it is looked so often whether to stop.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// What became known of a target.
#[derive(Debug)]
pub enum ProbeEvent {
    /// Its name was looked up.
    Named(NamesFound),
    /// A connect to one of its addresses ended.
    Connect(Box<ConnectReport>),
    /// The way of the SYN to one of its addresses.
    Trace(Box<Trace>),
    /// All of its connects have ended, so long after the first round began.
    Round(Box<TargetReport>, Duration),
    /// Nothing more comes of it.
    Done,
}

/// Probes all targets, and tells what becomes known of each by its place in the list; ends when all
/// are done, or soon after `stop` was set.
pub fn probe(
    targets: &[Target],
    settings: &ProbeSettings,
    stop: &AtomicBool,
    tell: &Sender<(usize, ProbeEvent)>,
) {
    let next = AtomicUsize::new(0);
    let common = Shared::new(settings.rounds.pace());
    thread::scope(|scope| {
        for _ in 0..settings.parallel.min(targets.len()) {
            let (next, shared) = (&next, &common);
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(target) = targets.get(place) else {
                        break;
                    };
                    let one = OneTarget {
                        place,
                        target,
                        settings,
                        shared,
                        stop,
                        tell,
                    };
                    one.run();
                }
            });
        }
    });
}

struct OneTarget<'a> {
    place: usize,
    target: &'a Target,
    settings: &'a ProbeSettings,
    shared: &'a Shared,
    stop: &'a AtomicBool,
    tell: &'a Sender<(usize, ProbeEvent)>,
}

impl OneTarget<'_> {
    fn run(&self) {
        let began = now();
        let mut names = Names::default();
        loop {
            let round_began = now();
            let report = self.round(&mut names, began);
            let is_met = self.settings.expectation.is_met(&report);
            self.tell(ProbeEvent::Round(
                Box::new(report),
                now().saturating_duration_since(began),
            ));
            let (every, longest) = match self.settings.rounds {
                Rounds::One => break,
                Rounds::Wait { .. } if is_met => break,
                Rounds::Wait { every, longest } => (every, Some(longest)),
                Rounds::Every { every, longest } => (every, longest),
            };
            let until = longest.map(|longest| began + longest);
            if !self.sleep_until(round_began + every, until) {
                break;
            }
        }
        self.tell(ProbeEvent::Done);
    }

    /// Whether there is time for another round then.
    fn sleep_until(&self, next: Instant, end: Option<Instant>) -> bool {
        let until = end.map_or(next, |end| next.min(end));
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            let left = until.saturating_duration_since(now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(LONGEST_SLEEP));
        }
        end.is_none_or(|end| now() < end)
    }

    /// How much of the time is left, where there is an end to it.
    fn left(&self, began: Instant) -> Option<Duration> {
        let longest = match self.settings.rounds {
            Rounds::One => None,
            Rounds::Wait { longest, .. } => Some(longest),
            Rounds::Every { longest, .. } => longest,
        };
        longest.map(|longest| (began + longest).saturating_duration_since(now()))
    }

    /// No connect outlives the time that there is.
    fn connect_settings(&self, began: Instant) -> ConnectSettings {
        let connect = self.settings.connect;
        let left = self.left(began);
        let left = left.filter(|left| *left < connect.timeout.longest());
        ConnectSettings {
            timeout: left.map_or(connect.timeout, Timeout::After),
            ..connect
        }
    }

    fn round(&self, names: &mut Names, began: Instant) -> TargetReport {
        let longest = self.left(began).unwrap_or(self.settings.longest_lookup);
        let found = names.of(self.target, longest.min(self.settings.longest_lookup));
        self.tell(ProbeEvent::Named(found.clone()));
        packets::want(self.settings.packets.as_ref(), &found.addresses);
        let mut connects = self.connects(&found, self.connect_settings(began));
        connects.sort_by_key(|(place, _)| *place);
        for (_, report) in &mut connects {
            self.trace(report);
        }
        TargetReport {
            target: self.target.clone(),
            names: found,
            connects: connects.into_iter().map(|(_, report)| report).collect(),
        }
    }

    /// What came of a connect to each address, by its place in the list. Each is told as soon as it
    /// has ended: what its packets show is known a little later, and no other connect waits for that.
    fn connects(
        &self,
        found: &NamesFound,
        settings: ConnectSettings,
    ) -> Vec<(usize, ConnectReport)> {
        let (hand, handed) = channel::<(usize, ConnectReport)>();
        thread::scope(|scope| {
            let telling = scope.spawn(move || {
                let testified = handed.into_iter().map(|(place, mut report)| {
                    if let Some(witness) = &self.settings.packets {
                        witness.testify(&mut report);
                    }
                    self.tell(ProbeEvent::Connect(Box::new(report.clone())));
                    (place, report)
                });
                testified.collect()
            });
            connect_all(
                &found.addresses,
                settings,
                self.shared,
                &mut |place, report| {
                    // It goes on until all were handed over.
                    let _ = hand.send((place, report));
                },
            );
            drop(hand);
            telling.join().unwrap_or_default()
        })
    }

    /// Of what was sent, and to another host.
    fn trace(&self, report: &mut ConnectReport) {
        let is_own = report
            .client
            .is_none_or(|client| client.ip() == report.address.ip());
        if let Some(settings) = self.settings.trace
            && report.outcome.is_some()
            && !is_own
        {
            let traced = trace(report.address, settings.reference, self.shared);
            self.tell(ProbeEvent::Trace(Box::new(traced.clone())));
            report.trace = Some(traced);
        }
    }

    fn tell(&self, event: ProbeEvent) {
        // Nobody may listen any more: then nobody is told.
        let _ = self.tell.send((self.place, event));
    }
}
