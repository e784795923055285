//! What tools print of packets and connections: ss, netstat, Wireshark, Cilium, and others.

use super::{Sign, sign};

pub(super) const SIGNS: &[Sign] = &[
    sign(
        "refused",
        "flags [r.]",
        "tcpdump: RST with ACK; in answer to a SYN a refusal",
    ),
    sign(
        "refused",
        "[rst, ack]",
        "Wireshark: RST with ACK; in answer to a SYN a refusal",
    ),
    sign(
        "SYN_SENT",
        "syn_sent",
        "a SYN was sent, nothing acceptable came back yet",
    ),
    sign(
        "SYN_SENT",
        "syn-sent",
        "a SYN was sent, nothing acceptable came back yet",
    ),
    sign(
        "SYN_SENT",
        "synsent",
        "a SYN was sent, nothing acceptable came back yet",
    ),
    sign(
        "SYN_SENT",
        "[unreplied]",
        "conntrack has seen no packet of the other direction",
    ),
    sign(
        "SYN_RECV",
        "syn_recv",
        "a SYN was answered, the last ACK is awaited",
    ),
    sign(
        "SYN_RECV",
        "syn-recv",
        "a SYN was answered, the last ACK is awaited",
    ),
    sign(
        "SYN_RECV",
        "syn_received",
        "a SYN was answered, the last ACK is awaited",
    ),
    sign(
        "SYN_RECV",
        "syn_rcvd",
        "a SYN was answered, the last ACK is awaited",
    ),
    sign(
        "SYN_RECV",
        "synreceived",
        "a SYN was answered, the last ACK is awaited",
    ),
    sign(
        "CLOSE_WAIT",
        "close_wait",
        "the other side closed, the application here has not",
    ),
    sign(
        "CLOSE_WAIT",
        "close-wait",
        "the other side closed, the application here has not",
    ),
    sign(
        "CLOSE_WAIT",
        "closewait",
        "the other side closed, the application here has not",
    ),
    sign(
        "TIME_WAIT",
        "time_wait",
        "closed in order by this side; kept for a minute",
    ),
    sign(
        "TIME_WAIT",
        "time-wait",
        "closed in order by this side; kept for a minute",
    ),
    sign(
        "TIME_WAIT",
        "timewait",
        "closed in order by this side; kept for a minute",
    ),
    sign(
        "port_numbers_reused",
        "tcp port numbers reused",
        "a SYN with addresses and ports that an earlier connection of this capture had",
    ),
    sign(
        "port_numbers_reused",
        "tcp.analysis.reused_ports",
        "a SYN with addresses and ports that an earlier connection of this capture had",
    ),
    sign(
        "wireshark_marks",
        "[tcp retransmission]",
        "the same bytes again: of a SYN, that no answer came in time",
    ),
    sign(
        "wireshark_marks",
        "tcp.analysis.retransmission",
        "the same bytes again: of a SYN, that no answer came in time",
    ),
    sign(
        "wireshark_marks",
        "[tcp spurious retransmission]",
        "the same bytes again although they were acknowledged: the ACK was lost, or came late",
    ),
    sign(
        "wireshark_marks",
        "[tcp out-of-order]",
        "segments in another order than sent; or one packet captured twice",
    ),
    sign(
        "wireshark_marks",
        "[tcp dup ack",
        "the same ACK again: a segment is missing; of a SYN, see stale_connection",
    ),
    sign(
        "wireshark_marks",
        "[tcp zerowindow]",
        "connected; the receiver's application takes nothing more at the moment",
    ),
    sign(
        "wireshark_marks",
        "[tcp window full]",
        "connected; the sender has used up what the receiver allows",
    ),
    sign(
        "wireshark_marks",
        "[tcp keep-alive]",
        "connected and idle: a test whether the other side is still there",
    ),
    sign(
        "capture_lost_packets",
        "[tcp acked unseen segment]",
        "an ACK for bytes that are not in the capture: the capture lost packets",
    ),
    sign(
        "capture_lost_packets",
        "[tcp previous segment not captured]",
        "a gap in the sequence numbers: lost by the capture, or on the way before it",
    ),
    sign(
        "cilium_drop",
        "policy denied",
        "Cilium: no policy allows it",
    ),
    sign(
        "cilium_drop",
        "policy denied by denylist",
        "Cilium: a deny rule of a policy forbids it, whatever others allow",
    ),
    sign(
        "cilium_drop",
        "policy_denied",
        "Hubble: no policy allows it",
    ),
    sign(
        "cilium_drop",
        "policy-verdict:none",
        "Hubble: no policy allows it",
    ),
    sign(
        "cilium_drop",
        "authentication required",
        "Cilium: mutual authentication has not happened yet for these two identities",
    ),
    sign(
        "cilium_drop",
        "service backend not found",
        "Cilium: the Service has no ready backend",
    ),
    sign(
        "cilium_drop",
        "ct: map insertion failed",
        "Cilium: its table of connections is full",
    ),
    sign(
        "cilium_drop",
        "no mapping for nat masquerade",
        "Cilium: no free port for source NAT, or no NAT entry fits the answer",
    ),
    sign(
        "cilium_drop",
        "stale or unroutable ip",
        "Cilium: nobody has this pod address any more",
    ),
    sign(
        "cilium_drop",
        "unknown l3 target address",
        "Cilium: no endpoint has this address",
    ),
    sign(
        "cilium_drop",
        "fib lookup failed",
        "Cilium: the node has no route, or no neighbour",
    ),
    sign(
        "cilium_drop",
        "invalid source ip",
        "Cilium: the pod sent with an address that is not its own",
    ),
    sign(
        "cilium_drop",
        "no tunnel/encapsulation endpoint",
        "Cilium: it does not know on which node the pod runs",
    ),
    sign(
        "cilium_drop",
        "denied by lb src range check",
        "Cilium: the client is not in loadBalancerSourceRanges of the Service",
    ),
    sign(
        "cilium_drop",
        "is a clusterip",
        "Cilium: a ClusterIP is not reachable from outside the cluster",
    ),
    sign(
        "cilium_drop",
        "invalid identity",
        "Cilium: the sender's identity is not known here (yet)",
    ),
    sign(
        "cilium_drop",
        "unsupported protocol for nat masquerade",
        "Cilium: not TCP, UDP or ICMP; no connect over TCP",
    ),
    sign(
        "conntrack_full",
        "nf_conntrack_count",
        "how many entries the table holds; at nf_conntrack_max it is full",
    ),
    sign(
        "flow_log",
        "the windows filtering platform has blocked a connection",
        "event 5157: a rule of the Windows firewall, or of software that uses its platform",
    ),
    sign(
        "flow_log",
        "the windows filtering platform has blocked a packet",
        "event 5152: a rule of the Windows firewall, or of software that uses its platform",
    ),
    sign(
        "firewall_log",
        "[ufw block]",
        "ufw turned the packet away: no rule allows it; by default in silence (deny, not reject)",
    ),
    sign(
        "firewall_log",
        "ufw block",
        "ufw turned the packet away: no rule allows it",
    ),
    sign(
        "firewall_log",
        "[ufw limit block]",
        "ufw limit: six connects of one address within 30 seconds",
    ),
    sign(
        "firewall_log",
        "[ufw audit]",
        "logged only: nothing is said about what became of it",
    ),
    sign("firewall_log", "[ufw allow]", "logged and let in"),
    sign(
        "firewall_log",
        "filter_in_public_reject",
        "firewalld: rejected by the zone's default",
    ),
    sign(
        "firewall_log",
        "final_reject",
        "firewalld: no rule of any zone allowed it",
    ),
];
