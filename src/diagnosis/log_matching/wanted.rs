//! The attempts that a line of a log may be about, and whether it is about one of them.

use std::collections::HashMap;
use std::time::Duration;

use smallvec::SmallVec;

use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::diagnosis::app_error::UPSTREAM_ERRORS;
use crate::diagnosis::comparison::Moment;
use crate::diagnosis::diagnosed_attempt;
use crate::handshake::{AttemptId, DecidedAttempt, Outcome, Role};
use crate::logs::{LoggedSegment, Saying, UpstreamProblem, WantedPorts};

/// So many attempts are looked for in logs, about 150 bytes each.
const MOST_ATTEMPTS: usize = 200_000;

/// So many attempts of one place are held against a line.
const MOST_OF_A_PLACE: usize = 64;

/// No attempt is under way for longer.
const LONGEST: Duration = Duration::from_secs(300);

/// Clocks of a capture and of a log differ, and a line is written after its packet.
pub(super) const SLACK: Duration = Duration::from_secs(2);

/// An attempt that did not succeed, as far as lines are held against it.
#[derive(Clone, Debug)]
pub(super) struct WantedAttempt {
    pub(super) id: AttemptId,
    pub(super) client: Endpoint,
    pub(super) server: Endpoint,
    outcome: Outcome,
    started: Timestamp,
    last_at: Timestamp,
    app_error: Option<&'static str>,
    /// Its SYNs and SYN-ACKs with their identification, where they are known one by one.
    packets: SmallVec<[(LoggedSegment, Timestamp, Option<u16>); 4]>,
}

impl WantedAttempt {
    fn of_moment(server: Endpoint, moment: &Moment) -> Self {
        Self {
            id: moment.id,
            client: Endpoint {
                address: moment.client,
                port: moment.client_port,
            },
            server,
            outcome: moment.outcome,
            started: moment.started,
            last_at: moment.last_at(),
            app_error: moment.app_error(),
            packets: SmallVec::new(),
        }
    }

    fn of_decided(decided: &DecidedAttempt) -> Self {
        let attempt = &decided.attempt;
        let seen = attempt.evidence.packets().iter();
        let packets = seen.filter_map(|packet| {
            let segment = match packet.role {
                Role::Syn | Role::SynRepeated => LoggedSegment::Syn,
                Role::SynAck | Role::SynAckRepeated => LoggedSegment::SynAck,
                _ => return None,
            };
            Some((segment, packet.place.at, packet.ip.identification))
        });
        Self {
            id: attempt.id,
            client: attempt.client,
            server: attempt.server,
            outcome: decided.judgement.outcome,
            started: attempt.started_at(),
            last_at: attempt.latest_at,
            app_error: crate::diagnosis::app_error(decided, false),
            packets: packets.collect(),
        }
    }

    /// How far a time of the log is from where this attempt would have it; `None` when the line
    /// cannot be about it whenever it was written. Positive when the line is later.
    pub(super) fn distance(
        &self,
        saying: &Saying,
        (at, step): (Timestamp, Duration),
    ) -> Option<i64> {
        let span = match saying {
            Saying::Filter(packet) => self.nearest_packet(packet.segment, at)?,
            Saying::Session(_) => (self.started, self.last_at),
            Saying::Connect(call) => {
                let may_be = call
                    .returned
                    .is_none_or(|returned| self.may_return(returned));
                may_be.then_some((self.started, self.started))?
            }
            Saying::Upstream(failure) => self.end_for_proxy(failure.problem)?,
            Saying::Service(_) | Saying::Host(_) | Saying::Changed(_) | Saying::Announced(_) => {
                return None;
            }
        };
        Some(beyond(span, at, step))
    }

    /// When the packet that a filter logged was captured, or where that is not known the whole
    /// attempt.
    fn nearest_packet(
        &self,
        segment: LoggedSegment,
        at: Timestamp,
    ) -> Option<(Timestamp, Timestamp)> {
        if segment == LoggedSegment::Other {
            return None;
        }
        let of_syn = segment == LoggedSegment::Unsaid;
        let segment = if of_syn { LoggedSegment::Syn } else { segment };
        let those = self.packets.iter().filter(|(of, ..)| *of == segment);
        let nearest = those
            .map(|(_, at, _)| *at)
            .min_by_key(|seen| seen.distance(at));
        Some(nearest.map_or((self.started, self.last_at), |seen| (seen, seen)))
    }

    /// When the packets were captured that the line may be about.
    pub(super) fn times(&self, saying: &Saying) -> SmallVec<[i64; 4]> {
        let Saying::Filter(packet) = saying else {
            return SmallVec::new();
        };
        let those = self.packets.iter().filter(|(of, ..)| *of == packet.segment);
        those.map(|(_, at, _)| at.nanoseconds()).collect()
    }

    /// Whether the line names one of its packets by the identification.
    pub(super) fn names_packet(&self, saying: &Saying) -> Option<bool> {
        let Saying::Filter(packet) = saying else {
            return None;
        };
        let named = packet.identification.filter(|named| *named != 0)?;
        let those = self.packets.iter().filter(|(of, ..)| *of == packet.segment);
        let known: SmallVec<[u16; 4]> = those.filter_map(|(.., known)| *known).collect();
        (!known.is_empty()).then(|| known.contains(&named))
    }

    fn may_return(&self, returned: i32) -> bool {
        const IN_PROGRESS: [i32; 3] = [-115, -4, -512];
        if returned == 0 {
            return !self.outcome.is_failure();
        }
        let known = UPSTREAM_ERRORS
            .iter()
            .find(|(number, _)| -number == returned);
        let Some((_, error)) = known else {
            return IN_PROGRESS.contains(&returned);
        };
        self.app_error.is_none_or(|known| known == *error)
    }

    /// When a proxy whose connect failed so would have written that.
    fn end_for_proxy(&self, problem: UpstreamProblem) -> Option<(Timestamp, Timestamp)> {
        let is_silent = matches!(
            self.outcome,
            Outcome::Dropped | Outcome::HalfOpen | Outcome::Pending | Outcome::Aborted
        );
        match problem {
            UpstreamProblem::TimedOut => is_silent.then_some((self.started, self.last_at)),
            UpstreamProblem::Error(error) => {
                let may_be = self.app_error.is_some() && self.may_return(-error);
                may_be.then_some((self.last_at, self.last_at))
            }
        }
    }
}

/// Whether a line so far away is still about an attempt.
pub(super) fn is_near(saying: &Saying, distance: i64) -> bool {
    let most = match saying {
        // The kernel takes the time when the call begins; its clock may be a tick behind.
        Saying::Connect(_) => return (-100_000_000..=5_000_000).contains(&distance),
        Saying::Upstream(failure) if failure.problem == UpstreamProblem::TimedOut => SLACK * 90,
        _ => SLACK,
    };
    distance.unsigned_abs() <= u64::try_from(most.as_nanos()).unwrap_or(u64::MAX)
}

/// How far the time of a line, which was written within `step` after that, is outside of the span,
/// in nanoseconds: negative before it.
fn beyond((from, until): (Timestamp, Timestamp), at: Timestamp, step: Duration) -> i64 {
    let end = at.after(step);
    let (at, end) = (at.nanoseconds(), end.nanoseconds());
    let (from, until) = (from.nanoseconds(), until.nanoseconds());
    if end < from {
        end.saturating_sub(from)
    } else if at > until {
        at.saturating_sub(until)
    } else {
        0
    }
}

/// All attempts that are looked for, by whom lines name.
#[derive(Clone, Debug, Default)]
pub(super) struct WantedAttempts {
    all: Vec<WantedAttempt>,
    by_ends: Places<(Endpoint, Endpoint)>,
    by_server: Places<Endpoint>,
    by_client: Places<Endpoint>,
    by_id: HashMap<AttemptId, usize, foldhash::fast::RandomState>,
    pub(super) left_out: u64,
}

type Places<K> = HashMap<K, SmallVec<[u32; 2]>, foldhash::fast::RandomState>;

impl WantedAttempts {
    /// Takes an attempt, if it did not simply succeed.
    pub(super) fn add_moment(&mut self, server: Endpoint, moment: &Moment) {
        let is_failure = moment.outcome != Outcome::Established || !moment.troubles().is_empty();
        if is_failure {
            self.add(WantedAttempt::of_moment(server, moment));
        }
    }

    /// As [`Self::add_moment`], with all its packets.
    ///
    /// What filters behind a translation log has the ends that the capture shows there, too.
    pub(super) fn add_decided(
        &mut self,
        decided: &DecidedAttempt,
        translated: Option<(Endpoint, Endpoint)>,
    ) {
        if !diagnosed_attempt::is_worth_a_look(decided) {
            return;
        }
        let id = decided.attempt.id;
        self.add(WantedAttempt::of_decided(decided));
        let Some((ends, place)) = translated.zip(self.place_of(id)) else {
            return;
        };
        if !self
            .by_ends
            .get(&ends)
            .is_some_and(|places| places.contains(&place))
        {
            put(&mut self.by_ends, ends, place);
        }
    }

    fn place_of(&self, id: AttemptId) -> Option<u32> {
        u32::try_from(*self.by_id.get(&id)?).ok()
    }

    fn add(&mut self, wanted: WantedAttempt) {
        if let Some(known) = self.by_id.get(&wanted.id) {
            if let Some(known) = self.all.get_mut(*known)
                && known.packets.is_empty()
            {
                *known = wanted;
            }
            return;
        }
        let Some(place) = u32::try_from(self.all.len())
            .ok()
            .filter(|_| self.all.len() < MOST_ATTEMPTS)
        else {
            self.left_out += 1;
            return;
        };
        self.by_id.insert(wanted.id, self.all.len());
        put(&mut self.by_ends, (wanted.client, wanted.server), place);
        put(&mut self.by_server, wanted.server, place);
        put(&mut self.by_client, wanted.client, place);
        self.all.push(wanted);
    }

    /// The ports of all of them, as lines may name them.
    pub(super) fn ports(&self) -> WantedPorts {
        let mut ports = WantedPorts::default();
        for (client, server) in self.by_ends.keys() {
            ports.add(client.port, server.port);
        }
        ports
    }

    /// All are known: each place has its attempts in the order they began.
    pub(super) fn settle(&mut self) {
        let all = &self.all;
        let order = |place: &u32| {
            let attempt = usize::try_from(*place)
                .ok()
                .and_then(|place| all.get(place));
            attempt.map(|attempt| (attempt.started, attempt.id))
        };
        let by_ends = self.by_ends.values_mut();
        let places = by_ends.chain(self.by_server.values_mut());
        let places = places.chain(self.by_client.values_mut());
        places.for_each(|places| places.sort_unstable_by_key(order));
    }

    pub(super) fn get(&self, place: u32) -> Option<&WantedAttempt> {
        self.all.get(usize::try_from(place).ok()?)
    }

    /// Those that the line may be about by whom it names.
    pub(super) fn named_by(&self, saying: &Saying) -> &[u32] {
        let places = match saying {
            Saying::Filter(packet) => packet.ends().find_map(|ends| self.by_ends.get(&ends)),
            Saying::Upstream(failure) => self.by_server.get(&failure.server),
            Saying::Connect(call) => self.by_server.get(&call.server),
            Saying::Session(session) => self.by_client.get(&session.client),
            Saying::Service(_) | Saying::Host(_) | Saying::Changed(_) | Saying::Announced(_) => {
                None
            }
        };
        places.map_or(&[], |places| places)
    }
}

fn put<K: Eq + std::hash::Hash>(places: &mut Places<K>, key: K, place: u32) {
    let places = places.entry(key).or_default();
    places.push(place);
}

/// The places that are held against a line of that time: of attempts that were under way then.
pub(super) fn nearest<'a>(
    wanted: &'a WantedAttempts,
    places: &'a [u32],
    at: Timestamp,
) -> impl Iterator<Item = (u32, &'a WantedAttempt)> {
    let (from, until) = (at.before(LONGEST), at.after(SLACK));
    let started = |place: &u32| wanted.get(*place).map(|attempt| attempt.started);
    let end = places.partition_point(|place| started(place) <= Some(until));
    let before = places.get(..end).unwrap_or_default().iter().rev();
    let before = before.filter_map(|place| Some((*place, wanted.get(*place)?)));
    before
        .take_while(move |(_, attempt)| attempt.started >= from)
        .take(MOST_OF_A_PLACE)
}
