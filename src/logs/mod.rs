//! **Beside the rooms: logs.** What firewalls, proxies, the kernel and the service manager wrote
//! about connects comes in as lines of text; [`LogRecord`]s go out, each with its time and what it
//! says, as plain data.
//!
//! A line is read or it is not: what does not have exactly the form of a known kind is counted, and
//! nothing is guessed from it. A line never claims to be of a kernel because an application wrote
//! such words: who wrote it is read from its head. Whether a line is about a connect of the capture
//! is not decided here.
//!
//! What `explain` knows of lines of devices it reads by the same readers.

mod asa;
mod audit;
mod changed;
mod check_point;
mod commands;
mod fortigate;
mod junos;
mod kernel;
mod lines;
mod named;
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
mod wanted_ports;
mod wrapping;

pub use asa::asa_connection;
pub use check_point::{CheckPointDrop, CheckPointLine};
pub use fortigate::FortiGateLine;
pub use junos::{JunosSession, JunosState, JunosTerm};
pub use lines::{LogLines, NoLog};
pub use named::{NamedEnds, named_value};
pub use netfilter::{PacketLine, packet_line};
pub use palo_alto::PaloAltoLine;
pub use pf::PfLine;
pub use reader::{LogReader, ReadLine};
pub use record::{
    ChangedThing, ConnectCall, FilterAction, FilterKind, FilteredPacket, HostChange, HostEvent,
    HostEventKind, LogRecord, LoggedSegment, ProxiedSession, Saying, ServiceChange, ServiceState,
    UpstreamFailure, UpstreamProblem,
};
pub use stamp::{Stamp, StampTime};
pub(crate) use stamp::{local_of, nanoseconds_of};
pub use wanted_ports::WantedPorts;
