//! The page as it is handed over: on paper, with many findings, with the name of the incident and
//! the chain of custody.

use std::net::SocketAddr;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::support::browser::Browser;
use crate::support::command::run;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::in_package;
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    a_scan_of_a_thousand_ports_is_a_few_sheets needs "chromium" "pdftotext",
    many_findings_are_a_line_each_and_a_link_opens_its_own needs "chromium",
    title_and_notes_stand_above_and_stay_text needs "chromium",
    the_chain_of_custody_names_who_what_and_the_hashes,
    a_ticket_has_title_notes_and_custody_as_well,
    what_is_for_pages_is_refused_elsewhere,
    anonymous_reports_do_not_name_the_host,
];

const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const RST_ACK: u16 = 0x14;
const ACK: u16 = 0x10;

const SECOND: u64 = 1_000_000_000;

fn captured(nanoseconds: u64, plan: &SegmentPlan) -> CapturedPacket {
    let bytes = plan.frame();
    CapturedPacket {
        nanoseconds,
        wire_length: bytes.len(),
        bytes,
    }
}

/// SYN and RST.
fn refused(at: u64, client: SocketAddr, server: SocketAddr) -> Vec<CapturedPacket> {
    let sequence = u32::from(client.port());
    let syn = SegmentPlan {
        sequence,
        ..SegmentPlan::new(client, server, SYN)
    };
    let reset = SegmentPlan {
        acknowledgment: sequence + 1,
        ..SegmentPlan::new(server, client, RST_ACK)
    };
    vec![captured(at, &syn), captured(at + 100_000, &reset)]
}

/// A whole handshake.
fn accepted(at: u64, client: SocketAddr, server: SocketAddr) -> Vec<CapturedPacket> {
    let sequence = u32::from(client.port());
    let syn = SegmentPlan {
        sequence,
        ..SegmentPlan::new(client, server, SYN)
    };
    let answer = SegmentPlan {
        sequence: 7000,
        acknowledgment: sequence + 1,
        ..SegmentPlan::new(server, client, SYN_ACK)
    };
    let done = SegmentPlan {
        sequence: sequence + 1,
        acknowledgment: 7001,
        ..SegmentPlan::new(client, server, ACK)
    };
    vec![
        captured(at, &syn),
        captured(at + 100_000, &answer),
        captured(at + 200_000, &done),
    ]
}

fn address(host: [u8; 4], port: u16) -> SocketAddr {
    (host, port).into()
}

fn write(path: &Path, mut packets: Vec<CapturedPacket>) {
    packets.sort_by_key(|packet| packet.nanoseconds);
    std::fs::write(path, pcap_file(1, &packets)).unwrap();
}

/// The page about a capture, in this folder.
fn page(folder: &Path, capture: &Path, with: &[&str]) -> std::path::PathBuf {
    let path = folder.join("report.html");
    let names = ["read", "-q", "-F", "html", "--utc", "-o"];
    let places = [path.to_str().unwrap(), capture.to_str().unwrap()];
    let ran = run(&[&names[..], &places, with].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    path
}

fn a_scan_of_a_thousand_ports_is_a_few_sheets() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("scan.pcap");
    let client = address([10, 0, 0, 7], 40_000);
    let ports = (1..=1000).flat_map(|port| {
        let at = 1000 * SECOND + u64::from(port) * 1_000_000;
        refused(at, client, address([10, 0, 1, 20], port))
    });
    write(&capture, ports.collect());
    let mut browser = Browser::start();
    browser.open(&page(folder.path(), &capture, &[]));
    let sheets = browser.on_paper();
    assert!(sheets.len() < 10, "{} sheets", sheets.len());
    let text = sheets.concat();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("tried 1000 ports"), "{text}");
    assert!(
        text.contains("999 attempts of scans, floods or backscatter are left out"),
        "{text}"
    );
    assert!(text.contains("seq 0 ("), "one of them is drawn");
    let rows = browser.value("document.querySelectorAll('#attempts tbody tr').length");
    assert_eq!(rows, 200, "on a screen all are there");
}

/// Twenty services that are down one after the other, in windows that have nothing in common.
fn twenty_outages() -> Vec<CapturedPacket> {
    let outage = |number: u8| {
        let server = address([10, 0, 1, number], 5432);
        let begins = (1000 + u64::from(number) * 600) * SECOND;
        let client = move |port: u16| address([10, 0, 0, number], port);
        let before = (0..4).flat_map(move |index| {
            accepted(
                begins + u64::from(index) * SECOND,
                client(30_000 + index),
                server,
            )
        });
        let down = (0..4).flat_map(move |index| {
            let at = begins + (10 + u64::from(index)) * SECOND;
            refused(at, client(31_000 + index), server)
        });
        let after = (0..4).flat_map(move |index| {
            let at = begins + (20 + u64::from(index)) * SECOND;
            accepted(at, client(32_000 + index), server)
        });
        before.chain(down).chain(after)
    };
    (1..=20).flat_map(outage).collect()
}

fn many_findings_are_a_line_each_and_a_link_opens_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("outages.pcap");
    write(&capture, twenty_outages());
    let mut browser = Browser::start();
    browser.open(&page(folder.path(), &capture, &[]));
    let count = |browser: &mut Browser, what: &str| {
        browser.value(&format!("document.querySelectorAll('{what}').length"))
    };
    assert_eq!(count(&mut browser, ".finding"), 20);
    assert_eq!(count(&mut browser, "article.finding"), 12);
    assert_eq!(count(&mut browser, "details.finding[open]"), 0);
    let line = browser.value("document.querySelector('#finding-20 summary').textContent");
    let line = line.as_str().unwrap();
    assert!(line.contains("10.0.1."), "what it is about: {line}");
    let own = browser.value("document.querySelector('#finding-20 a.self').hash");
    assert_eq!(own, "#finding-20");
    browser.value("location.hash = 'finding-20'");
    let opened = "new Promise(done => setTimeout(() => done(document.querySelector('#finding-20').open), 300))";
    assert_eq!(browser.value(opened), true);
    assert_eq!(browser.complaints(), [""; 0]);
}

fn title_and_notes_stand_above_and_stay_text() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples").join("closed-port.pcap");
    let told = [
        "--title",
        "Checkout <b>down</b>",
        "--note",
        "Since the deployment at 6:40.",
        "--note",
        "</title><script>document.title = 'taken'</script>",
    ];
    let mut browser = Browser::start();
    browser.open(&page(folder.path(), &capture, &told));
    let heading = browser.value("document.querySelector('h1').textContent");
    assert_eq!(heading, "Checkout <b>down</b>");
    let title = browser.value("document.title");
    assert!(
        title
            .as_str()
            .unwrap()
            .starts_with("Checkout <b>down</b>: 1 of 2"),
        "{title}"
    );
    let header = browser.value("document.querySelector('header').textContent");
    let header = header.as_str().unwrap();
    assert!(header.contains("closed-port.pcap"), "{header}");
    assert!(header.contains("Since the deployment at 6:40."), "{header}");
    assert!(header.contains("'taken'</script>"), "{header}");
    assert_eq!(browser.complaints(), [""; 0]);
}

fn hash_of(path: &Path) -> String {
    let hash = Sha256::digest(std::fs::read(path).unwrap());
    let bytes: Vec<String> = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.concat()
}

fn the_chain_of_custody_names_who_what_and_the_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples").join("closed-port.pcap");
    let without = page(folder.path(), &capture, &[]);
    assert!(
        !std::fs::read_to_string(without)
            .unwrap()
            .contains("Chain of custody")
    );
    let made = page(folder.path(), &capture, &["--custody", "Ada <Forensics>"]);
    let text = std::fs::read_to_string(&made).unwrap();
    let (_, section) = text.split_once("id=\"custody\"").unwrap();
    for told in [
        "Ada &lt;Forensics&gt;",
        "Made at",
        env!("CARGO_PKG_VERSION"),
        &hash_of(&capture),
        "Setting: patience",
        "--custody",
        &hash_of(Path::new(env!("CARGO_BIN_EXE_tcpwhy"))),
    ] {
        assert!(section.contains(told), "{told} is not in {section}");
    }
    let beside = std::fs::read_to_string(folder.path().join("report.html.sha256")).unwrap();
    assert_eq!(beside, format!("{}  report.html\n", hash_of(&made)));
}

fn a_ticket_has_title_notes_and_custody_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ticket.md");
    let path = path.to_str().unwrap();
    let ran = run(&[
        "read",
        "-q",
        "-F",
        "markdown",
        "-o",
        path,
        "--title",
        "Checkout is down",
        "--note",
        "See *the deployment*",
        "--custody",
        "Ada",
        "samples/closed-port.pcap",
    ]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let text = std::fs::read_to_string(path).unwrap();
    assert!(
        text.starts_with("# Checkout is down\n\nTCP connects in `closed-port.pcap`: "),
        "{text}"
    );
    assert!(text.contains("See `*the` `deployment*`"), "{text}");
    let (_, custody) = text.split_once("## Chain of custody").unwrap();
    assert!(custody.contains("- Made by: `Ada`"), "{custody}");
    assert!(text.contains(&hash_of(Path::new("samples/closed-port.pcap"))));
    assert!(folder.path().join("ticket.md.sha256").exists());
}

fn what_is_for_pages_is_refused_elsewhere() {
    let sample = "samples/closed-port.pcap";
    let ran = run(&["read", sample, "--title", "x"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("for --format html and markdown"),
        "{}",
        ran.stderr
    );
    let ran = run(&["read", sample, "-F", "html", "--custody", "Ada", "-o", "-"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("needs a file"), "{}", ran.stderr);
}

fn anonymous_reports_do_not_name_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let capture = in_package("samples").join("closed-port.pcap");
    let made = page(folder.path(), &capture, &["--custody", "A", "--anonymize"]);
    let text = std::fs::read_to_string(made).unwrap();
    assert!(!text.contains("On host"));
    assert!(text.contains("Chain of custody"));
}
