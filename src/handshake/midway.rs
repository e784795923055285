//! Connections that fail on a request after they had worked: of those that had begun, or are older
//! than the capture. They are no attempts; what is kept of each is when it last carried data.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::flow_key::FlowKey;
use super::trouble::{SHORTEST_REPETITION, STUCK_REPETITIONS};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{AddressPairs, CaptureVerdict, Endpoint, Row, SequenceNumber, TcpFlags};

/// A connection that failed on the client's next request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MidwayFailure {
    /// Who sent the request.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// The request.
    pub request: PacketPlace,
    /// What came of it.
    pub ending: MidwayEnding,
    /// The RST, or the last repetition.
    pub last: PacketPlace,
    /// For how long nothing was carried before; `None` where the request is the first packet of it
    /// in the capture.
    pub idle: Option<Duration>,
    /// What the RST says in words.
    pub said: Option<Box<CaptureVerdict>>,
}

/// What comes of a request on which a connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MidwayEnding {
    /// The server's side resets it, after idleness.
    Reset,
    /// It is sent again and again, and never acknowledged.
    Silence {
        /// How often.
        times: u8,
        /// How many bytes each time.
        payload: u16,
    },
}

/// Nothing carried for as long is idleness.
const IDLE: Duration = Duration::from_secs(3);

/// A RST that comes later than this is no answer to the request.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);

/// What is repeated for so long is not acknowledged any more, whatever comes later.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(30);

/// So many connections are followed: those that carried data last.
const FOLLOWED: usize = 1 << 14;

/// What is known of connections that had begun.
#[derive(Debug, Default)]
pub(super) struct Midway {
    connections: HashMap<FlowKey, Activity, foldhash::fast::RandomState>,
    /// In the order in which they came; some may be gone.
    order: VecDeque<FlowKey>,
    /// Those on which something was sent again: only of these is each segment looked at.
    repeating: HashSet<FlowKey, foldhash::fast::RandomState>,
}

/// What is known of a connection whose SYN was captured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    pub(super) server: Endpoint,
    pub(super) at: Timestamp,
    /// The number of the SYN.
    pub(super) isn: SequenceNumber,
}

/// So much of what a client sends is looked at in full.
const EARLY: u32 = 1 << 16;

impl Begun {
    /// Whether it is the client's, and of the first that it sends.
    fn is_early(self, row: &Row) -> bool {
        row.sequence().is_within(self.isn, EARLY)
    }
}

/// When a connection carried data.
#[derive(Clone, Copy, Debug)]
struct Activity {
    at: Timestamp,
    /// Who sent data last.
    from: Endpoint,
    to: Endpoint,
    /// Whether the SYN was captured, and went to the one that sent data last.
    server: Option<Endpoint>,
    /// The first of what this side has sent since the other last did, where it came after idleness.
    request: Option<Request>,
    /// What this side sent last, or sends again and again.
    sent: Sent,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    place: PacketPlace,
    acknowledgment: SequenceNumber,
    idle: Option<Duration>,
}

/// A message, and how often it was sent again.
#[derive(Clone, Copy, Debug)]
struct Sent {
    first: PacketPlace,
    last: PacketPlace,
    sequence: SequenceNumber,
    payload: u16,
    repetitions: u8,
    idle: Option<Duration>,
}

impl Midway {
    /// Takes note of a segment of a connection that had begun, of which server and beginning are
    /// known where its SYN was captured.
    #[inline]
    pub(super) fn note(
        &mut self,
        row: &Row,
        addresses: &AddressPairs,
        known: Option<Begun>,
    ) -> Option<MidwayFailure> {
        let flags = row.flags();
        // Of data only the end of each message is looked at: what is asked ends with a push, and
        // of much that is carried hardly anything does. But what a client sends first may be too
        // large for the way, while the end of it arrives.
        let is_message = row.payload_length() > 0
            && (flags.contains(TcpFlags::PSH) || known.is_some_and(|begun| begun.is_early(row)));
        if is_message || flags.is_rst() || flags.has_fin() {
            return self.note_message(row, addresses, known);
        }
        if !self.repeating.is_empty() {
            self.note_answer(row, addresses);
        }
        None
    }

    #[inline(never)]
    fn note_message(
        &mut self,
        row: &Row,
        addresses: &AddressPairs,
        known: Option<Begun>,
    ) -> Option<MidwayFailure> {
        let (source, destination) = row.ends(addresses);
        let key = FlowKey::between(source, destination);
        if row.flags().is_rst() {
            let activity = self.connections.remove(&key)?;
            let was_repeating = self.repeating.remove(&key);
            // Who gives up resets what it had no answer to.
            if was_repeating && activity.from == source {
                return activity.silence();
            }
            let server = known.map(|begun| begun.server);
            return reset(activity, row, (source, destination), server);
        }
        let Some(activity) = self.connections.get_mut(&key) else {
            self.begin(key, row, (source, destination), known);
            return None;
        };
        activity.go_on(row, (source, destination));
        if activity.sent.repetitions == 0 {
            self.repeating.remove(&key);
            return None;
        }
        self.repeating.insert(key);
        if row.at().since(activity.sent.first.at) < GIVEN_UP_AFTER {
            return None;
        }
        let silence = activity.silence();
        if silence.is_some() {
            self.connections.remove(&key);
            self.repeating.remove(&key);
        }
        silence
    }

    /// Whether the other side is heard of what is sent again and again: then it is no silence, though
    /// perhaps a window that is shut.
    #[inline(never)]
    fn note_answer(&mut self, row: &Row, addresses: &AddressPairs) {
        let (source, destination) = row.ends(addresses);
        let key = FlowKey::between(source, destination);
        if self.repeating.contains(&key)
            && let Some(activity) = self.connections.get_mut(&key)
            && source == activity.to
        {
            activity.sent.repetitions = 0;
            self.repeating.remove(&key);
        }
    }

    /// What is sent again and again until the capture ends.
    pub(super) fn finish(&mut self) -> Vec<MidwayFailure> {
        let left = std::mem::take(&mut self.repeating);
        let activities = left.iter().filter_map(|key| self.connections.get(key));
        activities.filter_map(Activity::silence).collect()
    }

    fn begin(
        &mut self,
        key: FlowKey,
        row: &Row,
        (source, destination): (Endpoint, Endpoint),
        known: Option<Begun>,
    ) {
        if self.order.len() >= FOLLOWED
            && let Some(oldest) = self.order.pop_front()
        {
            self.connections.remove(&oldest);
            self.repeating.remove(&oldest);
        }
        // What was carried right after a handshake is not noted here: that it was idle since then
        // is the most that can be said.
        let idle = known.map(|begun| row.at().since(begun.at));
        let request = idle
            .is_none_or(|idle| idle >= IDLE)
            .then(|| Request::of(row, idle));
        let activity = Activity {
            at: row.at(),
            from: source,
            to: destination,
            server: known.map(|begun| begun.server),
            request,
            sent: Sent::of(row, idle),
            is_closed: row.flags().has_fin(),
        };
        self.connections.insert(key, activity);
        self.order.push_back(key);
    }
}

impl Request {
    fn of(row: &Row, idle: Option<Duration>) -> Self {
        Self {
            place: row.place(),
            acknowledgment: row.acknowledgment(),
            idle,
        }
    }
}

impl Sent {
    fn of(row: &Row, idle: Option<Duration>) -> Self {
        Self {
            first: row.place(),
            last: row.place(),
            sequence: row.sequence(),
            payload: u16::try_from(row.payload_length()).unwrap_or(u16::MAX),
            repetitions: 0,
            idle,
        }
    }

    /// Takes note of what the same side sends next: more, or once more what is not acknowledged.
    fn go_on(&mut self, row: &Row, idle: Duration) {
        let is_later = row.at().since(self.last.at) >= SHORTEST_REPETITION;
        if row.sequence() == self.sequence {
            if is_later {
                self.repetitions = self.repetitions.saturating_add(1);
                self.last = row.place();
            }
        } else if self.sequence.is_after(row.sequence()) {
            // Of several messages the first is sent again.
            *self = Self {
                repetitions: u8::from(is_later),
                ..Self::of(row, self.idle)
            };
        } else if self.repetitions == 0 {
            *self = Self::of(row, Some(idle));
        }
    }
}

impl Activity {
    fn go_on(&mut self, row: &Row, (source, destination): (Endpoint, Endpoint)) {
        let idle = row.at().since(self.at);
        let is_of_same = self.from == source;
        if !is_of_same || idle >= IDLE {
            let is_repeated = is_of_same
                && self
                    .request
                    .is_some_and(|request| request.acknowledgment == row.acknowledgment());
            if !is_repeated {
                self.request = (idle >= IDLE).then(|| Request::of(row, Some(idle)));
            }
        }
        if !is_of_same {
            self.sent = Sent::of(row, Some(idle));
        } else if row.payload_length() > 0 {
            self.sent.go_on(row, idle);
        }
        self.at = row.at();
        self.from = source;
        self.to = destination;
        self.is_closed |= row.flags().has_fin();
    }

    /// What the client sent in vain, often enough.
    fn silence(&self) -> Option<MidwayFailure> {
        let sent = self.sent;
        let is_stuck = sent.repetitions >= STUCK_REPETITIONS;
        (is_stuck && is_server(self.server, self.to, self.from)).then(|| MidwayFailure {
            client: self.from,
            server: self.to,
            request: sent.first,
            ending: MidwayEnding::Silence {
                times: sent.repetitions.saturating_add(1),
                payload: sent.payload,
            },
            last: sent.last,
            idle: sent.idle,
            said: None,
        })
    }
}

/// Whether the RST answers a request: it stands at the number that the request acknowledged.
fn reset(
    activity: Activity,
    row: &Row,
    (source, destination): (Endpoint, Endpoint),
    server: Option<Endpoint>,
) -> Option<MidwayFailure> {
    let request = activity.request.filter(|_| !activity.is_closed)?;
    let is_answer = activity.from == destination
        && row.sequence() == request.acknowledgment
        && row.at().since(request.place.at) <= ANSWERED_WITHIN;
    (is_answer && is_server(server, source, destination)).then(|| MidwayFailure {
        client: destination,
        server: source,
        request: request.place,
        ending: MidwayEnding::Reset,
        last: row.place(),
        idle: request.idle,
        said: None,
    })
}

/// Whether this end is the server. Without its SYN, ports tell: a server's is the lower one, and no
/// client's.
fn is_server(server: Option<Endpoint>, end: Endpoint, other: Endpoint) -> bool {
    match server {
        Some(server) => server == end,
        None => end.port < other.port && end.port < FIRST_OF_CLIENTS,
    }
}

/// From here on ports are given to clients, on the systems that begin lowest but for old ones.
const FIRST_OF_CLIENTS: u16 = 32_768;

#[cfg(test)]
mod tests;
