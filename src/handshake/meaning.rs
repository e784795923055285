//! What became of a packet that was held against the attempts of its 4-tuple.

/// What a packet is to the attempts that are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It belongs to one of them, or did until a moment ago, or says nothing.
    Known,
    /// It is a packet of one of them, captured again.
    Duplicate,
    /// It speaks of one of their packets, or never reached whom it was for: nothing follows but
    /// what it says.
    Testimony,
    /// It begins an attempt of its own: a SYN, or the answer to a SYN that was not captured.
    New,
}
