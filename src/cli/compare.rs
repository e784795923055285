//! `tcpwhy compare`.

use std::sync::Mutex;

use super::compare_arguments::{CompareArguments, CompareFormat};
use super::compared_places::{NamedPlace, NamedPlaces, named_places};
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::outcome_list::OutcomeList;
use super::output::{try_to_write, unwritable_hint, write_report};
use super::packet_filter::PacketFilter;
use super::progress::Progress;
use super::read::{self, tell_problems};
use super::terminal::{self, Wishes};
use crate::analysis::{AnalysisSettings, PacketHooks, read_place};
use crate::capture::{CaptureSet, Opened, Packet};
use crate::decode::Observation;
use crate::handshake::TrackerSettings;
use crate::path::{self, Comparison, Place, PlaceSettings};
use crate::report::path::{PathReport, write_json, write_text};
use crate::report::{CaptureTotals, Tool};

/// Reads the places and writes what they say together.
pub(super) fn run(arguments: &CompareArguments, typed: Vec<String>) -> ExitStatus {
    let messages = Messages {
        is_quiet: arguments.quiet,
        verbosity: arguments.verbose,
    };
    let named = match named_places(&arguments.places) {
        Ok(named) => named,
        Err((message, hint)) => {
            Messages::error(message, Some(hint));
            return ExitStatus::Usage;
        }
    };
    if let Err(message) = PacketFilter::new(arguments.filter.as_deref()) {
        Messages::error(message, None);
        return ExitStatus::Usage;
    }
    let mut status = ExitStatus::Success;
    let Some(opened) = open(&named, &mut status) else {
        return ExitStatus::Input;
    };
    if let Some(status) = refuse_output(arguments, &named) {
        return status;
    }
    let read = read_all(arguments, opened, messages);
    let mut places = Vec::new();
    for (place, totals) in read {
        status = status.max(tell_problems(&totals, messages));
        if place.packets == 0 {
            let files = files_of(&place);
            let message = format!("place '{}' has no packets: {files}", place.name);
            Messages::error(message, None);
            status = ExitStatus::Input;
        }
        places.push(place);
    }
    let comparison = path::compare(places, named.are_unnamed || arguments.infer_order);
    warn(&comparison, messages);
    status = status.max(judge(arguments.fail_on.as_ref(), &comparison));
    let report = PathReport {
        tool: Tool {
            version: env!("CARGO_PKG_VERSION"),
            arguments: typed,
            ladder_command: None,
        },
        comparison,
        tracker: tracker_settings(arguments),
        filter: arguments.filter.clone(),
        listed: listed(arguments),
    };
    status.max(write_out(arguments, &report))
}

/// Opens the captures of all places; `None` when one of them has none.
fn open(named: &NamedPlaces, status: &mut ExitStatus) -> Option<Vec<(NamedPlace, CaptureSet)>> {
    let mut opened = Vec::new();
    let mut is_whole = true;
    for place in &named.places {
        let Opened { captures, errors } = CaptureSet::open(&place.files);
        for error in &errors {
            Messages::open_error(error);
            *status = ExitStatus::Input;
        }
        is_whole &= !captures.is_empty();
        opened.push((place.clone(), captures));
    }
    is_whole.then_some(opened)
}

/// A report must not replace what it is made from, and must have its place.
fn refuse_output(arguments: &CompareArguments, named: &NamedPlaces) -> Option<ExitStatus> {
    let output = arguments.report_file()?;
    let real = |path: &std::path::Path| std::fs::canonicalize(path).ok();
    let mut files = named.places.iter().flat_map(|place| &place.files);
    if files.any(|file| file == output || (real(file).is_some() && real(file) == real(output))) {
        let shown = output.display();
        let message =
            format!("cannot write the report to {shown}: it is one of the captures to be read");
        Messages::error(message, Some("name another file"));
        return Some(ExitStatus::Usage);
    }
    try_to_write(output).err().map(|error| {
        Messages::error(format!("{error:#}"), unwritable_hint(&error));
        ExitStatus::Input
    })
}

fn tracker_settings(arguments: &CompareArguments) -> TrackerSettings {
    TrackerSettings {
        patience: arguments.patience,
        slow: arguments.slow,
        open_attempts: arguments.max_flows,
    }
}

fn listed(arguments: &CompareArguments) -> Option<usize> {
    let usual = arguments.format.usual_attempts();
    match arguments.max_attempts.unwrap_or(usual) {
        0 => None,
        limit => Some(limit),
    }
}

/// Reads all places, several at once; they come in the order in which they were named.
fn read_all(
    arguments: &CompareArguments,
    opened: Vec<(NamedPlace, CaptureSet)>,
    messages: Messages,
) -> Vec<(Place, CaptureTotals)> {
    let sizes = opened.iter().map(|(_, captures)| captures.total_bytes());
    let total = sizes.sum::<Option<u64>>();
    let progress = Progress::of(total, messages);
    let reading = Reading {
        settings: AnalysisSettings {
            tracker: tracker_settings(arguments),
            tunnels: arguments.tunnel.iter().copied().collect(),
            ..AnalysisSettings::default()
        },
        filter: arguments.filter.as_deref(),
        messages,
        progress: Mutex::new((progress, vec![0; opened.len()])),
    };
    let threads = arguments.threads.unwrap_or_else(read::usual_threads).get();
    let mut waiting = opened.into_iter().enumerate();
    let mut read = Vec::new();
    loop {
        let next: Vec<_> = waiting.by_ref().take(threads).collect();
        if next.is_empty() {
            break;
        }
        std::thread::scope(|scope| {
            let reading = &reading;
            let started: Vec<_> = next
                .into_iter()
                .map(|(index, (named, captures))| {
                    scope.spawn(move || reading.place(index, named, captures))
                })
                .collect();
            for thread in started {
                match thread.join() {
                    Ok(place) => read.push(place),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
    }
    let progress = reading.progress.into_inner();
    let (progress, _) = progress.unwrap_or_else(std::sync::PoisonError::into_inner);
    progress.remove();
    read
}

/// What all places are read by.
struct Reading<'a> {
    settings: AnalysisSettings,
    filter: Option<&'a str>,
    messages: Messages,
    /// With how much was read of each place.
    progress: Mutex<(Progress, Vec<u64>)>,
}

impl Reading<'_> {
    fn place(
        &self,
        index: usize,
        named: NamedPlace,
        mut captures: CaptureSet,
    ) -> (Place, CaptureTotals) {
        let tell = |bytes: u64| {
            let progress = self.progress.lock();
            let mut progress = progress.unwrap_or_else(std::sync::PoisonError::into_inner);
            let (progress, read) = &mut *progress;
            if let Some(own) = read.get_mut(index) {
                *own = bytes;
            }
            progress.have_read(read.iter().sum());
        };
        // That it can be made was seen before.
        let mut filter = PacketFilter::new(self.filter).ok();
        let mut hooks = filter
            .as_mut()
            .filter(|filter| filter.is_in_use())
            .map(|filter| Hooks { filter });
        let hooks = hooks.as_mut().map(|hooks| hooks as &mut dyn PacketHooks);
        let kept = PlaceSettings::default();
        let read = read_place(named.name, &mut captures, &self.settings, kept, hooks, tell);
        for refusal in filter.iter().flat_map(PacketFilter::refusals) {
            self.messages.warning(refusal);
        }
        read
    }
}

/// What hears of every packet.
struct Hooks<'a> {
    filter: &'a mut PacketFilter,
}

impl PacketHooks for Hooks<'_> {
    fn passes(&mut self, packet: &Packet<'_>) -> bool {
        self.filter.passes(packet)
    }

    fn note(&mut self, _: &Packet<'_>, _: u32, observation: Observation) -> Observation {
        observation
    }
}

fn files_of(place: &Place) -> String {
    let files: Vec<String> = place
        .sources
        .iter()
        .map(|source| source.path.display().to_string())
        .collect();
    files.join(", ")
}

/// Tells what makes the comparison worth less.
fn warn(comparison: &Comparison, messages: Messages) {
    if let path::Order::Corrected(one, other) = &comparison.order {
        messages.warning(format!(
            "'{other}' stands nearer to the client than '{one}', by hops and times: the places are \
             put in that order"
        ));
    }
    let is_alone = |place: usize| {
        let mut connects = comparison.connects.iter();
        !connects.any(|judged| {
            let mut others = (0..comparison.places.len()).filter(|other| *other != place);
            judged.connect.is_seen_at(place) && others.any(|other| judged.connect.is_seen_at(other))
        })
    };
    for (index, place) in comparison.places.iter().enumerate() {
        if place.packets > 0 && is_alone(index) {
            messages.warning(format!(
                "place '{}' has no connect in common with any other place",
                place.name
            ));
        }
    }
}

/// Whether a connect ended as `--fail-on` names, or is in such trouble.
fn judge(fail_on: Option<&OutcomeList>, comparison: &Comparison) -> ExitStatus {
    let Some(named) = fail_on else {
        return ExitStatus::Success;
    };
    let is_named = comparison.connects.iter().any(|judged| {
        let mut troubles = judged.troubles.iter();
        named.outcomes.contains(&judged.outcome)
            || troubles.any(|trouble| named.troubles.contains(&trouble))
    });
    if is_named {
        ExitStatus::Matched
    } else {
        ExitStatus::Success
    }
}

fn write_out(arguments: &CompareArguments, report: &PathReport) -> ExitStatus {
    let output = arguments.report_file();
    let style = terminal::text_style(&Wishes {
        to_terminal: output.is_none() && terminal::is_terminal(),
        utc: arguments.utc,
        local: arguments.local,
        color: arguments.color,
        only_failures: true,
    });
    let is_ascii = arguments.ascii || !terminal::shows_unicode();
    let written = write_report(output, |out| match arguments.format {
        CompareFormat::Text => write_text(report, &style, is_ascii, out),
        CompareFormat::Json => write_json(report, out),
    });
    match written {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            ExitStatus::Input
        }
    }
}
