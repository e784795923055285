//! What is read of a stored JSON report: its schema, servers, findings, and how often each cause
//! was said of its attempts. Everything else is passed over while reading, and takes no memory.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufReader, Read};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::causes::{Causes, Counts};
use super::foreign::{self, Foreign};
use crate::handshake::Outcome;
use crate::report::json::SCHEMA;

/// A report of more servers or findings than this is not ours: ours hold at most 100,000 servers.
const MOST_ENTRIES: usize = 200_000;

/// So many findings about one server are kept.
const KEPT_FINDINGS_OF_SERVER: usize = 16;

/// Of a text this much is kept, in characters.
const KEPT_CHARACTERS: usize = 400;

/// No text in a report of ours is longer.
const LONGEST_TEXT_BYTES: usize = 1 << 20;

/// What `tcpwhy diff` needs of a report.
#[derive(Debug, Default, serde::Deserialize)]
pub struct StoredReport {
    schema: Option<String>,
    pub(super) endpoints: Option<Entries<StoredEndpoint>>,
    pub(super) findings: Option<Entries<StoredFinding>>,
    #[serde(default, rename = "attempts")]
    causes: Causes,
}

/// A server of a stored report.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct StoredEndpoint {
    #[serde(deserialize_with = "start_of_text")]
    pub(super) server: String,
    #[serde(default, deserialize_with = "start_of_optional_text")]
    pub(super) server_name: Option<String>,
    pub(super) outcomes: OutcomeNumbers,
    #[serde(default, deserialize_with = "first_numbers")]
    pub(super) findings: Vec<u64>,
}

impl StoredEndpoint {
    fn add(&mut self, other: Self) {
        self.outcomes.add(other.outcomes);
        self.server_name = self.server_name.take().or(other.server_name);
        self.findings.extend(other.findings);
        self.findings.truncate(KEPT_FINDINGS_OF_SERVER);
    }
}

/// A finding of a stored report.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub(super) struct StoredFinding {
    pub(super) id: u64,
    #[serde(deserialize_with = "start_of_text")]
    pub(super) kind: String,
    #[serde(deserialize_with = "start_of_text")]
    pub(super) statement: String,
}

/// How often each outcome occurred; absent is 0. Unknown outcomes, of a newer version, count as
/// neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub(super) struct OutcomeNumbers {
    established: u64,
    reset: u64,
    refused: u64,
    rejected: u64,
    half_open: u64,
    aborted: u64,
    dropped: u64,
}

impl OutcomeNumbers {
    fn add(&mut self, other: Self) {
        for (count, more) in [
            (&mut self.established, other.established),
            (&mut self.reset, other.reset),
            (&mut self.refused, other.refused),
            (&mut self.rejected, other.rejected),
            (&mut self.half_open, other.half_open),
            (&mut self.aborted, other.aborted),
            (&mut self.dropped, other.dropped),
        ] {
            *count = count.saturating_add(more);
        }
    }

    /// How many succeeded.
    pub(super) fn succeeded(self) -> u64 {
        self.established
    }

    /// How many failed.
    pub(super) fn failed(self) -> u64 {
        self.failures()
            .into_iter()
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// The ways in which they failed, with their counts.
    pub(super) fn failures(self) -> [(Outcome, u64); 6] {
        [
            (Outcome::Reset, self.reset),
            (Outcome::Refused, self.refused),
            (Outcome::Rejected, self.rejected),
            (Outcome::HalfOpen, self.half_open),
            (Outcome::Aborted, self.aborted),
            (Outcome::Dropped, self.dropped),
        ]
    }
}

/// A list that may not grow without end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entries<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a list of at most {MOST_ENTRIES} entries")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = sequence.next_element()? {
            if entries.len() >= MOST_ENTRIES {
                return Err(serde::de::Error::invalid_length(entries.len() + 1, &self));
            }
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

fn start_of_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(text.chars().take(KEPT_CHARACTERS).collect())
}

fn start_of_optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| text.chars().take(KEPT_CHARACTERS).collect()))
}

fn first_numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let Entries(mut numbers) = Entries::<u64>::deserialize(deserializer)?;
    numbers.truncate(KEPT_FINDINGS_OF_SERVER);
    numbers.shrink_to_fit();
    Ok(numbers)
}

/// Ends the reading of a JSON document at a text that is longer than any of ours: it would have to
/// be held whole.
struct TextLimit<R> {
    input: R,
    in_text: bool,
    after_backslash: bool,
    length: usize,
}

impl<R: Read> Read for TextLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        for byte in buffer.iter().take(count) {
            self.note(*byte);
            if self.length > LONGEST_TEXT_BYTES {
                let message = "a text of more than 1 MiB";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        Ok(count)
    }
}

impl<R> TextLimit<R> {
    fn note(&mut self, byte: u8) {
        match byte {
            _ if self.after_backslash => self.after_backslash = false,
            b'\\' if self.in_text => self.after_backslash = true,
            b'"' => {
                self.in_text = !self.in_text;
                self.length = 0;
            }
            _ => {}
        }
        self.length += usize::from(self.in_text);
    }
}

/// Why something is no report that can be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoReport {
    /// It cannot be read.
    #[error("cannot be read")]
    Unreadable(#[source] io::Error),
    /// It is something else, as its start tells.
    #[error("is no JSON report of tcpwhy: {}", .0.words())]
    Foreign(Foreign),
    /// It ends in the middle.
    #[error("is no JSON report of tcpwhy: it ends in the middle")]
    Cut(#[source] serde_json::Error),
    /// It is no JSON, or not of the shape of a report.
    #[error("is no JSON report of tcpwhy")]
    Shape(#[source] serde_json::Error),
    /// It is JSON, and does not say that it is a report.
    #[error("is no report of tcpwhy: it names no schema")]
    NoSchema,
    /// It is a report of another version, or something else.
    #[error("is of schema '{0}', and this version compares {SCHEMA} only")]
    OtherSchema(String),
    /// It says that it is a report, and has not what a report has.
    #[error("is no whole report: it has no {0}")]
    Incomplete(&'static str),
    /// Several reports have together more servers or findings than can be compared.
    #[error("has, with the others, more than {MOST_ENTRIES} servers or findings")]
    TooMany,
}

impl NoReport {
    /// What to do about it.
    pub fn hint(&self) -> String {
        const MAKE: &str = "tcpwhy read FILE -F json -o REPORT.json makes a report";
        match self {
            Self::Unreadable(_) => "name two files, or one file and -".to_owned(),
            Self::Foreign(Foreign::Capture) => {
                "tcpwhy read CAPTURE -F json -o REPORT.json makes a report of a capture".to_owned()
            }
            Self::Foreign(Foreign::Ndjson) => {
                "-F ndjson is for scripts; -F json makes what can be compared".to_owned()
            }
            Self::Foreign(Foreign::Html | Foreign::Csv | Foreign::Prose) => {
                "only -F json makes what can be compared, of the same capture".to_owned()
            }
            Self::Foreign(Foreign::Empty) => {
                format!("was it written to the end? {MAKE}, whole or not at all")
            }
            Self::Cut(_) => format!("it was cut short: {MAKE}, whole or not at all"),
            Self::OtherSchema(schema) if schema.starts_with("tcpwhy-diff/") => {
                "this is the result of a comparison: name the two reports that were compared"
                    .to_owned()
            }
            Self::OtherSchema(schema) if schema.starts_with("tcpwhy-report/") => {
                "make both reports with the same version of tcpwhy, or compare with a newer one"
                    .to_owned()
            }
            Self::TooMany => "compare fewer reports at once".to_owned(),
            Self::Shape(_) | Self::NoSchema | Self::OtherSchema(_) | Self::Incomplete(_) => {
                MAKE.to_owned()
            }
        }
    }
}

impl StoredReport {
    /// Why the listed attempts to this server failed.
    pub(super) fn causes_of(&self, server: &str) -> Counts {
        self.causes.of(server)
    }

    /// Takes another report in: of other hosts or hours. Servers are added up, findings put behind.
    ///
    /// # Errors
    ///
    /// When there would be more than can be compared.
    pub fn add(&mut self, other: Self) -> Result<(), NoReport> {
        let ours = &mut self.findings.get_or_insert_with(|| Entries(Vec::new())).0;
        let ids = ours.iter().map(|finding| finding.id);
        let behind = ids.max().unwrap_or(0);
        let theirs = other.findings.map_or_else(Vec::new, |findings| findings.0);
        ours.extend(theirs.into_iter().map(|finding| StoredFinding {
            id: finding.id.saturating_add(behind),
            ..finding
        }));
        let endpoints = &mut self.endpoints.get_or_insert_with(|| Entries(Vec::new())).0;
        let places = endpoints.iter().enumerate();
        let places: HashMap<String, usize> = places
            .map(|(place, endpoint)| (endpoint.server.clone(), place))
            .collect();
        for mut endpoint in other.endpoints.map_or_else(Vec::new, |entries| entries.0) {
            for id in &mut endpoint.findings {
                *id = id.saturating_add(behind);
            }
            let known = places.get(&endpoint.server);
            match known.and_then(|place| endpoints.get_mut(*place)) {
                Some(known) => known.add(endpoint),
                None => endpoints.push(endpoint),
            }
        }
        let is_too_large = endpoints.len() > MOST_ENTRIES || ours.len() > MOST_ENTRIES;
        self.causes.add(other.causes);
        if is_too_large {
            return Err(NoReport::TooMany);
        }
        Ok(())
    }

    /// Reads a report; of what it is not needed for, nothing is kept.
    ///
    /// # Errors
    ///
    /// When it is none, or one of another version.
    pub fn read(input: impl Read) -> Result<Self, NoReport> {
        let (foreign, input) = foreign::look(input).map_err(NoReport::Unreadable)?;
        if let Some(foreign) = foreign {
            return Err(NoReport::Foreign(foreign));
        }
        let limited = TextLimit {
            input,
            in_text: false,
            after_backslash: false,
            length: 0,
        };
        let report: Self = serde_json::from_reader(BufReader::new(limited)).map_err(|error| {
            if error.is_eof() {
                NoReport::Cut(error)
            } else {
                NoReport::Shape(error)
            }
        })?;
        match &report.schema {
            None => return Err(NoReport::NoSchema),
            Some(schema) if schema != SCHEMA => {
                let shown: String = schema.chars().take(60).collect();
                return Err(NoReport::OtherSchema(shown));
            }
            Some(_) => {}
        }
        if report.endpoints.is_none() {
            return Err(NoReport::Incomplete("endpoints"));
        }
        if report.findings.is_none() {
            return Err(NoReport::Incomplete("findings"));
        }
        Ok(report)
    }
}
