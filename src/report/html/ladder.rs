//! The packets of one attempt as a ladder: the client's side on the left, the server's on the
//! right.

use maud::{Markup, html};

use super::{View, shown};
use crate::diagnosis::DiagnosedAttempt;
use crate::handshake::Attempt;
use crate::report::attempt_words::{after, facts};
use crate::report::counts::counted;
use crate::report::evidence_words::duration;
use crate::report::ladder::{Event, Ladder, LadderPacket, Party, Row, Side};
use crate::report::packet_filters::{NONE_IN_TUNNELS, capture_filter, display_filter};

/// A step of a ladder, as it is drawn.
pub(super) struct Rung {
    /// Where it points: `right` from the client, `left` from the server; `gap` and `verdict`
    /// nowhere.
    pub(super) side: &'static str,
    /// When, from the attempt's start.
    pub(super) at: String,
    /// What was sent.
    pub(super) what: String,
    /// What matters of it.
    pub(super) detail: Option<String>,
}

/// The packets in order of time, silence between them, and what it came to.
pub(super) fn rungs(view: View<'_>, diagnosed: &DiagnosedAttempt) -> Vec<Rung> {
    let ladder = Ladder::of(view.report, diagnosed);
    ladder.rows.iter().map(|row| rung(&ladder, row)).collect()
}

fn rung(ladder: &Ladder, row: &Row) -> Rung {
    let at = after(row.at, ladder.started);
    match &row.event {
        Event::Packet(packet) => Rung {
            side: direction(packet),
            at,
            what: what(packet),
            detail: Some(detail(ladder, packet)),
        },
        Event::Pause { length, is_silence } => {
            let name = if *is_silence {
                "silence"
            } else {
                "nothing kept"
            };
            gap(String::new(), format!("{name} for {}", duration(*length)))
        }
        Event::Neighbour(message) => gap(
            at,
            format!(
                "{}: {} (#{})",
                message.what, message.sentence, message.number
            ),
        ),
        Event::LeftOut(count) => gap(
            String::new(),
            format!("{} not kept", counted(*count, "packet")),
        ),
        Event::Verdict => Rung {
            side: "gap verdict",
            at,
            what: ladder.verdict.headline.clone(),
            detail: None,
        },
        Event::CaptureEnds => gap(at, "the capture ends".to_owned()),
    }
}

fn gap(at: String, what: String) -> Rung {
    Rung {
        side: "gap",
        at,
        what,
        detail: None,
    }
}

/// Who stands in between sends to the left what is meant for the client.
const fn direction(packet: &LadderPacket) -> &'static str {
    match (packet.from, packet.to) {
        (Side::Client, _) | (_, Side::Server) => "right",
        _ => "left",
    }
}

fn what(packet: &LadderPacket) -> String {
    match packet.sending {
        Some(sending) => format!("{}, repetition {}", packet.what, sending.saturating_sub(1)),
        None => packet.what.clone(),
    }
}

fn detail(ladder: &Ladder, packet: &LadderPacket) -> String {
    let mut parts = vec![format!("#{}", packet.number)];
    let other = |side: Side, word: &str| match side {
        Side::Other(index) => {
            let other = ladder.others.get(index);
            other.map(|other| format!("{word} {}", party(other)))
        }
        Side::Client | Side::Server => None,
    };
    parts.extend(other(packet.from, "from"));
    parts.extend(other(packet.to, "to"));
    parts.extend(packet.set_aside.map(str::to_owned));
    parts.extend(packet.sequence.map(|number| format!("seq {number}")));
    parts.extend(packet.acknowledgment.map(|number| format!("ack {number}")));
    parts.extend(packet.fields.iter().cloned());
    parts.extend(packet.copy.as_ref().map(ToString::to_string));
    parts.join(", ")
}

fn party(party: &Party) -> String {
    match &party.name {
        Some(name) => format!("{name} {}", party.address),
        None => party.address.clone(),
    }
}

/// The filter with which tcpdump catches it again, as it is typed; or why there is none.
pub(super) fn for_capturing_again(attempt: &Attempt) -> String {
    capture_filter(attempt).map_or_else(
        || NONE_IN_TUNNELS.to_owned(),
        |filter| format!("'{filter}'"),
    )
}

/// The ladder of an attempt, and what else is known of it.
pub(super) fn story(view: View<'_>, diagnosed: &DiagnosedAttempt) -> Markup {
    let attempt = &diagnosed.decided.attempt;
    let facts = facts(view.report, diagnosed);
    html! {
        div.story {
            ol.ladder {
                li {
                    span.at {}
                    span.ends { span { (view.report.named(attempt.client)) } span { (view.report.named(attempt.server)) } }
                }
                @for rung in rungs(view, diagnosed) {
                    li class=(rung.side) {
                        span.at { (rung.at) }
                        span.way {
                            // Who hears the page does not see the arrow.
                            @match rung.side {
                                "right" => { span.heard { "to the server: " } },
                                "left" => { span.heard { "to the client: " } },
                                _ => {}
                            }
                            span.what { (shown(&rung.what)) }
                            @if !rung.side.starts_with("gap") { span.head {} }
                        }
                        @if let Some(detail) = &rung.detail { span.detail { (shown(detail)) } }
                    }
                }
            }
            @if !facts.is_empty() { ul { @for fact in &facts { li { (fact) } } } }
            p { "In Wireshark: " code { (display_filter(attempt)) } }
            p { "With tcpdump, when it happens again: " code { (for_capturing_again(attempt)) } }
        }
    }
}
