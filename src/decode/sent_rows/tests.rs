//! What arrives is what was sent.

use std::path::{Path, PathBuf};

use super::*;
use crate::capture::CaptureSet;
use crate::decode::RowDecoder;

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let entries = std::fs::read_dir(folder).unwrap();
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).collect()
}

/// What a batch says, packet by packet, and what the clock showed.
fn told(batch: &RowBatch, contexts: &Contexts) -> Vec<(Observation, PacketPlace, Timestamp)> {
    let told = |entry| match entry {
        BatchEntry::Row(row, _, clock) if row.is_icmp_error() => {
            let error = row.icmp_error(contexts, &batch.addresses);
            (Observation::IcmpError(error), row.place(), clock)
        }
        BatchEntry::Row(row, _, clock) => {
            let segment = row.segment(contexts, &batch.addresses);
            (Observation::Segment(segment), row.place(), clock)
        }
        BatchEntry::Odd(odd) => (odd.observation.clone(), odd.place, odd.clock),
    };
    batch.entries().map(told).collect()
}

/// With the verdict in full in place of its number, which is another one elsewhere.
fn in_full(
    (mut observation, place, clock): (Observation, PacketPlace, Timestamp),
    contexts: &Contexts,
) -> (Observation, Option<CaptureVerdict>, PacketPlace, Timestamp) {
    let facts = match &mut observation {
        Observation::Segment(segment) => &mut segment.ip.capture,
        Observation::IcmpError(error) => &mut error.ip.capture,
        _ => panic!("nothing else is sent"),
    };
    let verdict = facts.verdict.as_mut().and_then(|mark| {
        let verdict = contexts.verdict(mark.id);
        mark.id = crate::decode::VerdictId::default();
        verdict
    });
    (observation, verdict, place, clock)
}

#[test]
fn packets_of_samples_arrive_as_they_were() {
    let (mut rows, mut odd, mut verdicts, mut wrapped) = (0, 0, 0, 0);
    for path in samples() {
        let mut captures = CaptureSet::open(&[path]).captures;
        let mut decoder = RowDecoder::default();
        let mut receiver = RowReceiver::default();
        // Numbers that mean something else there.
        receiver.contexts.intern_verdict(&CaptureVerdict::new(
            crate::decode::VerdictTeller::Pf,
            crate::decode::VerdictAction::Passed,
        ));
        let mut batch = [RowBatch::default()];
        let mut arrived = RowBatch::default();
        let mut is_at_end = false;
        while !is_at_end {
            decoder.begin(&mut batch);
            is_at_end = captures.give_next(100, |packet, _| {
                decoder.push(packet, &mut batch);
            }) == 0;
            decoder.end(&mut batch);
            let [batch] = &batch;
            receiver.begin(&mut arrived);
            for packet in batch.sent(decoder.contexts()) {
                let SentPacket {
                    clock, row, beside, ..
                } = packet;
                receiver.add(clock, &row, &beside, &mut arrived).unwrap();
            }
            let sent = told(batch, decoder.contexts());
            let sent: Vec<_> = sent
                .into_iter()
                .map(|told| in_full(told, decoder.contexts()))
                .collect();
            let had_arrived: Vec<_> = told(&arrived, &receiver.contexts)
                .into_iter()
                .map(|told| in_full(told, &receiver.contexts))
                .collect();
            assert_eq!(sent, had_arrived);
            rows += batch.rows.len();
            odd += batch.odd.len();
            verdicts += sent.iter().filter(|(_, told, ..)| told.is_some()).count();
            wrapped += batch
                .rows
                .iter()
                .filter(|row| row.context() != ContextId::NONE)
                .count();
        }
    }
    // Samples have them all.
    assert!(rows > 1000 && odd > 0 && verdicts > 0 && wrapped > 0);
}

#[test]
fn damaged_bytes_are_an_error() {
    let mut receiver = RowReceiver::default();
    let mut batch = RowBatch::default();
    let row = [0; ROW_BYTES];
    for length in 1..40 {
        // Whatever it may be taken for, it ends, and harms nothing.
        let _ = receiver.add(Timestamp::EARLIEST, &row, &vec![0xff; length], &mut batch);
    }
    let refused = receiver.add(Timestamp::EARLIEST, &row, &[0xff; 8], &mut batch);
    assert!(refused.is_err());
}
