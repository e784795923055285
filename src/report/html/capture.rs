//! What was read, how, and what it cannot show: for whoever has to trust the report.

use maud::{Markup, html};

use super::findings::capitalised;
use super::{View, shown};
use crate::capture::{Compression, SourceFacts};
use crate::report::capture_words::{captured_at, limits};
use crate::report::counts::{counted, grouped};
use crate::report::host_words::hosts;
use crate::report::log_words::logs;
use crate::report::provenance_words::{settings, time_handling};

/// How many sources, and how many interfaces of one, are shown.
const SOURCES: usize = 200;
const INTERFACES: usize = 50;

pub(super) fn capture(view: View<'_>) -> Markup {
    let capture = &view.report.capture;
    html! {
        (cannot_show(view))
        dl.facts {
            (fact("Made by", &format!("tcpwhy {}", view.report.tool.version)))
            dt { "Arguments" }
            dd { @for word in &view.report.tool.arguments { code { (shown(word)) } " " } }
            @for (name, words) in settings(view.report) { (fact(&capitalised(name), &words)) }
            (fact("Times shown", time_handling(view.zone)))
            (fact("Names shown", if view.report.shows_names { "from the capture's own DNS answers and files; none was looked up" } else { "no" }))
            (fact("Packets", &format!("{}, of these {} and {} about them", grouped(capture.packets),
                counted(capture.tcp_packets, "TCP segment"), counted(capture.icmp_errors, "ICMP error"))))
            (fact("Captured twice", &counted(capture.copies, "packet")))
            (fact("Lost while capturing", &lost(capture.dropped_by_kernel(), capture.dropped_by_interface())))
            @if let Some(place) = captured_at(view.report) { (fact("Place", &place)) }
            @for log in logs(view.report) { (fact("Read beside it", &log)) }
            @for host in hosts(view.report) { (fact("Read beside it", &host)) }
        }
        @for (index, source) in capture.sources.iter().enumerate().take(SOURCES) { (one_source(view, index, source)) }
        @if capture.sources.len() > SOURCES {
            p { "and " (counted((capture.sources.len() - SOURCES) as u64, "more source")) ", which are in the JSON report" }
        }
    }
}

fn fact(name: &str, words: &str) -> Markup {
    html! { dt { (name) } dd { (shown(words)) } }
}

fn lost(by_kernel: Option<u64>, by_interface: Option<u64>) -> String {
    if by_kernel.or(by_interface).is_none() {
        return "the capture does not say".to_owned();
    }
    let said = |count: Option<u64>, by: &str| {
        count.map_or_else(
            || format!("not said by {by}"),
            |count| format!("{} by {by}", grouped(count)),
        )
    };
    format!(
        "{}; {}",
        said(by_kernel, "the kernel"),
        said(by_interface, "the interface")
    )
}

/// What this capture cannot show, and what no capture can.
fn cannot_show(view: View<'_>) -> Markup {
    html! {
        @for limit in limits(view.report) { p.note { (capitalised(&limit)) "." } }
        p {
            "A capture shows what passed the place where it was taken: not what was lost before it, nor what became of a packet "
            "after it. The outcomes are what the packets show; the causes are judgements, each with how sure it is."
        }
    }
}

fn one_source(view: View<'_>, index: usize, source: &SourceFacts) -> Markup {
    let zone = view.zone;
    let several = view.report.capture.sources.len() > 1;
    html! {
        h3 { @if several { "#" (index) ": " } (shown(&source.path.to_string_lossy())) }
        dl.facts {
            (fact("Format", &match source.compression.map(Compression::name) {
                Some(compression) => format!("{}, {compression}", source.format),
                None => source.format.to_owned(),
            }))
            (fact("Size", &counted(source.bytes, "byte")))
            (fact("SHA-256", source.sha256.as_deref().unwrap_or("not known: the source was not read to its end")))
            (fact("Packets", &grouped(source.packets)))
            @if let (Some(first), Some(last)) = (source.first, source.last) {
                (fact("First packet", &format!("{} {}", zone.date(first), zone.precise_time_of_day(first))))
                (fact("Last packet", &format!("{} {}", zone.date(last), zone.precise_time_of_day(last))))
            }
            (fact("Lost", &lost(source.dropped_by_kernel, source.dropped_by_interface)))
            @for interface in source.interfaces.iter().take(INTERFACES) {
                (fact(&format!("Interface {}", interface.id), &interface_words(interface)))
            }
            @if source.interfaces.len() > INTERFACES {
                (fact("Interfaces", &format!("{} in all", grouped(source.interfaces.len() as u64))))
            }
            @if let Some(problem) = &source.problem {
                (fact("Problem", &problem.with_consequence()))
            }
        }
    }
}

fn interface_words(interface: &crate::capture::Interface) -> String {
    let snap_length = match interface.snap_length {
        0 => "whole packets".to_owned(),
        length => format!("at most {} of a packet", counted(length.into(), "byte")),
    };
    let texts = [
        interface.name.clone(),
        interface.description.clone(),
        Some(interface.link_type.to_string()),
        Some(snap_length),
        interface
            .filter
            .as_ref()
            .map(|filter| format!("filter: {filter}")),
    ];
    texts
        .into_iter()
        .flatten()
        .collect::<Vec<String>>()
        .join(", ")
}
