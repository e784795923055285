//! What a capture can show, and what it may have missed.

use super::told_before::ToldBefore;
use crate::handshake::FilteredOut;
use serde::{Deserialize, Serialize};

/// What is known of the capture itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaptureQuality {
    /// It was filtered to SYN, FIN and RST.
    pub hides_third_step: bool,
    /// What else a filter left out.
    pub left_out: FilteredOut,
    /// Segments without payload were left out on purpose, and nothing else.
    pub leaves_out_third_step: bool,
    /// Packets were cut too short for their headers, and with them what ICMP errors quote.
    pub has_truncated_headers: bool,
    /// The capture filter, where a source names one that let no ICMP error pass; hostile text.
    pub hiding_filter: Option<String>,
    /// Every packet is TCP.
    pub holds_only_tcp: bool,
    /// Packets that the capturing host lost, where it says so.
    pub lost_packets: u64,
    /// Attempts that were judged early, because more were open than are followed at once.
    pub attempts_set_aside: u64,
    /// How many are followed at once.
    pub attempts_followed: u64,
    /// What was said of its connects before, where it is evidence.
    pub told_before: ToldBefore,
}

impl CaptureQuality {
    /// Whether ICMP errors may have been on the wire that the capture does not show: it was
    /// filtered to TCP, or to TCP flags, or cut too short for what they quote.
    pub const fn may_miss_icmp_errors(&self) -> bool {
        (self.hides_third_step && !self.leaves_out_third_step)
            || self.hiding_filter.is_some()
            || self.has_truncated_headers
    }
}
