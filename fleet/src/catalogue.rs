//! A first look at everything that was named: what is a capture, and what its headers say.

use futures::StreamExt;
use futures::stream;
use tcpwhy::capture::{CaptureSet, Interface, OpenError, Opened, UNKNOWN_FORMAT};
use tokio::runtime::Handle;

use crate::plan::NumberedLocation;
use crate::storage::{Location, Stored, one_line};

/// So many are looked at side by side: storage that is far away answers late.
const SIDE_BY_SIDE: usize = 16;

/// So many at a time are looked at one after the other.
const IN_A_ROW: usize = 64;

/// The captures that there are, numbered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// In the order in which `tcpwhy read` would number them.
    pub captures: Vec<NumberedLocation>,
    /// What cannot be read, a line each.
    pub problems: Vec<String>,
    /// Whether one was filtered so that it cannot show the third step of a handshake, and says so.
    pub leaves_out_third_step: bool,
}

/// What a first look shows.
enum Looked {
    Capture {
        leaves_out_third_step: bool,
    },
    /// Beside captures, a folder may hold anything.
    Nothing,
    Problem(String),
}

impl Catalogue {
    /// Looks at all of these.
    pub async fn of(stored: Vec<Stored>) -> Self {
        let chunks: Vec<Vec<Stored>> = stored.chunks(IN_A_ROW).map(<[Stored]>::to_vec).collect();
        let look_at = |chunk: Vec<Stored>| {
            let runtime = Handle::current();
            tokio::task::spawn_blocking(move || look_at_all(chunk, &runtime))
        };
        let looks = stream::iter(chunks).map(look_at).buffered(SIDE_BY_SIDE);
        let mut catalogue = Self::default();
        let mut looks = Box::pin(looks);
        while let Some(looked) = looks.next().await {
            match looked {
                Ok(looked) => looked
                    .into_iter()
                    .for_each(|(location, looked)| catalogue.add(location, looked)),
                Err(error) => catalogue.problems.push(error.to_string()),
            }
        }
        catalogue
    }

    fn add(&mut self, location: Location, looked: Looked) {
        match looked {
            Looked::Capture {
                leaves_out_third_step,
            } => {
                self.leaves_out_third_step |= leaves_out_third_step;
                let number = u32::try_from(self.captures.len()).unwrap_or(u32::MAX);
                self.captures.push(NumberedLocation { number, location });
            }
            Looked::Nothing => {}
            Looked::Problem(problem) => self.problems.push(problem),
        }
    }

    /// The captures in so many groups at most, each of about as many, in their order.
    pub fn groups(&self, most: usize) -> Vec<Vec<NumberedLocation>> {
        let in_group = self.captures.len().div_ceil(most.max(1)).max(1);
        self.captures
            .chunks(in_group)
            .map(<[NumberedLocation]>::to_vec)
            .collect()
    }
}

fn look_at_all(stored: Vec<Stored>, runtime: &Handle) -> Vec<(Location, Looked)> {
    let mut looked = Vec::with_capacity(stored.len());
    let (mut sources, mut opened) = (Vec::new(), Vec::new());
    for stored in stored {
        match stored.location.source(runtime) {
            Ok(source) => {
                sources.push(source);
                opened.push(stored);
            }
            Err(error) => looked.push((stored.location, Looked::Problem(error.to_string()))),
        }
    }
    let Opened { captures, errors } = CaptureSet::open_sources(sources, false);
    let mut errors = errors.into_iter();
    for (stored, facts) in opened.into_iter().zip(captures.facts()) {
        let is_lost = facts.format == UNKNOWN_FORMAT;
        let is = match is_lost.then(|| errors.next()).flatten() {
            Some(OpenError::NoCapture { .. } | OpenError::Empty { .. }) if stored.is_found => {
                Looked::Nothing
            }
            Some(error) => Looked::Problem(one_line(&error)),
            None => Looked::Capture {
                leaves_out_third_step: facts
                    .interfaces
                    .iter()
                    .any(Interface::leaves_out_third_step),
            },
        };
        looked.push((stored.location, is));
    }
    looked
}
