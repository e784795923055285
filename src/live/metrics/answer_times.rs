//! How long answers took, as a histogram.

use std::time::Duration;

use super::exposition::{Sample, Value};
use crate::handshake::Attempt;

/// Upper ends of the buckets, in seconds: from the same rack to a SYN that was answered at the
/// third try.
const ENDS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 3.0,
    7.0, 15.0,
];

/// What answered a SYN first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    SynAck,
    Reset,
    IcmpError,
}

impl Answer {
    const ALL: [Self; 3] = [Self::SynAck, Self::Reset, Self::IcmpError];

    const fn name(self) -> &'static str {
        match self {
            Self::SynAck => "syn_ack",
            Self::Reset => "reset",
            Self::IcmpError => "icmp_error",
        }
    }

    fn of(attempt: &Attempt) -> Self {
        if attempt.answered_at == attempt.first_answer_at {
            Self::SynAck
        } else if attempt.rejected_at == attempt.first_answer_at {
            Self::IcmpError
        } else {
            Self::Reset
        }
    }
}

/// Times from the first SYN to the first answer, by what answered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AnswerTimes([Distribution; Answer::ALL.len()]);

#[derive(Clone, Copy, Debug, Default)]
struct Distribution {
    buckets: [u64; ENDS.len()],
    beyond: u64,
    sum: Duration,
}

impl AnswerTimes {
    /// Adds an attempt, if it was answered.
    pub(super) fn add(&mut self, attempt: &Attempt) {
        let (Some(syn), Some(answer)) = (attempt.first_syn_at, attempt.first_answer_at) else {
            return;
        };
        let answered_by = Answer::of(attempt);
        let distributions = Answer::ALL.into_iter().zip(&mut self.0);
        for (_, distribution) in distributions.filter(|(kind, _)| *kind == answered_by) {
            distribution.add(answer.since(syn));
        }
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        let distributions = Answer::ALL.into_iter().zip(&self.0);
        distributions
            .map(|(answer, distribution)| Sample {
                labels: vec![("answer", answer.name().to_owned())],
                value: Value::Distribution {
                    buckets: ENDS.into_iter().zip(distribution.buckets).collect(),
                    beyond: distribution.beyond,
                    sum: distribution.sum.as_secs_f64(),
                },
            })
            .collect()
    }
}

impl Distribution {
    fn add(&mut self, time: Duration) {
        self.sum = self.sum.saturating_add(time);
        let seconds = time.as_secs_f64();
        let place = ENDS.iter().position(|end| seconds <= *end);
        let bucket = place.and_then(|place| self.buckets.get_mut(place));
        let bucket = bucket.unwrap_or(&mut self.beyond);
        *bucket = bucket.saturating_add(1);
    }
}
