//! The rooms put together: from sources of packets to a diagnosis.

mod attempt_spool;
mod host_files;
mod log_files;
pub mod part;
mod pipeline;
mod places;
mod row_reader;
mod sorted_runs;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::capture::{CaptureSet, Interface, Packet};
use crate::decode::{
    Contexts, FlowHasher, Observation, PrefixNumbers, RowDecoder, SetAside, TunnelPorts,
};
use crate::diagnosis::{Diagnosis, Selection};
use crate::handshake::TrackerSettings;
use crate::report::CaptureTotals;
use attempt_spool::AttemptSpool;
pub use attempt_spool::{SpoolError, SpoolSettings};
pub use host_files::HostFile;
use host_files::read_hosts;
pub use log_files::LogSettings;
use log_files::read_logs;
use part::{AllRead, SourcesRead};
use pipeline::Batch;
pub use places::{read_beginning, read_place};
pub use row_reader::fill_rows;
use row_reader::fill_rows_noted;

/// What shapes an analysis.
#[derive(Clone, Debug)]
pub struct AnalysisSettings {
    /// How long silence must be watched, and how much is followed at once.
    pub tracker: TrackerSettings,
    /// Which attempts it is about.
    pub selection: Selection,
    /// How many attempts are listed singly; `None` for all.
    pub listed_attempts: Option<usize>,
    /// For how many failed attempts the diagnosis says what an evidence capture is made of.
    pub evidence_attempts: usize,
    /// Whether what the sources say beside their packets is left out: names, comments, folders,
    /// what interfaces are called.
    pub is_anonymous: bool,
    /// By what prefixes of filters' logs are told apart where they are left out.
    pub prefix_numbers: Option<PrefixNumbers>,
    /// Whether the captures hold nothing but what an appliance dropped.
    pub holds_only_drops: bool,
    /// Where tunnels are besides their own ports.
    pub tunnels: TunnelPorts,
    /// On how many threads: one reads and decodes, all of them track and count the flows, which are
    /// divided among as many shards. The result is the same.
    pub threads: NonZeroUsize,
    /// Which logs are read beside the capture.
    pub logs: LogSettings,
    /// What hosts said of themselves, in files.
    pub hosts: Vec<HostFile>,
}

impl Default for AnalysisSettings {
    /// About all attempts, which are all listed, on one thread.
    fn default() -> Self {
        Self {
            tracker: TrackerSettings::default(),
            selection: Selection::default(),
            listed_attempts: None,
            evidence_attempts: 0,
            is_anonymous: false,
            prefix_numbers: None,
            holds_only_drops: false,
            tunnels: TunnelPorts::NONE,
            threads: NonZeroUsize::MIN,
            logs: LogSettings::default(),
            hosts: Vec::new(),
        }
    }
}

/// Who hears of every packet while a capture is read.
pub trait PacketHooks {
    /// Whether the packet is looked at: one that is left out shows only that the capture went on.
    fn passes(&mut self, packet: &Packet<'_>) -> bool;

    /// Whether MAC addresses may be told.
    fn shows_hardware_addresses(&self) -> bool {
        true
    }

    /// Hears of a packet that passed, with the id of its interface, and of what it says, and gives
    /// what is to be judged in its place.
    fn note(
        &mut self,
        packet: &Packet<'_>,
        interface: u32,
        observation: Observation,
    ) -> Observation;
}

/// Reads all packets of `captures`, and judges every attempt.
pub fn analyse(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
) -> (CaptureTotals, Diagnosis) {
    analyse_watched(captures, settings, None, |_| {})
}

/// How many packets are read at once: it is told after each time how far reading has come.
const PACKETS_AT_ONCE: usize = 1024;

/// As [`analyse`]; `hooks` hear of every packet, and `tell_read` now and then how many bytes of
/// `captures` were read.
pub fn analyse_watched(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    hooks: Option<&mut dyn PacketHooks>,
    tell_read: impl FnMut(u64),
) -> (CaptureTotals, Diagnosis) {
    let (read, _) = read_all(captures, settings, None, hooks, tell_read);
    read.conclude(settings)
}

/// As [`analyse_watched`], for more attempts than memory holds: when all shall be listed, they are
/// put aside in the meantime, as `spool` says, and [`Diagnosis::listed`] gives them in that order.
///
/// # Errors
///
/// When they cannot be put aside. What is left to be read then is not read.
pub fn analyse_spooled(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    hooks: Option<&mut dyn PacketHooks>,
    tell_read: impl FnMut(u64),
) -> Result<(CaptureTotals, Diagnosis), SpoolError> {
    let (read, spool) = read_all(captures, settings, spool, hooks, tell_read);
    read.conclude_spooled(settings, spool)
}

fn read_all(
    captures: &mut CaptureSet,
    settings: &AnalysisSettings,
    spool: Option<&SpoolSettings>,
    mut hooks: Option<&mut dyn PacketHooks>,
    mut tell_read: impl FnMut(u64),
) -> (AllRead, Option<AttemptSpool>) {
    let mut totals = CaptureTotals::default();
    let sources = captures.facts();
    let mut interfaces = sources.iter().flat_map(|source| &source.interfaces);
    totals.leaves_out_third_step = interfaces.any(Interface::leaves_out_third_step);
    let mut decoder = decoder_for(settings);
    let shared = decoder.clone();
    let leaves_out_third_step = totals.leaves_out_third_step;
    let fill = |batch: &mut Batch| {
        tell_read(captures.bytes_read());
        let Batch {
            rows,
            beside,
            answering,
        } = batch;
        let beside = |observation: &Observation| beside.push(observation.clone());
        let (decoder, totals) = (&mut decoder, &mut totals);
        let has_more = match hooks.as_deref_mut() {
            None => fill_rows(captures, decoder, rows, PACKETS_AT_ONCE, totals, beside),
            Some(hooks) => {
                let most = PACKETS_AT_ONCE;
                fill_rows_noted(captures, decoder, rows, most, totals, hooks, beside)
            }
        };
        answering.extend(decoder.take_answering());
        has_more
    };
    let tracked = pipeline::run(settings, spool, &shared, leaves_out_third_step, fill);
    tracked.put_together(SourcesRead::of(totals, captures), settings)
}

/// What packets are decoded by.
pub(crate) fn decoder_for(settings: &AnalysisSettings) -> RowDecoder {
    let contexts = if settings.is_anonymous {
        Contexts::without_names(settings.prefix_numbers.clone())
    } else {
        Contexts::default()
    };
    let contexts = contexts.with_tunnels(settings.tunnels.clone());
    RowDecoder::new(Arc::new(contexts), FlowHasher::default()).of_drops(settings.holds_only_drops)
}

/// Counts a packet by what it is.
pub(crate) fn count(totals: &mut CaptureTotals, packet: &Packet<'_>, observation: &Observation) {
    match observation {
        Observation::Segment(_) => totals.tcp_packets += 1,
        Observation::IcmpError(_) => totals.icmp_errors += 1,
        Observation::Neighbour(_)
        | Observation::Names(_)
        | Observation::Alive(_)
        | Observation::Unrelated => {}
        Observation::Encrypted(_) => {
            totals.set_aside(SetAside::Encrypted, packet.place);
        }
        Observation::Damaged(_) => totals.set_aside(SetAside::DamagedFrame, packet.place),
        Observation::SetAside(reason) => {
            totals.set_aside(*reason, packet.place);
            if let (SetAside::UnsupportedLinkType, Some(link_type)) = (reason, packet.link_type) {
                *totals.unsupported_link_types.entry(link_type).or_default() += 1;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unlocked<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(PoisonError::into_inner)
}
