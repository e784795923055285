//! Logs beside a capture: read after all packets, so that of a log of any size only the lines are
//! kept that are about attempts which did not succeed.

use std::io;
use std::path::{Path, PathBuf};

use crate::capture::Timestamp;
use crate::diagnosis::{AttemptsPutAside, Diagnostician, LogFacts, LogMatcher, LogZone};
use crate::logs::{LogLines, NoLog};

/// Which logs are read beside a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The zone of times without one; `None` where the lines that name captured connects tell.
    pub zone: Option<LogZone>,
}

/// Reads the logs, and hands what they say of attempts to the diagnosis. What is known of each log.
///
/// # Errors
///
/// When attempts that were put aside are not given again.
pub(super) fn read_logs(
    settings: &LogSettings,
    capture: Option<(Timestamp, Timestamp)>,
    diagnostician: &mut Diagnostician,
    put_aside: Option<&dyn AttemptsPutAside>,
) -> io::Result<Vec<LogFacts>> {
    if settings.files.is_empty() {
        return Ok(Vec::new());
    }
    let Some(capture) = capture else {
        let problem = "there is no packet to hold it against".to_owned();
        let unread = |path: &PathBuf| LogFacts::unread(path.clone(), problem.clone());
        return Ok(settings.files.iter().map(unread).collect());
    };
    let mut matcher = LogMatcher::new(diagnostician, capture);
    if let Some(put_aside) = put_aside {
        for decided in put_aside.replay() {
            matcher.want(&decided?, diagnostician);
        }
    }
    let files = settings.files.iter();
    let facts = files.map(|path| read_log(path, settings.zone, &mut matcher));
    let facts = facts.collect();
    diagnostician.testify_by_logs(matcher);
    Ok(facts)
}

fn read_log(path: &Path, zone: Option<LogZone>, matcher: &mut LogMatcher) -> LogFacts {
    let mut lines = match LogLines::open(path) {
        Ok(lines) => lines,
        Err(error) => return LogFacts::unread(path.to_owned(), told(&error)),
    };
    let mut log = matcher.log(path.to_owned(), zone);
    loop {
        match lines.next_line() {
            Ok(Some((number, line))) => log.take(number, line),
            Ok(None) => return log.finish(),
            Err(error) => {
                log.fail(error.to_string());
                return log.finish();
            }
        }
    }
}

fn told(error: &NoLog) -> String {
    match error.hint() {
        Some(hint) => format!("{error} ({hint})"),
        None => error.to_string(),
    }
}
