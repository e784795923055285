//! What a packet says at the next place that it did not say before.

use super::seen::PathPacket;
use crate::decode::{Endpoint, TcpFlags};

/// What may change on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Maximum segment size.
    SegmentSize,
    /// Window scale.
    WindowScale,
    /// SACK permitted.
    Sack,
    /// The timestamps option.
    Timestamps,
    /// Fast Open.
    FastOpen,
    /// Multipath TCP.
    Multipath,
    /// TCP-MD5 or TCP-AO.
    Authentication,
    /// The flags by which ECN is agreed on.
    Ecn,
    /// The differentiated services code point.
    Dscp,
    /// Hops to live: more than before.
    Ttl,
    /// Sequence numbers.
    Numbers,
    /// The client's address or port.
    Client,
    /// The server's.
    Server,
    /// How much longer it took than others, in seconds: longer than all the rest of its way.
    Delay,
}

impl Field {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SegmentSize => "mss",
            Self::WindowScale => "window_scale",
            Self::Sack => "sack",
            Self::Timestamps => "timestamps",
            Self::FastOpen => "fast_open",
            Self::Multipath => "mptcp",
            Self::Authentication => "authentication",
            Self::Ecn => "ecn",
            Self::Dscp => "dscp",
            Self::Ttl => "ttl",
            Self::Numbers => "numbers",
            Self::Client => "client",
            Self::Server => "server",
            Self::Delay => "delay",
        }
    }
}

/// A field that changed: what it was, and what it is; empty where it is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Which.
    pub field: Field,
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// A packet at two places that it passed one after the other, with the ends of its connect there.
pub(super) struct Passing<'a> {
    pub(super) before: &'a PathPacket,
    pub(super) after: &'a PathPacket,
    pub(super) ends_before: (Endpoint, Endpoint),
    pub(super) ends_after: (Endpoint, Endpoint),
}

impl Passing<'_> {
    /// All that changed.
    pub(super) fn changes(&self) -> Vec<Change> {
        let (before, after) = (self.before, self.after);
        let mut changes = Vec::new();
        let mut note = |field: Field, from: String, to: String| {
            if from != to {
                changes.push(Change { field, from, to });
            }
        };
        if before.is_whole && after.is_whole {
            let (old, new) = (before.options, after.options);
            let size = |size: Option<u16>| size.map_or_else(String::new, |size| size.to_string());
            let scale = |scale: Option<u8>| scale.map_or_else(String::new, |bits| bits.to_string());
            note(
                Field::SegmentSize,
                size(old.maximum_segment_size),
                size(new.maximum_segment_size),
            );
            note(
                Field::WindowScale,
                scale(old.window_scale),
                scale(new.window_scale),
            );
            note(
                Field::Sack,
                yes(old.sack_permitted),
                yes(new.sack_permitted),
            );
            note(
                Field::Timestamps,
                yes(old.timestamps.is_some()),
                yes(new.timestamps.is_some()),
            );
            note(Field::FastOpen, yes(old.fast_open), yes(new.fast_open));
            note(Field::Multipath, yes(old.multipath), yes(new.multipath));
            note(
                Field::Authentication,
                yes(old.authentication),
                yes(new.authentication),
            );
        }
        note(Field::Ecn, ecn(before.flags), ecn(after.flags));
        let dscp = |class: u8| (class >> 2).to_string();
        note(
            Field::Dscp,
            dscp(before.traffic_class),
            dscp(after.traffic_class),
        );
        if after.ttl > before.ttl {
            note(Field::Ttl, before.ttl.to_string(), after.ttl.to_string());
        }
        note(
            Field::Numbers,
            before.sequence.0.to_string(),
            after.sequence.0.to_string(),
        );
        let ends = (self.ends_before, self.ends_after);
        note(Field::Client, ends.0.0.to_string(), ends.1.0.to_string());
        note(Field::Server, ends.0.1.to_string(), ends.1.1.to_string());
        changes
    }
}

fn yes(is_there: bool) -> String {
    if is_there { "yes" } else { "" }.to_owned()
}

fn ecn(flags: TcpFlags) -> String {
    let bits = [(TcpFlags::ECE, "ece"), (TcpFlags::CWR, "cwr")];
    let set = bits.into_iter().filter(|(bit, _)| flags.contains(*bit));
    let names: Vec<&str> = set.map(|(_, name)| name).collect();
    names.join(" ")
}
