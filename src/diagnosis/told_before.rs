//! What evidence says of the connects that it proves: it was chosen from a capture that held more,
//! and whoever wrote it had all of that. With less, nothing may be told more surely.

use serde::{Deserialize, Serialize};

use super::cause::{Cause, Confidence, Judged};
use crate::capture::{PacketNumber, PacketPlace, SourceId};

/// What was said of connects before, by the first packet of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldBefore(Vec<(SourceId, PacketNumber, Told)>);

/// What was said of one connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    /// Its cause.
    Cause(Judged),
    /// No cause.
    Nothing,
}

impl ToldBefore {
    /// What comments on packets say, those among them that `tcpwhy` wrote on evidence. Whatever
    /// else stands in them, they can only take away.
    pub fn of<'a>(comments: impl Iterator<Item = (SourceId, PacketNumber, &'a str)>) -> Self {
        let told = comments.filter_map(|(source, number, text)| {
            let told = text.split("; ").find_map(told_in)?;
            Some((source, number, told))
        });
        let mut told: Vec<_> = told.collect();
        told.sort_unstable_by_key(|(source, number, _)| (*source, *number));
        Self(told)
    }

    /// The causes of the attempt that begins there, as far as they may be told: the one that was
    /// told before is no surer than then, and all others are less sure.
    pub(super) fn limit(&self, first: Option<PacketPlace>, causes: Vec<Judged>) -> Vec<Judged> {
        let Some(told) = first.and_then(|first| self.at(first)) else {
            return causes;
        };
        let Told::Cause(told) = told else {
            return Vec::new();
        };
        let limited = causes.into_iter().filter_map(|judged| {
            let most = if judged.cause == told.cause {
                Some(told.confidence)
            } else {
                below(told.confidence)
            };
            Some(Judged {
                confidence: judged.confidence.min(most?),
                ..judged
            })
        });
        let mut limited: Vec<Judged> = limited.collect();
        limited.sort_by_key(|judged| std::cmp::Reverse(judged.confidence));
        limited
    }

    fn at(&self, place: PacketPlace) -> Option<Told> {
        let key = |told: &(SourceId, PacketNumber, Told)| (told.0, told.1);
        let found = self
            .0
            .binary_search_by_key(&(place.source, place.number), key);
        self.0.get(found.ok()?).map(|told| told.2)
    }
}

const fn below(confidence: Confidence) -> Option<Confidence> {
    match confidence {
        Confidence::Certain => Some(Confidence::Likely),
        Confidence::Likely => Some(Confidence::Possible),
        Confidence::Possible => None,
    }
}

/// `attempt 6: SYN of 10.0.0.7:52738 to 10.0.1.20:5432, refused: nothing listens on this port
/// (likely)`: the cause, or none; nothing where the comment is another one.
fn told_in(comment: &str) -> Option<Told> {
    const CONFIDENCES: [Confidence; 3] = [
        Confidence::Certain,
        Confidence::Likely,
        Confidence::Possible,
    ];
    let (number, said) = comment.strip_prefix("attempt ")?.split_once(": SYN of ")?;
    number.parse::<u64>().ok()?;
    let cause = said.strip_suffix(')').and_then(|said| {
        let (said, confidence) = said.rsplit_once(" (")?;
        let is_it = |known: &Confidence| known.name() == confidence;
        let confidence = CONFIDENCES.into_iter().find(is_it)?;
        let cause = Cause::ALL.iter().find(|cause| {
            let before = said.strip_suffix(cause.words());
            before.is_some_and(|before| before.ends_with(": "))
        })?;
        Some(Judged {
            cause: *cause,
            confidence,
        })
    });
    Some(cause.map_or(Told::Nothing, Told::Cause))
}

/// Whether comments on packets are those that `tcpwhy` writes on evidence.
pub fn is_on_evidence(comments: &str) -> bool {
    let is_numbered = |comment: &str, what: &str| {
        let numbered = comment.strip_prefix(what);
        let number = numbered.and_then(|numbered| numbered.split_once(": "));
        number.is_some_and(|(number, _)| number.parse::<u64>().is_ok())
    };
    comments.split("; ").any(|comment| {
        is_numbered(comment, "attempt ")
            || is_numbered(comment, "finding ")
            || comment.starts_with("who has ") && comment.ends_with("? It is asked for")
    })
}

/// What each comment begins with that stands on a whole capture, of which nothing was chosen.
pub const ANNOTATION: &str = "tcpwhy: ";

/// What others say of a packet: comments without those that annotate a whole capture, which would
/// only repeat what is found anew.
pub fn without_annotations(comments: &str) -> Option<String> {
    let of_others = comments
        .split("; ")
        .filter(|comment| !comment.starts_with(ANNOTATION));
    let kept: Vec<&str> = of_others.collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: &str = "attempt 6: SYN of [2001:db8::7]:52738 to 10.0.1.20:5432, dropped";

    #[test]
    fn every_cause_is_read_as_it_was_written() {
        for cause in Cause::ALL {
            let text = format!("{OF}, as the silence shows: {} (likely)", cause.words());
            let judged = Judged {
                cause: *cause,
                confidence: Confidence::Likely,
            };
            assert_eq!(told_in(&text), Some(Told::Cause(judged)), "{text}");
        }
        assert_eq!(told_in(OF), Some(Told::Nothing));
        for other in [
            "attempt 6: SYN again, 1 s after the SYN",
            "attempt x: SYN of somebody: the client is silent (likely)",
            "compared with: attempt 3 to 10.0.1.20:5432 succeeded",
            "the client is silent (likely)",
        ] {
            assert_eq!(told_in(other), None, "{other}");
        }
        for (comment, is_own) in [
            (OF, true),
            ("ours; finding 2: the request", true),
            ("who has 10.0.0.21? It is asked for", true),
            ("see attempt 6: it failed", false),
            ("who has a clue?", false),
        ] {
            assert_eq!(is_on_evidence(comment), is_own, "{comment}");
        }
    }

    #[test]
    fn with_less_to_go_by_nothing_is_surer() {
        let place = |number| PacketPlace {
            number: PacketNumber(number),
            ..PacketPlace::default()
        };
        let comments = [
            (2, format!("{OF}: the accept queue is full (possible)")),
            (
                5,
                format!("see ticket; {OF}: packets are lost on the way (likely)"),
            ),
            (1, OF.to_owned()),
        ];
        let comments = comments.iter();
        let comments =
            comments.map(|(number, text)| (SourceId(0), PacketNumber(*number), text.as_str()));
        let told = ToldBefore::of(comments);
        let judged = |cause, confidence| Judged { cause, confidence };
        let found = || {
            vec![
                judged(Cause::HostSilent, Confidence::Certain),
                judged(Cause::AcceptQueueFull, Confidence::Likely),
            ]
        };
        let limited = |number| told.limit(Some(place(number)), found());
        assert_eq!(limited(1), []);
        assert_eq!(
            limited(2),
            [judged(Cause::AcceptQueueFull, Confidence::Possible)]
        );
        assert_eq!(
            limited(5),
            [
                judged(Cause::HostSilent, Confidence::Possible),
                judged(Cause::AcceptQueueFull, Confidence::Possible)
            ]
        );
        assert_eq!(limited(7), found());
    }
}
