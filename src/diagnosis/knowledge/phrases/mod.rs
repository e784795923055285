//! The words by which systems and applications tell that a connect failed.
//!
//! All in lower case, with one space between words: so the text is made before it is searched.

mod above_tcp;
mod deciding;
mod hints;
mod reasons;

/// Words, and the page they are about.
#[derive(Debug)]
pub(super) struct Phrases {
    /// The page's term.
    pub(super) term: &'static str,
    /// The words.
    pub(super) texts: &'static [&'static str],
}

/// How much words say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A connect failed, for a reason not named.
    Hint,
    /// One reason, by its number.
    Number,
    /// One reason, by its words.
    Reason,
    /// What decides, whatever else the text holds.
    Deciding,
}

/// All words.
pub(super) const ALL: &[(Strength, &[Phrases])] = &[
    (Strength::Deciding, deciding::PHRASES),
    (Strength::Reason, reasons::PHRASES),
    (Strength::Reason, above_tcp::PHRASES),
    (Strength::Hint, hints::PHRASES),
];
