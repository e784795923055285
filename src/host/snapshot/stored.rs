//! Snapshots that come back from a file.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::{HostSnapshot, SCHEMA};
use crate::capture::STANDARD_INPUT;

/// A snapshot takes no more: a host with 4,096 listeners and 20,000 rules stays below.
const MOST_OF_ONE: u64 = 32 << 20;

/// So many of one file are kept; of more, every second one goes until they fit.
const MOST_KEPT: usize = 1024;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSnapshots {
    /// In order of time.
    pub snapshots: Vec<HostSnapshot>,
    /// How many were read and not kept, because there are too many.
    pub left_out: u64,
    /// Why it was not read to its end.
    pub problem: Option<String>,
}

/// Why a file has no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum NoSnapshot {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("{0}")]
    Foreign(String),
}

/// Reads what `tcpwhy host` wrote: one document, or one on each line. Standard input is `-`.
///
/// # Errors
///
/// When there is not one snapshot in it.
pub fn read_snapshots(path: &Path) -> Result<StoredSnapshots, NoSnapshot> {
    if path == Path::new(STANDARD_INPUT) {
        return read(BufReader::new(io::stdin().lock()));
    }
    read(BufReader::new(File::open(path)?))
}

fn read(mut from: impl BufRead) -> Result<StoredSnapshots, NoSnapshot> {
    let mut stored = StoredSnapshots::default();
    let mut stride = 1;
    let mut count = 0_u64;
    loop {
        match next(&mut from) {
            Ok(None) => break,
            Ok(Some(snapshot)) => {
                if count.is_multiple_of(stride) {
                    stored.snapshots.push(snapshot);
                }
                count += 1;
            }
            Err(problem) if stored.snapshots.is_empty() => return Err(problem),
            Err(problem) => {
                stored.problem = Some(format!("snapshot {}: {problem}", count + 1));
                break;
            }
        }
        if stored.snapshots.len() > MOST_KEPT {
            stride *= 2;
            let mut place = 0_usize;
            stored.snapshots.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
    }
    if stored.snapshots.is_empty() {
        return Err(NoSnapshot::Foreign("it is empty".to_owned()));
    }
    stored.left_out = count.saturating_sub(stored.snapshots.len() as u64);
    stored.snapshots.sort_by_key(|snapshot| snapshot.time);
    Ok(stored)
}

/// The next one, as far as diagnosis needs it.
fn next(from: &mut impl BufRead) -> Result<Option<HostSnapshot>, NoSnapshot> {
    if !has_more(from)? {
        return Ok(None);
    }
    let bounded = from.by_ref().take(MOST_OF_ONE);
    let mut values = serde_json::Deserializer::from_reader(bounded).into_iter::<Value>();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let value = value.map_err(|error| NoSnapshot::Foreign(told(&error)))?;
    if !value.is_object() {
        return Err(NoSnapshot::Foreign("it is no JSON object".to_owned()));
    }
    let schema = value.get("schema").and_then(Value::as_str);
    if schema != Some(SCHEMA) {
        return Err(NoSnapshot::Foreign(match schema {
            Some(other) => format!("it is {other:?}, and {SCHEMA} is read here"),
            None => format!("it is JSON, but not of {SCHEMA}"),
        }));
    }
    let mut snapshot: HostSnapshot =
        serde_json::from_value(value).map_err(|error| NoSnapshot::Foreign(error.to_string()))?;
    if let Some(filter) = &mut snapshot.packet_filter {
        // Words for people; what is understood of it stands beside.
        filter.texts.clear();
    }
    Ok(Some(snapshot))
}

fn told(error: &serde_json::Error) -> String {
    if error.is_eof() {
        "it ends in the middle of a snapshot".to_owned()
    } else {
        format!("it is no JSON ({error})")
    }
}

/// Whether anything but space follows.
fn has_more(from: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let buffer = from.fill_buf()?;
        let Some(first) = buffer.first() else {
            return Ok(false);
        };
        if !first.is_ascii_whitespace() {
            return Ok(true);
        }
        from.consume(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(second: u32) -> String {
        let minute = second / 60;
        let second = second % 60;
        format!("{{\"schema\":\"{SCHEMA}\",\"time\":\"2026-11-20T14:{minute:02}:{second:02}Z\"}}\n")
    }

    fn told_of(text: &str) -> String {
        match read(text.as_bytes()) {
            Ok(stored) => format!("{} {:?}", stored.snapshots.len(), stored.problem),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn one_document_or_one_on_each_line() {
        assert_eq!(told_of(&line(1)), "1 None");
        assert_eq!(
            told_of(&format!("\n {}\n{}\n\n", line(2), line(1))),
            "2 None"
        );
        let both = read(format!("{}{}", line(2), line(1)).as_bytes()).unwrap();
        assert!(both.snapshots[0].time < both.snapshots[1].time);
    }

    #[test]
    fn what_is_none_says_what_it_is() {
        for (text, told) in [
            ("", "it is empty"),
            (" \n", "it is empty"),
            ("{", "it ends in the middle of a snapshot"),
            ("{}", "it is JSON, but not of tcpwhy-host/1"),
            ("[1]", "it is no JSON object"),
            (
                "{\"schema\":\"tcpwhy-host/2\"}",
                "it is \"tcpwhy-host/2\", and tcpwhy-host/1 is read here",
            ),
            ("{\"schema\":\"tcpwhy-host/1\"}", "missing field `time`"),
        ] {
            assert_eq!(told_of(text), told, "{text}");
        }
        assert!(told_of("10:00:01 eth0").contains("it is no JSON"));
        let bad_time = line(1).replace("2026-11-20T", "soon");
        assert!(told_of(&bad_time).contains("is no time of RFC 3339"));
    }

    #[test]
    fn one_that_is_cut_short_is_read_up_to_there() {
        let text = format!("{}{}", line(1), line(2).trim_end().trim_end_matches('}'));
        let told = "1 Some(\"snapshot 2: it ends in the middle of a snapshot\")";
        assert_eq!(told_of(&text), told);
    }

    #[test]
    fn of_very_many_some_are_kept_over_the_whole_time() {
        let text: String = (0..3000).map(line).collect();
        let stored = read(text.as_bytes()).unwrap();
        assert!(stored.snapshots.len() <= MOST_KEPT && stored.snapshots.len() > MOST_KEPT / 2);
        assert_eq!(stored.left_out, 3000 - stored.snapshots.len() as u64);
        let last = stored.snapshots.last().unwrap();
        assert!(last.time.since(stored.snapshots[0].time).as_secs() > 2900);
    }
}
