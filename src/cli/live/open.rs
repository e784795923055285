//! On which interfaces to capture, and what to do when that does not work.

use std::process::Command;

use crate::capture::list_interfaces;
use crate::capture::live::{
    ANY, LiveError, interface_of_default_route, may_capture, may_name_processes,
};
use crate::cli::exit_status::ExitStatus;
use crate::cli::live_arguments::LiveArguments;
use crate::cli::messages::Messages;

/// How many interfaces are named that may have been meant.
const NAMED: usize = 3;

/// The interfaces that were asked for, each once, or that of the default route.
pub(super) fn interfaces(
    arguments: &LiveArguments,
    messages: Messages,
) -> Result<Vec<String>, ExitStatus> {
    let mut interfaces: Vec<String> = Vec::new();
    for name in arguments.interface.iter().chain(&arguments.interfaces) {
        if !interfaces.contains(name) {
            interfaces.push(name.clone());
        }
    }
    if interfaces.is_empty() {
        let Some(interface) = interface_of_default_route() else {
            let hint = "tcpwhy live -i INTERFACE; tcpwhy interfaces lists them, any stands for all";
            Messages::error(
                "no default route tells which interface to watch",
                Some(hint),
            );
            return Err(ExitStatus::Interface);
        };
        messages.notice(format!(
            "no interface named: {interface} has the default route"
        ));
        interfaces.push(interface);
    }
    if let Some(unknown) = interfaces.iter().find(|name| !exists(name)) {
        let interface = unknown.clone();
        return Err(tell(&LiveError::NoSuchInterface { interface }));
    }
    if !may_capture() {
        return Err(tell(&LiveError::NoPermission {
            interface: interfaces.join(", "),
            message: "CAP_NET_RAW is missing".to_owned(),
        }));
    }
    Ok(interfaces)
}

/// `--processes` keeps rights; it gives none.
pub(super) fn warn_of_hidden_processes(arguments: &LiveArguments, messages: Messages) {
    if arguments.processes && !may_name_processes() {
        messages.warning(
            "--processes: CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH are missing: only processes of this user are named",
        );
    }
}

/// Where interfaces cannot be listed, opening tells.
fn exists(name: &str) -> bool {
    let listed = list_interfaces().unwrap_or_default();
    name == ANY || listed.is_empty() || listed.iter().any(|interface| interface.name == name)
}

/// Says what went wrong and what to do about it.
pub(super) fn tell(error: &LiveError) -> ExitStatus {
    let hint = match error {
        LiveError::NoPermission { .. } => Some(how_to_get_the_right()),
        LiveError::NoSuchInterface { interface } => nearest(interface),
        LiveError::Filter { .. } | LiveError::Other { .. } => None,
    };
    Messages::error(error, hint.as_deref());
    match error {
        LiveError::Filter { .. } => ExitStatus::Usage,
        _ => ExitStatus::Interface,
    }
}

fn how_to_get_the_right() -> String {
    let program = std::env::current_exe().map_or_else(
        |_| "tcpwhy".to_owned(),
        |path| path.to_string_lossy().into_owned(),
    );
    let command = format!("{:?}", Command::new(&program));
    let program = command.trim_matches('"');
    format!("sudo {program} live ..., or once and for all: sudo setcap cap_net_raw+ep {program}")
}

fn nearest(name: &str) -> Option<String> {
    let listed = list_interfaces().unwrap_or_default();
    let mut names: Vec<(usize, String)> = listed
        .into_iter()
        .map(|interface| (strsim::levenshtein(name, &interface.name), interface.name))
        .collect();
    names.sort();
    let nearest: Vec<String> = names
        .into_iter()
        .take(NAMED)
        .map(|(_, name)| name)
        .collect();
    (!nearest.is_empty()).then(|| {
        format!(
            "perhaps {}; tcpwhy interfaces lists all",
            nearest.join(", ")
        )
    })
}
