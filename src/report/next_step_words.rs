//! The words for what to check next: the same in every format.

#[path = "filter_steps.rs"]
mod filter_steps;

use std::net::IpAddr;

use chrono::DateTime;

use crate::capture::Timestamp;
use crate::diagnosis::{NextStep, Situation, StepKind, Vantage};

/// What to check, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWords {
    /// On which machine.
    pub place: String,
    /// What to type there.
    pub run: String,
    /// In which shell: `sh` or `powershell`.
    pub shell: &'static str,
    /// What its result tells.
    pub why: String,
}

/// One step in words.
pub fn step(step: &NextStep) -> StepWords {
    let situation = step.situation;
    let shell = shell_of(step);
    match &step.kind {
        StepKind::Check {
            on,
            commands,
            tells,
        } => StepWords {
            place: machine(&filled(on, situation), situation),
            run: filled(&commands.join("; "), situation),
            shell,
            why: filled(tells, situation),
        },
        StepKind::ShowPfRule {
            number,
            sub_rule,
            anchor,
        } => filter_steps::pf_rule(*number, *sub_rule, anchor.as_deref()),
        StepKind::FindLogPrefix { prefix } => filter_steps::log_prefix(prefix),
        StepKind::CaptureAtClient => StepWords {
            place: client(situation),
            run: capture_of(&situation.server.address.to_string(), "client.pcap", situation),
            shell,
            why: "whether an answer reaches the client that did not leave here: then somebody on the way gives it".to_owned(),
        },
        StepKind::CaptureAtServer => StepWords {
            place: server(situation),
            run: capture_at_server(situation),
            shell,
            why: "the SYN arrives and nothing leaves: look at the server; it does not arrive: a filter or loss on the way there; a SYN-ACK leaves: the way back".to_owned(),
        },
        StepKind::ReadServerLog { from, until } => StepWords {
            place: machine(&server(situation), situation),
            run: log_of(*from, *until, situation),
            shell,
            why: "what stopped and started around that time".to_owned(),
        },
    }
}

/// PowerShell is for hosts that show themselves to be Windows.
fn shell_of(step: &NextStep) -> &'static str {
    let is_windows = match &step.kind {
        StepKind::Check { on, .. } => on.contains("Windows"),
        StepKind::CaptureAtServer | StepKind::ReadServerLog { .. } => {
            step.situation.is_like_windows
        }
        StepKind::CaptureAtClient
        | StepKind::ShowPfRule { .. }
        | StepKind::FindLogPrefix { .. } => false,
    };
    if is_windows { "powershell" } else { "sh" }
}

/// The machine, and that the capture was taken at its side, where it was.
fn machine(name: &str, situation: Situation) -> String {
    let here = match situation.vantage {
        Some(Vantage::Server) => Some(situation.server.address),
        Some(Vantage::Client) => situation.client,
        Some(Vantage::Between | Vantage::Filter) | None => None,
    };
    match here {
        Some(here) if name.split(' ').next() == Some(&here.to_string()) => {
            format!("{name} (captured here)")
        }
        _ => name.to_owned(),
    }
}

fn client(situation: Situation) -> String {
    situation
        .client
        .map_or_else(|| "CLIENT".to_owned(), |client| client.to_string())
}

/// The server, and its system where the command is for that alone.
fn server(situation: Situation) -> String {
    let system = if situation.is_like_windows {
        " (Windows)"
    } else {
        ""
    };
    format!("{}{system}", situation.server.address)
}

fn capture_at_server(situation: Situation) -> String {
    let client = client(situation);
    if situation.is_like_windows {
        let port = situation.server.port;
        format!(
            "pktmon filter remove; pktmon filter add -i {client} -t TCP -p {port}; pktmon start --capture --file-name server.etl; Read-Host 'connect once, then press Enter'; pktmon stop; pktmon etl2txt server.etl; Select-String Drop server.txt"
        )
    } else {
        capture_of(&client, "server.pcap", situation)
    }
}

fn capture_of(host: &str, file: &str, situation: Situation) -> String {
    let port = situation.server.port;
    let icmp = match situation.server.address {
        IpAddr::V4(_) => "icmp",
        IpAddr::V6(_) => "icmp6",
    };
    format!("tcpdump -ni any -w {file} 'host {host} and (tcp port {port} or {icmp})'")
}

fn log_of(from: Timestamp, until: Timestamp, situation: Situation) -> String {
    let utc = |at: Timestamp| {
        DateTime::from_timestamp_nanos(at.nanoseconds()).format("%Y-%m-%d %H:%M:%S")
    };
    let (from, until) = (utc(from), utc(until));
    if situation.is_like_windows {
        format!(
            "Get-WinEvent -FilterHashtable @{{LogName='System','Application'; StartTime=[datetime]'{from}Z'; EndTime=[datetime]'{until}Z'}}"
        )
    } else {
        format!("journalctl -S '{from} UTC' -U '{until} UTC'")
    }
}

/// The text with SERVER, CLIENT and PORT replaced, as whole words.
fn filled(text: &str, situation: Situation) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut word = String::new();
    let replace = |word: &str| match word {
        "SERVER" => situation.server.address.to_string(),
        "PORT" => situation.server.port.to_string(),
        "CLIENT" => client(situation),
        "ROUTER" => situation
            .router
            .map_or_else(|| word.to_owned(), |router| router.to_string()),
        _ => word.to_owned(),
    };
    for character in text.chars() {
        if character.is_alphanumeric() || character == '_' {
            word.push(character);
        } else {
            filled.push_str(&replace(&word));
            word.clear();
            filled.push(character);
        }
    }
    filled.push_str(&replace(&word));
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Endpoint;

    fn situation(vantage: Option<Vantage>) -> Situation {
        let server = Endpoint {
            address: "10.0.1.20".parse().unwrap(),
            port: 5432,
        };
        Situation {
            server,
            client: "10.0.0.7".parse().ok(),
            is_like_windows: false,
            is_client_like_windows: false,
            vantage,
            router: None,
        }
    }

    #[test]
    fn only_whole_words_are_replaced() {
        let filled = |text| filled(text, situation(None));
        assert_eq!(
            filled("ss -ltnp 'sport = :PORT'"),
            "ss -ltnp 'sport = :5432'"
        );
        assert_eq!(filled("SERVER: EXPORTS"), "10.0.1.20: EXPORTS");
        assert_eq!(filled("host CLIENT"), "host 10.0.0.7");
    }

    #[test]
    fn the_side_of_the_capture_is_said() {
        let at_server = situation(Some(Vantage::Server));
        assert_eq!(machine("10.0.1.20", at_server), "10.0.1.20 (captured here)");
        assert_eq!(machine("10.0.0.7", at_server), "10.0.0.7");
        assert_eq!(machine("10.0.1.20", situation(None)), "10.0.1.20");
    }
}
