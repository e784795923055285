//! One client, from its request to the end.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use rustix::event::PollFlags;

use super::request::{self, LONGEST};
use super::response;
use crate::capture::Timestamp;
use crate::live::metrics::Told;

/// From the first to the last byte, a client may take so long.
pub(super) const LONGEST_TIME: Duration = Duration::from_secs(5);

/// What a client still sends when it has its answer is thrown away for so long, so that the answer
/// reaches it.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// One client.
pub(super) struct Connection {
    stream: TcpStream,
    ends_at: Duration,
    state: State,
}

enum State {
    Reading(Vec<u8>),
    Writing {
        response: Vec<u8>,
        written: usize,
    },
    /// All is said; what still comes is thrown away.
    Ending,
    Closed,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, running: Duration) -> Self {
        Self {
            stream,
            ends_at: running + LONGEST_TIME,
            state: State::Reading(Vec::new()),
        }
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(super) fn waits_for(&self) -> PollFlags {
        match self.state {
            State::Writing { .. } => PollFlags::OUT,
            _ => PollFlags::IN,
        }
    }

    pub(super) fn ends_at(&self) -> Duration {
        self.ends_at
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Something came, or can be sent, or the time is over.
    pub(super) fn go_on(&mut self, told: &Told, running: Duration, now: Timestamp) {
        if running >= self.ends_at {
            self.time_is_over(now);
        }
        match &mut self.state {
            State::Reading(_) => self.read(told, running, now),
            State::Writing { .. } => self.write(running),
            State::Ending => self.throw_away(),
            State::Closed => {}
        }
    }

    fn time_is_over(&mut self, now: Timestamp) {
        if let State::Reading(request) = &self.state
            && !request.is_empty()
        {
            // As far as it goes.
            let _ = self.stream.write(&response::too_slow(now));
        }
        self.state = State::Closed;
    }

    fn read(&mut self, told: &Told, running: Duration, now: Timestamp) {
        let State::Reading(request) = &mut self.state else {
            return;
        };
        let mut piece = [0; 2048];
        while request.len() < LONGEST {
            match self.stream.read(&mut piece) {
                Ok(0) => {
                    self.state = State::Closed;
                    return;
                }
                Ok(length) => {
                    request.extend_from_slice(piece.get(..length).unwrap_or_default());
                    if let Some(response) = response::to(request::parse(request), told, now) {
                        self.state = State::Writing {
                            response,
                            written: 0,
                        };
                        self.write(running);
                        return;
                    }
                }
                Err(error) if is_for_now(error.kind()) => return,
                Err(_) => {
                    self.state = State::Closed;
                    return;
                }
            }
        }
    }

    fn write(&mut self, running: Duration) {
        let State::Writing { response, written } = &mut self.state else {
            return;
        };
        while let Some(rest) = response.get(*written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(length) if length > 0 => *written += length,
                Err(error) if is_for_now(error.kind()) => return,
                _ => {
                    self.state = State::Closed;
                    return;
                }
            }
        }
        // Closing at once would take back what was sent, if the client is still sending.
        let is_shut = self.stream.shutdown(Shutdown::Write).is_ok();
        self.state = if is_shut {
            State::Ending
        } else {
            State::Closed
        };
        self.ends_at = running + LONGEST_REST;
        self.throw_away();
    }

    /// A few pieces at a time: whoever sends without end is cut off when its time is over.
    fn throw_away(&mut self) {
        let mut piece = [0; 2048];
        for _ in 0..8 {
            match self.stream.read(&mut piece) {
                Ok(length) if length > 0 => {}
                Err(error) if is_for_now(error.kind()) => return,
                _ => {
                    self.state = State::Closed;
                    return;
                }
            }
        }
    }
}

fn is_for_now(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
