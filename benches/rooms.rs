//! What each room of the pipeline costs, for four kinds of captures. Throughput is in packets and
//! in bytes of the file.

mod generator;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};
use tempfile::NamedTempFile;

use generator::{Format, Generated, Kind, Request, generate};
use tcpwhy::analysis::{AnalysisSettings, analyse, fill_rows};
use tcpwhy::capture::{CaptureSet, LinkType, Packet, PacketPlace};
use tcpwhy::decode::{FlowHasher, Observation, RowBatch, RowDecoder, decode};
use tcpwhy::diagnosis::{Diagnosis, Selection};
use tcpwhy::handshake::{Decisions, Outcome, Tracker, TrackerSettings};
use tcpwhy::report::CaptureTotals;

/// The size of each capture in bytes: little enough for many runs, and enough for seconds of
/// failing connects.
const BYTES: u64 = 20_000_000;

/// How many attempts a report lists.
const LISTED: usize = 20;

/// A capture file and what is in it.
struct Sample {
    kind: Kind,
    file: NamedTempFile,
    generated: Generated,
}

impl Sample {
    fn new(kind: Kind, format: Format) -> io::Result<Self> {
        let file = NamedTempFile::new()?;
        let request = Request {
            kind,
            format,
            bytes: BYTES,
            seed: 1,
        };
        let generated = generate(request, file.as_file())?;
        Ok(Self {
            kind,
            file,
            generated,
        })
    }

    fn path(&self) -> &Path {
        self.file.path()
    }

    fn open(&self) -> CaptureSet {
        CaptureSet::open(&[PathBuf::from(self.path())]).captures
    }

    fn name(&self) -> BenchmarkId {
        BenchmarkId::from_parameter(format!("{:?}", self.kind).to_lowercase())
    }

    fn throughput(&self) -> Throughput {
        Throughput::ElementsAndBytes {
            elements: self.generated.packets,
            bytes: self.generated.bytes,
        }
    }
}

/// The frames of a capture, one after the other in memory.
struct Frames {
    bytes: Vec<u8>,
    /// Where each packet stands in the capture, and where its frame ends in `bytes`.
    ends: Vec<(PacketPlace, usize)>,
}

impl Frames {
    fn of(sample: &Sample) -> Self {
        let mut frames = Self {
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        let mut captures = sample.open();
        while let Some(packet) = captures.next_packet() {
            frames.bytes.extend_from_slice(packet.bytes);
            frames.ends.push((packet.place, frames.bytes.len()));
        }
        frames
    }

    fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        let mut rest = self.bytes.as_slice();
        let mut start = 0;
        self.ends.iter().map_while(move |(place, end)| {
            let (bytes, others) = rest.split_at_checked(end - start)?;
            rest = others;
            start = *end;
            Some(Packet {
                place: *place,
                link_type: Some(LinkType::ETHERNET),
                captured_on: tcpwhy::capture::CapturedOn::default(),
                options: None,
                bytes,
                wire_length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            })
        })
    }
}

/// How fast do records come out of a file, and does the format matter?
fn reading(criterion: &mut Criterion, samples: &[Sample], format: &str) {
    let mut group = group(criterion, &format!("reading_{format}"));
    for sample in samples {
        group.throughput(sample.throughput());
        group.bench_function(sample.name(), |bencher| bencher.iter(|| read(sample)));
    }
    group.finish();
}

fn read(sample: &Sample) -> u64 {
    let mut captures = sample.open();
    let mut packets = 0;
    while let Some(packet) = captures.next_packet() {
        black_box(packet);
        packets += 1;
    }
    packets
}

/// How fast is a packet understood once it is in memory?
fn decoding(criterion: &mut Criterion, samples: &[Sample]) {
    let mut group = group(criterion, "decoding");
    for sample in samples {
        let frames = Frames::of(sample);
        group.throughput(sample.throughput());
        group.bench_function(sample.name(), |bencher| {
            bencher.iter(|| {
                for packet in frames.packets() {
                    black_box(decode(&packet));
                }
            });
        });
    }
    group.finish();
}

/// How fast do the packets of a file become rows?
fn into_rows(criterion: &mut Criterion, samples: &[Sample], format: &str) {
    let mut group = group(criterion, &format!("reading_{format}_into_rows"));
    for sample in samples {
        group.throughput(sample.throughput());
        group.bench_function(sample.name(), |bencher| bencher.iter(|| fill(sample)));
    }
    group.finish();
}

fn fill(sample: &Sample) -> u64 {
    const PACKETS_AT_ONCE: usize = 1024;
    let mut captures = sample.open();
    let mut decoder = RowDecoder::new(Arc::default(), FlowHasher::default());
    let mut batches = [RowBatch::default()];
    let mut totals = CaptureTotals::default();
    let mut beside = 0_u64;
    loop {
        let has_more = fill_rows(
            &mut captures,
            &mut decoder,
            &mut batches,
            PACKETS_AT_ONCE,
            &mut totals,
            |_| beside += 1,
        );
        black_box(&batches);
        if !has_more {
            return totals.tcp_packets + totals.icmp_errors + beside;
        }
    }
}

/// How fast are decoded packets matched to attempts, and the attempts judged?
fn tracking(criterion: &mut Criterion, samples: &[Sample]) {
    let mut group = group(criterion, "tracking");
    for sample in samples {
        let observations: Vec<(Observation, PacketPlace)> = Frames::of(sample)
            .packets()
            .map(|packet| (decode(&packet), packet.place))
            .collect();
        group.throughput(sample.throughput());
        group.bench_function(sample.name(), |bencher| {
            bencher.iter(|| track(&observations));
        });
    }
    group.finish();
}

fn track(observations: &[(Observation, PacketPlace)]) -> usize {
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut decided = 0;
    let mut decisions = Decisions::default();
    for packets in observations.chunks(128) {
        tracker.observe_all(packets);
        tracker.swap_decided(&mut decisions);
        decisions.drain(|attempt| {
            black_box(attempt);
            decided += 1;
        });
    }
    tracker.finish(|attempt| {
        black_box(attempt);
        decided += 1;
    });
    decided
}

/// How long does everything from the file to the diagnosis take? The outcomes are checked.
fn end_to_end(criterion: &mut Criterion, samples: &[Sample]) -> io::Result<()> {
    let mut group = group(criterion, "end_to_end");
    for sample in samples {
        check(sample, &diagnose(sample))?;
        group.throughput(sample.throughput());
        group.bench_function(sample.name(), |bencher| bencher.iter(|| diagnose(sample)));
    }
    group.finish();
    Ok(())
}

fn diagnose(sample: &Sample) -> Diagnosis {
    let settings = AnalysisSettings {
        tracker: TrackerSettings::default(),
        selection: Selection::default(),
        listed_attempts: Some(LISTED),
        ..AnalysisSettings::default()
    };
    let (_, diagnosis) = analyse(&mut sample.open(), &settings);
    diagnosis
}

/// A fast wrong answer is worth nothing.
fn check(sample: &Sample, diagnosis: &Diagnosis) -> io::Result<()> {
    let found: BTreeMap<Outcome, u64> = diagnosis
        .outcomes
        .iter()
        .filter(|(_, count)| *count > 0)
        .collect();
    let expected = &sample.generated.outcomes;
    if found == *expected {
        Ok(())
    } else {
        let kind = sample.kind;
        Err(io::Error::other(format!(
            "{kind:?}: expected {expected:?}, found {found:?}"
        )))
    }
}

/// Every run takes long enough by itself: few of them are enough.
fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group
}

fn samples(format: Format) -> io::Result<Vec<Sample>> {
    Kind::USUAL
        .into_iter()
        .map(|kind| Sample::new(kind, format))
        .collect()
}

fn main() -> io::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    let pcap = samples(Format::Pcap)?;
    reading(&mut criterion, &pcap, "pcap");
    into_rows(&mut criterion, &pcap, "pcap");
    let pcapng = samples(Format::Pcapng)?;
    reading(&mut criterion, &pcapng, "pcapng");
    into_rows(&mut criterion, &pcapng, "pcapng");
    drop(pcapng);
    decoding(&mut criterion, &pcap);
    tracking(&mut criterion, &pcap);
    end_to_end(&mut criterion, &pcap)?;
    criterion.final_summary();
    Ok(())
}
