//! Scenarios: who sends what when, and what is expected, in a text that a network engineer can read
//! and write.
//!
//! `tests/scenarios/README.md` describes the language.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::frames::{ChecksumPlan, SegmentPlan, arp, cooked, echo_reply, icmp_error, unrelated};
use super::pcap::CapturedPacket;
use crate::calibration::truth::Truth;

/// The time of second 0 in every scenario: 2026-11-20T14:00:00Z.
pub(crate) const START_SECONDS: u64 = 1_795_183_200;

/// A scenario as written.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) packets: Vec<CapturedPacket>,
    /// Ethernet, or cooked where it is said on which interface packets come in and go out.
    pub(crate) link_type: u32,
    pub(crate) patience: Duration,
    pub(crate) expectations: Vec<Expectation>,
    /// What really happened.
    pub(crate) truth: Truth,
    /// The logs that are read beside the capture, by their names.
    pub(crate) logs: Vec<(String, String)>,
    /// The zone of their times, in seconds ahead of UTC.
    pub(crate) zone: Option<i32>,
}

/// What an attempt, or the whole report, must be.
#[derive(Debug)]
pub(crate) struct Expectation {
    pub(crate) line: usize,
    /// `None` for the whole report.
    pub(crate) ends: Option<(SocketAddr, SocketAddr)>,
    /// Fields of the JSON report and their values.
    pub(crate) fields: BTreeMap<String, String>,
    /// Texts that must be found in its notes.
    pub(crate) notes: Vec<String>,
}

const ETHERNET: u32 = 1;
const LINUX_SLL2: u32 = 276;

type Names = BTreeMap<String, String>;

/// Reads a scenario; panics with line number and reason when it makes no sense.
pub(crate) fn parse(text: &str) -> Scenario {
    let mut scenario = Scenario {
        packets: Vec::new(),
        link_type: if [" in=", " out="].iter().any(|field| text.contains(field)) {
            LINUX_SLL2
        } else {
            ETHERNET
        },
        patience: Duration::from_secs(3),
        expectations: Vec::new(),
        truth: Truth::default(),
        logs: Vec::new(),
        zone: None,
    };
    let mut names = Names::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(logged) = line.strip_prefix('|') {
            let (_, log) = scenario.logs.last_mut().expect("a line of which log?");
            log.push_str(logged.strip_prefix(' ').unwrap_or(logged));
            log.push('\n');
            continue;
        }
        let line = line.split('#').next().unwrap().trim();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            [name, "=", address] => {
                names.insert((*name).to_owned(), (*address).to_owned());
            }
            ["patience", seconds] => {
                scenario.patience = Duration::from_secs_f64(seconds.parse().unwrap());
            }
            ["truth", client, ">", server, words @ ..] => {
                let ends = (endpoint(&names, client), endpoint(&names, server));
                scenario.truth.add(Some(ends), words.iter().copied());
            }
            ["truth", words @ ..] => scenario.truth.add(None, words.iter().copied()),
            ["log", name] => scenario.logs.push(((*name).to_owned(), String::new())),
            ["zone", hours] => {
                scenario.zone = Some(hours.parse::<i32>().expect("hours") * 3600);
            }
            ["expect", rest @ ..] => {
                scenario
                    .expectations
                    .push(expectation(&names, rest, line, index + 1));
            }
            [time, rest @ ..] => scenario.packets.push(packet(&names, time, rest, index + 1)),
        }
    }
    if scenario.link_type == LINUX_SLL2 {
        scenario.packets.iter_mut().for_each(cook_uncooked);
    }
    scenario
}

fn packet(names: &Names, time: &str, words: &[&str], line: usize) -> CapturedPacket {
    let seconds: f64 = time
        .parse()
        .unwrap_or_else(|_| panic!("line {line}: '{time}' is no time"));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "scenarios last minutes"
    )]
    let nanoseconds = START_SECONDS * 1_000_000_000 + (seconds * 1e9).round() as u64;
    let mut captured_length = None;
    let bytes = match words {
        ["other"] => unrelated(),
        ["ARP", question @ ("who-has" | "is-at"), name, by @ ..] => {
            let router = || [10, 0, 0, 254].into();
            let (host, asker) = match by {
                [] => (1, router()),
                ["by", host] => (host.parse().unwrap(), router()),
                ["tell", asker] => (1, ip(names, asker)),
                _ => panic!("line {line}: by whom?"),
            };
            arp(ip(names, name), asker, *question == "who-has", host)
        }
        [source, ">", destination, "PONG"] => echo_reply(ip(names, source), ip(names, destination)),
        [sender, ">", receiver, "ICMP", kind, "about", rest @ ..] => {
            let (quoted, quoted_length) = quoted(names, rest, line, &mut captured_length);
            let kind = kind
                .split_once('/')
                .map(|(kind, code)| (kind.parse().unwrap(), code.parse().unwrap()));
            let mut quoted =
                quoted[..quoted_length.unwrap_or(quoted.len()).min(quoted.len())].to_vec();
            if let Some(padded) = rest.iter().find_map(|word| word.strip_prefix("padded=")) {
                quoted.resize(padded.parse().unwrap(), 0);
            }
            icmp_error(
                ip(names, sender),
                ip(names, receiver),
                kind.expect("type/code"),
                63,
                &quoted,
            )
        }
        [source, ">", destination, flags, rest @ ..] => {
            let plan = segment(
                names,
                (source, destination),
                flags,
                rest,
                line,
                &mut captured_length,
            );
            between_hosts(plan.frame(), rest)
        }
        _ => panic!("line {line}: no packet"),
    };
    let passage = words.iter().find_map(|word| {
        let (way, interface) = word.split_once('=')?;
        (way == "in" || way == "out").then(|| (interface.parse().unwrap(), way == "out"))
    });
    let bytes = match passage {
        Some((interface, goes_out)) => cooked(&bytes, interface, goes_out),
        None => bytes,
    };
    let wire_length = bytes.len();
    let captured = captured_length.unwrap_or(wire_length).min(wire_length);
    CapturedPacket {
        nanoseconds,
        bytes: bytes[..captured].to_vec(),
        wire_length,
    }
}

/// The frame, `by` the host and `to` the host whose MAC addresses end so.
fn between_hosts(mut frame: Vec<u8>, fields: &[&str]) -> Vec<u8> {
    for (name, last_byte) in [("to=", 5), ("by=", 11)] {
        let host = fields.iter().find_map(|field| field.strip_prefix(name));
        if let Some(host) = host {
            frame[last_byte] = host.parse().unwrap();
        }
    }
    frame
}

/// Where a packet is cooked, all are.
fn cook_uncooked(packet: &mut CapturedPacket) {
    const IS_ETHERNET: [u8; 6] = [2, 0, 0, 0, 0, 1];
    let is_frame = packet.bytes.starts_with(&IS_ETHERNET) || packet.bytes.starts_with(&[0xff; 6]);
    if is_frame {
        packet.bytes = cooked(&packet.bytes, 1, false);
        packet.wire_length = packet.bytes.len();
    }
}

/// `C > S seq=1000 quoted=28`: the SYN that an ICMP error is about, and how much of it is quoted.
fn quoted(
    names: &Names,
    words: &[&str],
    line: usize,
    cut: &mut Option<usize>,
) -> (Vec<u8>, Option<usize>) {
    let [source, ">", destination, rest @ ..] = words else {
        panic!("line {line}: about whom?")
    };
    let length = rest
        .iter()
        .find_map(|word| word.strip_prefix("quoted="))
        .map(|length| length.parse().unwrap());
    let flags = rest
        .iter()
        .find_map(|word| word.strip_prefix("flags="))
        .unwrap_or("SYN");
    let fields: Vec<&str> = rest
        .iter()
        .copied()
        .filter(|word| {
            let is_of_quote = ["quoted=", "padded=", "flags="];
            !is_of_quote.iter().any(|start| word.starts_with(start))
        })
        .collect();
    (
        segment(names, (source, destination), flags, &fields, line, cut).ip_packet(),
        length,
    )
}

fn segment(
    names: &Names,
    (source, destination): (&str, &str),
    flags: &str,
    fields: &[&str],
    line: usize,
    captured_length: &mut Option<usize>,
) -> SegmentPlan {
    let mut plan = SegmentPlan::new(
        endpoint(names, source),
        endpoint(names, destination),
        flag_bits(flags, line),
    );
    // A host's own stack leaves its window out of a RST that answers a SYN.
    let is_refusal = flags == "RST,ACK" && fields.contains(&"seq=0");
    if is_refusal {
        plan.window = 0;
    }
    for field in fields {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        let number = || {
            value
                .parse::<u32>()
                .unwrap_or_else(|_| panic!("line {line}: {field}"))
        };
        let small = || u8::try_from(number()).unwrap();
        match key {
            "seq" => plan.sequence = number(),
            "ack" => plan.acknowledgment = number(),
            "win" => plan.window = u16::try_from(number()).unwrap(),
            "len" => plan.payload_length = number() as usize,
            "ttl" => plan.ttl = small(),
            "id" => plan.identification = u16::try_from(number()).unwrap(),
            "tos" => plan.traffic_class = small(),
            "label" => plan.flow_label = number(),
            "vlan" => plan.vlan = Some(u16::try_from(number()).unwrap()),
            "in" | "out" | "by" | "to" => {}
            "sum" => {
                plan.checksum = match value {
                    "right" => ChecksumPlan::Right,
                    "wrong" => ChecksumPlan::Wrong,
                    "unfilled" => ChecksumPlan::Unfilled,
                    _ => panic!("line {line}: {field}"),
                }
            }
            "captured" => *captured_length = Some(number() as usize),
            "ts" => {
                let (sent, echo) = value.split_once('/').unwrap_or((value, "0"));
                let bytes = |text: &str| text.parse::<u32>().unwrap().to_be_bytes();
                let option = [[1, 1, 8, 10], bytes(sent), bytes(echo)].concat();
                plan.options.extend(option);
            }
            "mss" => plan
                .options
                .extend([&[2, 4][..], &number().to_be_bytes()[2..]].concat()),
            "fastopen" => plan.options.extend([34, 2, 1, 1]),
            "md5" => plan
                .options
                .extend([&[19, 18][..], &[7; 16], &[1, 1]].concat()),
            _ => panic!("line {line}: unknown field {field}"),
        }
    }
    plan
}

fn flag_bits(flags: &str, line: usize) -> u16 {
    let bit = |name: &str| match name {
        "FIN" => 0x01,
        "SYN" => 0x02,
        "RST" => 0x04,
        "PSH" => 0x08,
        "ACK" => 0x10,
        "URG" => 0x20,
        "ECE" => 0x40,
        "CWR" => 0x80,
        "AE" => 0x100,
        "NONE" => 0,
        _ => panic!("line {line}: unknown flag {name}"),
    };
    flags.split(',').map(bit).fold(0, |bits, bit| bits | bit)
}

fn expectation(names: &Names, words: &[&str], text: &str, line: usize) -> Expectation {
    let (ends, fields) = match words {
        [client, ">", server, fields @ ..] => (
            Some((endpoint(names, client), endpoint(names, server))),
            fields,
        ),
        fields => (None, fields),
    };
    // Notes are the quoted parts; what is outside of quotes are fields.
    let notes = text
        .split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect();
    let fields = fields
        .iter()
        .take_while(|word| !word.starts_with("note"))
        .map(|word| {
            word.split_once('=')
                .unwrap_or_else(|| panic!("line {line}: {word}"))
        })
        .map(|(field, value)| (field.to_owned(), value.to_owned()))
        .collect();
    Expectation {
        line,
        ends,
        fields,
        notes,
    }
}

fn endpoint(names: &Names, name: &str) -> SocketAddr {
    let text = names.get(name).map_or(name, String::as_str);
    text.parse()
        .unwrap_or_else(|_| panic!("'{name}' is no endpoint"))
}

fn ip(names: &Names, name: &str) -> IpAddr {
    let text = names.get(name).map_or(name, String::as_str);
    text.parse()
        .or_else(|_| text.parse().map(|endpoint: SocketAddr| endpoint.ip()))
        .unwrap()
}
