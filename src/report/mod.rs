//! **Room 5: report.** One [`Report`] comes in; text or a page of HTML for people, or JSON for
//! programs, goes out.
//!
//! Every format is a view of the same model: none computes what another would have to compute
//! again. Nothing that came from a capture reaches a terminal unescaped.
//!
//! What formats for people say in the same words stands in the files named `*_words`; these words
//! are safe for a terminal, unless their file says otherwise, and each format escapes what is
//! special in it.

mod attempt_words;
pub(crate) mod capture_words;
mod community_id;
mod comparison_words;
mod conversions;
mod counts;
#[cfg(feature = "csv")]
pub mod csv;
mod custody_words;
pub mod difference;
mod duration_words;
pub mod ecs;
mod endpoint_words;
#[cfg(feature = "evidence")]
pub mod evidence;
mod evidence_words;
mod finding_words;
mod flat_attempt;
mod handover;
mod host_words;
#[cfg(feature = "html")]
pub mod html;
pub mod json;
mod kernel_words;
pub mod ladder;
mod limit_words;
mod log_words;
pub mod markdown;
mod model;
pub mod next_step_words;
mod noise_words;
pub mod note_words;
mod outcome_words;
mod packet_filters;
pub mod path;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe_words;
mod provenance_words;
mod sanitize;
mod settings;
mod sharing_words;
pub(crate) mod shell_word;
mod shown_attempts;
pub mod statement_words;
pub mod testimony_words;
pub mod text;
mod times;
mod trouble_words;
mod verdict_words;

#[cfg(feature = "dashboard")]
pub(crate) mod words {
    //! The words of reports, for what is shown while it happens: safe for a terminal, unless they
    //! say otherwise.
    pub(crate) use super::attempt_words::headline_with_cause;
    pub(crate) use super::counts::{counted, grouped};
    pub(crate) use super::finding_words::title;
    pub(crate) use super::kernel_words::of_report as kernels_word;
    pub(crate) use super::model::shortened;
    pub(crate) use super::outcome_words::{mark, shown_name};
    pub(crate) use super::statement_words::statement;
    pub(crate) use super::text::page::{cut, padded, right};
}

pub use flat_attempt::FlatAttempt;
pub use handover::{Custody, Handover};
pub use model::{CaptureTotals, PacketsSetAside, Report, Tool};
pub use sanitize::terminal_safe;
pub use settings::Settings;
#[cfg(feature = "cli")]
pub(crate) use text::page::visible_width;
pub use times::TimeZoneChoice;
