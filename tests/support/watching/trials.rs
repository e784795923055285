//! The tests that the command line asks for, where they can run.

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};

use super::network::prefix;

/// Of a watch on a client and a server.
const TOOLS: [&str; 8] = [
    "bash", "ip", "nft", "tcpdump", "python3", "setpriv", "mount", "kill",
];

/// They wait more than they work.
const AT_ONCE: usize = 4;

pub(crate) type Test = fn();

/// Tests of a watch on a client and a server.
pub(crate) fn run_watches(tests: &[(&str, Test)]) -> ExitCode {
    run(tests, AT_ONCE, nothing_to_watch)
}

/// So many at once, unless there is an obstacle.
pub(crate) fn run(
    tests: &[(&str, Test)],
    at_once: usize,
    obstacle: fn() -> Option<String>,
) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(at_once);
    let obstacle = if arguments.list { None } else { obstacle() };
    if let Some(obstacle) = &obstacle {
        eprintln!("nothing can be watched here: {obstacle}");
    }
    let is_built = cfg!(feature = "live");
    let trials = tests
        .iter()
        .map(|(name, test)| {
            let test = *test;
            let run = move || {
                test();
                Ok(())
            };
            Trial::test(*name, run).with_ignored_flag(!is_built || obstacle.is_some())
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Why there are no hosts to watch; where there are, the tools for them have to be there too.
pub(crate) fn nothing_to_watch() -> Option<String> {
    let obstacle = no_namespaces();
    if obstacle.is_none() {
        assert_eq!(missing(&TOOLS), None);
    }
    obstacle
}

pub(crate) fn no_namespaces() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux".to_owned());
    }
    let is_root = Command::new("id").arg("-u").output().ok()?.stdout == b"0\n";
    if !is_root {
        return Some("it needs root, to make network namespaces".to_owned());
    }
    let name = format!("{}-trial", prefix());
    let was_made = is_done("ip", &["netns", "add", &name]);
    is_done("ip", &["netns", "delete", &name]);
    (!was_made).then(|| "network namespaces cannot be made here".to_owned())
}

/// Which of these tools are.
pub(crate) fn missing(tools: &[&str]) -> Option<String> {
    let is_missing = |tool: &&str| !is_done("sh", &["-c", &format!("command -v {tool}")]);
    let missing: Vec<&str> = tools.iter().copied().filter(is_missing).collect();
    (!missing.is_empty()).then(|| format!("missing: {}", missing.join(", ")))
}

pub(crate) fn is_done(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
