//! The same load as it is captured at its other end: beside the servers, by another clock, and with
//! losses on the way.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::ops::AddAssign;

use super::capture_file::{CaptureFile, Written};
use super::connection::Sender;
use super::frame::Segment;
use super::payload::PayloadPool;
use super::random::Random;

/// How long a packet is on the way, in microseconds: less than half of what any answer takes.
const ON_THE_WAY: u64 = 100;

/// How many routers are on the way.
const HOPS: u8 = 3;

/// What is different at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FarSettings {
    /// Of a million packets, each way, so many are lost.
    pub(crate) lost_of_a_million: u32,
    /// How far its clock runs ahead, in microseconds.
    pub(crate) clock_ahead: u64,
}

/// How many packets were lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    /// On the way to the server.
    pub(crate) to_server: u64,
    /// On the way to the client.
    pub(crate) to_client: u64,
}

impl AddAssign<Sender> for Lost {
    fn add_assign(&mut self, sender: Sender) {
        match sender {
            Sender::Client => self.to_server += 1,
            Sender::Server => self.to_client += 1,
        }
    }
}

/// The place beside the servers.
#[derive(Debug)]
pub(super) struct FarPlace<W> {
    file: CaptureFile<W>,
    settings: FarSettings,
    lost: Lost,
    /// Packets that others may come before: when, in which order they were made, and what they are.
    waiting: BinaryHeap<Reverse<(u64, u64, Vec<u8>)>>,
    made: u64,
}

impl<W: Write> FarPlace<W> {
    pub(super) fn new(file: CaptureFile<W>, settings: FarSettings) -> Self {
        Self {
            file,
            settings,
            lost: Lost::default(),
            waiting: BinaryHeap::new(),
            made: 0,
        }
    }

    /// Whether the largest record still fits.
    pub(super) fn has_room(&self) -> bool {
        let waiting = self.waiting.len() as u64;
        self.file.has_room((waiting + 1) * 2048)
    }

    /// Whether a packet of this sender is lost.
    pub(super) fn loses(&mut self, sender: Sender, random: &mut Random) -> bool {
        let is_lost = random.below(1_000_000) < self.settings.lost_of_a_million;
        if is_lost {
            self.lost += sender;
        }
        is_lost
    }

    /// Captures a segment that is at the client `at` microseconds after the start, or would be.
    pub(super) fn add(
        &mut self,
        at: u64,
        sender: Sender,
        segment: &Segment,
        payloads: &PayloadPool,
    ) -> io::Result<()> {
        let (at, ttl) = match sender {
            Sender::Client => (at + ON_THE_WAY, segment.ttl - HOPS),
            Sender::Server => (at.saturating_sub(ON_THE_WAY), segment.ttl + HOPS),
        };
        let mut frame = Vec::new();
        Segment { ttl, ..*segment }.append(payloads, &mut frame);
        self.made += 1;
        self.waiting.push(Reverse((at, self.made, frame)));
        // What comes later at the client was here no earlier than this.
        self.write_until(at.saturating_sub(2 * ON_THE_WAY))
    }

    fn write_until(&mut self, time: u64) -> io::Result<()> {
        while let Some(Reverse((at, ..))) = self.waiting.peek() {
            if *at > time {
                break;
            }
            let Some(Reverse((at, _, bytes))) = self.waiting.pop() else {
                break;
            };
            let by_its_clock = at + self.settings.clock_ahead;
            self.file
                .add(by_its_clock, |frame| frame.extend_from_slice(&bytes))?;
        }
        Ok(())
    }

    /// Writes what is left.
    pub(super) fn finish(mut self) -> io::Result<(Written, Lost)> {
        self.write_until(u64::MAX)?;
        Ok((self.file.finish()?, self.lost))
    }
}
