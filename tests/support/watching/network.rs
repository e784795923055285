//! Hosts for a watch: namespaces of the network, and programs in them.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use super::running::{Watched, ended};
use super::wait_until;
use crate::support::tools::is_done;

/// Of namespaces: after the folder and the process, so that neither two checkouts nor two test
/// binaries meet.
pub(crate) fn prefix() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().unwrap();
    format!("{}-live-{}", folder.to_string_lossy(), std::process::id())
}

/// For a network of this process.
pub(crate) fn unique_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{}-{number}", prefix())
}

/// A client and a server: eth0 with 10.0.0.7 and 10.0.0.20, eth1 with 10.1.0.7 and 10.1.0.20.
pub(crate) struct Network {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) children: Vec<Child>,
}

impl Network {
    pub(crate) fn new() -> Self {
        let name = unique_name();
        let network = Self {
            client: format!("{name}-client"),
            server: format!("{name}-server"),
            children: Vec::new(),
        };
        add_namespace(&network.client);
        add_namespace(&network.server);
        network.link("eth0", "10.0.0");
        network.link("eth1", "10.1.0");
        for interface in ["eth0", "eth1"] {
            network.wait_until_up(interface);
        }
        network
    }

    /// An interface of this name on both.
    pub(crate) fn link(&self, interface: &str, network_part: &str) {
        let (client, server) = (&self.client, &self.server);
        run_script(&format!(
            "ip link add {interface} netns {client} type veth peer name {interface} netns {server} &&
             ip -n {client} address add {network_part}.7/24 dev {interface} &&
             ip -n {server} address add {network_part}.20/24 dev {interface} &&
             ip -n {client} link set {interface} up && ip -n {server} link set {interface} up"
        ));
    }

    /// Until both ends are up.
    pub(crate) fn wait_until_up(&self, interface: &str) {
        for namespace in [&self.client, &self.server] {
            wait_until_up(namespace, interface);
        }
    }

    /// A server that accepts on this port.
    pub(crate) fn listen(&mut self, address: &str, port: u16) {
        self.serve(&listening_script(address, port));
    }

    /// A server that accepts on these ports, and says something at once.
    pub(crate) fn greet(&mut self, address: &str, ports: &[u16]) {
        self.serve(&format!(
            "import socket,threading\n\
             def serve(s):\n while True:\n  c,_=s.accept(); c.sendall(b'hello')\n\
             for p in {ports:?}: threading.Thread(target=serve,args=(socket.create_server(('{address}',p)),),daemon=True).start()\n\
             print('listens',flush=True)\nthreading.Event().wait(60)"
        ));
    }

    /// A server in Python that says "listens" when it does; its process.
    pub(crate) fn serve(&mut self, script: &str) -> u32 {
        let child = on(&self.server, python(), &["-c", script]);
        self.start_saying("listens\n", child)
    }

    /// Connects, and hangs up after so many seconds at the latest.
    pub(crate) fn connect(&mut self, address: &str, port: u16, seconds: u32) {
        self.connect_and(":", address, port, seconds);
    }

    /// The same, but hears a greeting before, if there is one within a second.
    pub(crate) fn connect_and_hear(&mut self, address: &str, port: u16, seconds: u32) {
        self.connect_and("read -r -n 5 -u 3 -t 1 x", address, port, seconds);
    }

    fn connect_and(&mut self, then: &str, address: &str, port: u16, seconds: u32) {
        let script = format!("exec 3<>/dev/tcp/{address}/{port} && {then}");
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
        let child = on(&self.client, python(), &["-c", &script]);
        self.start_saying("connected\n", child);
    }

    /// Starts a program that runs until the end, and waits for its first line; its process.
    fn start_saying(&mut self, words: &str, mut program: Command) -> u32 {
        let mut child = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut said).unwrap();
        assert_eq!(said, words);
        let process = child.id();
        self.children.push(child);
        process
    }

    pub(crate) fn watch(&self, arguments: &[&str]) -> Watched {
        watch_on(&self.client, arguments)
    }

    /// A watch on the client that ends by itself: its status, and what it says.
    pub(crate) fn watch_to_its_end(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = on(&self.client, env!("CARGO_BIN_EXE_tcpwhy"), &["live"]);
        ended(command.args(arguments))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        // What a child has started would go on trying to connect for two minutes, and hold open
        // the output of this program.
        for namespace in [&self.client, &self.server] {
            let end = format!("ip netns pids {namespace} | xargs -r kill -9");
            is_done("sh", &["-c", &end]);
            is_done("ip", &["netns", "delete", namespace]);
        }
    }
}

pub(crate) fn add_namespace(name: &str) {
    run_script(&format!(
        "ip netns add {name} && ip -n {name} link set lo up"
    ));
}

/// The kernel sends nothing before it has noticed that an interface is up, a second later at most.
pub(crate) fn wait_until_up(namespace: &str, interface: &str) {
    wait_until(|| {
        let shown = Command::new("ip")
            .args(["-n", namespace, "-o", "link", "show", interface])
            .output()
            .unwrap();
        let is_up = String::from_utf8_lossy(&shown.stdout).contains("state UP");
        let never = || format!("{namespace}: {interface} never came up");
        is_up.then_some(()).ok_or_else(never)
    });
}

/// A packet filter in a namespace, instead of the one before.
pub(crate) fn filter(namespace: &str, rules: &str) {
    run_script(&format!(
        "ip netns exec {namespace} nft -f - <<'END'\ntable inet t\ndelete table inet t\ntable inet t {{\n\
         chain input {{\ntype filter hook input priority 0;\n{rules}\n}}\n}}\nEND"
    ));
}

pub(crate) fn run_script(script: &str) {
    let output = Command::new("bash").args(["-c", script]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
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

pub(crate) fn python() -> &'static str {
    let of_the_system = "/usr/bin/python3";
    if Path::new(of_the_system).exists() {
        of_the_system
    } else {
        "python3"
    }
}

/// In Python: accepts on this port, and says when.
pub(crate) fn listening_script(address: &str, port: u16) -> String {
    format!(
        "import socket,time\ns=socket.create_server(('{address}',{port}))\nprint('listens',flush=True)\ntime.sleep(60)"
    )
}
