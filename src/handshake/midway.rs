//! Connections that are reset on a request after idleness: of those that had begun, or are older
//! than the capture. They are no attempts; what is kept of each is when it last carried data.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::flow_key::FlowKey;
use crate::capture::{PacketPlace, Timestamp};
use crate::decode::{AddressPairs, CaptureVerdict, Endpoint, Row, SequenceNumber, TcpFlags};

/// A connection that the server's side reset on the client's next request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MidwayReset {
    /// Who sent the request.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// The request.
    pub request: PacketPlace,
    /// The RST.
    pub reset: PacketPlace,
    /// For how long nothing was carried before; `None` where the request is the first packet of it
    /// in the capture.
    pub idle: Option<Duration>,
    /// What the RST says in words.
    pub said: Option<Box<CaptureVerdict>>,
}

/// Nothing carried for as long is idleness.
const IDLE: Duration = Duration::from_secs(3);

/// A RST that comes later than this is no answer to the request.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);

/// So many connections are followed: those that carried data last.
const FOLLOWED: usize = 1 << 14;

/// What is known of connections that had begun.
#[derive(Debug, Default)]
pub(super) struct Midway {
    connections: HashMap<FlowKey, Activity, foldhash::fast::RandomState>,
    /// In the order in which they came; some may be gone.
    order: VecDeque<FlowKey>,
}

/// When a connection carried data.
#[derive(Clone, Copy, Debug)]
struct Activity {
    at: Timestamp,
    /// Who sent data last.
    from: Endpoint,
    /// The first of what this side has sent since the other last did, where it came after idleness.
    request: Option<Request>,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    place: PacketPlace,
    acknowledgment: SequenceNumber,
    idle: Option<Duration>,
}

impl Midway {
    /// Takes note of a segment of a connection that had begun, of which server and beginning are
    /// known where its SYN was captured.
    pub(super) fn note(
        &mut self,
        row: &Row,
        addresses: &AddressPairs,
        known: Option<(Endpoint, Timestamp)>,
    ) -> Option<MidwayReset> {
        let flags = row.flags();
        // Of data only the end of each message is looked at: what is asked ends with a push, and
        // of much that is carried hardly anything does.
        let is_message = row.payload_length() > 0 && flags.contains(TcpFlags::PSH);
        if !is_message && !flags.is_rst() && !flags.has_fin() {
            return None;
        }
        let (source, destination) = row.ends(addresses);
        let key = FlowKey::between(source, destination);
        if flags.is_rst() {
            let activity = self.connections.remove(&key)?;
            let server = known.map(|(server, _)| server);
            return reset(activity, row, (source, destination), server);
        }
        match self.connections.get_mut(&key) {
            Some(activity) => activity.go_on(row, source),
            None => self.begin(key, row, source, known.map(|(_, begun)| begun)),
        }
        None
    }

    fn begin(&mut self, key: FlowKey, row: &Row, source: Endpoint, begun: Option<Timestamp>) {
        if self.order.len() >= FOLLOWED
            && let Some(oldest) = self.order.pop_front()
        {
            self.connections.remove(&oldest);
        }
        // What was carried right after a handshake is not noted here: that it was idle since then
        // is the most that can be said.
        let idle = begun.map(|begun| row.at().since(begun));
        let request = idle
            .is_none_or(|idle| idle >= IDLE)
            .then(|| Request::of(row, idle));
        let activity = Activity {
            at: row.at(),
            from: source,
            request,
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

impl Activity {
    fn go_on(&mut self, row: &Row, source: Endpoint) {
        let idle = row.at().since(self.at);
        if self.from != source || idle >= IDLE {
            let is_repeated = self.from == source
                && self
                    .request
                    .is_some_and(|request| request.acknowledgment == row.acknowledgment());
            if !is_repeated {
                self.request = (idle >= IDLE).then(|| Request::of(row, Some(idle)));
            }
        }
        self.at = row.at();
        self.from = source;
        self.is_closed |= row.flags().has_fin();
    }
}

/// Whether the RST answers a request: it stands at the number that the request acknowledged.
fn reset(
    activity: Activity,
    row: &Row,
    (source, destination): (Endpoint, Endpoint),
    server: Option<Endpoint>,
) -> Option<MidwayReset> {
    let request = activity.request.filter(|_| !activity.is_closed)?;
    let is_answer = activity.from == destination
        && row.sequence() == request.acknowledgment
        && row.at().since(request.place.at) <= ANSWERED_WITHIN;
    // Without its SYN, ports tell: a server's is the lower one, and no client's.
    let is_server = match server {
        Some(server) => server == source,
        None => source.port < destination.port && source.port < FIRST_OF_CLIENTS,
    };
    (is_answer && is_server).then(|| MidwayReset {
        client: destination,
        server: source,
        request: request.place,
        reset: row.place(),
        idle: request.idle,
        said: None,
    })
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

    fn resets(rows: &[Row]) -> usize {
        let mut midway = Midway::default();
        let addresses = AddressPairs::default();
        let noted = rows.iter().map(|row| midway.note(row, &addresses, None));
        noted.flatten().count()
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
}
