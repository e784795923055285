//! The program, run as a user runs it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output
                .status
                .code()
                .expect("ended by itself, not by a signal"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// The program with nothing of the environment that shapes its output.
pub(crate) fn tcpwhy() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tcpwhy"));
    for variable in ["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"] {
        command.env_remove(variable);
    }
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null());
    command
}

/// Runs the program with these arguments.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    tcpwhy().args(arguments).output().unwrap().into()
}

/// Runs the program with these bytes on standard input.
pub(crate) fn run_with_input(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = tcpwhy()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // The program may end before it has read everything.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

/// A file of its own, in a folder that goes away with it.
pub(crate) struct TestFile {
    _folder: tempfile::TempDir,
    pub(crate) path: PathBuf,
}

/// These bytes as a file, under a name that says nothing.
pub(crate) fn file(bytes: &[u8]) -> TestFile {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("no-name-to-go-by");
    std::fs::write(&path, bytes).unwrap();
    TestFile {
        _folder: folder,
        path,
    }
}

/// What the program says of these bytes, and its JSON report, if there is one.
pub(crate) fn read(bytes: &[u8]) -> (Ran, Option<Value>) {
    let file = file(bytes);
    let ran = run(&["read", "-F", "json", file.path.to_str().unwrap()]);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let report = serde_json::from_str(&ran.stdout).ok();
    (ran, report)
}
