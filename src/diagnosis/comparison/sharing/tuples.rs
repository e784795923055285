//! Connects that use addresses and ports again.

use std::collections::HashMap;
use std::time::Duration;

use super::stories::EarlierUse;
use crate::decode::Endpoint;
use crate::diagnosis::comparison::services::Moment;
use crate::handshake::Outcome;

/// State of a connection that is over lives on for so long at most: the time-out of established
/// connections in most firewalls is longer, but nothing points that far back.
const LONGEST_STATE: Duration = Duration::from_secs(900);

/// When each 4-tuple was used, of the clients of which one was dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct Uses(HashMap<Endpoint, Vec<EarlierUse>, foldhash::fast::RandomState>);

impl Uses {
    /// Of these, which are in the order they began; of each 4-tuple those are kept before which it
    /// was used by a connect that was accepted.
    pub(super) fn of(moments: &[Moment]) -> Self {
        let mut uses: HashMap<Endpoint, Vec<EarlierUse>, foldhash::fast::RandomState> =
            HashMap::default();
        for moment in moments.iter().filter(|moment| moment.was_accepted()) {
            let client = Endpoint {
                address: moment.client,
                port: moment.client_port,
            };
            uses.entry(client).or_default().push(EarlierUse {
                attempt: moment.id,
                started: moment.started,
                last_at: moment.last_at(),
            });
        }
        Self(uses)
    }

    /// The latest use of the 4-tuple before then.
    pub(super) fn before(&self, moment: &super::Dropped) -> Option<EarlierUse> {
        let uses = self.0.get(&moment.client)?;
        let earlier = uses.iter().rfind(|earlier| {
            earlier.started < moment.started
                && moment.started.since(earlier.started) <= LONGEST_STATE
        });
        earlier.copied()
    }

    /// Forgets the uses of all 4-tuples but those that were dropped.
    pub(super) fn keep_dropped(&mut self, moments: &[Moment]) {
        let dropped: std::collections::HashSet<Endpoint, foldhash::fast::RandomState> = moments
            .iter()
            .filter(|moment| moment.outcome == Outcome::Dropped)
            .map(Moment::client_end)
            .collect();
        self.0.retain(|client, _| dropped.contains(client));
    }
}
