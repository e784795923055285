//! Where captures are kept: folders of this machine, and object storage.

mod location;
mod object_reader;

pub(crate) use location::one_line;
pub use location::{Location, StorageError, Stored, find};
