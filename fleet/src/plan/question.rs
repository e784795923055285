//! What is asked, in a form that goes to other machines.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tcpwhy::analysis::AnalysisSettings;
use tcpwhy::diagnosis::{ListingOrder, Selection};
use tcpwhy::handshake::TrackerSettings;

use crate::storage::Location;

/// What shapes the answer: the same for all that work on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// How long silence must be watched.
    pub patience: Duration,
    /// How many undecided attempts are followed at once, by all together.
    pub open_attempts: usize,
    /// Which attempts it is about.
    pub selection: Selection,
    /// How many attempts are listed singly; `None` for all.
    pub listed_attempts: Option<usize>,
    /// Whether a capture was filtered so that it cannot show the third step of a handshake, and
    /// says so.
    pub leaves_out_third_step: bool,
    /// Whether the bytes of the captures are hashed.
    pub hashes: bool,
    /// In which order all attempts are listed, where all are.
    pub order: Order,
}

/// In which order attempts are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// By their first packet.
    #[default]
    ByStart,
    /// By when it was settled how they ended.
    ByDecision,
}

impl Order {
    /// The same for the engine.
    pub fn listing(self) -> ListingOrder {
        match self {
            Self::ByStart => ListingOrder::ByStart,
            Self::ByDecision => ListingOrder::ByDecision,
        }
    }
}

impl Default for Question {
    /// As `tcpwhy read` without options, about all attempts.
    fn default() -> Self {
        let tracker = TrackerSettings::default();
        Self {
            patience: tracker.patience,
            open_attempts: tracker.open_attempts,
            selection: Selection::default(),
            listed_attempts: None,
            leaves_out_third_step: false,
            hashes: false,
            order: Order::ByStart,
        }
    }
}

impl Question {
    /// The same for the engine.
    pub fn settings(&self) -> AnalysisSettings {
        AnalysisSettings {
            tracker: TrackerSettings {
                patience: self.patience,
                open_attempts: self.open_attempts,
                ..TrackerSettings::default()
            },
            selection: self.selection.clone(),
            listed_attempts: self.listed_attempts,
            ..AnalysisSettings::default()
        }
    }
}

/// A capture, and its number among all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberedLocation {
    /// Its number.
    pub number: u32,
    /// Where it is.
    pub location: Location,
}
