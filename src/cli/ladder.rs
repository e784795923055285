//! `tcpwhy ladder`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::compare;
use super::compare_arguments::CompareArguments;
use super::exit_status::ExitStatus;
use super::ladder_arguments::LadderArguments;
use super::messages::Messages;
use super::packet_filter::PacketFilter;
use super::pager::write_for_people;
use super::progress::Progress;
use super::read::{self, tell_problems};
use super::terminal::{self, Wishes};
use crate::analysis::{AnalysisSettings, PacketHooks, analyse_watched};
use crate::capture::{CaptureSet, Opened, Packet, STANDARD_INPUT};
use crate::decode::Observation;
use crate::diagnosis::Selection;
use crate::handshake::{AttemptId, TrackerSettings};
use crate::report::capture_words::nothing_to_report;
use crate::report::ladder::{Ladder, NeighbourLog};
use crate::report::text::TextStyle;
use crate::report::text::ladder::{self as drawing, Alphabet};
use crate::report::{Report, Tool};

/// Reads the captures and draws the attempt.
pub(super) fn run(arguments: &LadderArguments) -> ExitStatus {
    if let Some((places, number)) = places_and_connect(arguments) {
        return compare::draw(&CompareArguments::for_ladder(places, arguments), number);
    }
    let messages = arguments.messages.messages();
    let wanted = files_and_attempt(arguments);
    let filter = PacketFilter::new(arguments.filter.as_deref());
    let (files, attempt, mut filter) = match (wanted, filter) {
        (Ok((files, attempt)), Ok(filter)) => (files, attempt, filter),
        (Err(message), _) | (_, Err(message)) => {
            Messages::error(
                message,
                Some("tcpwhy ladder FILE ID; tcpwhy read FILE shows the IDs"),
            );
            return ExitStatus::Usage;
        }
    };
    let Opened {
        mut captures,
        errors,
    } = CaptureSet::open(&files);
    for error in &errors {
        Messages::open_error(error);
    }
    if captures.is_empty() {
        return ExitStatus::Input;
    }
    let mut status = if errors.is_empty() {
        ExitStatus::Success
    } else {
        ExitStatus::Input
    };
    let mut neighbours = NeighbourLog::default();
    let report = report(
        arguments,
        attempt,
        &mut captures,
        &mut filter,
        &mut neighbours,
        messages,
    );
    status = status.max(tell_problems(&report.capture, messages));
    for refusal in filter.refusals() {
        messages.warning(refusal);
    }
    let Some(diagnosed) = report.diagnosis.attempts.first() else {
        let has_some = report.diagnosis.highest_id > 0;
        let hint = has_some.then_some("tcpwhy read FILE --max-attempts 0 lists them");
        Messages::error(unknown(attempt, &report), hint);
        return ExitStatus::Usage;
    };
    let drawn = Ladder::with_neighbours(&report, diagnosed, &neighbours);
    let (style, alphabet) = (style(arguments), alphabet(arguments));
    match write_for_people(None, arguments.messages.paging(), |out| {
        drawing::write(&drawn, &style, alphabet, out)
    }) {
        Ok(()) => status,
        Err(error) => {
            Messages::error(format!("{error:#}"), None);
            ExitStatus::Input
        }
    }
}

/// Places as `compare` takes them, and behind them the number of the connect there: `client=a.pcap
/// server=b.pcap 3`.
fn places_and_connect(arguments: &LadderArguments) -> Option<(Vec<String>, u64)> {
    let (last, places) = arguments.words.split_last()?;
    let number = last.to_string_lossy();
    let number = number.trim_start_matches('#').parse().ok()?;
    let is_place = |word: &OsString| {
        let text = word.to_string_lossy();
        text.contains('=') && !Path::new(word).exists()
    };
    let are_places = places.len() > 1 && places.iter().all(is_place);
    let words = places
        .iter()
        .map(|word| word.to_string_lossy().into_owned());
    are_places.then(|| (words.collect(), number))
}

/// The files, and behind them the number of the attempt.
fn files_and_attempt(arguments: &LadderArguments) -> Result<(Vec<PathBuf>, AttemptId), String> {
    let (last, files) = arguments.words.split_last().ok_or("no attempt named")?;
    let text = last.to_string_lossy();
    let id = text
        .parse()
        .map_err(|_| format!("'{text}' is no number of an attempt; it stands behind the files"))?;
    let mut files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    if files.is_empty() {
        if !terminal::has_piped_input() {
            return Err("no capture named".to_owned());
        }
        files.push(PathBuf::from(STANDARD_INPUT));
    }
    Ok((files, id))
}

/// The report in which this one attempt is listed; all others are compared with it.
fn report(
    arguments: &LadderArguments,
    attempt: AttemptId,
    captures: &mut CaptureSet,
    filter: &mut PacketFilter,
    neighbours: &mut NeighbourLog,
    messages: Messages,
) -> Report {
    let settings = AnalysisSettings {
        tracker: TrackerSettings {
            patience: arguments.patience,
            open_attempts: arguments.max_flows,
            ..TrackerSettings::default()
        },
        selection: Selection {
            only: Some(attempt),
            ..Selection::default()
        },
        listed_attempts: Some(1),
        holds_only_drops: arguments.drops_only,
        tunnels: arguments.tunnel.iter().copied().collect(),
        threads: read::usual_threads(),
        ..AnalysisSettings::default()
    };
    let mut progress = Progress::of(captures.total_bytes(), messages);
    let mut hooks = LadderHooks { filter, neighbours };
    let (capture, diagnosis) = analyse_watched(captures, &settings, Some(&mut hooks), |bytes| {
        progress.have_read(bytes);
    });
    progress.remove();
    Report {
        tool: Tool {
            version: env!("CARGO_PKG_VERSION"),
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture,
        diagnosis,
        settings: read::told_settings(arguments.filter.clone(), settings),
        shows_names: !arguments.no_names,
        handover: crate::report::Handover::default(),
    }
}

/// What hears of every packet.
struct LadderHooks<'a> {
    filter: &'a mut PacketFilter,
    neighbours: &'a mut NeighbourLog,
}

impl PacketHooks for LadderHooks<'_> {
    fn passes(&mut self, packet: &Packet<'_>) -> bool {
        self.filter.passes(packet)
    }

    fn note(&mut self, packet: &Packet<'_>, _: u32, observation: Observation) -> Observation {
        self.neighbours.note(&observation, packet.place);
        observation
    }
}

fn unknown(attempt: AttemptId, report: &Report) -> String {
    if report.diagnosis.highest_id == 0 {
        return format!("no attempt {attempt}: {}", nothing_to_report(report));
    }
    format!("no attempt {attempt}: no connect begins with this packet")
}

fn style(arguments: &LadderArguments) -> TextStyle {
    terminal::text_style(&Wishes {
        to_terminal: terminal::is_terminal(),
        utc: arguments.utc,
        local: arguments.local,
        color: arguments.messages.color,
        only_failures: false,
    })
}

fn alphabet(arguments: &LadderArguments) -> Alphabet {
    if arguments.ascii || !terminal::shows_unicode() {
        Alphabet::Ascii
    } else {
        Alphabet::Unicode
    }
}
