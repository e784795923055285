//! Packets of interfaces, while they pass.
//!
//! All interfaces are read in one thread that waits for all of them: the kernel's buffers are the
//! queue (32 MiB for each interface, some 100,000 packets of handshakes), nothing is handed from
//! thread to thread, and what is read from several is put in order of time within 30 ms.

mod clock;
mod default_route;
mod interface_capture;
mod interface_watch;
mod program;
mod reorder;
mod rights;

use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Packet, SourceFacts, SourceId, Timestamp};
#[cfg(target_os = "linux")]
pub use clock::TraceClock;
pub use clock::{ClockReading, HostClock};
pub use default_route::interface_of_default_route;
pub use interface_capture::Losses;
use interface_capture::{InterfaceCapture, Read};
use interface_watch::InterfaceWatch;
pub use program::Detail;
use reorder::Reorder;
pub use rights::{Rights, give_up_rights, may_capture, may_name_processes};

/// All interfaces at once, also those that are still to come.
pub const ANY: &str = "any";

/// How to capture.
#[derive(Clone, Debug)]
pub struct LiveSettings {
    /// On which interfaces.
    pub interfaces: Vec<String>,
    /// How much.
    pub detail: Detail,
    /// What else packets must be, in libpcap's language.
    pub filter: Option<String>,
    /// Whether packets count that are meant for others.
    pub promiscuous: bool,
    /// The kernel's buffer for each interface, in bytes.
    pub buffer_bytes: u32,
}

impl Default for LiveSettings {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            detail: Detail::default(),
            filter: None,
            promiscuous: false,
            buffer_bytes: 32 << 20,
        }
    }
}

/// Why there is nothing to watch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// The right to capture is missing.
    #[error("cannot capture on {interface}: no permission: {message}")]
    NoPermission {
        /// Where.
        interface: String,
        /// What the system said.
        message: String,
    },
    /// There is no such interface.
    #[error("cannot capture on {interface}: no such interface")]
    NoSuchInterface {
        /// What was asked for.
        interface: String,
    },
    /// It is there, and cannot be captured on.
    #[error("cannot capture on {interface}: {message}")]
    Other {
        /// Where.
        interface: String,
        /// What libpcap said.
        message: String,
    },
    /// libpcap does not understand the filter.
    #[error("cannot use the filter '{expression}': {message}")]
    Filter {
        /// As typed.
        expression: String,
        /// What libpcap said.
        message: String,
    },
}

impl LiveError {
    /// libpcap has words only.
    fn of_libpcap(interface: &str, message: String) -> Self {
        let interface = interface.to_owned();
        let is_one_of = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
        if is_one_of(&["ermission", "CAP_NET_RAW", "not permitted"]) {
            Self::NoPermission { interface, message }
        } else if is_one_of(&["No such device", "no such device", "doesn't exist"]) {
            Self::NoSuchInterface { interface }
        } else {
            Self::Other { interface, message }
        }
    }
}

/// What became of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceNews {
    /// Its name.
    pub interface: String,
    /// What happened.
    pub what: InterfaceChange,
}

impl InterfaceNews {
    /// Whether nothing will come from it any more.
    pub fn is_for_good(&self) -> bool {
        matches!(self.what, InterfaceChange::CannotReopen(_))
    }
}

/// What can happen to an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InterfaceChange {
    /// It is down: nothing comes until it is up again.
    Down,
    /// It is up again.
    Up,
    /// It has other addresses now.
    Addresses(Vec<std::net::IpAddr>),
    /// It was removed.
    Gone(String),
    /// It came back, and is captured on again.
    Reopened,
    /// It came back, and cannot be opened; said once.
    CannotReopen(String),
}

/// What one turn of reading gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Packets read from the kernel.
    pub packets: u64,
    /// Whether nothing was left there: what was captured a while before the turn has then been
    /// handed over.
    pub is_drained: bool,
}

/// How long after its time a packet has been handed over at the latest, when everything is drained.
pub const SETTLING: Duration = Duration::from_millis(100);

/// Captures on interfaces.
pub struct LiveCapture {
    settings: LiveSettings,
    interfaces: Vec<InterfaceCapture>,
    watch: InterfaceWatch,
    reorder: Reorder,
    newest: Option<Timestamp>,
    news: Vec<InterfaceNews>,
}

impl LiveCapture {
    /// Opens all interfaces.
    ///
    /// # Errors
    ///
    /// When one of them cannot be opened.
    pub fn open(settings: LiveSettings) -> Result<Self, LiveError> {
        let interfaces = (0..)
            .zip(&settings.interfaces)
            .map(|(source, name)| InterfaceCapture::open(name, SourceId(source), &settings))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            watch: InterfaceWatch::of(&settings.interfaces),
            settings,
            interfaces,
            reorder: Reorder::default(),
            newest: None,
            news: Vec::new(),
        })
    }

    /// Waits until there are packets, for `wait` at most or until a signal comes, and hands over
    /// what is there, several interfaces in the order of their times. `now` is the time before the
    /// call.
    pub fn read(
        &mut self,
        wait: Duration,
        now: Timestamp,
        mut each: impl FnMut(&Packet<'_>),
    ) -> Turn {
        self.wait(wait);
        let mut turn = Turn {
            packets: 0,
            is_drained: true,
        };
        let is_single = self.interfaces.len() == 1;
        for interface in &mut self.interfaces {
            let (reorder, newest, packets) =
                (&mut self.reorder, &mut self.newest, &mut turn.packets);
            let read = interface.read(|packet| {
                *packets += 1;
                *newest = (*newest).max(Some(packet.place.at));
                if is_single {
                    each(packet);
                } else {
                    reorder.hold(packet);
                }
            });
            match read {
                Ok(read) => turn.is_drained &= read == Read::Drained,
                Err(message) => self.news.push(InterfaceNews {
                    interface: interface.name().to_owned(),
                    what: InterfaceChange::Gone(message),
                }),
            }
        }
        if !is_single {
            let newest = self.newest.unwrap_or(now);
            let until = if turn.is_drained {
                now.max(newest)
            } else {
                newest
            };
            self.reorder.release(until.before(reorder::WINDOW), each);
        }
        turn
    }

    /// Hands over what is held back.
    pub fn finish(&mut self, each: impl FnMut(&Packet<'_>)) {
        self.reorder
            .release(Timestamp::from_nanoseconds(i64::MAX), each);
    }

    fn wait(&self, longest: Duration) {
        let mut descriptors: Vec<PollFd<'_>> = self
            .interfaces
            .iter()
            .filter_map(InterfaceCapture::descriptor)
            .map(|descriptor| PollFd::from_borrowed_fd(descriptor, PollFlags::IN))
            .collect();
        let timeout = Timespec {
            tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: longest.subsec_nanos().into(),
        };
        // A signal ends the wait: whoever calls looks at what it asks for.
        let _ = poll(&mut descriptors, Some(&timeout));
    }

    /// How many packets were lost so far on all interfaces together. Asks the kernel: not for every
    /// packet.
    pub fn count_losses(&mut self) -> Losses {
        let mut all = Losses::default();
        for interface in &mut self.interfaces {
            let lost = interface.count_losses();
            all.kernel = all.kernel.saturating_add(lost.kernel);
            all.interface = all.interface.saturating_add(lost.interface);
        }
        all
    }

    /// Looks at what became of the interfaces, and opens again what came back. To be called every
    /// other second; `running` is the time since the start.
    pub fn look_after_interfaces(&mut self, running: Duration) -> Vec<InterfaceNews> {
        for (index, interface) in self.interfaces.iter_mut().enumerate() {
            if interface.is_open() || !self.watch.is_time_to_retry(index, running) {
                continue;
            }
            match interface.reopen(&self.settings) {
                Ok(()) => self.news.push(InterfaceNews {
                    interface: interface.name().to_owned(),
                    what: InterfaceChange::Reopened,
                }),
                Err(LiveError::NoPermission { message, .. }) => {
                    if self.watch.is_first_refusal(index) {
                        self.news.push(InterfaceNews {
                            interface: interface.name().to_owned(),
                            what: InterfaceChange::CannotReopen(message),
                        });
                    }
                }
                Err(_) => {}
            }
        }
        self.watch.look(&mut self.news);
        std::mem::take(&mut self.news)
    }

    /// Whether nothing is captured any more: all interfaces were removed.
    pub fn is_all_gone(&self) -> bool {
        !self.interfaces.iter().any(InterfaceCapture::is_open)
    }

    /// What was seen on each interface.
    pub fn facts(&self) -> Vec<SourceFacts> {
        self.interfaces
            .iter()
            .map(|interface| interface.facts(&self.settings))
            .collect()
    }

    /// The addresses of this host, as of the last look at its interfaces.
    pub fn addresses(&self) -> impl Iterator<Item = std::net::IpAddr> {
        self.watch.addresses()
    }

    /// What leaves the kernel, in libpcap's language; `None` when everything does.
    pub fn program(&self) -> Option<String> {
        let programs = self
            .settings
            .detail
            .programs(self.settings.filter.as_deref());
        programs.map(|programs| programs.tagged)
    }

    /// How it captures.
    pub fn settings(&self) -> &LiveSettings {
        &self.settings
    }
}
