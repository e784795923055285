//! **Room 3: handshake.** [`Observation`](crate::decode::Observation)s come in, each with its place in the capture;
//! decided [`Attempt`]s go out: who tried to connect to whom, which packets belong to the try, and how it ended.
//!
//! The rules, one file for each kind of packet: `on_syn`, `on_syn_ack`, `on_reset`, `on_segment`,
//! `on_icmp_error`. They note facts; [`judge`] turns the facts into an
//! [`Outcome`]. This room has no clock but the capture's, does no input or output, has no words for people and blames
//! nobody.

mod answer_from_elsewhere;
mod attempt;
mod brief;
mod decided;
mod evidence;
mod flow;
mod flow_key;
mod flow_table;
mod further;
mod lone_syn;
mod lone_syns;
mod meaning;
mod on_icmp_error;
mod on_reset;
mod on_segment;
mod on_syn;
mod on_syn_ack;
mod outcome;
mod place_index;
mod seen_packet;
mod tracker;

pub use attempt::{Attempt, AttemptId};
pub use decided::{
    Decided, DecidedAttempt, DecidedBrief, DecidedLoneSyn, Decisions, InBrief, Leaving,
};
pub use evidence::Evidence;
pub use outcome::{Judgement, Outcome, Watch, judge};
pub use seen_packet::{Content, Role, SeenPacket, Sender};
pub use tracker::{LiveTracker, Tracker, TrackerSettings, Verdict};
