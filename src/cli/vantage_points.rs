//! Captures that were read as one, and are of two points of a path: each connect is there twice.

use std::path::PathBuf;

use super::messages::Messages;
use crate::analysis::{AnalysisSettings, read_beginning};
use crate::capture::{CaptureSet, SourceFacts};
use crate::path::{Place, are_two_points};
use crate::report::shell_word::shell_word;

/// Of more files, nobody compares each with each.
const MOST_FILES: usize = 8;

/// How many packets of each are looked at.
const LOOKED_AT: u64 = 4096;

/// Says so, and names the command that compares them.
pub(super) fn tell(sources: &[SourceFacts], settings: &AnalysisSettings, messages: Messages) {
    let is_several = (2..=MOST_FILES).contains(&sources.len());
    if messages.is_quiet || settings.is_anonymous || !is_several {
        return;
    }
    let beginnings: Vec<(PathBuf, Place)> = sources
        .iter()
        .filter_map(|source| beginning(source, settings))
        .collect();
    for (index, (path, place)) in beginnings.iter().enumerate() {
        let mut others = beginnings.iter().skip(index + 1);
        let Some((other, _)) = others.find(|(_, other)| are_two_points(place, other)) else {
            continue;
        };
        let [one, two] = [path, other].map(|path| path.to_string_lossy().into_owned());
        messages.warning(format!(
            "{one} and {two} show the same packets at two points of a path; where on the path they \
             are lost, tells: tcpwhy compare {} {}",
            shell_word(&format!("a={one}")),
            shell_word(&format!("b={two}"))
        ));
        return;
    }
}

fn beginning(source: &SourceFacts, settings: &AnalysisSettings) -> Option<(PathBuf, Place)> {
    // Only what lies in a file can be read again.
    source
        .path
        .metadata()
        .ok()
        .filter(std::fs::Metadata::is_file)?;
    let mut captures = CaptureSet::open(std::slice::from_ref(&source.path)).captures;
    let name = source.path.to_string_lossy().into_owned();
    let place = read_beginning(name, &mut captures, settings, LOOKED_AT);
    Some((source.path.clone(), place))
}
