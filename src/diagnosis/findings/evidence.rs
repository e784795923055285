//! What findings lean on, as data: the words stand in `report`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::backends::BackendOfFailures;
use crate::capture::PacketPlace;
use crate::decode::{CaptureVerdict, Endpoint, HardwareAddress};
use crate::diagnosis::comparison::FilterRuleHits;
use crate::diagnosis::fingerprint::Fingerprint;
use crate::diagnosis::limits::Limit;
use crate::diagnosis::testimony::Testimony;
use crate::handshake::{AttemptId, MidwayEnding, Outcome};

/// What a finding leans on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingEvidence {
    /// A connect was accepted before the first failure.
    AcceptedBefore {
        /// Which.
        attempt: AttemptId,
        /// How long before.
        time: Duration,
    },
    /// So many failed in a row.
    FailedInARow {
        /// How many.
        attempts: u64,
        /// The first.
        first: AttemptId,
        /// The last.
        last: AttemptId,
    },
    /// A connect was accepted after the last failure.
    AcceptedAfter {
        /// Which.
        attempt: AttemptId,
        /// How long after.
        time: Duration,
    },
    /// All are connects of one client at even intervals.
    EvenIntervals {
        /// Who.
        client: IpAddr,
        /// Every so often.
        period: Duration,
    },
    /// All began while as many connections or more were open, and none that was accepted did.
    OpenConnections {
        /// So many.
        limit: u64,
        /// Whether each client's are counted for themselves.
        of_each_client: bool,
    },
    /// What tells the origin of answers.
    Origins {
        /// Of refusals.
        refusals: Vec<Fingerprint>,
        /// Of acceptances.
        acceptances: Vec<Fingerprint>,
    },
    /// To whom connects went on that failed, after a translation.
    WentOnTo(BackendOfFailures),
    /// An address that somebody asks for on a link, and nobody answers.
    AskedForInVain {
        /// Which.
        address: IpAddr,
        /// How often.
        questions: u32,
    },
    /// Ports that answered a scan in one way.
    ScanResult {
        /// How they answered; `None` for with a SYN-ACK.
        outcome: Option<Outcome>,
        /// How many.
        count: usize,
        /// The first of them.
        named: Vec<Endpoint>,
        /// Whether all ports of the scan are of one host.
        is_one_host: bool,
    },
    /// A connection failed on a request.
    FailedOnRequest {
        /// Who sent the request.
        client: Endpoint,
        /// Where it stands.
        request: PacketPlace,
        /// What came of it.
        ending: MidwayEnding,
        /// Where the RST stands, or the last repetition.
        last: PacketPlace,
        /// What the RST says in words.
        said: Option<Box<CaptureVerdict>>,
    },
    /// The SYNs of these clients come from a host that gets in with another address.
    SameSender {
        /// Whose SYNs.
        clients: BTreeSet<IpAddr>,
        /// The host, by the address with which it gets in itself.
        by: IpAddr,
        /// Whether they were forwarded there, one hop before this link.
        are_forwarded: bool,
    },
    /// Connects succeed once another host of the link is asked.
    TakenOver {
        /// Who was asked in vain.
        in_vain: HardwareAddress,
        /// Who was asked after that.
        after: HardwareAddress,
    },
    /// There is nothing but TCP in the capture.
    OnlyTcpCaptured {
        /// The one port that all of it goes to or comes from.
        port: Option<u16>,
    },
    /// What met a rule of a packet filter.
    FilterRule(Box<FilterRuleHits>),
    /// So many more rules were met.
    MoreFilterRules(usize),
    /// A bound that was reached.
    Limit(Limit),
    /// What is known from elsewhere than packets.
    Testimony(Testimony),
}
