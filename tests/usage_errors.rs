//! What the program says when it was called wrongly: one line, what to do, and status 2.

use crate::support::command::run;
use crate::support::harness::{Test, tests};

pub(crate) const TESTS: &[Test] = tests![
    each_mistake_has_a_line_and_a_hint,
    hostile_words_are_shown_and_do_nothing,
    help_and_version_are_no_mistake,
    an_output_that_cannot_be_written_is_named_as_it_was_typed,
];

const SAMPLE: &str = "samples/closed-port.pcap";

/// The message and the hint, without what they start with.
#[track_caller]
fn said(arguments: &[&str]) -> (String, String) {
    let ran = run(arguments);
    assert_eq!(ran.status, 2, "{arguments:?}: {}", ran.stderr);
    assert_eq!(ran.stdout, "", "{arguments:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [message, hint] = lines.as_slice() else {
        panic!("{arguments:?}: not two lines: {}", ran.stderr);
    };
    let message = message.strip_prefix("tcpwhy: ").expect(message);
    let hint = hint.strip_prefix("hint: ").expect(hint);
    (message.to_owned(), hint.to_owned())
}

/// What is typed, the message, and the hint.
const MISTAKES: &[(&[&str], &str, &str)] = &[
    (
        &["read", "--formt", "json"],
        "unknown option '--formt'",
        "did you mean '--format'?",
    ),
    (
        &["live", "--zzzzz"],
        "unknown option '--zzzzz'",
        "tcpwhy live --help lists the options",
    ),
    (
        &["--zzzzz"],
        "unknown option '--zzzzz'",
        "tcpwhy --help lists the options",
    ),
    (
        &["interfaces", "eth0"],
        "unexpected word 'eth0'",
        "tcpwhy interfaces",
    ),
    (
        &["rea", SAMPLE],
        "'rea' is no command, and no file",
        "did you mean 'read'?",
    ),
    (
        &["zzzzz"],
        "'zzzzz' is no command, and no file",
        "tcpwhy --help lists the commands",
    ),
    (
        &["help", "zzzzz"],
        "'zzzzz' is no command, and no file",
        "tcpwhy --help lists the commands",
    ),
    (
        &["read", "-F", "htm", SAMPLE],
        "'htm' is no value for '--format'",
        "did you mean 'html'? one of text, json, html, markdown, ndjson, csv, ecs",
    ),
    (
        &["read", "--tunnel", "8473=vlan", SAMPLE],
        "'8473=vlan' is no value for '--tunnel': 'vlan' is no tunnel in UDP that is read; they are vxlan, vxlan-gpe, geneve, gtp, gre-in-udp, mpls-in-udp, teredo, l2tp, capwap, ayiya, ipsec, wireguard",
        "tcpwhy read --help tells what '--tunnel' takes",
    ),
    (
        &["ladder", "--tunnel", "vxlan", SAMPLE, "1"],
        "'vxlan' is no value for '--tunnel': 'vxlan' is not PORT=TUNNEL, as in 8473=vxlan",
        "tcpwhy ladder --help tells what '--tunnel' takes",
    ),
    (
        &["completions", "cmd"],
        "'cmd' is no value for 'SHELL'",
        "one of bash, elvish, fish, powershell, zsh",
    ),
    (
        &["read", "--format"],
        "'--format' needs a value",
        "one of text, json, html, markdown, ndjson, csv, ecs",
    ),
    (
        &["live", "--patience"],
        "'--patience' needs a value",
        "tcpwhy live --help tells which",
    ),
    (
        &["ladder", SAMPLE, "1", "--patience", "soon"],
        "'soon' is no value for '--patience': not a number of seconds",
        "tcpwhy ladder --help tells what '--patience' takes",
    ),
    (
        &["read", "--threads", "0", SAMPLE],
        "'0' is no value for '--threads': at least 1 is needed",
        "tcpwhy read --help tells what '--threads' takes",
    ),
    (
        &["read", "--max-attempts", "many", SAMPLE],
        "'many' is no value for '--max-attempts': not a whole number",
        "tcpwhy read --help tells what '--max-attempts' takes",
    ),
    (
        &["read", "--utc", "--local", SAMPLE],
        "'--utc' and '--local' exclude each other",
        "name one of them",
    ),
    (
        &["read", "-o", "a", "-o", "b", SAMPLE],
        "'--output' is given more than once",
        "name one of them",
    ),
    (
        &["read", "--utc=yes", SAMPLE],
        "'--utc' takes no value, and was given 'yes'",
        "tcpwhy read --help tells what it does",
    ),
    (
        &["read", "--anonymize-key", "key", SAMPLE],
        "--anonymize is missing",
        "tcpwhy read --anonymize --anonymize-key <FILE> <FILE>...",
    ),
    (
        &["diff", "a.json"],
        "B.json is missing",
        "tcpwhy diff <A.json> <B.json>",
    ),
    (
        &["completions"],
        "SHELL is missing",
        "tcpwhy completions <SHELL>",
    ),
];

fn each_mistake_has_a_line_and_a_hint() {
    for (arguments, message, hint) in MISTAKES {
        let (told, hinted) = said(arguments);
        assert_eq!(
            (told.as_str(), hinted.as_str()),
            (*message, *hint),
            "{arguments:?}"
        );
    }
}

fn hostile_words_are_shown_and_do_nothing() {
    let (message, _) = said(&["read", "--format", "\u{1b}[2J\nx", SAMPLE]);
    assert_eq!(message, "'\\u{1b}[2J x' is no value for '--format'");
}

fn help_and_version_are_no_mistake() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["help", "read"],
        &["read", "--help"],
        &["diff", "-h"],
        &["--version"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{arguments:?}");
        assert!(!ran.stdout.is_empty());
    }
    let alone = run::<&str>(&[]);
    assert_eq!(alone.status, 2);
    assert!(
        alone.stderr.contains("Usage: tcpwhy <COMMAND>"),
        "{}",
        alone.stderr
    );
}

/// Where a file cannot be written, the name that was typed is told, and not that of a temporary
/// file.
fn an_output_that_cannot_be_written_is_named_as_it_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(SAMPLE).unwrap();
    let cut = crate::support::command::file(&bytes[..bytes.len() - 10]);
    let cut = cut.path.to_str().unwrap();
    assert!(run(&["read", cut]).stderr.contains("warning: "));
    let missing = folder.path().join("missing/out");
    let missing = missing.to_str().unwrap();
    let through_file = format!("{SAMPLE}/out");
    for (path, reason) in [
        (missing, "No such file or directory (os error 2)"),
        (&through_file, "Not a directory (os error 20)"),
    ] {
        let told = format!(
            "tcpwhy: cannot write {path}: {reason}\nhint: the folder must be there: mkdir -p FOLDER makes it\n"
        );
        // Before the capture is read, which is cut short: that would be told.
        let ran = run(&["read", cut, "-o", path]);
        assert_eq!((ran.status, ran.stderr), (3, told.clone()));
        let ran = run(&["read", "-q", SAMPLE, "--evidence", path]);
        assert_eq!((ran.status, ran.stderr), (3, told));
    }
}
