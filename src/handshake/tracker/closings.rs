//! Which attempt began the connection that a FIN or a RST ends.

use super::Tracker;
use crate::decode::{AddressPairs, Row};
use crate::handshake::attempt::AttemptId;
use crate::handshake::closing::{ClosedBy, Closing};
use crate::handshake::flow_table::{Place, State};
use crate::handshake::regular::Regular;

impl Tracker {
    /// Takes note of a FIN or a RST of a 4-tuple that is known. A RST that refuses a SYN ends nothing.
    pub(super) fn note_closing(&mut self, row: &Row, addresses: &AddressPairs, place: Place) {
        let syn = match place.state() {
            State::Settled => self.flows.syn(place),
            State::Regular => {
                let regular = self.flows.regular(place);
                let begun = regular.filter(|regular| regular.is_established());
                begun.map(Regular::syn)
            }
            State::Syn | State::Full => None,
        };
        let begun = match syn {
            Some(syn) => Some((AttemptId::of(syn.place()), self.flows.ends_of(syn).0)),
            None => self.flows.begun_at(place),
        };
        let (source, destination) = row.ends(addresses);
        let Some((attempt, client)) = begun else {
            return;
        };
        let is_by_client = source == client;
        self.decided.push_closing(Closing {
            attempt,
            server: if is_by_client { destination } else { source },
            at: row.at(),
            by: match (row.flags().is_rst(), is_by_client) {
                (true, _) => ClosedBy::Reset,
                (false, true) => ClosedBy::Client,
                (false, false) => ClosedBy::Server,
            },
        });
    }
}
