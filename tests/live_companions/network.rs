//! Hosts in namespaces of the network.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::watched::Watched;
use crate::{prefix, python, run};

/// A client and a server: eth0 with 10.0.0.7 and 10.0.0.20.
pub(crate) struct Network {
    pub(crate) client: String,
    pub(crate) server: String,
    pub(crate) children: Vec<Child>,
}

impl Network {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn filter(namespace: &str, rules: &str) {
        script(&format!(
            "ip netns exec {namespace} nft -f - <<'END'\ntable inet t {{\nchain input {{\n\
             type filter hook input priority 0;\n{rules}\n}}\n}}\nEND"
        ));
    }

    /// A server that accepts on these ports, and says something at once.
    pub(crate) fn listen(&mut self, ports: &[u16]) {
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
    pub(crate) fn connect(&mut self, address: &str, port: u16, seconds: u32) {
        let code = format!("exec 3<>/dev/tcp/{address}/{port} && read -r -n 5 -u 3 -t 1 x");
        let seconds = seconds.to_string();
        let child = on(&self.client, "timeout", &[&seconds, "bash", "-c", &code])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.children.push(child);
    }

    pub(crate) fn watch(&self, arguments: &[&str]) -> Watched {
        let program = env!("CARGO_BIN_EXE_tcpwhy");
        let mut command = on(&self.client, program, &["live", "--utc", "-F", "ndjson"]);
        Watched::start(command.args(arguments))
    }

    /// What a server in the client's namespace answers to these bytes.
    pub(crate) fn ask(&self, port: u16, request: &str) -> String {
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

pub(crate) fn script(script: &str) {
    let output = run("bash", &["-c", script]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
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
            run("ip", &["netns", "delete", namespace]);
        }
    }
}
