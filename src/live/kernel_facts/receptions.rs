//! Packets that came in a moment ago, as the kernel tells it: what was captured then may be any of
//! them. Other network namespaces have interfaces of the same names.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::capture::Timestamp;
use crate::host::Reception;

/// So many are remembered of each processor, and of so many processors.
const REMEMBERED: usize = 1 << 15;
const PROCESSORS: usize = 1 << 12;

/// A packet is given to whoever captures within this time, unless its processor is kept busy.
const HANDED_ON: Duration = Duration::from_micros(40);
const COARSENESS: Duration = Duration::from_micros(1);

/// The latest of each processor, in order.
#[derive(Debug, Default)]
pub(super) struct Receptions(Vec<VecDeque<(Timestamp, u32, Arc<str>)>>);

impl Receptions {
    pub(super) fn note(&mut self, reception: &Reception) {
        if reception.processor >= PROCESSORS {
            return;
        }
        if self.0.len() <= reception.processor {
            self.0.resize_with(reception.processor + 1, VecDeque::new);
        }
        if let Some(own) = self.0.get_mut(reception.processor) {
            if own.len() >= REMEMBERED {
                own.pop_front();
            }
            own.push_back((
                reception.at,
                reception.length,
                Arc::clone(&reception.interface),
            ));
        }
    }

    /// Whether what was captured `at` this time may have come in as another one of this length and
    /// interface, that another processor had in hand then.
    pub(super) fn has_another(&self, reception: &Reception, at: Timestamp) -> bool {
        let others = self.0.iter().enumerate();
        others
            .filter(|(processor, _)| *processor != reception.processor)
            .any(|(_, own)| {
                let until = at.after(COARSENESS);
                let next = own.partition_point(|(came, _, _)| *came <= until);
                let latest = next.checked_sub(1).and_then(|place| own.get(place));
                latest.is_some_and(|one| at.since(one.0) <= HANDED_ON && is_like(one, reception))
            })
    }

    /// Whether another one of this length and interface came in about this time, on whatever
    /// processor.
    pub(super) fn has_another_near(&self, reception: &Reception, at: Timestamp) -> bool {
        let (from, until) = (at.before(HANDED_ON), reception.at.after(HANDED_ON));
        self.0.iter().enumerate().any(|(processor, own)| {
            let first = own.partition_point(|(came, _, _)| *came < from);
            let near = own.iter().skip(first);
            near.take_while(|(came, _, _)| *came <= until).any(|one| {
                let is_itself = processor == reception.processor && one.0 == reception.at;
                !is_itself && is_like(one, reception)
            })
        })
    }

    pub(super) fn forget_before(&mut self, at: Timestamp) {
        for own in &mut self.0 {
            while own.front().is_some_and(|(came, _, _)| *came < at) {
                own.pop_front();
            }
        }
    }
}

fn is_like((_, length, interface): &(Timestamp, u32, Arc<str>), reception: &Reception) -> bool {
    *length == reception.length && *interface == reception.interface
}
