//! The attempts behind the first ones of a long list, as data for the script: every text that
//! occurs often is there once.

use std::collections::HashMap;

use serde::Serialize;

use super::attempts::{Ranks, is_told, rank, why};
use super::ladder::{for_capturing_again, rungs};
use super::{View, shown};
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::Outcome;
use crate::report::attempt_words::facts;
use crate::report::outcome_words::shown_name;
use crate::report::packet_filters::display_filter;

/// The packets of so many attempts are among the data; `tcpwhy ladder` draws those of the others.
pub(super) const TOLD: usize = 10_000;

/// What the script reads. The numbers in a row lead into the lists.
#[derive(Serialize)]
struct Data {
    /// How many rows stand before these.
    first: usize,
    clients: Vec<String>,
    servers: Vec<String>,
    /// The name of the style, and the name that is shown.
    outcomes: Vec<(&'static str, String)>,
    /// From SYN to answer; the first one is none.
    answers: Vec<String>,
    whys: Vec<String>,
    /// Texts of the stories.
    pool: Vec<String>,
    rows: Vec<Row>,
}

/// Number, time, client, server, outcome, answer, why, story.
type Row = (
    u64,
    String,
    usize,
    usize,
    usize,
    usize,
    usize,
    Option<Story>,
);

/// Wireshark's filter, tcpdump's, facts, rungs.
type Story = (String, usize, Vec<usize>, Vec<Rung>);

/// Side, time, what, detail.
type Rung = (&'static str, String, usize, Option<usize>);

/// The data as JSON that can stand within a page.
pub(super) fn of(view: View<'_>, first: usize, attempts: &[DiagnosedAttempt]) -> String {
    let all = &view.report.diagnosis.attempts;
    let ranks = Ranks::of(all);
    let mut pool = Pool::default();
    let mut room = TOLD;
    let mut rows = Vec::with_capacity(attempts.len());
    for diagnosed in attempts {
        let has_room = room > 0 && is_told(diagnosed);
        room -= usize::from(has_room);
        let story = has_room.then(|| story(view, diagnosed, &mut pool));
        rows.push(row(view, &ranks, diagnosed, story));
    }
    let name = |endpoint| view.report.named(endpoint);
    let data = Data {
        first,
        clients: ranks.clients.into_iter().map(name).collect(),
        servers: ranks.servers.into_iter().map(name).collect(),
        outcomes: Outcome::ALL
            .into_iter()
            .map(|outcome| (outcome.name(), shown_name(outcome)))
            .collect(),
        answers: ranks.answers.into_iter().map(|(_, words)| words).collect(),
        whys: ranks.whys,
        pool: pool.texts,
        rows,
    };
    // It is made of texts and numbers: nothing of it can fail to be written.
    within_page(&serde_json::to_string(&data).unwrap_or_default())
}

/// Nothing within a script element may look like its end, or like the start of a comment.
fn within_page(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn row(view: View<'_>, ranks: &Ranks, diagnosed: &DiagnosedAttempt, story: Option<Story>) -> Row {
    let attempt = &diagnosed.decided.attempt;
    let outcome = diagnosed.decided.judgement.outcome;
    (
        attempt.id.0,
        view.zone.precise_time_of_day(attempt.started_at()),
        rank(&ranks.clients, &attempt.client),
        rank(&ranks.servers, &attempt.server),
        outcome as usize,
        ranks.of_answer(diagnosed),
        rank(&ranks.whys, &why(diagnosed)),
        story,
    )
}

fn story(view: View<'_>, diagnosed: &DiagnosedAttempt, pool: &mut Pool) -> Story {
    let attempt = &diagnosed.decided.attempt;
    let filter = display_filter(attempt);
    // Attempts between the same hosts to the same port share it.
    let again = pool.place_of(for_capturing_again(attempt));
    let facts = facts(view.report, diagnosed);
    let facts = facts.into_iter().map(|fact| pool.place_of(fact)).collect();
    let rungs = rungs(view, diagnosed).into_iter();
    let rungs = rungs
        .map(|rung| {
            let detail = rung.detail.map(|detail| pool.place_of(shown(&detail)));
            (rung.side, rung.at, pool.place_of(shown(&rung.what)), detail)
        })
        .collect();
    (filter, again, facts, rungs)
}

/// Texts, each once.
#[derive(Default)]
struct Pool {
    places: HashMap<String, usize>,
    texts: Vec<String>,
}

impl Pool {
    fn place_of(&mut self, text: String) -> usize {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        let place = self.texts.len();
        self.texts.push(text.clone());
        self.places.insert(text, place);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_end_its_element() {
        let json = serde_json::to_string("</script><!--&").unwrap();
        let within = within_page(&json);
        assert!(!within.contains(['<', '>', '&']));
        assert_eq!(
            serde_json::from_str::<String>(&within).unwrap(),
            "</script><!--&"
        );
    }
}
