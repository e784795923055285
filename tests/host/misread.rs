//! What changed between a connect and a host's word is told as that, and blames nobody.

use super::told::{Scene, findings, report, said, testimony};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    a_service_that_began_to_listen_since_is_what_changed,
    a_service_that_listened_all_the_time_was_reset_by_something_else,
    what_was_said_long_before_says_little,
];

fn a_service_that_began_to_listen_since_is_what_changed() {
    let mut scene = Scene::new();
    let server = scene.row.server.clone();
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 8080, 2, 2));
    scene.row.serve(&[8080], "pass");
    let host = scene.asked(&server);
    let read = report(&capture, &[("db1", &host)]);
    // As without it.
    assert_eq!(said(&read), said(&report(&capture, &[])));
    let told = testimony(&read);
    assert!(told.contains("listens on [::]:8080"), "{told}");
    assert!(told.contains("what changed is that python3"), "{told}");
    assert!(told.contains("after this connect"), "{told}");
    let findings = findings(&read);
    assert!(
        findings.contains("never_listening: 10.0.1.20:8080"),
        "{findings}"
    );
}

fn a_service_that_listened_all_the_time_was_reset_by_something_else() {
    let mut scene = Scene::new();
    scene.row.serve(&[8080], "pass");
    let server = scene.row.server.clone();
    let lines = |scene: &Scene| {
        std::fs::read_to_string(
            scene.asked_as_anybody(&server, &["--every", "1s", "--duration", "500ms"]),
        )
        .unwrap()
    };
    let before = lines(&scene);
    // In front of the server, out of its sight.
    crate::probe::row::rules(
        &scene.row.router,
        "forward",
        "tcp dport 8080 reject with tcp reset",
    );
    let capture = scene.captured((&scene.row.router, "eth0"), |scene| {
        scene.connect("10.0.1.20", 8080, 2, 2);
    });
    let after = lines(&scene);
    let both = capture.with_file_name("both.json");
    std::fs::write(&both, before + &after).unwrap();
    let read = report(&capture, &[("db1", &both)]);
    assert_eq!(said(&read), "refused firewall_reset likely");
}

fn what_was_said_long_before_says_little() {
    let mut scene = Scene::new();
    let server = scene.row.server.clone();
    let serving = crate::probe::row::serving("127.0.0.1", &[3000], "pass");
    scene.row.start(&server, &serving);
    let capture = scene.between(|scene| scene.connect("10.0.1.20", 3000, 2, 1));
    let host = scene.asked(&server);
    let text = std::fs::read_to_string(&host).unwrap();
    let mut snapshot: serde_json::Value = serde_json::from_str(&text).unwrap();
    snapshot["time"] = "2001-01-01T00:00:00Z".into();
    std::fs::write(&host, snapshot.to_string()).unwrap();
    let read = report(&capture, &[("db1", &host)]);
    assert_eq!(said(&read), "refused closed_port possible");
    assert_eq!(testimony(&read), "");
}
