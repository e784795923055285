//! The report as one page of HTML: everything is in it, and nothing is loaded from anywhere.
//!
//! It is built with a template language that escapes whatever it is given; what came from a capture
//! is also made safe against characters that hide or reorder text. The script only sorts, filters
//! and unfolds what is there: without it all tables are plain tables.

mod attempts;
mod capture;
mod custody;
mod data;
mod drawings;
mod endpoints;
mod findings;
pub(super) mod head;
mod ladder;
pub(super) mod marks;
mod on_paper;
pub(super) mod page;
mod policy;
mod reading;
mod summary;

use std::io::{self, Write};

use super::model::Report;
use super::sanitize::terminal_safe;
use super::times::TimeZoneChoice;

/// Writes the report; times are shown in this zone.
///
/// # Errors
///
/// What `out` says.
pub fn write(report: &Report, zone: TimeZoneChoice, out: &mut dyn Write) -> io::Result<()> {
    let page = page::page(View { report, zone });
    out.write_all(page.into_string().as_bytes())
}

/// What the parts of the page show.
#[derive(Clone, Copy)]
struct View<'a> {
    report: &'a Report,
    zone: TimeZoneChoice,
}

/// Text that may be hostile, without characters that hide or reorder; it is yet to be escaped.
fn shown(text: &str) -> String {
    terminal_safe(text).into_owned()
}
