//! Which checks what was seen calls for.

use std::time::Duration;

use super::{NextStep, StepKind};
use crate::diagnosis::cause::Cause;
use crate::diagnosis::comparison::{Share, Vantage};
use crate::diagnosis::findings::{Finding, FindingKind, NewConnects, SilentRequest, Statement};
use crate::diagnosis::syn_traits::SynOption;
use crate::handshake::Outcome;

/// Smaller segments pass nearly all ways.
const LARGE: u16 = 1200;

/// Whose checks fit: what failed at one host behind a translation is looked for there as of a
/// server alone, and what is shared may have a page of its own.
pub(super) fn page_of_steps(finding: &Finding) -> &'static str {
    match finding.backend.as_ref().map(|backend| backend.outcome) {
        Some(Outcome::Refused) => return FindingKind::NeverListening.name(),
        Some(Outcome::Rejected) => return FindingKind::HostDown.name(),
        Some(Outcome::Dropped) => return FindingKind::HostSilent.name(),
        _ => {}
    }
    match finding.statement {
        Statement::FailuresShare {
            share: Share::With(SynOption::Authentication),
            ..
        } => Cause::AuthenticationOption.name(),
        Statement::ConnectionLimit { .. } => "connection_limit",
        Statement::StuckConnections {
            full_size: Some(_), ..
        } => FindingKind::PathMtu.name(),
        Statement::FloodedOut(_) => FindingKind::SynFlood.name(),
        Statement::StuckMidway(SilentRequest {
            idle: Some(idle),
            payload: LARGE..,
            ..
        }) if idle < Duration::from_secs(1) => FindingKind::PathMtu.name(),
        Statement::StuckMidway(SilentRequest {
            new_connects: NewConnects::Accepted,
            ..
        }) => FindingKind::ResetsMidway.name(),
        _ => finding.kind.name(),
    }
}

/// Whether what was seen calls for the step: used ports matter where some are used again, and who
/// loses a SYN where one had to be repeated; of what a gateway drops, that gateway tells why.
pub(super) fn is_called_for(finding: &Finding, step: &NextStep) -> bool {
    let StepKind::Check { commands, .. } = &step.kind else {
        return true;
    };
    let asks_for = |start: &str| commands.iter().any(|command| command.starts_with(start));
    if let Some(is_called_for) = is_called_for_by_cause(&finding.statement, step, asks_for) {
        return is_called_for;
    }
    if let Statement::DroppedHere {
        is_shown_by_chains, ..
    } = finding.statement
    {
        return is_shown_by_chains == asks_for("fw ");
    }
    if finding.statement == Statement::DroppedByReversePathFilter {
        return asks_for("sysctl net.ipv4.conf.all.rp_filter") || asks_for("ip route");
    }
    if let Statement::FailuresShare { share, .. } = finding.statement {
        return match share {
            Share::SentTo(_) => !asks_for("ss -s"),
            Share::SentBy(_) | Share::ServiceClass(_) => {
                !asks_for("ss -s") && !asks_for("ip route get")
            }
            _ => !asks_for("ip route get"),
        };
    }
    if let Statement::AnsweredTooLate { .. } = finding.statement {
        return !asks_for("sysctl net.ipv4.ip_local_port_range");
    }
    let Statement::SlowConnects {
        reusing, repeated, ..
    } = finding.statement
    else {
        return true;
    };
    let is_about_ports = asks_for("sysctl net.ipv4.ip_local_port_range");
    let is_about_losses = asks_for("nstat ");
    (reusing > 0 || !is_about_ports) && (repeated > 0 || !is_about_losses)
}

/// Whether a step fits what is known of where packets end; `None` where that is not what the
/// finding is about.
fn is_called_for_by_cause(
    statement: &Statement,
    step: &NextStep,
    asks_for: impl Fn(&str) -> bool,
) -> Option<bool> {
    let is_on = |machine: &str| matches!(step.kind, StepKind::Check { on, .. } if on == machine);
    match statement {
        Statement::HostSilent {
            is_on_link,
            came_in_here,
            ..
        } => {
            let is_here = is_on("the capturing host");
            let is_at_home = is_on("SERVER") && !asks_for("ip route get");
            Some(if is_here {
                *came_in_here
            } else if *is_on_link {
                !asks_for("ping")
            } else {
                !is_at_home
            })
        }
        // Who sent the errors knows more than whoever else may be the last one.
        Statement::Unreachable {
            sender: Some(_), ..
        } => Some(!is_on("SERVER's gateway")),
        // What gets to the client's side is lost at the client.
        Statement::SynAckLost {
            vantage: Some(Vantage::Client),
        } => Some(is_on("CLIENT") || is_on("CLIENT (Windows)")),
        Statement::SynAckLost {
            vantage: Some(Vantage::Server | Vantage::Between),
        } => Some(!is_on("CLIENT")),
        _ => None,
    }
}
