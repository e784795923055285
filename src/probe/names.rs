//! Which addresses a name has, by the resolver of the system.
//!
//! It asks `getaddrinfo`, as applications do: hosts file, DNS and whatever else is configured. That
//! call cannot be ended, so it is made on a thread of its own, and given up after a while.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use dns_lookup::{AddrInfoHints, LookupError, LookupErrorKind, SockType, getaddrinfo};

use super::clock::now;
use super::target::{Target, TargetHost};

/// The addresses of a target, and what it took to learn them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamesFound {
    /// Whether a name was asked for; an address needs no question.
    pub is_name: bool,
    /// The addresses, each once, in the order in which an application would try them.
    pub addresses: Vec<SocketAddr>,
    /// Why there are none.
    pub error: Option<NameError>,
    /// How long it took.
    pub elapsed: Duration,
}

/// Why a name gives no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// There is no such name.
    NoSuchName,
    /// The name is there, and has no address.
    NoAddress,
    /// The name servers failed, or cannot be reached now.
    ServerFailed,
    /// No name server answered in time.
    TimedOut,
    /// Something else; hostile text.
    Other(String),
}

impl NameError {
    /// Its name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoSuchName => "no_such_name",
            Self::NoAddress => "no_address",
            Self::ServerFailed => "server_failed",
            Self::TimedOut => "timed_out",
            Self::Other(_) => "other",
        }
    }
}

/// A resolver that fails after this long got no answer from its servers: it waits for one for 5 s
/// at least (resolv.conf(5)).
const NO_ANSWER: Duration = Duration::from_millis(4500);

/// More addresses of one name are not tried.
pub const MOST_ADDRESSES: usize = 16;

type Answer = Result<Vec<SocketAddr>, NameError>;

/// Asks for one target, again and again when that is wanted: with at most one question under way.
#[derive(Debug, Default)]
pub(super) struct Names {
    under_way: Option<Receiver<Answer>>,
}

impl Names {
    /// The addresses of the target now; it is asked for so long at most.
    pub(super) fn of(&mut self, target: &Target, longest: Duration) -> NamesFound {
        let started = now();
        let (is_name, answer) = match &target.host {
            TargetHost::Address(address) => {
                (false, Ok(vec![SocketAddr::new(*address, target.port)]))
            }
            TargetHost::Name(name) => (true, self.ask(name, target.port, longest)),
        };
        let elapsed = now() - started;
        let (addresses, error) = match answer {
            Ok(addresses) => (in_order_of_trying(addresses), None),
            Err(NameError::ServerFailed) if elapsed >= NO_ANSWER => {
                (Vec::new(), Some(NameError::TimedOut))
            }
            Err(error) => (Vec::new(), Some(error)),
        };
        NamesFound {
            is_name,
            addresses,
            error,
            elapsed,
        }
    }

    fn ask(&mut self, name: &str, port: u16, longest: Duration) -> Answer {
        let question = match self.under_way.take() {
            Some(question) => question,
            None => begin(name.to_owned(), port)?,
        };
        match question.recv_timeout(longest) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => {
                self.under_way = Some(question);
                Err(NameError::TimedOut)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(NameError::Other("the resolver gave up".to_owned()))
            }
        }
    }
}

fn begin(name: String, port: u16) -> Result<Receiver<Answer>, NameError> {
    let (tell, question) = channel();
    let ask = move || {
        // Nobody may wait any more when the answer comes.
        let _ = tell.send(asked(&name, port));
    };
    let thread = thread::Builder::new().name("resolver".to_owned());
    match thread.spawn(ask) {
        Ok(_) => Ok(question),
        Err(error) => Err(NameError::Other(error.to_string())),
    }
}

fn asked(name: &str, port: u16) -> Answer {
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(Some(name), None, Some(hints)).map_err(error_of)?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in found.flatten() {
        let mut address = address.sockaddr;
        address.set_port(port);
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(NameError::NoAddress);
    }
    Ok(addresses)
}

fn error_of(error: LookupError) -> NameError {
    match error.kind() {
        LookupErrorKind::NoName => NameError::NoSuchName,
        LookupErrorKind::NoData | LookupErrorKind::Family => NameError::NoAddress,
        LookupErrorKind::Again | LookupErrorKind::Fail => NameError::ServerFailed,
        _ => NameError::Other(std::io::Error::from(error).to_string()),
    }
}

/// The first as the resolver sorts them, then the versions of IP in turn (RFC 8305 §4).
fn in_order_of_trying(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let starts_with_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (same, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == starts_with_ipv6);
    let mut in_turn = Vec::new();
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    loop {
        let (one, another) = (same.next(), other.next());
        if one.is_none() && another.is_none() {
            break;
        }
        in_turn.extend(one.into_iter().chain(another));
    }
    in_turn.truncate(MOST_ADDRESSES);
    in_turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_ip_are_tried_in_turn() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let sorted = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "10.0.0.1:1", "10.0.0.2:1"]);
        let tried = addresses(&["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1", "[::3]:1"]);
        assert_eq!(in_order_of_trying(sorted), tried);
        let only = addresses(&["10.0.0.1:1", "10.0.0.2:1"]);
        assert_eq!(in_order_of_trying(only.clone()), only);
    }

    #[test]
    fn an_address_is_not_asked_for_and_the_hosts_file_is() {
        let mut names = Names::default();
        let longest = Duration::from_secs(10);
        let address = names.of(&"192.0.2.1:80".parse().unwrap(), longest);
        assert!(!address.is_name && address.addresses.len() == 1);
        let local = names.of(&"localhost:80".parse().unwrap(), longest);
        assert!(local.is_name, "{local:?}");
        assert!(
            local
                .addresses
                .iter()
                .all(|address| address.ip().is_loopback())
        );
    }

    #[test]
    fn a_resolver_that_hangs_is_given_up_and_not_asked_twice() {
        let mut names = Names::default();
        let (_never, question) = channel();
        names.under_way = Some(question);
        let target = "hangs.invalid:80".parse().unwrap();
        for _ in 0..2 {
            let found = names.of(&target, Duration::from_millis(20));
            assert_eq!(found.error, Some(NameError::TimedOut));
            assert!(names.under_way.is_some());
        }
    }
}
