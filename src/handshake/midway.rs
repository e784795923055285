//! Connections that fail on a request after they had worked: of those that had begun, or are older
//! than the capture. They are no attempts; what is kept of each is when it last carried data.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::Duration;

use serde::Serialize;

use super::flow_key::FlowKey;
use super::trouble::{SHORTEST_REPETITION, STUCK_REPETITIONS};
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{AddressPairs, CaptureVerdict, Endpoint, Row, SequenceNumber, TcpFlags};

/// A connection that failed on the client's next request.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MidwayEnding {
    /// The server's side resets it, after idleness.
    Reset,
    /// It is sent so often, and never acknowledged.
    Silence(u8),
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
        known: Option<(Endpoint, Timestamp)>,
    ) -> Option<MidwayFailure> {
        let flags = row.flags();
        // Of data only the end of each message is looked at: what is asked ends with a push, and
        // of much that is carried hardly anything does.
        let is_message = row.payload_length() > 0 && flags.contains(TcpFlags::PSH);
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
        known: Option<(Endpoint, Timestamp)>,
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
            let server = known.map(|(server, _)| server);
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
        known: Option<(Endpoint, Timestamp)>,
    ) {
        if self.order.len() >= FOLLOWED
            && let Some(oldest) = self.order.pop_front()
        {
            self.connections.remove(&oldest);
            self.repeating.remove(&oldest);
        }
        // What was carried right after a handshake is not noted here: that it was idle since then
        // is the most that can be said.
        let idle = known.map(|(_, begun)| row.at().since(begun));
        let request = idle
            .is_none_or(|idle| idle >= IDLE)
            .then(|| Request::of(row, idle));
        let activity = Activity {
            at: row.at(),
            from: source,
            to: destination,
            server: known.map(|(server, _)| server),
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
            ending: MidwayEnding::Silence(sent.repetitions.saturating_add(1)),
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
mod tests {
    use super::*;
    use crate::capture::{PacketNumber, SourceId};
    use crate::decode::{
        CaptureFacts, Contexts, Encapsulation, IpFacts, Segment, TcpFlags, TcpOptions,
    };

    fn row(at_seconds: i64, is_from_client: bool, flags: u16, payload_length: u32) -> Row {
        let client = Endpoint {
            address: "10.0.0.7".parse().unwrap(),
            port: 41_000,
        };
        let server = Endpoint {
            address: "10.0.1.20".parse().unwrap(),
            port: 443,
        };
        let (source, destination) = if is_from_client {
            (client, server)
        } else {
            (server, client)
        };
        let number = |client, server| SequenceNumber(if is_from_client { client } else { server });
        let segment = Segment {
            source,
            destination,
            ip: IpFacts {
                ttl: 64,
                identification: Some(1),
                dont_fragment: Some(true),
                traffic_class: 0,
                flow_label: None,
                capture: CaptureFacts::default(),
            },
            encapsulation: Encapsulation::default(),
            sequence: number(5000, 9000),
            acknowledgment: number(9000, 5100),
            flags: TcpFlags(flags),
            window: Some(500),
            payload_length,
            options: TcpOptions::default(),
            is_whole: true,
        };
        let place = PacketPlace {
            at: Timestamp::from_nanoseconds(at_seconds * 1_000_000_000),
            source: SourceId(0),
            number: PacketNumber(1),
        };
        let mut addresses = AddressPairs::default();
        Row::of_segment(&segment, place, &Contexts::default(), &mut addresses).unwrap()
    }

    fn failures(rows: &[Row]) -> Vec<MidwayEnding> {
        let mut midway = Midway::default();
        let addresses = AddressPairs::default();
        let noted = rows.iter().map(|row| midway.note(row, &addresses, None));
        let mut failures: Vec<MidwayFailure> = noted.flatten().collect();
        failures.extend(midway.finish());
        failures.iter().map(|failure| failure.ending).collect()
    }

    fn resets(rows: &[Row]) -> usize {
        let resets = failures(rows).into_iter();
        resets
            .filter(|ending| *ending == MidwayEnding::Reset)
            .count()
    }

    const DATA: u16 = 0x18;
    const RESET: u16 = 0x14;

    #[test]
    fn a_request_on_an_old_connection_is_reset() {
        assert_eq!(
            resets(&[row(1, true, DATA, 90), row(1, false, RESET, 0)]),
            1
        );
    }

    #[test]
    fn so_is_one_after_idleness_and_none_amid_a_conversation() {
        let conversation = [row(1, true, DATA, 90), row(1, false, DATA, 90)];
        let after = |pause: i64| {
            [
                row(1 + pause, true, DATA, 90),
                row(1 + pause, false, RESET, 0),
            ]
        };
        assert_eq!(resets(&[conversation, after(60)].concat()), 1);
        assert_eq!(resets(&[conversation, after(1)].concat()), 0);
    }

    #[test]
    fn a_client_that_goes_away_is_no_such_reset() {
        assert_eq!(
            resets(&[row(1, false, DATA, 90), row(1, true, RESET, 0)]),
            0
        );
        let closed = [row(1, false, 0x11, 0), row(9, true, DATA, 9)];
        let reset = [row(9, false, RESET, 0)];
        assert_eq!(resets(&[closed.as_slice(), &reset].concat()), 0);
    }

    /// An exchange, and after an hour a request that is sent at these seconds.
    fn repeated(seconds: &[i64]) -> Vec<Row> {
        let exchange = [row(1, true, DATA, 90), row(1, false, DATA, 90)];
        let again = seconds.iter().map(|at| row(3600 + at, true, DATA, 90));
        exchange.into_iter().chain(again).collect()
    }

    #[test]
    fn a_request_that_is_repeated_in_vain_is_told_once() {
        assert_eq!(failures(&repeated(&[0, 1, 3])), []);
        let to_the_end = failures(&repeated(&[0, 1, 3, 7]));
        assert_eq!(to_the_end, [MidwayEnding::Silence(4)]);
        let for_long = failures(&repeated(&[0, 1, 3, 7, 15, 31, 63]));
        assert_eq!(for_long, [MidwayEnding::Silence(6)]);
        let until_given_up = [repeated(&[0, 1, 3, 7]), vec![row(3611, true, RESET, 0)]];
        assert_eq!(
            failures(&until_given_up.concat()),
            [MidwayEnding::Silence(4)]
        );
    }

    #[test]
    fn whatever_comes_of_the_other_side_is_no_silence() {
        let acknowledged = [repeated(&[0, 1, 3, 7]), vec![row(3608, false, 0x10, 0)]];
        assert_eq!(failures(&acknowledged.concat()), []);
        let window_is_shut = [
            row(1, true, DATA, 90),
            row(2, true, DATA, 90),
            row(2, false, 0x10, 0),
            row(4, true, DATA, 90),
            row(4, false, 0x10, 0),
            row(8, true, DATA, 90),
            row(8, false, 0x10, 0),
            row(16, true, DATA, 90),
            row(16, false, 0x10, 0),
        ];
        assert_eq!(failures(&window_is_shut), []);
    }

    #[test]
    fn what_a_server_sends_to_a_client_that_is_gone_is_no_failure() {
        let pushed: Vec<Row> = [1, 2, 4, 8, 16]
            .into_iter()
            .map(|at| row(at, false, DATA, 90))
            .collect();
        assert_eq!(failures(&pushed), []);
    }
}
