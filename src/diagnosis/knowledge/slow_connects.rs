//! What the time tells that a failed connect took, where curl names no reason.

use super::explanation::Reading;
use super::{Page, page};

/// The page that the time speaks for, and why.
pub(super) fn by_its_time(normal: &str) -> Option<(&'static Page, Reading)> {
    let is_curls = normal.contains("failed to connect to")
        && (normal.contains("couldn't connect to server")
            || normal.contains("could not connect to server"));
    if !is_curls {
        return None;
    }
    let (_, after) = normal.rsplit_once(" after ")?;
    let (milliseconds, _) = after.split_once(" ms")?;
    let (term, means) = by_milliseconds(milliseconds.parse().ok()?)?;
    let text = format!("after {milliseconds} ms");
    Some((page(term)?, Reading::new(text, means)))
}

fn by_milliseconds(milliseconds: u64) -> Option<(&'static str, &'static str)> {
    match milliseconds {
        0..1_000 => Some((
            "ECONNREFUSED",
            "an answer came: most often a RST (refused), else an ICMP error",
        )),
        2_000..2_600 => Some((
            "ECONNREFUSED",
            "as long as Windows takes over a refusal: it repeats a refused SYN for 2 s",
        )),
        2_900..3_500 => Some((
            "EHOSTUNREACH",
            "as long as Linux asks for the neighbour (ARP) before it says no route to host",
        )),
        20_000.. => Some((
            "ETIMEDOUT",
            "as long as a system repeats its SYN: nothing came back (Windows 21 s, macOS 75 s, \
             Linux 127 s or longer)",
        )),
        _ => None,
    }
}
