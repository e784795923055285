//! Captures at the router, the words of hosts behind it, and what is read of both.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::probe::row::{Row, text};
use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::tools::is_done;
use crate::support::watching::network::{on, python};
use crate::support::watching::wait_until;

pub(crate) const TESTS: &[Test] = tests![
    an_ordinary_user_learns_who_listens_and_what_is_left_unread,
    a_time_line_has_one_snapshot_on_each_line,
];

/// A network, what was captured in it, and what hosts said.
pub(super) struct Scene {
    pub(super) row: Row,
    folder: tempfile::TempDir,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            row: Row::new(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Captures on an interface of a namespace meanwhile.
    /// A datagram that nobody answers ends it: the capture then lasts as long as the client
    /// waited. Else it ends with the second repetition of the SYN, 3.0 s after the first: just
    /// about the patience.
    pub(super) fn captured(
        &self,
        (namespace, interface): (&str, &str),
        act: impl FnOnce(&Self),
    ) -> PathBuf {
        let path = self.path("capture.pcap");
        let words = [
            "-Z",
            "root",
            "-U",
            "--immediate-mode",
            "-i",
            interface,
            "-w",
            path.to_str().unwrap(),
            "tcp or udp or icmp or arp",
        ];
        let mut capture = on(namespace, "tcpdump", &words)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_until(|| match std::fs::metadata(&path) {
            Ok(facts) if facts.len() >= 24 => Ok(()),
            _ => Err("tcpdump does not begin".to_owned()),
        });
        act(self);
        let last = format!(
            "from socket import *\n\
             s=socket(type=SOCK_DGRAM); s.setsockopt(SOL_SOCKET,SO_BINDTODEVICE,b'{interface}')\n\
             s.sendto(b'',('224.0.0.1',9))"
        );
        let sent = on(namespace, python(), &["-c", &last]).status();
        assert!(sent.unwrap().success());
        std::thread::sleep(Duration::from_millis(300));
        is_done("kill", &["-TERM", &capture.id().to_string()]);
        capture.wait().unwrap();
        path
    }

    /// At the router, on the server's side.
    pub(super) fn between(&self, act: impl FnOnce(&Self)) -> PathBuf {
        self.captured((&self.row.router, "eth1"), act)
    }

    /// The client connects there, for so long at most; how often, one after the other.
    pub(super) fn connect(&self, to: &str, port: u16, seconds: u32, times: u32) {
        let script = format!(
            "import socket\n\
             for _ in range({times}):\n\
             \x20try: socket.create_connection(('{to}',{port}),timeout={seconds}).close()\n\
             \x20except OSError: pass"
        );
        let status = on(&self.row.client, python(), &["-c", &script]).status();
        assert!(status.unwrap().success());
    }

    /// What a host says of itself, to root.
    pub(super) fn asked(&self, namespace: &str) -> PathBuf {
        self.kept(namespace, "host.json")
    }

    /// As [`Self::asked`], in a file of its own.
    pub(super) fn kept(&self, namespace: &str, file: &str) -> PathBuf {
        let path = self.path(file);
        let words = ["host", "-q", "-o", path.to_str().unwrap()];
        let status = on(namespace, env!("CARGO_BIN_EXE_tcpwhy"), &words).status();
        assert!(status.unwrap().success());
        path
    }

    /// What it says to an ordinary user.
    pub(super) fn asked_as_anybody(&self, namespace: &str, more: &[&str]) -> PathBuf {
        let words = [
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            env!("CARGO_BIN_EXE_tcpwhy"),
            "host",
            "-q",
        ];
        let output = on(namespace, "setpriv", &[&words, more].concat()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        let path = self.path("host.json");
        std::fs::write(&path, output.stdout).unwrap();
        path
    }
}

/// The report on a capture, with a host's word.
pub(super) fn report(capture: &Path, hosts: &[(&str, &Path)]) -> Value {
    let hosts = hosts.iter();
    let hosts =
        hosts.flat_map(|(name, path)| ["--host".to_owned(), format!("{name}={}", path.display())]);
    let words = ["read", capture.to_str().unwrap(), "-F", "json"].map(str::to_owned);
    let words: Vec<String> = words.into_iter().chain(hosts).collect();
    let ran = run(&words);
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{}", ran.stdout);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// `refused closed_port likely`, of the first connect.
pub(super) fn said(report: &Value) -> String {
    let attempt = &report["attempts"][0];
    let cause = &attempt["cause"];
    let words = [
        text(&attempt["outcome"]),
        text(cause),
        text(&attempt["confidence"]),
    ];
    words.join(" ").trim().to_owned()
}

/// What hosts said of the first connect.
pub(super) fn testimony(report: &Value) -> String {
    let all = report["attempts"][0]["testimony"].as_array();
    let those = all.into_iter().flatten();
    let those = those.filter(|one| one["source"] == "host_file");
    let says: Vec<String> = those.map(|one| text(&one["says"])).collect();
    says.join("\n")
}

/// The sentences of all findings about services.
pub(super) fn findings(report: &Value) -> String {
    let all = report["findings"].as_array().unwrap().iter();
    let told = all.map(|one| format!("{}: {}", text(&one["kind"]), text(&one["statement"])));
    told.collect::<Vec<String>>().join("\n")
}

fn an_ordinary_user_learns_who_listens_and_what_is_left_unread() {
    let mut scene = Scene::new();
    let server = scene.row.server.clone();
    let serving = crate::probe::row::serving("127.0.0.1", &[3000], "pass");
    scene.row.start(&server, &serving);
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 3000, 2, 3));
    let without = report(&capture, &[]);
    assert_eq!(said(&without), "refused closed_port possible");
    let host = scene.asked_as_anybody(&server, &[]);
    let with = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&with), "refused closed_port likely");
    let told = testimony(&with);
    let words = "nothing listens on 10.0.1.20:3000; a process of user 0 listens on 127.0.0.1:3000";
    assert!(told.contains(words) && told.contains("(db1 "), "{told}");
    let findings = findings(&with);
    let words = "never_listening: 10.0.1.20:3000 refused all 3 connects throughout: a process of \
                 user 0 listens on 127.0.0.1:3000 only (db1, ";
    assert!(findings.contains(words), "{findings}");
    let known = &with["capture"]["hosts"][0];
    let says = text(&known["says"]);
    assert!(says.contains("it speaks for 10.0.1.20"), "{says}");
    for unread in ["rules of nftables", "who holds 1 of 1 sockets that listen"] {
        assert!(says.contains(unread), "{unread}: {says}");
    }
}

fn a_time_line_has_one_snapshot_on_each_line() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let server = scene.row.server.clone();
    let more = ["--every", "200ms", "--duration", "1s", "--command-lines"];
    let lines = scene.asked_as_anybody(&server, &more);
    let text = std::fs::read_to_string(&lines).unwrap();
    let validator = jsonschema::validator_for(&tcpwhy::host::snapshot::schema()).unwrap();
    let mut times = Vec::new();
    for line in text.lines() {
        let snapshot: Value = serde_json::from_str(line).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&snapshot)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(snapshot["listeners"].as_array().unwrap().len(), 1);
        // Command lines of others are not for everybody.
        assert!(!line.contains("import socket"), "{line}");
        times.push(snapshot["time"].as_str().unwrap().to_owned());
    }
    assert!((4..=6).contains(&times.len()), "{times:?}");
    assert!(times.is_sorted());
    let own = on(
        &server,
        env!("CARGO_BIN_EXE_tcpwhy"),
        &["host", "-q", "--command-lines"],
    );
    let mut own = own;
    let said = String::from_utf8(own.output().unwrap().stdout).unwrap();
    assert!(said.contains("import socket"), "{said}");
}
