//! Established, and yet it failed for somebody: the marks of one connect, and the findings made of
//! them.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, BACKENDS, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER,
    CAPTURE_AT_SERVER_WINDOWS, CONNTRACK, CONTAINER_LISTENERS, MESH_CHECK, PING, PROBE_FIRST_BYTE,
    REVERSE_PATH, SILENT_COUNTERS,
};
use super::sayings_of_silence::{NO_ANSWER, RESET};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

/// What a client sees of a connection that is closed before a byte came.
const END_OF_FILE: Sayings = Sayings {
    when: "when it is connected and closed at once",
    says: &[
        said(
            "Linux, macOS, Windows",
            "connect() succeeds; the first read returns 0 bytes, or ECONNRESET where data was sent",
        ),
        said("curl", "(52) Empty reply from server"),
        said("Go", "EOF"),
        said("Node.js", "Error: socket hang up (ECONNRESET)"),
        said(
            "Python",
            "http.client.RemoteDisconnected: Remote end closed connection without response",
        ),
    ],
};

const LATE: Sayings = Sayings {
    when: "when it takes long",
    says: &[
        said(
            "all",
            "connect() succeeds after 1, 3 or 7 s; shorter time-outs end it before",
        ),
        said("curl -w", "time_connect of a little more than 1, 3 or 7 s"),
    ],
};

const WHO_ACCEPTS: Check = Check {
    on: "SERVER",
    run: Some("ss -ltnp 'sport = :PORT'"),
    tells: "which program accepts: of a proxy (docker-proxy, nginx, haproxy, socat, ssh) look at \
     what it connects to, of a super-server (xinetd, systemd) at its limits and its program",
};

const THROUGH: Check = Check {
    on: "SERVER",
    run: Some("nc -v -w 5 127.0.0.1 PORT"),
    tells: "whether it hangs up on the host itself as well: then the fault is behind what \
     accepts; if not, it is a rule or limit for this client",
};

const TUPLES: Check = Check {
    on: "CLIENT",
    run: Some("sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse; ss -tan dst SERVER"),
    tells: "few ports for many connects come round within a minute: a wider range, connections \
     that are kept open, or the client closing first",
};

const PATH_MTU: Check = Check {
    on: "CLIENT",
    run: Some("tracepath -n -p PORT SERVER"),
    tells: "at which hop packets become too large, and for which size",
};

const SEGMENT_SIZE: Check = Check {
    on: "the router or tunnel on the way",
    run: Some("nft list ruleset | grep maxseg; iptables -t mangle -S; ip6tables -t mangle -S"),
    tells: "no rule (maxseg, TCPMSS) that clamps the segment size to the path's MTU: large packets are lost \
     wherever the ICMP error does not reach their sender",
};

const IDLE_LIMIT: Check = Check {
    on: "load balancer, NAT or firewall",
    run: None,
    tells: "its idle limit: the client's pool must let go of connections sooner, or send \
     keep-alives more often than that",
};

const KEEPALIVE: Check = Check {
    on: "CLIENT",
    run: Some("ss -tnoi dst SERVER"),
    tells: "timer:(keepalive,...): when the next one is sent; without it, nothing keeps an idle \
     connection alive on the way",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "slow",
        kinds: &[Kind::Trouble],
        numbers: None,
        title: "established, but the handshake took long",
        on_the_wire: "one second or more (--slow) from the first SYN to the end of the \
            handshake, or a SYN or SYN-ACK that had to be repeated: connects of a little more than \
            1, 3 or 7 s, as the timers of SYNs are.",
        brought_about_by: &[
            "a lost SYN or SYN-ACK",
            "a port used again while the server, or a firewall, still knows the connection before",
            "a server without room for it, or one that takes long to answer",
            "a SYN that offers what somebody on the way drops: ECN, Fast Open, Multipath TCP",
        ],
        told_apart: &[
            apart("dropped", "there the repetitions are not answered either"),
            apart(
                "stuck",
                "there it is what follows the handshake that is repeated",
            ),
        ],
        check: &[TUPLES, SILENT_COUNTERS, ACCEPT_QUEUE],
        applications: &[LATE],
        shown_by: "tcpwhy read FILE --outcome slow",
        see_also: &["slow_connects", "feature_dropped", "path_loss"],
    },
    Page {
        term: "hung_up",
        kinds: &[Kind::Trouble, Kind::Finding],
        numbers: None,
        title: "accepted, then closed without one byte",
        on_the_wire: "SYN, SYN-ACK, ACK, and then the server's FIN as the first that it sends, \
            before the client closed: at once, after the time that a connect to a backend takes, \
            or although the client had sent a request. Where that was left unread, a RST comes \
            instead (reset).",
        brought_about_by: &[
            "a proxy, port forward or load balancer that accepts first and finds nobody behind \
             it: docker-proxy, nginx stream, haproxy, socat, ssh -L",
            "a limit: connections of one client, of one second, of all (xinetd, systemd sockets)",
            "a rule of the application for this client (an allow-list, deny)",
            "a program that ends at once, or is missing (inetd, systemd sockets)",
        ],
        told_apart: &[
            apart(
                "reset",
                "there the server ends it with a RST, mostly for unread data",
            ),
            apart("refused", "there nothing accepts at all"),
            apart(
                "proxy_answers",
                "there the SYN-ACK itself shows that a proxy made it",
            ),
        ],
        check: &[
            WHO_ACCEPTS,
            THROUGH,
            APPLICATION_LOG,
            BACKENDS,
            CONTAINER_LISTENERS,
            MESH_CHECK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_FIRST_BYTE,
        ],
        applications: &[END_OF_FILE, RESET],
        shown_by: "tcpwhy read FILE --outcome hung-up",
        see_also: &["reset", "proxy_without_backend", "connection_closed"],
    },
    Page {
        term: "stuck",
        kinds: &[Kind::Trouble],
        numbers: None,
        title: "established, but nothing gets through",
        on_the_wire: "the first data of one side is sent three times more or oftener and never \
            acknowledged; or the SYN-ACK is repeated although the client acknowledged it; or a \
            segment is sent again after each ICMP error that asks for a smaller one.",
        brought_about_by: &[
            "a firewall that saw only one direction, and drops what fits no connection that it \
             knows (asymmetric routing)",
            "packets larger than the way allows, and ICMP errors that are filtered or ignored",
            "a server without room in its accept queue; a forwarder that waits for the client",
            "a way that broke after the handshake",
        ],
        told_apart: &[
            apart(
                "half_open",
                "there the client does not acknowledge the SYN-ACK either",
            ),
            apart(
                "slow",
                "there the handshake itself took long, and then all went on",
            ),
            apart(
                "read_timeout",
                "there data is acknowledged, and the application is silent",
            ),
        ],
        check: &[CAPTURE_AT_SERVER, ACCEPT_QUEUE, PATH_MTU],
        applications: &[NO_ANSWER],
        shown_by: "tcpwhy read FILE --outcome stuck",
        see_also: &["stuck_connections", "path_mtu", "accept_queue_full"],
    },
    Page {
        term: "reset_midway",
        kinds: &[Kind::Trouble],
        numbers: None,
        title: "an old connection reset on the next request",
        on_the_wire: "a connection that is older than the capture, or that had carried bytes both \
            ways, lies idle; the client's next request is answered by a RST from the server's \
            side. It is counted for each server, and is no attempt.",
        brought_about_by: &[
            "a load balancer, NAT or firewall that forgets idle connections",
            "a server that was restarted while the connection lay idle in a pool",
            "a failover to a host that does not know it",
        ],
        told_apart: &[
            apart("reset", "there the server had not sent a byte yet"),
            apart("refused", "there a new connect is reset"),
        ],
        check: &[IDLE_LIMIT, KEEPALIVE, APPLICATION_LOG],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE",
        see_also: &["resets_midway", "ECONNRESET"],
    },
    Page {
        term: "slow_connects",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "connects to a server took long",
        on_the_wire: "some or all connects to one port are established only after a second or \
            more, mostly because their first SYN was not answered.",
        brought_about_by: &[
            "packets lost on the way",
            "ports that come round too soon: TIME_WAIT, or a firewall's state, swallows the SYN",
            "a server that is short of room for connects now and then",
            "ECN, Fast Open or Multipath TCP in the first SYN",
        ],
        told_apart: &[
            apart("overload", "there others are never answered"),
            apart(
                "path_loss",
                "there connects to several servers are late alike",
            ),
            apart(
                "feature_dropped",
                "there the repetition offers less than the first SYN",
            ),
        ],
        check: &[
            TUPLES,
            SILENT_COUNTERS,
            ACCEPT_QUEUE,
            PING,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[LATE],
        shown_by: "tcpwhy read FILE --outcome slow --server SERVER:PORT",
        see_also: &["slow", "stale_tuple_reuse"],
    },
    Page {
        term: "stuck_connections",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "connects succeed, and nothing gets through",
        on_the_wire: "after complete handshakes with one port, what one side sends is repeated \
            and never acknowledged, or the SYN-ACK is repeated although it was acknowledged; or a \
            connection that had worked carries a request, again and again, and nothing comes back.",
        brought_about_by: &[
            "a stateful firewall on a way that packets take in one direction only",
            "a server whose accept queue is full",
            "packets that are too large for a tunnel on the way",
            "a NAT, firewall or load balancer that forgot a connection that lay idle, and drops \
            what it does not know",
        ],
        told_apart: &[
            apart(
                "resets_midway",
                "there the next request is answered by a RST",
            ),
            apart("path_mtu", "there ICMP errors name the size"),
            apart("overload", "there SYNs stay unanswered"),
        ],
        check: &[
            ACCEPT_QUEUE,
            CAPTURE_AT_SERVER,
            CONNTRACK,
            REVERSE_PATH,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[NO_ANSWER],
        shown_by: "tcpwhy read FILE --outcome stuck --server SERVER:PORT",
        see_also: &["stuck", "accept_queue_full"],
    },
    Page {
        term: "path_mtu",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "packets stay larger than the way allows",
        on_the_wire: "a router answers large packets with ICMP \"fragmentation needed\" (or \
            \"packet too big\") and the size that it can pass on, and their sender sends the same \
            segment again, as large as before.",
        brought_about_by: &[
            "a firewall before the sender that drops ICMP",
            "a load balancer that hands the ICMP error to the wrong host",
            "a tunnel (WireGuard, IPsec, VXLAN, PPPoE) without clamping of the segment size",
        ],
        told_apart: &[
            apart("stuck_connections", "there no ICMP error says why"),
            apart("path_loss", "there small packets are lost as well"),
        ],
        check: &[
            PATH_MTU,
            SEGMENT_SIZE,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[NO_ANSWER],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["stuck"],
    },
    Page {
        term: "resets_midway",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "idle connections are reset on the next request",
        on_the_wire: "requests on connections that lay idle, or are older than the capture, are \
            answered by a RST from the server's side.",
        brought_about_by: &[
            "an idle limit of a load balancer, NAT or firewall that is shorter than the client's",
            "a restart or failover of the server",
        ],
        told_apart: &[
            apart("service_down_window", "there new connects fail"),
            apart(
                "hung_up",
                "there a new connection ends before its first byte",
            ),
        ],
        check: &[
            KEEPALIVE,
            APPLICATION_LOG,
            IDLE_LIMIT,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE",
        see_also: &["reset_midway", "ECONNRESET"],
    },
];
