//! `tcpwhy live`.

mod lines;
mod open;
mod signals;
mod stop;

use super::arguments::Format;
use super::exit_status::ExitStatus;
use super::live_arguments::LiveArguments;
use super::messages::{Messages, chain};
use super::output::{ReportFile, write_report};
use super::read::{judge, write_in};
use super::terminal::{self, Wishes};
use crate::capture::live::{Detail, LiveCapture, LiveSettings, Rights, give_up_rights};
use crate::diagnosis::{Diagnosis, Selection};
use crate::handshake::TrackerSettings;
use crate::live::{LiveWatch, LiveWatchSettings, watch};
use crate::report::text::TextStyle;
use crate::report::{CaptureTotals, Report, Settings, Tool, json};
use lines::Lines;
use signals::Signals;
use stop::Stop;

/// How many of the latest attempts a report lists singly at most: a watch may last for days.
const LISTED_AT_MOST: usize = 100_000;

/// Watches, tells failures as they happen, and writes the report at the end.
pub(super) fn run(arguments: &LiveArguments, typed: Vec<String>) -> ExitStatus {
    let messages = Messages {
        is_quiet: arguments.quiet,
        verbosity: arguments.verbose,
    };
    match prepared(arguments, typed, messages) {
        Ok((mut capture, command)) => command.watch(&mut capture),
        Err(status) => status,
    }
}

/// What is fixed before the first packet.
pub(super) struct LiveCommand<'a> {
    arguments: &'a LiveArguments,
    typed: Vec<String>,
    messages: Messages,
    style: TextStyle,
    output: Option<ReportFile>,
    signals: Signals,
}

/// Everything that needs rights or may be mistyped comes first; then rights are given up.
fn prepared(
    arguments: &LiveArguments,
    typed: Vec<String>,
    messages: Messages,
) -> Result<(LiveCapture, LiveCommand<'_>), ExitStatus> {
    let settings = LiveSettings {
        interfaces: open::interfaces(arguments, messages)?,
        detail: detail(arguments),
        filter: arguments.filter.clone(),
        promiscuous: arguments.promiscuous,
        buffer_bytes: arguments.buffer_size.saturating_mul(1 << 20),
    };
    let names = settings.interfaces.join(", ");
    let capture = LiveCapture::open(settings).map_err(|error| open::tell(&error))?;
    let output = arguments
        .output
        .as_deref()
        .map(ReportFile::reserve)
        .transpose()
        .map_err(|error| {
            Messages::error(format!("{error:#}"), None);
            ExitStatus::Input
        })?;
    open::warn_of_hidden_processes(arguments, messages);
    let kept = Rights {
        capture: arguments.reopen,
        processes: arguments.processes,
    };
    give_up_rights(kept).map_err(|error| {
        Messages::error(format!("cannot give up rights: {}", chain(&error)), None);
        ExitStatus::Interface
    })?;
    let signals = Signals::catch().map_err(|error| {
        Messages::error(format!("cannot catch signals: {error}"), None);
        ExitStatus::Input
    })?;
    if let Some(program) = capture.program() {
        messages.detail(format!("captures: {program}"));
    }
    messages.notice(format!("watching {names}"));
    let command = LiveCommand {
        arguments,
        typed,
        messages,
        style: text_style(arguments),
        output,
        signals,
    };
    Ok((capture, command))
}

fn detail(arguments: &LiveArguments) -> Detail {
    match (arguments.light, arguments.full) {
        (true, _) => Detail::Light,
        (_, true) => Detail::Full,
        _ => Detail::Needed,
    }
}

fn text_style(arguments: &LiveArguments) -> TextStyle {
    terminal::text_style(&Wishes {
        to_terminal: arguments.output.is_none() && terminal::is_terminal(),
        utc: arguments.utc,
        local: arguments.local,
        color: arguments.color,
        only_failures: arguments.outcome.is_none(),
    })
}

impl LiveCommand<'_> {
    fn watch(mut self, capture: &mut LiveCapture) -> ExitStatus {
        let arguments = self.arguments;
        let signals = self.signals.clone();
        let settings = LiveWatchSettings {
            tracker: self.tracker(),
            selection: self.selection(),
            listed_attempts: self.listed_attempts(),
            window: arguments.window,
        };
        let stop = Stop::new(arguments.duration, arguments.count);
        let shell = self.report(CaptureTotals::default(), Diagnosis::default());
        let mut lines = Lines::new(&mut self, shell, signals, stop);
        let watched = watch(capture, settings, &mut lines);
        if lines.is_nobody_listening() {
            return ExitStatus::Success;
        }
        let is_all_gone = capture.is_all_gone();
        let status = self.conclude(&watched);
        if is_all_gone {
            Messages::error("nothing is left to capture on", None);
            return ExitStatus::Interface;
        }
        status
    }

    fn selection(&self) -> Selection {
        Selection {
            servers: self.arguments.server.clone(),
            clients: self.arguments.client.clone(),
            since: None,
            until: None,
            listed: self
                .arguments
                .outcome
                .as_ref()
                .map(|outcomes| outcomes.0.clone()),
            only: None,
        }
    }

    fn listed_attempts(&self) -> usize {
        let usual = self.arguments.format.usual_attempts();
        match self.arguments.max_attempts.unwrap_or(usual) {
            0 => LISTED_AT_MOST,
            limit => limit.min(LISTED_AT_MOST),
        }
    }

    /// What shapes the verdicts, as the report tells it.
    fn settings(&self) -> Settings {
        Settings {
            tracker: self.tracker(),
            selection: self.selection(),
            filter: self.arguments.filter.clone(),
            listed_attempts: Some(self.listed_attempts()),
        }
    }

    fn tracker(&self) -> TrackerSettings {
        TrackerSettings {
            patience: self.arguments.patience,
            open_attempts: self.arguments.max_flows,
        }
    }

    fn report(&self, capture: CaptureTotals, diagnosis: Diagnosis) -> Report {
        Report {
            tool: Tool {
                version: env!("CARGO_PKG_VERSION"),
                arguments: self.typed.clone(),
                ladder_command: None,
            },
            capture,
            diagnosis,
            settings: self.settings(),
            shows_names: !self.arguments.no_names,
        }
    }

    /// Writes the report on what was seen so far.
    fn write(&mut self, report: &Report) -> ExitStatus {
        let (style, format) = (self.style, self.arguments.format);
        let write = |out: &mut dyn std::io::Write| match format {
            Format::Ndjson => json::ndjson::write_end(report, out),
            _ => write_in(format, report, &style, out),
        };
        let written = match &mut self.output {
            Some(file) => file.write(write),
            None => write_report(None, write),
        };
        match written {
            Ok(()) => ExitStatus::Success,
            Err(error) => {
                Messages::error(format!("{error:#}"), None);
                ExitStatus::Input
            }
        }
    }

    fn conclude(&mut self, watched: &LiveWatch) -> ExitStatus {
        let (capture, diagnosis) = watched.report();
        let report = self.report(capture, diagnosis);
        let status = self.write(&report);
        status.max(judge(self.arguments.fail_on.as_ref(), &report.diagnosis))
    }
}
