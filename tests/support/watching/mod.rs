//! `tcpwhy live` and a network for it: namespaces, sockets and packet filters of this host's
//! kernel.

#![allow(
    clippy::disallowed_methods,
    reason = "live traffic has the time of the clock"
)]

pub(crate) mod network;
pub(crate) mod reports;
pub(crate) mod running;

use std::time::{Duration, Instant};

use super::tools::Needs;

/// Of a watch on a client and a server.
pub(crate) const NEEDS: Needs =
    Needs::networks(&["ip", "nft", "tcpdump", "python3", "mount", "kill"]);

/// Watches wait more than they work.
pub(crate) const AT_ONCE: usize = 4;

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
