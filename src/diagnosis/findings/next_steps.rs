//! What to check for a finding, as data: the checks of its page of knowledge that fit, and what
//! decides beside them. The words stand in `report`.

mod called_for;

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::{Finding, FindingKind, Statement};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::cause::{Cause, Confidence};
use crate::diagnosis::comparison::{Comparison, Vantage};
use crate::diagnosis::knowledge::{self, Check};
use called_for::{is_called_for, page_of_steps};

/// How many steps a finding has at most: more is a manual, which `tcpwhy explain` is.
const MOST_STEPS: usize = 3;

/// How much before and after a window the log is worth reading.
const MARGIN: Duration = Duration::from_secs(30);

/// What to check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NextStep {
    /// What to do.
    pub kind: StepKind,
    /// In which situation.
    pub situation: Situation,
}

/// What to do to check something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// Something to type that a page of knowledge has. SERVER, CLIENT and PORT stand for those of
    /// the situation.
    Check {
        /// On which machine.
        on: &'static str,
        /// What to type there: at least one command.
        commands: Vec<&'static str>,
        /// What the result says.
        tells: &'static str,
    },
    /// Show a rule of pf.
    ShowPfRule {
        /// Its number.
        number: u32,
        /// The number in the anchor.
        sub_rule: Option<u32>,
        /// The anchor; hostile text.
        anchor: Option<String>,
    },
    /// Find the rules that log a prefix.
    FindLogPrefix {
        /// The prefix; hostile text.
        prefix: String,
    },
    /// Capture at the client as well.
    CaptureAtClient,
    /// Capture at the server as well.
    CaptureAtServer,
    /// Read what the server logged.
    ReadServerLog {
        /// From when on.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
}

/// What is known of the server that a finding is about, as far as it shapes what to type there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Situation {
    /// The server.
    pub server: Endpoint,
    /// One of the clients.
    pub client: Option<IpAddr>,
    /// Whether its packets start with the time to live of Windows.
    pub is_like_windows: bool,
    /// The same of the client.
    pub is_client_like_windows: bool,
    /// Where the capture was taken.
    pub vantage: Option<Vantage>,
    /// Who sent the ICMP errors, or otherwise answers in the server's name, where that is one.
    pub router: Option<IpAddr>,
}

impl Situation {
    /// Of the finding's server, if it is about one, or of the first of several.
    pub(super) fn of(comparison: &Comparison, finding: &Finding) -> Option<Self> {
        let named = finding.server.or(finding.servers.first().copied())?;
        // What failed behind a translation is looked for there.
        let backend = finding.backend.as_ref();
        let server = backend.map_or(named, |backend| backend.server);
        let client = backend.map_or(finding.example_client, |backend| Some(backend.client));
        Some(Self {
            server,
            client,
            is_like_windows: comparison.is_like_windows(server.address),
            is_client_like_windows: client.is_some_and(|client| comparison.is_like_windows(client)),
            vantage: client.and_then(|client| comparison.vantage(client, server.address)),
            router: comparison.rejecters().only_one_of(named),
        })
    }

    /// Of which nothing is known but the server.
    pub(super) const fn without_hosts(server: Endpoint) -> Self {
        Self {
            server,
            client: None,
            is_like_windows: false,
            is_client_like_windows: false,
            vantage: None,
            router: None,
        }
    }

    /// Whether the server is on the Internet and the client behind a translation: then whoever
    /// reads the report can hardly type anything there, unless the capture was taken there.
    fn is_server_out_of_reach(self) -> bool {
        let is_client_private = self.client.is_some_and(is_private);
        self.vantage != Some(Vantage::Server)
            && is_client_private
            && !is_private(self.server.address)
    }

    /// The same the other way round: clients from the Internet, or who forge its addresses.
    fn is_client_out_of_reach(self) -> bool {
        let is_client_public = self.client.is_some_and(|client| !is_private(client));
        is_client_public && is_private(self.server.address)
    }

    /// Whether a check is for a machine that can be reached, and for its system.
    fn fits(self, check: &Check) -> bool {
        let is_for_windows = check.on.contains("Windows");
        if check.on.starts_with("SERVER") {
            is_for_windows == self.is_like_windows && !self.is_server_out_of_reach()
        } else if check.on.starts_with("CLIENT") {
            is_for_windows == self.is_client_like_windows
        } else {
            !is_for_windows
        }
    }

    const fn step(self, kind: StepKind) -> NextStep {
        NextStep {
            kind,
            situation: self,
        }
    }
}

impl NextStep {
    /// Whether the same is typed.
    fn types_the_same_as(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (
                StepKind::Check { commands, .. },
                StepKind::Check {
                    commands: others, ..
                },
            ) => commands == others,
            (kind, other) => kind == other,
        }
    }
}

/// The steps for a finding about a server: those of its page that fit; for silence, a capture on
/// the other side, which decides; for a port that was closed for a while, the log of that time.
pub(super) fn next_steps(finding: &Finding, situation: Situation) -> Vec<NextStep> {
    let capture = other_side(finding, situation);
    let room = MOST_STEPS - usize::from(capture.is_some());
    let of_window = window_log(finding, situation).map(|log| {
        // Who listens now comes before what happened then.
        steps_of_page(FindingKind::NeverListening.name(), situation)
            .take(1)
            .chain([log])
            .collect::<Vec<NextStep>>()
    });
    let mut steps: Vec<NextStep> = of_window.into_iter().flatten().collect();
    // Whether the name is right, or its host has nobody who listens, is told there.
    let is_refused_by_name = finding.kind == FindingKind::NamePointsNowhere
        && finding.app_errors.contains(&"ECONNREFUSED");
    steps.extend(
        steps_of_page(FindingKind::NeverListening.name(), situation)
            .take(usize::from(is_refused_by_name)),
    );
    for step in steps_of_page(page_of_steps(finding), situation) {
        if !is_called_for(finding, &step) {
            continue;
        }
        if !steps.iter().any(|known| known.types_the_same_as(&step)) {
            steps.push(step);
        }
    }
    steps.truncate(room);
    steps.extend(capture);
    steps
}

/// The steps for the cause of one connect from this host, of its page: as those of a finding.
pub fn next_steps_of_cause(cause: Cause, client: IpAddr, server: Endpoint) -> Vec<NextStep> {
    let situation = Situation {
        client: Some(client),
        vantage: Some(Vantage::Client),
        ..Situation::without_hosts(server)
    };
    steps_of_page(cause.name(), situation)
        .take(MOST_STEPS)
        .collect()
}

fn steps_of_page(term: &str, situation: Situation) -> impl Iterator<Item = NextStep> + use<> {
    let checks = knowledge::page(term).map_or(&[][..], |page| page.check);
    let is_capture = |check: &&Check| {
        let captures = |run: &str| run.starts_with("tcpdump") || run.starts_with("pktmon");
        check.run.is_some_and(captures)
    };
    checks
        .iter()
        .filter(move |check| situation.fits(check))
        .filter(move |check| !is_capture(check) && !is_probe(check))
        .filter_map(move |check| step(check, situation))
}

/// Whether it asks anew, as pages suggest: a report says what to look at of what happened.
fn is_probe(check: &Check) -> bool {
    check.run.is_some_and(|run| run.starts_with("tcpwhy probe"))
}

/// A check of a page, if it can be typed: everything that it names must be known.
fn step(check: &Check, situation: Situation) -> Option<NextStep> {
    let commands = of_ip_version(check.run?, situation.server.address);
    let is_known = |command: &&str| names_nothing_unknown(command, situation.client.is_some());
    let is_place_known = situation.router.is_some() || !check.on.contains("ROUTER");
    let can_be_typed = !commands.is_empty() && is_place_known && commands.iter().all(is_known);
    can_be_typed.then(|| {
        situation.step(StepKind::Check {
            on: check.on,
            commands,
            tells: check.tells,
        })
    })
}

/// Of commands joined by semicolons, those that are not for the other version of IP.
fn of_ip_version(run: &'static str, address: IpAddr) -> Vec<&'static str> {
    let other = if address.is_ipv6() {
        "iptables"
    } else {
        "ip6tables"
    };
    run.split("; ")
        .filter(|command| command.split(' ').next() != Some(other))
        .collect()
}

/// Whether no word in capitals stands for something unknown.
fn names_nothing_unknown(command: &str, is_client_known: bool) -> bool {
    const PLACEHOLDERS: [&str; 7] = [
        "SERVICE",
        "CONTAINER",
        "SINCE",
        "UNTIL",
        "INTERFACE",
        "POD",
        "NAME",
    ];
    let mut words =
        command.split(|character: char| !character.is_alphanumeric() && character != '_');
    !words.any(|word| PLACEHOLDERS.contains(&word) || (word == "CLIENT" && !is_client_known))
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
        FindingKind::HostSilent => !matches!(
            finding.statement,
            Statement::HostSilent {
                is_on_link: true,
                ..
            }
        ),
        FindingKind::SynAckLost | FindingKind::ClientSilent => {
            matches!(situation.vantage, Some(Vantage::Server | Vantage::Between))
        }
        _ => false,
    };
    situation.client.filter(|_| is_about_silence)?;
    // pktmon sees nothing of loopback.
    if situation.is_like_windows && situation.server.address.is_loopback() {
        return None;
    }
    let is_answered = matches!(
        finding.kind,
        FindingKind::SynAckLost | FindingKind::ClientSilent
    );
    let kind = match situation.vantage {
        _ if is_answered && situation.is_client_out_of_reach() => return None,
        _ if is_answered => StepKind::CaptureAtClient,
        Some(Vantage::Server) => StepKind::CaptureAtClient,
        _ if !situation.is_server_out_of_reach() => StepKind::CaptureAtServer,
        Some(Vantage::Between) => StepKind::CaptureAtClient,
        _ => return None,
    };
    Some(situation.step(kind))
}

/// The log of the time in which a port was closed.
fn window_log(finding: &Finding, situation: Situation) -> Option<NextStep> {
    let (from, until) = finding.from.zip(finding.until)?;
    let is_window = finding.kind == FindingKind::ServiceDownWindow;
    (is_window && !situation.is_server_out_of_reach()).then(|| {
        situation.step(StepKind::ReadServerLog {
            from: from.before(MARGIN),
            until: until.after(MARGIN),
        })
    })
}

/// Whether an address is of no use on the Internet: private (RFC 1918, RFC 4193), shared by a
/// provider's customers (RFC 6598), of the link, or of the host itself.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && second & 0xc0 == 64;
            address.is_private() || address.is_loopback() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn situation() -> Situation {
        Situation {
            server: Endpoint {
                address: "10.0.1.20".parse().unwrap(),
                port: 5432,
            },
            client: "10.0.0.7".parse().ok(),
            is_like_windows: false,
            is_client_like_windows: false,
            vantage: None,
            router: None,
        }
    }

    #[test]
    fn what_names_something_unknown_cannot_be_typed() {
        assert!(names_nothing_unknown("ss -ltnp 'sport = :PORT'", false));
        assert!(names_nothing_unknown("ss -tn dst CLIENT", true));
        assert!(!names_nothing_unknown("ss -tn dst CLIENT", false));
        assert!(!names_nothing_unknown("systemctl status SERVICE", true));
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
                steps_of_page(kind.name(), situation()).next().is_some(),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn commands_fit_the_version_of_ip() {
        let both = "iptables -vnL; ip6tables -vnL; nft list ruleset";
        assert_eq!(
            of_ip_version(both, "10.0.1.20".parse().unwrap()),
            ["iptables -vnL", "nft list ruleset"]
        );
        let ipv6 = "2001:db8::1".parse().unwrap();
        assert_eq!(
            of_ip_version(both, ipv6),
            ["ip6tables -vnL", "nft list ruleset"]
        );
        assert!(of_ip_version("iptables -S", ipv6).is_empty());
    }

    #[test]
    fn a_server_like_windows_gets_no_command_of_linux() {
        let windows = Situation {
            is_like_windows: true,
            ..situation()
        };
        let mut machines = Vec::new();
        for step in steps_of_page(FindingKind::NeverListening.name(), windows) {
            let StepKind::Check { on, commands, .. } = step.kind else {
                continue;
            };
            assert!(!commands.iter().any(|command| command.starts_with("ss ")));
            machines.push(on);
        }
        assert!(machines.iter().any(|on| on.contains("Windows")));
    }

    #[test]
    fn nothing_is_typed_on_a_server_of_the_internet() {
        let silent = FindingKind::ServiceFiltered;
        let places = |situation| -> Vec<&'static str> {
            let steps = steps_of_page(silent.name(), situation);
            let places = steps.filter_map(|step| match step.kind {
                StepKind::Check { on, .. } => Some(on),
                _ => None,
            });
            places.collect()
        };
        let is_on_server = |on: &&str| on.starts_with("SERVER");
        let on_the_internet = Situation {
            server: Endpoint {
                address: "203.0.113.7".parse().unwrap(),
                port: 443,
            },
            ..situation()
        };
        assert!(places(situation()).iter().any(is_on_server));
        assert!(!places(on_the_internet).iter().any(is_on_server));
        let captured_there = Situation {
            vantage: Some(Vantage::Server),
            ..on_the_internet
        };
        assert!(places(captured_there).iter().any(is_on_server));
        let between_two_of_the_internet = Situation {
            client: "198.51.100.4".parse().ok(),
            ..on_the_internet
        };
        assert!(places(between_two_of_the_internet).iter().any(is_on_server));
    }

    #[test]
    fn a_client_gets_the_commands_of_its_own_system() {
        let machines = |is_client_like_windows| {
            let situation = Situation {
                is_client_like_windows,
                ..situation()
            };
            let checks = knowledge::page("host_silent").map_or(&[][..], |page| page.check);
            let of_client = checks.iter().filter(|check| check.on.starts_with("CLIENT"));
            let fitting = of_client.filter(|check| situation.fits(check));
            fitting.map(|check| check.on).collect::<Vec<_>>()
        };
        assert!(machines(false).iter().all(|on| !on.contains("Windows")));
        assert!(machines(true).iter().all(|on| on.contains("Windows")));
    }
}
