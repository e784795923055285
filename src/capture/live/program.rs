//! What leaves the kernel: a program in libpcap's language, so that a busy host does not notice
//! that it is watched.

/// How much of the traffic is captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What verdicts need: segments with SYN, FIN or RST, segments without payload, ICMP errors,
    /// ARP and neighbour discovery, DNS answers.
    #[default]
    Needed,
    /// As [`Self::Needed`], without the segments that carry nothing and none of these flags: the
    /// third step of a handshake is then inferred.
    Light,
    /// Everything.
    Full,
}

/// Segments with SYN, FIN or RST. `tcp[…]` reads IPv4 only; behind an extension header nothing is
/// looked at, so all of these pass: there are few.
const CONTROL_SEGMENTS: &str = "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 \
    or (ip6[6] == 6 and ip6[53] & 7 != 0) \
    or (ip6 and (ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 44 or ip6[6] == 60))";

/// Segments without payload: the length of the IP packet is that of its headers.
const BARE_SEGMENTS: &str = "(tcp and ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) == 0) \
    or (ip6[6] == 6 and ip6[4:2] - ((ip6[52] & 0xf0) >> 2) == 0)";

/// ICMP errors, the answers to a ping (they show that a host lives), neighbours, names.
const AROUND: &str = "(icmp and (icmp[0] == 0 or icmp[0] == 3 or icmp[0] == 11 or icmp[0] == 12)) \
    or (ip6[6] == 58 and (ip6[40] < 5 or ip6[40] == 129 or ip6[40] == 135 or ip6[40] == 136)) \
    or arp or udp src port 53";

/// The largest DNS answer that servers send since 2020 (1232 bytes) in Ethernet with two tags and
/// IPv6.
const SNAP_LENGTH: u32 = 1312;

/// With everything captured, payload is not worth room: six layers of headers fit.
const SNAP_LENGTH_OF_ALL: u32 = 384;

impl Detail {
    /// How many bytes of a packet are kept.
    pub(super) const fn snap_length(self) -> u32 {
        match self {
            Self::Needed | Self::Light => SNAP_LENGTH,
            Self::Full => SNAP_LENGTH_OF_ALL,
        }
    }

    /// The program, together with what the user asked for: for link types that can carry VLAN tags,
    /// and for others. `None` when everything passes.
    ///
    /// What the user wrote stands first, so that it means what it means in tcpdump: `vlan` shifts
    /// all that follows it.
    pub(super) fn programs(self, filter: Option<&str>) -> Option<Programs> {
        let needed = match self {
            Self::Full => None,
            Self::Light => Some(format!("{CONTROL_SEGMENTS} or {AROUND}")),
            Self::Needed => Some(format!("{CONTROL_SEGMENTS} or {BARE_SEGMENTS} or {AROUND}")),
        };
        let Some(needed) = needed else {
            return filter.map(|filter| Programs {
                tagged: filter.to_owned(),
                plain: filter.to_owned(),
            });
        };
        let tagged = format!("{needed} or (vlan and ({needed} or (vlan and ({needed}))))");
        let with_filter = |needed: &str| match filter {
            Some(filter) => format!("({filter}) and ({needed})"),
            None => needed.to_owned(),
        };
        Some(Programs {
            tagged: with_filter(&tagged),
            plain: with_filter(&needed),
        })
    }
}

/// The same program for two kinds of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Programs {
    /// Where packets may carry VLAN tags.
    pub(super) tagged: String,
    /// Where libpcap knows no tags.
    pub(super) plain: String,
}

#[cfg(test)]
mod tests {
    use pcap::{BpfProgram, Capture, Linktype};

    use super::*;

    fn program(detail: Detail, filter: Option<&str>) -> BpfProgram {
        let programs = detail.programs(filter).unwrap();
        let dead = Capture::dead(Linktype::ETHERNET).unwrap();
        dead.compile(&programs.tagged, true).unwrap()
    }

    /// Ethernet, with these tags, and a packet of this type.
    fn frame(tags: usize, ether_type: u16, packet: &[u8]) -> Vec<u8> {
        let mut frame = vec![2; 12];
        for _ in 0..tags {
            frame.extend([0x81, 0, 0, 5]);
        }
        frame.extend(ether_type.to_be_bytes());
        frame.extend(packet);
        frame
    }

    fn segment(flags: u8, payload: usize) -> Vec<u8> {
        let mut segment = vec![0; 20 + payload];
        segment[12] = 5 << 4;
        segment[13] = flags;
        segment
    }

    fn ipv4(protocol: u8, content: &[u8]) -> (u16, Vec<u8>) {
        let mut packet = vec![0; 20];
        packet[0] = 0x45;
        packet[2..4].copy_from_slice(&u16::try_from(20 + content.len()).unwrap().to_be_bytes());
        packet[9] = protocol;
        packet.extend(content);
        (0x0800, packet)
    }

    fn ipv6(next: u8, content: &[u8]) -> (u16, Vec<u8>) {
        let mut packet = vec![0; 40];
        packet[0] = 0x60;
        packet[4..6].copy_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
        packet[6] = next;
        packet.extend(content);
        (0x86dd, packet)
    }

    const SYN: u8 = 2;
    const RST: u8 = 4;
    const FIN: u8 = 1;
    const ACK: u8 = 16;

    #[test]
    fn what_a_verdict_needs_passes_and_the_rest_does_not() {
        let (needed, light) = (program(Detail::Needed, None), program(Detail::Light, None));
        let udp_from = |port: u16| {
            let mut datagram = port.to_be_bytes().to_vec();
            datagram.extend([0; 10]);
            datagram
        };
        let both = [
            (ipv4(6, &segment(SYN, 0)), true),
            (ipv4(6, &segment(SYN, 100)), true),
            (ipv6(6, &segment(SYN | ACK, 0)), true),
            (ipv4(6, &segment(RST | ACK, 0)), true),
            (ipv6(6, &segment(RST, 0)), true),
            (ipv4(6, &segment(FIN | ACK, 50)), true),
            (ipv4(6, &segment(ACK, 100)), false),
            (ipv6(6, &segment(ACK, 100)), false),
            (ipv4(1, &[3, 3, 0, 0, 0, 0, 0, 0]), true),
            (ipv4(1, &[8, 0, 0, 0, 0, 0, 0, 0]), false),
            (ipv6(58, &[1, 4, 0, 0, 0, 0, 0, 0]), true),
            (ipv6(58, &[135, 0, 0, 0, 0, 0, 0, 0]), true),
            (ipv6(58, &[134, 0, 0, 0, 0, 0, 0, 0]), false),
            (ipv4(17, &udp_from(53)), true),
            (ipv6(17, &udp_from(53)), true),
            (ipv4(17, &udp_from(443)), false),
            ((0x0806, vec![0; 28]), true),
            ((0x88cc, vec![0; 28]), false),
        ];
        for ((ether_type, packet), passes) in both {
            for tags in 0..=2 {
                let frame = frame(tags, ether_type, &packet);
                for program in [&needed, &light] {
                    let what = format!("{tags} tags, type {ether_type:x}: {packet:?}");
                    assert_eq!(program.filter(&frame), passes, "{what}");
                }
            }
        }
        for (ether_type, packet) in [ipv4(6, &segment(ACK, 0)), ipv6(6, &segment(ACK, 0))] {
            let frame = frame(0, ether_type, &packet);
            assert!(needed.filter(&frame), "the third step of a handshake");
            assert!(!light.filter(&frame), "it is inferred");
        }
    }

    #[test]
    fn what_the_user_asks_for_narrows_it_further() {
        let program = program(Detail::Needed, Some("tcp dst port 443 or icmp"));
        let to = |port: u16| {
            let mut segment = segment(SYN, 0);
            segment[2..4].copy_from_slice(&port.to_be_bytes());
            let (ether_type, packet) = ipv4(6, &segment);
            frame(0, ether_type, &packet)
        };
        assert!(program.filter(&to(443)));
        assert!(!program.filter(&to(80)));
        assert_eq!(Detail::Full.programs(None), None);
        assert_eq!(Detail::Full.programs(Some("arp")).unwrap().plain, "arp");
    }
}
