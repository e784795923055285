//! What records of other programs are joined on, and the examples of `docs/joining.md`, run as they
//! stand there.

#![allow(
    clippy::disallowed_methods,
    reason = "examples find the programs that are installed"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::pcap::pcap_file;
use crate::support::scenario::parse;
use crate::support::watching::network::python;
use crate::support::{json_on, samples};

pub(crate) const TESTS: &[Test] = tests![
    flows_have_the_community_ids_of_wireshark needs "tshark",
    each_attempt_says_where_and_when_it_was_captured,
    legs_have_community_ids_of_their_own,
    documents_keep_to_the_elastic_common_schema,
    hostile_names_stay_in_their_fields,
    the_names_for_opentelemetry_are_those_of_fields,
    jq_reads_the_report needs "jq",
    duckdb_reads_the_report needs "duckdb",
    pandas_reads_the_report needs "python3-pandas",
    zeek_logs_are_joined needs "duckdb" "tshark",
    suricata_logs_are_joined needs "jq" "tshark",
    ecs_is_what_its_readers_expect needs "jq",
];

const DOCUMENT: &str = include_str!("../docs/joining.md");

/// The fields of the Elastic Common Schema with which these documents could be written, as its
/// project publishes them in `generated/csv/fields.csv`: name, type, and whether it is a list.
const ECS_FIELDS: &str = include_str!("ecs-8.12-fields.tsv");

/// Community ID, time and ends of each SYN, as Wireshark reads them.
struct Syn {
    community_id: String,
    at: f64,
    ends: Vec<String>,
    is_answered: bool,
}

fn syns(path: &Path) -> Vec<Syn> {
    let read = |filter: &str| {
        let output = Command::new("tshark")
            .args(["--enable-protocol", "communityid", "-n", "-r"])
            .arg(path)
            .args(["-Y", filter, "-T", "fields", "-E", "occurrence=l"])
            .args("-e communityid -e frame.time_epoch -e ip.src -e tcp.srcport -e ip.dst -e tcp.dstport".split(' '))
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let answered = read("tcp.flags.syn==1 && tcp.flags.ack==1 && !icmp");
    let answered: BTreeSet<&str> = answered
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    let text =
        read("tcp.flags.syn==1 && tcp.flags.ack==0 && !icmp && !tcp.analysis.retransmission");
    text.lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            Syn {
                community_id: fields[0].to_owned(),
                at: fields[1].parse().unwrap(),
                ends: fields[2..].iter().map(|&field| field.to_owned()).collect(),
                is_answered: answered.contains(fields[0]),
            }
        })
        .collect()
}

fn flows_have_the_community_ids_of_wireshark() {
    let mut compared = 0;
    for path in samples() {
        // Of packets in tunnels and logs, Wireshark names the outer flow, or none.
        let theirs: BTreeMap<Vec<String>, String> = syns(&path)
            .into_iter()
            .filter(|syn| syn.community_id.starts_with("1:"))
            .map(|syn| (syn.ends, syn.community_id))
            .collect();
        for attempt in json_on(&[path])["attempts"].as_array().unwrap() {
            let ends = [
                "client_address",
                "client_port",
                "server_address",
                "server_port",
            ]
            .map(|name| attempt[name].to_string().trim_matches('"').to_owned());
            if let Some(id) = theirs.get(&ends[..]) {
                assert_eq!(attempt["community_id"], **id, "{ends:?}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}

fn attempts_of(path: &str, format: &str) -> Vec<Value> {
    let ran = run(&["read", path, "-F", format]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let lines = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let is_attempt = |line: &Value| line["type"] == "attempt" || line["event"]["kind"] == "event";
    lines.filter(is_attempt).collect()
}

fn each_attempt_says_where_and_when_it_was_captured() {
    let first = attempts_of("samples/qinq.pcap", "ndjson").remove(0);
    let attempt = &first["data"];
    assert_eq!(attempt["file"], "samples/qinq.pcap");
    assert_eq!(attempt["path"], json!(["vlan 100", "vlan 12"]));
    assert_eq!(
        (&attempt["vlan"], &attempt["inner_vlan"]),
        (&json!(100), &json!(12))
    );
    assert_eq!(attempt["interface"], Value::Null);
    assert_eq!(attempt["client"], "10.0.12.7:38754");
    assert_eq!(attempt["client_address"], "10.0.12.7");
    assert_eq!(attempt["client_port"], 38_754);
    assert_eq!(attempt["started"], "2026-11-21T06:49:35.333838000Z");
    // As it is written: whoever reads numbers as floats loses the last digits himself.
    let text = run(&["read", "samples/qinq.pcap", "-F", "ndjson"]).stdout;
    assert!(
        text.contains("\"started_epoch\":1795243775.333838000,"),
        "{text}"
    );
    let named: BTreeSet<String> = attempts_of("samples/two-link-types.pcapng", "ndjson")
        .iter()
        .map(|line| line["data"]["interface"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        named,
        BTreeSet::from(["eth0".to_owned(), "tun0".to_owned()])
    );
    let of_ipv6 = attempts_of("samples/closed-port-ipv6.pcap", "ndjson").remove(0);
    assert_eq!(of_ipv6["data"]["server"], "[2001:db8:0:1::20]:5432");
    assert_eq!(of_ipv6["data"]["server_address"], "2001:db8:0:1::20");
    let csv = run(&["read", "samples/qinq.pcap", "-F", "csv"]).stdout;
    assert!(csv.contains(",\"vlan 100, vlan 12\",100,12,"), "{csv}");
    assert!(csv.lines().nth(1).unwrap().ends_with(",3 4 5"), "{csv}");
}

fn legs_have_community_ids_of_their_own() {
    let text = include_str!("scenarios/legs-of-a-translated-connect.scenario");
    let story = parse(text);
    let capture = pcap_file(story.link_type, &story.packets);
    let capture = crate::support::command::file(&capture);
    let path = capture.path.to_str().unwrap();
    let attempt = attempts_of(path, "ndjson").remove(0)["data"].take();
    let leg = &attempt["legs"][0];
    assert_eq!(leg["client_address"], "198.51.100.4", "{attempt}");
    assert_eq!(leg["server_port"], 443);
    assert_eq!(attempt["community_id"], "1:2dpqCFBzOSTMrr4dFv6QIksp+v4=");
    assert_eq!(leg["community_id"], "1:NtFy8p1iuORq/h7i9ZXX73mkEuo=");
    // Asked for by its own address, the later leg is an attempt with the same name.
    let ran = run(&["read", path, "-F", "json", "--client", "198.51.100.4"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["attempts"][0]["community_id"], leg["community_id"]);
}

/// Name, type, and whether it is a list.
fn ecs_fields() -> BTreeMap<&'static str, (&'static str, bool)> {
    let lines = ECS_FIELDS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            (fields[0], (fields[1], fields.get(2) == Some(&"array")))
        })
        .collect()
}

/// The leaves of a document by their paths, without those below `tcpwhy`.
fn leaves<'a>(path: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter().filter(|(name, _)| *name != "tcpwhy") {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                leaves(&path, value, found);
            }
        }
        leaf => found.push((path.to_owned(), leaf)),
    }
}

fn is_of_type(kind: &str, value: &Value) -> bool {
    let text = value.as_str();
    match kind {
        "keyword" | "match_only_text" => text.is_some(),
        "ip" => text.is_some_and(|text| text.parse::<IpAddr>().is_ok()),
        "date" => text.is_some_and(|text| text.len() == 30 && text.ends_with('Z')),
        "long" => value.is_u64(),
        other => panic!("{other} is not looked at"),
    }
}

/// What the schema allows in these fields.
const ALLOWED: [(&str, &[&str]); 4] = [
    ("event.kind", &["alert", "event"]),
    ("event.category", &["network"]),
    ("event.type", &["connection", "start", "denied", "info"]),
    ("event.outcome", &["success", "failure", "unknown"]),
];

fn documents_keep_to_the_elastic_common_schema() {
    let fields = ecs_fields();
    let mut used = BTreeSet::new();
    for path in samples() {
        let path = path.to_str().unwrap();
        let ran = run(&["read", path, "-F", "ecs"]);
        let report = json_on(&[path.into()]);
        let told = report["attempts"].as_array().unwrap().len()
            + report["findings"].as_array().unwrap().len();
        assert_eq!(ran.stdout.lines().count(), told, "{path}");
        for line in ran.stdout.lines() {
            let document: Value = serde_json::from_str(line).unwrap();
            let mut found = Vec::new();
            leaves("", &document, &mut found);
            for (name, value) in found {
                let Some((kind, is_list)) = fields.get(name.as_str()) else {
                    panic!("{name} is no field of the schema: {line}");
                };
                assert_eq!(value.is_array(), *is_list, "{name}: {line}");
                let one = std::slice::from_ref(value);
                for value in value.as_array().map_or(one, Vec::as_slice) {
                    assert!(is_of_type(kind, value), "{name}: {line}");
                    if let Some((_, allowed)) = ALLOWED.iter().find(|(field, _)| *field == name) {
                        assert!(allowed.contains(&value.as_str().unwrap()), "{name}: {line}");
                    }
                }
                used.insert(name);
            }
            for needed in ["/@timestamp", "/ecs/version", "/event/dataset", "/message"] {
                assert!(document.pointer(needed).is_some(), "{needed}: {line}");
            }
        }
    }
    let listed: BTreeSet<String> = fields.keys().map(|&name| name.to_owned()).collect();
    assert_eq!(used, listed, "the list holds what is used");
}

fn hostile_names_stay_in_their_fields() {
    let name = "=cmd|' /C calc'!A0";
    let capture = crate::support::hostile::capture_of_names(&[name]);
    let capture = crate::support::command::file(&capture);
    let attempt = attempts_of(capture.path.to_str().unwrap(), "ecs").remove(0);
    assert_eq!(attempt["destination"]["domain"], name);
    assert_eq!(attempt["related"]["hosts"], json!([name]));
    let no_names = run(&["read", "-n", "-F", "ecs", capture.path.to_str().unwrap()]).stdout;
    assert!(!no_names.contains("calc"), "{no_names}");
    assert!(no_names.contains("\"community_id\""), "{no_names}");
}

fn the_names_for_opentelemetry_are_those_of_fields() {
    let schema: Value = serde_json::from_str(include_str!("tcpwhy-report-1.schema.json")).unwrap();
    let ecs = ecs_fields();
    let (_, table) = DOCUMENT.split_once("| tcpwhy | OpenTelemetry |").unwrap();
    let words = |cell: &str| -> Vec<String> {
        cell.split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect()
    };
    let rows = table.lines().skip(2).filter(|line| line.starts_with('|'));
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        for name in words(cells[1]) {
            let known = schema.pointer(&format!("/$defs/Attempt/properties/{name}"));
            assert!(known.is_some(), "{name}: {row}");
        }
        for name in words(cells[3]) {
            assert!(ecs.contains_key(name.as_str()), "{name}: {row}");
        }
        count += 1;
    }
    assert_eq!(count, 12);
}

/// Runs the example below this heading, in a folder with the capture and these files.
#[track_caller]
fn example(heading: &str, files: &[(&str, String)]) {
    let (_, section) = DOCUMENT.split_once(&format!("\n## {heading}\n")).unwrap();
    let block = |kind: &str| {
        let (_, text) = section.split_once(&format!("```{kind}\n")).unwrap();
        text.split_once("```").unwrap().0.to_owned()
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        "samples/service-restart.pcap",
        folder.path().join("incident.pcap"),
    )
    .unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_tcpwhy")).parent().unwrap();
    let python = Path::new(python()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{path}", programs.display(), python.display());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &block("sh")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(printed, block("text"), "{said}");
}

fn jq_reads_the_report() {
    example("jq", &[]);
}

fn duckdb_reads_the_report() {
    example("DuckDB", &[]);
}

fn pandas_reads_the_report() {
    example("pandas", &[]);
}

fn ecs_is_what_its_readers_expect() {
    example("Elastic Common Schema", &[]);
}

/// What Zeek writes of these connections, with the ids that Wireshark gives them.
fn zeek_logs_are_joined() {
    let lines = syns(Path::new("samples/service-restart.pcap")).into_iter().map(|syn| {
        let [client, client_port, server, server_port] = &syn.ends[..] else {
            panic!("{:?}", syn.ends);
        };
        let port = |text: &String| text.parse::<u16>().unwrap();
        let line = json!({
            "ts": syn.at, "uid": format!("C{client_port}"), "id.orig_h": client, "id.orig_p": port(client_port),
            "id.resp_h": server, "id.resp_p": port(server_port), "proto": "tcp",
            "conn_state": if syn.is_answered { "SF" } else { "REJ" }, "community_id": syn.community_id,
        });
        format!("{line}\n")
    });
    example("Zeek", &[("conn.log", lines.collect())]);
}

/// What Suricata writes of these connections, with the ids that Wireshark gives them.
fn suricata_logs_are_joined() {
    let all = syns(Path::new("samples/service-restart.pcap"));
    let refused = all.iter().filter(|syn| !syn.is_answered).take(2);
    let accepted = all.iter().filter(|syn| syn.is_answered).take(2);
    let lines = refused.chain(accepted).map(|syn| {
        let line = json!({
            "timestamp": "2026-11-21T06:49:27.839095+0000", "event_type": "alert", "proto": "TCP",
            "src_ip": syn.ends[0], "dest_ip": syn.ends[2], "community_id": syn.community_id,
            "alert": { "action": "allowed", "signature": "LOCAL database from the DMZ", "severity": 3 },
        });
        format!("{line}\n")
    });
    example("Suricata", &[("eve.json", lines.collect())]);
}
