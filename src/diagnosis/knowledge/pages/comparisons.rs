//! What comparing connects with each other tells: what failures share, state that is left, rules
//! that came or went, checks and traces.

use super::checks::{
    APPLICATION_LOG, BACKENDS, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS,
    CONNTRACK, IP6TABLES_RULES, IPTABLES_RULES, LISTENERS, LISTENERS_WINDOWS, LOCAL_PORTS,
    NEXT_HOP, NFT_RULES, PROBE_AT_SERVER, SERVICE_STATE, TRACE_TCP, WINDOWS_FIREWALL,
};
use super::sayings_of_failures::{REFUSED, REFUSED_BY_ICMP};
use super::sayings_of_silence::{NONE, RESET, TIMED_OUT};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

const PATHS: Check = Check {
    on: "CLIENT",
    run: Some("mtr --tcp --port PORT --report SERVER"),
    tells: "at which hop packets of some connects are lost: run it from a client that fails and \
        from one that succeeds",
};

const BANS: Check = Check {
    on: "SERVER",
    run: Some("fail2ban-client status; ufw status verbose"),
    tells: "whether a program bans clients or limits how often they connect",
};

const OPEN_CONNECTIONS: Check = Check {
    on: "CLIENT",
    run: Some("ss -Htnp 'dst SERVER and dport = :PORT' | sort -k 6"),
    tells: "which program holds how many connections to the server, in which state: a pool that is \
        larger than the limit, or connections that nobody closes",
};

const COUNTING_RULES: Check = Check {
    on: "SERVER",
    run: Some("nft list ruleset | grep 'ct count'; iptables-save | grep connlimit"),
    tells: "the rule that counts connections, and for which addresses together",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "connection_limit",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "refused for having too many connections open",
        on_the_wire: "the port accepts and refuses by turns, and what tells is how many \
            connections were open when each connect began: each refused one began while as many \
            were open as the server takes, each accepted one while fewer were. Likely once the \
            limit was reached twice, with an acceptance in between; reached once and left, \
            possible. Of silence it is not said: a full queue is silent as well.",
        brought_about_by: &[
            "a rule that counts connections of a client or of all (nft 'ct count', iptables \
             connlimit), with a reject",
            "a device whose stack has room for one or a few connections",
            "a client whose pool is larger than what it is allowed, or that leaks connections",
        ],
        told_apart: &[
            apart(
                "service_down_window",
                "there nobody is accepted for a while, however few connections are open",
            ),
            apart("source_filtered", "there the client is never accepted"),
            apart("overload", "a full queue is silent, it refuses nobody"),
        ],
        check: &[OPEN_CONNECTIONS, COUNTING_RULES, LISTENERS],
        applications: &[REFUSED, REFUSED_BY_ICMP],
        shown_by: "tcpwhy read FILE --outcome refused --server SERVER:PORT",
        see_also: &["failures_share", "service_down_window"],
    },
    Page {
        term: "failures_share",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "what fails has something that no success has",
        on_the_wire: "the SYNs that meet silence have something, and no SYN that is answered has \
            it: client ports of one range, an option or none, a VLAN or tunnel, an interface, a \
            subnet, a TTL, a DSCP value, a MAC address that they go to or come from, or a time \
            that comes again and again. It is said when, among so many \
            of both, chance would hardly bring that about; a client that fails and succeeds by \
            turns counts each time, one that only fails counts once.",
        brought_about_by: &[
            "a translation whose source ports overlap ports with another use, as node ports",
            "a rule or a load balancer that treats a part of the ports apart",
            "one of several workers or queues, chosen by port, that is stuck",
            "a box that drops an option, or a key for TCP-MD5 that one side does not have",
            "a VLAN, a subnet or a way without a route back, or with a rule of its own",
            "one of several routers or links, chosen as next hop, that loses all",
            "a rule or a policer for one class of service (DSCP)",
            "a job by the clock during which nothing is answered",
        ],
        told_apart: &[
            apart("overload", "there failures share nothing but the moment"),
            apart(
                "dead_path",
                "there pairs of addresses, or addresses and ports without an order, tell who fails",
            ),
            apart("source_filtered", "there the client tells who fails"),
        ],
        check: &[
            NEXT_HOP,
            CONNTRACK,
            LOCAL_PORTS,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER:PORT",
        see_also: &["overload", "stale_state"],
    },
    Page {
        term: "stale_state",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "state of an earlier connection is left",
        on_the_wire: "only this pair of addresses and ports meets silence, with all repetitions of \
            its SYN, while new ports of the same client succeed; it was in use before.",
        brought_about_by: &[
            "a stateful firewall that holds the new SYN against the state of the old connection",
            "a NAT or load balancer whose entry points to where the connection no longer is",
            "TIME_WAIT at the server, of a connection that ended seconds before",
        ],
        told_apart: &[
            apart("accept_queue_full", "there fresh ports fail as well"),
            apart("stale_connection", "there an ACK answers the SYN"),
            apart(
                "failures_share",
                "there a range of ports fails, used before or not",
            ),
        ],
        check: &[
            CONNTRACK,
            LOCAL_PORTS,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped --server SERVER:PORT",
        see_also: &["stale_tuple_reuse", "stale_connection"],
    },
    Page {
        term: "dead_path",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "one of several paths loses all",
        on_the_wire: "between some pairs of addresses every SYN meets silence, while each of these \
            clients and servers succeeds with others; or so with some client ports, by no order \
            of theirs: all repetitions die, while other ports of the client are answered at once.",
        brought_about_by: &[
            "one of several equal-cost paths or one link of a bundle that drops what it gets",
            "a router that still sends to a next hop that is gone",
            "one of several tunnels, firewalls or load balancers, chosen by a hash, that is down",
        ],
        told_apart: &[
            apart("path_loss", "there repetitions get through"),
            apart("source_filtered", "there a client fails with one service"),
            apart("host_down", "there a server fails for everybody"),
        ],
        check: &[
            PATHS,
            TRACE_TCP,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy read FILE --outcome dropped",
        see_also: &["path_loss", "failures_share"],
    },
    Page {
        term: "listener_closed",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the server stopped listening meanwhile",
        on_the_wire: "a SYN-ACK, then a RST: as the third step arrives, in one instant with others \
            that waited in the queue, or when the SYN is repeated; the next connect is refused.",
        brought_about_by: &[
            "a service that is stopped or restarted while connects are on their way",
            "one of several processes that share a port ends with connects in its own queue",
        ],
        told_apart: &[
            apart(
                "accept_queue_full",
                "there later connects are neither refused nor silent for good",
            ),
            apart("server_abort", "there the application had accepted"),
            apart("middlebox_reset", "there the RST comes from elsewhere"),
        ],
        check: &[
            LISTENERS,
            SERVICE_STATE,
            APPLICATION_LOG,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            PROBE_AT_SERVER,
        ],
        applications: &[RESET],
        shown_by: "tcpwhy read FILE --outcome reset --server SERVER:PORT",
        see_also: &["server_abort", "service_down_window"],
    },
    Page {
        term: "policy_changed",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a rule came or went",
        on_the_wire: "from a moment on a port is silent that refused, or is rejected by ICMP that \
            accepted, for everybody or for one client among others.",
        brought_about_by: &[
            "a firewall's rule that was loaded or removed",
            "a program that bans clients (fail2ban, sshguard), or a limit of connects (ufw limit)",
            "a service of Kubernetes that lost its last endpoint, or got one",
        ],
        told_apart: &[
            apart(
                "service_down_window",
                "there the host itself refuses for a while",
            ),
            apart("source_filtered", "there the client is never accepted"),
            apart("overload", "there some are accepted all the time"),
        ],
        check: &[
            BANS,
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            WINDOWS_FIREWALL,
        ],
        applications: &[TIMED_OUT, REFUSED_BY_ICMP, REFUSED],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["source_filtered", "service_filtered"],
    },
    Page {
        term: "traceroute",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "somebody looks for the way to a host",
        on_the_wire: "SYNs of one client to one host whose TTL rises from 1, met by ICMP time \
            exceeded of one router after the other.",
        brought_about_by: &["traceroute -T, tcptraceroute, mtr --tcp, a monitoring system"],
        told_apart: &[
            apart(
                "ttl_exceeded",
                "there the TTL is a usual one: a routing loop",
            ),
            apart("port_scan", "there many ports or hosts are tried"),
        ],
        check: &[TRACE_TCP],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["ttl_exceeded"],
    },
    Page {
        term: "health_checks",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "somebody checks whether a port is open",
        on_the_wire: "one client connects at even intervals, and resets or closes at once without \
            a byte: the port is open.",
        brought_about_by: &["a load balancer's or a monitoring system's checks of layer 4"],
        told_apart: &[
            apart("port_scan", "there many ports or hosts are tried"),
            apart(
                "client_reset",
                "there a client gives up for a reason of its own",
            ),
        ],
        check: &[BACKENDS],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "all",
                "nothing at the client; some servers log a connection reset by peer for each",
            )],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["client_reset"],
    },
];
