//! What findings state, as data: the words stand in `report`.

use std::net::IpAddr;
use std::time::Duration;

use serde::Serialize;

use super::statement_parts::{
    Change, IgnoredFirst, LossPlace, LossTimes, SameOfAll, SilentRequest,
};
use crate::capture::Timestamp;
use crate::decode::{CaptureVerdict, Endpoint, HardwareAddress, IcmpKind};
use crate::diagnosis::comparison::{Counts, Share, Vantage};
use crate::diagnosis::limits::LimitKind;
use crate::diagnosis::testimony::HostStatement;
use crate::handshake::{AttemptId, FilteredOut, Outcome};

/// What a finding states, beside the server, the clients and the counts that every finding has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Statement {
    /// The server failed for a while.
    DownWindow {
        /// Whether every connect was refused.
        is_refused: bool,
        /// Whether the host's own stack is shown to have refused: a rule can look the same.
        is_by_host: bool,
        /// From the first failure to the last.
        lasted: Duration,
        /// Whether it accepted connects before.
        is_after_success: bool,
        /// Whether it accepted connects after.
        is_before_success: bool,
    },
    /// Failures of one kind are spread among successes.
    OneBadBackend {
        /// How many connects failed so or were accepted.
        connects: u64,
        /// In which way they failed.
        failed_as: Outcome,
        /// By which errors, where they were rejected.
        rejected_by: Vec<IcmpKind>,
    },
    /// The server met some with silence and accepted others in the same seconds.
    Overload {
        /// How many connects there were.
        connects: u64,
        /// How many were answered, but only when they had repeated their SYN.
        late: u64,
    },
    /// The server's kernel reset some right after their handshakes, for want of room.
    OverloadResets {
        /// How many connects there were.
        connects: u64,
    },
    /// What failures have in common, and successes have not.
    FailuresShare {
        /// What.
        share: Share,
        /// What else they have in common, which no success has.
        also: Vec<Share>,
        /// How many of both have it.
        counts: Counts,
    },
    /// Connects are refused that begin while too many connections are open.
    ConnectionLimit {
        /// So many are open at most.
        limit: u64,
        /// The first whose own connections count; `None` where those of all clients do.
        client: Option<IpAddr>,
        /// How many were refused, each while so many were open.
        failing: u64,
        /// How many were accepted, each while fewer were.
        succeeding: u64,
    },
    /// Connects die with all their repetitions, by their 4-tuples, while their clients' others
    /// succeed.
    DeadTuples {
        /// The first of them, by their clients.
        tuples: Vec<Endpoint>,
        /// How many there are.
        dead: u64,
        /// Of how many.
        tried: u64,
    },
    /// Only connects fail that use addresses and ports again.
    StaleState {
        /// How many failures and successes do.
        counts: Counts,
        /// The earlier connect of the first of them.
        earlier: AttemptId,
        /// Its client's port.
        client_port: u16,
        /// How long after it that was.
        after: Duration,
    },
    /// Nothing gets through between some pairs of addresses.
    DeadPath {
        /// The first of them: client and server.
        pairs: Vec<(IpAddr, IpAddr)>,
        /// How many there are.
        dead: usize,
        /// Of how many.
        tried: usize,
    },
    /// From a moment on, connects were met in another way.
    PolicyChanged {
        /// Of one client alone.
        client: Option<IpAddr>,
        /// Before.
        was: Change,
        /// After.
        is: Change,
        /// The first that was met in the new way.
        at: Timestamp,
        /// When the client was accepted again.
        until: Option<Timestamp>,
        /// How many connects of others were accepted meanwhile.
        others: u64,
    },
    /// Nobody is accepted any more, after connects that were accepted and never served.
    AcceptsNoMore {
        /// How many connects there were.
        connects: u64,
    },
    /// The same is said of several servers.
    SameOfServers {
        /// What.
        said: SameOfAll,
    },
    /// One that rejects for many: one rule.
    RejectedByOne {
        /// Who sent the errors.
        sender: IpAddr,
        /// For how many servers.
        servers: usize,
        /// Which errors.
        kinds: Vec<IcmpKind>,
    },
    /// Somebody looks at even intervals whether servers accept.
    HealthChecks {
        /// Who.
        client: IpAddr,
        /// How many servers.
        servers: usize,
        /// Every so often.
        period: Duration,
    },
    /// Somebody looks for the way to a host.
    Traceroute {
        /// Who.
        client: IpAddr,
        /// To whom.
        server: IpAddr,
        /// Who is on the way, after so many hops.
        hops: Vec<(u8, IpAddr)>,
        /// After how many the server itself answered.
        reached: Option<u8>,
    },
    /// The server itself says that its accept queue was full when it met all with silence.
    AcceptQueueProvedFull,
    /// A DNS answer led to a server where no connect succeeded.
    NamePointsNowhere {
        /// The name; hostile text.
        name: String,
    },
    /// The server refused everybody throughout.
    NeverListening {
        /// Whether its own host says that nobody listens there.
        is_proved: bool,
    },
    /// The server never accepts these, and accepts others in the same seconds.
    SourceFiltered {
        /// The first of them.
        clients: Vec<IpAddr>,
        /// Whether there are more.
        are_more: bool,
        /// The narrowest range of addresses that holds all of them, where nobody of it is accepted.
        range: Option<(IpAddr, u8)>,
    },
    /// A host said so of itself, before or after.
    ToldByHost {
        /// What it said.
        told: Box<HostStatement>,
        /// How the attempts ended.
        outcome: Outcome,
    },
    /// ICMP errors for some, silence for the others.
    LimitedRejects {
        /// How many were rejected.
        rejected: u64,
        /// How many met silence.
        dropped: u64,
    },
    /// The server answers nobody, although its host lives.
    ServiceFiltered,
    /// A log beside the capture says that a packet filter stopped them.
    StoppedByLog {
        /// How many of them the log names.
        named: u64,
    },
    /// A packet filter resets all.
    ServiceResetByFilter,
    /// ICMP errors for all.
    ServiceRejected {
        /// Which.
        kinds: Vec<IcmpKind>,
    },
    /// Nobody answers for a host on its link.
    HostDown {
        /// Its address.
        address: IpAddr,
        /// How often it was asked for.
        questions: u32,
    },
    /// A server's host asks on its own link for a client, and nobody answers.
    NoWayBack {
        /// Who asks.
        host: IpAddr,
        /// For whom.
        client: IpAddr,
        /// How often.
        questions: u32,
        /// Whether the client's SYNs have passed a router: then it is not on that link.
        is_behind_a_router: bool,
    },
    /// Not one packet of hosts came back.
    HostSilent {
        /// The first of them.
        hosts: Vec<IpAddr>,
        /// How many more.
        more: usize,
        /// Whether they answer for their addresses, and so are there.
        is_on_link: bool,
        /// Whether all SYNs came in where they were captured and are not seen to leave.
        came_in_here: bool,
    },
    /// A router says that it has no way on.
    Unreachable {
        /// Who, where it is one.
        sender: Option<IpAddr>,
        /// Which errors.
        kinds: Vec<IcmpKind>,
        /// Whether they are as late as a router gives up asking for a host on its link.
        is_late: bool,
        /// How many connects met them; the others met silence.
        rejected: u64,
        /// How many connects were accepted meanwhile.
        accepted: u64,
    },
    /// Answers came, and the client goes on repeating its SYN.
    SynAckLost {
        /// Seen from there, where that can be told.
        vantage: Option<Vantage>,
    },
    /// Answers came, and nothing more from the client.
    ClientSilent,
    /// Hosts are asked for and not seen to be answered for, and nobody tried to connect.
    HostsPerhapsDown {
        /// Who asks for one of them, that is of another network, as for a neighbour.
        asked_from_elsewhere: Option<(IpAddr, IpAddr)>,
        /// The first of them.
        addresses: Vec<IpAddr>,
        /// How many more.
        more: usize,
    },
    /// SYNs or answers are lost now and then.
    PathLoss {
        /// How many connects there were.
        connects: u64,
        /// Of how many servers some were lost.
        servers: usize,
        /// Where.
        place: LossPlace,
        /// When.
        times: LossTimes,
    },
    /// Several servers met silence at once.
    SharedFailure {
        /// How many.
        servers: usize,
        /// The servers that were out from one time to another, where these were the same of all.
        at_once: Vec<Endpoint>,
        /// How long nobody was accepted, then.
        lasted: Option<Duration>,
    },
    /// SYNs were answered only without what they first offered.
    FeatureDropped,
    /// SYNs met older connections of the same addresses and ports.
    StaleTupleReuse,
    /// RSTs answered that the client's TCP has to ignore.
    InvalidResets {
        /// Whether a user-mode stack shows itself, which refuses so.
        is_of_user_mode_stack: bool,
    },
    /// Answers came from, or went to, other ends than the SYNs.
    AnswersMisdirected,
    /// A box on the way reset in the name of hosts.
    AnswersMadeByABox {
        /// The first of the servers.
        servers: Vec<Endpoint>,
        /// How many more.
        more: usize,
        /// How many connects to them were accepted.
        accepted: u64,
        /// The first of the clients, where those that are reset are never accepted, and others are.
        only_clients: Vec<IpAddr>,
        /// What the first RST that says something says.
        said: Option<Box<CaptureVerdict>>,
    },
    /// Handshake packets that nobody answered have wrong checksums, those that were answered right
    /// ones.
    WrongChecksums {
        /// How many unanswered packets have wrong ones.
        wrong: u64,
        /// How many answered packets of the same kind have right ones.
        answered: u64,
    },
    /// Packets came in where they were captured and never left, and others to the same hosts did.
    DroppedHere {
        /// Whether a Check Point gateway's own capture shows it, from chain to chain.
        is_shown_by_chains: bool,
        /// Of how many connects it is the SYN-ACK that never left, not the SYN.
        answers: usize,
    },
    /// The kernel of the host that captures says that it dropped them.
    DroppedByKernel {
        /// Why, as the kernel spells it.
        reason: String,
        /// Of how many connects it was what came after the SYN, not the SYN.
        answers: u64,
    },
    /// Packets came in where they were captured, and the kernel there counted as many that its
    /// reverse path filter dropped.
    DroppedByReversePathFilter,
    /// Records of a packet filter say what it blocked and passed.
    FilterLog {
        /// By how many rules.
        rules: usize,
        /// How many connects met one that blocks.
        blocked: u64,
        /// Of how many that it tells of the capture shows no end: somebody may have answered.
        without_end: u64,
        /// How many met another.
        others: u64,
    },
    /// Two hosts answer for one address on its link.
    DuplicateAddress {
        /// The address.
        address: IpAddr,
        /// Their MAC addresses.
        hosts: [HardwareAddress; 2],
        /// How often both answered one question.
        conflicts: u32,
    },
    /// Two hosts answer for one address by turns: the one accepts, the other refuses.
    AnsweringHosts {
        /// Who accepts.
        accepting: HardwareAddress,
        /// Who refuses.
        refusing: HardwareAddress,
        /// How often the one answered after the other.
        turns: u32,
    },
    /// A SYN proxy answered.
    ProxyAnswers,
    /// What failed was reached over the other version of IP.
    FallbackWorked {
        /// Within this time.
        within: Duration,
    },
    /// The server closed, or reset, without one byte.
    HungUp {
        /// How many connects were accepted.
        connects: u64,
        /// How many of those hung up on were reset.
        resets: u64,
    },
    /// What one side sent after the handshake was never acknowledged.
    StuckConnections {
        /// How many connects were accepted.
        connects: u64,
        /// How many bytes the smallest of those carries, where all are as large as may be.
        full_size: Option<u32>,
    },
    /// Handshakes took long.
    SlowConnects {
        /// How many connects were accepted.
        connects: u64,
        /// The longest of them.
        longest: Duration,
        /// How many of them use a 4-tuple that was in use before.
        reusing: u64,
        /// How many others do.
        others_reusing: u64,
        /// How many were answered only without a feature that they first offered.
        without_feature: u64,
        /// How many had to repeat their SYN.
        repeated: u64,
        /// Whose first SYNs were ignored, and their first repetitions answered, all of them.
        ignored_first: Option<IgnoredFirst>,
    },
    /// Segments are sent again although ICMP asks for smaller ones.
    PathMtu {
        /// Who sends them.
        sender: IpAddr,
        /// Who asks for smaller ones.
        asked_by: IpAddr,
        /// How large they may be.
        mtu: Option<u32>,
        /// On how many connections.
        connections: usize,
        /// How many such errors there were.
        errors: u64,
        /// How often one and the same segment met one.
        of_one_segment: u32,
    },
    /// Connections were reset on a request after idleness.
    ResetsMidway {
        /// The longest idleness that was seen before; none where the capture began later.
        idle: Option<Duration>,
    },
    /// Requests on connections that had worked were sent again and again, and nothing came back.
    StuckMidway(SilentRequest),
    /// Many connects that nobody completed.
    SynFlood {
        /// How many of them were answered.
        answered: u64,
    },
    /// Connects met silence while their port was flooded, by so many SYNs.
    FloodedOut(u64),
    /// Connects were answered when their client no longer waited.
    AnsweredTooLate {
        /// How many connects there were.
        connects: u64,
        /// After how long the latest answer came.
        longest: Duration,
    },
    /// A service refuses and accepts by turns.
    UpAndDown {
        /// How often it refused for a while.
        outages: usize,
        /// How many connects there were.
        connects: u64,
        /// How long it refused at most.
        longest: Duration,
    },
    /// Answers to SYNs that are not in the capture.
    Backscatter {
        /// To whom.
        client: IpAddr,
        /// Of how many servers.
        servers: usize,
    },
    /// One client tried many ports.
    PortScan {
        /// Who.
        scanner: IpAddr,
        /// How many ports.
        ports: usize,
        /// Of how many hosts.
        hosts: usize,
        /// How many connects were answered.
        answered: u64,
    },
    /// Hosts were reached of which not one packet was captured.
    OneSidedCapture {
        /// The first of them.
        host: IpAddr,
        /// How many others.
        others: usize,
    },
    /// Segments without payload were left out on purpose.
    ThirdStepLeftOut,
    /// Only segments with SYN, FIN or RST were captured.
    OnlyControlSegments,
    /// What a verdict needs was filtered out, told by what never occurs.
    FilteredOut(FilteredOut),
    /// The capture's filter lets no ICMP error pass.
    FilterHidesIcmpErrors {
        /// The filter; hostile text.
        filter: String,
    },
    /// The capturing host lost packets.
    LostPackets {
        /// How many.
        packets: u64,
    },
    /// SYN-ACKs answer SYNs that are not in the capture.
    StartedLate,
    /// There was more than is remembered, so that findings may be missing.
    LimitsHit {
        /// Of what.
        limits: Vec<LimitKind>,
    },
}
