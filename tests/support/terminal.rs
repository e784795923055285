//! A terminal that tmux provides.

#![allow(
    clippy::disallowed_methods,
    reason = "a terminal needs an environment of its own"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use super::watching::network::unique_name;
use super::watching::wait_until;

/// A terminal of 24 rows, with a folder of its own, both named alike.
pub(crate) struct Terminal {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Terminal {
    /// One of so many columns, in which a shell runs this command. The place is made before, by
    /// `name_and_folder`: commands name it.
    pub(crate) fn start((name, folder): (String, PathBuf), columns: u32, command: &str) -> Self {
        let terminal = Self { name, folder };
        let columns = columns.to_string();
        let start = ["-f", "/dev/null", "new-session", "-d", "-x", &columns];
        let environment = ["-y", "24", "-e", "LC_ALL=C.UTF-8", "-e", "HISTFILE="];
        terminal.tmux(&[&start[..], &environment, &[command]].concat());
        terminal.tmux(&["set-option", "-g", "status", "off"]);
        terminal
    }

    /// bash, in this folder.
    pub(crate) fn with_bash(place: (String, PathBuf), columns: u32, folder: &Path) -> Self {
        let shell = format!("cd '{}'; exec bash --norc -i", folder.display());
        let terminal = Self::start(place, columns, &shell);
        terminal.wait_for("bash-");
        terminal
    }

    pub(crate) fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux")
            .env_remove("TMUX")
            .args(["-L", &self.name])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Presses keys, as tmux calls them.
    pub(crate) fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    pub(crate) fn type_text(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    pub(crate) fn type_line(&self, line: &str) {
        self.type_text(line);
        self.press(&["Enter"]);
    }

    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows this; the screen.
    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) -> String {
        self.wait_until(words, |screen| screen.contains(words))
    }

    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        wait_until(|| {
            let screen = self.screen();
            if is_so(&screen) {
                Ok(screen)
            } else {
                Err(format!("never: {what}\n{screen}"))
            }
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux")
            .env_remove("TMUX")
            .args(["-L", &self.name, "kill-server"])
            .output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A name that no other test has, and an empty folder of that name.
pub(crate) fn name_and_folder() -> (String, PathBuf) {
    let name = unique_name();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name);
    std::fs::create_dir_all(&folder).unwrap();
    (name, folder)
}
