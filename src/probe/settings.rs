//! How connects are made.

use std::time::Duration;

/// How connects are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectSettings {
    /// After so long of silence a connect is given up.
    pub timeout: Timeout,
    /// For so long nothing is sent and the other side is listened to, once it has accepted; zero
    /// for not at all.
    pub first_byte: Duration,
}

/// When silence is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// When the SYN was sent three times, and all who may tell of a host that is away have had the
    /// time.
    Usual,
    /// After so long, whatever was sent.
    After(Duration),
}

impl Timeout {
    /// Nobody waits longer.
    pub(super) const fn longest(self) -> Duration {
        match self {
            Self::Usual => LONGEST_TIMEOUT,
            Self::After(timeout) => timeout,
        }
    }
}
/// The kernel and routers ask for 3.06 s after a host that does not answer, and tell then.
const USUAL_TIMEOUT: Duration = Duration::from_millis(3500);

/// Nobody waits longer for the third SYN: with a time-out that doubles it comes after 3 s.
const LONGEST_TIMEOUT: Duration = Duration::from_millis(7500);
const USUAL_SYNS: u32 = 3;

impl Timeout {
    /// How long a connect is waited for that has sent so many SYNs.
    pub(super) const fn of(self, syns: u32) -> Duration {
        match self {
            Self::After(timeout) => timeout,
            Self::Usual if syns < USUAL_SYNS => LONGEST_TIMEOUT,
            Self::Usual => USUAL_TIMEOUT,
        }
    }
}
