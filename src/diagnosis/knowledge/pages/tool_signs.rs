//! What tools print of connections: ss, netstat, conntrack, Wireshark, Zeek.

use super::checks::{
    APPLICATION_LOG, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, LOCAL_PORTS, PROBE, ROUTE_TO_CLIENT,
    SYN_RETRIES, TRACE_TCP,
};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

const WITH_TCPWHY: Check = Check {
    on: "wherever the capture is",
    run: Some("tcpwhy read FILE --server SERVER:PORT"),
    tells: "how each connect ended and why; what is marked is no failure by itself",
};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "SYN_SENT",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a connect waits for its first answer",
        on_the_wire: "a SYN, repeated after 1, 2, 4 s and so on, and nothing acceptable back yet: \
            no SYN-ACK, no RST, no ICMP error that counts.",
        brought_about_by: &[
            "a firewall drops the SYN, or the answer",
            "the host is down, or the address wrong",
            "a full queue at the server, or no way back",
            "seen once and gone: only the round trip, no failure",
        ],
        told_apart: &[
            apart(
                "SYN_RECV",
                "the same moment at the server: the SYN arrived there",
            ),
            apart("ECONNREFUSED", "there something answered"),
            apart("dropped", "the outcome, once silence was watched for 3 s"),
        ],
        check: &[
            Check {
                on: "CLIENT",
                run: Some("ss -tnop state syn-sent"),
                tells: "to whom, of which process, and in how many seconds the SYN is repeated",
            },
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER,
            TRACE_TCP,
            SYN_RETRIES,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("netstat (Linux, Windows, macOS)", "SYN_SENT"),
                said("ss", "SYN-SENT"),
                said("PowerShell", "SynSent"),
                said(
                    "conntrack -L",
                    "tcp 6 118 SYN_SENT src=... dst=... [UNREPLIED]",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped,aborted,pending",
        see_also: &["dropped", "ETIMEDOUT", "port_filtered", "host_silent"],
    },
    Page {
        term: "SYN_RECV",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "a server waits for the last ACK of a connect",
        on_the_wire: "SYN and SYN-ACK; the client's ACK did not arrive, or the server could not \
            take it: its accept queue was full. The SYN-ACK is repeated after 1, 3, 7 s.",
        brought_about_by: &[
            "the SYN-ACK does not reach the client: no way back, a firewall without state",
            "the accept queue is full: the ACK came and was dropped",
            "a client that never meant it: scan, flood, health check by SYN",
            "deferred accept: the server waits for the first data",
        ],
        told_apart: &[
            apart("syn_ack_lost", "the client repeats its SYN"),
            apart(
                "accept_queue_full",
                "the client is connected and sends; ListenOverflows grows",
            ),
            apart(
                "syn_flood",
                "masses of them, of addresses that never answer",
            ),
        ],
        check: &[
            Check {
                on: "SERVER",
                run: Some("ss -tno state syn-recv; ss -ltn 'sport = :PORT'"),
                tells: "who they are, and whether Recv-Q of the listener is at its limit (Send-Q)",
            },
            ROUTE_TO_CLIENT,
            CAPTURE_AT_SERVER,
            CAPTURE_AT_CLIENT,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "netstat (Linux)",
                    "SYN_RECV; macOS: SYN_RCVD; Windows: SYN_RECEIVED",
                ),
                said("ss", "SYN-RECV"),
                said("PowerShell", "SynReceived"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome half_open",
        see_also: &[
            "half_open",
            "syn_ack_lost",
            "accept_queue_full",
            "client_silent",
        ],
    },
    Page {
        term: "CLOSE_WAIT",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "the other side closed; this application not",
        on_the_wire: "a completed connection, the other side's FIN and its ACK; no FIN of this \
            side.",
        brought_about_by: &[
            "an application that forgot to close: the numbers grow until descriptors are used up",
            "an application that is stuck or does not accept: connections in the accept queue \
             whose clients gave up are CLOSE_WAIT too",
        ],
        told_apart: &[
            apart("TIME_WAIT", "there this side closed, in order"),
            apart("EMFILE", "what it ends in"),
        ],
        check: &[
            Check {
                on: "the host that shows it",
                run: Some("ss -tnp state close-wait"),
                tells: "which process; lines without one are still in the accept queue",
            },
            APPLICATION_LOG,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("netstat", "CLOSE_WAIT"),
                said("ss", "CLOSE-WAIT"),
                said("PowerShell", "CloseWait"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome established --server SERVER:PORT",
        see_also: &["accept_queue_full", "EMFILE", "connection_closed"],
    },
    Page {
        term: "TIME_WAIT",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "closed in order by this side; kept 60 s",
        on_the_wire: "nothing: it waits for late packets. A new SYN with the same addresses and \
            ports is taken if its number or timestamp is larger; else it gets an ACK, and the \
            client answers that with a RST and tries again.",
        brought_about_by: &[
            "many short connections: it is normal, and no error",
            "a client without a pool of connections, or without keep-alive",
        ],
        told_apart: &[
            apart(
                "EADDRNOTAVAIL",
                "harmful only where all local ports to one server are in it",
            ),
            apart(
                "stale_tuple_reuse",
                "ports reused too early, mostly behind NAT",
            ),
            apart("CLOSE_WAIT", "there the application did not close"),
        ],
        check: &[LOCAL_PORTS],
        applications: &[Sayings {
            when: "",
            says: &[
                said("netstat", "TIME_WAIT"),
                said("ss", "TIME-WAIT"),
                said("Linux", "kernel: TCP: time wait bucket table overflow"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome established,aborted",
        see_also: &["EADDRNOTAVAIL", "stale_tuple_reuse", "stale_connection"],
    },
    Page {
        term: "port_numbers_reused",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "Wireshark: a SYN on ports used before",
        on_the_wire: "a SYN with another sequence number, from the same address and port to the \
            same server and port as an earlier connection in the capture.",
        brought_about_by: &[
            "a client that takes its ports in turn and came round: normal in a long capture",
            "an application that binds a fixed source port (bind() before connect())",
            "NAT with few ports: two clients get the same one shortly after each other",
            "a client that tries again from the same port after a failure",
        ],
        told_apart: &[
            apart(
                "stale_tuple_reuse",
                "the finding: reuse, and the connect failed or was late",
            ),
            apart(
                "stale_connection",
                "the server answers with an ACK: it has the old one still",
            ),
            apart(
                "wireshark_marks",
                "a repeated SYN has the same sequence number",
            ),
        ],
        check: &[WITH_TCPWHY, LOCAL_PORTS],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "Wireshark, tshark",
                "[TCP Port numbers reused]; filter: tcp.analysis.reused_ports",
            )],
        }],
        shown_by: "tcpwhy read FILE --server SERVER:PORT",
        see_also: &["stale_tuple_reuse", "stale_connection", "TIME_WAIT"],
    },
    Page {
        term: "wireshark_marks",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "what Wireshark's analysis says of a segment",
        on_the_wire: "marks of single segments, by comparison with those before them in the \
            capture. Of a connect only a repeated SYN or SYN-ACK matters; the others are about \
            connections that came about.",
        brought_about_by: &[
            "Retransmission of a SYN: no answer came in time",
            "Retransmission of a SYN-ACK: the client's ACK was lost, or the accept queue was full",
            "Dup ACK, Out-Of-Order, Fast Retransmission: loss or another order on the way",
            "a packet captured twice (a bridge, -i any, a mirror of both directions)",
        ],
        told_apart: &[
            apart(
                "port_numbers_reused",
                "a SYN with another sequence number: another try",
            ),
            apart(
                "capture_lost_packets",
                "ACKed unseen segment: the capture has a gap",
            ),
        ],
        check: &[WITH_TCPWHY],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "Wireshark, tshark",
                "[TCP Retransmission], [TCP Out-Of-Order], [TCP Dup ACK 1#1], [TCP ZeroWindow], \
                 [TCP Spurious Retransmission]",
            )],
        }],
        shown_by: "tcpwhy read FILE",
        see_also: &[
            "dropped",
            "half_open",
            "capture_lost_packets",
            "port_numbers_reused",
        ],
    },
    Page {
        term: "conn_state",
        kinds: &[Kind::Sign],
        numbers: None,
        title: "Zeek's word for how a connection went",
        on_the_wire: "S0: a SYN and no reply. REJ: the SYN was answered by a RST. SH, RSTOS0: the \
            client ended it before a SYN-ACK. S1, S2, S3, SF, RSTO, RSTR: established. RSTRH, SHR, \
            OTH: the SYN was not seen.",
        brought_about_by: &[
            "S0: a filter, a host that is down, a scan; or the sensor sees one direction only",
            "REJ: nothing listens, or a rule rejects with a RST",
            "OTH, SHR, RSTRH: begun before the sensor started, or asymmetric routing",
        ],
        told_apart: &[
            apart("dropped", "S0, if nothing came for 3 s"),
            apart("refused", "REJ"),
            apart(
                "one_sided_capture",
                "masses of S0 or OTH beside working services",
            ),
        ],
        check: &[
            Check {
                on: "wherever the logs are",
                run: Some("zeek-cut id.resp_h id.resp_p conn_state history < conn.log"),
                tells: "history has the packets: S SYN, h SYN-ACK, A ACK, r RST of the server; \
                    capitals are the client's, \"^\" means that Zeek turned it round",
            },
            WITH_TCPWHY,
            PROBE,
        ],
        applications: &[Sayings {
            when: "",
            says: &[said(
                "Zeek",
                "conn_state S0, S1, S2, S3, SF, REJ, RSTO, RSTR, RSTOS0, RSTRH, SH, SHR, OTH",
            )],
        }],
        shown_by: "tcpwhy read FILE",
        see_also: &["dropped", "refused", "established", "partial", "half_open"],
    },
];
