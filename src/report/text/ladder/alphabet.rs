//! The characters that a ladder is drawn with.

use crate::report::sanitize::terminal_safe;

/// What the reader's terminal or file can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alphabet {
    /// Lines and arrows.
    Unicode,
    /// Seven bits, for old terminals, logs and mail.
    Ascii,
}

/// The characters of one alphabet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glyphs {
    /// A side's line.
    pub(super) lane: char,
    /// A side's line while nothing happens.
    pub(super) quiet_lane: char,
    /// The shaft of an arrow.
    pub(super) shaft: char,
    /// The head of an arrow to the left.
    pub(super) left_head: char,
    /// The head of an arrow to the right.
    pub(super) right_head: char,
    /// The line of the verdict.
    pub(super) verdict: char,
}

impl Alphabet {
    pub(super) const fn glyphs(self) -> Glyphs {
        match self {
            Self::Unicode => Glyphs {
                lane: '│',
                quiet_lane: '┊',
                shaft: '─',
                left_head: '←',
                right_head: '→',
                verdict: '═',
            },
            Self::Ascii => Glyphs {
                lane: '|',
                quiet_lane: ':',
                shaft: '-',
                left_head: '<',
                right_head: '>',
                verdict: '=',
            },
        }
    }

    /// Foreign text, safe for a terminal, and written out where this alphabet does not have its
    /// characters.
    pub(super) fn safe(self, text: &str) -> String {
        let safe = terminal_safe(text);
        match self {
            Self::Unicode => safe.into_owned(),
            Self::Ascii => safe.chars().fold(String::new(), |mut ascii, character| {
                if character.is_ascii() {
                    ascii.push(character);
                } else {
                    ascii.extend(character.escape_unicode());
                }
                ascii
            }),
        }
    }
}
