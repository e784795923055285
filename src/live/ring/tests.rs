//! A ring is fed with captures of a real kernel, and read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::analysis::{AnalysisSettings, analyse};
use crate::capture::live::LiveSettings;
use crate::capture::{CaptureSet, CapturedOn, LinkType, PacketNumber, PacketPlace, SourceId};
use crate::decode::decode;
use crate::live::LiveWatchSettings;

const PATIENCE: Duration = Duration::from_secs(3);

fn settings(size: u64) -> RingSettings {
    RingSettings {
        size,
        patience: PATIENCE,
    }
}

/// What becomes of everything: the watch has nothing to say here but until when it went on.
fn watch(sources: Vec<SourceFacts>, until: Timestamp) -> LiveWatch {
    let settings = LiveWatchSettings {
        tracker: crate::handshake::TrackerSettings::default(),
        selection: crate::diagnosis::Selection::default(),
        listed_attempts: 10,
        window: Duration::from_secs(900),
        tunnels: crate::decode::TunnelPorts::NONE,
    };
    let mut watch = LiveWatch::new(settings, &LiveSettings::default(), None, None);
    watch.take_facts(sources);
    watch.watched_until(until);
    watch
}

/// Each attempt by its ends and number: outcome and cause.
fn verdicts(path: &Path) -> BTreeMap<String, String> {
    let opened = CaptureSet::open(&[path.to_owned()]);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    let mut captures = opened.captures;
    let (totals, diagnosis) = analyse(&mut captures, &AnalysisSettings::default());
    for source in &totals.sources {
        assert_eq!(source.problem, None, "{}", source.path.display());
    }
    let listed = diagnosis.attempts.iter();
    listed
        .map(|diagnosed| {
            let attempt = &diagnosed.decided.attempt;
            let name = format!(
                "{} > {} {:?} {}",
                attempt.client,
                attempt.server,
                attempt.isn,
                attempt.first_seen_at.nanoseconds()
            );
            let outcome = diagnosed.decided.judgement.outcome;
            let causes = diagnosed.causes.iter();
            let causes: Vec<String> = causes
                .map(|judged| format!("{:?} {:?}", judged.cause, judged.confidence))
                .collect();
            (name, format!("{outcome}: {}", causes.join(", ")))
        })
        .collect()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn ring_in(folder: &Path, size: u64, sources: &[SourceFacts]) -> Ring {
    let directory = RingDirectory::open(folder).unwrap();
    let tell = Box::new(|news| panic!("{news:?}"));
    let now = Timestamp::from_nanoseconds(1_700_000_000_000_000_000);
    Ring::begin(directory, settings(size), sources, now, tell).unwrap()
}

fn facts_of(path: &Path) -> Vec<SourceFacts> {
    let mut captures = CaptureSet::open(&[path.to_owned()]).captures;
    while captures.next_packet().is_some() {}
    captures.facts()
}

/// One interface that captures Ethernet.
fn one_interface() -> Vec<SourceFacts> {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/closed-port.pcap");
    facts_of(&sample)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum()
}

/// A SYN of Ethernet and IPv4 with this number, at this millisecond.
fn syn(number: u32, each: impl FnOnce(&Packet<'_>)) {
    let mut bytes = vec![2; 12];
    bytes.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend([10, 0, 0, 7, 10, 0, 0, 20]);
    bytes.extend(u16::try_from(1024 + number % 60_000).unwrap().to_be_bytes());
    bytes.extend([0, 80]);
    bytes.extend(number.to_be_bytes());
    bytes.extend([0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0]);
    each(&Packet {
        place: PacketPlace {
            at: Timestamp::from_nanoseconds(1_700_000_000_000_000_000)
                .after(Duration::from_millis(number.into())),
            source: SourceId(0),
            number: PacketNumber(u64::from(number)),
        },
        link_type: Some(LinkType::ETHERNET),
        bytes: &bytes,
        wire_length: 54,
        captured_on: CapturedOn::default(),
        options: None,
    });
}

#[test]
fn each_sample_gives_the_same_verdicts_out_of_a_ring() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut compared = 0;
    for entry in fs::read_dir(samples).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if !matches!(extension, Some("pcap" | "pcapng")) {
            continue;
        }
        let folder = folder();
        let sources = facts_of(&path);
        let mut ring = ring_in(folder.path(), 64 << 20, &sources);
        let mut captures = CaptureSet::open(std::slice::from_ref(&path)).captures;
        while let Some(packet) = captures.next_packet() {
            ring.packet(&packet, &decode(&packet));
        }
        let until = sources
            .iter()
            .filter_map(|source| source.watched_until.or(source.last));
        let until = until.max().unwrap();
        ring.finish(&watch(sources, until));
        let (read, kept) = (verdicts(&path), verdicts(folder.path()));
        assert_eq!(kept, read, "{}", path.display());
        compared += read.len();
    }
    assert!(compared > 350, "{compared}");
}

#[test]
fn the_size_is_kept_and_only_the_rings_own_files_go() {
    let folder = folder();
    let foreign = [
        "tcpwhy-ring-00000001.pcapng",
        "incident.pcapng",
        "tcpwhy-ring-00000001-20261125T180053Z.pcapng.gz",
    ];
    for name in foreign {
        fs::write(folder.path().join(name), b"mine").unwrap();
    }
    let mut seen_first = Vec::new();
    for watch_number in 0..3 {
        let sources = one_interface();
        let mut ring = ring_in(folder.path(), SMALLEST_RING, &sources);
        for number in 1..20_000 {
            syn(number, |packet| ring.packet(packet, &decode(packet)));
            if number % 5000 == 0 {
                assert!(bytes(folder.path()) <= SMALLEST_RING + 12);
            }
        }
        let totals = ring.finish(&watch(
            sources,
            Timestamp::from_nanoseconds(1_700_000_030_000_000_000),
        ));
        assert_eq!((totals.packets, totals.not_kept), (19_999, 0));
        let left = bytes(folder.path());
        assert!(
            left <= SMALLEST_RING + 12 && left > SMALLEST_RING / 16 * 14,
            "{left}"
        );
        assert_eq!(totals.bytes + 12, left);
        let names = names(folder.path());
        for name in foreign {
            assert!(names.contains(&name.to_owned()), "{name}");
        }
        let first = names
            .iter()
            .find(|name| RingFileName::parse(name).is_some());
        seen_first.push(first.unwrap().clone());
        assert_eq!(
            verdicts_count(folder.path(), foreign),
            1,
            "watch {watch_number}"
        );
    }
    assert!(
        seen_first.is_sorted() && seen_first[0] < seen_first[2],
        "{seen_first:?}"
    );
}

/// Whether each of the ring's files is whole: so many that are not readable beside those that are
/// foreign.
fn verdicts_count(folder: &Path, foreign: [&str; 3]) -> usize {
    let whole = names(folder)
        .iter()
        .filter(|name| !foreign.contains(&name.as_str()))
        .all(|name| {
            let facts = facts_of(&folder.join(name));
            facts.len() == 1 && facts[0].problem.is_none() && facts[0].packets > 0
        });
    usize::from(whole)
}

#[test]
fn nobody_else_keeps_a_ring_there() {
    let folder = folder();
    let sources = one_interface();
    let ring = ring_in(folder.path(), SMALLEST_RING, &sources);
    let directory = RingDirectory::open(folder.path()).unwrap();
    let now = Timestamp::default();
    let second = Ring::begin(
        directory,
        settings(SMALLEST_RING),
        &sources,
        now,
        Box::new(|_| {}),
    );
    assert!(matches!(second, Err(RingError::Taken { .. })));
    ring.finish(&watch(sources.clone(), now));
    ring_in(folder.path(), SMALLEST_RING, &sources);
}

#[test]
fn a_directory_that_is_gone_is_told_once_and_counted() {
    let folder = folder();
    let path = folder.path().join("ring");
    let sources = one_interface();
    let news = Arc::new(std::sync::Mutex::new(Vec::new()));
    let heard = Arc::clone(&news);
    let directory = RingDirectory::open(&path).unwrap();
    let now = Timestamp::from_nanoseconds(1_700_000_000_000_000_000);
    let mut ring = Ring::begin(
        directory,
        settings(SMALLEST_RING),
        &sources,
        now,
        Box::new(move |news| heard.lock().unwrap().push(news)),
    )
    .unwrap();
    fs::remove_dir_all(&path).unwrap();
    for number in 1..20_000 {
        syn(number, |packet| ring.packet(packet, &decode(packet)));
    }
    let totals = ring.finish(&watch(sources, now));
    let news = news.lock().unwrap();
    assert!(
        matches!(news.as_slice(), [RingNews::CannotWrite(_)]),
        "{news:?}"
    );
    assert_eq!(totals.packets + totals.not_kept, 19_999);
    assert!(totals.not_kept > 15_000, "{totals:?}");
}

#[test]
fn losses_are_read_again_as_they_were_told() {
    let folder = folder();
    let mut sources = one_interface();
    let mut ring = ring_in(folder.path(), 16 << 20, &sources);
    let at = |number: u32| {
        Timestamp::from_nanoseconds(1_700_000_000_000_000_000)
            .after(Duration::from_millis(number.into()))
    };
    for turn in 1..=50_u32 {
        sources[0].dropped_by_kernel = Some(u64::from(turn / 10));
        sources[0].dropped_by_interface = Some(3);
        syn(turn * 1000, |packet| ring.packet(packet, &decode(packet)));
        if turn == 25 {
            ring.event(&LiveEvent::ClockWasSet(0));
        }
        ring.turn(
            &watch(sources.clone(), at(turn * 1000 + 900)),
            Duration::from_secs(turn.into()),
        );
    }
    ring.finish(&watch(sources, at(60_000)));
    let facts = facts_of(folder.path());
    assert_eq!(facts.len(), 2, "the clock was set between");
    let lost = |of: fn(&SourceFacts) -> Option<u64>| facts.iter().filter_map(of).sum::<u64>();
    assert_eq!(lost(|source| source.dropped_by_kernel), 5);
    assert_eq!(lost(|source| source.dropped_by_interface), 3);
    assert_eq!(facts[1].watched_until, Some(at(60_000)));
    assert_eq!(facts[1].packets, 25);
}

#[test]
fn a_torn_block_ends_a_file_and_nothing_before_it() {
    let folder = folder();
    let sources = one_interface();
    let mut ring = ring_in(folder.path(), SMALLEST_RING, &sources);
    for number in 1..100 {
        syn(number, |packet| ring.packet(packet, &decode(packet)));
    }
    ring.finish(&watch(sources, Timestamp::default()));
    let path = folder.path().join(&names(folder.path())[0]);
    let whole = fs::read(&path).unwrap();
    for cut in [whole.len() - 1, whole.len() - 70, whole.len() / 2 + 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        let facts = &facts_of(&path)[0];
        assert!(
            facts.packets > 40 && facts.packets <= 99,
            "{}",
            facts.packets
        );
        let problem = facts.problem.as_ref().unwrap();
        assert_eq!(
            problem.kind,
            crate::capture::ProblemKind::Truncated,
            "{problem:?}"
        );
    }
}
