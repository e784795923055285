//! What to do next about what a comparison says: mostly on the machine between two places.

use super::PathReport;
use super::words::{both, name};
use crate::path::{Detail, PacketKind, PathFinding, PathFindingKind};

/// A next step: where, what to do, and what it would show.
pub(super) struct Step {
    pub(super) place: String,
    pub(super) run: Option<String>,
    pub(super) why: String,
}

/// What to look at, and on which machine: the one between.
pub(super) fn next_steps(report: &PathReport, found: &PathFinding) -> Vec<Step> {
    let stretch = both(report, &found.between);
    let between = format!("what stands between {stretch}");
    let last = found.between.last().copied().unwrap_or(0);
    let port = found.server.map(|server| server.port);
    let port = port.map_or_else(String::new, |port| format!(" port {port}"));
    let step = |place: &str, run: Option<String>, why: String| Step {
        place: place.to_owned(),
        run,
        why,
    };
    match found.kind {
        PathFindingKind::FilterBetween if found.packet == Some(PacketKind::Ack) => vec![step(
            &between,
            None,
            "look at its state of connections, and by which way the SYN-ACK comes: a firewall that does not see it drops all that follows".to_owned(),
        )],
        PathFindingKind::FilterBetween => vec![step(
            &between,
            None,
            format!("look at its rules and routes for{port}{}: they take these SYNs, and let others pass",
                if port.is_empty() { " what ends there" } else { "" }),
        )],
        PathFindingKind::OneWayStretch => vec![step(
            &between,
            None,
            "look at its way back: state that it has not (asymmetric routes), reverse path filter, rules for answers".to_owned(),
        )],
        PathFindingKind::LossyStretch => vec![step(
            &between,
            None,
            "look at its counters of drops, errors and full queues, on both interfaces, while it is used".to_owned(),
        )],
        PathFindingKind::AnswersMadeBetween => vec![step(
            &between,
            None,
            "look at what answers in others' names: rules that reject, a proxy, an intrusion prevention, a load balancer".to_owned(),
        )],
        PathFindingKind::ProxyBetween => vec![step(
            &between,
            None,
            "look at what its log says of these connections, and of those that it makes itself".to_owned(),
        )],
        PathFindingKind::Translation if matches!(found.detail, Detail::UsedTwice(_)) => vec![step(
            &between,
            None,
            "look at how it chooses ports: too few for so many clients, no state, or two translators with one address".to_owned(),
        )],
        PathFindingKind::EverythingArrived => {
            let place = name(report, last);
            let filter = found.server.map_or_else(
                || "tcp".to_owned(),
                |server| format!("tcp port {}", server.port),
            );
            vec![step(
                &place,
                Some(format!("tcpdump -ni any '{filter}'")),
                "whether it is seen to leave again, or the host itself answers: then its listener and its own rules".to_owned(),
            )]
        }
        PathFindingKind::NothingInCommon => vec![step(
            &stretch,
            None,
            "capture at all places at the same time, with the same filter, and without one on addresses where they are translated".to_owned(),
        )],
        PathFindingKind::WrongOrder => vec![step(
            "the command line",
            None,
            "name the places in the order of the path, from the client to the server, or use --infer-order".to_owned(),
        )],
        _ => Vec::new(),
    }
}
