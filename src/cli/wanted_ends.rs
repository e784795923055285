//! Which ends of connects a report is asked for: by address, or by a name that the report shows.

use std::cmp::Ordering;
use std::fmt;
use std::net::IpAddr;

use super::endpoint_pattern::parse_endpoint_pattern;
use super::exit_status::ExitStatus;
use super::messages::Messages;
use super::shared_arguments::EndpointArguments;
use crate::diagnosis::{EndpointPattern, Names};

/// How alike a name must be to be the one that was meant.
const LEAST_LIKENESS: f64 = 0.8;

/// An end as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WantedEnd {
    /// `10.0.0.0/8:443`.
    Address(EndpointPattern),
    /// `db.internal:5432`.
    Name {
        /// Without the dot at its end.
        name: String,
        /// The port, where it is one.
        port: Option<u16>,
    },
}

impl fmt::Display for WantedEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(pattern) => pattern.fmt(formatter),
            Self::Name { name, .. } => formatter.write_str(name),
        }
    }
}

/// Reads an address, a network, a port, or a name.
pub(super) fn parse_wanted_end(text: &str) -> Result<WantedEnd, String> {
    let refusal = match parse_endpoint_pattern(text) {
        Ok(pattern) => return Ok(WantedEnd::Address(pattern)),
        Err(refusal) => refusal,
    };
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let is_of_name = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    let is_name = name.chars().all(is_of_name) && name.chars().any(char::is_alphabetic);
    let port = port.map(str::parse::<u16>).transpose();
    match port {
        Ok(port) if is_name => Ok(WantedEnd::Name {
            name: name.trim_end_matches('.').to_owned(),
            port,
        }),
        _ => Err(refusal),
    }
}

/// Servers and clients by their addresses.
pub(super) type Patterns = (Vec<EndpointPattern>, Vec<EndpointPattern>);

impl EndpointArguments {
    /// The first name among them: it has to be looked for in the capture.
    pub(super) fn first_name(&self) -> Option<&WantedEnd> {
        let mut ends = self.server.iter().chain(&self.client);
        ends.find(|end| matches!(end, WantedEnd::Name { .. }))
    }

    /// Tells that names are known only when all was read.
    pub(super) fn refuse_names(&self) -> Result<(), ExitStatus> {
        let Some(name) = self.first_name() else {
            return Ok(());
        };
        let message = format!("cannot look for '{name}': names are known at the end only");
        let hint = "name its address; tcpwhy read takes names";
        Messages::error(message, Some(hint));
        Err(ExitStatus::Usage)
    }

    /// Those that are addresses.
    pub(super) fn addresses(&self) -> Patterns {
        let addresses = |ends: &[WantedEnd]| {
            let addresses = ends.iter().filter_map(|end| match end {
                WantedEnd::Address(pattern) => Some(*pattern),
                WantedEnd::Name { .. } => None,
            });
            addresses.collect()
        };
        (addresses(&self.server), addresses(&self.client))
    }

    /// All of them by their addresses; or which name nothing has, and the one that is most like it.
    pub(super) fn resolved(&self, names: &Names) -> Result<Patterns, (String, Option<String>)> {
        let (mut servers, mut clients) = self.addresses();
        for (ends, patterns) in [(&self.server, &mut servers), (&self.client, &mut clients)] {
            for end in ends {
                if let WantedEnd::Name { name, port } = end {
                    patterns.extend(named(name, *port, names)?);
                }
            }
        }
        Ok((servers, clients))
    }
}

fn named(
    name: &str,
    port: Option<u16>,
    names: &Names,
) -> Result<Vec<EndpointPattern>, (String, Option<String>)> {
    let is_meant = |known: &str| known.trim_end_matches('.').eq_ignore_ascii_case(name);
    let mut addresses: Vec<IpAddr> = names
        .iter()
        .filter_map(|(address, known)| is_meant(known).then_some(address))
        .collect();
    addresses.sort_unstable();
    if addresses.is_empty() {
        let nearest = nearest(name, names).map(|nearest| format!("did you mean '{nearest}'?"));
        let message = format!("no address in this capture is called '{name}'");
        return Err((message, nearest));
    }
    let pattern = |address: IpAddr| EndpointPattern {
        network: Some((address, if address.is_ipv4() { 32 } else { 128 })),
        port,
    };
    Ok(addresses.into_iter().map(pattern).collect())
}

/// The known name that is most like this one.
fn nearest<'a>(name: &str, names: &'a Names) -> Option<&'a str> {
    let name = name.to_lowercase();
    let likeness = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &name);
    let alike = names.iter().map(|(_, known)| (likeness(known), known));
    let alike = alike.filter(|(likeness, _)| *likeness >= LEAST_LIKENESS);
    alike
        .max_by(|(one, name), (other, another)| {
            let by_likeness = one.partial_cmp(other).unwrap_or(Ordering::Equal);
            by_likeness.then_with(|| another.cmp(name))
        })
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_and_looks_like_a_name_is_one() {
        let named = |text: &str| match parse_wanted_end(text) {
            Ok(WantedEnd::Name { name, port }) => Some((name, port)),
            _ => None,
        };
        let name = |name: &str, port| Some((name.to_owned(), port));
        assert_eq!(named("db.internal"), name("db.internal", None));
        assert_eq!(named("db.internal.:5432"), name("db.internal", Some(5432)));
        assert_eq!(named("bücher.example"), name("bücher.example", None));
        for text in ["10.0.0.1", "2001:db8::1", ":443", "[::1]:80"] {
            assert!(matches!(parse_wanted_end(text), Ok(WantedEnd::Address(_))));
        }
        for text in [
            "",
            "10.0.0.1:",
            "10.0.0",
            "db:x",
            "db/24",
            "[db]:1",
            "a b",
            "db:99999",
        ] {
            assert!(parse_wanted_end(text).is_err(), "{text}");
        }
    }
}
