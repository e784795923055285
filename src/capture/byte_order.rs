//! Numbers in the byte order of the host that wrote a file.

/// In which order a file's header fields have their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Big,
    Little,
}

impl ByteOrder {
    /// The 16-bit number at `offset`; `None` past the end.
    pub(super) fn u16(self, bytes: &[u8], offset: usize) -> Option<u16> {
        let field = bytes.get(offset..)?.first_chunk()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(*field),
            Self::Little => u16::from_le_bytes(*field),
        })
    }

    /// The 32-bit number at `offset`; `None` past the end.
    pub(super) fn u32(self, bytes: &[u8], offset: usize) -> Option<u32> {
        let field = bytes.get(offset..)?.first_chunk()?;
        Some(match self {
            Self::Big => u32::from_be_bytes(*field),
            Self::Little => u32::from_le_bytes(*field),
        })
    }

    /// The four 32-bit numbers of a packet's header: which order it is, is asked once.
    #[inline]
    pub(super) fn four_u32(self, bytes: &[u8; 16]) -> [u32; 4] {
        let (fields, _) = bytes.as_chunks::<4>();
        let field = |index: usize| fields.get(index).copied().unwrap_or_default();
        let [first, second, third, fourth] = [field(0), field(1), field(2), field(3)];
        // One by one: with `map` it is a call for each packet, of fifty instructions.
        match self {
            Self::Big => [
                u32::from_be_bytes(first),
                u32::from_be_bytes(second),
                u32::from_be_bytes(third),
                u32::from_be_bytes(fourth),
            ],
            Self::Little => [
                u32::from_le_bytes(first),
                u32::from_le_bytes(second),
                u32::from_le_bytes(third),
                u32::from_le_bytes(fourth),
            ],
        }
    }

    /// The 64-bit number at `offset`; `None` past the end.
    pub(super) fn u64(self, bytes: &[u8], offset: usize) -> Option<u64> {
        let field = bytes.get(offset..)?.first_chunk()?;
        Some(match self {
            Self::Big => u64::from_be_bytes(*field),
            Self::Little => u64::from_le_bytes(*field),
        })
    }
}
