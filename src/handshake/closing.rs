//! When connections end whose beginning was captured.

use serde::{Deserialize, Serialize};

use super::attempt::AttemptId;
use crate::capture::Timestamp;
use crate::decode::Endpoint;

/// That one side ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The attempt that began it.
    pub attempt: AttemptId,
    /// To whom.
    pub server: Endpoint,
    /// When.
    pub at: Timestamp,
    /// Who ends it.
    pub by: ClosedBy,
}

/// Who ends a connection: it is over once both sides have, or with a RST of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ClosedBy {
    /// The client's FIN.
    Client,
    /// The server's FIN.
    Server,
    /// A RST.
    Reset,
}
