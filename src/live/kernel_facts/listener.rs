//! Hears the kernel also while the watch is busy with something else.
//!
//! The kernel's buffers hold less time than those for packets. So a thread of its own takes from them
//! what the watch has not asked for in a while, and keeps it until the watch does.

use std::collections::BTreeMap;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::capture::live::HostClock;
use crate::host::{KernelEvent, KernelTeller};

/// The watch has not asked for so long: the thread does it.
const LEFT_ALONE: Duration = Duration::from_millis(100);

/// So many events wait for the watch.
const WAITING: usize = 1 << 17;

/// Hears what the kernel says.
#[derive(Debug)]
pub(super) struct Listener {
    shared: Arc<Mutex<Shared>>,
    /// Ends the thread, when it is dropped.
    ending: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    teller: Box<dyn KernelTeller>,
    clock: HostClock,
    heard_at: Duration,
    events: Vec<KernelEvent>,
    /// Events for which there was no room.
    left_out: u64,
}

/// How well the kernel was heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Events that were lost.
    pub(super) lost: u64,
    /// For how long which were not heard.
    pub(super) unheard: BTreeMap<&'static str, Duration>,
    /// Whether it tells now which packets it drops.
    pub(super) tells_which_packets: bool,
    /// Whether it has told of each RST since it was heard before, but for what was lost.
    pub(super) tells_resets: bool,
}

impl Listener {
    pub(super) fn new(teller: Box<dyn KernelTeller>) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            teller,
            clock: HostClock::new(),
            heard_at: Duration::ZERO,
            events: Vec::new(),
            left_out: 0,
        }));
        let (ending, ended) = channel();
        let heard = Arc::clone(&shared);
        let listen = move || {
            while ended.recv_timeout(LEFT_ALONE) == Err(RecvTimeoutError::Timeout) {
                let mut shared = lock(&heard);
                if shared.clock.running().saturating_sub(shared.heard_at) >= LEFT_ALONE {
                    shared.read();
                }
            }
        };
        let thread = thread::Builder::new().name("kernel".to_owned());
        Self {
            shared,
            ending: Some(ending),
            // Without one, the watch hears what it asks for in time.
            thread: thread.spawn(listen).ok(),
        }
    }

    /// Adds to `events` all that was said since the last time, of one processor in order.
    pub(super) fn hear(&self, events: &mut Vec<KernelEvent>) -> Heard {
        let mut shared = lock(&self.shared);
        let told_resets = shared.teller.tells_resets();
        shared.read();
        if events.is_empty() {
            std::mem::swap(events, &mut shared.events);
        } else {
            events.append(&mut shared.events);
        }
        Heard {
            lost: shared.teller.lost().saturating_add(shared.left_out),
            unheard: shared.teller.unheard().clone(),
            tells_which_packets: shared.teller.tells_which_packets(),
            tells_resets: told_resets && shared.teller.tells_resets(),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.ending.take());
        if let Some(thread) = self.thread.take() {
            // The teller gives back what it holds when nobody uses it any more.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn read(&mut self) {
        let now = self.clock.running();
        self.heard_at = now;
        let (events, left_out) = (&mut self.events, &mut self.left_out);
        self.teller.read(now, &mut |event| {
            if events.len() < WAITING {
                events.push(event);
            } else {
                *left_out = left_out.saturating_add(1);
            }
        });
    }
}

/// What a thread has left that panicked is still what the kernel said.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::capture::Timestamp;
    use crate::host::KernelAct;

    /// Says so much whenever it is asked, and counts how often that is.
    #[derive(Debug)]
    struct Talkative(Arc<AtomicU64>, usize);

    impl KernelTeller for Talkative {
        fn read(&mut self, _: Duration, each: &mut dyn FnMut(KernelEvent)) {
            let time = self.0.fetch_add(1, Ordering::Relaxed);
            for _ in 0..self.1 {
                each(KernelEvent {
                    at: Timestamp::from_nanoseconds(time.cast_signed()),
                    what: KernelAct::Dropped {
                        reason: "XDP".into(),
                        received: None,
                    },
                });
            }
        }

        fn lost(&self) -> u64 {
            5
        }

        fn unheard(&self) -> &BTreeMap<&'static str, Duration> {
            const { &BTreeMap::new() }
        }

        fn tells_which_packets(&self) -> bool {
            true
        }

        fn tells_resets(&self) -> bool {
            true
        }
    }

    #[test]
    fn what_is_said_while_the_watch_is_busy_waits_for_it_in_order() {
        let reads = Arc::new(AtomicU64::new(0));
        let listener = Listener::new(Box::new(Talkative(Arc::clone(&reads), 2)));
        thread::sleep(LEFT_ALONE * 5);
        let mut events = Vec::new();
        let heard = listener.hear(&mut events);
        assert!(events.len() >= 4, "{events:?}");
        assert!(events.is_sorted_by_key(|event| event.at));
        assert_eq!(heard.lost, 5);
        drop(listener);
        let at_the_end = reads.load(Ordering::Relaxed);
        assert_eq!(events.len() as u64, at_the_end * 2);
        thread::sleep(LEFT_ALONE * 3);
        assert_eq!(
            reads.load(Ordering::Relaxed),
            at_the_end,
            "its thread ended"
        );
    }

    #[test]
    fn what_there_is_no_room_for_is_counted_as_lost() {
        let listener = Listener::new(Box::new(Talkative(Arc::default(), WAITING + 7)));
        let mut events = Vec::new();
        let heard = listener.hear(&mut events);
        assert_eq!(events.len(), WAITING);
        assert!(heard.lost >= 12, "{}", heard.lost);
    }
}
