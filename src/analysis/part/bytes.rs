//! Facts as bytes. They say first by which version they were written: another one refuses them,
//! because it may mean something else by them. A digest follows, so that what was damaged on its
//! way is not taken for facts.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha1::{Digest, Sha1};

use super::{Beside, Part, SourcesRead};

const MAGIC: &[u8] = b"tcpwhy-facts";

/// To be counted up when the same version of the program writes something else.
const FORMAT: u16 = 1;

const VERSION: &str = env!("CARGO_PKG_VERSION");

const DIGEST: usize = 20;

/// Why bytes are not the facts that they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Another version wrote them.
    #[error(
        "these facts were written by tcpwhy {version} (format {format}), and this is tcpwhy \
         {VERSION} (format {FORMAT}): all machines of one run need the same version"
    )]
    OtherVersion {
        /// Which.
        version: String,
        /// In which format.
        format: u16,
    },
    /// They are something else.
    #[error("these bytes are no {wanted} of tcpwhy: they begin with something else")]
    SomethingElse {
        /// What they should be.
        wanted: &'static str,
    },
    /// They are not as they were written.
    #[error("the {wanted} cannot be read ({detail}): run again what wrote it")]
    Damaged {
        /// What they should be.
        wanted: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// There is no room for them.
    #[error("the {wanted} cannot be written ({detail})")]
    Unwritten {
        /// What they should have become.
        wanted: &'static str,
        /// What is wrong.
        detail: String,
    },
}

/// What becomes bytes, and is told apart by its first ones.
struct Kind {
    name: &'static str,
    letter: u8,
}

const PART: Kind = Kind {
    name: "part of an analysis",
    letter: b'p',
};

const BESIDE: Kind = Kind {
    name: "collection of other packets",
    letter: b'b',
};

const SOURCES: Kind = Kind {
    name: "account of sources",
    letter: b's',
};

impl Part {
    /// As bytes, for the same version of the program.
    ///
    /// # Errors
    ///
    /// When there is no room for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PartError> {
        to_bytes(self, &PART)
    }

    /// What became these bytes.
    ///
    /// # Errors
    ///
    /// When another version wrote them, and when they are damaged or something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PartError> {
        from_bytes(bytes, &PART)
    }
}

impl Beside {
    /// As bytes, for the same version of the program.
    ///
    /// # Errors
    ///
    /// When there is no room for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PartError> {
        to_bytes(self, &BESIDE)
    }

    /// What became these bytes.
    ///
    /// # Errors
    ///
    /// When another version wrote them, and when they are damaged or something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PartError> {
        from_bytes(bytes, &BESIDE)
    }
}

impl SourcesRead {
    /// As bytes, for the same version of the program.
    ///
    /// # Errors
    ///
    /// When there is no room for them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PartError> {
        to_bytes(self, &SOURCES)
    }

    /// What became these bytes.
    ///
    /// # Errors
    ///
    /// When another version wrote them, and when they are damaged or something else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PartError> {
        from_bytes(bytes, &SOURCES)
    }
}

fn head(kind: &Kind) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.push(kind.letter);
    head.extend(FORMAT.to_le_bytes());
    head.extend(u8::try_from(VERSION.len()).map_or(0_u8.to_le_bytes(), u8::to_le_bytes));
    head.extend(VERSION.as_bytes());
    head
}

fn to_bytes(facts: &impl Serialize, kind: &Kind) -> Result<Vec<u8>, PartError> {
    let mut bytes = head(kind);
    let before = bytes.len();
    bytes.extend([0; DIGEST]);
    let written = postcard::to_extend(facts, bytes);
    let mut bytes = written.map_err(|error| PartError::Unwritten {
        wanted: kind.name,
        detail: error.to_string(),
    })?;
    if let Some((digest, facts)) = bytes
        .get_mut(before..)
        .and_then(|behind| behind.split_first_chunk_mut::<DIGEST>())
    {
        *digest = Sha1::digest(&*facts).into();
    }
    Ok(bytes)
}

fn from_bytes<T: DeserializeOwned>(bytes: &[u8], kind: &Kind) -> Result<T, PartError> {
    let damaged = |detail: &str| PartError::Damaged {
        wanted: kind.name,
        detail: detail.to_owned(),
    };
    let behind = behind_head(bytes, kind)?;
    let (digest, facts) = behind
        .split_first_chunk::<DIGEST>()
        .ok_or_else(|| damaged("it ends too early"))?;
    if Sha1::digest(facts).as_slice() != digest {
        return Err(damaged("it is not as it was written"));
    }
    match postcard::take_from_bytes(facts) {
        Ok((facts, [])) => Ok(facts),
        Ok(_) => Err(damaged("it goes on behind its end")),
        Err(error) => Err(damaged(&error.to_string())),
    }
}

/// What stands behind the version, where that is this one.
fn behind_head<'a>(bytes: &'a [u8], kind: &Kind) -> Result<&'a [u8], PartError> {
    let something_else = PartError::SomethingElse { wanted: kind.name };
    let behind = bytes.strip_prefix(MAGIC).and_then(|bytes| {
        let (letter, bytes) = bytes.split_first()?;
        let (format, bytes) = bytes.split_first_chunk()?;
        let (length, bytes) = bytes.split_first()?;
        let (version, behind) = bytes.split_at_checked(usize::from(*length))?;
        Some((*letter, u16::from_le_bytes(*format), version, behind))
    });
    let Some((letter, format, version, behind)) = behind else {
        return Err(something_else);
    };
    if format != FORMAT || version != VERSION.as_bytes() {
        // Whatever stands there is shown to people.
        let shown = version.iter().map(|byte| char::from(*byte));
        let shown = shown.filter(char::is_ascii_graphic);
        return Err(PartError::OtherVersion {
            version: shown.collect(),
            format,
        });
    }
    if letter == kind.letter {
        Ok(behind)
    } else {
        Err(something_else)
    }
}

#[cfg(test)]
mod tests;
