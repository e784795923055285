//! What applications report in words of their own.

use super::checks::{
    ACCEPT_QUEUE, APPLICATION_LOG, APPLICATION_LOG_WINDOWS, BACKENDS, CAPTURE_AT_CLIENT,
    CAPTURE_AT_SERVER, CAPTURE_AT_SERVER_WINDOWS, CONTAINER_LISTENERS, ENDPOINT_SLICES, LISTENERS,
    LISTENERS_WINDOWS, MESH_CHECK, PROBE, PROBE_WINDOWS, RESOLVE, SECURITY_GROUP, SILENT_COUNTERS,
    TRACE_TCP, WINDOWS_FIREWALL,
};
use super::sayings_of_silence::{CLOSED, NO_ANSWER, PROXIED};
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
    Page {
        term: "tls_failure",
        kinds: &[Kind::Error],
        numbers: None,
        title: "the TCP connect succeeded, TLS did not",
        on_the_wire: "a completed handshake, the client's hello, then an alert, a FIN or a RST.",
        brought_about_by: &[
            "the port speaks plain text or another protocol",
            "a proxy without a backend, or a service that closed at once",
            "certificate, name or version do not fit: then an alert says so",
            "a device resets on the name in the hello: its RST has another distance",
        ],
        told_apart: &[
            apart(
                "proxy_without_backend",
                "closed before a byte of the server",
            ),
            apart(
                "middlebox_reset",
                "the RST comes from nearer than the server",
            ),
            apart(
                "read_timeout",
                "the hello is repeated without an answer: path MTU",
            ),
        ],
        check: &[
            Check {
                on: "CLIENT",
                run: Some("openssl s_client -connect SERVER:PORT -servername NAME"),
                tells: "how far the handshake gets, and the alert",
            },
            APPLICATION_LOG,
            BACKENDS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "curl",
                    "curl: (35) SSL connect error; OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
                ),
                said("Java", "SSLHandshakeException"),
                said("Python", "ssl.SSLError, SSLEOFError"),
                said("Go", "remote error: tls: handshake failure"),
                said("Node.js", "write EPROTO, ERR_SSL_..."),
                said("Chrome", "ERR_SSL_PROTOCOL_ERROR"),
                said("Firefox", "PR_END_OF_FILE_ERROR, SSL_ERROR_..."),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome established,reset --server SERVER:PORT",
        see_also: &["established", "connection_closed", "proxy_without_backend"],
    },
    Page {
        term: "above_tcp",
        kinds: &[Kind::Error],
        numbers: None,
        title: "connected: what failed is above TCP",
        on_the_wire: "a completed handshake, and an answer: the service (or a proxy in front of \
            it) was reached and said no. To TCP nothing failed: the capture shows established.",
        brought_about_by: &[
            "a key, password or account that the service does not take",
            "a service at its limit: too many connections, sessions or requests",
            "a database, path or virtual host that the service does not know; a service that is \
             still starting",
            "a proxy that answers by itself: no route for the request (Envoy NR, NC), a rule \
             that denies it (HAProxy PR)",
        ],
        told_apart: &[
            apart(
                "EACCES",
                "there connect() itself says \"Permission denied\": no (publickey) or the like \
                 behind it",
            ),
            apart(
                "ECONNREFUSED",
                "there nothing was reached. RabbitMQ's ACCESS_REFUSED is a login",
            ),
            apart(
                "server_abort",
                "a service that turns clients away without a word",
            ),
            apart("tls_failure", "there a TLS alert or a certificate ended it"),
            apart(
                "upstream_failure",
                "502, 503 or 504 of a proxy, whose own connect may have failed",
            ),
        ],
        check: &[
            APPLICATION_LOG,
            Check {
                on: "CLIENT",
                run: Some("ssh -v SERVER; curl -v http://SERVER:PORT/"),
                tells: "\"Connection established\" or \"Connected to\": TCP has done its work; \
                 what follows is the reason",
            },
            APPLICATION_LOG_WINDOWS,
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("all", "connect() succeeds; the words are the service's own"),
                said("ssh", "Permission denied (publickey)"),
                said(
                    "MySQL",
                    "ERROR 1045 (28000): Access denied for user; ERROR 1040",
                ),
                said(
                    "PostgreSQL",
                    "FATAL: password authentication failed for user; no pg_hba.conf entry; \
                     sorry, too many clients already",
                ),
                said("SQL Server", "Login failed for user"),
                said(
                    "Oracle",
                    "ORA-01017; ORA-12505, ORA-12514: the listener answered and does not know \
                     the service",
                ),
                said("MongoDB, Redis", "Authentication failed; NOAUTH, WRONGPASS"),
                said("RabbitMQ", "ACCESS_REFUSED - Login was refused"),
                said("HTTP", "400, 401, 403, 404, 429, 500"),
                said("gRPC", "Unauthenticated, PermissionDenied"),
                said("Kubernetes", "HTTP probe failed with statuscode: 503"),
            ],
        }],
        shown_by: "tcpwhy read FILE --outcome established --server SERVER:PORT",
        see_also: &["established", "tls_failure", "connection_closed"],
    },
    Page {
        term: "name_not_resolved",
        kinds: &[Kind::Error],
        numbers: None,
        title: "the name gave no address: no connect was tried",
        on_the_wire: "no SYN at all, only DNS questions, if any.",
        brought_about_by: &[
            "a wrong name; a missing search domain or namespace suffix",
            "no DNS server reached: its own failure is a separate one, mostly over UDP",
            "a container or pod with other DNS settings than the host",
        ],
        told_apart: &[
            apart(
                "name_points_nowhere",
                "there the name gives an address that fails",
            ),
            apart("connect_timeout", "a timer that covers the look-up as well"),
        ],
        check: &[
            RESOLVE,
            Check {
                on: "CLIENT",
                run: Some("dig NAME; cat /etc/resolv.conf"),
                tells: "which server is asked, and what it says",
            },
        ],
        applications: &[Sayings {
            when: "",
            says: &[
                said("Java", "UnknownHostException"),
                said(
                    "Python",
                    "socket.gaierror: [Errno -2] Name or service not known",
                ),
                said("Go", "dial tcp: lookup NAME: no such host"),
                said("Node.js", "getaddrinfo ENOTFOUND, EAI_AGAIN"),
                said(".NET", "SocketException (11001): No such host is known"),
                said("curl", "curl: (6) Could not resolve host"),
                said("psql, libpq", "could not translate host name"),
                said("MySQL", "ERROR 2005 (HY000): Unknown MySQL server host"),
                said("ssh", "Could not resolve hostname"),
                said("Chrome", "ERR_NAME_NOT_RESOLVED"),
                said("Firefox", "Server Not Found"),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["name_points_nowhere"],
    },
    Page {
        term: "unix_socket",
        kinds: &[Kind::Error],
        numbers: None,
        title: "a local socket, not TCP: nothing is on the wire",
        on_the_wire: "nothing: the program tried a file on its own host, not the network.",
        brought_about_by: &[
            "the service is not running on this host",
            "the program was meant to use TCP: give it a host name or 127.0.0.1",
            "the socket's path differs, or its permissions forbid it",
        ],
        told_apart: &[apart(
            "ECONNREFUSED",
            "with an address and port: the same words, over TCP",
        )],
        check: &[Check {
            on: "CLIENT",
            run: Some("ss -lxp"),
            tells: "which local sockets there are, and who listens on them",
        }],
        applications: &[Sayings {
            when: "",
            says: &[
                said(
                    "psql, libpq",
                    "connection to server on socket \"/var/run/postgresql/.s.PGSQL.5432\" failed",
                ),
                said(
                    "MySQL",
                    "ERROR 2002 (HY000): Can't connect to local MySQL server through socket",
                ),
                said(
                    "Docker",
                    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock",
                ),
            ],
        }],
        shown_by: "tcpwhy read FILE --client CLIENT",
        see_also: &["ECONNREFUSED", "connect_failed"],
    },
    Page {
        term: "upstream_failure",
        kinds: &[Kind::Error],
        numbers: None,
        title: "a proxy's own connect to its backend failed",
        on_the_wire: "two connections: client to proxy succeeds, proxy to backend fails. Only a \
            capture that sees the second one shows why.",
        brought_about_by: &[
            "the backend is down, or refuses; no healthy backend is left",
            "a wrong port or address in the proxy's configuration",
            "the proxy's own limit of connections: then it tried none",
            "a network policy or firewall between proxy and backend",
            "a backend that closes idle connections sooner than the proxy expects",
        ],
        told_apart: &[
            apart(
                "ECONNREFUSED",
                "\"delayed connect error: 111\" or \"111: Connection refused\" in the message",
            ),
            apart("EHOSTUNREACH", "113 in the message"),
            apart(
                "connect_timeout",
                "\"connection timeout\", or \"timed out while connecting to upstream\"",
            ),
            apart(
                "connection_closed",
                "\"connection termination\", \"prematurely closed\": the backend took the \
                 connection and ended it",
            ),
        ],
        check: &[
            Check {
                on: "proxy",
                run: Some("tcpdump -ni any -w proxy.pcap 'tcp port PORT or icmp or icmp6'"),
                tells: "the connect that really fails",
            },
            Check {
                on: "proxy",
                run: Some("tail -n 100 /var/log/nginx/error.log; kubectl logs POD -c istio-proxy"),
                tells: "the errno of the backend's connect",
            },
            BACKENDS,
            ENDPOINT_SLICES,
        ],
        applications: &[
            PROXIED,
            Sayings {
                when: "in the proxy's own log (by its documentation)",
                says: &[
                    said("Envoy UF", "the connect to the backend failed"),
                    said("Envoy UH", "no healthy backend: no connect was tried"),
                    said(
                        "Envoy UO",
                        "the proxy's own limit (circuit breaker): none was tried",
                    ),
                    said(
                        "Envoy URX",
                        "given up after the last retry, or the last connect",
                    ),
                    said("Envoy UC", "the backend ended the connection"),
                    said("Envoy UR", "the backend reset it, or a stream of it only"),
                    said("Envoy UT", "connected, and no answer in time"),
                    said(
                        "Envoy NR, NC",
                        "no route or no such cluster: none was tried",
                    ),
                    said("HAProxy SC", "the connect failed, or no backend is left"),
                    said(
                        "HAProxy sC",
                        "the connect met no answer in time (timeout connect)",
                    ),
                    said(
                        "HAProxy CC",
                        "the client went before the backend had answered",
                    ),
                    said(
                        "HAProxy SH, sH",
                        "connected; ended, or silent, before an answer",
                    ),
                ],
            },
        ],
        shown_by: "tcpwhy read FILE --server BACKEND:PORT",
        see_also: &["proxy_without_backend", "ECONNREFUSED", "connect_timeout"],
    },
];
