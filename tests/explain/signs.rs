//! What kernels, firewalls and tools write, texts in other languages, and numbers in hexadecimal
//! lead to the right page; what is read in them is said, and whom they name is filled in.

use tcpwhy::diagnosis::knowledge::{self, explain, explain_line};

use super::assert_leads;
use crate::support::command::run;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    what_kernels_firewalls_and_tools_write_leads_to_its_page,
    what_libraries_print_leads_past_the_plain_words,
    systems_in_other_languages_lead_to_the_same_pages,
    every_text_of_the_catalogues_leads_to_its_page,
    numbers_in_hexadecimal_are_known,
    what_was_read_stands_before_the_page,
    whom_a_line_names_is_filled_into_the_commands,
    a_hostile_line_fills_in_nothing_that_a_shell_would_run,
    counters_at_zero_say_that_nothing_happened,
];

/// Lines as they are written, and the page each leads to.
const LINES: &[(&str, &str)] = &[
    (
        "kernel: nf_conntrack: nf_conntrack: table full, dropping packet",
        "conntrack_full",
    ),
    (
        "ip_conntrack: table full, dropping packet.",
        "conntrack_full",
    ),
    ("nf_conntrack_drop +5", "conntrack_full"),
    (
        "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:443. Sending cookies.",
        "syn_flooding",
    ),
    (
        "possible SYN flooding on port 80. Dropping request.",
        "syn_flooding",
    ),
    (
        "IPv4: martian source 192.168.1.5 from 10.0.0.7, on dev eth0",
        "martian_source",
    ),
    (
        "neighbour: arp_cache: neighbor table overflow!",
        "neighbour_table_full",
    ),
    (
        "TCP: out of memory -- consider tuning tcp_mem",
        "tcp_memory",
    ),
    ("TCP: too many orphaned sockets", "tcp_memory"),
    (
        "TcpExtListenOverflows           132                0.0",
        "ListenOverflows",
    ),
    ("ListenDrops", "ListenOverflows"),
    (
        "132 times the listen queue of a socket overflowed",
        "ListenOverflows",
    ),
    ("140 SYNs to LISTEN sockets dropped", "ListenOverflows"),
    ("TCPReqQFullDrop", "TCPReqQFullDrop"),
    ("TcpExtTCPReqQFullDoCookies 12 0.0", "TCPReqQFullDrop"),
    (
        "cpu=0 found=12 invalid=3 insert=0 insert_failed=44 drop=0 early_drop=0",
        "insert_failed",
    ),
    ("insert_failed", "insert_failed"),
    ("[UFW BLOCK]", "firewall_log"),
    (
        "[UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.7 DST=10.0.1.20 PROTO=TCP SPT=50000 DPT=5432 SYN",
        "firewall_log",
    ),
    (
        "FINAL_REJECT: IN=eth0 OUT= MAC= SRC=10.0.0.7 DST=10.0.1.20 PROTO=TCP SPT=1 DPT=2 SYN",
        "firewall_log",
    ),
    (
        "%ASA-4-106023: Deny tcp src outside:10.0.0.7/50000 dst inside:10.0.1.20/443 by \
             access-group \"outside_in\"",
        "asa_log",
    ),
    (
        "1,2026/11/20 14:03:05,0012,TRAFFIC,drop,2305,2026/11/20 14:03:05,10.0.0.7,10.0.1.20",
        "palo_alto_log",
    ),
    (
        "xx drop (Policy denied) flow 0x12 to endpoint 12",
        "cilium_drop",
    ),
    ("Service backend not found", "cilium_drop"),
    (
        "2 1 eni-1 10.0.0.7 10.0.1.20 50000 5432 6 3 180 170 171 REJECT OK",
        "flow_log",
    ),
    (
        "2026-11-20 14:03:05 DROP TCP 10.0.0.7 10.0.1.20 50000 445 52 S 1 0 64240",
        "flow_log",
    ),
    ("S0", "conn_state"),
    ("REJ", "conn_state"),
    ("conn_state=RSTOS0", "conn_state"),
    (
        "1.1 C1 10.0.0.7 5000 10.0.1.20 80 tcp - - - - REJ - - 0 Sr 1 60",
        "conn_state",
    ),
    (
        "{\"id.resp_h\":\"10.0.1.20\",\"proto\":\"tcp\",\"conn_state\":\"S0\"}",
        "conn_state",
    ),
    (
        "[TCP Port numbers reused] 50000 > 5432 [SYN] Seq=0",
        "port_numbers_reused",
    ),
    (
        "[TCP Retransmission] 50000 > 5432 [SYN] Seq=0",
        "wireshark_marks",
    ),
    ("[TCP ACKed unseen segment]", "capture_lost_packets"),
    ("SYN_SENT", "SYN_SENT"),
    ("SYN-SENT 0 1 10.0.0.7:50000 10.0.1.20:5432", "SYN_SENT"),
    ("SYN-RECV", "SYN_RECV"),
    ("SYN_RECEIVED", "SYN_RECV"),
];

fn what_kernels_firewalls_and_tools_write_leads_to_its_page() {
    assert_leads(LINES);
}

fn what_libraries_print_leads_past_the_plain_words() {
    assert_leads(&[
        (
            "curl: (28) Failed to connect to db port 80 after 3002 ms: Couldn't connect to server",
            "connect_timeout",
        ),
        (
            "SocketError: other side closed code: 'UND_ERR_SOCKET'",
            "connection_closed",
        ),
        (
            "reqwest::Error { kind: Request, url: \"http://db/\", source: TimedOut }",
            "connect_timeout",
        ),
        (
            "error sending request for url (http://db/): operation timed out",
            "connect_timeout",
        ),
        ("Err(Elapsed(()))", "connect_timeout"),
        ("deadline has elapsed", "connect_timeout"),
        ("accept4() failed (24: Too many open files)", "EMFILE"),
        ("OSError: [Errno 24] Too many open files", "EMFILE"),
        ("EMFILE", "EMFILE"),
        (
            "ERROR 2002 (HY000): Can't connect to server on '10.0.1.20' (115)",
            "connect_failed",
        ),
        (
            "RedisCommandTimeoutException: Command timed out after 1 minute(s)",
            "read_timeout",
        ),
        (
            "RedisTimeoutException: Timeout performing GET (5000ms)",
            "read_timeout",
        ),
    ]);
    // Of a time that curl tells, what mostly takes as long is named as well.
    for (milliseconds, term) in [
        (0, "ECONNREFUSED"),
        (3059, "EHOSTUNREACH"),
        (130_000, "ETIMEDOUT"),
    ] {
        let line = format!(
            "curl: (7) Failed to connect to 10.0.1.20 port 80 after {milliseconds} ms: Couldn't \
             connect to server"
        );
        let terms: Vec<&str> = knowledge::find(&line)
            .iter()
            .map(|page| page.term)
            .collect();
        assert_eq!(terms, ["connect_failed", term]);
    }
}

fn systems_in_other_languages_lead_to_the_same_pages() {
    assert_leads(&[
        ("bash: connect: Verbindungsaufbau abgelehnt", "ECONNREFUSED"),
        (
            "connect to 10.0.1.20 port 22: Connexion refusée",
            "ECONNREFUSED",
        ),
        ("В соединении отказано", "ECONNREFUSED"),
        ("ssh: connect to host db port 22: 拒绝连接", "ECONNREFUSED"),
        ("错误：连接超时。", "ETIMEDOUT"),
        ("ホストへの経路がありません", "EHOSTUNREACH"),
        ("연결이 거부됨", "ECONNREFUSED"),
        ("Conexión rehusada", "ECONNREFUSED"),
        ("Rede: A rede está fora de alcance", "ENETUNREACH"),
        (
            "[WinError 10061] 由于目标计算机积极拒绝，无法连接。",
            "ECONNREFUSED",
        ),
        (
            "connectex: Es konnte keine Verbindung hergestellt werden, da der Zielcomputer die \
             Verbindung verweigerte.",
            "ECONNREFUSED",
        ),
        (
            "Une connexion existante a dû être fermée par l\u{2019}hôte distant",
            "ECONNRESET",
        ),
    ]);
}

fn every_text_of_the_catalogues_leads_to_its_page() {
    let texts = include_str!("../../src/diagnosis/knowledge/phrases/translated.tsv");
    let rows = texts.lines().filter(|line| !line.starts_with('#'));
    let mut languages: Vec<&str> = Vec::new();
    for row in rows {
        let fields: Vec<&str> = row.split('\t').collect();
        let [system, language, term, text] = fields[..] else {
            panic!("{row}");
        };
        let terms: Vec<&str> = explain(text).pages.iter().map(|page| page.term).collect();
        assert!(
            terms.contains(&term),
            "{system}, {language}: {text} leads to {terms:?}"
        );
        languages.push(language);
    }
    languages.sort_unstable();
    languages.dedup();
    assert!(languages.len() >= 10, "{languages:?}");
}

fn numbers_in_hexadecimal_are_known() {
    assert_leads(&[
        ("0x8007274d", "ECONNREFUSED"),
        ("0x2740", "EADDRINUSE"),
        ("HRESULT: 0x8007274C", "ETIMEDOUT"),
        ("The client cannot connect. (0x80072746)", "ECONNRESET"),
        ("error code 0x80072EFD", "connect_failed"),
        ("-2147014835", "ECONNREFUSED"),
        ("Error: connect failed, errno -111", "ECONNREFUSED"),
        ("Error -4078", "ECONNREFUSED"),
    ]);
    for unknown in ["0x80004005", "0xffffffff", "0x7f1c2a3b at"] {
        assert_eq!(knowledge::find(unknown).len(), 0, "{unknown}");
    }
}

fn what_was_read_stands_before_the_page() {
    let line = "%ASA-6-302014: Teardown TCP connection 4 for outside:10.0.1.20/443 to \
                inside:10.0.0.7/50000 duration 0:00:30 bytes 0 SYN Timeout";
    let ran = run(&["explain", line]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let read = ran.stdout.find("READ IN THE TEXT").unwrap();
    let reason = ran
        .stdout
        .find("syn timeout: no SYN-ACK came within 30 s")
        .unwrap();
    let named = ran
        .stdout
        .find("SERVER = 10.0.1.20, PORT = 443, CLIENT = 10.0.0.7")
        .unwrap();
    let page = ran.stdout.find("ON THE WIRE").unwrap();
    assert!(
        read < reason && reason < named && named < page,
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("ALSO MEANT"), "{}", ran.stdout);
    let ran = run(&["explain", "Verbindungsaufbau abgelehnt"]);
    assert!(
        ran.stdout.contains("as glibc says it in German"),
        "{}",
        ran.stdout
    );
}

fn whom_a_line_names_is_filled_into_the_commands() {
    let ran = run(&[
        "explain",
        "dial tcp 10.0.1.20:5432: connect: connection refused",
    ]);
    assert!(
        ran.stdout.contains("ss -ltnp 'sport = :5432'"),
        "{}",
        ran.stdout
    );
    let ran = run(&["explain", "dial tcp [2001:db8::7]:443: i/o timeout"]);
    assert!(
        ran.stdout.contains("nc -vz -w 5 2001:db8::7 443"),
        "{}",
        ran.stdout
    );
    // Without one, the words in capitals stay.
    let ran = run(&["explain", "ECONNREFUSED"]);
    assert!(
        ran.stdout.contains("ss -ltnp 'sport = :PORT'"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("NAMED IN THE TEXT"), "{}", ran.stdout);
}

fn a_hostile_line_fills_in_nothing_that_a_shell_would_run() {
    for line in [
        "connection refused: $(reboot):80",
        "connection refused: `id`:80, host='; rm -rf /', port=22;reboot",
        "connection refused: --help:80 -x:80 host -oProxyCommand=x",
        "connection refused: a&b:80 a|b:80 a\u{1b}[31m:80 a\nb:80",
    ] {
        let places = explain(line).places;
        let filled = places.fill("nc -vz SERVER PORT CLIENT NAME");
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " -.:_[]".contains(letter);
        assert!(filled.chars().all(is_plain), "{filled}");
        assert!(
            !filled.contains(" --") && !filled.contains(" -o"),
            "{filled}"
        );
    }
}

fn counters_at_zero_say_that_nothing_happened() {
    let known = explain("TcpExtListenOverflows 0 0.0");
    assert_eq!(known.pages[0].term, "ListenOverflows");
    assert!(known.read_as[0].means.starts_with("0: it has not happened"));
    assert_eq!(explain_line("TcpExtListenOverflows 0 0.0").pages.len(), 0);
    assert_eq!(explain_line("TcpExtListenOverflows 3 0.0").pages.len(), 1);
}
