//! What a log beside the capture says a packet filter stopped.

use super::queues::is_queue_proved_full;
use super::{Collected, Finding, FindingKind, Service, Statement, count, over};
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::testimony::{is_stopped, shows_filter_verdict};
use crate::handshake::Outcome;

/// Connects that met silence, some of which a filter's own log names. Firewalls limit how much they
/// log: what meets the same silence, and nobody got in meanwhile, is told with them, but not as
/// surely. Where somebody did get in, only what is named is told.
pub(super) fn stopped_by_log(collected: Collected<'_>, service: &Service) -> Option<Finding> {
    let server = service.server;
    let is_told = is_stopped(collected.testimonies.logged_of(server));
    if !is_told || is_queue_proved_full(collected, service) {
        return None;
    }
    // An answer that the client had to ignore is no silence.
    let silent =
        service.those(|moment| moment.outcome == Outcome::Dropped && moment.sign.is_none());
    let surety = |moment: &Moment| {
        let testimony = collected.testimonies.of_attempt(moment.id);
        shows_filter_verdict(testimony, moment.outcome)
    };
    let is_named = |moment: &Moment| surety(moment).is_some();
    let named: Vec<Moment> = silent.iter().copied().filter(is_named).collect();
    let began = named.first()?.started;
    let confidence = named.iter().filter_map(surety).min()?;
    let accepted = || service.moments.iter().filter(|one| one.was_accepted());
    let told = if accepted().any(|moment| moment.started > began) {
        named.clone()
    } else {
        let last_in = accepted().map(|moment| moment.started).max();
        let is_since = |moment: &Moment| last_in.is_none_or(|last_in| moment.started > last_in);
        silent.into_iter().filter(is_since).collect()
    };
    let confidence = if told.len() == named.len() {
        confidence
    } else {
        confidence.min(Confidence::Likely)
    };
    let statement = Statement::StoppedByLog {
        named: count(&named),
    };
    let kind = FindingKind::ServiceFiltered;
    Some(over(kind, confidence, Some(server), &told, statement))
}
