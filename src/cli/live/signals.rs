//! Signals: what they ask for is looked at between packets.

#[cfg(feature = "dashboard")]
mod on_screen;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::flag;

use crate::cli::exit_status::ExitStatus;

/// What signals have asked for.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    end: Arc<AtomicBool>,
    report: Arc<AtomicBool>,
    #[cfg(feature = "dashboard")]
    suspend: Arc<AtomicBool>,
    #[cfg(feature = "dashboard")]
    resume: Arc<AtomicBool>,
}

impl Signals {
    /// From now on SIGINT and SIGTERM ask to end in order, a second one ends at once, and SIGUSR1
    /// asks for a report.
    pub(super) fn catch() -> io::Result<Self> {
        let signals = Self::none();
        let at_once = i32::from(ExitStatus::Interrupted as u8);
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal arms what the second one triggers.
            flag::register_conditional_shutdown(signal, at_once, Arc::clone(&signals.end))?;
            flag::register(signal, Arc::clone(&signals.end))?;
        }
        flag::register(SIGUSR1, Arc::clone(&signals.report))?;
        Ok(signals)
    }

    fn none() -> Self {
        Self {
            end: Arc::default(),
            report: Arc::default(),
            #[cfg(feature = "dashboard")]
            suspend: Arc::default(),
            #[cfg(feature = "dashboard")]
            resume: Arc::default(),
        }
    }

    /// Whether to end.
    pub(super) fn ask_to_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether a report was asked for since the last look.
    pub(super) fn take_wish_for_report(&self) -> bool {
        self.report.swap(false, Ordering::Relaxed)
    }
}
