//! Lines that devices and tools write in formats of their own.

mod asa;
mod check_point;
mod flow_log;
mod fortigate;
mod junos;
mod listener;
mod netfilter;
mod packet_filter;
mod palo_alto;
pub(super) mod zeek;

use super::explanation::Reading;
use super::places::Places;
use super::{Page, page};

/// What a line of a known format says.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// What it is about, the most specific first.
    pub(super) pages: Vec<&'static Page>,
    pub(super) read_as: Vec<Reading>,
    /// Whom it names, where its format tells that better than the words do.
    pub(super) places: Option<Places>,
}

impl Record {
    fn of(terms: &[&str]) -> Self {
        Self {
            pages: terms.iter().filter_map(|term| page(term)).collect(),
            read_as: Vec::new(),
            places: None,
        }
    }

    fn reading(mut self, text: impl Into<String>, means: impl Into<String>) -> Self {
        self.read_as.push(Reading::new(text, means));
        self
    }
}

/// The line as a record of the first format that it has; as it stands, and normalised.
pub(super) fn record(text: &str, normal: &str) -> Option<Record> {
    asa::record(normal)
        .or_else(|| palo_alto::record(text))
        .or_else(|| netfilter::record(text, normal))
        .or_else(|| fortigate::record(text, normal))
        .or_else(|| packet_filter::record(text))
        .or_else(|| junos::record(text, normal))
        .or_else(|| check_point::record(text, normal))
        .or_else(|| flow_log::record(text))
        .or_else(|| zeek::record(text))
        .or_else(|| listener::record(text))
}

/// An address and a port out of fields; `None` where they are none.
fn address(field: &str) -> Option<String> {
    let address: std::net::IpAddr = field.parse().ok()?;
    Some(address.to_string())
}

/// The value of `name=value` or `name="value"`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once(name)?;
        let is_whole = !before.ends_with(|character: char| !character.is_whitespace());
        match after.strip_prefix('=') {
            Some(value) if is_whole => {
                let end = match value.strip_prefix('"') {
                    Some(quoted) => return quoted.split('"').next(),
                    None => value.split_whitespace().next(),
                };
                return end;
            }
            _ => rest = after,
        }
    }
}

/// An address and a port with a dot between, as tcpdump writes them.
fn endpoint_with_dot(word: &str) -> Option<(String, u16)> {
    let (host, number) = word.rsplit_once('.')?;
    Some((address(host)?, port(number)?))
}

/// A port out of a field; none where it is 0.
fn port(field: &str) -> Option<u16> {
    field.parse().ok().filter(|port| *port != 0)
}
