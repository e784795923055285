//! What keeps the kernel from being heard.

use std::path::PathBuf;

/// Why the kernel is not heard, or not in full. Each is one line for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelGap {
    /// There is no tracefs.
    #[error(
        "tracefs is not mounted at {}: mount -t tracefs nodev /sys/kernel/tracing", .0.display()
    )]
    NotMounted(PathBuf),
    /// It is root's.
    #[error("{} is root's: run as root", .0.display())]
    NotPermitted(PathBuf),
    /// Nothing can be made below it.
    #[error("{} is mounted read-only: mount -o remount,rw {}", .0.display(), .0.display())]
    ReadOnly(PathBuf),
    /// A file of it does not do what it should.
    #[error("{}: {message}", path.display())]
    CannotUse {
        /// Which.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// This kernel has none of the events.
    #[error("this kernel has none of the events that are needed (Linux 6.10 has them)")]
    NoEvents,
    /// This kernel does not have an event.
    #[error("this kernel has no event {event} ({since} has it): it does not tell {tells}")]
    NoEvent {
        /// Which.
        event: &'static str,
        /// Since when there is one.
        since: &'static str,
        /// What is not known without it.
        tells: &'static str,
    },
    /// An event of this kernel says too little.
    #[error(
        "event {event} of this kernel has no field {field} ({since} has it): it does not tell {tells}"
    )]
    NoField {
        /// Which event.
        event: &'static str,
        /// What it does not say.
        field: &'static str,
        /// Since when it does.
        since: &'static str,
        /// What is not known without it.
        tells: &'static str,
    },
}
