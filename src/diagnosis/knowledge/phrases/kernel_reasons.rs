//! The kernel's reasons for dropping packets and sending RSTs, as its trace events spell them.

use super::{Sign, sign};

/// As `kfree_skb` and `tcp_send_reset` have them. What tells nothing of a connect is left out, and
/// so are words that others use as well.
pub(super) const SIGNS: &[Sign] = &[
    sign(
        "closed_port",
        "no_socket",
        "the kernel has no socket for the packet: nothing listens there, and it answers with a RST",
    ),
    sign(
        "kernel_drop_reason",
        "netfilter_drop",
        "a rule of the packet filter (nftables, iptables) drops it, or connection tracking does",
    ),
    sign(
        "kernel_drop_reason",
        "socket_filter",
        "a BPF program of the listening socket, or of its cgroup (IPAddressDeny of systemd), drops it",
    ),
    sign(
        "kernel_drop_reason",
        "bpf_cgroup_egress",
        "a BPF program of the sender's cgroup (IPAddressDeny of systemd) lets it not out",
    ),
    sign(
        "martian_source",
        "ip_rpfilter",
        "the reverse path filter drops it: answers to its source leave by another interface",
    ),
    sign(
        "martian_source",
        "ip_local_source",
        "it came in with an address of this host itself as its source",
    ),
    sign(
        "martian_source",
        "ip_invalid_source",
        "its source is no address that a host can have",
    ),
    sign(
        "martian_source",
        "ip_localnet",
        "it came in with an address of loopback",
    ),
    sign(
        "wrong_checksum",
        "tcp_csum",
        "its TCP checksum is wrong, and it is thrown away without an answer",
    ),
    sign(
        "accept_queue_full",
        "tcp_listen_overflow",
        "the third step of the handshake met a full accept queue",
    ),
    sign(
        "authentication_option",
        "tcp_md5notfound",
        "it carries no signature of RFC 2385, and its socket wants one",
    ),
    sign(
        "authentication_option",
        "tcp_md5unexpected",
        "it is signed by RFC 2385, and its socket has no key for that address",
    ),
    sign(
        "authentication_option",
        "tcp_md5failure",
        "its signature of RFC 2385 is wrong: another key, or a NAT changed its addresses",
    ),
    sign(
        "stale_connection",
        "tcp_rfc7323_tw_paws",
        "a connection in TIME_WAIT has its addresses and ports, and saw a newer timestamp",
    ),
    sign(
        "stale_connection",
        "tcp_timewait_socket",
        "the RST is of a connection that is over, and waits in TIME_WAIT",
    ),
    sign(
        "server_abort",
        "tcp_abort_on_close",
        "the application closed the connection with data that it had not read",
    ),
    sign(
        "server_abort",
        "tcp_abort_on_linger",
        "the application closed the connection with SO_LINGER and a time of 0",
    ),
    sign(
        "server_abort",
        "tcp_abort_on_data",
        "data came after the application had closed the connection",
    ),
    sign(
        "kernel_drop_reason",
        "ip_innoroutes",
        "no route leads to its target, or one that is unreachable, prohibited or a blackhole",
    ),
    sign(
        "kernel_drop_reason",
        "ip_outnoroutes",
        "no route leads to where it should be sent",
    ),
    sign(
        "kernel_drop_reason",
        "ip_inaddrerrors",
        "it is for no address of this host, and this host does not forward",
    ),
    sign(
        "kernel_drop_reason",
        "tcp_minttl",
        "it came over more hops than its socket allows (IP_MINTTL)",
    ),
    sign(
        "host_down",
        "neigh_failed",
        "nobody on the link answered who has the target's address",
    ),
    sign(
        "kernel_drop_reason",
        "tc_ingress",
        "traffic control (tc filter, a BPF program of a CNI) drops it where it comes in",
    ),
    sign(
        "kernel_drop_reason",
        "tc_egress",
        "traffic control (tc filter, a BPF program of a CNI) drops it where it leaves",
    ),
    sign(
        "kernel_drop_reason",
        "qdisc_drop",
        "the queue of its interface drops it: full, or shaped",
    ),
    sign(
        "kernel_drop_reason",
        "xfrm_policy",
        "an IPsec policy wants it encrypted, and it is not",
    ),
    sign(
        "kernel_drop_reason",
        "security_hook",
        "a security module (SELinux, AppArmor, Smack) drops it",
    ),
    sign(
        "kernel_drop_reason",
        "kfree_skb",
        "the kernel dropped a packet; the reason stands behind it (Linux 5.17 and newer)",
    ),
    sign(
        "kernel_drop_reason",
        "tcp_send_reset",
        "the kernel's TCP sent a RST; the reason stands behind it (Linux 6.10 and newer)",
    ),
];
