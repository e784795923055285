//! What stays in sight: the end of a long report, `--brief`, and the pager, on terminals that tmux
//! provides.

#![allow(
    clippy::disallowed_methods,
    reason = "a terminal needs an environment of its own"
)]

use std::cell::Cell;
use std::path::{Path, PathBuf};

use crate::support::command::{run, tcpwhy};
use crate::support::harness::{Test, tests};
use crate::support::terminal::{Terminal, name_and_folder};
use crate::support::watching::wait_until;

pub(crate) const TESTS: &[Test] = tests![
    a_long_report_ends_with_its_findings_on_one_screen,
    brief_reports_fit_onto_one_screen,
    brief_is_for_people_only,
    a_pipe_meets_no_pager,
    many_files_are_folded,
    what_is_longer_than_the_screen_goes_through_less needs "tmux" "less",
    the_environment_chooses_the_pager needs "tmux",
    a_pager_that_fails_or_is_left_is_no_failure needs "tmux",
    what_fits_is_shown_as_it_is needs "tmux",
];

/// Lines that are seen above the prompt.
const SCREEN: usize = 23;

const LONG: &str = "samples/two-ends-client.pcap";

fn a_long_report_ends_with_its_findings_on_one_screen() {
    for path in [LONG, "samples"] {
        let ran = run(&["read", path]);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert!(lines.len() > SCREEN, "{}", ran.stdout);
        let seen = &lines[lines.len() - SCREEN..];
        assert!(seen.contains(&"in short:"), "{}", seen.join("\n"));
        assert!(seen.iter().any(|line| line.contains("= established ")));
        assert!(seen.iter().any(|line| line.starts_with(" 1  ")));
    }
    let short = run(&["read", "samples/closed-port.pcap"]).stdout;
    assert!(short.lines().count() <= SCREEN, "{short}");
    assert!(!short.contains("in short"), "{short}");
}

fn brief_reports_fit_onto_one_screen() {
    let mut samples: Vec<PathBuf> = std::fs::read_dir("samples")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind != "md"))
        .collect();
    samples.push(PathBuf::from("samples"));
    for path in samples {
        let path = path.to_str().unwrap();
        let brief = run(&["read", "--brief", path]).stdout;
        assert!(brief.lines().count() <= SCREEN, "{path}\n{brief}");
        let findings = run(&["read", path]).stdout.matches("\nfinding ").count();
        assert_eq!(findings > 0, brief.contains("\n 1  "), "{path}\n{brief}");
    }
    let one = run(&["read", "--brief", "samples/closed-port.pcap"]).stdout;
    assert!(one.contains("    on 10.0.1.20:  ss -ltnp"), "{one}");
    let markdown = run(&["read", "--brief", "-F", "markdown", LONG]).stdout;
    assert!(markdown.contains("## Findings") && !markdown.contains("## Attempts"));
}

fn brief_is_for_people_only() {
    for format in ["json", "ndjson", "csv", "html"] {
        let ran = run(&["read", "--brief", "-F", format, LONG]);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{format}");
        assert!(
            ran.stderr.starts_with("tcpwhy: '--brief' is for"),
            "{}",
            ran.stderr
        );
    }
}

fn a_pipe_meets_no_pager() {
    let output = tcpwhy()
        .args(["read", LONG])
        .env("TERM", "xterm")
        .env("TCPWHY_PAGER", "echo the pager ran")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("10.0.1.20:5432") && !text.contains("the pager ran"));
}

fn many_files_are_folded() {
    let text = run(&["read", "samples"]).stdout;
    let named: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(named.len(), 3, "{text}");
    assert!(named[1].contains(" files between"), "{text}");
}

/// A shell on a terminal of 100 columns, in the folder of the package.
struct Shell {
    terminal: Terminal,
    runs: Cell<u32>,
}

impl Shell {
    fn new() -> Self {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let terminal = Terminal::with_bash(name_and_folder(), 100, package);
        let runs = Cell::new(0);
        Self { terminal, runs }
    }

    /// Types the command, with the variables in front of it; its status comes after it, on a line
    /// that no screen before had.
    fn start(&self, variables: &str, arguments: &str) {
        let program = env!("CARGO_BIN_EXE_tcpwhy");
        self.terminal.type_line(&format!(
            "clear; unset PAGER LESS TCPWHY_PAGER; {variables} {program} {arguments}; \
             echo \"end of $((number+=1)): status $?\""
        ));
    }

    /// Runs it to its end; the last screen.
    #[track_caller]
    fn run(&self, variables: &str, arguments: &str, status: i32) -> String {
        self.start(variables, arguments);
        let number = self.runs.get() + 1;
        self.runs.set(number);
        let end = format!("end of {number}: status {status}\n");
        self.terminal.wait_for(&end)
    }
}

const FAILING: &str = "read samples/two-ends-client.pcap --fail-on dropped --utc";

fn what_is_longer_than_the_screen_goes_through_less() {
    let shell = Shell::new();
    shell.start("", FAILING);
    let first = shell.terminal.wait_for("8 connects");
    assert!(!first.contains("in short:"), "{first}");
    assert!(!first.contains("end of"), "{first}");
    // Ctrl-C is for the pager, and ends nothing.
    shell.terminal.press(&["C-c"]);
    wait_until(|| {
        // Together with that, `less` throws away what was typed behind it.
        shell.terminal.press(&["G"]);
        let screen = shell.terminal.screen();
        (screen.contains("in short:").then_some(())).ok_or(screen)
    });
    shell.terminal.press(&["q"]);
    shell.terminal.wait_for("end of 1: status 1\n");
    // As git, it leaves the text where it was read.
    assert!(
        shell
            .terminal
            .wait_for("in short:")
            .contains("never listening")
    );
}

fn the_environment_chooses_the_pager() {
    let shell = Shell::new();
    let shown = shell.run("PAGER='grep -c .'", FAILING, 1);
    assert!(!shown.contains("finding"), "{shown}");
    let shown = shell.run(
        "PAGER='echo wrong' TCPWHY_PAGER='cat -v | head -3'",
        FAILING,
        1,
    );
    assert!(
        shown.contains("^[[1m") && !shown.contains("wrong"),
        "{shown}"
    );
    for none in ["PAGER=cat", "TCPWHY_PAGER= PAGER='echo wrong'", "TERM=dumb"] {
        let shown = shell.run(none, FAILING, 1);
        assert!(
            shown.contains("in short:") && !shown.contains("wrong"),
            "{shown}"
        );
    }
    let shown = shell.run("", &format!("{FAILING} --no-pager"), 1);
    assert!(shown.contains("in short:"), "{shown}");
    let explained = shell.run("PAGER='echo paged; head -1'", "explain", 0);
    assert!(explained.contains("paged"), "{explained}");
}

fn a_pager_that_fails_or_is_left_is_no_failure() {
    let shell = Shell::new();
    let shown = shell.run("PAGER=/no/such/pager", FAILING, 1);
    assert!(shown.contains("in short:"), "{shown}");
    for left in ["head -2", "true", "sh -c 'exit 3'"] {
        let shown = shell.run(&format!("PAGER=\"{left}\""), FAILING, 1);
        assert!(!shown.contains("tcpwhy:"), "{shown}");
    }
}

fn what_fits_is_shown_as_it_is() {
    let shell = Shell::new();
    let arguments = "read samples/closed-port.pcap --utc";
    let shown = shell.run("PAGER='echo paged'", arguments, 0);
    assert!(
        shown.contains("never listening") && !shown.contains("paged"),
        "{shown}"
    );
}
