//! Times of a snapshot, as people and programs write them.

use chrono::{DateTime, SecondsFormat};

use crate::capture::Timestamp;

fn written(time: Timestamp) -> String {
    DateTime::from_timestamp_nanos(time.nanoseconds()).to_rfc3339_opts(SecondsFormat::Nanos, true)
}

fn read(text: &str) -> Result<Timestamp, String> {
    let time = DateTime::parse_from_rfc3339(text)
        .map_err(|_| format!("{text:?} is no time of RFC 3339"))?;
    let nanoseconds = time.timestamp_nanos_opt();
    let nanoseconds = nanoseconds.ok_or_else(|| format!("{text:?} is beyond the year 2262"))?;
    Ok(Timestamp::from_nanoseconds(nanoseconds))
}

/// A time.
pub(super) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Timestamp;

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(in super::super) fn serialize<S: Serializer>(
        time: &Timestamp,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::written(*time))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Timestamp, D::Error> {
        super::read(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// A time that may not be known.
pub(super) mod some_rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Timestamp;

    #[allow(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it so"
    )]
    pub(in super::super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => to.serialize_some(&super::written(*time)),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let time = text.map(|text| super::read(&text));
        time.transpose().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were_written() {
        let time = Timestamp::from_nanoseconds(1_764_529_200_123_456_789);
        assert_eq!(written(time), "2025-11-30T19:00:00.123456789Z");
        assert_eq!(read(&written(time)), Ok(time));
        assert_eq!(read("2025-11-30T20:00:00.123456789+01:00"), Ok(time));
        assert!(read("yesterday").is_err() && read("9999-01-01T00:00:00Z").is_err());
    }
}
