//! What is answered.

use chrono::DateTime;

use super::request::Request;
use crate::capture::Timestamp;
use crate::live::metrics::Told;

/// The whole answer; `None` while the request is not there as a whole.
pub(super) fn to(request: Request, told: &Told, now: Timestamp) -> Option<Vec<u8>> {
    let words = |status, text: &str, is_head| {
        let body = format!("{text}\n");
        response(status, "text/plain; charset=utf-8", "", &body, is_head, now)
    };
    Some(match request {
        Request::Incomplete => return None,
        Request::Metrics { format, is_head } => {
            let body = told.text(format);
            response(
                "200 OK",
                format.content_type(),
                "Vary: Accept\r\n",
                &body,
                is_head,
                now,
            )
        }
        Request::NotFound { is_head } => {
            words("404 Not Found", "there is nothing but /metrics", is_head)
        }
        Request::MethodNotAllowed => response(
            "405 Method Not Allowed",
            "text/plain; charset=utf-8",
            "Allow: GET, HEAD\r\n",
            "metrics can be read only\n",
            false,
            now,
        ),
        Request::TooLarge => words(
            "431 Request Header Fields Too Large",
            "the request is too long",
            false,
        ),
        Request::Bad => words("400 Bad Request", "this is not understood", false),
    })
}

/// For a client that has not sent its request in time.
pub(super) fn too_slow(now: Timestamp) -> Vec<u8> {
    let body = "no whole request came in time\n";
    response(
        "408 Request Timeout",
        "text/plain; charset=utf-8",
        "",
        body,
        false,
        now,
    )
}

fn response(
    status: &str,
    content_type: &str,
    more_headers: &str,
    body: &str,
    is_head: bool,
    now: Timestamp,
) -> Vec<u8> {
    let date =
        DateTime::from_timestamp_nanos(now.nanoseconds()).format("%a, %d %b %Y %H:%M:%S GMT");
    let head = format!(
        "HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{more_headers}\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let body = if is_head { "" } else { body };
    [head.as_bytes(), body.as_bytes()].concat()
}
