//! `tcpwhy compare`.

mod reading;

use std::path::Path;

use super::anonymous;
use super::compare_arguments::{CompareArguments, CompareFormat};
use super::compared_places::{NamedPlace, NamedPlaces, named_places};
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::outcome_list::OutcomeList;
use super::output::{try_to_write, unwritable_hint, write_whole};
use super::packet_filter::PacketFilter;
use super::pager::{Paging, write_for_people};
use super::read::{self, tell_problems};
use super::terminal::{self, Wishes};
use crate::anonymize::AddressMap;
use crate::capture::{CaptureSet, Opened, SourceFacts, Timestamp};
use crate::decode::Endpoint;
use crate::diagnosis::{EndpointPattern, Selection};
use crate::handshake::TrackerSettings;
use crate::path::{self, Comparison, JudgedConnect, Place, PlaceAttempt};
use crate::report::Tool;
use crate::report::path::{
    PathReport, evidence, html, markdown, write_json, write_ladder, write_text,
};
use crate::report::text::TextStyle;
use reading::read_all;

/// Reads the places and writes what they say together.
pub(super) fn run(arguments: &CompareArguments, typed: Vec<String>) -> ExitStatus {
    if let Err(status) = arguments.endpoints.refuse_names() {
        return status;
    }
    let mut compared = match compared(arguments, typed) {
        Ok(compared) => compared,
        Err(status) => return status,
    };
    compared.status = compared.status.max(judge(
        arguments.fail_on.as_ref(),
        &compared.report.comparison,
    ));
    if let Some(path) = &arguments.evidence {
        let status = write_evidence(arguments, path, &mut compared);
        compared.status = compared.status.max(status);
    }
    compared.status.max(write_out(arguments, &compared.report))
}

/// Reads the places and draws one connect, with a lane for each.
pub(super) fn draw(arguments: &CompareArguments, number: u64) -> ExitStatus {
    let compared = match compared(arguments, Vec::new()) {
        Ok(compared) => compared,
        Err(status) => return status,
    };
    let connects = &compared.report.comparison.connects;
    let mut numbered = connects.iter();
    let Some(judged) = numbered.find(|judged| judged.number == number) else {
        let message = format!("no connect {number}: there are {}", connects.len());
        let hint = "tcpwhy compare shows their numbers; -F json --max-attempts 0 lists all";
        Messages::error(message, Some(hint));
        return ExitStatus::Usage;
    };
    let style = style(arguments);
    let written = write_for_people(None, arguments.messages.paging(), |out| {
        write_ladder(
            &compared.report,
            (number, judged),
            &style,
            is_ascii(arguments),
            out,
        )
    });
    match written {
        Ok(()) => compared.status,
        Err(error) => {
            Messages::error(format!("{error:#}"), None);
            ExitStatus::Input
        }
    }
}

/// What the places say, and what is needed beside it.
struct Compared {
    report: PathReport,
    status: ExitStatus,
    messages: Messages,
    map: Option<AddressMap>,
    /// The files of each place, by its name, as they can be opened again.
    sources: Vec<(String, Vec<SourceFacts>)>,
}

fn compared(arguments: &CompareArguments, typed: Vec<String>) -> Result<Compared, ExitStatus> {
    let messages = arguments.messages.messages();
    let usage = |(message, hint): (String, Option<&'static str>)| {
        Messages::error(message, hint);
        ExitStatus::Usage
    };
    let named = named_places(&arguments.places);
    let named = named.map_err(|(message, hint)| usage((message, Some(hint))))?;
    PacketFilter::new(arguments.filter.as_deref()).map_err(|message| usage((message, None)))?;
    let mut status = ExitStatus::Success;
    let opened = open(&named, &mut status).ok_or(ExitStatus::Input)?;
    if let Some(status) = refuse_output(arguments, &named, &opened) {
        return Err(status);
    }
    let key = arguments.anonymize_key.as_deref();
    let map = arguments
        .anonymize
        .then(|| anonymous::map_by(key, messages));
    let map = map.transpose();
    let map = map.map_err(|message| usage((message, Some(anonymous::KEY_HINT))))?;
    let (read, mut map) = read_all(arguments, opened, map, messages);
    let mut places = Vec::new();
    let mut sources = Vec::new();
    for read in read {
        let place = read.place;
        sources.push((place.name.clone(), read.facts));
        status = status.max(tell_problems(&read.totals, messages));
        if place.packets == 0 {
            let files = files_of(&place);
            let message = format!("place '{}' has no packets: {files}", place.name);
            Messages::error(message, None);
            status = ExitStatus::Input;
        }
        places.push(place);
    }
    let mut comparison = path::compare(places, named.are_unnamed || arguments.infer_order);
    warn(&comparison, messages);
    let selection = selection(arguments, &comparison, map.as_mut());
    if selects_some(&selection) {
        comparison.select(|all, judged| is_selected(&selection, all, judged));
    }
    let report = PathReport {
        tool: Tool {
            version: env!("CARGO_PKG_VERSION"),
            arguments: if arguments.anonymize {
                ["compare", "--anonymize"].map(str::to_owned).to_vec()
            } else {
                typed
            },
            ladder_command: None,
        },
        comparison,
        tracker: tracker_settings(arguments),
        filter: arguments.filter.clone().filter(|_| !arguments.anonymize),
        selection,
        listed: listed(arguments),
    };
    Ok(Compared {
        report,
        status,
        messages,
        map,
        sources,
    })
}

fn write_evidence(
    arguments: &CompareArguments,
    path: &Path,
    compared: &mut Compared,
) -> ExitStatus {
    let tunnels = arguments.tunnel.iter().copied().collect();
    let (report, sources) = (&compared.report, &compared.sources);
    let map = compared.map.as_mut();
    let written = write_whole(path, |out| {
        evidence::write(report, sources, &tunnels, map, out)
    });
    match written {
        Ok(written) => {
            tell_evidence(path, written, compared.messages);
            ExitStatus::Success
        }
        Err(error) => {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            ExitStatus::Input
        }
    }
}

fn tell_evidence(path: &Path, written: evidence::WrittenEvidence, messages: Messages) {
    let path = path.display();
    let (packets, connects) = (written.packets, written.connects);
    messages.detail(format!(
        "{path}: {packets} packets prove {connects} connects"
    ));
    if written.connects_left_out > 0 {
        messages.warning(format!(
            "{path} leaves out {} connects: it has no room for more packets",
            written.connects_left_out
        ));
    }
    if written.not_anonymous > 0 {
        messages.warning(format!(
            "{path} lacks {} packets: addresses in them cannot be replaced safely",
            written.not_anonymous
        ));
    }
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

/// What is written must not replace what it is made from, and must have its place.
fn refuse_output(
    arguments: &CompareArguments,
    named: &NamedPlaces,
    opened: &[(NamedPlace, CaptureSet)],
) -> Option<ExitStatus> {
    let real = |path: &Path| std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let evidence = arguments.evidence.as_deref();
    let written = [
        ("the report", arguments.report_file()),
        ("evidence", evidence),
    ];
    for (what, path) in written {
        let Some(path) = path else {
            continue;
        };
        let shown = path.display();
        let mut files = named.places.iter().flat_map(|place| &place.files);
        if files.any(|file| real(file) == real(path)) {
            let message =
                format!("cannot write {what} to {shown}: it is one of the captures to be read");
            Messages::error(message, Some("name another file"));
            return Some(ExitStatus::Usage);
        }
        if let Err(error) = try_to_write(path) {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            return Some(ExitStatus::Input);
        }
    }
    let path = evidence?;
    let shown = path.display();
    let stream = opened
        .iter()
        .find(|(_, captures)| !captures.is_reopenable());
    if let Some((place, _)) = stream {
        let message = format!(
            "cannot write evidence to {shown}: place '{}' is a stream, and is read once",
            place.name
        );
        Messages::error(message, Some("read a file instead"));
        return Some(ExitStatus::Usage);
    }
    if arguments
        .report_file()
        .is_some_and(|report| real(report) == real(path))
    {
        let message = format!("cannot write evidence to {shown}: the report goes there");
        Messages::error(message, Some("name another file"));
        return Some(ExitStatus::Usage);
    }
    None
}

fn tracker_settings(arguments: &CompareArguments) -> TrackerSettings {
    TrackerSettings {
        patience: arguments.patience,
        slow: arguments.slow,
        open_attempts: arguments.max_flows,
    }
}

/// What was typed of which connects are asked for; times are those of the first place's clock.
fn selection(
    arguments: &CompareArguments,
    comparison: &Comparison,
    map: Option<&mut AddressMap>,
) -> Selection {
    let start = comparison.places.first().and_then(Place::first);
    let start = start.unwrap_or_default();
    let zone = style(arguments).zone;
    let outcome = arguments.outcome.as_ref();
    let (servers, clients) = arguments.endpoints.addresses();
    let selection = Selection {
        servers,
        clients,
        since: arguments.since.map(|time| time.resolve(start, zone)),
        until: arguments.until.map(|time| time.resolve(start, zone)),
        listed: outcome.map(|named| named.outcomes.clone()),
        listed_troubles: read::listed_troubles(outcome),
        only: None,
    };
    anonymous::selection(selection, map)
}

fn selects_some(selection: &Selection) -> bool {
    let names_ends = !selection.servers.is_empty() || !selection.clients.is_empty();
    names_ends || selection.since.is_some() || selection.until.is_some()
}

/// Whether a connect is asked for, as it is called at any of the places.
fn is_selected(selection: &Selection, comparison: &Comparison, judged: &JudgedConnect) -> bool {
    let places = &comparison.places;
    let attempts = || (0..places.len()).filter_map(|place| judged.at(places, place));
    let is_one_of = |patterns: &[EndpointPattern], end: fn(&PlaceAttempt) -> Endpoint| {
        let is_meant = |attempt| patterns.iter().any(|one| one.matches(end(attempt)));
        patterns.is_empty() || attempts().any(is_meant)
    };
    let started = comparison.started(judged);
    let started = started.map_or_else(Timestamp::default, Timestamp::from_nanoseconds);
    is_one_of(&selection.servers, |attempt| attempt.server)
        && is_one_of(&selection.clients, |attempt| attempt.client)
        && selection.since.is_none_or(|since| started >= since)
        && selection.until.is_none_or(|until| started < until)
}

fn listed(arguments: &CompareArguments) -> Option<usize> {
    let usual = arguments.format.usual_attempts();
    match arguments.max_attempts.unwrap_or(usual) {
        0 => None,
        limit => Some(limit),
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
    for (index, place) in comparison.places.iter().enumerate() {
        if place.packets > 0 && comparison.alone.contains(&index) {
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

fn style(arguments: &CompareArguments) -> TextStyle {
    terminal::text_style(&Wishes {
        to_terminal: arguments.report_file().is_none() && terminal::is_terminal(),
        utc: arguments.utc,
        local: arguments.local,
        color: arguments.messages.color,
        only_failures: true,
    })
}

fn is_ascii(arguments: &CompareArguments) -> bool {
    arguments.ascii || !terminal::shows_unicode()
}

fn write_out(arguments: &CompareArguments, report: &PathReport) -> ExitStatus {
    let style = style(arguments);
    let paging = match arguments.format {
        CompareFormat::Text | CompareFormat::Markdown => arguments.messages.paging(),
        CompareFormat::Json | CompareFormat::Html => Paging::Never,
    };
    let written = write_for_people(arguments.report_file(), paging, |out| {
        match arguments.format {
            CompareFormat::Text => write_text(report, &style, is_ascii(arguments), out),
            CompareFormat::Json => write_json(report, out),
            CompareFormat::Html => html::write(report, style.zone, out),
            CompareFormat::Markdown => markdown::write(report, style.zone, out),
        }
    });
    match written {
        Ok(()) => ExitStatus::Success,
        Err(error) => {
            Messages::error(format!("{error:#}"), unwritable_hint(&error));
            ExitStatus::Input
        }
    }
}
