//! What a comparison says in words: the same in every format for people. Safe for a terminal.

use std::time::Duration;

use super::PathReport;
use crate::path::{
    Change, ClockEstimate, Detail, Field, PacketKind, PathFinding, PathFindingKind, PathVerdict,
    Uncovered, VerdictKind,
};
use crate::report::counts::{counted, grouped};
use crate::report::duration_words;
use crate::report::sanitize::terminal_safe;

/// The name of a place.
pub(super) fn name(report: &PathReport, place: usize) -> String {
    terminal_safe(report.name(place)).into_owned()
}

/// `fw-in and fw-out`.
pub(super) fn both(report: &PathReport, between: &[usize]) -> String {
    let names: Vec<String> = between.iter().map(|place| name(report, *place)).collect();
    names.join(" and ")
}

/// What a packet is called.
fn packets(kind: PacketKind, count: u64) -> String {
    let noun = match kind {
        PacketKind::Syn => "SYN",
        PacketKind::SynAck => "SYN-ACK",
        PacketKind::Reset => "RST",
        PacketKind::IcmpError => "ICMP error",
        PacketKind::Ack => "ACK",
        PacketKind::Data => "data segment",
    };
    counted(count, noun)
}

/// What became of packets of a connect.
pub(super) fn verdict(report: &PathReport, said: &PathVerdict) -> String {
    let kind = said.packet.unwrap_or(PacketKind::Syn);
    let count = packets(kind, u64::from(said.count));
    let at = |index: usize| {
        let place = said.between.get(index).copied();
        place.map_or_else(String::new, |place| name(report, place))
    };
    let sure = said.confidence.name();
    match said.kind {
        VerdictKind::SynLost | VerdictKind::AnswerLost | VerdictKind::AckLost => {
            format!(
                "{count} seen at {}, not at {}: lost between them ({sure})",
                at(0),
                at(1)
            )
        }
        VerdictKind::AnsweredAt => {
            format!(
                "{count} came by {}: from its host, or from behind it ({sure})",
                at(0)
            )
        }
        VerdictKind::MadeBetween => format!(
            "{count} seen at {}, and never at {}: made by what stands between them ({sure})",
            at(0),
            at(1)
        ),
        VerdictKind::NewConnection => new_connection(said, (&at(0), &at(1))),
        VerdictKind::Altered => {
            let changes: Vec<String> = said.changes.iter().map(change).collect();
            let arrives = if said.count == 1 { "arrives" } else { "arrive" };
            format!(
                "{count} of {} {arrives} changed at {}: {}",
                at(0),
                at(1),
                changes.join(", ")
            )
        }
        VerdictKind::Same => format!("{} saw the same", both(report, &said.between)),
        VerdictKind::NotCovered => {
            let reason = said.because.map_or("it was not watching", because);
            format!(
                "{count} seen at {}; {} tells nothing: {reason}",
                at(0),
                at(1)
            )
        }
    }
}

/// `a new connection begins at fw-out 0.4 ms after the client's ACK`.
fn new_connection(said: &PathVerdict, (here, there): (&str, &str)) -> String {
    let after = after_acknowledgement(said.begins.and_then(|begins| begins.after_ns));
    let sure = said.confidence.name();
    match said.begins.and_then(|begins| begins.number) {
        Some(number) => format!(
            "a new connection begins at {there} {after}: #{number}; what stands between {here} and \
             {there} ends this one ({sure})"
        ),
        None => format!(
            "a new connection begins at {there} {after}: what stands between {here} and {there} \
             shook hands first ({sure})"
        ),
    }
}

fn after_acknowledgement(after_ns: Option<i64>) -> String {
    let Some(after_ns) = after_ns else {
        return "once the client has acknowledged".to_owned();
    };
    let after = Duration::from_nanos(u64::try_from(after_ns).unwrap_or(0));
    format!("{} after the client's ACK", duration_words::duration(after))
}

/// Why a place tells nothing.
fn because(reason: Uncovered) -> &'static str {
    match reason {
        Uncovered::NotCapturing => "it was not capturing then",
        Uncovered::LostPackets => "it lost packets while capturing",
        Uncovered::KindNotSeen => "it shows no such packets at all",
        Uncovered::PortNotSeen => "it shows another port only",
        Uncovered::HostNotSeen => "it shows other hosts only",
        Uncovered::MissesOthers => "it misses others that must have passed as well",
        Uncovered::Unclear => "several connects there fit alike",
        Uncovered::NotKept => "there were more connects than are compared singly",
        Uncovered::ClockUnknown => "nothing in common tells what its clock says",
        Uncovered::NotFollowed => {
            "the connection went on there, and later packets are not followed"
        }
    }
}

/// `MSS 1460 becomes 1360`, `SACK is gone`.
pub(super) fn change(change: &Change) -> String {
    let field = match change.field {
        Field::SegmentSize => "MSS",
        Field::WindowScale => "window scale",
        Field::Sack => "SACK",
        Field::Timestamps => "timestamps",
        Field::FastOpen => "Fast Open",
        Field::Multipath => "Multipath TCP",
        Field::Authentication => "the authentication option",
        Field::Ecn => "ECN flags",
        Field::Dscp => "DSCP",
        Field::Ttl => "TTL",
        Field::Numbers => "sequence numbers",
        Field::Client => "client",
        Field::Server => "server",
        Field::Delay => "delay",
    };
    let (from, to) = (terminal_safe(&change.from), terminal_safe(&change.to));
    match (change.field, from.as_ref(), to.as_ref()) {
        (Field::Numbers, _, _) => "sequence numbers are rewritten".to_owned(),
        (Field::Delay, _, "") => "held up for longer than the rest of the way takes".to_owned(),
        (Field::Delay, _, to) => {
            format!("held up for {to} s, longer than the rest of the way takes")
        }
        (
            Field::Sack
            | Field::Timestamps
            | Field::FastOpen
            | Field::Multipath
            | Field::Authentication,
            "",
            _,
        ) => {
            format!("{field} is added")
        }
        (_, _, "") => format!("{field} is gone"),
        (_, "", to) => format!("{field} {to} is added"),
        (_, from, to) => format!("{field} {from} becomes {to}"),
    }
}

/// What a finding says.
pub(super) fn statement(report: &PathReport, found: &PathFinding) -> String {
    match found.kind {
        PathFindingKind::WrongOrder
        | PathFindingKind::NothingInCommon
        | PathFindingKind::ClocksApart => of_places(report, found),
        PathFindingKind::AlteredOptions | PathFindingKind::Translation => of_changes(report, found),
        PathFindingKind::ProxyBetween
        | PathFindingKind::AnswersMadeBetween
        | PathFindingKind::FilterBetween
        | PathFindingKind::OneWayStretch
        | PathFindingKind::LossyStretch
        | PathFindingKind::EverythingArrived => of_stretch(report, found),
    }
}

/// The name of one of the places that a finding is about.
fn name_at(report: &PathReport, found: &PathFinding, index: usize) -> String {
    let place = found.between.get(index).copied();
    place.map_or_else(String::new, |place| name(report, place))
}

/// `SYN-ACKs`.
fn plural(kind: PacketKind) -> String {
    packets(kind, 2).trim_start_matches("2 ").to_owned()
}

/// A finding about places, not about connects.
fn of_places(report: &PathReport, found: &PathFinding) -> String {
    let stretch = both(report, &found.between);
    match (found.kind, &found.detail) {
        (PathFindingKind::WrongOrder, Detail::Order(one, other)) => {
            let (one, other) = (terminal_safe(one), terminal_safe(other));
            format!(
                "{other} stands nearer to the client than {one}, by hops and times: the places are \
                 not in the order in which they were named"
            )
        }
        (PathFindingKind::ClocksApart, _) => {
            let place = found.between.first().copied().unwrap_or(0);
            let clock = report.comparison.clocks.get(place);
            let words = |clock| clock_words(&name(report, place), clock);
            clock.map_or_else(String::new, words)
        }
        _ => {
            let has = if found.between.len() == 1 {
                "has"
            } else {
                "have"
            };
            format!(
                "{stretch} {has} no connect in common with another place: another path, another \
                 time, or another filter"
            )
        }
    }
}

/// A finding about what ends, or begins, on a stretch.
fn of_stretch(report: &PathReport, found: &PathFinding) -> String {
    let connects = counted(found.attempts, "connect");
    let stretch = both(report, &found.between);
    let server = found
        .server
        .map_or_else(String::new, |server| format!(" to {server}"));
    let (here, there) = (name_at(report, found, 0), name_at(report, found, 1));
    let what = plural(found.packet.unwrap_or(PacketKind::Syn));
    let of = grouped(found.of);
    match (found.kind, &found.detail) {
        (_, Detail::Proxied { .. }) => proxied(found, &connects, &stretch, &server, &there),
        (PathFindingKind::AnswersMadeBetween, _) => format!(
            "what stands between {stretch} answers {connects}{server} itself: {what} are seen at \
             {here} and never at {there}"
        ),
        (PathFindingKind::FilterBetween, _) if found.packet == Some(PacketKind::Ack) => format!(
            "SYNs pass between {stretch}, and what the client sends after them ends there, ACK and \
             data: {connects}{server} of {of}"
        ),
        (PathFindingKind::FilterBetween, detail) => {
            let which = match detail {
                Detail::Client(address) => format!(" of {address}"),
                Detail::Host(address) => format!(" to {address}"),
                _ => server,
            };
            format!("every SYN{which} ends between {stretch}: {connects} of {of}")
        }
        (PathFindingKind::OneWayStretch, _) => format!(
            "what goes to the server passes between {stretch}, and nothing comes back: the {what} of \
             {connects}{server} end there"
        ),
        (
            _,
            Detail::Lost {
                packets,
                sent,
                kinds,
            },
        ) => {
            let share = percent(*packets, *sent);
            let (lost, sent) = (grouped(*packets), grouped(*sent));
            let what = if found.packet == Some(PacketKind::Data) {
                "data segments"
            } else {
                "packets of handshakes"
            };
            let kinds = kinds
                .iter()
                .map(|(kind, count)| self::packets(*kind, *count));
            let kinds: Vec<String> = kinds.collect();
            format!(
                "{lost} of {sent} {what} that {here} saw did not arrive at {there} ({share}; {}): \
                 {connects}{server}",
                kinds.join(", ")
            )
        }
        _ => format!(
            "everything arrived: all that {here} sent for {connects}{server} is seen at {there}, and \
             all that came back arrived; look at {there} or beyond it"
        ),
    }
}

/// A finding about what takes connections, and makes its own.
fn proxied(
    found: &PathFinding,
    connects: &str,
    stretch: &str,
    server: &str,
    there: &str,
) -> String {
    let Detail::Proxied {
        to,
        keeps_ends,
        after_ns,
        failed,
    } = &found.detail
    else {
        return String::new();
    };
    let after = after_acknowledgement(*after_ns);
    let failed = match failed {
        0 => String::new(),
        failed => format!("; {} of those failed", grouped(*failed)),
    };
    if *keeps_ends {
        return format!(
            "what stands between {stretch} shakes hands first for {connects}{server}, as a SYN proxy \
             does: at {there} they begin {after}{failed}"
        );
    }
    let to = to.map_or_else(String::new, |to| format!(" to {to}"));
    format!(
        "what stands between {stretch} ends {connects}{server}, and makes its own{to}, as a proxy \
         does: they begin at {there} {after}{failed}"
    )
}

/// A finding about what changes on a stretch.
fn of_changes(report: &PathReport, found: &PathFinding) -> String {
    let stretch = both(report, &found.between);
    let of = grouped(found.of);
    match &found.detail {
        Detail::Changes(changes) => {
            let named = changes.iter().map(|(changed, count)| {
                format!("{}, in {} of {of}", change(changed), grouped(*count))
            });
            let named: Vec<String> = named.collect();
            let what = plural(found.packet.unwrap_or(PacketKind::Syn));
            format!("{what} change between {stretch}: {}", named.join("; "))
        }
        Detail::UsedTwice(uses) => {
            let named = uses
                .iter()
                .map(|(mapping, one, other)| format!("{mapping} is {one} and {other}"));
            let named: Vec<String> = named.collect();
            format!(
                "what translates between {stretch} gives two clients one address and port at once, \
                 so that the server takes both for one: {}",
                named.join("; ")
            )
        }
        Detail::Mappings(mappings) => {
            let named = mappings
                .iter()
                .map(|(from, to)| format!("{} is {}", terminal_safe(from), terminal_safe(to)));
            let named: Vec<String> = named.collect();
            format!(
                "addresses are translated between {stretch}, in {} of {}: {}",
                grouped(found.attempts),
                counted(found.of, "connect"),
                named.join(", ")
            )
        }
        _ => String::new(),
    }
}

fn percent(part: u64, whole: u64) -> String {
    let tenths = part.saturating_mul(1000) / whole.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// `server runs 1.204 s ahead (± 0.3 ms)`.
pub(super) fn clock_words(place: &str, clock: &ClockEstimate) -> String {
    let Some(ahead_ns) = clock.offset_ns() else {
        return format!("nothing tells what the clock of {place} says");
    };
    let length = |nanoseconds: u64| duration_words::duration(Duration::from_nanos(nanoseconds));
    let way = if ahead_ns < 0 { "behind" } else { "ahead" };
    let width = match clock.uncertainty_ns() {
        Some(width) => format!("± {}", length(width)),
        None => "seen in one direction only".to_owned(),
    };
    let drift = if clock.drift_ppm().abs() > 1.0 {
        format!(
            ", and drifts by {:.0} parts of a million",
            clock.drift_ppm()
        )
    } else {
        String::new()
    };
    let steps = match clock.steps().count() as u64 {
        0 => String::new(),
        steps => format!(", and was set {} while capturing", times(steps)),
    };
    let ahead = clock_length(ahead_ns.unsigned_abs());
    let is_in_step = clock
        .uncertainty_ns()
        .is_some_and(|width| ahead_ns.unsigned_abs() <= width);
    if is_in_step && drift.is_empty() && steps.is_empty() {
        return format!("{place} is in step ({width})");
    }
    format!("{place} runs {ahead} {way} ({width}){drift}{steps}")
}

/// `1.204 s`, `3 h 0 min 0.250 s`: hours, too, to the millisecond.
fn clock_length(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds.saturating_add(500_000) / 1_000_000;
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    let seconds = format!("{}.{:03} s", rest / 1000, rest % 1000);
    match (minutes / 60, minutes % 60) {
        (0, 0) => duration_words::duration(Duration::from_nanos(nanoseconds)),
        (0, minutes) => format!("{minutes} min {seconds}"),
        (hours, minutes) => format!("{} h {minutes} min {seconds}", grouped(hours)),
    }
}

fn times(count: u64) -> String {
    if count == 1 {
        "once".to_owned()
    } else {
        counted(count, "time")
    }
}
