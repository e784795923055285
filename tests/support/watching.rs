//! `tcpwhy live` and a network for it: namespaces, sockets and packet filters of this host's kernel.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use libtest_mimic::{Arguments, Trial};

const TOOLS: [&str; 7] = ["bash", "ip", "nft", "tcpdump", "python3", "setpriv", "kill"];

/// They wait more than they work.
const AT_ONCE: usize = 4;

pub(crate) type Test = fn();

/// Runs the tests that the command line asks for, where they can run.
pub(crate) fn run_tests(tests: &[(&str, Test)]) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let obstacle = if arguments.list { None } else { obstacle() };
    if let Some(obstacle) = &obstacle {
        eprintln!("nothing can be watched here: {obstacle}");
    }
    let is_built = cfg!(feature = "live");
    let trials = tests
        .iter()
        .map(|(name, test)| {
            let test = *test;
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(*name, run).with_ignored_flag(!is_built || obstacle.is_some())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux".to_owned());
    }
    let is_root = Command::new("id").arg("-u").output().ok()?.stdout == b"0\n";
    if !is_root {
        return Some("it needs root, to make network namespaces".to_owned());
    }
    let name = format!("{}-trial", prefix());
    let was_made = is_done("ip", &["netns", "add", &name]);
    is_done("ip", &["netns", "delete", &name]);
    if !was_made {
        return Some("network namespaces cannot be made here".to_owned());
    }
    let missing: Vec<&str> = TOOLS
        .into_iter()
        .filter(|tool| !is_done("sh", &["-c", &format!("command -v {tool}")]))
        .collect();
    assert!(missing.is_empty(), "missing: {}", missing.join(", "));
    None
}

pub(crate) fn is_done(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Of namespaces: after the folder, so that two checkouts do not meet.
pub(crate) fn prefix() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().unwrap();
    format!("{}-live-{}", folder.to_string_lossy(), std::process::id())
}

// ---------------------------------------------------------------- the network

/// A client and a server: eth0 with 10.0.0.7 and 10.0.0.20, eth1 with 10.1.0.7 and 10.1.0.20.
pub(crate) struct Network {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) children: Vec<Child>,
}

impl Network {
    pub(crate) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let network = Self {
            client: format!("{}-{number}-client", prefix()),
            server: format!("{}-{number}-server", prefix()),
            children: Vec::new(),
        };
        let (client, server) = (&network.client, &network.server);
        for namespace in [client, server] {
            network.root(&format!(
                "ip netns add {namespace} && ip -n {namespace} link set lo up"
            ));
        }
        for (interface, network_part) in [("eth0", "10.0.0"), ("eth1", "10.1.0")] {
            network.root(&format!(
                "ip link add {interface} netns {client} type veth peer name {interface} netns {server} &&
                 ip -n {client} address add {network_part}.7/24 dev {interface} &&
                 ip -n {server} address add {network_part}.20/24 dev {interface} &&
                 ip -n {client} link set {interface} up && ip -n {server} link set {interface} up"
            ));
        }
        for namespace in [client, server] {
            for interface in ["eth0", "eth1"] {
                wait_until_up(namespace, interface);
            }
        }
        network
    }

    pub(crate) fn root(&self, script: &str) {
        let output = Command::new("bash").args(["-c", script]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {script}: {said}", self.client);
    }

    /// A packet filter on the server, or on the client.
    pub(crate) fn filter(&self, namespace: &str, rules: &str) {
        let script = format!(
            "ip netns exec {namespace} nft -f - <<'END'\ntable inet t\ndelete table inet t\ntable inet t {{\n\
             chain input {{\ntype filter hook input priority 0;\n{rules}\n}}\n}}\nEND"
        );
        self.root(&script);
    }

    /// A server that accepts on this port.
    pub(crate) fn listen(&mut self, address: &str, port: u16) {
        let script = format!(
            "import socket,time\ns=socket.create_server(('{address}',{port}))\nprint('listens',flush=True)\ntime.sleep(60)"
        );
        self.serve(&script);
    }

    /// A server in Python that says "listens" when it does; its process.
    pub(crate) fn serve(&mut self, script: &str) -> u32 {
        let mut child = on(&self.server, python(), &["-c", script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut said).unwrap();
        assert_eq!(said, "listens\n");
        let process = child.id();
        self.children.push(child);
        process
    }

    /// Connects, and hangs up after so many seconds at the latest.
    pub(crate) fn connect(&mut self, address: &str, port: u16, seconds: u32) {
        let script = format!("exec 3<>/dev/tcp/{address}/{port}");
        let seconds = seconds.to_string();
        let child = on(&self.client, "timeout", &[&seconds, "bash", "-c", &script])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push(child);
    }

    /// Connects, and keeps the connection until the end.
    pub(crate) fn connect_and_stay(&mut self, address: &str, port: u16) {
        let script = format!(
            "import socket,time\ns=socket.create_connection(('{address}',{port}))\nprint('connected',flush=True)\ntime.sleep(60)"
        );
        let mut child = on(&self.client, python(), &["-c", &script])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut said).unwrap();
        assert_eq!(said, "connected\n");
        self.children.push(child);
    }

    pub(crate) fn watch(&self, arguments: &[&str]) -> Watched {
        watch_on(&self.client, arguments)
    }
}

pub(crate) fn python() -> &'static str {
    if Path::new("/usr/bin/python3").exists() {
        "/usr/bin/python3"
    } else {
        "python3"
    }
}

/// The kernel sends nothing before it has noticed that both ends are up, a second later at most.
pub(crate) fn wait_until_up(namespace: &str, interface: &str) {
    let start = Instant::now();
    while start.elapsed() < LONG {
        let shown = Command::new("ip")
            .args(["-n", namespace, "-o", "link", "show", interface])
            .output()
            .unwrap();
        if String::from_utf8_lossy(&shown.stdout).contains("state UP") {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{namespace}: {interface} never came up");
}

/// A watch in a namespace.
pub(crate) fn watch_on(namespace: &str, arguments: &[&str]) -> Watched {
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let mut command = on(namespace, program, &["live", "--utc"]);
    Watched::start(command.args(arguments))
}

/// A program in a namespace.
pub(crate) fn on(namespace: &str, program: &str, arguments: &[&str]) -> Command {
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
            is_done("ip", &["netns", "delete", namespace]);
        }
    }
}

// ---------------------------------------------------------------- the program

/// A running watch: its lines as they come, with the time.
pub(crate) struct Watched {
    pub(crate) child: Child,
    pub(crate) lines: Receiver<(SystemTime, String)>,
    pub(crate) said: Receiver<String>,
}

/// How a watch ended.
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

/// Longer than anything takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

impl Watched {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (send_line, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let _ = send_line.send((SystemTime::now(), line.unwrap()));
            }
        });
        let (send_said, said) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stderr.lines() {
                let _ = send_said.send(line.unwrap());
            }
        });
        let watched = Self { child, lines, said };
        watched.wait_until_said("watching");
        watched
    }

    /// Waits for a line on standard error.
    pub(crate) fn wait_until_said(&self, words: &str) -> String {
        let start = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = LONG.checked_sub(start.elapsed()) {
            match self.said.recv_timeout(left) {
                Ok(line) if line.contains(words) => return line,
                Ok(line) => seen.push(line),
                Err(_) => break,
            }
        }
        panic!("it never said '{words}', but {seen:#?}");
    }

    /// Waits for a line on standard output.
    pub(crate) fn wait_for(&self, words: &str) -> (SystemTime, String) {
        let start = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = LONG.checked_sub(start.elapsed()) {
            match self.lines.recv_timeout(left) {
                Ok((at, line)) if line.contains(words) => return (at, line),
                Ok((_, line)) => seen.push(line),
                Err(_) => break,
            }
        }
        panic!("no line with '{words}' came, but {seen:#?}");
    }

    pub(crate) fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(is_done("kill", &[signal, &process]));
    }

    /// Waits for the end; what was written since the last look.
    pub(crate) fn end(mut self) -> Ended {
        let status = self.child.wait().unwrap();
        Ended {
            status: status.code().expect("ended by itself"),
            stdout: self.lines.iter().map(|(_, line)| line).collect(),
            stderr: self.said.iter().collect::<Vec<_>>().join("\n"),
        }
    }

    pub(crate) fn interrupt(self) -> Ended {
        self.signal("-INT");
        self.end()
    }
}

pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{}-{name}", std::process::id()))
}
