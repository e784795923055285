//! Logs that are read beside captures, as typed.

use std::path::PathBuf;

use clap::Args;

use crate::analysis::LogSettings;
use crate::diagnosis::LogZone;

/// What is typed about logs.
#[derive(Debug, Args)]
pub(super) struct LogArguments {
    /// Also read this log, for what it says of connects that failed; - is standard input
    ///
    /// Repeatable; plain or compressed, known by content. Read are packets that nftables, iptables,
    /// ufw or firewalld logged, pf's (`tcpdump -n -e -tttt -r /var/log/pflog`, or `filterlog`),
    /// messages of Cisco's ASA, logs of firewalls of Palo Alto Networks, Fortinet, Juniper and
    /// Check Point, error logs of nginx, logs of HAProxy, `connect` calls that auditd logged, and
    /// services that systemd started and stopped; as syslog (also RFC 5424), `journalctl -o
    /// short-iso` or `-o json`, and `dmesg` write them. A line counts where it has the connect's
    /// addresses, ports and time, before or behind a translation that the line or the capture
    /// shows. Lines of other kinds are counted. Default: none.
    #[arg(long, value_name = "FILE", conflicts_with = "anonymize")]
    pub(super) log: Vec<PathBuf>,

    /// The time zone of logs whose lines have none: +02:00, Europe/Berlin, utc or local
    ///
    /// A name is one of the IANA database, with its daylight saving time; of a time that a clock
    /// put back has twice, the one nearer to the capture counts. Default: the one in which lines
    /// name captured connects; where none does, UTC, or local when only then the log meets the
    /// capture. A year that is left out is the one nearest to it.
    #[arg(long, value_name = "ZONE", requires = "log", value_parser = parse_zone, allow_hyphen_values = true)]
    pub(super) log_zone: Option<LogZone>,
}

impl LogArguments {
    pub(super) fn settings(&self) -> LogSettings {
        LogSettings {
            files: self.log.clone(),
            zone: self.log_zone,
        }
    }
}

fn parse_zone(text: &str) -> Result<LogZone, String> {
    match text.to_ascii_lowercase().as_str() {
        "utc" | "z" | "gmt" => return Ok(LogZone::Offset(0)),
        "local" => return Ok(LogZone::Local),
        _ => {}
    }
    let named = || text.parse().ok().map(LogZone::Named);
    offset(text)
        .map(LogZone::Offset)
        .or_else(named)
        .ok_or_else(|| {
            "neither +HH:MM, as in +02:00, nor a zone as Europe/Berlin, nor utc, nor local"
                .to_owned()
        })
}

/// `+02:00`, `-0330`, `+2` in seconds.
fn offset(text: &str) -> Option<i32> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let number = |digits: &str, most: i32| {
        let is_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number: i32 = digits.parse().ok().filter(|_| is_digits)?;
        (number <= most).then_some(number)
    };
    Some(sign * (number(hours, 14)? * 3600 + number(minutes, 59)? * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_as_people_type_them() {
        for (text, seconds) in [
            ("+02:00", 7200),
            ("-0330", -12600),
            ("+2", 7200),
            ("UTC", 0),
            ("z", 0),
        ] {
            assert_eq!(parse_zone(text), Ok(LogZone::Offset(seconds)), "{text}");
        }
        assert_eq!(parse_zone("local"), Ok(LogZone::Local));
        let berlin = LogZone::Named(chrono_tz::Europe::Berlin);
        assert_eq!(parse_zone("Europe/Berlin"), Ok(berlin));
        for text in [
            "",
            "+",
            "2",
            "+25",
            "+1:60",
            "Europe/Atlantis",
            "berlin",
            "+é",
            "--1",
        ] {
            assert!(parse_zone(text).is_err(), "{text}");
        }
    }
}
