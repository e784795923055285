//! **Room 5: report.** One [`Report`] comes in; text for people or JSON for programs goes out.
//!
//! Every format is a view of the same model: none computes what another would have to compute again. Nothing that
//! came from a capture reaches a terminal unescaped.

mod evidence_words;
pub mod json;
pub mod ladder;
mod model;
mod sanitize;
pub mod text;
mod times;

pub use model::{CaptureTotals, PacketsSetAside, Report, Tool};
pub use sanitize::terminal_safe;
pub use times::TimeZoneChoice;
