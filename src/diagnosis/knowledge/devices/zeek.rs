//! Zeek's `conn.log`: its states of connections, alone and in a line.

use super::{Record, address, port};
use crate::diagnosis::knowledge::places::Places;

/// States: letters, page, meaning. As Zeek's documentation of `conn.log` has them.
const STATES: [(&str, &str, &str); 13] = [
    ("S0", "dropped", "a SYN, and no reply"),
    ("S1", "established", "established, not closed"),
    ("SF", "established", "established, closed in order"),
    ("REJ", "refused", "the SYN was rejected, by a RST"),
    (
        "S2",
        "established",
        "established; the client closed, the server did not answer that",
    ),
    (
        "S3",
        "established",
        "established; the server closed, the client did not answer that",
    ),
    (
        "RSTO",
        "client_reset",
        "established; the client ended it by a RST",
    ),
    (
        "RSTR",
        "reset",
        "the server ended it by a RST, after its SYN-ACK",
    ),
    (
        "RSTOS0",
        "aborted",
        "the client sent a SYN, then a RST; no SYN-ACK was seen",
    ),
    (
        "RSTRH",
        "partial",
        "the server sent a SYN-ACK, then a RST; no SYN was seen",
    ),
    (
        "SH",
        "half_open",
        "the client sent a SYN, then a FIN; no SYN-ACK was seen (half-open scan, \
        or a capture of one side)",
    ),
    (
        "SHR",
        "partial",
        "the server sent a SYN-ACK, then a FIN; no SYN was seen",
    ),
    (
        "OTH",
        "partial",
        "no SYN seen: begun before the capture, or seen on one side only",
    ),
];

/// Of a line: where the addresses stand, from the beginning, and the least number of fields.
const CLIENT: usize = 2;
const STATE: usize = 11;

/// The page of a state, and what it says.
pub(in crate::diagnosis::knowledge) fn state(code: &str) -> Option<(&'static str, &'static str)> {
    let (_, term, means) = STATES.iter().find(|(known, ..)| *known == code)?;
    Some((term, means))
}

pub(super) fn record(text: &str) -> Option<Record> {
    of_json(text).or_else(|| of_fields(text))
}

fn of_json(text: &str) -> Option<Record> {
    let value = |key: &str| {
        let (_, after) = text.split_once(&format!("\"{key}\":"))?;
        let end = after.find([',', '}']).unwrap_or(after.len());
        Some(after.get(..end)?.trim().trim_matches('"'))
    };
    let record = of_state(value("conn_state")?)?;
    Some(Record {
        places: Some(Places {
            client: value("id.orig_h").and_then(address),
            server: value("id.resp_h").and_then(address),
            port: value("id.resp_p").and_then(port),
        }),
        ..record
    })
}

/// Divided by tabs, or by spaces where they were pasted.
fn of_fields(text: &str) -> Option<Record> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let field = |index: usize| fields.get(index).copied();
    let (client, server) = (address(field(CLIENT)?)?, address(field(CLIENT + 2)?)?);
    if field(CLIENT + 4) != Some("tcp") {
        return None;
    }
    let record = of_state(field(STATE)?)?;
    Some(Record {
        places: Some(Places {
            client: Some(client),
            server: Some(server),
            port: field(CLIENT + 3).and_then(port),
        }),
        ..record
    })
}

fn of_state(code: &str) -> Option<Record> {
    let (term, means) = state(code)?;
    let record = Record::of(&["conn_state", term]);
    Some(record.reading(code, format!("Zeek's conn_state: {means}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::knowledge::page;

    #[test]
    fn all_states_have_a_page() {
        for (_, term, _) in STATES {
            assert!(page(term).is_some(), "{term}");
        }
    }
}
