//! Every file of `tests/paths` is a story that several places see, and what must be said of it.
//!
//! `tests/paths/README.md` describes the language. Each story is told three times: with clocks as
//! the story has them, with clocks hours apart, and with the captures of each place in two files.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::command::run;
use crate::support::harness::Case;
use crate::support::pcap::{CapturedPacket, pcap_file};
use crate::support::tools::Needs;
use crate::support::{in_package, scenario};

/// Each story by its name.
pub(crate) fn stories() -> impl Iterator<Item = Case> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(in_package("tests/paths"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "story")
        })
        .collect();
    paths.sort();
    paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy();
        let name = format!("paths::{name}");
        Case::new(name, Needs::default(), move || {
            let text = std::fs::read_to_string(&path)?;
            let story = Story::parse(&text);
            for telling in [Telling::AsItIs, Telling::HoursApart, Telling::InTwoFiles] {
                let told = story.check(telling);
                told.map_err(|error| format!("{telling:?}: {error:?}"))?;
            }
            Ok(())
        })
    })
}

/// Writes the captures of a story into a folder: for each place its name and its capture.
pub(crate) fn captures_of(story: &Path, folder: &Path) -> Vec<(String, PathBuf)> {
    let story = Story::parse(&std::fs::read_to_string(story).unwrap());
    let places = story.places.iter().enumerate();
    places
        .map(|(index, place)| {
            let path = folder.join(format!("{place}-0.pcap"));
            let captures = story.captures(index, Telling::AsItIs);
            std::fs::write(&path, captures.concat()).unwrap();
            (place.clone(), path)
        })
        .collect()
}

/// How a story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Telling {
    AsItIs,
    /// The clock of each place but the first is hours ahead or behind.
    HoursApart,
    /// The captures of each place are two files.
    InTwoFiles,
}

/// Hours and a bit, another for each place, in nanoseconds.
const HOURS_NS: [i64; 4] = [0, 10_801_250_000_000, -7_200_003_000_000, 3_600_000_400_000];

/// From one place to the next, in seconds.
const HOP_SECONDS: f64 = 0.0005;

#[derive(Debug, Default)]
struct Story {
    places: Vec<String>,
    names: BTreeMap<String, String>,
    /// Lines of the language of scenarios, by place and time.
    lines: BTreeMap<String, Vec<(f64, String)>>,
    clocks: BTreeMap<String, f64>,
    /// In which second clocks are set, and by how many they are moved ahead.
    set: BTreeMap<String, (f64, f64)>,
    options: Vec<String>,
    expected: Vec<Expected>,
    findings: Option<Vec<String>>,
    says: Vec<String>,
}

/// What must be said of a connect.
#[derive(Debug)]
struct Expected {
    ends: (SocketAddr, SocketAddr),
    outcome: String,
    verdicts: Vec<String>,
}

impl Story {
    fn parse(text: &str) -> Self {
        let mut story = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap().trim();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                ["places", places @ ..] => {
                    story.places = places.iter().map(|place| (*place).to_owned()).collect();
                }
                [name, "=", address] => {
                    story
                        .names
                        .insert((*name).to_owned(), (*address).to_owned());
                }
                ["clock", place, ahead] => {
                    story
                        .clocks
                        .insert((*place).to_owned(), ahead.parse().unwrap());
                }
                ["set", place, second, ahead] => {
                    let set = (second.parse().unwrap(), ahead.parse().unwrap());
                    story.set.insert((*place).to_owned(), set);
                }
                ["option", options @ ..] => {
                    story.options = options.iter().map(|word| (*word).to_owned()).collect();
                }
                ["sound", rest @ ..] => story.sound(rest),
                ["expect", client, ">", server, outcome] => story.expected.push(Expected {
                    ends: (story.endpoint(client), story.endpoint(server)),
                    outcome: (*outcome).to_owned(),
                    verdicts: Vec::new(),
                }),
                ["verdict", verdict @ ..] => {
                    let expected = story.expected.last_mut().expect("of which connect?");
                    expected.verdicts.push(verdict.join(" "));
                }
                ["findings", kinds @ ..] => {
                    story.findings = Some(kinds.iter().map(|kind| (*kind).to_owned()).collect());
                }
                ["says", ..] => story.says.push(line["says ".len()..].to_owned()),
                [time, rest @ ..] => story.packet(time.parse().expect("a time"), rest),
            }
        }
        story
    }

    fn endpoint(&self, name: &str) -> SocketAddr {
        let text = self.names.get(name).map_or(name, String::as_str);
        text.parse()
            .unwrap_or_else(|_| panic!("'{name}' is no endpoint"))
    }

    /// `client fw | C > S SYN seq=1 fw:mss=1360 fw:from=N`: seen at these places one after the
    /// other, a hop less at each.
    fn packet(&mut self, time: f64, words: &[&str]) {
        let bar = words
            .iter()
            .position(|word| *word == "|")
            .expect("seen where?");
        let (places, what) = (&words[..bar], &words[bar + 1..]);
        let mut own: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        let mut common = Vec::new();
        for word in what {
            let special = word
                .split_once(':')
                .filter(|(place, _)| self.places.iter().any(|known| known == place));
            match special {
                Some((place, field)) => {
                    let field = field.split_once('=').unwrap_or((field, ""));
                    own.entry(place).or_default().push(field);
                }
                None => common.push(*word),
            }
        }
        let is_segment = common.get(1) == Some(&">") && common.get(3) != Some(&"ICMP");
        for (passed, place) in (0_u8..).zip(places) {
            let mut words: Vec<String> = common.iter().map(|word| (*word).to_owned()).collect();
            for (key, value) in own.get(place).into_iter().flatten() {
                match *key {
                    "from" => (*value).clone_into(&mut words[0]),
                    "to" => (*value).clone_into(&mut words[2]),
                    key => {
                        words.retain(|word| !word.starts_with(&format!("{key}=")));
                        if *value != "-" {
                            words.push(format!("{key}={value}"));
                        }
                    }
                }
            }
            if is_segment && !words.iter().any(|word| word.starts_with("ttl=")) {
                words.push(format!("ttl={}", 64 - passed));
            }
            let at = time + f64::from(passed) * HOP_SECONDS;
            let lines = self.lines.entry((*place).to_owned()).or_default();
            lines.push((at, words.join(" ")));
        }
    }

    /// `192.0.2.9 > S 0 30 0.5`: from second 0 to 30 a handshake with data each half second, seen
    /// everywhere, or, with `at`, at these places. Fields go to the SYN.
    fn sound(&mut self, words: &[&str]) {
        let [client, ">", server, from, until, every, rest @ ..] = words else {
            panic!("how often?")
        };
        let number = |text: &str| -> f64 { text.parse().unwrap() };
        let (from, until, every) = (number(from), number(until), number(every));
        let places: Vec<String> = match rest {
            ["at", places @ ..] => places.iter().map(|place| (*place).to_owned()).collect(),
            _ => self.places.clone(),
        };
        let fields = if rest.first() == Some(&"at") {
            ""
        } else {
            &rest.join(" ")
        };
        let forth = places.join(" ");
        let back: Vec<&str> = places.iter().rev().map(String::as_str).collect();
        let back = back.join(" ");
        let mut at = from;
        let mut number = 0_u32;
        while at <= until {
            let client = format!("{client}:{}", 30_000 + number);
            // Numbers and timestamps that no other connect has.
            let group = format!("{client}{from}").bytes().fold(7_u32, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u32::from(byte))
            });
            let seq = group.wrapping_mul(65_599).wrapping_add(number * 77_777);
            let ts = 900_000 + group % 100_000 * 1000 + number * 500;
            let id = 2000 + group % 50_000 + number * 4;
            let (next, isn) = (seq.wrapping_add(1), 7_000_000 + number * 1000);
            let data = next.wrapping_add(10);
            for (later, line) in [
                (
                    0.0,
                    format!("{forth} | {client} > {server} SYN seq={seq} ts={ts} id={id} {fields}"),
                ),
                (
                    0.01,
                    format!(
                        "{back} | {server} > {client} SYN,ACK seq={isn} ack={next} ts={ts}/{ts}"
                    ),
                ),
                (
                    0.02,
                    format!(
                        "{forth} | {client} > {server} ACK seq={next} ack={} ts={}/{ts} id={}",
                        isn + 1,
                        ts + 20,
                        id + 1
                    ),
                ),
                (
                    0.03,
                    format!(
                        "{forth} | {client} > {server} PSH,ACK seq={next} ack={} len=10 ts={}/{ts} id={}",
                        isn + 1,
                        ts + 30,
                        id + 2
                    ),
                ),
                (
                    0.04,
                    format!(
                        "{back} | {server} > {client} PSH,ACK seq={} ack={data} len=20 ts={}/{}",
                        isn + 1,
                        ts + 40,
                        ts + 30
                    ),
                ),
                (
                    0.05,
                    format!(
                        "{forth} | {client} > {server} ACK seq={data} ack={} ts={}/{} id={}",
                        isn + 21,
                        ts + 50,
                        ts + 40,
                        id + 3
                    ),
                ),
            ] {
                let words: Vec<&str> = line.split_whitespace().collect();
                self.packet(at + later, &words);
            }
            at += every;
            number += 1;
        }
    }

    /// The captures of a place, as they are told.
    fn captures(&self, index: usize, telling: Telling) -> Vec<Vec<u8>> {
        let place = &self.places[index];
        let mut lines = self.lines.get(place).cloned().unwrap_or_default();
        lines.sort_by(|one, other| one.0.total_cmp(&other.0));
        let names = self.names.iter().map(|(name, address)| {
            format!(
                "{name} = {address}
"
            )
        });
        let names: Vec<String> = names.collect();
        let times: Vec<f64> = lines.iter().map(|(at, _)| *at).collect();
        let lines = lines.iter().map(|(at, line)| {
            format!(
                "{at:.7} {line}
"
            )
        });
        let lines: Vec<String> = lines.collect();
        let mut packets = scenario::parse(&[names, lines].concat().concat()).packets;
        #[expect(clippy::cast_possible_truncation, reason = "clocks are hours apart")]
        let nanoseconds = |seconds: f64| (seconds * 1e9) as i64;
        let mut ahead = nanoseconds(self.clocks.get(place).copied().unwrap_or(0.0));
        if telling == Telling::HoursApart {
            ahead += HOURS_NS[index % HOURS_NS.len()];
        }
        let set = self.set.get(place).copied();
        for (packet, at) in packets.iter_mut().zip(times) {
            let moved = set.filter(|(second, _)| at >= *second);
            let moved = moved.map_or(0, |(_, moved)| nanoseconds(moved));
            packet.nanoseconds = packet.nanoseconds.saturating_add_signed(ahead + moved);
        }
        let file = |packets: &[CapturedPacket]| pcap_file(1, packets);
        if telling == Telling::InTwoFiles && packets.len() > 3 {
            let (first, second) = packets.split_at(packets.len() / 2);
            vec![file(first), file(second)]
        } else {
            vec![file(&packets)]
        }
    }

    fn check(&self, telling: Telling) -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let mut arguments = vec![
            "compare".to_owned(),
            "-F".to_owned(),
            "json".to_owned(),
            "-q".to_owned(),
        ];
        arguments.extend(self.options.iter().cloned());
        for (index, place) in self.places.iter().enumerate() {
            let files = self.captures(index, telling).into_iter().enumerate();
            let files: Vec<String> = files
                .map(|(number, bytes)| {
                    let path = folder.path().join(format!("{place}-{number}.pcap"));
                    std::fs::write(&path, bytes).unwrap();
                    path.to_string_lossy().into_owned()
                })
                .collect();
            arguments.push(format!("{place}={}", files.join(",")));
        }
        let ran = run(&arguments);
        if ran.status != 0 {
            return Err(format!("status {}: {}", ran.status, ran.stderr).into());
        }
        let report: Value = serde_json::from_str(&ran.stdout)?;
        self.check_attempts(&report)?;
        let kinds = texts(&report["findings"], "kind");
        // Clocks that are set otherwise are told as such.
        let is_told = |kind: &String| telling != Telling::HoursApart || kind != "clocks_apart";
        let kinds: Vec<String> = kinds.into_iter().filter(is_told).collect();
        if let Some(findings) = &self.findings {
            let expected: Vec<String> = findings
                .iter()
                .filter(|kind| is_told(kind))
                .cloned()
                .collect();
            if *expected != kinds {
                return Err(format!(
                    "findings {kinds:?}, not {expected:?}: {:#}",
                    report["findings"]
                )
                .into());
            }
        }
        "text".clone_into(&mut arguments[2]);
        let text = run(&arguments).stdout;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match self.says.iter().find(|say| !text.contains(say.as_str())) {
            Some(say) if telling == Telling::AsItIs => {
                Err(format!("'{say}' is not in: {text}").into())
            }
            _ => Ok(()),
        }
    }

    fn check_attempts(&self, report: &Value) -> Result<(), Failed> {
        let attempts = report["attempts"].as_array().ok_or("no attempts")?;
        let mut used = vec![false; attempts.len()];
        for expected in &self.expected {
            let found = attempts.iter().enumerate().position(|(index, attempt)| {
                !used[index]
                    && attempt["client"] == expected.ends.0.to_string()
                    && attempt["server"] == expected.ends.1.to_string()
            });
            let index = found.ok_or(format!("no connect {:?}", expected.ends))?;
            used[index] = true;
            let attempt = &attempts[index];
            if attempt["outcome"] != expected.outcome.as_str() {
                return Err(format!("outcome: {attempt:#}").into());
            }
            let mut verdicts: Vec<String> = attempt["verdicts"]
                .as_array()
                .unwrap()
                .iter()
                .map(one_line)
                .collect();
            let mut sought = expected.verdicts.clone();
            verdicts.sort();
            sought.sort();
            if verdicts != sought {
                return Err(format!("verdicts {verdicts:#?}, not {sought:#?}").into());
            }
        }
        // No blame on any other.
        for (attempt, _) in attempts.iter().zip(&used).filter(|(_, used)| !**used) {
            let kinds = texts(&attempt["verdicts"], "kind");
            if attempt["outcome"] != "established"
                || kinds.iter().any(|kind| kind != "same" && kind != "altered")
            {
                return Err(format!("not expected: {attempt:#}").into());
            }
        }
        Ok(())
    }
}

/// `syn_lost syn client fw 4 certain`, `altered syn client fw 1 certain mss:1460:1360`.
fn one_line(verdict: &Value) -> String {
    let mut words = vec![verdict["kind"].as_str().unwrap().to_owned()];
    words.extend(verdict["packet"].as_str().map(str::to_owned));
    let places = verdict["between"].as_array().unwrap().iter();
    words.extend(places.map(|place| place.as_str().unwrap().to_owned()));
    words.push(verdict["count"].to_string());
    words.push(verdict["confidence"].as_str().unwrap().to_owned());
    words.extend(verdict["because"].as_str().map(str::to_owned));
    for change in verdict["changes"].as_array().into_iter().flatten() {
        let text = |field: &str| change[field].as_str().unwrap().to_owned();
        words.push(format!("{}:{}:{}", text("field"), text("from"), text("to")));
    }
    words.join(" ")
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[field].as_str().unwrap().to_owned())
        .collect()
}
