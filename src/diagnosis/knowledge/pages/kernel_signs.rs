//! What kernels say in their log and their counters.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, BACKLOG_LIMITS, CAPTURE_AT_SERVER, CONNTRACK, REVERSE_PATH,
    ROUTE_TO_CLIENT,
};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

const COUNTERS_NOW: Check = Check {
    on: "SERVER",
    run: Some("nstat -az | grep -e Listen -e ReqQFull -e Syncookies; sleep 10; nstat"),
    tells: "which of them grow now: the second list has only what changed since the first",
};

const CONNTRACK_STATISTICS: Check = Check {
    on: "firewall or NAT",
    run: Some("conntrack -S; conntrack -C; sysctl net.netfilter.nf_conntrack_max"),
    tells: "drop and early_drop grow: the table is full; insert_failed grows alone: two \
        connections wanted one and the same tuple",
};

const CONNTRACK_CONTENT: Check = Check {
    on: "firewall or NAT",
    run: Some("conntrack -L 2>/dev/null | awk '{print $4}' | sort | uniq -c | sort -rn"),
    tells: "masses of SYN_SENT or SYN_RECV: a scan or a flood; of ESTABLISHED: connections that \
        nobody closes; of TIME_WAIT: short connections at a high rate",
};

const HALF_OPEN: Check = Check {
    on: "SERVER",
    run: Some("ss -tn state syn-recv 'sport = :PORT' | awk '{print $4}' | sort | uniq -c"),
    tells: "from whom the half-open connections are: few real clients, or random addresses that \
        never answer",
};

const MARTIAN_ROUTE: Check = Check {
    on: "the host that logs it",
    run: Some("ip route get CLIENT; ip -br address; ip rule"),
    tells: "by which interface it would answer: not the one on which the packet came in",
};

const NEIGHBOURS: Check = Check {
    on: "the host that logs it",
    run: Some("ip neigh | wc -l; sysctl net.ipv4.neigh.default.gc_thresh3"),
    tells: "as many neighbours as gc_thresh3 allows: raise all three thresholds, or make the \
        network smaller",
};

const TCP_MEMORY: Check = Check {
    on: "the host that logs it",
    run: Some("cat /proc/net/sockstat; sysctl net.ipv4.tcp_mem net.ipv4.tcp_max_orphans"),
    tells: "mem (in pages) at the last number of tcp_mem, or orphans at the limit: which program \
        holds so much unread or unsent data, ss -tmp tells",
};

const KERNEL_EVENTS: Check = Check {
    on: "SERVER",
    run: Some("tcpwhy live -i any --kernel --server SERVER"),
    tells: "as the next connect comes: why the kernel refuses or drops it, where it says so",
};

const DROP_EVENTS: Check = Check {
    on: "SERVER",
    run: Some("perf trace -e skb:kfree_skb"),
    tells: "the reason of each dropped packet, without its addresses",
};

const DROPPING_RULES: Check = Check {
    on: "SERVER",
    run: Some("nft list ruleset | grep -n -e chain -e reject -e drop"),
    tells: "which rule fits the connect; counters that rise tell which one",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "conntrack_full",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "the table of tracked connections is full",
        on_the_wire: "SYNs of new connections vanish in the host that logs it, whoever the server \
            is; old connections go on. The client repeats its SYN, and now and then one gets \
            through.",
        brought_about_by: &[
            "more connections than nf_conntrack_max, mostly short ones that stay in TIME_WAIT, or \
             ESTABLISHED ones that were never closed and are kept for five days",
            "a scan or a flood of SYNs that fills the table with SYN_SENT or SYN_RECV",
            "a limit made for less memory, or for fewer pods on a node",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "there one port is silent, here new connects to all",
            ),
            apart(
                "accept_queue_full",
                "there the server's own ListenOverflows grow",
            ),
            apart("insert_failed", "there the table has room"),
        ],
        check: &[
            CONNTRACK,
            CONNTRACK_STATISTICS,
            CONNTRACK_CONTENT,
            CAPTURE_AT_SERVER,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "kernel: nf_conntrack: nf_conntrack: table full, dropping packet (older: \
                     ip_conntrack: table full)",
                ),
                said("conntrack -S", "drop=N early_drop=N"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped",
        see_also: &["port_filtered", "dropped", "ETIMEDOUT", "insert_failed"],
    },
    Page {
        term: "insert_failed",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "conntrack could not enter a connection",
        on_the_wire: "single SYNs vanish in the host that translates, while others to the same \
            server are answered; the repeated SYN, one second later, mostly succeeds.",
        brought_about_by: &[
            "source NAT gave two connections the same port at the same moment",
            "many connections from few addresses to one server and port, more than there are ports",
            "two packets of one new flow at once, as a resolver sends them (UDP): DNS takes 5 s",
        ],
        told_apart: &[
            apart("conntrack_full", "there drop and early_drop grow as well"),
            apart(
                "path_loss",
                "loss on the way hits packets of all connections",
            ),
            apart(
                "EADDRNOTAVAIL",
                "the client's own ports are used up: no SYN is sent",
            ),
        ],
        check: &[
            CONNTRACK_STATISTICS,
            Check {
                on: "firewall or NAT",
                run: Some("iptables-save -t nat; ip6tables-save -t nat; nft list ruleset"),
                tells: "MASQUERADE or SNAT without --random-fully or fully-random: ports are \
                    picked alike; more source addresses help as well",
            },
        ],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "conntrack -S",
                "cpu=0 found=0 invalid=0 insert=0 insert_failed=N",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped,established",
        see_also: &["conntrack_full", "late_syn_ack", "path_loss"],
    },
    Page {
        term: "syn_flooding",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a listener's queue of half-open ones is full",
        on_the_wire: "many SYNs for one port in a short time. With cookies each is still answered \
            by a SYN-ACK, never repeated; without cookies SYNs vanish.",
        brought_about_by: &[
            "a burst of real clients, and a backlog too small for it: the commonest",
            "an application that accepts too slowly: the accept queue is full first",
            "a SYN flood, mostly of addresses that never answer",
        ],
        told_apart: &[
            apart(
                "syn_flood",
                "the finding: the clients never complete their handshakes",
            ),
            apart(
                "overload",
                "the clients are real, and the queue of the application is full",
            ),
            apart(
                "ListenOverflows",
                "counts completed handshakes that found no room",
            ),
        ],
        check: &[ACCEPT_QUEUE, HALF_OPEN, COUNTERS_NOW, BACKLOG_LIMITS],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "kernel: TCP: request_sock_TCP: Possible SYN flooding on port 10.0.1.20:443. \
                     Sending cookies. (once for each listener; older without the address)",
                ),
                said("the same without cookies", "... Dropping request."),
                said("nstat", "TcpExtSyncookiesSent, TcpExtTCPReqQFullDoCookies"),
            ],
        }],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &[
            "syn_flood",
            "overload",
            "accept_queue_full",
            "TCPReqQFullDrop",
        ],
    },
    Page {
        term: "martian_source",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "dropped: its source cannot come in there",
        on_the_wire: "the SYN arrives at the host (a capture there shows it), and nothing leaves; \
            or a client's own SYN-ACK arrives by another interface and is dropped.",
        brought_about_by: &[
            "asymmetric routing: the way back to the source leads to another interface \
             (rp_filter = 1)",
            "a host with two interfaces in one network, a VPN, a bridge or a second default route",
            "a private, loopback or own address as the source of a packet from outside: spoofed, \
             or an address used twice",
        ],
        told_apart: &[
            apart(
                "port_filtered",
                "there a rule drops it, for all clients of the port",
            ),
            apart(
                "source_filtered",
                "the same to look at: one client is silent, others are not",
            ),
            apart("syn_ack_lost", "there the answer leaves"),
        ],
        check: &[
            REVERSE_PATH,
            MARTIAN_ROUTE,
            ROUTE_TO_CLIENT,
            CAPTURE_AT_SERVER,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "kernel: IPv4: martian source 10.0.1.20 from 10.0.0.7, on dev eth1 (first the \
                     destination, then the source; only with net.ipv4.conf.*.log_martians = 1)",
                ),
                said("nstat", "TcpExtIPReversePathFilter"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped --client CLIENT",
        see_also: &["source_filtered", "dropped", "syn_ack_lost"],
    },
    Page {
        term: "ListenOverflows",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "listeners dropped: the accept queue was full",
        on_the_wire: "the client is connected as it sees it, the server repeats its SYN-ACK after \
            1, 3, 7 s; or the SYN is not answered at all. With tcp_abort_on_overflow: a RST after \
            the client's ACK.",
        brought_about_by: &[
            "an application that accepts too slowly, or is stuck",
            "a backlog too small for a burst",
            "no memory or descriptors left for accept() (EMFILE)",
        ],
        told_apart: &[
            apart(
                "syn_flooding",
                "there the queue of half-open connections is full",
            ),
            apart("port_filtered", "there no counter of a listener grows"),
        ],
        check: &[COUNTERS_NOW, ACCEPT_QUEUE, BACKLOG_LIMITS, APPLICATION_LOG],
        applications: &[Sayings {
            when: "",
            says: &[
                said("nstat", "TcpExtListenOverflows, TcpExtListenDrops"),
                said(
                    "netstat -s",
                    "N times the listen queue of a socket overflowed; N SYNs to LISTEN sockets \
                     dropped",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome half_open,dropped,established",
        see_also: &["accept_queue_full", "overload", "EMFILE"],
    },
    Page {
        term: "TCPReqQFullDrop",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "the queue of half-open connections was full",
        on_the_wire: "TCPReqQFullDrop: SYNs vanish. TCPReqQFullDoCookies: they are answered by a \
            SYN-ACK that is never repeated, and whose client may lack window scaling and SACK.",
        brought_about_by: &[
            "more SYNs at once than the backlog of the listener (listen(), somaxconn)",
            "clients that never send the last ACK: a flood, or a way back that loses SYN-ACKs",
            "net.ipv4.tcp_syncookies = 0, for the drops",
        ],
        told_apart: &[
            apart(
                "ListenOverflows",
                "there handshakes were complete, and nobody accepted",
            ),
            apart("port_filtered", "there no SYN is ever answered"),
        ],
        check: &[COUNTERS_NOW, HALF_OPEN, ACCEPT_QUEUE, BACKLOG_LIMITS],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "nstat",
                "TcpExtTCPReqQFullDrop, TcpExtTCPReqQFullDoCookies",
            )],
        }],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["syn_flooding", "syn_flood", "accept_queue_full"],
    },
    Page {
        term: "neighbour_table_full",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "no room for further hosts on the link",
        on_the_wire: "no SYN leaves for hosts whose link address is not known yet; others work. \
            Clients get EHOSTUNREACH or time out, in changing pairs.",
        brought_about_by: &[
            "more hosts or pods on the link than gc_thresh3 (1024 by default)",
            "a scan of a large network from this host or through it",
            "a route that makes far addresses neighbours (a prefix too short)",
        ],
        told_apart: &[
            apart("host_down", "there one host does not answer ARP"),
            apart("conntrack_full", "there the table of connections is full"),
        ],
        check: &[NEIGHBOURS],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "Linux",
                "kernel: neighbour: arp_cache: neighbor table overflow!",
            )],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped,rejected",
        see_also: &["host_down", "EHOSTUNREACH", "ENOBUFS"],
    },
    Page {
        term: "tcp_memory",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "TCP has used up the memory it may take",
        on_the_wire: "connections stall or are reset; SYNs may go unanswered. Not one server or \
            client alone: all of the host that logs it.",
        brought_about_by: &[
            "a program that does not read what it gets, on many connections",
            "masses of closed connections whose data is not taken (orphans), also by attack",
            "a tcp_mem made for less traffic",
        ],
        told_apart: &[
            apart("ENOBUFS", "the same, as an error of one call"),
            apart("overload", "there one service does not keep up"),
        ],
        check: &[TCP_MEMORY],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "kernel: TCP: out of memory -- consider tuning tcp_mem",
                ),
                said("Linux", "kernel: TCP: too many orphaned sockets"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome failed",
        see_also: &["ENOBUFS", "overload", "reset"],
    },
    Page {
        term: "kernel_drop_reason",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "the kernel's own reason for a drop or a RST",
        on_the_wire: "nothing of the reason itself: a SYN that comes in and is not answered, or a \
            RST. The kernel says why in its trace events skb:kfree_skb (Linux 5.17 and newer) and \
            tcp:tcp_send_reset (6.10 and newer), by the name of a reason.",
        brought_about_by: &[
            "NETFILTER_DROP: a rule of nftables or iptables, or connection tracking; reject with \
             tcp reset as well, for its RST is no TCP socket's",
            "NO_SOCKET: nothing listens there; TCP_LISTEN_OVERFLOW: the accept queue is full",
            "IP_RPFILTER, IP_LOCAL_SOURCE, IP_INADDRERRORS, IP_INNOROUTES: addresses and routes",
            "TCP_CSUM: a wrong checksum; TCP_MD5NOTFOUND: a signature is missing",
            "SOCKET_FILTER: a BPF program of the socket or its cgroup",
        ],
        told_apart: &[
            apart(
                "dropped_here",
                "the same as a cause, seen in a capture or told by the kernel",
            ),
            apart(
                "accept_queue_full",
                "a SYN at a full queue is dropped without a reason: only counters rise",
            ),
            apart(
                "path_loss",
                "what is lost on the way never reaches a kernel that could say why",
            ),
        ],
        check: &[
            KERNEL_EVENTS,
            DROP_EVENTS,
            DROPPING_RULES,
            CONNTRACK,
            REVERSE_PATH,
            ROUTE_TO_CLIENT,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Linux",
                    "kfree_skb: skbaddr=0000000024a1 protocol=2048 location=nft_do_chain+0x3e8/0x610 reason: NETFILTER_DROP",
                ),
                said(
                    "Linux",
                    "tcp_send_reset: skbaddr=0000000024a1 src=10.0.0.20:80 dest=10.0.0.7:40000 state=UNKNOWN reason=NO_SOCKET",
                ),
            ],
        }],
        shown_by: "tcpwhy live --kernel",
        see_also: &[
            "dropped_here",
            "closed_port",
            "firewall_reset",
            "martian_source",
        ],
    },
];
