//! The places of a path, as they were typed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::capture::STANDARD_INPUT;

/// How many places are compared at most.
const MOST_PLACES: usize = 8;

/// A place as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedPlace {
    /// What it is called.
    pub(super) name: String,
    /// Its captures.
    pub(super) files: Vec<PathBuf>,
}

/// The places, and whether their order is to be inferred: nobody named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedPlaces {
    pub(super) places: Vec<NamedPlace>,
    pub(super) are_unnamed: bool,
}

/// What is wrong, and what to do.
pub(super) type Wrong = (String, &'static str);

const USAGE: &str = "tcpwhy compare client=a.pcap server=b.pcap";

/// Reads what was typed.
pub(super) fn named_places(words: &[String]) -> Result<NamedPlaces, Wrong> {
    let is_named = |word: &String| word.contains('=');
    let are_unnamed = !words.iter().any(is_named);
    if let Some(word) = words.iter().find(|word| !are_unnamed && !is_named(word)) {
        let message = format!("'{word}' has no name, and other places have");
        return Err((message, "each place is typed as NAME=FILE"));
    }
    let places = words.iter().map(|word| named(word, are_unnamed));
    let places: Vec<NamedPlace> = places.collect::<Result<_, Wrong>>()?;
    match places.len() {
        0 | 1 => return Err(("one place is nothing to compare with".to_owned(), USAGE)),
        2..=MOST_PLACES => {}
        many => {
            let message = format!("{many} places, and at most {MOST_PLACES} are compared");
            return Err((message, "name those on either side of what is in question"));
        }
    }
    has_no_duplicates(&places)?;
    Ok(NamedPlaces {
        places,
        are_unnamed,
    })
}

fn named(word: &str, is_unnamed: bool) -> Result<NamedPlace, Wrong> {
    let (name, files) = match word.split_once('=') {
        Some((name, files)) if !is_unnamed => (name.to_owned(), files),
        _ => (stem(word), word),
    };
    if name.trim().is_empty() {
        return Err((format!("'{word}' has no name in front of '='"), USAGE));
    }
    let files: Vec<PathBuf> = if is_unnamed || Path::new(files).exists() {
        vec![PathBuf::from(files)]
    } else {
        files.split(',').map(PathBuf::from).collect()
    };
    if files.iter().any(|file| file.as_os_str().is_empty()) {
        return Err((
            format!("place '{name}' names no file, or an empty one"),
            USAGE,
        ));
    }
    if let Some(folder) = files.iter().find(|file| file.is_dir()) {
        let message = format!("place '{name}': {} is a directory", folder.display());
        return Err((
            message,
            "name its captures: NAME=FOLDER/a.pcap,FOLDER/b.pcap",
        ));
    }
    Ok(NamedPlace { name, files })
}

/// The name of a file without its folder and what stands behind the first dot.
fn stem(word: &str) -> String {
    let name = Path::new(word).file_name();
    let name = name.map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| word.to_owned());
    match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem.to_owned(),
        _ => name,
    }
}

fn has_no_duplicates(places: &[NamedPlace]) -> Result<(), Wrong> {
    let mut files: Vec<(PathBuf, &NamedPlace)> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let mut before = places.iter().take(index);
        if before.any(|other| other.name == place.name) {
            let message = format!("two places are called '{}'", place.name);
            return Err((message, "give each place a name of its own: NAME=FILE"));
        }
        for file in &place.files {
            let real = fs::canonicalize(file).unwrap_or_else(|_| file.clone());
            let known = files.iter().find(|(known, _)| *known == real);
            if let Some((_, other)) = known {
                let shown = if file == Path::new(STANDARD_INPUT) {
                    "standard input".to_owned()
                } else {
                    file.display().to_string()
                };
                let message = if other.name == place.name {
                    format!("place '{}' names {shown} twice", place.name)
                } else {
                    let (one, two) = (&other.name, &place.name);
                    format!("places '{one}' and '{two}' are the same capture, {shown}")
                };
                return Err((message, "each place has captures of its own"));
            }
            files.push((real, place));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(words: &[&str]) -> Result<NamedPlaces, Wrong> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        named_places(&words)
    }

    #[test]
    fn places_are_named_in_front_of_their_files() {
        let places = typed(&["client=a.pcap", "fw=b1.pcap,b2.pcap"]).unwrap();
        assert!(!places.are_unnamed);
        assert_eq!(places.places[1].name, "fw");
        assert_eq!(places.places[1].files.len(), 2);
        let places = typed(&["some/client.pcap.gz", "server.pcapng"]).unwrap();
        assert!(places.are_unnamed);
        assert_eq!(places.places[0].name, "client");
        assert_eq!(places.places[1].name, "server");
    }

    #[test]
    fn what_cannot_be_compared_is_told_in_one_line() {
        for (words, told) in [
            (&["a=a.pcap"][..], "one place is nothing"),
            (&["a=a.pcap", "a=b.pcap"], "two places are called 'a'"),
            (&["a=a.pcap", "b=a.pcap"], "are the same capture, a.pcap"),
            (&["a=a.pcap,a.pcap", "b=b.pcap"], "names a.pcap twice"),
            (&["a=-", "b=-"], "standard input"),
            (&["a=a.pcap", "b.pcap"], "'b.pcap' has no name"),
            (&["=a.pcap", "b=b.pcap"], "no name in front of '='"),
            (&["a=", "b=b.pcap"], "names no file"),
            (&["a=src", "b=b.pcap"], "src is a directory"),
            (
                &[
                    "1=1", "2=2", "3=3", "4=4", "5=5", "6=6", "7=7", "8=8", "9=9",
                ],
                "9 places",
            ),
        ] {
            let (message, hint) = typed(words).unwrap_err();
            assert!(message.contains(told), "{message}");
            assert!(!message.contains('\n') && !hint.is_empty());
        }
    }
}
