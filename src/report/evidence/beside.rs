//! Packets that belong to the story of a failure and stand in no attempt's evidence: copies,
//! questions for a host, what shows that it lives, what names it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

use super::needed;
use super::notes::{ends, ends_of};
use super::plan::{Plan, Story};
use crate::capture::{Packet, PacketPlace};
use crate::decode::{DamagedSegment, Endpoint, Neighbour, Observation, Segment, TcpFlags};
use crate::diagnosis::{Cause, DiagnosedAttempt, Judged, Note, Statement};
use crate::report::Report;

/// How many packets of one attempt are copied besides those that its verdict names.
const MORE_OF_AN_ATTEMPT: usize = 64;

/// For so long after the last packet of an attempt, copies of its packets may still come.
const LATE_COPIES: Duration = Duration::from_millis(500);

/// How many questions for one host are copied, and how many answers.
const QUESTIONS: u32 = 4;
const ANSWERS: u32 = 1;

/// How many packets are copied of a connection whose ACKs come instead of an answer.
const FROM_ELSEWHERE: u32 = 64;

/// How many damaged frames from or to one host are copied.
const DAMAGED: u32 = 8;

// What is copied of a stream must have been kept.
const _: () = assert!(QUESTIONS <= needed::QUESTIONS as u32 && ANSWERS <= needed::ANSWERS as u32);

/// How many stories under way are remembered before those that are over are cleared away.
const STORIES: usize = 65_536;

/// Looks at each packet in the light of those before it.
pub(super) struct Beside {
    hosts: HashMap<IpAddr, HostSeen>,
    stories: HashMap<(Endpoint, Endpoint), Under>,
    /// Whose ACKs met the SYNs of a client to another address: how many were copied.
    elsewhere: HashMap<(Endpoint, Endpoint), u32>,
}

/// What was copied about one failing host.
#[derive(Default)]
struct HostSeen {
    questions: u32,
    answers: u32,
    damaged: u32,
    is_shown_alive: bool,
    is_named: bool,
}

/// A story under way.
struct Under {
    story: Story,
    copied: HashSet<Header>,
    more: usize,
}

/// What is the same in all copies of a segment.
type Header = (Endpoint, u32, u32, u32, u16, Option<u16>);

fn header(segment: &Segment) -> Header {
    (
        segment.source,
        segment.sequence.0,
        segment.acknowledgment.0,
        segment.payload_length,
        segment.flags.0,
        segment.ip.identification,
    )
}

/// Between which ends ACKs came instead of an answer.
fn met_by_acks(diagnosed: &DiagnosedAttempt) -> Option<((Endpoint, Endpoint), u32)> {
    let client = diagnosed.decided.attempt.client;
    diagnosed.notes.iter().find_map(|note| match note {
        Note::MetByAcksOf { from, .. } => Some(((*from, client), 0)),
        _ => None,
    })
}

impl Beside {
    pub(super) fn new(report: &Report) -> Self {
        let attempts = report.diagnosis.evidence.attempts.iter();
        let servers = attempts.map(|diagnosed| diagnosed.decided.attempt.server.address);
        let findings = report.diagnosis.findings.iter();
        let found = findings.flat_map(|finding| finding.server.iter().chain(&finding.servers));
        let found = found.map(|server| server.address);
        // Whom nobody answers for.
        let findings = report.diagnosis.findings.iter();
        let silent = findings.flat_map(|finding| match &finding.statement {
            Statement::HostDown { address, .. } => std::slice::from_ref(address),
            Statement::HostsPerhapsDown { addresses, .. } => addresses,
            _ => &[],
        });
        // Whom a server looks for in vain.
        let cannot_be_reached = |diagnosed: &&DiagnosedAttempt| {
            let is_it = |judged: &Judged| judged.cause == Cause::NoWayBack;
            diagnosed.causes.iter().any(is_it)
        };
        let all = || report.diagnosis.evidence.attempts.iter();
        let clients = all().filter(cannot_be_reached);
        let clients = clients.map(|diagnosed| diagnosed.decided.attempt.client.address);
        Self {
            hosts: servers
                .chain(found)
                .chain(silent.copied())
                .chain(clients)
                .map(|address| (address, HostSeen::default()))
                .collect(),
            stories: HashMap::new(),
            elsewhere: all().filter_map(met_by_acks).collect(),
        }
    }

    /// All comments on a packet, with `own` first; none for a packet that is not copied.
    pub(super) fn comments(
        &mut self,
        packet: &Packet<'_>,
        observation: &Observation,
        own: Vec<String>,
        plan: &mut Plan,
    ) -> Vec<String> {
        let mut comments = own;
        match observation {
            Observation::Segment(segment) => {
                self.of_segment(segment, packet.place, &mut comments, plan);
            }
            Observation::IcmpError(error) if comments.is_empty() => {
                let key = ends_of(error.quote.source, error.quote.destination);
                let under = self.stories.get_mut(&key);
                comments.extend(under.and_then(|under| under.icmp_error(packet.place)));
            }
            Observation::Neighbour(neighbour) => comments.extend(self.of_neighbour(*neighbour)),
            Observation::Names(named) => {
                for address in &named.addresses {
                    comments.extend(self.of_name(*address));
                }
            }
            Observation::Alive(address) | Observation::Encrypted(Some(address)) => {
                comments.extend(self.of_life(*address));
            }
            Observation::Damaged(segment) => comments.extend(self.of_damaged(segment)),
            _ => {}
        }
        comments
    }

    /// The connection from which ACKs come instead of an answer: its first packets, and more.
    fn of_elsewhere(&mut self, segment: &Segment) -> Option<String> {
        let (source, destination) = (segment.source, segment.destination);
        let turned = [(source, destination), (destination, source)];
        let known = turned
            .into_iter()
            .find(|ends| self.elsewhere.contains_key(ends))?;
        let copied = self.elsewhere.get_mut(&known)?;
        *copied += 1;
        (*copied <= FROM_ELSEWHERE).then(|| {
            let (from, client) = known;
            format!("of the connection of {client} to {from}, whose ACKs answer another connect")
        })
    }

    fn of_damaged(&mut self, segment: &DamagedSegment) -> Option<String> {
        let host = self.hosts.get_mut(&segment.server.address)?;
        host.damaged += u32::from(host.damaged < DAMAGED + 1);
        (host.damaged <= DAMAGED).then(|| {
            let (client, server) = (segment.client, segment.server);
            format!("arrived damaged, of a connect of {client} to {server}: no stack got it")
        })
    }

    fn of_segment(
        &mut self,
        segment: &Segment,
        place: PacketPlace,
        comments: &mut Vec<String>,
        plan: &mut Plan,
    ) {
        let key = ends(segment);
        if let Some(story) = plan.story_from(place) {
            self.begin(key, story, place);
        }
        if let Some(under) = self.stories.get_mut(&key) {
            under.note(segment, place, comments);
        }
        if comments.is_empty() {
            comments.extend(self.of_elsewhere(segment));
        }
        let flags = segment.flags;
        let is_plain = !flags.contains(TcpFlags::SYN) && !flags.is_rst() && !flags.has_fin();
        if comments.is_empty() && is_plain {
            comments.extend(self.of_life(segment.source.address));
        }
    }

    fn begin(&mut self, key: (Endpoint, Endpoint), story: Story, place: PacketPlace) {
        if self.stories.len() >= STORIES {
            self.stories
                .retain(|_, under| under.story.last.at.after(LATE_COPIES) >= place.at);
        }
        let copied = match self.stories.remove(&key) {
            Some(before) => before.copied,
            None => HashSet::new(),
        };
        let under = Under {
            story,
            copied,
            more: 0,
        };
        self.stories.insert(key, under);
    }

    fn of_neighbour(&mut self, neighbour: Neighbour) -> Option<String> {
        match neighbour {
            Neighbour::Question {
                target: address, ..
            } => {
                let host = self.hosts.get_mut(&address)?;
                host.questions += u32::from(host.questions < QUESTIONS + 1);
                (host.questions <= QUESTIONS).then(|| format!("who has {address}? It is asked for"))
            }
            Neighbour::Answer { address, .. } => {
                let host = self.hosts.get_mut(&address)?;
                host.answers += u32::from(host.answers < ANSWERS + 1);
                (host.answers <= ANSWERS)
                    .then(|| format!("{address} is on the link: its address is answered for"))
            }
        }
    }

    fn of_name(&mut self, address: IpAddr) -> Option<String> {
        let host = self.hosts.get_mut(&address)?;
        let was_named = std::mem::replace(&mut host.is_named, true);
        (!was_named).then(|| format!("gives {address} a name"))
    }

    fn of_life(&mut self, address: IpAddr) -> Option<String> {
        let host = self.hosts.get_mut(&address)?;
        let was_shown = std::mem::replace(&mut host.is_shown_alive, true);
        (!was_shown).then(|| format!("compared with: {address} lives, it sent this"))
    }
}

impl Under {
    /// An ICMP error about the attempt that none of its evidence is: a copy, or one more.
    fn icmp_error(&mut self, place: PacketPlace) -> Option<String> {
        let is_too_late = place.at > self.story.last.at.after(LATE_COPIES);
        if is_too_late || self.more >= MORE_OF_AN_ATTEMPT {
            return None;
        }
        self.more += 1;
        Some(self.story.on_copies.clone())
    }

    /// Adds the comment on a packet of the story that has none yet: all up to the last one, and
    /// copies a little longer.
    fn note(&mut self, segment: &Segment, place: PacketPlace, comments: &mut Vec<String>) {
        let header = header(segment);
        if !comments.is_empty() {
            self.copied.insert(header);
            return;
        }
        let is_copy = self.copied.contains(&header);
        let is_late = place.at > self.story.last.at;
        let is_too_late = place.at > self.story.last.at.after(LATE_COPIES);
        if is_too_late || (is_late && !is_copy) || self.more >= MORE_OF_AN_ATTEMPT {
            return;
        }
        self.more += 1;
        self.copied.insert(header);
        comments.push(if is_copy {
            self.story.on_copies.clone()
        } else {
            self.story.comment.clone()
        });
    }
}
