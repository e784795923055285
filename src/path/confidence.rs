//! How sure a judgement is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::seen::PacketKind;
use super::verdict::{JudgedConnect, PathVerdict, VerdictKind};

/// How sure a cause, a finding or a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It fits, and so do others.
    Possible,
    /// Others would fit worse.
    Likely,
    /// The packets prove it.
    Certain,
}

impl Confidence {
    /// The confidence's name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }
}

/// So many connects that lose one packet each on one stretch say what one alone does not.
const SEVERAL: usize = 3;

/// One packet alone may be lost by chance: it is `possible`, unless others say the same.
pub(super) fn settle(connects: &mut [JudgedConnect]) {
    let mut alike: BTreeMap<Alike, usize> = BTreeMap::new();
    for judged in connects.iter() {
        for said in judged.verdicts.iter().filter(|said| is_loss(said.kind)) {
            *alike.entry(of_loss(said)).or_default() += 1;
        }
    }
    for judged in connects {
        // A lost acknowledgement is told only where the SYN-ACK was repeated for it.
        let is_alone =
            |said: &&mut PathVerdict| is_loss(said.kind) && said.kind != VerdictKind::AckLost;
        for said in judged.verdicts.iter_mut().filter(is_alone) {
            let others = alike.get(&of_loss(said)).copied().unwrap_or(0);
            let at_most = match said.count {
                2.. => Confidence::Certain,
                _ if others >= SEVERAL => Confidence::Likely,
                _ => Confidence::Possible,
            };
            said.confidence = said.confidence.min(at_most);
        }
    }
}

type Alike = (VerdictKind, Option<PacketKind>, Vec<usize>);

fn of_loss(said: &PathVerdict) -> Alike {
    (said.kind, said.packet, said.between.clone())
}

const fn is_loss(kind: VerdictKind) -> bool {
    matches!(
        kind,
        VerdictKind::SynLost | VerdictKind::AnswerLost | VerdictKind::AckLost
    )
}
