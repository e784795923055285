//! The ring and the metrics of `tcpwhy live`, on real traffic in network namespaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and says where; live traffic has the time of the clock"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tempfile::TempDir;

/// They wait more than they work.
const AT_ONCE: usize = 4;

type Test = fn();

const TESTS: [(&str, Test); 9] = [
    ("a_ring_gives_the_same_verdicts", the_same_verdicts),
    ("a_light_ring_infers_the_third_step", a_light_ring),
    ("a_killed_watch_leaves_what_it_told", killed_with_signal_9),
    ("a_ring_that_cannot_be_kept_is_told_before", no_ring),
    ("a_full_disk_is_told_once", a_full_disk),
    ("metrics_are_what_a_parser_reads", metrics),
    ("clients_that_do_nothing_shut_nobody_out", slow_clients),
    ("an_address_in_use_is_told_before", address_in_use),
    ("cap_net_raw_is_enough", cap_net_raw_is_enough),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let obstacle = if arguments.list { None } else { obstacle() };
    if let Some(obstacle) = &obstacle {
        eprintln!("nothing can be watched here: {obstacle}");
    }
    let is_built = cfg!(feature = "live");
    let trials = TESTS
        .into_iter()
        .map(|(name, test)| {
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(name, run).with_ignored_flag(!is_built || obstacle.is_some())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux".to_owned());
    }
    if Command::new("id").arg("-u").output().ok()?.stdout != b"0\n" {
        return Some("it needs root, to make network namespaces".to_owned());
    }
    let name = format!("{}-trial", prefix());
    let was_made = run("ip", &["netns", "add", &name]).status.success();
    run("ip", &["netns", "delete", &name]);
    if !was_made {
        return Some("network namespaces cannot be made here".to_owned());
    }
    for tool in ["bash", "ip", "nft", "setpriv", "mount", "kill"] {
        let found = run("sh", &["-c", &format!("command -v {tool}")]);
        assert!(found.status.success(), "{tool} is missing");
    }
    let parser = run(
        python(),
        &["-c", "import prometheus_client.openmetrics.parser"],
    );
    assert!(
        parser.status.success(),
        "python3-prometheus-client is missing"
    );
    None
}

fn python() -> &'static str {
    let of_the_system = "/usr/bin/python3";
    if Path::new(of_the_system).exists() {
        of_the_system
    } else {
        "python3"
    }
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Of namespaces: after the folder, so that two checkouts do not meet.
fn prefix() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().unwrap();
    format!("{}-beside-{}", folder.to_string_lossy(), std::process::id())
}

// ---------------------------------------------------------------- the network

/// A client and a server: eth0 with 10.0.0.7 and 10.0.0.20.
struct Network {
    client: String,
    server: String,
    children: Vec<Child>,
}

impl Network {
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let (client, server) = (
            format!("{}-{number}-client", prefix()),
            format!("{}-{number}-server", prefix()),
        );
        script(&format!(
            "ip netns add {client} && ip netns add {server} &&
             ip link add eth0 netns {client} type veth peer name eth0 netns {server}"
        ));
        for (namespace, own) in [(&client, 7), (&server, 20)] {
            script(&format!(
                "ip -n {namespace} link set lo up && ip -n {namespace} address add 10.0.0.{own}/24 dev eth0 &&
                 ip -n {namespace} link set eth0 up"
            ));
        }
        // The first packets find their neighbour.
        std::thread::sleep(Duration::from_millis(300));
        Self {
            client,
            server,
            children: Vec::new(),
        }
    }

    fn filter(namespace: &str, rules: &str) {
        script(&format!(
            "ip netns exec {namespace} nft -f - <<'END'\ntable inet t {{\nchain input {{\n\
             type filter hook input priority 0;\n{rules}\n}}\n}}\nEND"
        ));
    }

    /// A server that accepts on these ports, and says something at once.
    fn listen(&mut self, ports: &[u16]) {
        let code = format!(
            "import socket,threading\n\
             def serve(s):\n while True:\n  c,_=s.accept(); c.sendall(b'hello')\n\
             for p in {ports:?}: threading.Thread(target=serve,args=(socket.create_server(('10.0.0.20',p)),),daemon=True).start()\n\
             print('listens',flush=True)\nthreading.Event().wait(60)"
        );
        let mut child = on(&self.server, python(), &["-c", &code])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut said).unwrap();
        assert_eq!(said, "listens\n");
        self.children.push(child);
    }

    /// Connects, and hangs up after so many seconds at the latest.
    fn connect(&mut self, address: &str, port: u16, seconds: u32) {
        let code = format!("exec 3<>/dev/tcp/{address}/{port} && read -r -n 5 -u 3 -t 1 x");
        let seconds = seconds.to_string();
        let child = on(&self.client, "timeout", &[&seconds, "bash", "-c", &code])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push(child);
    }

    fn watch(&self, arguments: &[&str]) -> Watched {
        let program = env!("CARGO_BIN_EXE_tcpwhy");
        let mut command = on(&self.client, program, &["live", "--utc", "-F", "ndjson"]);
        Watched::start(command.args(arguments))
    }

    /// What a server in the client's namespace answers to these bytes.
    fn ask(&self, port: u16, request: &str) -> String {
        let code = format!(
            "import socket,sys\ns=socket.create_connection(('127.0.0.1',{port}))\n\
             s.sendall(sys.argv[1].encode())\nsys.stdout.write(s.makefile('rb').read().decode())"
        );
        let output = on(&self.client, python(), &["-c", &code, request])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

fn script(script: &str) {
    let output = run("bash", &["-c", script]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
}

/// A program in a namespace.
fn on(namespace: &str, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", namespace, program])
        .args(arguments)
        .stdin(Stdio::null());
    command
}

impl Drop for Network {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for namespace in [&self.client, &self.server] {
            run("ip", &["netns", "delete", namespace]);
        }
    }
}

// ---------------------------------------------------------------- the program

/// A running watch.
struct Watched {
    child: Child,
    lines: Receiver<String>,
    said: Receiver<String>,
}

/// Longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_secs(40);

impl Watched {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = each_line(child.stdout.take().unwrap());
        let said = each_line(child.stderr.take().unwrap());
        let watched = Self { child, lines, said };
        watched.wait_until_said("watching");
        watched
    }

    fn wait_until_said(&self, words: &str) -> String {
        wait(&self.said, words)
    }

    /// The port that the metrics are served on.
    fn metrics_port(&self) -> u16 {
        let line = self.wait_until_said("metrics at");
        let address = line.split('/').nth(2).unwrap();
        address.rsplit(':').next().unwrap().parse().unwrap()
    }

    fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(run("kill", &[signal, &process]).status.success());
    }

    /// Status, what was written, and what was said.
    fn end(mut self) -> (Option<i32>, Vec<String>, Vec<String>) {
        let status = self.child.wait().unwrap();
        (
            status.code(),
            self.lines.iter().collect(),
            self.said.iter().collect(),
        )
    }
}

fn each_line(input: impl Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(input).lines().map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    lines
}

fn wait(lines: &Receiver<String>, words: &str) -> String {
    let start = Instant::now();
    let mut seen = Vec::new();
    while let Some(left) = LONG.checked_sub(start.elapsed()) {
        match lines.recv_timeout(left) {
            Ok(line) if line.contains(words) => return line,
            Ok(line) => seen.push(line),
            Err(_) => break,
        }
    }
    panic!("no line with '{words}' came, but {seen:#?}");
}

fn program(arguments: &[&str]) -> Output {
    run(env!("CARGO_BIN_EXE_tcpwhy"), arguments)
}

fn read(folder: &Path) -> Value {
    let output = program(&["read", "-F", "json", folder.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Of each attempt by its ends and number: how it ended, why, how sure that is, and when it was certain.
fn verdicts(report: &Value) -> BTreeMap<String, String> {
    let attempts = report["attempts"].as_array().unwrap().iter();
    attempts
        .map(|attempt| {
            let of = |fields: &[&str]| {
                let values = fields.iter().map(|field| attempt[field].to_string());
                values.collect::<Vec<_>>().join(" ")
            };
            (
                of(&["client", "server", "isn", "started"]),
                of(&["outcome", "cause", "confidence", "decided", "syn_count"]),
            )
        })
        .collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

// ---------------------------------------------------------------- the ring

/// All kinds of ends, captured on two interfaces with different link types: what passes eth0 stands there twice.
fn the_same_verdicts() {
    let mut network = Network::new();
    let (client, server) = (network.client.clone(), network.server.clone());
    Network::filter(
        &server,
        "tcp dport 81 drop\ntcp dport 82 reject with icmpx type admin-prohibited\n\
         tcp dport 83 reject with tcp reset",
    );
    Network::filter(
        &client,
        "tcp sport 86 tcp flags & (syn|ack) == syn|ack drop",
    );
    network.listen(&[84, 86]);
    let folder = TempDir::new().unwrap();
    let (ring, report) = (folder.path().join("ring"), folder.path().join("live.json"));
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let arguments = format!(
        "live -i eth0 -i any --outcome established,failed,pending,partial -F json -o {} --ring {} --ring-size 1M",
        report.display(),
        ring.display()
    );
    let watched = Watched::start(&mut on(&client, program, &words(&arguments)));
    for port in [80, 81, 82, 83, 84, 86] {
        network.connect("10.0.0.20", port, 12);
    }
    for port in [80, 81, 83] {
        network.connect("127.0.0.1", port, 12);
    }
    // Nobody answers for it: its SYN never leaves, and the host itself says so.
    network.connect("10.0.0.99", 80, 12);
    for _ in 0..20 {
        network.connect("10.0.0.20", 84, 12);
        network.connect("10.0.0.20", 80, 12);
    }
    wait(&watched.lines, "10.0.0.20:81  dropped");
    wait(&watched.lines, "10.0.0.99:80  partial");
    std::thread::sleep(Duration::from_secs(1));
    watched.signal("-INT");
    let (status, lines, said) = watched.end();
    assert_eq!(status, Some(0), "{lines:?} {said:?}");
    let kept = said.iter().find(|line| line.contains("packets were kept"));
    assert!(kept.is_some(), "{said:?}");

    let live: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let read = read(&ring);
    assert_eq!(verdicts(&read), verdicts(&live));
    assert_eq!(verdicts(&live).len(), 50);
    assert_eq!(read["summary"], live["summary"]);
    let link_types: Vec<&Value> = read["capture"]["sources"][0]["interfaces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|interface| &interface["link_type"])
        .collect();
    assert_eq!(link_types, ["EN10MB", "LINUX_SLL2"]);
    assert_eq!(read["capture"]["dropped"], live["capture"]["dropped"]);
}

/// Connections that go on: no FIN tells that something was left out.
fn a_light_ring() {
    let mut network = Network::new();
    network.listen(&[84]);
    let folder = TempDir::new().unwrap();
    let (ring, report) = (folder.path().join("ring"), folder.path().join("live.json"));
    let arguments = format!(
        "live -i eth0 --light --outcome established,failed -F json -o {} --ring {}",
        report.display(),
        ring.display()
    );
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let watched = Watched::start(&mut on(&network.client, program, &words(&arguments)));
    let code = "import socket,threading\ns=socket.create_connection(('10.0.0.20',84))\nthreading.Event().wait(30)";
    let open = on(&network.client, python(), &["-c", code])
        .spawn()
        .unwrap();
    network.children.push(open);
    network.connect("10.0.0.20", 80, 5);
    wait(&watched.lines, "10.0.0.20:84  established");
    std::thread::sleep(Duration::from_secs(1));
    watched.signal("-INT");
    let (status, lines, said) = watched.end();
    assert_eq!(status, Some(0), "{lines:?} {said:?}");
    let live: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    let read = read(&ring);
    assert_eq!(verdicts(&read), verdicts(&live));
    assert_eq!(read["summary"]["established"], 1);
    assert_eq!(read["summary"]["refused"], 1);
    assert_eq!(read["capture"]["limits"], live["capture"]["limits"]);
}

/// In the middle of a stream of refusals, so that a block may well be torn.
fn killed_with_signal_9() {
    let mut network = Network::new();
    Network::filter(&network.server, "tcp dport 81 drop");
    let folder = TempDir::new().unwrap();
    let ring = folder.path().to_str().unwrap();
    let watched = network.watch(&["-i", "eth0", "--ring", ring, "--ring-size", "1M"]);
    network.connect("10.0.0.20", 81, 20);
    wait(&watched.lines, "\"dropped\"");
    network.connect("10.0.0.20", 80, 5);
    let told = wait(&watched.lines, "10.0.0.20:80\"");
    let told: Value = serde_json::from_str(&told).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let code =
        "import socket\nwhile True:\n s=socket.socket(); s.connect_ex(('10.0.0.20',79)); s.close()";
    let mut stream = on(&network.client, python(), &["-c", code])
        .spawn()
        .unwrap();
    for _ in 0..300 {
        wait(&watched.lines, "10.0.0.20:79\"");
    }
    watched.signal("-KILL");
    let (status, _, _) = watched.end();
    stream.kill().unwrap();
    stream.wait().unwrap();
    assert_eq!(status, None);
    let read = read(folder.path());
    let attempts = read["attempts"].as_array().unwrap();
    let of = |port: u16| {
        let server = format!("10.0.0.20:{port}");
        attempts
            .iter()
            .find(move |attempt| attempt["server"].as_str() == Some(&server))
            .unwrap()
    };
    assert_eq!(of(81)["outcome"], "dropped");
    for field in ["outcome", "started", "client", "isn"] {
        assert_eq!(of(80)[field], told["data"][field], "{field}");
    }
    // The next watch goes on beside what is there.
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let before = files();
    let next = network.watch(&[
        "-i",
        "eth0",
        "--ring",
        ring,
        "--ring-size",
        "1M",
        "--duration",
        "1s",
    ]);
    assert_eq!(next.end().0, Some(0));
    assert_eq!(files(), before + 1);
}

fn no_ring() {
    let network = Network::new();
    let live = |words: &[&str]| {
        let program = env!("CARGO_BIN_EXE_tcpwhy");
        let words = [&["live", "-i", "eth0"], words].concat();
        let output = on(&network.client, program, &words).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("watching"), "{said}");
        (output.status.code().unwrap(), said)
    };
    // Root may write there only as long as it may pass over permissions.
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    script(&format!("chown 65534 {path} && chmod 755 {path}"));
    let (status, said) = live(&["--ring", path]);
    assert_eq!(status, 3, "{said}");
    assert!(
        said.contains(&format!("cannot keep a ring in {path}: ")),
        "{said}"
    );
    assert!(
        said.contains("\nhint: the user that tcpwhy runs as"),
        "{said}"
    );
    let (status, said) = live(&["--ring", "/proc/nothing"]);
    assert_eq!(status, 3, "{said}");
    let (status, said) = live(&["--ring", "/etc/passwd"]);
    assert_eq!(status, 3, "{said}");
    let (status, said) = live(&["--ring", path, "--ring-size", "1000K"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("less than 1 MiB is too little"), "{said}");
    let (status, said) = live(&["--ring-size", "1G"]);
    assert_eq!(status, 2, "{said}");
}

/// A file system of 200 KiB, for a ring of a megabyte.
fn a_full_disk() {
    let mut network = Network::new();
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    // The namespace of mounts is of this process, and goes with it.
    let code = format!(
        "mount -t tmpfs -o size=200k none {path} && exec {} live -i eth0 --ring {path} --ring-size 1M --count 3000",
        env!("CARGO_BIN_EXE_tcpwhy")
    );
    let watched = Watched::start(&mut on(&network.client, "bash", &["-c", &code]));
    let code = "import socket\nfor i in range(3100):\n s=socket.socket(); s.connect_ex(('10.0.0.20',79)); s.close()";
    let stream = on(&network.client, python(), &["-c", code])
        .spawn()
        .unwrap();
    network.children.push(stream);
    let (status, lines, said) = watched.end();
    assert_eq!(status, Some(0), "{said:?}");
    let warnings = || said.iter().filter(|line| line.contains("warning"));
    let cannot =
        warnings().filter(|line| line.contains("the ring cannot be written: No space left"));
    assert_eq!(cannot.count(), 1, "{said:?}");
    assert!(
        warnings().any(|line| line.contains("packets could not be kept")),
        "{said:?}"
    );
    assert!(
        lines.iter().any(|line| line.contains("x refused 3")),
        "the watch went on"
    );
}

// ---------------------------------------------------------------- the metrics

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
    let response = network.ask(port, GET);
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

fn metrics() {
    let mut network = Network::new();
    Network::filter(&network.server, "tcp dport 81 drop");
    network.listen(&[84]);
    let folder = TempDir::new().unwrap();
    let ring = folder.path().to_str().unwrap();
    let watched = network.watch(&["-i", "eth0", "--metrics", "0", "--ring", ring]);
    let port = watched.metrics_port();
    let before = scrape(&network, port);
    assert!(
        !before
            .keys()
            .any(|name| name.starts_with("tcpwhy_attempts_total")),
        "{before:?}"
    );
    for port in [80, 80, 81, 84, 84, 84] {
        network.connect("10.0.0.20", port, 10);
    }
    wait(&watched.lines, "\"dropped\"");
    let start = Instant::now();
    let samples = loop {
        let samples = scrape(&network, port);
        let is_there = samples.contains_key("tcpwhy_attempts_total outcome=dropped server_port=81");
        if is_there || start.elapsed() > LONG {
            break samples;
        }
    };
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
    watched.signal("-INT");
    assert_eq!(watched.end().0, Some(0));
}

/// Other requests than those of Prometheus.
fn answers(network: &Network, port: u16) {
    let status = |request: &str| {
        network
            .ask(port, request)
            .lines()
            .next()
            .unwrap()
            .to_owned()
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
    let head = network.ask(port, "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    let older = network.ask(
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
fn slow_clients() {
    let mut network = Network::new();
    let watched = network.watch(&["-i", "eth0", "--metrics", "127.0.0.1:0"]);
    let port = watched.metrics_port();
    let code = format!(
        "import socket\nc=[socket.create_connection(('127.0.0.1',{port})) for i in range(50)]\n\
         [s.sendall(b'GET /metrics HTTP/1.1\\r\\nHost: ') for s in c]\nprint('there',flush=True)\n\
         print([s.makefile('rb').read()[:12] for s in c][0].decode(),flush=True)"
    );
    let mut clients = on(&network.client, python(), &["-c", &code])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = each_line(clients.stdout.take().unwrap());
    wait(&lines, "there");
    network.connect("10.0.0.20", 80, 5);
    wait(&watched.lines, "10.0.0.20:80\"");
    assert!(scrape(&network, port).len() > 20);
    wait(&lines, "HTTP/1.1 408");
    clients.wait().unwrap();
    let process = watched.child.id();
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    assert_eq!(threads.count(), 2);
    watched.signal("-INT");
    assert_eq!(watched.end().0, Some(0));
}

fn address_in_use() {
    let network = Network::new();
    let watched = network.watch(&["-i", "eth0", "--metrics", "0"]);
    let taken = watched.metrics_port().to_string();
    let live = |address: &str| {
        let arguments = ["live", "-i", "eth0", "--metrics", address];
        let output = on(&network.client, env!("CARGO_BIN_EXE_tcpwhy"), &arguments)
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
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
    watched.signal("-INT");
    assert_eq!(watched.end().0, Some(0));
}

/// As the unit and the `DaemonSet` in `contrib` run it: not root, with one capability.
fn cap_net_raw_is_enough() {
    let mut network = Network::new();
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    script(&format!("chown 65534:65534 {path} && chmod 700 {path}"));
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
    let port = watched.metrics_port();
    network.connect("10.0.0.20", 80, 5);
    wait(&watched.lines, "10.0.0.20:80\"");
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
    assert_eq!(watched.end().0, Some(0));
    assert_eq!(read(&ring)["summary"]["refused"], 1);
}
