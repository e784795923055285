//! Who talks to whom: no 4-tuple is used twice within any capture of reasonable size.

/// An IPv4 address and a port.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Endpoint {
    /// The address.
    pub(super) address: u32,
    /// The port.
    pub(super) port: u16,
}

/// 10.1.0.0, where the clients are.
const CLIENT_NETWORK: u32 = 0x0a01_0000;

/// 10.2.0.0, where the servers are.
const SERVER_NETWORK: u32 = 0x0a02_0000;

/// How many clients there are.
const CLIENTS: u64 = 4000;

/// How many servers there are.
const SERVERS: u32 = 100;

/// Linux's first ephemeral port.
const FIRST_EPHEMERAL_PORT: u16 = 32_768;

/// How many ephemeral ports Linux has.
const EPHEMERAL_PORTS: u64 = 28_232;

/// The router between clients and servers: 10.1.255.254.
pub(super) const ROUTER: u32 = CLIENT_NETWORK + 0xfffe;

/// The client of the `number`th connect: every client has its turn before one takes its next port.
pub(super) fn client(number: u64) -> Endpoint {
    let host = u32::try_from(number % CLIENTS).unwrap_or(0);
    let port = u16::try_from(number / CLIENTS % EPHEMERAL_PORTS).unwrap_or(0);
    Endpoint {
        address: CLIENT_NETWORK + 1 + host,
        port: FIRST_EPHEMERAL_PORT + port,
    }
}

/// One of the servers, chosen by `number`.
pub(super) fn server(number: u32) -> Endpoint {
    Endpoint {
        address: SERVER_NETWORK + 1 + number % SERVERS,
        port: 443,
    }
}

/// A public unicast address and a port from random bits, as a flood forges them.
pub(super) fn forged(address_bits: u32, port_bits: u16) -> Endpoint {
    let [first, second, third, fourth] = address_bits.to_be_bytes();
    let first = match 1 + first % 223 {
        10 | 127 => 100,
        other => other,
    };
    Endpoint {
        address: u32::from_be_bytes([first, second, third, fourth]),
        port: 1024 + port_bits % (u16::MAX - 1024),
    }
}
