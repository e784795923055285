//! What can be sniffed on this host.

/// An interface as libpcap lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInterface {
    /// What `-i` takes.
    pub name: String,
    /// libpcap's description, or empty.
    pub description: String,
    /// Its addresses.
    pub addresses: Vec<std::net::IpAddr>,
    /// Whether it is up.
    pub is_up: bool,
    /// Whether it is a loopback interface.
    pub is_loopback: bool,
}

/// All interfaces, in libpcap's order (the most useful first).
///
/// # Errors
///
/// libpcap's message when it cannot list them.
pub fn list_interfaces() -> Result<Vec<ListedInterface>, String> {
    let devices = pcap::Device::list().map_err(|error| error.to_string())?;
    Ok(devices
        .into_iter()
        .map(|device| ListedInterface {
            description: device.desc.unwrap_or_default(),
            addresses: device
                .addresses
                .iter()
                .map(|address| address.addr)
                .collect(),
            is_up: device.flags.is_up(),
            is_loopback: device.flags.is_loopback(),
            name: device.name,
        })
        .collect())
}
