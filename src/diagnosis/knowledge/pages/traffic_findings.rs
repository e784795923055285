//! What many attempts say together about traffic, names and the capture itself.

use super::checks::{
    BACKENDS, CAPTURE_ALL_ICMP, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS,
    CONNTRACK, CONTAINER_LISTENERS, IP6TABLES_RULES, IPTABLES_RULES, LARGER_BUFFER, LISTENERS,
    LISTENERS_WINDOWS, LOCAL_PORTS, MESH_CHECK, NFT_RULES, PROBE_FIRST_BYTE, PROBE_NOW, RESOLVE,
    ROUTE_TO_SERVER, SMALLER_PART, WIDER_CAPTURE,
};
use super::sayings_of_failures::REFUSED;
use super::sayings_of_silence::{NONE, PROXIED, SCANNER, TIMED_OUT};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "port_scan",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "one source tries many ports or hosts",
        on_the_wire: "SYNs from one source to many ports of a host, or to one port of many hosts; \
            mostly refused or silent, where open reset by the scanner or closed at once.",
        brought_about_by: &[
            "a security scanner, own or foreign",
            "an inventory or monitoring tool",
            "malware looking for neighbours",
        ],
        told_apart: &[
            apart("syn_flood", "there one service gets them all"),
            apart("half_open_scan", "one attempt of such a scan"),
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
        see_also: &["half_open_scan", "syn_flood"],
    },
    Page {
        term: "backscatter",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "answers to SYNs that nobody here sent",
        on_the_wire: "SYN-ACKs, RSTs or ICMP errors from many hosts to ports that no SYN came \
            from: somebody uses this address as the source of a flood.",
        brought_about_by: &["spoofed SYNs elsewhere, with this address as the source"],
        told_apart: &[
            apart(
                "capture_started_late",
                "only in the capture's first moments",
            ),
            apart("one_sided_capture", "there connections go on with data"),
        ],
        check: &[WIDER_CAPTURE],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "all",
                "nothing: the kernel answers or ignores these packets",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome partial",
        see_also: &["partial", "syn_flood"],
    },
    Page {
        term: "fallback_worked",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the first address failed, the next one worked",
        on_the_wire: "a failed attempt, mostly to IPv6, followed at once by a successful one to \
            another address of the same name.",
        brought_about_by: &[
            "IPv6 addresses in the DNS without working IPv6",
            "a service that listens on IPv4 only",
            "one of several addresses of a name is down",
        ],
        told_apart: &[
            apart("service_filtered", "there no other address works"),
            apart("name_points_nowhere", "there all addresses fail"),
        ],
        check: &[
            RESOLVE,
            LISTENERS,
            ROUTE_TO_SERVER,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            LISTENERS_WINDOWS,
            PROBE_NOW,
        ],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "all",
                "nothing but a delay (some 250 ms with Happy Eyeballs; else up to the first \
                     address's time-out)",
            )],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["net_unreachable", "closed_port"],
    },
    Page {
        term: "name_points_nowhere",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a DNS answer led to the address that fails",
        on_the_wire: "a DNS answer in the capture names the address, and attempts to it fail.",
        brought_about_by: &[
            "an old record after a move, or a long time to live",
            "a wrong view of the DNS (inside and outside)",
            "a record of a host that was taken down",
        ],
        told_apart: &[
            apart(
                "host_down",
                "the address is right and its host is down: ask who owns it",
            ),
            apart(
                "name_not_resolved",
                "there the name gives no address at all",
            ),
        ],
        check: &[
            RESOLVE,
            Check {
                on: "CLIENT",
                run: Some("dig NAME A; dig NAME AAAA; dig @NAMESERVER NAME"),
                tells: "whether caches still hold an address that the zone's own server no longer \
                 gives, and for how long",
            },
            PROBE_NOW,
        ],
        applications: &[TIMED_OUT, REFUSED],
        shown_by: "tcpwhy read FILE",
        see_also: &["host_down", "host_silent"],
    },
    Page {
        term: "stale_tuple_reuse",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "ports are reused while the server knows the old use",
        on_the_wire: "SYNs answered by a bare ACK of an older connection, again and again, mostly \
            behind one NAT or load balancer.",
        brought_about_by: &[
            "too few source ports or addresses at a NAT under load",
            "a device that forgets connections sooner than the server",
            "client-IP preservation that maps two flows to one pair of ports",
        ],
        told_apart: &[
            apart("path_loss", "there nothing answers"),
            apart("stale_connection", "one such attempt"),
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
        see_also: &["stale_connection"],
    },
    Page {
        term: "proxy_answers",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "a proxy answers in the server's place",
        on_the_wire: "SYN-ACKs that come much faster than the server's distance allows, or with \
            window 0; what follows (RST, FIN, silence) is the backend's fate.",
        brought_about_by: &[
            "a sidecar or service mesh, a transparent proxy, a SYN proxy, a container's port proxy",
        ],
        told_apart: &[
            apart(
                "established",
                "a completed handshake proves only that the proxy lives",
            ),
            apart(
                "proxy_without_backend",
                "one attempt whose backend was missing",
            ),
        ],
        check: &[
            MESH_CHECK,
            CONTAINER_LISTENERS,
            BACKENDS,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            PROBE_FIRST_BYTE,
        ],
        applications: &[PROXIED],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["proxy_without_backend", "upstream_failure"],
    },
    Page {
        term: "one_sided_capture",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the capture shows one direction only",
        on_the_wire: "clients go on with ACKs and data although no server ever seems to answer, \
            or answers without any question.",
        brought_about_by: &[
            "a mirror port of one direction, a tap with one leg",
            "asymmetric routing past the capturing host",
            "a capture filter by source or destination only",
        ],
        told_apart: &[apart(
            "host_silent",
            "there the client's next packets show that nothing came back",
        )],
        check: &[
            WIDER_CAPTURE,
            Check {
                on: "switch",
                run: None,
                tells: "whether the mirror port copies both directions (rx and tx)",
            },
        ],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE",
        see_also: &["partial", "capture_filtered"],
    },
    Page {
        term: "capture_filtered",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the capture's filter hides evidence",
        on_the_wire: "the capture holds no ICMP or ARP at all, or only packets with certain \
            flags: a rejection then looks like silence, and the third step of a handshake may be \
            missing.",
        brought_about_by: &[
            "a filter such as \"tcp port 443\": no ICMP, no ARP, no VLAN-tagged or tunnelled \
             packets",
            "a filter by TCP flags (SYN, FIN, RST only)",
        ],
        told_apart: &[apart(
            "dropped",
            "silence is real only where ICMP could have been seen",
        )],
        check: &[WIDER_CAPTURE, CAPTURE_ALL_ICMP],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE",
        see_also: &["one_sided_capture", "dropped"],
    },
    Page {
        term: "capture_lost_packets",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the capturing host lost packets",
        on_the_wire: "the capture's own statistics count dropped packets, or connections go on \
            after segments that were never captured: silence may then be the capture's.",
        brought_about_by: &[
            "too small a capture buffer for the rate; a slow disk",
            "immediate mode with a large snapshot length",
            "a mirror port that carries more than it can",
        ],
        told_apart: &[apart(
            "path_loss",
            "lost on the network, senders repeat; lost by the capture, nobody does",
        )],
        check: &[LARGER_BUFFER],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE",
        see_also: &["path_loss", "capture_filtered"],
    },
    Page {
        term: "capture_started_late",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "the capture began in the middle of handshakes",
        on_the_wire: "answers at the start of the capture whose SYN was sent before it.",
        brought_about_by: &["the capture was started while connects were under way"],
        told_apart: &[
            apart(
                "local_firewall",
                "there answers without a SYN come throughout",
            ),
            apart(
                "backscatter",
                "there answers come from many hosts, throughout",
            ),
        ],
        check: &[WIDER_CAPTURE],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE --outcome partial",
        see_also: &["partial"],
    },
    Page {
        term: "limits_hit",
        kinds: &[Kind::Finding],
        numbers: None,
        title: "more in the capture than is remembered",
        on_the_wire: "more servers, clients or failing attempts than memory is set aside for: \
            failures are kept before successes, and of too many failures the earliest, the \
            latest and a sample; the rest is only counted.",
        brought_about_by: &[
            "a flood or a scan from very many addresses",
            "very many servers that fail, each many times",
            "more attempts open at once than --max-flows allows",
        ],
        told_apart: &[apart(
            "capture_lost_packets",
            "there packets are missing in the capture; here they were read, and counted",
        )],
        check: &[SMALLER_PART],
        applications: &[NONE],
        shown_by: "tcpwhy read FILE -F json, under limits",
        see_also: &["syn_flood", "port_scan"],
    },
];
