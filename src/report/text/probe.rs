//! What a probe found out, as text: a line as soon as something is known.

use std::time::Duration;

use super::TextStyle;
use super::page::Page;
use crate::decode::Endpoint;
use crate::diagnosis::error_text;
use crate::handshake::{Outcome, Trouble};
use crate::probe::{ConnectReport, NamesFound, Target, TargetReport, Trace};
use crate::report::counts::counted;
use crate::report::duration_words::duration;
use crate::report::json::probe::Probed;
use crate::report::next_step_words::StepWords;
use crate::report::probe_words;
use crate::report::sanitize::terminal_safe;

/// How far what belongs to a connect is set in.
const INDENT: usize = 4;

/// So many steps are shown of one connect; JSON has all.
const SHOWN_STEPS: usize = 2;

/// The target, and what its name gave; nothing where an address was named.
pub fn target(target: &Target, names: &NamesFound, style: &TextStyle) -> String {
    let mut page = Page::new(*style);
    if !names.is_name {
        return page.text;
    }
    let name = page.bold(terminal_safe(&target.text));
    let took = duration(names.elapsed);
    let found = if let Some(error) = &names.error {
        let words = probe_words::name_error(error);
        format!("no address after {took}: {}", terminal_safe(&words))
    } else {
        let addresses = names.addresses.iter();
        let addresses: Vec<String> = addresses.map(|one| one.ip().to_string()).collect();
        format!("{} after {took}", addresses.join(", "))
    };
    page.wrapped(0, INDENT, "", &[format!("{name}  {found}")]);
    page.text
}

/// How a connect went, and why.
pub fn connect(connect: &ConnectReport, style: &TextStyle) -> String {
    let mut page = Page::new(*style);
    let headline = headline(connect, &page);
    page.wrapped(0, INDENT, "", &[headline]);
    if let Some(error) = connect.error {
        let name = error.name();
        let words = error_text(&name).unwrap_or_else(|| error.words());
        page.wrapped(
            INDENT,
            INDENT,
            "",
            &[format!("applications see {name}, \"{words}\"")],
        );
    }
    for note in probe_words::notes(connect) {
        page.wrapped(INDENT, INDENT, "", &[terminal_safe(&note).into_owned()]);
    }
    for step in probe_words::next_steps(connect).iter().take(SHOWN_STEPS) {
        self::step(step, &mut page);
    }
    page.text
}

fn headline(connect: &ConnectReport, page: &Page) -> String {
    let words = probe_words::headline(connect);
    let words = match connect.outcome {
        Some(outcome) => page.in_outcome_color(outcome, words),
        None => page.in_outcome_color(Outcome::Rejected, words),
    };
    let why = match (connect.local, connect.cause()) {
        (Some(reason), _) => format!(": {}", probe_words::local_reason(reason, connect.error)),
        (None, Some(judged)) => {
            format!(": {} ({})", judged.cause.words(), judged.confidence.name())
        }
        (None, None) => String::new(),
    };
    format!("{}  {words}{why}", page.bold(shown(connect)))
}

fn shown(connect: &ConnectReport) -> String {
    Endpoint {
        address: connect.address.ip(),
        port: connect.address.port(),
    }
    .to_string()
}

fn step(words: &StepWords, page: &mut Page) {
    page.wrapped(
        INDENT,
        INDENT + 2,
        "",
        &[format!(
            "on {}: {}",
            terminal_safe(&words.place),
            terminal_safe(&words.run)
        )],
    );
}

/// The way of a SYN, a line for each hop, and what it comes to.
pub fn trace(trace: &Trace, style: &TextStyle) -> String {
    let mut page = Page::new(*style);
    let to = Endpoint {
        address: trace.to.ip(),
        port: trace.to.port(),
    };
    page.line(format!("the way of a SYN to {to}"));
    for hop in &trace.hops {
        let from = hop
            .from
            .map_or_else(|| "*".to_owned(), |from| from.to_string());
        let after = hop.after.map(duration).unwrap_or_default();
        let says = probe_words::hop_says(hop.says);
        page.line(format!("{:>6}  {from:<40} {after:>9}  {says}", hop.number));
    }
    page.wrapped(INDENT, INDENT, "", &[probe_words::trace(trace)]);
    page.text
}

/// What the target comes to, where that is not plain from its connects.
pub fn conclusion(report: &TargetReport, is_unexpected: bool, style: &TextStyle) -> String {
    let mut page = Page::new(*style);
    if report.connects.len() > 1 {
        let words = match report.used() {
            Some((address, after)) => format!(
                "an application would have used {}, {} after its first SYN",
                address.ip(),
                duration(after)
            ),
            None => "an application would have found none that accepts".to_owned(),
        };
        page.wrapped(0, INDENT, "", &[words]);
    }
    if is_unexpected {
        let target = terminal_safe(&report.target.text);
        page.line(page.bold(format!("{target} is not as expected")));
    }
    page.text
}

/// One line for a round of a target that is probed again and again; what is not as wanted yet is
/// probed again in such steps, for so long at most.
pub fn round(
    report: &TargetReport,
    after: Duration,
    again: Option<(Duration, Duration)>,
    style: &TextStyle,
) -> String {
    let mut page = Page::new(*style);
    let words = gathered(report, &page);
    let again = again.map_or_else(String::new, |(every, longest)| {
        let (every, longest) = (every.as_secs_f64(), longest.as_secs_f64());
        format!("; asked again every {every} s, for {longest} s at most")
    });
    // An address stands before what came of it.
    let is_said = matches!(&*report.connects, [only] if shown(only) == report.target.text);
    let name = if is_said {
        String::new()
    } else {
        format!("{}  ", page.bold(terminal_safe(&report.target.text)))
    };
    page.wrapped(
        0,
        INDENT,
        "",
        &[format!("{:>8}  {name}{words}{again}", duration(after))],
    );
    page.text
}

/// What a target comes to that was probed again and again: until it was as expected, or all the
/// time.
pub fn summary(
    probed: &Probed<'_>,
    rounds_as_expected: u64,
    is_waited_for: bool,
    style: &TextStyle,
) -> String {
    let mut page = Page::new(*style);
    let name = page.bold(terminal_safe(&probed.report.target.text));
    let rounds = counted(probed.rounds, "round");
    let words = match (is_waited_for, probed.as_expected) {
        (true, true) => format!("as expected in round {}", probed.rounds),
        (true, false) => format!("{} in {rounds}: given up", page.bold("not as expected")),
        (false, true) => {
            format!("as expected in the end; so in {rounds_as_expected} of {rounds}")
        }
        (false, false) => format!(
            "{} in the end; so in {rounds_as_expected} of {rounds}",
            page.bold("not as expected")
        ),
    };
    let line = format!("{:>8}  {name}  {words}", duration(probed.after));
    page.wrapped(0, INDENT, "", &[line]);
    page.text
}

fn gathered(report: &TargetReport, page: &Page) -> String {
    if let Some(error) = &report.names.error {
        return terminal_safe(&probe_words::name_error(error)).into_owned();
    }
    let connects = report.connects.iter();
    let words: Vec<String> = connects.map(|connect| headline(connect, page)).collect();
    words.join("; ")
}

/// What of a round must be the same for it to be told no second time.
pub fn gist(report: &TargetReport) -> String {
    let connects = report.connects.iter().map(|connect| {
        let outcome = connect.outcome.map(Outcome::name);
        let local = connect.local.map(crate::diagnosis::LocalReason::name);
        let cause = connect.cause().map(|judged| judged.cause.name());
        let is_hung_up = connect.troubles.contains(&Trouble::HungUp);
        format!(
            "{} {outcome:?} {local:?} {cause:?} {is_hung_up}",
            connect.address
        )
    });
    let connects: Vec<String> = connects.collect();
    format!("{:?} {}", report.names.error, connects.join(", "))
}
