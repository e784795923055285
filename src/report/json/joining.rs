//! What records of other programs are joined on: where an attempt was captured, when, and what its
//! flow is called elsewhere.

#[cfg(feature = "json-schema")]
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::capture::{LinkType, SourceFacts, SourceId, Timestamp};
use crate::decode::{Encapsulation, EncapsulationLayer};
use crate::diagnosis::{DiagnosedAttempt, Note};
use crate::handshake::Attempt;
use crate::report::community_id::community_id;
use crate::report::model::Report;

/// A connect with other addresses or ports, before or after a translation.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "json-schema", derive(JsonSchema))]
pub(in crate::report) struct Leg {
    /// Its client there.
    pub(super) client_address: String,
    /// That client's port.
    pub(super) client_port: u16,
    /// Its server there.
    pub(super) server_address: String,
    /// That server's port.
    pub(super) server_port: u16,
    /// Community ID 1.0 of this leg, with seed 0.
    pub(super) community_id: String,
}

/// The file or stream of the first packet, as it is named among the sources.
pub(super) fn file(report: &Report, attempt: &Attempt) -> String {
    let (source, _) = attempt.id.first_packet();
    source_of(report, source)
        .map(|source| source.path.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn source_of(report: &Report, source: SourceId) -> Option<&SourceFacts> {
    let index = usize::try_from(source.0).ok()?;
    report.capture.sources.get(index)
}

/// The name of the interface on which the first packet was captured. Where it has none, and the
/// source has several, the number by which the source tells it from the others.
pub(super) fn interface(report: &Report, attempt: &Attempt) -> Option<String> {
    let packet = attempt.evidence.packets().first()?;
    let source = source_of(report, packet.place.source)?;
    let number = packet.ip.capture.interface;
    let interfaces = source.interfaces.as_slice();
    let is_cooked =
        |interface: &crate::capture::Interface| interface.link_type == LinkType::LINUX_SLL2;
    if interfaces.iter().any(is_cooked) {
        // Each packet says the index that its interface had on the capturing host.
        return (number > 0).then(|| number.to_string());
    }
    if let [only] = interfaces {
        return only.name.clone();
    }
    let id = u32::from(number.checked_sub(1)?);
    let declared = interfaces.iter().find(|interface| interface.id == id)?;
    Some(declared.name.clone().unwrap_or_else(|| id.to_string()))
}

/// The VLANs that it was in, the outermost first.
pub(super) fn vlans(encapsulation: &Encapsulation) -> impl Iterator<Item = u16> {
    encapsulation.layers().filter_map(|layer| match layer {
        EncapsulationLayer::Vlan(identifier) => Some(identifier),
        _ => None,
    })
}

/// As whom the connect went on after a translation.
pub(super) fn legs(diagnosed: &DiagnosedAttempt) -> Vec<Leg> {
    let leg = |note: &Note| match note {
        Note::GoesOnAs { client, server, .. } => Some(Leg {
            client_address: client.address.to_string(),
            client_port: client.port,
            server_address: server.address.to_string(),
            server_port: server.port,
            community_id: community_id(*client, *server),
        }),
        _ => None,
    };
    diagnosed.notes.iter().filter_map(leg).collect()
}

/// Seconds since 1970 as a decimal number: more digits than a float has room for.
pub(super) fn epoch(at: Timestamp) -> Box<RawValue> {
    const NANOSECONDS: u64 = 1_000_000_000;
    let nanoseconds = at.nanoseconds().unsigned_abs();
    let sign = if at.nanoseconds() < 0 { "-" } else { "" };
    let (seconds, rest) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS);
    // Whatever this is, it is a number.
    RawValue::from_string(format!("{sign}{seconds}.{rest:09}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nanosecond_of_a_time_is_lost() {
        let words = |nanoseconds| epoch(Timestamp::from_nanoseconds(nanoseconds)).to_string();
        assert_eq!(words(1_796_040_063_200_000_001), "1796040063.200000001");
        assert_eq!(words(0), "0.000000000");
        assert_eq!(words(-1), "-0.000000001");
    }
}
