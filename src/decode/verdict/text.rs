//! Texts of headers: bounded, and perhaps without an end.

/// So many bytes of a text are kept.
const LONGEST: usize = 128;

/// The text up to its zero byte, which may be missing; whether it is there. `None` for no text.
pub(crate) fn until_zero(field: &[u8]) -> (Option<String>, bool) {
    let end = field.iter().position(|byte| *byte == 0);
    let text = field.get(..end.unwrap_or(field.len())).unwrap_or_default();
    let kept = text.get(..LONGEST).unwrap_or(text);
    let words = String::from_utf8_lossy(kept).into_owned();
    ((!words.is_empty()).then_some(words), end.is_some())
}
