//! `tcpwhy explain`: every term, every number, and what applications print lead to the right page.

pub(crate) mod devices;
pub(crate) mod lines;
pub(crate) mod phrases;
pub(crate) mod signs;

use tcpwhy::diagnosis::knowledge::{self, Kind, Page};
use tcpwhy::handshake::{Outcome, Trouble};
use tcpwhy::report::TimeZoneChoice;
use tcpwhy::report::text::{TextStyle, explain};

use crate::support::command::{run, tcpwhy};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    every_outcome_cause_and_finding_has_a_page,
    every_page_is_complete,
    every_cause_that_an_application_notices_says_how_each_language_puts_it,
    commands_and_titles_fit_on_a_line,
    what_may_be_a_servers_fault_says_where_to_look_on_both_sides_and_systems,
    pages_name_probe_where_it_settles_a_doubt,
    firewalls_of_ipv4_come_with_those_of_ipv6,
    every_term_leads_to_its_own_page_however_it_is_spelt,
    a_whole_line_of_a_log_works_as_it_is,
    an_unknown_term_is_wrong_usage_with_the_nearest_terms,
    without_a_term_all_terms_are_listed,
    the_text_fits_and_holds_no_control_characters,
    colour_is_used_when_asked_for,
];

const CAUSES: &str = "
    closed_port firewall_reset middlebox_reset two_responders port_unreachable
    host_unreachable net_unreachable protocol_unreachable admin_prohibited ttl_exceeded
    other_icmp host_down host_silent port_filtered source_filtered accept_queue_full path_loss
    filter_verdict wrong_checksum dropped_here stale_connection invalid_reset answer_from_other_address authentication_option
    feature_dropped syn_ack_lost client_silent half_open_scan late_syn_ack client_reset
    server_abort proxy_without_backend local_firewall capture_ended
    answer_to_other_address unknown_to_client
    stale_state dead_path listener_closed load_balancer_reset no_way_back
";

const FINDINGS: &str = "
    service_down_window never_listening service_filtered host_down source_filtered overload
    one_bad_backend limited_rejects path_loss syn_flood port_scan backscatter fallback_worked
    name_points_nowhere feature_dropped stale_tuple_reuse proxy_answers one_sided_capture
    wrong_checksums dropped_here duplicate_address capture_filtered capture_lost_packets
    capture_started_late limits_hit answers_misdirected answers_made_by_a_box
    failures_share stale_state dead_path policy_changed traceroute health_checks
    slow_connects hung_up stuck_connections resets_midway path_mtu filter_log
    host_silent no_way_back unreachable syn_ack_lost client_silent invalid_reset
";

/// What `tcpwhy compare` says of packets.
const PATH_VERDICTS: &str = "
    syn_lost answer_lost ack_lost answered_at made_between new_connection altered same not_covered
";

/// What it says of many connects.
const PATH_FINDINGS: &str = "
    wrong_order nothing_in_common proxy_between answers_made_between filter_between
    one_way_stretch lossy_stretch everything_arrived altered_options translation clocks_apart
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

fn every_outcome_cause_and_finding_has_a_page() {
    assert_eq!(
        of_kind(Kind::Outcome),
        sorted(Outcome::ALL.map(Outcome::name))
    );
    let mut troubles: Vec<&str> = Trouble::ALL.map(Trouble::name).to_vec();
    troubles.push("reset_midway");
    assert_eq!(of_kind(Kind::Trouble), sorted(troubles));
    assert_eq!(of_kind(Kind::Cause), sorted(CAUSES.split_whitespace()));
    assert_eq!(of_kind(Kind::Finding), sorted(FINDINGS.split_whitespace()));
    let verdicts = PATH_VERDICTS.split_whitespace();
    assert_eq!(of_kind(Kind::PathVerdict), sorted(verdicts));
    let findings = PATH_FINDINGS.split_whitespace();
    assert_eq!(of_kind(Kind::PathFinding), sorted(findings));
}

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

fn what_may_be_a_servers_fault_says_where_to_look_on_both_sides_and_systems() {
    // What no server brings about, or what happens in front of it.
    let elsewhere = [
        "host_down",
        "host_unreachable",
        "net_unreachable",
        "unreachable",
        "ttl_exceeded",
        "other_icmp",
        "half_open_scan",
        "client_reset",
        "local_firewall",
        "capture_ended",
        "authentication_option",
        "port_scan",
        "backscatter",
        "traceroute",
        "health_checks",
        "name_points_nowhere",
        "one_sided_capture",
        "capture_filtered",
        "capture_lost_packets",
        "capture_started_late",
        "limits_hit",
        "syn_flood",
        "wrong_checksum",
        "wrong_checksums",
        "dropped_here",
        "duplicate_address",
        "filter_verdict",
        "filter_log",
        // It has been said where to look: on the balancer.
        "load_balancer_reset",
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

fn pages_name_probe_where_it_settles_a_doubt() {
    const DOUBTS: &str = "refused rejected dropped port_unreachable host_unreachable \
        net_unreachable admin_prohibited ttl_exceeded local_firewall host_down host_silent \
        port_filtered source_filtered service_filtered closed_port firewall_reset middlebox_reset \
        accept_queue_full overload never_listening service_down_window proxy_without_backend \
        hung_up fallback_worked";
    for term in DOUBTS.split_whitespace() {
        let check = knowledge::page(term).unwrap().check;
        let mut runs = check.iter().filter_map(|check| check.run);
        let names_it = runs.any(|run| run.starts_with("tcpwhy probe SERVER:PORT"));
        assert!(names_it, "{term}");
    }
}

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

fn an_unknown_term_is_wrong_usage_with_the_nearest_terms() {
    let ran = run(&["explain", "refusd"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "tcpwhy: nothing is known about 'refusd'");
    assert!(
        lines[1].starts_with("hint: the nearest terms: refused"),
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
    for unknown in ["4242", "the quick brown fox", "db:111", "...", "0", "xyzzy"] {
        let ran = run(&["explain", unknown]);
        assert_eq!(ran.status, 2, "{unknown}");
        // What is far from all terms gets no neighbours.
        assert!(!ran.stderr.contains("nearest"), "{}", ran.stderr);
        assert_eq!(knowledge::nearest(unknown), Vec::<&str>::new(), "{unknown}");
    }
}

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
            explain::write(&knowledge::explain(page.term), &style, &mut text).unwrap();
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
