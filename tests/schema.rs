//! The JSON report keeps to its schema, and the schema to what is committed.

use std::process::Command;

use serde_json::Value;

use crate::support::command::{run, run_with_input};
use crate::support::harness::{Test, tests};
use crate::support::{in_package, json_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    every_sample_is_valid_against_the_schema,
    the_schema_refuses_what_is_no_report,
    the_schema_is_the_committed_one,
    the_report_has_the_fields_of_its_contract,
    what_explain_writes_is_valid_against_its_schema,
    the_schema_of_explain_is_the_committed_one,
    the_schema_of_compare_is_the_committed_one,
    the_schema_of_host_is_the_committed_one,
    #[cfg(all(feature = "probe", target_os = "linux"))]
    the_schema_of_probe_is_the_committed_one,
    #[cfg(all(feature = "probe", target_os = "linux"))]
    what_probe_writes_is_valid_against_its_schema,
];

fn every_sample_is_valid_against_the_schema() {
    let validator = jsonschema::validator_for(&tcpwhy::report::json::schema()).unwrap();
    for path in samples() {
        let report = json_on(std::slice::from_ref(&path));
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{}: {errors:?}", path.display());
    }
    let all = json_on(&samples());
    assert!(validator.is_valid(&all), "all samples as one capture");
}

fn the_schema_refuses_what_is_no_report() {
    let validator = jsonschema::validator_for(&tcpwhy::report::json::schema()).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "schema": "tcpwhy-report/1" })));
    let mut report = json_on(&samples()[..1]);
    report["summary"]["refused"] = serde_json::json!("one");
    assert!(!validator.is_valid(&report));
}

/// A change of the shape must be seen: renew the file with `cargo run -- schema >
/// tests/tcpwhy-report-1.schema.json`.
fn the_schema_is_the_committed_one() {
    let printed = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .arg("schema")
        .output()
        .unwrap();
    let committed =
        std::fs::read_to_string(in_package("tests/tcpwhy-report-1.schema.json")).unwrap();
    assert!(printed.status.success());
    assert_eq!(String::from_utf8(printed.stdout).unwrap(), committed);
}

/// Every field that the report's contract names is there, for a reader that knows nothing of this
/// code.
fn the_report_has_the_fields_of_its_contract() {
    let report = json_on(&[in_package("samples/closed-port.pcap")]);
    for pointer in [
        "/schema",
        "/tool/name",
        "/tool/version",
        "/tool/arguments",
        "/capture/first",
        "/capture/last",
        "/capture/packets",
        "/capture/tcp_packets",
        "/capture/icmp_errors",
        "/capture/copies",
        "/capture/undecodable/truncated_header",
        "/capture/undecodable/unsupported_link_type",
        "/capture/dropped/kernel",
        "/capture/dropped/interface",
        "/capture/sources/0/path",
        "/capture/sources/0/format",
        "/capture/sources/0/compression",
        "/capture/sources/0/bytes",
        "/capture/sources/0/sha256",
        "/capture/sources/0/packets",
        "/capture/sources/0/first",
        "/capture/sources/0/interfaces/0/id",
        "/capture/sources/0/interfaces/0/name",
        "/capture/sources/0/interfaces/0/link_type",
        "/capture/sources/0/interfaces/0/snaplen",
        "/capture/sources/0/problem",
        "/summary/attempts",
        "/summary/half_open",
        "/findings",
        "/endpoints/0/server",
        "/endpoints/0/server_name",
        "/endpoints/0/service",
        "/endpoints/0/attempts",
        "/endpoints/0/outcomes/refused",
        "/endpoints/0/clients",
        "/endpoints/0/first_failure",
        "/endpoints/0/last_failure",
        "/endpoints/0/syn_to_answer_us/median",
        "/endpoints/0/syn_to_answer_us/max",
        "/endpoints/0/findings",
        "/attempts/1/id",
        "/attempts/1/client",
        "/attempts/1/server",
        "/attempts/1/client_name",
        "/attempts/1/server_name",
        "/attempts/1/service",
        "/attempts/1/path",
        "/attempts/1/isn",
        "/attempts/1/outcome",
        "/attempts/1/cause",
        "/attempts/1/confidence",
        "/attempts/1/started",
        "/attempts/1/decided",
        "/attempts/1/duration_us",
        "/attempts/1/syn_count",
        "/attempts/1/syn_ack_count",
        "/attempts/1/answer_us",
        "/attempts/1/app_error",
        "/attempts/1/evidence/0/packet",
        "/attempts/1/evidence/0/source",
        "/attempts/1/evidence/0/time",
        "/attempts/1/evidence/0/from",
        "/attempts/1/evidence/0/what",
        "/attempts/1/evidence/0/detail",
        "/attempts/1/notes",
        "/attempts_omitted",
    ] {
        assert!(report.pointer(pointer).is_some(), "{pointer}");
    }
    assert_eq!(
        report.pointer("/attempts/1/evidence/1/what").unwrap(),
        "RST,ACK"
    );
    assert_eq!(report.pointer("/attempts/1/evidence/1/packet").unwrap(), 14);
}

fn what_explain_writes_is_valid_against_its_schema() {
    let validator = jsonschema::validator_for(&tcpwhy::report::json::explain::schema()).unwrap();
    let said = |arguments: &[&str], input: &[u8]| -> Value {
        let ran = run_with_input(arguments, input);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let lines = b"connect: connection refused\n\
        kernel: nf_conntrack: nf_conntrack: table full, dropping packet\n\
        dial tcp 10.0.1.20:5432: connect: connection refused\n";
    let documents = [
        said(&["explain", "--format", "json"], b""),
        said(&["explain", "--format", "json", "ECONNREFUSED"], b""),
        said(&["explain", "--format", "json", "0x8007274d"], b""),
        said(&["explain", "--format", "json", "-"], lines),
    ];
    for document in &documents {
        let errors: Vec<String> = validator
            .iter_errors(document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    let [_, mut of_term, _, mut of_lines] = documents;
    of_term["pages"][0]["title"] = Value::Null;
    assert!(!validator.is_valid(&of_term));
    of_lines["pages"][0]["named"] = "nobody".into();
    assert!(!validator.is_valid(&of_lines));
    assert!(!validator.is_valid(&json_on(&samples()[..1])));
}

/// Renew the file with `cargo run -- schema explain > tests/tcpwhy-explain-1.schema.json`.
fn the_schema_of_explain_is_the_committed_one() {
    let printed = run(&["schema", "explain"]);
    let committed =
        std::fs::read_to_string(in_package("tests/tcpwhy-explain-1.schema.json")).unwrap();
    assert_eq!(printed.status, 0);
    assert_eq!(printed.stdout, committed);
}

/// As the others: `cargo run -- schema compare > tests/tcpwhy-compare-1.schema.json`.
fn the_schema_of_compare_is_the_committed_one() {
    let printed = run(&["schema", "compare"]);
    let committed =
        std::fs::read_to_string(in_package("tests/tcpwhy-compare-1.schema.json")).unwrap();
    assert_eq!(printed.status, 0);
    assert_eq!(printed.stdout, committed);
}

/// As the others: `cargo run -- schema host > tests/tcpwhy-host-1.schema.json`.
fn the_schema_of_host_is_the_committed_one() {
    let printed = run(&["schema", "host"]);
    let committed = std::fs::read_to_string(in_package("tests/tcpwhy-host-1.schema.json")).unwrap();
    assert_eq!(printed.status, 0);
    assert_eq!(printed.stdout, committed);
}

/// As that of `read`: renew it with `cargo run -- schema probe > tests/tcpwhy-probe-1.schema.json`.
#[cfg(all(feature = "probe", target_os = "linux"))]
fn the_schema_of_probe_is_the_committed_one() {
    let printed = run(&["schema", "probe"]);
    let committed =
        std::fs::read_to_string(in_package("tests/tcpwhy-probe-1.schema.json")).unwrap();
    assert_eq!(printed.status, 0);
    assert_eq!(printed.stdout, committed);
}

/// Of what accepts, what refuses, what cannot be reached, and what is no name.
#[cfg(all(feature = "probe", target_os = "linux"))]
fn what_probe_writes_is_valid_against_its_schema() {
    let validator = jsonschema::validator_for(&tcpwhy::report::json::probe::schema()).unwrap();
    let listening = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listening.local_addr().unwrap().to_string();
    let ran = run(&[
        "probe",
        "-F",
        "json",
        "--first-byte",
        "10ms",
        &open,
        "127.0.0.1:1",
        "224.0.0.1:80",
        "localhost:1",
    ]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(document["targets"][0]["as_expected"], true);
    assert_eq!(
        document["targets"][2]["addresses"][0]["local"],
        "not_unicast"
    );
    let mut wrong = document;
    wrong["targets"][0]["as_expected"] = Value::Null;
    assert!(!validator.is_valid(&wrong));
}
