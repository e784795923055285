//! `tcpwhy live` and `tcpwhy read` say the same: of scans, a flood and incidents that pass while
//! both watch, and of what was recorded of it beside.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::in_package;
use crate::support::watching::network::{Network, filter, on, python, run_script};
use crate::support::watching::reports::{read, scratch, written};
use crate::support::watching::running::Watched;
use crate::support::watching::wait_until;

pub(crate) const TESTS: &[Test] = tests![
    of_a_scan_that_meets_silence needs "nmap",
    of_a_scan_that_is_refused needs "nmap",
    of_a_flood_of_one_source needs "hping3",
    of_incidents_that_are_played_again,
];

/// Longer than the patience: silence is decided when this is over.
const AFTERWARDS: Duration = Duration::from_millis(3500);

/// A watch on the server's eth0, and tcpdump beside it.
struct Watching {
    watched: Watched,
    tcpdump: Child,
    report: PathBuf,
    recorded: PathBuf,
}

impl Watching {
    fn start(network: &Network, name: &str) -> Self {
        let report = scratch(&format!("{name}.json"));
        let recorded = scratch(&format!("{name}.pcap"));
        let (to_report, to_record) = (report.to_str().unwrap(), recorded.to_str().unwrap());
        let words = ["-n", "-U", "-i", "eth0", "-w", to_record];
        let tcpdump = on(&network.server, "tcpdump", &words)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let words = "live -i eth0 --full -F json -o";
        let words: Vec<&str> = words.split(' ').chain([to_report]).collect();
        let watched = Watched::start(&mut on(
            &network.server,
            env!("CARGO_BIN_EXE_tcpwhy"),
            &words,
        ));
        let never = || "tcpdump does not record".to_owned();
        wait_until(|| recorded.exists().then_some(()).ok_or_else(never));
        Self {
            watched,
            tcpdump,
            report,
            recorded,
        }
    }

    /// The reports of `live` and `read` when the silences are over, which a packet shows to both.
    fn reports(mut self, network: &Network) -> (Value, Value) {
        std::thread::sleep(AFTERWARDS);
        run_script(&format!(
            "ip netns exec {} bash -c 'echo > /dev/udp/10.0.0.20/9'",
            network.client
        ));
        // The kernel hands its packets to tcpdump once a second; what waits then when it is
        // interrupted is not in the file.
        std::thread::sleep(Duration::from_millis(2500));
        let ended = self.watched.interrupt();
        assert_eq!(ended.status, 0, "{ended:?}");
        run_script(&format!("kill -INT {}", self.tcpdump.id()));
        self.tcpdump.wait().unwrap();
        let reports = (written(&self.report), read(&self.recorded));
        for path in [&self.report, &self.recorded] {
            std::fs::remove_file(path).unwrap();
        }
        reports
    }
}

/// What each finding says, and of how many.
fn stories(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let words = |finding: &Value| {
        let fields = [
            "kind",
            "confidence",
            "server",
            "attempts",
            "clients",
            "statement",
        ];
        fields.map(|field| finding[field].to_string()).join(" ")
    };
    let mut stories: Vec<String> = findings.map(words).collect();
    stories.sort();
    stories
}

fn assert_both_say(name: &str, kinds: &[&str], (live, read): (Value, Value)) {
    assert_eq!(stories(&live), stories(&read), "{name}");
    assert_eq!(live["summary"], read["summary"], "{name}");
    let told = live["findings"].as_array().unwrap().iter();
    let told: Vec<&str> = told
        .map(|finding| finding["kind"].as_str().unwrap())
        .collect();
    assert_eq!(told, kinds, "{name}");
}

/// Most ports silent, each asked four times, and one open: one scan, and no failure of the open
/// port.
fn of_a_scan_that_meets_silence() {
    let mut network = Network::new();
    filter(
        &network.server,
        "tcp dport 1-83 drop\ntcp dport 85-200 drop",
    );
    network.greet("10.0.0.20", &[84]);
    let watching = Watching::start(&network, "silent-scan");
    let words = "-n -Pn -sS -T5 --max-retries 3 -p 60-130 10.0.0.20";
    scan(&network, words);
    assert_both_say("silent scan", &["port_scan"], watching.reports(&network));
}

fn of_a_scan_that_is_refused() {
    let mut network = Network::new();
    network.greet("10.0.0.20", &[84]);
    let watching = Watching::start(&network, "refused-scan");
    scan(&network, "-n -Pn -sT -T4 -p 60-130 10.0.0.20");
    assert_both_say("refused scan", &["port_scan"], watching.reports(&network));
}

fn scan(network: &Network, words: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    let ran = on(&network.client, "nmap", &words).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

/// The kernel of its source knows of no such SYN, and resets at each SYN-ACK.
fn of_a_flood_of_one_source() {
    let mut network = Network::new();
    network.greet("10.0.0.20", &[84]);
    let watching = Watching::start(&network, "flood");
    let words = [
        "-q",
        "-S",
        "-p",
        "84",
        "-i",
        "u3000",
        "-c",
        "400",
        "10.0.0.20",
    ];
    let ran = on(&network.client, "hping3", &words).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let (live, read) = watching.reports(&network);
    assert_eq!(live["findings"][0]["clients"], 1, "{live}");
    assert_both_say("flood", &["syn_flood"], (live, read));
}

/// Plays a capture of Ethernet, each packet when it was captured.
const PLAYER: &str = "
import sys, struct, time, socket
data = open(sys.argv[1], 'rb').read()
parts = 1e9 if struct.unpack('<I', data[:4])[0] == 0xa1b23c4d else 1e6
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(('eth0', 0))
at, first, begun = 24, None, time.monotonic()
while at + 16 <= len(data):
    seconds, fraction, captured, length = struct.unpack('<IIII', data[at:at + 16])
    when = seconds + fraction / parts
    first = when if first is None else first
    wait = when - first - (time.monotonic() - begun)
    time.sleep(max(wait, 0))
    out.send(data[at + 16:at + 16 + captured] + bytes(length - captured))
    at += 16 + captured
";

fn play(network: &Network, capture: &Path) {
    let words = ["-c", PLAYER, capture.to_str().unwrap()];
    let ran = on(&network.client, python(), &words).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

fn of_incidents_that_are_played_again() {
    let incidents: [(&str, &[&str]); 5] = [
        ("service-restart", &["service_down_window"]),
        ("icmp-rate-limit", &["limited_rejects"]),
        ("reset-by-router", &["answers_made_by_a_box"]),
        ("ecn-dropped", &["slow_connects"]),
        ("host-down-on-link", &["host_down"]),
    ];
    let network = Network::new();
    for (name, kinds) in incidents {
        let watching = Watching::start(&network, name);
        play(&network, &in_package(&format!("samples/{name}.pcap")));
        assert_both_say(name, kinds, watching.reports(&network));
    }
}
