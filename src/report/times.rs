//! Capture times as text.

use chrono::{DateTime, FixedOffset, Local, SecondsFormat, TimeZone, Utc};

use crate::capture::Timestamp;

/// In which zone a report for people shows times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeZoneChoice {
    /// UTC.
    Utc,
    /// The zone of this host.
    Local,
}

/// RFC 3339 in UTC with nanoseconds: what machine formats show.
pub(super) fn rfc3339(at: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_nanos(at.nanoseconds())
        .to_rfc3339_opts(SecondsFormat::Nanos, true)
}

impl TimeZoneChoice {
    /// The time in this zone.
    pub(crate) fn at(self, at: Timestamp) -> DateTime<FixedOffset> {
        let utc = DateTime::<Utc>::from_timestamp_nanos(at.nanoseconds());
        match self {
            Self::Utc => utc.fixed_offset(),
            Self::Local => Local.from_utc_datetime(&utc.naive_utc()).fixed_offset(),
        }
    }

    /// `14:02:11`.
    pub(crate) fn time_of_day(self, at: Timestamp) -> String {
        self.at(at).format("%H:%M:%S").to_string()
    }

    /// `14:02:11.004`.
    pub(crate) fn milliseconds_of_day(self, at: Timestamp) -> String {
        self.at(at).format("%H:%M:%S%.3f").to_string()
    }

    /// `14:02:11.004127`.
    pub(super) fn precise_time_of_day(self, at: Timestamp) -> String {
        self.at(at).format("%H:%M:%S%.6f").to_string()
    }

    /// `2026-11-20 14:02:11`.
    pub(crate) fn date_and_time(self, at: Timestamp) -> String {
        self.at(at).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// `2026-11-20`.
    pub(super) fn date(self, at: Timestamp) -> String {
        self.at(at).format("%Y-%m-%d").to_string()
    }

    /// `UTC`, or the offset from it.
    pub(crate) fn name(self, at: Timestamp) -> String {
        match self {
            Self::Local if self.at(at).offset().local_minus_utc() != 0 => {
                self.at(at).format("UTC%:z").to_string()
            }
            Self::Utc | Self::Local => "UTC".to_owned(),
        }
    }
}
