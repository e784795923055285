//! More attempts than are kept in memory: put aside and listed afterwards, they give the same
//! report to the byte.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use proptest::collection::vec;
use proptest::prelude::*;
use tcpwhy::analysis::{
    AnalysisSettings, PacketHooks, SpoolError, SpoolSettings, analyse, analyse_spooled,
};
use tcpwhy::capture::{CaptureSet, Packet};
use tcpwhy::decode::Observation;
use tcpwhy::diagnosis::{
    AttemptReplay, AttemptsPutAside, CaptureQuality, DiagnosedAttempt, Diagnosis, Diagnostician,
    ListingOrder, Selection,
};
use tcpwhy::handshake::DecidedAttempt;
use tcpwhy::report::{CaptureTotals, Report, Settings, Tool, csv, json};

use crate::support::command::{Ran, TestFile, file, tcpwhy};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::{report_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    every_sample_gives_the_same_report,
    all_samples_together_give_the_same_report_on_any_number_of_threads,
    any_connects_give_the_same_report,
    a_limited_list_is_never_put_aside,
    a_folder_that_is_not_there_ends_reading_with_its_name,
    a_list_that_cannot_be_read_to_its_end_is_an_error_in_every_format,
    a_list_in_another_order_is_an_error,
    evidence_is_not_chosen_from_a_list_that_cannot_be_read,
    the_program_lists_as_many_as_there_are,
    the_program_says_when_there_is_no_folder_for_temporary_files,
    the_program_needs_no_temporary_file_where_it_lists_few,
    #[cfg(unix)]
    the_program_says_when_there_is_no_room,
];

const ORDERS: [ListingOrder; 2] = [ListingOrder::ByStart, ListingOrder::ByDecision];

// ---------------------------------------------------------------- the same report

fn settings(threads: usize, evidence_attempts: usize) -> AnalysisSettings {
    AnalysisSettings {
        evidence_attempts,
        threads: NonZeroUsize::new(threads).unwrap(),
        ..AnalysisSettings::default()
    }
}

fn in_memory(paths: &[PathBuf], settings: &AnalysisSettings) -> Report {
    let mut captures = CaptureSet::open(paths).captures;
    report(analyse(&mut captures, settings))
}

fn spooled(paths: &[PathBuf], settings: &AnalysisSettings, spool: &SpoolSettings) -> Report {
    let mut captures = CaptureSet::open(paths).captures;
    let analysed = analyse_spooled(&mut captures, settings, Some(spool), None, |_| {});
    report(analysed.unwrap())
}

fn report((capture, diagnosis): (CaptureTotals, Diagnosis)) -> Report {
    Report {
        tool: Tool {
            version: "0.0.0",
            arguments: Vec::new(),
            ladder_command: None,
        },
        capture,
        diagnosis,
        settings: Settings::default(),
        shows_names: true,
        handover: tcpwhy::report::Handover::default(),
    }
}

fn spool(kept_in_memory: usize, order: ListingOrder) -> SpoolSettings {
    SpoolSettings {
        kept_in_memory,
        order,
        folder: std::env::temp_dir(),
    }
}

fn listed(report: &Report, order: ListingOrder) -> Vec<DiagnosedAttempt> {
    let listed = report.diagnosis.listed(order);
    listed.map(|one| one.unwrap().into_owned()).collect()
}

/// What the formats that list in this order say.
fn texts(report: &Report, order: ListingOrder) -> Vec<String> {
    let written = |write: &dyn Fn(&mut Vec<u8>) -> std::io::Result<()>| {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    match order {
        ListingOrder::ByStart => vec![
            written(&|out| json::write(report, out)),
            written(&|out| csv::write(report, out)),
        ],
        ListingOrder::ByDecision => vec![written(&|out| json::ndjson::write(report, false, out))],
    }
}

/// Holds reports with attempts put aside against one without.
fn assert_nothing_changes(paths: &[PathBuf], kept_in_memory: usize, threads: usize) {
    let settings = settings(threads, 5);
    let expected = in_memory(paths, &settings);
    for order in ORDERS {
        let found = spooled(paths, &settings, &spool(kept_in_memory, order));
        let all = expected.diagnosis.attempts.len();
        let is_put_aside = all > 0 && found.diagnosis.attempts.is_empty();
        assert!(is_put_aside || all <= kept_in_memory, "{paths:?}: {all}");
        assert_eq!(listed(&found, order), listed(&expected, order));
        assert_eq!(texts(&found, order), texts(&expected, order));
        let (found, expected) = (&found.diagnosis.evidence, &expected.diagnosis.evidence);
        assert_eq!(found.attempts, expected.attempts);
        assert_eq!(found.compared, expected.compared);
    }
}

fn every_sample_gives_the_same_report() {
    for path in samples() {
        assert_nothing_changes(&[path], 0, 1);
    }
}

fn all_samples_together_give_the_same_report_on_any_number_of_threads() {
    for threads in [1, 2, 3] {
        for kept_in_memory in [0, 3, 100] {
            assert_nothing_changes(&samples(), kept_in_memory, threads);
        }
    }
}

/// A client, a server, which of a few moments, and how it ends.
type Connect = (u8, u8, u64, u8);

fn capture_of(connects: &[Connect]) -> Vec<u8> {
    let mut packets = Vec::new();
    for (port, (client, server, moment, ending)) in (40_000..).zip(connects) {
        let client = SocketAddr::from(([10, 0, 0, *client], port));
        let server = SocketAddr::from(([10, 0, 1, *server], 80));
        let mut add = |after: u64, from, to, flags, sequence, acknowledgment| {
            let plan = SegmentPlan {
                sequence,
                acknowledgment,
                ..SegmentPlan::new(from, to, flags)
            };
            packets.push(packet(moment * 1_000_000_000 + after, &plan));
        };
        add(0, client, server, 0x02, 1000, 0);
        match ending {
            0 => add(1000, server, client, 0x14, 0, 1001),
            1 => add(1000, server, client, 0x12, 9000, 1001),
            2 => {
                add(1000, server, client, 0x12, 9000, 1001);
                add(2000, client, server, 0x11, 1001, 9001);
            }
            _ => {}
        }
    }
    packets.sort_by_key(|packet| packet.nanoseconds);
    pcap_file(1, &packets)
}

fn packet(nanoseconds: u64, plan: &SegmentPlan) -> CapturedPacket {
    let bytes = plan.frame();
    CapturedPacket {
        nanoseconds,
        wire_length: bytes.len(),
        bytes,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// Many connects of the same moment, in one run and in several.
    fn any_connects_give_the_same_report(
        connects in vec((0_u8..3, 0_u8..3, 0_u64..8, 0_u8..4), 0..80),
        kept_in_memory in 0_usize..12,
    ) {
        let capture = file(&capture_of(&connects));
        assert_nothing_changes(std::slice::from_ref(&capture.path), kept_in_memory, 1);
    }
}

fn a_limited_list_is_never_put_aside() {
    let limited = AnalysisSettings {
        listed_attempts: Some(7),
        ..settings(1, 0)
    };
    let nowhere = SpoolSettings {
        folder: "/nowhere".into(),
        ..spool(0, ListingOrder::ByStart)
    };
    let found = spooled(&samples(), &limited, &nowhere);
    assert_eq!(found.diagnosis.attempts.len(), 7);
    let expected = in_memory(&samples(), &limited);
    assert_eq!(found.diagnosis.attempts, expected.diagnosis.attempts);
}

// ---------------------------------------------------------------- errors

fn a_folder_that_is_not_there_ends_reading_with_its_name() {
    let nowhere = SpoolSettings {
        folder: "/nowhere".into(),
        ..spool(0, ListingOrder::ByStart)
    };
    let accepted: Vec<Connect> = (0..20_000).map(|moment| (7, 20, moment, 2)).collect();
    let capture = file(&capture_of(&accepted));
    for threads in [1, 2, 3] {
        let mut captures = CaptureSet::open(std::slice::from_ref(&capture.path)).captures;
        let mut counted = Counted(0);
        let result = analyse_spooled(
            &mut captures,
            &settings(threads, 0),
            Some(&nowhere),
            Some(&mut counted),
            |_| {},
        );
        let Counted(packets) = counted;
        let error = result.expect_err("nowhere to put them");
        assert!(matches!(error, SpoolError::Write { .. }), "{error}");
        assert!(error.to_string().contains("/nowhere"), "{error}");
        assert!(packets < 40_000, "it went on reading: {packets}");
    }
}

/// Counts the packets that are read.
struct Counted(u32);

impl PacketHooks for Counted {
    fn passes(&mut self, _: &Packet<'_>) -> bool {
        self.0 += 1;
        true
    }

    fn note(&mut self, _: &Packet<'_>, _: u32, observation: Observation) -> Observation {
        observation
    }
}

/// A list of one attempt, which cannot be read further.
#[derive(Debug)]
struct Broken(DecidedAttempt, ListingOrder);

impl AttemptsPutAside for Broken {
    fn order(&self) -> ListingOrder {
        self.1
    }

    fn replay(&self) -> AttemptReplay<'_> {
        let error = std::io::Error::other("the disk is gone");
        Box::new([Ok(self.0.clone()), Err(error)].into_iter())
    }
}

fn broken(order: ListingOrder) -> Report {
    let path = crate::support::in_package("samples/closed-port.pcap");
    let sound = report_on(&[path], std::time::Duration::from_secs(3));
    let decided = sound.diagnosis.attempts[0].decided.clone();
    let diagnostician = Diagnostician::new(Selection::default(), None);
    let attempts = Arc::new(Broken(decided, order));
    let diagnosis = diagnostician.finish_put_aside(attempts, &CaptureQuality::default());
    Report {
        diagnosis: diagnosis.unwrap(),
        ..sound
    }
}

fn a_list_that_cannot_be_read_to_its_end_is_an_error_in_every_format() {
    let mut out = Vec::new();
    let by_start = broken(ListingOrder::ByStart);
    let by_decision = broken(ListingOrder::ByDecision);
    for written in [
        json::write(&by_start, &mut out),
        csv::write(&by_start, &mut out),
        json::ndjson::write(&by_decision, false, &mut out),
    ] {
        assert_eq!(written.unwrap_err().to_string(), "the disk is gone");
    }
}

fn a_list_in_another_order_is_an_error() {
    let error = csv::write(&broken(ListingOrder::ByDecision), &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("another order"), "{error}");
}

fn evidence_is_not_chosen_from_a_list_that_cannot_be_read() {
    let sound = broken(ListingOrder::ByStart);
    let decided = sound.diagnosis.listed(ListingOrder::ByStart).next();
    let decided = decided.unwrap().unwrap().decided.clone();
    let mut diagnostician = Diagnostician::new(Selection::default(), None);
    diagnostician.keep_for_evidence(5);
    let attempts = Arc::new(Broken(decided, ListingOrder::ByStart));
    let diagnosis = diagnostician.finish_put_aside(attempts, &CaptureQuality::default());
    assert_eq!(diagnosis.unwrap_err().to_string(), "the disk is gone");
}

// ---------------------------------------------------------------- the program

/// More than the program keeps in memory.
const IN_FLOOD: u32 = 70_000;

/// Silence, from many strangers.
fn flood() -> &'static TestFile {
    static FLOOD: OnceLock<TestFile> = OnceLock::new();
    FLOOD.get_or_init(|| {
        let syn = |number: u32| {
            let [_, high, middle, low] = number.to_be_bytes();
            let client = SocketAddr::from(([198, high, middle, low], 40000));
            let plan = SegmentPlan {
                sequence: 1000,
                ..SegmentPlan::new(client, ([10, 0, 1, 20], 443).into(), 0x02)
            };
            packet(u64::from(number) * 100_000, &plan)
        };
        let packets: Vec<CapturedPacket> = (0..IN_FLOOD).map(syn).collect();
        file(&pcap_file(1, &packets))
    })
}

fn read_with(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = tcpwhy();
    command.env("TMPDIR", folder).arg("read").args(arguments);
    command.arg(&flood().path).output().unwrap().into()
}

fn assert_is_refused(ran: &Ran, folder: &Path) {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let expected = format!(
        "tcpwhy: cannot put attempts aside in {}: ",
        folder.display()
    );
    assert!(lines[0].starts_with(&expected), "{}", ran.stderr);
    assert!(lines[1].starts_with("hint: set TMPDIR"), "{}", ran.stderr);
    assert_eq!((lines.len(), ran.status), (2, 3), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

fn the_program_lists_as_many_as_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let all = read_with(folder.path(), &["-F", "csv", "--max-attempts", "0"]);
    let many = read_with(folder.path(), &["-F", "csv", "--max-attempts", "1000000"]);
    assert!(all.stdout == many.stdout, "they differ");
    let lines = read_with(folder.path(), &["-F", "ndjson"]);
    for ran in [all, lines] {
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.lines().count() > IN_FLOOD as usize);
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

fn the_program_says_when_there_is_no_folder_for_temporary_files() {
    let nowhere = Path::new("/nowhere");
    for format in ["json", "csv", "ndjson"] {
        let ran = read_with(nowhere, &["-F", format, "--max-attempts", "0"]);
        assert_is_refused(&ran, nowhere);
    }
}

fn the_program_needs_no_temporary_file_where_it_lists_few() {
    let nowhere = Path::new("/nowhere");
    for arguments in [
        &["-F", "json"][..],
        &["-F", "ndjson", "--max-attempts", "5"],
        &["-F", "ndjson", "--outcome", "refused"],
    ] {
        let ran = read_with(nowhere, arguments);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

/// A report that was there stays as it was.
#[cfg(unix)]
fn the_program_says_when_there_is_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.ndjson");
    std::fs::write(&report, "earlier").unwrap();
    // 4096 blocks of 512 bytes: less than what is put aside at once.
    let script = "trap '' XFSZ; ulimit -f 4096; exec \"$@\"";
    let ran: Ran = std::process::Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_tcpwhy")])
        .args(["read", "-F", "ndjson", "-o"])
        .args([&report, &flood().path])
        .env("TMPDIR", folder.path())
        .output()
        .unwrap()
        .into();
    assert_is_refused(&ran, folder.path());
    assert_eq!(std::fs::read_to_string(&report).unwrap(), "earlier");
}
