//! One line for one attempt, while it happens.

use std::fmt::Write;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::{DiagnosedAttempt, app_error, error_text};
use crate::handshake::Outcome;
use crate::report::attempt_words::headline;
use crate::report::evidence_words::duration;
use crate::report::sanitize::terminal_safe;
use crate::report::testimony_words;
use crate::report::times::TimeZoneChoice;

/// An attempt as one line shows it.
#[derive(Clone, Copy, Debug)]
pub struct AttemptLine<'a> {
    /// What explains it.
    pub diagnosed: &'a DiagnosedAttempt,
    /// What was told before, when this corrects it.
    pub before: Option<Outcome>,
    /// Whether its silence may have been an answer that was lost.
    pub is_doubtful: bool,
    /// The names of client and server, where they are shown; hostile text.
    pub names: (Option<&'a str>, Option<&'a str>),
    /// In which zone its time is shown.
    pub zone: TimeZoneChoice,
}

impl AttemptLine<'_> {
    /// When, who, to whom, how it ended, why and how sure that is, what the application saw, and
    /// what this host says. Safe for a terminal.
    pub fn text(&self) -> String {
        let decided = &self.diagnosed.decided;
        let attempt = &decided.attempt;
        let mut line = format!(
            "{}  {} > {}  ",
            self.time(decided.judgement.at),
            named(self.names.0, attempt.client),
            named(self.names.1, attempt.server)
        );
        let corrected = self
            .before
            .filter(|before| *before != decided.judgement.outcome);
        if let Some(before) = corrected {
            let since = decided.judgement.at.since(attempt.started_at());
            // Writing to a string cannot fail.
            let _ = write!(
                line,
                "correction: not {}, after {} ",
                before.name().replace('_', "-"),
                duration(since)
            );
        }
        line.push_str(&headline(decided));
        if let Some(judged) = self.diagnosed.cause() {
            let (words, confidence) = (judged.cause.words(), judged.confidence.name());
            let _ = write!(line, "; {words} ({confidence})");
        }
        if self.is_doubtful {
            line.push_str("; packets are being lost: an answer may be among them");
        }
        if let Some(error) = app_error(decided, self.is_doubtful) {
            let _ = write!(line, "; application: {error}");
            if let Some(text) = error_text(error) {
                let _ = write!(line, " ({text})");
            }
        }
        for testimony in &self.diagnosed.testimony {
            let _ = write!(line, "; {}", testimony_words::of_attempt(testimony));
        }
        terminal_safe(&line).into_owned()
    }

    fn time(&self, at: Timestamp) -> String {
        self.zone.precise_time_of_day(at)
    }
}

fn named(name: Option<&str>, endpoint: Endpoint) -> String {
    match name {
        Some(name) => format!("{name} {endpoint}"),
        None => endpoint.to_string(),
    }
}
