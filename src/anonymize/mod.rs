//! Anonymous packets and observations: addresses replaced, payload dropped, so that a report can be
//! handed to strangers.
//!
//! It stands between decode and handshake: what comes after it never sees an original address, so
//! that no word of a report can hold one. The map keeps prefixes and is one to one, so that
//! comparison gives what it would have given.

mod address_map;
mod checksum;
mod filter_log;
mod link;
mod observation;
mod packet;

pub use address_map::{AddressMap, Key};
pub use link::is_replaceable;
pub use observation::anonymous;
pub use packet::anonymous_packet;
