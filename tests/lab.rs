//! Connects of real sockets in network namespaces, captured at three places at once: each story of
//! `tests/lab` says what `connect()` returned and what each of the captures must be found to show.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::calibration::tally::{Sureness, note_of_laboratory};
use crate::support::harness::Case;
use crate::support::tools::Needs;

const VANTAGES: [&str; 3] = ["client", "router", "server"];
const NEEDS: Needs = Needs {
    tools: &[
        "ip",
        "nft",
        "iptables",
        "ip6tables",
        "tcpdump",
        "ethtool",
        "nmap",
        "hping3",
        "mergecap",
        "python3",
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
        Case::new(format!("lab::{name}"), NEEDS, move || run_story(&path))
    })
}

fn lab_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab")
}

fn story_files() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(lab_folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lab"))
        .collect();
    paths.sort();
    paths
}

/// Runs the story and compares. Its captures stay in the target folder, to be looked at.
fn run_story(path: &Path) -> Result<(), Failed> {
    let name = path.file_stem().unwrap().to_string_lossy();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("lab")
        .join(&*name);
    let _ = std::fs::remove_dir_all(&scratch);
    std::fs::create_dir_all(&scratch).unwrap();
    let output = Command::new("bash")
        .arg(lab_folder().join("lab.bash"))
        .args([path, &scratch])
        .arg(format!("tcpwhy-lab-{}-{name}", std::process::id()))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    if !output.status.success() || scratch.join("too-long").exists() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("the story could not be told: {}\n{said}", output.status).into());
    }
    let mut failures = compare(&scratch);
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

/// What one `connect()` returned, as `lab.py` wrote it down.
pub(crate) struct Connect {
    pub(crate) name: String,
    pub(crate) result: String,
    then: String,
    pub(crate) client: String,
    pub(crate) server: String,
}

pub(crate) fn connects(scratch: &Path) -> Vec<Connect> {
    let text = std::fs::read_to_string(scratch.join("connects")).unwrap();
    text.lines()
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            let mut next = || fields.next().unwrap();
            Connect {
                name: next(),
                result: next(),
                then: next(),
                client: next(),
                server: next(),
            }
        })
        .collect()
}

/// One `returned`, `verdict` or `attempts` of a story.
pub(crate) struct Expectation {
    pub(crate) line: String,
    pub(crate) verb: String,
    pub(crate) words: Vec<String>,
    /// The words with a `=` in them.
    settings: BTreeMap<String, String>,
}

impl Expectation {
    pub(crate) fn parse(line: &str) -> Self {
        let mut fields = line.split('\t');
        let number = fields.next().unwrap().to_owned();
        let verb = fields.next().unwrap().to_owned();
        let (settings, words): (Vec<&str>, Vec<&str>) = fields.partition(|word| word.contains('='));
        Self {
            line: number,
            verb,
            words: words.into_iter().map(str::to_owned).collect(),
            settings: settings
                .into_iter()
                .map(|setting| setting.split_once('=').unwrap())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    pub(crate) fn word(&self, position: usize) -> &str {
        self.words
            .get(position)
            .unwrap_or_else(|| panic!("line {}: a word is missing", self.line))
    }

    pub(crate) fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    fn is_about(&self, vantage: &str) -> bool {
        self.word(0) == "all" || self.word(0).split(',').any(|one| one == vantage)
    }
}

fn compare(scratch: &Path) -> Vec<String> {
    let connects = connects(scratch);
    let text = std::fs::read_to_string(scratch.join("expectations")).unwrap();
    let expectations: Vec<Expectation> = text.lines().map(Expectation::parse).collect();
    let (returned, verdicts): (Vec<_>, Vec<_>) = expectations
        .iter()
        .partition(|expectation| expectation.verb == "returned");
    let mut failures = unexpected_results(&connects, &returned);
    let story = scratch.file_name().unwrap().to_string_lossy();
    for vantage in VANTAGES {
        let capture = scratch.join(format!("{vantage}.pcap"));
        let about: Vec<&Expectation> = verdicts
            .iter()
            .copied()
            .filter(|expectation| expectation.is_about(vantage))
            .collect();
        let attempts = report(&capture);
        let misplaced = wrong_places(vantage, &attempts);
        failures.extend(
            differences((&story, vantage), &connects, &about, attempts)
                .into_iter()
                .chain(misplaced)
                .map(|difference| format!("{vantage}: {difference}")),
        );
    }
    failures
}

fn report(capture: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_tcpwhy"))
        .arg("read")
        .arg(capture)
        .args(log_beside(capture))
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["attempts"].as_array().unwrap().clone()
}

/// The kernel's log, where the story has one.
fn log_beside(capture: &Path) -> Vec<PathBuf> {
    let log = capture.with_file_name("kernel.log");
    let is_there = log.exists();
    let words = [PathBuf::from("--log"), log];
    words.into_iter().filter(|_| is_there).collect()
}

/// An end must not be taken for the other: where a capture was taken decides what silence means.
/// The router is on the link of each side; of two SYNs that cross, each end sees its own first.
fn wrong_places(vantage: &str, attempts: &[Value]) -> Vec<String> {
    let other_end = match vantage {
        "client" => "server",
        "server" => "client",
        _ => return Vec::new(),
    };
    attempts
        .iter()
        .filter(|attempt| attempt["captured_at"] == other_end && !has_crossing_syn(attempt))
        .map(|attempt| format!("taken for a capture at the {other_end}: {}", brief(attempt)))
        .collect()
}

fn has_crossing_syn(attempt: &Value) -> bool {
    let packets = attempt["evidence"].as_array().unwrap();
    packets
        .iter()
        .any(|packet| packet["role"] == "crossing_syn")
}

/// Every connect must have returned what one of its `returned` lines says, as often as it says.
pub(crate) fn unexpected_results(connects: &[Connect], returned: &[&Expectation]) -> Vec<String> {
    let mut failures = Vec::new();
    let mut times = vec![0; returned.len()];
    for connect in connects {
        let fits = returned
            .iter()
            .position(|expectation| has_returned(connect, expectation));
        match fits {
            Some(position) => times[position] += 1,
            None => failures.push(format!(
                "{} returned {} (then {})",
                connect.name, connect.result, connect.then
            )),
        }
    }
    for (expectation, times) in returned.iter().zip(times) {
        let expected = expectation.setting("times").unwrap_or("1");
        if !in_range(times, expected) {
            let line = &expectation.line;
            failures.push(format!("line {line}: {times} times, not {expected}"));
        }
    }
    failures
}

fn has_returned(connect: &Connect, expectation: &Expectation) -> bool {
    expectation.word(0) == connect.name
        && expectation
            .word(1)
            .split(',')
            .any(|result| result == connect.result)
        && expectation
            .setting("then")
            .is_none_or(|then| then.split(',').any(|then| then == connect.then))
}

/// `3`, `3..` or `3..5`, the last included.
pub(crate) fn in_range(number: usize, range: &str) -> bool {
    let bound = |text: &str| text.parse::<usize>().unwrap();
    match range.split_once("..") {
        None => number == bound(range),
        Some((from, "")) => number >= bound(from),
        Some((from, to)) => (bound(from)..=bound(to)).contains(&number),
    }
}

/// Where the attempts found at a vantage are not those that were expected there.
fn differences(
    place: (&str, &str),
    connects: &[Connect],
    expectations: &[&Expectation],
    mut unmatched: Vec<Value>,
) -> Vec<String> {
    let mut failures = Vec::new();
    for expectation in expectations.iter().filter(|one| one.verb == "verdict") {
        let (name, result) = match expectation.word(1).split_once('/') {
            Some((name, result)) => (name, Some(result)),
            None => (expectation.word(1), None),
        };
        let meant: Vec<&Connect> = connects
            .iter()
            .filter(|connect| {
                connect.name == name && result.is_none_or(|result| connect.result == result)
            })
            .collect();
        if meant.is_empty() {
            failures.push(format!(
                "line {}: no such connect: {name}",
                expectation.line
            ));
        }
        for connect in meant {
            failures.extend(
                wrong_verdict(place, connect, expectation, &mut unmatched)
                    .into_iter()
                    .map(|difference| format!("line {}: {name}: {difference}", expectation.line)),
            );
        }
    }
    for expectation in expectations.iter().filter(|one| one.verb == "attempts") {
        failures.extend(wrong_attempts(place.0, expectation, &mut unmatched));
    }
    failures.extend(
        unmatched
            .iter()
            .map(|attempt| format!("not expected: {}", brief(attempt))),
    );
    failures
}

/// Takes the attempt of the connect, if the vantage has one, and compares.
fn wrong_verdict(
    (story, vantage): (&str, &str),
    connect: &Connect,
    expectation: &Expectation,
    unmatched: &mut Vec<Value>,
) -> Vec<String> {
    let outcome = expectation.word(2);
    let server = expectation.setting("server");
    let client = expectation.setting("client").unwrap_or(&connect.client);
    let position = unmatched.iter().position(|attempt| {
        attempt["client"] == *client && attempt["server"] == *server.unwrap_or(&connect.server)
    });
    let attempt = match position {
        None if outcome == "absent" => return Vec::new(),
        None => return vec![format!("no attempt, not {outcome}")],
        Some(position) => unmatched.remove(position),
    };
    let mut failures = Vec::new();
    if attempt["outcome"] != outcome {
        failures.push(format!("{}, not {outcome}", attempt["outcome"]));
    }
    failures.extend(wrong_cause(&attempt, expectation.setting("cause")));
    count(story, &attempt, expectation.setting("cause"));
    failures.extend(wrong_fields(&attempt, expectation));
    if vantage == "client" && !expectation.settings.contains_key("app_error") {
        failures.extend(wrong_app_error(&attempt, connect));
    }
    if !failures.is_empty() {
        failures.push(brief(&attempt));
    }
    failures
}

/// Takes the attempts of an outcome that no verdict took, counts them and looks at the cause of
/// each.
fn wrong_attempts(
    story: &str,
    expectation: &Expectation,
    unmatched: &mut Vec<Value>,
) -> Vec<String> {
    let mut failures = Vec::new();
    let outcome = expectation.word(1);
    let (taken, left): (Vec<Value>, Vec<Value>) = unmatched
        .drain(..)
        .partition(|attempt| attempt["outcome"] == outcome);
    *unmatched = left;
    let expected = expectation.setting("times").unwrap_or("1");
    if !in_range(taken.len(), expected) {
        let (line, times) = (&expectation.line, taken.len());
        failures.push(format!("line {line}: {times} {outcome}, not {expected}"));
    }
    for attempt in &taken {
        let difference = wrong_cause(attempt, expectation.setting("cause"));
        count(story, attempt, expectation.setting("cause"));
        failures.extend(difference.map(|difference| {
            format!(
                "line {}: {difference}: {}",
                expectation.line,
                brief(attempt)
            )
        }));
    }
    failures
}

/// Whether the cause is one of `best,weaker:likely,none`, and no surer than it may be: the first
/// may be certain, the others likely, unless they say otherwise.
fn wrong_cause(attempt: &Value, expected: Option<&str>) -> Option<String> {
    let expected = expected.unwrap_or("none");
    let cause = attempt["cause"].as_str().unwrap_or("none");
    let confidence = attempt["confidence"].as_str().unwrap_or("none");
    let allowed = expected.split(',').enumerate().find_map(|(rank, one)| {
        let usual = if rank == 0 { "certain" } else { "likely" };
        let (name, surest) = one.split_once(':').unwrap_or((one, usual));
        (name == cause).then_some(surest)
    });
    let sureness = |confidence| {
        ["none", "possible", "likely", "certain"]
            .iter()
            .position(|one| *one == confidence)
    };
    match allowed {
        Some(_) if cause == "none" => None,
        Some(surest) if sureness(confidence) <= sureness(surest) => None,
        _ => Some(format!("cause {cause} ({confidence}), not {expected}")),
    }
}

/// Counts how often a cause is right that is said to be likely or certain: one of those that the
/// story names, unless it would have it no more than possible.
fn count(story: &str, attempt: &Value, right: Option<&str>) {
    let sureness = attempt["confidence"].as_str().and_then(Sureness::of);
    let Some((cause, sureness)) = attempt["cause"].as_str().zip(sureness) else {
        return;
    };
    let mut right = right.into_iter().flat_map(|causes| causes.split(','));
    let is_right = right.any(|one| {
        one.split_once(':').map_or(
            one,
            |(name, surest)| {
                if surest == "possible" { "" } else { name }
            },
        ) == cause
    });
    note_of_laboratory(story, cause, sureness, is_right);
}

fn wrong_fields(attempt: &Value, expectation: &Expectation) -> Vec<String> {
    let about_fields = expectation
        .settings
        .iter()
        .filter(|(name, _)| !["cause", "server", "client"].contains(&name.as_str()));
    about_fields
        .filter_map(|(name, expected)| {
            let found = match &attempt[name] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let is_right = match attempt[name].as_u64() {
                Some(number) => in_range(usize::try_from(number).unwrap(), expected),
                None => expected.split(',').any(|one| one == found),
            };
            (!is_right).then(|| format!("{name} is {found}, not {expected}"))
        })
        .collect()
}

/// What `connect()` returned may be left open, but if something is said it must be what it
/// returned.
fn wrong_app_error(attempt: &Value, connect: &Connect) -> Option<String> {
    let said = attempt["app_error"].as_str()?;
    let was_error = connect.result.starts_with('E');
    let is_wrong = if was_error {
        said != connect.result
    } else {
        connect.result == "success" && attempt["outcome"] != "reset"
    };
    is_wrong.then(|| {
        format!(
            "app_error is {said}, but connect() returned {}",
            connect.result
        )
    })
}

fn brief(attempt: &Value) -> String {
    let text = |name: &str| attempt[name].as_str().unwrap_or("none").to_owned();
    format!(
        "{} > {} {} ({} SYNs, {} SYN-ACKs), cause {} ({}), {}",
        text("client"),
        text("server"),
        text("outcome"),
        attempt["syn_count"],
        attempt["syn_ack_count"],
        text("cause"),
        text("confidence"),
        attempt["notes"]
    )
}
