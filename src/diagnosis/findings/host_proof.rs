//! What becomes of a finding when the server's own kernel proves it.

use super::next_steps::{Situation, next_steps};
use super::{Finding, FindingKind};
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::Vantage;

impl Finding {
    /// The server itself says that its accept queue was full: what looked like a filter on the port is an application that
    /// does not accept.
    pub(crate) fn prove_full_accept_queue(&mut self) {
        let is_silence = matches!(
            self.kind,
            FindingKind::ServiceFiltered | FindingKind::Overload
        );
        let Some(server) = self.server.filter(|_| is_silence) else {
            return;
        };
        if self.kind == FindingKind::ServiceFiltered {
            self.statement = format!(
                "{server} met {} with silence: its accept queue is full, the application does not accept",
                if self.attempts == 1 {
                    "the one connect".to_owned()
                } else {
                    format!("all {} connects", self.attempts)
                }
            );
        }
        self.kind = FindingKind::Overload;
        self.confidence = Confidence::Certain;
        self.next_steps = next_steps(
            self,
            Situation {
                server,
                client: self.example_client,
                is_like_windows: false,
                vantage: Some(Vantage::Server),
            },
        );
        // Nothing is lost on the way: a capture at the client shows nothing new.
        self.next_steps
            .retain(|step| !step.run.starts_with("tcpdump"));
    }
}
