//! What a capture does not show because of how it was filtered, told by what never occurs in it.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::open_attempt::OpenAttempt;
use super::outcome::Outcome;
use super::seen_packet::{Content, Role};
use crate::capture::Timestamp;
use crate::decode::{Addresses, TcpFlags, TcpOptions};

/// Which segments a capture has, and so which a filter left out.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct FilterSigns {
    has_other_segments: bool,
    has_fin: bool,
    has_syn: bool,
    has_syn_ack: bool,
    has_rst: bool,
    /// A connect was established, by whatever proof.
    pub(super) has_established: bool,
    /// The capture leaves out the third step of handshakes, whatever it looks like.
    pub(super) is_left_out: bool,
}

impl FilterSigns {
    /// Takes note of a segment.
    pub(super) fn note(&mut self, flags: TcpFlags) {
        let is_control = flags.is_rst() || flags.has_fin() || flags.contains(TcpFlags::SYN);
        self.has_other_segments |= !is_control;
        // A FIN without ACK is a scanner's, not the end of a connection.
        self.has_fin |= flags.has_fin() && flags.has_ack();
        self.has_syn |= flags.is_syn();
        self.has_syn_ack |= flags.is_syn_ack();
        self.has_rst |= flags.is_rst();
    }

    /// What both saw.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            has_other_segments: self.has_other_segments || other.has_other_segments,
            has_fin: self.has_fin || other.has_fin,
            has_syn: self.has_syn || other.has_syn,
            has_syn_ack: self.has_syn_ack || other.has_syn_ack,
            has_rst: self.has_rst || other.has_rst,
            has_established: self.has_established || other.has_established,
            is_left_out: self.is_left_out || other.is_left_out,
        }
    }

    /// Whether the capture can show the third step of a handshake: not one that was filtered to
    /// SYN, FIN and RST, as people do: all segments have one of these, and FINs are among them.
    pub(super) fn shows_third_step(self) -> bool {
        !self.is_left_out && (self.has_other_segments || !self.has_fin)
    }

    /// Whether all segments are SYNs, answers to SYNs and RSTs: then it is worth to look at which
    /// of them are repeated. Where an ending was captured, [`Self::shows_third_step`] tells.
    fn has_only_beginnings(self) -> bool {
        !self.is_left_out && !self.has_other_segments && !self.has_fin
    }

    /// What was left out, as far as it is told by the attempts that are still open; `holds_others`
    /// when the capture has packets that are no TCP segments.
    pub(super) fn left_out(self, open: &OpenTally, holds_others: bool) -> FilteredOut {
        if self.has_syn_ack && !self.has_syn {
            return FilteredOut::Syns;
        }
        if !self.has_syn_ack && (self.has_established || open.established > 0) {
            return FilteredOut::Answers;
        }
        if !self.has_only_beginnings() {
            return FilteredOut::Nothing;
        }
        // A dead service, and programs that do not wait for a second, look the same: not several.
        let are_of_many = open.servers == Servers::Several;
        let are_syns_alone = !self.has_syn_ack && !self.has_rst && !holds_others && are_of_many;
        if self.has_syn_ack && open.answered.are_mostly_single() {
            if self.has_rst {
                FilteredOut::AllButBeginnings
            } else {
                FilteredOut::AllButSynsAndSynAcks
            }
        } else if are_syns_alone && open.unanswered.are_mostly_single() {
            FilteredOut::AllButSyns
        } else {
            FilteredOut::Nothing
        }
    }

    /// Whether [`Self::left_out`] depends on the open attempts.
    pub(super) fn asks_for_open_attempts(self) -> bool {
        !self.has_syn_ack || self.has_only_beginnings()
    }
}

/// What a filter left out of a capture that a verdict would need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FilteredOut {
    /// Nothing, as far as it is known.
    #[default]
    Nothing,
    /// Whatever answers a SYN: connects succeeded, and not one SYN-ACK was captured.
    Answers,
    /// SYNs: there are answers to them, and not one of them was captured.
    Syns,
    /// Whatever is no SYN: there is nothing else in the capture, and hardly any is repeated.
    AllButSyns,
    /// Whatever comes after a SYN and its answer: there is nothing else in the capture, and hardly
    /// any SYN-ACK is repeated.
    AllButBeginnings,
    /// RSTs as well: a SYN that was not repeated may have been refused.
    AllButSynsAndSynAcks,
}

impl FilteredOut {
    /// Whether that would not show which ends the silence after so many SYNs. Who goes on asking
    /// was not refused.
    pub const fn has_answers_to(self, syns: u32) -> bool {
        match self {
            Self::Nothing | Self::Syns | Self::AllButBeginnings => false,
            Self::Answers | Self::AllButSyns => true,
            Self::AllButSynsAndSynAcks => syns == 1,
        }
    }

    /// Whether it would not show that a client goes on after a SYN-ACK.
    pub const fn has_acknowledgements(self) -> bool {
        matches!(self, Self::AllButBeginnings | Self::AllButSynsAndSynAcks)
    }
}

/// How many of the attempts that waited for the next step repeated theirs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Repetitions {
    single: u64,
    repeated: u64,
}

impl Repetitions {
    /// A host whose packet is not answered sends it again: the kernel after a second, unless the
    /// program has given up by then. Where three are known by one packet, and few by several, the
    /// answers are likely to be missing.
    fn are_mostly_single(self) -> bool {
        const FEWEST: u64 = 3;
        const TIMES_AS_MANY: u64 = 4;
        self.single >= FEWEST && self.single >= self.repeated.saturating_mul(TIMES_AS_MANY)
    }

    fn count(&mut self, is_single: bool) {
        if is_single {
            self.single += 1;
        } else {
            self.repeated += 1;
        }
    }
}

/// What the open attempts say of a filter, together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OpenTally {
    unanswered: Repetitions,
    answered: Repetitions,
    established: u64,
    /// Of those that nothing has answered.
    servers: Servers,
}

/// Whether there are several, without a list of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Servers {
    #[default]
    None,
    One(IpAddr),
    Several,
}

impl Servers {
    fn and(self, server: IpAddr) -> Self {
        match self {
            Self::None => Self::One(server),
            Self::One(other) if other == server => self,
            Self::One(_) | Self::Several => Self::Several,
        }
    }
}

/// How far an open attempt came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub(super) server: IpAddr,
    pub(super) syns: u32,
    pub(super) syn_acks: u32,
    pub(super) syn_at: Timestamp,
    pub(super) answered_at: Option<Timestamp>,
    /// What the last SYN offers.
    pub(super) offered: TcpOptions,
    pub(super) outcome: Outcome,
}

impl Progress {
    /// Of an attempt in full; `None` when its SYN was not captured.
    pub(super) fn of(attempt: &Attempt) -> Option<Self> {
        let syn_at = attempt.first_syn_at?;
        let syn = attempt.packets_as(&[Role::Syn]).last();
        let offered = syn.and_then(|syn| match syn.content {
            Content::Segment { options, .. } => Some(options),
            Content::Icmp { .. } => None,
        });
        let is_over = attempt.client_reset_at.is_some() || attempt.refused_at.is_some();
        let outcome = if attempt.established_at.is_some() {
            Outcome::Established
        } else if is_over || attempt.reset_at.is_some() || attempt.rejected_at.is_some() {
            Outcome::Aborted
        } else if attempt.answered_at.is_some() {
            Outcome::HalfOpen
        } else {
            Outcome::Dropped
        };
        Some(Self {
            server: attempt.server.address,
            syns: attempt.syn_count,
            syn_acks: attempt.syn_ack_count,
            syn_at,
            answered_at: attempt.answered_at,
            offered: offered.unwrap_or_default(),
            outcome,
        })
    }
}

impl OpenTally {
    /// Counts an attempt, where it was watched for as long as `patience`.
    pub(super) fn count<A: Addresses>(
        &mut self,
        open: &OpenAttempt<'_, A>,
        (until, patience): (Timestamp, Duration),
    ) {
        let Some(progress) = open.progress() else {
            return;
        };
        let was_watched = |since: Timestamp| until.since(since) >= patience;
        // SYNs that are made up to flood a host offer next to nothing.
        let offered = progress.offered;
        let is_of_kernel = offered.sack_permitted || offered.timestamps.is_some();
        match (progress.outcome, progress.answered_at) {
            (Outcome::Established, _) => self.established += 1,
            (Outcome::HalfOpen, Some(at)) if was_watched(at) => {
                let is_single = progress.syns == 1 && progress.syn_acks == 1;
                self.answered.count(is_single && is_of_kernel);
            }
            (Outcome::Dropped, None) if was_watched(progress.syn_at) => {
                self.unanswered.count(progress.syns == 1 && is_of_kernel);
                self.servers = self.servers.and(progress.server);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYN: TcpFlags = TcpFlags(0x02);
    const SYN_ACK: TcpFlags = TcpFlags(0x12);
    const ACK: TcpFlags = TcpFlags(0x10);
    const RST_ACK: TcpFlags = TcpFlags(0x14);
    const FIN_ACK: TcpFlags = TcpFlags(0x11);

    fn signs(flags: &[TcpFlags]) -> FilterSigns {
        let mut signs = FilterSigns::default();
        for flags in flags {
            signs.note(*flags);
        }
        signs
    }

    fn tally(unanswered: (u64, u64), answered: (u64, u64)) -> OpenTally {
        let of = |(single, repeated)| Repetitions { single, repeated };
        OpenTally {
            unanswered: of(unanswered),
            answered: of(answered),
            established: 0,
            servers: Servers::Several,
        }
    }

    #[test]
    fn a_filter_is_told_by_what_never_occurs() {
        let syns = signs(&[SYN]);
        assert_eq!(
            syns.left_out(&tally((3, 0), (0, 0)), false),
            FilteredOut::AllButSyns
        );
        let beginnings = signs(&[SYN, SYN_ACK]);
        let left_out = beginnings.left_out(&tally((0, 5), (3, 0)), true);
        assert_eq!(left_out, FilteredOut::AllButSynsAndSynAcks);
        assert!(left_out.has_answers_to(1) && !left_out.has_answers_to(2));
        let beginnings = signs(&[SYN, SYN_ACK, RST_ACK]);
        let left_out = beginnings.left_out(&tally((0, 5), (3, 0)), true);
        assert_eq!(left_out, FilteredOut::AllButBeginnings);
    }

    #[test]
    fn silence_that_is_asked_again_is_no_filter() {
        let syns = signs(&[SYN]);
        for (of, holds_others) in [((2, 0), false), ((3, 1), false), ((9, 0), true)] {
            let left_out = syns.left_out(&tally(of, (0, 0)), holds_others);
            assert_eq!(left_out, FilteredOut::Nothing, "{of:?}");
        }
        let answered = signs(&[SYN, SYN_ACK]);
        assert_eq!(
            answered.left_out(&tally((9, 0), (2, 2)), false),
            FilteredOut::Nothing
        );
    }

    #[test]
    fn a_dead_service_is_no_filter() {
        let server = IpAddr::from([10, 0, 1, 20]);
        let of_one = OpenTally {
            servers: Servers::None.and(server).and(server),
            ..tally((40, 0), (0, 0))
        };
        assert_eq!(signs(&[SYN]).left_out(&of_one, false), FilteredOut::Nothing);
    }

    #[test]
    fn whatever_a_filter_would_have_left_out_refutes_it() {
        for other in [ACK, FIN_ACK] {
            let signs = signs(&[SYN, SYN_ACK, other]);
            assert_eq!(
                signs.left_out(&tally((9, 0), (9, 0)), false),
                FilteredOut::Nothing
            );
        }
    }

    #[test]
    fn connects_that_succeed_unanswered_show_one_direction() {
        let mut client = signs(&[SYN, ACK, RST_ACK]);
        assert_eq!(
            client.left_out(&tally((9, 0), (0, 0)), false),
            FilteredOut::Nothing
        );
        client.has_established = true;
        assert_eq!(
            client.left_out(&tally((0, 0), (0, 0)), true),
            FilteredOut::Answers
        );
        let server = signs(&[SYN_ACK, ACK]);
        assert_eq!(
            server.left_out(&tally((0, 0), (0, 0)), true),
            FilteredOut::Syns
        );
        client.note(SYN_ACK);
        assert_eq!(
            client.left_out(&tally((0, 0), (0, 0)), true),
            FilteredOut::Nothing
        );
    }
}
