//! What one would rather look at than read: when connects failed, how many, and how soon servers
//! answered.
//!
//! Widths are in percent of the page's, so that a drawing fits a phone and a sheet of paper without
//! its text becoming small; heights are in pixels.

mod answer_times;
mod axis;
mod lanes;
mod rate;

use maud::{Markup, html};

use super::View;
use axis::Axis;

pub(super) fn drawings(view: View<'_>) -> Markup {
    let axis = Axis::of(view);
    html! {
        @match axis {
            Some(axis) => {
                (lanes::lanes(view, axis))
                (rate::rate(view, axis))
                (answer_times::answer_times(view))
            }
            None => p { "There is nothing to draw." }
        }
    }
}

/// A coordinate.
fn percent(part: f64) -> String {
    format!("{:.2}%", part * 100.0)
}

/// A count as a measure.
#[expect(
    clippy::cast_precision_loss,
    reason = "a drawing does not show the 53rd bit"
)]
pub(super) fn measure(count: u64) -> f64 {
    count as f64
}
