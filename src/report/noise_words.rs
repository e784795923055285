//! The words for what an attempt is part of that is no failure of a service.

use crate::diagnosis::Noise;

/// What it is, in words.
pub(super) const fn noise(noise: Noise) -> &'static str {
    match noise {
        Noise::Scan => "a scan",
        Noise::Flood => "a SYN flood",
        Noise::Backscatter => "backscatter",
        Noise::Traceroute => "a traceroute",
        Noise::HealthChecks => "health checks",
    }
}
