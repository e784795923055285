//! The options of a TCP header that matter to a handshake.

use serde::{Deserialize, Serialize};

/// What the options say, as far as they were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TcpOptions {
    /// Maximum segment size (kind 2).
    pub maximum_segment_size: Option<u16>,
    /// Window scale, as a shift count (kind 3).
    pub window_scale: Option<u8>,
    /// Value and echo of the timestamps option (kind 8, RFC 7323).
    pub timestamps: Option<(u32, u32)>,
    /// SACK permitted (kind 4).
    pub sack_permitted: bool,
    /// Fast Open (kind 34, RFC 7413, or the experimental 254).
    pub fast_open: bool,
    /// Multipath TCP (kind 30, RFC 8684).
    pub multipath: bool,
    /// An authentication option: TCP-MD5 (kind 19, RFC 2385) or TCP-AO (kind 29, RFC 5925).
    pub authentication: bool,
}

impl TcpOptions {
    /// Walks the options to their end, to the first one that lies about its length, or to where the
    /// capture was cut.
    ///
    /// Kinds that mean nothing here are passed over: etherparse's iterator ends at the first of
    /// them, and Fast Open, Multipath TCP and MD5 stand behind others.
    pub fn parse(mut bytes: &[u8]) -> Self {
        let mut options = Self::default();
        // All options of nearly all segments of a connection: two paddings and the timestamps.
        if let [1, 1, 8, 10, rest @ ..] = bytes
            && let Ok(bytes) = rest.try_into()
        {
            options.timestamps = Some(timestamps(bytes));
            return options;
        }
        while let Some((&kind, rest)) = bytes.split_first() {
            match kind {
                0 => break,
                1 => bytes = rest,
                _ => {
                    let Some(length) = rest.first().map(|length| usize::from(*length)) else {
                        break;
                    };
                    if length < 2 {
                        break;
                    }
                    let Some(value) = bytes.get(2..length) else {
                        break;
                    };
                    options.note(kind, value);
                    bytes = bytes.get(length..).unwrap_or_default();
                }
            }
        }
        options
    }

    /// The same options, but for the maximum segment size, which routers change.
    #[must_use]
    pub const fn without_segment_size(self) -> Self {
        Self {
            maximum_segment_size: None,
            ..self
        }
    }

    fn note(&mut self, kind: u8, value: &[u8]) {
        match (kind, value) {
            (2, &[high, low]) => self.maximum_segment_size = Some(u16::from_be_bytes([high, low])),
            (3, &[shift]) => self.window_scale = Some(shift),
            (4, []) => self.sack_permitted = true,
            (8, _) => {
                if let Ok(bytes) = value.try_into() {
                    self.timestamps = Some(timestamps(bytes));
                }
            }
            (19 | 29, _) => self.authentication = true,
            (30, _) => self.multipath = true,
            (34, _) | (254, [0xf9, 0x89, ..]) => self.fast_open = true,
            _ => {}
        }
    }
}

/// Value and echo.
fn timestamps(bytes: [u8; 8]) -> (u32, u32) {
    let [v0, v1, v2, v3, e0, e1, e2, e3] = bytes;
    (
        u32::from_be_bytes([v0, v1, v2, v3]),
        u32::from_be_bytes([e0, e1, e2, e3]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_behind_unknown_ones_are_found() {
        let bytes = [30, 4, 0, 1, 99, 3, 7, 1, 2, 4, 5, 180, 34, 2, 0];
        let options = TcpOptions::parse(&bytes);
        assert_eq!(options.maximum_segment_size, Some(1460));
        assert!(options.multipath && options.fast_open && !options.authentication);
    }

    #[test]
    fn a_lying_length_ends_the_walk() {
        assert_eq!(TcpOptions::parse(&[2, 0, 5, 180]), TcpOptions::default());
        assert_eq!(TcpOptions::parse(&[2, 40, 5, 180]), TcpOptions::default());
        assert_eq!(TcpOptions::parse(&[2]), TcpOptions::default());
    }
}
