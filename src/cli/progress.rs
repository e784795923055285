//! How far reading has come, for someone who waits.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::messages::Messages;
use super::terminal;

/// Who waits for less than this wants to see nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// Where the size is known.
const WITH_SHARE: &str = "{percent:>3} % [{wide_bar}] {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left";

/// Where the end is not known, as of a pipe.
const WITHOUT_SHARE: &str = "{decimal_bytes} read, {decimal_bytes_per_sec}";

/// A line on standard error that is drawn over and then removed: bytes read, share, speed, time
/// left. Only on a terminal, and only when reading takes a while.
pub(super) struct Progress {
    /// Where somebody may see it.
    bar: Option<ProgressBar>,
    began: Instant,
    is_shown: bool,
}

impl Progress {
    /// Of reading so many bytes, when that is known.
    pub(super) fn of(total_bytes: Option<u64>, messages: Messages) -> Self {
        let is_wanted = !messages.is_quiet && terminal::shows_progress();
        Self {
            bar: is_wanted.then(|| hidden_bar(total_bytes)),
            began: now(),
            is_shown: false,
        }
    }

    /// So many bytes were read so far.
    pub(super) fn have_read(&mut self, bytes: u64) {
        let Some(bar) = &self.bar else {
            return;
        };
        bar.set_position(bytes);
        if !self.is_shown && now().duration_since(self.began) >= SHOWN_AFTER {
            self.is_shown = true;
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Leaves nothing of it on the terminal.
    pub(super) fn remove(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// It measures the speed from the start, and shows nothing yet.
fn hidden_bar(total_bytes: Option<u64>) -> ProgressBar {
    let template = if total_bytes.is_some() {
        WITH_SHARE
    } else {
        WITHOUT_SHARE
    };
    let style = ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ");
    ProgressBar::with_draw_target(total_bytes, ProgressDrawTarget::hidden()).with_style(style)
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is the reader's time that passes here, not the capture's; nothing of the report depends on it"
)]
fn now() -> Instant {
    Instant::now()
}
