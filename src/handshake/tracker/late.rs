//! Packets of which nothing is made: of connections that are not followed, or no longer.

use crate::decode::TcpFlags;
use crate::decode::{Direction, Row};

/// Whether a segment of a 4-tuple of which nothing is known says nothing either.
pub(super) fn is_of_nothing(row: &Row) -> bool {
    let flags = row.flags();
    let is_plain = flags.has_ack() && !flags.is_rst() && !flags.contains(TcpFlags::SYN);
    let is_late_reset = flags.is_rst() && !(flags.has_ack() && row.sequence().0 == 0);
    is_plain || is_late_reset
}

/// Whether a row is a late packet of an attempt that was handed out, of which no rule would make
/// anything.
pub(super) fn says_nothing_of_settled(syn: &Row, row: &Row, direction: Direction) -> bool {
    let flags = row.flags();
    if row.is_icmp_error() {
        return false;
    }
    let is_same_syn = flags.is_syn() && direction == Direction::Same;
    let is_its_answer = flags.is_syn_ack() && direction == Direction::Opposite;
    if is_same_syn {
        row.sequence() == syn.sequence()
    } else if is_its_answer {
        row.acknowledgment() == syn.sequence().plus(1)
    } else {
        is_of_nothing(row)
    }
}
