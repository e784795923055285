//! Calls of `connect()` that auditd logged: which process, in one record of an event, and where to,
//! in another.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::changed;
use super::record::{ConnectCall, LogRecord, Saying};
use super::stamp::{self, Stamp};
use crate::decode::Endpoint;

/// So many events wait for their other record. They stand close together.
const WAITING: usize = 64;

/// `connect` by architecture and number, as the kernel tells them.
const CONNECTS: [(&str, &str); 8] = [
    ("c000003e", "42"),
    ("40000003", "362"),
    ("c00000b7", "203"),
    ("40000028", "283"),
    ("c0000015", "328"),
    ("80000015", "328"),
    ("80000016", "362"),
    ("c00000f3", "203"),
];

/// Joins the records of an event.
#[derive(Debug, Default)]
pub(super) struct AuditEvents {
    waiting: VecDeque<(String, Part)>,
}

#[derive(Debug)]
enum Part {
    Call(Caller),
    Server(Endpoint),
}

#[derive(Debug)]
struct Caller {
    process: String,
    process_id: u32,
    returned: Option<i32>,
}

impl AuditEvents {
    /// Takes a record; gives the call when it is known who called and where to.
    pub(super) fn take(&mut self, text: &str) -> Option<LogRecord> {
        let (kind, rest) = text.strip_prefix("type=")?.split_once(' ')?;
        let (event, rest) = rest.strip_prefix("msg=audit(")?.split_once("):")?;
        if kind == "NETFILTER_CFG" {
            return Some(LogRecord {
                stamp: stamp_of(event)?,
                saying: Saying::Changed(changed::rules(rest)?),
            });
        }
        let part = match kind {
            "SYSCALL" => Part::Call(caller(rest)?),
            "SOCKADDR" => Part::Server(server(value(rest, "saddr")?)?),
            _ => return None,
        };
        let other = self.waiting.iter().position(|(known, of)| {
            known == event && matches!(of, Part::Call(_)) != matches!(part, Part::Call(_))
        });
        let Some((_, other)) = other.and_then(|place| self.waiting.remove(place)) else {
            if self.waiting.len() >= WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back((event.to_owned(), part));
            return None;
        };
        let ((Part::Call(caller), Part::Server(server))
        | (Part::Server(server), Part::Call(caller))) = (part, other)
        else {
            return None;
        };
        Some(LogRecord {
            stamp: stamp_of(event)?,
            saying: Saying::Connect(ConnectCall {
                server,
                process: caller.process,
                process_id: caller.process_id,
                returned: caller.returned,
            }),
        })
    }
}

/// When the event of a record was, whatever it is about.
pub(super) fn time_of(text: &str) -> Option<Stamp> {
    let (_, rest) = text.strip_prefix("type=")?.split_once(" msg=audit(")?;
    stamp_of(rest.split_once("):")?.0)
}

/// `1795183331.234:421`
fn stamp_of(event: &str) -> Option<Stamp> {
    stamp::of_seconds(event.split_once(':')?.0)
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut words = text.split_whitespace();
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

fn caller(text: &str) -> Option<Caller> {
    let called = (value(text, "arch")?, value(text, "syscall")?);
    let is_connect = CONNECTS.contains(&called) || called.1 == "connect";
    if !is_connect {
        return None;
    }
    Some(Caller {
        process: name_of(text)?,
        process_id: value(text, "pid")?.parse().ok()?,
        returned: value(text, "exit").and_then(|exit| exit.parse().ok()),
    })
}

/// In quotes; in hexadecimal where it has a space, a quote or another character that is not plain.
fn name_of(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(" comm=")?;
    if let Some(quoted) = rest.strip_prefix('"') {
        return Some(quoted.split_once('"')?.0.to_owned());
    }
    let bytes = bytes_of(rest.split(' ').next()?)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.map(byte).collect()
}

/// A socket address as it lies in memory; its family is in the order of the host.
fn server(digits: &str) -> Option<Endpoint> {
    let bytes = bytes_of(digits)?;
    let (family, rest) = bytes.split_first_chunk::<2>()?;
    let (port, rest) = rest.split_first_chunk::<2>()?;
    let address: IpAddr = match family {
        [2, 0] | [0, 2] => Ipv4Addr::from(*rest.first_chunk::<4>()?).into(),
        [10, 0] | [0, 10] => {
            let address = rest.get(4..)?.first_chunk::<16>()?;
            Ipv6Addr::from(*address).to_canonical()
        }
        _ => return None,
    };
    Some(Endpoint {
        address,
        port: u16::from_be_bytes(*port),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: &str = "type=SYSCALL msg=audit(1796040063.234:421): arch=c000003e syscall=42 \
        success=no exit=-115 a0=3 a1=7ff a2=10 a3=0 items=0 ppid=1 pid=812 auid=0 uid=33 \
        tty=(none) ses=1 comm=\"curl\" exe=\"/usr/bin/curl\" key=\"net\"";
    const SERVER: &str = "type=SOCKADDR msg=audit(1796040063.234:421): \
        saddr=020001BB0A0001140000000000000000";

    fn joined(lines: &[&str]) -> Vec<String> {
        let mut events = AuditEvents::default();
        let records = lines.iter().filter_map(|line| events.take(line));
        records
            .map(|record| format!("{:?}", record.saying))
            .collect()
    }

    #[test]
    fn a_call_is_joined_with_its_address_in_either_order() {
        let expected = "Connect(ConnectCall { server: Endpoint { address: 10.0.1.20, port: 443 }, \
            process: \"curl\", process_id: 812, returned: Some(-115) })";
        let other = SERVER.replace(":421)", ":422)");
        assert_eq!(joined(&[CALL, &other, SERVER]), [expected]);
        assert_eq!(joined(&[SERVER, CALL]), [expected]);
        assert_eq!(
            time_of(SERVER).unwrap(),
            stamp::of_seconds("1796040063.234").unwrap()
        );
    }

    #[test]
    fn names_and_addresses_may_be_in_hexadecimal() {
        let call = CALL.replace("comm=\"curl\"", "comm=6D792061707000");
        let server = SERVER.replace(
            "020001BB0A0001140000000000000000",
            "0A0001BB0000000020010DB800000000000000000000002000000000",
        );
        let told = joined(&[&call, &server]);
        assert!(
            told[0].contains("address: 2001:db8::20, port: 443"),
            "{told:?}"
        );
        assert!(told[0].contains("my app"), "{told:?}");
    }

    #[test]
    fn other_calls_and_addresses_are_none() {
        let open = CALL.replace("syscall=42", "syscall=2");
        let unix = SERVER.replace("020001BB", "01002F72");
        assert_eq!(
            joined(&[&open, SERVER, "type=", "type=SYSCALL msg=audit("]),
            [""; 0]
        );
        assert_eq!(joined(&[CALL, &unix]), [""; 0]);
    }

    #[test]
    fn events_without_an_end_take_no_more_memory() {
        let mut events = AuditEvents::default();
        for number in 0..10_000 {
            let _ = events.take(&CALL.replace(":421)", &format!(":{number})")));
        }
        assert_eq!(events.waiting.len(), WAITING);
    }
}
