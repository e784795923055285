//! Connects to all addresses of one target, each in its time.

use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::clock::now;
use super::one_connect::{BETWEEN_LOOKS, OneConnect};
use super::report::ConnectReport;
use super::settings::ConnectSettings;
use super::shared::Shared;
use super::socket::{Heard, TcpSocket};
use crate::host::ConnectTable;

/// The next address is tried after so long, or as soon as one has failed (RFC 8305 §5).
const BETWEEN_ADDRESSES: Duration = Duration::from_millis(250);
/// An orderly close waits so long for the other side's, and reads so much meanwhile: the kernel
/// resets what is closed with bytes unread.
const LONGEST_CLOSE: Duration = Duration::from_millis(100);
const MOST_READ_AT_CLOSE: usize = 64 << 10;

/// Connects to all of them, told one by one as each ends, in the order in which they end.
pub(super) fn connect_all(
    addresses: &[SocketAddr],
    settings: ConnectSettings,
    shared: &Shared,
    each: &mut dyn FnMut(usize, ConnectReport),
) {
    let mut round = Round::new(addresses, settings, shared);
    while !round.is_over() {
        round.begin_what_is_due();
        round.wait();
        round.look(each);
    }
    if !settings.first_byte.is_zero() {
        hear_out(std::mem::take(&mut round.closing));
    }
}

/// The connects to one target.
struct Round<'a> {
    addresses: &'a [SocketAddr],
    settings: ConnectSettings,
    began: Instant,
    next_begins: Instant,
    begun: usize,
    open: Vec<OneConnect>,
    table: ConnectTable,
    shared: &'a Shared,
    reserved: Option<Instant>,
    closing: Vec<TcpSocket>,
}
impl<'a> Round<'a> {
    fn new(addresses: &'a [SocketAddr], settings: ConnectSettings, shared: &'a Shared) -> Self {
        let began = now();
        Self {
            addresses,
            settings,
            began,
            next_begins: began,
            begun: 0,
            open: Vec::new(),
            table: ConnectTable::open(),
            shared,
            reserved: None,
            closing: Vec::new(),
        }
    }

    fn is_over(&self) -> bool {
        self.begun == self.addresses.len() && self.open.is_empty()
    }

    fn begin_what_is_due(&mut self) {
        let Some(address) = self.addresses.get(self.begun).copied() else {
            return;
        };
        let is_anything_waited_for = self.open.iter().any(OneConnect::is_connecting);
        if now() < self.next_begins && is_anything_waited_for {
            return;
        }
        let pace = &self.shared.pace;
        let begins = *self.reserved.get_or_insert_with(|| pace.reserve(address));
        if now() < begins {
            self.next_begins = begins;
            return;
        }
        self.reserved = None;
        self.open.push(OneConnect::begin(self.begun, address));
        self.begun += 1;
        self.next_begins = now() + BETWEEN_ADDRESSES;
    }

    /// Until something happens, or it is time for something.
    fn wait(&self) {
        let mut until = now() + BETWEEN_LOOKS;
        if self.begun < self.addresses.len() {
            until = until.min(self.next_begins);
        }
        let deadlines = self
            .open
            .iter()
            .filter_map(|one| one.deadline(self.settings));
        until = deadlines.fold(until, Instant::min);
        if self.open.iter().any(OneConnect::is_over) {
            return;
        }
        let mut descriptors: Vec<PollFd<'_>> =
            self.open.iter().filter_map(OneConnect::waits_for).collect();
        let longest = until.saturating_duration_since(now());
        let timeout = Timespec {
            tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: longest.subsec_nanos().into(),
        };
        // A signal ends the wait: then nothing has happened yet.
        let _ = poll(&mut descriptors, Some(&timeout));
    }

    fn look(&mut self, each: &mut dyn FnMut(usize, ConnectReport)) {
        for one in &mut self.open {
            one.look(&mut self.table, self.settings);
            self.closing.extend(one.closing.take());
            if let Some(place) = one.answered() {
                self.shared.note_answer(place);
            }
        }
        let (over, open) = std::mem::take(&mut self.open)
            .into_iter()
            .partition(OneConnect::is_over);
        self.open = open;
        let over: Vec<OneConnect> = over;
        for one in over {
            let place = one.place;
            let answers_elsewhere = self.shared.answers_elsewhere(one.address);
            each(place, one.report(self.began, answers_elsewhere));
        }
    }
}
/// Reads what still comes on connections that are closed on this side, until the others have closed
/// as well, or for a while.
fn hear_out(mut closing: Vec<TcpSocket>) {
    let until = now() + LONGEST_CLOSE;
    let mut read = 0;
    while !closing.is_empty() && read < MOST_READ_AT_CLOSE && now() < until {
        let mut waited: Vec<PollFd<'_>> = closing
            .iter()
            .map(|socket| PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::IN))
            .collect();
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: until.saturating_duration_since(now()).subsec_nanos().into(),
        };
        let _ = poll(&mut waited, Some(&timeout));
        closing.retain(|socket| match socket.hear() {
            Heard::Bytes(length) => {
                read += length;
                true
            }
            Heard::Nothing => true,
            Heard::Closed | Heard::Reset => false,
        });
    }
}
