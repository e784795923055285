//! `tcpwhy live` and a network for it: namespaces, sockets and packet filters of this host's kernel.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and says where; live traffic has the time of the clock"
)]

pub(crate) mod network;
pub(crate) mod reports;
pub(crate) mod running;
pub(crate) mod trials;

use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Looks again and again until it is there; before that, each look says what is there instead.
#[track_caller]
pub(crate) fn wait_until<T>(look: impl Fn() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => assert!(start.elapsed() < LONG, "{instead}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
