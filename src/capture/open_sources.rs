//! How much the sources that are open at the same time may take together.

use super::compression::{Compression, DecoderMemory};
use super::source::{LARGE_CHUNK, Means, SMALL_CHUNK};

/// So many files are kept open; the usual limit of a process is 1024, and some set 64. Files beyond
/// are opened for each read: slower, and enough for any number.
const FILES_KEPT_OPEN: usize = 40;

/// Up to here, in bytes, a decoder gets what `xz -9` and `zstd --long` need.
const AMPLE_UNTIL: u64 = 288 << 20;

/// More than this, in bytes, all together may not take.
const MEMORY: u64 = 512 << 20;

/// Counts what is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenSources {
    files: usize,
    bytes: u64,
}

/// What one source takes of it, to be given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) means: Means,
    bytes: u64,
}

impl OpenSources {
    /// What the next source may take; `None` when nothing is left.
    pub(super) fn grant(&mut self, compression: Option<Compression>) -> Option<Share> {
        let keeps_file_open = self.files < FILES_KEPT_OPEN;
        let chunk = if keeps_file_open {
            LARGE_CHUNK
        } else {
            SMALL_CHUNK
        };
        let share = |decoder_memory, until| {
            let decoder = compression.map_or(0, |compression| {
                compression.decoder_bytes(decoder_memory) + chunk as u64
            });
            let bytes = chunk as u64 + decoder;
            let means = Means {
                chunk,
                decoder_memory,
                keeps_file_open,
                hashes: false,
            };
            (self.bytes + bytes <= until).then_some(Share { means, bytes })
        };
        let share =
            share(DecoderMemory::Ample, AMPLE_UNTIL).or(share(DecoderMemory::Modest, MEMORY))?;
        self.files += usize::from(keeps_file_open);
        self.bytes += share.bytes;
        Some(share)
    }

    /// Takes back what was granted.
    pub(super) fn give_back(&mut self, share: Share) {
        self.files -= usize::from(share.means.keeps_file_open).min(self.files);
        self.bytes -= share.bytes.min(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_plain_files_are_read_and_few_kept_open() {
        let mut open = OpenSources::default();
        let shares: Vec<Share> = (0..20_000).map_while(|_| open.grant(None)).collect();
        assert_eq!(shares.len(), 20_000);
        let kept = |share: &&Share| share.means.keeps_file_open;
        assert_eq!(shares.iter().filter(kept).count(), FILES_KEPT_OPEN);
        for share in shares {
            open.give_back(share);
        }
        assert_eq!(open, OpenSources::default());
    }

    #[cfg(feature = "compression")]
    #[test]
    fn large_windows_are_for_few_sources_and_usual_ones_for_more() {
        let mut open = OpenSources::default();
        let shares: Vec<Share> = (0..1000)
            .map_while(|_| open.grant(Some(Compression::Zstd)))
            .collect();
        let is_ample = |share: &&Share| share.means.decoder_memory == DecoderMemory::Ample;
        assert_eq!(shares.iter().filter(is_ample).count(), 2);
        assert!((20..1000).contains(&shares.len()), "{}", shares.len());
        assert!(open.bytes <= MEMORY);
    }
}
