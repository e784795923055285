//! What systems, languages, programs and people write leads to the reason.

use tcpwhy::diagnosis::knowledge;

use super::assert_leads;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    errno_names_and_numbers_lead_to_their_pages,
    what_languages_print_leads_to_the_reason,
    what_programs_print_leads_to_the_reason,
    what_people_paste_leads_to_the_reason,
];

/// As `assert_leads`; lines of `term | text`.
fn assert_table(table: &str) {
    let rows = table.lines().filter_map(|line| line.split_once(" | "));
    let rows: Vec<(&str, &str)> = rows.map(|(term, text)| (text, term.trim())).collect();
    assert!(rows.len() > 10);
    assert_leads(&rows);
}

fn errno_names_and_numbers_lead_to_their_pages() {
    assert_table(
        r"
        ECONNREFUSED      | ECONNREFUSED
        ECONNREFUSED      | 111
        ECONNREFUSED      | 61
        ECONNREFUSED      | 10061
        ECONNREFUSED      | WSAECONNREFUSED
        ETIMEDOUT         | ETIMEDOUT
        ETIMEDOUT         | 110
        ETIMEDOUT         | 60
        ETIMEDOUT         | 10060
        ETIMEDOUT         | WSAETIMEDOUT
        ETIMEDOUT         | 10052
        name_not_resolved | 11003
        name_not_resolved | 0x800C0005
        connect_timeout   | 0x800C000B
        connection_closed | 10101
        ENETDOWN          | A socket operation encountered a dead network.
        EHOSTDOWN         | A socket operation failed because the destination host was down.
        name_not_resolved | The requested name is valid, but no data of the requested type was found.
        EHOSTUNREACH      | EHOSTUNREACH
        EHOSTUNREACH      | 113
        EHOSTUNREACH      | 65
        EHOSTUNREACH      | 10065
        ENETUNREACH       | ENETUNREACH
        ENETUNREACH       | 101
        ENETUNREACH       | 51
        ENETUNREACH       | 10051
        ECONNRESET        | ECONNRESET
        ECONNRESET        | 104
        ECONNRESET        | 54
        ECONNRESET        | 10054
        EACCES            | EACCES
        EACCES            | 13
        EACCES            | 10013
        EADDRNOTAVAIL     | EADDRNOTAVAIL
        EADDRNOTAVAIL     | 99
        EADDRNOTAVAIL     | 49
        EADDRNOTAVAIL     | 10049
        EADDRINUSE        | EADDRINUSE
        EADDRINUSE        | 10048
        EPROTO            | EPROTO
        EPROTO            | 71
        ENOPROTOOPT       | ENOPROTOOPT
        ENOPROTOOPT       | 92
        EHOSTDOWN         | EHOSTDOWN
        EHOSTDOWN         | 112
        ENONET            | ENONET
        ENONET            | 64
        EINVAL            | EINVAL
        EINVAL            | 22
        EPERM             | EPERM
        EPERM             | 1
        EOPNOTSUPP        | 95
        EINPROGRESS       | 115
        ECONNREFUSED      | errno 111
        ECONNREFUSED      | errno=111
        ECONNREFUSED      | [Errno 61]
        ECONNREFUSED      | error 10061
        EHOSTUNREACH      | os error 113
        ETIMEDOUT         | (110)
        connect_failed    | 7
        connect_timeout   | 28
        tls_failure       | 35
        connection_closed | 52
        ECONNRESET        | 56
        connect_failed    | curl 7
        connect_timeout   | curl (28)
        connect_failed    | curl exit code 7
        connect_failed    | 2003
        connection_closed | 2013
        EINPROGRESS       | getsockopt(SO_ERROR)
        ECONNREFUSED      | getsockopt(SO_ERROR) = 111
        ",
    );
    let both: Vec<&str> = knowledge::find("64").iter().map(|page| page.term).collect();
    assert_eq!(both, ["ENONET", "EHOSTDOWN"], "Linux first, then macOS");
}

fn what_languages_print_leads_to_the_reason() {
    assert_table(
        r#"
        ECONNREFUSED      | java.net.ConnectException: Connection refused
        ECONNREFUSED      | java.net.ConnectException: Connection refused (Connection refused)
        ETIMEDOUT         | java.net.ConnectException: Connection timed out
        ENETUNREACH       | java.net.ConnectException: Network is unreachable
        connect_failed    | java.net.ConnectException
        EHOSTUNREACH      | java.net.NoRouteToHostException: No route to host
        EHOSTUNREACH      | NoRouteToHostException
        connect_timeout   | SocketTimeoutException: connect timed out
        connect_timeout   | java.net.SocketTimeoutException: Connect timed out
        read_timeout      | java.net.SocketTimeoutException: Read timed out
        ECONNRESET        | java.net.SocketException: Connection reset
        name_not_resolved | java.net.UnknownHostException: db.internal
        ECONNREFUSED      | ConnectionRefusedError: [Errno 111] Connection refused
        ECONNREFUSED      | ConnectionRefusedError: [Errno 111]
        EHOSTUNREACH      | OSError: [Errno 113] No route to host
        ENETUNREACH       | OSError: [Errno 101]
        EHOSTDOWN         | OSError: [Errno 64] Host is down
        EACCES            | PermissionError: [Errno 13] Permission denied
        connect_timeout   | TimeoutError: timed out
        ETIMEDOUT         | TimeoutError: [Errno 110] Connection timed out
        connect_timeout   | Connection to db timed out. (connect timeout=5)
        connection_closed | http.client.RemoteDisconnected: Remote end closed connection without response
        ECONNREFUSED      | Error: connect ECONNREFUSED 127.0.0.1:5432
        ETIMEDOUT         | Error: connect ETIMEDOUT 10.0.1.20:5432
        EHOSTUNREACH      | Error: connect EHOSTUNREACH 10.0.1.20:61
        connection_closed | Error: socket hang up
        ECONNRESET        | Error: read ECONNRESET
        name_not_resolved | getaddrinfo ENOTFOUND db.internal
        connect_timeout   | ConnectTimeoutError: Connect Timeout Error (UND_ERR_CONNECT_TIMEOUT)
        connect_failed    | TypeError: fetch failed
        ECONNREFUSED      | dial tcp 10.0.1.20:5432: connect: connection refused
        ECONNREFUSED      | The connection was refused
        ECONNREFUSED      | port 80: refused
        ECONNREFUSED      | dial tcp 10.0.1.20:5432: getsockopt: connection refused
        connect_timeout   | dial tcp 10.0.1.20:5432: i/o timeout
        connect_timeout   | context deadline exceeded
        ECONNREFUSED      | rpc error: code = DeadlineExceeded desc = context deadline exceeded: connection error: desc = "transport: Error while dialing: dial tcp 10.0.0.9:50051: connect: connection refused"
        name_not_resolved | dial tcp: lookup db on 10.96.0.10:53: read udp 10.1.1.1:4242->10.96.0.10:53: i/o timeout
        ECONNREFUSED      | No connection could be made because the target machine actively refused it
        ECONNREFUSED      | System.Net.Sockets.SocketException (10061): No connection could be made because the target machine actively refused it. [::1]:5432
        EHOSTUNREACH      | System.Net.Sockets.SocketException (113)
        connect_failed    | SocketException
        ETIMEDOUT         | A connection attempt failed because the connected party did not properly respond after a period of time, or established connection failed because connected host has failed to respond.
        ECONNRESET        | An existing connection was forcibly closed by the remote host.
        ECONNREFUSED      | Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }
        ETIMEDOUT         | tcp connect error: deadline has elapsed (os error 110)
        ECONNREFUSED      | {error,econnrefused}
        EPERM             | connect: Operation not permitted
        EADDRNOTAVAIL     | connect: cannot assign requested address
        EADDRINUSE        | bind: Address already in use
        "#,
    );
}

fn what_programs_print_leads_to_the_reason() {
    assert_table(
        r#"
        connect_failed    | curl: (7) Failed to connect to db port 80
        connect_failed    | curl: (7) Failed to connect
        ECONNREFUSED      | curl: (7) Failed to connect to localhost port 80 after 0 ms: Connection refused
        connect_failed    | curl: (7) Failed to connect to localhost port 80 after 0 ms: Couldn't connect to server
        connect_timeout   | curl: (28) Failed to connect to db port 443 after 5001 ms: Timeout was reached
        connect_timeout   | curl: (28) Connection timed out after 5001 milliseconds
        read_timeout      | curl: (28) Operation timed out after 10001 milliseconds with 0 bytes received
        tls_failure       | curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to db:443
        connection_closed | curl: (52) Empty reply from server
        ECONNRESET        | curl: (56) Recv failure: Connection reset by peer
        ECONNREFUSED      | psql: could not connect to server: Connection refused
        EHOSTUNREACH      | could not connect to server: No route to host
        ECONNREFUSED      | psql: error: connection to server at "db" (10.0.1.20), port 5432 failed: Connection refused
        connect_timeout   | connection to server at "db" (10.0.1.20), port 5432 failed: timeout expired
        connect_failed    | connection to server at "db" failed
        unix_socket       | psql: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: No such file or directory
        ECONNREFUSED      | ERROR 2003 (HY000): Can't connect to MySQL server on 'db' (111)
        ETIMEDOUT         | ERROR 2003 (HY000): Can't connect to MySQL server on 'db:3306' (110)
        connect_failed    | ERROR 2003 (HY000): Can't connect to MySQL server on 'db'
        unix_socket       | ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)
        connection_closed | ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 0
        ECONNRESET        | ERROR 2013 (HY000): Lost connection to MySQL server at 'reading initial communication packet', system error: 104
        ECONNREFUSED      | SQLSTATE[HY000] [2002] Connection refused
        connect_failed    | com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure
        ECONNREFUSED      | ssh: connect to host x port 22: Connection refused
        ETIMEDOUT         | ssh: connect to host x port 22: Operation timed out
        read_timeout      | Connection timed out during banner exchange
        ECONNRESET        | kex_exchange_identification: read: Connection reset by peer
        connection_closed | kex_exchange_identification: Connection closed by remote host
        ECONNREFUSED      | ERR_CONNECTION_REFUSED
        ETIMEDOUT         | net::ERR_CONNECTION_TIMED_OUT
        EHOSTUNREACH      | ERR_ADDRESS_UNREACHABLE
        ECONNRESET        | ERR_CONNECTION_RESET
        connection_closed | ERR_EMPTY_RESPONSE
        connect_failed    | Unable to connect. Firefox can't establish a connection to the server at db.
        ETIMEDOUT         | The connection has timed out
        ECONNREFUSED      | NS_ERROR_CONNECTION_REFUSED
        ECONNRESET        | PR_CONNECT_RESET_ERROR
        ECONNREFUSED      | upstream connect error or disconnect/reset before headers. reset reason: remote connection failure, transport failure reason: delayed connect error: 111
        ECONNREFUSED      | delayed connect error: 111
        EHOSTUNREACH      | delayed connect error: 113
        connect_timeout   | upstream connect error or disconnect/reset before headers. reset reason: connection timeout
        upstream_failure  | upstream connect error
        ECONNREFUSED      | connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.7
        connect_timeout   | upstream timed out (110: Connection timed out) while connecting to upstream
        read_timeout      | upstream timed out (110: Connection timed out) while reading response header from upstream
        connect_timeout   | upstream timed out (110: ...)
        ECONNRESET        | recv() failed (104: Connection reset by peer) while reading response header from upstream
        ECONNREFUSED      | Could not connect to Redis at 127.0.0.1:6379: Connection refused
        connect_failed    | Could not connect to Redis at db:6379
        ECONNREFUSED      | MongoServerSelectionError: connect ECONNREFUSED 127.0.0.1:27017
        ETIMEDOUT         | MongoNetworkError: connection timed out
        connect_timeout   | MongoServerSelectionError: Server selection timed out after 30000 ms
        ECONNREFUSED      | The connection to the server localhost:8080 was refused - did you specify the right host or port?
        connect_timeout   | Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout
        ECONNREFUSED      | Readiness probe failed: dial tcp 10.1.2.3:8080: connect: connection refused
        EHOSTUNREACH      | telnet: Unable to connect to remote host: No route to host
        ECONNREFUSED      | nc: connect to db port 22 (tcp) failed: Connection refused
        connect_timeout   | nc: connect to db port 22 (tcp) timed out: Operation now in progress
        connect_timeout   | Ncat: TIMEOUT.
        host_unreachable  | From 10.0.0.1 icmp_seq=1 Destination Host Unreachable
        admin_prohibited  | IP 10.0.0.1 > 10.0.0.7: ICMP host 10.0.1.20 unreachable - admin prohibited, length 68
        unix_socket       | Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
        "#,
    );
}

fn what_people_paste_leads_to_the_reason() {
    assert_table(include_str!("pasted_lines.txt"));
}
