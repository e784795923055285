//! Comparison while the packets pass: what is remembered changes, and goes.

use std::net::IpAddr;

use super::{Comparison, Names, REMEMBERED};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::capture_quality::CaptureQuality;
use crate::diagnosis::checked_packet;
use crate::diagnosis::compact_sets::Host;
use crate::handshake::{DecidedAttempt, Outcome};

impl Comparison {
    /// The addresses of the host that captures, besides those of loopback.
    pub(in crate::diagnosis) fn take_addresses(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        self.here = addresses.filter(|address| !address.is_loopback()).collect();
    }

    /// Takes note of an attempt that may go on.
    pub(in crate::diagnosis) fn add_open(&mut self, decided: &DecidedAttempt) {
        self.add(decided);
        self.checksums.remember(
            decided.attempt.id,
            checked_packet::of_attempt(&decided.attempt),
        );
    }

    /// Later evidence shows more of an attempt that was added before.
    pub(in crate::diagnosis) fn revise(&mut self, before: Outcome, decided: &DecidedAttempt) {
        let attempt = &decided.attempt;
        if before != decided.judgement.outcome {
            self.hosts.note_answers(decided);
            if let Some(client) = self.clients.get_mut(&Host(attempt.client.address)) {
                client.targets.revise(before, decided.judgement.outcome);
            }
        }
        self.note_success(decided);
        self.checksums
            .revise(attempt.id, checked_packet::of_attempt(attempt));
        if let Some(service) = self.services.get_mut(&attempt.server) {
            service.revise(decided);
        }
    }

    /// Looks at the attempts to one server together, and takes the quality of the capture as it is
    /// now.
    pub(in crate::diagnosis) fn settle_service(
        &mut self,
        server: Endpoint,
        quality: &CaptureQuality,
    ) {
        if self.quality != *quality {
            self.quality = quality.clone();
        }
        if let Some(service) = self.services.get_mut(&server) {
            let has_changed = service.settle_if_changed(self.share);
            if has_changed {
                let ways = &self.on_link.ways;
                self.sharing.settle_service(server, service, ways);
            }
        }
    }

    /// Makes all remembered attempts those that [`Self::service`] shows.
    pub(in crate::diagnosis) fn gather(&mut self) {
        for service in self.services.values_mut() {
            service.gather();
        }
    }

    /// Forgets the attempts that began before then.
    pub(in crate::diagnosis) fn forget_before(&mut self, cutoff: Timestamp) {
        self.services.retain(|_, service| {
            service.forget_before(cutoff);
            !service.moments().is_empty()
        });
        self.count_moments();
    }

    /// The names that were learned before, while there is room for more.
    pub(in crate::diagnosis) fn inherit_names(&mut self, older: &Names, younger: &Names) {
        let names = if older.count() < REMEMBERED / 2 {
            older
        } else {
            younger
        };
        self.names = names.clone();
    }

    /// The host stays where it was.
    pub(in crate::diagnosis) fn inherit_addresses(&mut self, younger: &Self) {
        self.here.clone_from(&younger.here);
    }
}
