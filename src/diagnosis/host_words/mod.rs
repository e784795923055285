//! What hosts said of themselves (`tcpwhy host`), held against the attempts in which they take part:
//! by whose addresses are in it, and by the times.

mod about;
mod facts;

use std::net::IpAddr;
use std::time::Duration;

use super::testimony::{HostDistance, Testimony};
use crate::capture::Timestamp;
use crate::decode::Endpoint;
use crate::handshake::{DecidedAttempt, Outcome};
use crate::host::snapshot::HostSnapshot;

use super::comparison::Moment;
pub use facts::{HostFacts, HostNotable};

/// What is further away says nothing of an attempt.
const FARTHEST: Duration = Duration::from_secs(15 * 60);

/// What one host said, in order of time.
#[derive(Clone, Debug)]
pub struct HostWord {
    /// What it is called; hostile text.
    pub name: String,
    /// The address by which others know it, where that was given: it may be translated to one of
    /// its own.
    pub known_as: Option<IpAddr>,
    /// What it said.
    pub snapshots: Vec<HostSnapshot>,
}

/// What all of them said.
#[derive(Clone, Debug, Default)]
pub struct HostWords(Vec<HostWord>);

/// An attempt, as far as hosts may have something to say of it.
#[derive(Clone, Copy, Debug)]
struct Connect {
    client: Endpoint,
    server: Endpoint,
    outcome: Outcome,
    began: Timestamp,
    ended: Timestamp,
}

impl HostWords {
    /// What these hosts said.
    pub fn new(hosts: Vec<HostWord>) -> Self {
        Self(hosts)
    }

    /// What they said about an attempt.
    pub(super) fn about(&self, decided: &DecidedAttempt) -> Vec<Testimony> {
        // Nearly always nobody said anything.
        if self.0.is_empty() {
            return Vec::new();
        }
        let attempt = &decided.attempt;
        self.about_connect(Connect {
            client: attempt.client,
            server: attempt.server,
            outcome: decided.judgement.outcome,
            began: attempt.started_at(),
            ended: attempt.latest_at,
        })
    }

    /// What they said about an attempt to this server.
    pub(super) fn about_moment(&self, server: Endpoint, moment: &Moment) -> Vec<Testimony> {
        if self.0.is_empty() {
            return Vec::new();
        }
        self.about_connect(Connect {
            client: Endpoint {
                address: moment.client,
                port: moment.client_port,
            },
            server,
            outcome: moment.outcome,
            began: moment.started,
            ended: moment.last_at(),
        })
    }

    fn about_connect(&self, connect: Connect) -> Vec<Testimony> {
        if !connect.outcome.is_failure() {
            return Vec::new();
        }
        let hosts = self.0.iter();
        hosts.flat_map(|host| host.about(connect)).collect()
    }
}

impl HostWord {
    fn about(&self, connect: Connect) -> Vec<Testimony> {
        let (before, after) = self.around(connect);
        let mut testimony = Vec::new();
        for snapshot in [before, after].into_iter().flatten() {
            let distance = distance(snapshot.time, connect);
            about::said(self, (snapshot, distance), connect, &mut testimony);
        }
        if let (Some(before), Some(after)) = (before, after) {
            about::risen(self, (before, after), connect, &mut testimony);
        }
        about::only_once(testimony)
    }

    /// What it said last before the attempt, and first after it, or meanwhile.
    fn around(&self, connect: Connect) -> (Option<&HostSnapshot>, Option<&HostSnapshot>) {
        let end = self
            .snapshots
            .partition_point(|snapshot| snapshot.time < connect.began);
        let is_near =
            |snapshot: &&HostSnapshot| distance(snapshot.time, connect).time() <= FARTHEST;
        let before = end
            .checked_sub(1)
            .and_then(|place| self.snapshots.get(place));
        let later = self.snapshots.get(end..).unwrap_or_default();
        let is_over = |snapshot: &&HostSnapshot| snapshot.time >= connect.ended;
        let after = later.iter().find(is_over).or_else(|| later.last());
        (before.filter(is_near), after.filter(is_near))
    }
}

fn distance(time: Timestamp, connect: Connect) -> HostDistance {
    if time < connect.began {
        HostDistance::Before(connect.began.since(time))
    } else if time <= connect.ended {
        HostDistance::Meanwhile
    } else {
        HostDistance::After(time.since(connect.ended))
    }
}
