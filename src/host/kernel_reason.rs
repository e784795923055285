//! The reasons of the kernel that say something of a connect.

/// What a reason says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KernelReason {
    /// As the kernel spells it.
    pub name: &'static str,
    /// What it means, as a part of a sentence.
    pub means: &'static str,
}

const fn reason(name: &'static str, means: &'static str) -> KernelReason {
    KernelReason { name, means }
}

/// All that are asked for of packets that are dropped.
#[cfg_attr(
    not(feature = "live"),
    allow(dead_code, reason = "only a watch asks for them")
)]
pub(super) const DROPS: &[KernelReason] = &[
    reason("NO_SOCKET", "no socket listens there"),
    reason(
        "SOCKET_FILTER",
        "a filter of the socket or of its cgroup drops it",
    ),
    reason("TCP_CSUM", "its TCP checksum is wrong"),
    reason("IP_CSUM", "its IP checksum is wrong"),
    reason("IP_INHDR", "its IP header is wrong"),
    reason(
        "NETFILTER_DROP",
        "a rule of the packet filter, or connection tracking, drops it",
    ),
    reason(
        "IP_RPFILTER",
        "answers to its source leave by another interface (reverse path filter)",
    ),
    reason("XFRM_POLICY", "an IPsec policy wants it encrypted"),
    reason("TCP_AUTH_HDR", "its signature option is malformed"),
    reason(
        "TCP_MD5NOTFOUND",
        "it is not signed (RFC 2385), and has to be",
    ),
    reason(
        "TCP_MD5UNEXPECTED",
        "it is signed (RFC 2385), and nobody expects that",
    ),
    reason("TCP_MD5FAILURE", "its signature (RFC 2385) is wrong"),
    reason(
        "TCP_AONOTFOUND",
        "it is not signed (RFC 5925), and has to be",
    ),
    reason(
        "TCP_AOUNEXPECTED",
        "it is signed (RFC 5925), and nobody expects that",
    ),
    reason(
        "TCP_AOKEYNOTFOUND",
        "it is signed by a key that the socket does not know (RFC 5925)",
    ),
    reason("TCP_AOFAILURE", "its signature (RFC 5925) is wrong"),
    reason("SOCKET_BACKLOG", "the socket's backlog is full"),
    reason("TCP_FLAGS", "no TCP segment has such flags"),
    reason(
        "TCP_RFC7323_PAWS",
        "its timestamp is older than one that was seen before",
    ),
    reason(
        "TCP_RFC7323_TW_PAWS",
        "its timestamp is older than that of the connection in TIME_WAIT before it",
    ),
    reason(
        "TCP_LISTEN_OVERFLOW",
        "the accept queue of its listener is full",
    ),
    reason("TCP_INVALID_SYN", "it is no SYN that may come here"),
    reason(
        "TCP_MINTTL",
        "it came from farther than the socket allows (IP_MINTTL)",
    ),
    reason("TCP_RESET", "it is a reset in place of a SYN"),
    reason("IP_OUTNOROUTES", "no route leads to its target"),
    reason("IP_INNOROUTES", "no route leads to its target"),
    reason(
        "IP_INADDRERRORS",
        "it is for no address of this host, and is not forwarded",
    ),
    reason(
        "IP_LOCALNET",
        "loopback addresses are not routed (route_localnet)",
    ),
    reason("IP_LOCAL_SOURCE", "its source is an address of this host"),
    reason("IP_INVALID_SOURCE", "its source is no address of a host"),
    reason("IP_INVALID_DEST", "its target is no address of a host"),
    reason("IP_NOPROTO", "nothing takes its protocol"),
    reason("IPV6DISABLED", "IPv6 is turned off on its interface"),
    reason(
        "BPF_CGROUP_EGRESS",
        "a program of the cgroup lets it not out",
    ),
    reason("SECURITY_HOOK", "a security module drops it"),
    reason("NEIGH_FAILED", "nobody on the link answers for its target"),
    reason(
        "NEIGH_QUEUEFULL",
        "too many packets wait for an answer of its neighbour",
    ),
    reason("TC_INGRESS", "traffic control drops it where it comes in"),
    reason("TC_EGRESS", "traffic control drops it where it leaves"),
    reason("QDISC_DROP", "the queue of its interface drops it"),
    reason("QDISC_OVERLIMIT", "the queue of its interface is full"),
    reason("XDP", "a program of the interface (XDP) drops it"),
    reason(
        "CPU_BACKLOG",
        "too many received packets wait for their processor",
    ),
    reason("PKT_TOO_BIG", "it is larger than its link takes"),
    reason("PROTO_MEM", "TCP may take no more memory"),
    reason("NOMEM", "there is no memory for it"),
];

/// Those of resets alone.
const RESETS: &[KernelReason] = &[
    reason(
        "TCP_ABORT_ON_DATA",
        "data came after its application had closed",
    ),
    reason(
        "TCP_ABORT_ON_CLOSE",
        "its application closed it with data unread",
    ),
    reason(
        "TCP_ABORT_ON_LINGER",
        "its application closed it so (SO_LINGER with 0)",
    ),
    reason(
        "TCP_ABORT_ON_MEMORY",
        "there are too many connections that no application holds",
    ),
    reason(
        "TCP_TIMEWAIT_SOCKET",
        "its connection is over, and waits in TIME_WAIT",
    ),
    reason(
        "TCP_STATE",
        "its application closed it, or closed its listener",
    ),
    reason(
        "TCP_INVALID_ACK_SEQUENCE",
        "it acknowledges what was never sent",
    ),
    reason("TCP_TOO_OLD_ACK", "it acknowledges what is long past"),
    reason("TCP_OLD_ACK", "it acknowledges what is past"),
    reason("TCP_ACK_UNSENT_DATA", "it acknowledges what was never sent"),
    reason("INVALID_SYN", "it is no SYN that may come here"),
    reason(
        "TCP_KEEPALIVE_TIMEOUT",
        "the other side answers no keepalive",
    ),
    reason(
        "TCP_DISCONNECT_WITH_DATA",
        "its application disconnected it with data unsent",
    ),
];

/// What is known of the reason of this name.
pub fn kernel_reason(name: &str) -> Option<&'static KernelReason> {
    DROPS.iter().chain(RESETS).find(|known| known.name == name)
}
