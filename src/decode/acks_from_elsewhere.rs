//! ACKs of an open connection that come instead of an answer to a SYN: one host stands behind two
//! addresses, and takes the SYN, which came from the same port of the same client, for a segment of
//! the connection that it has there. It answers with the numbers of that connection (RFC 9293
//! §3.10.7.4, a challenge ACK), and these come back from the other address.
//!
//! Such an ACK alone is as good as any other. So the same one must come after two of the SYNs that
//! were repeated, without a word of the client to that address in between.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Endpoint, SequenceNumber, TcpFlags};
use crate::capture::{SourceId, Timestamp};

/// The latest SYNs of so many clients' ports are remembered.
const REMEMBERED: usize = 1024;

/// An answer does not come later.
const ANSWERED_WITHIN: Duration = Duration::from_secs(1);

/// So many SYNs were met so: one is met by chance.
const SEVERAL: u32 = 2;

/// An address whose ACKs come whenever a SYN was sent to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AckFromElsewhere {
    /// Who sent the SYNs.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// Who sent the ACKs.
    pub from: Endpoint,
    /// After how many of the repeated SYNs: never less than two.
    pub count: u32,
}

/// What of a segment tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) source: SourceId,
    pub(super) ends: (Endpoint, Endpoint),
    pub(super) flags: TcpFlags,
    pub(super) numbers: (SequenceNumber, SequenceNumber),
}

/// The latest SYN of a client's port.
#[derive(Clone, Copy, Debug)]
struct OpenSyn {
    at: Timestamp,
    source: SourceId,
    client: Endpoint,
    server: Endpoint,
    /// Whether the latest of these SYNs was met, by the ACK that `met_by` is.
    is_met: bool,
    met_by: Option<MetBy>,
}

/// An ACK, and after how many SYNs it came.
#[derive(Clone, Copy, Debug)]
struct MetBy {
    from: Endpoint,
    numbers: (SequenceNumber, SequenceNumber),
    count: u32,
}

/// SYNs and the ACKs that come after them, as the packets of a capture come.
#[derive(Clone, Debug)]
pub(super) struct AcksFromElsewhere {
    latest: Box<[Option<OpenSyn>]>,
    /// No ACK that comes later tells anything, and most do: hardly any SYN is repeated.
    until: Timestamp,
}

impl Default for AcksFromElsewhere {
    fn default() -> Self {
        Self {
            latest: vec![None; REMEMBERED].into_boxed_slice(),
            until: Timestamp::EARLIEST,
        }
    }
}

impl AcksFromElsewhere {
    /// Whether a segment of this time tells: a SYN, or an ACK soon after a repeated one, with at most
    /// the one byte of a keep-alive.
    #[inline]
    pub(super) fn may_tell(&self, at: Timestamp, flags: TcpFlags, payload_length: u32) -> bool {
        flags.is_syn() || (at <= self.until && flags == TcpFlags::ACK && payload_length <= 1)
    }

    /// Looks at a segment that may tell; an address whose ACKs come instead of answers, every time
    /// that one more does.
    pub(super) fn look_at(&mut self, told: &Told) -> Option<AckFromElsewhere> {
        let (source, destination) = told.ends;
        if told.flags.is_syn() {
            self.note_syn(told);
            return None;
        }
        if let Some(Some(open)) = self.slot(source)
            && open.client == source
        {
            open.is_spoken_with(destination);
        }
        let open = self.slot(destination)?.as_mut()?;
        open.meet(told)
    }

    fn note_syn(&mut self, told: &Told) {
        let (client, server) = told.ends;
        let Some(slot) = self.slot(client) else {
            return;
        };
        match slot {
            Some(open) if (open.client, open.server) == (client, server) => {
                open.at = told.at;
                open.is_met = false;
                self.until = self.until.max(told.at.after(ANSWERED_WITHIN));
            }
            _ => {
                *slot = Some(OpenSyn {
                    at: told.at,
                    source: told.source,
                    client,
                    server,
                    // The first one is not looked after: nearly all are answered.
                    is_met: true,
                    met_by: None,
                });
            }
        }
    }

    fn slot(&mut self, client: Endpoint) -> Option<&mut Option<OpenSyn>> {
        let low = match client.address {
            IpAddr::V4(address) => address.to_bits(),
            IpAddr::V6(address) => {
                let [.., first, second, third, fourth] = address.octets();
                u32::from_be_bytes([first, second, third, fourth])
            }
        };
        let mixed = low.wrapping_mul(31).wrapping_add(client.port.into());
        self.latest.get_mut(mixed as usize % REMEMBERED)
    }
}

impl OpenSyn {
    /// The client speaks with this end itself: what comes from there is no answer to its SYNs.
    fn is_spoken_with(&mut self, other: Endpoint) {
        if self.met_by.is_none_or(|met| met.from == other) && other != self.server {
            self.met_by = None;
            self.is_met = true;
        }
    }

    fn meet(&mut self, told: &Told) -> Option<AckFromElsewhere> {
        let (from, to) = told.ends;
        let is_other_address = from.address != self.server.address && from.port == self.server.port;
        let is_in_time = self.at <= told.at && told.at.since(self.at) <= ANSWERED_WITHIN;
        let is_of_this = to == self.client && told.source == self.source;
        if !is_of_this || !is_other_address || !is_in_time || self.is_met {
            return None;
        }
        self.is_met = true;
        let known = self
            .met_by
            .filter(|met| (met.from, met.numbers) == (from, told.numbers));
        let count = known.map_or(1, |met| met.count + 1);
        self.met_by = Some(MetBy {
            from,
            numbers: told.numbers,
            count,
        });
        (count >= SEVERAL).then_some(AckFromElsewhere {
            client: self.client,
            server: self.server,
            from,
            count,
        })
    }
}
