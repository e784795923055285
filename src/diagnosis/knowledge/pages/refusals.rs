//! Causes of a RST in answer: refused and reset.

use super::apart;
use super::checks::{
    APPLICATION_LOG, APPLICATION_LOG_WINDOWS, BACKENDS, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER,
    CAPTURE_AT_SERVER_WINDOWS, CAPTURE_OF_ANSWER, CONTAINER_LISTENERS, CONTAINER_PORTS,
    ENDPOINT_SLICES, FIREWALLD, IP6TABLES_RULES, IPTABLES_RULES, LISTENERS, LISTENERS_WINDOWS,
    MESH_CHECK, NEIGHBOUR, NETWORK_POLICY, NFT_RULES, PROBE_AT_SERVER, PROBE_DSCP,
    PROBE_FIRST_BYTE, PROBE_PATH, SECURITY_GROUP, SERVICE_STATE, SERVICE_STATE_WINDOWS, TRACE_TCP,
    WINDOWS_FIREWALL,
};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{PROXIED, RESET};
use crate::diagnosis::knowledge::{Kind, Page};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "closed_port",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "nothing listens on the port, at that address",
        on_the_wire: "SYN, then one RST with ACK within a round trip: sequence number 0, window \
            0, no options. Linux: IP identification 0, don't-fragment set, the traffic class \
            copied from the SYN, the IPv6 flow label not 0; TTL and delay like the host's other \
            packets.",
        brought_about_by: &[
            "the service is not running: not started, crashed, restarting",
            "another port: configuration, default port, published against container port",
            "bound to 127.0.0.1 only, or to another address of the host: the packets look exactly \
             the same",
            "listens on IPv4 only and the name gave IPv6 first, or the other way round",
            "a container port that is not published, or forwarded to a backend that is down",
        ],
        told_apart: &[
            apart(
                "firewall_reset",
                "on IPv6 its flow label is 0; on IPv4 its traffic class is 0 even where the SYN \
                 had another. IPv4 and class 0 in the SYN: the two cannot be told apart",
            ),
            apart(
                "port_unreachable",
                "there an ICMP error answers; applications say the same",
            ),
            apart(
                "middlebox_reset",
                "there TTL or delay do not fit the host's other packets",
            ),
            apart(
                "one_bad_backend",
                "there some connects to the same port succeed in between",
            ),
        ],
        check: &[
            LISTENERS,
            SERVICE_STATE,
            CONTAINER_PORTS,
            CONTAINER_LISTENERS,
            ENDPOINT_SLICES,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            SERVICE_STATE_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_AT_SERVER,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --outcome refused --server SERVER:PORT",
        see_also: &["ECONNREFUSED", "never_listening", "service_down_window"],
    },
    Page {
        term: "firewall_reset",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a packet filter rejected the SYN with a RST",
        on_the_wire: "SYN, then a RST with ACK like a closed port's, but made by a packet filter: \
            on Linux the traffic class is 0 even where the SYN had another, and the IPv6 flow \
            label is 0. Or: the port accepts others in the same seconds and always resets this \
            client.",
        brought_about_by: &[
            "a reject rule with tcp-reset on the server",
            "an allow-list that this client is not on",
            "a reject rule on a router: the RST then has that router's distance",
        ],
        told_apart: &[
            apart(
                "closed_port",
                "the host's own RST echoes the traffic class and has an IPv6 flow label. Without \
                 either mark only a look at the server tells",
            ),
            apart(
                "source_filtered",
                "the same port answers other clients throughout",
            ),
            apart("server_abort", "there a SYN-ACK comes first"),
        ],
        check: &[
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            FIREWALLD,
            PROBE_DSCP,
            NETWORK_POLICY,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            WINDOWS_FIREWALL,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_AT_SERVER,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --outcome refused --client CLIENT",
        see_also: &["closed_port", "source_filtered", "ECONNREFUSED"],
    },
    Page {
        term: "middlebox_reset",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a device on the way sent the RST",
        on_the_wire: "a RST with the server's address whose distance (TTL), delay, window or \
            identification do not fit the host's own packets: mostly nearer than the host, often \
            with a window that is not 0.",
        brought_about_by: &[
            "a firewall or intrusion prevention system whose action is reset",
            "a provider's filter, a cloud firewall, a transparent proxy",
            "a load balancer in front that has no healthy backend",
        ],
        told_apart: &[
            apart(
                "closed_port",
                "same distance and delay as the host's other packets. Without other packets of \
                 that host the origin is unknown",
            ),
            apart("two_responders", "the real SYN-ACK comes as well"),
            apart(
                "one_bad_backend",
                "differences among servers behind one address look alike: there the failing share \
                 is steady",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            TRACE_TCP,
            SECURITY_GROUP,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_PATH,
        ],
        applications: &[REFUSED, RESET],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &[
            "two_responders",
            "firewall_reset",
            "ECONNRESET",
            "ECONNREFUSED",
        ],
    },
    Page {
        term: "two_responders",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a RST and a SYN-ACK both answered one SYN",
        on_the_wire: "a RST and a SYN-ACK for the same SYN, from different distances; the client \
            resets whatever comes second. At the server it looks as if the client had reset after \
            the SYN-ACK.",
        brought_about_by: &[
            "a device that injects RSTs, racing the real server",
            "two hosts with the same address, or two paths to different hosts",
            "a load balancer that answers for a backend it lost",
        ],
        told_apart: &[
            apart(
                "half_open_scan",
                "a scanner also resets after the SYN-ACK, but no second answer is there",
            ),
            apart("late_syn_ack", "there no RST came before the SYN-ACK"),
            apart("middlebox_reset", "there only the RST is seen"),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            NEIGHBOUR,
            TRACE_TCP,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[REFUSED, RESET],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["middlebox_reset", "aborted"],
    },
    Page {
        term: "server_abort",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the server's application closed at once",
        on_the_wire: "SYN, SYN-ACK, ACK, then a RST with ACK from a live socket: window not 0, \
            timestamps, identification that goes on counting; before a byte of payload from the \
            server.",
        brought_about_by: &[
            "the application refused the client: allow-list, TCP wrappers, TLS demanded",
            "a limit of connections was reached (sshd MaxStartups, a database's limit)",
            "the application closed with data unread, or with SO_LINGER 0",
            "the process crashed or was stopped just then",
        ],
        told_apart: &[
            apart("accept_queue_full", "that RST has no ACK flag and window 0"),
            apart(
                "proxy_without_backend",
                "a proxy answers faster than the server's distance allows; else the two look alike",
            ),
            apart(
                "middlebox_reset",
                "TTL and identification do not fit the SYN-ACK before",
            ),
        ],
        check: &[
            APPLICATION_LOG,
            SERVICE_STATE,
            MESH_CHECK,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            APPLICATION_LOG_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE --outcome reset --server SERVER:PORT",
        see_also: &["ECONNRESET", "connection_closed"],
    },
    Page {
        term: "proxy_without_backend",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a proxy accepted and had no backend for it",
        on_the_wire: "SYN, SYN-ACK, ACK, then RST or FIN without a byte from the server's side; \
            the SYN-ACK came much faster than the server's distance allows, or from a SYN proxy \
            (window 0 in the SYN-ACK).",
        brought_about_by: &[
            "a published container port whose service is down or bound to 127.0.0.1 inside",
            "ssh -L, kubectl port-forward or a load balancer with a dead backend",
            "a sidecar (Envoy, Istio): it accepts every destination, the real connect is its own",
            "a SYN proxy against floods, in front of a closed port",
        ],
        told_apart: &[
            apart(
                "server_abort",
                "there the host itself answered, at its own distance. On the same host the two \
                 cannot be told apart",
            ),
            apart(
                "closed_port",
                "without the proxy this would be a plain refusal: the application expects one and \
                 reads a reset",
            ),
        ],
        check: &[
            CONTAINER_LISTENERS,
            CONTAINER_PORTS,
            ENDPOINT_SLICES,
            MESH_CHECK,
            BACKENDS,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            PROBE_FIRST_BYTE,
        ],
        applications: &[PROXIED],
        shown_by: "tcpwhy read FILE --outcome reset,established --server SERVER:PORT",
        see_also: &[
            "proxy_answers",
            "server_abort",
            "connection_closed",
            "upstream_failure",
        ],
    },
];
