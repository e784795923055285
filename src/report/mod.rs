//! **Room 5: report.** One [`Report`] comes in; text or a page of HTML for people, or JSON for programs, goes out.
//!
//! Every format is a view of the same model: none computes what another would have to compute again. Nothing that
//! came from a capture reaches a terminal unescaped.
//!
//! What formats for people say in the same words stands in the files named `*_words`; these words are safe for a terminal,
//! and each format escapes what is special in it.

mod attempt_words;
mod capture_words;
mod counts;
pub mod csv;
pub mod difference;
mod endpoint_words;
pub mod evidence;
mod evidence_words;
mod finding_words;
pub mod html;
pub mod json;
pub mod ladder;
pub mod markdown;
mod model;
mod outcome_words;
mod packet_filters;
mod provenance_words;
mod sanitize;
mod settings;
pub(crate) mod shell_word;
mod shown_attempts;
pub mod text;
mod times;

pub use model::{CaptureTotals, PacketsSetAside, Report, Tool};
pub use sanitize::terminal_safe;
pub use settings::Settings;
pub use times::TimeZoneChoice;
