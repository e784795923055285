//! The rooms put together for what happens now: from interfaces to verdicts at once, and a report
//! at any time.
//!
//! As [`analysis`](crate::analysis), with a loop that waits for packets, tells time on when none
//! come, and tells an observer what became known. Whoever shows, counts or keeps something while it
//! happens is a [`LiveObserver`].

mod host_facts;
mod kernel_facts;
mod losses;
pub mod metrics;
mod observers;
pub mod ring;
mod watch;

use std::time::Duration;

use crate::capture::Packet;
use crate::capture::live::{ClockReading, HostClock, InterfaceNews, LiveCapture, Losses, SETTLING};
use crate::decode::{Observation, TunnelPorts};
use crate::diagnosis::{DiagnosedAttempt, Selection};
use crate::handshake::{DecidedAttempt, Outcome, TrackerSettings};
use crate::host::{KernelTeller, this_host};
pub use observers::Observers;
pub use watch::LiveWatch;

/// What shapes a watch.
#[derive(Clone, Debug)]
pub struct LiveWatchSettings {
    /// How long silence must be watched, and how much is followed at once.
    pub tracker: TrackerSettings,
    /// Which attempts it is about.
    pub selection: Selection,
    /// How many of the latest attempts a report lists singly.
    pub listed_attempts: usize,
    /// Over how long a time findings are made.
    pub window: Duration,
    /// Where tunnels are besides their own ports.
    pub tunnels: TunnelPorts,
}

/// Something that became known.
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveEvent<'a> {
    /// An attempt was decided, or decided anew.
    Attempt {
        /// What explains it, by what was seen so far.
        diagnosed: &'a DiagnosedAttempt,
        /// What was told before, when later evidence overturned it.
        before: Option<Outcome>,
        /// Whether packets are being lost, so that its silence may have been an answer.
        is_doubtful: bool,
        /// The names of client and server, by DNS answers; hostile text.
        names: (Option<&'a str>, Option<&'a str>),
    },
    /// An attempt is over; it counts in the totals from now on. Said of every attempt, once.
    Closed(&'a DecidedAttempt),
    /// So many attempts were decided since the last time that are not told singly: they look like
    /// parts of scans or floods.
    Folded(u64),
    /// Something happened to an interface.
    Interface(InterfaceNews),
    /// Packets were lost.
    Lost {
        /// So many since the last time.
        more: Losses,
        /// So many in all.
        total: Losses,
    },
    /// The clock was set by so many nanoseconds, or the host slept: attempts under way are not
    /// followed further.
    ClockWasSet(i64),
}

/// How to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoOn {
    /// Watch on.
    Yes,
    /// End in order.
    No,
}

/// Hears what becomes known, and says how long to go on.
pub trait LiveObserver {
    /// Something became known.
    fn event(&mut self, event: &LiveEvent<'_>);

    /// An attempt was decided, or decided anew: as [`LiveEvent::Attempt`], of all attempts,
    /// whatever is asked for. `before` is what was told last; `is_noise` of what looks like part of
    /// a scan or flood.
    fn decided(&mut self, _decided: &DecidedAttempt, _before: Option<Outcome>, _is_noise: bool) {}

    /// A packet was looked at, before anything is concluded from it.
    fn packet(&mut self, _packet: &Packet<'_>, _observation: &Observation) {}

    /// Some time has passed, 50 ms at most.
    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn;
}

/// No turn waits longer for packets than this.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// How often the kernel is asked what it lost, the interfaces are looked after, everything is
/// looked at together, and what was folded is told.
const BETWEEN_COUNTS: Duration = Duration::from_millis(100);
const BETWEEN_CARE: Duration = Duration::from_secs(2);
const SHORTEST_BETWEEN_REFRESHES: Duration = Duration::from_secs(2);
const BETWEEN_FOLDED: Duration = Duration::from_secs(10);

/// Looking at everything together may take this part of the time.
const REFRESH_SHARE: u32 = 50;

/// Watches until the observer has enough, or nothing can come any more. `kernel` tells what the
/// kernel says of packets, where it is heard.
pub fn watch(
    capture: &mut LiveCapture,
    kernel: Option<Box<dyn KernelTeller>>,
    settings: LiveWatchSettings,
    observer: &mut dyn LiveObserver,
) -> LiveWatch {
    let mut watch = LiveWatch::new(settings, capture.settings(), this_host(), kernel);
    watch.take_addresses(capture.addresses());
    let mut clock = HostClock::new();
    let mut chores = Chores::default();
    loop {
        let reading = clock.read();
        one_turn(capture, &mut watch, reading, observer);
        watch.ask_host();
        chores.do_what_is_due(capture, &mut watch, &clock, reading, observer);
        watch.tell(observer);
        watch.take_facts(capture.facts());
        let goes_on = observer.turn(&watch, clock.running());
        if goes_on == GoOn::No || (capture.is_all_gone() && !chores.may_come_back) {
            break;
        }
    }
    finish(capture, &mut watch, observer);
    watch
}

fn one_turn(
    capture: &mut LiveCapture,
    watch: &mut LiveWatch,
    reading: ClockReading,
    observer: &mut dyn LiveObserver,
) {
    if let Some(step) = reading.step {
        watch.clock_was_set();
        observer.event(&LiveEvent::ClockWasSet(step));
    }
    let turn = capture.read(LONGEST_WAIT, reading.now, |packet| {
        watch.take(packet, observer);
    });
    if turn.is_drained {
        watch.watched_until(reading.now.before(SETTLING));
    }
}

fn finish(capture: &mut LiveCapture, watch: &mut LiveWatch, observer: &mut dyn LiveObserver) {
    let mut clock = HostClock::new();
    let now = clock.read().now;
    let turn = capture.read(Duration::ZERO, now, |packet| watch.take(packet, observer));
    capture.finish(|packet| watch.take(packet, observer));
    if turn.is_drained {
        watch.watched_until(now.before(SETTLING));
    }
    let total = capture.count_losses();
    watch.take_losses(now, total);
    watch.take_facts(capture.facts());
    watch.finish(observer);
}

/// What is done now and then.
#[derive(Debug)]
struct Chores {
    count: Duration,
    care: Duration,
    refresh: Duration,
    folded: Duration,
    may_come_back: bool,
}

impl Default for Chores {
    fn default() -> Self {
        Self {
            count: BETWEEN_COUNTS,
            care: BETWEEN_CARE,
            refresh: SHORTEST_BETWEEN_REFRESHES,
            folded: BETWEEN_FOLDED,
            may_come_back: true,
        }
    }
}

impl Chores {
    fn do_what_is_due(
        &mut self,
        capture: &mut LiveCapture,
        watch: &mut LiveWatch,
        clock: &HostClock,
        reading: ClockReading,
        observer: &mut dyn LiveObserver,
    ) {
        let running = clock.running();
        if running >= self.count {
            self.count = running + BETWEEN_COUNTS;
            let total = capture.count_losses();
            if let Some(more) = watch.take_losses(reading.now, total) {
                observer.event(&LiveEvent::Lost { more, total });
            }
        }
        if running >= self.care {
            self.care = running + BETWEEN_CARE;
            for news in capture.look_after_interfaces(running) {
                self.may_come_back &= !news.is_for_good();
                observer.event(&LiveEvent::Interface(news));
            }
            watch.take_addresses(capture.addresses());
        }
        if running >= self.folded {
            self.folded = running + BETWEEN_FOLDED;
            watch.tell_folded(observer);
        }
        if running >= self.refresh {
            watch.refresh(reading.now);
            let took = clock.running().saturating_sub(running);
            let pause = SHORTEST_BETWEEN_REFRESHES.max(took * REFRESH_SHARE);
            self.refresh = clock.running() + pause;
        }
    }
}
