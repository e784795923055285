//! What applications print for a connect that was turned away.

use crate::diagnosis::knowledge::Sayings;

use super::said;

pub(super) const REFUSED: Sayings = Sayings {
    when: "when it is refused by a RST",
    says: &[
        said(
            "Linux",
            "ECONNREFUSED (111), \"Connection refused\", at once",
        ),
        said(
            "macOS, FreeBSD",
            "ECONNREFUSED (61), \"Connection refused\", at once",
        ),
        said(
            "Windows",
            "WSAECONNREFUSED (10061), \"No connection could be made because the target machine \
             actively refused it\"; after about 2 s, as it repeats the SYN after a RST",
        ),
        said("Java", "java.net.ConnectException: Connection refused"),
        said(
            "Python",
            "ConnectionRefusedError: [Errno 111] Connection refused",
        ),
        said("Go", "dial tcp SERVER:PORT: connect: connection refused"),
        said("Node.js", "Error: connect ECONNREFUSED SERVER:PORT"),
        said(
            ".NET",
            "SocketException (111), on Windows (10061); SocketError.ConnectionRefused",
        ),
        said("Rust", "Os { code: 111, kind: ConnectionRefused, .. }"),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
        said(
            "psql, libpq",
            "connection to server at \"SERVER\", port PORT failed: Connection refused",
        ),
        said(
            "JDBC (PostgreSQL)",
            "PSQLException: Connection to SERVER:PORT refused. It says so for every \
             ConnectException: \"Caused by\" has the reason",
        ),
        said(
            "MySQL",
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER:PORT' (111)",
        ),
        said(
            "ssh",
            "ssh: connect to host SERVER port 22: Connection refused",
        ),
        said("Chrome", "ERR_CONNECTION_REFUSED"),
        said("Firefox", "Unable to connect (NS_ERROR_CONNECTION_REFUSED)"),
        said(
            "nginx",
            "connect() failed (111: Connection refused) while connecting to upstream",
        ),
        said("Envoy", "delayed connect error: 111"),
    ],
};

pub(super) const REFUSED_BY_ICMP: Sayings = Sayings {
    when: "when it is rejected with port unreachable",
    says: &[
        said("Linux", "ECONNREFUSED (111), the same as for a RST"),
        said("macOS, FreeBSD", "ECONNREFUSED (61)"),
        said(
            "Windows",
            "not verified; probably WSAETIMEDOUT (10060) after 21 s",
        ),
        said("Java", "java.net.ConnectException: Connection refused"),
        said(
            "Python",
            "ConnectionRefusedError: [Errno 111] Connection refused",
        ),
        said("Go", "dial tcp SERVER:PORT: connect: connection refused"),
        said("Node.js", "Error: connect ECONNREFUSED SERVER:PORT"),
        said(
            ".NET",
            "SocketException (111), SocketError.ConnectionRefused",
        ),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
        said(
            "psql, libpq",
            "connection to server at \"SERVER\", port PORT failed: Connection refused",
        ),
        said(
            "MySQL",
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER:PORT' (111)",
        ),
        said("Chrome", "ERR_CONNECTION_REFUSED"),
    ],
};

pub(super) const HOST_UNREACHABLE: Sayings = Sayings {
    when: "when the host is unreachable",
    says: &[
        said("Linux", "EHOSTUNREACH (113), \"No route to host\""),
        said(
            "macOS, FreeBSD",
            "EHOSTUNREACH (65), \"No route to host\"; after an ICMP error late, it goes on trying \
             first",
        ),
        said(
            "Windows",
            "WSAEHOSTUNREACH (10065), \"A socket operation was attempted to an unreachable \
             host\", or WSAETIMEDOUT (10060); not verified",
        ),
        said("Java", "java.net.NoRouteToHostException: No route to host"),
        said("Python", "OSError: [Errno 113] No route to host"),
        said("Go", "dial tcp SERVER:PORT: connect: no route to host"),
        said("Node.js", "Error: connect EHOSTUNREACH SERVER:PORT"),
        said(".NET", "SocketException (113), SocketError.HostUnreachable"),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
        said(
            "psql, libpq",
            "connection to server at \"SERVER\", port PORT failed: No route to host",
        ),
        said(
            "MySQL",
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER:PORT' (113)",
        ),
        said("ssh, telnet", "No route to host"),
        said("Chrome", "ERR_ADDRESS_UNREACHABLE"),
        said(
            "nginx",
            "connect() failed (113: No route to host) while connecting to upstream",
        ),
        said("Envoy", "delayed connect error: 113"),
    ],
};

pub(super) const PROHIBITED: Sayings = Sayings {
    when: "when a rule prohibits it",
    says: &[
        said(
            "Linux, IPv4",
            "EHOSTUNREACH (113), \"No route to host\"; ENETUNREACH (101) for net prohibited (code \
             9)",
        ),
        said("Linux, IPv6", "EACCES (13), \"Permission denied\""),
        said(
            "macOS, FreeBSD",
            "IPv4: ECONNREFUSED (61), \"Connection refused\", for the same packet; IPv6 not \
             verified",
        ),
        said(
            "Windows",
            "not verified; probably WSAETIMEDOUT (10060) or WSAEHOSTUNREACH (10065)",
        ),
        said(
            "Java",
            "NoRouteToHostException: No route to host; IPv6: SocketException or ConnectException: \
             Permission denied",
        ),
        said(
            "Python",
            "OSError: [Errno 113] No route to host; IPv6: PermissionError: [Errno 13] Permission \
             denied",
        ),
        said(
            "Go",
            "connect: no route to host; IPv6: connect: permission denied",
        ),
        said("Node.js", "connect EHOSTUNREACH; IPv6: connect EACCES"),
        said(
            ".NET",
            "SocketError.HostUnreachable; IPv6: SocketError.AccessDenied",
        ),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
        said(
            "ssh",
            "ssh: connect to host SERVER port 22: No route to host",
        ),
        said("Chrome", "ERR_ADDRESS_UNREACHABLE"),
        said("Envoy", "delayed connect error: 113"),
    ],
};

pub(super) const NET_UNREACHABLE: Sayings = Sayings {
    when: "when there is no route",
    says: &[
        said("Linux", "ENETUNREACH (101), \"Network is unreachable\""),
        said(
            "macOS, FreeBSD",
            "ENETUNREACH (51) without a route of its own; after an ICMP error ENETUNREACH or \
             EHOSTUNREACH (65), late",
        ),
        said(
            "Windows",
            "WSAENETUNREACH (10051), \"A socket operation was attempted to an unreachable \
             network\", or WSAETIMEDOUT (10060); not verified",
        ),
        said("Java", "java.net.ConnectException: Network is unreachable"),
        said("Python", "OSError: [Errno 101] Network is unreachable"),
        said(
            "Go",
            "dial tcp SERVER:PORT: connect: network is unreachable",
        ),
        said("Node.js", "Error: connect ENETUNREACH SERVER:PORT"),
        said(
            ".NET",
            "SocketException (101), SocketError.NetworkUnreachable",
        ),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
        said(
            "psql, libpq",
            "connection to server at \"SERVER\", port PORT failed: Network is unreachable",
        ),
        said(
            "MySQL",
            "ERROR 2003 (HY000): Can't connect to MySQL server on 'SERVER:PORT' (101)",
        ),
        said("Chrome", "ERR_ADDRESS_UNREACHABLE"),
    ],
};

pub(super) const PROTOCOL: Sayings = Sayings {
    when: "when the protocol is unreachable",
    says: &[
        said("Linux", "ENOPROTOOPT (92), \"Protocol not available\""),
        said("macOS, FreeBSD", "ECONNREFUSED (61)"),
        said("Windows", "not verified"),
        said(
            "Java",
            "ConnectException or SocketException: Protocol not available",
        ),
        said("Python", "OSError: [Errno 92] Protocol not available"),
        said("Go", "connect: protocol not available"),
        said("Node.js", "Error: connect ENOPROTOOPT"),
        said("curl", "curl: (7) Failed to connect to SERVER port PORT"),
    ],
};
