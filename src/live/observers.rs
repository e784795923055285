//! Several observers of one watch.

use std::time::Duration;

use super::{GoOn, LiveEvent, LiveObserver, LiveWatch};
use crate::capture::Packet;
use crate::decode::Observation;
use crate::handshake::{DecidedAttempt, Outcome};

/// Observers that hear the same, in this order: the watch goes on as long as all of them want it
/// to.
#[derive(Default)]
pub struct Observers<'a>(Vec<&'a mut dyn LiveObserver>);

impl<'a> Observers<'a> {
    /// Adds one behind the others.
    pub fn add(&mut self, observer: &'a mut dyn LiveObserver) {
        self.0.push(observer);
    }
}

impl LiveObserver for Observers<'_> {
    fn event(&mut self, event: &LiveEvent<'_>) {
        for observer in &mut self.0 {
            observer.event(event);
        }
    }

    fn decided(&mut self, decided: &DecidedAttempt, before: Option<Outcome>, is_noise: bool) {
        for observer in &mut self.0 {
            observer.decided(decided, before, is_noise);
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, observation: &Observation) {
        for observer in &mut self.0 {
            observer.packet(packet, observation);
        }
    }

    fn turn(&mut self, watch: &LiveWatch, running: Duration) -> GoOn {
        // Each hears of every turn, also when another has enough.
        let wishes = self
            .0
            .iter_mut()
            .map(|observer| observer.turn(watch, running));
        wishes.fold(
            GoOn::Yes,
            |all, one| if one == GoOn::No { one } else { all },
        )
    }
}
