//! One try of a client to open a connection: everything that was seen of it.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::meaning::Meaning;
use super::seen_packet::{Role, SeenPacket, Sender};
use super::told::AttemptVerdict;
use crate::capture::{PacketNumber, PacketPlace, SourceId, Timestamp};
use crate::decode::{Encapsulation, Endpoint, IcmpKind, Segment, SequenceNumber};

/// Which attempt it is: the one that begins with this packet. So it is the same however a capture
/// is cut, filtered or divided among workers. Source and number in one: of the first source it is
/// the number of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttemptId(pub u64);

/// The bits of the packet's number: a million million packets.
const NUMBER_BITS: u32 = 40;

impl AttemptId {
    /// The attempt that begins with the packet at this place.
    pub fn of(first_packet: PacketPlace) -> Self {
        let number = first_packet.number.0 & ((1 << NUMBER_BITS) - 1);
        Self(u64::from(first_packet.source.0) << NUMBER_BITS | number)
    }

    /// The source of its first packet, and its number there.
    pub fn first_packet(self) -> (SourceId, PacketNumber) {
        let source = u32::try_from(self.0 >> NUMBER_BITS).unwrap_or(u32::MAX);
        let number = self.0 & ((1 << NUMBER_BITS) - 1);
        (SourceId(source), PacketNumber(number))
    }
}

impl fmt::Display for AttemptId {
    /// As packets are named: the number, and in front of it the source where that is not the first:
    /// `25`, `1:25`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first_packet() {
            (SourceId(0), PacketNumber(number)) => write!(formatter, "{number}"),
            (SourceId(source), PacketNumber(number)) => write!(formatter, "{source}:{number}"),
        }
    }
}

impl FromStr for AttemptId {
    type Err = ParseIntError;

    /// What [`fmt::Display`] writes, or the whole number that JSON has.
    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let Some((source, number)) = text.split_once(':') else {
            return text.parse().map(Self);
        };
        Ok(Self::of(PacketPlace {
            source: SourceId(source.parse()?),
            number: PacketNumber(number.parse()?),
            ..PacketPlace::default()
        }))
    }
}

/// The facts of one attempt. All SYNs of one client with one initial sequence number (ISN) on one
/// 4-tuple belong to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// By its first packet.
    pub id: AttemptId,
    /// Who sent the first SYN.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// What its first packet was wrapped in.
    pub encapsulation: Encapsulation,
    /// The client's initial sequence number; `None` while no SYN was captured.
    pub isn: Option<SequenceNumber>,
    /// What the answer acknowledges: known from the SYN, or from an answer whose SYN was not
    /// captured.
    pub(super) expected: Acceptable,
    /// The capture time of its first packet.
    pub first_seen_at: Timestamp,
    /// The capture time of its latest packet.
    pub latest_at: Timestamp,
    /// The first SYN's.
    pub first_syn_at: Option<Timestamp>,
    /// The last SYN's.
    pub last_syn_at: Option<Timestamp>,
    /// SYNs sent, copies not counted.
    pub syn_count: u32,
    /// Acceptable SYN-ACKs, copies not counted.
    pub syn_ack_count: u32,
    /// Packets of this attempt that were captured again.
    pub copies: u32,
    /// The server's initial sequence number.
    pub server_isn: Option<SequenceNumber>,
    /// That of another answer to the same SYN: of a second responder, or of a server that began
    /// anew.
    pub other_server_isn: Option<SequenceNumber>,
    /// The initial sequence number of a SYN that crossed the client's.
    pub crossing_isn: Option<SequenceNumber>,
    /// When a side's acknowledgement of the other's crossing SYN was seen: client, server.
    pub(super) crossing_acknowledged: (bool, bool),
    /// When the first answer of any kind came that the client could accept: SYN-ACK, RST or ICMP
    /// error.
    pub first_answer_at: Option<Timestamp>,
    /// When the first acceptable SYN-ACK came.
    pub answered_at: Option<Timestamp>,
    /// When the third step was proved.
    pub established_at: Option<Timestamp>,
    /// When an acceptable RST came before any SYN-ACK.
    pub refused_at: Option<Timestamp>,
    /// When the first ICMP error about the SYN came.
    pub rejected_at: Option<Timestamp>,
    /// What that ICMP error was.
    pub rejected_by: Option<IcmpKind>,
    /// When the server's RST came after its SYN-ACK, before payload of its own and before any FIN.
    pub reset_at: Option<Timestamp>,
    /// When the client reset the attempt.
    pub client_reset_at: Option<Timestamp>,
    /// Whether that RST acknowledges the server's SYN-ACK. A Linux host's does so only when it was
    /// connected; a Windows host's does so also when nobody waited for the answer.
    pub(super) client_reset_acknowledges: bool,
    /// Known by a RST only, on a 4-tuple that had other packets: reported only if its SYN comes
    /// after all.
    pub(super) is_held: bool,
    /// Whether nothing more can change the outcome: the server sent payload, or either side a FIN.
    pub(super) watch_ended: bool,
    /// Whether either side has closed or reset what was established: nothing more is followed.
    pub(super) is_closed: bool,
    /// What the client sent after its SYN.
    pub client_data: FirstData,
    /// What the server sent after its SYN-ACK.
    pub server_data: FirstData,
    /// When the server closed before it sent a byte, and before the client closed.
    pub hung_up_at: Option<Timestamp>,
    /// Between which ends its answers went, where not between its own.
    pub answered_elsewhere: Option<Box<AnsweredElsewhere>>,
    /// Whether the server, once connected, sent a byte or closed.
    pub(crate) server_was_heard: bool,
    /// The packets that show all this.
    pub evidence: Evidence,
    /// What the capture itself says became of them, each verdict once.
    pub verdicts: Vec<AttemptVerdict>,
}

/// The first data that one side sends once it is connected, as far as it is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstData {
    /// Whether it sent some.
    pub is_sent: bool,
    /// Whether the other side has acknowledged any.
    pub is_acknowledged: bool,
    /// How often its beginning was sent again before it was acknowledged, copies not counted.
    pub repetitions: u8,
}

impl FirstData {
    /// Whether more data at the very beginning is sent again, because nothing was acknowledged.
    pub(super) fn is_repeated_by(self, is_at_beginning: bool) -> bool {
        is_at_beginning && self.is_sent && !self.is_acknowledged
    }

    pub(super) fn note_repetition(&mut self) {
        self.repetitions = self.repetitions.saturating_add(1);
    }
}

/// The ends of an answer that does not come from where the SYN went, or does not go to where it
/// came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredElsewhere {
    /// Who sent it.
    pub from: Endpoint,
    /// To whom.
    pub to: Endpoint,
}

/// How well a packet's numbers fit an attempt; the best fit gets the packet, of equal ones the
/// newest attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// They do not, but the packet answers what the attempt's client sent.
    Unacceptable,
    /// They may: the other side's numbers were not captured.
    OneSided,
    /// They are in the window.
    InWindow,
    /// They are the very next ones.
    Exact,
}

/// Which acknowledgement numbers the client's TCP accepts for its SYN: ISN + 1, up to the end of
/// the data or FIN that the SYN carries (RFC 9293 §3.10.7.3, RFC 7413).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Acceptable {
    first: SequenceNumber,
    span: u32,
}

impl Acceptable {
    fn of_syn(segment: &Segment) -> Self {
        let fin = u32::from(segment.flags.has_fin());
        Self {
            first: segment.sequence.plus(1),
            span: segment.payload_length.saturating_add(fin),
        }
    }

    fn exactly(acknowledgment: SequenceNumber) -> Self {
        Self {
            first: acknowledgment,
            span: 0,
        }
    }

    pub(super) fn holds(self, acknowledgment: SequenceNumber) -> bool {
        acknowledgment.is_within(self.first, self.span)
    }

    /// The ISN of the SYN that is answered so, as far as it is known: the answer to a SYN without
    /// data is one more.
    pub(super) fn syn(self) -> SequenceNumber {
        SequenceNumber(self.first.0.wrapping_sub(1))
    }

    /// Whether more than a bare SYN is acknowledged.
    pub(super) fn is_of_data(self) -> bool {
        self.span > 0
    }

    /// The last acceptable number: everything of the SYN is acknowledged.
    pub(super) fn last(self) -> SequenceNumber {
        self.first.plus(self.span)
    }
}

impl Attempt {
    /// An attempt known by its SYN.
    pub(super) fn of_syn(segment: &Segment, place: PacketPlace) -> Self {
        let mut attempt = Self::empty(
            (segment.source, segment.destination),
            segment.encapsulation,
            Acceptable::of_syn(segment),
            place,
        );
        attempt.take_syn(segment, place);
        attempt
    }

    /// An attempt known only by an answer to a SYN that was not captured.
    pub(super) fn of_answer(
        (client, server): (Endpoint, Endpoint),
        encapsulation: Encapsulation,
        acknowledgment: SequenceNumber,
        place: PacketPlace,
    ) -> Self {
        Self::empty(
            (client, server),
            encapsulation,
            Acceptable::exactly(acknowledgment),
            place,
        )
    }

    fn empty(
        (client, server): (Endpoint, Endpoint),
        encapsulation: Encapsulation,
        expected: Acceptable,
        first_packet: PacketPlace,
    ) -> Self {
        let at = first_packet.at;
        Self {
            id: AttemptId::of(first_packet),
            client,
            server,
            encapsulation,
            isn: None,
            expected,
            first_seen_at: at,
            latest_at: at,
            first_syn_at: None,
            last_syn_at: None,
            syn_count: 0,
            syn_ack_count: 0,
            copies: 0,
            server_isn: None,
            other_server_isn: None,
            crossing_isn: None,
            crossing_acknowledged: (false, false),
            first_answer_at: None,
            answered_at: None,
            established_at: None,
            refused_at: None,
            rejected_at: None,
            rejected_by: None,
            reset_at: None,
            client_reset_at: None,
            client_reset_acknowledges: false,
            is_held: false,
            watch_ended: false,
            is_closed: false,
            client_data: FirstData::default(),
            server_data: FirstData::default(),
            hung_up_at: None,
            answered_elsewhere: None,
            server_was_heard: false,
            evidence: Evidence::default(),
            verdicts: Vec::new(),
        }
    }

    /// The first SYN: known from now on what answers it.
    pub(super) fn take_syn(&mut self, segment: &Segment, place: PacketPlace) {
        self.isn = Some(segment.sequence);
        self.is_held = false;
        self.expected = Acceptable::of_syn(segment);
        self.encapsulation = segment.encapsulation;
        self.first_syn_at = Some(place.at);
        self.last_syn_at = Some(place.at);
        self.syn_count = 1;
        self.take_segment(segment, place, Sender::Client, Role::Syn);
    }

    /// Whether the SYN that `segment` is would be answered by what is known of this attempt.
    pub(super) fn expects_syn(&self, segment: &Segment) -> bool {
        Acceptable::of_syn(segment).holds(self.expected.first)
    }

    /// The initial sequence numbers of the server's answers.
    pub(super) fn server_isns(&self) -> impl Iterator<Item = SequenceNumber> + use<> {
        self.server_isn.into_iter().chain(self.other_server_isn)
    }

    /// Whether a packet of `sender` in these surroundings was captured where this attempt was: not
    /// among another tenant's.
    pub(super) fn is_near(&self, sender: Endpoint, surroundings: &Encapsulation) -> bool {
        let goes_the_same_way = sender == self.client;
        surroundings.is_compatible_with(&self.encapsulation, goes_the_same_way)
    }

    /// Whether nothing that the client could accept has come back yet.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.first_answer_at.is_none() && self.established_at.is_none()
    }

    /// Whether the acknowledgement number covers more than the SYN.
    pub(super) fn is_beyond_syn(&self, acknowledgment: SequenceNumber) -> bool {
        acknowledgment.is_after(self.expected.last())
    }

    /// Whether nothing that may still come can change what is told of it: a connection that goes
    /// on, or was reset. The server's first data is followed until the client has acknowledged it.
    pub(crate) fn is_settled(&self) -> bool {
        let is_on_its_way = self.server_data.is_sent && !self.server_data.is_acknowledged;
        let goes_on = self.watch_ended && (self.is_closed || !is_on_its_way);
        self.established_at.is_some()
            && (goes_on || self.reset_at.is_some() || self.client_reset_at.is_some())
    }

    /// Whether somebody else reset it in the client's name: the client went on.
    pub(crate) fn is_reset_in_clients_name(&self) -> bool {
        self.established_at.is_some()
            && self.client_reset_at.is_none()
            && self.packets_as(&[Role::ClientReset]).next().is_some()
    }

    /// Whether the client sent payload of its own after its SYN.
    pub fn has_client_payload(&self) -> bool {
        self.client_data.is_sent
    }

    /// Whether the handshake was completed, the client sent payload, and the server neither a byte
    /// nor a FIN or RST.
    pub fn is_mute(&self) -> bool {
        let is_over = self.watch_ended || self.reset_at.is_some() || self.client_reset_at.is_some();
        self.established_at.is_some() && self.client_data.is_sent && !is_over
    }

    /// An answer of any kind that the client can accept.
    pub(super) fn note_answer(&mut self, at: Timestamp) {
        self.first_answer_at.get_or_insert(at);
    }

    /// One side has acknowledged the other's SYN; the open is complete when both have.
    pub(super) fn note_crossing_acknowledged(&mut self, by: Sender, at: Timestamp) {
        match by {
            Sender::Client => self.crossing_acknowledged.0 = true,
            Sender::Server | Sender::Other(_) => self.crossing_acknowledged.1 = true,
        }
        if self.crossing_acknowledged == (true, true) {
            self.established_at.get_or_insert(at);
        }
    }

    /// Keeps the segment with the attempt, unless it is a copy of one that is kept.
    pub(super) fn take_segment(
        &mut self,
        segment: &Segment,
        place: PacketPlace,
        sender: Sender,
        role: Role,
    ) -> Meaning {
        self.take(SeenPacket::of_segment(segment, place, sender, role))
    }

    /// Keeps the packet with the attempt, unless it is a copy of one that is kept.
    pub(super) fn take(&mut self, packet: SeenPacket) -> Meaning {
        match packet.ip.capture.verdict {
            Some(mark) => self.take_told(packet, mark),
            None if self.takes_over_record(&packet) => Meaning::Testimony,
            None => self.keep(packet),
        }
    }

    /// As [`Self::take`], whatever is said of it.
    pub(super) fn keep(&mut self, packet: SeenPacket) -> Meaning {
        if self.evidence.take_note_of_copy(&packet) {
            self.copies = self.copies.saturating_add(1);
            return Meaning::Duplicate;
        }
        self.latest_at = self.latest_at.max(packet.place.at);
        self.evidence.push(packet);
        Meaning::Known
    }

    /// The client's initial sequence number, as its SYN has it, or as an answer acknowledges it
    /// whose SYN was not captured.
    pub fn client_isn(&self) -> SequenceNumber {
        self.isn.unwrap_or_else(|| self.expected.syn())
    }

    /// The kept packets that play one of these parts.
    pub fn packets_as<'a>(&'a self, roles: &'a [Role]) -> impl Iterator<Item = &'a SeenPacket> {
        self.evidence
            .packets()
            .iter()
            .filter(move |packet| roles.contains(&packet.role))
    }

    /// When it began: its first SYN, or else its first packet.
    pub fn started_at(&self) -> Timestamp {
        self.first_syn_at.unwrap_or(self.first_seen_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_named_by_its_first_packet_and_found_by_that_name() {
        let of = |source, number| {
            AttemptId::of(PacketPlace {
                source: SourceId(source),
                number: PacketNumber(number),
                ..PacketPlace::default()
            })
        };
        for (id, name) in [(of(0, 25), "25"), (of(3, 25), "3:25")] {
            assert_eq!(id.to_string(), name);
            assert_eq!(name.parse(), Ok(id));
            assert_eq!(id.0.to_string().parse(), Ok(id));
        }
        assert_eq!(of(3, 25).first_packet(), (SourceId(3), PacketNumber(25)));
        assert!("3:".parse::<AttemptId>().is_err());
    }
}
