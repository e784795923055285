//! Rows held against the rules for all packets.

use std::time::Duration;

use crate::decode::{Addresses, Contexts, Row};
use crate::handshake::flow::Flow;
use crate::handshake::on_icmp_error::on_icmp_error;
use crate::handshake::on_reset::on_reset;
use crate::handshake::on_segment::on_segment;
use crate::handshake::on_syn::on_syn;
use crate::handshake::on_syn_ack::on_syn_ack;

/// Holds a row against the attempts of its 4-tuple.
pub(super) fn replay(row: &Row, contexts: &Contexts, addresses: &impl Addresses, flow: &mut Flow) {
    // How long an answer is waited for matters to packets that fit less well than these.
    let patience = Duration::ZERO;
    let place = row.place();
    if row.is_icmp_error() {
        on_icmp_error(flow, &row.icmp_error(contexts, addresses), place);
        return;
    }
    let segment = row.segment(contexts, addresses);
    let flags = segment.flags;
    if flags.is_rst() {
        on_reset(flow, &segment, place, patience);
    } else if flags.is_syn() {
        on_syn(flow, &segment, place, patience);
    } else if flags.is_syn_ack() {
        on_syn_ack(flow, &segment, place, patience);
    } else {
        on_segment(flow, &segment, place);
    }
}
