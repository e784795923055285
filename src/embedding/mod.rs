//! The whole way in one call: what programs need that analyse captures, or packets of their own.
//!
//! [`Analysis`] says what is asked for and takes packets, [`Analysed`] has what they say.
//! Everything here is made from the public rooms; whoever needs more of one of them uses it
//! directly.

mod analysed;
mod pushed;
#[cfg(test)]
mod serialised;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::analysis::{AnalysisSettings, analyse};
use crate::capture::{CaptureSet, OpenError, Opened, Packet, Timestamp};
use crate::diagnosis::Selection;
pub use analysed::Analysed;
use pushed::PushedPackets;

/// How many attempts are listed singly, unless told otherwise: as in the JSON report of the
/// program.
const USUALLY_LISTED: usize = 100_000;

/// What pushed packets are called in a report, unless told otherwise.
const USUAL_NAME: &str = "packets";

/// Reads captures, or takes packets, and tells which TCP connects failed, and why.
///
/// A capture file, or several, is read at once:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use tcpwhy::Analysis;
///
/// let report = Analysis::new().read("samples/closed-port.pcap")?.report();
/// println!("{report}");
/// println!("{}", report.to_json()?);
/// # assert!(report.to_string().contains("refused: nothing listens on this port"));
/// # Ok(())
/// # }
/// ```
///
/// Packets that come from elsewhere are pushed one by one, in the order in which they were
/// captured:
///
/// ```
/// # use tcpwhy::{LinkType, Outcome, Timestamp};
/// # let syn: &[u8] = &[
/// #     0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 7, 10, 0, 1, 20, // IPv4
/// #     0xc0, 0, 0x15, 0x38, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0, // TCP
/// # ];
/// # let link = LinkType::RAW;
/// # let packets = [0, 1, 3, 7].map(|second| (Timestamp::from_nanoseconds(second * 1_000_000_000), syn));
/// use tcpwhy::{Analysis, Packet};
///
/// let mut analysis = Analysis::new();
/// for (at, bytes) in packets {
///     analysis.push(Packet::new(at, link, bytes));
/// }
/// let report = analysis.finish().report();
/// # assert_eq!(report.diagnosis.outcomes.of(Outcome::Dropped), 1);
/// ```
///
/// The same packets give the same report, whichever way they came, on however many threads.
#[derive(Debug)]
pub struct Analysis {
    settings: AnalysisSettings,
    name: PathBuf,
    /// What was pushed so far; boxed, as most analyses only read.
    pushed: Option<Box<PushedPackets>>,
}

impl Default for Analysis {
    fn default() -> Self {
        Self::new()
    }
}

impl Analysis {
    /// Of all attempts, as the program does by default, on the calling thread; up to 100,000 are
    /// listed singly.
    pub fn new() -> Self {
        let settings = AnalysisSettings {
            listed_attempts: Some(USUALLY_LISTED),
            ..AnalysisSettings::default()
        };
        Self::with_settings(settings)
    }

    /// With all settings that there are.
    pub fn with_settings(settings: AnalysisSettings) -> Self {
        Self {
            settings,
            name: PathBuf::from(USUAL_NAME),
            pushed: None,
        }
    }

    /// For how long silence must be watched before it means something: 3 s, unless told otherwise.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.settings.tracker.patience = patience;
        self
    }

    /// How many undecided attempts are followed at once: a million, unless told otherwise. This is
    /// what bounds the memory that a flood takes.
    #[must_use]
    pub fn open_attempts(mut self, at_most: usize) -> Self {
        self.settings.tracker.open_attempts = at_most;
        self
    }

    /// Which attempts it is about, and which of them are listed.
    #[must_use]
    pub fn selection(mut self, selection: Selection) -> Self {
        self.settings.selection = selection;
        self
    }

    /// How many attempts are listed singly, failures first; `None` for all, however many there are.
    /// All are counted in any case.
    #[must_use]
    pub fn listed_attempts(mut self, at_most: impl Into<Option<usize>>) -> Self {
        self.settings.listed_attempts = at_most.into();
        self
    }

    /// On how many threads captures are read. Pushed packets are taken on the thread that pushes
    /// them.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.settings.threads = threads;
        self
    }

    /// What pushed packets are called in a report.
    #[must_use]
    pub fn named(mut self, name: impl Into<PathBuf>) -> Self {
        self.name = name.into();
        self
    }

    /// Reads a capture file, all captures of a directory, or, for `-`, standard input. Packets that
    /// were pushed are no part of it.
    ///
    /// A capture that is damaged or cut short is read up to there;
    /// [`SourceFacts::problem`](crate::capture::SourceFacts::problem) of the
    /// [totals](Analysed::capture) says where that is.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, or is no capture.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Analysed, OpenError> {
        self.read_all([path.as_ref()])
    }

    /// As [`Self::read`], several as one capture, in the order of their packets' times.
    ///
    /// # Errors
    ///
    /// When one of them cannot be opened, or is no capture: the first of these. To read what can be
    /// read of many, open them with [`CaptureSet::open`], and use [`Self::read_captures`].
    pub fn read_all<P: Into<PathBuf>>(
        &self,
        paths: impl IntoIterator<Item = P>,
    ) -> Result<Analysed, OpenError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let Opened { captures, errors } = CaptureSet::open(&paths);
        match errors.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(self.read_captures(captures)),
        }
    }

    /// Reads captures that are open already, as a [stream](CaptureSet::of_stream).
    pub fn read_captures(&self, mut captures: CaptureSet) -> Analysed {
        let (totals, diagnosis) = analyse(&mut captures, &self.settings);
        Analysed::new(&self.settings, totals, diagnosis)
    }

    /// Takes a packet that comes from elsewhere. Its number counts from 1 where it has none (0),
    /// and its source is this one.
    ///
    /// Packets come in the order in which they were captured. What was said of patience, selection
    /// and the like before the first packet holds to the end.
    pub fn push(&mut self, packet: Packet<'_>) {
        self.pushed_packets().take(packet);
    }

    /// The capture went on until then, although no packet shows it: silence until then counts.
    pub fn watched_until(&mut self, at: Timestamp) {
        self.pushed_packets().watched_until(at);
    }

    /// So many packets were lost before they could be pushed: what looks like silence may be loss.
    pub fn packets_lost(&mut self, count: u64) {
        self.pushed_packets().packets_lost(count);
    }

    /// What the pushed packets say.
    pub fn finish(self) -> Analysed {
        let Self {
            settings,
            name,
            pushed,
        } = self;
        let pushed = pushed.unwrap_or_else(|| Box::new(PushedPackets::new(&settings, &name)));
        let (totals, diagnosis) = pushed.finish();
        Analysed::new(&settings, totals, diagnosis)
    }

    fn pushed_packets(&mut self) -> &mut PushedPackets {
        self.pushed
            .get_or_insert_with(|| Box::new(PushedPackets::new(&self.settings, &self.name)))
    }
}
