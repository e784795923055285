//! What systemd writes when a service starts, stops or fails.

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
        _ => return None,
    };
    let name = match rest.split_once(" - ") {
        Some((unit, _)) if is_unit(unit) => unit,
        _ => rest.trim_end_matches('.'),
    };
    let is_service = is_unit(name) && name.ends_with(".service") || name.contains(' ');
    let is_session = name.starts_with("Session ") || name.starts_with("User ");
    (is_service && !is_session).then(|| ServiceChange {
        name: name.to_owned(),
        state,
    })
}

/// `nginx.service: Failed with result 'exit-code'.`
fn of_process(text: &str) -> Option<ServiceChange> {
    let (unit, rest) = text.split_once(": ")?;
    if !is_unit(unit) || !unit.ends_with(".service") {
        return None;
    }
    let state = if rest.starts_with("Failed with result") || rest.starts_with("Main process exited")
    {
        ServiceState::Failed
    } else if rest.starts_with("Deactivated successfully") || rest.starts_with("Succeeded.") {
        ServiceState::Stopped
    } else {
        return None;
    };
    Some(ServiceChange {
        name: unit.to_owned(),
        state,
    })
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
            "Stopping nginx.service - A web server...",
            "Reached target multi-user.target - Multi-User System.",
            "nginx.service: Consumed 1.2s CPU time.",
            "Started",
        ] {
            assert_eq!(change(line), None, "{line}");
        }
    }
}
