//! What applications print for silence, for what ends after the handshake, and for what is no
//! failure.

use crate::diagnosis::knowledge::Sayings;

use super::said;

pub(super) const TIMED_OUT: Sayings = Sayings {
    when: "when nothing answers",
    says: &[
        said(
            "Linux",
            "ETIMEDOUT (110), \"Connection timed out\", after 127 to 135 s",
        ),
        said(
            "macOS, FreeBSD",
            "ETIMEDOUT (60), \"Operation timed out\", after 75 s",
        ),
        said(
            "Windows",
            "WSAETIMEDOUT (10060), \"A connection attempt failed because the connected party did \
             not properly respond\", after 21 s",
        ),
        said(
            "an application with a timer of its own",
            "sooner, in its own words; the socket is closed and nothing is sent",
        ),
        said(
            "Java",
            "ConnectException: Connection timed out; own timer: SocketTimeoutException: connect \
             timed out",
        ),
        said(
            "Python",
            "TimeoutError: [Errno 110] Connection timed out; own timer: TimeoutError: timed out",
        ),
        said(
            "Go",
            "connect: connection timed out; own timer: i/o timeout, context deadline exceeded",
        ),
        said(
            "Node.js",
            "Error: connect ETIMEDOUT SERVER:PORT; fetch: ConnectTimeoutError",
        ),
        said(
            ".NET",
            "SocketException (110 or 10060), SocketError.TimedOut; own timer: \
             TaskCanceledException",
        ),
        said(
            "curl",
            "curl: (28) Connection timed out, Failed to connect ... Timeout was reached",
        ),
        said(
            "psql, libpq",
            "connection to server at \"SERVER\", port PORT failed: Connection timed out; with \
             connect_timeout: timeout expired",
        ),
        said(
            "MySQL",
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER:PORT' (110)",
        ),
        said(
            "ssh",
            "ssh: connect to host SERVER port 22: Connection timed out",
        ),
        said("Chrome", "ERR_CONNECTION_TIMED_OUT"),
        said(
            "Firefox",
            "The connection has timed out (NS_ERROR_NET_TIMEOUT)",
        ),
        said(
            "nginx",
            "upstream timed out (110: Connection timed out) while connecting to upstream",
        ),
        said(
            "Envoy",
            "upstream connect error ... reset reason: connection timeout",
        ),
    ],
};

pub(super) const RESET: Sayings = Sayings {
    when: "when it is reset",
    says: &[
        said(
            "Linux",
            "connect() succeeds, then ECONNRESET (104), \"Connection reset by peer\"; EPIPE (32) \
             on writing after it; a RST within microseconds can fail connect() itself with 104",
        ),
        said("macOS, FreeBSD", "connect() succeeds, then ECONNRESET (54)"),
        said(
            "Windows",
            "connect() succeeds, then WSAECONNRESET (10054), \"An existing connection was \
             forcibly closed by the remote host\"",
        ),
        said("Java", "java.net.SocketException: Connection reset"),
        said(
            "Python",
            "ConnectionResetError: [Errno 104] Connection reset by peer",
        ),
        said("Go", "read tcp ...: read: connection reset by peer"),
        said("Node.js", "Error: read ECONNRESET"),
        said(
            ".NET",
            "SocketException (104 or 10054), SocketError.ConnectionReset",
        ),
        said(
            "curl",
            "curl: (56) Recv failure: Connection reset by peer; with TLS often (35)",
        ),
        said("psql, libpq", "server closed the connection unexpectedly"),
        said(
            "MySQL",
            "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial \
             communication packet', system error: 104",
        ),
        said(
            "ssh",
            "kex_exchange_identification: read: Connection reset by peer",
        ),
        said("Chrome", "ERR_CONNECTION_RESET"),
        said("Firefox", "The connection was reset (NS_ERROR_NET_RESET)"),
        said(
            "nginx",
            "recv() failed (104: Connection reset by peer) while reading response header from \
             upstream",
        ),
        said(
            "Envoy",
            "upstream connect error or disconnect/reset before headers",
        ),
    ],
};

pub(super) const NO_ANSWER: Sayings = Sayings {
    when: "when it is connected and no answer comes",
    says: &[
        said(
            "Linux, macOS, Windows",
            "connect() succeeds; a read then waits until the application's own timer ends it",
        ),
        said("Java", "java.net.SocketTimeoutException: Read timed out"),
        said(
            "Python",
            "TimeoutError: timed out; requests: Read timed out",
        ),
        said(
            "Go",
            "read tcp ...: i/o timeout; Client.Timeout exceeded while awaiting headers",
        ),
        said(
            "Node.js",
            "the library's own time-out: ESOCKETTIMEDOUT, HeadersTimeoutError",
        ),
        said(".NET", "TaskCanceledException: HttpClient.Timeout elapsed"),
        said(
            "curl",
            "curl: (28) Operation timed out after N milliseconds with 0 bytes received",
        ),
        said("ssh", "Connection timed out during banner exchange"),
        said(
            "MySQL",
            "ERROR 2013 (HY000): Lost connection to MySQL server at 'waiting for initial \
             communication packet'",
        ),
        said(
            "nginx",
            "upstream timed out (110: Connection timed out) while reading response header from \
             upstream",
        ),
    ],
};

pub(super) const CLOSED: Sayings = Sayings {
    when: "when it is closed without an answer",
    says: &[
        said(
            "Linux, macOS, Windows",
            "connect() succeeds; the first read gives end of file (0 bytes), or ECONNRESET after \
             a RST",
        ),
        said(
            "Java",
            "EOFException, SSLHandshakeException: Remote host terminated the handshake",
        ),
        said(
            "Python",
            "http.client.RemoteDisconnected: Remote end closed connection without response",
        ),
        said("Go", "EOF"),
        said("Node.js", "Error: socket hang up"),
        said(
            ".NET",
            "HttpRequestException: The response ended prematurely",
        ),
        said("curl", "curl: (52) Empty reply from server; with TLS (35)"),
        said("psql, libpq", "server closed the connection unexpectedly"),
        said(
            "MySQL",
            "ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial \
             communication packet'",
        ),
        said(
            "ssh",
            "kex_exchange_identification: Connection closed by remote host",
        ),
        said("Chrome", "ERR_EMPTY_RESPONSE, ERR_CONNECTION_CLOSED"),
        said(
            "nginx",
            "upstream prematurely closed connection while reading response header from upstream",
        ),
        said("Envoy", "reset reason: connection termination"),
    ],
};

pub(super) const PROXIED: Sayings = Sayings {
    when: "when a proxy has no backend",
    says: &[
        said(
            "the client of the proxy",
            "HTTP 502, 503 or 504, or a connection closed without a byte; the errno only where \
             the proxy puts it into its text",
        ),
        said(
            "Envoy",
            "upstream connect error or disconnect/reset before headers; delayed connect error: 111",
        ),
        said(
            "nginx",
            "connect() failed (111: Connection refused) while connecting to upstream (in its \
             error log)",
        ),
        said(
            "curl",
            "curl: (52) Empty reply from server, curl: (56) Recv failure: Connection reset by \
             peer, curl: (35) with TLS",
        ),
        said(
            "ssh -L, kubectl port-forward",
            "channel N: open failed: connect failed: Connection refused; E... an error occurred \
             forwarding",
        ),
        said(
            "Java",
            "SocketException: Connection reset, SSLHandshakeException: Remote host terminated the \
             handshake",
        ),
        said("Python", "ConnectionResetError, RemoteDisconnected"),
        said("Go", "EOF, read: connection reset by peer"),
        said("Node.js", "Error: socket hang up, read ECONNRESET"),
    ],
};

pub(super) const DELAYED: Sayings = Sayings {
    when: "when the second try succeeds",
    says: &[
        said(
            "all",
            "nothing but a delay: the connect succeeds at the second or third SYN, after about 1, \
             2 or 3 s",
        ),
        said(
            "an application with a timer below that",
            "its own time-out: i/o timeout, SocketTimeoutException: connect timed out, curl: (28)",
        ),
    ],
};

pub(super) const LOCAL_ERRORS: Sayings = Sayings {
    when: "when the client itself forbids it",
    says: &[
        said(
            "Linux",
            "111 after a reject rule, 110 after a dropping one; a local route of type unreachable \
             113, prohibit 13, blackhole 22, none 101; EPERM (1) from a policy of the kernel",
        ),
        said("macOS, FreeBSD", "61 or 60; no route 51 or 65"),
        said(
            "Windows",
            "WSAEACCES (10013) when a local rule forbids it, WSAENETUNREACH (10051)",
        ),
        said(
            "Java",
            "ConnectException: Connection refused; SocketException: Permission denied, Operation \
             not permitted",
        ),
        said(
            "Python",
            "ConnectionRefusedError, PermissionError: [Errno 1] Operation not permitted",
        ),
        said(
            "Go",
            "connect: connection refused, connect: operation not permitted",
        ),
        said("Node.js", "connect ECONNREFUSED, connect EPERM"),
        said(
            "curl",
            "curl: (7) Failed to connect to SERVER port PORT; after a dropping rule curl: (28)",
        ),
    ],
};

pub(super) const NONE: Sayings = Sayings {
    when: "when the capture does not show the end",
    says: &[said(
        "all",
        "nothing is known from this capture: it does not show how the attempt ended",
    )],
};

pub(super) const SCANNER: Sayings = Sayings {
    when: "when a scanner asks",
    says: &[
        said("the scanner", "reports the port as open"),
        said(
            "the service",
            "usually nothing: the connection never reaches accept()",
        ),
    ],
};
