//! What many attempts say together about a service.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, BACKENDS, BACKLOG_LIMITS, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER,
    CAPTURE_AT_SERVER_WINDOWS, CAPTURE_OF_ANSWER, CONNECTIONS_WINDOWS, CONNTRACK_VIP,
    CONTAINER_LISTENERS, CONTAINER_PORTS, ENDPOINT_SLICES, IP6TABLES_RULES, IPTABLES_RULES,
    LISTENERS, LISTENERS_WINDOWS, NFT_RULES, PROBE_AT_SERVER, PROBE_PATH, PROBE_UNTIL,
    SECURITY_GROUP, SERVICE_STATE, SERVICE_STATE_WINDOWS, SILENT_COUNTERS, WINDOWS_FIREWALL,
};
use super::sayings_of_failures::{REFUSED, REFUSED_BY_ICMP};
use super::sayings_of_silence::{NO_ANSWER, RESET, TIMED_OUT};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "service_down_window",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a port failed for a while, else it accepted",
        on_the_wire: "refusals or silence to one port from one moment to another, for all \
            clients, with successful connects before or after.",
        brought_about_by: &[
            "a restart or deployment; a crash and its restart",
            "a failover of address or load balancer",
            "the host itself rebooted (then other ports failed too)",
        ],
        told_apart: &[
            apart("overload", "there failures and successes are mixed"),
            apart("one_bad_backend", "there a steady share fails"),
            apart("never_listening", "there it never accepted"),
        ],
        check: &[
            SERVICE_STATE,
            APPLICATION_LOG,
            Check {
                on: "a host with kubectl",
                run: Some(
                    "kubectl get events --sort-by=.lastTimestamp; kubectl rollout history \
                     deployment/NAME",
                ),
                tells: "restarts and failed probes at that time",
            },
            LISTENERS,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            SERVICE_STATE_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_UNTIL,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["closed_port", "ECONNREFUSED"],
    },
    Page {
        term: "never_listening",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a port refused everybody throughout",
        on_the_wire: "each attempt to the port was answered by a RST, from all clients, as long \
            as the capture lasted.",
        brought_about_by: &[
            "the service is not running, or on another port",
            "it is bound to 127.0.0.1 or another address",
            "the client's configuration has the wrong port or host",
        ],
        told_apart: &[
            apart("service_down_window", "there it accepted at other times"),
            apart(
                "firewall_reset",
                "a reject rule for everybody looks alike; on IPv6 its flow label is 0",
            ),
        ],
        check: &[
            LISTENERS,
            SERVICE_STATE,
            CONTAINER_PORTS,
            CONTAINER_LISTENERS,
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            SERVICE_STATE_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_AT_SERVER,
        ],
        applications: &[REFUSED],
        shown_by: "tcpwhy read FILE --outcome refused --server SERVER:PORT",
        see_also: &["closed_port", "ECONNREFUSED"],
    },
    Page {
        term: "service_filtered",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the host answers, this service is silent to all",
        on_the_wire: "all attempts to one port meet silence, while its host answers on other \
            ports or to ping.",
        brought_about_by: &[
            "no rule for the port in a firewall, security group or network policy",
            "a service that hangs with its accept queue full",
        ],
        told_apart: &[
            apart("source_filtered", "there others are answered"),
            apart(
                "never_listening",
                "a closed port answers with a RST, unless a filter keeps it quiet",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            ACCEPT_QUEUE,
            SECURITY_GROUP,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_PATH,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER:PORT",
        see_also: &["port_filtered", "ETIMEDOUT"],
    },
    Page {
        term: "overload",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a service could not accept fast enough",
        on_the_wire: "many attempts with the marks of a full accept queue: SYNs unanswered among \
            successes, connects after 1, 2 or 3 s, repeated SYN-ACKs; more of them the higher the \
            rate of connects.",
        brought_about_by: &[
            "a slow or stuck application",
            "a burst of connects: restart of clients, retry storm, lost connection pool",
            "a backlog too small for the burst",
        ],
        told_apart: &[
            apart("service_filtered", "there nobody succeeds"),
            apart(
                "one_bad_backend",
                "there the failing share does not grow with the rate",
            ),
            apart(
                "syn_flood",
                "there the clients never complete the handshake",
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
        see_also: &["accept_queue_full"],
    },
    Page {
        term: "one_bad_backend",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "one of the hosts behind an address fails",
        on_the_wire: "on one address and port a steady share of the attempts fails, mixed with \
            successes, and the failing answers share a fingerprint (TTL, window, options, \
            identification, clock) that the good ones do not have.",
        brought_about_by: &[
            "a backend whose service is down while the load balancer still sends to it",
            "a health check that does not test the real port",
            "a backend behind a firewall of its own",
        ],
        told_apart: &[
            apart(
                "overload",
                "there the share grows with the rate of connects",
            ),
            apart("service_down_window", "there all fail for a while"),
            apart("source_filtered", "there it depends on the client"),
        ],
        check: &[
            BACKENDS,
            CONNTRACK_VIP,
            ENDPOINT_SLICES,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[REFUSED, TIMED_OUT],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["closed_port", "middlebox_reset"],
    },
    Page {
        term: "limited_rejects",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "all rejected; ICMP's rate limit hides a part",
        on_the_wire: "ICMP errors for some attempts, silence for the rest, success for none. \
            Linux sends six at once and then about one per second.",
        brought_about_by: &[
            "a reject rule under many connects; RSTs have no such limit on Linux",
            "a router without a route, under many connects",
        ],
        told_apart: &[
            apart("port_filtered", "there no ICMP error comes at all"),
            apart("path_loss", "there some connects succeed"),
        ],
        check: &[
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            Check {
                on: "SERVER or router",
                run: Some("sysctl net.ipv4.icmp_ratelimit net.ipv4.icmp_ratemask"),
                tells: "the limit; a rule that rejects with tcp-reset answers every attempt",
            },
            CAPTURE_OF_ANSWER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[REFUSED_BY_ICMP, TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome rejected,dropped --server SERVER:PORT",
        see_also: &["port_unreachable", "admin_prohibited"],
    },
    Page {
        term: "syn_flood",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "SYNs in masses that nobody completes",
        on_the_wire: "SYNs to one service from many sources at a high rate, SYN-ACKs that nobody \
            acknowledges. With SYN cookies each SYN-ACK is sent once and not repeated.",
        brought_about_by: &[
            "an attack with spoofed addresses",
            "a load test or scanner out of hand",
        ],
        told_apart: &[
            apart("overload", "there real clients complete their handshakes"),
            apart("port_scan", "one source, many ports"),
        ],
        check: &[
            Check {
                on: "SERVER",
                run: Some(
                    "nstat -az TcpExtSyncookiesSent TcpExtTCPReqQFullDoCookies; dmesg | grep -i \
                     'SYN flooding'",
                ),
                tells: "cookies are sent: the kernel copes; cookies with few SYNs mean a small \
                 backlog",
            },
            BACKLOG_LIMITS,
            SECURITY_GROUP,
            CAPTURE_AT_SERVER,
            CONNECTIONS_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "the attacked service",
                "nothing; real clients may meet time-outs or lose window scaling",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome half_open --server SERVER:PORT",
        see_also: &["client_silent", "overload"],
    },
];
