//! What people wrote about packets.

use super::packet::{PacketNumber, SourceId};

/// How many comments of one source, and of all together, are kept.
pub(super) const KEPT: usize = 10_000;

/// How much of a comment is kept, in characters.
const LONGEST: usize = 200;

/// A comment on a packet (`opt_comment`), as Wireshark's users write them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketComment {
    /// The packet's source.
    pub source: SourceId,
    /// Its number there.
    pub number: PacketNumber,
    /// The comment's first 200 characters; hostile text.
    pub text: String,
}

/// The part of an option's value that is kept; `None` for an empty one.
pub(super) fn text(value: &[u8]) -> Option<String> {
    const LONGEST_CHARACTER: usize = 4;
    let value = value.get(..LONGEST * LONGEST_CHARACTER).unwrap_or(value);
    let text: String = String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .chars()
        .take(LONGEST)
        .collect();
    (!text.is_empty()).then_some(text)
}
