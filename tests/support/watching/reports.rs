//! Reports, as they are kept and as `read` gives them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A file for this process alone.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("live");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{}-{name}", std::process::id()))
}

/// What a watch wrote there.
pub(crate) fn written(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// What `read` says of a capture, or of a folder of them.
pub(crate) fn read(path: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .args(["read", "-F", "json"])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}
