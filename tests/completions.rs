//! Completions where they are used: in the shells themselves.

#![allow(
    clippy::disallowed_methods,
    reason = "shells find the program by their environment"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::run;
use crate::support::harness::{Test, tests};
use crate::support::terminal::{Terminal, name_and_folder};

pub(crate) const TESTS: &[Test] = tests![
    fish_completes needs "fish",
    zsh_completes_from_its_first_use_on needs "zsh" "tmux",
    zsh_completes_with_what_was_sourced needs "zsh" "tmux",
];

/// The folder of the program, in front of all others.
fn path() -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_tcpwhy")).parent().unwrap();
    format!("{}:{}", programs.display(), std::env::var("PATH").unwrap())
}

fn fish_completes() {
    let (_, folder) = name_and_folder();
    let offered = |line: &str| -> Vec<String> {
        let script = format!("tcpwhy completions fish | source; complete --do-complete '{line}'");
        let output = Command::new("fish")
            .args(["--no-config", "-c", &script])
            .env("PATH", path())
            .env("HOME", &folder)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let words = text.lines().map(|line| line.split('\t').next().unwrap());
        words.map(str::to_owned).collect()
    };
    assert_eq!(offered("tcpwhy read --out"), ["--output", "--outcome"]);
    assert_eq!(offered("tcpwhy read --outcome ref"), ["refused"]);
    assert_eq!(offered("tcpwhy read --outcome=ref"), ["--outcome=refused"]);
    assert_eq!(
        offered("tcpwhy read samples/port"),
        ["samples/port-scan.pcap"]
    );
    let _ = std::fs::remove_dir_all(&folder);
}

/// zsh without anybody's settings, after this was typed into it.
fn zsh((name, folder): (String, PathBuf), set_up: &str) -> Terminal {
    let package = env!("CARGO_MANIFEST_DIR");
    let home = folder.display();
    let command = format!(
        "cd '{package}'; PATH='{}' HOME='{home}' exec zsh -f -i",
        path()
    );
    let terminal = Terminal::start((name, folder.clone()), 100, &command);
    let compinit = "autoload -Uz compinit; compinit -u -D";
    terminal.type_line(&format!("PS1='read''y> '; {compinit}; {set_up}; clear"));
    terminal.wait_until("a prompt alone", |screen| screen.trim_end() == "ready>");
    terminal
}

/// As packages do it: a file named after the program, in a folder where zsh looks for functions.
fn zsh_completes_from_its_first_use_on() {
    let (name, folder) = name_and_folder();
    let script = run(&["completions", "zsh"]).stdout;
    std::fs::write(folder.join("_tcpwhy"), script).unwrap();
    let functions = format!("fpath=('{}' $fpath); compinit -u -D", folder.display());
    let terminal = zsh((name, folder), &functions);
    terminal.type_text("tcpwhy read --out");
    terminal.press(&["Tab"]);
    let screen = terminal.wait_for("--outcome  -- List only these outcomes");
    assert!(
        screen.contains("--output   -- Write the report"),
        "{screen}"
    );
    terminal.type_text("come ref");
    terminal.press(&["Tab"]);
    terminal.wait_for("> tcpwhy read --outcome refused");
}

fn zsh_completes_with_what_was_sourced() {
    let terminal = zsh(name_and_folder(), "source <(tcpwhy completions zsh)");
    terminal.type_text("tcpwhy read samples/port");
    terminal.press(&["Tab"]);
    terminal.wait_for("> tcpwhy read samples/port-scan.pcap");
}
