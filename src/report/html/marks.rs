//! Outcomes are told apart by colour, by shape and by name.

use maud::{Markup, html};

use crate::handshake::Outcome;
use crate::report::outcome_words::shown_name;

/// The shapes, once for the whole page.
pub(in crate::report) fn symbols() -> Markup {
    html! {
        svg.symbols aria-hidden="true" focusable="false" {
            @for outcome in Outcome::ALL {
                symbol id={ "m-" (outcome.name()) } viewBox="0 0 10 10" {
                    path d=(shape(outcome)) fill=(if is_filled(outcome) { "currentColor" } else { "none" })
                        stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" {}
                }
            }
        }
    }
}

/// Within 10 by 10.
const fn shape(outcome: Outcome) -> &'static str {
    match outcome {
        // A disc.
        Outcome::Established => "M5 2a3 3 0 1 0 .01 0Z",
        // A bolt.
        Outcome::Reset => "M7 1 3 5.5h4L3 9",
        // A cross.
        Outcome::Refused => "M2 2l6 6M8 2l-6 6",
        // A square.
        Outcome::Rejected => "M2 2h6v6h-6Z",
        // A half disc.
        Outcome::HalfOpen => "M5 1.5a3.5 3.5 0 0 0 0 7Z",
        // A triangle that points back.
        Outcome::Aborted => "M2 5 8 1.8v6.4Z",
        // A triangle that points down, empty.
        Outcome::Dropped => "M1.5 2h7L5 8.5Z",
        // A circle.
        Outcome::Pending => "M5 1.5a3.5 3.5 0 1 0 .01 0Z",
        // A dash.
        Outcome::Partial => "M1.5 5h7",
    }
}

const fn is_filled(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Established | Outcome::Rejected | Outcome::HalfOpen | Outcome::Aborted
    )
}

/// The mark of an outcome within text.
pub(in crate::report) fn mark(outcome: Outcome) -> Markup {
    html! {
        svg.mark viewBox="0 0 10 10" aria-hidden="true" { use href={ "#m-" (outcome.name()) } {} }
    }
}

/// Mark and name, in the outcome's colour.
pub(in crate::report) fn outcome(outcome: Outcome) -> Markup {
    html! { span class=(outcome.name()) { (mark(outcome)) (shown_name(outcome)) } }
}
