//! Signals: what they ask for is looked at between packets.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGCONT, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::{flag, iterator, low_level};

use crate::cli::exit_status::ExitStatus;

/// What signals have asked for.
#[derive(Clone, Debug)]
pub(super) struct Signals {
    end: Arc<AtomicBool>,
    report: Arc<AtomicBool>,
    suspend: Arc<AtomicBool>,
    resume: Arc<AtomicBool>,
}

impl Signals {
    /// From now on SIGINT and SIGTERM ask to end in order, a second one ends at once, and SIGUSR1 asks for a report.
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

    /// As [`Self::catch`], while something is drawn on the terminal: `restore` makes it usable before this ends at once, and
    /// being suspended and going on are told as well. SIGQUIT ends at once.
    ///
    /// What a handler must not do, a thread of its own does: to be called when rights are given up.
    pub(super) fn catch_on_screen(restore: fn()) -> io::Result<Self> {
        let signals = Self::none();
        flag::register(SIGUSR1, Arc::clone(&signals.report))?;
        flag::register(SIGTSTP, Arc::clone(&signals.suspend))?;
        flag::register(SIGCONT, Arc::clone(&signals.resume))?;
        let mut ends = iterator::Signals::new([SIGINT, SIGTERM, SIGQUIT])?;
        let end = Arc::clone(&signals.end);
        let wait = move || {
            for signal in &mut ends {
                let is_second = end.swap(true, Ordering::Relaxed);
                if is_second || signal == SIGQUIT {
                    restore();
                    std::process::exit(i32::from(ExitStatus::Interrupted as u8));
                }
            }
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(wait)?;
        Ok(signals)
    }

    fn none() -> Self {
        Self {
            end: Arc::default(),
            report: Arc::default(),
            suspend: Arc::default(),
            resume: Arc::default(),
        }
    }

    /// From now on as if SIGINT had come: the next one ends at once.
    pub(super) fn end(&self) {
        self.end.store(true, Ordering::Relaxed);
    }

    /// Whether to end.
    pub(super) fn ask_to_end(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether a report was asked for since the last look.
    pub(super) fn take_wish_for_report(&self) -> bool {
        self.report.swap(false, Ordering::Relaxed)
    }

    /// Whether to stand still was asked for since the last look.
    pub(super) fn take_wish_to_suspend(&self) -> bool {
        self.suspend.swap(false, Ordering::Relaxed)
    }

    /// Whether it went on after standing still since the last look.
    pub(super) fn take_resumed(&self) -> bool {
        self.resume.swap(false, Ordering::Relaxed)
    }

    /// Stands still until somebody lets it go on. Where nobody could, it goes on at once, as the kernel would have it.
    pub(super) fn stand_still() -> io::Result<()> {
        let own = rustix::process::getpid();
        if rustix::process::getsid(None)? == own {
            return Ok(());
        }
        low_level::emulate_default_handler(SIGTSTP)
    }
}
