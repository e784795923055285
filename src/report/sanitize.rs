//! Text that came from a capture or a file name is hostile: it must not reach the terminal as it
//! is.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with everything that could steer a terminal or reorder a line written out: control
/// characters, and the characters that change the direction of text or hide.
pub fn terminal_safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unsafe(character) {
            // Writing to a string cannot fail.
            let _ = write!(safe, "{}", character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_overrides_are_written_out() {
        assert_eq!(terminal_safe("eth0"), "eth0");
        assert_eq!(terminal_safe("a\x1b]0;x\x07\n"), "a\\u{1b}]0;x\\u{7}\\u{a}");
        assert_eq!(
            terminal_safe("\u{9b}2J\u{202e}txt"),
            "\\u{9b}2J\\u{202e}txt"
        );
        assert_eq!(terminal_safe("größe 日本"), "größe 日本");
    }
}
