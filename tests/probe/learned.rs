//! What the kernel learned of a connection that is accepted.

use super::row::{Row, only, run_in, said, serving};
use crate::support::harness::{Test, tests};
use crate::support::watching::network::{on, python};

pub(crate) const TESTS: &[Test] = tests![
    options_that_were_agreed_on_are_told,
    a_narrow_path_that_a_router_told_of_is_told,
    who_accepts_on_this_host_is_told,
];

fn options_that_were_agreed_on_are_told() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    let asked = row.asked(&["10.0.1.20:80", "10.0.1.20:85"]);
    let all = serde_json::json!(["timestamps", "selective_acknowledgments", "window_scaling"]);
    let open = only(&asked["10.0.1.20:80"]);
    assert_eq!(open["options"], all);
    assert_eq!(
        (&open["mss"], &open["path_mtu"]),
        (&1448.into(), &1500.into())
    );
    let refused = only(&asked["10.0.1.20:85"]);
    assert!(refused["options"].is_null() && refused["path_mtu"].is_null());
    run_in(
        &row.server,
        "cd /proc/sys/net/ipv4; echo 0 >tcp_timestamps; echo 0 >tcp_window_scaling; echo 0 >tcp_sack",
    );
    let asked = row.asked(&["10.0.1.20:80"]);
    let bare = only(&asked["10.0.1.20:80"]);
    assert_eq!(bare["options"], serde_json::json!([]));
    assert_eq!(bare["mss"], 1460);
}

fn a_narrow_path_that_a_router_told_of_is_told() {
    let mut row = Row::new();
    row.serve(&[80], "pass");
    run_in(&row.router, "ip link set eth1 mtu 1400");
    run_in(&row.server, "ip link set eth0 mtu 1400");
    // A datagram that may not be fragmented: the router tells of the MTU behind it.
    let script = "import socket,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.setsockopt(0,10,2); s.connect(('10.0.1.20',9))
s.send(b'x'*1472); time.sleep(0.3)";
    let status = on(&row.client, python(), &["-c", script]).status();
    assert!(status.unwrap().success());
    let asked = row.asked(&["10.0.1.20:80"]);
    let open = only(&asked["10.0.1.20:80"]);
    assert_eq!(open["path_mtu"], 1400);
    let notes = open["notes"].to_string();
    assert!(
        notes.contains("packets of at most 1400 bytes pass"),
        "{notes}"
    );
}

fn who_accepts_on_this_host_is_told() {
    let mut row = Row::new();
    let client = row.client.clone();
    row.start(&client, &serving("0.0.0.0", &[8080], "pass"));
    let asked = row.asked(&["10.0.0.7:8080"]);
    let open = only(&asked["10.0.0.7:8080"]);
    assert_eq!(said(open), "established");
    let notes = open["notes"].to_string();
    assert!(notes.contains("listens on 0.0.0.0:8080"), "{notes}");
}
