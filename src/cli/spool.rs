//! When attempts are put aside, and what is said when that fails.

use super::exit_status::ExitStatus;
use super::messages::{Messages, chain};
use super::report_format::Format;
use crate::analysis::{SpoolError, SpoolSettings};
use crate::diagnosis::ListingOrder;

/// So many attempts need about 40 MB.
const KEPT_IN_MEMORY: usize = 65_536;

/// Formats for programs list all attempts one after the other; the others look at all that they
/// list at once.
pub(super) fn settings(format: Format, listed_attempts: Option<usize>) -> Option<SpoolSettings> {
    let order = match format {
        Format::Json | Format::Csv => ListingOrder::ByStart,
        Format::Ndjson | Format::Ecs => ListingOrder::ByDecision,
        Format::Text | Format::Html | Format::Markdown => return None,
    };
    listed_attempts.is_none().then(|| SpoolSettings {
        kept_in_memory: KEPT_IN_MEMORY,
        order,
        folder: std::env::temp_dir(),
    })
}

/// Says why there is no report.
pub(super) fn tell(error: &SpoolError) -> ExitStatus {
    Messages::error(
        chain(error),
        Some("set TMPDIR to a folder with room, or list fewer attempts with --max-attempts"),
    );
    ExitStatus::Input
}
