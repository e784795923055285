//! A question to the kernel by netlink(7), as its tables of sockets and of routes take it.

use std::io;
use std::os::fd::OwnedFd;

use netlink_packet_core::{
    NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};
use rustix::net::{SendFlags, send};

/// Asks under this number, which the answers carry, with these flags besides that of a question.
pub(super) fn ask<Question: NetlinkSerializable>(
    socket: &OwnedFd,
    sequence: u32,
    flags: u16,
    question: NetlinkPayload<Question>,
) -> io::Result<()> {
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | flags;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, question);
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    send(socket, &bytes, SendFlags::empty())?;
    Ok(())
}
