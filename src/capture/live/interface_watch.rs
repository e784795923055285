//! What becomes of the interfaces while they are captured on.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::{InterfaceChange, InterfaceNews};
use crate::capture::{ListedInterface, list_interfaces};

/// What was last seen of the interfaces that are captured on, and when those that are gone are
/// tried again.
pub(super) struct InterfaceWatch {
    seen: BTreeMap<String, Seen>,
    retries: BTreeMap<usize, Retry>,
    /// Of all interfaces, captured on or not.
    addresses: Vec<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    is_up: bool,
    addresses: Vec<IpAddr>,
}

impl Seen {
    fn of(listed: &ListedInterface) -> Self {
        let mut addresses = listed.addresses.clone();
        addresses.sort_unstable();
        addresses.dedup();
        Self {
            is_up: listed.is_up,
            addresses,
        }
    }
}

/// One that is gone is tried again after a second, then after twice as long each time.
#[derive(Clone, Copy, Debug, Default)]
struct Retry {
    next: Option<Duration>,
    tries: u32,
    was_refused: bool,
}

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl InterfaceWatch {
    pub(super) fn of(names: &[String]) -> Self {
        let listed = list_interfaces().unwrap_or_default();
        Self {
            seen: listed
                .iter()
                .filter(|listed| names.contains(&listed.name) && listed.name != super::ANY)
                .map(|listed| (listed.name.clone(), Seen::of(listed)))
                .collect(),
            retries: BTreeMap::new(),
            addresses: addresses_of(&listed),
        }
    }

    /// The addresses that this host had at the last look.
    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.addresses.iter().copied()
    }

    /// Adds what has changed since the last look.
    pub(super) fn look(&mut self, news: &mut Vec<InterfaceNews>) {
        let Ok(listed) = list_interfaces() else {
            return;
        };
        self.addresses = addresses_of(&listed);
        for listed in &listed {
            let Some(before) = self.seen.get_mut(&listed.name) else {
                continue;
            };
            let now = Seen::of(listed);
            for what in changes(before, &now) {
                let interface = listed.name.clone();
                news.push(InterfaceNews { interface, what });
            }
            *before = now;
        }
    }

    /// Whether one that is gone is to be tried again now.
    pub(super) fn is_time_to_retry(&mut self, index: usize, running: Duration) -> bool {
        let retry = self.retries.entry(index).or_default();
        if retry.next.is_some_and(|next| running < next) {
            return false;
        }
        let pause = FIRST_PAUSE
            .saturating_mul(1 << retry.tries.min(5))
            .min(LONGEST_PAUSE);
        retry.tries = retry.tries.saturating_add(1);
        retry.next = Some(running + pause);
        true
    }

    /// Whether it is the first time that opening it again was refused.
    pub(super) fn is_first_refusal(&mut self, index: usize) -> bool {
        let retry = self.retries.entry(index).or_default();
        !std::mem::replace(&mut retry.was_refused, true)
    }
}

fn addresses_of(listed: &[ListedInterface]) -> Vec<IpAddr> {
    let addresses = listed.iter().flat_map(|listed| &listed.addresses);
    addresses.copied().collect()
}

fn changes(before: &Seen, now: &Seen) -> Vec<InterfaceChange> {
    let mut changes = Vec::new();
    match (before.is_up, now.is_up) {
        (true, false) => changes.push(InterfaceChange::Down),
        (false, true) => changes.push(InterfaceChange::Up),
        _ => {}
    }
    // One that goes down loses its IPv6 addresses, and gets them back: that is no change worth
    // telling.
    let has_others = now
        .addresses
        .iter()
        .any(|address| !before.addresses.contains(address));
    if before.is_up && now.is_up && has_others {
        changes.push(InterfaceChange::Addresses(now.addresses.clone()));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(is_up: bool, addresses: &[&str]) -> Seen {
        Seen {
            is_up,
            addresses: addresses.iter().map(|text| text.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn going_down_and_another_address_are_told() {
        let up = seen(true, &["10.0.0.7"]);
        assert_eq!(changes(&up, &up), []);
        assert_eq!(changes(&up, &seen(false, &[])), [InterfaceChange::Down]);
        assert_eq!(changes(&seen(false, &[]), &up), [InterfaceChange::Up]);
        let other = seen(true, &["10.0.0.8"]);
        let addresses = InterfaceChange::Addresses(other.addresses.clone());
        assert_eq!(changes(&up, &other), [addresses]);
    }

    #[test]
    fn one_that_is_gone_is_tried_less_and_less_often() {
        let mut watch = InterfaceWatch {
            seen: BTreeMap::new(),
            retries: BTreeMap::new(),
            addresses: Vec::new(),
        };
        let tries: Vec<u64> = (0..100)
            .filter(|second| watch.is_time_to_retry(0, Duration::from_secs(*second)))
            .collect();
        assert_eq!(tries, [0, 1, 3, 7, 15, 31, 61, 91]);
        assert!(watch.is_first_refusal(0) && !watch.is_first_refusal(0));
    }
}
