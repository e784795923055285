//! **tcpwhy for many captures and many machines.**
//!
//! The verdicts are those of [`tcpwhy`], to the byte; what distributes is `DataFusion` on one
//! machine and Ballista on many. Ours is a scan, one operator, and facts that merge:
//!
//! ```text
//! files ──► PacketScan ──► hash by flow ──► Handshake ──► facts ──► judged once ──► report, SQL, Parquet
//! ```

mod catalogue;
mod cluster;
pub mod commands;
mod fleet;
mod plan;
mod storage;
mod tables;

pub use catalogue::Catalogue;
pub use fleet::{Answer, Fleet, FleetSettings};
pub use plan::{NumberedLocation, Order, Question};
pub use storage::{Location, StorageError, Stored, find};
pub use tables::{Column, columns_of, tables};
