//! Translated ends that two connects have at once: to the server they are one connection.

use std::collections::BTreeMap;

use super::clock::ClockEstimate;
use super::place::Place;
use super::verdict::JudgedConnect;
use crate::decode::Endpoint;

/// Two connects with the same ends behind a translator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UsedTwice {
    /// From where to where they were translated.
    pub(super) stretch: (usize, usize),
    /// The client of both, as it is called behind it.
    pub(super) mapping: Endpoint,
    /// The client of the first, before it, and that of the second.
    pub(super) clients: (Endpoint, Endpoint),
    /// The second connect, by its index.
    pub(super) second: usize,
    /// Whether packets of the first were seen after the second had begun; or else it was not seen
    /// to end, and the second failed.
    pub(super) is_seen: bool,
}

/// One of them, and when it was seen on the first place's clock: from, until, and how much both may
/// be off.
struct Use {
    index: usize,
    client: Endpoint,
    from: i64,
    until: i64,
    off: i64,
    stays_open: bool,
    is_sound: bool,
}

/// All of them, in the order of the connects.
pub(super) fn used_twice(
    places: &[Place],
    clocks: &[ClockEstimate],
    connects: &[JudgedConnect],
) -> Vec<UsedTwice> {
    type Mapping = ((usize, usize), Endpoint, Endpoint);
    let mut uses: BTreeMap<Mapping, Vec<Use>> = BTreeMap::new();
    for (index, judged) in connects.iter().enumerate() {
        let seen: Vec<usize> = (0..places.len())
            .filter(|place| judged.connect.is_seen_at(*place))
            .collect();
        for (before, after) in seen.iter().zip(seen.iter().skip(1)) {
            let (Some(inside), Some(outside)) =
                (judged.at(places, *before), judged.at(places, *after))
            else {
                continue;
            };
            if inside.client == outside.client {
                continue;
            }
            let clock = clocks.get(*before);
            let times = inside
                .packets
                .iter()
                .filter_map(|packet| clock?.to_reference(packet.place.at));
            let mut times = times.peekable();
            let Some((first, off)) = times.peek().copied() else {
                continue;
            };
            let until = times.map(|(at, _)| at).max().unwrap_or(first);
            let mapping = ((*before, *after), outside.client, outside.server);
            uses.entry(mapping).or_default().push(Use {
                index,
                client: inside.client,
                from: first,
                until,
                off,
                stays_open: inside.stays_open,
                is_sound: judged.is_sound(),
            });
        }
    }
    let mut found = Vec::new();
    for ((stretch, mapping, _), mut uses) in uses {
        uses.sort_by_key(|one| (one.from, one.index));
        for (first, second) in uses.iter().zip(uses.iter().skip(1)) {
            let off = first.off.saturating_add(second.off);
            let is_seen = first.until.saturating_sub(off) > second.from;
            if first.client != second.client && (is_seen || (first.stays_open && !second.is_sound))
            {
                found.push(UsedTwice {
                    stretch,
                    mapping,
                    clients: (first.client, second.client),
                    second: second.index,
                    is_seen,
                });
            }
        }
    }
    found.sort_by_key(|one| one.second);
    found
}
