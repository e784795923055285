//! Names of addresses that stand in a capture file.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use super::byte_order::ByteOrder;

/// How many names of one source, and of all together, are kept.
pub(super) const KEPT: usize = ResolvedName::KEPT;

/// The longest name in the DNS.
const LONGEST: usize = 255;

const END: u16 = 0;
const IPV4: u16 = 1;
const IPV6: u16 = 2;

/// The name that whoever wrote the file knew for an address (a name resolution block).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedName {
    /// The address.
    pub address: IpAddr,
    /// Its first name; hostile text.
    pub name: String,
}

impl ResolvedName {
    /// How many are kept of all sources together.
    pub(crate) const KEPT: usize = 100_000;
}

/// Calls `visit` with every name in a block's body, up to the end or the first record that cannot
/// be read.
pub(super) fn for_each(order: ByteOrder, mut body: &[u8], mut visit: impl FnMut(ResolvedName)) {
    while let (Some(kind), Some(length)) = (order.u16(body, 0), order.u16(body, 2)) {
        let length = usize::from(length);
        let Some(value) = body.get(4..4 + length).filter(|_| kind != END) else {
            return;
        };
        if let Some(name) = parse(kind, value) {
            visit(name);
        }
        body = body
            .get(4 + length.next_multiple_of(4)..)
            .unwrap_or_default();
    }
}

fn parse(kind: u16, value: &[u8]) -> Option<ResolvedName> {
    let (address, names): (IpAddr, &[u8]) = match kind {
        IPV4 => {
            let (address, names) = value.split_first_chunk::<4>()?;
            (Ipv4Addr::from(*address).into(), names)
        }
        IPV6 => {
            let (address, names) = value.split_first_chunk::<16>()?;
            (Ipv6Addr::from(*address).into(), names)
        }
        _ => return None,
    };
    let first = names.split(|byte| *byte == 0).next()?;
    let first = first.get(..LONGEST).unwrap_or(first);
    let name = String::from_utf8_lossy(first).into_owned();
    (!name.is_empty()).then_some(ResolvedName { address, name })
}
