//! Causes that an ICMP error names, and what fails on the client itself.

use super::checks::{
    CAPTURE_AT_CLIENT, CAPTURE_AT_CLIENT_WINDOWS, CAPTURE_AT_SERVER_WINDOWS, CAPTURE_OF_ANSWER,
    ENDPOINT_SLICES, FIREWALLD, HOST_POWER, IP6TABLES_OUTPUT_RULES, IP6TABLES_RULES,
    IPTABLES_OUTPUT_RULES, IPTABLES_RULES, LISTENERS_WINDOWS, NEIGHBOUR, NETWORK_POLICY,
    NFT_OUTPUT_RULES, NFT_RULES, OUTPUT_RULES_WINDOWS, PROBE_NOW, PROBE_PATH, PROBE_WINDOWS,
    RESOLVE, ROUTE_TO_SERVER, TRACE_TCP, WIDER_CAPTURE, WINDOWS_FIREWALL,
};
use super::sayings_of_failures::{
    HOST_UNREACHABLE, NET_UNREACHABLE, PROHIBITED, PROTOCOL, REFUSED_BY_ICMP,
};
use super::sayings_of_silence::LOCAL_ERRORS;
use super::{apart, said};
use crate::diagnosis::knowledge::{Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "port_unreachable",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP port unreachable: a rule turned the SYN away",
        on_the_wire: "SYN, then ICMP 3/3 or ICMPv6 1/4 that quotes it. From the server's address: \
            a rule there; from a router's: a rule on the way. The quoted TTL tells at how many \
            hops.",
        brought_about_by: &[
            "a packet filter's REJECT without more words (the default of iptables, ip6tables and \
             nft)",
            "a Kubernetes Service without ready endpoints: the node's own rules reject",
            "a network policy or cloud firewall that rejects",
        ],
        told_apart: &[
            apart(
                "closed_port",
                "there a RST answers. Applications print the same words for both",
            ),
            apart(
                "admin_prohibited",
                "the same kind of rule with another ICMP code; applications say \"no route to \
                 host\"",
            ),
            apart(
                "limited_rejects",
                "ICMP errors are limited to about one per second: the rest of a burst sees silence",
            ),
        ],
        check: &[
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            ENDPOINT_SLICES,
            NETWORK_POLICY,
            TRACE_TCP,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            LISTENERS_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[REFUSED_BY_ICMP],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["ECONNREFUSED", "limited_rejects"],
    },
    Page {
        term: "host_unreachable",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP host unreachable: not deliverable to the host",
        on_the_wire: "SYN, then ICMP 3/1 (also 3/7, 3/8, 3/12) or ICMPv6 1/3 that quotes it, from \
            a router or gateway.",
        brought_about_by: &[
            "the host is down or has no such address: then late, about 3 s after the SYN, in a \
             burst",
            "a route of type unreachable on a router: then at once",
            "a packet filter that rejects with host-unreachable",
        ],
        told_apart: &[
            apart(
                "host_down",
                "late and in a burst, ARP or neighbour solicitations unanswered",
            ),
            apart(
                "admin_prohibited",
                "codes 9, 10 and 13 are a rule; applications print the same \"no route to host\"",
            ),
            apart(
                "net_unreachable",
                "there the router has no route to the network",
            ),
        ],
        check: &[
            NEIGHBOUR,
            HOST_POWER,
            ROUTE_TO_SERVER,
            TRACE_TCP,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_CLIENT,
            PROBE_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[HOST_UNREACHABLE],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["host_down", "EHOSTUNREACH"],
    },
    Page {
        term: "net_unreachable",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP net unreachable: a router has no route",
        on_the_wire: "SYN, then ICMP 3/0 (also 3/6, 3/11) or ICMPv6 1/0 that quotes it, at once, \
            from the router that has no route; the quoted TTL tells at how many hops.",
        brought_about_by: &[
            "a missing route: VPN or tunnel down, BGP session lost, wrong subnet",
            "IPv6 used where the network has none",
            "a packet filter that rejects with net-unreachable or no-route",
        ],
        told_apart: &[
            apart(
                "host_unreachable",
                "there the network is known and the host is not",
            ),
            apart(
                "ENETUNREACH",
                "without a packet in the capture it is the client's own routing table",
            ),
        ],
        check: &[
            ROUTE_TO_SERVER,
            TRACE_TCP,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            RESOLVE,
            CAPTURE_AT_CLIENT,
            PROBE_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[NET_UNREACHABLE],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["ENETUNREACH", "fallback_worked"],
    },
    Page {
        term: "protocol_unreachable",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP protocol unreachable: no TCP there, it says",
        on_the_wire: "SYN, then ICMP 3/2 that quotes it.",
        brought_about_by: &[
            "a packet filter that rejects with proto-unreachable",
            "an odd device that really has no TCP",
        ],
        told_apart: &[
            apart(
                "port_unreachable",
                "the same kind of rule with another ICMP code",
            ),
            apart(
                "other_icmp",
                "ICMPv6 has no such code: a parameter problem stands for it",
            ),
        ],
        check: &[
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            TRACE_TCP,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[PROTOCOL],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["ENOPROTOOPT", "port_unreachable"],
    },
    Page {
        term: "admin_prohibited",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP prohibited: a rule forbids it, routing is fine",
        on_the_wire: "SYN, then ICMP 3/9, 3/10 or 3/13, or ICMPv6 1/1, 1/5 or 1/6, that quotes \
            it. Mostly from the target itself. Although applications say \"no route to host\", it \
            is a firewall that says no.",
        brought_about_by: &[
            "firewalld and other host firewalls, on ports not opened",
            "an access list on a router or cloud gateway",
            "a route of type prohibit",
        ],
        told_apart: &[
            apart(
                "host_unreachable",
                "3/1 is a routing or delivery problem: other codes, mostly from a gateway and \
                 often 3 s late",
            ),
            apart(
                "closed_port",
                "macOS and FreeBSD say \"connection refused\" for IPv4's prohibited; the packets \
                 differ",
            ),
            apart(
                "port_unreachable",
                "the same kind of rule with another ICMP code",
            ),
        ],
        check: &[
            FIREWALLD,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            TRACE_TCP,
            NETWORK_POLICY,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_PATH,
        ],
        applications: &[PROHIBITED],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["EHOSTUNREACH", "EACCES", "limited_rejects"],
    },
    Page {
        term: "ttl_exceeded",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "ICMP time exceeded: a routing loop, or too far",
        on_the_wire: "SYN, then ICMP 11/0 or ICMPv6 3/0 from a router; the quoted TTL is 0 or 1. \
            The same SYN may pass the capture many times with a falling TTL.",
        brought_about_by: &[
            "two routers that send the packet to each other",
            "a route that points back, as after a failed tunnel",
            "a sender that starts with a very small TTL",
        ],
        told_apart: &[
            apart(
                "net_unreachable",
                "there a router gives up at once for want of a route",
            ),
            apart("host_unreachable", "there the last router cannot deliver"),
        ],
        check: &[TRACE_TCP, ROUTE_TO_SERVER, CAPTURE_AT_CLIENT, PROBE_PATH],
        applications: &[HOST_UNREACHABLE],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["EHOSTUNREACH"],
    },
    Page {
        term: "other_icmp",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "another ICMP error answered the SYN",
        on_the_wire: "SYN, then an ICMP error of a rarer type or code that quotes it: source \
            route failed, parameter problem, beyond scope of the source address. Fragmentation \
            needed, packet too big, source quench and redirect only adjust the attempt and do not \
            count.",
        brought_about_by: &[
            "a device that does not like an option or header of the packet",
            "an IPv6 source address whose scope ends before the server",
            "a crafted packet",
        ],
        told_apart: &[
            apart(
                "port_unreachable",
                "the common codes have causes of their own",
            ),
            apart(
                "feature_dropped",
                "there odd packets meet silence instead of an error",
            ),
        ],
        check: &[
            TRACE_TCP,
            CAPTURE_AT_CLIENT,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_CLIENT_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "EPROTO (71) for a parameter problem, EOPNOTSUPP (95) for source route \
                     failed, EHOSTUNREACH (113) for beyond scope",
                ),
                said("Windows", "not verified"),
                said(
                    "macOS, FreeBSD",
                    "mostly a time-out after 75 s; not verified",
                ),
                said(
                    "Java, Python, Go, Node.js",
                    "the system's words for it: Protocol error, Operation not supported, No route \
                     to host",
                ),
                said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
            ],
        }],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["EPROTO", "EOPNOTSUPP", "EHOSTUNREACH"],
    },
    Page {
        term: "local_firewall",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the client's own host turned the SYN away",
        on_the_wire: "an answer without a SYN: a RST from the server's address with untouched \
            TTL, or an ICMP port unreachable from the client's own address, mostly on the \
            loopback interface of an \"any\" capture. A dropping rule on the client shows nothing \
            at all.",
        brought_about_by: &[
            "a reject rule in the client's output chain",
            "security software or an endpoint firewall",
            "a Kubernetes network policy on the client's node",
        ],
        told_apart: &[
            apart(
                "capture_started_late",
                "there the SYN was before the capture: only in its first moments",
            ),
            apart("one_sided_capture", "there all SYNs are missing"),
            apart("backscatter", "there the answers come from many far hosts"),
        ],
        check: &[
            NFT_OUTPUT_RULES,
            IPTABLES_OUTPUT_RULES,
            IP6TABLES_OUTPUT_RULES,
            NETWORK_POLICY,
            WIDER_CAPTURE,
            CAPTURE_AT_CLIENT,
            OUTPUT_RULES_WINDOWS,
            CAPTURE_AT_CLIENT_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[LOCAL_ERRORS],
        shown_by: "tcpwhy read FILE --outcome partial --client CLIENT",
        see_also: &["partial", "EPERM", "EACCES"],
    },
];
