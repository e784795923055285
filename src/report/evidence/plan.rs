//! Which packets are copied, as far as the report knows them.

use std::collections::HashMap;

use super::notes::EvidenceNotes;
use super::{MOST_PACKETS, Written, comments};
use crate::capture::PacketPlace;
use crate::decode::SetAside;
use crate::diagnosis::{DiagnosedAttempt, FindingEvidence};
use crate::handshake::MidwayEnding;
use crate::report::Report;

/// What is still to be found.
pub(super) struct Plan {
    wanted: HashMap<PacketPlace, Vec<String>>,
    /// By its first packet, what one attempt is called and which packet is its last.
    stories: HashMap<PacketPlace, Story>,
    written: Written,
}

/// The packets of one attempt, from the first to the last.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub(super) last: PacketPlace,
    /// The comment on packets that have none of their own.
    pub(super) comment: String,
    /// The comment on packets that were captured again.
    pub(super) on_copies: String,
}

impl Plan {
    pub(super) fn of(report: &Report, notes: &EvidenceNotes) -> Self {
        let mut plan = Self {
            wanted: HashMap::new(),
            stories: HashMap::new(),
            written: Written::default(),
        };
        plan.want_failures(report);
        for compared in &report.diagnosis.evidence.compared {
            plan.want_story(
                (compared.first, compared.last),
                comments::on_compared(compared),
            );
        }
        plan.want_proofs(report);
        if !plan.wanted.is_empty() {
            plan.want_signs(report, notes);
        }
        plan
    }

    fn want_failures(&mut self, report: &Report) {
        let attempts = &report.diagnosis.evidence.attempts;
        let mut packets = 0;
        for diagnosed in attempts {
            let attempt = &diagnosed.decided.attempt;
            let seen = attempt.evidence.packets();
            packets += seen.len();
            if packets > MOST_PACKETS {
                break;
            }
            self.written.attempts += 1;
            for packet in seen {
                self.want(packet.place, comments::on_packet(diagnosed, packet));
            }
            let records = attempt.verdicts.iter();
            for told in records.filter(|told| told.is_about_another_packet()) {
                let comment = format!("attempt {}: what a log says of its packets", attempt.id);
                self.want(told.record, comment);
            }
            if let (Some(first), Some(last)) = (seen.first(), seen.last()) {
                let story = Story {
                    last: last.place,
                    comment: format!("attempt {}: another of its packets", attempt.id),
                    on_copies: format!("attempt {}: captured again", attempt.id),
                };
                self.stories.entry(first.place).or_insert(story);
            }
        }
        let outcomes = &report.diagnosis.outcomes;
        let failed = outcomes.failed() + outcomes.of(crate::handshake::Outcome::Partial);
        let failed = failed + report.diagnosis.troubles.attempts();
        self.written.attempts_left_out = failed.saturating_sub(self.written.attempts);
    }

    /// What findings lean on, where that is no failed attempt.
    fn want_proofs(&mut self, report: &Report) {
        for (number, finding) in (1_u32..).zip(&report.diagnosis.findings) {
            for proof in &finding.evidence {
                let FindingEvidence::FailedOnRequest {
                    client,
                    request,
                    ending,
                    last,
                    ..
                } = proof
                else {
                    continue;
                };
                match ending {
                    MidwayEnding::Reset => {
                        self.want(*request, format!("finding {number}: the request"));
                        self.want(*last, format!("finding {number}: reset on the request"));
                    }
                    MidwayEnding::Silence { .. } => {
                        let comment = format!("finding {number}: the request of {client}, in vain");
                        self.want_story((*request, *last), comment);
                    }
                }
            }
            if let Some(proof) = &finding.proof
                && !self.wanted.contains_key(&proof.first)
            {
                let kind = finding.kind.name().replace('_', " ");
                let comment = format!("attempt {}: of finding {number}, {kind}", proof.attempt);
                self.want_story((proof.first, proof.last), comment);
            }
        }
    }

    /// Packets that show what the capture can show, where verdicts depend on it.
    fn want_signs(&mut self, report: &Report, notes: &EvidenceNotes) {
        let capture = &report.capture;
        if !capture.shows_third_step {
            if let Some(place) = notes.first_fin() {
                self.want(
                    place,
                    "shows that the capture was filtered to SYN, FIN and RST: it has FINs and no other segment".to_owned(),
                );
            }
        } else if let Some(place) = notes.first_other() {
            self.want(
                place,
                "shows that the capture was not filtered to SYN, FIN and RST".to_owned(),
            );
        }
        if let Some(cut) = capture.set_aside.get(&SetAside::TruncatedHeader) {
            self.want(
                cut.first,
                "shows that packets were cut too short for their headers".to_owned(),
            );
        }
    }

    /// The first packet of an attempt that none of its own comments would name.
    pub(super) fn want_first(&mut self, diagnosed: &DiagnosedAttempt, comment: String) {
        let seen = diagnosed.decided.attempt.evidence.packets();
        if let Some(first) = seen.first()
            && !self.wanted.contains_key(&first.place)
        {
            self.want(first.place, comment);
        }
    }

    fn want(&mut self, place: PacketPlace, comment: String) {
        let comments = self.wanted.entry(place).or_default();
        if !comments.contains(&comment) {
            comments.push(comment);
        }
    }

    fn want_story(&mut self, (first, last): (PacketPlace, PacketPlace), comment: String) {
        let story = Story {
            last,
            on_copies: format!("{comment}, captured again"),
            comment: comment.clone(),
        };
        self.stories.entry(first).or_insert(story);
        self.want(first, comment.clone());
        self.want(last, comment);
    }

    pub(super) fn written(&self) -> Written {
        self.written.clone()
    }

    /// The comments on the packet there, once.
    pub(super) fn comments_on(&mut self, place: PacketPlace) -> Vec<String> {
        self.wanted.remove(&place).unwrap_or_default()
    }

    /// The attempt that begins with the packet there, once.
    pub(super) fn story_from(&mut self, place: PacketPlace) -> Option<Story> {
        self.stories.remove(&place)
    }

    /// How many packets were not found yet.
    pub(super) fn missing(&self) -> u64 {
        self.wanted.len() as u64
    }
}
