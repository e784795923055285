//! Ethernet frames with IPv4 and TCP or ICMP, and right checksums.

use super::addresses::{Endpoint, ROUTER};
use super::payload::PayloadPool;

/// The FIN flag.
pub(super) const FIN: u8 = 0x01;
/// The SYN flag.
pub(super) const SYN: u8 = 0x02;
/// The RST flag.
pub(super) const RST: u8 = 0x04;
/// The PSH flag.
pub(super) const PSH: u8 = 0x08;
/// The ACK flag.
pub(super) const ACK: u8 = 0x10;

/// The shortest Ethernet frame, in bytes without its check sequence.
const SHORTEST_FRAME: usize = 60;

/// TCP options, as 32-bit words.
#[derive(Clone, Copy, Debug)]
pub(super) enum Options {
    /// None: 20 bytes of header, as in a RST.
    None,
    /// What Linux offers in a SYN: MSS 1460, SACK, timestamps (value, echo), window scale 7.
    Syn(u32, u32),
    /// Timestamps: value and echo.
    Timestamps(u32, u32),
}

/// One TCP segment in its IPv4 packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// Who sends it.
    pub(super) source: Endpoint,
    /// To whom.
    pub(super) destination: Endpoint,
    /// Time to live.
    pub(super) ttl: u8,
    /// Identification.
    pub(super) identification: u16,
    /// Sequence number.
    pub(super) sequence: u32,
    /// Acknowledgement number.
    pub(super) acknowledgment: u32,
    /// Control bits.
    pub(super) flags: u8,
    /// Window, as it stands in the header.
    pub(super) window: u16,
    /// Options.
    pub(super) options: Options,
    /// Bytes of payload.
    pub(super) payload_length: u16,
}

impl Segment {
    /// Appends the frame, padded where Ethernet pads.
    pub(super) fn append(&self, payloads: &PayloadPool, frame: &mut Vec<u8>) {
        append_ethernet(self.source.address, self.destination.address, frame);
        self.append_ip(payloads, frame);
        if frame.len() < SHORTEST_FRAME {
            frame.resize(SHORTEST_FRAME, 0);
        }
    }

    /// Appends the router's ICMP error 3/13 about this segment, which it quotes whole, as Linux
    /// does.
    pub(super) fn append_rejection(
        &self,
        identification: u16,
        payloads: &PayloadPool,
        frame: &mut Vec<u8>,
    ) {
        append_ethernet(ROUTER, self.source.address, frame);
        let tcp_length = 20 + self.options.length() + self.payload_length;
        let header = IpHeader {
            service: 0xc0,
            length: 20 + 8 + 20 + tcp_length,
            identification,
            ttl: 64,
            protocol: 1,
            source: ROUTER,
            destination: self.source.address,
        };
        header.append(frame);
        let start = frame.len();
        frame.extend_from_slice(&[3, 13, 0, 0, 0, 0, 0, 0]);
        self.append_ip(payloads, frame);
        let checksum = folded(sum_of(frame.get(start..).unwrap_or_default()));
        if let Some(field) = frame.get_mut(start + 2..start + 4) {
            field.copy_from_slice(&checksum.to_be_bytes());
        }
    }

    fn append_ip(&self, payloads: &PayloadPool, frame: &mut Vec<u8>) {
        let tcp_length = 20 + self.options.length() + self.payload_length;
        let header = IpHeader {
            service: 0,
            length: 20 + tcp_length,
            identification: self.identification,
            ttl: self.ttl,
            protocol: 6,
            source: self.source.address,
            destination: self.destination.address,
        };
        header.append(frame);
        self.append_tcp(tcp_length, payloads, frame);
    }

    fn append_tcp(&self, tcp_length: u16, payloads: &PayloadPool, frame: &mut Vec<u8>) {
        let offset = (20 + self.options.length()) / 4;
        let ports = u32::from(self.source.port) << 16 | u32::from(self.destination.port);
        let control = u32::from(offset) << 28 | u32::from(self.flags) << 16;
        let fixed = [
            ports,
            self.sequence,
            self.acknowledgment,
            control | u32::from(self.window),
        ];
        let (words, count) = self.options.words();
        let options = words.get(..count).unwrap_or_default();
        let sum = sum_of_words(&fixed)
            + sum_of_words(options)
            + sum_of_words(&[self.source.address, self.destination.address])
            + 6
            + u64::from(tcp_length)
            + u64::from(payloads.sum(self.payload_length));
        append_words(&fixed, frame);
        append_words(&[u32::from(folded(sum)) << 16], frame);
        append_words(options, frame);
        frame.extend_from_slice(payloads.bytes(self.payload_length));
    }
}

impl Options {
    /// Bytes in the header.
    fn length(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Syn(..) => 20,
            Self::Timestamps(..) => 12,
        }
    }

    /// The words, and how many of them count.
    fn words(self) -> ([u32; 5], usize) {
        match self {
            Self::None => ([0; 5], 0),
            Self::Syn(value, echo) => ([0x0204_05b4, 0x0402_080a, value, echo, 0x0103_0307], 5),
            Self::Timestamps(value, echo) => ([0x0101_080a, value, echo, 0, 0], 3),
        }
    }
}

/// An IPv4 header that forbids fragmentation.
struct IpHeader {
    service: u8,
    length: u16,
    identification: u16,
    ttl: u8,
    protocol: u8,
    source: u32,
    destination: u32,
}

impl IpHeader {
    fn append(&self, frame: &mut Vec<u8>) {
        let start = 0x4500_0000 | u32::from(self.service) << 16 | u32::from(self.length);
        let fragment = u32::from(self.identification) << 16 | 0x4000;
        let life = u32::from(self.ttl) << 24 | u32::from(self.protocol) << 16;
        let words = [start, fragment, life, self.source, self.destination];
        let checksum = u32::from(folded(sum_of_words(&words)));
        append_words(&[start, fragment, life | checksum], frame);
        append_words(&[self.source, self.destination], frame);
    }
}

/// Appends a frame of a protocol beside IP: the loopback test of Ethernet's first specification.
pub(super) fn append_not_ip(frame: &mut Vec<u8>) {
    append_addresses(ROUTER, ROUTER, frame);
    frame.extend_from_slice(&[0x90, 0]);
    frame.resize(SHORTEST_FRAME, 0);
}

/// Locally administered addresses: every host's ends with its IP address.
fn append_addresses(source: u32, destination: u32, frame: &mut Vec<u8>) {
    frame.extend_from_slice(&[0x02, 0]);
    frame.extend_from_slice(&destination.to_be_bytes());
    frame.extend_from_slice(&[0x02, 0]);
    frame.extend_from_slice(&source.to_be_bytes());
}

fn append_ethernet(source: u32, destination: u32, frame: &mut Vec<u8>) {
    append_addresses(source, destination, frame);
    frame.extend_from_slice(&[0x08, 0]);
}

fn append_words(words: &[u32], frame: &mut Vec<u8>) {
    for word in words {
        frame.extend_from_slice(&word.to_be_bytes());
    }
}

fn sum_of_words(words: &[u32]) -> u64 {
    words.iter().copied().map(u64::from).sum()
}

/// The sum of an even number of bytes as 16-bit words.
fn sum_of(bytes: &[u8]) -> u64 {
    bytes
        .chunks_exact(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |word, byte| word << 8 | u64::from(*byte))
        })
        .sum()
}

/// The Internet checksum (RFC 1071) of what adds up to `sum`: words of 32 bits fold as those of 16
/// do.
fn folded(sum: u64) -> u16 {
    let mut folding = sum;
    while folding > 0xffff {
        folding = (folding & 0xffff) + (folding >> 16);
    }
    !u16::try_from(folding).unwrap_or(0)
}
