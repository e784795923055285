//! An attempt that succeeded, with which failures are compared.

use crate::capture::PacketPlace;
use crate::decode::Endpoint;
use crate::handshake::AttemptId;

/// An attempt that succeeded, close in time or on another port of the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComparedAttempt {
    /// Its number.
    pub id: AttemptId,
    /// To whom.
    pub server: Endpoint,
    /// Whether attempts to just this port failed.
    pub is_same_port: bool,
    /// Its first packet.
    pub first: PacketPlace,
    /// Its last packet that matters.
    pub last: PacketPlace,
}
