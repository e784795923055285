//! The attempts singly: the first of them as rows of the page, the others as data from which the
//! script makes rows.

use std::collections::BTreeSet;
use std::fmt::Write;

use maud::{Markup, PreEscaped, html};

use super::endpoints::{controls, head, pages};
use super::{View, data, ladder, marks, on_paper, shown};
use crate::decode::Endpoint;
use crate::diagnosis::{Confidence, DiagnosedAttempt};
use crate::handshake::{AttemptId, Outcome};
use crate::report::attempt_words::headline;
use crate::report::counts::{counted, grouped};
use crate::report::evidence_words::duration;
use crate::report::outcome_words::shown_name;

/// So many are rows of the page itself: more would make it slow to open.
const ROWS: usize = 1000;

const COLUMNS: [(&str, bool); 7] = [
    ("#", true),
    ("Began", false),
    ("Client", false),
    ("Server", false),
    ("Outcome", false),
    ("Answer after", true),
    ("Why", false),
];

pub(super) fn attempts(view: View<'_>) -> Markup {
    let listed = &view.report.diagnosis.attempts;
    let (rows, others) = listed.split_at_checked(ROWS).unwrap_or((listed, &[]));
    let outcomes: BTreeSet<Outcome> = listed.iter().map(ended).collect();
    let outcomes: Vec<Outcome> = outcomes.into_iter().collect();
    let ranks = Ranks::of(listed);
    let drawn = on_paper::drawn(view, rows);
    let command = ladder_command(view);
    html! {
        @if listed.is_empty() { p { "None is listed." } } @else {
            div.list {
                (controls("attempts", Some(&outcomes)))
                table role="table" {
                    caption {
                        "Attempts to connect in order of time"
                        span.on-screen { "; unfold a reason for the packets that show it" }
                        (left_out(view))
                        @if others.iter().filter(|diagnosed| is_told(diagnosed)).count() > data::TOLD {
                            "; those that cannot be unfolded here, " code { (command) } " draws"
                        }
                        @if !drawn.is_empty() {
                            ". Questions for an address (ARP, neighbour discovery) are not kept in this page: "
                            code { (command) } " draws them as well"
                            span.on-paper { (on_paper_words(rows, &drawn)) }
                        }
                    }
                    (head(&COLUMNS))
                    tbody role="rowgroup" {
                        @for (index, diagnosed) in rows.iter().enumerate() { (row(view, &ranks, &drawn, index, diagnosed)) }
                    }
                }
                (pages("attempts"))
                @if !others.is_empty() {
                    noscript { p { "This is the first part: a script that this page brings along lists the rest." } }
                    script type="application/json" { (PreEscaped(data::of(view, ROWS, others))) }
                }
            }
        }
    }
}

/// `tcpwhy ladder incident.pcap NUMBER`.
fn ladder_command(view: View<'_>) -> String {
    let command = view.report.tool.ladder_command.as_deref();
    let command = command.map_or_else(|| "tcpwhy ladder FILE".to_owned(), shown);
    format!("{command} NUMBER")
}

/// Which packets and attempts are on paper, where not all are.
fn on_paper_words(rows: &[DiagnosedAttempt], drawn: &BTreeSet<AttemptId>) -> String {
    let mut words = String::new();
    if rows.iter().filter(|row| is_told(row)).count() > drawn.len() {
        words.push_str("; on paper, packets stand below those attempts that prove a finding and the first ones of their kind");
    }
    let left_out = rows
        .iter()
        .filter(|row| on_paper::is_left_out(drawn, row))
        .count();
    if left_out > 0 {
        let _ = write!(
            words,
            ", and {} of scans, floods or backscatter are left out",
            counted(left_out as u64, "attempt")
        );
    }
    words
}

fn left_out(view: View<'_>) -> String {
    match view.report.diagnosis.attempts_omitted {
        0 => String::new(),
        omitted => format!(
            "; {} more are not listed (failures come first: --max-attempts 0 lists all)",
            grouped(omitted)
        ),
    }
}

fn ended(diagnosed: &DiagnosedAttempt) -> Outcome {
    diagnosed.decided.judgement.outcome
}

/// Addresses, times and reasons in order, each once: what the script sorts by.
pub(super) struct Ranks {
    pub(super) clients: Vec<Endpoint>,
    pub(super) servers: Vec<Endpoint>,
    /// From SYN to answer, in nanoseconds and in words; the first one is none. Times with the same
    /// words are one.
    pub(super) answers: Vec<(u64, String)>,
    pub(super) whys: Vec<String>,
}

const NO_ANSWER: &str = "–";

impl Ranks {
    pub(super) fn of(attempts: &[DiagnosedAttempt]) -> Self {
        let each = attempts.iter().map(|diagnosed| &diagnosed.decided.attempt);
        Self {
            clients: sorted(each.clone().map(|attempt| attempt.client)),
            servers: sorted(each.map(|attempt| attempt.server)),
            answers: answers(attempts),
            whys: sorted(attempts.iter().map(why)),
        }
    }

    /// Where the time from SYN to answer stands; 0 without an answer.
    pub(super) fn of_answer(&self, diagnosed: &DiagnosedAttempt) -> usize {
        answer(diagnosed).map_or(0, |(time, _)| {
            let later = self.answers.partition_point(|(known, _)| *known <= time);
            later.saturating_sub(1)
        })
    }
}

fn answers(attempts: &[DiagnosedAttempt]) -> Vec<(u64, String)> {
    let mut answers = sorted(attempts.iter().filter_map(answer));
    answers.insert(0, (0, NO_ANSWER.to_owned()));
    answers.dedup_by(|next, kept| next.1 == kept.1);
    answers
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// Where an item stands in its list.
pub(super) fn rank<T: Ord>(list: &[T], item: &T) -> usize {
    list.binary_search(item).unwrap_or_else(|place| place)
}

/// Why it ended so, in a few words.
pub(super) fn why(diagnosed: &DiagnosedAttempt) -> String {
    match diagnosed.cause() {
        Some(judged) if judged.confidence == Confidence::Certain => judged.cause.words().to_owned(),
        Some(judged) => format!("{} ({})", judged.cause.words(), judged.confidence.name()),
        None if ended(diagnosed) == Outcome::Established => String::new(),
        None => without_outcome(&headline(&diagnosed.decided)),
    }
}

/// The outcome has a column of its own.
fn without_outcome(headline: &str) -> String {
    let words = headline.split_once(": ").map_or(headline, |(_, rest)| rest);
    shown(words)
}

/// From SYN to answer, in nanoseconds and in words.
fn answer(diagnosed: &DiagnosedAttempt) -> Option<(u64, String)> {
    let attempt = &diagnosed.decided.attempt;
    let time = attempt.first_answer_at?.since(attempt.first_syn_at?);
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Some((nanoseconds, duration(time)))
}

/// Whether its packets are drawn.
pub(super) fn is_told(diagnosed: &DiagnosedAttempt) -> bool {
    ended(diagnosed) != Outcome::Established
}

fn row(
    view: View<'_>,
    ranks: &Ranks,
    drawn: &BTreeSet<AttemptId>,
    index: usize,
    diagnosed: &DiagnosedAttempt,
) -> Markup {
    let attempt = &diagnosed.decided.attempt;
    let outcome = ended(diagnosed);
    let answer = answer(diagnosed);
    let why = why(diagnosed);
    html! {
        tr.screen-only[on_paper::is_left_out(drawn, diagnosed)] #{ "attempt-" (attempt.id) } role="row" data-outcome=(outcome.name()) {
            td.n.plain role="cell" data-label="#" data-key=(attempt.id.0) {
                a.self href={ "#attempt-" (attempt.id) } title="Link to this attempt" { (attempt.id) }
            }
            td.t.plain role="cell" data-label="Began" data-key=(index) { (view.zone.precise_time_of_day(attempt.started_at())) }
            td.plain role="cell" data-label="Client" data-key=(rank(&ranks.clients, &attempt.client)) {
                (view.report.named(attempt.client))
            }
            td.to role="cell" data-label="Server" data-key=(rank(&ranks.servers, &attempt.server)) {
                (view.report.named(attempt.server))
            }
            td class={ "plain outcome " (outcome.name()) } role="cell" data-label="Outcome" data-key=(outcome as u64) {
                (marks::mark(outcome)) (shown_name(outcome))
            }
            td.n.empty[answer.is_none()] role="cell" data-label="Answer after"
                data-key=(ranks.of_answer(diagnosed)) {
                @match &answer { Some((_, words)) => (words), None => (NO_ANSWER) }
            }
            td.wide.plain role="cell" data-label="Why" data-key=(rank(&ranks.whys, &why)) {
                @if is_told(diagnosed) {
                    details.paper[drawn.contains(&attempt.id)] { summary { (why) } (ladder::story(view, diagnosed)) }
                } @else { (why) }
            }
        }
    }
}
