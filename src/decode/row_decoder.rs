//! Packets into rows: the usual ones straight from their headers, all others layer by layer.

mod of_source;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use super::acks_from_elsewhere::Told;
use super::answering_hosts::{Answerers, Answering, OnLink};
use super::capture_facts::CaptureFacts;
use super::context::{ContextId, Contexts};
use super::encapsulation::{Encapsulation, EncapsulationLayer};
use super::flow_hash::{FlowHash, FlowHasher, FlowShard};
use super::row::{AddressPairs, Options, Row, UsualIpv4, UsualIpv6};
use super::row_batch::{ClockSpan, OddPacket, RowBatch};
use super::usual_link::{Start, is_unrelated, start, untagged_ipv4};
use super::verdict::{VerdictFaults, add_verdict, may_be_told_of, may_have_words};
use super::{Observation, TunnelPorts, decode_with, layer_by_layer, tunnel};
use crate::capture::{Packet, PacketPlace, RecordOptions, SaidOfPacket, Timestamp};
use of_source::OfSources;

/// How many packets about connects became rows or odd packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// TCP segments.
    pub segments: u64,
    /// ICMP errors about a segment.
    pub icmp_errors: u64,
}

/// Decodes the packets of a capture, in its order, into batches of rows: one batch, or one for each
/// shard, to which a packet belongs by its flow.
#[derive(Clone, Debug)]
pub struct RowDecoder {
    contexts: Arc<Contexts>,
    hasher: FlowHasher,
    clock: Timestamp,
    counts: RowCounts,
    latest_tag: Option<(u16, ContextId)>,
    of_sources: OfSources,
    faults: VerdictFaults,
    holds_only_drops: bool,
}

impl Default for RowDecoder {
    /// One that has seen nothing, with surroundings and hashes of its own.
    fn default() -> Self {
        Self::new(Arc::default(), FlowHasher::default())
    }
}

impl RowDecoder {
    /// One that has seen nothing. Rows of different decoders speak of the same surroundings, and
    /// their flows have the same hashes, where they share `contexts` and `hasher`.
    pub fn new(contexts: Arc<Contexts>, hasher: FlowHasher) -> Self {
        Self {
            contexts,
            hasher,
            clock: Timestamp::EARLIEST,
            counts: RowCounts::default(),
            latest_tag: None,
            of_sources: OfSources::default(),
            faults: VerdictFaults::default(),
            holds_only_drops: false,
        }
    }

    /// For a capture that holds nothing but what was dropped, where that is so.
    #[must_use]
    pub fn of_drops(self, holds_only_drops: bool) -> Self {
        Self {
            holds_only_drops,
            ..self
        }
    }

    /// The surroundings that the rows speak of.
    pub fn contexts(&self) -> &Arc<Contexts> {
        &self.contexts
    }

    /// By what flows are hashed.
    pub fn hasher(&self) -> &FlowHasher {
        &self.hasher
    }

    /// The latest time so far.
    pub fn clock(&self) -> Timestamp {
        self.clock
    }

    /// How many packets about connects there were since the last call.
    pub fn take_counts(&mut self) -> RowCounts {
        std::mem::take(&mut self.counts)
    }

    /// Starts the next piece of the capture: the batches are empty then.
    pub fn begin(&self, batches: &mut [RowBatch]) {
        for batch in batches {
            batch.clear();
            batch.clock = ClockSpan {
                start: self.clock,
                end: self.clock,
            };
        }
    }

    /// Ends a piece of the capture.
    pub fn end(&self, batches: &mut [RowBatch]) {
        for batch in batches {
            batch.clock.end = self.clock;
        }
    }

    /// The capture went on at least until `at`.
    #[inline]
    pub fn note_time(&mut self, at: Timestamp) {
        self.clock = self.clock.max(at);
    }

    /// Decodes a packet into the batch of its shard. What says nothing about connects comes back.
    #[expect(
        clippy::inline_always,
        reason = "as a call it takes half as many instructions again for packets that say nothing"
    )]
    #[inline(always)]
    pub fn push(&mut self, packet: &Packet<'_>, batches: &mut [RowBatch]) -> Option<Observation> {
        self.note_time(packet.place.at);
        let may_be_told_of =
            packet.captured_on.is_remarkable() || packet.options.is_some() || self.holds_only_drops;
        if may_be_told_of {
            if packet.captured_on.is_damaged {
                return Some(layer_by_layer(packet, self.contexts.tunnels()));
            }
            if self.is_told_of(packet) {
                return self.push_unusual(*packet, batches);
            }
        }
        match self.push_usual(packet, batches) {
            Usual::Row => None,
            Usual::Unrelated => Some(Observation::Unrelated),
            Usual::Not => self.push_unusual(*packet, batches),
        }
    }

    /// Whether the capture says what became of the packet.
    #[cold]
    fn is_told_of(&self, packet: &Packet<'_>) -> bool {
        let tells = packet.options.is_some_and(RecordOptions::tells_verdict);
        packet.captured_on.said.is_some() || tells || self.holds_only_drops
    }

    /// The most usual of all packets; and with them, the short way for others.
    #[inline]
    fn push_usual(&mut self, packet: &Packet<'_>, batches: &mut [RowBatch]) -> Usual {
        if let Some(bytes) = untagged_ipv4(packet)
            && let Some(usual) = UsualIpv4::recognise(bytes)
            && let Some(options) = Options::of_usual(usual.options())
            && self.push_ipv4(usual, options, ContextId::NONE, packet, batches)
        {
            return Usual::Row;
        }
        if is_unrelated(packet) {
            return Usual::Unrelated;
        }
        self.push_less_usual(*packet, batches)
    }

    #[inline(never)]
    fn push_less_usual(&mut self, packet: Packet<'_>, batches: &mut [RowBatch]) -> Usual {
        let is_row = match start(&packet) {
            Start::Ipv4(bytes, tag) => UsualIpv4::recognise(bytes).is_some_and(|usual| {
                let options = Options::walked(usual.options());
                let beside = options.zip(self.context_of(tag));
                beside.is_some_and(|(options, context)| {
                    self.push_ipv4(usual, options, context, &packet, batches)
                })
            }),
            Start::Ipv6(bytes, tag) => UsualIpv6::recognise(bytes)
                .is_some_and(|usual| self.push_ipv6(usual, tag, &packet, batches)),
            Start::Unrelated => return Usual::Unrelated,
            Start::Other => false,
        };
        if is_row { Usual::Row } else { Usual::Not }
    }

    #[inline(never)]
    fn push_unusual(
        &mut self,
        packet: Packet<'_>,
        batches: &mut [RowBatch],
    ) -> Option<Observation> {
        if let Some(sender) = sender_of_datagram(start(&packet), self.contexts.tunnels()) {
            return Some(Observation::Alive(sender));
        }
        let observation =
            self.with_verdict(layer_by_layer(&packet, self.contexts.tunnels()), &packet);
        self.note_on_link(&packet, &observation);
        self.push_observation(observation, packet.place, batches)
    }

    /// What a packet says, and what the capture says of it.
    pub fn observation(&mut self, packet: &Packet<'_>) -> Observation {
        self.with_verdict(decode_with(packet, self.contexts.tunnels()), packet)
    }

    fn with_verdict(&mut self, mut observation: Observation, packet: &Packet<'_>) -> Observation {
        let mut packet = *packet;
        if self.holds_only_drops {
            packet.captured_on.said = Some(SaidOfPacket::Dropped);
        }
        if may_be_told_of(&packet) || may_have_words(&observation) {
            let remarks = add_verdict(&mut observation, &packet, &self.contexts);
            self.faults.note(remarks, packet.place);
        }
        observation
    }

    /// Takes note of which host sent the frame: for packets that [`Self::push`] does not see.
    pub fn note_on_link(&mut self, packet: &Packet<'_>, observation: &Observation) {
        if let Some(of_source) = self.of_sources.of(packet.place.source, self.clock) {
            of_source.answerers.note(packet, observation);
        }
    }

    /// What answers show of who stands behind addresses, as far as that became known since the last
    /// call.
    pub fn take_answering(&mut self) -> Vec<Answering> {
        self.of_sources.take_found()
    }

    /// Whether the row that was added last is a SYN that was translated; which host sent its frame,
    /// and what else that tells of who answers.
    #[inline]
    fn look_at_usual(&mut self, context: ContextId, packet: &Packet<'_>, batch: &mut RowBatch) {
        let Some(row) = batch.rows.last_mut() else {
            return;
        };
        // As most are: no probe of a keep-alive carries more than one byte.
        if row.payload_length() > 1 && !Answerers::may_tell(row.flags()) {
            return;
        }
        let Some(of_source) = self.of_sources.of(packet.place.source, self.clock) else {
            return;
        };
        let answerers = &mut of_source.answerers;
        if row.flags().is_syn() {
            of_source.latest_syns.look_at(row, &batch.addresses);
        }
        if answerers.may_tell_of_acks(row.at(), row.flags(), row.payload_length()) {
            note_ack(answerers, row, &batch.addresses);
        }
        if row.flags().is_syn() {
            answerers.note_syn(packet, row.traffic_class());
        }
        if Answerers::may_tell(row.flags()) && context == ContextId::NONE {
            let segment = OnLink {
                ends: row.ends(&batch.addresses),
                flags: row.flags(),
                sequence: row.sequence(),
                ttl: row.ttl(),
            };
            answerers.look_at(packet, segment);
        }
    }

    /// What was wrong with headers that say what became of packets, since the last call.
    pub fn take_verdict_faults(&mut self) -> VerdictFaults {
        std::mem::take(&mut self.faults)
    }

    /// As [`Self::push`], of what a packet says.
    pub fn push_observation(
        &mut self,
        observation: Observation,
        place: PacketPlace,
        batches: &mut [RowBatch],
    ) -> Option<Observation> {
        self.note_time(place.at);
        let (one, other) = match &observation {
            Observation::Segment(segment) => (segment.source, segment.destination),
            Observation::IcmpError(error) => (error.quote.source, error.quote.destination),
            _ => return Some(observation),
        };
        if let Some(batch) = batch_of(batches, || FlowShard::between(one, other)) {
            let hash = self.hasher.hash(one, other);
            self.add_observation(observation, place, hash, batch);
        }
        None
    }

    fn add_observation(
        &mut self,
        observation: Observation,
        place: PacketPlace,
        hash: FlowHash,
        batch: &mut RowBatch,
    ) {
        let contexts = &self.contexts;
        let row = match &observation {
            Observation::Segment(segment) => {
                self.counts.segments += 1;
                Row::of_segment(segment, place, contexts, &mut batch.addresses)
            }
            Observation::IcmpError(error) => {
                self.counts.icmp_errors += 1;
                Row::of_icmp_error(error, place, contexts, &mut batch.addresses)
            }
            _ => None,
        };
        match row {
            Some(row) => {
                batch.add_row(row, hash, self.later_than(place.at));
                self.look_at_latest(batch);
            }
            None => batch.odd.push(OddPacket {
                rows_before: batch.rows.len(),
                observation,
                place,
                hash,
                clock: self.clock,
            }),
        }
    }

    /// Whether the row that was added last is a SYN that was translated.
    #[inline]
    fn look_at_latest(&mut self, batch: &mut RowBatch) {
        if let Some(row) = batch.rows.last_mut()
            && row.flags().is_syn()
            && !row.is_icmp_error()
            && let Some(of_source) = self.of_sources.of(row.place().source, self.clock)
        {
            of_source.latest_syns.look_at(row, &batch.addresses);
        }
    }

    /// What the clock shows, where that is later than `at`.
    #[inline]
    fn later_than(&self, at: Timestamp) -> Option<Timestamp> {
        (self.clock > at).then_some(self.clock)
    }

    /// Whether it has a row, which is in its batch then.
    #[inline]
    fn push_ipv4(
        &mut self,
        usual: UsualIpv4<'_>,
        options: Options,
        context: ContextId,
        packet: &Packet<'_>,
        batches: &mut [RowBatch],
    ) -> bool {
        let (one, other) = usual.ends();
        if let Some(batch) = batch_of(batches, || FlowShard::between_ipv4(one, other))
            && usual.add_row(
                options,
                packet.place,
                (context, CaptureFacts::of(packet)),
                &mut batch.rows,
            )
        {
            let hash = self.hasher.hash_ipv4(one, other);
            batch.note_row(hash, self.later_than(packet.place.at));
            self.look_at_usual(context, packet, batch);
            self.counts.segments += 1;
            return true;
        }
        false
    }

    /// As [`Self::push_ipv4`].
    fn push_ipv6(
        &mut self,
        usual: UsualIpv6<'_>,
        tag: Option<u16>,
        packet: &Packet<'_>,
        batches: &mut [RowBatch],
    ) -> bool {
        let (one, other) = usual.ends();
        let options = Options::of_usual(usual.options());
        if let Some(options) = options.or_else(|| Options::walked(usual.options()))
            && let Some(context) = self.context_of(tag)
            && let Some(batch) = batch_of(batches, || FlowShard::between(one, other))
            && let beside = (&mut batch.rows, &mut batch.addresses)
            && usual.add_row(
                options,
                packet.place,
                (context, CaptureFacts::of(packet)),
                beside,
            )
        {
            let hash = self.hasher.hash(one, other);
            batch.note_row(hash, self.later_than(packet.place.at));
            self.look_at_usual(context, packet, batch);
            self.counts.segments += 1;
            return true;
        }
        false
    }

    /// The surroundings of a packet behind one VLAN tag, or none; `None` when there are too many.
    #[inline]
    fn context_of(&mut self, tag: Option<u16>) -> Option<ContextId> {
        let Some(tag) = tag else {
            return Some(ContextId::NONE);
        };
        match self.latest_tag {
            Some((latest, context)) if latest == tag => Some(context),
            _ => self.context_of_other_tag(tag),
        }
    }

    #[inline(never)]
    fn context_of_other_tag(&mut self, tag: u16) -> Option<ContextId> {
        let mut encapsulation = Encapsulation::default();
        encapsulation.push(EncapsulationLayer::Vlan(tag));
        let context = self.contexts.intern(&encapsulation)?;
        self.latest_tag = Some((tag, context));
        Some(context)
    }
}

#[inline(never)]
fn note_ack(answerers: &mut Answerers, row: &Row, addresses: &AddressPairs) {
    answerers.note_ack(Told {
        at: row.at(),
        source: row.place().source,
        ends: row.ends(addresses),
        flags: row.flags(),
        numbers: (row.sequence(), row.acknowledgment()),
    });
}

/// What the short way makes of a packet.
enum Usual {
    /// It is in its batch.
    Row,
    /// It has nothing to do with IP.
    Unrelated,
    /// It is none of the usual ones: the layers tell.
    Not,
}

/// The batch of a flow's shard; `None` only where there is no batch at all.
#[inline]
fn batch_of(batches: &mut [RowBatch], shard: impl FnOnce() -> FlowShard) -> Option<&mut RowBatch> {
    match batches {
        [only] => Some(only),
        several => {
            let count = NonZeroU32::new(u32::try_from(several.len()).ok()?)?;
            several.get_mut(shard().of(count) as usize)
        }
    }
}

/// Who sent a UDP datagram in which nothing is read, of the usual form: neither fragments nor
/// options, and with ports that stand for no tunnel and no names.
fn sender_of_datagram(start: Start<'_>, tunnels: &TunnelPorts) -> Option<IpAddr> {
    const UDP: u8 = 17;
    const HEADER: u16 = 8;
    match start {
        Start::Ipv4(bytes, _) => {
            let (ip, carried) = bytes.split_first_chunk::<20>()?;
            let length = u16::from_be_bytes([ip[2], ip[3]]);
            let is_fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff != 0;
            let is_usual = ip[0] == 0x45 && ip[9] == UDP && !is_fragment && length >= 20 + HEADER;
            (is_usual && !tunnel::may_be_in_datagram(carried, tunnels))
                .then(|| Ipv4Addr::new(ip[12], ip[13], ip[14], ip[15]).into())
        }
        Start::Ipv6(bytes, _) => {
            let (ip, carried) = bytes.split_first_chunk::<40>()?;
            let length = u16::from_be_bytes([ip[4], ip[5]]);
            let is_usual = ip[0] >> 4 == 6 && ip[6] == UDP && length >= HEADER;
            let source = ip.get(8..)?.first_chunk::<16>()?;
            (is_usual && !tunnel::may_be_in_datagram(carried, tunnels))
                .then(|| Ipv6Addr::from(*source).into())
        }
        Start::Unrelated | Start::Other => None,
    }
}
