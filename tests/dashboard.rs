//! The dashboard of `tcpwhy live` on a terminal that tmux provides, with real traffic in a network
//! namespace.
//!
//! A busy machine may be slow: nothing here asserts how quickly something shows.

#![allow(
    clippy::disallowed_methods,
    reason = "the environment tells what has to be there"
)]

use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;

use crate::support::harness::{Test, tests};
use crate::support::terminal::{Terminal, name_and_folder};
use crate::support::tools::{Needs, is_done};
use crate::support::watching::network::{add_namespace, filter, run_script};

/// A terminal, and a network behind it.
pub(crate) const NEEDS: Needs = Needs::networks(&["ip", "nft", "tmux", "kill", "pgrep"]);

/// They wait more than they work.
pub(crate) const AT_ONCE: usize = 3;

pub(crate) const TESTS: &[Test] = tests![
    a_refusal_shows_and_q_ends,
    it_fits_into_any_size,
    a_report_is_written_while_it_goes_on,
    a_filter_is_typed,
    suspended_and_back,
    sigterm_gives_the_terminal_back,
    a_second_signal_gives_the_terminal_back,
    without_colour_there_is_none,
];

/// A shell on a terminal of its own, in a folder of its own, in a network of its own: loopback
/// only.
struct Seat(Terminal);

impl Deref for Seat {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        &self.0
    }
}

impl Seat {
    fn new() -> Self {
        let (name, folder) = name_and_folder();
        add_namespace(&name);
        filter(&name, "tcp dport 81 drop");
        let place = (name, folder.clone());
        Self(Terminal::with_bash(place, 80, &folder))
    }

    /// Starts the dashboard, with the modes of the terminal noted before and after.
    fn watch(&self, environment: &str, arguments: &str) {
        let program = env!("CARGO_BIN_EXE_tcpwhy");
        self.type_line(&format!(
            "clear; stty -a >before; {environment} ip netns exec {} {program} live -i lo --utc {arguments}; \
             echo \"status=$?\"; stty -a >after; echo done",
            self.name
        ));
        self.wait_for("OUTCOME");
    }

    fn connect(&self, port: u16) {
        let script = format!(
            "timeout 20 ip netns exec {} bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' 2>/dev/null &",
            self.name
        );
        run_script(&script);
    }

    fn process(&self) -> String {
        let output = Command::new("ip")
            .args(["netns", "pids", &self.name])
            .output()
            .unwrap();
        let pids = String::from_utf8(output.stdout).unwrap();
        let is_program = |pid: &&str| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim() == "tcpwhy")
        };
        pids.lines().find(is_program).expect("it runs").to_owned()
    }

    fn signal(&self, signal: &str) {
        assert!(is_done("kill", &[signal, &self.process()]));
    }

    /// Waits for the end: the status is this, and the terminal is as it was.
    #[track_caller]
    fn assert_ended(&self, status: i32) -> String {
        let screen = self.wait_for("\ndone");
        assert!(screen.contains(&format!("status={status}\n")), "{screen}");
        let modes = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap();
        assert_eq!(modes("before"), modes("after"));
        let flags = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(flags, "0 1\n", "alternate screen, cursor");
        screen
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let end = format!(
            "ip netns pids {0} | xargs -r kill -9; ip netns delete {0}",
            self.name
        );
        is_done("bash", &["-c", &end]);
    }
}

// ---------------------------------------------------------------- the tests

fn a_refusal_shows_and_q_ends() {
    let seat = Seat::new();
    seat.watch("", "");
    seat.wait_for("nothing has failed so far");
    seat.connect(80);
    seat.wait_for("> 127.0.0.1:80  x refused: ");
    seat.wait_for("never listening");
    seat.connect(81);
    let screen = seat.wait_for("> 127.0.0.1:81  ? dropped: ");
    assert!(screen.contains("SERVERS 2"), "{screen}");
    seat.press(&["Tab", "Down", "Enter"]);
    seat.wait_for("══ refused: RST after");
    seat.press(&["Escape"]);
    seat.wait_for("SERVERS 2");
    seat.press(&["?"]);
    seat.wait_for("Ctrl-C again ends at once");
    seat.press(&["q"]);
    seat.assert_ended(0);
    let scrolled = seat.tmux(&["capture-pane", "-p", "-S", "-200"]);
    assert!(scrolled.contains("x refused 1   ? dropped 1"), "{scrolled}");
}

fn it_fits_into_any_size() {
    let seat = Seat::new();
    seat.watch("", "");
    seat.connect(80);
    seat.wait_for("x refused: ");
    for (columns, lines, words) in [
        ("40", "10", "40x10 is too small"),
        ("60", "16", "SERVERS 1"),
        ("200", "50", "LAST 70 s"),
        ("80", "24", "LAST 10 s"),
    ] {
        seat.tmux(&["resize-window", "-x", columns, "-y", lines]);
        seat.wait_for(words);
    }
    seat.press(&["C-c"]);
    seat.assert_ended(0);
}

fn a_report_is_written_while_it_goes_on() {
    let seat = Seat::new();
    seat.watch("", "-o end.txt");
    seat.connect(80);
    seat.wait_for("x refused: ");
    seat.press(&["w"]);
    seat.wait_for("wrote tcpwhy-");
    seat.press(&["e"]);
    seat.wait_for(".pcapng of 1 failure, 2 packets");
    let written = |kind: &str| -> Vec<PathBuf> {
        let files = std::fs::read_dir(&seat.folder).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == kind))
            .collect()
    };
    let evidence = written("pcapng").pop().expect("evidence");
    let read = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .arg(evidence)
        .output()
        .unwrap();
    let read = String::from_utf8(read.stdout).unwrap();
    assert!(
        read.contains("x refused 1") && read.contains("> 127.0.0.1:80"),
        "{read}"
    );
    let page = written("html").pop().expect("a page");
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("127.0.0.1:80"));
    seat.signal("-USR1");
    seat.wait_for("wrote end.txt");
    let report = || std::fs::read_to_string(seat.folder.join("end.txt")).unwrap();
    assert!(report().contains("x refused 1"), "{}", report());
    seat.connect(82);
    seat.wait_for("127.0.0.1:82");
    seat.press(&["q"]);
    let screen = seat.assert_ended(0);
    assert!(screen.contains("wrote end.txt"), "{screen}");
    assert!(report().contains("x refused 2"), "{}", report());
    assert_eq!(written("html").len(), 1);
}

fn a_filter_is_typed() {
    let seat = Seat::new();
    seat.watch("", "");
    seat.connect(80);
    seat.connect(82);
    seat.wait_for("SERVERS 2");
    seat.press(&["/", ":", "8", "2", "q"]);
    seat.wait_for("nothing holds the text of the filter");
    seat.press(&["BSpace", "Enter"]);
    let screen = seat.wait_for("SERVERS 1");
    assert!(!screen.contains("127.0.0.1:80"), "{screen}");
    seat.press(&["f"]);
    seat.wait_for("FROZEN");
    seat.press(&["f"]);
    seat.wait_until("going on", |screen| !screen.contains("FROZEN"));
    seat.press(&["Escape"]);
    seat.wait_for("SERVERS 2");
    seat.press(&["q"]);
    seat.assert_ended(0);
}

fn suspended_and_back() {
    let seat = Seat::new();
    seat.watch("", "");
    seat.connect(80);
    seat.wait_for("x refused: ");
    seat.press(&["C-z"]);
    seat.wait_for("Stopped");
    // What stands behind the command in its line goes on without it.
    seat.wait_for("done");
    let modes = |name: &str| std::fs::read_to_string(seat.folder.join(name)).unwrap();
    assert_eq!(modes("before"), modes("after"));
    seat.type_line("clear; fg");
    seat.wait_for("SERVERS 1");
    seat.connect(82);
    seat.wait_for("127.0.0.1:82");
    seat.press(&["q"]);
    seat.wait_until("an end", |screen| !screen.contains("OUTCOME"));
    seat.wait_for("bash-");
    seat.type_line("clear; stty -a >after; echo status=0; echo done");
    seat.assert_ended(0);
}

fn sigterm_gives_the_terminal_back() {
    let seat = Seat::new();
    seat.watch("", "");
    seat.connect(80);
    seat.wait_for("x refused: ");
    seat.signal("-TERM");
    seat.assert_ended(0);
}

/// Both reach it at once, while it stands still: it has no time to end in order between them. A
/// shell without job control does not mind that it stands still.
fn a_second_signal_gives_the_terminal_back() {
    let seat = Seat::new();
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let script = format!(
        "stty -a >before\nip netns exec {} {program} live -i lo\necho \"status=$?\"\nstty -a >after\necho done\n",
        seat.name
    );
    std::fs::write(seat.folder.join("script"), script).unwrap();
    seat.type_line("clear; bash ./script");
    seat.wait_for("OUTCOME");
    let process = seat.process();
    let twice = format!(
        "kill -STOP {process}; kill -INT {process}; kill -TERM {process}; kill -CONT {process}"
    );
    is_done("bash", &["-c", &twice]);
    seat.assert_ended(130);
}

fn without_colour_there_is_none() {
    let seat = Seat::new();
    let has_colour = |seat: &Seat| {
        let drawn = seat.tmux(&["capture-pane", "-p", "-e"]);
        let sequences = drawn.split("\u{1b}[").skip(1);
        let mut looks = sequences.filter_map(|rest| rest.split_once('m'));
        looks.any(|(look, _)| {
            look.split(';')
                .any(|part| part.starts_with(['3', '9']) && part != "39")
        })
    };
    seat.watch("", "");
    seat.connect(80);
    seat.wait_for("x refused: ");
    assert!(has_colour(&seat));
    seat.press(&["q"]);
    seat.assert_ended(0);
    seat.watch("NO_COLOR=1", "");
    seat.connect(80);
    seat.wait_for("x refused: ");
    assert!(!has_colour(&seat));
    seat.press(&["q"]);
    seat.wait_for("\ndone");
}
