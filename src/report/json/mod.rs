//! The JSON report and its schema.

mod attempt_sequence;
pub mod explain;
mod host;
mod joining;
mod kernel;
mod log;
pub mod ndjson;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;
mod verdict;
mod wire;

pub(super) use wire::Attempt as WireAttempt;
#[cfg(feature = "csv")]
pub(super) use wire::Evidence as WireEvidence;
pub(super) use wire::SCHEMA;

use std::io::{self, Write};

use attempt_sequence::AttemptSequence;
use verdict::Verdict;

use super::community_id::community_id;
use super::limit_words;
use super::model::Report;
use super::next_step_words::{self, StepWords};
use super::note_words;
use super::packet_filters;
use super::settings::Settings;
use super::statement_words;
use super::times::rfc3339;
use super::trouble_words;
use super::verdict_words;
use super::{capture_words, evidence_words};
use crate::capture::{Compression, ProblemKind, SourceFacts};
use crate::decode::SetAside;
use crate::diagnosis::{
    DiagnosedAttempt, EndpointPattern, EndpointSummary, Finding, Limit, NextStep, Noise, Vantage,
    app_error, service_name,
};
use crate::handshake::{Attempt, AttemptId, DecidedAttempt, Outcome, SeenPacket, Trouble};

/// Writes the whole report as one JSON document.
///
/// # Errors
///
/// What `out` says; that attempts put aside cannot be read, or were put aside in another order.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let document = wire_report(report);
    let written = serde_json::to_writer_pretty(&mut *out, &document);
    if let Some(error) = document.attempts.take_failure() {
        return Err(error);
    }
    written?;
    writeln!(out)
}

/// The JSON Schema of what [`write()`] writes.
#[cfg(feature = "json-schema")]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(wire::Report<'static>).to_value()
}

fn wire_report(report: &Report) -> wire::Report<'_> {
    let diagnosis = &report.diagnosis;
    wire::Report {
        schema: wire::SCHEMA,
        tool: wire_tool(report),
        capture: wire_capture(report),
        settings: wire_settings(&report.settings),
        summary: wire_summary(report),
        findings: wire_findings(report),
        endpoints: diagnosis
            .endpoints
            .iter()
            .map(|endpoint| wire_endpoint(report, endpoint))
            .collect(),
        attempts: AttemptSequence::of(report),
        attempts_omitted: diagnosis.attempts_omitted,
        limits: diagnosis.limits.iter().map(wire_limit).collect(),
    }
}

fn wire_limit(limit: &Limit) -> wire::Limit {
    wire::Limit {
        name: limit.kind.name(),
        size: limit.size,
        left_out: limit.left_out,
        cost: limit_words::cost(limit.kind),
        may_hide_findings: limit.may_hide_findings(),
    }
}

fn wire_tool(report: &Report) -> wire::Tool {
    wire::Tool {
        name: "tcpwhy",
        version: report.tool.version,
        arguments: report.tool.arguments.clone(),
    }
}

fn wire_capture(report: &Report) -> wire::Capture {
    let capture = &report.capture;
    wire::Capture {
        first: capture.first.map(rfc3339),
        last: capture.last.map(rfc3339),
        packets: capture.packets,
        tcp_packets: capture.tcp_packets,
        icmp_errors: capture.icmp_errors,
        copies: capture.copies,
        undecodable: SetAside::ALL
            .into_iter()
            .map(|reason| {
                (
                    reason.name(),
                    capture
                        .set_aside
                        .get(&reason)
                        .map_or(0, |packets| packets.count),
                )
            })
            .collect(),
        undecodable_from: capture
            .set_aside
            .iter()
            .map(|(reason, packets)| {
                let first = packets.first;
                (
                    reason.name(),
                    wire::PacketPlace {
                        source: first.source.0,
                        packet: first.number.0,
                    },
                )
            })
            .collect(),
        doubtful_records: capture
            .verdict_faults
            .iter()
            .map(|(fault, count, _)| (fault.name(), count))
            .collect(),
        dropped: wire::Dropped {
            kernel: capture.dropped_by_kernel(),
            interface: capture.dropped_by_interface(),
        },
        attempts_set_aside: capture.attempts_set_aside,
        limits: capture_words::cannot_show(report),
        sources: capture.sources.iter().map(wire_source).collect(),
        logs: log::logs(report),
        hosts: host::hosts(report),
        kernel: capture.kernel.as_ref().map(kernel::kernel),
    }
}

fn wire_settings(settings: &Settings) -> wire::Settings {
    let patterns =
        |patterns: &[EndpointPattern]| patterns.iter().map(ToString::to_string).collect();
    let selection = &settings.selection;
    wire::Settings {
        patience_s: settings.tracker.patience.as_secs_f64(),
        slow_s: settings.tracker.slow.as_secs_f64(),
        max_flows: settings.tracker.open_attempts as u64,
        filter: settings.filter.clone(),
        servers: patterns(&selection.servers),
        clients: patterns(&selection.clients),
        since: selection.since.map(rfc3339),
        until: selection.until.map(rfc3339),
        outcomes: selection
            .listed
            .as_ref()
            .map(|outcomes| outcomes.iter().map(|outcome| outcome.name()).collect()),
        troubles: selection
            .listed_troubles
            .iter()
            .map(|trouble| trouble.name())
            .collect(),
        max_attempts: settings.listed_attempts.map(|limit| limit as u64),
    }
}

fn wire_source(source: &SourceFacts) -> wire::Source {
    wire::Source {
        path: source.path.to_string_lossy().into_owned(),
        format: source.format,
        compression: source.compression.map(Compression::name),
        bytes: source.bytes,
        sha256: source.sha256.clone(),
        packets: source.packets,
        dropped: wire::Dropped {
            kernel: source.dropped_by_kernel,
            interface: source.dropped_by_interface,
        },
        first: source.first.map(rfc3339),
        last: source.last.map(rfc3339),
        interfaces: source
            .interfaces
            .iter()
            .map(|interface| wire::Interface {
                id: interface.id,
                name: interface.name.clone(),
                description: interface.description.clone(),
                filter: interface.filter.clone(),
                link_type: interface.link_type.to_string(),
                snaplen: interface.snap_length,
            })
            .collect(),
        problem: source.problem.as_ref().map(|problem| wire::Problem {
            at_byte: problem.at_byte,
            at_packet: problem.at_packet,
            kind: match problem.kind {
                ProblemKind::Truncated => "truncated",
                ProblemKind::Damaged => "damaged",
                ProblemKind::Odd => "odd",
            },
            message: problem.to_string(),
        }),
    }
}

fn wire_summary(report: &Report) -> wire::Summary {
    let outcomes = &report.diagnosis.outcomes;
    let troubles = &report.diagnosis.troubles;
    wire::Summary {
        attempts: outcomes.total(),
        established: outcomes.of(Outcome::Established),
        reset: outcomes.of(Outcome::Reset),
        refused: outcomes.of(Outcome::Refused),
        rejected: outcomes.of(Outcome::Rejected),
        half_open: outcomes.of(Outcome::HalfOpen),
        aborted: outcomes.of(Outcome::Aborted),
        dropped: outcomes.of(Outcome::Dropped),
        pending: outcomes.of(Outcome::Pending),
        partial: outcomes.of(Outcome::Partial),
        slow: troubles.of(Trouble::Slow),
        hung_up: troubles.of(Trouble::HungUp),
        stuck: troubles.of(Trouble::Stuck),
        resets_midway: report.diagnosis.resets_midway,
    }
}

fn wire_findings(report: &Report) -> Vec<wire::Finding> {
    numbered(&report.diagnosis.findings)
        .map(|(id, finding)| wire_finding(report, id, finding))
        .collect()
}

/// The findings as they stand in the report, an array.
///
/// # Errors
///
/// None that is known of: what is written is not looked at again.
pub fn findings(report: &Report) -> serde_json::Result<serde_json::Value> {
    serde_json::to_value(wire_findings(report))
}

/// Findings count from 1, the worst first.
fn numbered(findings: &[Finding]) -> impl Iterator<Item = (u64, &Finding)> {
    (1..).zip(findings)
}

pub(super) fn wire_finding(report: &Report, id: u64, finding: &Finding) -> wire::Finding {
    wire::Finding {
        id,
        kind: finding.kind.name().to_owned(),
        confidence: finding.confidence.name(),
        server: finding.server.map(|server| server.to_string()),
        server_name: finding
            .server
            .and_then(|server| report.name_of(server.address)),
        clients: finding.clients as u64,
        of_sample: finding.is_of_sample,
        attempts: finding.attempts,
        from: finding.from.map(rfc3339),
        until: finding.until.map(rfc3339),
        statement: statement_words::statement(finding),
        app_errors: finding.app_errors.clone(),
        evidence: statement_words::evidence(finding)
            .into_iter()
            .chain(
                finding
                    .proof
                    .map(|proof| evidence_words::proof(report, &proof)),
            )
            .collect(),
        changes_before: log::changes_before(finding),
        next_steps: finding.next_steps.iter().map(wire_step).collect(),
        display_filter: packet_filters::display_filter_of_finding(finding),
        capture_filter: packet_filters::capture_filter_of_finding(finding),
    }
}

fn wire_step(step: &NextStep) -> wire::NextStep {
    let StepWords {
        place, run, why, ..
    } = next_step_words::step(step);
    wire::NextStep { place, run, why }
}

fn wire_endpoint(report: &Report, endpoint: &EndpointSummary) -> wire::Endpoint {
    let times = &endpoint.answer_times;
    wire::Endpoint {
        server: endpoint.server.to_string(),
        server_name: report.name_of(endpoint.server.address),
        service: service_name(endpoint.server.port).map(str::to_owned),
        attempts: endpoint.outcomes.total(),
        folded: endpoint.folded.total(),
        outcomes: endpoint
            .outcomes
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| (outcome.name(), count))
            .collect(),
        troubles: endpoint
            .troubles
            .iter()
            .map(|(trouble, count)| (trouble.name(), count))
            .collect(),
        clients: endpoint.clients() as u64,
        clients_estimated: endpoint.clients_are_estimated(),
        captured_at: endpoint.vantage.map(Vantage::name),
        first_failure: endpoint.first_failure.map(rfc3339),
        last_failure: endpoint.last_failure.map(rfc3339),
        syn_to_answer_us: times
            .median_microseconds()
            .zip(times.longest_microseconds())
            .map(|(median, max)| wire::AnswerTimes { median, max }),
        findings: numbered(&report.diagnosis.findings)
            .filter(|(_, finding)| finding.is_about(endpoint.server))
            .map(|(id, _)| id)
            .collect(),
    }
}

fn first_packet(id: AttemptId) -> wire::PacketPlace {
    let (source, number) = id.first_packet();
    wire::PacketPlace {
        source: source.0,
        packet: number.0,
    }
}

pub(super) fn wire_attempt(report: &Report, diagnosed: &DiagnosedAttempt) -> wire::Attempt {
    let decided = &diagnosed.decided;
    let DecidedAttempt { attempt, judgement } = decided;
    let started = attempt.started_at();
    let cause = diagnosed.cause();
    let mut vlans = joining::vlans(&attempt.encapsulation);
    let microseconds =
        |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    wire::Attempt {
        id: attempt.id.0,
        first_packet: first_packet(attempt.id),
        file: joining::file(report, attempt),
        client: attempt.client.to_string(),
        client_address: attempt.client.address.to_string(),
        client_port: attempt.client.port,
        server: attempt.server.to_string(),
        server_address: attempt.server.address.to_string(),
        server_port: attempt.server.port,
        community_id: community_id(attempt.client, attempt.server),
        legs: joining::legs(diagnosed),
        client_name: report.name_of(attempt.client.address),
        server_name: report.name_of(attempt.server.address),
        service: service_name(attempt.server.port).map(str::to_owned),
        path: attempt
            .encapsulation
            .layers()
            .map(|layer| layer.to_string())
            .collect(),
        vlan: vlans.next(),
        inner_vlan: vlans.next(),
        interface: joining::interface(report, attempt),
        captured_at: diagnosed.vantage.map(Vantage::name),
        part_of: diagnosed.noise.map(Noise::name),
        isn: attempt.isn.map(|isn| isn.0),
        outcome: judgement.outcome.name(),
        trouble: judgement.troubles.iter().map(Trouble::name).collect(),
        cause: cause.map(|judged| judged.cause.name()),
        confidence: cause.map(|judged| judged.confidence.name()),
        started: rfc3339(started),
        started_epoch: joining::epoch(started),
        decided: rfc3339(judgement.at),
        duration_us: microseconds(judgement.at.since(started)),
        syn_count: attempt.syn_count,
        syn_ack_count: attempt.syn_ack_count,
        answer_us: attempt
            .first_syn_at
            .zip(attempt.first_answer_at)
            .map(|(syn, answer)| microseconds(answer.since(syn))),
        app_error: app_error(decided, report.capture.may_miss_icmp_errors()),
        evidence: attempt
            .evidence
            .packets()
            .iter()
            .map(|packet| wire_evidence(attempt, packet))
            .collect(),
        notes: [
            trouble_words::troubles(decided),
            note_words::notes(diagnosed),
            report.capture.comments_on(diagnosed),
        ]
        .concat(),
        testimony: log::testimony(&diagnosed.testimony),
        display_filter: packet_filters::display_filter(attempt),
        capture_filter: packet_filters::capture_filter(attempt),
        verdict: verdict_words::of_all(attempt),
        verdicts: attempt
            .verdicts
            .iter()
            .map(|told| Verdict::of(told, attempt, judgement.outcome))
            .collect(),
    }
}

fn wire_evidence(attempt: &Attempt, packet: &SeenPacket) -> wire::Evidence {
    wire::Evidence {
        packet: packet.place.number.0,
        source: packet.place.source.0,
        time: rfc3339(packet.place.at),
        from: evidence_words::from(packet),
        what: evidence_words::what(packet),
        role: evidence_words::role(packet),
        detail: evidence_words::detail(attempt, packet),
    }
}
