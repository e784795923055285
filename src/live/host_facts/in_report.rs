//! What this host said, where a report has room for it.

use super::{HostFacts, Told, words};
use crate::capture::Timestamp;
use crate::diagnosis::{
    Cause, Confidence, DiagnosedAttempt, Diagnosis, Finding, FindingKind, Judged,
};
use crate::handshake::Outcome;

impl HostFacts {
    /// Adds to a report what was told of its attempts, and what the host says about its findings from `cutoff` on.
    pub(in crate::live) fn add_to(&self, diagnosis: &mut Diagnosis, cutoff: Timestamp) {
        for diagnosed in &mut diagnosis.attempts {
            if let Some(told) = self.told.get(&diagnosed.decided.attempt.id) {
                add(told, diagnosed);
            }
        }
        for finding in &mut diagnosis.findings {
            self.add_to_finding(finding, cutoff);
        }
    }

    fn add_to_finding(&self, finding: &mut Finding, cutoff: Timestamp) {
        let is_about_listening = matches!(
            finding.kind,
            FindingKind::NeverListening
                | FindingKind::ServiceDownWindow
                | FindingKind::ServiceFiltered
                | FindingKind::Overload
        );
        let Some(server) = finding.server.filter(|server| self.is_here(server.address)) else {
            return;
        };
        let told = self.told_of_server.get(&server);
        if let Some(told) = told.filter(|_| is_about_listening) {
            if told.is_queue_proved_full {
                finding.prove_full_accept_queue();
            }
            let at = words::utc(told.at);
            finding
                .evidence
                .push(format!("{}, at {at} UTC", told.words));
        }
        let is_about_queues = matches!(
            finding.kind,
            FindingKind::ServiceFiltered | FindingKind::Overload | FindingKind::SynFlood
        );
        if is_about_queues {
            let rises = self.counters.rises_since(cutoff);
            finding.evidence.extend(words::rose_between(&rises));
        }
    }
}

/// A queue that was full by the kernel's own word is no judgement any more.
pub(super) fn add(told: &Told, diagnosed: &mut DiagnosedAttempt) {
    let is_silence = diagnosed.decided.judgement.outcome == Outcome::Dropped;
    if told.is_queue_proved_full && is_silence {
        diagnosed.causes = vec![Judged {
            cause: Cause::AcceptQueueFull,
            confidence: Confidence::Certain,
        }];
        // What fits as well does not any more.
        diagnosed
            .notes
            .retain(|note| !note.starts_with("fits as well"));
    }
    diagnosed.notes.extend(told.notes.iter().cloned());
    diagnosed.host_facts.clone_from(&told.notes);
}
