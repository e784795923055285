//! The commands of all pages, in a folder with the files that they name: those that need neither
//! root nor a network.

use std::path::Path;

use super::{commands, package};
use crate::support::command::tcpwhy;

/// The files that pages name, each made of a sample.
const FILES: [(&str, &str); 9] = [
    ("incident.pcap", "needle.pcap"),
    ("ring.pcap0", "needle.pcap"),
    ("ring.pcap1", "service-restart.pcap"),
    ("rotated/trace.pcap0.gz", "needle.pcap"),
    ("captures/one.pcap", "service-restart.pcap"),
    ("client.pcap", "two-ends-client.pcap"),
    ("firewall.pcap", "two-ends-client.pcap"),
    ("server.pcap", "two-ends-server.pcap"),
    ("var/log/tcpwhy/tcpwhy-0001.pcapng", "two-link-types.pcapng"),
];

/// Logs, each with a line that is understood.
const LOGS: [(&str, &str); 2] = [
    (
        "var/log/ufw.log",
        "Nov 21 06:49:27 gw kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.9 DST=10.0.1.20 LEN=60 TTL=64 PROTO=TCP SPT=42247 DPT=5432 SYN URGP=0\n",
    ),
    (
        "error.log",
        "2026/11/21 06:49:27 [error] 12#12: *1 connect() failed (111: Connection refused) while connecting to upstream, upstream: \"http://10.0.1.20:5432/\"\n",
    ),
];

/// What is not run: it captures, connects, serves, or needs what only a shell gives.
fn is_beyond(typed: &str) -> bool {
    let first = typed.split_whitespace().next().unwrap_or_default();
    ["live", "probe", "host", "mcp"].contains(&first)
        || ["--host ", "...", "CAPTURE", "FILE"]
            .iter()
            .any(|part| typed.contains(part))
}

/// The words as a shell of this folder gives them to the program: patterns are names of files, and
/// what stands in the root folder stands in this one.
fn given(typed: &str, folder: &Path) -> Vec<String> {
    let mut given = Vec::new();
    // What is no file, but a command whose output is read in its place, is not run.
    let typed = typed.strip_suffix(" --log").unwrap_or(typed);
    for word in commands::words(typed) {
        let word = word.replacen("/var/log/", "var/log/", 1);
        match word.split_once('*') {
            Some((start, end)) if !word.contains(' ') => {
                let (place, start) = start.rsplit_once('/').unwrap_or((".", start));
                let entries = std::fs::read_dir(folder.join(place)).unwrap();
                let names = entries.map(|entry| entry.unwrap().file_name());
                let names = names.map(|name| name.to_string_lossy().into_owned());
                let mut fitting: Vec<String> = names
                    .filter(|name| name.starts_with(start) && name.ends_with(end))
                    .map(|name| format!("{place}/{name}"))
                    .collect();
                fitting.sort();
                assert!(!fitting.is_empty(), "{typed}");
                given.extend(fitting);
            }
            _ => given.push(word),
        }
    }
    given
}

fn lay_out(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    for (name, sample) in FILES {
        let bytes = std::fs::read(package().join("samples").join(sample)).unwrap();
        write(name, &bytes);
    }
    for (name, line) in LOGS {
        write(name, line.as_bytes());
    }
}

/// What stands on standard input, where a command reads that.
fn input_of(typed: &str, folder: &Path) -> std::process::Stdio {
    let file = if typed.starts_with("explain") {
        "error.log"
    } else {
        "incident.pcap"
    };
    std::fs::File::open(folder.join(file)).unwrap().into()
}

/// Statuses: 0, or 1 where the command asks for that by what it found.
fn may_end_with(typed: &str, status: Option<i32>) -> bool {
    status == Some(0) || (status == Some(1) && typed.contains("--fail-on"))
}

pub(super) fn commands_of_all_pages_can_be_typed() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path());
    let (mut count, mut failed) = (0, Vec::new());
    for page in super::pages() {
        let is_tutorial = page.ends_with("tutorial.md");
        let is_for_people =
            page.parent() == Some(&package().join("docs")) || page.ends_with("README.md");
        let is_of_tests = page.starts_with(package().join("tests"));
        if is_tutorial || !is_for_people || is_of_tests {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        for typed in commands::typed(&text) {
            if is_beyond(&typed) {
                continue;
            }
            count += 1;
            let output = tcpwhy()
                .args(given(&typed, folder.path()))
                .current_dir(folder.path())
                .stdin(input_of(&typed, folder.path()))
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            let is_well = may_end_with(&typed, output.status.code());
            if !is_well || errors.contains("panicked") {
                let (place, status) = (page.display(), output.status);
                failed.push(format!("{place}: {typed}: {status} {errors}"));
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count >= 20, "only {count} were run");
    for made in ["incident.html", "proof.pcapng", "attempts.csv"] {
        assert!(folder.path().join(made).exists(), "{made}");
    }
}
