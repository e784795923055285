//! What stands around a message: the time, the host and the program that wrote it, as syslog, the
//! journal and the kernel's ring buffer have it.

use serde_json::Value;

use super::stamp::{self, LatestStamp, Stamp};

/// A message, who wrote it and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) stamp: Option<Stamp>,
    /// The name of the program; `None` where the line has none.
    pub(super) program: Option<&'a str>,
    pub(super) text: &'a str,
}

/// A line in parts. A line without a time has none, and is a message as it stands.
pub(super) fn unwrapped<'a>(line: &'a str, latest: &mut LatestStamp) -> Message<'a> {
    let (line, has_version) = without_priority(line);
    let Some((stamp, rest)) = latest.leading(line) else {
        return Message {
            stamp: None,
            program: None,
            text: line,
        };
    };
    let (program, text) = if is_of_kernel_buffer(line) {
        // The kernel's own buffer.
        (Some("kernel"), rest)
    } else if has_version {
        of_rfc_5424(rest).map_or((None, rest), |(program, text)| (Some(program), text))
    } else {
        of_syslog(rest).map_or((None, rest), |(program, text)| (Some(program), text))
    };
    Message {
        stamp: Some(stamp),
        program,
        text: if program == Some("kernel") {
            without_uptime(text)
        } else {
            text
        },
    }
}

/// Whether it is a line of the kernel's own buffer, as `dmesg` prints it: in brackets, or with a
/// comma in the time (`--time-format iso`).
fn is_of_kernel_buffer(line: &str) -> bool {
    let is_iso = line.get(10..11) == Some("T") && line.get(19..20) == Some(",");
    line.starts_with('[') || is_iso
}

/// Without `<4>`, and whether the version of RFC 5424 came behind it.
fn without_priority(line: &str) -> (&str, bool) {
    let inside = line.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match inside {
        Some((digits, rest)) if digits.parse::<u8>().is_ok() => match rest.strip_prefix("1 ") {
            Some(rest) => (rest, true),
            None => (rest, false),
        },
        _ => (line, false),
    }
}

/// `HOST PROGRAM[NUMBER]: message`; a host is never a message's first word with a bracket or colon.
fn of_syslog(rest: &str) -> Option<(&str, &str)> {
    let (host, rest) = rest.split_once(' ')?;
    if host.is_empty() || host.starts_with(['[', '%']) || host == "rule" {
        return None;
    }
    let (tag, text) = rest.trim_start().split_once(": ")?;
    let program = tag.split_once('[').map_or(tag, |(program, _)| program);
    let is_name = !program.is_empty() && !program.contains(' ');
    is_name.then_some((program, text))
}

/// `HOST PROGRAM NUMBER ID DATA message`; without a message, what stands from the ID on is it.
fn of_rfc_5424(rest: &str) -> Option<(&str, &str)> {
    let mut parts = rest.splitn(4, ' ');
    let (_host, program) = (parts.next()?, parts.next()?);
    let (_number, whole) = (parts.next()?, parts.next()?);
    let (_id, rest) = whole.split_once(' ')?;
    let text = match rest.strip_prefix("- ") {
        Some(text) => text,
        None => match rest.strip_prefix('[')?.split_once("] ") {
            Some((_, text)) => text,
            // Some devices say all in the data.
            None => rest.ends_with(']').then_some(whole)?,
        },
    };
    Some((program, text.trim_start_matches('\u{feff}')))
}

/// The kernel's own time since it was booted may stand before its message.
fn without_uptime(text: &str) -> &str {
    let inside = text
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    match inside {
        Some((time, rest)) if time.trim().parse::<f64>().is_ok() => rest,
        _ => text,
    }
}

/// When an entry of the journal was written, without reading the rest of it.
pub(super) fn time_of_journal(line: &str) -> Option<Stamp> {
    let (_, rest) = line.split_once("\"__REALTIME_TIMESTAMP\":")?;
    let digits = rest.trim_start().strip_prefix('"')?.split('"').next()?;
    stamp::of_microseconds(digits)
}

/// An entry of the journal, as `journalctl -o json` writes it: when, which program, which message.
pub(super) fn of_journal(line: &str) -> Option<(Option<Stamp>, Option<String>, String)> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = match entry.get("MESSAGE")? {
        Value::String(message) => message.clone(),
        // What is not UTF-8 is an array of bytes.
        Value::Array(bytes) => {
            let byte = |value: &Value| value.as_u64().and_then(|byte| u8::try_from(byte).ok());
            let bytes: Option<Vec<u8>> = bytes.iter().map(byte).collect();
            String::from_utf8_lossy(&bytes?).into_owned()
        }
        _ => return None,
    };
    let times = ["_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"];
    let stamp = times
        .iter()
        .find_map(|name| stamp::of_microseconds(&text(name)?));
    let is_of_kernel = text("_TRANSPORT").as_deref() == Some("kernel");
    let named = || text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM"));
    let program = if is_of_kernel {
        Some("kernel".to_owned())
    } else {
        // A program may call itself what it likes, but is not the kernel.
        named().filter(|name| name != "kernel")
    };
    Some((stamp, program.or_else(|| Some(String::new())), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (bool, Option<&str>, &str) {
        let message = unwrapped(line, &mut LatestStamp::default());
        (message.stamp.is_some(), message.program, message.text)
    }

    #[test]
    fn heads_are_read_as_syslog_and_the_journal_write_them() {
        for (line, program, text) in [
            (
                "Nov 30 12:01:03 fw kernel: [12.34] IN=",
                Some("kernel"),
                "IN=",
            ),
            (
                "Nov 30 12:01:03 fw kernel: [UFW BLOCK] IN=",
                Some("kernel"),
                "[UFW BLOCK] IN=",
            ),
            (
                "Nov 30 12:01:03 fw systemd[1]: Started x.",
                Some("systemd"),
                "Started x.",
            ),
            (
                "<4>1 2026-11-30T12:01:03Z fw kernel - - - x",
                Some("kernel"),
                "x",
            ),
            (
                "<4>1 2026-11-30T12:01:03Z fw app 7 id [a b=\"c\"] x",
                Some("app"),
                "x",
            ),
            (
                "<4>1 2026-11-30T12:01:03Z fw RT_FLOW - DENY [a b=\"c\"]",
                Some("RT_FLOW"),
                "DENY [a b=\"c\"]",
            ),
            ("<4>Nov 30 12:01:03 fw kernel: x", Some("kernel"), "x"),
            ("2026-11-30T12:01:03+0100 fw kernel: x", Some("kernel"), "x"),
            ("[12.345678] IN=eth0 a: b", Some("kernel"), "IN=eth0 a: b"),
            (
                "2026-11-30T12:01:03,468984+00:00 DROP IN=eth0 a: b",
                Some("kernel"),
                "DROP IN=eth0 a: b",
            ),
            ("2026/11/30 12:01:03 [error] 1#1: x", None, "[error] 1#1: x"),
            (
                "2026-11-30 12:01:03.2 rule 1/0(match): x",
                None,
                "rule 1/0(match): x",
            ),
        ] {
            assert_eq!(parts(line), (true, program, text), "{line}");
        }
    }

    #[test]
    fn an_application_is_not_the_kernel() {
        let line = r#"{"MESSAGE":"IN=eth0","SYSLOG_IDENTIFIER":"kernel","_TRANSPORT":"stdout"}"#;
        assert_eq!(
            of_journal(line),
            Some((None, Some(String::new()), "IN=eth0".to_owned()))
        );
        let line = r#"{"MESSAGE":[73,78,61,255],"_TRANSPORT":"kernel","__REALTIME_TIMESTAMP":"1796040063000001"}"#;
        let (stamp, program, text) = of_journal(line).unwrap();
        assert_eq!(
            (program.as_deref(), &*text),
            (Some("kernel"), "IN=\u{fffd}")
        );
        assert!(stamp.is_some());
    }
}
