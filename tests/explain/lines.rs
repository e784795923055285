//! `tcpwhy explain -`: many lines from a pipe, those that are known, with counts; and JSON.

use serde_json::Value;

use crate::support::command::{run, run_with_input};
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    lines_are_counted_by_what_they_are_about,
    lines_about_disks_and_files_are_none_about_connects,
    one_line_is_explained_whole,
    lines_that_say_nothing_known_are_wrong_usage,
    lines_are_counted_in_json,
    long_and_broken_lines_do_no_harm,
    a_text_is_explained_in_json,
    the_list_of_terms_in_json_has_all_pages,
];

const KERNEL_LOG: &str = "\
kernel: usb 1-1: device descriptor read/64, error -110
kernel: nf_conntrack: nf_conntrack: table full, dropping packet
kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.7 DST=10.0.1.20 PROTO=TCP SPT=50000 DPT=5432 SYN
kernel: nf_conntrack: nf_conntrack: table full, dropping packet
kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.8 DST=10.0.1.20 PROTO=TCP SPT=50001 DPT=5432 SYN
kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.9 DST=10.0.1.21 PROTO=TCP SPT=50001 DPT=22 SYN
kernel: EXT4-fs (sda1): mounted filesystem with ordered data mode
";

fn lines_are_counted_by_what_they_are_about() {
    let ran = run_with_input(&["explain", "-"], KERNEL_LOG.as_bytes());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let text = ran.stdout;
    assert!(
        text.starts_with("5 of 7 lines are about connects; of the others nothing is known."),
        "{text}"
    );
    let blocked = text.find("firewall_log, 3 lines: ").unwrap();
    let full = text.find("conntrack_full, 2 lines: ").unwrap();
    assert!(blocked < full, "{text}");
    assert!(
        text.contains("10.0.1.20:5432 (2 lines), 10.0.1.21:22 (1 line)"),
        "{text}"
    );
    assert!(
        text.contains("first, line 2: kernel: nf_conntrack"),
        "{text}"
    );
    assert!(text.contains("tcpwhy explain conntrack_full"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 80), "{text}");
}

fn lines_about_disks_and_files_are_none_about_connects() {
    let log = "\
ata1: COMRESET failed (errno=-16)
usb 1-1: device descriptor read/64, error -110
cp: cannot open '/etc/shadow': Permission denied
systemd[1]: Timed out waiting for device /dev/sdb.
nvme nvme0: I/O 12 QID 3 timeout, aborting
apt: E: Invalid operation, unexpected EOF
audit: Operation not permitted
TcpExtListenOverflows 0 0.0
";
    let ran = run_with_input(&["explain", "-"], log.as_bytes());
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{}", ran.stdout);
}

fn one_line_is_explained_whole() {
    let line = "dial tcp 10.0.1.20:5432: connect: connection refused";
    let piped = run_with_input(&["explain", "-"], format!("\n{line}\n").as_bytes());
    assert_eq!(piped.stdout, run(&["explain", line]).stdout);
    let ran = run_with_input(&["explain", "-"], b"xyzzy\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr
            .starts_with("tcpwhy: nothing is known about 'xyzzy'")
    );
}

fn lines_that_say_nothing_known_are_wrong_usage() {
    let ran = run_with_input(&["explain", "-"], b"hello\nworld\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "tcpwhy: nothing is known about any of the 2 lines\n"
    );
    let ran = run_with_input(&["explain", "-"], b"");
    assert_eq!(
        (ran.status, ran.stderr.as_str()),
        (2, "tcpwhy: standard input is empty\n")
    );
}

fn lines_are_counted_in_json() {
    let ran = run_with_input(&["explain", "--format", "json", "-"], KERNEL_LOG.as_bytes());
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["schema"], "tcpwhy-explain/1");
    assert_eq!(
        (&document["lines"], &document["known_lines"]),
        (&7.into(), &5.into())
    );
    let page = &document["pages"][0];
    assert_eq!(
        (&page["term"], &page["lines"]),
        (&"firewall_log".into(), &3.into())
    );
    assert_eq!(page["named"][0]["server"], "10.0.1.20");
    assert_eq!(page["first"]["line"], 3);
    let behind = run_with_input(&["explain", "-", "--format", "json"], KERNEL_LOG.as_bytes());
    assert_eq!(behind.stdout, ran.stdout);
}

fn long_and_broken_lines_do_no_harm() {
    let mut log = vec![b'x'; 300_000];
    log.extend(b" connection refused\n\xff\xfe\x1b[31mconnect: connection refused\x1b[0m\n");
    log.extend(b"connect: connection refused");
    let ran = run_with_input(&["explain", "-"], &log);
    assert_eq!(ran.status, 0);
    assert!(ran.stdout.starts_with("2 of 3 lines"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
}

fn a_text_is_explained_in_json() {
    let line = "dial tcp 10.0.1.20:5432: connect: connection refused";
    let ran = run(&["explain", "--format", "json", line]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["text"], line);
    assert_eq!(document["named"]["port"], 5432);
    assert_eq!(document["pages"][0]["term"], "ECONNREFUSED");
    assert_eq!(document["pages"][0]["numbers"]["linux"], 111);
    assert_eq!(
        document["pages"][0]["check"][0]["run"][0],
        "ss -ltnp 'sport = :5432'"
    );
    assert_eq!(run(&["explain", line, "-F", "json"]).stdout, ran.stdout);
    let unknown = run(&["explain", "--format", "json", "xyzzy"]);
    assert_eq!((unknown.status, unknown.stdout.as_str()), (2, ""));
}

fn the_list_of_terms_in_json_has_all_pages() {
    let ran = run(&["explain", "--format", "json"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let pages = document["pages"].as_array().unwrap();
    assert_eq!(pages.len(), tcpwhy::diagnosis::knowledge::pages().count());
}
