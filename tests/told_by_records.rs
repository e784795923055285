//! What the records of a pcapng file say of their packets: verdicts of programs before the stack,
//! and of components of Windows.

use crate::record_options::LITTLE;
use crate::support::command::run;
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::json_on;
use crate::support::pcap::{pcapng_block, section_header};
use crate::told_by_packets::{START, SYN, notes, refusal, report_on, to_server, verdict};

pub(crate) const TESTS: &[Test] = tests![
    a_program_before_the_stack_drops,
    a_component_of_windows_drops,
    verdicts_that_nobody_is_known_to_say_are_counted,
];

/// A section that says what wrote it.
fn section_by(application: &[u8]) -> Vec<u8> {
    let fixed = section_header(false);
    let fixed = &fixed[8..fixed.len() - 4];
    let options = LITTLE.options(&[(4, application.to_vec())]);
    pcapng_block(false, 0x0a0d_0d0a, &[fixed, &options].concat())
}

/// `xdpdump --rx-capture=entry,exit`: each SYN before the program and behind it, with its verdict.
fn of_xdpdump(value: u64) -> Vec<u8> {
    let mut file = [
        section_header(false),
        LITTLE.interface(&[(2, b"eth0:keep_out()@fentry".to_vec())]),
        LITTLE.interface(&[(2, b"eth0:keep_out()@fexit".to_vec())]),
    ]
    .concat();
    for second in [0, 1, 3] {
        let syn = SegmentPlan {
            identification: 7 + second,
            ..to_server(SYN, 1000, 0)
        };
        let units = START / 1000 + u64::from(second) * 1_000_000;
        let number = (5, u64::from(second).to_le_bytes().to_vec());
        let flags = (2, vec![1, 0, 0, 0]);
        let verdict = (7, [&[2][..], &value.to_le_bytes()].concat());
        let entry = LITTLE.packet(units, &syn.frame(), &[flags.clone(), number.clone()]);
        let mut exit = LITTLE.packet(units + 3, &syn.frame(), &[flags, number, verdict]);
        exit[8] = 1;
        file.extend(entry);
        file.extend(exit);
    }
    file
}

fn a_program_before_the_stack_drops() {
    for (value, word) in [(0, "XDP_ABORTED"), (1, "XDP_DROP")] {
        let report = report_on(&of_xdpdump(value));
        assert_eq!(
            verdict(&report, 0),
            ["dropped", "filter_verdict", "certain"]
        );
        assert!(notes(&report, 0).contains(word), "{}", notes(&report, 0));
        assert!(notes(&report, 0).contains("keep_out()@fexit"));
        assert_eq!(report["attempts"][0]["syn_count"], 3);
    }
    for value in [2, 3, 4] {
        let report = report_on(&of_xdpdump(value));
        assert_eq!(verdict(&report, 0), ["pending", "none", "none"], "{value}");
    }
}

/// One SYN on its way through two components of Windows, of which the second drops it.
fn of_windows(application: &[u8]) -> Vec<u8> {
    let verdict = (7, [&[2][..], &1_u64.to_le_bytes()].concat());
    let mut file = [
        section_by(application),
        LITTLE.interface(&[(2, b"Intel NIC".to_vec())]),
        LITTLE.interface(&[(2, b"WFP Native Filter".to_vec())]),
    ]
    .concat();
    for second in [0, 1, 3, 7] {
        let syn = to_server(SYN, 1000, 0);
        let syn = SegmentPlan {
            identification: 7 + second,
            ..syn
        };
        let units = START / 1000 + u64::from(second) * 1_000_000;
        let flags = (2, vec![1, 0, 0, 0]);
        file.extend(LITTLE.packet(units, &syn.frame(), std::slice::from_ref(&flags)));
        let mut dropped = LITTLE.packet(units + 20, &syn.frame(), &[flags, verdict.clone()]);
        dropped[8] = 1;
        file.extend(dropped);
    }
    file
}

fn a_component_of_windows_drops() {
    let file = of_windows(b"etl2pcapng.exe");
    let report = report_on(&file);
    assert_eq!(
        verdict(&report, 0),
        ["dropped", "filter_verdict", "certain"]
    );
    let said = notes(&report, 0);
    assert!(
        said.contains("inside Windows") && said.contains("WFP Native Filter"),
        "{said}"
    );
    assert!(!said.contains("XDP"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    let [source, evidence] = ["a.pcapng", "b.pcapng"].map(|name| folder.path().join(name));
    std::fs::write(&source, file).unwrap();
    let arguments = ["read", "--evidence"].map(str::to_owned);
    let paths = [&evidence, &source].map(|path| path.to_str().unwrap().to_owned());
    assert_eq!(run(&[arguments, paths].concat()).status, 0);
    let again = json_on(&[evidence]);
    assert_eq!(verdict(&again, 0), verdict(&report, 0));
    assert!(notes(&again, 0).contains("inside Windows"));
}

fn verdicts_that_nobody_is_known_to_say_are_counted() {
    for (option, fault) in [
        (vec![9, 1, 0, 0, 0, 0, 0, 0, 0], "log_value_unknown"),
        (vec![2, 77, 0, 0, 0, 0, 0, 0, 0], "log_value_unknown"),
        (vec![2, 1, 0], "log_field_cut_short"),
        (vec![], "log_field_cut_short"),
    ] {
        let syn = to_server(SYN, 1000, 0).frame();
        let reset = refusal(b"");
        let report = report_on(
            &[
                section_header(false),
                LITTLE.interface(&[]),
                LITTLE.packet(START / 1000, &syn, &[(7, option)]),
                LITTLE.packet(START / 1000 + 500, &reset, &[]),
            ]
            .concat(),
        );
        assert_eq!(verdict(&report, 0)[0], "refused", "{report:#}");
        let faults = &report["capture"]["doubtful_records"];
        assert_eq!(faults[fault], 1, "{faults}");
    }
}
