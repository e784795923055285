//! `--annotate`.

use std::path::PathBuf;

use super::arguments::ReadArguments;
use super::evidence::{Refusal, refuse_file};
use super::exit_status::ExitStatus;
use super::messages::{Messages, chain};
use super::output::{unwritable_hint, write_whole};
use crate::capture::{CaptureSet, RecordedPackets, SourceFacts};
use crate::report::Report;
use crate::report::evidence::{self, MOST_ATTEMPTS, MOST_PACKETS};

/// The annotated capture that was asked for.
pub(super) struct AnnotatedFile {
    path: PathBuf,
}

impl AnnotatedFile {
    /// What was asked for, before the first packet is read.
    pub(super) fn asked_for(
        arguments: &ReadArguments,
        captures: &CaptureSet,
    ) -> Result<Option<Self>, Refusal> {
        let Some(path) = arguments.annotate.clone() else {
            return Ok(None);
        };
        refuse_file(
            arguments,
            captures,
            &path,
            "the annotated capture",
            "--annotate told.pcapng",
        )?;
        if !captures.is_reopenable() {
            let message = "'--annotate' reads the capture twice: a pipe cannot be".to_owned();
            return Err(Refusal::usage(
                message,
                "read a file, or write --evidence, which a pipe can give",
            ));
        }
        Ok(Some(Self { path }))
    }

    /// Writes the file from `sources`.
    pub(super) fn write(
        &self,
        report: &Report,
        sources: &[SourceFacts],
        messages: Messages,
    ) -> ExitStatus {
        match self.try_write(report, sources) {
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
        &self,
        report: &Report,
        sources: &[SourceFacts],
    ) -> anyhow::Result<evidence::Written> {
        let again = CaptureSet::open_again(sources).map_err(|error| {
            anyhow::anyhow!("cannot write {}: {}", self.path.display(), chain(&error))
        })?;
        let mut packets = RecordedPackets::from(again);
        write_whole(&self.path, |out| {
            evidence::annotate(report, &mut packets, out)
        })
    }

    fn tell(&self, written: &evidence::Written, messages: Messages) {
        let path = self.path.display();
        messages.detail(format!("{path}: {} packets", written.packets));
        if written.attempts_left_out > 0 {
            messages.warning(format!(
                "{path} has comments on {} failed connects and none on {}: at most {MOST_ATTEMPTS}, and {MOST_PACKETS} packets \
                 of theirs; --server, --client, --since and --until select some",
                written.attempts, written.attempts_left_out
            ));
        }
    }
}
