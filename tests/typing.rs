//! What is typed, and what helps to type it: names for servers, completions, the manual.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::command::{TestFile, file, run, run_with_input, tcpwhy};
use crate::support::harness::{Test, tests};
use crate::support::hostile::capture_of_names;

pub(crate) const TESTS: &[Test] = tests![
    servers_are_named_as_the_report_names_them,
    a_name_that_nothing_has_is_told_with_the_nearest,
    names_ask_for_files_that_are_read_again,
    formats_as_options_are_understood_by_the_hint,
    interfaces_are_named_without_an_option,
    scripts_of_shells_ask_the_program,
    values_are_completed,
    bash_completes,
    a_reader_that_goes_away_and_a_full_disk_are_told_apart,
    each_command_has_a_page_with_its_options_and_examples,
    pages_are_sound_for_man needs "man",
];

fn named() -> TestFile {
    file(&capture_of_names(&[
        "db.internal.example",
        "web.internal.example",
    ]))
}

fn servers_are_named_as_the_report_names_them() {
    let capture = named();
    let path = capture.path.to_str().unwrap();
    let servers = |arguments: &[&str]| -> BTreeSet<String> {
        let ran = run(&[&["read", path, "-F", "json"], arguments].concat());
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let attempts = report["attempts"].as_array().unwrap().iter();
        attempts
            .map(|attempt| {
                attempt["server_name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    };
    let only = |name: &str| BTreeSet::from([name.to_owned()]);
    assert_eq!(servers(&[]).len(), 2);
    assert_eq!(
        servers(&["--server", "db.internal.example"]),
        only("db.internal.example")
    );
    // DNS knows no case, and a name may end with its dot.
    assert_eq!(
        servers(&["--server", "WEB.Internal.Example."]),
        only("web.internal.example")
    );
    let both = [
        "--server",
        "db.internal.example",
        "--server",
        "web.internal.example",
    ];
    assert_eq!(servers(&both).len(), 2);
    assert_eq!(servers(&["--server", "db.internal.example:1"]).len(), 0);
    assert_eq!(
        servers(&["-n", "--server", "db.internal.example"]),
        only("")
    );
    assert_eq!(servers(&["--client", "db.internal.example"]).len(), 0);
}

fn a_name_that_nothing_has_is_told_with_the_nearest() {
    let capture = named();
    let ran = run(&[
        "read",
        capture.path.to_str().unwrap(),
        "--server",
        "db.internal.exmaple:443",
    ]);
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert_eq!(
        ran.stderr,
        "tcpwhy: no address in this capture is called 'db.internal.exmaple'\n\
         hint: did you mean 'db.internal.example'?\n"
    );
}

fn names_ask_for_files_that_are_read_again() {
    let ran = run_with_input(&["read", "-", "--server", "db.internal"], b"");
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr
            .starts_with("tcpwhy: cannot look for 'db.internal': a stream"),
        "{}",
        ran.stderr
    );
    let compare = [
        "compare",
        "a=samples/two-ends-client.pcap",
        "b=samples/two-ends-server.pcap",
    ];
    let ran = run(&[&compare[..], &["--server", "db.internal"]].concat());
    assert_eq!(ran.status, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("known at the end only"),
        "{}",
        ran.stderr
    );
}

fn formats_as_options_are_understood_by_the_hint() {
    for format in ["json", "csv", "ndjson", "html", "markdown", "ecs"] {
        let ran = run(&["read", &format!("--{format}"), "samples/vlan.pcap"]);
        assert_eq!(ran.status, 2);
        let hint = format!("hint: did you mean '--format {format}'?\n");
        assert!(ran.stderr.ends_with(&hint), "{}", ran.stderr);
    }
}

fn interfaces_are_named_without_an_option() {
    let ran = run(&["live", "no-such-if0", "--duration", "1s"]);
    // Without the right to capture, that is what is told.
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    assert!(!ran.stderr.contains("unexpected"), "{}", ran.stderr);
}

fn scripts_of_shells_ask_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        assert!(ran.stdout.contains("TCPWHY_COMPLETE"), "{shell}");
    }
}

/// What is offered for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let output = tcpwhy()
        .env("TCPWHY_COMPLETE", "fish")
        .args(["--", "tcpwhy"])
        .args(words)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.lines().map(|line| line.split('\t').next().unwrap());
    words.map(str::to_owned).collect()
}

fn values_are_completed() {
    assert_eq!(offered(&["read", "--outcome", "ref"]), ["refused"]);
    assert_eq!(
        offered(&["read", "--fail-on", "failed,hung"]),
        ["failed,hung-up"]
    );
    assert_eq!(offered(&["read", "--format", "e"]), ["ecs"]);
    assert!(offered(&["explain", "closed_p"]).contains(&"closed_port".to_owned()));
    assert_eq!(offered(&["man", "comp"]), ["compare", "completions"]);
    let captures = offered(&["read", "samples/port"]);
    assert_eq!(captures, ["samples/port-scan.pcap"]);
    assert!(
        !offered(&["read", "samples/"])
            .iter()
            .any(|name| name.contains("README"))
    );
    assert!(!offered(&["diff", ""]).is_empty());
    #[cfg(all(feature = "live", target_os = "linux"))]
    {
        assert!(offered(&["live", "-i", "lo"]).contains(&"lo".to_owned()));
        assert!(offered(&["live", "lo"]).contains(&"lo".to_owned()));
    }
    let unknown = tcpwhy().env("TCPWHY_COMPLETE", "tcsh").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2));
}

fn bash_completes() {
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let folder = std::path::Path::new(program).parent().unwrap().display();
    let script = format!(
        "PATH={folder}:$PATH; source <(tcpwhy completions bash); COMP_WORDS=(tcpwhy read --outcome half); \
         COMP_CWORD=3; COMP_LINE='tcpwhy read --outcome half'; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9; \
         _clap_complete_tcpwhy tcpwhy half --outcome; echo \"${{COMPREPLY[@]}}\""
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &script])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        text.trim(),
        "half-open",
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn a_reader_that_goes_away_and_a_full_disk_are_told_apart() {
    let commands: [&[&str]; 6] = [
        &["completions", "bash"],
        &["man"],
        &["man", "read"],
        &["schema"],
        &["--help"],
        &["read", "samples", "--max-attempts", "0"],
    ];
    for words in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let closed = tcpwhy()
            .args(words)
            .stdout(Stdio::from(writer))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&closed.stderr);
        assert_eq!(
            (closed.status.code(), said.as_ref()),
            (Some(0), ""),
            "{words:?}"
        );
        if !cfg!(target_os = "linux") {
            continue;
        }
        let full = File::options().write(true).open("/dev/full").unwrap();
        let full = tcpwhy()
            .args(words)
            .stdout(Stdio::from(full))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&full.stderr);
        assert_eq!(full.status.code(), Some(3), "{words:?}: {said}");
        assert!(
            said.starts_with("tcpwhy: cannot write to standard output"),
            "{words:?}: {said}"
        );
    }
}

/// Everything that begins with `--` in a help.
fn options(help: &str) -> BTreeSet<String> {
    let words = help.split(|end: char| !(end.is_ascii_alphanumeric() || end == '-'));
    let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
    options.map(str::to_owned).collect()
}

fn each_command_has_a_page_with_its_options_and_examples() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let ran = run(&["man", "--output-dir", pages.to_str().unwrap()]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
    let help = run(&["--help"]).stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let mut count = 1;
    // What goes on in the next line is indented further.
    let lines = commands.lines().filter(|line| !line.starts_with("   "));
    for command in lines.map(|line| line.split_whitespace().next().unwrap()) {
        if command == "help" {
            continue;
        }
        count += 1;
        let page = std::fs::read_to_string(pages.join(format!("tcpwhy-{command}.1"))).unwrap();
        assert_eq!(run(&["man", command]).stdout, page, "{command}");
        let plain = page.replace("\\-", "-");
        assert!(plain.contains(&format!("tcpwhy-{command}")), "{command}");
        let help = run(&[command, "--help"]).stdout;
        let (options_of_help, examples) = help.split_once("\nExamples:\n").expect(command);
        for option in options(options_of_help) {
            assert!(plain.contains(&option), "{command}: {option}");
        }
        for line in examples.lines().take_while(|line| !line.is_empty()) {
            let typed = line.replace('\'', "\\(aq");
            assert!(
                plain.contains(&format!("\\&{typed}\n")),
                "{command}: {line}"
            );
        }
    }
    assert_eq!(std::fs::read_dir(&pages).unwrap().count(), count);
    let unknown = run(&["man", "raed"]);
    assert_eq!(unknown.status, 2);
    assert!(
        unknown.stderr.contains("hint: one of read, "),
        "{}",
        unknown.stderr
    );
    let nowhere = run(&["man", "--output-dir", "/dev/null/man1"]);
    assert_eq!(nowhere.status, 3, "{}", nowhere.stderr);
}

fn pages_are_sound_for_man() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    run(&["man", "--output-dir", folder.to_str().unwrap()]);
    let pages: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(pages.len() > 10, "{pages:?}");
    for entry in pages {
        let output = Command::new("man")
            .args(["--warnings", "-l", "-P", "cat"])
            .arg(entry.unwrap().path())
            .env("MANWIDTH", "100")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{said}");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("EXAMPLES\n"), "{text}");
    }
}
