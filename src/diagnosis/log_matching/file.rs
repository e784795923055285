//! One log: its lines as they pass by, and what is made of them once all have.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use super::LogMatcher;
use super::clock::{ClockBasis, LineTime, LogClock, LogZone, in_zone};
use super::wanted::{WantedAttempts, is_near, nearest};
use crate::capture::Timestamp;
use crate::diagnosis::knowledge;
use crate::diagnosis::testimony::{LogPlace, LoggedLine, LoggedOften, TestifiedFact, Testimony};
use crate::logs::{LogReader, LogRecord, ReadLine, Saying, local_of};

/// Lines that are so far from the capture are not looked at further: what changed before is worth
/// telling for 15 minutes.
const MARGIN: Duration = Duration::from_secs(16 * 60);

/// So many lines that may be about attempts are kept until it is known when they were written.
const MOST_LINES: usize = 100_000;

/// So many changes of services are kept.
const MOST_CHANGES: usize = 10_000;

/// So many lines that may be about connects that were established are kept as long.
const MOST_OF_SUCCESSES: usize = 10_000;

/// So many lines of no kind that is read are looked up.
const MOST_LOOKED_UP: u64 = 200;

/// So much of a line is told.
const LONGEST_EXAMPLE: usize = 120;

/// What is known of a log when all of it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogFacts {
    /// As named by the user.
    pub path: PathBuf,
    /// How many lines were read.
    pub lines: u64,
    /// How many are of a time outside of the capture.
    pub of_other_times: u64,
    /// How many are of a time that the zone does not have, because its clock was put forward.
    pub of_skipped_times: u64,
    /// How many are about attempts or services of the report.
    pub matched: u64,
    /// How many tell that a service stopped, started, or was found up or down.
    pub of_services: u64,
    /// How many say what happened on a host as a whole.
    pub of_hosts: u64,
    /// How many tell that rules, a network, a service or a container was changed.
    pub of_changes: u64,
    /// How many may be about attempts, and were left out because there were too many.
    pub left_out: u64,
    /// How many are of the capture's time, or of none, and of no kind that is read.
    pub not_understood: u64,
    /// The first of these.
    pub first_not_understood: Option<UnreadLine>,
    /// The first of these of which is known what it means, although it names no connect.
    pub first_known: Option<UnreadLine>,
    /// How its times are known; `None` when no line has one.
    pub clock: Option<ClockBasis>,
    /// Whether lines lack the year or the day: it is the one nearest to the capture.
    pub lacks_year: bool,
    /// Whether lines have the time since the line before, as `tcpdump -ttt` prints them.
    pub has_distances: bool,
    /// When the first line was written.
    pub first: Option<Timestamp>,
    /// When the last line was written.
    pub last: Option<Timestamp>,
    /// Why it was not read, or not to its end.
    pub problem: Option<String>,
}

impl LogFacts {
    /// Of a log of which nothing was read, and why.
    pub fn unread(path: PathBuf, problem: String) -> Self {
        Self {
            path,
            lines: 0,
            of_other_times: 0,
            of_skipped_times: 0,
            matched: 0,
            of_services: 0,
            of_hosts: 0,
            of_changes: 0,
            left_out: 0,
            not_understood: 0,
            first_not_understood: None,
            first_known: None,
            clock: None,
            lacks_year: false,
            has_distances: false,
            first: None,
            last: None,
            problem: Some(problem),
        }
    }
}

/// A line that is of no kind that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnreadLine {
    /// Its number.
    pub number: u64,
    /// Its beginning; hostile text.
    pub text: String,
}

/// A line that may be about attempts.
#[derive(Clone, Debug)]
struct Kept {
    line: u64,
    time: LineTime,
    step: Duration,
    saying: Saying,
}

/// Takes the lines of one log.
#[derive(Debug)]
pub struct MatchedLog<'a> {
    matcher: &'a mut LogMatcher,
    reader: LogReader,
    clock: LogClock,
    facts: LogFacts,
    kept: Vec<Kept>,
    /// What happened, to connects of any number.
    changes: Vec<(u64, LineTime, Saying)>,
    /// Lines that may be about connects that were established.
    of_successes: Vec<(LineTime, Duration, Saying)>,
    /// From the first to the last time: moments, and local times.
    exact_span: Option<(Timestamp, Timestamp)>,
    local_span: Option<(i64, i64)>,
}

impl LogMatcher {
    /// Begins with a log, in the zone that its reader says.
    pub fn log(&mut self, path: PathBuf, zone: Option<LogZone>) -> MatchedLog<'_> {
        let clock = LogClock::new(zone, self.capture);
        self.wanted.settle();
        MatchedLog {
            facts: LogFacts {
                problem: None,
                ..LogFacts::unread(path, String::new())
            },
            reader: LogReader::new(self.ports()),
            matcher: self,
            clock,
            kept: Vec::new(),
            changes: Vec::new(),
            of_successes: Vec::new(),
            exact_span: None,
            local_span: None,
        }
    }
}

impl MatchedLog<'_> {
    /// Takes a line, by its number.
    pub fn take(&mut self, number: u64, line: &[u8]) {
        self.facts.lines = number;
        let clock = &self.clock;
        let read = self.reader.read(line, |stamp| {
            let time = clock.read(stamp);
            time.is_none_or(|time| clock.may_be_near(time, MARGIN))
        });
        match read {
            ReadLine::Record(record) => self.take_record(number, *record),
            ReadLine::OtherTime(stamp) => {
                self.note_time(stamp);
                self.facts.of_other_times += 1;
            }
            ReadLine::OtherPorts(stamp) => {
                self.note_time(stamp);
            }
            ReadLine::Other(stamp) => {
                if let Some(stamp) = stamp {
                    self.note_time(stamp);
                }
                if !line.is_empty() {
                    self.note_unread(number, line);
                }
            }
            ReadLine::PartOfRecord => {}
        }
    }

    fn note_unread(&mut self, number: u64, line: &[u8]) {
        self.facts.not_understood += 1;
        let example = || {
            let text = String::from_utf8_lossy(line);
            UnreadLine {
                number,
                text: text.chars().take(LONGEST_EXAMPLE).collect(),
            }
        };
        let facts = &mut self.facts;
        facts.first_not_understood.get_or_insert_with(example);
        if facts.first_known.is_none() && facts.not_understood <= MOST_LOOKED_UP {
            let is_known = |line: &UnreadLine| !knowledge::find(&line.text).is_empty();
            facts.first_known = Some(example()).filter(is_known);
        }
    }

    fn note_time(&mut self, stamp: crate::logs::Stamp) -> Option<LineTime> {
        self.clock.note(stamp);
        let time = self.clock.read(stamp)?;
        match time {
            LineTime::Exact(at) => widen(&mut self.exact_span, at),
            LineTime::Local(at) => widen(&mut self.local_span, at),
            LineTime::SinceBoot(_) => {}
        }
        Some(time)
    }

    fn take_record(&mut self, number: u64, record: LogRecord) {
        let LogRecord { stamp, saying } = record;
        let Some(time) = self.note_time(stamp) else {
            self.facts.of_skipped_times += u64::from(self.clock.is_skipped(stamp));
            return;
        };
        if saying.is_of_host() {
            if self.changes.len() < MOST_CHANGES {
                self.changes.push((number, time, saying));
            } else {
                self.facts.left_out += 1;
            }
            return;
        }
        if !self.names_wanted(&saying, time, stamp.step) {
            self.hear_of_success(saying, time, stamp.step);
            return;
        }
        if self.kept.len() >= MOST_LINES {
            self.facts.left_out += 1;
            return;
        }
        self.kept.push(Kept {
            line: number,
            time,
            step: stamp.step,
            saying,
        });
    }

    /// A line that is about none of the attempts that are looked for may be about one that
    /// succeeded, whatever it says.
    fn hear_of_success(&mut self, saying: Saying, time: LineTime, step: Duration) {
        let has_room = self.of_successes.len() < MOST_OF_SUCCESSES;
        if has_room && self.matcher.witnesses.may_be_contradicted(&saying) {
            self.of_successes.push((time, step, saying));
        }
    }

    /// Whether the line may be about attempts in some zone; it votes for those zones.
    fn names_wanted(&mut self, saying: &Saying, time: LineTime, step: Duration) -> bool {
        let wanted = &self.matcher.wanted;
        let named = wanted.named_by(saying);
        if named.is_empty() {
            return false;
        }
        match time {
            LineTime::Exact(at) => is_about_one(wanted, saying, (at, step)),
            LineTime::Local(local) => {
                let is_possible = |quarter: &i64| {
                    let at = LogClock::at_quarter(local, *quarter);
                    is_about_one(wanted, saying, (at, step))
                };
                let quarters: Vec<i64> = LogClock::quarters().filter(is_possible).collect();
                if !saying.is_vague() {
                    self.clock.vote(&quarters);
                }
                !quarters.is_empty()
            }
            LineTime::SinceBoot(since) => {
                let since = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
                let places = named.iter().take(64);
                let times = places.filter_map(|place| wanted.get(*place));
                let times: Vec<i64> = times.flat_map(|attempt| attempt.times(saying)).collect();
                for at in &times {
                    self.clock.vote_for_boot(at.saturating_sub(since));
                }
                !times.is_empty()
            }
        }
    }

    /// Why the log was not read to its end.
    pub fn fail(&mut self, problem: String) {
        self.facts.problem = Some(problem);
    }

    /// All lines were read: what they say is kept with the attempts that they are about.
    pub fn finish(mut self) -> LogFacts {
        let has_time = self.clock.has_exact || self.clock.has_zoneless || self.clock.has_since_boot;
        let basis = self.clock.basis(self.local_span);
        let moment = |time: LineTime| moment(time, basis);
        let mut calls: HashMap<_, Vec<u32>> = HashMap::new();
        let mut matched = 0;
        for kept in std::mem::take(&mut self.kept) {
            if let Some(at) = moment(kept.time)
                && self
                    .matcher
                    .match_line(&self.facts.path, kept, at, &mut calls)
            {
                matched += 1;
            }
        }
        self.matcher.forget_disputed(&calls);
        for (time, step, saying) in std::mem::take(&mut self.of_successes) {
            if let Some(at) = moment(time) {
                self.matcher.witnesses.hear(&saying, (at, step));
            }
        }
        let file = name_of(&self.facts.path);
        let assumed = matches!(basis, ClockBasis::Assumed(_));
        for (line, time, saying) in std::mem::take(&mut self.changes) {
            let Some(at) = moment(time) else {
                continue;
            };
            let place = LogPlace {
                file: file.clone(),
                line,
            };
            let is_assumed = assumed && matches!(time, LineTime::Local(_));
            self.facts.count_change(&saying);
            self.matcher.note_change((at, is_assumed), place, saying);
        }
        let mut facts = self.facts;
        facts.matched = matched;
        facts.clock = has_time.then_some(basis);
        facts.lacks_year = self.clock.has_yearless;
        facts.has_distances = self.reader.has_distances();
        let local = self.local_span.map(|(from, until)| {
            (
                moment(LineTime::Local(from)),
                moment(LineTime::Local(until)),
            )
        });
        let exact = self.exact_span;
        let (from, until) = local.unwrap_or_default();
        facts.first = from.into_iter().chain(exact.map(|(from, _)| from)).min();
        facts.last = until.into_iter().chain(exact.map(|(_, until)| until)).max();
        facts
    }
}

impl LogMatcher {
    /// Keeps what the line says with the attempt that it is about. Whether there is one.
    fn match_line(
        &mut self,
        path: &std::path::Path,
        kept: Kept,
        at: Timestamp,
        calls: &mut HashMap<crate::handshake::AttemptId, Vec<u32>>,
    ) -> bool {
        let Kept {
            line, step, saying, ..
        } = kept;
        let wanted = &self.wanted;
        let mut about: Vec<(u64, u32)> = nearest(wanted, wanted.named_by(&saying), at)
            .filter_map(|(place, attempt)| {
                let distance = attempt.distance(&saying, (at, step))?;
                is_near(&saying, distance).then_some((distance.unsigned_abs(), place))
            })
            .collect();
        about.sort_unstable();
        let Some((_, nearest)) = about.first().copied() else {
            return false;
        };
        let Some(attempt) = wanted.get(nearest) else {
            return false;
        };
        let place = LogPlace {
            file: name_of(path),
            line,
        };
        let (id, server) = (attempt.id, attempt.server);
        let saying = saying.of_ends((attempt.client, attempt.server));
        let names_packet = attempt.names_packet(&saying);
        // Who names both ends is about the attempt nearest in time; who names one only, about one
        // if there is only one. Calls of one host are told apart by their times.
        let client = attempt.client.address;
        let is_of_client = |(_, place): &(u64, u32)| {
            wanted
                .get(*place)
                .is_some_and(|other| other.client.address == client)
        };
        let is_call = matches!(saying, Saying::Connect(_));
        let is_about_it = match saying {
            Saying::Filter(_) | Saying::Session(_) => true,
            Saying::Connect(_) => about.iter().all(is_of_client),
            _ => about.len() == 1,
        };
        if let Saying::Connect(call) = &saying {
            for (_, place) in &about {
                if let Some(attempt) = self.wanted.get(*place) {
                    calls.entry(attempt.id).or_default().push(call.process_id);
                }
            }
        }
        if !is_call {
            let often = LoggedOften {
                lines: 1,
                first: place.clone(),
                since: at,
                saying: saying.clone(),
                is_contradicted: false,
            };
            self.count(server, often);
        }
        if is_about_it {
            let fact = TestifiedFact::Logged(LoggedLine {
                place,
                saying,
                names_packet,
                is_contradicted: false,
            });
            self.testify(id, Testimony { at, fact });
        }
        true
    }

    /// Where several processes called at once, none is said to have been the one.
    fn forget_disputed(&mut self, calls: &HashMap<crate::handshake::AttemptId, Vec<u32>>) {
        for (attempt, callers) in calls {
            let first = callers.first();
            let is_disputed = callers.iter().any(|caller| Some(caller) != first);
            if let Some(testimony) = self.found.get_mut(attempt)
                && is_disputed
            {
                testimony.retain(|testimony| !is_call(testimony));
            }
        }
    }
}

fn is_call(testimony: &Testimony) -> bool {
    match &testimony.fact {
        TestifiedFact::Logged(line) => matches!(line.saying, Saying::Connect(_)),
        _ => false,
    }
}

/// The moment of a time, once it is known how times are.
fn moment(time: LineTime, basis: ClockBasis) -> Option<Timestamp> {
    match (time, basis) {
        (LineTime::Exact(at), _) => Some(at),
        (LineTime::Local(at), ClockBasis::Given(zone) | ClockBasis::Assumed(zone)) => {
            in_zone(local_of(at), at, zone)
        }
        (LineTime::Local(at), ClockBasis::Inferred { offset, .. }) => {
            in_zone(local_of(at), at, LogZone::Offset(offset))
        }
        (LineTime::SinceBoot(since), ClockBasis::BootInferred { booted, .. }) => {
            Some(booted.after(since))
        }
        _ => None,
    }
}

/// Whether the line is about one of the attempts that it names, if it was written then.
fn is_about_one(wanted: &WantedAttempts, saying: &Saying, at: (Timestamp, Duration)) -> bool {
    nearest(wanted, wanted.named_by(saying), at.0).any(|(_, attempt)| {
        let distance = attempt.distance(saying, at);
        distance.is_some_and(|distance| is_near(saying, distance))
    })
}

fn widen<T: Copy + Ord>(span: &mut Option<(T, T)>, at: T) {
    let (from, until) = span.unwrap_or((at, at));
    *span = Some((from.min(at), until.max(at)));
}

/// The name of the file, without its folder.
fn name_of(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
