//! The options behind a packet in a pcapng file, as they stand there: whoever copies the packet
//! copies what is said of it as well.

use std::borrow::Cow;
use std::sync::Arc;

use super::byte_order::ByteOrder;

const END_OF_OPTIONS: u16 = 0;

/// Options of the blocks that hold packets.
mod code {
    pub(super) const FLAGS: u16 = 2;
    pub(super) const DROPCOUNT: u16 = 4;
    pub(super) const PACKETID: u16 = 5;
    pub(super) const QUEUE: u16 = 6;
    pub(super) const VERDICT: u16 = 7;
}

/// Custom options: of text and of bytes, each to be copied or not by who does not know it.
const CUSTOM: [u16; 4] = [2988, 2989, 19372, 19373];

/// The options of the record of one packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOptions {
    order: ByteOrder,
    bytes: Vec<u8>,
    /// What the interface is called.
    interface: Option<Arc<str>>,
    /// Whether `etl2pcapng` wrote the file: its verdicts are those of Windows.
    is_of_windows: bool,
    /// Whether a verdict is among them, or follows.
    tells_verdict: bool,
}

/// How `xdpdump` names the interface on which it captures before a program decides.
pub(crate) const BEFORE_PROGRAM: &str = "@fentry";

impl Default for RecordOptions {
    fn default() -> Self {
        Self {
            order: ByteOrder::Little,
            bytes: Vec::new(),
            interface: None,
            is_of_windows: false,
            tells_verdict: false,
        }
    }
}

impl RecordOptions {
    /// Takes the options of another packet.
    pub(super) fn replace(&mut self, order: ByteOrder, bytes: &[u8]) {
        self.order = order;
        self.interface = None;
        self.is_of_windows = false;
        self.tells_verdict = false;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes what `input` holds.
    #[cfg(feature = "evidence")]
    pub(super) fn read_from(
        &mut self,
        order: ByteOrder,
        input: &mut impl std::io::Read,
    ) -> std::io::Result<()> {
        self.order = order;
        input.read_to_end(&mut self.bytes).map(|_| ())
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// What is known beside them, where they say what became of the packet: the interface, and
    /// whether a trace of Windows was converted.
    pub(super) fn set_origin(
        &mut self,
        interface: Option<&Arc<str>>,
        is_of_windows: bool,
        has_verdict: bool,
    ) {
        let is_before_program = interface.is_some_and(|name| name.ends_with(BEFORE_PROGRAM));
        if has_verdict || is_before_program {
            self.interface = interface.cloned();
            self.is_of_windows = is_of_windows;
            self.tells_verdict = true;
        }
    }

    /// Whether they say what became of the packet, or that it is decided next.
    #[inline]
    pub(crate) fn tells_verdict(&self) -> bool {
        self.tells_verdict
    }

    /// These, where there are any.
    pub(super) fn if_any(&self) -> Option<&Self> {
        (!self.bytes.is_empty()).then_some(self)
    }

    /// What the packet's interface is called; hostile text.
    pub(crate) fn interface_name(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// Whether `etl2pcapng` wrote it, of a trace of Windows.
    pub(crate) fn is_of_windows(&self) -> bool {
        self.is_of_windows
    }

    /// The verdict on the packet: whose, and its value, little-endian.
    pub(crate) fn verdict(&self) -> Option<Vec<u8>> {
        let mut verdict = None;
        self.for_each_little_endian(|code, value| {
            if code == code::VERDICT && verdict.is_none() {
                verdict = Some(value.to_vec());
            }
        });
        verdict
    }

    /// Calls `visit` with code and value of each, all numbers little-endian.
    pub(super) fn for_each_little_endian(&self, mut visit: impl FnMut(u16, &[u8])) {
        for_each_option(self.order, &self.bytes, |code, value| {
            visit(code, &little_endian(self.order, code, value));
        });
    }

    /// The byte order in which they stand, and their bytes.
    #[cfg(feature = "evidence")]
    pub(super) fn raw(&self) -> (ByteOrder, &[u8]) {
        (self.order, &self.bytes)
    }

    /// Those that name neither people nor places: numbers and verdicts, no text and nothing that
    /// only its maker understands.
    #[cfg(feature = "evidence")]
    #[must_use]
    pub fn anonymous(&self) -> Self {
        let mut kept = Self {
            is_of_windows: self.is_of_windows,
            ..Self::default()
        };
        self.for_each_little_endian(|code, value| {
            let is_number = matches!(
                code,
                code::FLAGS | code::DROPCOUNT | code::PACKETID | code::QUEUE | code::VERDICT
            );
            if is_number {
                let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
                kept.bytes.extend_from_slice(&code.to_le_bytes());
                kept.bytes.extend_from_slice(&length.to_le_bytes());
                kept.bytes.extend_from_slice(value);
                let padded = kept.bytes.len().next_multiple_of(4);
                kept.bytes.resize(padded, 0);
            }
        });
        kept
    }
}

/// The value of a packet's option with its numbers little-endian.
fn little_endian(order: ByteOrder, code: u16, value: &[u8]) -> Cow<'_, [u8]> {
    if order == ByteOrder::Little {
        return Cow::Borrowed(value);
    }
    match code {
        code::FLAGS | code::QUEUE if value.len() == 4 => reversed(value, 0),
        code::DROPCOUNT | code::PACKETID if value.len() == 8 => reversed(value, 0),
        // A byte tells whose verdict it is; those of kernels are numbers of 64 bits.
        code::VERDICT if value.len() == 9 => reversed(value, 1),
        code if CUSTOM.contains(&code) => enterprise_first(value),
        _ => Cow::Borrowed(value),
    }
}

/// The value of an interface's option with its numbers little-endian.
pub(super) fn little_endian_of_interface(
    order: ByteOrder,
    code: u16,
    value: &[u8],
) -> Cow<'_, [u8]> {
    const IF_SPEED: u16 = 8;
    const IF_TZONE: u16 = 10;
    const IF_FILTER: u16 = 11;
    const IF_TXSPEED: u16 = 16;
    const IF_RXSPEED: u16 = 17;
    if order == ByteOrder::Little {
        return Cow::Borrowed(value);
    }
    match code {
        IF_SPEED | IF_TXSPEED | IF_RXSPEED if value.len() == 8 => reversed(value, 0),
        IF_TZONE if value.len() == 4 => reversed(value, 0),
        IF_FILTER => filter_program(value),
        code if CUSTOM.contains(&code) => enterprise_first(value),
        _ => Cow::Borrowed(value),
    }
}

/// A compiled filter: a byte that says so, then instructions of 16 bits, twice 8 and 32 bits.
fn filter_program(value: &[u8]) -> Cow<'_, [u8]> {
    let Some((kind, program)) = value.split_first() else {
        return Cow::Borrowed(value);
    };
    let (instructions, rest) = program.as_chunks::<8>();
    let mut swapped = vec![*kind];
    for [a, b, jump_true, jump_false, k @ ..] in instructions {
        swapped.extend([*b, *a, *jump_true, *jump_false]);
        swapped.extend(k.iter().rev());
    }
    swapped.extend_from_slice(rest);
    Cow::Owned(swapped)
}

/// Custom options start with the number of the enterprise.
fn enterprise_first(value: &[u8]) -> Cow<'_, [u8]> {
    match value.split_at_checked(4) {
        Some((enterprise, rest)) => {
            let enterprise = enterprise.iter().rev();
            Cow::Owned(enterprise.chain(rest).copied().collect())
        }
        None => Cow::Borrowed(value),
    }
}

/// The same with the bytes from `start` on in reverse.
fn reversed(value: &[u8], start: usize) -> Cow<'_, [u8]> {
    let (kept, number) = value.split_at_checked(start).unwrap_or((value, &[]));
    Cow::Owned(kept.iter().chain(number.iter().rev()).copied().collect())
}

/// Calls `visit` with code and value of every option up to the end, or to the first that cannot be
/// read: false then.
pub(super) fn for_each_option<'a>(
    order: ByteOrder,
    mut bytes: &'a [u8],
    mut visit: impl FnMut(u16, &'a [u8]),
) -> bool {
    while let (Some(code), Some(length)) = (order.u16(bytes, 0), order.u16(bytes, 2)) {
        let length = usize::from(length);
        if code == END_OF_OPTIONS {
            return true;
        }
        let Some(value) = bytes.get(4..4 + length) else {
            return false;
        };
        visit(code, value);
        bytes = bytes
            .get(4 + length.next_multiple_of(4)..)
            .unwrap_or_default();
    }
    bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_big_endian_file_are_turned_and_text_is_not() {
        let mut options = RecordOptions::default();
        let bytes = [
            &[0, 1, 0, 2, b'h', b'i', 0, 0][..],
            &[0, 2, 0, 4, 0, 0, 0, 1],
            &[0, 7, 0, 9, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0],
            &[0x0b, 0xac, 0, 6, 0, 0, 0x7e, 0xd9, b'x', b'y', 0, 0],
            &[0, 0, 0, 0],
        ]
        .concat();
        options.replace(ByteOrder::Big, &bytes);
        let mut seen = Vec::new();
        options.for_each_little_endian(|code, value| seen.push((code, value.to_vec())));
        assert_eq!(
            seen,
            [
                (1, b"hi".to_vec()),
                (2, vec![1, 0, 0, 0]),
                (7, vec![2, 1, 0, 0, 0, 0, 0, 0, 0]),
                (2988, vec![0xd9, 0x7e, 0, 0, b'x', b'y']),
            ]
        );
    }

    #[test]
    fn an_option_that_is_cut_is_told_and_those_before_it_are_read() {
        let bytes = [2, 0, 4, 0, 1, 0, 0, 0, 1, 0, 200, 0, b'x'];
        let mut codes = Vec::new();
        let is_whole = for_each_option(ByteOrder::Little, &bytes, |code, _| codes.push(code));
        assert_eq!((is_whole, codes), (false, vec![2]));
        assert!(for_each_option(ByteOrder::Little, &[], |_, _| {}));
    }
}
