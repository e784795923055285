//! Whom a line of a log names: the server, its port, the client.
//!
//! What is found goes into commands that people paste into a shell: a host is an address, or a name
//! of letters, digits, dots, hyphens and underscores that begins with a letter or digit.

mod tokens;

use std::net::IpAddr;

use tokens::{Host, Role, Token, tokens};

/// Whom a text names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Places {
    /// The address or name that was connected to.
    pub server: Option<String>,
    /// Its port.
    pub port: Option<u16>,
    /// The address that connected.
    pub client: Option<String>,
}

impl Places {
    /// Whether nobody is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What both name alike.
    pub(super) fn shared_with(self, other: &Self) -> Self {
        Self {
            server: self
                .server
                .filter(|server| other.server.as_ref() == Some(server)),
            port: self.port.filter(|port| other.port == Some(*port)),
            client: self
                .client
                .filter(|client| other.client.as_ref() == Some(client)),
        }
    }

    /// What stands for whom in the commands of the pages: `SERVER`, `PORT`, `CLIENT`, `NAME`.
    pub fn filled(&self) -> Vec<(&'static str, String)> {
        let port = self.port.map(|port| port.to_string());
        let name = self.server.clone().filter(|server| !is_address(server));
        let all = [
            ("SERVER", self.server.clone()),
            ("PORT", port),
            ("CLIENT", self.client.clone()),
            ("NAME", name),
        ];
        all.into_iter()
            .filter_map(|(word, value)| Some((word, value?)))
            .collect()
    }

    /// The text with those words filled in that are known; an IPv6 address before a port in
    /// brackets.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (word, value) in self.filled() {
            filled = with_word(&filled, word, &value);
        }
        filled
    }
}

fn is_address(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok()
}

/// The text with each such word replaced: only where it is a whole word.
fn with_word(text: &str, word: &str, value: &str) -> String {
    let is_of_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut replaced = String::with_capacity(text.len() + value.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(word) {
        replaced.push_str(before);
        let is_whole = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
        let is_before_a_port = after.starts_with(':') && value.contains(':');
        match (is_whole, is_before_a_port) {
            (true, true) => replaced.extend(["[", value, "]"]),
            (true, false) => replaced.push_str(value),
            (false, _) => replaced.push_str(word),
        }
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// Whom the text names.
pub(super) fn places(text: &str) -> Places {
    let tokens = tokens(text);
    let mut hosts: Vec<&Host> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Host(host) => Some(host),
            Token::Port(_) => None,
        })
        .collect();
    let by_role = |role: Role| hosts.iter().copied().find(|host| host.role == Some(role));
    let (client, server) = (by_role(Role::Client), by_role(Role::Server));
    hosts.retain(|host| host.role.is_none());
    // Of several without a role, one with a port is what was connected to.
    let named = hosts.iter().copied().find(|host| host.port.is_some());
    let server = server.or(named).or(hosts.first().copied());
    let lone_port = tokens.iter().find_map(|token| match token {
        Token::Port(port) => Some(*port),
        Token::Host(_) => None,
    });
    Places {
        server: server
            .filter(|host| !host.is_unspecified())
            .map(|host| host.name.clone()),
        port: server.and_then(|host| host.port).or(lone_port),
        client: client.map(|host| host.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let places = places(text);
        let client = places.client.unwrap_or_else(|| "-".into());
        let server = places.server.unwrap_or_else(|| "-".into());
        let port = places
            .port
            .map_or_else(|| "-".into(), |port| port.to_string());
        format!("{client} {server} {port}")
    }

    /// Lines, and the client, the server and the port that they name.
    const LINES: &[(&str, &str)] = &[
        (
            "dial tcp 10.0.1.20:5432: connect: connection refused",
            "- 10.0.1.20 5432",
        ),
        (
            "read tcp 10.0.0.7:51234->10.0.1.20:5432: read: x",
            "10.0.0.7 10.0.1.20 5432",
        ),
        (
            "dial tcp [::1]:5432: connectex: No connection",
            "- ::1 5432",
        ),
        ("Error: connect ECONNREFUSED ::1:3000", "- ::1 3000"),
        ("connect ECONNREFUSED 127.0.0.1:9200", "- 127.0.0.1 9200"),
        (
            "curl: (7) Failed to connect to db port 80 after 3 ms",
            "- db 80",
        ),
        (
            "connection to server at \"10.0.1.20\", port 5432 failed",
            "- 10.0.1.20 5432",
        ),
        ("Connection to db:5432 refused. Check that", "- db 5432"),
        (
            "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
            "- 127.0.0.1 5432",
        ),
        (
            "HTTPConnectionPool(host='db', port=8080): Max retries",
            "- db 8080",
        ),
        (
            "Connection refused: db/10.0.1.20:50051",
            "- 10.0.1.20 50051",
        ),
        (
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (111)",
            "- db -",
        ),
        (
            "while connecting to upstream, client: 10.0.0.7, server: _, request: \"GET / \
                 HTTP/1.1\", upstream: \"http://10.0.1.20:8080/\", host: \"shop\"",
            "10.0.0.7 10.0.1.20 8080",
        ),
        (
            "failed to connect to /10.0.2.2 (port 80) from /192.168.1.5 (port 40000)",
            "192.168.1.5 10.0.2.2 80",
        ),
        (
            "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:443. Sending",
            "- - 443",
        ),
        (
            "TCP: Possible SYN flooding on port 80. Sending cookies.",
            "- - 80",
        ),
        (
            "IPv4: martian source 192.168.1.5 from 10.0.0.7, on dev eth0",
            "10.0.0.7 192.168.1.5 -",
        ),
        (
            "%ASA-4-106023: Deny tcp src outside:10.0.0.7/50000 dst inside:10.0.1.20/443 by",
            "10.0.0.7 10.0.1.20 443",
        ),
        (
            "%ASA-6-106015: Deny TCP (no connection) from 10.0.0.7/50000 to 10.0.1.20/443 \
                 flags ACK on interface inside",
            "10.0.0.7 10.0.1.20 443",
        ),
        (
            "xx drop (Policy denied) flow 0x0 to endpoint 12, identity 1->2: \
                 10.0.0.7:50000 -> 10.0.1.20:80 tcp SYN",
            "10.0.0.7 10.0.1.20 80",
        ),
        (
            "https://db.example.com:8443/path?x=1 refused",
            "- db.example.com 8443",
        ),
        (
            "Unable to connect to tcp://db:80 (Connection refused)",
            "- db 80",
        ),
        (
            "ssh: connect to host db port 22: Connection refused",
            "- db 22",
        ),
        (
            "IP 10.0.1.20.5432 > 10.0.0.7.50000: Flags [R.], seq 0",
            "10.0.0.7 10.0.1.20 5432",
        ),
        (
            "Destination unreachable (Host administratively prohibited)",
            "- - -",
        ),
        (
            "Can't connect to server on '10.0.1.20' (115)",
            "- 10.0.1.20 -",
        ),
        (
            "tcp 0 1 10.0.0.7:50000 10.0.1.20:5432 SYN_SENT 4711/curl",
            "10.0.0.7 10.0.1.20 5432",
        ),
        (
            "SYN-RECV 0 0 10.0.1.20:443 10.0.0.7:50000",
            "10.0.0.7 10.0.1.20 443",
        ),
    ];

    #[test]
    fn hosts_and_ports_are_found_as_programs_write_them() {
        for (text, expected) in LINES {
            assert_eq!(shown(text), *expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_host_is_none() {
        for text in [
            "2026-11-20 14:03:05 ERROR [main] app.js:12 failed",
            "at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
            "[mysql] packets.go:37: unexpected EOF",
            "2026-11-20T14:03:05Z curl: (28) timeout",
            "error: 111, version 1.2.3.4.5, $(reboot):80 `id`:22 --x:80 -rf:22",
            "a:99999 db:0",
        ] {
            assert_eq!(shown(text), "- - -", "{text}");
        }
    }

    #[test]
    fn words_are_filled_in_as_whole_words() {
        let places = Places {
            server: Some("fe80::1".into()),
            port: Some(443),
            client: None,
        };
        assert_eq!(
            places.fill("curl https://SERVER:PORT/ -- SERVER PORTS CLIENT 'sport = :PORT'"),
            "curl https://[fe80::1]:443/ -- fe80::1 PORTS CLIENT 'sport = :443'"
        );
    }
}
