//! What the packets show of one attempt: the nine outcomes.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS,
    CAPTURE_OF_ANSWER, CONNTRACK, CONTAINER_PORTS, ENDPOINT_SLICES, FIREWALLD,
    IP6TABLES_OUTPUT_RULES, IP6TABLES_RULES, IPTABLES_OUTPUT_RULES, IPTABLES_RULES, LISTENERS,
    LISTENERS_WINDOWS, MESH_CHECK, NFT_OUTPUT_RULES, NFT_RULES, OUTPUT_RULES_WINDOWS, PING,
    PROBE_NOW, PROBE_PATH, ROUTE_TO_CLIENT, ROUTE_TO_SERVER, SECURITY_GROUP, SERVICE_STATE,
    SILENT_COUNTERS, TRACE_TCP, WIDER_CAPTURE, WINDOWS_FIREWALL,
};
use super::sayings_of_failures::{HOST_UNREACHABLE, REFUSED};
use super::sayings_of_silence::{NO_ANSWER, NONE, RESET, TIMED_OUT};
use super::{apart, said};
use crate::diagnosis::knowledge::{Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "established",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "the handshake was completed",
        on_the_wire: "SYN, SYN-ACK, and the client's ACK or anything later that proves it. TCP \
            has done its work: what fails after that is not the connect. It proves only that \
            something accepted: the kernel does so before the application calls accept(), and a \
            proxy does so for a backend that may be dead.",
        brought_about_by: &[
            "the service, or the kernel in its name, took the connection",
            "a load balancer, container proxy or sidecar took it, whatever becomes of its backend",
        ],
        told_apart: &[
            apart(
                "reset",
                "there the server sends a RST before its first byte",
            ),
            apart(
                "accept_queue_full",
                "the SYN-ACK is repeated although the client acknowledged it, and data stays \
                 unacknowledged",
            ),
            apart(
                "proxy_answers",
                "answered much faster than the server's distance allows, then closed without a \
                 byte",
            ),
        ],
        check: &[APPLICATION_LOG, MESH_CHECK],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "all",
                "connect() succeeds; errors that follow are those of reading, of TLS or of \
                     the application",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome established",
        see_also: &["read_timeout", "connection_closed", "proxy_without_backend"],
    },
    Page {
        term: "reset",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "answered, then reset before the server's first byte",
        on_the_wire: "SYN, SYN-ACK and mostly the client's ACK, then a RST from the server before \
            it sent a byte of payload and before either side sent a FIN.",
        brought_about_by: &[
            "the application closed at once: an allow-list, a limit of connections, a crash, \
             unread data on close",
            "a proxy or load balancer that accepted and whose backend is down",
            "a full accept queue, where the kernel is told to reset (tcp_abort_on_overflow=1)",
            "a device on the path that injects RSTs",
        ],
        told_apart: &[
            apart("refused", "there the RST comes before any SYN-ACK"),
            apart(
                "server_abort",
                "RST with ACK, a window that is not 0, timestamps: a live socket",
            ),
            apart(
                "accept_queue_full",
                "RST without ACK, window 0, right after the client's ACK",
            ),
            apart(
                "middlebox_reset",
                "TTL, delay or window do not fit the host's other packets",
            ),
        ],
        check: &[
            APPLICATION_LOG,
            ACCEPT_QUEUE,
            MESH_CHECK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE --outcome reset",
        see_also: &[
            "server_abort",
            "proxy_without_backend",
            "accept_queue_full",
            "middlebox_reset",
            "ECONNRESET",
        ],
    },
    Page {
        term: "refused",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "answered by a RST: the port turned the SYN away",
        on_the_wire: "SYN, then a RST with ACK from the server's address that acknowledges the \
            SYN, before any SYN-ACK. Mostly within one round trip.",
        brought_about_by: &[
            "nothing listens on the port: not started, crashed, another port",
            "the service is bound to 127.0.0.1 or another address, or only to IPv4 or IPv6",
            "a packet filter rejects with tcp-reset, on the host or on the way",
            "a forwarded or published port whose backend is down; one bad backend of a load \
             balancer",
        ],
        told_apart: &[
            apart(
                "rejected",
                "there an ICMP error answers; the application reads the same words for port \
                 unreachable",
            ),
            apart(
                "closed_port",
                "the shape, distance and delay of the host's own packets",
            ),
            apart(
                "firewall_reset",
                "traffic class of the SYN not echoed, IPv6 flow label 0",
            ),
            apart("middlebox_reset", "it comes from nearer than the host"),
        ],
        check: &[
            LISTENERS,
            SERVICE_STATE,
            CONTAINER_PORTS,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            ENDPOINT_SLICES,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --outcome refused",
        see_also: &[
            "closed_port",
            "firewall_reset",
            "never_listening",
            "service_down_window",
            "one_bad_backend",
            "ECONNREFUSED",
        ],
    },
    Page {
        term: "rejected",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "answered by an ICMP error that quotes the SYN",
        on_the_wire: "SYN, then an ICMP or ICMPv6 error that quotes it, and nothing acceptable \
            from the server after it. Type, code and sender say who turned it away and why. That \
            the SYN is repeated once after it changes nothing.",
        brought_about_by: &[
            "a packet filter that rejects (port unreachable or prohibited)",
            "a router without a route, or a null route",
            "a host that is down: its gateway says so about 3 s after the SYN",
            "a Kubernetes Service without ready endpoints",
            "a routing loop",
        ],
        told_apart: &[
            apart("refused", "there a RST answers"),
            apart(
                "dropped",
                "the same rule, with the ICMP errors limited to about one per second or hidden by \
                 the capture's filter",
            ),
            apart(
                "host_down",
                "the ICMP error is late, about 3 s, and comes in a burst; at once it is a rule or \
                 a route",
            ),
        ],
        check: &[
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            FIREWALLD,
            ROUTE_TO_SERVER,
            TRACE_TCP,
            ENDPOINT_SLICES,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[HOST_UNREACHABLE],
        shown_by: "tcpwhy read FILE --outcome rejected",
        see_also: &[
            "port_unreachable",
            "host_unreachable",
            "net_unreachable",
            "admin_prohibited",
            "ttl_exceeded",
            "limited_rejects",
        ],
    },
    Page {
        term: "half_open",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "answered, but the client never completed it",
        on_the_wire: "SYN and an acceptable SYN-ACK, and for at least the patience neither the \
            client's ACK nor its RST. The SYN-ACK is mostly repeated.",
        brought_about_by: &[
            "the SYN-ACK does not reach the client: filtered or routed wrongly on the way back",
            "the client's ACK is lost or filtered on the way to the server",
            "the client is gone, or its address is spoofed (a SYN flood)",
            "the client's own firewall or rp_filter drops the SYN-ACK after the capture has seen \
             it",
        ],
        told_apart: &[
            apart("syn_ack_lost", "the client goes on repeating its SYN"),
            apart("client_silent", "nothing more comes from the client"),
            apart(
                "accept_queue_full",
                "there the client's ACK is in the capture and the SYN-ACK comes again all the same",
            ),
            apart(
                "late_syn_ack",
                "there the client answers the SYN-ACK with a RST",
            ),
        ],
        check: &[
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT,
            SECURITY_GROUP,
            CONNTRACK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT, NO_ANSWER],
        shown_by: "tcpwhy read FILE --outcome half_open",
        see_also: &["syn_ack_lost", "client_silent", "syn_flood"],
    },
    Page {
        term: "aborted",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "the client itself gave up with a RST",
        on_the_wire: "the client's own RST instead of an ACK after an acceptable SYN-ACK, or by \
            itself before any answer.",
        brought_about_by: &[
            "the SYN-ACK came after the application had stopped waiting",
            "a port scan that leaves the handshake half done (nmap -sS)",
            "a health check, or the loser of a race between IPv6 and IPv4",
            "two answers to one SYN, which contradict each other",
        ],
        told_apart: &[
            apart("reset", "there the RST comes from the server"),
            apart(
                "stale_connection",
                "there the client's RST answers an ACK of an older connection and belongs to the \
                 handshake",
            ),
            apart(
                "half_open_scan",
                "the RST follows at once, the SYN has a scanner's shape, and many ports get one",
            ),
        ],
        check: &[CAPTURE_AT_CLIENT, PING],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "who aborts knows why",
                "the application's own time-out or cancellation; a scanner reports the port \
                     as open",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome aborted",
        see_also: &[
            "late_syn_ack",
            "half_open_scan",
            "client_reset",
            "two_responders",
        ],
    },
    Page {
        term: "dropped",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "no acceptable answer, and long enough watched",
        on_the_wire: "SYN, mostly repeated (Linux and macOS after 1, 2, 3, 4, 5, 7, 11 s, older \
            systems after 1, 3, 7, 15 s), and nothing that the client's TCP would accept, while \
            the capture goes on for at least the patience.",
        brought_about_by: &[
            "a firewall, security group or network policy that drops in silence",
            "the host is off, or the address is wrong",
            "the answer is lost on its way back: routing, stateless filters",
            "the server is overloaded and its accept queue is full",
            "answers came that the client has to ignore: wrong numbers, another address, an older \
             connection",
            "the path loses packets",
        ],
        told_apart: &[
            apart("host_silent", "nothing at all from that host"),
            apart(
                "port_filtered",
                "the host answers on other ports, never on this one",
            ),
            apart(
                "accept_queue_full",
                "the same port answers others in the same seconds",
            ),
            apart("pending", "there the capture ends too early to say"),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            SECURITY_GROUP,
            SILENT_COUNTERS,
            ACCEPT_QUEUE,
            ROUTE_TO_CLIENT,
            TRACE_TCP,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_PATH,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped",
        see_also: &[
            "host_silent",
            "port_filtered",
            "source_filtered",
            "accept_queue_full",
            "path_loss",
            "ETIMEDOUT",
        ],
    },
    Page {
        term: "pending",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "the capture ends too early to say",
        on_the_wire: "SYN, perhaps repeated, and the capture ends before silence has lasted for \
            the patience (3 s unless told otherwise).",
        brought_about_by: &[
            "the capture was stopped too soon",
            "the attempt began in the last seconds of the capture",
        ],
        told_apart: &[
            apart(
                "dropped",
                "there the capture goes on for long enough after the first SYN",
            ),
            apart("partial", "there the SYN itself is missing"),
        ],
        check: &[WIDER_CAPTURE],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE --outcome pending --patience 1",
        see_also: &["capture_ended", "dropped"],
    },
    Page {
        term: "partial",
        kinds: &[Kind::Outcome],
        numbers: None,
        title: "answers to a SYN that is not in the capture",
        on_the_wire: "packets of a handshake whose SYN was not captured: a SYN-ACK, a RST with \
            ACK and sequence number 0, or an ICMP error that quotes a SYN.",
        brought_about_by: &[
            "the capture began after the SYN",
            "the capture shows one direction only",
            "the client's own firewall answered: the SYN never left",
            "somebody spoofs the address: answers to SYNs never sent from here",
        ],
        told_apart: &[
            apart(
                "local_firewall",
                "the answer has an untouched TTL or the host's own address, often on the loopback \
                 interface",
            ),
            apart(
                "backscatter",
                "answers from many hosts to ports that nobody here used",
            ),
            apart(
                "capture_started_late",
                "only in the first moments of the capture",
            ),
        ],
        check: &[
            WIDER_CAPTURE,
            NFT_OUTPUT_RULES,
            IPTABLES_OUTPUT_RULES,
            IP6TABLES_OUTPUT_RULES,
            OUTPUT_RULES_WINDOWS,
        ],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE --outcome partial",
        see_also: &[
            "local_firewall",
            "backscatter",
            "one_sided_capture",
            "capture_started_late",
        ],
    },
];
