//! **Room 3: handshake.** [`Observation`](crate::decode::Observation)s come in, each with its place
//! in the capture; decided [`Attempt`]s go out: who tried to connect to whom, which packets belong
//! to the try, and how it ended.
//!
//! The rules, one file for each kind of packet: `on_syn`, `on_syn_ack`, `on_reset`, `on_segment`,
//! `on_icmp_error`. They note facts; [`judge`] turns the facts into an [`Outcome`]. This room has
//! no clock but the capture's, does no input or output, has no words for people and blames nobody.

mod answer_from_elsewhere;
mod attempt;
mod closing;
mod decided;
mod evidence;
mod filter_signs;
mod flow;
mod flow_key;
mod flow_table;
mod meaning;
mod midway;
mod misdirection;
mod on_icmp_error;
mod on_reset;
mod on_segment;
mod on_syn;
mod on_syn_ack;
mod open_attempt;
mod outcome;
mod place_index;
mod regular;
mod seen_packet;
mod syn_queue;
mod told;
mod tracker;
mod trouble;

pub use attempt::{AnsweredElsewhere, Attempt, AttemptId, FirstData};
pub use closing::{ClosedBy, Closing};
pub use decided::{DecidedAttempt, DecidedRows, DecidedSyn, DecidedSyns, Decisions, Leaving};
pub use evidence::Evidence;
pub use filter_signs::FilteredOut;
pub use midway::{MidwayEnding, MidwayFailure};
pub use outcome::{Judgement, Outcome, Watch, judge};
pub use seen_packet::{Content, Role, SeenPacket, Sender, Ways};
pub use told::{AttemptVerdict, SpokenOf};
pub use tracker::{
    Ending, LiveTracker, Tracker, TrackerSettings, Tracking, Unended, Verdict, finish_all,
};
pub use trouble::{Trouble, Troubles};
