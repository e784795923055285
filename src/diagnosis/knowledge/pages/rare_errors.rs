//! The system's errors that ICMP's rarer codes bring, or none but the client itself.

use super::checks::{
    CAPTURE_ALL_ICMP, IP6TABLES_OUTPUT_RULES, IP6TABLES_RULES, IPTABLES_OUTPUT_RULES,
    IPTABLES_RULES, LISTENERS, LOCAL_PORTS, NETWORK_POLICY, NFT_OUTPUT_RULES, NFT_RULES,
    OUTPUT_RULES_WINDOWS, PROBE_NOW, ROUTE_TO_SERVER, TRACE_TCP,
};
use super::sayings_of_failures::PROTOCOL;
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Numbers, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "EACCES",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(13),
            macos: Some(13),
            windows: Some(10_013),
        }),
        title: "permission denied: a rule forbids it",
        on_the_wire: "ICMPv6 prohibited, policy failed or reject route (1/1, 1/5, 1/6); or no \
            packet at all, when a local route of type prohibit or a local policy forbids it.",
        brought_about_by: &[
            "an IPv6 firewall that rejects, on the server or on the way",
            "a local route of type prohibit; SELinux, AppArmor or Windows Firewall on the client",
        ],
        told_apart: &[
            apart("admin_prohibited", "with an ICMPv6 error in the capture"),
            apart("EPERM", "there the client's own kernel policy forbids it"),
        ],
        check: &[
            PROBE_NOW,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            ROUTE_TO_SERVER,
            NFT_OUTPUT_RULES,
            IPTABLES_OUTPUT_RULES,
            IP6TABLES_OUTPUT_RULES,
            CAPTURE_ALL_ICMP,
            OUTPUT_RULES_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EACCES (13), \"Permission denied\""),
                said(
                    "macOS, FreeBSD",
                    "EACCES (13) from local rules; after ICMPv6 not verified",
                ),
                said(
                    "Windows",
                    "WSAEACCES (10013), \"An attempt was made to access a socket in a way \
                     forbidden by its access permissions\"",
                ),
                said(
                    "Java",
                    "SocketException or ConnectException: Permission denied",
                ),
                said("Python", "PermissionError: [Errno 13] Permission denied"),
                said("Go", "connect: permission denied"),
                said("Node.js", "Error: connect EACCES"),
                said(".NET", "SocketError.AccessDenied"),
                said("curl", "curl: (7)"),
                said("Chrome", "ERR_NETWORK_ACCESS_DENIED"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["admin_prohibited", "local_firewall"],
    },
    Page {
        term: "EPERM",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(1),
            macos: Some(1),
            windows: None,
        }),
        title: "operation not permitted: by the client's own kernel",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &[
            "a cgroup or BPF policy, seccomp, or a sandbox on the client",
            "a security module that guards the process or its container",
        ],
        told_apart: &[
            apart(
                "EACCES",
                "there a route, an ICMPv6 error or a security module forbids it",
            ),
            apart(
                "local_firewall",
                "there an answer without a SYN may be seen on the loopback interface",
            ),
        ],
        check: &[
            PROBE_NOW,
            NFT_OUTPUT_RULES,
            IPTABLES_OUTPUT_RULES,
            IP6TABLES_OUTPUT_RULES,
            NETWORK_POLICY,
            Check {
                on: "CLIENT",
                run: Some("strace -f -e trace=connect COMMAND"),
                tells: "which call fails, and with which address",
            },
            OUTPUT_RULES_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EPERM (1), \"Operation not permitted\""),
                said(
                    "Python",
                    "PermissionError: [Errno 1] Operation not permitted",
                ),
                said("Go", "connect: operation not permitted"),
                said("Node.js", "Error: connect EPERM"),
                said("Java", "SocketException: Operation not permitted"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["local_firewall", "EACCES"],
    },
    Page {
        term: "EADDRNOTAVAIL",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(99),
            macos: Some(49),
            windows: Some(10_049),
        }),
        title: "cannot assign requested address: no port or address",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &[
            "all local ports to that server are in use, mostly in TIME_WAIT",
            "the application binds a source address that the host does not have",
            "the target is ::1 in a container or host without IPv6; on Windows also address \
             0.0.0.0 or port 0",
        ],
        told_apart: &[apart(
            "ETIMEDOUT",
            "ports exhausted at a NAT or load balancer instead of here: SYNs are seen, \
                 answers are not",
        )],
        check: &[
            PROBE_NOW,
            LOCAL_PORTS,
            Check {
                on: "CLIENT",
                run: Some("ip -brief address"),
                tells: "whether the source address exists, and whether IPv6 is there",
            },
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "EADDRNOTAVAIL (99), \"Cannot assign requested address\"",
                ),
                said(
                    "macOS, FreeBSD",
                    "EADDRNOTAVAIL (49), \"Can't assign requested address\"",
                ),
                said(
                    "Windows",
                    "WSAEADDRNOTAVAIL (10049), \"The requested address is not valid in its \
                     context\"; for ports WSAEADDRINUSE (10048) or WSAENOBUFS (10055)",
                ),
                said(
                    "Java",
                    "BindException or NoRouteToHostException: Cannot assign requested address",
                ),
                said(
                    "Python",
                    "OSError: [Errno 99] Cannot assign requested address",
                ),
                said("Go", "connect: cannot assign requested address"),
                said("Node.js", "Error: connect EADDRNOTAVAIL"),
                said("curl", "curl: (7)"),
                said(
                    "nginx",
                    "connect() failed (99: Cannot assign requested address)",
                ),
                said("Envoy", "immediate connect error: 99"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["EADDRINUSE", "stale_tuple_reuse"],
    },
    Page {
        term: "EADDRINUSE",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(98),
            macos: Some(48),
            windows: Some(10_048),
        }),
        title: "address already in use: the local port is taken",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &[
            "a server is started twice: its port is taken",
            "a client binds a fixed source port that is still in use or in TIME_WAIT",
            "Windows: local ports to that server are exhausted",
        ],
        told_apart: &[apart(
            "EADDRNOTAVAIL",
            "Linux's word for exhausted local ports",
        )],
        check: &[LISTENERS, LOCAL_PORTS],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EADDRINUSE (98), \"Address already in use\""),
                said("macOS, FreeBSD", "EADDRINUSE (48)"),
                said(
                    "Windows",
                    "WSAEADDRINUSE (10048), \"Only one usage of each socket address is normally \
                     permitted\"",
                ),
                said("Java", "BindException: Address already in use"),
                said("Python", "OSError: [Errno 98] Address already in use"),
                said("Go", "bind: address already in use"),
                said("Node.js", "Error: listen EADDRINUSE"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["EADDRNOTAVAIL"],
    },
    Page {
        term: "EPROTO",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(71),
            macos: Some(100),
            windows: None,
        }),
        title: "protocol error: an ICMP parameter problem",
        on_the_wire: "ICMP 12 or ICMPv6 4 (parameter problem), or an unknown ICMPv6 error, that \
            quotes the SYN.",
        brought_about_by: &[
            "a device rejects an option or header of the packet",
            "a crafted ICMP error",
        ],
        told_apart: &[
            apart("other_icmp", "type and code stand in the capture"),
            apart("ENOPROTOOPT", "that is protocol unreachable"),
        ],
        check: &[CAPTURE_ALL_ICMP, TRACE_TCP],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EPROTO (71), \"Protocol error\""),
                said("Python", "OSError: [Errno 71] Protocol error"),
                said("Go", "connect: protocol error"),
                said(
                    "Node.js",
                    "Error: connect EPROTO (a failed TLS handshake prints EPROTO too)",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["other_icmp"],
    },
    Page {
        term: "ENOPROTOOPT",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(92),
            macos: Some(42),
            windows: Some(10_042),
        }),
        title: "protocol not available: ICMP protocol unreachable",
        on_the_wire: "ICMP 3/2 that quotes the SYN (Linux). From setsockopt() the same word means \
            an unknown option and has nothing to do with the network.",
        brought_about_by: &[
            "a rule that rejects with proto-unreachable",
            "an odd device without TCP",
        ],
        told_apart: &[apart(
            "protocol_unreachable",
            "the ICMP error is in the capture",
        )],
        check: &[NFT_RULES, IPTABLES_RULES, IP6TABLES_RULES, CAPTURE_ALL_ICMP],
        applications: &[PROTOCOL],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["protocol_unreachable"],
    },
    Page {
        term: "EOPNOTSUPP",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(95),
            macos: Some(102),
            windows: Some(10_045),
        }),
        title: "operation not supported: ICMP source route failed",
        on_the_wire: "ICMP 3/5 that quotes the SYN (Linux). Rare: mostly the socket is not one \
            that can connect.",
        brought_about_by: &[
            "an IPv4 source route option that a router refuses",
            "connect() on a listening socket",
        ],
        told_apart: &[apart("other_icmp", "the ICMP error is in the capture")],
        check: &[CAPTURE_ALL_ICMP],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EOPNOTSUPP (95), \"Operation not supported\""),
                said("Windows", "WSAEOPNOTSUPP (10045)"),
                said("Python", "OSError: [Errno 95] Operation not supported"),
                said("Go", "connect: operation not supported"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["other_icmp"],
    },
];
