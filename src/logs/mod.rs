//! **Beside the rooms: logs.** What firewalls, proxies, the kernel and the service manager wrote
//! about connects comes in as lines of text; [`LogRecord`]s go out, each with its time and what it
//! says, as plain data.
//!
//! A line is read or it is not: what does not have exactly the form of a known kind is counted, and
//! nothing is guessed from it. A line never claims to be of a kernel because an application wrote
//! such words: who wrote it is read from its head. Whether a line is about a connect of the capture
//! is not decided here.

mod asa;
mod audit;
mod lines;
mod netfilter;
mod nginx;
mod palo_alto;
mod pf;
mod proxy;
mod reader;
mod record;
mod service;
mod stamp;
#[cfg(test)]
mod tests;
mod wrapping;

pub use lines::{LogLines, NoLog};
pub use netfilter::{PacketLine, packet_line};
pub use palo_alto::fields as palo_alto_fields;
pub use reader::{LogReader, ReadLine};
pub use record::{
    ConnectCall, FilterAction, FilterKind, FilteredPacket, LogRecord, LoggedSegment,
    ProxiedSession, Saying, ServiceChange, ServiceState, UpstreamFailure, UpstreamProblem,
};
pub use stamp::{Stamp, StampTime};
pub(crate) use stamp::{local_of, nanoseconds_of};
