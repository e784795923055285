//! What the kernel of this host says of packets, while it handles them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// Something that the kernel says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelEvent {
    /// When, by the clock that stamps packets.
    pub at: Timestamp,
    /// What.
    pub what: KernelAct,
}

/// What the kernel did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelAct {
    /// Its TCP sent a RST.
    Reset {
        /// Who.
        source: Endpoint,
        /// To whom.
        destination: Endpoint,
        /// Why, as the kernel names it.
        reason: Arc<str>,
    },
    /// A packet came in.
    Received(Reception),
    /// It dropped a packet.
    Dropped {
        /// Why, as the kernel names it.
        reason: Arc<str>,
        /// How it came in, where that is known.
        received: Option<Reception>,
    },
    /// Its TCP threw away a segment.
    Refused {
        /// Who sent it.
        source: Endpoint,
        /// To whom.
        destination: Endpoint,
        /// Why, as it would be called where a packet is dropped.
        reason: &'static str,
    },
    /// It has no route for a segment.
    NoRoute {
        /// Who would send it.
        source: Endpoint,
        /// To whom.
        destination: Endpoint,
    },
}

/// How a packet came in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reception {
    /// When.
    pub at: Timestamp,
    /// By then it had been given to whoever captures there, where that is known: the next one came
    /// in on the same processor, or this one was dropped.
    pub until: Timestamp,
    /// Which processor took it: these are counted from 0.
    pub processor: usize,
    /// By which interface; there may be several of one name. Hostile text.
    pub interface: Arc<str>,
    /// How long it is from its IP header on.
    pub length: u32,
}

/// Tells what the kernel says.
pub trait KernelTeller: Debug + Send {
    /// Gives all that it has said since the last time: of one processor in order. `now` is the time
    /// since some beginning: what is said too often is not heard for a while.
    fn read(&mut self, now: Duration, each: &mut dyn FnMut(KernelEvent));

    /// How many events were lost, because they were not read in time: at least.
    fn lost(&self) -> u64;

    /// For how long which of what it says was not heard, because there was too much of it:
    /// `receptions` of packets, `drops`, `resets`.
    fn unheard(&self) -> &BTreeMap<&'static str, Duration>;

    /// Whether it may say now how a packet came in that it dropped.
    fn tells_which_packets(&self) -> bool;

    /// Whether it tells now of each RST that its TCP sends.
    fn tells_resets(&self) -> bool;
}
