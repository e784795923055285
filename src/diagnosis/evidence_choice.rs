//! Which attempts an evidence capture is made of.

use super::DiagnosedAttempt;
use crate::capture::PacketPlace;
use crate::decode::Endpoint;
use crate::handshake::AttemptId;

/// What an evidence capture is made of.
#[derive(Clone, Debug, Default)]
pub struct EvidenceChoice {
    /// The failed attempts and those known in part, in order of time.
    pub attempts: Vec<DiagnosedAttempt>,
    /// Attempts that succeeded, with which these were compared.
    pub compared: Vec<ComparedAttempt>,
}

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
