//! What comes too often is not listened to for a while: hearing the kernel must not be what makes
//! its host slow.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

/// The shortest time over which a rate is reckoned.
const WINDOW: Duration = Duration::from_millis(250);

/// How long an event is turned off the first time; twice as long each time after that, up to the
/// longest; and after it was not for the longest, as if for the first time.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(80);

/// An event, and how often it may come.
#[derive(Debug)]
pub(super) struct Throttle {
    /// Opened while there are rights; `None` where it cannot be turned off.
    enable: Option<File>,
    most_a_second: u64,
    state: State,
    pause: Duration,
    on_since: Duration,
    /// How long it was off before.
    off_before: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Since then so many came.
    On { since: Duration, count: u64 },
    /// Since then, and until when.
    Off { since: Duration, until: Duration },
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turned {
    No,
    Off,
    On,
}

impl Throttle {
    /// Of the event whose file `enable` this is, which is on.
    pub(super) fn of(enable: &Path, most_a_second: u64) -> Self {
        Self {
            enable: OpenOptions::new().write(true).open(enable).ok(),
            most_a_second,
            state: State::On {
                since: Duration::ZERO,
                count: 0,
            },
            pause: FIRST_PAUSE,
            on_since: Duration::ZERO,
            off_before: Duration::ZERO,
        }
    }

    pub(super) const fn is_on(&self) -> bool {
        matches!(self.state, State::On { .. })
    }

    /// How long it was off until now.
    pub(super) fn was_off(&self, now: Duration) -> Duration {
        match self.state {
            State::On { .. } => self.off_before,
            State::Off { since, .. } => self.off_before + now.saturating_sub(since),
        }
    }

    /// So many came since the last time: `now` is the time since some beginning.
    pub(super) fn note(&mut self, now: Duration, more: u64) -> Turned {
        match self.state {
            State::On { since, count } => {
                let count = count.saturating_add(more);
                let passed = now.saturating_sub(since).max(WINDOW);
                let most = u128::from(self.most_a_second) * passed.as_millis() / 1000;
                if u128::from(count) > most {
                    return self.turn_off(now);
                }
                self.state = State::On { since, count };
                if now.saturating_sub(since) >= WINDOW {
                    self.begin(now);
                }
                if now.saturating_sub(self.on_since) >= LONGEST_PAUSE {
                    self.pause = FIRST_PAUSE;
                }
                Turned::No
            }
            State::Off { since, until } if now >= until => {
                if self.set("1").is_err() {
                    return Turned::No;
                }
                self.off_before += now.saturating_sub(since);
                self.on_since = now;
                self.begin(now);
                Turned::On
            }
            State::Off { .. } => Turned::No,
        }
    }

    fn begin(&mut self, now: Duration) {
        self.state = State::On {
            since: now,
            count: 0,
        };
    }

    fn turn_off(&mut self, now: Duration) -> Turned {
        if self.set("0").is_err() {
            self.begin(now);
            return Turned::No;
        }
        self.state = State::Off {
            since: now,
            until: now + self.pause,
        };
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Turned::Off
    }

    fn set(&mut self, value: &str) -> io::Result<()> {
        let none = || io::Error::from(io::ErrorKind::NotFound);
        self.enable
            .as_mut()
            .ok_or_else(none)?
            .write_all(value.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Duration = Duration::from_millis(10);

    /// At this rate from `now` until it is turned, or for so long.
    fn run(throttle: &mut Throttle, now: &mut Duration, most: Duration, rate: u64) -> Turned {
        let end = *now + most;
        while *now < end {
            *now += TURN;
            match throttle.note(*now, rate / 100) {
                Turned::No => {}
                turned => return turned,
            }
        }
        Turned::No
    }

    #[test]
    fn what_comes_too_often_is_off_for_longer_and_longer() {
        let folder = tempfile::tempdir().unwrap();
        let enable = folder.path().join("enable");
        std::fs::write(&enable, "").unwrap();
        let mut throttle = Throttle::of(&enable, 1000);
        let (mut now, second) = (Duration::ZERO, Duration::from_secs(1));
        assert_eq!(run(&mut throttle, &mut now, second * 9, 1000), Turned::No);
        let mut pauses = Vec::new();
        for _ in 0..6 {
            let before = now;
            assert_eq!(run(&mut throttle, &mut now, second, 2000), Turned::Off);
            assert!(now.saturating_sub(before) < second / 2 && !throttle.is_on());
            let off = now;
            assert_eq!(run(&mut throttle, &mut now, second * 99, 0), Turned::On);
            assert!(throttle.is_on());
            pauses.push(now.saturating_sub(off).as_secs());
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 80]);
        assert_eq!(throttle.was_off(now).as_secs(), pauses.iter().sum::<u64>());
        assert_eq!(run(&mut throttle, &mut now, second * 99, 100), Turned::No);
        assert_eq!(run(&mut throttle, &mut now, second, 2000), Turned::Off);
        let off = now;
        run(&mut throttle, &mut now, second * 99, 0);
        assert_eq!(
            now.saturating_sub(off).as_secs(),
            5,
            "it was calm meanwhile"
        );
        let written = std::fs::read_to_string(&enable).unwrap();
        assert_eq!(written, "01".repeat(7));
    }

    /// Whoever could not read for two seconds finds what came in two seconds.
    #[test]
    fn what_was_waiting_is_reckoned_over_the_time_in_which_it_came() {
        let folder = tempfile::tempdir().unwrap();
        let enable = folder.path().join("enable");
        std::fs::write(&enable, "").unwrap();
        let mut throttle = Throttle::of(&enable, 1000);
        assert_eq!(throttle.note(Duration::from_secs(2), 1900), Turned::No);
        assert_eq!(throttle.note(Duration::from_secs(4), 2100), Turned::Off);
    }

    #[test]
    fn what_cannot_be_turned_off_stays_on() {
        let mut throttle = Throttle::of(Path::new("/nowhere/enable"), 10);
        for second in 1..9 {
            assert_eq!(throttle.note(Duration::from_secs(second), 1000), Turned::No);
        }
        assert!(throttle.is_on() && throttle.was_off(Duration::from_secs(9)).is_zero());
    }
}
