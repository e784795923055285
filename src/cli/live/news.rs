//! The words for what happens beside attempts: to interfaces, packets and the clock. Not yet safe
//! for a terminal.

use crate::capture::live::{InterfaceChange, InterfaceNews, Losses};

/// What became of an interface.
pub(super) fn of_interface(news: &InterfaceNews) -> String {
    let interface = &news.interface;
    match &news.what {
        InterfaceChange::Down => format!("{interface} is down: nothing is captured there"),
        InterfaceChange::Up => format!("{interface} is up again"),
        InterfaceChange::Addresses(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("{interface} has other addresses: {}", addresses.join(", "))
        }
        InterfaceChange::Gone(message) => format!("{interface} is gone: {message}"),
        InterfaceChange::Reopened => format!("{interface} is back, and watched again"),
        InterfaceChange::CannotReopen(_) => format!(
            "{interface} cannot be opened again, because the right to was given up: --reopen keeps it"
        ),
    }
}

/// Packets were lost.
pub(super) fn of_losses(more: Losses, total: Losses) -> String {
    format!(
        "{} packets lost by the kernel and {} by the interface, {} and {} in all: what looks like silence may be among them",
        more.kernel, more.interface, total.kernel, total.interface
    )
}

/// The clock was set by so many nanoseconds.
pub(super) fn of_clock(by: i64) -> String {
    let seconds = by / 1_000_000_000;
    format!(
        "the clock was set by {seconds} s, or this host slept: attempts under way are not followed further"
    )
}
