//! What a capture says about an interface that it captured on.

use serde::{Deserialize, Serialize};

use super::LinkType;
use super::time_unit::TimeUnit;

/// One interface of a source, as declared there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// Its index in its source: of a pcapng with several sections, the indices go on counting.
    pub id: u32,
    /// `if_name`; hostile text.
    pub name: Option<String>,
    /// `if_description`; hostile text.
    pub description: Option<String>,
    /// `if_filter`: what was captured, in libpcap's language; hostile text.
    pub filter: Option<String>,
    /// What else is said of it, as a pcapng file has it: code and value, numbers little-endian.
    pub(super) others: Vec<(u16, Vec<u8>)>,
    /// Whether `etl2pcapng` wrote it, of a trace of Windows.
    pub(crate) is_of_windows: bool,
    /// What its packets start with.
    pub link_type: LinkType,
    /// The largest number of bytes kept of a packet; 0 means no limit.
    pub snap_length: u32,
    /// In what its times are counted.
    pub(super) time_unit: TimeUnit,
}

/// What tcpwhy calls an interface on which segments without payload were left out on purpose.
pub(crate) const LEAVES_OUT_THIRD_STEP: &str =
    "tcpwhy live --light: segments that carry nothing are left out";

impl Interface {
    /// Of which nothing but the link type is known.
    pub(crate) fn undescribed(id: u32, link_type: LinkType) -> Self {
        Self {
            id,
            name: None,
            description: None,
            filter: None,
            others: Vec::new(),
            is_of_windows: false,
            link_type,
            snap_length: 0,
            time_unit: TimeUnit::of_nanoseconds(true),
        }
    }

    /// One that stands for a place on a path.
    #[cfg(feature = "evidence")]
    pub(crate) fn of_place(name: &str, link_type: LinkType) -> Self {
        Self {
            name: Some(name.to_owned()),
            ..Self::undescribed(0, link_type)
        }
    }

    /// Whether segments without payload were left out on purpose, and nothing else of what a
    /// verdict needs.
    pub fn leaves_out_third_step(&self) -> bool {
        self.description.as_deref() == Some(LEAVES_OUT_THIRD_STEP)
    }

    /// Whether its capture filter let no ICMP error pass.
    pub fn hides_icmp_errors(&self) -> bool {
        self.filter
            .as_deref()
            .is_some_and(super::filter_expression::hides_icmp_errors)
    }
}

/// How many interfaces of a source are remembered for the report: a hostile file declares millions.
pub(crate) const REMEMBERED_INTERFACES: usize = 1024;
