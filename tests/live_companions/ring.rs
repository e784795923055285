//! What a ring keeps gives the same verdicts again.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::words;
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{Network, filter, on, python, run_script};
use crate::support::watching::reports::{read, written};
use crate::support::watching::running::Watched;

pub(crate) const TESTS: &[Test] = tests![
    a_ring_gives_the_same_verdicts,
    a_light_ring_infers_the_third_step,
    a_killed_watch_leaves_what_it_told,
    a_ring_that_cannot_be_kept_is_told_before,
    a_full_disk_is_told_once,
];

/// Of each attempt by its ends and number: how it ended, why, how sure that is, and when it was
/// certain.
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

/// The verdicts of a watch, but for what its own host testifies: that nobody listens on a port of
/// its loopback makes certain what packets leave open, and a file has packets alone.
fn by_packets_alone(verdicts: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let (certain, possible) = (r#""closed_port" "certain""#, r#""closed_port" "possible""#);
    let is_of_loopback = |ends: &str| ends.starts_with(r#""127.0.0.1:"#);
    let testified = verdicts
        .iter()
        .filter(|(ends, verdict)| is_of_loopback(ends) && verdict.contains(certain));
    // On a busy machine the host is not asked in time about each of the three.
    assert!((1..=3).contains(&testified.count()));
    let of_packets = |(ends, verdict): (String, String)| {
        let verdict = if is_of_loopback(&ends) {
            verdict.replace(certain, possible)
        } else {
            verdict
        };
        (ends, verdict)
    };
    verdicts.into_iter().map(of_packets).collect()
}

/// All kinds of ends, captured on two interfaces with different link types: what passes eth0 stands
/// there twice.
fn a_ring_gives_the_same_verdicts() {
    let mut network = Network::new();
    let (client, server) = (network.client.clone(), network.server.clone());
    filter(
        &server,
        "tcp dport 81 drop\ntcp dport 82 reject with icmpx type admin-prohibited\n\
         tcp dport 83 reject with tcp reset",
    );
    filter(
        &client,
        "tcp sport 86 tcp flags & (syn|ack) == syn|ack drop",
    );
    network.greet("10.0.0.20", &[84, 86]);
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
        network.connect_and_hear("10.0.0.20", port, 12);
    }
    for port in [80, 81, 83] {
        network.connect_and_hear("127.0.0.1", port, 12);
    }
    // Nobody answers for it: its SYN never leaves, and the host itself says so.
    network.connect_and_hear("10.0.0.99", 80, 12);
    for _ in 0..20 {
        network.connect_and_hear("10.0.0.20", 84, 12);
        network.connect_and_hear("10.0.0.20", 80, 12);
    }
    watched.wait_for("10.0.0.20:81  dropped");
    watched.wait_for("10.0.0.99:80  partial");
    std::thread::sleep(Duration::from_secs(1));
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(ended.stderr.contains("packets were kept"), "{ended:?}");

    let live = written(&report);
    let read = read(&ring);
    assert_eq!(verdicts(&read), by_packets_alone(verdicts(&live)));
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
fn a_light_ring_infers_the_third_step() {
    let mut network = Network::new();
    network.greet("10.0.0.20", &[84]);
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
    network.connect_and_hear("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:84  established");
    std::thread::sleep(Duration::from_secs(1));
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    let live = written(&report);
    let read = read(&ring);
    assert_eq!(verdicts(&read), verdicts(&live));
    assert_eq!(read["summary"]["established"], 1);
    assert_eq!(read["summary"]["refused"], 1);
    assert_eq!(read["capture"]["limits"], live["capture"]["limits"]);
}

/// In the middle of a stream of refusals, so that a block may well be torn.
fn a_killed_watch_leaves_what_it_told() {
    let mut network = Network::new();
    filter(&network.server, "tcp dport 81 drop");
    let folder = TempDir::new().unwrap();
    let ring = folder.path().to_str().unwrap();
    let words = [
        "-i",
        "eth0",
        "-F",
        "ndjson",
        "--ring",
        ring,
        "--ring-size",
        "1M",
    ];
    let watched = network.watch(&words);
    network.connect_and_hear("10.0.0.20", 81, 20);
    watched.wait_for("\"dropped\"");
    network.connect_and_hear("10.0.0.20", 80, 5);
    let (_, told) = watched.wait_for("10.0.0.20:80\"");
    let told: Value = serde_json::from_str(&told).unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let code =
        "import socket\nwhile True:\n s=socket.socket(); s.connect_ex(('10.0.0.20',79)); s.close()";
    let mut stream = on(&network.client, python(), &["-c", code])
        .spawn()
        .unwrap();
    for _ in 0..300 {
        watched.wait_for("10.0.0.20:79\"");
    }
    watched.kill();
    stream.kill().unwrap();
    stream.wait().unwrap();
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
    let next = network.watch(&[&words[..], &["--duration", "1s"]].concat());
    assert_eq!(next.end().status, 0);
    assert_eq!(files(), before + 1);
}

fn a_ring_that_cannot_be_kept_is_told_before() {
    let network = Network::new();
    let live = |arguments: &[&str]| {
        let (status, said) = network.watch_to_its_end(&[&["-i", "eth0"], arguments].concat());
        assert!(!said.contains("watching"), "{said}");
        (status, said)
    };
    // Root may write there only as long as it may pass over permissions.
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    run_script(&format!("chown 65534 {path} && chmod 755 {path}"));
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
fn a_full_disk_is_told_once() {
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
    let ended = watched.end();
    let said = &ended.stderr;
    assert_eq!(ended.status, 0, "{said}");
    let warnings = || said.lines().filter(|line| line.contains("warning"));
    let cannot =
        warnings().filter(|line| line.contains("the ring cannot be written: No space left"));
    assert_eq!(cannot.count(), 1, "{said}");
    assert!(
        warnings().any(|line| line.contains("packets could not be kept")),
        "{said}"
    );
    assert!(
        ended.stdout.iter().any(|line| line.contains("x refused 3")),
        "the watch went on"
    );
}
