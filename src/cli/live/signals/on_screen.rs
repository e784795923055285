//! Signals while something is drawn on the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use signal_hook::consts::{SIGCONT, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1};
use signal_hook::{flag, iterator, low_level};

use super::Signals;
use crate::cli::exit_status::ExitStatus;

impl Signals {
    /// As [`Self::catch`], while something is drawn on the terminal: `restore` makes it usable
    /// before this ends at once, and being suspended and going on are told as well. SIGQUIT ends at
    /// once.
    ///
    /// What a handler must not do, a thread of its own does: to be called when rights are given up.
    pub(in crate::cli::live) fn catch_on_screen(restore: fn()) -> io::Result<Self> {
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

    /// From now on as if SIGINT had come: the next one ends at once.
    pub(in crate::cli::live) fn end(&self) {
        self.end.store(true, Ordering::Relaxed);
    }

    /// Whether to stand still was asked for since the last look.
    pub(in crate::cli::live) fn take_wish_to_suspend(&self) -> bool {
        self.suspend.swap(false, Ordering::Relaxed)
    }

    /// Whether it went on after standing still since the last look.
    pub(in crate::cli::live) fn take_resumed(&self) -> bool {
        self.resume.swap(false, Ordering::Relaxed)
    }

    /// Stands still until somebody lets it go on. Where nobody could, it goes on at once, as the
    /// kernel would have it.
    pub(in crate::cli::live) fn stand_still() -> io::Result<()> {
        let own = rustix::process::getpid();
        if rustix::process::getsid(None)? == own {
            return Ok(());
        }
        low_level::emulate_default_handler(SIGTSTP)
    }
}
