//! What to check for a finding: the commands of its page of knowledge, with the addresses and ports filled in.

use std::net::IpAddr;
use std::time::Duration;

use chrono::DateTime;

use super::FindingKind;
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::knowledge;

/// How many steps a finding has at most: more is a manual, which `tcpwhy explain` is.
const MOST_STEPS: usize = 3;

/// What to check, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// On which machine.
    pub place: String,
    /// What to type there.
    pub run: String,
    /// What its result tells.
    pub why: String,
}

/// The steps for a kind of finding about a server; the client is one of those affected.
pub(super) fn for_server(
    kind: FindingKind,
    server: Endpoint,
    client: Option<IpAddr>,
) -> Vec<NextStep> {
    let Some(page) = knowledge::page(kind.name()) else {
        return Vec::new();
    };
    let fill = |text: &str| filled(text, server, client);
    page.check
        .iter()
        .filter(|check| !check.on.contains("Windows"))
        .filter_map(|check| {
            Some(NextStep {
                place: fill(check.on),
                run: fill(check.run?),
                why: fill(check.tells),
            })
        })
        .filter(|step| is_filled(&step.run))
        .take(MOST_STEPS)
        .collect()
}

/// What to look at on a server whose port failed for a while.
pub(super) fn for_window(server: Endpoint, from: Timestamp, until: Timestamp) -> Vec<NextStep> {
    let utc = |at: Timestamp| {
        DateTime::from_timestamp_nanos(at.nanoseconds()).format("%Y-%m-%d %H:%M:%S UTC")
    };
    let place = server.address.to_string();
    vec![
        NextStep {
            place: place.clone(),
            run: format!("ss -ltnp 'sport = :{}'", server.port),
            why: "which process listens now, on which address; its start time tells a restart"
                .to_owned(),
        },
        NextStep {
            place,
            run: format!(
                "journalctl -S '{}' -U '{}'",
                utc(from.before(MARGIN)),
                utc(until.after(MARGIN))
            ),
            why: "what stopped and started around that time".to_owned(),
        },
    ]
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

    #[test]
    fn every_kind_about_a_service_has_a_step() {
        let server = Endpoint {
            address: "10.0.1.20".parse().unwrap(),
            port: 5432,
        };
        for kind in [
            FindingKind::Overload,
            FindingKind::NeverListening,
            FindingKind::ServiceFiltered,
            FindingKind::SourceFiltered,
            FindingKind::LimitedRejects,
        ] {
            let steps = for_server(kind, server, "10.0.0.7".parse().ok());
            assert!(
                (1..=MOST_STEPS).contains(&steps.len()),
                "{}: {steps:?}",
                kind.name()
            );
        }
    }
}
