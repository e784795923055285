//! What packets tell apart from the attempts that they belong to: who is there, who is asked for.

use super::Comparison;
use crate::decode::{DamagedPart, Neighbour, Observation, RowBatch};

impl Comparison {
    /// Takes note of who is there and who is asked for.
    pub(in crate::diagnosis) fn observe(&mut self, observation: &Observation) {
        match observation {
            Observation::Segment(segment) => {
                self.has_wire |= segment.ip.capture.verdict.is_none();
                self.hosts.note_alive(segment.source.address);
            }
            Observation::IcmpError(error) => {
                self.hosts.note_alive(error.sender);
                let quote = &error.quote;
                let ends = (quote.source, quote.destination);
                let sequence = quote.sequence.unwrap_or_default();
                self.path_mtu
                    .note((error.kind, error.mtu), error.sender, ends, sequence);
            }
            Observation::Alive(address) | Observation::Encrypted(Some(address)) => {
                self.hosts.note_alive(*address);
            }
            Observation::Neighbour(Neighbour::Answer {
                address,
                hardware,
                is_reply,
            }) => {
                self.note_neighbour(*address, |asked| {
                    asked.answers = asked.answers.saturating_add(1);
                    if let Some(hardware) = hardware {
                        asked.claims.note_answer(*hardware, *is_reply);
                    }
                });
            }
            Observation::Neighbour(Neighbour::Question { target, asker }) => {
                self.note_neighbour(*target, |asked| {
                    asked.questions = asked.questions.saturating_add(1);
                    asked.claims.note_question();
                    if let Some(asker) = asker {
                        asked.note_asker(*asker);
                    }
                });
            }
            Observation::Damaged(segment) => {
                // Whoever sent it lives, whoever got it did not.
                self.hosts.note_alive(match segment.part {
                    DamagedPart::Syn => segment.client.address,
                    DamagedPart::SynAck | DamagedPart::Reset => segment.server.address,
                });
                self.damaged.note(segment);
            }
            Observation::Names(named) => self.names.note(named),
            Observation::Unrelated | Observation::Encrypted(None) | Observation::SetAside(_) => {}
        }
    }

    /// Takes note of who sent these.
    pub(in crate::diagnosis) fn observe_rows(&mut self, batch: &RowBatch) {
        for row in &batch.rows {
            self.hosts.note_alive(row.sender(&batch.addresses));
            if row.is_icmp_error() {
                let asked_by = row.sender(&batch.addresses);
                let ends = row.ends(&batch.addresses);
                let (kind, mtu) = row.icmp_kind_and_mtu();
                self.path_mtu
                    .note((kind, mtu), asked_by, ends, row.sequence());
            }
        }
        self.has_wire |= !batch.rows.is_empty();
        self.passages.note(batch);
        for odd in &batch.odd {
            self.observe(&odd.observation);
        }
    }
}
