//! The servers that connects fail to, the worst first.

use unicode_width::UnicodeWidthStr;

use super::page::{Page, cut, grouped, padded, right};
use crate::diagnosis::{Confidence, DiagnosedAttempt, EndpointSummary, Judged};
use crate::handshake::{Attempt, DecidedAttempt, Outcome, Role, Sender};
use crate::report::evidence_words::duration;
use crate::report::model::Report;

/// How many servers are shown.
const SHOWN_ENDPOINTS: usize = 20;

pub(super) fn write(report: &Report, page: &mut Page) {
    let failing: Vec<&EndpointSummary> = report
        .diagnosis
        .endpoints
        .iter()
        .filter(|endpoint| endpoint.outcomes.failed() > 0)
        .collect();
    if failing.is_empty() {
        return;
    }
    let shown = failing.get(..SHOWN_ENDPOINTS).unwrap_or(&failing);
    let table = Table::fitting(report, shown, page.style().width);
    page.line("");
    let why = if table.has_why_column() { "WHY" } else { "" };
    let head = table.row(
        [
            "SERVER", "CONNECTS", "OK", "FAILED", "OTHER", "FIRST", "LAST", why,
        ]
        .map(str::to_owned),
    );
    let head = page.bold(head.trim_end());
    page.line(head);
    for endpoint in shown {
        table.write(report, endpoint, page);
    }
    if failing.len() > shown.len() {
        page.line(format!(
            " and {} more servers",
            grouped((failing.len() - shown.len()) as u64)
        ));
    }
}

/// Column widths, as narrow as the content allows.
struct Table {
    server: usize,
    connects: usize,
    established: usize,
    failed: usize,
    /// Pending and partial ones; 0 when there are none.
    other: usize,
    /// What is left for the reason.
    why: usize,
}

/// FIRST and LAST, each with two spaces before it, and two before WHY.
const TIME_COLUMNS: usize = 10 + 10 + 2;

/// A reason in less room than this has a line of its own.
const NARROWEST_WHY: usize = 40;

impl Table {
    fn fitting(report: &Report, shown: &[&EndpointSummary], width: usize) -> Self {
        let widest = |head: &str, of: &dyn Fn(&EndpointSummary) -> String| {
            let content = shown
                .iter()
                .map(|endpoint| of(endpoint).width())
                .max()
                .unwrap_or(0);
            content.max(head.len())
        };
        let connects = 2 + widest("CONNECTS", &|endpoint| grouped(endpoint.outcomes.total()));
        let established = 2 + widest("OK", &|endpoint| {
            grouped(endpoint.outcomes.of(Outcome::Established))
        });
        let failed = 2 + widest("FAILED", &|endpoint| grouped(endpoint.outcomes.failed()));
        let has_other = shown.iter().any(|endpoint| other(endpoint) > 0);
        let other = if has_other {
            2 + widest("OTHER", &|endpoint| grouped(other(endpoint)))
        } else {
            0
        };
        let numbers = connects + established + failed + other;
        let longest = widest("SERVER", &|endpoint| report.named(endpoint.server));
        // Of an address nothing is cut off: one that is too long has a line of its own.
        let server = longest.min(width.saturating_sub(1 + numbers + TIME_COLUMNS));
        let why = width.saturating_sub(1 + server + numbers + TIME_COLUMNS);
        Self {
            server,
            connects,
            established,
            failed,
            other,
            why,
        }
    }

    fn has_why_column(&self) -> bool {
        self.why >= NARROWEST_WHY
    }

    fn row(
        &self,
        [
            server,
            connects,
            established,
            failed,
            other,
            first,
            last,
            why,
        ]: [String; 8],
    ) -> String {
        format!(
            " {}{}{}{}{}  {}  {}  {why}",
            padded(&server, self.server),
            right(&connects, self.connects),
            right(&established, self.established),
            right(&failed, self.failed),
            if self.other > 0 {
                right(&other, self.other)
            } else {
                String::new()
            },
            padded(&first, 8),
            padded(&last, 8),
        )
    }

    fn write(&self, report: &Report, endpoint: &EndpointSummary, page: &mut Page) {
        let zone = page.style().zone;
        let time = |at: Option<_>| at.map_or_else(|| "-".to_owned(), |at| zone.time_of_day(at));
        let outcomes = &endpoint.outcomes;
        let established = outcomes.of(Outcome::Established);
        let in_color = |why: String, page: &Page| match commonest_failure(endpoint) {
            Some(outcome) => page.in_outcome_color(outcome, why),
            None => why,
        };
        let mut server = report.named(endpoint.server);
        if server.width() > self.server {
            page.line(format!(" {server}"));
            server.clear();
        }
        let why = why(endpoint);
        let in_row = if self.has_why_column() {
            in_color(cut(&why, self.why), page)
        } else {
            String::new()
        };
        page.line(self.row([
            server,
            grouped(outcomes.total()),
            if established == 0 {
                "-".to_owned()
            } else {
                grouped(established)
            },
            grouped(outcomes.failed()),
            grouped(other(endpoint)),
            time(endpoint.first_failure),
            time(endpoint.last_failure),
            in_row,
        ]));
        if !self.has_why_column() {
            let why = in_color(cut(&why, page.style().width - 4), page);
            page.line(format!("    {why}"));
        }
    }
}

/// Attempts of which the capture does not show how they ended.
fn other(endpoint: &EndpointSummary) -> u64 {
    endpoint.outcomes.of(Outcome::Pending) + endpoint.outcomes.of(Outcome::Partial)
}

fn commonest_failure(endpoint: &EndpointSummary) -> Option<Outcome> {
    let failures = endpoint
        .outcomes
        .iter()
        .filter(|(outcome, count)| outcome.is_failure() && *count > 0);
    // Among equals the first in the order of reports: max_by_key would take the last.
    failures
        .fold(None, |most: Option<(Outcome, u64)>, next| match most {
            Some(most) if most.1 >= next.1 => Some(most),
            _ => Some(next),
        })
        .map(|(outcome, _)| outcome)
}

/// The commonest kind of failure, by its first example; and which others there were.
fn why(endpoint: &EndpointSummary) -> String {
    let others: Vec<String> = endpoint
        .outcomes
        .iter()
        .filter(|(outcome, count)| outcome.is_failure() && *count > 0)
        .map(|(outcome, count)| format!("{} {}", outcome.name().replace('_', "-"), grouped(count)))
        .collect();
    match (&endpoint.example, others.len()) {
        (Some(example), 1) => headline_with_cause(example),
        _ => others.join(", "),
    }
}

/// How an attempt ended, and why, where that is known.
fn headline_with_cause(diagnosed: &DiagnosedAttempt) -> String {
    let outcome = diagnosed.decided.judgement.outcome.name().replace('_', "-");
    match diagnosed.cause() {
        Some(Judged {
            cause,
            confidence: Confidence::Possible,
        }) => format!("{outcome}: perhaps {}", cause.words()),
        Some(Judged { cause, .. }) => format!("{outcome}: {}", cause.words()),
        None => headline(&diagnosed.decided),
    }
}

/// How one failed attempt ended, in a few words.
pub(in crate::report) fn headline(decided: &DecidedAttempt) -> String {
    let attempt = &decided.attempt;
    let answer = attempt
        .first_syn_at
        .zip(attempt.first_answer_at)
        .map_or_else(String::new, |(syn, answer)| {
            format!(" after {}", duration(answer.since(syn)))
        });
    match decided.judgement.outcome {
        Outcome::Established => format!("established{answer}"),
        Outcome::Refused => format!("refused: RST{answer}"),
        Outcome::Rejected => rejected(attempt, &answer),
        Outcome::Reset => format!(
            "reset: by the server before its first byte{}",
            since_start(decided)
        ),
        Outcome::HalfOpen => "half-open: SYN-ACK never acknowledged".to_owned(),
        Outcome::Aborted => "aborted: RST from the client".to_owned(),
        Outcome::Dropped => format!("dropped: {}", silence(attempt)),
        Outcome::Pending => "pending: the capture ends too early to say".to_owned(),
        Outcome::Partial => "partial: its SYN is not in the capture".to_owned(),
    }
}

fn rejected(attempt: &Attempt, answer: &str) -> String {
    let by = attempt
        .packets_as(&[Role::IcmpError])
        .next()
        .map(|packet| match packet.sender {
            Sender::Server => "the server".to_owned(),
            Sender::Client => "the client itself".to_owned(),
            Sender::Other(address) => address.to_string(),
        });
    match (attempt.rejected_by, by) {
        (Some(kind), Some(by)) => format!("rejected: {} from {by}{answer}", kind.name()),
        _ => "rejected".to_owned(),
    }
}

fn silence(attempt: &Attempt) -> String {
    let answers = [
        (
            Role::SynAckFromElsewhere,
            "SYN-ACK only from another address",
        ),
        (Role::BareAck, "only ACKs of an older connection"),
        (
            Role::UnacceptableReset,
            "only RSTs that the client must ignore",
        ),
        (
            Role::UnacceptableSynAck,
            "only SYN-ACKs that the client must ignore",
        ),
    ];
    let met = answers
        .into_iter()
        .find(|(role, _)| attempt.packets_as(&[*role]).next().is_some());
    match met {
        Some((_, words)) => words.to_owned(),
        None if attempt.syn_count == 1 => "no answer to 1 SYN".to_owned(),
        None => format!(
            "no answer to {} SYNs{}",
            attempt.syn_count,
            between_syns(attempt)
        ),
    }
}

/// ` after 4.000 s`: from the first SYN to what decided.
fn since_start(decided: &DecidedAttempt) -> String {
    format!(
        ", after {}",
        duration(decided.judgement.at.since(decided.attempt.started_at()))
    )
}

/// ` over 3.1 s`: from the first SYN to the last.
fn between_syns(attempt: &Attempt) -> String {
    let times = attempt.first_syn_at.zip(attempt.last_syn_at);
    times.map_or_else(String::new, |(first, last)| {
        format!(" over {}", duration(last.since(first)))
    })
}
