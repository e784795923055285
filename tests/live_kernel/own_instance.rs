//! The trace instance of a watch: its own, removed at the end, and cleared when it was left behind;
//! and a watch that cannot have one.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{hear, interface_of, network};
use crate::support::harness::{Test, tests};
use crate::support::tools::is_done;
use crate::support::watching::network::on;
use crate::support::watching::running::Watched;
use crate::support::watching::wait_until;

pub(crate) const TESTS: &[Test] = tests![
    its_instance_is_its_own_and_goes_with_it,
    what_a_killed_watch_leaves_is_cleared,
    without_tracefs_it_goes_on,
    without_rights_it_goes_on,
    where_nothing_can_be_made_it_goes_on,
];

/// All trace instances of these processes, as this program's own tracefs shows them.
fn instances() -> Vec<String> {
    let script = "mount -t tracefs nodev /sys/kernel/tracing; ls /sys/kernel/tracing/instances";
    let listed = Command::new("unshare")
        .args(["-m", "sh", "-c", script])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.lines().map(str::to_owned).collect()
}

/// The folder below which another tracer works: removed at the end.
struct OtherTracer(Command, PathBuf);

impl OtherTracer {
    fn start(name: &str) -> Self {
        let place = Path::new("/sys/kernel/tracing/instances").join(name);
        let script = format!(
            "mount -t tracefs nodev /sys/kernel/tracing; mkdir {0} && echo mono > {0}/trace_clock && \
             echo 1 > {0}/events/skb/enable && echo 1 > {0}/events/tcp/enable",
            place.display()
        );
        assert!(is_done("unshare", &["-m", "sh", "-c", &script]));
        let mut stop = Command::new("unshare");
        let script = format!(
            "mount -t tracefs nodev /sys/kernel/tracing; echo 0 > {0}/events/enable; rmdir {0}",
            place.display()
        );
        stop.args(["-m", "sh", "-c", &script]);
        Self(stop, place)
    }

    fn seen(&self) -> String {
        let script = format!(
            "mount -t tracefs nodev /sys/kernel/tracing; cat {0}/trace_clock {0}/trace",
            self.1.display()
        );
        let seen = Command::new("unshare")
            .args(["-m", "sh", "-c", &script])
            .output()
            .unwrap();
        String::from_utf8_lossy(&seen.stdout).into_owned()
    }
}

impl Drop for OtherTracer {
    fn drop(&mut self) {
        let _ = self.0.status();
    }
}

/// Another tracer at work keeps its clock and its events, and the watch has its own.
fn its_instance_is_its_own_and_goes_with_it() {
    let mut network = network();
    let other = OtherTracer::start(&format!("other-{}", std::process::id()));
    let watched = hear(&network.server);
    let own = format!("tcpwhy-{}", watched.child.id());
    assert!(instances().contains(&own), "{own}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", watched.child.id())).unwrap();
    // --processes alone keeps rights: CAP_DAC_READ_SEARCH is 2, CAP_SYS_PTRACE is 19.
    assert!(status.contains("CapEff:\t0000000000080004"), "{status}");
    network.connect("10.0.0.20", 80, 5);
    watched.wait_for("NO_SOCKET");
    let seen = other.seen();
    assert!(
        seen.contains("[mono]") && seen.contains("tcp_send_reset"),
        "{seen}"
    );
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(!instances().contains(&own), "{own} is left");
}

fn what_a_killed_watch_leaves_is_cleared() {
    let network = network();
    let watched = hear(&network.server);
    let left = format!("tcpwhy-{}", watched.child.id());
    watched.kill();
    assert!(instances().contains(&left), "{left}");
    let living = hear(&network.server);
    wait_until(|| {
        let there = instances();
        let is_gone = !there.contains(&left);
        is_gone
            .then_some(())
            .ok_or_else(|| format!("{left} in {there:?}"))
    });
    let next = hear(&network.client);
    let own = format!("tcpwhy-{}", living.child.id());
    assert!(instances().contains(&own), "a living one is left alone");
    next.interrupt();
    living.interrupt();
}

fn without_tracefs_it_goes_on() {
    let mut network = network();
    let program = env!("CARGO_BIN_EXE_tcpwhy");
    let interface = interface_of(&network.server);
    let words = ["live", "--utc", "-i", &interface, "--kernel"];
    let watched = Watched::start(&mut on(&network.server, program, &words));
    network.connect("10.0.0.20", 80, 5);
    watched.wait_for("10.0.0.20:80  refused");
    let ended = watched.interrupt();
    assert_eq!(ended.status, 0, "{ended:?}");
    let report = ended.stdout.join("\n");
    assert!(!report.contains("this host's kernel"), "{report}");
}

/// A watch that is started by this script, goes on all the same, and says this line.
#[track_caller]
fn goes_on_and_says(script: &str, line: &str) {
    let network = network();
    let interface = interface_of(&network.server);
    let words = ["-i", &interface, "--kernel", "--duration", "0.5"];
    let start = ["-c", script, "sh", env!("CARGO_BIN_EXE_tcpwhy"), "live"];
    let output = on(&network.server, "sh", &[&start[..], &words].concat())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(line), "{said}");
}

/// With nothing but the right to capture: one line, and the watch goes on.
fn without_rights_it_goes_on() {
    goes_on_and_says(
        "mount -t tracefs nodev /sys/kernel/tracing && exec setpriv --reuid=65534 --clear-groups \
         --inh-caps=-all,+net_raw --ambient-caps=-all,+net_raw \"$@\"",
        "--kernel: /sys/kernel/tracing is root's: run as root; the watch goes on without the kernel's word",
    );
}

/// As in most containers.
fn where_nothing_can_be_made_it_goes_on() {
    goes_on_and_says(
        "mount -t tracefs nodev /sys/kernel/tracing && \
         mount -o remount,bind,ro /sys/kernel/tracing && exec \"$@\"",
        "--kernel: /sys/kernel/tracing is mounted read-only: mount -o remount,rw /sys/kernel/tracing; the watch goes on without the kernel's word",
    );
}
