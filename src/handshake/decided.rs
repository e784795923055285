//! Attempts that were judged: nothing that is still to come can change them.

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::closing::Closing;
use super::midway::MidwayFailure;
use super::outcome::{Judgement, Outcome, Watch, judge_unanswered};
use super::regular::Regular;
use crate::decode::{AddressPairs, Contexts, Encapsulation, Endpoint, Row};

/// An attempt that was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedAttempt {
    /// What was seen of it.
    pub attempt: Attempt,
    /// How it ended.
    pub judgement: Judgement,
}

/// A judged regular attempt: of which there is nothing but rows. A fraction of the
/// [`DecidedAttempt`] that can be made of it.
#[derive(Clone, Copy, Debug)]
pub struct DecidedRows<'a> {
    regular: &'a Regular,
    judgement: Judgement,
    /// Asked for again and again.
    ends: (Endpoint, Endpoint),
    contexts: &'a Contexts,
    addresses: &'a AddressPairs,
}

impl<'a> DecidedRows<'a> {
    /// The whole attempt.
    pub fn whole(&self) -> DecidedAttempt {
        DecidedAttempt {
            attempt: self.regular.attempt(self.contexts, self.addresses),
            judgement: self.judgement,
        }
    }

    /// How it ended, and when that was certain.
    pub fn judgement(&self) -> Judgement {
        self.judgement
    }

    /// Its first SYN.
    pub fn syn(&self) -> &'a Row {
        self.regular.syn()
    }

    /// Client and server.
    pub fn ends(&self) -> (Endpoint, Endpoint) {
        self.ends
    }

    /// What its packets were wrapped in.
    pub fn encapsulation(&self) -> Encapsulation {
        self.contexts.get(self.syn().context())
    }

    /// What came after the first SYN.
    pub fn further(&self) -> &'a [Row] {
        self.regular.further()
    }

    /// The SYN sent again.
    pub fn repeated_syns(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let further = self.further().iter();
        further.filter(|row| row.flags().is_syn() && !row.is_icmp_error())
    }

    /// The SYN-ACKs.
    pub fn syn_acks(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        let further = self.further().iter();
        further.filter(|row| row.flags().is_syn_ack() && !row.is_icmp_error())
    }

    /// The SYN-ACKs, or the one RST or ICMP error.
    pub fn answers(&self) -> impl Iterator<Item = &'a Row> + use<'a> {
        self.regular.answers()
    }

    /// What proves that the client acknowledged the SYN-ACK.
    pub fn proof_of_third_step(&self) -> Option<&'a Row> {
        self.regular.proof()
    }

    /// Whether the handshake was completed, the client sent payload, and the server neither a byte
    /// nor a FIN.
    pub fn is_mute(&self) -> bool {
        self.regular.is_mute()
    }

    /// Whether the server, once connected, sent a byte or closed.
    pub(crate) fn server_was_heard(&self) -> bool {
        self.regular.server_was_heard()
    }

    /// Who sent the ICMP error, if that decided it.
    pub(crate) fn rejecter(&self) -> Option<IpAddr> {
        let error = self.answers().find(|row| row.is_icmp_error())?;
        Some(error.sender(self.addresses))
    }
}

/// A judged attempt of which nothing was seen but one SYN: met with silence, or not watched for
/// long enough. Of a flood there are millions.
#[derive(Clone, Copy, Debug)]
pub struct DecidedSyn<'a> {
    syn: &'a Row,
    judgement: Judgement,
    /// Asked for again and again.
    ends: (Endpoint, Endpoint),
    contexts: &'a Contexts,
    addresses: &'a AddressPairs,
}

impl<'a> DecidedSyn<'a> {
    /// The whole attempt.
    pub fn whole(&self) -> DecidedAttempt {
        let syn = self.syn.segment(self.contexts, self.addresses);
        DecidedAttempt {
            attempt: Attempt::of_syn(&syn, self.syn.place()),
            judgement: self.judgement,
        }
    }

    /// How it ended, and when that was certain.
    pub fn judgement(&self) -> Judgement {
        self.judgement
    }

    /// Its SYN.
    pub fn syn(&self) -> &'a Row {
        self.syn
    }

    /// Client and server.
    pub fn ends(&self) -> (Endpoint, Endpoint) {
        self.ends
    }

    /// What its SYN was wrapped in.
    pub fn encapsulation(&self) -> Encapsulation {
        self.contexts.get(self.syn.context())
    }
}

/// Lone SYNs that were decided one after the other.
#[derive(Clone, Copy, Debug)]
pub struct DecidedSyns<'a> {
    syns: &'a [(Row, Judgement)],
    contexts: &'a Contexts,
    addresses: &'a AddressPairs,
}

impl<'a> DecidedSyns<'a> {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = DecidedSyn<'a>> + use<'a> {
        let Self {
            syns,
            contexts,
            addresses,
        } = *self;
        syns.iter().map(move |(syn, judgement)| DecidedSyn {
            syn,
            judgement: *judgement,
            ends: syn.ends(addresses),
            contexts,
            addresses,
        })
    }
}

/// Decided attempts in the order in which they were decided: what is small is not kept in the room
/// of what is large.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decisions {
    #[serde(skip)]
    contexts: Arc<Contexts>,
    addresses: AddressPairs,
    attempts: Vec<DecidedAttempt>,
    regular: Vec<(Regular, Judgement)>,
    syns: Vec<(Row, Judgement)>,
    midway_failures: Vec<MidwayFailure>,
    closings: Vec<Closing>,
    order: Vec<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    Attempt,
    Regular,
    Syn,
}

impl Decisions {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Adds one.
    pub fn push(&mut self, decided: DecidedAttempt) {
        self.attempts.push(decided);
        self.order.push(Kind::Attempt);
    }

    /// Names what the numbers of surroundings stand for in the rows to come.
    pub(super) fn of_contexts(contexts: &Arc<Contexts>) -> Self {
        Self {
            contexts: Arc::clone(contexts),
            ..Self::default()
        }
    }

    /// The same for one that was made elsewhere.
    pub(super) fn adopt(&mut self, contexts: &Arc<Contexts>) {
        if !Arc::ptr_eq(&self.contexts, contexts) {
            self.contexts = Arc::clone(contexts);
        }
    }

    /// Adds a lone SYN: met with silence, or not watched for long enough. `pair` are its addresses
    /// where these are of IPv6. How it ended.
    pub(super) fn push_syn(
        &mut self,
        syn: Row,
        pair: Option<AddressPair>,
        watch: &Watch,
    ) -> Outcome {
        let judgement = judge_unanswered(syn.at(), 1, watch);
        let syn = match self.keep_pair(pair) {
            Some(place) => syn.moved_to(place),
            None => syn,
        };
        self.syns.push((syn, judgement));
        self.order.push(Kind::Syn);
        judgement.outcome
    }

    /// Adds a regular attempt. How it ended.
    pub(super) fn push_regular(
        &mut self,
        mut regular: Regular,
        pair: Option<AddressPair>,
        watch: &Watch,
    ) -> Outcome {
        let judgement = regular.judge(watch);
        if let Some(place) = self.keep_pair(pair) {
            regular.move_addresses(place);
        }
        self.regular.push((regular, judgement));
        self.order.push(Kind::Regular);
        judgement.outcome
    }

    fn keep_pair(&mut self, pair: Option<AddressPair>) -> Option<u32> {
        self.addresses.add(pair?)
    }

    /// Adds a connection that failed midway: no attempt.
    pub(super) fn push_midway_failure(&mut self, failure: MidwayFailure) {
        self.midway_failures.push(failure);
    }

    /// Adds that a connection ended, of this or of an earlier attempt.
    pub(super) fn push_closing(&mut self, closing: Closing) {
        self.closings.push(closing);
    }

    /// Which connections ended; they are let go.
    pub fn take_closings(&mut self) -> std::vec::Drain<'_, Closing> {
        self.closings.drain(..)
    }

    /// The connections that failed midway; they are let go.
    pub fn take_midway_failures(&mut self) -> Vec<MidwayFailure> {
        std::mem::take(&mut self.midway_failures)
    }

    /// Those that are kept in full.
    pub fn attempts(&self) -> &[DecidedAttempt] {
        &self.attempts
    }

    /// Client and server of all, in their order.
    pub fn ends(&self) -> impl Iterator<Item = (Endpoint, Endpoint)> {
        let (mut attempts, mut regular) = (self.attempts.iter(), self.regular.iter());
        let mut syns = self.syns.iter();
        self.order.iter().filter_map(move |kind| match kind {
            Kind::Attempt => {
                let attempt = &attempts.next()?.attempt;
                Some((attempt.client, attempt.server))
            }
            Kind::Regular => Some(regular.next()?.0.syn().ends(&self.addresses)),
            Kind::Syn => Some(syns.next()?.0.ends(&self.addresses)),
        })
    }

    /// Client and server of all but lone SYNs, in their order.
    pub fn ends_but_of_syns(&self) -> impl Iterator<Item = (Endpoint, Endpoint)> {
        let (mut attempts, mut regular) = (self.attempts.iter(), self.regular.iter());
        self.order.iter().filter_map(move |kind| match kind {
            Kind::Attempt => {
                let attempt = &attempts.next()?.attempt;
                Some((attempt.client, attempt.server))
            }
            Kind::Regular => Some(regular.next()?.0.syn().ends(&self.addresses)),
            Kind::Syn => None,
        })
    }

    /// How many there are of which nothing was seen but one SYN, and how many other regular ones.
    pub fn count_in_brief(&self) -> (usize, usize) {
        (self.syns.len(), self.regular.len())
    }

    /// Gives all away in full, in their order; the room stays.
    pub fn drain(&mut self, mut give: impl FnMut(DecidedAttempt)) {
        self.take_each(|next| match next {
            Leaving::Attempt(decided) => give(decided),
            Leaving::Rows(rows) => give(rows.whole()),
            Leaving::Syns(syns) => syns.iter().for_each(|syn| give(syn.whole())),
        });
    }

    /// The same, but that what is small is only shown.
    pub fn take_each(&mut self, mut give: impl FnMut(Leaving<'_>)) {
        let mut attempts = self.attempts.drain(..);
        let (mut regular, mut syns) = (self.regular.iter(), self.syns.as_slice());
        let (contexts, addresses) = (&*self.contexts, &self.addresses);
        for alike in self.order.chunk_by(|one, other| one == other) {
            match alike.first() {
                Some(Kind::Attempt) => {
                    let attempts = attempts.by_ref().take(alike.len());
                    attempts.map(Leaving::Attempt).for_each(&mut give);
                }
                Some(Kind::Regular) => {
                    for (regular, judgement) in regular.by_ref().take(alike.len()) {
                        give(Leaving::Rows(DecidedRows {
                            regular,
                            judgement: *judgement,
                            ends: regular.syn().ends(addresses),
                            contexts,
                            addresses,
                        }));
                    }
                }
                Some(Kind::Syn) => {
                    let (first, rest) = syns.split_at_checked(alike.len()).unwrap_or_default();
                    syns = rest;
                    give(Leaving::Syns(DecidedSyns {
                        syns: first,
                        contexts,
                        addresses,
                    }));
                }
                None => {}
            }
        }
        drop(attempts);
        self.order.clear();
        self.regular.clear();
        self.syns.clear();
        self.addresses.clear();
    }
}

/// Both IPv6 addresses of a row: source and destination of its flow's first packet.
pub(super) type AddressPair = [std::net::Ipv6Addr; 2];

/// A decided attempt that is taken: one in full is given away, rows are shown.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "it goes from hand to hand only: a box would be an allocation for each attempt"
)]
pub enum Leaving<'a> {
    /// In full.
    Attempt(DecidedAttempt),
    /// As rows.
    Rows(DecidedRows<'a>),
    /// As SYNs that were decided one after the other.
    Syns(DecidedSyns<'a>),
}
