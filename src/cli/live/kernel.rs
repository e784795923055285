//! `--kernel`: hearing the kernel, as far as it can be heard.

use crate::cli::live_arguments::LiveArguments;
use crate::cli::messages::Messages;
use crate::host::KernelTeller;

/// What tells the kernel's word, if that was asked for; what is missing is one line, and the watch
/// goes on without it. To be opened while there are rights.
#[cfg(target_os = "linux")]
pub(super) fn open(
    arguments: &LiveArguments,
    interfaces: &[String],
    messages: Messages,
) -> Option<Box<dyn KernelTeller>> {
    use crate::host::kernel_events::{KernelEvents, tracefs};

    if !arguments.kernel {
        return None;
    }
    match KernelEvents::open(&tracefs(), interfaces) {
        Ok(events) => {
            let gaps: Vec<String> = events.gaps().iter().map(ToString::to_string).collect();
            if !gaps.is_empty() {
                messages.warning(format!("--kernel: {}", gaps.join("; ")));
            }
            messages.detail(format!("hears the kernel by {}", events.folder().display()));
            Some(Box::new(events))
        }
        Err(gap) => {
            messages.warning(format!(
                "--kernel: {gap}; the watch goes on without the kernel's word"
            ));
            None
        }
    }
}

/// Other systems tell nothing.
#[cfg(not(target_os = "linux"))]
pub(super) fn open(
    arguments: &LiveArguments,
    _: &[String],
    messages: Messages,
) -> Option<Box<dyn KernelTeller>> {
    if arguments.kernel {
        messages.warning("--kernel: only Linux tells why it refuses and drops; the watch goes on");
    }
    None
}
