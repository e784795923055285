//! `tcpwhy read`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::annotated::AnnotatedFile;
use super::anonymous;
use super::arguments::ReadArguments;
use super::evidence::{self, EvidenceFile};
use super::exit_status::ExitStatus;
use super::ladder_command;
use super::messages::Messages;
use super::outcome_list::OutcomeList;
use super::output::{is_stored, try_to_write, unwritable_hint};
use super::packet_filter::PacketFilter;
use super::pager::{Paging, write_for_people};
use super::progress::Progress;
use super::report_format::Format;
use super::spool;
use super::terminal::{self, Wishes};
use super::vantage_points;
use super::wanted_ends::Patterns;
use crate::analysis::{AnalysisSettings, PacketHooks, analyse_spooled};
use crate::anonymize::AddressMap;
use crate::capture::{CaptureSet, Opened, Packet, ProblemKind, STANDARD_INPUT, Timestamp};
use crate::decode::Observation;
use crate::diagnosis::{Diagnosis, Selection};
use crate::handshake::{Outcome, TrackerSettings, Trouble};
use crate::report::evidence::MOST_ATTEMPTS;
use crate::report::markdown::MarkdownStyle;
use crate::report::text::TextStyle;
use crate::report::{
    CaptureTotals, Report, Settings, TimeZoneChoice, Tool, csv, ecs, html, json, markdown, text,
};

/// Reads the captures and writes the report.
pub(super) fn run(arguments: &ReadArguments, typed: Vec<String>) -> ExitStatus {
    let messages = arguments.messages.messages();
    let (mut filter, files, ends) = match prepared(arguments) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    let Opened {
        mut captures,
        errors,
    } = CaptureSet::open_with(&files, arguments.hashes_sources());
    for error in &errors {
        Messages::open_error(error);
    }
    let Some(start) = captures
        .first_time()
        .or_else(|| (!captures.is_empty()).then(Timestamp::default))
    else {
        return ExitStatus::Input;
    };
    if let Err(status) = may_write_report(arguments, &captures) {
        return status;
    }
    let mut evidence = match EvidenceFile::asked_for(arguments, &captures) {
        Ok(evidence) => evidence,
        Err(refusal) => return refusal.tell(),
    };
    let annotated = match AnnotatedFile::asked_for(arguments, &captures) {
        Ok(annotated) => annotated,
        Err(refusal) => return refusal.tell(),
    };
    let proves_failures = evidence.is_some() || annotated.is_some();
    let mut map = match anonymous::map(arguments, messages) {
        Ok(map) => map,
        Err(message) => {
            Messages::error(message, Some(anonymous::KEY_HINT));
            return ExitStatus::Usage;
        }
    };
    let style = text_style(arguments);
    let settings = AnalysisSettings {
        evidence_attempts: if proves_failures { MOST_ATTEMPTS } else { 0 },
        selection: anonymous::selection(
            selection(arguments, ends, start, style.zone),
            map.as_mut(),
        ),
        prefix_numbers: map.as_ref().map(AddressMap::prefix_numbers),
        ..analysis_settings(arguments)
    };
    let mut progress = Progress::of(captures.total_bytes(), messages);
    let mut hooks = ReadHooks {
        filter: &mut filter,
        evidence: evidence.as_mut(),
        map: map.as_mut(),
    };
    let analysed = analyse_spooled(
        &mut captures,
        &settings,
        spool::settings(arguments.format, settings.listed_attempts).as_ref(),
        hooks.if_needed(),
        |bytes| progress.have_read(bytes),
    );
    progress.remove();
    let (capture, diagnosis) = match analysed {
        Ok(analysed) => analysed,
        Err(error) => return spool::tell(&error),
    };
    vantage_points::tell(&capture.sources, &settings, messages);
    let report = Report {
        tool: tool(arguments, typed),
        capture,
        diagnosis,
        settings: Settings {
            shown_attempts: arguments.format.shown_attempts(arguments.max_attempts),
            ..told_settings(anonymous::filter(arguments), settings)
        },
        shows_names: !arguments.no_names,
        handover: arguments.handover.handover(arguments.anonymize),
    };
    let mut status = judge(arguments.fail_on.as_ref(), &report.diagnosis);
    status = status.max(tell_problems(&report.capture, messages));
    for refusal in filter.refusals() {
        messages.warning(refusal);
    }
    status = status.max(tell_log_problems(&report.capture));
    status = status.max(tell_host_problems(&report.capture));
    if !errors.is_empty() {
        status = ExitStatus::Input;
    }
    if let Some(evidence) = evidence {
        let filter = PacketFilter::new(arguments.filter.as_deref());
        status =
            status.max(evidence.write(&report, &captures.facts(), filter, map.as_mut(), messages));
    }
    if let Some(annotated) = annotated {
        status = status.max(annotated.write(&report, &captures.facts(), messages));
    }
    status.max(write_out(arguments, &report, &style))
}

/// The ends that the report is asked for. Names are known when all was read: so it is read for them
/// first.
fn ends(arguments: &ReadArguments, files: &[PathBuf]) -> Result<Patterns, ExitStatus> {
    let Some(name) = arguments.endpoints.first_name() else {
        return Ok(arguments.endpoints.addresses());
    };
    let is_stream = |file: &PathBuf| {
        let kind = std::fs::metadata(file).map(|metadata| metadata.file_type());
        file.as_os_str() == STANDARD_INPUT
            || kind.is_ok_and(|kind| !kind.is_file() && !kind.is_dir())
    };
    if files.iter().any(is_stream) {
        let message = format!("cannot look for '{name}': a stream is read once");
        let hint = "name its address, or write the capture into a file first";
        Messages::error(message, Some(hint));
        return Err(ExitStatus::Usage);
    }
    let mut captures = CaptureSet::open_with(files, false).captures;
    let settings = AnalysisSettings {
        listed_attempts: Some(1),
        ..analysis_settings(arguments)
    };
    let read = analyse_spooled(&mut captures, &settings, None, None, |_| {});
    let (_, diagnosis) = read.map_err(|error| spool::tell(&error))?;
    let resolved = arguments.endpoints.resolved(&diagnosis.names);
    resolved.map_err(|(message, hint)| {
        Messages::error(message, hint.as_deref());
        ExitStatus::Usage
    })
}

/// What hears of every packet because of what was typed.
struct ReadHooks<'a> {
    filter: &'a mut PacketFilter,
    evidence: Option<&'a mut EvidenceFile>,
    map: Option<&'a mut AddressMap>,
}

impl ReadHooks<'_> {
    /// Nothing, when nothing was typed that needs each packet.
    fn if_needed(&mut self) -> Option<&mut dyn PacketHooks> {
        let is_needed = self.filter.is_in_use() || self.evidence.is_some() || self.map.is_some();
        is_needed.then_some(self as &mut dyn PacketHooks)
    }
}

impl PacketHooks for ReadHooks<'_> {
    fn passes(&mut self, packet: &Packet<'_>) -> bool {
        self.filter.passes(packet)
    }

    fn shows_hardware_addresses(&self) -> bool {
        self.map.is_none()
    }

    fn note(
        &mut self,
        packet: &Packet<'_>,
        interface: u32,
        observation: Observation,
    ) -> Observation {
        if let Some(evidence) = &mut self.evidence {
            evidence.note(packet, interface, &observation);
        }
        match &mut self.map {
            Some(map) => crate::anonymize::anonymous(observation, map),
            None => observation,
        }
    }
}

/// What the arguments alone say.
fn analysis_settings(arguments: &ReadArguments) -> AnalysisSettings {
    AnalysisSettings {
        tracker: TrackerSettings {
            patience: arguments.patience,
            slow: arguments.slow,
            open_attempts: arguments.max_flows,
        },
        listed_attempts: listed_attempts(arguments),
        is_anonymous: arguments.anonymize,
        holds_only_drops: arguments.drops_only,
        tunnels: arguments.tunnel.iter().copied().collect(),
        threads: arguments.threads.unwrap_or_else(usual_threads),
        logs: arguments.logs.settings(),
        hosts: arguments.hosts.host.clone(),
        ..AnalysisSettings::default()
    }
}

/// Tells at once when there is no place for the report.
fn may_write_report(arguments: &ReadArguments, captures: &CaptureSet) -> Result<(), ExitStatus> {
    if let Some(refusal) = evidence::report_over_capture(arguments, captures) {
        return Err(refusal.tell());
    }
    let tried = arguments.report_file().map_or(Ok(()), try_to_write);
    tried.map_err(|error| {
        Messages::error(format!("{error:#}"), unwritable_hint(&error));
        ExitStatus::Input
    })
}

fn write_out(arguments: &ReadArguments, report: &Report, style: &TextStyle) -> ExitStatus {
    let output = arguments.report_file();
    let paging = match arguments.format {
        Format::Text | Format::Markdown => arguments.messages.paging(),
        _ => Paging::Never,
    };
    let written = write_for_people(output, paging, |out| match arguments.format {
        Format::Ndjson => json::ndjson::write(report, !is_stored(output), out),
        Format::Ecs => ecs::write(report, !is_stored(output), out),
        Format::Text if arguments.brief => text::write_brief(report, style, out),
        Format::Markdown if arguments.brief => {
            markdown::write_brief(report, &markdown_style(style), out)
        }
        format => write_in(format, report, style, out),
    });
    match written.and_then(|()| arguments.handover.write_hash(output)) {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            ExitStatus::Input
        }
    }
}

/// Writes the report in one of the formats.
pub(super) fn write_in(
    format: Format,
    report: &Report,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Html => html::write(report, style.zone, out),
        Format::Ndjson => json::ndjson::write(report, false, out),
        Format::Ecs => ecs::write(report, false, out),
        Format::Csv => csv::write(report, out),
        Format::Markdown => markdown::write(report, &markdown_style(style), out),
    }
}

/// What shaped the verdicts, as the report tells it.
pub(super) fn told_settings(filter: Option<String>, settings: AnalysisSettings) -> Settings {
    Settings {
        tracker: settings.tracker,
        selection: settings.selection,
        filter,
        listed_attempts: settings.listed_attempts,
        shown_attempts: None,
    }
}

/// What made the report.
fn tool(arguments: &ReadArguments, typed: Vec<String>) -> Tool {
    Tool {
        version: env!("CARGO_PKG_VERSION"),
        arguments: if arguments.anonymize {
            anonymous::arguments()
        } else {
            typed
        },
        ladder_command: ladder_command::of(arguments).filter(|_| !arguments.anonymize),
    }
}

/// As many as there are cores.
pub(super) fn usual_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The filter, the files, and the ends that the report is about.
fn prepared(
    arguments: &ReadArguments,
) -> Result<(PacketFilter, Vec<PathBuf>, Patterns), ExitStatus> {
    let (filter, files) = asked_for(arguments).map_err(|(message, hint)| {
        Messages::error(message, hint);
        ExitStatus::Usage
    })?;
    let ends = ends(arguments, &files)?;
    Ok((filter, files, ends))
}

/// The filter and the files, or what is wrong with what was typed and what to do.
#[expect(clippy::type_complexity, reason = "a message and its hint")]
fn asked_for(
    arguments: &ReadArguments,
) -> Result<(PacketFilter, Vec<PathBuf>), (String, Option<&'static str>)> {
    if arguments.brief && !matches!(arguments.format, Format::Text | Format::Markdown) {
        let message = "'--brief' is for --format text and markdown".to_owned();
        let hint = "--max-attempts 1 lists next to no attempts in the other formats";
        return Err((message, Some(hint)));
    }
    if let Some((message, hint)) = arguments.handover.problem(arguments) {
        return Err((message, Some(hint)));
    }
    let filter =
        PacketFilter::new(arguments.filter.as_deref()).map_err(|message| (message, None))?;
    let files = files(arguments).ok_or_else(|| {
        let hint = "tcpwhy read FILE, or tcpdump -w - | tcpwhy read -";
        ("no capture named".to_owned(), Some(hint))
    })?;
    Ok((filter, files))
}

/// The files named, or standard input when something is piped into it.
fn files(arguments: &ReadArguments) -> Option<Vec<PathBuf>> {
    let named = arguments.named_files();
    if !named.is_empty() {
        return Some(named);
    }
    terminal::has_piped_input().then(|| vec![PathBuf::from(STANDARD_INPUT)])
}

fn text_style(arguments: &ReadArguments) -> TextStyle {
    terminal::text_style(&Wishes {
        to_terminal: arguments.report_file().is_none() && terminal::is_terminal(),
        utc: arguments.utc,
        local: arguments.local,
        color: arguments.messages.color,
        only_failures: arguments.outcome.is_none(),
    })
}

fn markdown_style(style: &TextStyle) -> MarkdownStyle {
    MarkdownStyle {
        zone: style.zone,
        only_failures: style.only_failures,
    }
}

fn selection(
    arguments: &ReadArguments,
    (servers, clients): Patterns,
    start: Timestamp,
    zone: TimeZoneChoice,
) -> Selection {
    Selection {
        servers,
        clients,
        since: arguments.since.map(|time| time.resolve(start, zone)),
        until: arguments.until.map(|time| time.resolve(start, zone)),
        listed: arguments
            .outcome
            .as_ref()
            .map(|named| named.outcomes.clone()),
        listed_troubles: listed_troubles(arguments.outcome.as_ref()),
        only: None,
    }
}

/// The troubles that `--outcome` names.
pub(super) fn listed_troubles(listed: Option<&OutcomeList>) -> Vec<Trouble> {
    listed.map_or_else(Vec::new, |named| named.troubles.clone())
}

fn listed_attempts(arguments: &ReadArguments) -> Option<usize> {
    let usual = arguments.format.usual_attempts();
    match arguments.max_attempts.unwrap_or(usual) {
        0 => None,
        limit => Some(limit),
    }
}

/// Whether an attempt ended as `--fail-on` names, or is in such trouble.
pub(super) fn judge(fail_on: Option<&OutcomeList>, diagnosis: &Diagnosis) -> ExitStatus {
    let has_ended_so = |outcome: &Outcome| diagnosis.outcomes.of(*outcome) > 0;
    let is_in_trouble = |trouble: &Trouble| diagnosis.troubles.of(*trouble) > 0;
    if fail_on.is_some_and(|named| {
        named.outcomes.iter().any(has_ended_so)
            || named.troubles.iter().any(is_in_trouble)
            || (named.resets_midway && diagnosis.resets_midway > 0)
    }) {
        ExitStatus::Matched
    } else {
        ExitStatus::Success
    }
}

/// Tells which logs could not be read.
fn tell_log_problems(capture: &CaptureTotals) -> ExitStatus {
    let mut status = ExitStatus::Success;
    for log in &capture.logs {
        if let Some(problem) = &log.problem {
            let path = log.path.display();
            Messages::error(format!("cannot read log {path}: {problem}"), None);
            status = ExitStatus::Input;
        }
    }
    status
}

/// Tells which files with a host's word could not be read.
fn tell_host_problems(capture: &CaptureTotals) -> ExitStatus {
    let mut status = ExitStatus::Success;
    for host in &capture.hosts {
        if let Some(problem) = &host.problem {
            let path = host.path.display();
            let hint = "tcpwhy host > host.json, on that host";
            let hint = (host.snapshots == 0).then_some(hint);
            Messages::error(format!("cannot read host {path}: {problem}"), hint);
            status = ExitStatus::Input;
        }
    }
    status
}

/// Tells what could not be read, and whether that is damage.
pub(super) fn tell_problems(capture: &CaptureTotals, messages: Messages) -> ExitStatus {
    let mut status = ExitStatus::Success;
    for source in &capture.sources {
        let Some(problem) = &source.problem else {
            continue;
        };
        let path = source.path.display();
        match problem.kind {
            ProblemKind::Truncated | ProblemKind::Odd => {
                messages.warning(format!("{path}: {}", problem.with_consequence()));
            }
            ProblemKind::Damaged => {
                Messages::error(format!("cannot read {path}: {problem}"), None);
                status = ExitStatus::Input;
            }
        }
    }
    for (link_type, count) in &capture.unsupported_link_types {
        messages.warning(format!(
            "{count} packets of link type {link_type} ({}) are not read",
            link_type.0
        ));
    }
    for (reason, packets) in &capture.set_aside {
        messages.detail(format!(
            "{} packets set aside: {}, the first is packet {} of source {}",
            packets.count,
            reason.name().replace('_', " "),
            packets.first.number.0,
            packets.first.source.0
        ));
    }
    status
}
