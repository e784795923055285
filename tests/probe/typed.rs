//! What is typed wrongly, and lists of targets: on this host alone.

use crate::support::command::{run, run_with_input};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    what_is_no_target_is_told_and_nothing_is_probed,
    a_bad_line_is_named_and_the_others_are_probed,
    an_unknown_expectation_is_told,
    what_contradicts_itself_is_told,
];

fn what_is_no_target_is_told_and_nothing_is_probed() {
    for (word, told) in [
        (
            "127.0.0.1:0",
            "cannot probe '127.0.0.1:0': '0' is no port: a port is a number from 1 to 65535",
        ),
        ("127.0.0.1:65536", "'65536' is no port"),
        (
            "127.0.0.0/8:80",
            "are many hosts: name each one; to look through a network there is nmap",
        ),
        (
            "127.0.0.1:1-1024",
            "are several ports: name each one; to look for open ports there is nmap",
        ),
        (
            "::1:80",
            "an IPv6 address with a port stands in brackets: [::1:80]:443",
        ),
        ("a\u{1b}[31m:80", "is no host"),
    ] {
        let ran = run(&["probe", "127.0.0.1:1", word]);
        assert_eq!(ran.status, 2, "{word}: {}", ran.stderr);
        assert!(ran.stderr.contains(told), "{word}: {}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
        assert_eq!(
            ran.stderr.lines().count(),
            2,
            "one line, and what to do: {}",
            ran.stderr
        );
        assert_eq!(ran.stdout, "");
    }
    let ran = run(&["probe"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("nothing to probe"), "{}", ran.stderr);
}

fn a_bad_line_is_named_and_the_others_are_probed() {
    let list = b"# ports that must be closed\n127.0.0.1:1\n\n127.0.0.1\n127.0.0.1:2 # the second\n\xff:80\n";
    let ran = run_with_input(&["probe", "-f", "-", "--expect", "refused"], list);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("-, line 4: no port"), "{}", ran.stderr);
    assert!(ran.stderr.contains("-, line 6: "), "{}", ran.stderr);
    for port in [1, 2] {
        let words = format!("127.0.0.1:{port}  refused");
        assert!(ran.stdout.contains(&words), "{}", ran.stdout);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("targets");
    std::fs::write(&file, "127.0.0.1:1\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(run(&["probe", "-f", file, "--expect", "refused"]).status, 0);
    assert_eq!(run(&["probe", "-f", file]).status, 1, "not established");
    let ran = run(&["probe", "-f", "/no/such/list"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("cannot read the list /no/such/list"),
        "{}",
        ran.stderr
    );
    let ran = run_with_input(&["probe", "-f", "-"], b"# nothing\n");
    assert_eq!(ran.status, 2, "{}", ran.stderr);
}

fn an_unknown_expectation_is_told() {
    let ran = run(&["probe", "127.0.0.1:1", "--expect", "open"]);
    assert_eq!(ran.status, 2);
    let told = "cannot expect this: 'open' is no outcome: one of established, reset, refused";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
}

fn what_contradicts_itself_is_told() {
    for words in [
        &["--duration", "1s"][..],
        &["--wait", "1s", "--every", "1s", "--duration", "1s"],
        &["--timeout", "1ms"],
        &["--first-byte", "soon"],
        &["--parallel", "0"],
    ] {
        let ran = run(&[&["probe", "127.0.0.1:1"], words].concat());
        assert_eq!(ran.status, 2, "{words:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}
