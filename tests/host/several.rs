//! Several hosts beside one capture, each by a name or by the address that others know it by; and
//! what a host counted around a connect.

use super::told::{Scene, report, said, testimony};
use crate::probe::row::{rules, run_in, serving};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    each_host_speaks_for_its_own_side,
    an_address_that_is_translated_stands_for_its_host,
    what_was_counted_around_a_connect_is_told,
];

fn each_host_speaks_for_its_own_side() {
    let mut scene = Scene::new();
    scene.row.serve(&[80], "pass");
    let (client, server) = (scene.row.client.clone(), scene.row.server.clone());
    rules(&client, "input", "tcp sport 80 drop");
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 80, 5, 1));
    let without = report(&capture, &[]);
    assert!(
        said(&without).starts_with("half_open "),
        "{}",
        said(&without)
    );
    let of_client = scene.kept(&client, "web1.json");
    let of_server = scene.kept(&server, "db1.json");
    let both = report(&capture, &[("web1", &of_client), ("10.0.1.20", &of_server)]);
    assert_eq!(said(&both), "half_open dropped_here likely");
    let told = testimony(&both);
    assert!(
        told.contains("tcp sport 80 drop") && told.contains("web1"),
        "{told}"
    );
    assert!(told.contains("listens on [::]:80"), "{told}");
    let hosts = both["capture"]["hosts"].as_array().unwrap();
    let names: Vec<&str> = hosts
        .iter()
        .filter_map(|host| host["name"].as_str())
        .collect();
    assert_eq!(names, ["web1", "10.0.1.20"]);
    // The server alone knows nothing of it: the cause is as without.
    let one = report(&capture, &[("db1", &of_server)]);
    assert_eq!(said(&one), said(&without));
}

fn an_address_that_is_translated_stands_for_its_host() {
    let mut scene = Scene::new();
    let (router, server) = (scene.row.router.clone(), scene.row.server.clone());
    scene
        .row
        .start(&server, &serving("127.0.0.1", &[8080], "pass"));
    run_in(
        &router,
        "nft -f - <<'END'
table ip translated {
    chain before {
        type nat hook prerouting priority dstnat;
        ip daddr 10.0.1.77 tcp dport 8080 dnat to 10.0.1.20
    }
}
END",
    );
    let capture = scene.captured((&router, "eth0"), |scene| {
        scene.connect("10.0.1.77", 8080, 2, 1);
    });
    let host = scene.asked(&server);
    let known = report(&capture, &[("10.0.1.77", &host)]);
    assert_eq!(said(&known), "refused closed_port likely");
    let told = testimony(&known);
    assert!(told.contains("listens on 127.0.0.1:8080"), "{told}");
    // By a name alone it speaks for its own addresses, and none of them is in the capture.
    let named = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&named), said(&report(&capture, &[])));
    assert_eq!(testimony(&named), "");
}

fn what_was_counted_around_a_connect_is_told() {
    let mut scene = Scene::new();
    let server = scene.row.server.clone();
    scene.row.start(
        &server,
        "import socket,time\n\
         s=socket.socket(); s.bind(('0.0.0.0',8080)); s.listen(0)\n\
         kept=[socket.create_connection(('127.0.0.1',8080))]\n\
         print('ready',flush=True)\ntime.sleep(60)",
    );
    let before = std::fs::read_to_string(scene.kept(&server, "before.json")).unwrap();
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 8080, 4, 1));
    let after = std::fs::read_to_string(scene.kept(&server, "after.json")).unwrap();
    let line = |text: &str| {
        let snapshot: serde_json::Value = serde_json::from_str(text).unwrap();
        format!("{snapshot}\n")
    };
    let both = capture.with_file_name("both.json");
    std::fs::write(&both, line(&before) + &line(&after)).unwrap();
    let read = report(&capture, &[("db1", &both)]);
    assert_eq!(said(&read), "dropped accept_queue_full likely");
    let told = testimony(&read);
    assert!(told.contains("ListenOverflows"), "{told}");
    // One time alone cannot tell what rose.
    let alone = capture.with_file_name("alone.json");
    std::fs::write(&alone, line(&after)).unwrap();
    let read = report(&capture, &[("db1", &alone)]);
    assert!(
        !testimony(&read).contains("ListenOverflows +"),
        "{}",
        testimony(&read)
    );
}
