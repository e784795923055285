//! What was said how surely, in which story, and whether it was right.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

/// How sure a cause or a finding is said to be. What is only possible costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sureness {
    Certain,
    Likely,
}

impl Sureness {
    /// Of the word in a report.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "certain" => Some(Self::Certain),
            "likely" => Some(Self::Likely),
            _ => None,
        }
    }
}

/// All that was said. What one story says again and again counts once, and is right when it is
/// right each time: or one busy capture would outweigh all others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// By kind of story, story, word and sureness.
    said: BTreeMap<(&'static str, String, String, Sureness), bool>,
    /// Stories that say something and have no truth to hold it against.
    untold: BTreeSet<(&'static str, String)>,
}

/// How many were right, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) right: usize,
    pub(crate) all: usize,
}

impl Share {
    fn note(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }
}

/// What the laboratory's stories said in this run.
static OF_LABORATORY: Mutex<Option<Tally>> = Mutex::new(None);

/// Takes note of what was said of a connect of the laboratory.
pub(crate) fn note_of_laboratory(story: &str, word: &str, sureness: Sureness, is_right: bool) {
    let mut tally = OF_LABORATORY.lock().unwrap();
    let tally = tally.get_or_insert_default();
    tally.note(("laboratory", story), word, sureness, is_right);
}

impl Tally {
    /// What the laboratory said so far.
    pub(crate) fn of_laboratory() -> Self {
        OF_LABORATORY.lock().unwrap().clone().unwrap_or_default()
    }

    /// This word was said in that story.
    pub(crate) fn note(
        &mut self,
        (kind, story): (&'static str, &str),
        word: &str,
        sureness: Sureness,
        is_right: bool,
    ) {
        let key = (kind, story.to_owned(), word.to_owned(), sureness);
        *self.said.entry(key).or_insert(true) &= is_right;
    }

    /// That story says something, and nobody has told its truth.
    pub(crate) fn note_untold(&mut self, kind: &'static str, story: &str) {
        self.untold.insert((kind, story.to_owned()));
    }

    /// How much of what was said so surely was right.
    pub(crate) fn share(&self, sureness: Sureness) -> Share {
        let mut share = Share::default();
        for ((.., said), is_right) in &self.said {
            if *said == sureness {
                share.note(*is_right);
            }
        }
        share
    }

    /// How many stories of a kind said something.
    pub(crate) fn stories(&self, kind: &str) -> usize {
        let of_kind = self.said.keys().filter(|(one, ..)| *one == kind);
        of_kind
            .map(|(_, story, ..)| story)
            .collect::<BTreeSet<_>>()
            .len()
    }

    /// What was wrong, a line each.
    pub(crate) fn wrong(&self) -> Vec<String> {
        let wrong = self.said.iter().filter(|(_, is_right)| !**is_right);
        wrong
            .map(|((kind, story, word, sureness), _)| {
                format!("{kind} {story}: {word} ({sureness:?})").to_lowercase()
            })
            .collect()
    }

    /// The same in words: all, by word, what was wrong, and what could not be judged.
    pub(crate) fn table(&self) -> String {
        let mut by_word: BTreeMap<&str, [Share; 2]> = BTreeMap::new();
        for ((_, _, word, sureness), is_right) in &self.said {
            let [certain, likely] = by_word.entry(word).or_default();
            match sureness {
                Sureness::Certain => certain.note(*is_right),
                Sureness::Likely => likely.note(*is_right),
            }
        }
        let mut table = String::from("calibration: right, of all that was said so surely\n");
        let mut line = |word: &str, [certain, likely]: [Share; 2]| {
            let of = |share: Share| match share.all {
                0 => "-".to_owned(),
                all => format!("{}/{all}", share.right),
            };
            let (certain, likely) = (of(certain), of(likely));
            writeln!(
                table,
                "  {word:<26} certain {certain:>8}  likely {likely:>8}"
            )
            .unwrap();
        };
        for (word, shares) in &by_word {
            line(word, *shares);
        }
        let all = [Sureness::Certain, Sureness::Likely].map(|sureness| self.share(sureness));
        line("all", all);
        for kind in ["scenario", "sample", "world", "laboratory"] {
            let untold = self.untold.iter().filter(|(one, _)| *one == kind).count();
            let told = self.stories(kind);
            writeln!(table, "  {kind}: {told} stories, {untold} without a truth").unwrap();
        }
        for (kind, story) in &self.untold {
            writeln!(table, "  without a truth: {kind} {story}").unwrap();
        }
        for wrong in self.wrong() {
            writeln!(table, "  wrong: {wrong}").unwrap();
        }
        table
    }
}
