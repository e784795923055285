//! What to check for a finding: the commands of its page of knowledge, with the addresses and ports filled in.

use std::net::IpAddr;
use std::time::Duration;

use chrono::DateTime;
use serde::{Deserialize, Serialize};

use super::{Finding, FindingKind};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::cause::Confidence;
use crate::diagnosis::comparison::{Comparison, HostFacts, Vantage};
use crate::diagnosis::knowledge::{self, Check};

/// How many steps a finding has at most: more is a manual, which `tcpwhy explain` is.
const MOST_STEPS: usize = 3;

/// What to check, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NextStep {
    /// On which machine.
    pub place: String,
    /// What to type there.
    pub run: String,
    /// What its result tells.
    pub why: String,
}

/// What is known of the server that a finding is about, as far as it shapes what to type there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Situation {
    pub(super) server: Endpoint,
    /// One of the clients.
    pub(super) client: Option<IpAddr>,
    /// Its packets start with the time to live of Windows.
    pub(super) is_like_windows: bool,
    /// Where the capture was taken.
    pub(super) vantage: Option<Vantage>,
}

impl Situation {
    /// Of the finding's server, if it is about one.
    pub(super) fn of(comparison: &Comparison, finding: &Finding) -> Option<Self> {
        let server = finding.server?;
        let host = comparison.host(server.address);
        let client = finding.example_client;
        Some(Self {
            server,
            client,
            is_like_windows: host.is_some_and(HostFacts::is_like_windows),
            vantage: client.and_then(|client| comparison.vantage(client, server.address)),
        })
    }
}

/// The steps for a finding about a server: those of its page that fit; for silence, a capture on the other side, which
/// decides; for a port that was closed for a while, the log of that time.
pub(super) fn next_steps(finding: &Finding, situation: Situation) -> Vec<NextStep> {
    let capture = other_side(finding, situation);
    let room = MOST_STEPS - usize::from(capture.is_some());
    let of_window = window_log(finding, situation).map(|log| {
        // Who listens now comes before what happened then.
        steps_of_page(FindingKind::NeverListening, situation)
            .take(1)
            .chain([log])
            .collect::<Vec<NextStep>>()
    });
    let mut steps: Vec<NextStep> = of_window.into_iter().flatten().collect();
    for step in steps_of_page(finding.kind, situation) {
        if !steps.iter().any(|known| known.run == step.run) {
            steps.push(step);
        }
    }
    steps.truncate(room);
    steps.extend(capture);
    steps
}

fn steps_of_page(kind: FindingKind, situation: Situation) -> impl Iterator<Item = NextStep> {
    let checks = knowledge::page(kind.name()).map_or(&[][..], |page| page.check);
    let is_for_windows = |check: &&Check| check.on.contains("Windows");
    let is_on_server = |check: &&Check| check.on.starts_with("SERVER");
    let fits = move |check: &&Check| {
        is_for_windows(check) == situation.is_like_windows || !is_on_server(check)
    };
    let is_capture = |check: &&Check| check.run.is_some_and(|run| run.starts_with("tcpdump"));
    checks
        .iter()
        .filter(fits)
        .filter(move |check| !is_capture(check))
        .filter_map(move |check| step(check, situation))
}

fn step(check: &Check, situation: Situation) -> Option<NextStep> {
    let fill = |text: &str| filled(text, situation.server, situation.client);
    let run = fill(&of_ip_version(check.run?, situation.server.address)?);
    is_filled(&run).then(|| NextStep {
        place: place(&fill(check.on), situation),
        run,
        why: fill(check.tells),
    })
}

/// Of commands joined by semicolons, those that are not for the other version of IP.
fn of_ip_version(run: &str, address: IpAddr) -> Option<String> {
    let other = if address.is_ipv6() {
        "iptables"
    } else {
        "ip6tables"
    };
    let fitting: Vec<&str> = run
        .split("; ")
        .filter(|command| command.split(' ').next() != Some(other))
        .collect();
    (!fitting.is_empty()).then(|| fitting.join("; "))
}

/// The machine, and that the capture was taken at its side, where it was.
fn place(machine: &str, situation: Situation) -> String {
    let here = match situation.vantage {
        Some(Vantage::Server) => Some(situation.server.address),
        Some(Vantage::Client) => situation.client,
        Some(Vantage::Between) | None => None,
    };
    match here {
        Some(here) if machine.split(' ').next() == Some(&here.to_string()) => {
            format!("{machine} (captured here)")
        }
        _ => machine.to_owned(),
    }
}

/// Silence looks the same whether the SYN or its answer is lost: a capture at the other end tells.
fn other_side(finding: &Finding, situation: Situation) -> Option<NextStep> {
    // Where the host itself says that its queue was full, nothing is lost on the way.
    let is_proved =
        finding.kind == FindingKind::Overload && finding.confidence == Confidence::Certain;
    let is_about_silence = match finding.kind {
        _ if is_proved => false,
        FindingKind::ServiceFiltered
        | FindingKind::SourceFiltered
        | FindingKind::Overload
        | FindingKind::NamePointsNowhere
        | FindingKind::PathLoss => finding.app_errors.contains(&"ETIMEDOUT"),
        FindingKind::ServiceDownWindow => finding.app_errors == ["ETIMEDOUT"],
        _ => false,
    };
    let client = situation.client.filter(|_| is_about_silence)?;
    let (server, port) = (situation.server.address, situation.server.port);
    let icmp = if server.is_ipv4() { "icmp" } else { "icmp6" };
    let capture = |host: IpAddr, file: &str| {
        format!("tcpdump -ni any -w {file} 'host {host} and (tcp port {port} or {icmp})'")
    };
    Some(match situation.vantage {
        Some(Vantage::Server) => NextStep {
            place: client.to_string(),
            run: capture(server, "client.pcap"),
            why: "whether an answer reaches the client that did not leave here: then somebody on the way gives it".to_owned(),
        },
        _ => NextStep {
            place: server.to_string(),
            run: if situation.is_like_windows {
                format!("pktmon start --capture --comp nics -f server.etl; pktmon filter add -i {client} -p {port}")
            } else {
                capture(client, "server.pcap")
            },
            why: "the SYN arrives and nothing leaves: look at the server; it does not arrive: a filter or loss on the way there; a SYN-ACK leaves: the way back".to_owned(),
        },
    })
}

/// The log of the time in which a port was closed.
fn window_log(finding: &Finding, situation: Situation) -> Option<NextStep> {
    let (from, until) = finding.from.zip(finding.until)?;
    let utc = |at: Timestamp| {
        DateTime::from_timestamp_nanos(at.nanoseconds()).format("%Y-%m-%d %H:%M:%S")
    };
    let (from, until) = (utc(from.before(MARGIN)), utc(until.after(MARGIN)));
    (finding.kind == FindingKind::ServiceDownWindow).then(|| NextStep {
        place: place(&situation.server.address.to_string(), situation),
        run: if situation.is_like_windows {
            format!(
                "Get-WinEvent -FilterHashtable @{{LogName='System','Application'; StartTime=[datetime]'{from}Z'; EndTime=[datetime]'{until}Z'}}"
            )
        } else {
            format!("journalctl -S '{from} UTC' -U '{until} UTC'")
        },
        why: "what stopped and started around that time".to_owned(),
    })
}

/// How much before and after a window the log is worth reading.
const MARGIN: Duration = Duration::from_secs(30);

/// The text with SERVER, CLIENT and PORT replaced, as whole words.
fn filled(text: &str, server: Endpoint, client: Option<IpAddr>) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut word = String::new();
    let replace = |word: &str| match word {
        "SERVER" => server.address.to_string(),
        "PORT" => server.port.to_string(),
        "CLIENT" => client.map_or_else(|| word.to_owned(), |client| client.to_string()),
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

/// Whether no word in capitals is left that stands for something unknown.
fn is_filled(command: &str) -> bool {
    const PLACEHOLDERS: [&str; 8] = [
        "SERVICE",
        "CONTAINER",
        "CLIENT",
        "SINCE",
        "UNTIL",
        "INTERFACE",
        "POD",
        "NAME",
    ];
    let mut words =
        command.split(|character: char| !character.is_alphanumeric() && character != '_');
    !words.any(|word| PLACEHOLDERS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_replaced() {
        let server = Endpoint {
            address: "10.0.1.20".parse().unwrap(),
            port: 5432,
        };
        assert_eq!(
            filled("ss -ltnp 'sport = :PORT'", server, None),
            "ss -ltnp 'sport = :5432'"
        );
        assert_eq!(
            filled("SERVER: EXPORTS", server, None),
            "10.0.1.20: EXPORTS"
        );
        assert!(is_filled("ss -ltn") && !is_filled("systemctl status SERVICE"));
    }

    fn situation() -> Situation {
        Situation {
            server: Endpoint {
                address: "10.0.1.20".parse().unwrap(),
                port: 5432,
            },
            client: "10.0.0.7".parse().ok(),
            is_like_windows: false,
            vantage: None,
        }
    }

    #[test]
    fn every_kind_about_a_service_has_a_step() {
        for kind in [
            FindingKind::Overload,
            FindingKind::NeverListening,
            FindingKind::ServiceFiltered,
            FindingKind::SourceFiltered,
            FindingKind::LimitedRejects,
        ] {
            assert!(
                steps_of_page(kind, situation()).next().is_some(),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn commands_fit_the_version_of_ip() {
        let both = "iptables -vnL; ip6tables -vnL; nft list ruleset";
        assert_eq!(
            of_ip_version(both, "10.0.1.20".parse().unwrap()).unwrap(),
            "iptables -vnL; nft list ruleset"
        );
        assert_eq!(
            of_ip_version(both, "2001:db8::1".parse().unwrap()).unwrap(),
            "ip6tables -vnL; nft list ruleset"
        );
        assert_eq!(
            of_ip_version("iptables -S", "2001:db8::1".parse().unwrap()),
            None
        );
    }

    #[test]
    fn a_server_like_windows_gets_no_command_of_linux() {
        let windows = Situation {
            is_like_windows: true,
            ..situation()
        };
        for step in steps_of_page(FindingKind::NeverListening, windows) {
            assert!(!step.run.starts_with("ss "), "{step:?}");
        }
        assert!(
            steps_of_page(FindingKind::NeverListening, windows)
                .any(|step| step.place.contains("Windows"))
        );
    }

    #[test]
    fn the_side_of_the_capture_is_said() {
        let at_server = Situation {
            vantage: Some(Vantage::Server),
            ..situation()
        };
        assert_eq!(place("10.0.1.20", at_server), "10.0.1.20 (captured here)");
        assert_eq!(place("10.0.0.7", at_server), "10.0.0.7");
        assert_eq!(place("10.0.1.20", situation()), "10.0.1.20");
    }
}
