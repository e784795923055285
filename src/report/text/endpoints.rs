//! The servers that connects fail to, the worst first.

use unicode_width::UnicodeWidthStr;

use super::page::{Page, cut, padded, right};
use crate::diagnosis::EndpointSummary;
use crate::handshake::Outcome;
use crate::report::counts::grouped;
use crate::report::endpoint_words::{commonest_failure, is_failing, other, why};
use crate::report::model::Report;

/// How many servers are shown.
const SHOWN_ENDPOINTS: usize = 20;

pub(super) fn write(report: &Report, page: &mut Page) {
    let failing: Vec<&EndpointSummary> = report
        .diagnosis
        .endpoints
        .iter()
        .filter(|endpoint| is_failing(endpoint))
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

/// Any address of IPv4 with its port.
const NARROWEST_SERVER: usize = 21;

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
        let room = width.saturating_sub(1 + numbers + TIME_COLUMNS);
        // One that would take the room of the reasons has a line of its own as well.
        let beside_why = room.saturating_sub(NARROWEST_WHY);
        let server = if longest > beside_why && beside_why >= NARROWEST_SERVER {
            beside_why
        } else {
            longest.min(room)
        };
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
            time(endpoint.first_failure.or(endpoint.first_trouble)),
            time(endpoint.last_failure.or(endpoint.last_trouble)),
            in_row,
        ]));
        if !self.has_why_column() {
            let why = in_color(cut(&why, page.style().width - 4), page);
            page.line(format!("    {why}"));
        }
    }
}
