//! What applications report that is no failed TCP connect: TLS, names, local sockets, proxies.

use super::checks::{APPLICATION_LOG, APPLICATION_LOG_WINDOWS, BACKENDS, ENDPOINT_SLICES, RESOLVE};
use super::sayings_of_silence::PROXIED;
use super::{apart, said};
use crate::diagnosis::knowledge::{Check, Kind, Page, Sayings};

pub(super) const PAGES: &[Page] = &[
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
