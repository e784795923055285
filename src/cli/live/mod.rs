//! `tcpwhy live`.

mod companions;
#[cfg(feature = "dashboard")]
mod dashboard;
mod front_end;
mod kernel;
mod lines;
mod news;
mod open;
mod signals;
mod stop;

use super::exit_status::ExitStatus;
use super::live_arguments::LiveArguments;
use super::messages::{Messages, chain};
use super::output::{ReportFile, write_report};
use super::read::{judge, listed_troubles, write_in};
use super::report_format::Format;
use super::terminal::{self, Wishes};
use crate::capture::live::{Detail, LiveCapture, LiveSettings, Rights, give_up_rights};
use crate::decode::TunnelPorts;
use crate::diagnosis::{Diagnosis, Selection};
use crate::handshake::TrackerSettings;
use crate::host::KernelTeller;
use crate::live::{LiveWatch, LiveWatchSettings, Observers, watch};
use crate::report::text::TextStyle;
use crate::report::{CaptureTotals, Report, Settings, Tool, ecs, json};
use companions::{CompanionNews, Companions, OpenedCompanions};
use front_end::FrontEnd;
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
        Ok((mut opened, command, companions)) => command.watch(&mut opened, companions),
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
    companion_news: CompanionNews,
}

/// What is watched: opened while there were rights.
struct Opened {
    capture: LiveCapture,
    kernel: Option<Box<dyn KernelTeller>>,
}

/// Everything that needs rights or may be mistyped comes first; then rights are given up.
fn prepared(
    arguments: &LiveArguments,
    typed: Vec<String>,
    messages: Messages,
) -> Result<(Opened, LiveCommand<'_>, Companions), ExitStatus> {
    arguments.endpoints.refuse_names()?;
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
    let opened = OpenedCompanions::open(arguments)?;
    open::warn_of_hidden_processes(arguments, messages);
    let kernel = kernel::open(arguments, &capture.settings().interfaces, messages);
    let kept = Rights {
        capture: arguments.reopen,
        processes: arguments.processes,
    };
    give_up_rights(kept).map_err(|error| {
        Messages::error(format!("cannot give up rights: {}", chain(&error)), None);
        ExitStatus::Interface
    })?;
    let signals = front_end::catch_signals(arguments).map_err(|error| {
        Messages::error(format!("cannot catch signals: {error}"), None);
        ExitStatus::Input
    })?;
    let selection = selection(arguments);
    let (mut companions, companion_news) =
        opened.begin(arguments, selection, &capture, messages)?;
    if let Some(program) = capture.program() {
        messages.detail(format!("captures: {program}"));
    }
    let command = LiveCommand {
        arguments,
        typed,
        messages,
        style: text_style(arguments),
        output,
        signals,
        companion_news,
    };
    messages.notice(format!("watching {names}"));
    companions.announce();
    Ok((Opened { capture, kernel }, command, companions))
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

fn selection(arguments: &LiveArguments) -> Selection {
    let listed = arguments.outcome.as_ref();
    let (servers, clients) = arguments.endpoints.addresses();
    Selection {
        servers,
        clients,
        since: None,
        until: None,
        listed: listed.map(|named| named.outcomes.clone()),
        listed_troubles: listed_troubles(listed),
        only: None,
    }
}

impl LiveCommand<'_> {
    fn watch(mut self, opened: &mut Opened, mut companions: Companions) -> ExitStatus {
        let capture = &mut opened.capture;
        let arguments = self.arguments;
        let signals = self.signals.clone();
        let settings = LiveWatchSettings {
            tracker: self.tracker(),
            selection: selection(self.arguments),
            listed_attempts: self.kept_attempts(),
            window: arguments.window,
            tunnels: self.tunnels(),
        };
        let stop = Stop::new(arguments.duration, arguments.count);
        let shell = self.report(CaptureTotals::default(), Diagnosis::default());
        let interfaces = &capture.settings().interfaces;
        let mut front_end = FrontEnd::new(&mut self, shell, signals, stop, interfaces);
        let mut observers = Observers::default();
        companions.join(&mut observers);
        observers.add(&mut front_end);
        let watched = watch(capture, opened.kernel.take(), settings, &mut observers);
        let is_nobody_there = front_end.close();
        companions.finish(arguments.ring.as_deref(), &watched);
        if is_nobody_there {
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

    fn listed_attempts(&self) -> usize {
        self.listed_attempts_in(self.arguments.format)
    }

    fn listed_attempts_in(&self, format: Format) -> usize {
        match self
            .arguments
            .max_attempts
            .unwrap_or(format.usual_attempts())
        {
            0 => LISTED_AT_MOST,
            limit => limit.min(LISTED_AT_MOST),
        }
    }

    /// Reports can be written in more than one format, and some list more.
    fn kept_attempts(&self) -> usize {
        let formats = front_end::report_formats(self.arguments).into_iter();
        let listed = formats.map(|format| self.listed_attempts_in(format));
        listed.max().unwrap_or_default()
    }

    /// What shapes the verdicts, as the report tells it.
    fn settings(&self) -> Settings {
        Settings {
            tracker: self.tracker(),
            selection: selection(self.arguments),
            filter: self.arguments.filter.clone(),
            listed_attempts: Some(self.listed_attempts()),
            shown_attempts: (self.arguments.format).shown_attempts(self.arguments.max_attempts),
        }
    }

    fn tunnels(&self) -> TunnelPorts {
        self.arguments.tunnel.iter().copied().collect()
    }

    fn tracker(&self) -> TrackerSettings {
        TrackerSettings {
            patience: self.arguments.patience,
            slow: self.arguments.slow,
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
            handover: crate::report::Handover::default(),
        }
    }

    /// Writes the report on what was seen so far.
    fn write(&mut self, report: &Report) -> ExitStatus {
        match self.try_write(report) {
            Ok(()) => ExitStatus::Success,
            Err(error) => {
                Messages::error(format!("{error:#}"), None);
                ExitStatus::Input
            }
        }
    }

    fn try_write(&mut self, report: &Report) -> anyhow::Result<()> {
        let (style, format) = (self.style, self.arguments.format);
        let write = |out: &mut dyn std::io::Write| match format {
            Format::Ndjson => json::ndjson::write_end(report, out),
            Format::Ecs => ecs::write_findings(report, out),
            _ => write_in(format, report, &style, out),
        };
        match &mut self.output {
            Some(file) => file.write(write),
            None => write_report(None, write),
        }
    }

    fn conclude(&mut self, watched: &LiveWatch) -> ExitStatus {
        let (capture, diagnosis) = watched.report_of(self.listed_attempts());
        let report = self.report(capture, diagnosis);
        let status = self.write(&report);
        status.max(judge(self.arguments.fail_on.as_ref(), &report.diagnosis))
    }
}
