//! Attempts and findings in the words of the Elastic Common Schema, each a line of JSON: for
//! whatever takes in that schema. What it has no field for stands below `tcpwhy`.
//!
//! <https://www.elastic.co/guide/en/ecs/8.12/ecs-field-reference.html>

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::attempt_words::headline;
use super::json;
use super::model::Report;
use super::statement_words;
use super::times::rfc3339;
use crate::decode::Endpoint;
use crate::diagnosis::{Cause, DiagnosedAttempt, Finding, ListingOrder};
use crate::handshake::Outcome;

/// The version of the schema whose fields these are.
pub const VERSION: &str = "8.12";

/// Writes the attempts in the order in which they were decided, then the findings.
///
/// # Errors
///
/// What `out` says; that attempts put aside cannot be read, or were put aside in another order.
pub fn write(report: &Report, flushes_lines: bool, out: &mut dyn Write) -> io::Result<()> {
    for diagnosed in report.diagnosis.listed(ListingOrder::ByDecision) {
        write_line(&attempt(report, &*diagnosed?, None), out)?;
        if flushes_lines {
            out.flush()?;
        }
    }
    write_findings(report, out)
}

/// Writes one attempt as soon as it is decided; or when it corrects what was told `before`, which
/// then stands in it. `report` is what it will be part of, as far as that is known; names are those
/// of the client and the server.
///
/// # Errors
///
/// What `out` says.
#[cfg(feature = "live")]
pub fn write_attempt(
    report: &Report,
    diagnosed: &DiagnosedAttempt,
    before: Option<Outcome>,
    (client, server): (Option<&str>, Option<&str>),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut document = attempt(report, diagnosed, before);
    for (field, name) in [("source", client), ("destination", server)] {
        if let (Some(name), Some(Value::Object(end))) = (name, document.get_mut(field)) {
            end.insert("domain".to_owned(), name.into());
            end.insert("address".to_owned(), name.into());
        }
    }
    if let (Some(hosts), Some(Value::Object(related))) =
        (hosts([client, server]), document.get_mut("related"))
    {
        related.insert("hosts".to_owned(), hosts);
    }
    write_line(&document, out)
}

/// Writes the findings, each as an alert.
///
/// # Errors
///
/// What `out` says.
pub fn write_findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (id, found) in (1..).zip(&report.diagnosis.findings) {
        write_line(&finding(report, id, found), out)?;
    }
    Ok(())
}

fn write_line(document: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, document)?;
    out.write_all(b"\n")
}

fn attempt(report: &Report, diagnosed: &DiagnosedAttempt, before: Option<Outcome>) -> Value {
    let told = json::wire_attempt(report, diagnosed);
    let seen = &diagnosed.decided.attempt;
    let judgement = diagnosed.decided.judgement;
    let packets = told.evidence.iter().map(|packet| packet.packet);
    let (source, number) = seen.id.first_packet();
    let cause = diagnosed.cause().map(|judged| judged.cause);
    let vlan = |id: Option<u16>| id.map(|id| json!({ "vlan": { "id": id.to_string() } }));
    let mut network = json!({
        "transport": "tcp",
        "iana_number": "6",
        "type": if seen.client.address.is_ipv4() { "ipv4" } else { "ipv6" },
        "community_id": told.community_id,
        "inner": vlan(told.inner_vlan),
    });
    if let (Some(Value::Object(outer)), Some(network)) = (vlan(told.vlan), network.as_object_mut())
    {
        network.extend(outer);
    }
    let ended = judgement.at.since(seen.started_at()).as_nanos();
    without_nulls(json!({
        "@timestamp": told.started,
        "ecs": { "version": VERSION },
        "message": headline(&diagnosed.decided),
        "event": {
            "kind": "event",
            "category": ["network"],
            "type": kinds(judgement.outcome, cause),
            "action": told.outcome,
            "outcome": success(judgement.outcome),
            "reason": cause.map(Cause::words),
            "module": "tcpwhy",
            "dataset": "tcpwhy.attempt",
            "start": told.started,
            "end": told.decided,
            "duration": u64::try_from(ended).unwrap_or(u64::MAX),
            "sequence": told.id,
        },
        "source": end(seen.client, told.client_name.as_deref()),
        "destination": end(seen.server, told.server_name.as_deref()),
        "network": network,
        "related": {
            "ip": [seen.client.address, seen.server.address],
            "hosts": hosts([told.client_name.as_deref(), told.server_name.as_deref()]),
        },
        "observer": observer(report, told.interface),
        "error": told.app_error.map(|error| json!({ "code": error })),
        "log": { "file": { "path": told.file } },
        "tcpwhy": {
            "outcome": told.outcome,
            "corrects": before.map(Outcome::name),
            "trouble": told.trouble,
            "cause": told.cause,
            "confidence": told.confidence,
            "captured_at": told.captured_at,
            "part_of": told.part_of,
            "service": told.service,
            "syn_count": told.syn_count,
            "syn_ack_count": told.syn_ack_count,
            "answer_us": told.answer_us,
            "first_packet": { "source": source.0, "packet": number.0 },
            "packets": packets.collect::<Vec<u64>>(),
            "path": told.path,
            "legs": told.legs,
            "notes": told.notes,
            "verdict": told.verdict,
            "display_filter": told.display_filter,
        },
    }))
}

fn finding(report: &Report, id: u64, finding: &Finding) -> Value {
    let at = finding.from.or(report.capture.first);
    without_nulls(json!({
        "@timestamp": rfc3339(at.unwrap_or_default()),
        "ecs": { "version": VERSION },
        "message": statement_words::statement(finding),
        "event": {
            "kind": "alert",
            "category": ["network"],
            "type": ["info"],
            "action": finding.kind.name(),
            "module": "tcpwhy",
            "dataset": "tcpwhy.finding",
            "start": finding.from.map(rfc3339),
            "end": finding.until.map(rfc3339),
        },
        "destination": finding
            .server
            .map(|server| end(server, report.name_of(server.address).as_deref())),
        "observer": observer(report, None),
        "tcpwhy": { "finding": json::wire_finding(report, id, finding) },
    }))
}

/// What made the event: a program that watches the network.
fn observer(report: &Report, interface: Option<String>) -> Value {
    let ingress = interface.map(|name| json!({ "interface": { "name": name } }));
    json!({
        "product": "tcpwhy",
        "type": "network",
        "version": report.tool.version,
        "ingress": ingress,
    })
}

/// The names that are known of client and server: `dns` has no room for them, whose documents are
/// queries and their answers.
fn hosts(names: [Option<&str>; 2]) -> Option<Value> {
    let known: Vec<&str> = names.into_iter().flatten().collect();
    (!known.is_empty()).then(|| json!(known))
}

fn end(end: Endpoint, name: Option<&str>) -> Value {
    json!({
        "address": name.map_or_else(|| end.address.to_string(), str::to_owned),
        "ip": end.address,
        "port": end.port,
        "domain": name,
    })
}

/// What the schema calls events of this kind.
fn kinds(outcome: Outcome, cause: Option<Cause>) -> Vec<&'static str> {
    let is_denied = matches!(
        cause,
        Some(Cause::FilterVerdict | Cause::AdminProhibited | Cause::LocalFirewall)
    );
    let mut kinds = vec!["connection"];
    kinds.extend((outcome == Outcome::Established).then_some("start"));
    kinds.extend((is_denied && outcome.is_failure()).then_some("denied"));
    kinds
}

fn success(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Established => "success",
        Outcome::Pending | Outcome::Partial => "unknown",
        _ => "failure",
    }
}

/// A field that is not known is not there.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.into_iter().filter(|(_, value)| !value.is_null());
            let fields = known.map(|(name, value)| (name, without_nulls(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        other => other,
    }
}
