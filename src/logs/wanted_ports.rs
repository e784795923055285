//! Which ports are looked for in logs: what names none of them is not read further.

/// The ports of clients and of servers that lines may name.
#[derive(Clone, Debug)]
pub struct WantedPorts {
    of_clients: Ports,
    of_servers: Ports,
}

/// One bit for each port.
#[derive(Clone, Debug)]
struct Ports(Vec<u64>);

impl Default for WantedPorts {
    fn default() -> Self {
        Self {
            of_clients: Ports::filled(0),
            of_servers: Ports::filled(0),
        }
    }
}

impl WantedPorts {
    /// All ports: every line is read.
    pub fn all() -> Self {
        Self {
            of_clients: Ports::filled(u64::MAX),
            of_servers: Ports::filled(u64::MAX),
        }
    }

    /// Looks for connects of this port to that one.
    pub fn add(&mut self, of_client: u16, of_server: u16) {
        self.of_clients.add(of_client);
        self.of_servers.add(of_server);
    }

    /// Whether a client's and a server's port are among the numbers of a text. Any number of
    /// digits: a port is never part of one.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        let (mut has_client, mut has_server) = (false, false);
        let mut number: Option<u32> = None;
        for byte in text.bytes().chain([b' ']) {
            if byte.is_ascii_digit() {
                let digit = u32::from(byte - b'0');
                let before = number.unwrap_or(0).saturating_mul(10);
                number = Some(before.saturating_add(digit));
            } else if let Some(port) = number.take().and_then(|number| u16::try_from(number).ok()) {
                has_client |= self.of_clients.has(port);
                has_server |= self.of_servers.has(port);
                if has_client && has_server {
                    return true;
                }
            }
        }
        false
    }
}

impl Ports {
    fn filled(with: u64) -> Self {
        Self(vec![with; 1024])
    }

    fn add(&mut self, port: u16) {
        if let Some(bits) = self.0.get_mut(usize::from(port / 64)) {
            *bits |= 1 << (port % 64);
        }
    }

    fn has(&self, port: u16) -> bool {
        let bits = self.0.get(usize::from(port / 64));
        bits.is_some_and(|bits| bits >> (port % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_whole_numbers() {
        let mut wanted = WantedPorts::default();
        wanted.add(51234, 443);
        for (text, may_be) in [
            ("SPT=51234 DPT=443", true),
            ("10.0.0.7.51234 > 10.0.1.20.443", true),
            ("dstport=\"443\",srcport=\"51234\"", true),
            ("SPT=51234 DPT=80", false),
            ("SPT=151234 DPT=443", false),
            ("SPT=51234 DPT=4430", false),
            ("99999999999999999999443 51234", false),
            ("", false),
        ] {
            assert_eq!(wanted.may_be_in(text), may_be, "{text}");
            assert!(text.is_empty() || WantedPorts::all().may_be_in(text));
        }
    }
}
