//! How often the same address and port are connected to, however often they are named.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::clock::now;

/// Gives out times to begin: no two for the same address and port closer together than this.
#[derive(Debug)]
pub(super) struct Pace {
    between: Duration,
    next: Mutex<HashMap<SocketAddr, Instant>>,
}

impl Pace {
    pub(super) fn new(between: Duration) -> Self {
        Self {
            between,
            next: Mutex::default(),
        }
    }

    /// When a connect may begin there.
    pub(super) fn reserve(&self, address: SocketAddr) -> Instant {
        let at = now();
        // A thread that ended badly leaves the times as they were.
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // What is past binds nobody: so there are never more than connects under way.
        next.retain(|_, free| *free > at);
        let begins = next.get(&address).map_or(at, |free| at.max(*free));
        next.insert(address, begins + self.between);
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_place_is_asked_again_only_after_a_while() {
        let pace = Pace::new(Duration::from_secs(1));
        let (one, other): (SocketAddr, SocketAddr) = (
            "10.0.0.1:80".parse().unwrap(),
            "10.0.0.1:81".parse().unwrap(),
        );
        let started = now();
        let first = pace.reserve(one);
        assert!(first < started + Duration::from_millis(500));
        assert_eq!(pace.reserve(one), first + Duration::from_secs(1));
        assert_eq!(pace.reserve(one), first + Duration::from_secs(2));
        assert!(pace.reserve(other) < started + Duration::from_millis(500));
    }
}
