//! What lines of devices have in common: values with names, and whom they name.

use std::net::IpAddr;

use crate::decode::Endpoint;

/// Whom a line names, as far as it does. A port of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NamedEnds {
    /// Who sent the packet or began the session.
    pub source: Option<IpAddr>,
    /// From which port.
    pub source_port: Option<u16>,
    /// Whom it was sent to.
    pub destination: Option<IpAddr>,
    /// On which port.
    pub destination_port: Option<u16>,
}

impl NamedEnds {
    /// By the text of each address and port.
    pub(super) fn new(
        (source, source_port): (Option<&str>, Option<&str>),
        (destination, destination_port): (Option<&str>, Option<&str>),
    ) -> Self {
        let address = |text: Option<&str>| text?.parse().ok();
        let port = |text: Option<&str>| text?.parse().ok().filter(|port| *port != 0);
        Self {
            source: address(source),
            source_port: port(source_port),
            destination: address(destination),
            destination_port: port(destination_port),
        }
    }

    /// Source and destination, where all of both is named.
    pub fn endpoints(&self) -> Option<(Endpoint, Endpoint)> {
        let end = |address: Option<IpAddr>, port: Option<u16>| {
            Some(Endpoint {
                address: address?,
                port: port?,
            })
        };
        let source = end(self.source, self.source_port)?;
        let destination = end(self.destination, self.destination_port)?;
        Some((source, destination))
    }
}

/// The value of `name=value` or `name="value"`.
pub fn named_value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once(name)?;
        let is_whole = !before.ends_with(|character: char| !character.is_whitespace());
        match after.strip_prefix('=') {
            Some(value) if is_whole => {
                return match value.strip_prefix('"') {
                    // Without its end it was cut short.
                    Some(quoted) => quoted.split_once('"').map(|(value, _)| value),
                    None => value.split_whitespace().next(),
                };
            }
            _ => rest = after,
        }
    }
}

/// `10.1.1.20/51234`.
pub(super) fn with_slash(text: &str) -> (Option<&str>, Option<&str>) {
    match text.rsplit_once('/') {
        Some((address, port)) => (Some(address), Some(port)),
        None => (None, None),
    }
}

/// `10.1.1.20:51234`, `2001:db8::7:51234`.
pub(super) fn with_colon(text: &str) -> (Option<&str>, Option<&str>) {
    match text.rsplit_once(':') {
        Some((address, port)) => (Some(address), Some(port)),
        None => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_whole_name() {
        let line = "poluuid=\"x y\" srcport=1 port=2 empty=\"\" cut=\"abc";
        assert_eq!(named_value(line, "port"), Some("2"));
        assert_eq!(named_value(line, "poluuid"), Some("x y"));
        assert_eq!(named_value(line, "empty"), Some(""));
        assert_eq!(named_value(line, "cut"), None);
        assert_eq!(named_value(line, "src"), None);
    }

    #[test]
    fn ends_are_whole_or_not() {
        let ends = NamedEnds::new((Some("10.0.0.7"), Some("0")), (Some("::1"), Some("443")));
        assert_eq!((ends.source_port, ends.destination_port), (None, Some(443)));
        assert_eq!(ends.endpoints(), None);
        let ends = NamedEnds::new(with_slash("10.0.0.7/1"), with_colon("2001:db8::7:443"));
        let (source, destination) = ends.endpoints().unwrap();
        assert_eq!(source.to_string(), "10.0.0.7:1");
        assert_eq!(destination.to_string(), "[2001:db8::7]:443");
    }
}
