//! Tags, labels and sessions that name what follows them by an Ethernet type.

use etherparse::{EtherType, SingleVlanSlice};

use super::{Encapsulation, Found, Network, ethernet, ieee80211, llc, macsec, mpls, ppp, wrap};
use crate::decode::encapsulation::EncapsulationLayer;
use crate::decode::fields::{after, u16_at, u32_at};
use crate::decode::observation::SetAside;

pub(super) const IPV4: u16 = 0x0800;
pub(super) const ARP: u16 = 0x0806;
pub(super) const VLAN: u16 = 0x8100;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const PROVIDER_BRIDGING: u16 = 0x88a8;

/// Smaller numbers are lengths: IEEE 802.2 follows.
pub(super) const SMALLEST: u16 = 0x0600;

const MPLS: u16 = 0x8847;
const MPLS_MULTICAST: u16 = 0x8848;
const PPPOE_SESSION: u16 = 0x8864;
const MACSEC: u16 = 0x88e5;
const BACKBONE_SERVICE: u16 = 0x88e7;
const CISCO_METADATA: u16 = 0x8909;
const VN_TAG: u16 = 0x8926;
/// What Centrino's driver for Windows gave frames that it captured from the air.
const CENTRINO: u16 = 0x2452;

/// Whether a packet of this type may hold an IP or ARP packet, as [`by_ether_type`] reads them.
pub(in crate::decode) fn leads_to_ip(ether_type: u16) -> bool {
    ether_type < SMALLEST
        || matches!(
            ether_type,
            IPV4 | ARP
                | VLAN
                | IPV6
                | MPLS
                | MPLS_MULTICAST
                | PPPOE_SESSION
                | PROVIDER_BRIDGING
                | MACSEC
                | BACKBONE_SERVICE
                | CISCO_METADATA
                | VN_TAG
                | CENTRINO
                | 0x9100
                | 0x9200
                | 0x9300
        )
}

/// Follows tags and labels until something is no longer one.
pub(in crate::decode) fn by_ether_type<'a>(
    mut ether_type: u16,
    mut bytes: &'a [u8],
    wrapped: &mut Encapsulation,
) -> Found<'a> {
    loop {
        match EtherType(ether_type) {
            EtherType::IPV4 | EtherType::IPV6 => return Ok(Network::Ip(bytes)),
            EtherType::ARP => return Ok(Network::Arp(bytes)),
            // The last is the number from before 802.1ad, still sent by switches.
            EtherType::VLAN_TAGGED_FRAME
            | EtherType::PROVIDER_BRIDGING
            | EtherType::VLAN_DOUBLE_TAGGED_FRAME
            | EtherType(0x9200 | 0x9300) => {
                let tag =
                    SingleVlanSlice::from_slice(bytes).map_err(|_| SetAside::TruncatedHeader)?;
                wrap(
                    wrapped,
                    EncapsulationLayer::Vlan(tag.vlan_identifier().value()),
                )?;
                ether_type = tag.ether_type().0;
                bytes = tag.payload_slice();
            }
            EtherType(MPLS | MPLS_MULTICAST) => return mpls(bytes, wrapped),
            EtherType(PPPOE_SESSION) => return ppp::over_ethernet(bytes, wrapped),
            EtherType(MACSEC) => (ether_type, bytes) = macsec::inside(bytes, wrapped)?,
            EtherType(CENTRINO) => return ieee80211::frame(bytes, wrapped),
            EtherType(BACKBONE_SERVICE) => return provider_backbone(bytes, wrapped),
            // Both hold four bytes that matter to switches only; Cisco's has its length in front.
            EtherType(VN_TAG) => (ether_type, bytes) = (u16_at(bytes, 4)?, after(bytes, 6)?),
            EtherType(CISCO_METADATA) => {
                (ether_type, bytes) = (u16_at(bytes, 6)?, after(bytes, 8)?);
            }
            EtherType(length) if length < SMALLEST => match llc::sub_network(bytes) {
                Some((inner, rest)) => (ether_type, bytes) = (inner, rest),
                None => return Ok(Network::Other),
            },
            _ => return Ok(Network::Other),
        }
    }
}

/// The service tag of a provider backbone bridge (IEEE 802.1ah), and the customer's frame behind
/// it.
fn provider_backbone<'a>(bytes: &'a [u8], wrapped: &mut Encapsulation) -> Found<'a> {
    let service = u32_at(bytes, 0)? & 0x00ff_ffff;
    wrap(wrapped, EncapsulationLayer::ProviderBackbone(service))?;
    ethernet(after(bytes, 4)?, wrapped)
}
