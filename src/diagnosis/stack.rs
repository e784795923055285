//! Which TCP stack a host's own SYN-ACKs show, where they show one. The marks of one stack are held
//! against no other.

use serde::{Deserialize, Serialize};

use crate::decode::TcpOptions;

/// Stacks that can be told by a SYN-ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stack {
    /// The kernel of Linux, or one that does as it does.
    Linux,
    /// The user-mode stack of slirp: slirp4netns, and QEMU's user network.
    Slirp,
    /// pasta or passt.
    Pasta,
    /// A small stack, as devices have: smoltcp, lwIP and others.
    Small,
}

/// What of a SYN-ACK tells its stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SynAckMarks {
    pub(crate) ttl: u8,
    pub(crate) identification: Option<u16>,
    pub(crate) sequence: u32,
    pub(crate) window: Option<u16>,
    pub(crate) options: TcpOptions,
}

/// All that slirp and pasta offer, and Linux never of itself.
const LARGEST_WINDOW: u16 = 65535;

/// The largest window of a stack that has little memory; other systems begin with more.
const LARGEST_OF_SMALL: u16 = 8192;

/// slirp counts its initial sequence numbers in steps of this, from 1.
const STEP_OF_SLIRP: u32 = 64_000;

/// pasta's own, whatever the interface's.
const SEGMENT_SIZE_OF_PASTA: u16 = 61_440;

impl Stack {
    /// The stack that sent a SYN-ACK with these marks.
    pub(crate) fn of(marks: &SynAckMarks) -> Option<Self> {
        let options = marks.options;
        let is_bare = !options.sack_permitted && options.timestamps.is_none();
        let is_counted_by_zero = marks.identification.is_none_or(|number| number == 0);
        if marks.window == Some(LARGEST_WINDOW) {
            let is_pasta = options.maximum_segment_size == Some(SEGMENT_SIZE_OF_PASTA);
            let is_slirp = options.window_scale.is_none() && marks.sequence % STEP_OF_SLIRP == 1;
            return match (is_bare, is_pasta, is_slirp) {
                (true, true, _) => Some(Self::Pasta),
                (true, false, true) if options.maximum_segment_size.is_some() => Some(Self::Slirp),
                (true, false, _) if marks.ttl > 128 => Some(Self::Small),
                _ => None,
            };
        }
        let is_small = marks
            .window
            .is_some_and(|window| (1..=LARGEST_OF_SMALL).contains(&window));
        if is_small && options.timestamps.is_none() {
            return Some(Self::Small);
        }
        let starts_at_64 = (33..=64).contains(&marks.ttl);
        (starts_at_64 && is_counted_by_zero && options.timestamps.is_some()).then_some(Self::Linux)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Linux => 1,
            Self::Slirp => 1 << 1,
            Self::Pasta => 1 << 2,
            Self::Small => 1 << 3,
        }
    }
}

/// The stacks that answered under one address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stacks(u8);

impl Stacks {
    /// This one did.
    pub(crate) fn add(&mut self, stack: Stack) {
        self.0 |= stack.bit();
    }

    /// All of both.
    pub(crate) fn add_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Whether this one did.
    pub(crate) fn has(self, stack: Stack) -> bool {
        self.0 & stack.bit() != 0
    }

    /// Whether this one did, and no other that is known.
    pub(crate) fn is_only(self, stack: Stack) -> bool {
        self.0 == stack.bit()
    }

    /// The user-mode stack that answers in the host's name.
    pub(crate) fn forwarder(self) -> Option<Stack> {
        [Stack::Slirp, Stack::Pasta]
            .into_iter()
            .find(|stack| self.has(*stack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: SynAckMarks = SynAckMarks {
        ttl: 64,
        identification: Some(0),
        sequence: 64_001,
        window: Some(65535),
        options: TcpOptions {
            maximum_segment_size: Some(1460),
            window_scale: None,
            timestamps: None,
            sack_permitted: false,
            fast_open: false,
            multipath: false,
            authentication: false,
        },
    };

    #[test]
    fn a_stack_is_told_by_what_no_other_does() {
        assert_eq!(Stack::of(&MARKS), Some(Stack::Slirp));
        let pasta = SynAckMarks {
            ttl: 255,
            sequence: 7,
            options: TcpOptions {
                maximum_segment_size: Some(61_440),
                window_scale: Some(8),
                ..MARKS.options
            },
            ..MARKS
        };
        assert_eq!(Stack::of(&pasta), Some(Stack::Pasta));
        let linux = SynAckMarks {
            window: Some(65160),
            options: TcpOptions {
                timestamps: Some((1, 2)),
                sack_permitted: true,
                ..MARKS.options
            },
            ..MARKS
        };
        assert_eq!(Stack::of(&linux), Some(Stack::Linux));
        let embedded = SynAckMarks {
            window: Some(4096),
            ..MARKS
        };
        assert_eq!(Stack::of(&embedded), Some(Stack::Small));
        let any_number = SynAckMarks {
            sequence: 64_002,
            ..MARKS
        };
        assert_eq!(Stack::of(&any_number), None);
    }
}
