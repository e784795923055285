//! Packets of several interfaces in the order of their times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::capture::{CapturedOn, LinkType, Packet, PacketPlace, Timestamp};

/// How much later than others an interface may hand over a packet: its kernel buffer is given away
/// every 20 ms, or a little later on a busy host.
pub(super) const WINDOW: Duration = Duration::from_millis(30);

/// So many are held back at most: under a load where they come faster, order is worth less than
/// memory.
const HELD_BACK: usize = 1 << 16;

/// Holds packets back until none can come that is older.
#[derive(Debug, Default)]
pub(super) struct Reorder {
    held: BinaryHeap<Reverse<Held>>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    place: PacketPlace,
    link_type: Option<LinkType>,
    wire_length: u32,
    bytes: Box<[u8]>,
}

impl Reorder {
    pub(super) fn hold(&mut self, packet: &Packet<'_>) {
        self.held.push(Reverse(Held {
            place: packet.place,
            link_type: packet.link_type,
            wire_length: packet.wire_length,
            bytes: packet.bytes.into(),
        }));
    }

    /// Gives away what is older than `until`, and more when too much is held back.
    pub(super) fn release(&mut self, until: Timestamp, mut each: impl FnMut(&Packet<'_>)) {
        while let Some(Reverse(oldest)) = self.held.peek() {
            if oldest.place.at > until && self.held.len() <= HELD_BACK {
                return;
            }
            if let Some(Reverse(held)) = self.held.pop() {
                each(&Packet {
                    place: held.place,
                    link_type: held.link_type,
                    bytes: &held.bytes,
                    wire_length: held.wire_length,
                    captured_on: CapturedOn::default(),
                    options: None,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{PacketNumber, SourceId};

    #[test]
    fn packets_come_out_in_the_order_of_time_and_none_too_soon() {
        let mut reorder = Reorder::default();
        for (source, at) in [(0, 10), (0, 30), (1, 20), (1, 40)] {
            let place = PacketPlace {
                at: Timestamp::from_nanoseconds(at),
                source: SourceId(source),
                number: PacketNumber(1),
            };
            reorder.hold(&Packet {
                place,
                link_type: Some(LinkType::ETHERNET),
                bytes: &[1, 2, 3],
                wire_length: 3,
                captured_on: CapturedOn::default(),
                options: None,
            });
        }
        let mut released = Vec::new();
        let mut release = |until| {
            reorder.release(Timestamp::from_nanoseconds(until), |packet| {
                released.push(packet.place.at.nanoseconds());
            });
            released.clone()
        };
        assert_eq!(release(30), [10, 20, 30]);
        assert_eq!(release(39), [10, 20, 30]);
        assert_eq!(release(50), [10, 20, 30, 40]);
    }
}
