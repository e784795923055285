//! No more is sent, and nothing is waited for longer, than the help says.

use std::process::Stdio;
use std::time::{Duration, Instant};

use super::row::{Row, asked, rules, text};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{on, python};

pub(crate) const TESTS: &[Test] = tests![
    a_trace_sends_what_the_help_promises needs "tcpdump",
    sockets_are_connected_and_nothing_is_written needs "strace",
    targets_run_at_once_and_are_told_in_the_order_asked_for,
    a_resolver_that_hangs_does_not_outlast_the_wait,
    a_trace_needs_a_queue_of_errors,
];

#[allow(
    clippy::disallowed_methods,
    reason = "how long it takes is what this is about"
)]
fn now() -> Instant {
    Instant::now()
}

/// Lines of tcpdump with a SYN to this port.
fn syns(captured: &str, port: u16) -> usize {
    let to = format!("> 10.0.1.20.{port}: Flags [S]");
    captured.lines().filter(|line| line.contains(&to)).count()
}

fn a_trace_sends_what_the_help_promises() {
    let mut row = Row::new();
    row.serve(&[443], "pass");
    rules(&row.server, "input", "tcp dport { 81, 80 } drop");
    let captured = row.captured_while(|row| {
        row.probe(&["10.0.1.20:81", "--trace"]);
    });
    // The connect, a trace that ends in silence, and one to compare with.
    let all: usize = [80, 81, 443, 22]
        .iter()
        .map(|port| syns(&captured, *port))
        .sum();
    assert!((4..=8 + 64).contains(&all), "{captured}");
    assert!(
        syns(&captured, 81) > 3 && syns(&captured, 443) > 1,
        "{captured}"
    );
    assert!(
        syns(&captured, 80) == 1 && syns(&captured, 22) <= 1,
        "{captured}"
    );
    let from_client = captured
        .lines()
        .filter(|line| line.contains("10.0.0.7.") && line.contains("> 10.0.1.20."));
    let mut all = from_client.clone();
    assert!(all.all(|line| line.contains("length 0")), "{captured}");
    // SYNs within one second, whatever they live for: ten to a hop at most, four hops at once.
    let mut times: Vec<f64> = from_client
        .filter(|line| line.contains("Flags [S]"))
        .filter_map(|line| seconds(line.split(' ').next()?))
        .collect();
    times.sort_by(f64::total_cmp);
    let most = times.iter().map(|begin| {
        let within = begin..&(begin + 1.0);
        times.iter().filter(|at| within.contains(at)).count()
    });
    let most = most.max();
    assert!(most <= Some(40), "{most:?} in a second: {captured}");
}

/// `12:01:03.250000`
fn seconds(time: &str) -> Option<f64> {
    let parts = time.split(':').map(str::parse::<f64>);
    parts.collect::<Result<Vec<f64>, _>>().ok().map(|parts| {
        parts
            .iter()
            .fold(0.0, |seconds, part| seconds * 60.0 + part)
    })
}

/// By the calls that the program makes: a datagram socket is connected and sends nothing, a stream
/// connects once to each address, and nobody writes to either.
fn sockets_are_connected_and_nothing_is_written() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    let folder = tempfile::tempdir().unwrap();
    let traced = folder.path().join("calls");
    let output = on(
        &row.client,
        "strace",
        &[
            "-f",
            "-yy",
            "-o",
            traced.to_str().unwrap(),
            "-e",
            "trace=connect,write,writev,sendto,sendmsg,sendmmsg",
            env!("CARGO_BIN_EXE_tcpwhy"),
            "probe",
            "10.0.1.20:80",
            "10.0.1.20:85",
            "[2001:db8:0:1::20]:85",
            "--timeout",
            "1s",
        ],
    )
    .output()
    .unwrap();
    let calls = std::fs::read_to_string(&traced).unwrap();
    let connects = |kind: &str| {
        let is_it = |line: &&str| line.contains("connect(") && line.contains(kind);
        calls.lines().filter(is_it).count()
    };
    assert_eq!(connects("<TCP"), 3, "{calls} {output:?}");
    let sends = calls.lines().filter(|line| !line.contains("connect("));
    let to_network = sends.filter(|line| line.contains("<TCP") || line.contains("<UDP"));
    let to_network: Vec<&str> = to_network.collect();
    assert!(to_network.is_empty(), "{to_network:#?}");
}

fn targets_run_at_once_and_are_told_in_the_order_asked_for() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    rules(&row.server, "input", "tcp dport { 81-84 } drop");
    let ports = [81, 80, 82, 85, 83, 84];
    let targets: Vec<String> = ports
        .iter()
        .map(|port| format!("10.0.1.20:{port}"))
        .collect();
    let words: Vec<&str> = targets.iter().map(String::as_str).collect();
    let started = now();
    let ran = row.probe(&[&["-F", "ndjson"], &*words].concat());
    let at_once = started.elapsed();
    let told: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| {
            text(&serde_json::from_str::<serde_json::Value>(line).unwrap()["data"]["target"])
        })
        .collect();
    assert_eq!(told, targets, "{}", ran.stdout);
    // Four are silent for 3.5 s each.
    assert!(at_once < Duration::from_secs(10), "{at_once:?}");
    let started = now();
    row.probe(&[&["--parallel", "1", "--timeout", "1s"], &*words].concat());
    assert!(
        started.elapsed() >= Duration::from_secs(4),
        "one after the other"
    );
}

/// Takes questions for names, and answers none.
const SILENT_SERVER: &str = "import socket,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(('10.0.1.20',53))
print('ready',flush=True)
time.sleep(120)";

fn a_resolver_that_hangs_does_not_outlast_the_wait() {
    let mut row = Row::new();
    let server = row.server.clone();
    row.start(&server, SILENT_SERVER);
    row.etc("nsswitch.conf", "hosts: files dns\n");
    row.etc(
        "resolv.conf",
        "nameserver 10.0.1.20\noptions timeout:30 attempts:5\n",
    );
    for (more, longest) in [(&["--wait", "2s"][..], 5), (&[], 20)] {
        let started = now();
        let ran = row.probe(&[&["-F", "json", "db.test:80"], more].concat());
        let took = started.elapsed();
        assert!(took < Duration::from_secs(longest), "{took:?}");
        assert_eq!(ran.status, 3, "{}", ran.stdout);
        let asked = asked(&ran);
        let names = &asked["db.test:80"]["names"];
        assert_eq!(text(&names["error"]), "timed_out", "{names:#}");
    }
}

/// A filter of system calls under which a socket has no queue of errors, as on kernels before 5.9
/// and in some sandboxes.
const NO_QUEUE: &str = r"
import ctypes,os,struct,sys
libc=ctypes.CDLL(None,use_errno=True)
if os.uname().machine!='x86_64': sys.exit(77)
def step(code,true,false,value): return struct.pack('<HBBI',code,true,false,value)
# number of the call (54: setsockopt), level (0: IP), option (11: IP_RECVERR) -> ENOPROTOOPT
code=[step(0x20,0,0,0),step(0x15,0,5,54),step(0x20,0,0,24),step(0x15,0,3,0),
      step(0x20,0,0,32),step(0x15,0,1,11),step(0x06,0,0,0x50000|92),step(0x06,0,0,0x7fff0000)]
room=ctypes.create_string_buffer(b''.join(code))
program=ctypes.create_string_buffer(struct.pack('<HxxxxxxQ',len(code),ctypes.addressof(room)))
assert libc.prctl(38,1,0,0,0)==0
if libc.prctl(22,2,program,0,0)!=0: sys.exit(77)
os.execv(sys.argv[1],sys.argv[1:])
";

fn a_trace_needs_a_queue_of_errors() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    let probed = |more: &[&str]| {
        let words = [
            "-c",
            NO_QUEUE,
            env!("CARGO_BIN_EXE_tcpwhy"),
            "probe",
            "10.0.1.20:80",
        ];
        let mut command = on(&row.client, python(), &[&words, more].concat());
        command.stdin(Stdio::null()).output().unwrap()
    };
    let without = probed(&[]);
    if without.status.code() == Some(77) {
        return;
    }
    let said = String::from_utf8_lossy(&without.stdout).into_owned();
    assert_eq!(without.status.code(), Some(0), "{said}");
    assert!(said.contains("established"), "{said}");
    let traced = probed(&["--trace"]);
    let told = String::from_utf8_lossy(&traced.stderr).into_owned();
    assert_eq!(traced.status.code(), Some(4), "{told}");
    assert!(traced.stdout.is_empty());
    let words = "no trace: this kernel does not tell who sent an ICMP error";
    assert!(told.contains(words) && told.lines().count() == 2, "{told}");
}
