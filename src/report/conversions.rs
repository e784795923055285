//! A report as text, with one call.

use std::fmt;
use std::io;

use super::json;
use super::model::Report;
use super::text::{self, TextStyle};
use super::times::TimeZoneChoice;

/// Columns of a text for nobody knows which screen.
const USUAL_WIDTH: usize = 100;

impl fmt::Display for Report {
    /// The report for people, in 100 columns, without colour, with times in UTC; safe for a
    /// terminal. [`text::write`] has a choice.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = TextStyle {
            width: USUAL_WIDTH,
            color: false,
            zone: TimeZoneChoice::Utc,
            only_failures: self.settings.selection.listed.is_none(),
        };
        formatter.write_str(&text::to_text(self, &style))
    }
}

impl Report {
    /// The report for programs, as [`json::write`] writes it.
    ///
    /// # Errors
    ///
    /// When attempts were put aside, and cannot be read again.
    pub fn to_json(&self) -> io::Result<String> {
        let mut document = Vec::new();
        json::write(self, &mut document)?;
        String::from_utf8(document).map_err(io::Error::other)
    }
}
