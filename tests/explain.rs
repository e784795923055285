//! `tcpwhy explain`: every term, every number, and what applications print lead to the right page.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up fails, and says where"
)]

mod support;

use support::command::{run, tcpwhy};
use tcpwhy::diagnosis::knowledge::{self, Kind, Page};
use tcpwhy::handshake::Outcome;
use tcpwhy::report::TimeZoneChoice;
use tcpwhy::report::text::{TextStyle, explain};

const CAUSES: &str = "
    closed_port firewall_reset middlebox_reset two_responders port_unreachable
    host_unreachable net_unreachable protocol_unreachable admin_prohibited ttl_exceeded
    other_icmp host_down host_silent port_filtered source_filtered accept_queue_full path_loss
    stale_connection invalid_reset answer_from_other_address authentication_option
    feature_dropped syn_ack_lost client_silent half_open_scan late_syn_ack client_reset
    server_abort proxy_without_backend local_firewall capture_ended
";

const FINDINGS: &str = "
    service_down_window never_listening service_filtered host_down source_filtered overload
    one_bad_backend limited_rejects path_loss syn_flood port_scan backscatter fallback_worked
    name_points_nowhere feature_dropped stale_tuple_reuse proxy_answers one_sided_capture
    capture_filtered capture_lost_packets capture_started_late limits_hit
";

fn of_kind(kind: Kind) -> Vec<&'static str> {
    let mut terms: Vec<&str> = knowledge::pages()
        .filter(|page| page.kinds.contains(&kind))
        .map(|page| page.term)
        .collect();
    terms.sort_unstable();
    terms
}

fn sorted<'a>(terms: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut terms: Vec<&str> = terms.into_iter().collect();
    terms.sort_unstable();
    terms
}

fn first(text: &str) -> Option<&'static str> {
    knowledge::find(text).first().map(|page| page.term)
}

fn assert_leads(table: &[(&str, &str)]) {
    let wrong: Vec<_> = table
        .iter()
        .filter(|(text, term)| first(text) != Some(term))
        .map(|(text, term)| (text, term, first(text)))
        .collect();
    assert!(wrong.is_empty(), "(text, expected, found): {wrong:#?}");
}

/// As `assert_leads`; lines of `term | text`.
fn assert_table(table: &str) {
    let rows = table.lines().filter_map(|line| line.split_once(" | "));
    let rows: Vec<(&str, &str)> = rows.map(|(term, text)| (text, term.trim())).collect();
    assert!(rows.len() > 10);
    assert_leads(&rows);
}

fn all_texts(page: &'static Page) -> Vec<&'static str> {
    let mut texts = vec![page.term, page.title, page.on_the_wire, page.shown_by];
    texts.extend(page.brought_about_by);
    texts.extend(page.told_apart.iter().map(|look_alike| look_alike.by));
    for check in page.check {
        texts.extend([check.on, check.run.unwrap_or("-"), check.tells]);
    }
    for saying in page.sayings() {
        texts.extend([saying.system_or_language, saying.text]);
    }
    texts
}

#[test]
fn every_outcome_cause_and_finding_has_a_page() {
    assert_eq!(
        of_kind(Kind::Outcome),
        sorted(Outcome::ALL.map(Outcome::name))
    );
    assert_eq!(of_kind(Kind::Cause), sorted(CAUSES.split_whitespace()));
    assert_eq!(of_kind(Kind::Finding), sorted(FINDINGS.split_whitespace()));
}

#[test]
fn every_page_is_complete() {
    for page in knowledge::pages() {
        let term = page.term;
        assert!(!page.kinds.is_empty(), "{term}");
        assert!(!page.brought_about_by.is_empty(), "{term}");
        assert!(!page.told_apart.is_empty(), "{term}");
        assert!(!page.check.is_empty(), "{term}");
        assert!(page.sayings().next().is_some(), "{term}");
        assert!(page.shown_by.starts_with("tcpwhy "), "{term}");
        assert!(!page.see_also.is_empty(), "{term}");
        for text in all_texts(page) {
            assert!(!text.trim().is_empty(), "{term}");
            let is_plain = text.chars().all(|letter| (' '..='~').contains(&letter));
            assert!(is_plain, "{term}: {text}");
            assert!(!text.contains("  "), "{term}: {text}");
        }
    }
}

#[test]
fn every_cause_that_an_application_notices_says_how_each_language_puts_it() {
    // What applications never hear of, or word as they like.
    let quiet = [
        "capture_ended",
        "half_open_scan",
        "client_silent",
        "client_reset",
        "feature_dropped",
    ];
    for term in CAUSES
        .split_whitespace()
        .filter(|term| !quiet.contains(term))
    {
        let page = knowledge::page(term).unwrap();
        let who: Vec<&str> = page
            .sayings()
            .map(|saying| saying.system_or_language)
            .collect();
        for language in ["Java", "Python", "Go", "Node.js", "curl"] {
            let is_named = who.iter().any(|who| who.contains(language));
            assert!(is_named, "{term}: {language} is not among {who:?}");
        }
    }
}

#[test]
fn commands_and_titles_fit_on_a_line() {
    for page in knowledge::pages() {
        assert!(page.title.len() <= 51, "{}", page.title);
        let commands = page.check.iter().filter_map(|check| check.run);
        for command in commands.flat_map(|run| run.split("; ")) {
            // A line break within quotes does no harm to a command that is pasted.
            let line = command.get(..74).unwrap_or_default();
            assert!(
                line.matches('\'').count() % 2 == 1 || command.len() <= 74,
                "{command}"
            );
        }
    }
}

#[test]
fn what_may_be_a_servers_fault_says_where_to_look_on_both_sides_and_systems() {
    // What no server brings about, or what happens in front of it.
    let elsewhere = [
        "host_down",
        "host_unreachable",
        "net_unreachable",
        "ttl_exceeded",
        "other_icmp",
        "half_open_scan",
        "client_reset",
        "local_firewall",
        "capture_ended",
        "authentication_option",
        "port_scan",
        "backscatter",
        "name_points_nowhere",
        "one_sided_capture",
        "capture_filtered",
        "capture_lost_packets",
        "capture_started_late",
        "limits_hit",
        "syn_flood",
    ];
    for term in CAUSES.split_whitespace().chain(FINDINGS.split_whitespace()) {
        let check = knowledge::page(term).unwrap().check;
        let is_there = |on: &str, what: &str| {
            check
                .iter()
                .any(|check| check.on == on && check.run.is_some_and(|run| run.contains(what)))
        };
        if !elsewhere.contains(&term) {
            assert!(
                is_there("SERVER", "tcpdump -ni any -w server.pcap"),
                "{term}"
            );
            assert!(
                is_there("CLIENT", "tcpdump -ni any -w client.pcap"),
                "{term}"
            );
            assert!(is_there("SERVER (Windows)", ""), "{term}");
        }
    }
}

#[test]
fn firewalls_of_ipv4_come_with_those_of_ipv6() {
    for page in knowledge::pages() {
        let names = |program: &str| {
            let runs = page.check.iter().filter_map(|check| check.run);
            runs.filter(|run| run.split(' ').any(|word| word == program))
                .count()
        };
        assert_eq!(names("iptables"), names("ip6tables"), "{}", page.term);
    }
}

#[test]
fn every_term_leads_to_its_own_page_however_it_is_spelt() {
    for page in knowledge::pages() {
        for spelling in [
            page.term.to_owned(),
            page.term.to_uppercase(),
            page.term.to_lowercase(),
            page.term.replace('_', "-"),
            page.term.replace('_', " "),
            format!("  {}\n", page.term),
        ] {
            let found: Vec<&str> = knowledge::find(&spelling)
                .iter()
                .map(|page| page.term)
                .collect();
            assert_eq!(found, [page.term], "{spelling:?}");
        }
    }
}

#[test]
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

#[test]
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

#[test]
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

#[test]
fn what_people_paste_leads_to_the_reason() {
    assert_table(include_str!("explain/pasted_lines.txt"));
}

#[test]
fn a_whole_line_of_a_log_works_as_it_is() {
    assert_leads(&[
        (
            "2026-11-20 14:03:05 ERROR [main] org.postgresql.util.PSQLException: Connection to db:5432 refused. Check that the hostname and port are correct and that the postmaster is accepting TCP/IP connections.",
            "ECONNREFUSED",
        ),
        (
            "Nov 20 14:03:05 web-1 app[4711]: level=error msg=\"query failed\" err=\"dial tcp 10.0.1.20:5432: connect: no route to host\" attempt=3",
            "EHOSTUNREACH",
        ),
        (
            "2026/11/20 14:03:05 [error] 31#31: *110 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.7, server: _, request: \"GET / HTTP/1.1\", upstream: \"http://10.0.1.20:8080/\"",
            "ECONNREFUSED",
        ),
        (
            "urllib3.exceptions.MaxRetryError: HTTPConnectionPool(host='db', port=80): Max retries exceeded with url: / (Caused by NewConnectionError('<urllib3.connection.HTTPConnection object at 0x7f>: Failed to establish a new connection: [Errno 111] Connection refused'))",
            "ECONNREFUSED",
        ),
        (
            "cause: closed_port (likely): nothing listens there",
            "closed_port",
        ),
        (
            "\u{1b}[31mError:\u{1b}[0m connect ECONNREFUSED ::1:3000\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
            "ECONNREFUSED",
        ),
    ]);
    let line =
        "2026-11-20 14:03:05 ERROR [main] Connection to db:5432 refused. Check that the hostname";
    let words: Vec<&str> = ["explain"].into_iter().chain(line.split(' ')).collect();
    let ran = run(&words);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    assert!(
        ran.stdout.starts_with("ECONNREFUSED (error): "),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_unknown_term_is_wrong_usage_with_the_nearest_terms() {
    let ran = run(&["explain", "refusd"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "tcpwhy: nothing is known about 'refusd'");
    assert!(
        lines[1].starts_with("hint: the nearest terms: refused, "),
        "{lines:?}"
    );
    let ran = run(&["explain", &format!("\u{1b}]0;x\u{7}{}", "zq ".repeat(400))]);
    assert_eq!(ran.status, 2);
    assert!(
        !ran.stderr
            .trim_end()
            .contains(|letter: char| letter.is_control() && letter != '\n')
    );
    assert!(
        ran.stderr.lines().all(|line| line.len() < 200),
        "{}",
        ran.stderr
    );
    for unknown in ["4242", "the quick brown fox", "db:111", "...", "0"] {
        assert_eq!(run(&["explain", unknown]).status, 2, "{unknown}");
        assert_eq!(knowledge::nearest(unknown).len(), 3);
    }
}

#[test]
fn without_a_term_all_terms_are_listed() {
    let ran = run(&["explain"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    for page in knowledge::pages() {
        let lines = ran.stdout.lines().filter(|line| {
            line.split_whitespace().next() == Some(page.term) && line.ends_with(page.title)
        });
        assert_eq!(lines.count(), page.kinds.len(), "{}", page.term);
    }
    assert_eq!(run(&["explain", " "]).stdout, ran.stdout);
}

#[test]
fn the_text_fits_and_holds_no_control_characters() {
    for (width, at_most) in [(40, 80), (80, 80), (200, 200)] {
        let style = TextStyle {
            width,
            color: false,
            zone: TimeZoneChoice::Utc,
            only_failures: false,
        };
        for page in knowledge::pages() {
            let mut text = Vec::new();
            explain::write(&[page], &style, &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            assert!(text.contains("\nCHECK\n"), "{text}");
            assert!(!text.contains(|letter: char| letter.is_control() && letter != '\n'));
            for line in text.lines() {
                assert!(line.len() <= at_most, "{}: {line}", page.term);
                assert_eq!(line.trim_end(), line);
            }
        }
    }
    for line in run(&["explain"]).stdout.lines() {
        assert!(line.len() <= 80, "{line}");
        assert_eq!(line.trim_end(), line);
    }
}

#[test]
fn colour_is_used_when_asked_for() {
    assert!(!run(&["explain", "refused"]).stdout.contains('\u{1b}'));
    let forced = tcpwhy()
        .args(["explain", "refused"])
        .env("CLICOLOR_FORCE", "1")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(forced.stdout)
            .unwrap()
            .contains("\u{1b}[1m")
    );
}
