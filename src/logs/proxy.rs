//! What HAProxy writes: sessions that ended because it could not connect to a server behind it, and
//! servers that its checks find up or down.

use super::record::{ProxiedSession, Saying, ServiceChange, ServiceState};
use super::stamp::{self, Stamp};
use crate::decode::Endpoint;

/// What the message says, with its own time where it has one.
pub(super) fn saying(text: &str) -> Option<(Option<Stamp>, Saying)> {
    if let Some(change) = change(text) {
        return Some((None, Saying::Service(change)));
    }
    let (stamp, session) = session(text)?;
    Some((Some(stamp), Saying::Session(session)))
}

/// `Server app/one is DOWN, reason: Layer4 connection problem, ...`
fn change(text: &str) -> Option<ServiceChange> {
    let (name, rest) = text.strip_prefix("Server ")?.split_once(" is ")?;
    let state = rest.split([',', '.', ' ']).next()?;
    let state = match state {
        "UP" => ServiceState::Up,
        "DOWN" => ServiceState::Down,
        _ => return None,
    };
    let is_server = name.contains('/') && !name.contains(' ');
    is_server.then(|| ServiceChange {
        name: name.to_owned(),
        state,
    })
}

/// `10.0.0.7:50000 [30/Nov/2026:12:01:03.234] in app/one 0/0/-1/-1/3 503 217 - - SC-- ...`: only
/// those that ended while it connected.
fn session(text: &str) -> Option<(Stamp, ProxiedSession)> {
    let mut words = text.split_whitespace();
    let client: std::net::SocketAddr = words.next()?.parse().ok()?;
    let accepted = words.next()?.strip_prefix('[')?.strip_suffix(']')?;
    let (_frontend, server, _times) = (words.next()?, words.next()?, words.next()?);
    let code = words.take(5).find(|word| is_code(word))?;
    let is_of_connect = ["SC", "sC"].iter().any(|start| code.starts_with(start));
    if !is_of_connect || !server.contains('/') {
        return None;
    }
    Some((
        stamp::of_common_log(accepted)?,
        ProxiedSession {
            client: Endpoint {
                address: client.ip().to_canonical(),
                port: client.port(),
            },
            server: server.to_owned(),
            code: code.to_owned(),
        },
    ))
}

/// Two letters or hyphens, with two more behind them where HTTP is spoken.
fn is_code(word: &str) -> bool {
    let is_letter = |byte: u8| byte == b'-' || byte.is_ascii_alphabetic();
    matches!(word.len(), 2 | 4) && word.bytes().all(is_letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_and_servers_are_read() {
        let (stamp, read) = saying(
            "10.0.0.7:50000 [30/Nov/2026:12:01:03.234] in app/one 0/0/-1/-1/3 503 217 - - SC-- \
             1/1/0/0/3 0/0 \"GET / HTTP/1.1\"",
        )
        .unwrap();
        let Saying::Session(session) = read else {
            panic!("no session");
        };
        assert_eq!(session.client.to_string(), "10.0.0.7:50000");
        assert_eq!((&*session.server, &*session.code), ("app/one", "SC--"));
        assert_eq!(stamp, stamp::of_common_log("30/Nov/2026:12:01:03.234"));
        let tcp = "10.0.0.7:50000 [30/Nov/2026:12:01:03.234] in app/one 0/-1/3 0 sC 1/1/0/0/3 0/0";
        assert!(matches!(saying(tcp), Some((Some(_), Saying::Session(_)))));
        let (_, read) = saying("Server app/one is DOWN, reason: Layer4 timeout, check").unwrap();
        let change = ServiceChange {
            name: "app/one".to_owned(),
            state: ServiceState::Down,
        };
        assert_eq!(read, Saying::Service(change));
    }

    #[test]
    fn other_sessions_are_none() {
        for line in [
            "10.0.0.7:50000 [30/Nov/2026:12:01:03.234] in app/one 0/0/1/1/3 200 217 - - ---- 1/1",
            "Connect from 10.0.0.7:50000 to 10.0.1.20:80 (in/HTTP)",
            "Server app/one is stopping.",
            "10.0.0.7:50000 [x] in app/one 0/-1/3 0 SC",
            "",
        ] {
            assert_eq!(saying(line), None, "{line}");
        }
    }
}
