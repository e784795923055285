//! `tcpwhy live` when it cannot keep up, and when it runs for longer than its window: real traffic
//! in network namespaces.

#![allow(
    clippy::disallowed_methods,
    reason = "live traffic has the time of the clock"
)]

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::watching::network::{Network, filter, on, python, run_script};
use crate::support::watching::running::Watched;

pub(crate) const TESTS: &[Test] = tests![
    what_the_kernel_lost_is_told_and_makes_silence_doubtful,
    findings_leave_with_the_window_and_totals_stay,
];

/// Connects once to each of these ports from this address, one after the other, and waits for the
/// end.
fn connect_to_each(network: &Network, source: &str, ports: &str) {
    let script = format!(
        "import socket\nfor port in {ports}:\n s=socket.socket()\n s.bind(('{source}',0))\n s.connect_ex(('10.0.0.20',port))\n s.close()"
    );
    let status = on(&network.client, python(), &["-c", &script])
        .status()
        .unwrap();
    assert!(status.success());
}

/// The smallest buffer holds some thousand packets. While the program stands still, three times as
/// many pass.
fn what_the_kernel_lost_is_told_and_makes_silence_doubtful() {
    let mut network = Network::new();
    let server = network.server.clone();
    filter(&server, "tcp dport 81 drop");
    let watched = network.watch(&["-i", "eth0", "--buffer-size", "1", "-F", "ndjson"]);
    network.connect("10.0.0.20", 81, 20);
    watched.signal("-STOP");
    connect_to_each(&network, "10.0.0.7", "[80]*12000");
    watched.signal("-CONT");
    let lost = watched.wait_until_said("packets lost by the kernel");
    assert!(!lost.contains("warning: 0 packets lost"), "{lost}");
    // Whatever its SYNs met: the silence on port 81 is not sure any more.
    let (_, line) = watched.wait_for("10.0.0.20:81\"");
    let attempt: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(attempt["data"]["outcome"], "dropped");
    assert_eq!(attempt["data"]["app_error"], Value::Null, "{line}");
    let start = Instant::now();
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(start.elapsed() < Duration::from_secs(20), "it ends at all");
    let capture = &ended.data("capture")[0];
    assert!(capture["dropped"]["kernel"].as_u64().unwrap() > 1000);
    let is_told = ended.stdout.iter().any(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["data"]["kind"] == "capture_lost_packets"
    });
    assert!(is_told, "{:#?}", ended.stdout);
}

/// What a report in between says: findings by their kind, refusals in all, and failures of servers.
struct Interim {
    findings: Vec<String>,
    refused: u64,
    failing: Vec<String>,
}

fn interim(watched: &Watched) -> Interim {
    watched.signal("-USR1");
    let mut interim = Interim {
        findings: Vec::new(),
        refused: 0,
        failing: Vec::new(),
    };
    loop {
        let (_, line) = watched.wait_for("{");
        let line: Value = serde_json::from_str(&line).unwrap();
        let data = &line["data"];
        match line["type"].as_str().unwrap() {
            "finding" => interim
                .findings
                .push(data["kind"].as_str().unwrap().to_owned()),
            "endpoint" => {
                if let Some(refused) = data["outcomes"]["refused"].as_u64() {
                    let server = data["server"].as_str().unwrap();
                    interim.failing.push(format!("{server} refused {refused}"));
                }
            }
            "summary" => interim.refused = data["refused"].as_u64().unwrap(),
            "capture" => return interim,
            _ => {}
        }
    }
}

/// A scan and a refused connect: both are findings while they are young. Later nothing is, the
/// totals stay, and the ports of the scan are no failing services then either: neither those that
/// it alone touched, nor that which another client used as well.
fn findings_leave_with_the_window_and_totals_stay() {
    let network = Network::new();
    let client = &network.client;
    run_script(&format!("ip -n {client} address add 10.0.0.8/24 dev eth0"));
    let watched = network.watch(&["-i", "eth0", "--window", "6s", "-F", "ndjson"]);
    connect_to_each(&network, "10.0.0.8", "range(2000,2030)");
    connect_to_each(&network, "10.0.0.7", "[80,2000]");
    let start = Instant::now();
    let mut young = interim(&watched);
    while young.refused < 32 && start.elapsed() < Duration::from_secs(5) {
        young = interim(&watched);
    }
    assert_eq!(young.refused, 32);
    assert!(
        young.findings.contains(&"port_scan".to_owned()),
        "{:?}",
        young.findings
    );
    assert!(
        young.findings.contains(&"never_listening".to_owned()),
        "{:?}",
        young.findings
    );
    let services = ["10.0.0.20:2000 refused 1", "10.0.0.20:80 refused 1"];
    let is_right = |interim: &Interim| {
        let mut failing = interim.failing.clone();
        failing.sort();
        failing == services
    };
    assert!(is_right(&young), "{:?}", young.failing);
    // Beyond the window, then beyond what is kept for comparison.
    for seconds in [8, 10] {
        std::thread::sleep(Duration::from_secs(seconds));
        let old = interim(&watched);
        assert_eq!(old.findings, Vec::<String>::new());
        assert_eq!(old.refused, 32);
        assert!(is_right(&old), "{:?}", old.failing);
    }
    assert_eq!(watched.interrupt().status, 0);
}
