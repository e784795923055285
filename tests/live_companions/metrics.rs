//! The metrics, and who asks for them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::words;
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{Network, filter, on, python, run_script};
use crate::support::watching::reports::read;
use crate::support::watching::running::{Lines, Watched};
use crate::support::watching::wait_until;

pub(crate) const TESTS: &[Test] = tests![
    metrics_are_what_a_parser_reads needs "python3-prometheus-client",
    clients_that_do_nothing_shut_nobody_out needs "python3-prometheus-client",
    an_address_in_use_is_told_before,
    cap_net_raw_is_enough needs "python3-prometheus-client",
];

/// The port that the metrics are served on.
fn metrics_port(watched: &Watched) -> u16 {
    let line = watched.wait_until_said("metrics at");
    let address = line.split('/').nth(2).unwrap();
    address.rsplit(':').next().unwrap().parse().unwrap()
}

/// What a server in the client's namespace answers to these bytes.
fn ask(network: &Network, port: u16, request: &str) -> String {
    let code = format!(
        "import socket,sys\ns=socket.create_connection(('127.0.0.1',{port}))\n\
         s.sendall(sys.argv[1].encode())\nsys.stdout.write(s.makefile('rb').read().decode())"
    );
    let output = on(&network.client, python(), &["-c", &code, request])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Reads all of it as Prometheus' own library does: each sample by its name and labels.
fn parsed(body: &str) -> BTreeMap<String, f64> {
    let code = "import sys,json\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                print(json.dumps([[s.name,s.labels,s.value] for f in parse(sys.stdin.read()) for s in f.samples]))";
    let mut parser = Command::new(python())
        .args(["-c", code])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    parser
        .stdin
        .take()
        .unwrap()
        .write_all(body.as_bytes())
        .unwrap();
    let output = parser.wait_with_output().unwrap();
    assert!(output.status.success(), "{body}");
    let samples: Vec<(String, BTreeMap<String, String>, f64)> =
        serde_json::from_slice(&output.stdout).unwrap();
    samples
        .into_iter()
        .map(|(name, labels, value)| {
            let labels: Vec<String> = labels
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            (
                format!("{name} {}", labels.join(" ")).trim().to_owned(),
                value,
            )
        })
        .collect()
}

const GET: &str = "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: application/openmetrics-text; version=1.0.0\r\n\r\n";

fn scrape(network: &Network, port: u16) -> BTreeMap<String, f64> {
    let response = ask(network, port, GET);
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    let content_type = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.contains(content_type), "{head}");
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", body.len())),
        "{head}"
    );
    assert!(body.ends_with("# EOF\n"));
    parsed(body)
}

fn metrics_are_what_a_parser_reads() {
    let mut network = Network::new();
    filter(&network.server, "tcp dport 81 drop");
    network.greet("10.0.0.20", &[84]);
    let folder = TempDir::new().unwrap();
    let ring = folder.path().to_str().unwrap();
    let watched = network.watch(&[
        "-i",
        "eth0",
        "-F",
        "ndjson",
        "--metrics",
        "0",
        "--ring",
        ring,
    ]);
    let port = metrics_port(&watched);
    let before = scrape(&network, port);
    assert!(
        !before
            .keys()
            .any(|name| name.starts_with("tcpwhy_attempts_total")),
        "{before:?}"
    );
    for port in [80, 80, 81, 84, 84, 84] {
        network.connect_and_hear("10.0.0.20", port, 10);
    }
    watched.wait_for("\"dropped\"");
    let samples = wait_until(|| {
        let samples = scrape(&network, port);
        if samples.contains_key("tcpwhy_attempts_total outcome=dropped server_port=81") {
            Ok(samples)
        } else {
            Err(format!("{samples:#?}"))
        }
    });
    let is = |name: &str, value: f64| {
        let found = samples.get(name).copied().unwrap_or(f64::NAN);
        assert!(
            (found - value).abs() < 1e-9,
            "{name} is {found}, not {value}: {samples:#?}"
        );
    };
    is("tcpwhy_attempts_total outcome=refused server_port=80", 2.0);
    is("tcpwhy_attempts_total outcome=dropped server_port=81", 1.0);
    is(
        "tcpwhy_attempts_total outcome=established server_port=84",
        3.0,
    );
    is(
        "tcpwhy_failing_server_attempts outcome=refused server=10.0.0.20:80",
        2.0,
    );
    is("tcpwhy_failing_servers", 2.0);
    is("tcpwhy_answer_time_seconds_count answer=syn_ack", 3.0);
    is(
        "tcpwhy_answer_time_seconds_bucket answer=reset le=+Inf",
        2.0,
    );
    is("tcpwhy_dropped_packets_total by=kernel interface=eth0", 0.0);
    is("tcpwhy_interface_up interface=eth0", 1.0);
    is("tcpwhy_window_seconds", 900.0);
    is(
        &format!("tcpwhy_build_info version={}", env!("CARGO_PKG_VERSION")),
        1.0,
    );
    assert!(samples["tcpwhy_packets_total interface=eth0"] >= 14.0);
    assert!(samples["tcpwhy_ring_packets_total"] >= 1.0);
    assert!(samples["process_resident_memory_bytes"] > 1e6);
    assert!(samples["process_start_time_seconds"] > 1.7e9);

    answers(&network, port);
    assert_eq!(watched.interrupt().status, 0);
}

/// Other requests than those of Prometheus.
fn answers(network: &Network, port: u16) {
    let status = |request: &str| {
        let answer = ask(network, port, request);
        answer.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        status("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        "HTTP/1.1 404 Not Found"
    );
    assert_eq!(
        status("PUT /metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
        "HTTP/1.1 405 Method Not Allowed"
    );
    assert_eq!(status("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(9000));
    assert_eq!(
        status(&long),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
    let head = ask(network, port, "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let older = ask(
        network,
        port,
        "GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: text/plain;version=0.0.4\r\n\r\n",
    );
    assert!(
        older.contains("Content-Type: text/plain; version=0.0.4"),
        "{older}"
    );
    assert!(
        older.contains("# TYPE tcpwhy_attempts_total counter\n"),
        "{older}"
    );
}

/// More than there may be at once, each with half a request.
fn clients_that_do_nothing_shut_nobody_out() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0", "-F", "ndjson", "--metrics", "127.0.0.1:0"]);
    let port = metrics_port(&watched);
    let code = format!(
        "import socket\nc=[socket.create_connection(('127.0.0.1',{port})) for i in range(50)]\n\
         [s.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: ') for s in c]\nprint('there',flush=True)\n\
         print([s.makefile('rb').read()[:12] for s in c][0].decode(),flush=True)"
    );
    let mut clients = on(&network.client, python(), &["-c", &code])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = Lines::of(clients.stdout.take().unwrap());
    lines.wait_for("there");
    network.connect_and_hear("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:80\"");
    assert!(scrape(&network, port).len() > 20);
    lines.wait_for("HTTP/1.1 408");
    clients.wait().unwrap();
    let process = watched.child.id();
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    assert_eq!(threads.count(), 2);
    assert_eq!(watched.interrupt().status, 0);
}

fn an_address_in_use_is_told_before() {
    let network = Network::new();
    let watched = network.watch(&["-i", "eth0", "-F", "ndjson", "--metrics", "0"]);
    let taken = metrics_port(&watched).to_string();
    let live = |address: &str| network.watch_to_its_end(&["-i", "eth0", "--metrics", address]);
    let (status, said) = live(&taken);
    assert_eq!(status, 3, "{said}");
    assert!(
        said.contains(&format!(
            "cannot listen on 127.0.0.1:{taken}: Address already in use"
        )),
        "{said}"
    );
    assert!(
        said.contains("\nhint: ss -ltnp") && !said.contains("watching"),
        "{said}"
    );
    let (status, said) = live("192.0.2.1:9750");
    assert_eq!(status, 3, "{said}");
    assert!(said.contains("hint: ip address shows"), "{said}");
    let (status, said) = live("localhost:9750");
    assert_eq!(status, 2, "{said}");
    assert_eq!(watched.interrupt().status, 0);
}

/// As the unit and the `DaemonSet` in `contrib` run it: not root, with one capability.
fn cap_net_raw_is_enough() {
    let mut network = Network::new();
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    run_script(&format!("chown 65534:65534 {path} && chmod 700 {path}"));
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    // Not every path to this program is open to that user.
    let copy = folder.path().join("tcpwhy");
    std::fs::copy(program, &copy).unwrap();
    let ring = folder.path().join("ring");
    let arguments = format!(
        "--reuid=65534 --regid=65534 --clear-groups --bounding-set=-all,+net_raw --inh-caps=-all,+net_raw \
         --ambient-caps=-all,+net_raw --no-new-privs {} live -F ndjson -i eth0 --metrics 0 --ring {}",
        copy.display(),
        ring.display()
    );
    let watched = Watched::start(&mut on(&network.client, "setpriv", &words(&arguments)));
    let port = metrics_port(&watched);
    network.connect_and_hear("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:80\"");
    assert!(scrape(&network, port).contains_key("process_resident_memory_bytes"));
    let status = std::fs::read_to_string(format!("/proc/{}/status", watched.child.id())).unwrap();
    for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
        assert!(
            status.contains(&format!("{set}:\t0000000000000000\n")),
            "{status}"
        );
    }
    assert!(status.contains("NoNewPrivs:\t1\n"), "{status}");
    watched.signal("-TERM");
    assert_eq!(watched.end().status, 0);
    assert_eq!(read(&ring)["summary"]["refused"], 1);
}
