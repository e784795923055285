//! Flow logs of clouds, and the log of the Windows firewall: lines of fields, divided by spaces.

use super::{Record, address, port};
use crate::diagnosis::knowledge::places::Places;

/// TCP's number.
const TCP: &str = "6";

pub(super) fn record(text: &str) -> Option<Record> {
    of_azure(text).or_else(|| of_fields(text))
}

/// `1542110377,10.0.0.4,203.0.113.7,44931,443,T,O,D`, a tuple of Azure's logs of network security
/// groups, and `1663146003599,10.0.0.6,203.0.113.7,23956,443,6,O,D,NX,0,0,0,0` of virtual networks.
fn of_azure(text: &str) -> Option<Record> {
    let is_between = |character: char| character.is_whitespace() || "\"[]".contains(character);
    let mut tuples = text.split(is_between).map(|word| word.trim_matches(','));
    tuples.find_map(|tuple| {
        let fields: Vec<&str> = tuple.split(',').collect();
        let [
            _,
            source,
            destination,
            _,
            of_server,
            protocol,
            way,
            state,
            ..,
        ] = fields.as_slice()
        else {
            return None;
        };
        let (client, server) = (address(source)?, address(destination)?);
        let is_tuple = ["T", "U", "6", "17"].contains(protocol) && ["I", "O"].contains(way);
        let (term, means) = match *state {
            "D" => (
                "port_filtered",
                "Azure: a security rule denied it, without an answer",
            ),
            "A" | "B" => (
                "established",
                "Azure: a security rule let it through; nothing is said about an answer",
            ),
            "C" | "E" => ("connection_closed", "Azure: a flow that goes on, or ended"),
            _ => return None,
        };
        let mut record = Record::of(&["flow_log", term]).reading(*state, means);
        let side = match *way {
            "I" => "inbound: the rules of the server's side",
            _ => "outbound: the rules of the client's side",
        };
        record = record.reading(*way, side);
        record.places = Some(Places {
            client: Some(client),
            server: Some(server),
            port: port(of_server),
        });
        is_tuple.then_some(record)
    })
}

fn of_fields(text: &str) -> Option<Record> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    fields
        .windows(2)
        .enumerate()
        .find_map(|(at, pair)| match pair {
            [source, destination]
                if address(source).is_some() && address(destination).is_some() =>
            {
                of_aws(&fields, at).or_else(|| of_windows(&fields, at))
            }
            _ => None,
        })
}

/// `2 123456789010 eni-1 10.0.0.7 10.0.1.20 50000 5432 6 1 40 ... REJECT OK`, the default format.
fn of_aws(fields: &[&str], at: usize) -> Option<Record> {
    let after = fields.get(at + 5..)?;
    let action = after
        .iter()
        .find(|field| ["ACCEPT", "REJECT"].contains(field))?;
    let (term, means) = match *action {
        "REJECT" => (
            "port_filtered",
            "security group or network ACL dropped it, without an answer",
        ),
        _ => (
            "established",
            "let through by security group and network ACL; nothing is said about an answer",
        ),
    };
    let mut record = Record::of(&["flow_log", term]).reading(*action, means);
    if fields.get(at + 4) != Some(&TCP) {
        record = record.reading("protocol", "another than 6: no TCP");
    }
    Some(with_places(record, fields, at))
}

/// `2026-11-20 14:03:05 DROP TCP 10.0.0.7 10.0.1.20 50000 445 52 S ...`, as `pfirewall.log` has it.
fn of_windows(fields: &[&str], at: usize) -> Option<Record> {
    let action = *fields.get(at.checked_sub(2)?)?;
    let protocol = *fields.get(at.checked_sub(1)?)?;
    if !["TCP", "UDP", "ICMP"].contains(&protocol) {
        return None;
    }
    let (term, means) = match action {
        "DROP" => (
            "port_filtered",
            "the Windows firewall dropped it, without an answer",
        ),
        "ALLOW" => ("established", "the Windows firewall let it through"),
        _ => return None,
    };
    let record = Record::of(&["flow_log", term]).reading(format!("{action} {protocol}"), means);
    Some(with_places(record, fields, at))
}

fn with_places(mut record: Record, fields: &[&str], at: usize) -> Record {
    let field = |offset: usize| fields.get(at + offset).copied();
    record.places = Some(Places {
        client: field(0).and_then(address),
        server: field(1).and_then(address),
        port: field(3).and_then(port),
    });
    record
}
