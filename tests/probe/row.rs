//! A client, a router and a server in a row, and the program on one of them.

use std::collections::BTreeMap;
use std::process::{Child, Command};

use serde_json::Value;

use crate::support::command::Ran;
use crate::support::tools::is_done;
use crate::support::watching::network::{on, python, run_script, unique_name};
use crate::support::watching::wait_until;

pub(crate) const SERVER: &str = "10.0.1.20";
pub(crate) const SERVER6: &str = "[2001:db8:0:1::20]";

/// `10.0.0.7` and `2001:db8::7`, the router's `10.0.0.1`, `2001:db8::1` and `10.0.1.1`,
/// `2001:db8:0:1::1`, and the server's `10.0.1.20` and `2001:db8:0:1::20`.
pub(crate) struct Row {
    pub(crate) client: String,
    pub(crate) router: String,
    pub(crate) server: String,
    children: Vec<Child>,
}

impl Row {
    pub(crate) fn new() -> Self {
        let name = unique_name();
        let row = Self {
            client: format!("{name}-client"),
            router: format!("{name}-router"),
            server: format!("{name}-server"),
            children: Vec::new(),
        };
        let (client, router, server) = (&row.client, &row.router, &row.server);
        run_script(&format!(
            "set -e
             for one in {client} {router} {server}; do
                 ip netns add $one
                 ip netns exec $one sh -c '
                     cd /proc/sys/net
                     echo 0 >ipv6/conf/default/accept_dad
                     echo 0 >ipv6/conf/all/accept_dad
                     echo 0 >ipv4/icmp_ratelimit
                     echo 0 >ipv6/icmp/ratelimit
                     for scope in all default; do echo 0 >ipv4/conf/$scope/rp_filter; done
                     echo 1 >ipv4/ip_forward'
                 ip -n $one link set lo up
             done
             ip netns exec {router} sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
             ip link add eth0 netns {client} type veth peer name eth0 netns {router}
             ip link add eth0 netns {server} type veth peer name eth1 netns {router}
             give() {{ ip -n $1 address add $3 dev $2; ip -n $1 address add $4 dev $2 nodad; ip -n $1 link set $2 up; }}
             give {client} eth0 10.0.0.7/24 2001:db8::7/64
             give {router} eth0 10.0.0.1/24 2001:db8::1/64
             give {router} eth1 10.0.1.1/24 2001:db8:0:1::1/64
             give {server} eth0 10.0.1.20/24 2001:db8:0:1::20/64
             ip -n {client} route add default via 10.0.0.1
             ip -n {client} -6 route add default via 2001:db8::1
             ip -n {server} route add default via 10.0.1.1
             ip -n {server} -6 route add default via 2001:db8:0:1::1"
        ));
        row.wait_until_joined();
        row
    }

    /// The kernel sends nothing before it has noticed that a link is up.
    fn wait_until_joined(&self) {
        let (client, router, server) = (&self.client, &self.router, &self.server);
        for (namespace, interface) in [
            (client, "eth0"),
            (router, "eth0"),
            (router, "eth1"),
            (server, "eth0"),
        ] {
            wait_until(|| {
                let words = ["-n", namespace, "-o", "link", "show", interface];
                let shown = Command::new("ip").args(words).output().unwrap();
                let is_up = String::from_utf8_lossy(&shown.stdout).contains("state UP");
                let never = || format!("{namespace}: {interface} is not up");
                is_up.then_some(()).ok_or_else(never)
            });
        }
    }

    /// A program in Python that goes on until the end, and says "ready" when it may.
    pub(crate) fn start(&mut self, namespace: &str, script: &str) {
        use std::io::{BufRead, BufReader};
        let mut child = on(namespace, python(), &["-c", script])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut said).unwrap();
        self.children.push(child);
        assert_eq!(said, "ready\n", "{script}");
    }

    /// Accepts at the server on these ports, IPv4 and IPv6, and does this with each connection `c`.
    pub(crate) fn serve(&mut self, ports: &[u16], then: &str) {
        let script = serving("::", ports, then);
        let server = self.server.clone();
        self.start(&server, &script);
    }

    /// `tcpwhy probe` at the client as an ordinary user.
    pub(crate) fn probe(&self, arguments: &[&str]) -> Ran {
        let ordinary = [
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            env!("CARGO_BIN_EXE_tcpwhy"),
            "probe",
        ];
        let mut command = on(&self.client, "setpriv", &ordinary);
        command.args(arguments).env_remove("NO_COLOR");
        command.output().unwrap().into()
    }

    /// What an ordinary user's probe of these targets says in JSON, by target.
    pub(crate) fn asked(&self, targets: &[&str]) -> BTreeMap<String, Value> {
        asked(&self.probe(&[&["-F", "json"], targets].concat()))
    }
}

/// What the shell does in a namespace.
pub(crate) fn run_in(namespace: &str, script: &str) {
    run_script(&format!(
        "ip netns exec {namespace} bash -e <<'SCRIPT'\n{script}\nSCRIPT"
    ));
}

/// Rules of a packet filter in a namespace, in a chain of this hook.
pub(crate) fn rules(namespace: &str, hook: &str, rules: &str) {
    let script = format!(
        "nft -f - <<'END'\ntable inet of_{hook} {{\nchain rules {{\ntype filter hook {hook} priority 0;\n{rules}\n}}\n}}\nEND"
    );
    run_in(namespace, &script);
}

/// The targets of a JSON document, by what was asked for.
pub(crate) fn asked(ran: &Ran) -> BTreeMap<String, Value> {
    let document: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", ran.stdout, ran.stderr));
    let targets = document["targets"].as_array().unwrap().iter();
    targets
        .map(|target| (text(&target["target"]), target.clone()))
        .collect()
}

/// Of a target with one address, what came of it.
pub(crate) fn only(target: &Value) -> &Value {
    let addresses = target["addresses"].as_array().unwrap();
    assert_eq!(addresses.len(), 1, "{target:#}");
    &addresses[0]
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `refused closed_port possible ECONNREFUSED`: what is said of a connect, in one line.
pub(crate) fn said(connect: &Value) -> String {
    let words =
        ["outcome", "local", "cause", "confidence", "app_error"].map(|field| text(&connect[field]));
    let words = words.iter().filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(String::as_str).collect();
    words.join(" ")
}

/// In Python: accepts on these ports, and does this with each connection `c`.
pub(crate) fn serving(address: &str, ports: &[u16], then: &str) -> String {
    format!(
        "import socket,struct,threading,time\n\
         kept=[]\n\
         def serve(s):\n while True:\n  c,_=s.accept(); kept.append(c); {then}\n\
         for p in {ports:?}:\n\
         \x20s=socket.create_server(('{address}',p),family=socket.AF_INET6 if ':' in '{address}' else socket.AF_INET,dualstack_ipv6='{address}'=='::',backlog=64)\n\
         \x20threading.Thread(target=serve,args=(s,),daemon=True).start()\n\
         print('ready',flush=True)\ntime.sleep(120)"
    )
}

impl Drop for Row {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
        for namespace in [&self.client, &self.router, &self.server] {
            let end = format!("ip netns pids {namespace} | xargs -r kill -9");
            is_done("sh", &["-c", &end]);
            is_done("ip", &["netns", "delete", namespace]);
            let _ = std::fs::remove_dir_all(format!("/etc/netns/{namespace}"));
        }
    }
}

impl Row {
    /// From now on the client's hosts file has these addresses for a name, and no other name.
    pub(crate) fn name(&self, name: &str, addresses: &[&str]) {
        let lines = addresses
            .iter()
            .map(|address| format!("{address} {name}\n"));
        self.etc(
            "hosts",
            &("127.0.0.1 localhost\n".to_owned() + &lines.collect::<String>()),
        );
    }

    /// A file of the client's own in /etc.
    pub(crate) fn etc(&self, file: &str, content: &str) {
        let folder = format!("/etc/netns/{}", self.client);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(format!("{folder}/{file}"), content).unwrap();
    }

    /// What tcpdump shows of the client's packets meanwhile.
    pub(crate) fn captured_while(&self, act: impl FnOnce(&Self)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sent.pcap");
        let path = file.to_str().unwrap();
        let words = ["-Z", "root", "-U", "-i", "eth0", "-w", path, "tcp"];
        let mut capture = on(&self.client, "tcpdump", &words)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        wait_until(|| match std::fs::metadata(&file) {
            Ok(facts) if facts.len() >= 24 => Ok(()),
            _ => Err("tcpdump does not begin".to_owned()),
        });
        act(self);
        std::thread::sleep(std::time::Duration::from_millis(500));
        is_done("kill", &["-TERM", &capture.id().to_string()]);
        capture.wait().unwrap();
        let shown = on(&self.client, "tcpdump", &["-nn", "-r", path]).output();
        String::from_utf8(shown.unwrap().stdout).unwrap()
    }
}
