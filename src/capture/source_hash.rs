//! SHA-256 of a source's bytes as they lie on disk, computed while they are read.

use std::fmt::Write;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

/// Bytes under way to the other thread are at most so many pieces, and one in each hand.
const PIECES_UNDER_WAY: usize = 4;

/// How much is handed over at once, in bytes: small reads are put together.
const PIECE: usize = 128 << 10;

/// Reads, and hashes what it reads: on another thread as soon as there is enough of it to be worth
/// one.
pub(super) struct HashedInput {
    input: Box<dyn Read + Send>,
    bytes: u64,
    /// Read, and not yet hashed or handed over.
    piece: Vec<u8>,
    hasher: Hasher,
    is_at_end: bool,
}

/// What was hashed of a source whose end was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SourceHash {
    /// SHA-256, in hexadecimal.
    pub(super) sha256: String,
    /// How many bytes it is of.
    pub(super) bytes: u64,
}

enum Hasher {
    /// Whether a thread may be started.
    Here(Sha256, bool),
    Thread(HashingThread),
}

struct HashingThread {
    pieces: SyncSender<Vec<u8>>,
    /// Pieces that were hashed, to be filled again.
    spent: Receiver<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl HashingThread {
    /// Goes on with `sha256`; nothing when the system gives no more threads.
    fn start(mut sha256: Sha256) -> Option<Self> {
        let (pieces, incoming) = sync_channel::<Vec<u8>>(PIECES_UNDER_WAY);
        let (outgoing, spent) = sync_channel(PIECES_UNDER_WAY + 2);
        let hash = move || {
            for piece in incoming {
                sha256.update(&piece);
                // Whoever reads may have enough of them.
                let _ = outgoing.try_send(piece);
            }
            sha256
        };
        let thread = std::thread::Builder::new().name("sha256".to_owned());
        Some(Self {
            pieces,
            spent,
            thread: thread.spawn(hash).ok()?,
        })
    }
}

impl Hasher {
    /// Hashes the piece, or hands it over; leaves an empty one.
    fn take(&mut self, piece: &mut Vec<u8>) {
        match self {
            Self::Here(sha256, may_start) => {
                sha256.update(&*piece);
                piece.clear();
                if *may_start {
                    *may_start = false;
                    if let Some(thread) = HashingThread::start(sha256.clone()) {
                        *self = Self::Thread(thread);
                    }
                }
            }
            Self::Thread(thread) => {
                let mut empty = thread.spent.try_recv().unwrap_or_default();
                empty.clear();
                // It listens until the sender is dropped.
                let _ = thread.pieces.send(std::mem::replace(piece, empty));
            }
        }
    }

    fn finish(self) -> Option<Sha256> {
        match self {
            Self::Here(sha256, _) => Some(sha256),
            Self::Thread(thread) => {
                drop(thread.pieces);
                thread.thread.join().ok()
            }
        }
    }
}

impl HashedInput {
    /// From the first byte of `input` on; with `may_start_thread`, not at the cost of who reads.
    pub(super) fn new(input: Box<dyn Read + Send>, may_start_thread: bool) -> Self {
        Self {
            input,
            bytes: 0,
            piece: Vec::new(),
            hasher: Hasher::Here(Sha256::new(), may_start_thread),
            is_at_end: false,
        }
    }

    /// The hash of all bytes. What was not read yet is read now, as where damage ended the packets
    /// early; nothing when that is more than `longest_rest` or cannot be read.
    pub(super) fn finish(mut self, longest_rest: u64) -> Option<SourceHash> {
        let until = self.bytes.saturating_add(longest_rest);
        let mut rest = Vec::new();
        while !self.is_at_end {
            rest.resize(PIECE, 0);
            match self.read(&mut rest) {
                Ok(_) if self.bytes > until => return None,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        let mut sha256 = self.hasher.finish()?;
        sha256.update(&self.piece);
        Some(SourceHash {
            sha256: hexadecimal(&sha256.finalize()),
            bytes: self.bytes,
        })
    }
}

/// SHA-256 of a file as it lies on disk, in hexadecimal.
///
/// # Errors
///
/// What the system says when it cannot be read.
#[cfg(feature = "cli")]
pub(crate) fn sha256_of_file(path: &std::path::Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(hexadecimal(&hasher.finalize())),
            Ok(count) => hasher.update(piece.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Read for HashedInput {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(room)?;
        if count == 0 && !room.is_empty() {
            self.is_at_end = true;
        }
        self.bytes += count as u64;
        self.piece
            .extend_from_slice(room.get(..count).unwrap_or_default());
        if self.piece.len() >= PIECE {
            self.hasher.take(&mut self.piece);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_hash_of_all_bytes_however_many_were_asked_for() {
        let bytes = vec![b'a'; 1_000_000];
        // FIPS 180-2, appendix B.3.
        let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
        for asked_for in [0, 1, 7, 300_000, 1_000_000] {
            for may_start_thread in [false, true] {
                let input = Box::new(io::Cursor::new(bytes.clone()));
                let mut input = HashedInput::new(input, may_start_thread);
                let mut room = vec![0; asked_for];
                input.read_exact(&mut room).unwrap();
                let hash = input.finish(1_000_000).unwrap();
                assert_eq!(hash.sha256, expected, "{asked_for}");
                assert_eq!(hash.bytes, 1_000_000);
            }
        }
    }

    #[test]
    fn what_is_not_read_to_its_end_has_none() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("a worn out disk"))
            }
        }
        let input = io::Cursor::new(b"abc".to_vec()).chain(Broken);
        assert_eq!(HashedInput::new(Box::new(input), true).finish(10), None);
        let endless = HashedInput::new(Box::new(io::repeat(1)), true);
        assert_eq!(endless.finish(10_000_000), None);
    }
}
