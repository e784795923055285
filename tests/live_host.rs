//! What `tcpwhy live` learns from this host itself: sockets, processes and counters of this host's
//! kernel, in network namespaces.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::support::harness::{Test, tests};
use crate::support::watching::network::{
    Network, filter, listening_script, on, python, run_script, watch_on,
};
use crate::support::watching::running::Watched;

pub(crate) const TESTS: &[Test] = tests![
    a_refused_port_tells_what_listens_elsewhere,
    a_port_where_nothing_listens_and_a_rule_that_resets,
    the_client_s_process_is_named,
    a_full_accept_queue_is_proved,
    the_reverse_path_filter_is_cited,
    a_rule_that_drops_before_tcp_is_told,
    a_rule_that_comes_while_it_watches_is_a_change_of_policy,
    a_full_queue_is_the_cause_of_all_that_it_drops,
    without_rights_users_are_told,
    a_hostile_name_is_harmless,
];

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}

/// One of the notes or of the evidence.
fn has(texts: &[String], words: &[&str]) -> bool {
    texts
        .iter()
        .any(|text| words.iter().all(|word| text.contains(word)))
}

fn a_refused_port_tells_what_listens_elsewhere() {
    let mut network = Network::new();
    let process = network.serve(&listening_script("127.0.0.1", 8080));
    let watched = watch_on(
        &network.server,
        &["-i", "eth0", "--processes", "-F", "ndjson"],
    );
    network.connect("10.0.0.20", 8080, 5);
    let (_, line) = watched.wait_for(":8080\"");
    let attempt: Value = serde_json::from_str(&line).unwrap();
    let listens = format!("(pid {process}) listens on 127.0.0.1:8080");
    let words = ["nothing listens on 10.0.0.20:8080; python3", &listens];
    let notes = texts(&attempt["data"]["notes"]);
    assert!(has(&notes, &words), "{notes:?}");
    assert_eq!(attempt["data"]["cause"], "closed_port");
    assert_eq!(attempt["data"]["confidence"], "certain");
    let ended = watched.interrupt();
    let findings = ended.data("finding");
    assert_eq!(findings[0]["kind"], "never_listening");
    assert_eq!(findings[0]["confidence"], "certain");
    let statement = findings[0]["statement"].as_str().unwrap();
    let only = "refused the one connect throughout: python3";
    assert!(
        statement.contains(only) && statement.ends_with("127.0.0.1:8080 only"),
        "{statement}"
    );
    let evidence = texts(&findings[0]["evidence"]);
    assert!(
        has(&evidence, &[&words[..], &["UTC"]].concat()),
        "{evidence:?}"
    );
}

fn a_port_where_nothing_listens_and_a_rule_that_resets() {
    let mut network = Network::new();
    let server = network.server.clone();
    filter(&server, "tcp dport 84 reject with tcp reset");
    network.listen("0.0.0.0", 84);
    let watched = watch_on(&server, &["-i", "eth0", "--processes"]);
    network.connect("10.0.0.20", 80, 5);
    let (_, line) = watched.wait_for("10.0.0.20:80  refused");
    assert!(line.contains("nothing listens on 10.0.0.20:80 ("), "{line}");
    network.connect("10.0.0.20", 84, 5);
    let (_, line) = watched.wait_for("10.0.0.20:84  refused");
    assert!(
        line.contains(" listens on 0.0.0.0:84: since then, or a rule resets"),
        "{line}"
    );
    let ended = watched.interrupt();
    let report = ended.stdout.join("\n");
    assert!(
        report.contains("nothing listens on 10.0.0.20:80"),
        "{report}"
    );
}

/// Somebody listens all the while: no outage.
fn a_rule_that_comes_while_it_watches_is_a_change_of_policy() {
    for (rule, words) in [
        ("tcp dport 84 drop", "meets with silence"),
        ("tcp dport 84 reject with tcp reset", "refuses"),
    ] {
        let mut network = Network::new();
        network.greet("10.0.0.20", &[84]);
        let server = network.server.clone();
        let watched = watch_on(&server, &["-i", "eth0", "--processes", "-F", "ndjson"]);
        for _ in 0..3 {
            network.connect_and_hear("10.0.0.20", 84, 12);
            std::thread::sleep(Duration::from_millis(200));
        }
        filter(&server, rule);
        for _ in 0..3 {
            network.connect_and_hear("10.0.0.20", 84, 12);
            std::thread::sleep(Duration::from_millis(200));
        }
        std::thread::sleep(Duration::from_secs(4));
        let findings = watched.interrupt().data("finding");
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0]["kind"], "policy_changed", "{findings:?}");
        assert_eq!(findings[0]["attempts"], 3, "{findings:?}");
        let statement = findings[0]["statement"].as_str().unwrap();
        assert!(
            statement.contains(words) && statement.contains("a rule came"),
            "{statement}"
        );
    }
}

/// More connects than its queue holds, most of which are asked for when others have got in.
fn a_full_queue_is_the_cause_of_all_that_it_drops() {
    let mut network = Network::new();
    network.serve(
        "import socket,time\ns=socket.socket()\ns.bind(('10.0.0.20',85))\ns.listen(1)\nprint('listens',flush=True)\ntime.sleep(60)",
    );
    let server = network.server.clone();
    let watched = watch_on(&server, &["-i", "eth0", "--processes", "-F", "ndjson"]);
    for _ in 0..12 {
        network.connect("10.0.0.20", 85, 20);
    }
    std::thread::sleep(Duration::from_secs(5));
    let ended = watched.interrupt();
    let findings = ended.data("finding");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let (finding, summary) = (&findings[0], &ended.data("summary")[0]);
    assert_eq!(finding["kind"], "overload", "{finding}");
    assert_eq!(finding["confidence"], "certain", "{finding}");
    assert_eq!(finding["attempts"], summary["dropped"], "{summary}");
    assert!(summary["dropped"].as_u64() >= Some(9), "{summary}");
    let statement = finding["statement"].as_str().unwrap();
    assert!(
        statement.contains("its accept queue is full"),
        "{statement}"
    );
}

fn the_client_s_process_is_named() {
    let mut network = Network::new();
    let server = network.server.clone();
    filter(&server, "tcp dport 81 drop");
    let watched = network.watch(&["-i", "eth0", "--processes"]);
    let script = "import os,socket\nprint(os.getpid(),flush=True)\nsocket.create_connection(('10.0.0.20',81),20)";
    let child = on(&network.client, python(), &["-c", script])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let process = child.id();
    network.children.push(child);
    let (_, line) = watched.wait_for("10.0.0.20:81  dropped");
    let client = format!("(pid {process}), by this host's socket table at its SYN");
    assert!(
        line.contains("client: python3") && line.contains(&client),
        "{line}"
    );
    let ended = watched.interrupt();
    let report = ended.stdout.join(" ").replace("     ", " ");
    assert!(report.contains("client: python3"), "{report}");
}

/// A backlog of 1 holds two connections that nobody accepts; the third SYN meets silence.
fn a_full_accept_queue_is_proved() {
    let mut network = Network::new();
    let process = network.serve(
        "import socket,time\ns=socket.socket()\ns.bind(('10.0.0.20',85))\ns.listen(1)\nprint('listens',flush=True)\ntime.sleep(60)",
    );
    let server = network.server.clone();
    for _ in 0..2 {
        network.connect_and_stay("10.0.0.20", 85);
    }
    let watched = watch_on(&server, &["-i", "eth0", "--processes", "-F", "ndjson"]);
    network.connect("10.0.0.20", 85, 20);
    let (_, line) = watched.wait_for("\"dropped\"");
    let attempt: Value = serde_json::from_str(&line).unwrap();
    let attempt = &attempt["data"];
    let notes = texts(&attempt["notes"]);
    let listens = format!("(pid {process}) listens on 10.0.0.20:85");
    assert!(
        has(
            &notes,
            &[&listens, "its accept queue is full (2 waiting, backlog 1)"]
        ),
        "{notes:?}"
    );
    assert!(
        has(&notes, &["ListenOverflows +", "an accept queue was full"]),
        "{notes:?}"
    );
    assert_eq!(attempt["cause"], "accept_queue_full");
    assert_eq!(attempt["confidence"], "certain");
    assert_eq!(attempt["captured_at"], "server");
    let ended = watched.interrupt();
    let findings = ended.data("finding");
    assert_eq!(findings[0]["kind"], "overload", "{findings:?}");
    assert_eq!(findings[0]["confidence"], "certain");
    let evidence = texts(&findings[0]["evidence"]);
    assert!(
        has(
            &evidence,
            &["ListenOverflows +", "on this host between ", " UTC"]
        ),
        "{evidence:?}"
    );
}

/// The SYN comes in by eth0, and the way back to its source leads out of eth1.
fn the_reverse_path_filter_is_cited() {
    let mut network = Network::new();
    let (client, server) = (network.client.clone(), network.server.clone());
    run_script(&format!(
        "ip netns exec {server} sh -c 'for f in all eth0; do echo 1 > /proc/sys/net/ipv4/conf/$f/rp_filter; done' &&
         ip netns exec {client} sh -c 'echo 2 > /proc/sys/net/ipv4/conf/all/arp_announce' &&
         ip -n {client} address add 10.1.0.99/32 dev lo"
    ));
    network.listen("0.0.0.0", 84);
    let watched = watch_on(&server, &["-i", "eth0", "-F", "ndjson"]);
    let script = "import socket\nsocket.create_connection(('10.0.0.20',84),20,('10.1.0.99',0))";
    let child = on(&client, python(), &["-c", script])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    network.children.push(child);
    let (_, line) = watched.wait_for("\"dropped\"");
    let attempt: Value = serde_json::from_str(&line).unwrap();
    let attempt = &attempt["data"];
    let notes = texts(&attempt["notes"]);
    assert!(has(&notes, &["IPReversePathFilter +"]), "{notes:?}");
    assert!(
        has(&notes, &["its accept queue is not full (0 waiting"]),
        "{notes:?}"
    );
    assert_eq!(attempt["cause"], "dropped_here", "{attempt:#}");
    assert_eq!(attempt["confidence"], "likely");
    let ended = watched.interrupt();
    let findings = ended.data("finding");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["kind"], "dropped_here");
    assert_eq!(findings[0]["confidence"], "likely");
    let steps = findings[0]["next_steps"].to_string();
    assert!(steps.contains("rp_filter"), "{steps}");
}

fn a_rule_that_drops_before_tcp_is_told() {
    let mut network = Network::new();
    let server = network.server.clone();
    filter(&server, "tcp dport 81 drop");
    let watched = watch_on(&server, &["-i", "eth0"]);
    network.connect("10.0.0.20", 81, 20);
    let (_, line) = watched.wait_for("10.0.0.20:81  dropped");
    assert!(
        line.contains("nothing listens on 10.0.0.20:81; silence instead of a RST is a rule's"),
        "{line}"
    );
    watched.interrupt();
}

/// With nothing but the right to capture: own processes by their names, those of others by their
/// users.
fn without_rights_users_are_told() {
    let mut network = Network::new();
    let server = network.server.clone();
    let nobodys = |port| {
        let script = listening_script("127.0.0.1", port);
        let words = ["--reuid=65534", "--clear-groups", python(), "-c", &script];
        on(&server, "setpriv", &words)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let own = nobodys(8081);
    let own_process = own.id();
    network.children.push(own);
    network.listen("127.0.0.1", 8080);
    let words = [
        "--reuid=65534",
        "--clear-groups",
        "--inh-caps=-all,+net_raw",
        "--ambient-caps=-all,+net_raw",
        env!("CARGO_BIN_EXE_tcpwhy"),
        "live",
        "-i",
        "eth0",
    ];
    let watched = Watched::start(&mut on(&server, "setpriv", &words));
    network.connect("10.0.0.20", 8080, 5);
    let (_, line) = watched.wait_for("10.0.0.20:8080  refused");
    assert!(
        line.contains("; a process of user 0 listens on 127.0.0.1:8080"),
        "{line}"
    );
    network.connect("10.0.0.20", 8081, 5);
    let (_, line) = watched.wait_for("10.0.0.20:8081  refused");
    let named = format!("(pid {own_process}) listens on 127.0.0.1:8081");
    assert!(line.contains(&named), "{line}");
    watched.interrupt();

    // Root without its rights sees no more than that.
    let watched = watch_on(&server, &["-i", "eth0"]);
    network.connect("10.0.0.20", 8080, 5);
    let (_, line) = watched.wait_for("10.0.0.20:8080  refused");
    assert!(
        line.contains("; a process of user 0 listens on 127.0.0.1:8080"),
        "{line}"
    );
    let status = format!("/proc/{}/status", watched.child.id());
    let status = std::fs::read_to_string(status).unwrap();
    assert!(status.contains("CapPrm:\t0000000000000000"), "{status}");
    watched.interrupt();
    let watched = watch_on(&server, &["-i", "eth0", "--processes"]);
    let status = format!("/proc/{}/status", watched.child.id());
    let status = std::fs::read_to_string(status).unwrap();
    // CAP_DAC_READ_SEARCH is 2, CAP_SYS_PTRACE is 19.
    assert!(status.contains("CapPrm:\t0000000000080004"), "{status}");
    network.connect("10.0.0.20", 8081, 5);
    let (_, line) = watched.wait_for("10.0.0.20:8081  refused");
    assert!(line.contains(&named), "{line}");
    watched.interrupt();
}

fn a_hostile_name_is_harmless() {
    let mut network = Network::new();
    let script = format!(
        "open('/proc/self/comm','w').write('a) R\\n\\x1b[2J(pid 1')\n{}",
        listening_script("127.0.0.1", 8080)
    );
    let process = network.serve(&script);
    let watched = watch_on(&network.server, &["-i", "eth0", "--processes"]);
    network.connect("10.0.0.20", 8080, 5);
    let (_, line) = watched.wait_for("10.0.0.20:8080  refused");
    assert!(!line.contains('\u{1b}'), "{line:?}");
    let named = format!("(pid {process}) listens on 127.0.0.1:8080");
    assert!(
        line.contains("; \"a) R") && line.contains(&named),
        "{line:?}"
    );
    let ended = watched.interrupt();
    assert!(!ended.stdout.join("").contains('\u{1b}'));
}
