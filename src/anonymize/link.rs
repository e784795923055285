//! The link headers in which addresses can be replaced. Those of other link types are not: their
//! packets are left out.

use super::packet::{Bytes, Kept, Rewriter};
use crate::capture::LinkType;

/// Link types in whose packets addresses are replaced.
const REPLACEABLE: [LinkType; 21] = [
    LinkType::ETHERNET,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
    LinkType::RAW,
    LinkType::RAW_12,
    LinkType::RAW_14,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::PPP,
    LinkType::PPP_HDLC,
    LinkType::PPP_PPPD,
    LinkType::PPP_WITH_DIR,
    LinkType::CISCO_HDLC,
    LinkType::C_HDLC_WITH_DIR,
    LinkType::IEEE802_11,
    LinkType::IEEE802_11_RADIOTAP,
    LinkType::PFLOG,
    LinkType::OLD_PFLOG,
    LinkType::NFLOG,
];

/// Whether packets of this link type can be made anonymous.
pub fn is_replaceable(link_type: LinkType) -> bool {
    REPLACEABLE.contains(&link_type)
}

impl Rewriter<'_> {
    pub(super) fn link(&mut self, link_type: LinkType, mut bytes: Bytes<'_>) -> Kept {
        match link_type {
            LinkType::ETHERNET => self.ethernet(bytes),
            LinkType::LINUX_SLL => {
                let address_length = bytes.word(4)?;
                self.link_address(&mut bytes, 6, address_length.into())?;
                let protocol = bytes.word(14)?;
                Some(16 + self.by_ether_type(protocol, bytes.from(16)?))
            }
            LinkType::LINUX_SLL2 => {
                let address_length = bytes.byte(11)?;
                self.link_address(&mut bytes, 12, address_length.into())?;
                let protocol = bytes.word(0)?;
                Some(20 + self.by_ether_type(protocol, bytes.from(20)?))
            }
            LinkType::NULL | LinkType::LOOP => Some(4 + self.ip(bytes.from(4)?)),
            LinkType::RAW
            | LinkType::RAW_12
            | LinkType::RAW_14
            | LinkType::IPV4
            | LinkType::IPV6 => Some(self.ip(bytes)),
            LinkType::PPP | LinkType::PPP_HDLC => self.ppp(&mut bytes, 0),
            LinkType::PPP_PPPD | LinkType::PPP_WITH_DIR => {
                // The direction stands before the address byte, or in its place.
                let is_in_its_place = bytes.byte(1)? == 0x03;
                self.ppp(&mut bytes, 1 + usize::from(is_in_its_place))
            }
            LinkType::CISCO_HDLC => self.cisco_hdlc(&mut bytes, 0),
            LinkType::C_HDLC_WITH_DIR => self.cisco_hdlc(&mut bytes, 1),
            LinkType::IEEE802_11 => self.ieee80211(&mut bytes, false),
            LinkType::IEEE802_11_RADIOTAP => self.radiotap(&mut bytes),
            LinkType::PFLOG => self.pflog(&mut bytes),
            LinkType::OLD_PFLOG => self.old_pflog(&mut bytes),
            LinkType::NFLOG => self.nflog(&mut bytes),
            _ => None,
        }
    }

    /// Eight bytes of a cooked header: a MAC address, or something unknown.
    fn link_address(&mut self, bytes: &mut Bytes<'_>, at: usize, length: usize) -> Option<()> {
        bytes.fill(at, at + 8, 0)?;
        if length == 6 {
            bytes.mac(at, self.map)?;
        }
        Some(())
    }

    /// IP alone; other protocols of PPP negotiate addresses and names, and nothing of them is kept.
    fn ppp(&mut self, bytes: &mut Bytes<'_>, at: usize) -> Kept {
        let at = match bytes.word(at)? {
            0xff03 => at + 2,
            _ => at,
        };
        let (protocol, header) = match bytes.byte(at)? {
            short if short & 1 == 1 => (u16::from(short), at + 1),
            _ => (bytes.word(at)?, at + 2),
        };
        match protocol {
            0x0021 | 0x0057 | 0x0800 | 0x86dd => Some(header + self.ip(bytes.from(header)?)),
            _ => Some(header),
        }
    }

    fn cisco_hdlc(&mut self, bytes: &mut Bytes<'_>, at: usize) -> Kept {
        let protocol = bytes.word(at + 2)?;
        Some(at + 4 + self.by_ether_type(protocol, bytes.from(at + 4)?))
    }

    /// Data frames with IP; of all others nothing is kept: they name networks and stations.
    fn ieee80211(&mut self, bytes: &mut Bytes<'_>, is_padded: bool) -> Kept {
        let (control, flags) = (bytes.byte(0)?, bytes.byte(1)?);
        if control & 0x4f != 0x08 {
            return None;
        }
        for at in [4, 10, 16] {
            bytes.mac(at, self.map)?;
        }
        let mut header = 24;
        if flags & 0x03 == 0x03 {
            bytes.mac(header, self.map)?;
            header += 6;
        }
        let mut is_aggregated = false;
        if control & 0x80 != 0 {
            is_aggregated = bytes.byte(header)? & 0x80 != 0;
            header += if flags & 0x80 == 0 { 2 } else { 6 };
        }
        if is_padded {
            header = header.next_multiple_of(4);
        }
        // The frames of an aggregate have addresses of their own, and stations in them that are not
        // looked for here.
        if is_aggregated {
            return Some(header);
        }
        // What was decrypted while capturing may still stand behind the header of its cipher.
        let is_protected = flags & 0x40 != 0;
        let behind_cipher: &[usize] = if is_protected { &[0, 4, 8] } else { &[0] };
        for cipher in behind_cipher {
            let llc = header + cipher;
            if let Some(kept) = self.sub_network(bytes, llc) {
                return Some(llc + kept);
            }
        }
        Some(header)
    }

    /// What stands behind a sub-network access header; nothing without one.
    fn sub_network(&mut self, bytes: &mut Bytes<'_>, at: usize) -> Kept {
        match bytes.old.get(at..at + 8)? {
            [0xaa, 0xaa, 0x03, 0, 0, 0 | 0xf8, high, low] => {
                let ether_type = u16::from_be_bytes([*high, *low]);
                Some(8 + self.by_ether_type(ether_type, bytes.from(at + 8)?))
            }
            _ => None,
        }
    }

    /// Fields of the standard hold no address; those of a vendor may hold anything.
    fn radiotap(&mut self, bytes: &mut Bytes<'_>) -> Kept {
        const MORE: u32 = 1 << 31;
        const OF_A_VENDOR: u32 = 1 << 30;
        const SELF_DESCRIBING: u32 = 1 << 28;
        let bitmap = |bytes: &Bytes<'_>, at: usize| -> Option<u32> {
            let field = bytes.old.get(at..)?.first_chunk::<4>()?;
            Some(u32::from_le_bytes(*field))
        };
        let length = usize::from(bytes.word(2)?.swap_bytes());
        let first = bitmap(bytes, 4)?;
        let (mut present, mut at) = (first, 8);
        loop {
            if present & (OF_A_VENDOR | SELF_DESCRIBING) != 0 {
                return None;
            }
            if present & MORE == 0 {
                break;
            }
            present = bitmap(bytes, at)?;
            at += 4;
        }
        if at > length {
            return None;
        }
        if first & 1 != 0 {
            at = at.next_multiple_of(8) + 8;
        }
        let is_padded = first & 2 != 0 && bytes.byte(at)? & 0x20 != 0;
        let kept = self.ieee80211(&mut bytes.from(length)?, is_padded)?;
        Some(length + kept)
    }
}
