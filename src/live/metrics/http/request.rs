//! What a client asks for.

use super::accepted;
use crate::live::metrics::TextFormat;

/// More headers are not read.
const MOST_HEADERS: usize = 64;

/// The longest request, in bytes: Prometheus sends some 300.
pub(super) const LONGEST: usize = 8192;

/// A request as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// The rest is still to come.
    Incomplete,
    /// The metrics.
    Metrics {
        /// In which format.
        format: TextFormat,
        /// Whether only what stands before them is wanted.
        is_head: bool,
    },
    /// Something else than the metrics.
    NotFound {
        /// As above.
        is_head: bool,
    },
    /// Something else than to read them.
    MethodNotAllowed,
    /// More than is read.
    TooLarge,
    /// No HTTP, or none that is understood.
    Bad,
}

/// Reads what has come so far.
pub(super) fn parse(bytes: &[u8]) -> Request {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(_)) => {}
        Ok(httparse::Status::Partial) if bytes.len() < LONGEST => return Request::Incomplete,
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            return Request::TooLarge;
        }
        Err(_) => return Request::Bad,
    }
    let named = |name: &'static str| {
        let headers = request.headers.iter();
        headers
            .filter(move |header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value)
    };
    if request.version == Some(1) && named("host").count() != 1 {
        return Request::Bad;
    }
    let is_head = request.method == Some("HEAD");
    let is_metrics = request.path.is_some_and(|path| path_of(path) == "/metrics");
    match request.method {
        Some("GET" | "HEAD") if is_metrics => Request::Metrics {
            format: accepted::format(
                named("accept").filter_map(|value| std::str::from_utf8(value).ok()),
            ),
            is_head,
        },
        Some("GET" | "HEAD") => Request::NotFound { is_head },
        _ if is_metrics => Request::MethodNotAllowed,
        _ => Request::NotFound { is_head },
    }
}

/// Without the question; of `http://host/metrics`, what stands behind the host.
fn path_of(target: &str) -> &str {
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|start| rest.get(start..)),
        None => Some(target),
    };
    path.unwrap_or("/").split('?').next().unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: Request = Request::Metrics {
        format: TextFormat::OpenMetrics,
        is_head: false,
    };

    #[test]
    fn requests_are_told_apart() {
        let of = |text: &str| parse(text.as_bytes());
        assert_eq!(of("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), METRICS);
        assert_eq!(of("GET /metrics?x=1 HTTP/1.0\r\n\r\n"), METRICS);
        assert_eq!(
            of("GET http://a:1/metrics HTTP/1.1\r\nhost: a\r\n\r\n"),
            METRICS
        );
        assert_eq!(
            of("GET /metrics HTTP/1.1\r\nHost: a\r\n"),
            Request::Incomplete
        );
        assert_eq!(of(""), Request::Incomplete);
        assert_eq!(
            of("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Request::NotFound { is_head: true }
        );
        assert_eq!(
            of("GET /metricsx HTTP/1.1\r\nHost: a\r\n\r\n"),
            Request::NotFound { is_head: false }
        );
        assert_eq!(
            of("POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n"),
            Request::MethodNotAllowed
        );
        for bad in [
            "GET /metrics HTTP/1.1\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            "GET /metrics HTTP/9.9\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u{16}\u{3}\u{1}\u{2}",
            "GET /metrics\r\n\r\n",
            "GET /me trics HTTP/1.1\r\nHost: a\r\n\r\n",
        ] {
            assert_eq!(of(bad), Request::Bad, "{bad:?}");
        }
        let many = format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            "x: y\r\n".repeat(100)
        );
        assert_eq!(of(&many), Request::TooLarge);
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(LONGEST));
        assert_eq!(of(&long), Request::TooLarge);
    }
}
