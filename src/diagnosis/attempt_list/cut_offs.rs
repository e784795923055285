//! Since when the failures of a client are left out of a list.

use crate::capture::Timestamp;
use crate::diagnosis::known_ends::Place;

/// The earliest failure of each client that was left out of a list, by where the client stands.
/// What is kept only becomes earlier: so what begins later than a failure that was left out is left
/// out, too. Asked for with every failure, and eight bytes a client: what the list itself keeps of
/// clients was waited for, measured 150 ns an attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct CutOffs(Vec<Option<Timestamp>>);

impl CutOffs {
    /// A failure of this client is left out that began then.
    pub(super) fn note(&mut self, client: Place, at: Timestamp) {
        let Some(place) = client.found() else {
            return;
        };
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        if let Some(cut_off) = self.0.get_mut(place) {
            *cut_off = Some(cut_off.map_or(at, |before| before.min(at)));
        }
    }

    /// Whether a failure of this client that began then is left out.
    pub(super) fn leave_out(&self, client: Place, at: Timestamp) -> bool {
        let cut_off = client.found().and_then(|place| *self.0.get(place)?);
        cut_off.is_some_and(|cut_off| cut_off < at)
    }
}
