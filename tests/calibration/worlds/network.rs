//! Clients that connect to servers as Linux does, captured beside the clients.

use std::net::SocketAddr;

use crate::support::frames::{ChecksumPlan, SegmentPlan, icmp_error, unrelated};
use crate::support::pcap::CapturedPacket;
use crate::support::scenario::START_SECONDS;

const SYN: u16 = 0x02;
const SYN_ACK: u16 = 0x12;
const ACK: u16 = 0x10;
const PUSH: u16 = 0x18;
const FIN: u16 = 0x11;
const REFUSAL: u16 = 0x14;

/// When a SYN is sent again, in seconds after the first.
const REPEATED_AFTER: [f64; 6] = [1.0, 3.0, 7.0, 15.0, 31.0, 63.0];

/// Packets of many connects, with numbers that depend on the seed alone.
pub(super) struct Network {
    pub(super) random: fastrand::Rng,
    packets: Vec<(f64, Vec<u8>)>,
}

/// How one connect is sent, and what it meets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connect {
    pub(super) at: f64,
    pub(super) client: SocketAddr,
    pub(super) server: SocketAddr,
    pub(super) meets: Meets,
    /// From SYN to SYN-ACK, in seconds.
    pub(super) round_trip: f64,
    pub(super) client_ttl: u8,
    pub(super) server_ttl: u8,
    pub(super) vlan: Option<u16>,
    pub(super) timestamps: bool,
    pub(super) offers_ecn: bool,
    pub(super) is_signed: bool,
    /// Whether the checksums of its SYNs are right; as they are usually built where not said.
    pub(super) checksum: Option<bool>,
    /// How probably each packet is lost, before it is captured or behind that.
    pub(super) loss: f64,
}

/// What a connect meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meets {
    /// A server, which serves it.
    Service,
    /// Silence, until it has been repeated so often.
    SilenceFor(usize),
    /// Silence: it is given up after so many SYNs.
    Silence(usize),
    /// A RST of the server's own stack.
    Refusal,
    /// A SYN-ACK, an ACK, and then nothing any more.
    NoService,
    /// The handshake, and a FIN of the server when the client has asked.
    Close,
    /// The handshake, and a RST of a live socket when the client has asked.
    Abort,
    /// The handshake, and the RST of a kernel that has no room for it.
    ResetOfQueue,
    /// SYN-ACKs that never arrive: SYN and SYN-ACK are sent again and again.
    AnswerInVain,
    /// An ICMP error, of this type and code, from this router.
    Rejection(u8, u8, [u8; 4]),
}

impl Connect {
    /// A connect that is served.
    pub(super) fn served(at: f64, client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            at,
            client,
            server,
            meets: Meets::Service,
            round_trip: 0.004,
            client_ttl: 64,
            server_ttl: 61,
            vlan: None,
            timestamps: true,
            offers_ecn: false,
            is_signed: false,
            checksum: None,
            loss: 0.0,
        }
    }

    /// The same, which meets something else where that is so.
    pub(super) fn meeting(self, meets: Meets, is_so: bool) -> Self {
        let meets = if is_so { meets } else { self.meets };
        Self { meets, ..self }
    }
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
            packets: Vec::new(),
        }
    }

    /// A port as Linux gives them out.
    pub(super) fn port(&mut self) -> u16 {
        self.random.u16(32_768..=60_999)
    }

    /// A client's endpoint with such a port: the host with this number in 10.0.0.0/8.
    pub(super) fn client(&mut self, host: u16) -> SocketAddr {
        let [high, low] = host.to_be_bytes();
        ([10, 0, high, low], self.port()).into()
    }

    /// Times that follow each other by chance, so many seconds apart on the average.
    pub(super) fn times(&mut self, count: usize, apart: f64) -> Vec<f64> {
        let mut at = 0.5;
        let times = (0..count).map(|_| {
            at -= apart * (1.0 - self.random.f64()).ln();
            at
        });
        times.collect()
    }

    /// All of a connect.
    pub(super) fn connect(&mut self, connect: &Connect) {
        let isn = self.random.u32(..);
        let answers_at = match connect.meets {
            Meets::SilenceFor(syns) => Some(syns),
            Meets::Silence(_) => None,
            _ => Some(0),
        };
        let most = match connect.meets {
            Meets::Silence(syns) => syns,
            Meets::AnswerInVain => 4,
            _ => 7,
        };
        let mut at = connect.at;
        for number in 0..most {
            at = connect.at
                + number
                    .checked_sub(1)
                    .map_or(0.0, |index| REPEATED_AFTER[index]);
            let offered = Connect {
                offers_ecn: connect.offers_ecn && number == 0,
                ..*connect
            };
            let plan = self.syn(&offered, isn, at);
            self.send(at, &plan);
            if connect.meets == Meets::AnswerInVain {
                self.answer_in_vain(connect, isn, at + connect.round_trip / 8.0);
                continue;
            }
            let arrives = answers_at.is_some_and(|first| number >= first);
            if arrives && !self.is_lost(connect) && !self.is_lost(connect) {
                break;
            }
            if number + 1 == most {
                return;
            }
        }
        if connect.meets == Meets::AnswerInVain {
            return;
        }
        let round_trip = connect.round_trip * self.random.f64().mul_add(0.2, 0.9);
        self.answer(connect, isn, at + round_trip);
    }

    fn syn(&mut self, connect: &Connect, isn: u32, at: f64) -> SegmentPlan {
        let ecn = if connect.offers_ecn { 0xc0 } else { 0 };
        let mut options = vec![2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1];
        if connect.timestamps {
            options.extend([1, 1, 8, 10]);
            options.extend(milliseconds(at).to_be_bytes());
            options.extend([0; 4]);
        }
        if connect.is_signed {
            options = vec![2, 4, 5, 180, 19, 18];
            options.extend([7; 16]);
            options.extend([1, 1]);
        }
        SegmentPlan {
            sequence: isn,
            options,
            identification: self.random.u16(1..),
            checksum: match connect.checksum {
                None => ChecksumPlan::Zero,
                Some(true) => ChecksumPlan::Right,
                Some(false) => ChecksumPlan::Wrong,
            },
            ..Self::of_client(connect, SYN | ecn)
        }
    }

    fn of_client(connect: &Connect, flags: u16) -> SegmentPlan {
        SegmentPlan {
            ttl: connect.client_ttl,
            vlan: connect.vlan,
            ..SegmentPlan::new(connect.client, connect.server, flags)
        }
    }

    fn of_server(connect: &Connect, flags: u16) -> SegmentPlan {
        SegmentPlan {
            ttl: connect.server_ttl,
            vlan: connect.vlan,
            ..SegmentPlan::new(connect.server, connect.client, flags)
        }
    }

    fn answer(&mut self, connect: &Connect, isn: u32, at: f64) {
        let acknowledgment = isn.wrapping_add(1);
        match connect.meets {
            Meets::Refusal => {
                let rst = SegmentPlan {
                    acknowledgment,
                    window: 0,
                    ..Self::of_server(connect, REFUSAL)
                };
                self.send(at, &rst);
            }
            Meets::Rejection(kind, code, router) => {
                let quoted = SegmentPlan {
                    sequence: isn,
                    ..Self::of_client(connect, SYN)
                };
                let (router, client) = (router.into(), connect.client.ip());
                let frame = icmp_error(router, client, (kind, code), 62, &quoted.ip_packet());
                self.packets.push((at, frame));
            }
            _ => self.shake_hands(connect, acknowledgment, at),
        }
    }

    fn shake_hands(&mut self, connect: &Connect, acknowledgment: u32, at: f64) {
        let number = self.random.u32(..);
        let mut syn_ack = SegmentPlan {
            sequence: number,
            acknowledgment,
            window: 65_160,
            options: vec![2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1],
            ..Self::of_server(connect, SYN_ACK)
        };
        if connect.timestamps {
            syn_ack
                .options
                .extend([1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 9]);
        }
        self.send(at, &syn_ack);
        let (mine, theirs) = (acknowledgment, number.wrapping_add(1));
        let client = |flags, sent: u32, got: u32| SegmentPlan {
            sequence: mine.wrapping_add(sent),
            acknowledgment: theirs.wrapping_add(got),
            window: 502,
            ..Self::of_client(connect, flags)
        };
        let server = |flags, sent: u32, got: u32| SegmentPlan {
            sequence: theirs.wrapping_add(sent),
            acknowledgment: mine.wrapping_add(got),
            window: 509,
            ..Self::of_server(connect, flags)
        };
        let step = connect.round_trip;
        self.send(at + 0.00005, &client(ACK, 0, 0));
        if connect.meets == Meets::NoService {
            return;
        }
        let end = match connect.meets {
            Meets::ResetOfQueue => Some((step, server(0x04, 0, 0))),
            Meets::Close => Some((step + 0.001, server(FIN, 0, 120))),
            Meets::Abort => Some((step + 0.001, server(REFUSAL, 0, 120))),
            _ => None,
        };
        if let Some((after, end)) = end {
            let request = SegmentPlan {
                payload_length: 120,
                ..client(PUSH, 0, 0)
            };
            let window = if end.flags == 0x04 { 0 } else { 509 };
            if end.flags != 0x04 {
                self.send(at + 0.0002, &request);
            }
            self.send(at + after, &SegmentPlan { window, ..end });
            return;
        }
        let request = SegmentPlan {
            payload_length: 120,
            ..client(PUSH, 0, 0)
        };
        let answer = SegmentPlan {
            payload_length: 300,
            ..server(PUSH, 0, 120)
        };
        let rest = [
            (0.0002, request),
            (step, server(ACK, 0, 120)),
            (step + 0.002, answer),
            (step + 0.0021, client(ACK, 120, 300)),
            (step + 0.005, client(FIN, 120, 300)),
            (step * 2.0 + 0.005, server(FIN, 300, 121)),
            (step * 2.0 + 0.0051, client(ACK, 121, 301)),
        ];
        for (after, plan) in rest {
            self.send(at + after, &plan);
        }
    }

    fn answer_in_vain(&mut self, connect: &Connect, isn: u32, at: f64) {
        let syn_ack = SegmentPlan {
            sequence: isn ^ 0x5555_5555,
            acknowledgment: isn.wrapping_add(1),
            window: 65_160,
            ..Self::of_server(connect, SYN_ACK)
        };
        self.send(at, &syn_ack);
    }

    fn is_lost(&mut self, connect: &Connect) -> bool {
        self.random.f64() < connect.loss
    }

    /// A segment is captured.
    pub(super) fn send(&mut self, at: f64, plan: &SegmentPlan) {
        self.packets.push((at, plan.frame()));
    }

    /// All packets in the order of their times, and a last one long after.
    pub(super) fn into_packets(mut self) -> Vec<CapturedPacket> {
        let last = self.packets.iter().map(|(at, _)| *at).fold(0.0, f64::max);
        self.packets.push((last + 20.0, unrelated()));
        self.packets
            .sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let packets = self.packets.into_iter();
        let captured = packets.map(|(at, bytes)| CapturedPacket {
            nanoseconds: START_SECONDS * 1_000_000_000 + nanoseconds(at),
            wire_length: bytes.len(),
            bytes,
        });
        captured.collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "worlds last hours"
)]
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * 1e9).round() as u64
}

fn milliseconds(seconds: f64) -> u32 {
    u32::try_from(nanoseconds(seconds) / 1_000_000).unwrap()
}
