//! What applications report in words of their own.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, CAPTURE_AT_CLIENT, CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS,
    CONTAINER_LISTENERS, ENDPOINT_SLICES, LISTENERS, LISTENERS_WINDOWS, MESH_CHECK, PROBE,
    PROBE_WINDOWS, RESOLVE, SECURITY_GROUP, SILENT_COUNTERS, TRACE_TCP, WINDOWS_FIREWALL,
};
use super::sayings_of_silence::{CLOSED, NO_ANSWER};
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
    Page {
        term: "connect_timeout",
        kinds: &[Kind::Error],
        numbers: None,
        title: "the application's own timer ended the connect",
        on_the_wire: "SYNs without an acceptable answer; the application gave up before the \
            system did, and sends nothing when it does. What the packets show is silence: \
            dropped, or a SYN-ACK that came too late.",
        brought_about_by: &[
            "all that brings about silence: filters, a host that is off, an overloaded server, \
             lost answers",
            "a timer shorter than the round trip, or than one lost SYN (1 s)",
            "the name look-up or the TLS handshake took the time: many timers cover all three",
        ],
        told_apart: &[
            apart(
                "ETIMEDOUT",
                "there the system gave up: after 127 to 135 s (Linux), 75 s (macOS), 21 s \
                 (Windows)",
            ),
            apart(
                "read_timeout",
                "there the connection was made and the answer is missing",
            ),
            apart("late_syn_ack", "the SYN-ACK came after all, and met a RST"),
            apart(
                "ECONNREFUSED",
                "Windows repeats the SYN after a RST: a timer below 2 s hides a refusal",
            ),
        ],
        check: &[
            CAPTURE_AT_SERVER,
            PROBE,
            SECURITY_GROUP,
            SILENT_COUNTERS,
            ACCEPT_QUEUE,
            TRACE_TCP,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER_WINDOWS,
            WINDOWS_FIREWALL,
            PROBE_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "Java",
                    "SocketTimeoutException: connect timed out (also: Connect timed out), \
                     HttpConnectTimeoutException",
                ),
                said(
                    "Python",
                    "TimeoutError: timed out; requests: ConnectTimeoutError, Connection to SERVER \
                     timed out",
                ),
                said(
                    "Go",
                    "dial tcp SERVER:PORT: i/o timeout; context deadline exceeded",
                ),
                said("Node.js", "ConnectTimeoutError (UND_ERR_CONNECT_TIMEOUT)"),
                said(".NET", "TaskCanceledException, TimeoutException"),
                said(
                    "curl",
                    "curl: (28) Failed to connect ... Timeout was reached; Connection timed out \
                     after N milliseconds",
                ),
                said("psql, libpq", "timeout expired"),
                said(
                    "nginx",
                    "upstream timed out (110: Connection timed out) while connecting to upstream",
                ),
                said("Envoy", "reset reason: connection timeout"),
                said(
                    "kubectl",
                    "Unable to connect to the server: dial tcp SERVER:6443: i/o timeout",
                ),
                said("MongoDB", "Server selection timed out after 30000 ms"),
                said("Ruby", "Net::OpenTimeout: execution expired"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome dropped,aborted",
        see_also: &["dropped", "ETIMEDOUT", "late_syn_ack", "port_filtered"],
    },
    Page {
        term: "read_timeout",
        kinds: &[Kind::Error],
        numbers: None,
        title: "connected, and then no answer in time",
        on_the_wire: "a completed handshake; the request may be acknowledged by the server's \
            kernel, and no payload comes back. To TCP the connect succeeded.",
        brought_about_by: &[
            "the application is slow, stuck or overloaded: its kernel accepts what it never takes",
            "a proxy accepted and its backend does not answer",
            "large packets vanish (path MTU): small ones pass, the first full one is repeated \
             without an answer",
        ],
        told_apart: &[
            apart("connect_timeout", "there no connection came about"),
            apart(
                "accept_queue_full",
                "the SYN-ACK is repeated, or data stays unacknowledged",
            ),
            apart("proxy_without_backend", "the handshake was a proxy's"),
        ],
        check: &[
            ACCEPT_QUEUE,
            APPLICATION_LOG,
            MESH_CHECK,
            Check {
                on: "CLIENT",
                run: Some("ping -M do -s 1472 SERVER"),
                tells: "large packets that vanish while small ones pass: path MTU",
            },
        ],
        applications: &[NO_ANSWER],
        shown_by: "tcpwhy read FILE --outcome established --server SERVER:PORT",
        see_also: &["established", "accept_queue_full", "proxy_answers"],
    },
    Page {
        term: "connection_closed",
        kinds: &[Kind::Error],
        numbers: None,
        title: "connected, then closed before an answer",
        on_the_wire: "a completed handshake, then the server's FIN or RST without a byte of \
            payload.",
        brought_about_by: &[
            "the application closed at once: limits, allow-list, wrong protocol (TLS against \
             plain text)",
            "a proxy, container port or load balancer without a working backend",
            "the service was shutting down",
        ],
        told_apart: &[
            apart("reset", "ended by a RST: an outcome of its own"),
            apart(
                "ECONNREFUSED",
                "where a refusal is expected, it may have happened behind a proxy",
            ),
            apart("server_abort", "the host's own application did it"),
        ],
        check: &[
            APPLICATION_LOG,
            CONTAINER_LISTENERS,
            ENDPOINT_SLICES,
            MESH_CHECK,
        ],
        applications: &[CLOSED],
        shown_by: "tcpwhy read FILE --outcome reset,established --server SERVER:PORT",
        see_also: &["reset", "server_abort", "proxy_without_backend"],
    },
    Page {
        term: "connect_failed",
        kinds: &[Kind::Error],
        numbers: None,
        title: "a connect failed, and the text does not say why",
        on_the_wire: "any failure: a RST, an ICMP error, silence. The packets tell which; so does \
            the errno, where the program prints one.",
        brought_about_by: &[
            "connection refused is the commonest: nothing listens on the port",
            "no route or a rejecting rule; silence until a timer ended it",
            "the name led to a wrong address",
        ],
        told_apart: &[
            apart(
                "ECONNREFUSED",
                "failed within milliseconds, with a RST (Windows: 2 s)",
            ),
            apart(
                "EHOSTUNREACH",
                "failed at once or after 3 s, with an ICMP error or unanswered ARP",
            ),
            apart("ETIMEDOUT", "failed after many seconds"),
            apart("connection_closed", "connected, and closed afterwards"),
        ],
        check: &[
            PROBE,
            RESOLVE,
            LISTENERS,
            CAPTURE_AT_CLIENT,
            CAPTURE_AT_SERVER,
            PROBE_WINDOWS,
            LISTENERS_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "curl",
                    "curl: (7) Failed to connect to SERVER port PORT: Couldn't connect to server",
                ),
                said(
                    "psql, libpq",
                    "could not connect to server; connection to server at \"SERVER\", port PORT \
                     failed",
                ),
                said(
                    "MySQL",
                    "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER'",
                ),
                said(
                    "JDBC",
                    "The connection attempt failed; Communications link failure",
                ),
                said("Java", "java.net.ConnectException; NoHttpResponseException"),
                said(
                    ".NET",
                    "SocketException; SQL Server: A network-related or instance-specific error",
                ),
                said("redis-cli", "Could not connect to Redis at SERVER:PORT"),
                said("MongoDB", "MongoServerSelectionError, MongoNetworkError"),
                said("Node.js", "TypeError: fetch failed"),
                said("PowerShell", "TcpTestSucceeded : False"),
                said("Firefox", "Unable to connect"),
                said("Safari", "Safari can't connect to the server"),
                said("macOS, iOS", "NSURLErrorDomain -1004 (whatever the reason)"),
                said(
                    "Kafka",
                    "Connection to node -1 could not be established. Node may not be available",
                ),
                said(
                    "RabbitMQ",
                    "BrokerUnreachableException, AMQPConnectionError",
                ),
                said(
                    "gRPC",
                    "UNAVAILABLE: io exception; failed to connect to all addresses (the former \
                     also for a connection that broke later)",
                ),
                said(
                    "SQL Server",
                    "error: 40, 53: any failed connect; error: 26: its browser service (UDP \
                     1434) did not answer, TCP was not tried",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome failed",
        see_also: &["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH"],
    },
];
