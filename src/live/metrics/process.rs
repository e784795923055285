//! Facts of this process, by the names that all exporters use.

use std::fs;

use super::exposition::{Family, Kind, Sample, Value};
use crate::capture::Timestamp;

/// When it started, and how much memory it has, where the system tells.
pub(super) fn families(started: Timestamp) -> Vec<Family> {
    let mut families = vec![gauge(
        "process_start_time_seconds",
        "When the watch began, in seconds since 1970.",
        "seconds",
        seconds(started),
    )];
    families.extend(resident_memory_bytes().map(|bytes| {
        gauge(
            "process_resident_memory_bytes",
            "Memory that this process has, without what is swapped out.",
            "bytes",
            Value::Count(bytes),
        )
    }));
    families
}

fn gauge(name: &'static str, help: &'static str, unit: &'static str, value: Value) -> Family {
    Family {
        name,
        help,
        unit: Some(unit),
        kind: Kind::Gauge,
        samples: vec![Sample {
            labels: Vec::new(),
            value,
        }],
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a tenth of a microsecond is close enough for the time of a start"
)]
fn seconds(at: Timestamp) -> Value {
    Value::Number(at.nanoseconds() as f64 / 1e9)
}

/// Of Linux: `VmRSS:   12345 kB`.
fn resident_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes.saturating_mul(1024))
}
