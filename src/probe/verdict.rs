//! What the kernel's word on a connect comes to.

use std::time::{Duration, Instant};

use super::local::{self, NotSent, Repetitions};
use super::one_connect::{OneConnect, State, endpoint};
use super::report::{ConnectReport, ProbeNote, Witness};
use crate::diagnosis::{
    AfterAccept, ConnectEnd, KernelVerdict, KernelWord, LocalReason, OwnDrops, judge_kernel_word,
};
use crate::host::AgreedOptions;

/// What silence is must have been watched for so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// A handshake that takes longer is slow.
const SLOW: Duration = Duration::from_secs(1);
impl OneConnect {
    /// The report on it, once it is over.
    pub(super) fn report(self, round_began: Instant, answers_elsewhere: bool) -> ConnectReport {
        let began = self.began.saturating_duration_since(round_began);
        let mut report = ConnectReport {
            address: self.address,
            client: self.client,
            outcome: None,
            local: None,
            causes: Vec::new(),
            error: None,
            troubles: Vec::new(),
            began,
            elapsed: Duration::ZERO,
            syn_count: 0,
            icmp: self.icmp,
            witness: Witness::Kernel,
            after_accept: AfterAccept::NotWaited,
            round_trip: self.progress.round_trip,
            segment_size: None,
            path_mtu: None,
            options: AgreedOptions::default(),
            testimony: Vec::new(),
            notes: Vec::new(),
            trace: None,
            diagnosed: None,
        };
        match self.state {
            State::NotSent(NotSent { reason, error }) => {
                report.local = Some(reason);
                report.error = Some(error);
                report.client = None;
                let down = local::interfaces_down();
                if reason == LocalReason::NoRoute && !down.is_empty() {
                    report.notes.push(ProbeNote::InterfacesDown(down));
                }
            }
            State::Over { end, error, at } => {
                report.error = error;
                report.elapsed = at.saturating_duration_since(self.began);
                self.judge(&mut report, end, answers_elsewhere);
            }
            State::Connecting(_) | State::Accepted { .. } => {}
        }
        report
    }

    fn judge(mut self, report: &mut ConnectReport, end: ConnectEnd, answers_elsewhere: bool) {
        report.syn_count = self.progress.syns.max(self.queued);
        let is_connected = matches!(end, ConnectEnd::Connected(_));
        if let ConnectEnd::Connected(after_accept) = end {
            report.after_accept = after_accept;
            report.segment_size = Some(self.progress.segment_size).filter(|size| *size > 0);
            report.path_mtu = Some(self.progress.path_mtu).filter(|size| *size > 0);
            report.options = self.progress.options;
        }
        let own_drops = self.own_drops(end);
        let is_ignored = end == ConnectEnd::Silent && self.progress.segments_in > 0;
        let word = KernelWord {
            end,
            after: report.elapsed,
            syn_count: report.syn_count,
            icmp: self
                .icmp
                .filter(|seen| !seen.kind.only_adjusts())
                .map(|seen| (seen.kind, seen.after)),
            is_icmp_own: self.is_icmp_own(),
            ignored_segments: is_ignored,
            own_drops,
            answers_elsewhere,
            patience: PATIENCE,
            slow: SLOW,
        };
        let server = endpoint(self.address);
        let outcome = judge_kernel_word(&word, &[]).outcome;
        // Who waits for a service is in a hurry, and not told who it is.
        let is_hurried = end == ConnectEnd::Connected(AfterAccept::NotWaited);
        if let Some(own_ports) = &mut self.own_ports
            && !is_hurried
        {
            report.testimony = own_ports.testimony(server, outcome);
        }
        let KernelVerdict {
            outcome,
            troubles,
            causes,
        } = judge_kernel_word(&word, &report.testimony);
        report.outcome = Some(outcome);
        report.troubles = troubles;
        report.causes = causes;
        if !is_connected && own_drops != OwnDrops::None {
            report.notes.push(ProbeNote::KeptIn(own_drops));
        }
        if is_ignored {
            let count = self.progress.segments_in;
            report.notes.push(ProbeNote::IgnoredSegments(count));
        }
        if let Some(way) = self
            .way
            .filter(|way| way.is_source_of_link && !is_connected)
        {
            report.notes.push(ProbeNote::SourceOfLink(way.source));
        }
    }

    fn own_drops(&self, end: ConnectEnd) -> OwnDrops {
        let repeated = self.progress.syns.saturating_sub(1).into();
        let both = self.repetitions.zip(Repetitions::read());
        match both {
            Some((before, after)) if end == ConnectEnd::Silent => after.own_drops(before, repeated),
            _ => OwnDrops::None,
        }
    }

    fn is_icmp_own(&self) -> bool {
        let own = self.client.map(|client| client.ip());
        self.icmp
            .is_some_and(|seen| seen.from.is_some() && seen.from == own)
    }
}
