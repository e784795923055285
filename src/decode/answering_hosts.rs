//! Two hosts that answer for one address: the one accepts connects to a port, the other refuses
//! them. Each frame tells by its MAC address who sent it.
//!
//! One MAC address before many hosts is a router's, and one that accepts after another refused may
//! have taken over. So only what was not forwarded counts, and the two must answer by turns, each
//! what was sent to it, more often than a standby takes over and gives back.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::acks_from_elsewhere::{AckFromElsewhere, AcksFromElsewhere, Told};
use super::inspection::point;
use super::observation::HardwareAddress;
use super::syn_links::{LatestLink, SynLink, SynsOnLink};
use super::{Encapsulation, Endpoint, Observation, SequenceNumber, TcpFlags};
use crate::capture::{LinkType, Packet, SourceId, Timestamp};

/// The latest answer of so many ports is remembered.
const REMEMBERED: usize = 1024;

/// For so many ports two hosts may answer.
const MOST_SUSPECTS: usize = 256;

/// A standby takes over, gives back, and may take over once more by then.
const FEWEST_TURNS: u32 = 3;

/// What two hosts with one address answer on one of its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnsweringHosts {
    /// The address and the port.
    pub server: Endpoint,
    /// Who accepts.
    pub accepting: HardwareAddress,
    /// Who refuses.
    pub refusing: HardwareAddress,
    /// How often the one answered after the other.
    pub turns: u32,
}

/// What answers show of who stands behind the addresses that were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// Two hosts answer for one port.
    TwoHosts(AnsweringHosts),
    /// One host stands behind two addresses, and answers from the other one.
    OneHost(AckFromElsewhere),
    /// From here on SYNs go another way on the link: who answers them depends on it.
    AskedOn(SynsOnLink),
}

/// Where a port was seen: what two captures hold may be two networks.
type Port = (SourceId, u16, Endpoint);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    port: Port,
    sender: HardwareAddress,
    accepts: bool,
}

/// A port for which two hosts answered.
#[derive(Clone, Copy, Debug)]
struct Suspect {
    accepting: HardwareAddress,
    refusing: HardwareAddress,
    latest: HardwareAddress,
    turns: u32,
    /// Whether SYNs were sent to the one that accepts, and to the other.
    is_sent_to: [bool; 2],
    /// A third host, one that does both, SYNs sent to others, or a box that stands for several
    /// addresses: there is a reason why two answer.
    is_sound: bool,
}

/// What a segment says of who answers for its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnLink {
    pub(super) ends: (Endpoint, Endpoint),
    pub(super) flags: TcpFlags,
    pub(super) sequence: SequenceNumber,
    pub(super) ttl: u8,
}

/// Who answers on a link, as the frames of a capture come.
#[derive(Clone, Debug)]
pub struct Answerers {
    latest: Box<[Option<Answer>]>,
    suspects: HashMap<Port, Suspect, foldhash::fast::RandomState>,
    acks: AcksFromElsewhere,
    latest_link: LatestLink,
    found: Vec<Answering>,
}

impl Default for Answerers {
    fn default() -> Self {
        Self {
            latest: vec![None; REMEMBERED].into_boxed_slice(),
            suspects: HashMap::default(),
            acks: AcksFromElsewhere::default(),
            latest_link: LatestLink::default(),
            found: Vec::new(),
        }
    }
}

impl Answerers {
    /// Whether a segment with these flags may tell.
    #[inline]
    pub(super) fn may_tell(flags: TcpFlags) -> bool {
        flags.contains(TcpFlags::SYN) || flags.is_rst()
    }

    /// Looks at a packet, and at what it says.
    pub fn note(&mut self, packet: &Packet<'_>, observation: &Observation) {
        if let Observation::Segment(segment) = observation
            && self.may_tell_of_acks(packet.place.at, segment.flags, segment.payload_length)
        {
            self.note_ack(Told {
                at: packet.place.at,
                source: packet.place.source,
                ends: (segment.source, segment.destination),
                flags: segment.flags,
                numbers: (segment.sequence, segment.acknowledgment),
            });
        }
        if let Observation::Segment(segment) = observation
            && segment.flags.is_syn()
        {
            self.note_syn(packet, segment.ip.traffic_class);
        }
        if let Observation::Segment(segment) = observation
            && Self::may_tell(segment.flags)
            && segment.encapsulation == Encapsulation::default()
        {
            let on_link = OnLink {
                ends: (segment.source, segment.destination),
                flags: segment.flags,
                sequence: segment.sequence,
                ttl: segment.ip.ttl,
            };
            self.look_at(packet, on_link);
        }
    }

    /// Whether [`Self::note_ack`] has anything to look at.
    #[inline]
    pub(super) fn may_tell_of_acks(
        &self,
        at: Timestamp,
        flags: TcpFlags,
        payload_length: u32,
    ) -> bool {
        self.acks.may_tell(at, flags, payload_length)
    }

    /// Looks at a segment that may be an ACK which comes instead of an answer, or what it comes
    /// instead of an answer to.
    #[inline(never)]
    pub(super) fn note_ack(&mut self, told: Told) {
        let found = self.acks.look_at(&told);
        self.found.extend(found.map(Answering::OneHost));
    }

    /// Takes note of the way of a SYN on its link.
    #[inline(never)]
    pub(super) fn note_syn(&mut self, packet: &Packet<'_>, traffic_class: u8) {
        let hosts = ends_of_frame(packet).map(|(receiver, sender)| (sender, receiver));
        let link = SynLink::of(hosts, traffic_class);
        let told = self.latest_link.note(packet.place, link);
        self.found.extend(told.map(Answering::AskedOn));
    }

    /// What became known since the last call: of a port that is told again, the latest holds.
    pub fn take_found(&mut self) -> Vec<Answering> {
        std::mem::take(&mut self.found)
    }

    #[inline(never)]
    pub(super) fn look_at(&mut self, packet: &Packet<'_>, segment: OnLink) {
        let Some((receiver, sender)) = ends_of_frame(packet) else {
            return;
        };
        let (source, destination) = segment.ends;
        let seen_at = (packet.place.source, packet.captured_on.interface);
        if segment.flags.is_syn() {
            self.note_question((seen_at.0, seen_at.1, destination), receiver);
        } else if let Some(accepts) = answer(&segment) {
            self.note_answer(Answer {
                port: (seen_at.0, seen_at.1, source),
                sender,
                accepts,
            });
        }
    }

    fn note_question(&mut self, port: Port, receiver: HardwareAddress) {
        let Some(suspect) = self.suspects.get_mut(&port) else {
            return;
        };
        match receiver {
            one if one == suspect.accepting => suspect.is_sent_to[0] = true,
            one if one == suspect.refusing => suspect.is_sent_to[1] = true,
            _ => suspect.is_sound = true,
        }
    }

    fn note_answer(&mut self, answer: Answer) {
        let (_, _, server) = answer.port;
        let index = slot(server);
        let latest = self.latest.get_mut(index).and_then(|latest| {
            let before = *latest;
            *latest = Some(answer);
            before
        });
        let stands_for_several = || {
            let others = self.latest.iter().flatten();
            let mut of_other_hosts = others.filter(|other| other.port.2.address != server.address);
            of_other_hosts.any(|other| other.sender == answer.sender)
        };
        if let Some(suspect) = self.suspects.get_mut(&answer.port) {
            let is_known_of_it = if answer.accepts {
                suspect.accepting == answer.sender
            } else {
                suspect.refusing == answer.sender
            };
            suspect.turns += u32::from(suspect.latest != answer.sender);
            suspect.latest = answer.sender;
            suspect.is_sound |= !is_known_of_it || stands_for_several();
            let told = suspect.told(server);
            self.found.extend(told.map(Answering::TwoHosts));
            return;
        }
        let before = latest.filter(|before| before.port == answer.port);
        let suspect = before.and_then(|before| Suspect::of(before, answer));
        if let Some(suspect) = suspect
            && self.suspects.len() < MOST_SUSPECTS
        {
            self.suspects.insert(answer.port, suspect);
        }
    }
}

impl Suspect {
    fn of(before: Answer, answer: Answer) -> Option<Self> {
        let (accepting, refusing) = match (before.accepts, answer.accepts) {
            (true, false) => (before.sender, answer.sender),
            (false, true) => (answer.sender, before.sender),
            _ => return None,
        };
        (accepting != refusing).then_some(Self {
            accepting,
            refusing,
            latest: answer.sender,
            turns: 1,
            is_sent_to: [false; 2],
            is_sound: accepting.is_of_redundant_routers() || refusing.is_of_redundant_routers(),
        })
    }

    /// What is to be said of it: nothing any more (no turns) where there is a reason for it.
    fn told(&self, server: Endpoint) -> Option<AnsweringHosts> {
        let is_proved = self.turns >= FEWEST_TURNS && self.is_sent_to == [true; 2];
        is_proved.then_some(AnsweringHosts {
            server,
            accepting: self.accepting,
            refusing: self.refusing,
            turns: if self.is_sound { 0 } else { self.turns },
        })
    }
}

/// Whether the segment accepts a connect (`true`) or refuses it, out of a host on this link: no hop
/// has touched it.
fn answer(segment: &OnLink) -> Option<bool> {
    if !matches!(segment.ttl, 64 | 128 | 255) {
        return None;
    }
    let is_refusal = segment.flags.is_rst() && segment.flags.has_ack() && segment.sequence.0 == 0;
    (segment.flags.is_syn_ack() || is_refusal).then_some(!is_refusal)
}

/// To whom an Ethernet frame goes, and from whom.
fn ends_of_frame(packet: &Packet<'_>) -> Option<(HardwareAddress, HardwareAddress)> {
    let frame = packet.bytes;
    if packet.link_type != Some(LinkType::ETHERNET) || point(frame).is_some() {
        return None;
    }
    let (receiver, behind) = frame.split_first_chunk()?;
    let sender = behind.first_chunk()?;
    // Some captures leave them out.
    let is_left_out = *sender == [0; 6] || receiver == sender;
    (!is_left_out).then_some((HardwareAddress(*receiver), HardwareAddress(*sender)))
}

/// Where the latest answer of a port is remembered: of two that share a place, the later.
fn slot(server: Endpoint) -> usize {
    let address = match server.address {
        std::net::IpAddr::V4(address) => u64::from(address.to_bits()),
        std::net::IpAddr::V6(address) => {
            let [high, low] = [
                address.to_bits() >> 64,
                address.to_bits() & u128::from(u64::MAX),
            ]
            .map(|half| u64::try_from(half).unwrap_or_default());
            high ^ low
        }
    };
    let mixed = (address ^ u64::from(server.port) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 54).unwrap_or_default() % REMEMBERED
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const ONE: HardwareAddress = HardwareAddress([2, 0, 0, 0, 0, 5]);
    const OTHER: HardwareAddress = HardwareAddress([2, 0, 0, 0, 0, 6]);

    fn port(last: u8) -> Port {
        let address = IpAddr::V4(Ipv4Addr::new(10, 0, 0, last));
        (SourceId(0), 0, Endpoint { address, port: 80 })
    }

    /// One connect, sent to this host and answered by it.
    fn connect(answerers: &mut Answerers, last: u8, sender: HardwareAddress, accepts: bool) {
        answerers.note_question(port(last), sender);
        answerers.note_answer(Answer {
            port: port(last),
            sender,
            accepts,
        });
    }

    fn turns(answerers: &mut Answerers) -> Option<u32> {
        let found = answerers.take_found().into_iter();
        let mut hosts = found.filter_map(|found| match found {
            Answering::TwoHosts(hosts) => Some(hosts.turns),
            Answering::OneHost(_) | Answering::AskedOn(_) => None,
        });
        hosts.next_back()
    }

    #[test]
    fn two_that_answer_by_turns_are_two_hosts() {
        let mut answerers = Answerers::default();
        for _ in 0..3 {
            connect(&mut answerers, 20, ONE, true);
            connect(&mut answerers, 20, OTHER, false);
        }
        assert_eq!(turns(&mut answerers), Some(5));
    }

    #[test]
    fn who_takes_over_and_gives_back_is_a_standby() {
        let mut answerers = Answerers::default();
        for (sender, accepts) in [(ONE, true), (OTHER, false), (ONE, true)] {
            for _ in 0..3 {
                connect(&mut answerers, 20, sender, accepts);
            }
        }
        assert_eq!(turns(&mut answerers), None);
    }

    #[test]
    fn one_that_answers_for_several_hosts_stands_in_for_them() {
        let mut answerers = Answerers::default();
        for _ in 0..3 {
            connect(&mut answerers, 20, ONE, true);
            connect(&mut answerers, 20, OTHER, false);
            connect(&mut answerers, 21, OTHER, false);
        }
        assert_eq!(turns(&mut answerers), Some(0));
    }

    #[test]
    fn servers_behind_a_balancer_answer_what_was_sent_to_it() {
        let mut answerers = Answerers::default();
        for _ in 0..3 {
            for (sender, accepts) in [(ONE, true), (OTHER, false)] {
                answerers.note_question(port(20), HardwareAddress([2, 0, 0, 0, 0, 9]));
                answerers.note_answer(Answer {
                    port: port(20),
                    sender,
                    accepts,
                });
            }
        }
        assert_eq!(turns(&mut answerers), None);
    }

    #[test]
    fn a_third_host_or_one_that_does_both_is_another_matter() {
        for odd in [(HardwareAddress([2, 0, 0, 0, 0, 7]), true), (OTHER, true)] {
            let mut answerers = Answerers::default();
            for (sender, accepts) in [(ONE, true), (OTHER, false), (ONE, true), (OTHER, false)] {
                connect(&mut answerers, 20, sender, accepts);
            }
            connect(&mut answerers, 20, odd.0, odd.1);
            assert_eq!(turns(&mut answerers), Some(0));
        }
    }
}
