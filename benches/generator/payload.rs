//! What segments carry: bytes whose checksum is known before they are copied.

/// The largest payload of a segment with timestamps in a 1500-byte packet, in bytes.
pub(super) const FULL_SEGMENT: u16 = 1448;

/// Bytes to take payloads from, with the sum of every length, so that no payload is summed twice.
#[derive(Debug)]
pub(super) struct PayloadPool {
    bytes: Vec<u8>,
    /// By length: the sum of the 16-bit words of that many first bytes.
    sums: Vec<u32>,
}

impl PayloadPool {
    /// Text, as in a request or a page.
    pub(super) fn new() -> Self {
        let bytes: Vec<u8> = (b'a'..=b'z')
            .cycle()
            .take(usize::from(FULL_SEGMENT))
            .collect();
        let mut sums = vec![0];
        let mut sum = 0;
        for (index, byte) in bytes.iter().enumerate() {
            sum += u32::from(*byte) << if index % 2 == 0 { 8 } else { 0 };
            sums.push(sum);
        }
        Self { bytes, sums }
    }

    /// The first `length` bytes, at most a full segment.
    pub(super) fn bytes(&self, length: u16) -> &[u8] {
        self.bytes.get(..usize::from(length)).unwrap_or(&self.bytes)
    }

    /// The sum of these bytes as 16-bit words, not folded.
    pub(super) fn sum(&self, length: u16) -> u32 {
        self.sums.get(usize::from(length)).copied().unwrap_or(0)
    }
}
