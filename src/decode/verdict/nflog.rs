//! What Linux firewalls log to user space (`NFLOG`): which rule, by the prefix that it was given,
//! and where. No verdict is in it.

use serde::{Deserialize, Serialize};

use super::text::until_zero;
use super::{CaptureVerdict, ToldVerdict, VerdictAction, VerdictFault, VerdictTeller};
use crate::capture::{Passage, Timestamp};
use crate::decode::link::NflogAttributes;

/// Where in the kernel a packet met a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetfilterHook {
    /// As it came in, before it was known for whom.
    Prerouting,
    /// For this host.
    Input,
    /// Passed on to another.
    Forward,
    /// Of this host itself.
    Output,
    /// As it leaves.
    Postrouting,
}

impl NetfilterHook {
    const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Prerouting,
            1 => Self::Input,
            2 => Self::Forward,
            3 => Self::Output,
            4 => Self::Postrouting,
            _ => return None,
        })
    }

    /// Its name in rules and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        }
    }

    /// Which way a packet goes that is seen there.
    const fn passage(self) -> Option<Passage> {
        match self {
            Self::Prerouting | Self::Input => Some(Passage::In),
            Self::Output | Self::Postrouting => Some(Passage::Out),
            Self::Forward => None,
        }
    }
}

/// Numbers of the attributes.
mod attribute {
    pub(super) const PACKET_HEADER: u16 = 1;
    pub(super) const MARK: u16 = 2;
    pub(super) const MET_AT: u16 = 3;
    pub(super) const CAME_IN_BY: u16 = 4;
    pub(super) const LEAVES_BY: u16 = 5;
    pub(super) const PREFIX: u16 = 10;
    pub(super) const USER: u16 = 11;
}

/// What the record says.
pub(super) fn told(record: &[u8]) -> Option<ToldVerdict> {
    let attributes = NflogAttributes::of(record)?;
    let mut verdict = CaptureVerdict::new(VerdictTeller::Netfilter, VerdictAction::Seen);
    let (mut fault, mut met_at) = (None, None);
    for (number, value) in attributes.clone() {
        let whole = value.first_chunk::<4>().copied();
        match number {
            attribute::PACKET_HEADER => match value.get(2) {
                Some(&hook) => {
                    verdict.hook = NetfilterHook::of(hook);
                    if verdict.hook.is_none() {
                        fault = fault.or(Some(VerdictFault::Value));
                    }
                }
                None => fault = fault.or(Some(VerdictFault::Field)),
            },
            attribute::PREFIX => {
                let (prefix, ends) = until_zero(value);
                verdict.prefix = prefix;
                if !ends {
                    fault = fault.or(Some(VerdictFault::Text));
                }
            }
            attribute::MARK | attribute::CAME_IN_BY | attribute::LEAVES_BY | attribute::USER => {
                match whole.map(u32::from_be_bytes) {
                    Some(field) => note_number(&mut verdict, number, field),
                    None => fault = fault.or(Some(VerdictFault::Field)),
                }
            }
            attribute::MET_AT => match time_of(value) {
                Some(at) => met_at = Some(at),
                None => fault = fault.or(Some(VerdictFault::Field)),
            },
            _ => {}
        }
    }
    if attributes.are_cut_short() {
        fault = Some(VerdictFault::Length);
    }
    verdict.passage = verdict.hook.and_then(NetfilterHook::passage);
    let said = verdict.prefix.as_deref().and_then(said_by);
    verdict.action = said.unwrap_or(VerdictAction::Seen);
    Some(ToldVerdict {
        met_at,
        ..ToldVerdict::new(verdict, fault)
    })
}

/// Seconds and microseconds, in network byte order.
fn time_of(value: &[u8]) -> Option<Timestamp> {
    let seconds = i64::from_be_bytes(*value.first_chunk::<8>()?);
    let micros = i64::from_be_bytes(*value.get(8..)?.first_chunk::<8>()?);
    let micros = seconds.checked_mul(1_000_000)?.checked_add(micros)?;
    Some(Timestamp::from_nanoseconds(micros.checked_mul(1000)?))
}

fn note_number(verdict: &mut CaptureVerdict, number: u16, field: u32) {
    let interface = || Some(format!("interface {field}"));
    match number {
        attribute::MARK => verdict.packet_mark = Some(field),
        attribute::CAME_IN_BY => verdict.came_in_by = interface(),
        attribute::LEAVES_BY => verdict.leaves_by = interface(),
        attribute::USER => verdict.user = Some(field),
        _ => {}
    }
}

/// Words of whoever wrote a rule that drops.
const WORDS_OF_DROPS: [&str; 14] = [
    "drop",
    "drops",
    "dropped",
    "dropping",
    "deny",
    "denied",
    "denies",
    "denying",
    "block",
    "blocks",
    "blocked",
    "blocking",
    "discard",
    "discarded",
];

/// Of one that answers with an error.
const WORDS_OF_REJECTS: [&str; 5] = ["reject", "rejects", "rejected", "rejecting", "rej"];

/// Words beside them that make it doubtful.
const WORDS_OF_DOUBT: [&str; 16] = [
    "accept",
    "accepted",
    "allow",
    "allowed",
    "pass",
    "passed",
    "permit",
    "permitted",
    "not",
    "no",
    "would",
    "audit",
    "dry",
    "unless",
    "candidate",
    "maybe",
];

/// What a prefix calls its rule, where nothing in it makes that doubtful.
pub(crate) fn said_by(prefix: &str) -> Option<VerdictAction> {
    word_of(prefix).map(|(action, _)| action)
}

/// The same, and by which word.
pub(super) fn word_of(prefix: &str) -> Option<(VerdictAction, &'static str)> {
    // Who asks does not say.
    if prefix.contains('?') {
        return None;
    }
    let mut said = None;
    for word in words(prefix) {
        let word = word.as_str();
        if WORDS_OF_DOUBT.contains(&word) {
            return None;
        }
        let known = |words: &[&'static str]| words.iter().find(|known| **known == word).copied();
        if let Some(word) = known(&WORDS_OF_DROPS) {
            said = said.or(Some((VerdictAction::SaidToBeDropped, word)));
        } else if let Some(word) = known(&WORDS_OF_REJECTS) {
            said = Some((VerdictAction::SaidToBeRejected, word));
        }
    }
    said
}

/// `IN-DROP`, `[UFW BLOCK]`, `inputDropAll`: the words in them, in small letters.
fn words(prefix: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for character in prefix.chars() {
        let begins =
            !character.is_ascii_alphabetic() || (character.is_ascii_uppercase() && was_small);
        if begins {
            words.push(String::new());
        }
        if character.is_ascii_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.push(character.to_ascii_lowercase());
        }
        was_small = character.is_ascii_lowercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_its_author_s_word() {
        let drops = [
            "IN-DROP ",
            "[UFW BLOCK] ",
            "Shorewall:net2fw:DROP:",
            "denied: ",
            "inputDrop",
            "filter_IN_public_DROP: ",
            "drop",
            "7_drop_9",
        ];
        for prefix in drops {
            assert_eq!(
                said_by(prefix),
                Some(VerdictAction::SaidToBeDropped),
                "{prefix:?}"
            );
        }
        for prefix in [
            "IN-REJECT ",
            "FINAL_REJECT: ",
            "drop or reject",
            "rejected",
            "REJ: ",
        ] {
            let rejects = Some(VerdictAction::SaidToBeRejected);
            assert_eq!(said_by(prefix), rejects, "{prefix:?}");
        }
        let others = [
            "",
            "ACCEPT-NEW ",
            "[UFW AUDIT] ",
            "[UFW ALLOW] ",
            "dropbox ",
            "blocklist-seen ",
            "not dropped ",
            "would drop ",
            "new ssh ",
            "backdrop",
            "rejoin: ",
            "block? ",
            "DROPPED-CANDIDATE ",
        ];
        for prefix in others {
            assert_eq!(said_by(prefix), None, "{prefix:?}");
        }
    }
}
