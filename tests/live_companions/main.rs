//! The ring and the metrics of `tcpwhy live`, on real traffic in network namespaces.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod metrics;
mod ring;
#[path = "../support/watching/mod.rs"]
mod watching;

use std::process::ExitCode;

use watching::network::python;
use watching::trials::{self, Test};

/// They wait more than they work.
const AT_ONCE: usize = 4;

const TESTS: &[(&str, Test)] = &[
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
    trials::run(TESTS, AT_ONCE, obstacle)
}

/// Beside hosts to watch, a parser of metrics has to be there.
fn obstacle() -> Option<String> {
    let obstacle = trials::nothing_to_watch();
    if obstacle.is_none() {
        let parser = ["-c", "import prometheus_client.openmetrics.parser"];
        assert!(
            trials::is_done(python(), &parser),
            "python3-prometheus-client is missing"
        );
    }
    obstacle
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}
