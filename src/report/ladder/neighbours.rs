//! Who asked for an address on the link, and who answered: no packets of an attempt, but often its
//! reason.

use std::net::IpAddr;
use std::time::Duration;

use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{Neighbour, Observation};
use crate::handshake::Attempt;

/// How many messages of a capture are kept.
const KEPT: usize = 500_000;

/// A host asks three times, a second apart, before it gives up (RFC 4861 §10; Linux does the same
/// with ARP), and sends its SYN only when it was answered.
const ASKED_BEFORE: Duration = Duration::from_secs(5);

/// The questions and answers of a capture, in the order in which they came.
#[derive(Debug, Default)]
pub struct NeighbourLog(Vec<(PacketPlace, Neighbour)>);

impl NeighbourLog {
    /// Takes note of a packet, if it is one of these and there is room.
    pub fn note(&mut self, observation: &Observation, place: PacketPlace) {
        if let Observation::Neighbour(neighbour) = observation
            && self.0.len() < KEPT
        {
            self.0.push((place, *neighbour));
        }
    }

    /// Those about the ends of an attempt, from shortly before it until then.
    pub(super) fn of(
        &self,
        attempt: &Attempt,
        until: Timestamp,
    ) -> impl Iterator<Item = (PacketPlace, Neighbour)> {
        let ends = [attempt.client.address, attempt.server.address];
        let from = attempt.started_at().before(ASKED_BEFORE);
        let messages = self.0.iter().copied();
        messages.filter(move |(place, neighbour)| {
            let (Neighbour::Question {
                target: address, ..
            }
            | Neighbour::Answer { address, .. }) = *neighbour;
            ends.contains(&address) && (from..=until).contains(&place.at)
        })
    }
}

/// A question or an answer, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourMessage {
    /// Its packet's number, as reports write it.
    pub number: String,
    /// The kind of message: `ARP request`.
    pub what: &'static str,
    /// Who says what: `the client asks: who has 10.0.1.20?`.
    pub sentence: String,
}

impl NeighbourMessage {
    pub(super) fn of(attempt: &Attempt, neighbour: Neighbour, number: String) -> Self {
        let party = |address: IpAddr| {
            if address == attempt.client.address {
                "the client".to_owned()
            } else if address == attempt.server.address {
                "the server".to_owned()
            } else {
                address.to_string()
            }
        };
        let (what, sentence) = match neighbour {
            Neighbour::Question { target, asker } => {
                let asker = asker.map_or_else(|| "somebody without address".to_owned(), party);
                let what = if target.is_ipv4() {
                    "ARP request"
                } else {
                    "neighbour solicitation"
                };
                (what, format!("{asker} asks: who has {target}?"))
            }
            Neighbour::Answer { address, .. } => {
                let what = if address.is_ipv4() {
                    "ARP reply"
                } else {
                    "neighbour advertisement"
                };
                let party = party(address);
                (what, format!("{party} answers: {address} is here"))
            }
        };
        Self {
            number,
            what,
            sentence,
        }
    }
}
