//! SYNs that were seen once more under another address, and what became of them there.

use super::{Comparison, key_of_syn};
use crate::handshake::Attempt;

impl Comparison {
    /// Whether the very same SYN was answered under another server's address: a NAT translated it.
    pub(in crate::diagnosis) fn is_answered_in_another_name(&self, attempt: &Attempt) -> bool {
        attempt.isn.is_some_and(|isn| {
            let key = key_of_syn(attempt.client, attempt.server.port, isn.0);
            self.answered.contains(key)
        })
    }

    /// Whether the SYN came back to its sender as if from itself: a load balancer that keeps the
    /// client's address chose the client as the target. Its own host drops it.
    pub(in crate::diagnosis) fn is_sent_back(&self, attempt: &Attempt) -> bool {
        attempt.established_at.is_none()
            && attempt.isn.is_some_and(|isn| {
                self.to_itself
                    .contains(&(attempt.client, attempt.server.port, isn.0))
            })
    }
}
