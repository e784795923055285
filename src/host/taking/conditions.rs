//! Values of rules that several programs write alike.

use std::net::IpAddr;

use serde_json::Value;

use crate::host::snapshot::{AddressRange, PortRange};

/// `"10.0.0.5"`, `{"prefix": {"addr": "10.0.0.0", "len": 8}}`, `{"range": [...]}`
pub(super) fn address_range(value: &Value) -> Option<AddressRange> {
    let address = |value: &Value| value.as_str()?.parse::<IpAddr>().ok();
    if let Some(prefix) = value.get("prefix") {
        let bits = u8::try_from(prefix["len"].as_u64()?).ok()?;
        return Some(AddressRange::of_prefix(address(&prefix["addr"])?, bits));
    }
    if let Some(range) = value.get("range") {
        return Some(AddressRange {
            first: address(&range[0])?,
            last: address(&range[1])?,
        });
    }
    Some(AddressRange::one(address(value)?))
}

/// `80`, `{"range": [1, 1023]}`
pub(super) fn port_range(value: &Value) -> Option<PortRange> {
    let port = |value: &Value| u16::try_from(value.as_u64()?).ok();
    let (first, last) = match value.get("range") {
        Some(range) => (port(&range[0])?, port(&range[1])?),
        None => (port(value)?, port(value)?),
    };
    Some(PortRange { first, last })
}

/// `10.0.0.0/8`, `10.0.0.5`
pub(super) fn written_addresses(text: &str) -> Option<AddressRange> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse().ok()?)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    Some(bits.map_or(AddressRange::one(address), |bits| {
        AddressRange::of_prefix(address, bits)
    }))
}

/// `80`, `1024:65535`, `:1023`
pub(super) fn written_ports(text: &str) -> Option<PortRange> {
    let Some((first, last)) = text.split_once(':') else {
        let port = text.parse().ok()?;
        return Some(PortRange {
            first: port,
            last: port,
        });
    };
    let or = |text: &str, usual: u16| match text {
        "" => Some(usual),
        text => text.parse().ok(),
    };
    Some(PortRange {
        first: or(first, 0)?,
        last: or(last, u16::MAX)?,
    })
}
