//! What the files of a ring are called.

use chrono::DateTime;

use crate::capture::Timestamp;

/// `tcpwhy-ring-00000012-20261125T180053Z.pcapng`: a number that goes on from watch to watch, so
/// that files sort in the order in which they were written, whatever happened to the clock, and
/// when it begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RingFileName {
    number: u64,
    name: String,
}

const PREFIX: &str = "tcpwhy-ring-";
const SUFFIX: &str = "Z.pcapng";

/// `20261125T180053`.
const TIME: &str = "%Y%m%dT%H%M%S";
const LENGTH_OF_TIME: usize = 15;

impl RingFileName {
    /// The name of the file with this number that begins then.
    pub(super) fn new(number: u64, at: Timestamp) -> Self {
        let time = DateTime::from_timestamp_nanos(at.nanoseconds()).format(TIME);
        Self {
            number,
            name: format!("{PREFIX}{number:08}-{time}{SUFFIX}"),
        }
    }

    /// From the name of a file; `None` when no ring's file is called so.
    pub fn parse(name: &str) -> Option<Self> {
        let middle = name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
        let (number, time) = middle.split_once('-')?;
        let is_number =
            (8..20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
        let is_time = time.len() == LENGTH_OF_TIME
            && time.bytes().enumerate().all(|(place, byte)| match place {
                8 => byte == b'T',
                _ => byte.is_ascii_digit(),
            });
        let number = number.parse().ok().filter(|_| is_number && is_time)?;
        Some(Self {
            number,
            name: name.to_owned(),
        })
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// As it stands in the directory.
    pub fn as_str(&self) -> &str {
        &self.name
    }
}
