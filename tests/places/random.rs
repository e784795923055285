//! Paths made up by chance: so many places, losses on each stretch, translated addresses, a filter,
//! clocks that do not agree, places that began late or have one direction only. Whatever is said of
//! a stretch must be true there, and of what came through nothing is said.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path as FilePath;

use super::clocks::PlaceFiles;
use super::said::{self, Attempt, Said};
use crate::support::frames::SegmentPlan;
use crate::support::harness::{Test, tests};
use crate::support::pcap::{CapturedPacket, pcap_file};

pub(crate) const TESTS: &[Test] = tests![
    nothing_untrue_is_said_of_random_paths,
    of_random_paths_without_a_gap_every_failure_is_told,
];

const SYN: u16 = 0x02;
const RST_ACK: u16 = 0x14;
const SYN_ACK: u16 = 0x12;
const ACK: u16 = 0x10;
const PSH_ACK: u16 = 0x18;
/// 2026-01-01T00:00:00Z
const START_NS: i64 = 1_767_225_600_000_000_000;
const MILLISECOND_NS: i64 = 1_000_000;
const SECOND_NS: i64 = 1_000 * MILLISECOND_NS;
/// A packet takes so long from one place to the next.
const STRETCH_NS: i64 = 2 * MILLISECOND_NS;
const OPEN: u16 = 22;
const CLOSED: u16 = 23;
const FILTERED: u16 = 24;

/// What a path does.
pub(super) struct RandomPath {
    seed: u64,
    random: fastrand::Rng,
    places: usize,
    /// Of a thousand packets, each way, on each stretch.
    lost: Vec<u32>,
    /// Behind this stretch clients have another address and other ports.
    translates: Option<usize>,
    /// On this stretch no SYN to the filtered port goes on.
    filters: usize,
    /// Of each place, in the order of time.
    pub(super) captured: Vec<Vec<CapturedPacket>>,
    truth: BTreeMap<SocketAddr, Connect>,
}

/// What became of a connect.
#[derive(Default)]
struct Connect {
    is_established: bool,
    is_refused: bool,
    /// By kind, packet and the place nearer to the client.
    lost: BTreeMap<(&'static str, &'static str, usize), usize>,
}

/// A packet of a connect.
#[derive(Clone, Copy)]
struct Sent {
    flags: u16,
    sequence: u32,
    acknowledgment: u32,
    payload_length: usize,
    identification: u16,
}

/// The two ends of a connect as the client has them.
#[derive(Clone, Copy)]
struct Ends {
    client: SocketAddr,
    server: SocketAddr,
}

impl RandomPath {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let places = random.usize(2..=5);
        let lossy = random.usize(0..places);
        let lost = (1..places)
            .map(|stretch| match random.u8(0..4) {
                0 => 100,
                _ if stretch == lossy => 300,
                _ => 0,
            })
            .collect();
        let translates = random.bool().then(|| random.usize(0..places - 1));
        let filters = random.usize(0..places - 1);
        let mut path = Self {
            seed,
            random,
            places,
            lost,
            translates,
            filters,
            captured: vec![Vec::new(); places],
            truth: BTreeMap::new(),
        };
        path.fill();
        path
    }

    fn fill(&mut self) {
        // Connects before and after all others show that every place was watching.
        let lost = std::mem::replace(&mut self.lost, vec![0; self.places]);
        self.show_watching(START_NS - 10 * SECOND_NS);
        self.show_watching(START_NS + 30 * SECOND_NS);
        self.lost = lost;
        for number in 0..40_u16 {
            let port = match self.random.u8(0..10) {
                0..6 => OPEN,
                6..8 => CLOSED,
                _ => FILTERED,
            };
            let ends = Ends {
                client: ([10, 0, 0, 7], 40_000 + number * 7).into(),
                server: ([10, 0, 1, 20], port).into(),
            };
            let began = START_NS + i64::from(number) * 400 * MILLISECOND_NS;
            self.connect(ends, began);
        }
        for place in &mut self.captured {
            place.sort_by_key(|packet| packet.nanoseconds);
        }
    }

    fn show_watching(&mut self, began: i64) {
        for number in 0..3_u16 {
            let port = self.random.u16(30_000..60_000) / 8 * 8 + number;
            let ends = Ends {
                client: ([10, 0, 0, 8], port).into(),
                server: ([10, 0, 1, 20], OPEN).into(),
            };
            self.connect(ends, began + i64::from(number) * SECOND_NS);
        }
    }

    /// SYNs at 0, 1 and 3 s, until something comes back.
    fn connect(&mut self, ends: Ends, began: i64) {
        self.truth.insert(ends.client, Connect::default());
        let (isn, answer) = (self.random.u32(..), self.random.u32(..));
        let next = isn.wrapping_add(1);
        for after in [0, SECOND_NS, 3 * SECOND_NS] {
            let sent = began + after;
            let syn = self.packet(SYN, isn, 0, 0);
            let Some(arrived) = self.forth(ends, sent, syn, "syn_lost", "syn") else {
                continue;
            };
            if ends.server.port() == CLOSED {
                let reset = self.packet(RST_ACK, 0, next, 0);
                if self.back(ends, arrived, reset, "reset").is_some() {
                    self.truth.entry(ends.client).or_default().is_refused = true;
                    return;
                }
                continue;
            }
            let syn_ack = self.packet(SYN_ACK, answer, next, 0);
            if let Some(back) = self.back(ends, arrived, syn_ack, "syn_ack") {
                self.truth.entry(ends.client).or_default().is_established = true;
                self.talk(ends, back, next, answer.wrapping_add(1));
                return;
            }
        }
    }

    /// The ACK, and data until it is acknowledged.
    fn talk(&mut self, ends: Ends, now: i64, next: u32, expected: u32) {
        let ack = self.packet(ACK, next, expected, 0);
        self.forth(ends, now + 50_000, ack, "ack_lost", "ack");
        for again in 0..30 {
            let sent = now + 100_000 + again * 300 * MILLISECOND_NS;
            let data = self.packet(PSH_ACK, next, expected, 20);
            let Some(arrived) = self.forth(ends, sent, data, "data_lost", "data") else {
                continue;
            };
            let taken = self.packet(ACK, expected, next.wrapping_add(20), 0);
            if self.back(ends, arrived, taken, "data").is_some() {
                return;
            }
        }
    }

    fn packet(&mut self, flags: u16, sequence: u32, acknowledgment: u32, length: usize) -> Sent {
        Sent {
            flags,
            sequence,
            acknowledgment,
            payload_length: length,
            identification: self.random.u16(1..),
        }
    }

    /// The client's packet from place to place; when it came to the last, if it did.
    fn forth(
        &mut self,
        ends: Ends,
        sent: i64,
        packet: Sent,
        kind: &'static str,
        name: &'static str,
    ) -> Option<i64> {
        let mut now = sent;
        for place in 0..self.places {
            self.capture(place, now, ends, packet, true);
            if place + 1 == self.places {
                return Some(now + 50_000);
            }
            let is_filtered =
                packet.flags == SYN && ends.server.port() == FILTERED && place == self.filters;
            if is_filtered || self.is_lost(place) {
                self.note(ends, (kind, name, place));
                return None;
            }
            now += STRETCH_NS;
        }
        None
    }

    /// The server's packet; when it came to the client, if it did.
    fn back(&mut self, ends: Ends, sent: i64, packet: Sent, name: &'static str) -> Option<i64> {
        let mut now = sent;
        for place in (0..self.places).rev() {
            self.capture(place, now, ends, packet, false);
            if place == 0 {
                return Some(now);
            }
            if self.is_lost(place - 1) {
                self.note(ends, ("answer_lost", name, place - 1));
                return None;
            }
            now += STRETCH_NS;
        }
        None
    }

    fn is_lost(&mut self, stretch: usize) -> bool {
        self.random.u32(0..1000) < self.lost[stretch]
    }

    fn note(&mut self, ends: Ends, what: (&'static str, &'static str, usize)) {
        let connect = self.truth.entry(ends.client).or_default();
        *connect.lost.entry(what).or_default() += 1;
    }

    fn capture(&mut self, place: usize, now: i64, ends: Ends, packet: Sent, is_forward: bool) {
        let client = match self.translates {
            Some(stretch) if place > stretch => translated(ends.client),
            _ => ends.client,
        };
        let (source, destination) = if is_forward {
            (client, ends.server)
        } else {
            (ends.server, client)
        };
        let hops = if is_forward {
            place
        } else {
            self.places - 1 - place
        };
        let is_opening = packet.flags & SYN != 0;
        let plan = SegmentPlan {
            sequence: packet.sequence,
            acknowledgment: packet.acknowledgment,
            options: if is_opening {
                vec![2, 4, 5, 180]
            } else {
                Vec::new()
            },
            payload_length: packet.payload_length,
            ttl: 64 - u8::try_from(hops).unwrap(),
            identification: packet.identification,
            ..SegmentPlan::new(source, destination, packet.flags)
        };
        let bytes = plan.frame();
        self.captured[place].push(CapturedPacket {
            nanoseconds: u64::try_from(now).unwrap(),
            wire_length: bytes.len(),
            bytes,
        });
    }

    /// What the program says of it, by clocks that do not agree.
    /// Its captures stay in the target folder, to be looked at.
    fn said(&mut self) -> Said {
        let folder =
            FilePath::new(env!("CARGO_TARGET_TMPDIR")).join(format!("random-path-{}", self.seed));
        std::fs::create_dir_all(&folder).unwrap();
        let mut places = Vec::new();
        for (number, packets) in self.captured.iter().enumerate() {
            let ahead = match self.random.u8(0..4) {
                0 => 0,
                1 => self.random.i64(-SECOND_NS..SECOND_NS),
                _ => self.random.i64(-20_000 * SECOND_NS..20_000 * SECOND_NS),
            };
            let moved: Vec<CapturedPacket> = packets
                .iter()
                .map(|packet| CapturedPacket {
                    nanoseconds: packet.nanoseconds.checked_add_signed(ahead).unwrap(),
                    ..packet.clone()
                })
                .collect();
            let name = format!("p{number}");
            let path = folder.join(format!("{name}.pcap"));
            std::fs::write(&path, pcap_file(1, &moved)).unwrap();
            places.push(PlaceFiles::new(&name, vec![path]));
        }
        said::by_compare(&places)
    }

    /// Where a verdict is not true.
    pub(super) fn untrue(&self, attempt: &Attempt) -> Vec<String> {
        // Where the first places have not seen it, it is called by its translated name.
        let is_meant = |client: &&SocketAddr| {
            **client == attempt.client || translated(**client) == attempt.client
        };
        let Some(client) = self.truth.keys().find(is_meant) else {
            return vec![format!("nobody's: {attempt:?}")];
        };
        let connect = &self.truth[client];
        let mut failures = Vec::new();
        for verdict in attempt.verdicts.iter().filter(|verdict| verdict.is_blame()) {
            let mut places: Vec<usize> = verdict
                .places
                .iter()
                .map(|name| name.trim_start_matches('p').parse().unwrap())
                .collect();
            places.sort_unstable();
            let truly: usize = connect
                .lost
                .iter()
                .filter(|((kind, packet, place), _)| {
                    *kind == verdict.kind
                        && *packet == verdict.packet
                        && (places[0]..places[1]).contains(place)
                })
                .map(|(_, count)| count)
                .sum();
            if verdict.count == 0 || verdict.count > truly {
                failures.push(format!(
                    "{}: truly {truly} times: {}; all of it: {:?}",
                    attempt.client,
                    verdict.text(),
                    connect.lost
                ));
            }
        }
        failures
    }

    /// What is not said of a connect that failed, although every place was watching.
    fn unsaid(&self, attempts: &[Attempt]) -> Vec<String> {
        let failed = self
            .truth
            .iter()
            .filter(|(_, connect)| !connect.is_established);
        let mut failures = Vec::new();
        for (client, connect) in failed {
            let Some(attempt) = attempts.iter().find(|one| one.client == *client) else {
                failures.push(format!("{client} is missing"));
                continue;
            };
            let outcome = if connect.is_refused {
                "refused"
            } else {
                "dropped"
            };
            if attempt.outcome != outcome {
                failures.push(format!("{client}: {}, not {outcome}", attempt.outcome));
            }
            for ((kind, packet, place), count) in &connect.lost {
                let is_said = attempt.verdicts.iter().any(|verdict| {
                    let ends = [format!("p{place}"), format!("p{}", place + 1)];
                    verdict.kind == *kind
                        && verdict.packet == *packet
                        && verdict.count == *count
                        && ends.iter().all(|end| verdict.places.contains(end))
                });
                if !is_said {
                    failures.push(format!(
                        "{client}: not said: {count} times {kind} {packet} behind p{place}: {attempt:?}"
                    ));
                }
            }
        }
        failures
    }
}

/// The client's name behind a translator.
fn translated(client: SocketAddr) -> SocketAddr {
    let port = 20_000 + client.port() / 2 + u16::from(client.port().is_multiple_of(2));
    let last = match client.ip() {
        std::net::IpAddr::V4(address) => address.octets()[3],
        std::net::IpAddr::V6(_) => 0,
    };
    ([192, 0, 2, last], port).into()
}

/// A place that is not what it could be: it began late, ended early, or has one direction.
fn cut(path: &mut RandomPath) {
    let place = path.random.usize(0..path.places);
    let at = START_NS + path.random.i64(0..20) * SECOND_NS;
    let at = u64::try_from(at).unwrap();
    let packets = &mut path.captured[place];
    match path.random.u8(0..3) {
        0 => packets.retain(|packet| packet.nanoseconds >= at),
        1 => packets.retain(|packet| packet.nanoseconds < at),
        _ => {
            // By the destination's port: what goes to servers.
            let to_server = |packet: &CapturedPacket| packet.bytes[36] == 0;
            let kept = path.random.bool();
            packets.retain(|packet| to_server(packet) == kept);
        }
    }
}

fn nothing_untrue_is_said_of_random_paths() {
    for seed in 0..40 {
        let mut path = RandomPath::new(seed);
        cut(&mut path);
        let said = path.said();
        let failures: Vec<String> = said
            .attempts
            .iter()
            .flat_map(|attempt| path.untrue(attempt))
            .collect();
        assert!(failures.is_empty(), "seed {seed}:\n{}", failures.join("\n"));
    }
}

fn of_random_paths_without_a_gap_every_failure_is_told() {
    for seed in 100..140 {
        let mut path = RandomPath::new(seed);
        let said = path.said();
        let mut failures: Vec<String> = said
            .attempts
            .iter()
            .flat_map(|attempt| path.untrue(attempt))
            .collect();
        failures.extend(path.unsaid(&said.attempts));
        assert!(failures.is_empty(), "seed {seed}:\n{}", failures.join("\n"));
    }
}
