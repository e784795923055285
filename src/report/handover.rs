//! What stands in a report that is handed over, beside what the capture says: what the incident is
//! called, what its reader should know, and who answers for the report.

use crate::capture::Timestamp;

/// As it was typed; nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// What the incident is called.
    pub title: Option<String>,
    /// What its reader should know, a paragraph each.
    pub notes: Vec<String>,
    /// Who made the report, when and where.
    pub custody: Option<Custody>,
}

/// Who answers for a report, and with what it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Who made it, as it was typed.
    pub by: String,
    /// The host that it was made on, if it has a name.
    pub host: Option<String>,
    /// When it was made, by that host's clock.
    pub at: Timestamp,
    /// SHA-256 of the program that made it, as it lies on disk, if that could be read.
    pub program_sha256: Option<String>,
}
