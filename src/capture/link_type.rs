//! What stands at the start of a packet's bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A link-layer header type by its number in capture files (`LINKTYPE_…`, the tcpdump group's
/// registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LinkType(pub u32);

impl LinkType {
    /// BSD loopback: the address family in the byte order of the capturing host.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Token Ring.
    pub const IEEE802_5: Self = Self(6);
    /// ARCNET, as the BSDs deliver it.
    pub const ARCNET_BSD: Self = Self(7);
    /// SLIP, behind a header of 16 bytes.
    pub const SLIP: Self = Self(8);
    /// PPP, with or without address and control bytes.
    pub const PPP: Self = Self(9);
    /// FDDI.
    pub const FDDI: Self = Self(10);
    /// Raw IP, as files of most systems number it.
    pub const RAW_12: Self = Self(12);
    /// Decrypted `IPsec`, as `OpenBSD` numbers it.
    pub const OPENBSD_ENC_13: Self = Self(13);
    /// Raw IP, as `OpenBSD` numbers it.
    pub const RAW_14: Self = Self(14);
    /// The log of pf, of `OpenBSD` before 3.4.
    pub const OLD_PFLOG: Self = Self(17);
    /// PPP in HDLC-like framing.
    pub const PPP_HDLC: Self = Self(50);
    /// A PPP over Ethernet session without its Ethernet header.
    pub const PPP_ETHER: Self = Self(51);
    /// Multiprotocol over ATM (RFC 2684).
    pub const ATM_RFC1483: Self = Self(100);
    /// Raw IP: the version is in the first four bits.
    pub const RAW: Self = Self(101);
    /// Cisco HDLC.
    pub const CISCO_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Frame Relay.
    pub const FRELAY: Self = Self(107);
    /// `OpenBSD` loopback: the address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// `OpenBSD`'s interface for decrypted `IPsec`.
    pub const ENC: Self = Self(109);
    /// Linux cooked capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// The log of the BSDs' packet filter.
    pub const PFLOG: Self = Self(117);
    /// IEEE 802.11 behind a Prism header.
    pub const IEEE802_11_PRISM: Self = Self(119);
    /// IEEE 802.11 behind a radiotap header.
    pub const IEEE802_11_RADIOTAP: Self = Self(127);
    /// ARCNET, as Linux delivers it.
    pub const ARCNET_LINUX: Self = Self(129);
    /// Juniper: ATM, second generation of interface cards.
    pub const JUNIPER_ATM2: Self = Self(135);
    /// Juniper: ATM, first generation of interface cards.
    pub const JUNIPER_ATM1: Self = Self(137);
    /// IP over `FireWire`, as macOS delivers it.
    pub const APPLE_IP_OVER_IEEE1394: Self = Self(138);
    /// For private use; Apple's packet tap before it had a number.
    pub const USER_2: Self = Self(149);
    /// IEEE 802.11 behind an AVS header.
    pub const IEEE802_11_AVS: Self = Self(163);
    /// PPP with the direction in front, or in the place of the address byte.
    pub const PPP_PPPD: Self = Self(166);
    /// Juniper: PPP over Ethernet.
    pub const JUNIPER_PPPOE: Self = Self(167);
    /// Juniper: PPP over Ethernet over ATM.
    pub const JUNIPER_PPPOE_ATM: Self = Self(168);
    /// Juniper: Ethernet.
    pub const JUNIPER_ETHER: Self = Self(178);
    /// Juniper: PPP.
    pub const JUNIPER_PPP: Self = Self(179);
    /// Juniper: Frame Relay.
    pub const JUNIPER_FRELAY: Self = Self(180);
    /// Juniper: Cisco HDLC.
    pub const JUNIPER_CHDLC: Self = Self(181);
    /// Per-packet information, which names the link type of what follows.
    pub const PPI: Self = Self(192);
    /// PPP with the direction in front.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Cisco HDLC with the direction in front.
    pub const C_HDLC_WITH_DIR: Self = Self(205);
    /// Frame Relay with the direction in front.
    pub const FRELAY_WITH_DIR: Self = Self(206);
    /// Solaris' observability of IP: behind a header with zones and interfaces.
    pub const IPNET: Self = Self(226);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// What Linux firewall rules logged.
    pub const NFLOG: Self = Self(239);
    /// IP over `InfiniBand`, with the global routing header.
    pub const IPOIB: Self = Self(242);
    /// Messages between the Linux kernel and programs.
    pub const NETLINK: Self = Self(253);
    /// Apple's packet tap, which names the link type of what follows.
    pub const PKTAP: Self = Self(258);
    /// Linux cooked capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
    /// Ethernet with Broadcom's switch tag behind the addresses.
    pub const ETHERNET_BRCM: Self = Self(281);
    /// Ethernet behind Broadcom's switch tag.
    pub const ETHERNET_BRCM_PREPEND: Self = Self(282);
    /// Ethernet with Marvell's switch tag.
    pub const ETHERNET_DSA: Self = Self(284);
    /// Ethernet with Marvell's switch tag behind an Ethernet type.
    pub const ETHERNET_EDSA: Self = Self(285);

    /// The registry's name without its prefix; `None` for a type that this table does not hold.
    pub fn name(self) -> Option<&'static str> {
        NAMES
            .iter()
            .find(|(number, _)| *number == self.0)
            .map(|(_, name)| *name)
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "LINKTYPE_{}", self.0),
        }
    }
}

/// Those that are decoded, and those that people meet: so that a report can name what it set aside.
const NAMES: &[(u32, &str)] = &[
    (0, "NULL"),
    (1, "EN10MB"),
    (3, "AX25"),
    (6, "IEEE802_5"),
    (7, "ARCNET_BSD"),
    (8, "SLIP"),
    (9, "PPP"),
    (10, "FDDI"),
    (12, "RAW"),
    (13, "ENC"),
    (14, "RAW"),
    (17, "OLD_PFLOG"),
    (50, "PPP_HDLC"),
    (51, "PPP_ETHER"),
    (99, "SYMANTEC_FIREWALL"),
    (100, "ATM_RFC1483"),
    (101, "RAW"),
    (104, "C_HDLC"),
    (105, "IEEE802_11"),
    (106, "ATM_CLIP"),
    (107, "FRELAY"),
    (108, "LOOP"),
    (109, "ENC"),
    (113, "LINUX_SLL"),
    (114, "LTALK"),
    (115, "ECONET"),
    (117, "PFLOG"),
    (119, "IEEE802_11_PRISM"),
    (122, "IP_OVER_FC"),
    (123, "SUNATM"),
    (127, "IEEE802_11_RADIOTAP"),
    (128, "TZSP"),
    (129, "ARCNET_LINUX"),
    (130, "JUNIPER_MLPPP"),
    (131, "JUNIPER_MLFR"),
    (132, "JUNIPER_ES"),
    (133, "JUNIPER_GGSN"),
    (134, "JUNIPER_MFR"),
    (135, "JUNIPER_ATM2"),
    (136, "JUNIPER_SERVICES"),
    (137, "JUNIPER_ATM1"),
    (138, "APPLE_IP_OVER_IEEE1394"),
    (139, "MTP2_WITH_PHDR"),
    (140, "MTP2"),
    (141, "MTP3"),
    (142, "SCCP"),
    (143, "DOCSIS"),
    (144, "LINUX_IRDA"),
    (147, "USER0"),
    (148, "USER1"),
    (149, "USER2"),
    (150, "USER3"),
    (151, "USER4"),
    (152, "USER5"),
    (153, "USER6"),
    (154, "USER7"),
    (155, "USER8"),
    (156, "USER9"),
    (157, "USER10"),
    (158, "USER11"),
    (159, "USER12"),
    (160, "USER13"),
    (161, "USER14"),
    (162, "USER15"),
    (163, "IEEE802_11_AVS"),
    (164, "JUNIPER_MONITOR"),
    (165, "BACNET_MS_TP"),
    (166, "PPP_PPPD"),
    (167, "JUNIPER_PPPOE"),
    (168, "JUNIPER_PPPOE_ATM"),
    (169, "GPRS_LLC"),
    (174, "JUNIPER_PIC_PEER"),
    (177, "LINUX_LAPD"),
    (178, "JUNIPER_ETHER"),
    (179, "JUNIPER_PPP"),
    (180, "JUNIPER_FRELAY"),
    (181, "JUNIPER_CHDLC"),
    (182, "MFR"),
    (187, "BLUETOOTH_HCI_H4"),
    (189, "USB_LINUX"),
    (192, "PPI"),
    (195, "IEEE802_15_4_WITHFCS"),
    (201, "BLUETOOTH_HCI_H4_WITH_PHDR"),
    (202, "AX25_KISS"),
    (203, "LAPD"),
    (204, "PPP_WITH_DIR"),
    (205, "C_HDLC_WITH_DIR"),
    (206, "FRELAY_WITH_DIR"),
    (215, "IEEE802_15_4_NONASK_PHY"),
    (220, "USB_LINUX_MMAPPED"),
    (224, "FC_2"),
    (226, "IPNET"),
    (227, "CAN_SOCKETCAN"),
    (228, "IPV4"),
    (229, "IPV6"),
    (230, "IEEE802_15_4_NOFCS"),
    (231, "DBUS"),
    (235, "DVB_CI"),
    (238, "JUNIPER_ATM_CEMIC"),
    (239, "NFLOG"),
    (240, "NETANALYZER"),
    (241, "NETANALYZER_TRANSPARENT"),
    (242, "IPOIB"),
    (243, "MPEG_2_TS"),
    (247, "INFINIBAND"),
    (248, "SCTP"),
    (249, "USBPCAP"),
    (251, "BLUETOOTH_LE_LL"),
    (252, "WIRESHARK_UPPER_PDU"),
    (253, "NETLINK"),
    (254, "BLUETOOTH_LINUX_MONITOR"),
    (256, "BLUETOOTH_LE_LL_WITH_PHDR"),
    (258, "PKTAP"),
    (259, "EPON"),
    (266, "USB_DARWIN"),
    (271, "VSOCK"),
    (272, "NORDIC_BLE"),
    (273, "DOCSIS31_XRA31"),
    (274, "ETHERNET_MPACKET"),
    (276, "LINUX_SLL2"),
    (281, "ETHERNET_BRCM"),
    (282, "ETHERNET_BRCM_PREPEND"),
    (283, "IEEE802_15_4_TAP"),
    (284, "ETHERNET_DSA"),
    (285, "ETHERNET_EDSA"),
    (290, "ETW"),
];
