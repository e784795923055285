//! `--anonymize`.

use std::path::Path;

use super::arguments::ReadArguments;
use super::messages::Messages;
use crate::anonymize::{AddressMap, Key};
use crate::diagnosis::{EndpointPattern, Selection};

/// Holds the key, where no file is named.
const VARIABLE: &str = "TCPWHY_ANONYMIZE_KEY";

/// The longest file that is read for a key, in bytes: its digits and some white space.
const LONGEST_FILE: usize = 4096;

/// The map that was asked for.
pub(super) fn map(
    arguments: &ReadArguments,
    messages: Messages,
) -> Result<Option<AddressMap>, String> {
    if !arguments.anonymize {
        return Ok(None);
    }
    map_by(arguments.anonymize_key.as_deref(), messages).map(Some)
}

/// The map by the key of this file, or else of the environment, or else at random.
pub(super) fn map_by(key_file: Option<&Path>, messages: Messages) -> Result<AddressMap, String> {
    let key = match (key_file, from_environment()) {
        (Some(path), _) => from_file(path)?,
        (None, Some(digits)) if digits.trim().is_empty() => {
            return Err(format!("{VARIABLE} is empty, and not {WANTED}"));
        }
        (None, Some(digits)) => parse(&digits).ok_or(format!("{VARIABLE} is not {WANTED}"))?,
        (None, None) => {
            messages.warning(
                "addresses are replaced by a random key, which is thrown away: another run gives others, unless \
                 --anonymize-key names one",
            );
            at_random()?
        }
    };
    Ok(AddressMap::new(&key))
}

/// What to do without a good key.
pub(super) const KEY_HINT: &str =
    "openssl rand -hex 32 > KEY makes one; --anonymize-key KEY uses it";

const WANTED: &str = "a key of 64 hexadecimal digits";

#[expect(
    clippy::disallowed_methods,
    reason = "the environment is read in cli only"
)]
fn from_environment() -> Option<String> {
    std::env::var(VARIABLE).ok()
}

fn from_file(path: &Path) -> Result<Key, String> {
    let shown = path.display();
    let bytes =
        std::fs::read(path).map_err(|error| format!("cannot read the key {shown}: {error}"))?;
    let text = bytes.get(..LONGEST_FILE).unwrap_or(&bytes);
    parse(&String::from_utf8_lossy(text)).ok_or(format!("{shown} does not hold {WANTED}"))
}

fn parse(text: &str) -> Option<Key> {
    let digits: Option<Vec<u8>> = text
        .trim()
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let bytes: Vec<u8> = digits?
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect();
    let is_whole = text.trim().len() == 64;
    Some(Key(bytes.try_into().ok()?)).filter(|_| is_whole)
}

fn at_random() -> Result<Key, String> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| format!("cannot make a random key: {error}"))?;
    Ok(Key(key))
}

/// The selection as the anonymous attempts need it: the map keeps prefixes, and so do the patterns.
pub(super) fn selection(selection: Selection, map: Option<&mut AddressMap>) -> Selection {
    let Some(map) = map else {
        return selection;
    };
    let mut replaced = |patterns: Vec<EndpointPattern>| -> Vec<EndpointPattern> {
        let replace = |pattern: EndpointPattern| EndpointPattern {
            network: pattern
                .network
                .map(|(address, length)| (map.address(address), length)),
            ..pattern
        };
        patterns.into_iter().map(replace).collect()
    };
    Selection {
        servers: replaced(selection.servers),
        clients: replaced(selection.clients),
        ..selection
    }
}

/// What a report says of the arguments: they may hold addresses and folders.
pub(super) fn arguments() -> Vec<String> {
    ["read", "--anonymize"].map(str::to_owned).to_vec()
}

/// What a report says of the capture filter: that there was one.
pub(super) fn filter(arguments: &ReadArguments) -> Option<String> {
    let filter = arguments.filter.clone()?;
    Some(if arguments.anonymize {
        "left out, it may hold addresses".to_owned()
    } else {
        filter
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_64_digits_and_nothing_else() {
        let digits = "0123456789abcdefABCDEF00112233445566778899aabbccddeeff0011223344";
        let Key(key) = parse(&format!("{digits}\n")).unwrap();
        assert_eq!(key[..4], [0x01, 0x23, 0x45, 0x67]);
        assert!(parse(&digits[1..]).is_none());
        assert!(parse(&format!("{digits}00")).is_none());
        assert!(parse(&digits.replace('0', "x")).is_none());
    }
}
