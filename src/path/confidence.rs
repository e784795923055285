//! How sure a judgement is.

use serde::{Deserialize, Serialize};

/// How sure a cause, a finding or a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It fits, and so do others.
    Possible,
    /// Others would fit worse.
    Likely,
    /// The packets prove it.
    Certain,
}

impl Confidence {
    /// The confidence's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}
