//! What is said of the hosts behind an address that is translated.

use crate::diagnosis::{BackendOfFailures, Confidence, Finding, Statement};
use crate::handshake::Outcome;

pub(super) fn one_bad_backend(server: &str, finding: &Finding) -> String {
    let Statement::OneBadBackend {
        connects,
        failed_as,
        rejected_by,
    } = &finding.statement
    else {
        return String::new();
    };
    let attempts = finding.attempts;
    let how = match failed_as {
        Outcome::Rejected => {
            let kinds: Vec<String> = rejected_by.iter().map(ToString::to_string).collect();
            format!("were rejected by {}", kinds.join(", "))
        }
        Outcome::Dropped => "met silence".to_owned(),
        _ => "were refused".to_owned(),
    };
    let percent = 100 * attempts / (*connects).max(1);
    let which = match &finding.backend {
        Some(backend) => format!(
            "these all go on to {}, where no connect succeeds",
            backend.server
        ),
        None if *failed_as == Outcome::Refused && finding.confidence < Confidence::Likely => {
            "one of several hosts behind the address, or a limit that resets".to_owned()
        }
        None => "one of several hosts behind the address".to_owned(),
    };
    format!(
        "{attempts} of {connects} connects to {server} ({percent} %) {how}, spread among successes of the same clients: {which}"
    )
}

pub(super) fn went_on_to(backend: &BackendOfFailures) -> String {
    let BackendOfFailures {
        server,
        failed,
        accepted,
        ..
    } = backend;
    let met = match backend.outcome {
        Outcome::Refused => "was refused",
        Outcome::Rejected => "was rejected",
        Outcome::Dropped => "met silence",
        _ => "failed",
    };
    let connects = super::counted(*failed, "connect");
    format!(
        "translated, {connects} went on to {server} and {met} there; {accepted} succeeded there"
    )
}
