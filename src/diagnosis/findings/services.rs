//! What the attempts to one server say together.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{Collected, Finding, FindingKind, next_steps, over};
use crate::decode::Endpoint;
use crate::diagnosis::causes::Confidence;
use crate::diagnosis::comparison::{Moment, is_about_the_same_time};
use crate::handshake::Outcome;

/// The attempts to one server that a finding may be about, in the order they began.
#[derive(Clone, Copy)]
struct Service<'a> {
    server: Endpoint,
    moments: &'a [Moment],
    collected: Collected<'a>,
}

type Rule = fn(Service<'_>) -> Vec<Finding>;

const RULES: [Rule; 8] = [
    name_points_nowhere,
    service_down_window,
    one_bad_backend,
    overload,
    never_listening,
    source_filtered,
    limited_rejects,
    service_filtered,
];

/// The findings about every server; what scanners met there is left out.
pub(super) fn findings(collected: Collected<'_>, scanners: &BTreeSet<IpAddr>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (server, history) in collected.comparison.services() {
        let mut moments: Vec<Moment> = history
            .moments()
            .iter()
            .filter(|moment| !scanners.contains(&moment.client))
            .filter(|moment| collected.selection.includes_moment(server, moment))
            .copied()
            .collect();
        moments.sort_by_key(|moment| (moment.started, moment.id));
        let service = Service {
            server,
            moments: &moments,
            collected,
        };
        findings.extend(RULES.iter().flat_map(|rule| rule(service)));
    }
    findings
}

fn is_shut(moment: &Moment) -> bool {
    matches!(
        moment.outcome,
        Outcome::Refused | Outcome::Dropped | Outcome::Rejected
    )
}

/// A port that failed for everybody from one time to another, and accepted before or after: certain when it accepted
/// before and after. A port whose failures are spread among its successes is another matter.
fn service_down_window(service: Service<'_>) -> Vec<Finding> {
    let decisive: Vec<Moment> = service
        .moments
        .iter()
        .filter(|moment| moment.was_accepted || is_shut(moment))
        .copied()
        .collect();
    let windows: Vec<(usize, usize)> = shut_runs(&decisive);
    let is_whole = |(start, end): &(usize, usize)| *start == 0 && *end == decisive.len();
    if windows.len() > MOST_WINDOWS || windows.iter().any(is_whole) {
        return Vec::new();
    }
    windows
        .into_iter()
        .filter_map(|window| one_window(service.server, &decisive, window))
        .collect()
}

/// More windows than this are no outages, but failures among successes.
const MOST_WINDOWS: usize = 2;

/// The runs of attempts that were not accepted: from, and up to but without.
fn shut_runs(moments: &[Moment]) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut start = None;
    for (index, moment) in moments.iter().enumerate() {
        match (moment.was_accepted, start) {
            (false, None) => start = Some(index),
            (true, Some(from)) => {
                runs.push((from, index));
                start = None;
            }
            _ => {}
        }
    }
    runs.extend(start.map(|from| (from, moments.len())));
    runs
}

/// A single failure is no window.
const FEWEST_IN_A_WINDOW: usize = 2;

fn one_window(
    server: Endpoint,
    moments: &[Moment],
    (start, end): (usize, usize),
) -> Option<Finding> {
    let shut = moments
        .get(start..end)
        .filter(|shut| shut.len() >= FEWEST_IN_A_WINDOW)?;
    let before = start.checked_sub(1).and_then(|index| moments.get(index));
    let after = moments.get(end);
    let (first, last) = (shut.first()?, shut.last()?);
    let is_refused = shut.iter().all(|moment| moment.outcome == Outcome::Refused);
    let is_beside_success = |accepted: Option<&Moment>, shut: &Moment| {
        accepted.is_some_and(|accepted| is_about_the_same_time(accepted.started, shut.started))
    };
    if !is_refused && (is_beside_success(before, first) || is_beside_success(after, last)) {
        // Silence right beside success is no outage: a queue is full, or a limit drops.
        return None;
    }
    let what = if is_refused {
        "nothing listened on"
    } else {
        "no connect succeeded to"
    };
    let when = match (before, after) {
        (Some(_), Some(_)) => "it accepted connects before and after",
        (Some(_), None) => "it accepted connects before",
        _ => "it accepted connects after",
    };
    let statement = format!(
        "{what} {server} for {}; {when}",
        seconds(last.started.since(first.started))
    );
    let confidence = if before.is_some() && after.is_some() && is_refused {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let mut evidence = Vec::new();
    evidence.extend(before.map(|before| {
        format!(
            "attempt {}, {} before the first failure, was accepted",
            before.id.0,
            seconds(first.started.since(before.started))
        )
    }));
    evidence.push(format!(
        "attempts {} to {} failed, none of {} succeeded",
        first.id.0,
        last.id.0,
        shut.len()
    ));
    evidence.extend(after.map(|after| {
        format!(
            "attempt {}, {} after the last failure, was accepted",
            after.id.0,
            seconds(after.started.since(last.started))
        )
    }));
    let finding = over(
        FindingKind::ServiceDownWindow,
        confidence,
        Some(server),
        shut,
    );
    let next_steps = next_steps::for_window(server, first.started, last.started);
    Some(Finding {
        statement,
        evidence,
        next_steps,
        ..finding
    })
}

/// Refusals spread among successes for the same clients: one of several hosts behind the address. Likely when their
/// answers have come another number of hops.
fn one_bad_backend(service: Service<'_>) -> Vec<Finding> {
    let decisive: Vec<Moment> = service
        .moments
        .iter()
        .filter(|moment| moment.was_accepted || moment.outcome == Outcome::Refused)
        .copied()
        .collect();
    let refused: Vec<Moment> = decisive
        .iter()
        .filter(|moment| moment.outcome == Outcome::Refused)
        .copied()
        .collect();
    let is_of_all_clients = refused.iter().any(|moment| {
        decisive
            .iter()
            .any(|other| other.client == moment.client && other.was_accepted)
    });
    if shut_runs(&decisive).len() < FEWEST_RUNS_OF_A_BACKEND || !is_of_all_clients {
        return Vec::new();
    }
    let ttls = |is_accepted: bool| -> BTreeSet<u8> {
        let of_kind = decisive
            .iter()
            .filter(|moment| moment.was_accepted == is_accepted);
        of_kind.filter_map(|moment| moment.answer_ttl).collect()
    };
    let (good, bad) = (ttls(true), ttls(false));
    let has_own_fingerprint = !bad.is_empty() && bad.is_disjoint(&good);
    let confidence = if has_own_fingerprint {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    let share = 100 * refused.len() / decisive.len().max(1);
    let statement = format!(
        "{} of {} connects to {} ({share} %) were refused, spread among successes of the same clients: one of several hosts behind the address",
        refused.len(),
        decisive.len(),
        service.server
    );
    let evidence = vec![format!(
        "the refusals came with ttl {}, the acceptances with ttl {}",
        listed(&bad),
        listed(&good)
    )];
    let finding = over(
        FindingKind::OneBadBackend,
        confidence,
        Some(service.server),
        &refused,
    );
    vec![Finding {
        statement,
        evidence,
        ..finding
    }]
}

/// Fewer runs of failures may be outages.
const FEWEST_RUNS_OF_A_BACKEND: usize = 3;

fn listed(ttls: &BTreeSet<u8>) -> String {
    let ttls: Vec<String> = ttls.iter().map(ToString::to_string).collect();
    if ttls.is_empty() {
        "unknown".to_owned()
    } else {
        ttls.join(", ")
    }
}

/// Silence for some, while the port accepts others in the same seconds, and not for one client alone.
fn overload(service: Service<'_>) -> Vec<Finding> {
    let Some(history) = service.collected.comparison.service(service.server) else {
        return Vec::new();
    };
    let is_for_some = |moment: &Moment| {
        history.has_accepted_from(moment.client) || history.drops_others_than(moment.client)
    };
    let silent: Vec<Moment> = service
        .moments
        .iter()
        .filter(|moment| moment.outcome == Outcome::Dropped)
        .filter(|moment| history.accepted_about(moment.started) && is_for_some(moment))
        .copied()
        .collect();
    let is_seen = service
        .collected
        .comparison
        .is_silent(service.server.address)
        == Some(false);
    if silent.is_empty() || !is_seen {
        return Vec::new();
    }
    let statement = format!(
        "{} met {} of {} connects with silence and accepted others in the same seconds: its queue is full, or a limit drops",
        service.server,
        silent.len(),
        service.moments.len()
    );
    let finding = over(
        FindingKind::Overload,
        Confidence::Likely,
        Some(service.server),
        &silent,
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

/// A DNS answer in the capture led to an address where no connect to this port succeeded.
fn name_points_nowhere(service: Service<'_>) -> Vec<Finding> {
    let name = service
        .collected
        .comparison
        .names()
        .of(service.server.address);
    let (Some(name), true) = (
        name,
        !service.moments.is_empty() && service.moments.iter().all(is_shut),
    ) else {
        return Vec::new();
    };
    let statement = format!(
        "the DNS answer for {name} led to {}, where no connect succeeded: the service moved, or the name is out of date",
        service.server
    );
    let finding = over(
        FindingKind::NamePointsNowhere,
        Confidence::Possible,
        Some(service.server),
        service.moments,
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

/// A port that refused everybody throughout.
fn never_listening(service: Service<'_>) -> Vec<Finding> {
    let is_refused = |moment: &Moment| moment.outcome == Outcome::Refused;
    if service.moments.is_empty() || !service.moments.iter().all(is_refused) {
        return Vec::new();
    }
    let finding = over(
        FindingKind::NeverListening,
        Confidence::Likely,
        Some(service.server),
        service.moments,
    );
    let count = service.moments.len();
    let statement = format!(
        "{} refused {} throughout: nothing listens there, or a rule resets",
        service.server,
        all_of(count)
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

/// A port that accepts others before and after, and never these clients.
fn source_filtered(service: Service<'_>) -> Vec<Finding> {
    let Some(history) = service.collected.comparison.service(service.server) else {
        return Vec::new();
    };
    let clients: BTreeSet<IpAddr> = service.moments.iter().map(|moment| moment.client).collect();
    let shut_out: BTreeSet<IpAddr> = clients
        .into_iter()
        .filter(|client| history.shuts_out(*client))
        .collect();
    let moments: Vec<Moment> = service
        .moments
        .iter()
        .filter(|moment| shut_out.contains(&moment.client))
        .copied()
        .collect();
    if moments.is_empty() {
        return Vec::new();
    }
    let named: Vec<String> = shut_out.iter().take(4).map(ToString::to_string).collect();
    let more = if shut_out.len() > named.len() {
        " and others"
    } else {
        ""
    };
    let statement = format!(
        "{} never accepts {}{more}, and accepts others in the same seconds",
        service.server,
        named.join(", ")
    );
    let finding = over(
        FindingKind::SourceFiltered,
        Confidence::Likely,
        Some(service.server),
        &moments,
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

/// ICMP rejects for some and silence for the others, success for none: the rejecting host limits its errors (Linux: 6 at
/// once, then about one a second).
fn limited_rejects(service: Service<'_>) -> Vec<Finding> {
    let count = |outcome| {
        service
            .moments
            .iter()
            .filter(|moment| moment.outcome == outcome)
            .count()
    };
    let (rejected, dropped) = (count(Outcome::Rejected), count(Outcome::Dropped));
    if rejected == 0 || dropped == 0 || service.moments.iter().any(|moment| moment.was_accepted) {
        return Vec::new();
    }
    let statement = format!(
        "{rejected} connects to {} were rejected by ICMP and {dropped} met silence: all are rejected, and the errors are limited in number",
        service.server
    );
    let finding = over(
        FindingKind::LimitedRejects,
        Confidence::Likely,
        Some(service.server),
        service.moments,
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

/// A port that answers nobody, of a host that answers otherwise.
fn service_filtered(service: Service<'_>) -> Vec<Finding> {
    let silent: Vec<Moment> = service
        .moments
        .iter()
        .filter(|moment| moment.outcome == Outcome::Dropped)
        .copied()
        .collect();
    let is_all = silent.len()
        == service
            .moments
            .iter()
            .filter(|moment| moment.outcome != Outcome::Pending)
            .count();
    if silent.is_empty()
        || !is_all
        || !service
            .collected
            .comparison
            .answers_elsewhere(service.server)
    {
        return Vec::new();
    }
    let statement = format!(
        "{} answered {} with silence, although the host lives: a filter on this port",
        service.server,
        all_of(silent.len())
    );
    let finding = over(
        FindingKind::ServiceFiltered,
        Confidence::Likely,
        Some(service.server),
        &silent,
    );
    vec![Finding {
        statement,
        ..finding
    }]
}

fn all_of(count: usize) -> String {
    if count == 1 {
        "the one connect".to_owned()
    } else {
        format!("all {count} connects")
    }
}

/// `1.902 s`: outages are told to the millisecond.
fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}
