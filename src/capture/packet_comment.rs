//! What people wrote about packets.

use serde::{Deserialize, Serialize};

use super::packet::{PacketNumber, SourceId};

/// How many comments of one source, and of all together, are kept.
pub(super) const KEPT: usize = PacketComment::KEPT;

/// How much of a comment is kept, in characters.
const LONGEST: usize = 300;

/// The comments on a packet (`opt_comment`), as Wireshark's users write them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketComment {
    /// The packet's source.
    pub source: SourceId,
    /// Its number there.
    pub number: PacketNumber,
    /// Their first 300 characters; hostile text.
    pub text: String,
}

impl PacketComment {
    /// How many are kept of all sources together.
    pub(crate) const KEPT: usize = 10_000;
}

/// Adds an option's value to the comments before it, as far as there is room.
pub(super) fn add(comments: &mut Option<String>, value: &[u8]) {
    const SEPARATOR: &str = "; ";
    let before = comments
        .as_ref()
        .map_or(0, |text| text.chars().count() + SEPARATOR.chars().count());
    let Some(more) = text(value, LONGEST.saturating_sub(before)) else {
        return;
    };
    match comments {
        Some(comments) => {
            comments.push_str(SEPARATOR);
            comments.push_str(&more);
        }
        None => *comments = Some(more),
    }
}

/// As many characters of an option's value; `None` for none.
fn text(value: &[u8], longest: usize) -> Option<String> {
    const LONGEST_CHARACTER: usize = 4;
    let value = value.get(..longest * LONGEST_CHARACTER).unwrap_or(value);
    let text: String = String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .chars()
        .take(longest)
        .collect();
    (!text.is_empty()).then_some(text)
}
