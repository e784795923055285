//! The report that a person reads first: what was read, how the connects ended, which servers fail,
//! and each failing attempt with the packets that show it.

mod attempts;
mod brief;
mod endpoints;
pub mod explain;
mod findings;
mod headline;
pub mod ladder;
#[cfg(feature = "live")]
mod line;
pub(in crate::report) mod page;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;

use std::io::{self, Write};

use super::model::Report;
use super::times::TimeZoneChoice;
pub use brief::write_brief;
#[cfg(feature = "live")]
pub use findings::write_one as write_finding;
#[cfg(feature = "live")]
pub use line::AttemptLine;
use page::Page;

/// How the text is to look; nothing of it depends on the terminal that happens to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Columns to fit into.
    pub width: usize,
    /// Whether colour is used; it only repeats what a word says.
    pub color: bool,
    /// In which zone times are shown.
    pub zone: TimeZoneChoice,
    /// Whether only failures are listed singly: so unless certain outcomes were asked for.
    pub only_failures: bool,
}

/// Writes the report.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &Report, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(to_text(report, style).as_bytes())
}

/// The report as one text.
pub(super) fn to_text(report: &Report, style: &TextStyle) -> String {
    let mut page = Page::new(*style);
    headline::write(report, &mut page);
    endpoints::write(report, &mut page);
    let findings_begin = page.text.lines().count();
    findings::write(report, &mut page);
    attempts::write(report, &mut page);
    brief::end(report, findings_begin, &mut page);
    page.text
}
