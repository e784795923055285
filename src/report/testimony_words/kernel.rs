//! The words for what the kernel said while it handled packets. Reasons are the kernel's own names,
//! and stand beside what they mean.

use super::duration;
use crate::capture::Timestamp;
use crate::diagnosis::{DroppedPacket, KernelDeed, KernelDropCounts, KernelDrops};
use crate::host::kernel_reason;

/// Of one attempt: `this host's kernel dropped 2 of its SYNs: a rule ... (NETFILTER_DROP)`.
pub(super) fn of_attempt(deed: &KernelDeed) -> String {
    match deed {
        KernelDeed::SentReset { reason } => {
            format!("this host's kernel sent the RST: {}", because(reason))
        }
        KernelDeed::SentNoReset => {
            "this host's TCP did not send the RST: its kernel tells of each that it sends, and of none then"
                .to_owned()
        }
        KernelDeed::Dropped(drops) => dropped(drops),
        KernelDeed::NoRoute => {
            "this host's kernel has no route to its client, and cannot answer".to_owned()
        }
    }
}

fn dropped(drops: &KernelDrops) -> String {
    let (one, several) = match drops.of {
        DroppedPacket::Syn => ("its SYN", "of its SYNs"),
        DroppedPacket::SynAck => ("the SYN-ACK to it", "of the SYN-ACKs to it"),
        DroppedPacket::Later => (
            "what its client sent after its SYN",
            "of the packets that its client sent after its SYN",
        ),
    };
    let which = match drops.packets {
        1 => one.to_owned(),
        count => format!("{count} {several}"),
    };
    let by = if drops.names_ends {
        ""
    } else if drops.packets == 1 {
        ", by the time at which it came in"
    } else {
        ", by the times at which they came in"
    };
    format!(
        "this host's kernel dropped {which}: {}{by}",
        because(&drops.reason)
    )
}

/// `no socket listens there (NO_SOCKET)`, or the name alone.
pub(in crate::report) fn because(reason: &str) -> String {
    match kernel_reason(reason) {
        Some(known) => format!("{} ({reason})", known.means),
        None => super::name(reason),
    }
}

/// Of whatever connects: `meanwhile this host's kernel dropped 12 packets for NETFILTER_DROP`.
pub(super) fn counted(counted: &KernelDropCounts, until: Timestamp) -> String {
    let counts: Vec<String> = counted
        .counts
        .iter()
        .map(|(reason, count)| {
            let packets = if *count == 1 { "packet" } else { "packets" };
            format!("{count} {packets} for {}", super::name(reason))
        })
        .collect();
    format!(
        "this host's kernel dropped {} in these {}, and does not say whose",
        counts.join(", "),
        duration(until.since(counted.since))
    )
}
