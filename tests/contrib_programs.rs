//! What `contrib` holds, shown to the programs that it is for, or to the code that these are made
//! of: Prometheus, Grafana's own model of a dashboard, Kubernetes' published schemas, and the
//! language in which Vector changes events.

#![allow(
    clippy::disallowed_methods,
    reason = "other programs are what is asked here"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::in_package;
use crate::support::tools::python_with;

pub(crate) const TESTS: &[Test] = tests![
    alerts_say_what_they_are_for needs "promtool",
    prometheus_understands_every_query_of_the_dashboard needs "promtool",
    grafana_keeps_all_of_the_dashboard needs "grafana_foundation_sdk",
    kubernetes_knows_every_field_of_its_manifest needs "kubernetes-validate",
    vector_makes_events_of_attempts_and_findings needs "vrl_python",
    vector_is_set_up_with_what_there_is needs "tomllib",
];

fn contrib(path: &str) -> PathBuf {
    in_package("contrib").join(path)
}

#[track_caller]
fn assert_success(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{said}");
    text
}

#[track_caller]
fn promtool(arguments: &[&str], folder: &Path) -> String {
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert_success(&output)
}

fn alerts_say_what_they_are_for() {
    let folder = contrib("prometheus");
    promtool(&["check", "rules", "tcpwhy.rules.yml"], &folder);
    promtool(&["test", "rules", "tcpwhy.test.yml"], &folder);
    let names = |file: &str, key: &str| {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let lines = text.lines().filter_map(|line| {
            let (_, name) = line.split_once(key)?;
            Some(name.trim().to_owned())
        });
        lines.collect::<std::collections::BTreeSet<String>>()
    };
    let alerts = names("tcpwhy.rules.yml", "- alert:");
    assert_eq!(alerts, names("tcpwhy.test.yml", "- alertname:"));
    assert!(alerts.len() > 5, "{alerts:?}");
}

fn dashboard() -> Value {
    let text = std::fs::read_to_string(contrib("grafana/tcpwhy.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// As rules that record them: these are held against the grammar and the types of its language.
fn prometheus_understands_every_query_of_the_dashboard() {
    let dashboard = dashboard();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().unwrap());
    // What Grafana puts in.
    let queries = targets.map(|target| {
        let query = target["expr"].as_str().unwrap();
        query
            .replace("$__rate_interval", "1m")
            .replace("$__range", "1h")
    });
    let rules: Vec<Value> = (1..)
        .zip(queries)
        .map(|(number, query)| json!({ "record": format!("query_{number}"), "expr": query }))
        .collect();
    let count = rules.len();
    let folder = tempfile::tempdir().unwrap();
    // Any JSON is YAML.
    let file = json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(folder.path().join("rules.yml"), file.to_string()).unwrap();
    let said = promtool(&["check", "rules", "rules.yml"], folder.path());
    assert!(said.contains(&format!("{count} rules found")), "{said}");
}

#[track_caller]
fn python(module: &str, script: &str, arguments: &[&Path], input: &str) -> String {
    let mut child = Command::new(python_with(module).unwrap())
        .args(["-c", script])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut pipe, input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    assert_success(&output)
}

/// Read into the types that Grafana generates from its own schemas, and written again. What they
/// do not know is lost on the way, or refused.
const THROUGH_GRAFANAS_TYPES: &str = "
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
print(JSONEncoder().encode(Dashboard.from_json(json.load(open(sys.argv[1])))))";

fn grafana_keeps_all_of_the_dashboard() {
    let path = contrib("grafana/tcpwhy.json");
    let text = python(
        "grafana_foundation_sdk",
        THROUGH_GRAFANAS_TYPES,
        &[&path],
        "",
    );
    let kept: Value = serde_json::from_str(&text).unwrap();
    let mut lost = Vec::new();
    compare("", &dashboard(), &kept, &mut lost);
    // Grafana writes it for Prometheus and reads it where there is no query; the types forget it.
    lost.retain(|path| !(path.starts_with(".templating.list") && path.ends_with(".definition")));
    assert!(lost.is_empty(), "{lost:?}");
}

/// The paths of what is not in the other.
fn compare(path: &str, written: &Value, kept: &Value, lost: &mut Vec<String>) {
    match (written, kept) {
        (Value::Object(written), Value::Object(kept)) => {
            for (name, value) in written {
                let path = format!("{path}.{name}");
                compare(&path, value, kept.get(name).unwrap_or(&Value::Null), lost);
            }
        }
        (Value::Array(written), Value::Array(kept)) if written.len() == kept.len() => {
            for (number, (written, kept)) in written.iter().zip(kept).enumerate() {
                compare(&format!("{path}.{number}"), written, kept, lost);
            }
        }
        (written, kept) if written.is_number() && written.as_f64() == kept.as_f64() => {}
        (written, kept) if written == kept => {}
        _ => lost.push(path.to_owned()),
    }
}

fn kubernetes_knows_every_field_of_its_manifest() {
    let manifest = std::fs::read_to_string(contrib("kubernetes/daemonset.yaml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let validate = |text: &str| {
        let path = folder.path().join("manifest.yaml");
        std::fs::write(&path, text).unwrap();
        let strict = ["--strict", "--quiet"];
        let command = Command::new("kubernetes-validate")
            .args(strict)
            .arg(path)
            .output();
        command.unwrap()
    };
    assert_success(&validate(&manifest));
    // It does look.
    let misspelt = manifest.replace("hostNetwork:", "hostNetworks:");
    assert!(misspelt != manifest && !validate(&misspelt).status.success());
}

/// Each line of standard input as an event, by the program that the argument names; `null` for one
/// that is dropped.
const THROUGH_VECTOR: &str = "
import json, sys, vrl_python
program = open(sys.argv[1]).read()
runtime = vrl_python.VRLRuntime()
runtime.compile(program)
for line in sys.stdin:
    try:
        event = {'message': line.rstrip('\\n'), 'host': 'web1'}
        print(json.dumps(runtime.execute(program, event).processed_event))
    except RuntimeError as error:
        assert 'aborted' in str(error), error
        print('null')";

fn through_vector(lines: &str) -> Vec<Value> {
    let program = contrib("vector/tcpwhy.vrl");
    let text = python("vrl_python", THROUGH_VECTOR, &[&program], lines);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn vector_makes_events_of_attempts_and_findings() {
    let lines = run(&["read", "samples/service-restart.pcap", "-F", "ndjson"]).stdout;
    let events = through_vector(&lines);
    assert_eq!(events.len(), lines.lines().count());
    for (line, event) in lines.lines().zip(&events) {
        let line: Value = serde_json::from_str(line).unwrap();
        let is_event = ["attempt", "finding"].contains(&line["type"].as_str().unwrap());
        assert_eq!(event.is_object(), is_event, "{line}");
        if is_event {
            assert_eq!(
                (&event["type"], &event["host"]),
                (&line["type"], &json!("web1"))
            );
            assert_eq!(event["server"], line["data"]["server"]);
            assert_eq!(event["display_filter"], line["data"]["display_filter"]);
        }
    }
    let refused = events
        .iter()
        .find(|event| event["outcome"] == "refused")
        .unwrap();
    let message = "10.0.0.9:42247 to 10.0.1.20:5432 -> refused closed_port";
    assert_eq!(refused["message"], message);
    assert_eq!(refused["timestamp"], "2026-11-21 06:49:27.839095 UTC");
    let found = events
        .iter()
        .find(|event| event["type"] == "finding")
        .unwrap();
    assert_eq!(found["message"], found["statement"]);
    assert_eq!(found["timestamp"], "2026-11-21 06:49:27.839095 UTC");
    // What another program has written into the stream is nobody's event.
    for line in [
        "",
        "tcpwhy: 3 packets were lost",
        "[]",
        "{\"data\":{}}",
        "\"attempt\"",
    ] {
        assert_eq!(
            through_vector(&format!("{line}\n")),
            [Value::Null],
            "{line}"
        );
    }
}

/// The program itself is in no registry of packages: so that it is TOML, and that its parts lead to
/// each other, is all that is seen of it here.
fn vector_is_set_up_with_what_there_is() {
    let script =
        "import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], 'rb'))))";
    let path = contrib("vector/vector.toml");
    let text = python("tomllib", script, &[&path], "");
    let config: Value = serde_json::from_str(&text).unwrap();
    let verdicts = &config["transforms"]["verdicts"];
    assert_eq!(verdicts["inputs"], json!(["tcpwhy"]));
    assert_eq!(config["sinks"]["loki"]["inputs"], json!(["verdicts"]));
    let file = verdicts["file"].as_str().unwrap();
    let (_, name) = file.rsplit_once('/').unwrap();
    assert!(contrib("vector").join(name).is_file(), "{file}");
    let command = config["sources"]["tcpwhy"]["command"].as_array().unwrap();
    let command: Vec<&str> = command.iter().map(|word| word.as_str().unwrap()).collect();
    let ["tcpwhy", words @ ..] = &command[..] else {
        panic!("{command:?}");
    };
    // An option that there is not would be told before the help.
    let ran = run(&[words, &["--help"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let labels = config["sinks"]["loki"]["labels"].as_object().unwrap();
    assert_eq!(labels["type"], "{{ type }}");
}
