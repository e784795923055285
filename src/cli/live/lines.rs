//! One line for each failure, at once.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use super::LiveCommand;
use super::news;
use super::signals::Signals;
use super::stop::Stop;
use crate::cli::report_format::Format;
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::{DecidedAttempt, Outcome};
use crate::live::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::report::text::AttemptLine;
use crate::report::{Report, ecs, json};

/// Writes lines, and knows when to end.
pub(super) struct Lines<'a, 'b> {
    command: &'a mut LiveCommand<'b>,
    /// What attempts will be part of: without names, losses and comments.
    shell: Report,
    signals: Signals,
    stop: Stop,
    /// Attempts of whatever outcome that the watch is about.
    decided: u64,
    is_nobody_listening: bool,
}

impl<'a, 'b> Lines<'a, 'b> {
    pub(super) fn new(
        command: &'a mut LiveCommand<'b>,
        shell: Report,
        signals: Signals,
        stop: Stop,
    ) -> Self {
        Self {
            command,
            shell,
            signals,
            stop,
            decided: 0,
            is_nobody_listening: false,
        }
    }

    /// Whether the reader of the lines went away.
    pub(super) fn is_nobody_listening(&self) -> bool {
        self.is_nobody_listening
    }

    /// A document on standard output must stand there alone.
    fn writes_lines(&self) -> bool {
        let arguments = self.command.arguments;
        matches!(
            arguments.format,
            Format::Text | Format::Ndjson | Format::Ecs
        ) || arguments.output.is_some()
    }

    /// Failures and what corrects them; of others those that were asked for.
    fn is_worth_a_line(&self, decided: &DecidedAttempt, before: Option<Outcome>) -> bool {
        let outcome = decided.judgement.outcome;
        let is_asked_for = self.command.arguments.outcome.is_some();
        self.writes_lines()
            && (outcome.is_failure()
                || !decided.judgement.troubles.is_empty()
                || before.is_some_and(Outcome::is_failure)
                || is_asked_for)
    }

    fn write(
        &mut self,
        diagnosed: &DiagnosedAttempt,
        before: Option<Outcome>,
        is_doubtful: bool,
        names: (Option<&str>, Option<&str>),
    ) {
        let names = if self.shell.shows_names {
            names
        } else {
            (None, None)
        };
        let mut bytes = Vec::new();
        let made = match self.command.arguments.format {
            Format::Ndjson => {
                json::ndjson::write_attempt(&self.shell, diagnosed, before, names, &mut bytes)
            }
            Format::Ecs => ecs::write_attempt(&self.shell, diagnosed, before, names, &mut bytes),
            _ => {
                let line = AttemptLine {
                    diagnosed,
                    before,
                    is_doubtful,
                    names,
                    zone: self.command.style.zone,
                };
                writeln!(bytes, "{}", line.text())
            }
        };
        let mut out = io::stdout().lock();
        let written = made
            .and_then(|()| out.write_all(&bytes))
            .and_then(|()| out.flush());
        if let Err(error) = written {
            if error.kind() != ErrorKind::BrokenPipe && !self.is_nobody_listening {
                let error = format!("cannot write to standard output: {error}");
                super::Messages::error(error, None);
            }
            self.is_nobody_listening = true;
        }
    }
}

impl LiveObserver for Lines<'_, '_> {
    fn event(&mut self, event: &LiveEvent<'_>) {
        let messages = self.command.messages;
        match event {
            LiveEvent::Attempt {
                diagnosed,
                before,
                is_doubtful,
                names,
            } => {
                self.decided += u64::from(before.is_none());
                if self.is_worth_a_line(&diagnosed.decided, *before) {
                    self.write(diagnosed, *before, *is_doubtful, *names);
                }
            }
            LiveEvent::Closed(_) => {}
            LiveEvent::Folded(count) => {
                self.decided = self.decided.saturating_add(*count);
                messages.notice(format!(
                    "{count} attempts more look like parts of scans or floods, and are told in the report only"
                ));
            }
            LiveEvent::Interface(changed) => messages.warning(news::of_interface(changed)),
            LiveEvent::Lost { more, total } => messages.warning(news::of_losses(*more, *total)),
            LiveEvent::ClockWasSet(by) => messages.warning(news::of_clock(*by)),
        }
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        for news in self.command.companion_news.try_iter() {
            self.command.messages.warning(news);
        }
        if self.signals.take_wish_for_report() {
            let (capture, diagnosis) = watch.report();
            let report = self.command.report(capture, diagnosis);
            self.command.write(&report);
        }
        let is_over = self.signals.ask_to_end()
            || self.is_nobody_listening
            || self.stop.is_reached(running, self.decided);
        if is_over { GoOn::No } else { GoOn::Yes }
    }
}
