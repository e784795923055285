//! All tests of the package from outside, in one program: it is built and linked once, which takes
//! minutes less than a program for each subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod annotate;
mod anonymize;
mod bad_input;
mod busy_servers;
mod calibration;
mod command;
mod compare;
mod completions;
mod compression;
#[cfg(feature = "live")]
mod contrib;
mod contrib_programs;
mod dashboard;
mod diff;
mod documentation;
mod every_test_runs;
mod evidence;
mod evidence_again;
mod explain;
mod filter_logs;
mod findings;
mod findings_add_up;
mod formats;
mod formats_for_programs;
mod fuzz_seeds;
#[cfg(all(feature = "probe", target_os = "linux"))]
mod host;
mod html;
mod html_handed_over;
mod joining;
mod lab;
mod ladder;
mod live;
mod live_companions;
mod live_host;
mod live_kernel;
mod live_stories;
mod live_strain;
mod live_verdicts;
mod logs;
mod many_open;
mod markdown;
mod mcp;
mod packet_filters;
mod paths;
mod pcapng_facts;
mod places;
#[cfg(all(feature = "probe", target_os = "linux"))]
mod probe;
mod progress;
mod properties;
mod record_options;
mod samples;
mod scenarios;
mod schema;
mod screen;
mod sets;
mod shards;
mod source_hash;
mod spooled_attempts;
mod support;
mod told_by_packets;
mod told_by_records;
mod travelling_parts;
mod typing;
mod usage_errors;
mod wireshark_plugin;

use std::process::ExitCode;

use support::harness::{Group, run};
use support::watching;

fn main() -> ExitCode {
    let subjects = Group::that_work(&[
        annotate::TESTS,
        anonymize::TESTS,
        anonymize::links::TESTS,
        bad_input::TESTS,
        busy_servers::TESTS,
        command::TESTS,
        compare::TESTS,
        completions::TESTS,
        compression::TESTS,
        #[cfg(feature = "live")]
        contrib::TESTS,
        contrib_programs::TESTS,
        diff::TESTS,
        documentation::TESTS,
        every_test_runs::TESTS,
        evidence::TESTS,
        evidence_again::TESTS,
        explain::TESTS,
        explain::devices::TESTS,
        explain::lines::TESTS,
        explain::phrases::TESTS,
        explain::signs::TESTS,
        filter_logs::directions::TESTS,
        filter_logs::pf::TESTS,
        filter_logs::records::TESTS,
        filter_logs::reports::TESTS,
        findings::TESTS,
        findings_add_up::TESTS,
        formats::files::TESTS,
        formats::links::TESTS,
        formats::rare::TESTS,
        formats::tunnels::TESTS,
        formats::tunnel_ports::TESTS,
        formats::wireless::TESTS,
        formats::unreadable::TESTS,
        formats::headers::TESTS,
        formats_for_programs::TESTS,
        fuzz_seeds::TESTS,
        html::TESTS,
        html_handed_over::TESTS,
        wireshark_plugin::TESTS,
        joining::TESTS,
        ladder::TESTS,
        live_verdicts::TESTS,
        logs::TESTS,
        many_open::TESTS,
        mcp::TESTS,
        markdown::TESTS,
        packet_filters::TESTS,
        pcapng_facts::TESTS,
        #[cfg(all(feature = "probe", target_os = "linux"))]
        host::typed::TESTS,
        #[cfg(all(feature = "probe", target_os = "linux"))]
        probe::typed::TESTS,
        places::hostile::TESTS,
        places::random::TESTS,
        told_by_packets::TESTS,
        told_by_records::TESTS,
        travelling_parts::TESTS,
        record_options::TESTS,
        progress::TESTS,
        properties::TESTS,
        samples::TESTS,
        schema::TESTS,
        screen::TESTS,
        sets::TESTS,
        shards::TESTS,
        source_hash::TESTS,
        spooled_attempts::TESTS,
        typing::TESTS,
        usage_errors::TESTS,
    ]);
    let watches = [
        live::TESTS,
        live_companions::ring::TESTS,
        live_companions::metrics::TESTS,
        live_host::TESTS,
        live_stories::TESTS,
    ];
    run(vec![
        subjects.and(scenarios::scenarios()).and(paths::stories()),
        Group::that_wait(dashboard::AT_ONCE, dashboard::NEEDS, &[dashboard::TESTS]),
        Group::stories(lab::AT_ONCE, lab::stories()),
        Group::stories(places::AT_ONCE, places::stories()),
        Group::that_wait(watching::AT_ONCE, watching::NEEDS, &watches),
        Group::that_wait(watching::AT_ONCE, live_kernel::NEEDS, live_kernel::LISTS),
        #[cfg(all(feature = "probe", target_os = "linux"))]
        Group::that_wait(watching::AT_ONCE, host::NEEDS, host::LISTS),
        #[cfg(all(feature = "probe", target_os = "linux"))]
        Group::that_wait(watching::AT_ONCE, probe::NEEDS, probe::LISTS),
        // Its load would disturb all others.
        Group::that_wait(watching::AT_ONCE, watching::NEEDS, &[live_strain::TESTS]),
        // It counts what the laboratory found as well.
        Group::that_work(&[calibration::TESTS]),
    ])
}
