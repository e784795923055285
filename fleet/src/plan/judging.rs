//! The plan of a question, and what its pieces say when they are put together.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

use datafusion::error::{DataFusionError, Result};
use datafusion::physical_expr::Partitioning;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use tcpwhy::analysis::SpoolSettings;
use tcpwhy::analysis::part::{Beside, Part, SourcesRead, judge_spooled};
use tcpwhy::diagnosis::Diagnosis;
use tcpwhy::report::CaptureTotals;

use super::handshake::HandshakeExec;
use super::order::{capture_order, flow};
use super::packet_scan::{PacketScanExec, ScanSettings, captures_of_tasks};
use super::question::{NumberedLocation, Question};
use super::scan::Scanned;
use super::wire::{PACKETS, Piece, SCANNED, TRACKED};

/// Captures to facts: scanned in as many tasks as there are groups, tracked in `parts` parts.
///
/// One scan gives its packets in order, and what divides them within one process keeps that. Else
/// they are put in order behind it, by a sort that spills to disk.
pub(crate) fn plan_for(
    settings: ScanSettings,
    groups: &[Vec<NumberedLocation>],
    parts: NonZeroU32,
) -> Result<Arc<dyn ExecutionPlan>> {
    let question = settings.question.clone();
    let keeps_order = settings.keeps_order;
    let scan = Arc::new(PacketScanExec::new(settings, captures_of_tasks(groups)?)?);
    let divided = Partitioning::Hash(vec![flow()], parts.get() as usize);
    let mut packets: Arc<dyn ExecutionPlan> = Arc::new(RepartitionExec::try_new(scan, divided)?);
    if !keeps_order {
        let order = capture_order(&PACKETS)?;
        packets = Arc::new(SortExec::new(order, packets).with_preserve_partitioning(true));
    }
    // Whoever asks fetches the facts of each part: putting them together first would be a stage more,
    // and a copy of all of them.
    Ok(Arc::new(HandshakeExec::new(question, parts, packets)))
}

/// What pieces say that came from all tasks, in whatever order: those of each task by their number.
type OfTasks = BTreeMap<u64, BTreeMap<u64, Vec<u8>>>;

/// The pieces of each kind.
#[derive(Debug, Default)]
pub(crate) struct Gathered(BTreeMap<u8, OfTasks>);

impl Gathered {
    pub(crate) fn add(&mut self, piece: Piece) {
        let of_kind = self.0.entry(piece.kind).or_default();
        let of_task = of_kind.entry(piece.task).or_default();
        of_task.insert(piece.number, piece.bytes);
    }

    /// The bytes of each task, in the order of the tasks; none is left of this kind.
    fn take(&mut self, kind: u8) -> impl Iterator<Item = Vec<u8>> {
        let tasks = self.0.remove(&kind).unwrap_or_default();
        tasks
            .into_values()
            .map(|pieces| pieces.into_values().flatten().collect())
    }
}

/// Judges what was gathered.
pub(crate) fn judge(
    mut gathered: Gathered,
    question: &Question,
    spool: Option<&SpoolSettings>,
) -> Result<(CaptureTotals, Diagnosis)> {
    fn external<E: std::error::Error + Send + Sync + 'static>(error: E) -> DataFusionError {
        DataFusionError::External(Box::new(error))
    }
    let mut beside = Vec::new();
    let mut read: Option<SourcesRead> = None;
    for bytes in gathered.take(SCANNED) {
        let scanned: Scanned = postcard::from_bytes(&bytes).map_err(external)?;
        beside.push(Beside::from_bytes(&scanned.beside).map_err(external)?);
        let of_task = SourcesRead::from_bytes(&scanned.read).map_err(external)?;
        match &mut read {
            Some(read) => read.merge(of_task),
            None => read = Some(of_task),
        }
    }
    let mut parts = Vec::new();
    for bytes in gathered.take(TRACKED) {
        parts.push(Part::from_bytes(&bytes).map_err(external)?);
    }
    let read =
        read.ok_or_else(|| DataFusionError::Execution("no task said what it had read".to_owned()))?;
    judge_spooled(parts, beside, read, &question.settings(), spool).map_err(external)
}
