//! What packets say, once all were seen.

use crate::analysis::AnalysisSettings;
use crate::diagnosis::{DiagnosedAttempt, Diagnosis, Finding};
use crate::report::{CaptureTotals, Report, Settings, Tool};

/// What an [`Analysis`](super::Analysis) gives: attempts, findings, and the report on them.
#[derive(Clone, Debug)]
pub struct Analysed {
    report: Report,
}

impl Analysed {
    pub(super) fn new(
        settings: &AnalysisSettings,
        capture: CaptureTotals,
        diagnosis: Diagnosis,
    ) -> Self {
        let report = Report {
            tool: Tool {
                version: env!("CARGO_PKG_VERSION"),
                arguments: Vec::new(),
                ladder_command: None,
            },
            capture,
            diagnosis,
            settings: Settings {
                tracker: settings.tracker,
                selection: settings.selection.clone(),
                filter: None,
                listed_attempts: settings.listed_attempts,
                shown_attempts: None,
            },
            shows_names: true,
            handover: crate::report::Handover::default(),
        };
        Self { report }
    }

    /// The report: text with `{}`, JSON with [`Report::to_json`], and other formats in
    /// [`report`](crate::report).
    pub fn report(self) -> Report {
        self.report
    }

    /// All that the packets say: counts, servers, names, findings and attempts.
    pub fn diagnosis(&self) -> &Diagnosis {
        &self.report.diagnosis
    }

    /// What was read, and what could not be read.
    pub fn capture(&self) -> &CaptureTotals {
        &self.report.capture
    }

    /// The attempts listed singly, in order of time, each with its outcome and cause.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tcpwhy::diagnosis::Cause;
    ///
    /// let analysed = tcpwhy::Analysis::new().read("samples/closed-port.pcap")?;
    /// for failed in analysed.attempts().filter(|attempt| attempt.outcome().is_failure()) {
    ///     println!("{}: {}", failed.decided.attempt.server, failed.outcome());
    ///     assert_eq!(failed.cause().map(|judged| judged.cause), Some(Cause::ClosedPort));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn attempts(&self) -> std::slice::Iter<'_, DiagnosedAttempt> {
        self.report.diagnosis.attempts.iter()
    }

    /// What many attempts say together, worst first.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use tcpwhy::diagnosis::FindingKind;
    ///
    /// let analysed = tcpwhy::Analysis::new().read("samples/service-restart.pcap")?;
    /// let worst = analysed.findings().next().ok_or("no finding")?;
    /// assert_eq!(worst.kind, FindingKind::ServiceDownWindow);
    /// # Ok(())
    /// # }
    /// ```
    pub fn findings(&self) -> std::slice::Iter<'_, Finding> {
        self.report.diagnosis.findings.iter()
    }
}
