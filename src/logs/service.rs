//! What systemd writes when a service starts, stops or fails.

use super::changed;
use super::record::{ServiceChange, ServiceState};

/// The service and what became of it.
pub(super) fn change(text: &str) -> Option<ServiceChange> {
    of_job(text).or_else(|| of_process(text))
}

/// `Started nginx.service - A web server.`; older versions leave out the unit's name.
fn of_job(text: &str) -> Option<ServiceChange> {
    let (what, rest) = text.split_once(' ')?;
    let state = match what {
        "Started" => ServiceState::Started,
        "Stopped" => ServiceState::Stopped,
        "Reloaded" => ServiceState::Reloaded,
        // What ends when it has done its work: only those that load rules are worth telling.
        "Finished" if is_loader_of_rules(rest) => ServiceState::Started,
        _ => return None,
    };
    let name = match rest.split_once(" - ") {
        Some((unit, _)) if is_unit(unit) => unit,
        _ => rest.trim_end_matches('.'),
    };
    let is_session = name.starts_with("Session ") || name.starts_with("User ");
    let name = unit_name(name).or_else(|| name.contains(' ').then(|| name.to_owned()))?;
    (!is_session).then_some(ServiceChange { name, state })
}

/// `nginx.service: Failed with result 'exit-code'.`
fn of_process(text: &str) -> Option<ServiceChange> {
    let (unit, rest) = text.split_once(": ")?;
    let name = unit_name(unit)?;
    let state = if rest.starts_with("Failed with result") || rest.starts_with("Main process exited")
    {
        ServiceState::Failed
    } else if rest.starts_with("Deactivated successfully") || rest.starts_with("Succeeded.") {
        ServiceState::Stopped
    } else {
        return None;
    };
    Some(ServiceChange { name, state })
}

/// The name of a service as it stands, and of a container by the first digits of its number, as
/// tools show it: `docker-5f1c0a9b3d7e`.
fn unit_name(unit: &str) -> Option<String> {
    const MANAGERS: [&str; 4] = ["docker", "libpod", "cri-containerd", "crio"];
    if !is_unit(unit) {
        return None;
    }
    if unit.ends_with(".service") {
        return Some(unit.to_owned());
    }
    let scope = unit.strip_suffix(".scope")?;
    let (manager, id) = scope.rsplit_once('-')?;
    let is_known = MANAGERS.contains(&manager);
    let id = changed::short_id(id).filter(|_| is_known)?;
    Some(format!("{manager}-{id}"))
}

/// `nftables.service - nftables.`
fn is_loader_of_rules(rest: &str) -> bool {
    const LOADERS: [&str; 8] = [
        "nftables",
        "ufw",
        "iptables",
        "ip6tables",
        "netfilter-persistent",
        "ferm",
        "shorewall",
        "ipset",
    ];
    let unit = rest.split(' ').next().unwrap_or(rest).trim_end_matches('.');
    let name = unit.strip_suffix(".service");
    name.is_some_and(|name| LOADERS.contains(&name))
}

fn is_unit(text: &str) -> bool {
    text.contains('.') && !text.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_stops_and_failures_are_read() {
        for (line, name, state) in [
            (
                "Started nginx.service - A web server.",
                "nginx.service",
                ServiceState::Started,
            ),
            (
                "Stopped nginx.service - A web server.",
                "nginx.service",
                ServiceState::Stopped,
            ),
            (
                "Started nginx.service.",
                "nginx.service",
                ServiceState::Started,
            ),
            (
                "Reloaded nginx.service - A web server.",
                "nginx.service",
                ServiceState::Reloaded,
            ),
            (
                "Finished nftables.service - nftables.",
                "nftables.service",
                ServiceState::Started,
            ),
            (
                "Started docker-5f1c0a9b3d7e11aa22bb.scope - libcontainer container 5f1c0a9b3d7e11aa22bb.",
                "docker-5f1c0a9b3d7e",
                ServiceState::Started,
            ),
            (
                "docker-5f1c0a9b3d7e11aa22bb.scope: Deactivated successfully.",
                "docker-5f1c0a9b3d7e",
                ServiceState::Stopped,
            ),
            (
                "Stopped A web server.",
                "A web server",
                ServiceState::Stopped,
            ),
            (
                "nginx.service: Failed with result 'exit-code'.",
                "nginx.service",
                ServiceState::Failed,
            ),
            (
                "nginx.service: Main process exited, code=killed, status=9/KILL",
                "nginx.service",
                ServiceState::Failed,
            ),
            (
                "nginx.service: Deactivated successfully.",
                "nginx.service",
                ServiceState::Stopped,
            ),
        ] {
            let expected = ServiceChange {
                name: name.to_owned(),
                state,
            };
            assert_eq!(change(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_is_no_service_is_none() {
        for line in [
            "Started Session 5 of User root.",
            "Started session-5.scope - Session 5 of User root.",
            "Finished logrotate.service - Rotate log files.",
            "Stopping nginx.service - A web server...",
            "Reached target multi-user.target - Multi-User System.",
            "nginx.service: Consumed 1.2s CPU time.",
            "Started",
        ] {
            assert_eq!(change(line), None, "{line}");
        }
    }
}
