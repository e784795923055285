//! The causes, and how sure one may be.

use serde::{Deserialize, Serialize};

pub use crate::path::Confidence;

/// Declares the causes with their names in reports and the words of a headline.
macro_rules! causes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $words:literal;)*) => {
        /// Why an attempt ended as it did.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[non_exhaustive]
        pub enum Cause { $($(#[$doc])* #[serde(rename = $name)] $variant,)* }

        impl Cause {
            /// All causes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The cause's name in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The cause in a few words, as a headline says it.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$variant => $words,)* }
            }
        }
    };
}

causes! {
    /// Nothing listens: the host's own stack refused.
    ClosedPort, "closed_port", "nothing listens on this port";
    /// A packet filter answers with a RST.
    FirewallReset, "firewall_reset", "a packet filter resets";
    /// A RST that does not come from the server's own stack.
    MiddleboxReset, "middlebox_reset", "a box in the middle resets";
    /// A RST and a SYN-ACK answer one SYN, from different distances.
    TwoResponders, "two_responders", "two hosts answer";
    /// An ICMP port unreachable.
    PortUnreachable, "port_unreachable", "ICMP port unreachable";
    /// An ICMP host (or IPv6 address) unreachable.
    HostUnreachable, "host_unreachable", "ICMP host unreachable";
    /// An ICMP net unreachable, or IPv6 no route.
    NetUnreachable, "net_unreachable", "ICMP net unreachable";
    /// An ICMP protocol unreachable.
    ProtocolUnreachable, "protocol_unreachable", "ICMP protocol unreachable";
    /// An ICMP error that says that a rule forbids it.
    AdminProhibited, "admin_prohibited", "ICMP: a rule forbids it";
    /// The packet's time to live was used up: a routing loop, or too long a way.
    TtlExceeded, "ttl_exceeded", "ICMP time exceeded: a routing loop, or too far";
    /// Another ICMP error.
    OtherIcmp, "other_icmp", "an ICMP error";
    /// Nobody answers for the server's address on its own link.
    HostDown, "host_down", "the host is down";
    /// The server looks for the client on its own link, and nobody answers.
    NoWayBack, "no_way_back", "the server cannot reach the client";
    /// Not one packet of the server is in the capture.
    HostSilent, "host_silent", "nothing at all from this host";
    /// The host answers, this port answers nobody.
    PortFiltered, "port_filtered", "the host answers, this port never";
    /// The port answers others, and never this client.
    SourceFiltered, "source_filtered", "the port answers others, never this client";
    /// The application does not accept, and its queue is full.
    AcceptQueueFull, "accept_queue_full", "the accept queue is full";
    /// State of an earlier connection is left on this 4-tuple.
    StaleState, "stale_state", "state of an earlier connection is left";
    /// One of several paths or backends loses all that is sent over it.
    DeadPath, "dead_path", "one of several paths is dead";
    /// The server stopped listening while the connect was under way.
    ListenerClosed, "listener_closed", "the server stopped listening";
    /// Losses without pattern.
    PathLoss, "path_loss", "packets are lost on the way";
    /// The SYN was answered by an ACK of an older connection on the same 4-tuple.
    StaleConnection, "stale_connection", "an older connection has these ports";
    /// RSTs came that the client had to ignore.
    InvalidReset, "invalid_reset", "RSTs that the client must ignore";
    /// The SYN-ACK came from another address or port than the SYN went to.
    AnswerFromOtherAddress, "answer_from_other_address", "the answer comes from elsewhere";
    /// The answer went to another address or port than the SYN came from.
    AnswerToOtherAddress, "answer_to_other_address", "the answer goes elsewhere";
    /// The SYN carries TCP-MD5 or TCP-AO, and nothing answers.
    AuthenticationOption, "authentication_option", "the server's TCP drops a signed SYN";
    /// SYNs with a feature are dropped, those without pass.
    FeatureDropped, "feature_dropped", "SYNs with a new feature are dropped";
    /// SYNs or SYN-ACKs have wrong checksums.
    WrongChecksum, "wrong_checksum", "packets with wrong checksums are thrown away";
    /// The host that captures got the packet and did not pass it on.
    DroppedHere, "dropped_here", "it comes in here and never leaves";
    /// SYN-ACKs were sent, and the client goes on repeating its SYN.
    SynAckLost, "syn_ack_lost", "the answers do not reach the client";
    /// SYN-ACKs were sent, and nothing more comes from the client.
    ClientSilent, "client_silent", "the client is silent";
    /// A scanner that does not want to connect.
    HalfOpenScan, "half_open_scan", "a SYN scan";
    /// The SYN-ACK came after the client had stopped waiting.
    LateSynAck, "late_syn_ack", "the answer came too late";
    /// The client's kernel has no such connection.
    UnknownToClient, "unknown_to_client", "the client does not know of it";
    /// The client reset the attempt for a reason of its own.
    ClientReset, "client_reset", "the client resets";
    /// The application closed at once.
    ServerAbort, "server_abort", "the server's application aborts";
    /// A proxy answered that has nobody behind it.
    ProxyWithoutBackend, "proxy_without_backend", "a proxy answers, nobody behind it";
    /// A load balancer resets, and says so.
    LoadBalancerReset, "load_balancer_reset", "a load balancer resets";
    /// The client's own packet filter answers.
    LocalFirewall, "local_firewall", "the client's own packet filter answers";
    /// The capture itself says that a filter stopped it.
    FilterVerdict, "filter_verdict", "a filter says it stopped it";
    /// The capture ends too early to say.
    CaptureEnded, "capture_ended", "the capture ends too early";
}

/// A cause, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The cause.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
}
