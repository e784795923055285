//! Records of packet filters: which rule decided and what it did is kept, by whatever name; what
//! the rule, its interface and its user are called is not.

use super::packet::{Bytes, Kept, Rewriter};
use crate::decode::{anonymous_prefix, nflog_attributes, packet_behind_pflog, prefix_in};

/// Numbers of attributes of a record of NFLOG that are kept as they are: where in the kernel, and
/// when.
const KEPT: [u16; 2] = [1, 3];
const PACKET: u16 = 9;
const PREFIX: u16 = 10;

/// The number of an attribute that says nothing.
const NOTHING: [u8; 2] = [0, 0];

impl Rewriter<'_> {
    /// What stands at the same place in the logs of all systems.
    pub(super) fn pflog(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        const BEHIND_DIRECTION: usize = 61;
        let header = packet_behind_pflog(bytes.old).filter(|at| *at >= BEHIND_DIRECTION)?;
        // The interface and the anchor; whose socket and whose rule; ends behind a translation.
        bytes.fill(4, 36, 0)?;
        bytes.fill(44, 60, 0xff)?;
        bytes.fill(BEHIND_DIRECTION, header, 0)?;
        Some(header + self.ip(bytes.from(header)?))
    }

    /// Before `OpenBSD` 3.4: the interface, then the rule.
    pub(super) fn old_pflog(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        const HEADER: usize = 28;
        bytes.fill(4, 20, 0)?;
        Some(HEADER + self.ip(bytes.from(HEADER)?))
    }

    /// The record ends with its packet.
    pub(super) fn nflog(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        /// The length, in the byte order of the host that logged, and the number.
        const HEADER: usize = 4;
        let old = bytes.old;
        for (number, value) in nflog_attributes(old)? {
            let (start, end) = (value.start, value.end);
            let header = start.checked_sub(HEADER)?;
            match number {
                PACKET => {
                    let kept = self.ip(bytes.from(start)?.up_to(end - start)?);
                    let length = u16::try_from(HEADER + kept).ok()?;
                    let is_little = old.get(header + 2..header + 4)? == PACKET.to_le_bytes();
                    let length = if is_little {
                        length.to_le_bytes()
                    } else {
                        length.to_be_bytes()
                    };
                    bytes.set(header, &length)?;
                    return Some(start + kept);
                }
                PREFIX => self.prefix(bytes, (start, end))?,
                number if KEPT.contains(&number) => {}
                _ => {
                    bytes.set(header + 2, &NOTHING)?;
                    bytes.fill(start, end, 0)?;
                }
            }
        }
        None
    }

    fn prefix(&self, bytes: &mut Bytes<'_>, (start, end): (usize, usize)) -> Option<()> {
        let value = bytes.old.get(start..end)?;
        let (prefix, ends) = prefix_in(value);
        let prefix = prefix.unwrap_or_default();
        let shown = anonymous_prefix(&prefix, Some(self.map.number_of(&prefix)));
        // One without its end stays one.
        bytes.fill(start, end, if ends { 0 } else { b'-' })?;
        let room = (end - start).saturating_sub(usize::from(ends));
        bytes.set(
            start,
            shown.as_bytes().get(..room).unwrap_or(shown.as_bytes()),
        )
    }
}
