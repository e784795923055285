//! What to probe: what was named, one host and one port each, and nothing else.

use std::net::{IpAddr, Ipv6Addr};

/// One host and one port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As it was named; hostile text.
    pub text: String,
    /// The host.
    pub host: TargetHost,
    /// The port.
    pub port: u16,
}

/// The host of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetHost {
    /// A name, or an address with an interface, for the resolver.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Why a text names no target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// There is no port.
    #[error("no port: HOST:PORT is needed, as in db.example:5432")]
    NoPort,
    /// An IPv6 address whose last group may be a port.
    #[error("an IPv6 address with a port stands in brackets: [{0}]:443")]
    BareIpv6(Ipv6Addr),
    /// The port is none.
    #[error("'{0}' is no port: a port is a number from 1 to 65535")]
    BadPort(String),
    /// Several ports.
    #[error("'{0}' are several ports: name each one; to look for open ports there is nmap")]
    SeveralPorts(String),
    /// A network or a range of addresses.
    #[error("'{0}' are many hosts: name each one; to look through a network there is nmap")]
    ManyHosts(String),
    /// A URL.
    #[error("this is a URL: name its host and port, as in {0}:443")]
    Url(String),
    /// There is no host.
    #[error("no host: HOST:PORT is needed, as in db.example:5432")]
    NoHost,
    /// The host is none.
    #[error("'{0}' is no host: a name or an address is needed")]
    BadHost(String),
}

/// No name of a host is longer (RFC 1035 §2.3.4), with an interface behind an address.
const LONGEST_HOST: usize = 255;

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        if let Some((_, rest)) = text.split_once("://") {
            let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
            return Err(TargetError::Url(host.to_owned()));
        }
        let (host, port) = divided(text)?;
        Ok(Self {
            host: host_of(host)?,
            port: port_of(port)?,
            text: text.to_owned(),
        })
    }
}

/// The host and the port as texts.
fn divided(text: &str) -> Result<(&str, &str), TargetError> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, behind) = rest
            .split_once(']')
            .ok_or_else(|| TargetError::BadHost(text.to_owned()))?;
        let port = behind.strip_prefix(':').ok_or_else(|| {
            if behind.starts_with('/') {
                TargetError::ManyHosts(text.to_owned())
            } else {
                TargetError::NoPort
            }
        })?;
        return Ok((host, port));
    }
    if let Ok(address) = text.parse() {
        return Err(TargetError::BareIpv6(address));
    }
    let (host, port) = text.rsplit_once(':').ok_or(TargetError::NoPort)?;
    if host.contains(':') && !host.contains('/') {
        return match host.parse() {
            Ok(address) => Err(TargetError::BareIpv6(address)),
            Err(_) => Err(TargetError::BadHost(host.to_owned())),
        };
    }
    Ok((host, port))
}

fn host_of(host: &str) -> Result<TargetHost, TargetError> {
    if host.is_empty() {
        return Err(TargetError::NoHost);
    }
    if let Ok(address) = host.parse() {
        return Ok(TargetHost::Address(address));
    }
    if host.contains(['/', '*', ',']) || is_address_range(host) {
        return Err(TargetError::ManyHosts(host.to_owned()));
    }
    // What was no UTF-8 was replaced.
    let is_wrong = |character: char| {
        character.is_whitespace()
            || character.is_control()
            || character == char::REPLACEMENT_CHARACTER
    };
    let is_number = host
        .chars()
        .all(|character| character.is_ascii_digit() || character == '.');
    if host.len() > LONGEST_HOST || host.contains(is_wrong) || is_number {
        return Err(TargetError::BadHost(host.to_owned()));
    }
    Ok(TargetHost::Name(host.to_owned()))
}

/// `10.0.0.1-20`: no name of a host is digits, dots and hyphens alone.
fn is_address_range(host: &str) -> bool {
    host.contains('-')
        && host
            .chars()
            .all(|character| character.is_ascii_digit() || "-.".contains(character))
}

fn port_of(port: &str) -> Result<u16, TargetError> {
    let is_several = port.contains([',', '-', '*'])
        && port
            .chars()
            .all(|character| character.is_ascii_digit() || ",-*".contains(character));
    if is_several {
        return Err(TargetError::SeveralPorts(port.to_owned()));
    }
    let bad = || TargetError::BadPort(port.to_owned());
    let is_plain = port.chars().all(|character| character.is_ascii_digit());
    let number: u16 = port.parse().map_err(|_| bad())?;
    (is_plain && number != 0).then_some(number).ok_or_else(bad)
}

/// A line of a list of targets; `None` of an empty line or a comment.
///
/// # Errors
///
/// When it names no target.
pub fn target_of_line(line: &str) -> Result<Option<Target>, TargetError> {
    let named = line.split('#').next().unwrap_or_default().trim();
    if named.is_empty() {
        return Ok(None);
    }
    named.parse().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<(TargetHost, u16), String> {
        let target = text.parse::<Target>();
        target
            .map(|target| (target.host, target.port))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_host_and_a_port_are_a_target() {
        let name = |name: &str| TargetHost::Name(name.to_owned());
        let address = |address: &str| TargetHost::Address(address.parse().unwrap());
        for (text, host, port) in [
            ("db.example:5432", name("db.example"), 5432),
            ("localhost:1", name("localhost"), 1),
            ("10.0.1.20:65535", address("10.0.1.20"), 65535),
            ("[2001:db8::7]:443", address("2001:db8::7"), 443),
            ("[fe80::1%eth0]:22", name("fe80::1%eth0"), 22),
            ("my-host-2:80", name("my-host-2"), 80),
            ("bücher.example:80", name("bücher.example"), 80),
        ] {
            assert_eq!(target(text), Ok((host, port)), "{text}");
        }
    }

    #[test]
    fn whatever_else_is_told_what_is_wrong_with_it() {
        for (text, words) in [
            ("db.example", "no port"),
            ("db.example:", "'' is no port"),
            ("db.example:0", "'0' is no port"),
            ("db.example:65536", "'65536' is no port"),
            ("db.example:+80", "'+80' is no port"),
            ("db.example:http", "'http' is no port"),
            ("db.example:80-90", "nmap"),
            ("db.example:80,443", "nmap"),
            ("10.0.0.0/24:80", "nmap"),
            ("10.0.0.*:80", "nmap"),
            ("10.0.0.1-20:80", "nmap"),
            ("[2001:db8::]/64:80", "nmap"),
            ("2001:db8::7:443", "in brackets: [2001:db8::7:443]:443"),
            ("2001:db8::7", "in brackets"),
            ("[2001:db8::7]", "no port"),
            ("[2001:db8::7", "is no host"),
            (
                "https://db.example/x",
                "URL: name its host and port, as in db.example:443",
            ),
            (":80", "no host"),
            ("300.1.2.3:80", "'300.1.2.3' is no host"),
            ("a b:80", "'a b' is no host"),
        ] {
            let error = target(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn a_list_may_have_comments() {
        assert_eq!(target_of_line("  "), Ok(None));
        assert_eq!(target_of_line("# databases"), Ok(None));
        let target = target_of_line("db:5432   # the first").unwrap().unwrap();
        assert_eq!((target.text.as_str(), target.port), ("db:5432", 5432));
        assert!(target_of_line("db").is_err());
    }
}
