//! `tcpwhy live` on real traffic: sockets and packet filters of this host's kernel, in network
//! namespaces.
//!
//! A busy machine may be slow: what is asserted of times is order, wide bounds, and the best of
//! several tries.

#![allow(
    clippy::disallowed_methods,
    reason = "live traffic has the time of the clock"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::tools::is_done;
use crate::support::watching::network::{Network, filter, on, run_script};
use crate::support::watching::reports::{read, scratch, written};
use crate::support::watching::running::ended;

pub(crate) const TESTS: &[Test] = tests![
    each_kind_of_end_is_told_in_its_time,
    a_refusal_shows_within_100_ms,
    two_interfaces_are_watched,
    any_watches_loopback_too,
    light_infers_the_third_step,
    an_interface_goes_down_and_comes_back,
    a_removed_interface_is_told,
    signals_ask_for_reports,
    a_second_sigint_ends_at_once,
    count_and_fail_on_end_it,
    without_the_right_it_says_what_to_do,
    what_cannot_be_watched_is_told,
];

/// Server ports and how connects to them ended, of a JSON report.
fn outcomes(report: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let attempts = report["attempts"].as_array().unwrap().iter();
    attempts
        .map(|attempt| (text(&attempt["server"]), text(&attempt["outcome"])))
        .collect()
}

// ---------------------------------------------------------------- the tests

/// All kinds in one run, beside a tcpdump whose capture `read` judges the same way.
fn each_kind_of_end_is_told_in_its_time() {
    let mut network = Network::new();
    let (client, server) = (network.client.clone(), network.server.clone());
    filter(
        &server,
        "tcp dport 81 drop\ntcp dport 82 reject with icmpx type admin-prohibited\ntcp dport 85 drop",
    );
    filter(
        &client,
        "tcp sport 86 tcp flags & (syn|ack) == syn|ack drop",
    );
    for port in [84, 85, 86] {
        network.listen("10.0.0.20", port);
    }
    let (capture, report) = (scratch("kinds.pcap"), scratch("kinds.json"));
    let mut tcpdump = on(
        &client,
        "tcpdump",
        &["-Z", "root", "-U", "--immediate-mode", "-i", "eth0", "-w"],
    )
    .arg(&capture)
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut said = BufReader::new(tcpdump.stderr.take().unwrap());
    said.read_line(&mut String::new()).unwrap();
    let watched = network.watch(&["-i", "eth0", "-F", "json", "-o", report.to_str().unwrap()]);

    let start = SystemTime::now();
    for port in [80, 81, 82, 84, 85, 86] {
        network.connect("10.0.0.20", port, 12);
    }
    let since = |at: SystemTime| at.duration_since(start).unwrap();
    let mut told = BTreeMap::new();
    while told.len() < 5 {
        let (at, line) = watched.wait_for(" > 10.0.0.20:");
        let port: u16 = line.split("10.0.0.20:").nth(1).unwrap()[..2]
            .parse()
            .unwrap();
        told.insert(port, (since(at), line));
    }
    let line = |port: u16| told[&port].1.as_str();
    assert!(line(80).contains("refused: RST"), "{}", line(80));
    assert!(
        line(80).contains("application: ECONNREFUSED"),
        "{}",
        line(80)
    );
    assert!(line(81).contains("dropped: no answer"), "{}", line(81));
    assert!(
        line(82).contains("rejected: ") && line(82).contains("certain"),
        "{}",
        line(82)
    );
    assert!(line(85).contains("dropped: "), "{}", line(85));
    assert!(line(86).contains("half-open: "), "{}", line(86));
    assert!(!told.contains_key(&84), "success is silent");
    for silent in [81, 85, 86] {
        let at = told[&silent].0;
        assert!(
            at >= Duration::from_secs(3),
            "{silent} was watched for {at:?} only"
        );
        for answered in [80, 82] {
            assert!(told[&answered].0 < at, "{answered} is told before {silent}");
        }
    }

    filter(&server, "tcp dport 81 drop");
    let (_, correction) = watched.wait_for("correction");
    assert!(
        correction.contains("10.0.0.20:85  correction: not dropped"),
        "{correction}"
    );
    assert!(correction.contains("established"), "{correction}");
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    std::thread::sleep(Duration::from_millis(500));
    tcpdump.wait_after_interrupt();

    let told_live = written(&report);
    let read = read(&capture);
    assert_eq!(outcomes(&told_live), outcomes(&read));
    assert_eq!(outcomes(&told_live).len(), 6);
    assert_eq!(told_live["capture"]["dropped"]["kernel"], 0);
    assert_eq!(told_live["capture"]["sources"][0]["format"], "live");
}

trait WaitAfterInterrupt {
    fn wait_after_interrupt(&mut self);
}

impl WaitAfterInterrupt for Child {
    fn wait_after_interrupt(&mut self) {
        assert!(is_done("kill", &["-INT", &self.id().to_string()]));
        self.wait().unwrap();
    }
}

fn a_refusal_shows_within_100_ms() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0", "-F", "ndjson"]);
    let mut delays = Vec::new();
    for port in 7001..7011 {
        network.connect("10.0.0.20", port, 5);
        let (at, line) = watched.wait_for(&format!(":{port}\""));
        let attempt: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(attempt["type"], "attempt");
        assert_eq!(attempt["data"]["outcome"], "refused");
        let decided = attempt["data"]["decided"].as_str().unwrap();
        let decided = chrono::DateTime::parse_from_rfc3339(decided).unwrap();
        delays.push(at.duration_since(SystemTime::from(decided)).unwrap());
    }
    let best = *delays.iter().min().unwrap();
    assert!(best < Duration::from_millis(100), "{delays:?}");
    let ended = watched.interrupt();
    assert_eq!(ended.data("summary")[0]["refused"], 10);
}

fn two_interfaces_are_watched() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0", "-i", "eth1"]);
    network.connect("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.7:");
    network.connect("10.1.0.20", 80, 5);
    watched.wait_for("10.1.0.7:");
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.iter().any(|line| line.contains("refused 2")),
        "{:?}",
        ended.stdout
    );
}

fn any_watches_loopback_too() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "any"]);
    network.connect("127.0.0.1", 80, 5);
    watched.wait_for("> 127.0.0.1:80  refused");
    network.connect("10.1.0.20", 80, 5);
    watched.wait_for("> 10.1.0.20:80  refused");
    let lo = network.watch(&["-i", "lo"]);
    network.connect("127.0.0.1", 81, 5);
    lo.wait_for("> 127.0.0.1:81  refused");
    assert_eq!(lo.interrupt().status, 0);
    assert_eq!(watched.interrupt().status, 0);
}

fn light_infers_the_third_step() {
    let mut network = Network::new();
    network.listen("10.0.0.20", 84);
    let watched = network.watch(&["-i", "eth0", "--light", "--patience", "1", "--count", "2"]);
    network.connect("10.0.0.20", 84, 2);
    std::thread::sleep(Duration::from_secs(2));
    network.connect("10.0.0.20", 80, 5);
    let ended = watched.end();
    let report = ended.stdout.join("\n");
    assert!(report.contains("established 1"), "{report}");
    assert!(
        report.contains("the third step of handshakes is inferred"),
        "{report}"
    );
    assert!(!report.contains("half-open"), "{report}");
}

fn an_interface_goes_down_and_comes_back() {
    let mut network = Network::new();
    let client = network.client.clone();
    let watched = network.watch(&["-i", "eth0"]);
    network.connect("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:80  refused");
    run_script(&format!("ip -n {client} link set eth0 down"));
    watched.wait_until_said("eth0 is down");
    run_script(&format!("ip -n {client} link set eth0 up"));
    watched.wait_until_said("eth0 is up again");
    run_script(&format!("ip -n {client} address add 10.0.0.8/24 dev eth0"));
    watched.wait_until_said("10.0.0.8");
    // What is sent before the kernel knows that both ends are up is lost, and no connect is seen at
    // all.
    network.wait_until_up("eth0");
    network.connect("10.0.0.20", 81, 5);
    watched.wait_for("10.0.0.20:81  refused");
    assert_eq!(watched.interrupt().status, 0);
}

fn a_removed_interface_is_told() {
    let mut network = Network::new();
    let client = network.client.clone();
    let keeps_right = network.watch(&["-i", "eth1", "--reopen"]);
    let both = network.watch(&["-i", "eth0", "-i", "eth1"]);
    run_script(&format!("ip -n {client} link delete eth1"));
    both.wait_until_said("eth1 is gone");
    keeps_right.wait_until_said("eth1 is gone");
    network.link("eth1", "10.1.0");
    both.wait_until_said("cannot be opened again");
    keeps_right.wait_until_said("eth1 is back");
    network.wait_until_up("eth1");
    network.connect("10.1.0.20", 80, 5);
    keeps_right.wait_for("10.1.0.20:80  refused");
    network.connect("10.0.0.20", 80, 5);
    both.wait_for("10.0.0.20:80  refused");
    assert_eq!(both.interrupt().status, 0);
    assert_eq!(keeps_right.interrupt().status, 0);
}

fn signals_ask_for_reports() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0"]);
    network.connect("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:80  refused");
    watched.signal("-USR1");
    watched.wait_for("x refused 1");
    network.connect("10.0.0.20", 81, 5);
    watched.wait_for("10.0.0.20:81  refused");
    watched.signal("-TERM");
    let ended = watched.end();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.iter().any(|line| line.contains("x refused 2")),
        "{:?}",
        ended.stdout
    );
}

/// Both reach it at once, while it stands still: it has no time to end in order between them.
fn a_second_sigint_ends_at_once() {
    let network = Network::new();
    let watched = network.watch(&["-i", "eth0"]);
    let process = watched.child.id();
    let twice = format!(
        "kill -STOP {process}; kill -INT {process}; kill -TERM {process}; kill -CONT {process}"
    );
    is_done("bash", &["-c", &twice]);
    assert_eq!(watched.end().status, 130);
}

fn count_and_fail_on_end_it() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0", "--count", "2", "--fail-on", "refused"]);
    network.connect("10.0.0.20", 80, 5);
    network.connect("10.0.0.20", 81, 5);
    let ended = watched.end();
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    assert!(
        ended.stdout.iter().any(|line| line.contains("x refused 2")),
        "{:?}",
        ended.stdout
    );
    let start = Instant::now();
    let ended = network.watch(&["-i", "eth0", "--duration", "1s"]).end();
    assert_eq!(ended.status, 0);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

fn without_the_right_it_says_what_to_do() {
    let network = Network::new();
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let words = [
        "--reuid=65534",
        "--clear-groups",
        "--inh-caps=-all",
        program,
        "live",
        "-i",
        "eth0",
    ];
    let (status, said) = ended(&mut on(&network.client, "setpriv", &words));
    assert_eq!(status, 4, "{said}");
    assert!(
        said.contains("cannot capture on eth0: no permission"),
        "{said}"
    );
    assert!(
        said.contains("hint: sudo ") && said.contains("setcap cap_net_raw+ep"),
        "{said}"
    );
}

fn what_cannot_be_watched_is_told() {
    let network = Network::new();
    let live = |arguments: &[&str]| network.watch_to_its_end(arguments);
    let (status, said) = live(&["-i", "eht0"]);
    assert_eq!(status, 4, "{said}");
    assert!(
        said.contains("no such interface") && said.contains("perhaps eth0"),
        "{said}"
    );
    let (status, said) = live(&["-i", "eth0", "-f", "prot 80"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("cannot use the filter 'prot 80'"), "{said}");
    let (status, said) = live(&["--duration", "1"]);
    assert_eq!(status, 4, "{said}");
    assert!(said.contains("no default route"), "{said}");
    run_script(&format!(
        "ip -n {} route add default via 10.0.0.20",
        network.client
    ));
    let (status, said) = live(&["--duration", "1"]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("eth0 has the default route"), "{said}");
}
