//! The operators, and how they are put together.

mod codec;
mod handshake;
mod judging;
mod order;
mod packet_scan;
mod question;
mod scan;
mod wire;

pub(crate) use codec::FleetCodec;
pub(crate) use judging::{Gathered, judge, plan_for};
pub(crate) use packet_scan::ScanSettings;
pub use question::{NumberedLocation, Order, Question};
pub(crate) use wire::pieces_of;
