//! Causes of silence: dropped.

use super::apart;
use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, BACKLOG_LIMITS, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER,
    CAPTURE_AT_SERVER_WINDOWS, CONNECTIONS_WINDOWS, CONNTRACK, CONNTRACK_VIP, HOST_POWER,
    IP6TABLES_RULES, IPTABLES_RULES, LISTENERS_WINDOWS, LOCAL_PORTS, NEIGHBOUR, NETWORK_POLICY,
    NFT_RULES, PING, PROBE_AT_SERVER, PROBE_NOW, PROBE_PATH, PROBE_WINDOWS, RESOLVE, REVERSE_PATH,
    ROUTE_FROM_HERE, ROUTE_TO_CLIENT, ROUTE_TO_CLIENT_WINDOWS, SECURITY_GROUP, SILENT_COUNTERS,
    TRACE_TCP, TRAFFIC_POLICY, WINDOWS_FIREWALL,
};
use super::sayings_of_failures::{HOST_UNREACHABLE, REFUSED};
use super::sayings_of_silence::{DELAYED, NO_ANSWER, RESET, TIMED_OUT};
use crate::diagnosis::knowledge::{Check, Kind, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "host_down",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "nobody answers for the host's address",
        on_the_wire: "about 3 s after the SYN a burst of ICMP host unreachable (IPv4 3/1, IPv6 \
            1/3), one for each SYN that waited; or ARP requests or neighbour solicitations for \
            the server that nobody answers. On the client's own link no SYN leaves at all.",
        brought_about_by: &[
            "the machine is off, crashed, or its interface is detached",
            "a wrong address, or a name that still points to the old one",
            "a wrong VLAN or subnet, a broken link",
        ],
        told_apart: &[
            apart(
                "host_unreachable",
                "at once it is a route or a rule, not a host that is down",
            ),
            apart("host_silent", "there nothing says whether the host exists"),
            apart("path_loss", "there the same host answers others"),
        ],
        check: &[
            NEIGHBOUR,
            HOST_POWER,
            RESOLVE,
            PING,
            CAPTURE_AT_CLIENT,
            PROBE_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[HOST_UNREACHABLE],
        shown_by: "tcpwhy read FILE --server SERVER",
        see_also: &["EHOSTUNREACH", "host_silent", "name_points_nowhere"],
    },
    Page {
        term: "host_silent",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "not one packet from that host",
        on_the_wire: "SYNs to the host, and nothing whatever from its address in the whole \
            capture: no SYN-ACK, RST or ping answer. The fact is certain; what it means is not.",
        brought_about_by: &[
            "the host is off, or nobody has that address",
            "a security group or firewall drops everything from this client",
            "there is no route to it or back from it",
            "the capture does not see the way back",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "there the host answers on other ports or to ping",
            ),
            apart(
                "host_down",
                "there ARP, neighbour solicitations or ICMP say that nobody is there",
            ),
            apart(
                "one_sided_capture",
                "there all hosts are silent, and clients go on as if they had been answered",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            ROUTE_FROM_HERE,
            PING,
            SECURITY_GROUP,
            HOST_POWER,
            ROUTE_TO_CLIENT,
            SILENT_COUNTERS,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_PATH,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER",
        see_also: &["ETIMEDOUT", "host_down", "port_filtered"],
    },
    Page {
        term: "port_filtered",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the host is there, this port is silent to all",
        on_the_wire: "SYNs to the port meet silence, from all clients, while the host answers on \
            other ports or to ping.",
        brought_about_by: &[
            "a firewall or security group without a rule for this port",
            "Windows Firewall: it makes closed ports silent too (stealth mode)",
            "a Kubernetes Service with traffic policy Local and no pod on the node",
            "the service hangs and its accept queue stays full",
        ],
        told_apart: &[
            apart(
                "closed_port",
                "a closed port answers with a RST unless a filter keeps it quiet",
            ),
            apart(
                "source_filtered",
                "there other clients are answered on this port",
            ),
            apart(
                "accept_queue_full",
                "there some connects succeed in the same seconds. When the service hangs for \
                 good, only a look at the server tells",
            ),
            apart(
                "authentication_option",
                "there the SYN carries TCP-MD5 or TCP-AO",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            SECURITY_GROUP,
            ACCEPT_QUEUE,
            TRAFFIC_POLICY,
            CAPTURE_AT_CLIENT,
            WINDOWS_FIREWALL,
            LISTENERS_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_PATH,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER:PORT",
        see_also: &["ETIMEDOUT", "service_filtered"],
    },
    Page {
        term: "source_filtered",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "the port answers others, never this client",
        on_the_wire: "all attempts of one client or subnet meet silence, a RST or an ICMP error, \
            while the same port answers other clients throughout.",
        brought_about_by: &[
            "an allow-list or firewall rule that the client is not in",
            "the server has no route back to that subnet, or a wrong one (rp_filter)",
            "the client's address was banned (fail2ban and the like)",
            "a stateful firewall on the client's path sees one direction only",
        ],
        told_apart: &[
            apart("port_filtered", "there nobody is answered"),
            apart(
                "accept_queue_full",
                "there it hits all clients alike, now and then",
            ),
            apart("path_loss", "there the same client succeeds at times"),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            ROUTE_TO_CLIENT,
            REVERSE_PATH,
            SECURITY_GROUP,
            NETWORK_POLICY,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_PATH,
        ],
        applications: &[TIMED_OUT, REFUSED],
        shown_by: "tcpwhy read FILE --client CLIENT --server SERVER:PORT",
        see_also: &["ETIMEDOUT", "firewall_reset"],
    },
    Page {
        term: "accept_queue_full",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the service does not accept fast enough",
        on_the_wire: "SYNs meet silence while others to the same port succeed in the same \
            seconds; or the SYN-ACK is repeated although the client's ACK was seen; or a RST \
            without ACK follows that ACK at once. Connects then take about 1, 2 or 3 s.",
        brought_about_by: &[
            "the application is slow or stuck: lock, garbage collection, full thread pool",
            "more connects than it can take, as after a restart or a retry storm",
            "a small backlog: listen() or net.core.somaxconn",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "a firewall lets nobody through; here connects to the same port succeed in between",
            ),
            apart(
                "syn_flood",
                "there the SYNs come from strangers who never complete",
            ),
            apart(
                "source_filtered",
                "clients behind one NAT, dropped whenever their timestamp is lower than the last \
                 one's: tcp_tw_recycle, in Linux before 4.12",
            ),
            apart(
                "one_bad_backend",
                "a steady share, at any rate of connects; a load balancer may send a target back \
                 to itself, where a SYN with the host's own source address is dropped",
            ),
            apart("server_abort", "its RST has the ACK flag and a window"),
            apart(
                "path_loss",
                "losses of all kinds, not only of SYNs to this port",
            ),
        ],
        check: &[
            ACCEPT_QUEUE,
            SILENT_COUNTERS,
            BACKLOG_LIMITS,
            APPLICATION_LOG,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CONNECTIONS_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_AT_SERVER,
        ],
        applications: &[TIMED_OUT, NO_ANSWER, RESET],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["overload", "ETIMEDOUT", "read_timeout"],
    },
    Page {
        term: "path_loss",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "packets are lost on the way, without a pattern",
        on_the_wire: "unanswered SYNs, repeated data and lost SYN-ACKs across clients, servers \
            and ports alike.",
        brought_about_by: &[
            "a congested or faulty link, a bad cable, duplex or radio",
            "an overloaded router, firewall or virtual switch; a full connection table",
            "one bad path among several equal ones",
            "a NAT without a free port for that one service: new connects are silent, open \
             connections go on",
        ],
        told_apart: &[
            apart("accept_queue_full", "one port only, and SYNs only"),
            apart("source_filtered", "one client, always"),
            apart(
                "capture_lost_packets",
                "then the capture lost them, not the network: data goes on as if nothing were \
                 missing",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            TRACE_TCP,
            CONNTRACK,
            PING,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE",
        see_also: &["ETIMEDOUT", "capture_lost_packets"],
    },
    Page {
        term: "stale_connection",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the server still knows an older connection",
        on_the_wire: "SYN, then a bare ACK with an older connection's numbers instead of a \
            SYN-ACK; the client answers with a RST and repeats its SYN, on Linux after some 11 \
            ms. When RST or ACK are lost, that goes on until the time-out.",
        brought_about_by: &[
            "a NAT or load balancer reuses a port too soon",
            "the client restarted and reused the port while the server kept the connection",
            "a firewall swallows the client's RST, so that the old state never goes away",
        ],
        told_apart: &[
            apart(
                "invalid_reset",
                "there RSTs with wrong numbers come from the server's side",
            ),
            apart("dropped", "there nothing comes back at all"),
            apart(
                "established",
                "with the RST let through, the handshake succeeds some 12 ms later: harmless",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            CONNTRACK,
            LOCAL_PORTS,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["stale_tuple_reuse", "ETIMEDOUT"],
    },
    Page {
        term: "invalid_reset",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "RSTs came that the client had to ignore",
        on_the_wire: "SYN, then RSTs without the ACK flag or with a wrong acknowledgement number; \
            the client goes on repeating its SYN (Linux once after 11 ms).",
        brought_about_by: &[
            "a device that rewrites sequence numbers in one direction only",
            "a badly made injected RST",
            "user-mode networking (pasta, passt), which refuses so what is refused outside",
            "an embedded stack with all its connections in use (FreeRTOS+TCP)",
            "leftovers of another connection",
        ],
        told_apart: &[
            apart(
                "refused",
                "a RST with the right numbers ends the attempt at once",
            ),
            apart("stale_connection", "there a bare ACK answers"),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            TRACE_TCP,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ETIMEDOUT", "middlebox_reset"],
    },
    Page {
        term: "answer_from_other_address",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the SYN-ACK came from another address",
        on_the_wire: "SYN to one address; a SYN-ACK with the same ports and the right \
            acknowledgement number from another; the client resets that and goes on repeating its \
            SYN. Or whenever the SYN is sent, the same ACK of a connection that is open comes from \
            another address to the same port of the client.",
        brought_about_by: &[
            "two addresses of one load balancer that lead to one host: it takes the SYN for a segment \
             of the connection that it has with the same port of the client",
            "a port forward used from inside its own network (hairpin) without source NAT",
            "a server with several addresses or a tunnel that answers from the wrong one",
            "a load balancer whose backend answers directly, by mistake",
        ],
        told_apart: &[
            apart(
                "dropped",
                "tools that match by address show silence here and an unrelated SYN-ACK there",
            ),
            apart(
                "two_responders",
                "there both answers have the server's address",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            CONNTRACK_VIP,
            ROUTE_TO_CLIENT,
            RESOLVE,
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ETIMEDOUT"],
    },
    Page {
        term: "authentication_option",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the SYN carries TCP-MD5 or TCP-AO; no answer",
        on_the_wire: "SYNs with option 19 (MD5) or 29 (AO) meet silence. Linux drops such a SYN \
            in TCP itself, without a RST, for closed ports and for listeners without the key.",
        brought_about_by: &[
            "the key is set on one side only, or differs (BGP, LDP)",
            "the peer's address in the key's configuration is another one",
            "the session is not configured on the peer",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "the same silence; there SYNs without the option meet it too",
            ),
            apart("closed_port", "Linux sends no RST to a SYN with TCP-MD5"),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            Check {
                on: "SERVER",
                run: Some(
                    "nstat -az TcpExtTCPMD5NotFound TcpExtTCPMD5Unexpected TcpExtTCPMD5Failure",
                ),
                tells: "NotFound: a key is expected and none came; Unexpected: a key came and \
                 none is set; Failure: the keys differ",
            },
            Check {
                on: "both routers",
                run: None,
                tells: "the session's password or key chain, and the peer's address: they must be \
                 equal on both sides",
            },
            CAPTURE_AT_CLIENT,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ETIMEDOUT", "port_filtered"],
    },
    Page {
        term: "feature_dropped",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "SYNs with a newer feature vanish, plain ones pass",
        on_the_wire: "the first SYN with ECN, TCP Fast Open, Multipath TCP or another option \
            meets silence, the repetition without it is answered: always the second try, so each \
            connect takes about 1 s longer (Multipath TCP: about 3 s).",
        brought_about_by: &[
            "an old firewall or load balancer that drops what it does not know",
            "a carrier or proxy that strips or blocks Fast Open",
        ],
        told_apart: &[
            apart(
                "path_loss",
                "there any SYN may be lost, not just the one with the feature",
            ),
            apart(
                "accept_queue_full",
                "there the delay comes and goes with the load",
            ),
        ],
        check: &[
            Check {
                on: "CLIENT",
                run: Some("sysctl net.ipv4.tcp_ecn net.ipv4.tcp_fastopen net.mptcp.enabled"),
                tells: "switch one off and connect again: without delay it is this feature",
            },
            TRACE_TCP,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[DELAYED],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["ETIMEDOUT"],
    },
];
