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
use crate::logs::NamedEnds;

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
        .or_else(|| junos::record(text))
        .or_else(|| check_point::record(text, normal))
        .or_else(|| flow_log::record(text))
        .or_else(|| zeek::record(text))
        .or_else(|| listener::record(text))
}

/// Whom a line names, where the source is the client.
fn places(ends: NamedEnds) -> Places {
    let text = |address: Option<std::net::IpAddr>| address.map(|address| address.to_string());
    Places {
        server: text(ends.destination),
        port: ends.destination_port,
        client: text(ends.source),
    }
}

/// An address and a port out of fields; `None` where they are none.
fn address(field: &str) -> Option<String> {
    let address: std::net::IpAddr = field.parse().ok()?;
    Some(address.to_string())
}

/// A port out of a field; none where it is 0.
fn port(field: &str) -> Option<u16> {
    field.parse().ok().filter(|port| *port != 0)
}
