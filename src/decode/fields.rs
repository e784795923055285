//! Fields of headers, each read only when its bytes are there.

use super::observation::SetAside;

/// The byte at `offset`.
pub(super) fn u8_at(bytes: &[u8], offset: usize) -> Result<u8, SetAside> {
    bytes.get(offset).copied().ok_or(SetAside::TruncatedHeader)
}

/// Two bytes at `offset`, in network byte order.
pub(super) fn u16_at(bytes: &[u8], offset: usize) -> Result<u16, SetAside> {
    array_at(bytes, offset).map(u16::from_be_bytes)
}

/// Four bytes at `offset`, in network byte order.
pub(super) fn u32_at(bytes: &[u8], offset: usize) -> Result<u32, SetAside> {
    array_at(bytes, offset).map(u32::from_be_bytes)
}

/// So many bytes at `offset`.
pub(super) fn array_at<const LENGTH: usize>(
    bytes: &[u8],
    offset: usize,
) -> Result<[u8; LENGTH], SetAside> {
    let field = bytes.get(offset..).and_then(|field| field.first_chunk());
    field.copied().ok_or(SetAside::TruncatedHeader)
}

/// What stands behind the first `count` bytes.
pub(super) fn after(bytes: &[u8], count: usize) -> Result<&[u8], SetAside> {
    bytes.get(count..).ok_or(SetAside::TruncatedHeader)
}
