//! Services that fail at some times and accept at others: all at once for a while, or now and then.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::backends::only_backend;
use super::boxes::is_reset_by_a_box;
use super::misdirected::is_silent;
use super::of_cause::asked_for_in_vain;
use super::up_and_down::up_and_down;
use super::{
    Change, Collected, Finding, FindingEvidence, FindingKind, Service, Statement, count, in_order,
    over,
};
use crate::capture::Timestamp;
use crate::decode::{Endpoint, IcmpKind};
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::{BeyondLimit, Moment, ServiceHistory, is_about_the_same_time};
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::sign::Sign;
use crate::diagnosis::stack::Stack;
use crate::handshake::{Outcome, Trouble};

/// More windows than this are no outages, but failures among successes.
const MOST_WINDOWS: usize = 2;

/// A single failure is no window.
const FEWEST_IN_A_WINDOW: usize = 2;

/// A single failure further away in time has a reason of its own.
const NEARBY: Duration = Duration::from_secs(30);

/// So long a client waits at least.
const A_CLIENT_WAITS: Duration = Duration::from_secs(3);

/// Fewer runs of failures may be outages.
const FEWEST_RUNS_OF_A_BACKEND: usize = 3;

/// The findings about services that fail at times.
pub(super) fn findings(collected: Collected<'_>, services: &[Service]) -> Vec<Finding> {
    let of_each = |service| {
        let acceptances = Acceptances::of(collected, service);
        let host = collected.comparison.host(service.server.address);
        let is_small = host.is_some_and(|host| host.stacks.has(Stack::Small));
        let mut findings = service_down_window(collected, service, acceptances, is_small);
        let by_turns = up_and_down(collected, service);
        let spread = by_turns.or_else(|| one_bad_backend(collected, service, acceptances));
        findings.extend(spread);
        findings
    };
    services.iter().flat_map(of_each).collect()
}

/// Where one server accepted attempts that are only counted.
#[derive(Clone, Copy)]
struct Acceptances<'a>(Option<&'a ServiceHistory>);

impl<'a> Acceptances<'a> {
    /// Of everybody: they tell nothing where the report is about certain clients.
    fn of(collected: Collected<'a>, service: &Service) -> Self {
        let is_about_all = collected.selection.clients.is_empty();
        let history = collected.comparison.service(service.server);
        Self(history.filter(|_| is_about_all))
    }

    /// Whether somebody was accepted who is one of these, or of those that are only counted.
    fn may_be_of(self, client: IpAddr, known: &BTreeSet<IpAddr>) -> bool {
        let history = self.0;
        known.contains(&client) || history.is_some_and(|history| history.has_accepted_from(client))
    }

    fn are_between(self, one: &Moment, next: &Moment) -> bool {
        let history = self.0;
        history.is_some_and(|history| history.accepted_uncounted_between(one.started, next.started))
    }
}

/// Whether the attempt met a port that did not accept it.
pub(super) fn is_shut(moment: &Moment) -> bool {
    matches!(
        moment.outcome,
        Outcome::Refused | Outcome::Dropped | Outcome::Rejected
    )
}

/// When it was accepted, as far as that is remembered.
fn answered_at(moment: &Moment) -> Timestamp {
    if moment.sign == Some(Sign::AnsweredLate) {
        moment.last_at()
    } else {
        moment.started
    }
}

/// Whether its client was answered only when it no longer waited: that the port accepted when the
/// attempt began cannot be said of it.
fn is_too_late(moment: &Moment) -> bool {
    let (first, last) = moment.proof();
    moment.outcome == Outcome::Aborted && last.at.since(first.at) >= A_CLIENT_WAITS
}

/// A port that failed for everybody from one time to another, and accepted before or after: certain
/// when its own host refused, and it accepted before and after. Where a filter or a box refused, a
/// rule came. A port whose failures are spread among its successes is another matter.
/// A small stack refuses as well while its connection is in use: beside success that is no outage.
fn service_down_window(
    collected: Collected<'_>,
    service: &Service,
    acceptances: Acceptances<'_>,
    is_small: bool,
) -> Vec<Finding> {
    let decisive =
        service.those(|moment| moment.was_accepted() && !is_too_late(moment) || is_shut(moment));
    let windows: Vec<(usize, usize)> = shut_runs(&decisive, acceptances);
    let is_whole = |(start, end): &(usize, usize)| *start == 0 && *end == decisive.len();
    if windows.len() > MOST_WINDOWS || windows.iter().any(is_whole) {
        return Vec::new();
    }
    let found: Vec<Finding> = windows
        .iter()
        .filter_map(|window| one_window(collected, service.server, &decisive, *window, is_small))
        .collect();
    let single = windows
        .iter()
        .filter(|(start, end)| end - start < FEWEST_IN_A_WINDOW);
    let single = single
        .filter_map(|(start, _)| decisive.get(*start))
        .copied();
    with_single_failures(found, &single.collect::<Vec<Moment>>())
}

/// A single failure of the same kind, before or after, is of the story of the last window.
fn with_single_failures(mut findings: Vec<Finding>, single: &[Moment]) -> Vec<Finding> {
    if let Some(finding) = findings.last_mut() {
        let outcomes: BTreeSet<Outcome> = finding.members.iter().map(|one| one.outcome).collect();
        let (from, until) = (finding.from, finding.until);
        let is_near = |one: &&Moment| {
            from.is_some_and(|from| one.started >= from.before(NEARBY))
                && until.is_some_and(|until| one.started <= until.after(NEARBY))
        };
        let single = single.iter().filter(|one| outcomes.contains(&one.outcome));
        let mut members = std::mem::take(&mut finding.members);
        members.extend(single.filter(is_near));
        finding.tell_of(in_order(members.into_iter()));
    }
    findings
}

/// The runs of attempts that were not accepted: from, and up to but without.
fn shut_runs(moments: &[Moment], acceptances: Acceptances<'_>) -> Vec<(usize, usize)> {
    let goes_on = |one: &Moment, next: &Moment| {
        one.was_accepted() == next.was_accepted()
            && (one.was_accepted() || !acceptances.are_between(one, next))
    };
    let mut start = 0;
    let mut runs = Vec::new();
    for run in moments.chunk_by(goes_on) {
        let end = start + run.len();
        if run.first().is_some_and(|first| !first.was_accepted()) {
            runs.push((start, end));
        }
        start = end;
    }
    runs
}

/// One run of failures, with what was accepted before and after it.
struct Window<'a> {
    before: Option<&'a Moment>,
    shut: &'a [Moment],
    first: &'a Moment,
    last: &'a Moment,
    after: Option<&'a Moment>,
}

impl<'a> Window<'a> {
    fn of(moments: &'a [Moment], (start, end): (usize, usize)) -> Option<Self> {
        let shut = moments
            .get(start..end)
            .filter(|shut| shut.len() >= FEWEST_IN_A_WINDOW)?;
        let (earlier, later) = (moments.get(..start)?, moments.get(end..)?);
        let is_accepted = |moment: &&Moment| moment.was_accepted();
        Some(Self {
            before: earlier.iter().rfind(is_accepted),
            shut,
            first: shut.first()?,
            last: shut.last()?,
            after: later.iter().find(is_accepted),
        })
    }

    fn is_refused(&self) -> bool {
        self.shut
            .iter()
            .all(|moment| moment.outcome == Outcome::Refused)
    }

    /// A full queue is silent: it makes no ICMP errors.
    fn is_silent_at_times(&self) -> bool {
        self.shut
            .iter()
            .any(|moment| moment.outcome == Outcome::Dropped)
    }

    /// Silence right beside success is no outage: a queue is full, or a limit drops.
    fn is_beside_success(&self) -> bool {
        let is_beside = |accepted: Option<&Moment>, shut: &Moment| {
            accepted
                .is_some_and(|accepted| is_about_the_same_time(answered_at(accepted), shut.started))
        };
        is_beside(self.before, self.first) || is_beside(self.after, self.last)
    }

    /// Silence and ICMP errors for one client alone, that is never accepted, are about that client.
    fn is_of_a_stranger(&self, moments: &[Moment]) -> bool {
        let clients: BTreeSet<IpAddr> = self.shut.iter().map(|moment| moment.client).collect();
        let is_its = |moment: &&Moment| clients.contains(&moment.client);
        clients.len() == 1 && !moments.iter().filter(is_its).any(Moment::was_accepted)
    }

    fn statement(&self, moments: &[Moment], is_by_host: bool) -> Statement {
        Statement::DownWindow {
            is_refused: self.is_refused(),
            is_by_host,
            lasted: self.until(moments).since(self.first.started),
            is_after_success: self.before.is_some(),
            is_before_success: self.after.is_some(),
        }
    }

    /// Until when it lasted: where silence was met and others succeeded later, until somebody was
    /// answered, who may have repeated his SYN until then.
    fn until(&self, moments: &[Moment]) -> Timestamp {
        let is_later =
            |moment: &&Moment| moment.was_accepted() && moment.started >= self.first.started;
        let answered = moments.iter().filter(is_later).map(answered_at).min();
        match answered {
            Some(answered) if !self.is_refused() => answered.max(self.last.started),
            _ => self.last.started,
        }
    }

    /// Those that sent their SYN again and again until it was over.
    fn waiting<'m>(&self, moments: &'m [Moment]) -> Vec<&'m Moment> {
        let until = self.until(moments);
        let is_waiting = |moment: &&Moment| {
            moment.troubles().has(Trouble::Slow)
                && moment.was_accepted()
                && moment.started >= self.first.started.before(A_CLIENT_WAITS)
                && moment.started <= until
                && answered_at(moment) >= until
        };
        let is_refused = self.is_refused();
        moments
            .iter()
            .filter(|moment| !is_refused && is_waiting(moment))
            .collect()
    }

    /// A filter or a box made the RSTs: that nothing listened, nobody can say.
    fn policy_changed(&self, server: Endpoint) -> Option<Finding> {
        let (was, is, at, until) = match (self.before, self.after) {
            (Some(_), after) => (
                Change::Accepted,
                Change::Refused,
                self.first.started,
                after.map(|after| after.started),
            ),
            (None, Some(after)) => (Change::Refused, Change::Accepted, after.started, None),
            (None, None) => return None,
        };
        let statement = Statement::PolicyChanged {
            client: None,
            was,
            is,
            at,
            until,
            others: 0,
        };
        let (kind, confidence) = (FindingKind::PolicyChanged, Confidence::Likely);
        let finding = over(kind, confidence, Some(server), self.shut, statement);
        Some(Finding {
            evidence: self.evidence(),
            ..finding
        })
    }

    fn evidence(&self) -> Vec<FindingEvidence> {
        let before = self.before.map(|before| FindingEvidence::AcceptedBefore {
            attempt: before.id,
            time: self.first.started.since(before.started),
        });
        let shut = FindingEvidence::FailedInARow {
            attempts: count(self.shut),
            first: self.first.id,
            last: self.last.id,
        };
        let after = self.after.map(|after| FindingEvidence::AcceptedAfter {
            attempt: after.id,
            time: after.started.since(self.last.started),
        });
        before.into_iter().chain([shut]).chain(after).collect()
    }
}

/// Who made the RSTs of a server, by the cause of its first failure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ResetsBy {
    /// The host's own stack left a mark on them, or the host itself says so.
    Host,
    /// A packet filter, or a box on the way: a rule came.
    Rule,
    /// A rule that is about certain clients.
    RuleForSome,
    /// A box that answers for others.
    Box,
    /// A rule of the host looks like its stack.
    HostOrRule,
}

impl ResetsBy {
    fn of(collected: Collected<'_>, server: Endpoint) -> Self {
        let first = collected.first_causes.get(&server);
        match first.map(|first| (first.cause, first.confidence)) {
            Some((Cause::ClosedPort, Confidence::Certain)) => Self::Host,
            Some((
                Cause::FirewallReset | Cause::MiddleboxReset,
                Confidence::Likely | Confidence::Certain,
            )) => Self::Rule,
            Some((Cause::SourceFiltered, Confidence::Likely | Confidence::Certain)) => {
                Self::RuleForSome
            }
            _ if is_reset_by_a_box(collected, server) >= Some(Confidence::Likely) => Self::Box,
            _ => Self::HostOrRule,
        }
    }
}

fn one_window(
    collected: Collected<'_>,
    server: Endpoint,
    moments: &[Moment],
    run: (usize, usize),
    is_small: bool,
) -> Option<Finding> {
    let window = Window::of(moments, run)?;
    let story = collected.comparison.drop_story(server);
    let is_outage = story.is_some_and(|story| story.is_outage(window.first.started));
    let may_be_refused_a_place = window.is_refused() && is_small;
    let is_beside_success = window.is_beside_success()
        && (window.is_silent_at_times() && !is_outage || may_be_refused_a_place);
    let is_of_a_stranger = window.is_of_a_stranger(moments);
    let resets_by = ResetsBy::of(collected, server);
    let is_of_rule = window.is_refused() && resets_by == ResetsBy::Rule;
    let is_of_box = window.is_refused() && resets_by == ResetsBy::Box;
    let is_about_clients = is_of_rule || resets_by == ResetsBy::RuleForSome;
    let is_told_otherwise = is_of_a_stranger && (!window.is_refused() || is_about_clients);
    let history = collected.comparison.service(server);
    let limit = history.and_then(|history| history.connection_limit(BeyondLimit::Silent));
    let is_of_limit = limit.is_some() && window.is_silent_at_times();
    if is_beside_success || is_told_otherwise || is_of_box || is_of_limit {
        return None;
    }
    if is_of_rule {
        return window.policy_changed(server);
    }
    let is_bounded = window.before.is_some() && window.after.is_some();
    let is_proved = window.is_refused() && resets_by == ResetsBy::Host;
    // A rule against one client alone looks the same.
    let confidence = if is_bounded && is_proved && !is_of_a_stranger {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    let statement = window.statement(moments, is_proved);
    let mut members = window.shut.to_vec();
    members.extend(window.waiting(moments));
    let members = in_order(members.into_iter());
    let finding = over(
        FindingKind::ServiceDownWindow,
        confidence,
        Some(server),
        &members,
        statement,
    );
    Some(Finding {
        evidence: window.evidence(),
        ..finding
    })
}

/// Failures of one kind spread among successes for the same clients: one of several hosts behind
/// the address. Certain where the capture shows to which one they all went on; likely where RSTs
/// have come another number of hops, or where a router says that a host is not there.
fn one_bad_backend(
    collected: Collected<'_>,
    service: &Service,
    acceptances: Acceptances<'_>,
) -> Option<Finding> {
    [Outcome::Refused, Outcome::Rejected, Outcome::Dropped]
        .into_iter()
        .find_map(|failed_as| failing_backend(collected, service, acceptances, failed_as))
}

fn failing_backend(
    collected: Collected<'_>,
    service: &Service,
    acceptances: Acceptances<'_>,
    failed_as: Outcome,
) -> Option<Finding> {
    let failed = service.those(|moment| moment.outcome == failed_as && is_silent(moment));
    let decisive = service.those(|moment| moment.was_accepted() || moment.outcome == failed_as);
    let accepted = service.those(Moment::was_accepted);
    let clients: BTreeSet<IpAddr> = accepted.iter().map(|moment| moment.client).collect();
    let is_of_all_clients = failed
        .iter()
        .any(|moment| acceptances.may_be_of(moment.client, &clients));
    let runs = shut_runs(&decisive, acceptances).len();
    let is_shown = is_one_dead_backend(collected, &failed) && !accepted.is_empty();
    if failed.is_empty() || !is_shown && (runs < FEWEST_RUNS_OF_A_BACKEND || !is_of_all_clients) {
        return None;
    }
    let kinds: BTreeSet<IcmpKind> = failed.iter().filter_map(|one| one.rejected_by).collect();
    let (mut good, bad) = (fingerprints(&accepted), fingerprints(&failed));
    let only_counted = acceptances.0.map(ServiceHistory::answers_only_counted);
    good.extend(only_counted.into_iter().flatten());
    let has_own_fingerprint = !bad.is_empty() && bad.is_disjoint(&good);
    let is_not_there =
        !kinds.is_empty() && !kinds.iter().copied().any(super::policies::is_of_a_rule);
    let confidence = match failed_as {
        _ if is_shown => Confidence::Certain,
        // Silence among successes has other reasons.
        Outcome::Dropped => return None,
        _ if has_own_fingerprint || is_not_there => Confidence::Likely,
        _ => Confidence::Possible,
    };
    let statement = Statement::OneBadBackend {
        connects: count(&decisive),
        failed_as,
        rejected_by: kinds.into_iter().collect(),
    };
    let evidence = FindingEvidence::Origins {
        refusals: bad.into_iter().collect(),
        acceptances: good.into_iter().collect(),
    };
    let finding = over(
        FindingKind::OneBadBackend,
        confidence,
        Some(service.server),
        &failed,
        statement,
    );
    Some(Finding {
        evidence: match failed_as {
            Outcome::Refused => vec![evidence],
            _ if is_not_there => asked_for_in_vain(collected).into_iter().collect(),
            _ => Vec::new(),
        },
        ..finding
    })
}

/// Whether all that is known of these is that they went on to one host and port, at which nobody
/// succeeds.
fn is_one_dead_backend(collected: Collected<'_>, failed: &[Moment]) -> bool {
    let backend = only_backend(collected, failed);
    backend.is_some_and(|backend| backend.accepted == 0)
}

fn fingerprints(moments: &[Moment]) -> BTreeSet<Fingerprint> {
    moments.iter().filter_map(|moment| moment.answer).collect()
}
