//! What a test needs that not every machine has. Without it the test is skipped, and says so.
//! Where `CI` is set, the test fails instead if it lacks what could be installed.

#![allow(
    clippy::disallowed_methods,
    reason = "what a machine has is in its environment"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use super::watching::network::{prefix, python};

/// The tools that are not on every machine, each with the package that brings it.
const PACKAGES: &str = include_str!("tools.txt");

/// What a test asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// Programs, by the names in `tools.txt`.
    pub(crate) tools: &'static [&'static str],
    /// More of them: those of one test in a group that needs the others.
    pub(crate) also: &'static [&'static str],
    /// Networks of its own: root on Linux may make them.
    pub(crate) namespaces: bool,
    /// `tcpwhy live`.
    pub(crate) live: bool,
    /// A kernel that tells by tracefs why it refuses and drops.
    pub(crate) tracefs: bool,
}

/// Why a test cannot run here.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Tools that could be installed.
    Missing(Vec<&'static str>),
    /// What this machine, this user or this build does not have.
    Beyond(&'static str),
}

impl Obstacle {
    /// What the test needs, in words.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Missing(tools) => tools.join(", "),
            Self::Beyond(what) => (*what).to_owned(),
        }
    }

    /// Whether the test fails for it instead of being skipped.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self, Self::Missing(_)) && std::env::var_os("CI").is_some()
    }
}

impl Needs {
    /// `tcpwhy live`, and networks to watch that are made with these tools.
    pub(crate) const fn networks(tools: &'static [&'static str]) -> Self {
        Self {
            tools,
            also: &[],
            namespaces: true,
            live: true,
            tracefs: false,
        }
    }

    /// What is missing here.
    pub(crate) fn obstacle(self) -> Option<Obstacle> {
        if self.live && !cfg!(feature = "live") {
            return Some(Obstacle::Beyond("the feature \"live\""));
        }
        if self.namespaces && !cfg!(target_os = "linux") {
            return Some(Obstacle::Beyond("Linux"));
        }
        if self.namespaces && !is_root() {
            return Some(Obstacle::Beyond("root, to make network namespaces"));
        }
        let missing = self.missing();
        if !missing.is_empty() {
            return Some(Obstacle::Missing(missing));
        }
        let is_closed = self.namespaces && !can_make_namespaces();
        if is_closed {
            return Some(Obstacle::Beyond("the right to make network namespaces"));
        }
        let is_mute = self.tracefs && !has_tracefs();
        is_mute.then_some(Obstacle::Beyond(
            "tracefs, with tcp_send_reset (Linux 6.10)",
        ))
    }

    /// The tools that are missing.
    fn missing(self) -> Vec<&'static str> {
        let tools = self.tools.iter().chain(self.also).copied();
        tools.filter(|tool| !is_there(tool)).collect()
    }
}

fn is_there(tool: &str) -> bool {
    package_of(tool);
    if tool == "python3-prometheus-client" {
        static CAN_PARSE: OnceLock<bool> = OnceLock::new();
        let import = ["-c", "import prometheus_client.openmetrics.parser"];
        return *CAN_PARSE.get_or_init(|| is_done(python(), &import));
    }
    if tool == "python3-pandas" {
        static CAN_IMPORT: OnceLock<bool> = OnceLock::new();
        return *CAN_IMPORT.get_or_init(|| is_done(python(), &["-c", "import pandas"]));
    }
    if MODULES.contains(&tool) {
        return python_with(tool).is_some();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// Those of the tools that are modules of Python, and no programs.
const MODULES: [&str; 3] = ["grafana_foundation_sdk", "tomllib", "vrl_python"];

/// The first Python of the `PATH` that has this module: it may be in an environment of its own.
pub(crate) fn python_with(module: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let pythons = std::env::split_paths(&path).map(|folder| folder.join("python3"));
    let import = format!("import {module}");
    pythons
        .filter(|python| python.is_file())
        .find(|python| is_done(&python.to_string_lossy(), &["-c", &import]))
}

fn packages() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = PACKAGES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' '))
}

fn package_of(tool: &str) -> &'static str {
    let found = packages().find(|(name, _)| *name == tool);
    let (_, package) = found.unwrap_or_else(|| panic!("{tool} is not in tests/support/tools.txt"));
    package
}

pub(crate) fn is_root() -> bool {
    static IS_ROOT: OnceLock<bool> = OnceLock::new();
    *IS_ROOT.get_or_init(|| {
        let user = Command::new("id").arg("-u").output();
        user.is_ok_and(|user| user.stdout == b"0\n")
    })
}

fn can_make_namespaces() -> bool {
    static CAN_MAKE: OnceLock<bool> = OnceLock::new();
    *CAN_MAKE.get_or_init(|| {
        let name = format!("{}-trial", prefix());
        let was_made = is_done("ip", &["netns", "add", &name]);
        is_done("ip", &["netns", "delete", &name]);
        was_made
    })
}

/// In a namespace of mounts of its own: nothing is left behind.
fn has_tracefs() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let events = "/sys/kernel/tracing/events";
        let script = format!(
            "mount -t tracefs nodev /sys/kernel/tracing; grep -q reason {events}/tcp/tcp_send_reset/format && \
             grep -q NETFILTER_DROP {events}/skb/kfree_skb/format"
        );
        is_done("unshare", &["-m", "sh", "-c", &script])
    })
}

/// Runs a program and says nothing of it but whether it succeeded.
pub(crate) fn is_done(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The tests that were skipped: how many for each obstacle, and the packages that they need.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    counts: Mutex<BTreeMap<String, usize>>,
    packages: Mutex<BTreeSet<&'static str>>,
}

impl Skipped {
    /// Besides the obstacle, tools may be missing that would be asked for next.
    pub(crate) fn add(&self, obstacle: &Obstacle, needs: Needs) {
        *self
            .counts
            .lock()
            .unwrap()
            .entry(obstacle.what())
            .or_default() += 1;
        let packages = needs.missing().into_iter().map(package_of);
        self.packages.lock().unwrap().extend(packages);
    }

    /// How many there were, and how to run them: the last lines of a run. Nothing without any.
    pub(crate) fn summary(&self) -> Option<String> {
        let counts = self.counts.lock().unwrap();
        let count: usize = counts.values().sum();
        if count == 0 {
            return None;
        }
        let reasons = counts
            .iter()
            .map(|(what, count)| format!("{what} ({count})"));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        let packages = self.packages.lock().unwrap();
        let packages: Vec<&str> = packages.iter().copied().collect();
        let how = how_to_run_all(&packages);
        Some(format!(
            "skipped: {count} tests, for want of: {reasons}\nto run them all: {how}"
        ))
    }
}

fn how_to_run_all(packages: &[&str]) -> String {
    let (sudo, cargo) = if is_root() {
        ("", "CI=true cargo test")
    } else {
        ("sudo ", "sudo env \"PATH=$PATH\" CI=true cargo test")
    };
    let of_python = packages.iter().filter_map(|name| name.strip_prefix("pip:"));
    let of_python: Vec<&str> = of_python.collect();
    let of_debian = packages.iter().filter(|name| !name.starts_with("pip:"));
    let of_debian: Vec<&str> = of_debian.copied().collect();
    let mut steps = Vec::new();
    if !of_debian.is_empty() {
        let packages = of_debian.join(" ");
        let install = "DEBIAN_FRONTEND=noninteractive apt-get install -y";
        steps.push(format!("{sudo}env {install} {packages}"));
    }
    if !of_python.is_empty() {
        steps.push(format!("pip install {}", of_python.join(" ")));
    }
    steps.push(cargo.to_owned());
    steps.join(" && ")
}
