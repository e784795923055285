//! What libraries and drivers print, where the plain words would lead to another page.

use super::{Phrases, Together};

pub(super) const PHRASES: &[Phrases] = &[
    Phrases {
        term: "EMFILE",
        texts: &[
            "too many open files",
            "emfile",
            "wsaemfile",
            "no file descriptors available",
            "too many open sockets",
        ],
    },
    Phrases {
        term: "ENFILE",
        texts: &["too many open files in system", "enfile"],
    },
    Phrases {
        term: "EAGAIN",
        texts: &["resource temporarily unavailable", "eagain"],
    },
    Phrases {
        term: "EADDRNOTAVAIL",
        texts: &["address not available"],
    },
    Phrases {
        term: "EADDRINUSE",
        texts: &["address in use"],
    },
    Phrases {
        term: "connection_closed",
        texts: &[
            "other side closed",
            "und_err_socket",
            "err_stream_premature_close",
            "the connection with the server was terminated abnormally",
        ],
    },
    Phrases {
        term: "connect_timeout",
        texts: &[
            "source: timedout",
            "timeout connecting to server",
            "curl: (28) failed to connect",
            "curl: (28) connection timed out",
            "curl error 28: failed to connect",
            "was not established within",
        ],
    },
    Phrases {
        term: "read_timeout",
        texts: &[
            "und_err_headers_timeout",
            "und_err_body_timeout",
            "headers timeout error",
            "body timeout error",
            "rediscommandtimeoutexception",
            "command timed out",
            "command timed out after",
            "timeout performing",
            "redistimeoutexception",
            "timeout reading from socket",
            "timeout awaiting response",
        ],
    },
    Phrases {
        term: "connect_failed",
        texts: &[
            "it was not possible to connect to the redis server",
            "the rpc server is unavailable",
            "the network path was not found",
        ],
    },
    Phrases {
        term: "admin_prohibited",
        texts: &["administratively filtered"],
    },
    Phrases {
        term: "ECONNREFUSED",
        texts: &["the remote computer refused the network connection"],
    },
    Phrases {
        term: "ENETUNREACH",
        texts: &["the network location cannot be reached"],
    },
    Phrases {
        term: "ETIMEDOUT",
        texts: &["the semaphore timeout period has expired"],
    },
    Phrases {
        term: "ECONNRESET",
        texts: &["the specified network name is no longer available"],
    },
    Phrases {
        term: "name_not_resolved",
        texts: &["the server name or address could not be resolved"],
    },
];

pub(in crate::diagnosis::knowledge) const TOGETHER: &[Together] = &[
    Together {
        term: "connect_timeout",
        all: &["curl: (28)", "couldn't connect to server"],
        means: "curl's status 28: the time it was given ran out before the connect ended",
    },
    Together {
        term: "connect_timeout",
        all: &["curl: (28)", "could not connect to server"],
        means: "curl's status 28: the time it was given ran out before the connect ended",
    },
    Together {
        term: "connect_timeout",
        all: &["error sending request", "(connect)", "operation timed out"],
        means: "reqwest's own connect_timeout or timeout, during the connect; not the system's \
            ETIMEDOUT",
    },
    Together {
        term: "connect_timeout",
        all: &["error sending request", "operation timed out"],
        means: "reqwest's own timeout, which covers connect and answer; not the system's \
            ETIMEDOUT (\"connection timed out\", os error 110)",
    },
    Together {
        term: "connect_timeout",
        all: &["error trying to connect", "operation timed out"],
        means: "reqwest's own timeout, during the connect; not the system's ETIMEDOUT",
    },
    Together {
        term: "connect_timeout",
        all: &["reqwest", "kind: request", "timedout"],
        means: "reqwest's own timeout, which covers connect and answer",
    },
    Together {
        term: "connect_failed",
        all: &["can't connect to", "server on", "(115"],
        means: "115 is what MariaDB's library got first from its connect that does not block \
            (operation in progress), not how it ended: most often it was refused or unreachable",
    },
    Together {
        term: "connect_failed",
        all: &["can't connect to", "server on", "operation now in progress"],
        means: "what MariaDB's library got first from its connect that does not block, not how \
            it ended: most often it was refused or unreachable",
    },
    Together {
        term: "port_unreachable",
        all: &["icmp ", " port ", " unreachable"],
        means: "tcpdump: an ICMP port unreachable, by a rule that rejects, or a forwarder",
    },
    Together {
        term: "host_unreachable",
        all: &["icmp host ", " unreachable"],
        means: "tcpdump: an ICMP host unreachable, mostly of the last router",
    },
    Together {
        term: "net_unreachable",
        all: &["icmp net ", " unreachable"],
        means: "tcpdump: an ICMP net unreachable: a router without a route",
    },
    Together {
        term: "admin_prohibited",
        all: &["icmp ", " unreachable - admin prohibited"],
        means: "tcpdump: an ICMP error that says that a rule forbids it",
    },
    Together {
        term: "read_timeout",
        all: &["read tcp", "->", "i/o timeout"],
        means: "connected, and no answer in the time that the program allows: not the connect",
    },
    Together {
        term: "flow_log",
        all: &["disposition", "denied", "src_ip"],
        means: "Google Cloud: a firewall rule of the network denied it, without an answer",
    },
    Together {
        term: "EMFILE",
        all: &["accept", "failed (24"],
        means: "24 is EMFILE: the server itself has no descriptor left for the connection",
    },
];
