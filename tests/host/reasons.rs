//! Each reason that a host may have, with its word for it.

use serde_json::Value;

use super::told::{Scene, findings, report, said, testimony};
use crate::probe::row::{rules, run_in, text};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_full_backlog_is_told,
    own_rules_that_drop_are_told,
    own_rules_that_reset_are_told,
    a_reverse_path_filter_is_told,
    a_way_back_that_is_missing_is_told,
    a_neighbour_that_nobody_answers_for_is_told,
    local_ports_that_are_used_up_are_told,
];

fn a_full_backlog_is_told() {
    let mut scene = Scene::new();
    let server = scene.row.server.clone();
    scene.row.start(
        &server,
        "import socket,time\n\
         s=socket.socket(); s.bind(('0.0.0.0',8080)); s.listen(0)\n\
         kept=[socket.create_connection(('127.0.0.1',8080))]\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 8080, 4, 1));
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&read), "dropped accept_queue_full likely");
    let told = testimony(&read);
    assert!(
        told.contains("its accept queue is full (1 waiting, backlog 0)"),
        "{told}"
    );
    let findings = findings(&read);
    assert!(
        findings.contains("overload: the one connect to 10.0.1.20:8080"),
        "{findings}"
    );
    // The same silence without the host's word is nobody's.
    assert_eq!(said(&report(&capture, &[])), "dropped");
    // And the word of another host says nothing.
    let other = scene.asked(&scene.row.client);
    let read = report(&capture, &[("web1", &other)]);
    assert_eq!(said(&read), "dropped");
}

fn own_rules_that_drop_are_told() {
    let mut scene = Scene::new();
    scene.row.serve(&[80, 81, 82], "pass");
    let server = scene.row.server.clone();
    rules(
        &server,
        "input",
        "ct state established,related accept\n\
         tcp dport 80 counter drop\n\
         ip saddr 10.0.0.0/24 tcp dport 81 drop\n\
         ip saddr 192.0.2.0/24 tcp dport 82 drop",
    );
    for (port, words, rule) in [
        (
            80,
            "dropped port_filtered likely",
            "tcp dport 80 counter packets",
        ),
        (
            81,
            "dropped source_filtered likely",
            "ip saddr 10.0.0.0/24 tcp dport 81 drop",
        ),
    ] {
        let capture = scene.between(|scene| scene.connect("10.0.1.20", port, 4, 1));
        let host = scene.asked(&server);
        let read = report(&capture, &[("db1", &host)]);
        assert_eq!(said(&read), words);
        let told = testimony(&read);
        assert!(told.contains(rule), "{told}");
        assert!(told.contains("a rule of its own drops such SYNs"), "{told}");
        // Who may not read the rules blames none.
        let host = scene.asked_as_anybody(&server, &[]);
        let read = report(&capture, &[("db1", &host)]);
        assert_eq!(said(&read), said(&report(&capture, &[])));
        assert!(!testimony(&read).contains("rule"), "{}", testimony(&read));
    }
    // The sound twin: a rule about others.
    let capture = scene.between(|scene| {
        run_in(&scene.row.router, "nft add table ip lost\nnft 'add chain ip lost f { type filter hook forward priority 0; }'\nnft add rule ip lost f tcp sport 82 drop");
        scene.connect("10.0.1.20", 82, 4, 1);
    });
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    let told = testimony(&read);
    assert!(!told.contains("rule of its own"), "{told}");
    assert!(!said(&read).contains("filtered"), "{}", said(&read));
}

fn own_rules_that_reset_are_told() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let server = scene.row.server.clone();
    rules(&server, "input", "tcp dport 80 reject with tcp reset");
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 80, 2, 2));
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&read), "refused firewall_reset likely");
    let told = testimony(&read);
    assert!(told.contains("rejects such SYNs with tcp reset"), "{told}");
}

fn a_reverse_path_filter_is_told() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let server = scene.row.server.clone();
    run_in(
        &server,
        "ip link add other0 type veth peer name other1; ip link set other1 up
         ip address add 10.0.2.20/24 dev other0; ip link set other0 up
         ip route add 10.0.0.0/24 via 10.0.2.1
         echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter",
    );
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 80, 4, 1));
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&read), "dropped dropped_here likely");
    let told = testimony(&read);
    let words = "its reverse path filter drops what comes from there by eth0, as answers to it \
                 would leave by other0, and it has counted such packets";
    assert!(told.contains(words), "{told}");
    // The sound twin: the same routes, and no filter.
    run_in(&server, "echo 0 >/proc/sys/net/ipv4/conf/eth0/rp_filter");
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 80, 4, 1));
    let host = scene.asked(&server);
    let told = testimony(&report(&capture, &[("db1", &host)]));
    assert!(!told.contains("reverse path"), "{told}");
}

fn a_way_back_that_is_missing_is_told() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let server = scene.row.server.clone();
    run_in(&server, "ip route add blackhole 10.0.0.0/24");
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 80, 4, 1));
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&read), "dropped dropped_here likely");
    let told = testimony(&read);
    assert!(
        told.contains("no way back to 10.0.0.7: its route is blackhole"),
        "{told}"
    );
}

fn a_neighbour_that_nobody_answers_for_is_told() {
    let scene = Scene::new();
    let client = scene.row.client.clone();
    // A static entry would be asked for nobody: the gateway is one that is not there.
    run_in(&client, "ip route add 10.0.1.0/24 via 10.0.0.99");
    let capture = scene.captured((&client, "eth0"), |scene| {
        scene.connect("10.0.1.20", 80, 2, 1);
    });
    let host = scene.asked(&client);
    let text = std::fs::read_to_string(&host).unwrap();
    let snapshot: Value = serde_json::from_str(&text).unwrap();
    let neighbours = snapshot["neighbours"].as_array().unwrap();
    let failed = neighbours.iter().any(|one| {
        one["address"] == "10.0.0.99" && (one["state"] == "failed" || one["state"] == "incomplete")
    });
    assert!(failed, "{neighbours:?}");
    // No SYN ever left: there is nothing to explain, and nothing is made up.
    let read = report(&capture, &[("web1", &host)]);
    assert_eq!(read["attempts"].as_array().unwrap().len(), 0);
}

fn local_ports_that_are_used_up_are_told() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let client = scene.row.client.clone();
    run_in(
        &client,
        "echo 50000 50019 >/proc/sys/net/ipv4/ip_local_port_range",
    );
    scene.row.start(
        &client,
        "import socket,time\nkept=[]\n\
         try:\n while True: kept.append(socket.create_connection(('10.0.1.20',80)))\n\
         except OSError as error: assert error.errno==99, error\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 85, 1, 1));
    let host = scene.asked(&client);
    let read = report(&capture, &[("web1", &host)]);
    let says = text(&read["capture"]["hosts"][0]["says"]);
    let words = "20 of 20 local ports are in use from 10.0.0.7 to 10.0.1.20 port 80";
    assert!(says.contains(words), "{says}");
}
