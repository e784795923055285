//! CSV and NDJSON, read back by what reads them.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::command::{TestFile, file, run, tcpwhy};
use crate::support::harness::{Test, tests};
use crate::support::hostile::capture_of_names;
use crate::support::{in_package, json_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    csv_holds_the_scalar_fields_of_every_attempt,
    csv_without_an_attempt_has_its_header,
    no_field_of_csv_is_a_formula_and_none_breaks_its_row,
    python_reads_the_same_from_csv needs "python3",
    every_line_of_ndjson_keeps_to_the_schema_and_says_what_json_says,
    ndjson_lists_all_attempts_unless_told_otherwise,
    ndjson_reaches_a_pipe_line_by_line_and_a_file_at_once needs "strace",
    a_reader_of_ndjson_that_goes_away_is_no_error,
];

const HOSTILE_NAMES: [&str; 6] = [
    "=HYPERLINK(\"http://x\",\"y\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "  @SUM(1)",
    "a,b\"c\nd;e",
    "plain.example.net",
];

fn hostile() -> TestFile {
    file(&capture_of_names(&HOSTILE_NAMES))
}

fn printed(format: &str, path: &str) -> String {
    let ran = run(&["read", "-F", format, path]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    ran.stdout
}

/// What JSON says of a field, as CSV writes it.
fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(words) => words.iter().map(as_text).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn csv_holds_the_scalar_fields_of_every_attempt() {
    for path in samples() {
        let text = printed("csv", path.to_str().unwrap());
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let headers = rows.headers().unwrap().clone();
        let report = json_on(std::slice::from_ref(&path));
        let attempts = report["attempts"].as_array().unwrap();
        let mut count = 0;
        for (row, attempt) in rows.records().zip(attempts) {
            for (name, field) in headers.iter().zip(&row.unwrap()) {
                let expected = match name {
                    "path" => as_text(&attempt[name]).replace(" vlan", ", vlan"),
                    "packets" => packets(attempt),
                    // A float has not all of its digits.
                    "started_epoch" if attempt[name] == field.parse::<f64>().unwrap() => continue,
                    _ => as_text(&attempt[name]),
                };
                assert_eq!(field, expected, "{}: {name}", path.display());
            }
            count += 1;
        }
        assert_eq!(count, attempts.len(), "{}", path.display());
    }
}

/// The numbers of the packets that stand in the file of the first.
fn packets(attempt: &Value) -> String {
    let evidence = attempt["evidence"].as_array().unwrap().iter();
    let numbers = evidence
        .filter(|packet| packet["source"] == attempt["first_packet"]["source"])
        .map(|packet| packet["packet"].to_string());
    numbers.collect::<Vec<_>>().join(" ")
}

fn csv_without_an_attempt_has_its_header() {
    let text = printed("csv", "samples/closed-port.pcap");
    let all = run(&[
        "read",
        "-F",
        "csv",
        "--outcome",
        "half-open",
        "samples/closed-port.pcap",
    ]);
    assert_eq!(all.stdout.lines().count(), 1);
    assert_eq!(all.stdout.lines().next(), text.lines().next());
}

fn no_field_of_csv_is_a_formula_and_none_breaks_its_row() {
    let capture = hostile();
    let text = printed("csv", capture.path.to_str().unwrap());
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let server_name = headers.iter().position(|name| name == "server_name");
    let server_name = server_name.unwrap();
    let names: Vec<String> = rows
        .records()
        .map(|row| {
            let row = row.unwrap();
            for field in &row {
                assert!(
                    !field.trim_start().starts_with(['=', '+', '-', '@']),
                    "{field}"
                );
            }
            row[server_name].to_owned()
        })
        .collect();
    let expected = [
        "'=HYPERLINK(\"http://x\",\"y\")",
        "'+1+cmd|' /C calc'!A0",
        "'-2+3",
        "'  @SUM(1)",
        "a,b\"c\\u{a}d;e",
        "plain.example.net",
    ];
    assert_eq!(names, expected);
}

fn python_reads_the_same_from_csv() {
    let capture = hostile();
    let text = printed("csv", capture.path.to_str().unwrap());
    let stored = file(text.as_bytes());
    let script = "import csv, json, sys\n\
        print(json.dumps(list(csv.DictReader(open(sys.argv[1], newline='', encoding='utf-8')))))";
    let python = Command::new("python3")
        .args(["-c", script])
        .arg(&stored.path)
        .output()
        .expect("python3 is there");
    assert!(python.status.success(), "{python:?}");
    let by_python: Vec<Value> = serde_json::from_slice(&python.stdout).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let headers = rows.headers().unwrap().clone();
    let by_us: Vec<Value> = rows
        .records()
        .map(|row| {
            let row = row.unwrap();
            headers
                .iter()
                .zip(&row)
                .map(|(name, field)| (name.to_owned(), json!(field)))
                .collect()
        })
        .collect();
    assert_eq!(by_us.len(), HOSTILE_NAMES.len());
    assert_eq!(by_python, by_us);
}

/// The part of the schema that a line of this type keeps to.
fn schema_of(kind: &str) -> Value {
    let definition = match kind {
        "attempt" => "Attempt",
        "finding" => "Finding",
        "endpoint" => "Endpoint",
        "summary" => "Summary",
        "capture" => "Capture",
        "report" => return schema_of_last_line(),
        other => panic!("no such type: {other}"),
    };
    json!({
        "$ref": format!("#/$defs/{definition}"),
        "$defs": tcpwhy::report::json::schema()["$defs"],
    })
}

/// What made the lines before: some of the fields of the JSON report, and no others.
fn schema_of_last_line() -> Value {
    let mut schema = tcpwhy::report::json::schema();
    let fields = ["schema", "tool", "settings", "attempts_omitted"];
    let all = schema["properties"].take();
    schema["properties"] = fields
        .iter()
        .map(|field| ((*field).to_owned(), all[*field].clone()))
        .collect();
    schema["required"] = json!(fields);
    schema["additionalProperties"] = json!(false);
    schema
}

fn every_line_of_ndjson_keeps_to_the_schema_and_says_what_json_says() {
    let kinds = [
        "attempt", "finding", "endpoint", "summary", "capture", "report",
    ];
    let validators: Vec<_> = kinds
        .iter()
        .map(|kind| jsonschema::validator_for(&schema_of(kind)).unwrap())
        .collect();
    for path in samples() {
        let report = json_on(std::slice::from_ref(&path));
        let mut data: [Vec<Value>; 6] = std::array::from_fn(|_| Vec::new());
        let mut last_kind = 0;
        for line in printed("ndjson", path.to_str().unwrap()).lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let kind = kinds.iter().position(|kind| line["type"] == *kind).unwrap();
            assert!(kind >= last_kind, "{}: attempts first", path.display());
            last_kind = kind;
            let errors: Vec<String> = validators[kind]
                .iter_errors(&line["data"])
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            data[kind].push(line["data"].take());
        }
        let decided = |attempt: &Value| attempt["decided"].as_str().unwrap().to_owned();
        assert!(data[0].is_sorted_by_key(decided), "in the order decided");
        data[0].sort_by_key(|attempt| {
            let id = attempt["id"].as_u64();
            let listed = report["attempts"].as_array().unwrap();
            listed.iter().position(|one| one["id"].as_u64() == id)
        });
        assert_eq!(json!(data[0]), report["attempts"], "{}", path.display());
        assert_eq!(json!(data[1]), report["findings"]);
        assert_eq!(json!(data[2]), report["endpoints"]);
        assert_eq!(json!(data[3]), json!([report["summary"]]));
        assert_eq!(json!(data[4]), json!([report["capture"]]));
        let [made] = data[5].as_slice() else {
            panic!("one last line: {:?}", data[5]);
        };
        assert_eq!(made["schema"], report["schema"]);
        assert_eq!(made["settings"]["patience_s"], 3.0);
        assert_eq!(made["tool"]["arguments"][0], "read");
        assert_eq!(made["attempts_omitted"], 0);
    }
}

fn ndjson_lists_all_attempts_unless_told_otherwise() {
    let path = in_package("samples/service-restart.pcap");
    let count = |arguments: &[&str]| {
        let words = [&["read", "-F", "ndjson", path.to_str().unwrap()], arguments].concat();
        let lines = run(&words).stdout;
        lines
            .lines()
            .filter(|line| line.starts_with("{\"type\":\"attempt\""))
            .count()
    };
    assert_eq!(count(&[]), 60);
    assert_eq!(count(&["--max-attempts", "3"]), 3);
    let few = [
        "read",
        "-F",
        "ndjson",
        path.to_str().unwrap(),
        "--max-attempts",
        "3",
    ];
    let lines = run(&few).stdout;
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(last["type"], "report");
    assert_eq!(last["data"]["attempts_omitted"], 57);
    assert_eq!(last["data"]["settings"]["max_attempts"], 3);
}

/// How often the program hands something to its standard output: each line by itself, or many at
/// once.
fn ndjson_reaches_a_pipe_line_by_line_and_a_file_at_once() {
    let writes = |to_file: bool| {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("trace");
        let mut traced = Command::new("strace");
        traced
            .args(["-f", "-e", "trace=write", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_tcpwhy"))
            .args(["read", "-F", "ndjson", "samples/service-restart.pcap"])
            .current_dir(env!("CARGO_MANIFEST_DIR"));
        if to_file {
            let out = std::fs::File::create(folder.path().join("out")).unwrap();
            assert!(
                traced
                    .stdout(out)
                    .status()
                    .expect("strace is there")
                    .success()
            );
        } else {
            let ran = traced.output().expect("strace is there");
            assert!(ran.status.success(), "{ran:?}");
        }
        let trace = std::fs::read_to_string(trace).unwrap();
        trace
            .lines()
            .filter(|line| line.contains("write(1,"))
            .count()
    };
    let lines = printed("ndjson", "samples/service-restart.pcap")
        .lines()
        .count();
    assert!(writes(false) >= lines, "{lines} lines");
    assert!(writes(true) < lines, "{lines} lines");
}

fn a_reader_of_ndjson_that_goes_away_is_no_error() {
    let mut child = tcpwhy()
        .args(["read", "-F", "ndjson", "samples/service-restart.pcap"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.starts_with("{\"type\":\"attempt\""), "{first}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
