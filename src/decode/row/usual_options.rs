//! TCP options in the form of a row.

use super::HeaderBits;
use crate::decode::tcp_options::TcpOptions;

/// What the options say, in the form of a row.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::decode) struct Options {
    pub(super) bits: HeaderBits,
    pub(super) maximum_segment_size: u16,
    pub(super) timestamp: u32,
    pub(super) echo: u32,
}

impl Options {
    /// What nearly all segments say; `None` when they say anything else.
    #[inline]
    pub(in crate::decode) fn of_usual(bytes: &[u8]) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<4>() else {
            return None;
        };
        match *words {
            [] => Some(Self::default()),
            // All options of nearly all segments of a connection.
            [kind, value, echo] if kind == PADDED_TIMESTAMPS => {
                Some(Self::default().with_timestamps(value, echo))
            }
            // What Linux, Windows and macOS put into a SYN.
            [size, kind, value, echo, scale] if kind == SACK_AND_TIMESTAMPS => {
                Some(Self::of_offer(size, scale)?.with_timestamps(value, echo))
            }
            [size, scale, kind] if kind == PADDED_SACK => Self::of_offer(size, scale),
            [size, scale, kind, value, echo, last]
                if kind == PADDED_TIMESTAMPS && last == LAST_SACK =>
            {
                Some(Self::of_offer(size, scale)?.with_timestamps(value, echo))
            }
            _ => None,
        }
    }

    /// Maximum segment size, window scale behind a padding, and SACK.
    #[inline]
    fn of_offer(size: [u8; 4], scale: [u8; 4]) -> Option<Self> {
        let ([2, 4, high, low], [1, 3, 3, scale]) = (size, scale) else {
            return None;
        };
        let bits = HeaderBits(HeaderBits::SEGMENT_SIZE | HeaderBits::SACK_PERMITTED);
        Some(Self {
            bits: bits.with_scale(Some(scale))?,
            maximum_segment_size: u16::from_be_bytes([high, low]),
            ..Self::default()
        })
    }

    fn with_timestamps(self, value: [u8; 4], echo: [u8; 4]) -> Self {
        Self {
            bits: self.bits.with(HeaderBits::TIMESTAMPS, true),
            timestamp: u32::from_be_bytes(value),
            echo: u32::from_be_bytes(echo),
            ..self
        }
    }

    /// What any options say; `None` when a row has no room for it.
    pub(in crate::decode) fn walked(bytes: &[u8]) -> Option<Self> {
        let options = TcpOptions::parse(bytes);
        let (timestamp, echo) = options.timestamps.unwrap_or_default();
        Some(Self {
            bits: HeaderBits::default().with_options(&options)?,
            maximum_segment_size: options.maximum_segment_size.unwrap_or_default(),
            timestamp,
            echo,
        })
    }
}

// Kind and length, with the paddings before or behind them.
const PADDED_TIMESTAMPS: [u8; 4] = [1, 1, 8, 10];
const SACK_AND_TIMESTAMPS: [u8; 4] = [4, 2, 8, 10];
const PADDED_SACK: [u8; 4] = [1, 1, 4, 2];
const LAST_SACK: [u8; 4] = [4, 2, 0, 0];
