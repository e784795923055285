//! **Beside the rooms: asking now.** Connects to what was named, by the kernel's own TCP, and what
//! came of each.
//!
//! No right is needed: the kernel tells an ordinary user which error ended a connect, which ICMP
//! error came from whom, how often the SYN was sent. Where packets may be captured, they are
//! watched by the engine of [`live`](crate::live), and their verdict stands before the kernel's.
//! Only what was named is touched: no ranges, bounded in packets and in time.

mod clock;
mod connect;
mod errno;
mod expectation;
mod local;
mod names;
mod one_connect;
mod pace;
mod packets;
mod report;
mod run;
mod settings;
mod shared;
mod socket;
mod target;
mod trace;
mod verdict;

pub use errno::Errno;
pub use expectation::{Expectation, UnknownExpectation};
pub use names::{MOST_ADDRESSES, NameError, NamesFound};
pub use packets::PacketWitness;
pub use report::{ConnectReport, IcmpSeen, ProbeNote, TargetReport, Witness};
pub use run::{ProbeEvent, ProbeSettings, Rounds, TraceSettings, probe};
pub use settings::{ConnectSettings, Timeout};
pub use socket::has_error_queue;
pub use target::{Target, TargetError, TargetHost, target_of_line};
pub use trace::{Hop, HopSays, Trace};
