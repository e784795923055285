//! What was asked for, as far as it shapes what a report says.

use std::time::Duration;

use crate::diagnosis::Selection;
use crate::handshake::TrackerSettings;

/// The settings of an analysis: with the same input they give the same report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// For how long silence had to be watched before it counted; how many undecided attempts were
    /// followed at once.
    pub tracker: TrackerSettings,
    /// Which attempts the report is about, and which of them it lists.
    pub selection: Selection,
    /// The capture filter applied to every packet, in libpcap's language.
    pub filter: Option<String>,
    /// How many attempts are listed singly at most; `None` for all.
    pub listed_attempts: Option<usize>,
    /// How many of these, those that are alike together, text and Markdown show at most; `None` for
    /// all that are listed.
    pub shown_attempts: Option<usize>,
}

impl Settings {
    /// With this patience, and otherwise as by default.
    pub fn with_patience(patience: Duration) -> Self {
        Self {
            tracker: TrackerSettings {
                patience,
                ..TrackerSettings::default()
            },
            ..Self::default()
        }
    }
}
