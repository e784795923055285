//! Where what is known of a 4-tuple stands.

/// Where what is known of a 4-tuple stands, until the next change. The two upper bits tell in which
/// table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::handshake) struct Place(pub(super) u32);

/// Which table a place is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::handshake) enum State {
    /// All that was seen is kept.
    Full,
    /// A few rows, as nearly all attempts have them.
    Regular,
    /// One SYN.
    Syn,
    /// The SYN of an attempt that was handed out.
    Settled,
}

const STATE_SHIFT: u32 = 30;
pub(super) const INDEX: u32 = (1 << STATE_SHIFT) - 1;

impl Place {
    pub(super) fn new(state: State, index: usize) -> Self {
        let bits: u32 = match state {
            State::Full => 0,
            State::Regular => 1,
            State::Syn => 2,
            State::Settled => 3,
        };
        // Far fewer are followed at once.
        let index = u32::try_from(index).unwrap_or(INDEX).min(INDEX);
        Self(bits << STATE_SHIFT | index)
    }

    /// Which table it is in.
    pub(in crate::handshake) fn state(self) -> State {
        match self.0 >> STATE_SHIFT {
            0 => State::Full,
            1 => State::Regular,
            2 => State::Syn,
            _ => State::Settled,
        }
    }

    pub(super) fn index(self) -> usize {
        (self.0 & INDEX) as usize
    }
}
