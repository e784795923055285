//! One path, captured at several places at once: each story of this folder is told by real sockets
//! in network namespaces (`tests/lab/lab.bash`), and says what `tcpwhy compare` must find. What is
//! true is read from each place's own packets, by tshark, while all clocks still agree; then the
//! clocks of the places are moved apart.

mod clocks;
mod expected;
pub(crate) mod hostile;
pub(crate) mod random;
mod said;
mod truth;
mod tshark;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Failed;

use crate::support::harness::Case;
use crate::support::tools::Needs;

use clocks::Clocks;
use expected::Story;

const NEEDS: Needs = Needs {
    tools: &[
        "ip", "nft", "iptables", "tcpdump", "ethtool", "editcap", "tshark", "python3",
    ],
    also: &[],
    namespaces: true,
    live: false,
    tracefs: false,
};
/// Of the failures of one story. A busy one would fill the screen.
const SHOWN_FAILURES: usize = 24;
/// Stories wait more than they work, but more of them at once would disturb each other's clocks.
pub(crate) const AT_ONCE: usize = 4;

/// Each story of the folder by its name.
pub(crate) fn stories() -> impl Iterator<Item = Case> {
    story_files().into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        let also: &[&str] = match name.as_ref() {
            "ipv6-to-ipv4" => &["tayga"],
            _ => &[],
        };
        let needs = Needs { also, ..NEEDS };
        Case::new(format!("places::{name}"), needs, move || run_story(&path))
    })
}

fn in_tests(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder)
}

fn story_files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(in_tests("places"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lab"))
        .collect();
    paths.sort();
    paths
}

/// Tells the story and compares, with each way to set the clocks. The captures stay in the target
/// folder, to be looked at.
fn run_story(path: &Path) -> Result<(), Failed> {
    let name = path.file_stem().unwrap().to_string_lossy();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("places")
        .join(&*name);
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).unwrap();
    tell(path, &scratch, &name)?;
    let story = Story::of(&scratch);
    let truth = truth::of(&story);
    let mut failures = story.unexpected_results();
    for clocks in Clocks::ALL {
        let places = clocks.set(&story);
        let said = said::by_compare(&places);
        failures.extend(
            story
                .differences(&truth, &said)
                .into_iter()
                .chain(clocks.wrongly_told(&said))
                .map(|difference| format!("{}: {difference}", clocks.name)),
        );
    }
    if failures.is_empty() {
        return Ok(());
    }
    if failures.len() > SHOWN_FAILURES {
        let more = failures.len() - SHOWN_FAILURES;
        failures.truncate(SHOWN_FAILURES);
        failures.push(format!("and {more} lines more"));
    }
    failures.push(format!("captures and connects: {}", scratch.display()));
    Err(failures.join("\n").into())
}

/// Runs the story.
fn tell(path: &Path, scratch: &Path, name: &str) -> Result<(), Failed> {
    let output = Command::new("bash")
        .arg(in_tests("lab").join("lab.bash"))
        .args([path, scratch])
        .arg(format!("tcpwhy-places-{}-{name}", std::process::id()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if output.status.success() && !scratch.join("too-long").exists() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("the story could not be told: {}\n{said}", output.status).into())
}
