//! The system's errors that come from the network.

use super::apart;
use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, CAPTURE_ALL_ICMP, CAPTURE_AT_SERVER, CONTAINER_LISTENERS,
    CONTAINER_PORTS, ENDPOINT_SLICES, FIREWALLD, HOST_POWER, IP6TABLES_RULES, IPTABLES_RULES,
    LISTENERS, MESH_CHECK, NEIGHBOUR, NFT_RULES, PROBE_NOW, PROBE_PATH, RESOLVE, ROUTE_TO_CLIENT,
    ROUTE_TO_SERVER, SECURITY_GROUP, SERVICE_STATE, SILENT_COUNTERS, SYN_RETRIES, TRACE_TCP,
};
use super::sayings_of_failures::{HOST_UNREACHABLE, NET_UNREACHABLE, REFUSED};
use super::sayings_of_silence::{RESET, TIMED_OUT};
use crate::diagnosis::knowledge::{Kind, Numbers, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "ECONNREFUSED",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(111),
            macos: Some(61),
            windows: Some(10_061),
        }),
        title: "connection refused: the SYN was answered with a no",
        on_the_wire: "a RST with ACK in answer to the SYN (a closed port, or a rule with \
            tcp-reset), or an ICMP port unreachable. macOS and FreeBSD say it for ICMP prohibited \
            (3/9, 3/10, 3/13) too. Something answered: the host, a device in its name, or the \
            client's own firewall.",
        brought_about_by: &[
            "the service is not running, or listens on another port",
            "it is bound to 127.0.0.1 or another address, or to the other IP version",
            "a container or forwarded port leads nowhere; a Kubernetes Service has no ready \
             endpoint",
            "a firewall rejects, on the server, on the way, or on the client itself",
        ],
        told_apart: &[
            apart("closed_port", "RST in the shape of the host's own stack"),
            apart("firewall_reset", "RST in a packet filter's shape"),
            apart("port_unreachable", "an ICMP error instead of a RST"),
            apart("ETIMEDOUT", "there nothing answered"),
            apart("service_down_window", "it was refused only for a while"),
        ],
        check: &[
            LISTENERS,
            PROBE_NOW,
            SERVICE_STATE,
            CONTAINER_PORTS,
            CONTAINER_LISTENERS,
            ENDPOINT_SLICES,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --outcome refused,rejected",
        see_also: &[
            "refused",
            "closed_port",
            "firewall_reset",
            "port_unreachable",
        ],
    },
    Page {
        term: "ETIMEDOUT",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(110),
            macos: Some(60),
            windows: Some(10_060),
        }),
        title: "connection timed out: nothing usable came back",
        on_the_wire: "SYNs repeated until the system gave up, and no acceptable answer. On Linux \
            after 127 to 135 s, macOS 75 s, Windows 21 s; sooner it was the application's own \
            timer. Long after connect() the same error means that data went unacknowledged.",
        brought_about_by: &[
            "a firewall, security group or network policy drops in silence",
            "the host is off or the address is wrong",
            "the answer is lost on the way back",
            "an overloaded server drops SYNs",
            "answers came that the client has to ignore",
        ],
        told_apart: &[
            apart("host_silent", "nothing at all from that host"),
            apart("port_filtered", "the host answers elsewhere"),
            apart("accept_queue_full", "the same port answers others"),
            apart(
                "syn_ack_lost",
                "at the server the SYN-ACKs are seen leaving",
            ),
            apart(
                "connect_timeout",
                "there the application gave up before the system",
            ),
        ],
        check: &[
            PROBE_PATH,
            CAPTURE_AT_SERVER,
            SECURITY_GROUP,
            SILENT_COUNTERS,
            ACCEPT_QUEUE,
            ROUTE_TO_CLIENT,
            TRACE_TCP,
            SYN_RETRIES,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped",
        see_also: &[
            "dropped",
            "host_silent",
            "port_filtered",
            "accept_queue_full",
        ],
    },
    Page {
        term: "EHOSTUNREACH",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(113),
            macos: Some(65),
            windows: Some(10_065),
        }),
        title: "no route to host: an ICMP error, or no ARP answer",
        on_the_wire: "ICMP host unreachable or prohibited (3/1, 3/10, 3/13 and others), time \
            exceeded, ICMPv6 address unreachable; or no packet but ARP requests, when the host on \
            the own link does not answer; or no packet at all, when a local route says \
            unreachable.",
        brought_about_by: &[
            "a firewall that rejects with prohibited (firewalld does so on ports not opened)",
            "the host is down: after about 3 s",
            "a router cannot deliver, or a routing loop",
            "a local route of type unreachable",
        ],
        told_apart: &[
            apart(
                "admin_prohibited",
                "at once, mostly from the target itself: a rule, although the words speak of \
                 routing",
            ),
            apart("host_down", "after about 3 s, in a burst"),
            apart(
                "ttl_exceeded",
                "a router says that the packet went in circles",
            ),
            apart("ENETUNREACH", "there the network is unknown"),
        ],
        check: &[
            PROBE_NOW,
            FIREWALLD,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            NEIGHBOUR,
            HOST_POWER,
            ROUTE_TO_SERVER,
        ],
        applications: &[HOST_UNREACHABLE],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &[
            "admin_prohibited",
            "host_unreachable",
            "host_down",
            "ttl_exceeded",
        ],
    },
    Page {
        term: "ENETUNREACH",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(101),
            macos: Some(51),
            windows: Some(10_051),
        }),
        title: "network is unreachable: no route, here or beyond",
        on_the_wire: "mostly no packet at all: the client has no route to that address, or no \
            address of that IP version. Else ICMP 3/0 (also 3/6, 3/9, 3/11) or ICMPv6 1/0 from a \
            router.",
        brought_about_by: &[
            "IPv6 tried on a host without IPv6",
            "no default route; VPN down; a container or namespace without a network",
            "a router has no route, or a rule rejects with net-unreachable",
        ],
        told_apart: &[
            apart(
                "net_unreachable",
                "with an ICMP error in the capture: a router's route",
            ),
            apart("EHOSTUNREACH", "there the network is known"),
        ],
        check: &[
            PROBE_NOW,
            ROUTE_TO_SERVER,
            RESOLVE,
            CAPTURE_ALL_ICMP,
            TRACE_TCP,
        ],
        applications: &[NET_UNREACHABLE],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["net_unreachable", "admin_prohibited", "fallback_worked"],
    },
    Page {
        term: "ECONNRESET",
        kinds: &[Kind::Error],
        numbers: Some(Numbers {
            linux: Some(104),
            macos: Some(54),
            windows: Some(10_054),
        }),
        title: "connection reset by peer: a RST after the handshake",
        on_the_wire: "SYN, SYN-ACK and ACK, then a RST from the other side. Linux gives it from \
            connect() only when the RST follows the handshake within microseconds; else it comes \
            from reading or writing.",
        brought_about_by: &[
            "the application closed with data unread, refused the client, or crashed",
            "a proxy or load balancer whose backend is down, or that forgot an idle connection",
            "a full accept queue with tcp_abort_on_overflow=1",
            "a device on the way that injects RSTs",
        ],
        told_apart: &[
            apart(
                "reset",
                "within the handshake's reach and before the server's first byte: a matter of \
                 connecting",
            ),
            apart("ECONNREFUSED", "there the RST answers the SYN itself"),
            apart(
                "server_abort",
                "RST with ACK and window, from a live socket",
            ),
            apart("connection_closed", "there a FIN ends the connection"),
        ],
        check: &[APPLICATION_LOG, MESH_CHECK, ACCEPT_QUEUE, CAPTURE_AT_SERVER],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE --outcome reset",
        see_also: &[
            "reset",
            "server_abort",
            "proxy_without_backend",
            "middlebox_reset",
        ],
    },
];
