//! Causes of half-open, aborted and pending.

use super::checks::{
    ACCEPT_QUEUE, CAPTURE_AT_CLIENT, CAPTURE_AT_CLIENT_WINDOWS, CAPTURE_AT_SERVER,
    CAPTURE_AT_SERVER_WINDOWS, CONNTRACK, IP6TABLES_OUTPUT_RULES, IP6TABLES_RULES,
    IPTABLES_OUTPUT_RULES, IPTABLES_RULES, NFT_OUTPUT_RULES, NFT_RULES, OUTPUT_RULES_WINDOWS, PING,
    ROUTE_TO_CLIENT, ROUTE_TO_CLIENT_WINDOWS, SECURITY_GROUP, WIDER_CAPTURE,
};
use super::sayings_of_silence::{NONE, SCANNER, TIMED_OUT};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "syn_ack_lost",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "the server's answers do not reach the client",
        on_the_wire: "SYN, SYN-ACK, and the client goes on repeating its SYN; the server answers \
            each with a SYN-ACK.",
        brought_about_by: &[
            "the way back is filtered: stateless network ACL, egress rule",
            "asymmetric routing: a stateful firewall sees only one direction",
            "captured at the client: its own firewall, rp_filter or a wrong checksum drops the \
             SYN-ACK after the capture saw it",
        ],
        told_apart: &[
            apart("client_silent", "there the client sends nothing more"),
            apart(
                "dropped",
                "at the client the same attempt shows no answer at all",
            ),
            apart(
                "accept_queue_full",
                "there the client's ACK is in the capture",
            ),
        ],
        check: &[
            CAPTURE_AT_CLIENT,
            ROUTE_TO_CLIENT,
            SECURITY_GROUP,
            CONNTRACK,
            Check {
                on: "CLIENT",
                run: Some("nstat -az TcpExtIPReversePathFilter TcpInCsumErrors"),
                tells: "a counter that grows with each SYN-ACK: the client's own host drops it",
            },
            Check {
                on: "CLIENT",
                run: Some("iptables -vnL INPUT; ip6tables -vnL INPUT"),
                tells: "the rule (IPv4 above, IPv6 below) whose counter grows with each SYN-ACK",
            },
            Check {
                on: "CLIENT",
                run: Some("nft list ruleset | grep -A20 'hook input'"),
                tells: "the same where nftables is used without iptables, for both",
            },
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT_WINDOWS,
            ROUTE_TO_CLIENT_WINDOWS,
        ],
        applications: &[TIMED_OUT],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["half_open", "ETIMEDOUT"],
    },
    Page {
        term: "client_silent",
        kinds: &[Kind::Cause, Kind::Finding],
        numbers: None,
        title: "answered, and nothing more from the client",
        on_the_wire: "SYN, SYN-ACK, the SYN-ACK repeated (Linux after 1, 3, 7, 15, 31 s), and \
            nothing more from the client.",
        brought_about_by: &[
            "the source address is spoofed (a flood)",
            "the client is gone, or its network is",
            "the client's ACK is lost or filtered before this point; it may believe to be \
             connected",
        ],
        told_apart: &[
            apart("syn_ack_lost", "there the client repeats its SYN"),
            apart("syn_flood", "many sources, many SYNs, nobody completes"),
            apart("half_open_scan", "there the client sends a RST"),
        ],
        check: &[
            CAPTURE_AT_CLIENT,
            CONNTRACK,
            Check {
                on: "SERVER",
                run: Some("ss -tan state syn-recv; nstat -az TcpExtTCPReqQFullDoCookies"),
                tells: "how many wait in this state, from how many sources",
            },
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT_WINDOWS,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "the client, if it is real",
                    "a time-out; or connect() succeeds and reading times out, when only its ACK \
                     is lost",
                ),
                said(
                    "the service",
                    "nothing: the connection never reaches accept()",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome half_open",
        see_also: &["syn_flood", "half_open", "read_timeout"],
    },
    Page {
        term: "half_open_scan",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "a port scan that never completes a handshake",
        on_the_wire: "SYN, SYN-ACK, and the client's RST at once; the same for many ports, or a \
            SYN of a scanner's shape (nmap: window 1024, only the MSS option; one sequence number \
            for many ports).",
        brought_about_by: &[
            "nmap -sS, masscan, zmap and the like",
            "a security scanner of the own company",
            "a health check that stops after the SYN-ACK",
        ],
        told_apart: &[
            apart(
                "late_syn_ack",
                "there the SYN-ACK came late, and the SYN is an ordinary one",
            ),
            apart(
                "two_responders",
                "there a second answer contradicts the SYN-ACK",
            ),
        ],
        check: &[
            Check {
                on: "asset list",
                run: None,
                tells: "who owns CLIENT: a known scanner is no incident",
            },
            NFT_RULES,
            IPTABLES_RULES,
            IP6TABLES_RULES,
        ],
        applications: &[SCANNER],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["port_scan", "aborted"],
    },
    Page {
        term: "late_syn_ack",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the SYN-ACK came when nobody waited any more",
        on_the_wire: "SYN, perhaps repeated, then a SYN-ACK later than the application waits, \
            answered by the client's RST (no ACK flag, window 0).",
        brought_about_by: &[
            "a connect time-out shorter than the round trip or the queueing delay",
            "an overloaded server or path that answers after seconds",
            "a connection pool or race that takes the first of several answers",
        ],
        told_apart: &[
            apart("half_open_scan", "there the RST follows a prompt SYN-ACK"),
            apart("two_responders", "there a RST came before the SYN-ACK"),
        ],
        check: &[
            PING,
            ACCEPT_QUEUE,
            CAPTURE_AT_SERVER,
            Check {
                on: "application's configuration",
                run: None,
                tells: "the connect time-out: it should be several times the round trip, and \
                 allow for one lost SYN (more than 1 s)",
            },
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux, macOS, Windows",
                    "nothing of the system's: the application's own timer ended it",
                ),
                said("Java", "SocketTimeoutException: connect timed out"),
                said(
                    "Python",
                    "TimeoutError: timed out; requests: ConnectTimeoutError",
                ),
                said("Go", "i/o timeout, context deadline exceeded"),
                said("Node.js", "ConnectTimeoutError, or the library's own"),
                said(".NET", "TaskCanceledException, OperationCanceledException"),
                said(
                    "curl",
                    "curl: (28) Connection timed out after N milliseconds",
                ),
            ],
        }],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["connect_timeout", "aborted"],
    },
    Page {
        term: "client_reset",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the client reset it; the packets do not say why",
        on_the_wire: "a RST of the client after the SYN-ACK or out of itself, and none of the \
            known patterns.",
        brought_about_by: &[
            "the application closed with a RST: cancelled, health check, race of several addresses",
            "the client's firewall or a device next to it made the RST",
            "the client's kernel has no such socket any more",
        ],
        told_apart: &[
            apart("late_syn_ack", "there the SYN-ACK was late"),
            apart("half_open_scan", "there many ports are tried"),
            apart("two_responders", "there two answers contradict each other"),
        ],
        check: &[
            CAPTURE_AT_CLIENT,
            NFT_OUTPUT_RULES,
            IPTABLES_OUTPUT_RULES,
            IP6TABLES_OUTPUT_RULES,
            CAPTURE_AT_SERVER,
            OUTPUT_RULES_WINDOWS,
            CAPTURE_AT_CLIENT_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "who reset knows why",
                "a cancelled call, or nothing at all",
            )],
        }],
        shown_by: "tcpwhy ladder FILE ID",
        see_also: &["aborted", "late_syn_ack"],
    },
    Page {
        term: "capture_ended",
        kinds: &[Kind::Cause],
        numbers: None,
        title: "the capture ends before silence means anything",
        on_the_wire: "an attempt without an answer, less than the patience before the capture's \
            last packet.",
        brought_about_by: &[
            "the capture was stopped too soon",
            "the attempt was one of the last in it",
        ],
        told_apart: &[
            apart("dropped", "there the silence was watched for long enough"),
            apart(
                "capture_filtered",
                "a filter that hides the answers looks alike",
            ),
        ],
        check: &[WIDER_CAPTURE],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE --outcome pending",
        see_also: &["pending"],
    },
];
