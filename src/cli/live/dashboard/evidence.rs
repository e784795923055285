//! The packets that prove the failures, written now.

use std::io::Write;

use crate::cli::live::LiveCommand;
use crate::cli::new_file::write_new;
use crate::live::LiveWatch;
use crate::report::evidence::{self, MOST_ATTEMPTS, RecentPackets};
use crate::report::words::counted;

/// Writes a new file from the packets that are kept; what to tell of it.
pub(super) fn write(
    command: &LiveCommand<'_>,
    watch: &LiveWatch,
    packets: &RecentPackets,
    stem: &str,
) -> anyhow::Result<String> {
    let (capture, diagnosis) = watch.for_evidence(MOST_ATTEMPTS);
    let report = command.report(capture, diagnosis);
    let tunnels = &command.tunnels();
    let mut notes = packets.put_aside(tunnels)?;
    let mut file = Vec::new();
    let mut written = evidence::Written::default();
    if let Some(mut packets) = notes.take_spooled()? {
        written = evidence::write(
            &report,
            &notes,
            &mut packets,
            |_| true,
            tunnels,
            None,
            &mut file,
        )?;
    }
    let path = write_new(stem, "pcapng", |out: &mut dyn Write| out.write_all(&file))?;
    let mut told = vec![
        format!(
            "{} of {}",
            path.display(),
            counted(written.attempts, "failure")
        ),
        counted(written.packets, "packet"),
    ];
    if written.attempts_left_out > 0 {
        told.push(format!("{} left out", written.attempts_left_out));
    }
    if written.missing > 0 {
        told.push(format!("{} packets not kept", written.missing));
    }
    Ok(told.join(", "))
}
