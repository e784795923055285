//! What nginx writes into its error log when it cannot connect to a server behind it.

use super::record::{UpstreamFailure, UpstreamProblem};
use crate::decode::Endpoint;

const CONNECTING: &str = " while connecting to upstream";
const UPSTREAM: &str = ", upstream: \"";

/// The server and how the connect failed; nothing when the line is about something else. A client
/// may write what it likes into its request: a line that names two servers names none.
pub(super) fn upstream_failure(text: &str) -> Option<UpstreamFailure> {
    let (_level, rest) = text.strip_prefix('[')?.split_once("] ")?;
    let (what, rest) = rest.split_once(CONNECTING)?;
    let problem = problem_of(what)?;
    let mut named = rest.split(UPSTREAM).skip(1);
    let (upstream, None) = (named.next()?, named.next()) else {
        return None;
    };
    let (_, client) = rest.split_once(", client: ").unwrap_or_default();
    let client = client
        .split(',')
        .next()
        .and_then(|client| client.parse().ok());
    Some(UpstreamFailure {
        server: server_of(upstream)?,
        problem,
        client,
    })
}

/// `connect() failed (111: Connection refused)`, `upstream timed out (110: Connection timed out)`.
fn problem_of(what: &str) -> Option<UpstreamProblem> {
    let (before, number) = what.rsplit_once('(')?;
    let (number, _) = number.split_once(": ")?;
    let number: i32 = number.parse().ok()?;
    if before.ends_with("upstream timed out ") {
        Some(UpstreamProblem::TimedOut)
    } else if before.ends_with(" failed ") && before.contains("connect() ") {
        Some(UpstreamProblem::Error(number))
    } else {
        None
    }
}

/// `http://10.0.1.20:8080/path"`, `10.0.1.20:5432"`.
fn server_of(text: &str) -> Option<Endpoint> {
    let (upstream, _) = text.split_once('"')?;
    let (scheme, rest) = upstream.split_once("://").unwrap_or(("", upstream));
    let end: std::net::SocketAddr = match rest.split('/').next()? {
        end if end.contains("]:") || end.split(':').count() == 2 => end.parse().ok()?,
        end if scheme == "http" => format!("{end}:80").parse().ok()?,
        end if scheme == "https" => format!("{end}:443").parse().ok()?,
        _ => return None,
    };
    Some(Endpoint {
        address: end.ip(),
        port: end.port(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        upstream_failure(text).map_or_else(
            || "none".to_owned(),
            |failure| format!("{} {:?}", failure.server, failure.problem),
        )
    }

    #[test]
    fn the_server_and_the_error_are_read() {
        for (line, expected) in [
            (
                "[error] 31#31: *7 connect() failed (111: Connection refused) while connecting to \
                 upstream, client: 10.0.0.7, server: _, request: \"GET / HTTP/1.1\", upstream: \
                 \"http://10.0.1.20:8080/\", host: \"shop\"",
                "10.0.1.20:8080 Error(111)",
            ),
            (
                "[error] 31#31: *7 upstream timed out (110: Connection timed out) while connecting \
                 to upstream, client: 10.0.0.7, server: _, upstream: \"[2001:db8::20]:5432\", bytes",
                "[2001:db8::20]:5432 TimedOut",
            ),
            (
                "[error] 1#1: *1 connect() failed (113: No route to host) while connecting to \
                 upstream, client: 10.0.0.7, server: _, upstream: \"http://10.0.1.20/x\"",
                "10.0.1.20:80 Error(113)",
            ),
            (
                "[error] 31#31: *7 connect() failed (111: Connection refused) while connecting to \
                 upstream, client: 10.0.0.7, request: \"GET /, upstream: \"http://1.1.1.1:1/\", \
                 upstream: \"http://10.0.1.20:8080/\", host: \"shop\"",
                "none",
            ),
            (
                "[crit] 31#31: *7 connect() to unix:/x failed (2: No such file) while connecting \
                 to upstream, client: 10.0.0.7, upstream: \"http://unix:/x:/\"",
                "none",
            ),
            (
                "[error] 31#31: *7 open() \"/x\" failed (2: No such file)",
                "none",
            ),
            ("[", "none"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
