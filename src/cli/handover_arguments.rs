//! What a report that is handed over says beside the capture, as typed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::arguments::ReadArguments;
use super::output::write_whole;
use super::report_format::Format;
use crate::capture::{Timestamp, sha256_of_file};
use crate::report::{Custody, Handover};

/// What is typed about the incident.
#[derive(Debug, Args)]
pub(super) struct HandoverArguments {
    /// What the incident is called, above the report
    ///
    /// For --format html and markdown. Default: the name of the capture.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,

    /// What the reader of the report should know, below its title; repeatable, a paragraph each
    ///
    /// For --format html and markdown.
    #[arg(long, value_name = "TEXT")]
    note: Vec<String>,

    /// Who made the report: its last section is the chain of custody
    ///
    /// For --format html and markdown, into a file. The section says who made it, when, on which
    /// host (not with --anonymize), with which program and settings, of which files, with the
    /// SHA-256 of each; that of the report itself is written beside it, as FILE.sha256. Such a
    /// report differs from run to run: it says when it was made. Default: no such section.
    #[arg(long, value_name = "NAME", requires = "output")]
    custody: Option<String>,
}

impl HandoverArguments {
    /// What is wrong with them, and what to do.
    pub(super) fn problem(&self, arguments: &ReadArguments) -> Option<(String, &'static str)> {
        let is_asked_for = self.title.is_some() || !self.note.is_empty() || self.custody.is_some();
        if is_asked_for && !matches!(arguments.format, Format::Html | Format::Markdown) {
            let message = "'--title', '--note' and '--custody' are for --format html and markdown";
            return Some((message.to_owned(), "add --format html --output FILE.html"));
        }
        (self.custody.is_some() && arguments.report_file().is_none()).then(|| {
            let message = "'--custody' needs a file, whose SHA-256 is written beside it";
            (message.to_owned(), "add --output FILE.html")
        })
    }

    /// What the report is to say; the time is now.
    pub(super) fn handover(&self, is_anonymous: bool) -> Handover {
        Handover {
            title: self.title.clone(),
            notes: self.note.clone(),
            custody: self.custody.clone().map(|by| Custody {
                by,
                host: host_name().filter(|_| !is_anonymous),
                at: now(),
                program_sha256: std::env::current_exe()
                    .and_then(|program| sha256_of_file(&program))
                    .ok(),
            }),
        }
    }

    /// Writes the hash of the report beside it, where that was asked for.
    pub(super) fn write_hash(&self, report: Option<&Path>) -> anyhow::Result<()> {
        let (Some(_), Some(report)) = (&self.custody, report) else {
            return Ok(());
        };
        let hash =
            sha256_of_file(report).with_context(|| format!("cannot read {}", report.display()))?;
        // sha256sum looks the name up in the folder in which it is called.
        let name = report
            .file_name()
            .unwrap_or(report.as_os_str())
            .to_string_lossy()
            .into_owned();
        write_whole(&hash_file(report), |out| writeln!(out, "{hash}  {name}"))
    }
}

/// `incident.html.sha256`
fn hash_file(report: &Path) -> PathBuf {
    let mut name = report.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

/// What this host calls itself, where its kernel says so in a file.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "when a report was made is about now, and stands in it only where that was asked for"
)]
fn now() -> Timestamp {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanoseconds = since_epoch.map_or(0, |time| time.as_nanos());
    Timestamp::from_nanoseconds(i64::try_from(nanoseconds).unwrap_or(i64::MAX))
}
