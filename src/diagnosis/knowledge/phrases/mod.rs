//! The words by which systems and applications tell that a connect failed.
//!
//! All in lower case, with one space between words: so the text is made before it is searched.

mod above_tcp;
mod deciding;
mod hints;
mod index;
mod kernel_reasons;
mod kernels;
mod programs;
mod reasons;
mod tools;
mod translated;

#[cfg(test)]
pub(super) use index::entries;
pub(super) use index::{Entry, starting_like};
pub(super) use programs::TOGETHER;

/// Words, and the page they are about.
#[derive(Debug)]
pub(super) struct Phrases {
    /// The page's term.
    pub(super) term: &'static str,
    /// The words.
    pub(super) texts: &'static [&'static str],
}

/// Words of kernels, firewalls and tools, and what they say by themselves.
#[derive(Debug)]
pub(super) struct Sign {
    /// The page's term.
    pub(super) term: &'static str,
    /// The words.
    pub(super) words: &'static str,
    /// What they say.
    pub(super) means: &'static str,
}

/// Words that say something only where all of them stand in one text, in this order.
#[derive(Debug)]
pub(super) struct Together {
    /// The page's term.
    pub(super) term: &'static str,
    /// The words.
    pub(super) all: &'static [&'static str],
    /// What they say.
    pub(super) means: &'static str,
}

const fn sign(term: &'static str, words: &'static str, means: &'static str) -> Sign {
    Sign { term, words, means }
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
    (Strength::Reason, programs::PHRASES),
    (Strength::Hint, hints::PHRASES),
];

/// All words that say something by themselves.
pub(super) const SIGNS: &[(Strength, &[Sign])] = &[
    (Strength::Deciding, kernels::SIGNS),
    (Strength::Deciding, kernel_reasons::SIGNS),
    (Strength::Reason, tools::SIGNS),
];
