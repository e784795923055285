//! The system's errors that stand for no failed connect, or for the client itself.

use super::checks::{
    APPLICATION_LOG, CAPTURE_ALL_ICMP, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, HOST_POWER,
    LOCAL_PORTS, NEIGHBOUR, PING, PROBE, ROUTE_TO_SERVER,
};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Numbers, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "EHOSTDOWN",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(112),
            macos: Some(64),
            windows: Some(10_064),
        }),
        title: "host is down: ICMP host unknown, or no ARP answer",
        on_the_wire: "Linux: ICMP 3/7 (host unknown). macOS and FreeBSD: nobody answers ARP for \
            the address on the own link; no SYN leaves.",
        brought_about_by: &[
            "the host is off, or the address is wrong",
            "a router that knows that the host does not exist",
        ],
        told_apart: &[
            apart("EHOSTUNREACH", "Linux's word for ARP without an answer"),
            apart("host_down", "unanswered ARP requests in the capture"),
        ],
        check: &[NEIGHBOUR, HOST_POWER, PING],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EHOSTDOWN (112), \"Host is down\""),
                said("macOS, FreeBSD", "EHOSTDOWN (64), \"Host is down\""),
                said("Windows", "WSAEHOSTDOWN (10064)"),
                said("Python", "OSError: [Errno 64] Host is down (macOS)"),
                said("Go", "connect: host is down"),
                said("Node.js", "Error: connect EHOSTDOWN"),
            ],
        }],
        shown_by: "tcpwhy read FILE --server SERVER",
        see_also: &["host_down", "host_unreachable"],
    },
    Page {
        term: "ENONET",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(64),
            macos: None,
            windows: None,
        }),
        title: "machine is not on the network: ICMP host isolated",
        on_the_wire: "ICMP 3/8 (source host isolated) that quotes the SYN. Obsolete: hardly any \
            device sends it.",
        brought_about_by: &["a very old or odd router", "a crafted ICMP error"],
        told_apart: &[apart("host_unreachable", "the usual codes mean the same")],
        check: &[CAPTURE_ALL_ICMP],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "ENONET (64), \"Machine is not on the network\""),
                said(
                    "Python",
                    "OSError: [Errno 64] Machine is not on the network",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &["host_unreachable"],
    },
    Page {
        term: "EINVAL",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(22),
            macos: Some(22),
            windows: Some(10_022),
        }),
        title: "invalid argument: a local black-hole route",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &[
            "a local route of type blackhole (Linux)",
            "a wrong address family or length; an IPv6 link-local address without its interface \
             (%eth0)",
            "a socket that was connected or bound before in another way",
        ],
        told_apart: &[
            apart("ENETUNREACH", "no route at all"),
            apart("EHOSTUNREACH", "a local route of type unreachable"),
        ],
        check: &[
            ROUTE_TO_SERVER,
            Check {
                on: "CLIENT",
                run: Some("ip route show type blackhole; ip -6 route show type blackhole"),
                tells: "whether a route swallows that address",
            },
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EINVAL (22), \"Invalid argument\""),
                said("Windows", "WSAEINVAL (10022)"),
                said("Python", "OSError: [Errno 22] Invalid argument"),
                said("Go", "connect: invalid argument"),
                said("Node.js", "Error: connect EINVAL"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["ENETUNREACH"],
    },
    Page {
        term: "ENETDOWN",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(100),
            macos: Some(50),
            windows: Some(10_050),
        }),
        title: "network is down: the client's interface is down",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &["the interface or its driver is down; no network is attached"],
        told_apart: &[apart(
            "ENETUNREACH",
            "there the interface is up and a route is missing",
        )],
        check: &[Check {
            on: "CLIENT",
            run: Some("ip -brief link; ip -brief address"),
            tells: "the state of each interface",
        }],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "ENETDOWN (100), \"Network is down\""),
                said("macOS, FreeBSD", "ENETDOWN (50)"),
                said("Windows", "WSAENETDOWN (10050)"),
                said("Go", "connect: network is down"),
                said("Node.js", "Error: connect ENETDOWN"),
                said("Chrome", "ERR_INTERNET_DISCONNECTED"),
            ],
        }],
        shown_by: "tcpwhy interfaces",
        see_also: &["ENETUNREACH"],
    },
    Page {
        term: "ENOBUFS",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(105),
            macos: Some(55),
            windows: Some(10_055),
        }),
        title: "no buffer space: out of memory or ports, locally",
        on_the_wire: "nothing: no packet leaves.",
        brought_about_by: &[
            "Windows: local ports or socket buffers are exhausted",
            "a full output queue or memory limit on the client",
        ],
        told_apart: &[apart(
            "EADDRNOTAVAIL",
            "Linux's word for exhausted local ports",
        )],
        check: &[
            LOCAL_PORTS,
            Check {
                on: "CLIENT (Windows)",
                run: Some("netsh int ipv4 show dynamicport tcp; netstat -ano -p TCP"),
                tells: "how many ports there are, and who holds them",
            },
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "ENOBUFS (105), \"No buffer space available\""),
                said("macOS, FreeBSD", "ENOBUFS (55)"),
                said(
                    "Windows",
                    "WSAENOBUFS (10055), \"An operation on a socket could not be performed \
                     because the system lacked sufficient buffer space or because a queue was \
                     full\"",
                ),
                said("Go", "connect: no buffer space available"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["EADDRNOTAVAIL"],
    },
    Page {
        term: "ECONNABORTED",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(103),
            macos: Some(53),
            windows: Some(10_053),
        }),
        title: "connection aborted: ended by this host itself",
        on_the_wire: "an established connection that this host gave up: a local decision or \
            timer, mostly with its own RST. No failed connect.",
        brought_about_by: &[
            "Windows: data went unacknowledged, or a local firewall or proxy program ended it",
            "a server's accept() met a connection that was reset before it was taken",
        ],
        told_apart: &[
            apart("ECONNRESET", "there the other side sent a RST"),
            apart(
                "aborted",
                "the outcome: a client that resets during the handshake",
            ),
        ],
        check: &[CAPTURE_AT_CLIENT, APPLICATION_LOG],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "ECONNABORTED (103), \"Software caused connection abort\"",
                ),
                said("macOS, FreeBSD", "ECONNABORTED (53)"),
                said(
                    "Windows",
                    "WSAECONNABORTED (10053), \"An established connection was aborted by the \
                     software in your host machine\"",
                ),
                said("Java", "SocketException: Software caused connection abort"),
                said("Python", "ConnectionAbortedError"),
            ],
        }],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ECONNRESET"],
    },
    Page {
        term: "EPIPE",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(32),
            macos: Some(32),
            windows: None,
        }),
        title: "broken pipe: written after the other side closed",
        on_the_wire: "an established connection that the other side ended with FIN and RST, or \
            RST; then this side went on writing. No failed connect.",
        brought_about_by: &[
            "the server closed first: limits, time-outs, errors",
            "a proxy ended the connection",
        ],
        told_apart: &[
            apart("ECONNRESET", "the same RST, met while reading"),
            apart("connection_closed", "met while reading"),
        ],
        check: &[APPLICATION_LOG, CAPTURE_AT_SERVER],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux, macOS", "EPIPE (32), \"Broken pipe\""),
                said("Java", "SocketException: Broken pipe"),
                said("Python", "BrokenPipeError: [Errno 32] Broken pipe"),
                said("Go", "write: broken pipe"),
                said("Node.js", "Error: write EPIPE"),
            ],
        }],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ECONNRESET", "connection_closed"],
    },
    Page {
        term: "EINPROGRESS",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(115),
            macos: Some(36),
            windows: Some(10_035),
        }),
        title: "operation in progress: no error, it goes on",
        on_the_wire: "nothing yet: connect() on a non-blocking socket returns before the answer. \
            The result comes later from getsockopt(SO_ERROR): 0 or an errno of this list.",
        brought_about_by: &[
            "every non-blocking connect: Go, Node.js, curl, Java NIO, asyncio",
            "a program that printed it instead of waiting: read it as \"no answer so far\"",
        ],
        told_apart: &[
            apart(
                "connect_timeout",
                "a message with \"timed out\" and this text: nobody answered in time",
            ),
            apart(
                "connect_failed",
                "MySQL's (115): the number names no reason",
            ),
        ],
        check: &[
            Check {
                on: "CLIENT",
                run: Some("strace -f -e trace=connect,getsockopt COMMAND"),
                tells: "SO_ERROR holds the errno that decides",
            },
            PROBE,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Linux", "EINPROGRESS (115), \"Operation now in progress\""),
                said("macOS, FreeBSD", "EINPROGRESS (36)"),
                said("Windows", "WSAEWOULDBLOCK (10035)"),
                said(
                    "Python",
                    "BlockingIOError: [Errno 115] Operation now in progress",
                ),
                said(
                    "nc",
                    "connect to SERVER port PORT (tcp) timed out: Operation now in progress",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome failed",
        see_also: &["connect_timeout", "connect_failed"],
    },
];
