//! The ring and the metrics of `tcpwhy live`, on real traffic in network namespaces.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up fails, and says where; live traffic has the time of the clock"
)]

mod metrics;
mod network;
mod ring;
mod watched;

use std::path::Path;
use std::process::{Command, ExitCode, Output, Stdio};

use libtest_mimic::{Arguments, Trial};

/// They wait more than they work.
const AT_ONCE: usize = 4;

type Test = fn();

const TESTS: [(&str, Test); 9] = [
    ("a_ring_gives_the_same_verdicts", ring::the_same_verdicts),
    ("a_light_ring_infers_the_third_step", ring::a_light_ring),
    (
        "a_killed_watch_leaves_what_it_told",
        ring::killed_with_signal_9,
    ),
    ("a_ring_that_cannot_be_kept_is_told_before", ring::no_ring),
    ("a_full_disk_is_told_once", ring::a_full_disk),
    ("metrics_are_what_a_parser_reads", metrics::metrics),
    (
        "clients_that_do_nothing_shut_nobody_out",
        metrics::slow_clients,
    ),
    ("an_address_in_use_is_told_before", metrics::address_in_use),
    ("cap_net_raw_is_enough", metrics::cap_net_raw_is_enough),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(AT_ONCE);
    let obstacle = if arguments.list { None } else { obstacle() };
    if let Some(obstacle) = &obstacle {
        eprintln!("nothing can be watched here: {obstacle}");
    }
    let is_built = cfg!(feature = "live");
    let trials = TESTS
        .into_iter()
        .map(|(name, test)| {
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(name, run).with_ignored_flag(!is_built || obstacle.is_some())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux".to_owned());
    }
    if Command::new("id").arg("-u").output().ok()?.stdout != b"0\n" {
        return Some("it needs root, to make network namespaces".to_owned());
    }
    let name = format!("{}-trial", prefix());
    let was_made = run("ip", &["netns", "add", &name]).status.success();
    run("ip", &["netns", "delete", &name]);
    if !was_made {
        return Some("network namespaces cannot be made here".to_owned());
    }
    for tool in ["bash", "ip", "nft", "setpriv", "mount", "kill"] {
        let found = run("sh", &["-c", &format!("command -v {tool}")]);
        assert!(found.status.success(), "{tool} is missing");
    }
    let parser = run(
        python(),
        &["-c", "import prometheus_client.openmetrics.parser"],
    );
    assert!(
        parser.status.success(),
        "python3-prometheus-client is missing"
    );
    None
}

fn python() -> &'static str {
    let of_the_system = "/usr/bin/python3";
    if Path::new(of_the_system).exists() {
        of_the_system
    } else {
        "python3"
    }
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Of namespaces: after the folder, so that two checkouts do not meet.
fn prefix() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).file_name().unwrap();
    format!("{}-beside-{}", folder.to_string_lossy(), std::process::id())
}
