//! Ethernet frames with TCP segments and ICMP errors.

use std::net::{IpAddr, SocketAddr};

use etherparse::{IpDscp, IpEcn, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, TcpHeader};

/// A TCP segment to be built. Flags are by their bits, as in the header.
#[derive(Clone, Debug)]
pub(crate) struct SegmentPlan {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) flags: u16,
    pub(crate) sequence: u32,
    pub(crate) acknowledgment: u32,
    pub(crate) window: u16,
    pub(crate) options: Vec<u8>,
    pub(crate) payload_length: usize,
    pub(crate) ttl: u8,
    pub(crate) identification: u16,
    pub(crate) traffic_class: u8,
    pub(crate) flow_label: u32,
    pub(crate) vlan: Option<u16>,
    pub(crate) checksum: ChecksumPlan,
}

/// What stands in the checksum of a TCP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ChecksumPlan {
    /// Nothing: 0.
    #[default]
    Zero,
    /// The sum over the pseudo-header, as Linux leaves it to the network card.
    Unfilled,
    Right,
    Wrong,
}

impl SegmentPlan {
    pub(crate) fn new(source: SocketAddr, destination: SocketAddr, flags: u16) -> Self {
        Self {
            source,
            destination,
            flags,
            sequence: 0,
            acknowledgment: 0,
            window: 64240,
            options: Vec::new(),
            payload_length: 0,
            ttl: 64,
            identification: 0,
            traffic_class: 0,
            flow_label: 0,
            vlan: None,
            checksum: ChecksumPlan::Zero,
        }
    }

    /// The TCP header and payload.
    fn tcp(&self) -> Vec<u8> {
        let mut header = TcpHeader::new(
            self.source.port(),
            self.destination.port(),
            self.sequence,
            self.window,
        );
        header.acknowledgment_number = self.acknowledgment;
        header.set_options_raw(&self.options).expect("options fit");
        let mut bytes = header.to_bytes().to_vec();
        bytes[12] |= u8::try_from(self.flags >> 8 & 1).unwrap();
        bytes[13] = u8::try_from(self.flags & 0xff).unwrap();
        bytes.extend(std::iter::repeat_n(b'x', self.payload_length));
        let checksum = self.checksum_of(&bytes);
        bytes[16..18].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }

    fn checksum_of(&self, segment: &[u8]) -> u16 {
        let addresses = [self.source.ip(), self.destination.ip()].map(|address| match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        });
        let length = u16::try_from(segment.len()).unwrap();
        let pseudo = [&addresses.concat()[..], &[0, 6], &length.to_be_bytes()].concat();
        let right = !sum(&[&pseudo[..], segment].concat());
        match self.checksum {
            ChecksumPlan::Zero => 0,
            ChecksumPlan::Unfilled => sum(&pseudo),
            ChecksumPlan::Right => right,
            ChecksumPlan::Wrong => right ^ 0x1234,
        }
    }

    /// The IP packet.
    pub(crate) fn ip_packet(&self) -> Vec<u8> {
        let ip = IpPlan {
            source: self.source.ip(),
            destination: self.destination.ip(),
            protocol: IpNumber::TCP,
            ttl: self.ttl,
            identification: self.identification,
            traffic_class: self.traffic_class,
            flow_label: self.flow_label,
        };
        ip.around(&self.tcp())
    }

    /// The Ethernet frame.
    pub(crate) fn frame(&self) -> Vec<u8> {
        in_ethernet(&self.ip_packet(), self.source.is_ipv4(), self.vlan)
    }
}

/// The sum of all words of 16 bits, folded.
fn sum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|word| {
        let word = [word[0], word.get(1).copied().unwrap_or(0)];
        u64::from(u16::from_be_bytes(word))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap()
}

/// An IP header to be built.
pub(crate) struct IpPlan {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: IpNumber,
    pub(crate) ttl: u8,
    pub(crate) identification: u16,
    pub(crate) traffic_class: u8,
    pub(crate) flow_label: u32,
}

impl IpPlan {
    /// The IP packet that carries `payload`.
    pub(crate) fn around(&self, payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len()).unwrap();
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let mut header = Ipv4Header::new(
                    length,
                    self.ttl,
                    self.protocol,
                    source.octets(),
                    destination.octets(),
                )
                .expect("length fits");
                header.identification = self.identification;
                header.dont_fragment = true;
                header.dscp = IpDscp::try_new(self.traffic_class >> 2).expect("6 bits");
                header.ecn = IpEcn::try_new(self.traffic_class & 3).expect("2 bits");
                header.header_checksum = header.calc_header_checksum();
                let bytes = header.to_bytes().to_vec();
                [bytes, payload.to_vec()].concat()
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let header = Ipv6Header {
                    traffic_class: self.traffic_class,
                    flow_label: Ipv6FlowLabel::try_new(self.flow_label).expect("20 bits"),
                    payload_length: length,
                    next_header: self.protocol,
                    hop_limit: self.ttl,
                    source: source.octets(),
                    destination: destination.octets(),
                };
                [header.to_bytes().to_vec(), payload.to_vec()].concat()
            }
            _ => panic!("addresses of different versions"),
        }
    }
}

/// An ICMP or `ICMPv6` error about `quoted`, an IP packet or the start of one.
pub(crate) fn icmp_error(
    sender: IpAddr,
    receiver: IpAddr,
    kind: (u8, u8),
    ttl: u8,
    quoted: &[u8],
) -> Vec<u8> {
    let protocol = if sender.is_ipv4() {
        IpNumber::ICMP
    } else {
        IpNumber::IPV6_ICMP
    };
    let ip = IpPlan {
        source: sender,
        destination: receiver,
        protocol,
        ttl,
        identification: 4711,
        traffic_class: 0xc0,
        flow_label: 0,
    };
    let message = [&[kind.0, kind.1, 0, 0, 0, 0, 0, 0][..], quoted].concat();
    in_ethernet(&ip.around(&message), sender.is_ipv4(), None)
}

/// The frame as `tcpdump -i any` writes it (cooked, version 2): on this interface, coming in or
/// going out.
pub(crate) fn cooked(frame: &[u8], interface: u32, goes_out: bool) -> Vec<u8> {
    let mut bytes = [&frame[12..14], &[0, 0]].concat();
    bytes.extend(interface.to_be_bytes());
    bytes.extend([0, 1, if goes_out { 4 } else { 0 }, 6]);
    bytes.extend(&frame[6..12]);
    bytes.extend([0, 0]);
    bytes.extend(&frame[14..]);
    bytes
}

/// A packet that has nothing to do with TCP.
pub(crate) fn unrelated() -> Vec<u8> {
    let mut frame = vec![0xff; 12];
    frame.extend([0x88, 0xcc, 0, 0]);
    frame.resize(60, 0);
    frame
}

/// An answer to a ping.
pub(crate) fn echo_reply(source: IpAddr, destination: IpAddr) -> Vec<u8> {
    let kind = if source.is_ipv4() { (0, 0) } else { (129, 0) };
    icmp_error(source, destination, kind, 64, &[])
}

/// An ARP request for an IPv4 address, or its answer; the other side is 10.0.0.254.
/// `host` is the last byte of the sender's MAC address.
pub(crate) fn arp(about: IpAddr, asker: IpAddr, is_question: bool, host: u8) -> Vec<u8> {
    let (IpAddr::V4(about), IpAddr::V4(asker)) = (about, asker) else {
        panic!("ARP is of IPv4")
    };
    let (about, asker) = (about.octets(), asker.octets());
    let (operation, sender, target) = if is_question {
        (1, asker, about)
    } else {
        (2, about, asker)
    };
    let mut frame = [
        &[0xff; 6][..],
        &[
            2, 0, 0, 0, 0, host, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, operation,
        ],
    ]
    .concat();
    frame.extend([2, 0, 0, 0, 0, host]);
    frame.extend(sender);
    frame.extend([0; 6]);
    frame.extend(target);
    frame.resize(60, 0);
    frame
}

fn in_ethernet(packet: &[u8], is_ipv4: bool, vlan: Option<u16>) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    if let Some(identifier) = vlan {
        frame.extend([0x81, 0x00]);
        frame.extend(identifier.to_be_bytes());
    }
    frame.extend(if is_ipv4 { [0x08, 0x00] } else { [0x86, 0xdd] });
    frame.extend(packet);
    frame
}
