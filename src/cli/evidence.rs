//! `--evidence`.

use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::ReadArguments;
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::output::{unwritable_hint, write_whole};
use super::packet_filter::PacketFilter;
use crate::anonymize::AddressMap;
use crate::capture::{CaptureSet, Packet, RecordedPackets, STANDARD_INPUT, SourceFacts};
use crate::decode::{Observation, TunnelPorts};
use crate::report::Report;
use crate::report::evidence::{self, EvidenceNotes, MOST_ATTEMPTS, MOST_PACKETS};

/// The evidence capture that was asked for.
pub(super) struct EvidenceFile {
    path: PathBuf,
    tunnels: TunnelPorts,
    notes: EvidenceNotes,
}

/// Why there can be none.
pub(super) struct Refusal {
    message: String,
    hint: String,
    status: ExitStatus,
}

impl Refusal {
    pub(super) fn usage(message: String, hint: impl Into<String>) -> Self {
        Self {
            message,
            hint: hint.into(),
            status: ExitStatus::Usage,
        }
    }

    /// Says so.
    pub(super) fn tell(self) -> ExitStatus {
        Messages::error(self.message, Some(&self.hint));
        self.status
    }
}

/// A report must not replace what it is made from.
pub(super) fn report_over_capture(
    arguments: &ReadArguments,
    captures: &CaptureSet,
) -> Option<Refusal> {
    let path = arguments
        .report_file()
        .filter(|path| is_input(captures, path))?;
    let shown = path.display();
    let message =
        format!("cannot write the report to {shown}: it is one of the captures to be read");
    Some(Refusal::usage(message, "name another file"))
}

fn is_input(captures: &CaptureSet, path: &Path) -> bool {
    let sources = captures.facts();
    sources.iter().any(|facts| is_same_file(&facts.path, path))
}

/// Why `what` cannot be written to this file; `example` is what to type.
pub(super) fn refuse_file(
    arguments: &ReadArguments,
    captures: &CaptureSet,
    path: &Path,
    what: &str,
    example: &str,
) -> Result<(), Refusal> {
    let shown = path.display();
    if path == Path::new(STANDARD_INPUT) {
        let message = format!("cannot write {what} to standard output");
        return Err(Refusal::usage(message, format!("name a file: {example}")));
    }
    if is_input(captures, path) {
        let message =
            format!("cannot write {what} to {shown}: it is one of the captures to be read");
        return Err(Refusal::usage(message, "name another file"));
    }
    let is_this = |output: &Path| is_same_file(output, path);
    if arguments.report_file().is_some_and(is_this) {
        let message = format!("cannot write {what} to {shown}: the report goes there");
        return Err(Refusal::usage(message, "name another file"));
    }
    let both = arguments
        .evidence
        .as_deref()
        .zip(arguments.annotate.as_deref());
    if both.is_some_and(|(evidence, annotated)| is_same_file(evidence, annotated)) {
        let message =
            format!("cannot write {what} to {shown}: --evidence and --annotate name one file");
        return Err(Refusal::usage(message, "name another file"));
    }
    Ok(())
}

impl EvidenceFile {
    /// What was asked for, before the first packet is read.
    pub(super) fn asked_for(
        arguments: &ReadArguments,
        captures: &CaptureSet,
    ) -> Result<Option<Self>, Refusal> {
        let Some(path) = arguments.evidence.clone() else {
            return Ok(None);
        };
        refuse_file(
            arguments,
            captures,
            &path,
            "evidence",
            "--evidence proof.pcapng",
        )?;
        let shown = path.display();
        let notes = if captures.is_reopenable() {
            EvidenceNotes::default()
        } else {
            EvidenceNotes::with_spool().map_err(|error| Refusal {
                message: format!(
                    "cannot put packets aside for {shown}: no temporary file in {}: {error}",
                    std::env::temp_dir().display()
                ),
                hint: "set TMPDIR to a folder with room, or read a file instead of a pipe"
                    .to_owned(),
                status: ExitStatus::Input,
            })?
        };
        let tunnels = arguments.tunnel.iter().copied().collect();
        Ok(Some(Self {
            path,
            tunnels,
            notes,
        }))
    }

    /// Takes note of a packet that is judged.
    pub(super) fn note(&mut self, packet: &Packet<'_>, interface: u32, observation: &Observation) {
        self.notes.note(packet, interface, observation);
    }

    /// Writes the file from `sources`; `anonymize` is the map of an anonymous report, `filter` is
    /// once more what packets had to pass.
    pub(super) fn write(
        mut self,
        report: &Report,
        sources: &[SourceFacts],
        filter: Result<PacketFilter, String>,
        anonymize: Option<&mut AddressMap>,
        messages: Messages,
    ) -> ExitStatus {
        match self.try_write(report, sources, filter, anonymize) {
            Ok(written) => {
                self.tell(&written, messages);
                ExitStatus::Success
            }
            Err(error) => {
                Messages::error(format!("{error:#}"), unwritable_hint(&error));
                ExitStatus::Input
            }
        }
    }

    fn try_write(
        &mut self,
        report: &Report,
        sources: &[SourceFacts],
        filter: Result<PacketFilter, String>,
        anonymize: Option<&mut AddressMap>,
    ) -> anyhow::Result<evidence::Written> {
        let mut filter = filter.map_err(anyhow::Error::msg)?;
        let failed = |error: &dyn std::error::Error| {
            let reason = super::messages::chain(error);
            anyhow::anyhow!("cannot write {}: {reason}", self.path.display())
        };
        let spooled = self.notes.take_spooled().map_err(|error| failed(&error))?;
        let mut packets = match spooled {
            Some(packets) => packets,
            None => RecordedPackets::from(
                CaptureSet::open_again(sources).map_err(|error| failed(&error))?,
            ),
        };
        write_whole(&self.path, |out| {
            evidence::write(
                report,
                &self.notes,
                &mut packets,
                |packet| filter.passes(packet),
                &self.tunnels,
                anonymize,
                out,
            )
        })
    }

    fn tell(&self, written: &evidence::Written, messages: Messages) {
        let path = self.path.display();
        messages.detail(format!(
            "{path}: {} packets prove {} connects",
            written.packets, written.attempts
        ));
        if written.attempts_left_out > 0 {
            messages.warning(format!(
                "{path} proves {} failed connects and leaves out {}: it holds at most {MOST_ATTEMPTS}, and {MOST_PACKETS} \
                 packets of theirs; --server, --client, --since and --until select some",
                written.attempts, written.attempts_left_out
            ));
        }
        for (link_type, packets) in &written.not_anonymous {
            messages.warning(format!(
                "{path} lacks {packets} packets of link type {link_type}: addresses in them cannot be replaced safely; evidence \
                 without --anonymize has them"
            ));
        }
        if written.missing > 0 {
            messages.warning(format!(
                "{path} lacks {} packets that were not put aside while reading the stream; a file would give them",
                written.missing
            ));
        }
    }
}

/// Whether two names are of one file that exists.
fn is_same_file(one: &Path, other: &Path) -> bool {
    if one == other {
        return true;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let identity = |path: &Path| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.dev(), metadata.ino()))
        };
        identity(one).is_some_and(|one| identity(other) == Some(one))
    }
    #[cfg(not(unix))]
    {
        let whole = |path: &Path| fs::canonicalize(path).ok();
        whole(one).is_some_and(|one| whole(other) == Some(one))
    }
}
