//! Files that are written while the watch goes on.

use std::io::Write;

use super::{Dashboard, evidence};
use crate::cli::new_file::write_new;
use crate::cli::read::write_in;
use crate::cli::report_format::Format;
use crate::live::LiveWatch;

/// In which format a report is written for which nobody named a file: a page for whoever was not
/// there.
pub(in crate::cli::live) fn report_format(asked_for: Format) -> Format {
    match asked_for {
        Format::Text => Format::Html,
        other => other,
    }
}

impl Dashboard<'_, '_> {
    /// Writes a report: into the file that the arguments name, if that is meant and they do, or
    /// else into a new one.
    pub(super) fn write_report(&mut self, watch: &LiveWatch, into_named: bool) {
        let format = report_format(self.command.arguments.format);
        let style = self.command.style;
        if let Some(path) = self
            .command
            .arguments
            .output
            .as_deref()
            .filter(|_| into_named)
        {
            let path = path.display().to_string();
            let (capture, diagnosis) = watch.report_of(self.command.listed_attempts());
            let report = self.command.report(capture, diagnosis);
            let written = self.command.try_write(&report);
            self.tell_written(written.map(|()| path));
            return;
        }
        let listed_attempts = self.command.listed_attempts_in(format);
        let (capture, diagnosis) = watch.report_of(listed_attempts);
        let mut report = self.command.report(capture, diagnosis);
        report.settings.listed_attempts = Some(listed_attempts);
        let stem = self.stem();
        let write = |out: &mut dyn Write| write_in(format, &report, &style, out);
        let written = write_new(&stem, extension(format), write);
        self.tell_written(written.map(|path| path.display().to_string()));
    }

    /// Writes the packets that prove the failures into a new file.
    pub(super) fn write_evidence(&mut self, watch: &LiveWatch) {
        let written = evidence::write(self.command, watch, &self.packets, &self.stem());
        self.tell_written(written);
    }

    /// The name of a file that is written now, without its ending.
    fn stem(&self) -> String {
        let now = self.state.view.zone.at(self.state.seen.now);
        format!("tcpwhy-{}", now.format("%Y%m%d-%H%M%S"))
    }

    fn tell_written(&mut self, written: anyhow::Result<String>) {
        let notice = match written {
            Ok(path) => format!("wrote {path}"),
            Err(error) => format!("{error:#}"),
        };
        self.state.seen.tell(&notice);
        self.state.view.notice = self.state.seen.news.back().map(|(_, text)| text.clone());
        self.pace.drawn = None;
    }
}

fn extension(format: Format) -> &'static str {
    match format {
        Format::Text => "txt",
        Format::Html => "html",
        Format::Markdown => "md",
        Format::Json => "json",
        Format::Ndjson | Format::Ecs => "ndjson",
        Format::Csv => "csv",
    }
}
